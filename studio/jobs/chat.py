"""Questions to chat models: a better prompt, the words for a picture.

A reply is asked for and paid like a job, but it is no job: its answer streams into its row while a browser follows
the row. It is asked once. Whoever answers it holds a lease; when a worker dies, the lease runs out and the reply ends
without having cost anything.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pydantic
from asgiref.sync import sync_to_async
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from providers.base import Kind, Needs, Operation, Provider
from providers.chats import ChatMessage, ChatPiece, ChatRequest
from providers.errors import ContentRejected, InvalidResponse, ProviderError, Unavailable
from providers.params import Params, Widget, plain_errors, read_fields
from providers.registry import PROVIDERS
from providers.streaming import astream_chat
from providers.transport import storable
from providers.words import gettext_noop
from studio.accounts.models import Membership, Team
from studio.billing import services as billing
from studio.lib.words import said
from studio.media.models import Asset

from . import catalog
from .catalog import Entry
from .files import start_problem
from .models import Reply, ReplyPurpose, ReplyState
from .services import REQUEST_KEY
from .wakeup import wake

if TYPE_CHECKING:
    from .steps import Tools

logger = logging.getLogger(__name__)

AT_ONCE = 16
#: seconds between two writes of a growing answer
WRITE_EVERY = 0.15
#: seconds between two looks whether somebody stopped a model that says nothing
LOOK_EVERY = 1.0
#: the longest that an answer may take, in seconds: shorter than what a window leaves for what is in hand
LONGEST_ANSWER = 180.0
LEASE = timedelta(seconds=30)
#: characters of an answer, and of the thinking before it, that are kept
MAX_TEXT = 20_000
#: the switch of an operation whose model may think before it answers
THINKING = "thinking"
WORDS_KEPT = timedelta(days=30)

#: from the first flag on ("--ar 3:2 --no rain"), which is no matter of the model's
_FLAGS = re.compile(r"(?:^|\s)--[A-Za-z].*\Z", re.DOTALL)
_QUOTES = {'"': '"', "“": "”", "「": "」", "'": "'"}

BROKE_OFF = gettext_noop("The answer broke off. Nothing was charged; what had come is kept.")
TOO_SLOW = gettext_noop("The answer took too long, so we stopped waiting. Nothing was charged.")
REFUSED = gettext_noop("The service's filter refused to answer this.")
NO_WORDS = gettext_noop("The model answered without a word. Try again.")
BROKEN = gettext_noop("The question could not be asked. An administrator finds the reason in the log.")

#: what a model is told before the question, in the language of the page
INSTRUCTIONS = {
    ReplyPurpose.IMPROVE: gettext_noop(
        "You help people write prompts for models that make pictures and films. You are given a prompt. Write a "
        "better one: keep what it asks for, and add what it leaves open, such as subject, setting, light, colours, "
        "lens or technique, and mood. Stay in the language of the prompt. Keep to one paragraph of at most 120 words. "
        "Answer with the prompt alone: no introduction, no quotation marks, no choice of several."
    ),
    ReplyPurpose.DESCRIBE: gettext_noop(
        "You are given a picture. Write the prompt that would make a picture like it: subject, setting, composition, "
        "light, colours, technique and mood, in one paragraph of at most 120 words. Describe what is there and do not "
        "guess who people are. Answer in the language of this message, with the prompt alone."
    ),
    ReplyPurpose.DESCRIBE_VIDEO: gettext_noop(
        "You are given a video. Write the prompt that would make a video like it: subject, setting, what happens, how "
        "the camera moves, light, colours and mood, in one paragraph of at most 120 words. Describe what is there and "
        "do not guess who people are. Answer in the language of this message, with the prompt alone."
    ),
}
#: what is asked where there are no words of the person's own
QUESTIONS = {
    ReplyPurpose.DESCRIBE: gettext_noop("Describe this picture."),
    ReplyPurpose.DESCRIBE_VIDEO: gettext_noop("Describe this video."),
}


class CannotAsk(Exception):
    """The question can't be asked; `user_message` says why in plain words, of the part of the form named `field`."""

    def __init__(self, user_message: str, field: str = "") -> None:
        self.user_message = user_message
        self.field = field
        super().__init__(user_message)


# ── choosing a model ─────────────────────────────────


@dataclass(frozen=True, slots=True)
class Choice:
    """A chat model that can be asked for a purpose, and its price (None where it has none)."""

    entry: Entry
    operation: Operation
    price: int | None

    @property
    def can_think(self) -> bool:
        return any(spec.name == THINKING for spec in read_fields(self.operation.params))


def operation_for(entry: Entry, purpose: ReplyPurpose) -> Operation | None:
    found = (item for item in entry.model.operations if item.slug == purpose.value and item.makes is Kind.TEXT)
    return next(found, None)


def choices(purpose: ReplyPurpose) -> list[Choice]:
    """The chat models that are in use or emulated, in the registry's order; the first is the default."""
    usable = catalog.usable_services()
    found = [
        (Entry(provider, model), operation)
        for provider in PROVIDERS
        if provider.slug in usable
        for model in provider.models
        if (operation := operation_for(Entry(provider, model), purpose)) is not None
    ]
    books = billing.price_books({entry.provider.slug for entry, _operation in found})
    return [
        Choice(entry, operation, _price(books[entry.provider.slug], entry, operation)) for entry, operation in found
    ]


def _price(book: billing.PriceBook, entry: Entry, operation: Operation) -> int | None:
    try:
        return book.price(
            entry.model.slug, operation.slug, {spec.name: spec.default for spec in read_fields(operation.params)}
        )
    except billing.NoPrice:
        return None


def _choose(purpose: ReplyPurpose, key: str) -> tuple[Entry, Operation]:
    found = choices(purpose)
    if not found:
        raise CannotAsk(_("No chat model is set up for this. An administrator has to add its key."), "model")
    for choice in found:
        if key in {"", choice.entry.key}:
            return choice.entry, choice.operation
    raise CannotAsk(_("This model can't be asked for that. Choose another one."), "model")


# ── asking ───────────────────────────────────────────


def ask(
    membership: Membership,
    *,
    purpose: str,
    request_key: str,
    prompt: str = "",
    asset: Asset | None = None,
    model_key: str = "",
    thinks: bool = False,
) -> tuple[Reply, bool]:
    """A queued reply with its credits held, and whether it is new. `thinks` where the model offers to think first.

    The same request key and content give the same reply. Raises CannotAsk, and billing.NotEnoughCredits with nothing
    left behind.
    """
    if not REQUEST_KEY.fullmatch(request_key):
        raise CannotAsk(_("This form is too old. Reload the page; what you typed is kept."))
    if purpose not in ReplyPurpose.values:
        raise CannotAsk(_("A chat model can't be asked for that."), "purpose")
    wanted = ReplyPurpose(purpose)
    team = membership.team
    entry, operation = _choose(wanted, model_key)
    prompt = prompt.replace("\r\n", "\n").strip()
    content = [request_key, purpose, entry.key, prompt, str(asset.pk if asset else ""), str(thinks)]
    key = hashlib.sha256("\x1f".join(content).encode("utf-8", "replace")).hexdigest()
    known = Reply.objects.filter(team=team, request_key=key).first()
    if known is not None:
        return known, False
    if wanted == ReplyPurpose.IMPROVE and not without_flags(prompt)[0]:
        raise CannotAsk(_("Write a prompt first."), "prompt")
    _check_file(team, operation, asset)
    params = _params(operation, prompt, thinks)
    try:
        price = billing.price(entry.provider.slug, entry.model.slug, operation.slug, params.model_dump(mode="json"))
    except billing.NoPrice as missing:
        raise CannotAsk(_("This has no price yet. An administrator has to set one.")) from missing
    reply = Reply(
        team=team,
        created_by=membership.user,
        request_key=key,
        purpose=wanted,
        provider=entry.provider.slug,
        model=entry.model.slug,
        language=(translation.get_language() or "")[:16],
        prompt=prompt,
        asset=asset,
        thinks=bool(getattr(params, THINKING, False)),
        quote=price,
    )
    try:
        with transaction.atomic():
            if asset is not None and not Asset.objects.select_for_update(no_key=True).filter(pk=asset.pk).exists():
                raise CannotAsk(_("This file has been deleted."), "asset")
            reply.save(force_insert=True)
            reply.hold = billing.hold(team, price, key=f"reply:{reply.pk}:hold")
            reply.save(update_fields=["hold"])
            transaction.on_commit(wake, robust=True)
    except IntegrityError:
        # another post of the same form was quicker
        known = Reply.objects.filter(team=team, request_key=key).first()
        if known is None:
            raise
        return known, False
    return reply, True


def _check_file(team: Team, operation: Operation, asset: Asset | None) -> None:
    if operation.needs is Needs.NOTHING:
        if asset is not None:
            raise CannotAsk(_("This is asked of words alone, not of a file."), "asset")
        return
    if asset is None or asset.team_id != team.pk:
        raise CannotAsk(_("Choose a picture or a video to start from."), "asset")
    problem = start_problem(asset, operation)
    if problem is not None:
        raise CannotAsk(said(problem), "asset")


def _params(operation: Operation, prompt: str, thinks: bool) -> Params:
    """The operation's own parameters as they are by default, with the words: its bounds are declared there."""
    specs = read_fields(operation.params)
    values: dict[str, Any] = {spec.name: prompt for spec in specs if spec.widget is Widget.PROMPT and prompt}
    values |= {spec.name: thinks for spec in specs if spec.name == THINKING}
    try:
        return operation.params.model_validate(values)
    except pydantic.ValidationError as error:
        problem = next(iter(plain_errors(error, operation.params).values()))
        raise CannotAsk(said(problem), "prompt") from error


def without_flags(prompt: str) -> tuple[str, str]:
    """The words of a prompt, and the flags at its end: they are settings, and come back as they were."""
    found = _FLAGS.search(prompt)
    return (prompt[: found.start()].strip(), found[0].strip()) if found else (prompt.strip(), "")


def stop(reply: Reply) -> bool:
    """Ends a reply that is waited for; its credits go back and what had come is kept. False when it had ended."""
    return _end(Reply.objects.filter(pk=reply.pk, state__in=ReplyState.live()), reply, ReplyState.CANCELED)


# ── answering ────────────────────────────────────────


def _abandoned() -> Q:
    return Q(state=ReplyState.RUNNING, lease_until__lt=timezone.now())


def waiting() -> bool:
    return Reply.objects.filter(Q(state=ReplyState.QUEUED) | _abandoned()).exists()


def claim(limit: int = AT_ONCE) -> list[int]:
    """Ids of replies that are now the caller's to answer. Those whose worker died end here."""
    for dead in Reply.objects.filter(_abandoned()).select_related("hold"):
        same = Reply.objects.filter(_abandoned(), pk=dead.pk, fence=dead.fence)
        _end(same, dead, ReplyState.FAILED, error=Unavailable(BROKE_OFF, code="worker_died"))
    now = timezone.now()
    won = []
    queued = Reply.objects.filter(state=ReplyState.QUEUED)
    for pk in queued.order_by("id").values_list("pk", flat=True)[:limit]:
        if queued.filter(pk=pk).update(
            state=ReplyState.RUNNING, started_at=now, lease_until=timezone.now() + LEASE, fence=F("fence") + 1
        ):
            won.append(pk)
    return won


@dataclass
class _Heard:
    """What the model has said so far."""

    text: str = ""
    thinking: str = ""
    finish: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    #: of what was written to the row last
    written: tuple[int, int] = (0, 0)

    def take(self, piece: ChatPiece) -> None:
        self.text = (self.text + storable(piece.text))[:MAX_TEXT]
        self.thinking = (self.thinking + storable(piece.thinking))[:MAX_TEXT]
        self.finish = piece.finish or self.finish
        self.usage |= dict(piece.usage)

    @property
    def size(self) -> tuple[int, int]:
        return len(self.text), len(self.thinking)


async def work(tools: Tools, pk: int) -> None:
    """Asks one question that was claimed and writes down the answer as it comes. Canceled, it ends."""
    reply = await sync_to_async(Reply.objects.select_related("hold", "asset").get)(pk=pk)
    if reply.state != ReplyState.RUNNING:
        # stopped since it was claimed: nothing has been asked yet
        return
    heard = _Heard()
    error: Exception | None = None
    listening = asyncio.create_task(_listen(tools, reply, heard))
    try:
        if not await _follow(reply, heard, listening):
            # stopped by a person, who has ended it
            return
        await listening
    except asyncio.CancelledError:
        error = Unavailable(BROKE_OFF, code="stopped")
        await asyncio.shield(sync_to_async(_finish)(reply, heard, error))
        raise
    except Exception as problem:
        error = problem
        if not isinstance(problem, ProviderError):
            logger.exception("reply %s broke", pk)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    await sync_to_async(_finish)(reply, heard, error)


async def _follow(reply: Reply, heard: _Heard, listening: asyncio.Task[None]) -> bool:
    """Keeps the row up to date until the answer has ended. False when the reply is no longer ours."""
    until = time.monotonic() + LONGEST_ANSWER
    looked = 0.0
    while not listening.done():
        await asyncio.wait({listening}, timeout=WRITE_EVERY)
        now = time.monotonic()
        if heard.size != heard.written or now - looked >= LOOK_EVERY:
            looked = now
            if not await sync_to_async(_write)(reply, heard):
                return False
        if now >= until:
            raise Unavailable(TOO_SLOW, code="answer_too_slow")
    return True


async def _listen(tools: Tools, reply: Reply, heard: _Heard) -> None:
    provider, question = await sync_to_async(_question)(reply)
    # files are read and written out for it: other work of the window goes on
    chat = await asyncio.to_thread(provider.chat, question)
    async with aclosing(astream_chat(chat, tools.clients.pick(provider.slug))) as pieces:
        async for piece in pieces:
            heard.take(piece)
            if len(heard.text) >= MAX_TEXT:
                heard.finish = "length"
                return


def _question(reply: Reply) -> tuple[Provider, ChatRequest]:
    """The question, and who is asked. Reads the database. Raises ProviderError."""
    # the steps do the errands' work, this one's too
    from .steps import as_media

    entry = catalog.find(f"{reply.provider}:{reply.model}")
    account = catalog.enabled_accounts().get(reply.provider)
    provider = catalog.connect(reply.provider, account)
    purpose = ReplyPurpose(reply.purpose)
    if purpose != ReplyPurpose.IMPROVE and reply.asset is None:
        raise Unavailable(gettext_noop("This file has been deleted."), code="no_file")
    files = (as_media(reply.asset, account),) if reply.asset is not None else ()
    with translation.override(reply.language or None):
        told = _(INSTRUCTIONS[purpose])
        asked = reply.prompt or _(QUESTIONS[purpose])
    if purpose == ReplyPurpose.IMPROVE:
        asked = without_flags(reply.prompt)[0]
    messages = (ChatMessage("system", told), ChatMessage("user", asked, files=files))
    key = f"reply-{reply.pk}-{reply.request_key[:16]}"
    return provider, ChatRequest(entry.model, messages, thinking=reply.thinks, request_key=key)


def _mine(reply: Reply) -> QuerySet[Reply]:
    return Reply.objects.filter(pk=reply.pk, fence=reply.fence, state=ReplyState.RUNNING)


def _write(reply: Reply, heard: _Heard) -> bool:
    size = heard.size
    try:
        kept = _mine(reply).update(text=heard.text, thinking=heard.thinking, lease_until=timezone.now() + LEASE)
    except OperationalError as error:
        # a busy database is no reason to let go of an answer that is paid for: the next write has it all
        logger.warning("reply %s could not be written: %s", reply.pk, error)
        return True
    heard.written = size
    return kept == 1


def _finish(reply: Reply, heard: _Heard, error: Exception | None) -> None:
    """The end of an answer: paid when it is whole, free when it is not."""
    problem = _problem(heard, error)
    said_all: dict[str, Any] = {"thinking": heard.thinking, "usage": heard.usage}
    if problem is None:
        _end(_mine(reply), reply, ReplyState.DONE, text=_whole(reply, heard.text), **said_all)
    else:
        logger.warning("reply %s failed: %s request_id=%s", reply.pk, problem.code, problem.request_id or "-")
        _end(_mine(reply), reply, ReplyState.FAILED, error=problem, text=heard.text, **said_all)


def _problem(heard: _Heard, error: Exception | None) -> ProviderError | None:
    if isinstance(error, ProviderError):
        begun = bool(heard.text) and (error.retryable or isinstance(error, InvalidResponse)) and error.code != "stopped"
        known = error.user_message in {TOO_SLOW, BROKE_OFF}
        return Unavailable(BROKE_OFF, code=error.code, request_id=error.request_id) if begun and not known else error
    if error is not None:
        return InvalidResponse(BROKEN, code="broken")
    if heard.finish == "content_filter":
        return ContentRejected(REFUSED, code="content_filter")
    if not heard.finish:
        return Unavailable(BROKE_OFF, code="broke_off")
    return None if heard.text.strip() else InvalidResponse(NO_WORDS, code="no_words")


def _whole(reply: Reply, text: str) -> str:
    """The answer as it is taken over: the words alone, with the flags that the prompt had."""
    text = text.strip()
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
        text = text[1:-1].strip()
    flags = without_flags(reply.prompt)[1] if reply.purpose == ReplyPurpose.IMPROVE else ""
    return f"{without_flags(text)[0]} {flags}" if flags else text


def _end(
    rows: QuerySet[Reply], reply: Reply, state: ReplyState, *, error: ProviderError | None = None, **fields: Any
) -> bool:
    """Ends the reply if it is among `rows`; the credits go the same way in the same transaction."""
    cost = reply.quote if state == ReplyState.DONE else 0
    with transaction.atomic():
        ended = rows.update(
            state=state,
            cost=cost,
            error_code=error.code[:80] if error else "",
            error_message=error.user_message[:400] if error else "",
            finished_at=timezone.now(),
            lease_until=None,
            fence=F("fence") + 1,
            **fields,
        )
        if ended and reply.hold is not None:
            billing.settle(reply.hold, cost)
    return bool(ended)


# ── tidying ──────────────────────────────────────────


def clean_old() -> int:
    """Empties replies that ended long ago: the row stays for the ledger, its words go. Returns how many."""
    old = Reply.objects.filter(finished_at__lt=timezone.now() - WORDS_KEPT)
    wordy = ~Q(prompt="") | ~Q(text="") | ~Q(thinking="") | Q(asset__isnull=False)
    return old.filter(wordy).update(prompt="", text="", thinking="", asset=None)

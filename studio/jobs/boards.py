"""The copies of our moodboards at the services.

This room knows nothing of the room where moodboards are kept: that one registers how to find them and tells
of their changes. A copy is made when a moodboard is first used at a service, and renewed in the background
when it has changed since.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils import timezone

from providers.base import Board, Provider
from providers.errors import (
    ContentRejected,
    InvalidRequest,
    InvalidResponse,
    NotConfigured,
    ProviderError,
    ResultExpired,
)
from providers.registry import PROVIDERS
from providers.words import gettext_noop as _
from studio.accounts.models import Team
from studio.media.models import Asset
from studio.media.presenters import ImageView
from studio.media.services import signed_input_url

from . import catalog, problems
from .models import BoardState, ProviderAccount, ServiceBoard
from .wakeup import wake

if TYPE_CHECKING:
    from .steps import Tools

logger = logging.getLogger(__name__)

#: the longest that making or changing one may take: a service fetches up to 500 pictures meanwhile
SEND_SECONDS = 130.0
#: longer than an update that finds its board lost, and the new board after it
LEASE = timedelta(seconds=2 * SEND_SECONDS + 30)
#: changes of a moment are sent together
CALM = timedelta(seconds=3)
#: seconds until the next try, while a service is busy or broken
PAUSES = (3, 10, 30, 120, 600)
#: tries of what breaks for a reason that nobody foresaw
MAX_BROKEN = 5

BROKEN = _("The moodboard could not be sent. An administrator finds the reason in the log.")
EMPTY = _("The moodboard has no pictures.")
_NUMBERED = re.compile(r"\bimage (\d{1,3})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BoardInfo:
    """A moodboard as jobs know it; `version` grows with every change that matters to a service."""

    id: int
    name: str
    description: str
    asset_ids: tuple[int, ...]
    version: int
    cover: ImageView | None = None

    @property
    def count(self) -> int:
        return len(self.asset_ids)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a moodboard stands at a service: `state` is "unused", "current", "waiting" or "refused"."""

    service: str
    state: str
    problem: str = ""


class NotReady(Exception):
    """A copy is still on its way. `retry_after` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"in {retry_after} s")
        self.retry_after = retry_after


class BoardRefused(Exception):
    """The service does not take this moodboard as it is; `user_message` is a sentence to be translated."""

    def __init__(self, user_message: str) -> None:
        super().__init__(user_message)
        self.user_message = user_message


# ── finding moodboards ───────────────────────────────

Find = Callable[[Team, Sequence[int]], list[BoardInfo]]
_finders: list[Find] = []


def register(find: Find) -> None:
    if find not in _finders:
        _finders.append(find)


def find(team: Team, ids: Sequence[int]) -> list[BoardInfo]:
    """The team's moodboards among `ids`."""
    return [board for finder in _finders for board in finder(team, ids)]


# ── asking for copies ────────────────────────────────


def _at(provider: str, account: ProviderAccount | None) -> Q:
    return Q(provider=provider, account=account) if account is not None else Q(provider=provider, account__isnull=True)


def _content(info: BoardInfo) -> dict[str, Any]:
    return {"name": info.name[:120], "description": info.description, "asset_ids": list(info.asset_ids)}


def _fresh() -> dict[str, Any]:
    """What a copy has that is to be sent, however the last try ended."""
    return {"state": BoardState.WAITING, "attempts": 0, "problem": "", "updated_at": timezone.now()}


def want(team: Team, provider: str, account: ProviderAccount | None, infos: Sequence[BoardInfo]) -> None:
    """These moodboards are to be at the service as they are now. Call it in a transaction.

    What a service refused for its content is not sent again before the moodboard changes.
    """
    now = timezone.now()
    for info in infos:
        copy, is_new = ServiceBoard.objects.get_or_create(
            board=info.id,
            provider=provider,
            account=account,
            defaults={**_content(info), "team": team, "version": info.version, "due_at": now},
        )
        if is_new:
            continue
        mine = ServiceBoard.objects.filter(pk=copy.pk)
        mine.filter(version=info.version).update(name=info.name[:120], description=info.description)
        mine.filter(version__lt=info.version).update(**_content(info), version=info.version, **_fresh())
        mine.filter(sent_version__lt=F("version")).exclude(state=BoardState.FAILED).update(due_at=now)
        # what failed for a reason outside of the moodboard may work today
        mine.filter(sent_version__lt=F("version"), state=BoardState.FAILED).update(due_at=now, **_fresh())
    transaction.on_commit(wake, robust=True)


def changed(team: Team, info: BoardInfo) -> None:
    """A moodboard has changed: its copies are renewed in the background, where there are any. Call it in a
    transaction."""
    copies = ServiceBoard.objects.filter(team=team, board=info.id)
    copies.filter(version=info.version).update(name=info.name[:120], description=info.description)
    soon = timezone.now() + CALM
    renewed = copies.filter(version__lt=info.version).update(
        **_content(info),
        version=info.version,
        due_at=Least(Coalesce(F("due_at"), Value(soon)), Value(soon)),
        **_fresh(),
    )
    if renewed:
        transaction.on_commit(wake, robust=True)


def remote_ids(team: Team, provider: str, account: ProviderAccount | None, board_ids: Sequence[int]) -> tuple[str, ...]:
    """The service's ids of moodboards that it has as they are now, in this order.

    Raises NotReady while one is still to be sent, BoardRefused when one will not be.
    """
    copies = {
        copy.board: copy for copy in ServiceBoard.objects.filter(_at(provider, account), team=team, board__in=board_ids)
    }
    unknown = [pk for pk in board_ids if pk not in copies]
    if unknown:
        infos = find(team, unknown)
        if len(infos) < len(set(unknown)):
            raise BoardRefused(_("A moodboard is no longer there."))
        with transaction.atomic():
            want(team, provider, account, infos)
        raise NotReady(2)
    found = [copies[pk] for pk in board_ids]
    for copy in found:
        if copy.state == BoardState.FAILED:
            raise BoardRefused(problems.nameless(copy.problem))
    late = [_seconds_until(copy) for copy in found if copy.sent_version < copy.version or not copy.remote_id]
    if late:
        raise NotReady(max(late))
    return tuple(copy.remote_id for copy in found)


def _seconds_until(copy: ServiceBoard) -> float:
    wait = (copy.due_at - timezone.now()).total_seconds() if copy.due_at else 0.0
    return min(max(wait, 1.0), 30.0)


def standings(team: Team, board_id: int, version: int) -> list[Standing]:
    """How a moodboard stands at every service that has moodboards, at the account in use."""
    accounts = catalog.enabled_accounts()
    copies = list(ServiceBoard.objects.filter(team=team, board=board_id))
    found = []
    for provider in PROVIDERS:
        if provider.board_limits is None:
            continue
        account = accounts.get(provider.slug)
        wanted = (provider.slug, account.pk if account else None)
        copy = next((item for item in copies if (item.provider, item.account_id) == wanted), None)
        found.append(_standing(provider, copy, version))
    return found


def _standing(provider: type[Provider], copy: ServiceBoard | None, version: int) -> Standing:
    if copy is None:
        return Standing(provider.title, "unused")
    if copy.state == BoardState.FAILED:
        return Standing(provider.title, "refused", problems.said(copy.problem))
    is_current = bool(copy.remote_id) and copy.sent_version >= max(version, copy.version)
    return Standing(provider.title, "current" if is_current else "waiting")


# ── sending ──────────────────────────────────────────


def _due(within: timedelta = timedelta()) -> Q:
    now = timezone.now()
    return Q(due_at__lte=now + within) & (Q(lease_until__isnull=True) | Q(lease_until__lt=now))


def waiting() -> bool:
    """Whether a copy is to be sent now or in a moment."""
    return ServiceBoard.objects.filter(_due(CALM)).exists()


def claim(limit: int = 8) -> list[int]:
    """Ids of copies that are now the caller's to send."""
    won = []
    for pk in ServiceBoard.objects.filter(_due()).order_by("due_at").values_list("pk", flat=True)[:limit]:
        if ServiceBoard.objects.filter(_due(), pk=pk).update(
            lease_until=timezone.now() + LEASE, attempts=F("attempts") + 1
        ):
            won.append(pk)
    return won


async def work(tools: Tools, pk: int) -> None:
    """Sends one copy that was claimed; whatever happens is written to its row. Canceled, it is free for the next
    window."""
    copy = await sync_to_async(ServiceBoard.objects.select_related("account").get)(pk=pk)
    links: dict[str, str] = {}
    try:
        provider, board, links = await sync_to_async(_prepare)(copy)
        remote_id = await _send(tools, provider, copy.remote_id, board)
    except asyncio.CancelledError:
        await asyncio.shield(sync_to_async(_let_go)(copy))
        raise
    except ProviderError as error:
        await sync_to_async(_not_sent)(copy, error, links)
    except Exception:
        logger.exception("moodboard copy %s broke", pk)
        await sync_to_async(_not_sent)(copy, InvalidResponse(BROKEN, code="broken"), links)
    else:
        await sync_to_async(_sent)(copy, remote_id)


def _prepare(copy: ServiceBoard) -> tuple[Provider, Board, dict[str, str]]:
    """The service, what to send it, and the names of the pictures by link. Raises ProviderError."""
    provider = catalog.connect(copy.provider, copy.account)
    assets = Asset.objects.filter(team=copy.team_id).in_bulk(copy.asset_ids)
    if not assets:
        raise InvalidRequest(EMPTY, code="empty_board")
    base = address_for(copy.account)
    if not base:
        raise NotConfigured(
            _(
                "This service has to download the moodboard's pictures, but the studio has no public address. "
                "An administrator has to set STUDIO_PUBLIC_URL."
            ),
            code="no_public_url",
        )
    links = {signed_input_url(assets[pk], base_url=base): assets[pk].name for pk in copy.asset_ids if pk in assets}
    return provider, Board(copy.name, copy.description, tuple(links)), links


def address_for(account: ProviderAccount | None) -> str:
    """Where a service can reach us: the public address, or this machine for the sandbox. Empty: nowhere."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    beside_us = account is None and urlsplit(settings.SANDBOX_URL).hostname in {"127.0.0.1", "localhost", "::1"}
    return f"http://127.0.0.1:{settings.PORT}" if beside_us else ""


async def _send(tools: Tools, provider: Provider, remote_id: str, board: Board) -> str:
    if remote_id:
        try:
            return await tools.call(provider, provider.update_board(remote_id, board), seconds=SEND_SECONDS)
        except ResultExpired:
            logger.info("%s has lost moodboard %s; making it anew", provider.slug, remote_id)
    return await tools.call(provider, provider.create_board(board), seconds=SEND_SECONDS)


def _mine(copy: ServiceBoard) -> models.QuerySet[ServiceBoard]:
    """The row while the claim holds: each has a lease of its own."""
    return ServiceBoard.objects.filter(pk=copy.pk, lease_until=copy.lease_until)


def _let_go(copy: ServiceBoard) -> None:
    _mine(copy).update(lease_until=None, attempts=Greatest(F("attempts") - 1, Value(0)))


def _sent(copy: ServiceBoard, remote_id: str) -> None:
    """Only the version that was sent is at the service; one that came meanwhile is still due."""
    now = timezone.now()
    is_newest = When(version=copy.version, then=Value(BoardState.READY))
    _mine(copy).update(
        remote_id=remote_id,
        sent_version=copy.version,
        state=Case(is_newest, default=Value(BoardState.WAITING)),
        due_at=Case(
            When(version=copy.version, then=Value(None, output_field=models.DateTimeField())), default=F("due_at")
        ),
        problem="",
        attempts=0,
        lease_until=None,
        updated_at=now,
    )


def _not_sent(copy: ServiceBoard, error: ProviderError, links: dict[str, str]) -> None:
    now = timezone.now()
    may_pass = error.retryable or (isinstance(error, InvalidResponse) and copy.attempts < MAX_BROKEN)
    if may_pass:
        # a change between claim and reading has reset the attempts
        pause = max(PAUSES[min(max(copy.attempts, 1), len(PAUSES)) - 1], error.retry_after or 0)
        _mine(copy).filter(version=copy.version).update(due_at=now + timedelta(seconds=pause), updated_at=now)
    else:
        logger.warning("%s did not take moodboard copy %s: %s", copy.provider, copy.pk, error.code)
        refused = isinstance(error, ContentRejected | InvalidRequest)
        _mine(copy).filter(version=copy.version).update(
            state=BoardState.FAILED,
            problem=_problem(error, links),
            due_at=None,
            # the service knows this version, and does not want it
            sent_version=copy.version if refused else F("sent_version"),
            updated_at=now,
        )
    _mine(copy).update(lease_until=None)


def _problem(error: ProviderError, links: dict[str, str]) -> str:
    named = _pictures_named_in(error, links)
    return problems.naming(error.user_message, named[0] if named else "")


def _pictures_named_in(error: ProviderError, links: dict[str, str]) -> list[str]:
    """The names of pictures that the service's answer points at, by their link or by their number from 1."""
    told = error.user_message + json.dumps(error.raw, default=str, ensure_ascii=False)
    names = [name for link, name in links.items() if link in told]
    numbered = _NUMBERED.search(told)
    if not names and numbered and 0 < int(numbered[1]) <= len(links):
        names = [list(links.values())[int(numbered[1]) - 1]]
    return [name for name in names if name]


# ── boards that a service has lost ───────────────────


async def verify(tools: Tools, provider: str, account: ProviderAccount | None) -> int:
    """Asks the service which moodboards it still has; those it has lost become due. How many that are.

    Raises ProviderError."""
    asked_at = timezone.now()
    service = await sync_to_async(catalog.connect)(provider, account)
    there = await tools.call(service, service.list_boards())
    return await sync_to_async(_mark_lost)(_at(provider, account), there, asked_at)


def _mark_lost(at: Q, there: Iterable[str], asked_at: Any) -> int:
    known = set(there)
    # one that was sent after the question is rightly not in the answer
    copies = ServiceBoard.objects.filter(at, updated_at__lt=asked_at).exclude(remote_id="")
    lost = [(pk, remote_id) for pk, remote_id in copies.values_list("pk", "remote_id") if remote_id not in known]
    for pk, remote_id in lost:
        ServiceBoard.objects.filter(pk=pk, remote_id=remote_id).update(
            remote_id="", sent_version=0, due_at=timezone.now(), **_fresh()
        )
    if lost:
        transaction.on_commit(wake, robust=True)
    return len(lost)

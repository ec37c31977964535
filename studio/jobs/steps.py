"""The steps that talk: send an order, look at it, fetch what came of it. None of them writes a job."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import TypeVar

from django.conf import settings

from providers.base import MAX_REMOTE_ID, Flow, Media, Needs, Operation, Order, Provider, RemoteFile, Snapshot, State
from providers.clients import ClientPool
from providers.errors import (
    InvalidRequest,
    InvalidResponse,
    ProviderError,
    ResultExpired,
    SubmitUnknown,
    Unavailable,
    Unsupported,
)
from providers.fetching import FetchExpired, FetchFailed, FetchPolicy, FetchProblem, afetch
from providers.params import Params, Widget, read_fields
from providers.registry import PROVIDERS
from providers.transport import MAX_REPLY_BYTES, arun
from providers.words import gettext_noop as _
from studio.media.models import Asset
from studio.media.services import MediaProblem, aprepare, open_original, signed_input_url

from . import boards, callbacks, catalog, library, spool
from .forms import asset_ids, board_ids
from .models import Job, Output, ProviderAccount
from .services import result_of
from .slots import Slot, rejected_slots, remote_files
from .transitions import COLLECT_PAUSES, BoardsLost, FilesLost, NotStopped

logger = logging.getLogger(__name__)
T = TypeVar("T")

MAX_RESULT_BYTES = 200 * 1024 * 1024
DOWNLOAD_ATTEMPTS = 3
DOWNLOADS_AT_ONCE = 12
#: the longest that one request may take to a service that names no time of its own
CALL_SECONDS = 45.0
#: the longest of them all
LONGEST_CALL = max(CALL_SECONDS, *(provider.call_seconds or 0 for provider in PROVIDERS))

BROKEN_LOOK = Unavailable(code="broken_look")


@dataclass
class Tools:
    """What the steps of one window share."""

    clients: ClientPool
    downloads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(DOWNLOADS_AT_ONCE))

    async def call(
        self,
        service: Provider,
        flow: Flow[T],
        *,
        seconds: float | None = None,
        prepare_in_thread: bool = False,
    ) -> T:
        """One flow of `service` on a client of the window; each of its requests may take `seconds`, or what the
        service names for itself."""
        return await arun(
            flow,
            self.clients.pick(service.slug),
            max_seconds=seconds or service.call_seconds or CALL_SECONDS,
            max_bytes=service.reply_bytes or MAX_REPLY_BYTES,
            prepare_in_thread=prepare_in_thread,
        )


def make_order(job: Job) -> Order:
    """The request as the adapter takes it. Reads the database.

    Raises ProviderError; boards.NotReady while its moodboards or its files in the service's library are on their
    way, and boards.BoardRefused.
    """
    entry = catalog.entry_of(job)
    operation = entry.model.operation(job.operation)
    job.account = account_for(job)
    params = operation.params.model_validate(job.params)
    fields = read_fields(operation.params)
    in_library = _library_ids(job, operation, params)
    media = {
        spec.name: _media_of(job, job.params.get(spec.name) or [], in_library)
        for spec in fields
        if spec.widget in {Widget.MEDIA, Widget.MASK}
    }
    wanted = {spec.name: board_ids(job.params.get(spec.name) or []) for spec in fields if spec.widget is Widget.BOARDS}
    return Order(
        model=entry.model,
        operation=operation,
        params=params,
        source=result_of(job.source) if job.source is not None and _is_known_there(job.source, job) else None,
        input=_input_of(job, in_library) if operation.needs in {Needs.IMAGE, Needs.VIDEO} else None,
        media=media,
        boards={
            name: tuple(boards.remote_ids(job.team, job.provider, job.account, ids))
            for name, ids in wanted.items()
            if ids
        },
        request_key=f"{job.team_id}-{job.request_key}",
        callback_url=callbacks.address(job, boards.address_for(job.account)),
    )


def account_for(job: Job) -> ProviderAccount | None:
    """A follow-up goes to the account that knows its source; anything else to the account in use."""
    entry = catalog.entry_of(job)
    operation = entry.model.operation(job.operation)
    if operation.needs is Needs.OUTPUT and job.source is not None:
        return job.source.job.account
    return catalog.enabled_accounts().get(job.provider)


def _is_known_there(source: Output, job: Job) -> bool:
    """Whether the account that the job goes to has made this result, so that it may be named there."""
    made = source.job
    return bool(made.remote_id) and (made.provider, made.account_id) == (job.provider, job.account_id)


def _library_ids(job: Job, operation: Operation, params: Params) -> dict[int, str]:
    if not library.is_through_library(operation, params):
        return {}
    return library.remote_ids(job.provider, job.account, library.files_of(job, operation))


def _input_of(job: Job, in_library: Mapping[int, str]) -> Media:
    if job.source_asset is None or job.source_asset.team_id != job.team_id:
        raise InvalidRequest(_("The picture or video that this starts from is no longer there."), code="no_input")
    return as_media(job.source_asset, job.account, in_library.get(job.source_asset.pk, ""))


def _media_of(job: Job, references: list[str], in_library: Mapping[int, str]) -> tuple[Media, ...]:
    wanted = asset_ids(references)
    assets = Asset.objects.filter(team=job.team_id).in_bulk(wanted)
    return tuple(as_media(assets[pk], job.account, in_library.get(pk, "")) for pk in wanted if pk in assets)


def as_media(asset: Asset, account: ProviderAccount | None, library_id: str = "") -> Media:
    """A file of ours as the service behind this account gets it."""
    base = boards.address_for(account)
    return Media(
        media_type=asset.media_type,
        size=asset.size,
        width=asset.width,
        height=asset.height,
        url=signed_input_url(asset, base_url=base) if base else None,
        read=partial(_read, asset),
        duration=asset.duration,
        frame_rate=asset.frame_rate,
        library_id=library_id,
    )


def _read(asset: Asset) -> bytes:
    with open_original(asset) as file:
        return file.read()


async def submit(tools: Tools, job: Job, order: Order) -> Snapshot:
    """Raises BoardsLost or FilesLost where the service refused the order for a moodboard, or a file of its library,
    that it has lost."""
    provider = catalog.connect(job.provider, job.account)
    has_files = order.input is not None or any(order.media.values())
    try:
        snapshot = await tools.call(provider, provider.submit(order), prepare_in_thread=has_files)
    except (InvalidRequest, ResultExpired) as error:
        if order.boards and not error.maybe_accepted and await _has_lost_boards(tools, job):
            raise BoardsLost(error.user_message, code=error.code, request_id=error.request_id) from error
        if not error.maybe_accepted and await _has_lost_files(tools, job, order):
            raise FilesLost(code=error.code, request_id=error.request_id) from error
        raise
    if len(snapshot.remote_id) > MAX_REMOTE_ID:
        raise SubmitUnknown(code="id_too_long")
    return spool.keep_inline_files(job.pk, snapshot)


async def _has_lost_boards(tools: Tools, job: Job) -> bool:
    try:
        return await boards.verify(tools, job.provider, job.account) > 0
    except ProviderError:
        # then the refusal stands as it is
        return False


async def _has_lost_files(tools: Tools, job: Job, order: Order) -> bool:
    handed_over = [file for files in order.media.values() for file in files]
    if order.input is not None:
        handed_over.append(order.input)
    ids = list(dict.fromkeys(file.library_id for file in handed_over if file.library_id))
    try:
        return bool(ids) and await library.verify(tools, job.provider, job.account, ids) > 0
    except ProviderError:
        return False


async def poll(tools: Tools, job: Job) -> Snapshot:
    provider = catalog.connect(job.provider, job.account)
    return spool.keep_inline_files(job.pk, await tools.call(provider, provider.fetch(job.remote_id, job.cursor)))


async def cancel(tools: Tools, job: Job) -> Snapshot:
    """Takes a job out of its service's queue, if it is there still: what the service says of it then.

    It is looked at first, because some services take the same request for an ended job as the wish to forget it,
    and because an answer that got lost is found out so. Raises NotStopped where the service keeps it.
    """
    found = await poll(tools, job)
    if found.state is not State.QUEUED:
        return found
    provider = catalog.connect(job.provider, job.account)
    try:
        return await tools.call(provider, provider.cancel(job.remote_id))
    except ProviderError as error:
        if error.retryable or error.maybe_accepted or isinstance(error, InvalidResponse):
            raise
        had_begun = isinstance(error, InvalidRequest | Unsupported | ResultExpired)
        logger.info("job %s was not stopped: %s", job.pk, error.code)
        raise NotStopped("" if had_begun else error.user_message, code=error.code) from error


class CollectLaterError(Exception):
    """A file can't be had right now; the job is to be collected again."""


async def collect(tools: Tools, job: Job) -> list[Slot]:
    """Every slot of a delivered job: its file fetched, decoded and stored, or why it is empty.

    Raises CollectLaterError while there is hope for a file that could not be fetched."""
    files = remote_files(job)
    found = await asyncio.gather(*(_collect_file(tools, job.pk, file) for file in files))
    missing = [slot for slot, may_come in found if may_come]
    if missing and job.attempts < len(COLLECT_PAUSES):
        raise CollectLaterError(missing[0].message)
    slots = [
        *(replace(slot, extra=file.extra) for file, (slot, _may_come) in zip(files, found, strict=True)),
        *(Slot(slot.index, rejected=True, message=slot.user_message) for slot in rejected_slots(job)),
    ]
    taken = {slot.index for slot in slots}
    lacking = max(0, job.expected - sum(not slot.extra for slot in slots))
    free = [index for index in range(job.expected + len(taken)) if index not in taken][:lacking]
    slots += [Slot(index, message=_("The service delivered nothing here.")) for index in free]
    return sorted(slots, key=lambda slot: slot.index)


async def _collect_file(tools: Tools, job_id: int, file: RemoteFile) -> tuple[Slot, bool]:
    """The slot, and whether a file that is missing may still come."""
    path = spool.find(job_id, file.url)
    if path is not None:
        try:
            return Slot(file.index, prepared=await aprepare(path, mode="result")), False
        except MediaProblem as error:
            return Slot(file.index, message=error.user_message), False
    problem, may_come = "", False
    for attempt in range(DOWNLOAD_ATTEMPTS):
        if attempt:
            await asyncio.sleep(2 ** (attempt - 1))
        try:
            async with tools.downloads:
                fetched = await afetch(file.url, result_policy())
            with contextlib.closing(fetched):
                return Slot(file.index, prepared=await aprepare(fetched.path, mode="result")), False
        except (FetchProblem, MediaProblem) as error:
            # a cut-off download decodes badly: worth another try, as a refused connection is
            logger.warning("a result could not be collected: %s", error.code)
            problem, may_come = _why_missing(error), isinstance(error, FetchFailed)
            if not isinstance(error, FetchFailed | MediaProblem):
                break
    return Slot(file.index, message=problem), may_come


def _why_missing(error: FetchProblem | MediaProblem) -> str:
    """For the person who made it, to whom the address says nothing."""
    if isinstance(error, FetchExpired):
        return _("This had expired at the service before it could be fetched.")
    if isinstance(error, MediaProblem):
        return _("The service delivered a file that can't be read.")
    return _("This could not be fetched from the service.")


@lru_cache(maxsize=1)
def result_policy() -> FetchPolicy:
    return FetchPolicy(
        max_bytes=MAX_RESULT_BYTES,
        timeout_seconds=90,
        allowed_origins=frozenset({settings.SANDBOX_URL} if settings.SANDBOX_URL else ()),
        allowed_hosts=frozenset(settings.ALLOWED_FETCH_HOSTS),
    )

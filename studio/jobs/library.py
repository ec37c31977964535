"""Our files in the services' asset libraries.

A service with a library takes files once, looks them through, and is then given their ids. A file is wanted in the
transaction of the job that needs it, sent and looked at in the background, and used again by later jobs. A worker
that dies between sending and writing down leaves a second copy in the library, and nothing worse.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from providers.base import LibraryAsset, LibraryState, Operation
from providers.errors import (
    ContentRejected,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    ProviderError,
    ResultExpired,
    Unavailable,
)
from providers.params import Params, Widget, read_fields
from providers.words import gettext_noop as _
from studio.media.models import Asset

from . import catalog, problems
from .boards import NotReady
from .forms import asset_ids
from .models import Job, LibraryFile, LibraryFileState, ProviderAccount
from .wakeup import wake

if TYPE_CHECKING:
    from .steps import Tools

logger = logging.getLogger(__name__)

#: the longest that one call may take, and a lease that is longer
CALL_SECONDS = 45.0
LEASE = timedelta(seconds=CALL_SECONDS + 30)
#: seconds until the next look or try; the last of them from then on
PAUSES = (1, 1, 2, 3, 5, 5, 10, 10, 20, 30)
#: looks and tries after which a file is given up: more than an hour
MAX_ATTEMPTS = 150
#: tries of what breaks for a reason that nobody foresaw
MAX_BROKEN = 5
#: what the service said this long ago is asked again before it is relied on
FRESH = timedelta(hours=12)
MAX_REMOTE_ID = LibraryFile._meta.get_field("remote_id").max_length or 0

BROKEN = _("The file could not be sent to the service's library. An administrator finds the reason in the log.")
TOO_SLOW = _("The service's library took too long over this file.")
UNUSABLE = _("The service's library did not take this file.")


# ── asking for files ─────────────────────────────────


def is_through_library(operation: Operation, params: Params) -> bool:
    """Whether the files of such an order go through the library."""
    return bool(operation.through_library) and bool(getattr(params, operation.through_library, False))


def files_of(job: Job, operation: Operation) -> list[int]:
    """The assets that an order hands over, its input among them, each once."""
    ids = [
        pk
        for spec in read_fields(operation.params)
        if spec.widget is Widget.MEDIA
        for pk in asset_ids(job.params.get(spec.name) or ())
    ]
    if job.source_asset_id is not None:
        ids.append(job.source_asset_id)
    return list(dict.fromkeys(ids))


def _at(provider: str, account: ProviderAccount | None) -> Q:
    return Q(provider=provider, account=account) if account is not None else Q(provider=provider, account__isnull=True)


def want(provider: str, account: ProviderAccount | None, ids: Sequence[int]) -> None:
    """These files are to be in the library. Call it in a transaction.

    What failed is sent anew; of what the library has had for long it is asked whether it has it still.
    """
    now = timezone.now()
    # in one order for everybody: nobody waits for another in a circle
    for pk in sorted(ids):
        file, is_new = LibraryFile.objects.get_or_create(
            asset_id=pk, provider=provider, account=account, defaults={"due_at": now}
        )
        if is_new:
            continue
        mine = LibraryFile.objects.filter(pk=file.pk)
        fresh = {"state": LibraryFileState.PROCESSING, "attempts": 0, "problem": "", "due_at": now}
        mine.filter(state=LibraryFileState.FAILED).update(**fresh, remote_id="")
        mine.filter(state=LibraryFileState.ACTIVE, looked_at__lt=now - FRESH).update(**fresh)
    transaction.on_commit(wake, robust=True)


def remote_ids(provider: str, account: ProviderAccount | None, ids: Sequence[int]) -> dict[int, str]:
    """The library's ids of these assets.

    Raises NotReady while one is on its way, InvalidRequest with the file's name when the service does not take it.
    """
    rows = LibraryFile.objects.filter(_at(provider, account), asset__in=ids).select_related("asset")
    found = {row.asset_id: row for row in rows}
    unknown = [pk for pk in ids if pk not in found]
    if unknown:
        there = list(Asset.objects.filter(pk__in=unknown).values_list("pk", flat=True))
        if len(there) < len(set(unknown)):
            raise InvalidRequest(_("A file that this needs is no longer there."), code="no_file")
        with transaction.atomic():
            want(provider, account, there)
        raise NotReady(1)
    for row in found.values():
        if row.state == LibraryFileState.FAILED:
            raise InvalidRequest(row.problem or UNUSABLE, code="library_refused")
    late = [_seconds_until(row) for row in found.values() if row.state != LibraryFileState.ACTIVE]
    if late:
        raise NotReady(max(late))
    return {pk: row.remote_id for pk, row in found.items()}


def _seconds_until(row: LibraryFile) -> float:
    wait = (row.due_at - timezone.now()).total_seconds() if row.due_at else 0.0
    return min(max(wait, 1.0), 30.0)


# ── sending and looking ──────────────────────────────


def _due() -> Q:
    now = timezone.now()
    return Q(due_at__lte=now) & (Q(lease_until__isnull=True) | Q(lease_until__lt=now))


def waiting() -> bool:
    """Whether a file is to be sent or looked at, now or later."""
    return LibraryFile.objects.filter(due_at__isnull=False, state=LibraryFileState.PROCESSING).exists()


def claim(limit: int = 8) -> list[int]:
    """Ids of files that are now the caller's to send or look at."""
    won = []
    for pk in LibraryFile.objects.filter(_due()).order_by("due_at").values_list("pk", flat=True)[:limit]:
        if LibraryFile.objects.filter(_due(), pk=pk).update(
            lease_until=timezone.now() + LEASE, attempts=F("attempts") + 1
        ):
            won.append(pk)
    return won


async def work(tools: Tools, pk: int) -> None:
    """Sends one file that was claimed, or asks how it stands; whatever happens is written to its row. Canceled, it
    is free for the next window."""
    row = await sync_to_async(LibraryFile.objects.select_related("account", "asset").filter(pk=pk).first)()
    if row is None:
        # deleted with its asset since it was claimed
        return
    try:
        found = await _ask(tools, row)
    except asyncio.CancelledError:
        await asyncio.shield(sync_to_async(_let_go)(row))
        raise
    except ResultExpired as error:
        await sync_to_async(_lost if row.remote_id else _not_done)(row, error)
    except ProviderError as error:
        await sync_to_async(_not_done)(row, error)
    except Exception:
        logger.exception("library file %s broke", pk)
        await sync_to_async(_not_done)(row, InvalidResponse(BROKEN, code="broken"))
    else:
        await sync_to_async(_write)(row, found)


async def _ask(tools: Tools, row: LibraryFile) -> LibraryAsset:
    # the steps ask this module for the files' ids
    from .steps import as_media

    provider = await sync_to_async(catalog.connect)(row.provider, row.account)
    if row.remote_id:
        return await tools.call(provider, provider.look_at_asset(row.remote_id), seconds=CALL_SECONDS)
    media = await sync_to_async(as_media)(row.asset, row.account)
    flow = provider.create_asset(media, row.asset.name)
    return await tools.call(provider, flow, seconds=CALL_SECONDS, prepare_in_thread=True)


def _mine(row: LibraryFile) -> models.QuerySet[LibraryFile]:
    """The row while the claim holds, unless it has been found lost meanwhile: each claim has a lease of its own."""
    return LibraryFile.objects.filter(pk=row.pk, lease_until=row.lease_until, remote_id=row.remote_id)


def _let_go(row: LibraryFile) -> None:
    _mine(row).update(lease_until=None, attempts=Greatest(F("attempts") - 1, Value(0)))


def _write(row: LibraryFile, found: LibraryAsset) -> None:
    if not 0 < len(found.remote_id) <= MAX_REMOTE_ID:
        _not_done(row, InvalidResponse(BROKEN, code="bad_id"))
    elif found.state is LibraryState.FAILED:
        _give_up(row, found.error or GenerationFailed(UNUSABLE, code="library_failed"))
    elif found.state is LibraryState.ACTIVE:
        now = timezone.now()
        _mine(row).update(
            remote_id=found.remote_id,
            state=LibraryFileState.ACTIVE,
            problem="",
            attempts=0,
            due_at=None,
            lease_until=None,
            looked_at=now,
        )
    elif row.attempts >= MAX_ATTEMPTS:
        _give_up(row, Unavailable(TOO_SLOW, code="library_too_slow"))
    else:
        _again(row, remote_id=found.remote_id, looked_at=timezone.now())


def _again(row: LibraryFile, seconds: float = 0, **fields: object) -> None:
    pause = max(PAUSES[min(max(row.attempts, 1), len(PAUSES)) - 1], seconds)
    _mine(row).update(due_at=timezone.now() + timedelta(seconds=pause), lease_until=None, **fields)


def _lost(row: LibraryFile, error: ProviderError) -> None:
    """The library has it no longer: it is sent once more, which counts among its tries."""
    if row.attempts >= MAX_ATTEMPTS:
        _give_up(row, error)
    else:
        _again(row, remote_id="")


def _not_done(row: LibraryFile, error: ProviderError) -> None:
    most = MAX_BROKEN if isinstance(error, InvalidResponse) else MAX_ATTEMPTS if error.retryable else 0
    if row.attempts < most:
        _again(row, error.retry_after or 0)
    else:
        _give_up(row, error)


def _give_up(row: LibraryFile, error: ProviderError) -> None:
    logger.warning("%s did not take library file %s: %s", row.provider, row.pk, error.code)
    # a key or a setting that is missing is not the file's fault
    about_file = isinstance(error, ContentRejected | InvalidRequest | GenerationFailed | Unavailable)
    _mine(row).update(
        state=LibraryFileState.FAILED,
        problem=problems.naming(error.user_message, row.asset.name if about_file else ""),
        due_at=None,
        lease_until=None,
        looked_at=timezone.now(),
    )


# ── files that a library has lost ────────────────────


async def verify(tools: Tools, provider: str, account: ProviderAccount | None, ids: Sequence[str]) -> int:
    """Asks the service for all of these files of its library at once; those it has lost are sent anew. How many that
    are. Raises ProviderError where that can't be found out of any."""
    service = await sync_to_async(catalog.connect)(provider, account)

    async def is_lost(remote_id: str) -> bool:
        try:
            found = await tools.call(service, service.look_at_asset(remote_id), seconds=CALL_SECONDS)
        except ResultExpired:
            return True
        return found.state is not LibraryState.ACTIVE

    answers = await asyncio.gather(*(is_lost(remote_id) for remote_id in ids), return_exceptions=True)
    lost = [remote_id for remote_id, answer in zip(ids, answers, strict=True) if answer is True]
    if lost:
        return await sync_to_async(_mark_lost)(_at(provider, account), lost)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return 0


def _mark_lost(at: Q, lost: Sequence[str]) -> int:
    now = timezone.now()
    with transaction.atomic():
        marked = LibraryFile.objects.filter(at, remote_id__in=lost, state=LibraryFileState.ACTIVE).update(
            state=LibraryFileState.PROCESSING, remote_id="", attempts=0, problem="", due_at=now
        )
        transaction.on_commit(wake, robust=True)
    return marked

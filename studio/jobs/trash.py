"""The trash: results and jobs that a person took out of sight, until they are brought back or deleted for good.

A deleted job takes its results with it and gets them back with it. Deleting for good removes the files; the
rows of jobs and results stay, for the ledger and for what was made of them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import ProtectedError, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from studio.accounts.models import Team, User
from studio.media.models import Asset

from .forms import ASSET_PREFIX
from .models import Job, JobState, Output, OutputState, ServiceBoard

logger = logging.getLogger(__name__)

#: takes asset ids and gives those that must stay
Keeper = Callable[[set[int]], set[int]]

BATCH = 200

_REFERENCE = re.compile(rf'"{ASSET_PREFIX}(\d+)"')
_keepers: list[Keeper] = []


def keeps(keeper: Keeper) -> Keeper:
    """Registers a room's uses of files: called with asset ids, it returns those that it still needs. Rooms call
    it when their app is ready; it also serves as a decorator."""
    if keeper not in _keepers:
        _keepers.append(keeper)
    return keeper


# ── results ──────────────────────────────────────────


def trash_outputs(team: Team, user: User, ids: Iterable[int]) -> list[int]:
    """Puts finished results of the team into the trash. Returns the ids of those that went there now."""
    with transaction.atomic():
        found = Output.objects.filter(team=team, pk__in=set(ids), state=OutputState.DONE, trashed_at__isnull=True)
        changed = _locked(found)
        Output.objects.filter(pk__in=changed, trashed_at__isnull=True).update(
            trashed_at=timezone.now(), trashed_by=user
        )
    return changed


def restore_outputs(team: Team, ids: Iterable[int]) -> list[int]:
    """Takes results out of the trash; where their jobs were deleted, these come back too. Returns the ids of those
    that came back now. What was deleted for good does not."""
    with transaction.atomic():
        found = Output.objects.filter(team=team, pk__in=set(ids), state=OutputState.DONE, trashed_at__isnull=False)
        changed = _locked(found)
        Output.objects.filter(pk__in=changed, state=OutputState.DONE).update(trashed_at=None, trashed_by=None)
        Job.objects.filter(outputs__in=changed, deleted_at__isnull=False).update(deleted_at=None)
    return changed


def delete_for_good(team: Team, ids: Iterable[int]) -> int:
    """Deletes results that lie in the trash, with their files. Returns how many."""
    found = Output.objects.filter(team=team, pk__in=set(ids))
    return _purge(found)


# ── jobs ─────────────────────────────────────────────


def delete_jobs(team: Team, user: User, ids: Iterable[int]) -> list[int]:
    """Takes ended jobs out of the history and their results into the trash; live jobs stay. Returns the ids of
    those that went now."""
    now = timezone.now()
    with transaction.atomic():
        found = Job.objects.filter(team=team, pk__in=set(ids), state__in=JobState.ended(), deleted_at__isnull=True)
        changed = _locked(found)
        Job.objects.filter(pk__in=changed, state__in=JobState.ended()).update(deleted_at=now)
        Output.objects.filter(job__in=changed, state=OutputState.DONE, trashed_at__isnull=True).update(
            trashed_at=now, trashed_by=user
        )
    return changed


def restore_jobs(team: Team, ids: Iterable[int]) -> list[int]:
    """Brings deleted jobs back, with the results that went with them. Returns the ids of those that came back."""
    with transaction.atomic():
        found = Job.objects.filter(team=team, pk__in=set(ids), deleted_at__isnull=False)
        changed = _locked(found)
        together = Output.objects.filter(
            job__in=changed, state=OutputState.DONE, trashed_at=models.F("job__deleted_at")
        ).values_list("pk", flat=True)
        Output.objects.filter(pk__in=list(together)).update(trashed_at=None, trashed_by=None)
        Job.objects.filter(pk__in=changed).update(deleted_at=None)
    return changed


# ── for good ─────────────────────────────────────────


def days_kept() -> int:
    """How long the trash keeps things before they are deleted for good."""
    return int(settings.TRASH_DAYS)


def purge_old() -> int:
    """What the clock does once a day."""
    return purge(timezone.now() - timedelta(days=days_kept()))


def purge(before: datetime) -> int:
    """Deletes for good what has lain in the trash since before that moment. Returns how many results went."""
    return _purge(Output.objects.filter(trashed_at__lt=before))


def _purge(outputs: QuerySet[Output]) -> int:
    total = 0
    trashed = outputs.filter(trashed_at__isnull=False, state=OutputState.DONE).order_by("pk")
    ids = list(trashed.values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        total += _purge_batch(ids[start : start + BATCH])
    return total


def _purge_batch(ids: list[int]) -> int:
    with transaction.atomic():
        rows = Output.objects.select_for_update().filter(pk__in=ids, trashed_at__isnull=False, state=OutputState.DONE)
        assets = dict(rows.values_list("pk", "asset_id"))
        Output.objects.filter(pk__in=assets).update(state=OutputState.PURGED, asset=None)
        _delete_unused({asset_id for asset_id in assets.values() if asset_id is not None})
    return len(assets)


def _delete_unused(asset_ids: set[int]) -> None:
    unused = set(asset_ids)
    for keeper in (_kept_by_outputs, _kept_by_jobs, _kept_by_params, _kept_by_boards, *_keepers):
        if not unused:
            return
        unused -= keeper(set(unused))
    for asset in Asset.objects.filter(pk__in=unused):
        try:
            with transaction.atomic():
                asset.delete()
        except ProtectedError:
            logger.warning("asset %s is used by something that did not say so; it stays", asset.pk)


def _kept_by_outputs(ids: set[int]) -> set[int]:
    return _present(Output.objects.filter(asset__in=ids).values_list("asset_id", flat=True))


def _kept_by_jobs(ids: set[int]) -> set[int]:
    return _present(Job.objects.filter(source_asset__in=ids).values_list("source_asset_id", flat=True))


def _kept_by_params(ids: set[int]) -> set[int]:
    """Pictures and masks that jobs refer to: a repeated or reused job needs them."""
    teams = Asset.objects.filter(pk__in=ids).values("team")
    jobs = Job.objects.filter(team__in=teams).annotate(text=Cast("params", models.TextField()))
    texts = jobs.filter(text__contains=f'"{ASSET_PREFIX}').values_list("text", flat=True)
    return {int(pk) for text in texts.iterator() for pk in _REFERENCE.findall(text)} & ids


def _kept_by_boards(ids: set[int]) -> set[int]:
    teams = Asset.objects.filter(pk__in=ids).values("team")
    boards = ServiceBoard.objects.filter(team__in=teams).values_list("asset_ids", flat=True)
    return {int(pk) for used in boards for pk in used} & ids


def _present(values: Iterable[int | None]) -> set[int]:
    return {value for value in values if value is not None}


def _locked(found: QuerySet[Output] | QuerySet[Job]) -> list[int]:
    return list(found.select_for_update().values_list("pk", flat=True))

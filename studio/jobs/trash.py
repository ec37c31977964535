"""The trash: results and jobs that a person took out of sight, until they are brought back or deleted for good.

A deleted job takes its results with it and gets them back with it. Deleting for good removes the files; the
rows of jobs and results stay, for the ledger and for what was made of them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, ProtectedError, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from studio.accounts.models import Team, User
from studio.media.models import Asset, Origin

from .forms import ASSET_PREFIX
from .models import Job, JobState, Output, OutputState, ServiceBoard

logger = logging.getLogger(__name__)

#: takes asset ids and gives those that must stay
Keeper = Callable[[set[int]], set[int]]
#: deletes for good what was deleted before a moment
Purger = Callable[[datetime], object]

BATCH = 200
#: what the studio makes for itself; uploads are people's own
SWEPT = [Origin.MASK, Origin.FRAME, Origin.RESULT]
SWEPT_AT_ONCE = 2000
#: from the making of a job's row to its commit
LONGEST_REQUEST = timedelta(minutes=10)

_REFERENCE = re.compile(rf'"{ASSET_PREFIX}(\d+)"')
_keepers: list[Keeper] = []
_purgers: list[Purger] = []


def keeps(keeper: Keeper) -> Keeper:
    """Registers a room's uses of files: called with asset ids, it returns those that it still needs. Rooms call
    it when their app is ready; it also serves as a decorator."""
    if keeper not in _keepers:
        _keepers.append(keeper)
    return keeper


def purges(purger: Purger) -> None:
    """Registers what a room deletes for good by the clock: called with the moment before which it was deleted."""
    if purger not in _purgers:
        _purgers.append(purger)


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
    """What the clock does every hour. Returns how many results went."""
    before = timezone.now() - timedelta(days=days_kept())
    total = purge(before)
    for purger in _purgers:
        purger(before)
    _daily.go_on(before)
    return total


def purge(before: datetime) -> int:
    """Deletes for good what has lain in the trash since before that moment. Returns how many results went."""
    return _purge(Output.objects.filter(trashed_at__lt=before))


def _purge(outputs: QuerySet[Output]) -> int:
    total = 0
    trashed = outputs.filter(trashed_at__isnull=False, state=OutputState.DONE).order_by("pk")
    teams = dict(trashed.values_list("pk", "team_id"))
    ids, references = list(teams), _References(teams.values())
    for start in range(0, len(ids), BATCH):
        try:
            total += _purge_batch(ids[start : start + BATCH], references)
        except IntegrityError:
            logger.exception("results of a batch are used by something that did not say so; they stay for now")
    return total


def _purge_batch(ids: list[int], references: _References) -> int:
    with transaction.atomic():
        # a follow-up that is being asked for may refer to the row meanwhile
        rows = Output.objects.select_for_update(no_key=True).filter(
            pk__in=ids, trashed_at__isnull=False, state=OutputState.DONE
        )
        assets = dict(rows.order_by("pk").values_list("pk", "asset_id"))
        Output.objects.filter(pk__in=assets).update(state=OutputState.PURGED, asset=None)
        _delete_unused({asset_id for asset_id in assets.values() if asset_id is not None}, references)
    return len(assets)


def _delete_unused(asset_ids: set[int], references: _References) -> int:
    """Whoever is about to use one of these files locks its row too: what they commit before us is seen here,
    and after us they see that the file is gone. Returns how many went."""
    locked = Asset.objects.select_for_update().filter(pk__in=asset_ids).order_by("pk")
    unused = set(locked.values_list("pk", flat=True))
    for keeper in (_kept_by_outputs, _kept_by_jobs, _kept_by_boards, *_keepers, references.kept_among):
        if unused:
            unused -= keeper(set(unused))
    deleted = 0
    for asset in Asset.objects.filter(pk__in=unused):
        try:
            with transaction.atomic():
                asset.delete()
                deleted += 1
        except (ProtectedError, IntegrityError):
            logger.warning("asset %s is used by something that did not say so; it stays", asset.pk)
    return deleted


# ── files that nobody uses ───────────────────────────


def sweep(before: datetime, after: int = 0, limit: int = SWEPT_AT_ONCE) -> int | None:
    """Deletes masks, frames and results from before that moment that nothing uses; uploads stay. Looks at
    `limit` files from the id `after` on. Returns where to go on, None at the end."""
    old = Asset.objects.filter(origin__in=SWEPT, created_at__lt=before, pk__gt=after)
    unseen = old.filter(~Exists(Output.objects.filter(asset=OuterRef("pk")))).order_by("pk")
    teams = dict(unseen.values_list("pk", "team_id")[:limit])
    ids, references = list(teams), _References(teams.values())
    for start in range(0, len(ids), BATCH):
        with transaction.atomic():
            _delete_unused(set(ids[start : start + BATCH]), references)
    return ids[-1] if len(ids) == limit else None


class _DailySweep:
    """Goes through all files once a day, some of them every hour."""

    def __init__(self) -> None:
        self._ended_on: date | None = None
        self._after = 0

    def go_on(self, before: datetime) -> None:
        today = timezone.localdate()
        if self._ended_on == today:
            return
        after = sweep(before, self._after)
        self._after = after or 0
        if after is None:
            self._ended_on = today


_daily = _DailySweep()


# ── what is used ─────────────────────────────────────


class _References:
    """Pictures and masks that these teams' jobs refer to: a repeated or reused job needs them.

    All jobs are read once, outside of any lock; for each batch only those that may have come since."""

    def __init__(self, teams: Iterable[int]) -> None:
        jobs = Job.objects.filter(team__in=set(teams))
        self._newer = jobs.filter(created_at__gte=timezone.now() - LONGEST_REQUEST)
        self._known = _referred_to(jobs)

    def kept_among(self, ids: set[int]) -> set[int]:
        return (self._known | _referred_to(self._newer)) & ids


def _referred_to(jobs: QuerySet[Job]) -> set[int]:
    told = jobs.annotate(text=Cast("params", models.TextField())).filter(text__contains=f'"{ASSET_PREFIX}')
    texts = told.values_list("text", flat=True)
    return {int(pk) for text in texts.iterator() for pk in _REFERENCE.findall(text)}


def _kept_by_outputs(ids: set[int]) -> set[int]:
    return _present(Output.objects.filter(asset__in=ids).values_list("asset_id", flat=True))


def _kept_by_jobs(ids: set[int]) -> set[int]:
    return _present(Job.objects.filter(source_asset__in=ids).values_list("source_asset_id", flat=True))


def _kept_by_boards(ids: set[int]) -> set[int]:
    teams = Asset.objects.filter(pk__in=ids).values("team")
    boards = ServiceBoard.objects.filter(team__in=teams).values_list("asset_ids", flat=True)
    return {int(pk) for used in boards for pk in used} & ids


def _present(values: Iterable[int | None]) -> set[int]:
    return {value for value in values if value is not None}


def _locked(found: QuerySet[Output] | QuerySet[Job]) -> list[int]:
    return list(found.select_for_update().values_list("pk", flat=True))

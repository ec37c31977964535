"""Every change of a job's state by what came of a step, and nothing else.

A job moves queued → submitting → running → collecting → succeeded | failed, with submit_unknown
between submitting and running when nobody knows whether the service took it, and canceled from
queued, or from running while its service has not begun with it. Each function here is one
conditional UPDATE that names the states it may leave and carries the fence of the claim; when
another worker has taken the job over, it changes nothing and returns False. Callers hold a
transaction, in which the ledger and the timeline change with the state.

Two changes are made elsewhere, by conditional UPDATEs too: `claims.claim_due` moves a claimed job from queued
to submitting, and to submit_unknown when its worker died; `services.cancel` moves one from queued to canceled, and
marks one that waits at its service as to be stopped.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, DateTimeField, F, Value, When
from django.utils import timezone

from providers.base import Idempotency, Snapshot, State
from providers.errors import (
    AlreadySubmitted,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    ProviderError,
    RateLimited,
    ResultExpired,
    SubmitUnknown,
    Unavailable,
)
from providers.words import gettext_noop as _
from studio.billing import services as billing

from . import catalog, spool
from .models import EventKind, Job, JobState, Output, OutputState
from .services import record_event
from .slots import Slot, collectable, keep, used_share

logger = logging.getLogger(__name__)

MAX_SUBMIT_ATTEMPTS = 5
#: seconds between attempts to collect; a network that is away for a minute costs nobody a picture
COLLECT_PAUSES = (4.0, 15.0, 60.0)
#: links to results die within a day
COLLECT_WITHIN = timedelta(hours=24)
LATE_LOOK = timedelta(minutes=10)
LATE_UNTIL = timedelta(hours=24)
TIMED_OUT = "timed_out"
#: seconds until the next look when a look itself failed
POLL_TROUBLE = 10.0


class CopiesLost(InvalidRequest):
    """The service refused an order because it no longer has what the order names. That is sent anew, the order once
    more."""


class BoardsLost(CopiesLost):
    """It has lost a moodboard."""

    default_message = _("The service no longer had a moodboard that this uses.")


class FilesLost(CopiesLost):
    """It has lost a file of its asset library."""

    default_message = _("The service no longer had a file that this uses.")


class NotStopped(InvalidRequest):
    """The service did not take a job out of its queue: it goes on."""

    default_message = _("The service had begun with it already.")


# ── helpers ──────────────────────────────────────────


def still_collectable(job_ids: Sequence[int]) -> set[int]:
    """Those of the jobs that have not come to their end, late results included."""
    return set(Job.objects.filter(pk__in=job_ids, due_at__isnull=False).values_list("pk", flat=True))


def _write(job: Job, leave: Sequence[JobState], **fields: Any) -> bool:
    return Job.objects.filter(pk=job.pk, fence=job.fence, state__in=leave).update(**fields) == 1


def _released(due: datetime | None) -> dict[str, Any]:
    return {"due_at": due, "lease_until": None, "claim": ""}


def _queued_again(seconds: float) -> dict[str, Any]:
    """Nothing came of this attempt. An id that a callback noted was its own, and is not the next one's."""
    return {"state": JobState.QUEUED, "submitted_at": None, "remote_id": "", **_released(_in(seconds))}


def _in(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def _backoff(attempt: int) -> float:
    # jitter, so that jobs refused together do not come back together
    return float(min(60, 2 ** min(attempt, 6))) * random.uniform(0.75, 1.25)  # noqa: S311 -- nobody gains by guessing it


# ── what a service says ──────────────────────────────


def apply_snapshot(job: Job, snapshot: Snapshot) -> bool:
    """Writes what the service says of a job; the sole writer of that. True when there are files to
    collect and the caller, who keeps the claim, should go on with it.

    Ended jobs do not change, with one exception: a success that arrives after we gave up waiting
    is collected and kept at no charge (see finish_late)."""
    late = job.state == JobState.FAILED
    if snapshot.state is State.SUCCEEDED:
        return _to_collecting(job, snapshot, late=late)
    if late:
        _keep_looking_late(job, give_up=snapshot.state.terminal)
        return False
    if snapshot.state is State.FAILED:
        fail(job, snapshot.error or GenerationFailed(), snapshot)
    elif snapshot.state is State.CANCELED:
        _cancel(job)
    else:
        _keep_running(job, snapshot)
    return False


def _keep_running(job: Job, snapshot: Snapshot) -> None:
    if snapshot.state is State.UNKNOWN:
        logger.warning("job %s: the service says something we don't know: %r", job.pk, snapshot.raw)
    first = job.state != JobState.RUNNING
    if timezone.now() >= job.deadline_at and not first:
        time_out(job)
        return
    entry = catalog.entry_of(job)
    fields: dict[str, Any] = _released(_in(snapshot.poll_after or _pause(job, entry.provider.poll_interval)))
    waits = job.queued_there if snapshot.state is State.UNKNOWN else snapshot.state is State.QUEUED
    if waits != job.queued_there:
        fields["queued_there"] = waits
    if waits and job.cancel_asked_at is None:
        fields["due_at"] = _now_if_to_be_stopped(fields["due_at"])
    if first:
        # the time in the queue is not the service's
        fields["deadline_at"] = _in(entry.model.deadline)
        fields |= {
            "state": JobState.RUNNING,
            "remote_id": snapshot.remote_id,
            "account": job.account,
            "attempts": 0,
            "service_cost": dict(snapshot.cost),
        }
    # progress never runs backwards
    moved = snapshot.progress is not None and snapshot.progress > (job.progress or 0)
    if moved:
        fields["progress"] = snapshot.progress
    if snapshot.cursor != job.cursor:
        fields["cursor"] = snapshot.cursor
    if snapshot.seed is not None and job.seed is None:
        fields["seed"] = snapshot.seed
    if _write(job, [JobState.SUBMITTING, JobState.SUBMIT_UNKNOWN, JobState.RUNNING], **fields):
        if job.queued_there and not waits:
            _drop_wish(job)
        if first:
            record_event(job, EventKind.SUBMITTED)
        elif moved or waits != job.queued_there:
            record_event(job, EventKind.PROGRESS, progress=snapshot.progress)


def _now_if_to_be_stopped(otherwise: datetime) -> Case:
    """Somebody may have asked to stop it while it was looked at."""
    return Case(
        When(cancel_asked_at__isnull=False, then=Value(timezone.now())),
        default=Value(otherwise),
        output_field=DateTimeField(),
    )


def _drop_wish(job: Job, message: str = NotStopped.default_message) -> None:
    """Its service has begun with it, or will not let go of it: whoever asked to stop it is told, and it goes on."""
    asked = Job.objects.filter(pk=job.pk, fence=job.fence, cancel_asked_at__isnull=False)
    if asked.update(cancel_asked_at=None):
        record_event(job, EventKind.TOO_LATE, message=message)


def _pause(job: Job, interval: float) -> float:
    """Seconds until the next look: short at first, for services that are quick, then the service's own."""
    waited = (timezone.now() - job.submitted_at).total_seconds() if job.submitted_at else 0.0
    return min(interval, max(1.0, waited / 4))


def _to_collecting(job: Job, snapshot: Snapshot, *, late: bool) -> bool:
    fields = {
        "remote_id": snapshot.remote_id or job.remote_id,
        "account": job.account,
        "seed": snapshot.seed if snapshot.seed is not None else job.seed,
        "service_cost": dict(snapshot.cost) or job.service_cost,
        "snapshot": collectable(snapshot, catalog.get_provider(job.provider).kept_ids),
        "attempts": 0,
    }
    leave = [JobState.SUBMITTING, JobState.SUBMIT_UNKNOWN, JobState.RUNNING]
    if late:
        leave = [JobState.FAILED]
    else:
        fields["state"] = JobState.COLLECTING
        fields["deadline_at"] = timezone.now() + COLLECT_WITHIN
    if not _write(job, leave, **fields):
        return False
    if not late:
        if not job.remote_id:
            record_event(job, EventKind.SUBMITTED)
        if job.queued_there:
            _drop_wish(job)
        record_event(job, EventKind.DELIVERED, files=len(snapshot.files))
        job.state = JobState.COLLECTING
    job.snapshot = fields["snapshot"]
    job.attempts = 0
    return True


# ── when asking fails ────────────────────────────────


def submit_failed(job: Job, error: ProviderError) -> None:
    """A submit that brought no snapshot: again later, never again, or the end."""
    if isinstance(error, SubmitUnknown | InvalidResponse) or error.maybe_accepted:
        submit_unknown(job, arrived=isinstance(error, AlreadySubmitted))
    elif isinstance(error, CopiesLost) and timezone.now() < job.deadline_at and not _copies_sent_again(job):
        if _write(job, [JobState.SUBMITTING], **_queued_again(1)):
            record_event(job, EventKind.RETRY, copies=True, seconds=1, message=error.user_message)
    elif error.retryable and _may_try_again(job, error):
        pause = max(error.retry_after or 0, _backoff(job.attempts))
        if _write(job, [JobState.SUBMITTING], **_queued_again(pause)):
            record_event(job, EventKind.RETRY, seconds=round(pause), message=error.user_message)
    else:
        fail(job, error)


def wait_for_copies(job: Job, seconds: float) -> None:
    """Its moodboards or files are on their way to the service: it waits its turn, which is no attempt."""
    _write(job, [JobState.SUBMITTING], attempts=max(job.attempts - 1, 0), **_queued_again(seconds))


def _copies_sent_again(job: Job) -> bool:
    return job.events.filter(kind=EventKind.RETRY, data__copies=True).exists()


def _may_try_again(job: Job, error: ProviderError) -> bool:
    if timezone.now() >= job.deadline_at:
        return False
    # being one too many is no failure: such a job waits for its turn until the deadline
    return isinstance(error, RateLimited) or job.attempts < MAX_SUBMIT_ATTEMPTS


def submit_unknown(job: Job, *, arrived: bool = False) -> None:
    """Nobody knows whether the service took it, or (`arrived`) it did and nobody knows under which id. Sent again
    only where the service deduplicates by key and has not said yet that it had it; otherwise held until a callback
    or the time limit settles it."""
    # a callback may have been quicker than the reply that was lost
    known = Job.objects.filter(pk=job.pk, fence=job.fence).values_list("remote_id", flat=True).first()
    if known and adopt(job, known):
        return
    waited_too_long = timezone.now() >= job.deadline_at
    arrived = arrived or _has_arrived(job)
    if not (waited_too_long or arrived) and _deduplicates(job):
        _write(job, [JobState.SUBMITTING, JobState.SUBMIT_UNKNOWN], state=JobState.QUEUED, **_released(_in(1)))
        return
    until = (job.submitted_at or timezone.now()) + timedelta(seconds=settings.KEEP_SUBMIT_UNKNOWN)
    if timezone.now() >= until:
        fail(job, SubmitUnknown(_ANSWER_LOST if arrived else _NEVER_LEARNT, code="submit_unknown"))
    elif _write(
        job,
        [JobState.SUBMITTING, JobState.SUBMIT_UNKNOWN],
        state=JobState.SUBMIT_UNKNOWN,
        account=job.account,
        **_released(until),
    ):
        record_event(job, EventKind.SUBMIT_UNKNOWN, arrived=arrived)
        # and one may have come between our look and our word; from now on callbacks adopt it themselves
        known = Job.objects.filter(pk=job.pk).values_list("remote_id", flat=True).first()
        if known:
            adopt(job, known)


def adopt(job: Job, remote_id: str) -> bool:
    """A job whose fate was unknown is `remote_id` at its service, by the service's own word; it is looked at now."""
    fields = {
        "state": JobState.RUNNING,
        "remote_id": remote_id,
        "account": job.account,
        "attempts": 0,
        "deadline_at": _in(catalog.entry_of(job).model.deadline),
        # whoever holds the job, to find out, has lost it
        "fence": F("fence") + 1,
        **_released(timezone.now()),
    }
    if not _write(job, [JobState.SUBMITTING, JobState.SUBMIT_UNKNOWN], **fields):
        return False
    record_event(job, EventKind.SUBMITTED)
    return True


def note_remote_id(job: Job, remote_id: str) -> bool:
    """Keeps the id of a job that is being sent, in case that the reply gets lost."""
    return _write(job, [JobState.SUBMITTING], remote_id=remote_id)


def look_sooner(job: Job, seconds: float) -> bool:
    """A running job is looked at in `seconds` at the latest."""
    when = _in(seconds)
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, due_at__gt=when).update(due_at=when) == 1


def _has_arrived(job: Job) -> bool:
    """Whether its service said, when it was sent again, that it had it already."""
    return job.events.filter(kind=EventKind.SUBMIT_UNKNOWN, data__arrived=True).exists()


def _deduplicates(job: Job) -> bool:
    try:
        return catalog.entry_of(job).model.idempotency is Idempotency.KEY
    except LookupError:
        return False


_NEVER_LEARNT = _("The connection broke while sending and the service never told us whether it took this.")
_ANSWER_LOST = _("The service took this, but its answer got lost, so the result can't be asked for.")


def poll_failed(job: Job, error: ProviderError) -> None:
    """A look that brought nothing. Trouble with asking is no failure of the job, until its deadline."""
    gone = isinstance(error, ResultExpired)
    if job.state == JobState.FAILED:
        _keep_looking_late(job, give_up=gone)
    elif gone:
        fail(job, error)
    elif timezone.now() >= job.deadline_at:
        time_out(job)
    elif isinstance(error, NotStopped):
        _drop_wish(job, error.user_message)
        _write(job, [JobState.RUNNING], **_released(_in(1)))
    else:
        logger.warning("job %s: looking failed: %s", job.pk, error.code)
        pause = max(error.retry_after or 0, POLL_TROUBLE)
        _write(job, [JobState.RUNNING], attempts=F("attempts") + 1, **_released(_in(pause)))


def collect_failed(job: Job, error: Exception) -> None:
    """Collecting broke down (no network, a full disk); the result is at the service still."""
    logger.warning("job %s: collecting failed: %s", job.pk, error)
    if job.attempts < len(COLLECT_PAUSES):
        again = _released(_in(COLLECT_PAUSES[job.attempts]))
        _write(job, [JobState.COLLECTING, JobState.FAILED], attempts=F("attempts") + 1, **again)
    elif job.state == JobState.FAILED:
        if _write(job, [JobState.FAILED], **_released(None)):
            transaction.on_commit(partial(spool.discard, job.pk))
    else:
        fail(job, Unavailable(_COULD_NOT_COLLECT, code="collect_failed"))


def collect_expired(job: Job) -> None:
    """Collecting that never came to an end, however often it was begun, is given up with its time limit."""
    fail(job, Unavailable(_COULD_NOT_COLLECT, code="collect_expired"))


_COULD_NOT_COLLECT = _("The result could not be fetched from the service.")


# ── ends ─────────────────────────────────────────────


def expire_queued() -> None:
    """Ends jobs that waited past their deadline without having been sent, whatever became of their service."""
    now = timezone.now()
    for job in Job.objects.filter(state=JobState.QUEUED, due_at__isnull=False, deadline_at__lt=now).select_related(
        "hold", "team"
    )[:50]:
        with transaction.atomic():
            fail(job, Unavailable(_("This waited too long for its turn and was not sent."), code="waited_too_long"))


def fail(job: Job, error: ProviderError, snapshot: Snapshot | None = None) -> bool:
    """The job ends without a result and its credits go back."""
    fields: dict[str, Any] = {
        "state": JobState.FAILED,
        "error_code": error.code[:80],
        "error_message": error.user_message[:400],
        "finished_at": timezone.now(),
        "cost": 0,
        **_released(None),
    }
    if snapshot is not None and snapshot.remote_id:
        fields["remote_id"] = snapshot.remote_id
        fields["service_cost"] = dict(snapshot.cost)
    if not _write(job, JobState.live(), **fields):
        return False
    _settle(job, 0)
    transaction.on_commit(partial(spool.discard, job.pk))
    if snapshot is not None:
        Output.objects.bulk_create(
            Output(
                team_id=job.team_id,
                job=job,
                index=slot.index,
                state=OutputState.REJECTED,
                message=slot.user_message[:400],
            )
            for slot in snapshot.rejected
        )
    record_event(job, EventKind.FAILED, message=error.user_message, code=error.code, returned=job.quote)
    logger.info("job %s failed: %s request_id=%s", job.pk, error.code, error.request_id or "-")
    return True


def time_out(job: Job) -> None:
    """We stop waiting and give the credits back, but look now and then for a late success."""
    if fail(job, Unavailable(_("The service took too long, so we stopped waiting."), code=TIMED_OUT)) and job.remote_id:
        Job.objects.filter(pk=job.pk, state=JobState.FAILED, fence=job.fence).update(due_at=timezone.now() + LATE_LOOK)


def _keep_looking_late(job: Job, *, give_up: bool) -> None:
    over = give_up or timezone.now() > job.deadline_at + LATE_UNTIL
    _write(job, [JobState.FAILED], **_released(None if over else timezone.now() + LATE_LOOK))


def _cancel(job: Job) -> None:
    ended = {"state": JobState.CANCELED, "finished_at": timezone.now(), "cost": 0, **_released(None)}
    if _write(job, JobState.live(), **ended):
        _settle(job, 0)
        record_event(job, EventKind.CANCELED, returned=job.quote)


def finish(job: Job, slots: Sequence[Slot]) -> bool:
    """Outputs, assets and the charge in one go: what was delivered is paid, pro rata. Extra files are no part of the
    price."""
    if job.state == JobState.FAILED:
        return _finish_late(job, slots)
    delivered = sum(slot.prepared is not None for slot in slots)
    paid = [slot.prepared is not None for slot in slots if not slot.extra]
    cost = billing.used_part(billing.pro_rata(job.quote, sum(paid), len(paid)), used_share(job))
    fields: dict[str, Any] = {"finished_at": timezone.now(), "cost": cost, **_released(None)}
    if delivered:
        fields["state"] = JobState.SUCCEEDED
        shown = next(slot.prepared for slot in slots if slot.prepared is not None)
        fields |= {"width": shown.width, "height": shown.height, "progress": 1.0}
    else:
        messages = [slot.message for slot in slots if slot.message]
        fields |= {
            "state": JobState.FAILED,
            "error_code": "nothing_delivered",
            "error_message": (messages[0] if messages else _("The service delivered nothing."))[:400],
        }
    if not _write(job, [JobState.COLLECTING], **fields):
        return False
    keep(job, slots)
    _settle(job, cost)
    transaction.on_commit(partial(spool.discard, job.pk))
    if delivered:
        record_event(
            job, EventKind.SUCCEEDED, delivered=delivered, expected=len(slots), cost=cost, returned=job.quote - cost
        )
    else:
        record_event(job, EventKind.FAILED, message=fields["error_message"], returned=job.quote)
    return True


def _finish_late(job: Job, slots: Sequence[Slot]) -> bool:
    """What arrives for a job that was deleted meanwhile lies in the trash with it, and comes back with it."""
    if not _write(job, [JobState.FAILED], **_released(None)):
        return False
    transaction.on_commit(partial(spool.discard, job.pk))
    if not any(slot.prepared for slot in slots):
        return False
    # the row is locked by the write above: whoever deletes the job sees these results, or we see the deletion
    keep(job, slots, trashed_at=Job.objects.values_list("deleted_at", flat=True).get(pk=job.pk))
    record_event(job, EventKind.LATE, delivered=sum(slot.prepared is not None for slot in slots))
    return True


def _settle(job: Job, cost: int) -> None:
    if job.hold is not None:
        billing.settle(job.hold, cost)

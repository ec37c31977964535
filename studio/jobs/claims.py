"""Claims: who works on a job, and for how long.

A claim is a conditional UPDATE that moves a lease and raises the job's fence; one worker wins. Every
later write of that worker carries the fence (see transitions).
"""

from __future__ import annotations

import heapq
import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from providers.registry import PROVIDERS

from .models import Job, JobState

logger = logging.getLogger(__name__)

#: there is something to collect: of a failed job where its results came after all
WITH_RESULTS = Q(state=JobState.COLLECTING) | (Q(state=JobState.FAILED) & ~Q(snapshot={}))


def claim_due(limit: int, results: int | None = None) -> list[Job]:
    """Jobs that are due and that nobody holds, now held by the caller until the lease runs out: at most `limit`, of
    which at most `results` (None for any number) whose results wait to be collected.

    Queued ones are `submitting` when this returns: that is committed before any socket opens.
    """
    now = timezone.now()
    token = uuid.uuid4().hex
    free = Q(due_at__lte=now) & (Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    due = Job.objects.filter(free).exclude(state=JobState.QUEUED).order_by("due_at").values_list("pk", flat=True)
    candidates = list(due.filter(WITH_RESULTS)[: limit if results is None else max(0, min(limit, results))])
    candidates += due.exclude(WITH_RESULTS)[: limit - len(candidates)]
    candidates += _queued_within_capacity(free, limit - len(candidates))
    if not candidates:
        return []
    lease = {"claim": token, "fence": F("fence") + 1, "lease_until": now + timedelta(seconds=settings.LEASE_SECONDS)}
    with transaction.atomic():
        claimed = Job.objects.filter(free, pk__in=candidates)
        # a job that is `submitting` although nobody holds it was being sent when its worker died
        claimed.filter(state=JobState.SUBMITTING).update(state=JobState.SUBMIT_UNKNOWN, **lease)
        claimed.filter(state=JobState.QUEUED).update(
            state=JobState.SUBMITTING, attempts=F("attempts") + 1, submitted_at=now, **lease
        )
        claimed.exclude(state__in=[JobState.QUEUED, JobState.SUBMITTING]).update(**lease)
    return list(
        Job.objects.filter(claim=token)
        .select_related("account", "hold", "source__job__account", "source__job__source__job", "source__asset")
        .order_by("due_at")
    )


def _queued_within_capacity(free: Q, limit: int) -> list[int]:
    if limit <= 0:
        return []
    waiting = Job.objects.filter(free, state=JobState.QUEUED)
    if not waiting.exists():
        return []
    at_work = {
        row["provider"]: row["n"]
        for row in Job.objects.filter(
            due_at__isnull=False, state__in=[JobState.SUBMITTING, JobState.SUBMIT_UNKNOWN, JobState.RUNNING]
        )
        .values("provider")
        .annotate(n=Count("pk"))
    }
    chosen: list[tuple[datetime | None, int]] = []
    for provider in PROVIDERS:
        room = min(provider.max_concurrent - at_work.get(provider.slug, 0), limit)
        if room > 0:
            rows = waiting.filter(provider=provider.slug).order_by("due_at")
            chosen += rows.values_list("due_at", "pk")[:room]
    # who waits longest goes first, whichever service it is for
    return [pk for _due, pk in heapq.nsmallest(limit, chosen)]


def renew(tokens: set[str]) -> None:
    until = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
    Job.objects.filter(claim__in=tokens, lease_until__isnull=False).update(lease_until=until)


def has_results(job: Job) -> bool:
    """WITH_RESULTS of a job at hand."""
    return job.state == JobState.COLLECTING or (job.state == JobState.FAILED and bool(job.snapshot))


def let_go(jobs: Sequence[Job]) -> None:
    """Gives up claims without any change, so that another worker may take over at once. Raises nothing: a lease that
    can't be given up runs out.

    Never for a job that is being sent: only its lease running out may say that nobody knows."""
    if not jobs:
        return
    try:
        with transaction.atomic():
            for job in jobs:
                Job.objects.filter(pk=job.pk, fence=job.fence).exclude(state=JobState.SUBMITTING).update(
                    lease_until=None, claim=""
                )
    except DatabaseError:
        logger.exception("%s claims could not be given up", len(jobs))

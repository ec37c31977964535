"""Does every job's end agree with the ledger?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from studio.billing.models import Transfer, TransferKind

from .models import Job, JobState, OutputState, Reply, ReplyState


def audit() -> list[str]:
    """Sentences on what does not agree; empty when all is well."""
    return list(_findings())


def _findings() -> Iterator[str]:
    settled = Transfer.objects.filter(settles__isnull=False).values("settles")
    for job in Job.objects.filter(state__in=JobState.ended(), hold__isnull=False).exclude(hold__in=settled):
        yield f"job {job.pk} ended as {job.state} but its hold {job.hold_id} is still open"
    for job in Job.objects.filter(state__in=JobState.live(), hold__in=settled):
        yield f"job {job.pk} is {job.state} but its hold {job.hold_id} is already settled"
    for job in Job.objects.filter(state__in=JobState.live(), due_at__isnull=True):
        yield f"job {job.pk} is {job.state} but nobody will ever look at it"
    for job in Job.objects.filter(quote__gt=0, hold__isnull=True):
        yield f"job {job.pk} was quoted {job.quote} credits but holds none"
    for job in Job.objects.filter(hold__isnull=False).exclude(hold__amount=F("quote")):
        yield f"job {job.pk} was quoted {job.quote} credits but its hold is another amount"
    for hold in Transfer.objects.filter(kind=TransferKind.HOLD, job__isnull=True, reply__isnull=True):
        yield f"hold {hold.pk} of {hold.amount} credits belongs to no job"
    yield from _of_replies(settled)
    captured = Coalesce(Sum("hold__parts__amount", filter=Q(hold__parts__kind=TransferKind.CAPTURE)), 0)
    ended = Job.objects.filter(state__in=JobState.ended()).annotate(captured=captured)
    for job in ended.exclude(cost=F("captured")):
        yield f"job {job.pk} says it cost {job.cost} but {job.captured} were captured"
    delivered = Count("outputs", filter=Q(outputs__state__in=[OutputState.DONE, OutputState.PURGED]))
    done = Job.objects.filter(state=JobState.SUCCEEDED).annotate(delivered=delivered)
    for job in done.filter(delivered=0):
        yield f"job {job.pk} succeeded without a result"
    named = Job.objects.exclude(remote_id="").values("provider", "account", "remote_id")
    repeated = named.annotate(n=Count("pk")).filter(n__gt=1)
    for row in repeated:
        yield f"{row['n']} jobs share the remote id {row['remote_id']} at {row['provider']}"


def _of_replies(settled: QuerySet[Transfer, Any]) -> Iterator[str]:
    live = Q(state__in=ReplyState.live())
    held = Reply.objects.filter(hold__isnull=False)
    for reply in held.exclude(live).exclude(hold__in=settled):
        yield f"reply {reply.pk} ended as {reply.state} but its hold {reply.hold_id} is still open"
    for reply in held.filter(live, hold__in=settled):
        yield f"reply {reply.pk} is {reply.state} but its hold {reply.hold_id} is already settled"
    captured = Coalesce(Sum("hold__parts__amount", filter=Q(hold__parts__kind=TransferKind.CAPTURE)), 0)
    for reply in Reply.objects.exclude(live).annotate(captured=captured).exclude(cost=F("captured")):
        yield f"reply {reply.pk} says it cost {reply.cost} but {reply.captured} were captured"

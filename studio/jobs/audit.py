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
    yield from _of_holds("job", Job.objects.all(), Q(state__in=JobState.live()))
    yield from _of_holds("reply", Reply.objects.all(), Q(state__in=ReplyState.live()))
    for hold in Transfer.objects.filter(kind=TransferKind.HOLD, job__isnull=True, reply__isnull=True):
        yield f"hold {hold.pk} of {hold.amount} credits belongs to no job"
    for job in Job.objects.filter(state__in=JobState.live(), due_at__isnull=True):
        yield f"job {job.pk} is {job.state} but nobody will ever look at it"
    delivered = Count("outputs", filter=Q(outputs__state__in=[OutputState.DONE, OutputState.PURGED]))
    done = Job.objects.filter(state=JobState.SUCCEEDED).annotate(delivered=delivered)
    for job in done.filter(delivered=0):
        yield f"job {job.pk} succeeded without a result"
    named = Job.objects.exclude(remote_id="").values("provider", "account", "remote_id")
    repeated = named.annotate(n=Count("pk")).filter(n__gt=1)
    for row in repeated:
        yield f"{row['n']} jobs share the remote id {row['remote_id']} at {row['provider']}"


def _of_holds(name: str, rows: QuerySet[Any], live: Q) -> Iterator[str]:
    """What holds a quote while it lives, and has paid its cost when it has ended."""
    settled = Transfer.objects.filter(settles__isnull=False).values("settles")
    for row in rows.filter(hold__isnull=False).exclude(live).exclude(hold__in=settled):
        yield f"{name} {row.pk} ended as {row.state} but its hold {row.hold_id} is still open"
    for row in rows.filter(live, hold__in=settled):
        yield f"{name} {row.pk} is {row.state} but its hold {row.hold_id} is already settled"
    for row in rows.filter(quote__gt=0, hold__isnull=True):
        yield f"{name} {row.pk} was quoted {row.quote} credits but holds none"
    for row in rows.filter(hold__isnull=False).exclude(hold__amount=F("quote")):
        yield f"{name} {row.pk} was quoted {row.quote} credits but its hold is another amount"
    captured = Coalesce(Sum("hold__parts__amount", filter=Q(hold__parts__kind=TransferKind.CAPTURE)), 0)
    for row in rows.exclude(live).annotate(captured=captured).exclude(cost=F("captured")):
        yield f"{name} {row.pk} says it cost {row.cost} but {row.captured} were captured"

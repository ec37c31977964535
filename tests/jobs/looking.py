"""Looking at jobs and at the books."""

from __future__ import annotations

from django.utils import timezone

from studio.billing import services as billing
from studio.jobs import engine
from studio.jobs.audit import audit
from studio.jobs.models import Job, JobState


def balance(job: Job) -> billing.Balance:
    return billing.balance(job.team)


def kinds(job: Job) -> list[str]:
    return list(job.events.order_by("id").values_list("kind", flat=True))


def assert_clean() -> None:
    assert billing.audit() == []
    assert audit() == []


def make_due(**fields) -> None:
    Job.objects.filter(state__in=[*JobState.live(), JobState.FAILED]).update(due_at=timezone.now(), **fields)


def one_look(*, seconds: float = 0.3) -> None:
    engine.work(seconds)

"""Run inside an install: makes jobs, waits for them, counts what became of them.

`python -m benchmarks.jobs ask N` · `… wait` · `… adopt N POLL_SECONDS` · `… window SECONDS POLL_SECONDS`
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
django.setup()

from django.utils import timezone

from studio.accounts.models import Membership
from studio.billing import services as billing
from studio.jobs import catalog, services
from studio.jobs.audit import audit
from studio.jobs.engine import work
from studio.jobs.models import Job, JobState


def ask(count: int) -> None:
    membership = Membership.objects.select_related("team", "user").first()
    assert membership is not None
    entry = catalog.find("youchuan:v7")
    params = entry.start.params(prompt="a fox in the snow")
    run = time.time_ns()
    for number in range(count):
        services.create_job(
            membership=membership,
            entry=entry,
            operation=entry.start,
            params=params,
            request_key=f"bench-{run}-{number}",
        )


def wait() -> None:
    """Prints seconds from the first submit to the last end, once every job has ended."""
    while Job.objects.filter(state__in=JobState.live()).exists():
        time.sleep(0.05)
    states = list(Job.objects.values_list("state", flat=True))
    first = Job.objects.order_by("submitted_at").values_list("submitted_at", flat=True).first()
    last = Job.objects.order_by("-finished_at").values_list("finished_at", flat=True).first()
    assert first and last
    print(
        json.dumps(
            {
                "jobs": len(states),
                "succeeded": states.count(JobState.SUCCEEDED),
                "seconds": (last - first).total_seconds(),
                "findings": len(billing.audit()) + len(audit()),
            }
        )
    )


def adopt(count: int, poll_seconds: float) -> None:
    """`count` jobs that already run at the service, due evenly over one interval."""
    ask(count)
    now = timezone.now() + timedelta(seconds=2)
    for number, job in enumerate(Job.objects.order_by("id")):
        Job.objects.filter(pk=job.pk).update(
            state=JobState.RUNNING,
            remote_id=f"{job.pk:024x}",
            submitted_at=now - timedelta(minutes=5),
            due_at=now + timedelta(seconds=poll_seconds * number / count),
        )


def window(seconds: float, poll_seconds: float) -> None:
    provider = catalog.find("youchuan:v7").provider
    provider.poll_interval = poll_seconds
    work(seconds)


if __name__ == "__main__":
    name, *numbers = sys.argv[1:]
    {
        "ask": lambda n: ask(int(n)),
        "wait": wait,
        "adopt": lambda n, p: adopt(int(n), float(p)),
        "window": lambda s, p: window(float(s), float(p)),
    }[name](*numbers)

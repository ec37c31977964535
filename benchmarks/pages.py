"""Run inside an install: the Create page of a team with N assets. `python -m benchmarks.pages N`."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
django.setup()

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from studio.accounts.models import Membership
from studio.jobs.models import Job, JobState, Output, OutputState
from studio.media.models import Asset, Origin, Rendition

from .common import percentile

CHUNK = 2000


def fill(assets: int) -> Membership:
    """Jobs with four finished pictures each; the rows are real, the files behind them are not."""
    membership = Membership.objects.select_related("team", "user").first()
    assert membership is not None
    now = timezone.now()
    for start in range(0, assets // 4, CHUNK):
        with transaction.atomic():
            jobs = Job.objects.bulk_create(
                Job(
                    team=membership.team,
                    created_by=membership.user,
                    request_key=f"fill-{number}",
                    provider="youchuan",
                    model="v7",
                    operation="diffusion",
                    params={"prompt": "a fox", "stylize": 250},
                    prompt=f"a fox {number}",
                    state=JobState.SUCCEEDED,
                    expected=4,
                    width=1024,
                    height=1024,
                    quote=4,
                    cost=4,
                    seed=number,
                    finished_at=now,
                    submitted_at=now,
                    deadline_at=now,
                    remote_id=f"{number:024x}",
                )
                for number in range(start, min(start + CHUNK, assets // 4))
            )
            made = Asset.objects.bulk_create(
                Asset(
                    team=membership.team,
                    created_by=membership.user,
                    origin=Origin.RESULT,
                    sha256=f"{job.pk:060x}{n:04x}",
                    media_type="image/png",
                    size=1_500_000,
                    width=1024,
                    height=1024,
                    storage_key="none",
                    placeholder="data:image/webp;base64,UklGRhoAAABXRUJQ",
                    name="a fox",
                )
                for job in jobs
                for n in range(4)
            )
            Rendition.objects.bulk_create(
                Rendition(asset=asset, spec=f"w{width}", width=width, height=width, size=20_000, storage_key="none")
                for asset in made
                for width in (320, 768, 1024)
            )
            Output.objects.bulk_create(
                Output(team=job.team, job=job, index=n, state=OutputState.DONE, asset=made[4 * place + n])
                for place, job in enumerate(jobs)
                for n in range(4)
            )
    return membership


def measure(assets: int, rounds: int = 120) -> dict[str, float]:
    membership = fill(assets)
    client = Client(headers={"host": "localhost"})
    client.force_login(membership.user)
    page = f"/t/{membership.team.slug}/create/"
    deep = f"{page}?before={assets // 8}"
    for url in (page, deep):
        assert client.get(url, headers={"hx-request": "true"} if url == deep else {}).status_code == 200
    queries: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        queries.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        client.get(page)
    took: dict[str, list[float]] = {page: [], deep: []}
    for _round in range(rounds):
        for url, times in took.items():
            start = time.perf_counter()
            client.get(url, headers={"hx-request": "true"} if url == deep else {})
            times.append((time.perf_counter() - start) * 1000)
    return {
        "assets": assets,
        "queries": len(queries),
        "first_p50": percentile(took[page], 0.5),
        "first_p99": percentile(took[page], 0.99),
        "deep_p50": percentile(took[deep], 0.5),
        "deep_p99": percentile(took[deep], 0.99),
    }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))

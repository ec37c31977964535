from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import Team, User
from studio.jobs.models import Job, JobState, Output, OutputState
from studio.media.models import Asset, Origin, Rendition

_numbers = itertools.count(1)

JSON = {"HTTP_ACCEPT": "application/json"}
HTMX = {"HTTP_HX_REQUEST": "true"}


def make_result(
    team: Team,
    user: User,
    prompt: str = "a red fox",
    *,
    count: int = 1,
    at: datetime | None = None,
    kind: str = "image",
    size: tuple[int, int] = (1456, 816),
    **fields: object,
) -> list[Output]:
    """The finished results of one job, as rows; the files behind them are not there."""
    now = timezone.now()
    number = next(_numbers)
    values = {
        "provider": "youchuan",
        "model": "v7",
        "operation": "diffusion",
        "state": JobState.SUCCEEDED,
        "seed": number,
    }
    job = Job.objects.create(
        team=team, created_by=user, request_key=f"room-{number}", prompt=prompt, quote=4, cost=4,
        submitted_at=now, finished_at=now, deadline_at=now, width=size[0], height=size[1],
        **{**values, **fields},
    )  # fmt: skip
    made = []
    for index in range(count):
        sha = f"{next(_numbers):064x}"
        asset = Asset.objects.create(
            team=team, created_by=user, kind=kind, origin=Origin.RESULT, name=prompt[:50], sha256=sha, size=1000,
            media_type="video/mp4" if kind == "video" else "image/png", width=size[0], height=size[1],
            storage_key=f"originals/{sha}.{'mp4' if kind == 'video' else 'png'}",
        )  # fmt: skip
        Rendition.objects.create(asset=asset, spec="w320", width=320, height=180, size=9, storage_key=f"{sha}-w320")
        output = Output.objects.create(team=team, job=job, index=index, state=OutputState.DONE, asset=asset)
        if at is not None:
            Output.objects.filter(pk=output.pk).update(created_at=at)
            Job.objects.filter(pk=job.pk).update(created_at=at)
            output.refresh_from_db()
        made.append(output)
    return made


@pytest.fixture
def result(team: Team, alice: User) -> Callable[..., list[Output]]:
    def make(prompt: str = "a red fox", *, by: User | None = None, of: Team | None = None, **fields) -> list[Output]:
        return make_result(of or team, by or alice, prompt, **fields)

    return make


@pytest.fixture
def client(browser_of: Callable[[User], Client], alice: User) -> Client:
    return browser_of(alice)


@pytest.fixture
def room(team: Team) -> str:
    return f"/t/{team.slug}/gallery/"

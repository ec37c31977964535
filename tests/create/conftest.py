from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import Membership, Team, User
from studio.jobs import catalog, services
from studio.jobs.models import Job, JobState, Output, OutputState
from studio.media.models import Asset, Origin, Rendition

_numbers = itertools.count(1)

HTMX = {"HTTP_HX_REQUEST": "true"}
MODEL = "youchuan:v7"


@pytest.fixture(autouse=True)
def _sandbox(settings) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"


@pytest.fixture
def membership(alice: User, team: Team) -> Membership:
    return Membership.objects.select_related("team", "user").get(user=alice, team=team)


@pytest.fixture
def client(browser_of: Callable[[User], Client], alice: User) -> Client:
    return browser_of(alice)


@pytest.fixture
def paths(team: Team) -> SimpleNamespace:
    base = f"/t/{team.slug}"
    return SimpleNamespace(
        base=base,
        page=f"{base}/create/",
        submit=f"{base}/create/submit/",
        panel=f"{base}/create/panel/",
        read=f"{base}/create/read-prompt/",
        quote=f"{base}/create/quote/",
        uploads=f"{base}/uploads/",
    )


@pytest.fixture
def fields() -> Callable[..., dict[str, object]]:
    """What the prompt bar posts."""

    def make(prompt: str = "a red fox in snow", **more: object) -> dict[str, object]:
        return {"model": MODEL, "request_key": f"request-{next(_numbers):05d}", "prompt": prompt, **more}

    return make


@pytest.fixture
def make_job(membership: Membership) -> Callable[..., Job]:
    """A job in any state; a finished one has four pictures, the last `rejected` of them held back."""

    def make(
        prompt: str = "a red fox",
        *,
        state: str = JobState.SUCCEEDED,
        rejected: int = 0,
        source: Output | None = None,
        operation: str = "diffusion",
        model: str = MODEL,
        **fields: object,
    ) -> Job:
        entry = catalog.find(model)
        asked = entry.model.operation(operation)
        values = {"prompt": prompt} if operation == "diffusion" else {}
        job, _new = services.create_job(
            membership=membership,
            entry=entry,
            operation=asked,
            params=asked.params.model_validate(values),
            request_key=f"job-{next(_numbers):08d}",
            source=source,
        )
        now = timezone.now()
        changes = {"state": state, "submitted_at": now - timedelta(seconds=12), "seed": 3141592, **fields}
        if state == JobState.SUCCEEDED:
            changes |= {"cost": job.quote - rejected, "remote_id": f"r-{job.pk}", "finished_at": now, "due_at": None}
            for index in range(4):
                done = index < 4 - rejected
                Output.objects.create(
                    team=job.team,
                    job=job,
                    index=index,
                    state=OutputState.DONE if done else OutputState.REJECTED,
                    asset=make_asset(membership) if done else None,
                    message="" if done else "The filter refused this one.",
                )
        Job.objects.filter(pk=job.pk).update(**changes)
        job.refresh_from_db()
        return job

    return make


def make_asset(membership: Membership) -> Asset:
    number = next(_numbers)
    sha = f"{number:064x}"
    asset = Asset.objects.create(
        team=membership.team, created_by=membership.user, origin=Origin.RESULT, name=f"picture {number}", sha256=sha,
        media_type="image/png", size=1000, width=1456, height=816, storage_key=f"originals/{sha}.png",
        placeholder="data:image/webp;base64,AAAA",
    )  # fmt: skip
    for width in (320, 768):
        Rendition.objects.create(
            asset=asset, spec=f"w{width}", width=width, height=width // 2, size=10, storage_key=f"{sha}-{width}"
        )
    return asset


@pytest.fixture
def job(make_job: Callable[..., Job]) -> Job:
    return make_job()


@pytest.fixture
def output(job: Job) -> Output:
    found = job.outputs.first()
    assert found is not None
    return found

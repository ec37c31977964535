from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from studio.accounts.models import Team, User
from studio.jobs.models import Job, JobState
from tests.gallery.conftest import make_result


@pytest.fixture(autouse=True)
def _sandbox(settings) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"


@pytest.fixture
def client(browser_of: Callable[[User], Client], alice: User) -> Client:
    return browser_of(alice)


@pytest.fixture
def room(team: Team) -> str:
    return f"/t/{team.slug}/history/"


@pytest.fixture
def make_job(team: Team, alice: User) -> Callable[..., Job]:
    """A job in any state; one that succeeded has `count` pictures."""

    def make(prompt: str = "a red fox", *, by: User | None = None, state: str = JobState.SUCCEEDED, **fields) -> Job:
        count = fields.pop("count", 2 if state == JobState.SUCCEEDED else 1)
        job = make_result(team, by or alice, prompt, count=count, **fields)[0].job
        if state != JobState.SUCCEEDED:
            job.outputs.all().delete()
            live = state in JobState.live()
            Job.objects.filter(pk=job.pk).update(
                state=state, cost=None if live else 0, due_at=job.deadline_at if live else None
            )
        job.refresh_from_db()
        return job

    return make

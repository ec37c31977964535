"""`manage.py try_callback`: against the sandbox, and where there is nothing to try."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from providers.errors import Unavailable
from studio.jobs import catalog
from studio.jobs.models import Job


class Asked:
    title = "A service"

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem
        self.ids: list[str] = []

    def test_callback(self, remote_id: str):
        self.ids.append(remote_id)
        if self.problem is not None:
            raise self.problem
        return
        yield


@pytest.fixture
def finished(ask, run_engine) -> Job:
    job = ask()
    run_engine()
    job.refresh_from_db()
    assert job.remote_id
    return job


def test_it_asks_for_the_latest_finished_job(finished, monkeypatch, capsys):
    asked = Asked()
    monkeypatch.setattr(catalog, "connect", lambda slug, account: asked)
    call_command("try_callback", finished.provider)
    assert asked.ids == [finished.remote_id]
    assert "was asked" in capsys.readouterr().out


def test_what_the_service_refuses_is_said(finished, monkeypatch):
    monkeypatch.setattr(catalog, "connect", lambda slug, account: Asked(Unavailable()))
    with pytest.raises(CommandError):
        call_command("try_callback", finished.provider)


@pytest.mark.django_db
def test_without_a_finished_job_there_is_nothing_to_try():
    with pytest.raises(CommandError, match="no finished job"):
        call_command("try_callback")

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, RequestFactory

from studio.lib import health


@pytest.fixture
def data(settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.SANDBOX_URL = ""
    health.beat()
    return tmp_path


@pytest.fixture(autouse=True)
def _fresh_checks() -> Iterator[None]:
    health._asked.clear()
    yield
    health._asked.clear()


@pytest.fixture
def sound_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(health.CHECKS, "database", lambda: health.OK)


def ask() -> tuple[int, dict]:
    import json

    response = health.answer()
    return response.status_code, json.loads(response.content)


def test_all_is_well(data: Path, sound_database: None):
    assert ask() == (
        200,
        {"status": "ok", "checks": {"web": "ok", "database": "ok", "workers": "ok", "disk": "ok", "sandbox": "off"}},
    )


@pytest.mark.django_db(transaction=True)
def test_the_database_is_asked(data: Path):
    assert ask()[1]["checks"]["database"] == "ok"


@pytest.mark.django_db(transaction=True)
def test_pending_migrations_are_told(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda self, targets: ["one"])
    code, said = ask()
    assert code == 503
    assert said["checks"]["database"] == "migrations pending"


def test_a_lost_database_is_told_without_its_address(data: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse() -> str:
        raise OperationalError('connection to "db.example.com" as "atelier" failed: password "hunter2"')

    monkeypatch.setitem(health.CHECKS, "database", refuse)
    code, said = ask()
    assert code == 503
    assert said["status"] == "failing"
    assert said["checks"]["database"] == "unreachable"
    assert "hunter2" not in str(said)


def test_workers_that_never_beat(data: Path, sound_database: None):
    health.beat_file().unlink()
    code, said = ask()
    assert (code, said["checks"]["workers"]) == (503, "no sign of life yet")


@pytest.mark.parametrize(("age", "code"), [(50, 200), (90, 503)])
def test_the_age_of_the_last_beat_decides(data: Path, sound_database: None, age: int, code: int):
    then = time.time() - age
    os.utime(health.beat_file(), (then, then))
    assert ask()[0] == code


def test_a_beat_makes_its_folder(settings, tmp_path: Path):
    settings.DATA_DIR = tmp_path / "new"
    assert health.beat_age() is None
    health.beat()
    age = health.beat_age()
    assert age is not None and age < 5


def test_a_full_disk(data: Path, sound_database: None, monkeypatch: pytest.MonkeyPatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: usage(10**12, 10**12, 10**6))
    code, said = ask()
    assert (code, said["checks"]["disk"]) == (503, "almost full")


def test_a_disk_that_is_gone(data: Path, sound_database: None, settings):
    settings.DATA_DIR = data / "unmounted"
    assert ask()[1]["checks"]["disk"] == "unreachable"


def test_a_sandbox_that_is_down_degrades_but_does_not_fail(data: Path, sound_database: None, settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    code, said = ask()
    assert (code, said["status"], said["checks"]["sandbox"]) == (200, "degraded", "unreachable")


def test_a_check_that_hangs_is_bounded_and_not_piled_up(
    data: Path, sound_database: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(health, "PATIENCE", 0.1)
    release, starts = threading.Event(), []

    def hang() -> str:
        starts.append(1)
        release.wait(10)
        return health.OK

    monkeypatch.setitem(health.CHECKS, "disk", hang)
    try:
        began = time.monotonic()
        for _ in range(3):
            code, said = ask()
            assert (code, said["checks"]["disk"]) == (503, "no answer in time")
        assert time.monotonic() - began < 2
        assert len(starts) == 1
    finally:
        release.set()


def test_the_probe_needs_no_host_that_is_allowed(data: Path, sound_database: None):
    def never(request: HttpRequest) -> HttpResponse:
        raise AssertionError("the rest of the house was asked")

    response = health.HealthMiddleware(never)(RequestFactory().get("/healthz", headers={"host": "10.1.2.3"}))
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"


def test_the_middleware_lets_everything_else_through_both_ways(data: Path, sound_database: None):
    async def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse("page")

    handler = health.HealthMiddleware(page)
    factory = AsyncRequestFactory()
    assert asyncio.run(handler(factory.get("/elsewhere"))).content == b"page"
    assert asyncio.run(handler(factory.get("/healthz"))).status_code == 200
    sync = health.HealthMiddleware(lambda request: HttpResponse("page"))
    assert sync(RequestFactory().get("/healthz/")).content == b"page"


def test_idle_workers_are_given_something_to_do(data: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    monkeypatch.setattr("django_q.tasks.async_task", asked.append)
    health.ping_workers()
    assert asked == []
    then = time.time() - 2 * health.PING_AFTER
    os.utime(health.beat_file(), (then, then))
    health.ping_workers()
    assert asked == ["studio.lib.health.beat"]

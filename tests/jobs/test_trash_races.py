"""A file that is deleted for good while somebody is about to use it: either it stays, or they are told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from providers.base import Needs, Operation
from studio.jobs import catalog, services, trash
from studio.jobs.models import Job, JobState, Output, OutputState
from studio.media.models import Asset, Origin
from tests.jobs.fakes import CREATE, ONCE, FakeParams, FakeProvider, NoParams

pytestmark = pytest.mark.django_db(transaction=True)

TOUCH_UP = Operation("touch-up", "Touch up", NoParams, Decimal(4), needs=Needs.IMAGE)


@pytest.fixture
def order(membership, monkeypatch) -> Callable[[Asset, str], Job]:
    """Asks for a job that uses a picture as a reference or as its start."""
    monkeypatch.setattr(services, "quote", lambda *args: 4)

    def make(asset: Asset, use: str) -> Job:
        is_start = use == "start"
        job, _created = services.create_job(
            membership=membership,
            entry=catalog.Entry(FakeProvider, ONCE),
            operation=TOUCH_UP if is_start else CREATE,
            params=NoParams() if is_start else FakeParams(prompt="a fox", pictures=(f"asset:{asset.pk}",)),
            request_key=f"request-{use}",
            source_asset=asset if is_start else None,
        )
        return job

    return make


@pytest.fixture
def trashed(team, alice) -> Output:
    now = timezone.now()
    asset = Asset.objects.create(
        team=team, created_by=alice, origin=Origin.RESULT, sha256="a" * 64, media_type="image/png", size=1,
        storage_key="originals/a.png",
    )  # fmt: skip
    job = Job.objects.create(
        team=team, created_by=alice, request_key="one", provider="fake", model="once", operation="create",
        state=JobState.SUCCEEDED, quote=4, deadline_at=now,
    )  # fmt: skip
    return Output.objects.create(
        team=team, job=job, index=0, state=OutputState.DONE, asset=asset, trashed_at=now, trashed_by=alice
    )


def in_thread(work: Callable[[], object], problems: list[Exception]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize("use", ["reference", "start"])
def test_a_file_that_a_job_is_being_made_with_stays(team, trashed, order, use, monkeypatch):
    about_to_commit, purging = threading.Event(), threading.Event()
    record_event = services.record_event

    def wait_before_the_commit(*args: object, **data: object) -> None:
        record_event(*args, **data)
        about_to_commit.set()
        purging.wait(10)

    monkeypatch.setattr(services, "record_event", wait_before_the_commit)
    problems: list[Exception] = []
    asset = trashed.asset
    creator = in_thread(lambda: order(asset, use), problems)
    assert about_to_commit.wait(10)
    purger = in_thread(lambda: trash.delete_for_good(team, [trashed.pk]), problems)
    purger.join(1)  # it either waits for the job or has not seen it
    purging.set()
    creator.join(20)
    purger.join(20)
    assert problems == []
    assert Job.objects.filter(request_key__isnull=False).count() == 2
    assert Asset.objects.filter(pk=asset.pk).exists()
    trashed.refresh_from_db()
    assert trashed.state == OutputState.PURGED


@pytest.mark.parametrize("use", ["reference", "start"])
def test_a_file_that_was_just_deleted_is_said(team, trashed, order, use):
    asset = trashed.asset
    trash.delete_for_good(team, [trashed.pk])
    with pytest.raises(services.CannotCreate, match="has been deleted"):
        order(asset, use)
    assert Job.objects.count() == 1


@pytest.mark.parametrize("use", ["reference", "start"])
def test_a_job_asked_for_during_the_purge_is_told(team, trashed, order, use, monkeypatch):
    deleting, asked = threading.Event(), threading.Event()

    def wait_before_the_commit(ids: set[int]) -> set[int]:
        deleting.set()
        asked.wait(10)
        return set()

    monkeypatch.setattr(trash, "_keepers", [wait_before_the_commit])
    problems: list[Exception] = []
    asset = trashed.asset
    purger = in_thread(lambda: trash.delete_for_good(team, [trashed.pk]), problems)
    assert deleting.wait(10)
    creator = in_thread(lambda: order(asset, use), problems)
    creator.join(1)
    asked.set()
    purger.join(20)
    creator.join(20)
    assert [type(problem) for problem in problems] == [services.CannotCreate]
    assert not Asset.objects.filter(pk=asset.pk).exists()

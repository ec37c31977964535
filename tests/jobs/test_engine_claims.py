"""The engine when workers die, windows end and two want the same."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import transaction
from django.utils import timezone

from providers.base import Kind, RemoteFile, Snapshot, State
from providers.errors import (
    ContentRejected,
)
from studio.billing import services as billing
from studio.jobs import bills, claims, engine, errands, services, steps, transitions
from studio.jobs.models import EventKind, Job, JobState
from tests.jobs.fakes import VARY, FakeProvider, done, failed, picture, running
from tests.jobs.looking import assert_clean, balance, one_look

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_left_of_a_window_keeps_the_workers_heart_beating(monkeypatch, db):
    beats: list[bool] = []
    monkeypatch.setattr(engine, "beat", lambda: beats.append(True))

    async def short(_tools, _pk) -> None:
        await asyncio.sleep(0)

    async def drain() -> None:
        window = engine._Window(1)
        window.tools = steps.Tools(None)
        window._start_errand(replace(errands.ERRANDS[0], work=short), 1)
        await window._drain()

    async_to_sync(drain)()
    assert beats


def test_a_stop_gives_back_what_errands_hold(fake, monkeypatch):
    monkeypatch.setattr(engine, "is_stopping", lambda: True)
    monkeypatch.setattr(engine, "STOP_SECONDS", 0.0)
    bills.furnish()
    bills.ask(bills.current().get())

    async def stop_midway() -> None:
        begun = asyncio.Event()

        async def never(*_args) -> None:
            begun.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(bills, "_read", never)
        window = engine._Window(1)
        window.tools = steps.Tools(None)
        (errand,) = [errand for errand in errands.ERRANDS if errand.name == "bill"]
        await window._take_on_errand(errand)
        assert not await sync_to_async(bills.waiting)()
        await begun.wait()
        await window._drain()

    async_to_sync(stop_midway)()
    assert bills.waiting()


def test_progress_never_runs_backwards(ask, run_engine, fake):
    fake.fetches = [running("r-1", progress=0.5), running("r-1", progress=0.2), running("r-1", progress=0.7)]
    job = ask()
    run_engine()
    shown = [event.data["progress"] for event in job.events.filter(kind=EventKind.PROGRESS).order_by("id")]
    assert shown == [0.5, 0.7]


def test_no_more_at_once_than_the_service_takes(ask, fake):
    fake.max_concurrent = 3
    for _n in range(5):
        ask()
    claimed = claims.claim_due(100)
    assert len(claimed) == 3
    assert Job.objects.filter(state=JobState.QUEUED).count() == 2


@pytest.fixture
def other_service(fake, monkeypatch) -> type[FakeProvider]:
    """A second service, named before the first."""
    other = type("OtherProvider", (FakeProvider,), {"slug": "other"})
    monkeypatch.setattr(claims, "PROVIDERS", (other, fake))
    return other


def test_who_waits_longest_goes_first_whichever_service_it_is_for(ask, other_service):
    jobs = [ask() for _n in range(4)]
    Job.objects.filter(pk__in=[jobs[1].pk, jobs[3].pk]).update(provider=other_service.slug)
    for seconds, job in enumerate(jobs):
        Job.objects.filter(pk=job.pk).update(due_at=timezone.now() - timedelta(seconds=60 - seconds))
    assert [job.pk for job in claims.claim_due(3)] == [job.pk for job in jobs[:3]]


def test_collecting_leaves_room_for_what_is_to_be_sent(ask, fake):
    jobs = [ask() for _n in range(5)]
    Job.objects.filter(pk__in=[job.pk for job in jobs[:4]]).update(state=JobState.COLLECTING)
    assert {job.pk for job in claims.claim_due(3, results=2)} == {jobs[0].pk, jobs[1].pk, jobs[4].pk}
    assert [job.pk for job in claims.claim_due(3, results=0)] == []
    assert {job.pk for job in claims.claim_due(3)} == {jobs[2].pk, jobs[3].pk}


def test_looks_at_what_failed_are_no_results(ask, fake):
    late, delivered = ask(), ask()
    Job.objects.filter(pk=late.pk).update(state=JobState.FAILED, due_at=timezone.now() - timedelta(seconds=60))
    Job.objects.filter(pk=delivered.pk).update(state=JobState.COLLECTING, snapshot={"files": []})
    assert {job.pk for job in claims.claim_due(9, results=1)} == {late.pk, delivered.pk}


def test_what_was_let_go_comes_before_what_is_delivered_later(ask, fake, monkeypatch):
    monkeypatch.setattr(engine, "MAX_COLLECTING", 1)
    window = engine._Window(1)
    window.crowded = True
    started = []
    monkeypatch.setattr(window, "_start", lambda step, job, **_kwargs: (step.close(), started.append(job)))

    async def deliver(outcomes):
        return [job]

    fake.submits = [done("r-1")]
    ask()
    (job,) = claims.claim_due(1)
    Job.objects.filter(pk=job.pk).update(state=JobState.COLLECTING)
    monkeypatch.setattr(window, "_write", deliver)
    async_to_sync(window._wait_and_write)(0)
    assert started == []
    assert [one.pk for one in claims.claim_due(1)] == [job.pk]


def test_what_is_delivered_all_at_once_is_collected_bit_by_bit(ask, run_engine, fake, monkeypatch):
    monkeypatch.setattr(engine, "MAX_COLLECTING", 2)
    at_once, most = 0, []
    collect = steps.collect

    async def counted(tools, job):
        nonlocal at_once
        at_once += 1
        most.append(at_once)
        try:
            # all that may begin have begun
            await asyncio.sleep(0)
            return await collect(tools, job)
        finally:
            at_once -= 1

    monkeypatch.setattr(steps, "collect", counted)
    fake.submits = [done(f"r-{number}") for number in range(7)]
    for _n in range(7):
        ask()
    run_engine()
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.SUCCEEDED}
    assert (len(most), max(most)) == (7, 2)
    assert_clean()


def test_a_claim_has_one_winner(ask):
    ask()
    first, second = claims.claim_due(10), claims.claim_due(10)
    assert len(first) == 1 and second == []


def test_a_worker_that_lost_its_claim_writes_nothing(ask, fake):
    job = ask()
    (stale,) = claims.claim_due(10)
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    (taken_over,) = claims.claim_due(10)
    assert taken_over.state == JobState.SUBMIT_UNKNOWN
    assert transitions.fail(stale, ContentRejected()) is False
    transitions.apply_snapshot(stale, running("r-9"))
    job.refresh_from_db()
    assert (job.state, job.remote_id) == (JobState.SUBMIT_UNKNOWN, "")


def test_a_dead_workers_job_is_not_sent_again(ask, fake):
    job = ask()
    claims.claim_due(10)
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    one_look()
    job.refresh_from_db()
    assert job.state == JobState.SUBMIT_UNKNOWN
    assert fake.asked["submit"] == 0


def test_a_dead_workers_collecting_is_taken_up(ask, run_engine, fake, monkeypatch):
    fake.submits = [done("r-1")]
    job = ask()
    (claimed,) = claims.claim_due(10)
    from studio.jobs.spool import keep_inline_files

    assert transitions.apply_snapshot(claimed, keep_inline_files(claimed.pk, done("r-1")))
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    run_engine()
    job.refresh_from_db()
    assert (job.state, job.cost) == (JobState.SUCCEEDED, 4)
    assert_clean()


def test_finishing_twice_charges_and_keeps_once(ask, fake, run_engine):
    job = ask()
    (claimed,) = claims.claim_due(10)
    transitions.apply_snapshot(claimed, Snapshot("r-1", State.SUCCEEDED))
    slots = [transitions.Slot(0, rejected=True, message="no")]
    with transaction.atomic():
        assert transitions.finish(claimed, slots) is True
    with transaction.atomic():
        assert transitions.finish(claimed, slots) is False
    job.refresh_from_db()
    assert job.outputs.count() == 1
    assert_clean()


def test_a_terminal_state_never_changes(ask, run_engine, fake):
    job = ask()
    run_engine()
    job.refresh_from_db()
    transitions.apply_snapshot(job, failed("r-1"))
    transitions.apply_snapshot(job, running("r-1"))
    job.refresh_from_db()
    assert (job.state, job.cost) == (JobState.SUCCEEDED, 4)
    assert_clean()


def test_cancel_before_it_is_sent(ask, membership, run_engine, fake):
    job = ask()
    assert services.cancel(job, membership) is True
    assert services.cancel(job, membership) is False
    run_engine()
    job.refresh_from_db()
    assert (job.state, job.cost) == (JobState.CANCELED, 0)
    assert fake.asked["submit"] == 0
    assert balance(job).available == 1000
    assert_clean()


def test_cancel_after_it_was_sent_is_too_late(ask, membership, fake):
    job = ask()
    claims.claim_due(10)
    assert services.cancel(job, membership) is False


def test_a_follow_up_of_a_result(ask, run_engine, fake):
    job = ask()
    run_engine()
    job.refresh_from_db()
    source = job.outputs.first()
    vary = ask(operation=VARY, source=source)
    run_engine()
    vary.refresh_from_db()
    assert (vary.state, vary.cost, vary.prompt) == (JobState.SUCCEEDED, 6, "a fox")
    assert_clean()
    with pytest.raises(services.CannotCreate):
        ask(operation=VARY, source=vary.outputs.first())


def test_a_second_window_does_not_open(ask, fake):
    ask()
    first, second = engine._Window(1), engine._Window(1)
    assert first.open() and not second.open()
    engine.work(1)
    assert fake.asked["submit"] == 0
    # a window that has closed must not close its successor's
    first.close()
    assert second.open()
    first.close()
    assert not engine._Window(1).open()


def test_asking_for_a_job_wakes_the_engine_once(ask, fake):
    from django_q.models import OrmQ

    ask()
    ask()
    assert OrmQ.objects.count() == 1


def test_a_job_that_waited_too_long_is_not_sent(ask, fake):
    job = ask()
    Job.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))
    one_look()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "waited_too_long")
    assert fake.asked["submit"] == 0
    assert balance(job).available == 1000
    assert_clean()


@pytest.mark.parametrize("change", [{"model": "gone"}, {"params": {"prompt": "x" * 999}}])
def test_a_job_that_can_no_longer_be_ordered_takes_no_other_down(ask, run_engine, fake, change):
    bad, good = ask(), ask()
    Job.objects.filter(pk=bad.pk).update(**change)
    run_engine()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == (JobState.FAILED, JobState.SUCCEEDED)
    assert balance(good) == billing.Balance(available=996, held=0)
    assert_clean()


def test_what_could_not_be_written_is_written_later(ask, run_engine, fake, monkeypatch):
    from django.db import OperationalError

    write, broken = engine._write_one, iter([True] * 3)

    def sometimes(outcome):
        if next(broken, False):
            raise OperationalError("database is locked")
        return write(outcome)

    monkeypatch.setattr(engine, "_write_one", sometimes)
    job = ask()
    run_engine()
    job.refresh_from_db()
    assert (job.state, job.remote_id) == (JobState.SUCCEEDED, "r-1")
    assert fake.asked["submit"] == 1
    assert_clean()


def test_a_late_result_that_can_not_be_had_is_let_go(ask, fake):
    job = ask()
    one_look(seconds=0.05)
    Job.objects.update(state=JobState.FAILED, snapshot={"files": []}, due_at=timezone.now(), lease_until=None)
    (claimed,) = claims.claim_due(10)
    with transaction.atomic():
        assert transitions.finish(claimed, [transitions.Slot(0, message="gone")]) is False
    job.refresh_from_db()
    assert job.due_at is None


class Download:
    """A file that can be had only from the `tries`-th time on."""

    def __init__(self, path, tries: int) -> None:
        self.path, self.left = path, tries

    async def __call__(self, url, policy):
        from providers.fetching import FetchFailed

        self.left -= 1
        if self.left > 0:
            raise FetchFailed("ConnectError")
        return self

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("tries", "state", "cost"), [(3, JobState.SUCCEEDED, 4), (99, JobState.FAILED, 0)])
def test_a_network_that_is_away_for_a_moment_costs_no_result(
    ask, run_engine, fake, monkeypatch, tmp_path, tries, state, cost
):
    picture_file = tmp_path / "picture.png"
    picture_file.write_bytes(picture())
    monkeypatch.setattr("studio.jobs.steps.afetch", Download(picture_file, tries))
    monkeypatch.setattr("studio.jobs.steps.DOWNLOAD_ATTEMPTS", 1)
    for module in ("steps", "transitions"):
        monkeypatch.setattr(f"studio.jobs.{module}.COLLECT_PAUSES", (0.0, 0.0, 0.0))
    there = RemoteFile(0, Kind.IMAGE, url="https://pictures.example/0.png")
    fake.fetches = [Snapshot("r-1", State.SUCCEEDED, files=(there,), rejected=())]
    job = ask()
    Job.objects.update(expected=1)
    run_engine()
    job.refresh_from_db()
    assert (job.state, job.cost) == (state, cost)
    assert_clean()


def test_a_window_and_the_longest_call_fit_into_a_task(settings) -> None:
    assert engine.WINDOW_SECONDS + engine.DRAIN_SECONDS < settings.TASK_TIMEOUT
    assert steps.LONGEST_CALL < engine.DRAIN_SECONDS

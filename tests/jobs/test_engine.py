"""A job's journey through the engine, with a service that answers what it is told to."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection, transaction
from django.utils import timezone

from providers.base import Kind, RemoteFile, Snapshot, State
from providers.errors import (
    AlreadySubmitted,
    AuthFailed,
    ContentRejected,
    InvalidResponse,
    QuotaExhausted,
    RateLimited,
    ResultExpired,
    SubmitUnknown,
    Unavailable,
)
from studio.billing import services as billing
from studio.jobs import bills, claims, engine, errands, services, spool, steps, transitions, trash
from studio.jobs.audit import audit
from studio.jobs.models import EventKind, Job, JobState, OutputState
from tests.jobs.fakes import KEYED, VARY, done, failed, picture, running

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_a_job_goes_all_the_way(ask, run_engine, fake):
    job = ask()
    assert balance(job) == billing.Balance(available=996, held=4)
    run_engine()
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    assert job.cost == 4
    assert job.seed == 7
    assert job.due_at is None and job.lease_until is None
    assert [output.state for output in job.outputs.all()] == [OutputState.DONE] * 4
    assert all(output.asset.renditions.exists() for output in job.outputs.all())
    assert kinds(job) == [EventKind.CREATED, EventKind.SUBMITTED, EventKind.DELIVERED, EventKind.SUCCEEDED]
    assert balance(job) == billing.Balance(available=996, held=0)
    assert_clean()


def test_a_reply_that_is_already_the_result(ask, run_engine, fake):
    fake.submits = [done("r-now")]
    job = ask()
    run_engine()
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    assert fake.asked["fetch"] == 0
    assert_clean()


def test_a_partial_result_is_kept_and_paid_pro_rata(ask, run_engine, fake):
    fake.fetches = [done("r-1", files=3, rejected=1)]
    job = ask()
    run_engine()
    job.refresh_from_db()
    assert (job.state, job.cost) == (JobState.SUCCEEDED, 3)
    assert [output.state for output in job.outputs.all()] == [OutputState.DONE] * 3 + [OutputState.REJECTED]
    assert job.outputs.last().message == "The filter refused this one."
    assert balance(job) == billing.Balance(available=997, held=0)
    assert_clean()


def test_nothing_delivered_costs_nothing(ask, run_engine, fake):
    fake.fetches = [done("r-1", files=0, rejected=4)]
    job = ask()
    run_engine()
    job.refresh_from_db()
    assert (job.state, job.cost) == (JobState.FAILED, 0)
    assert job.error_message == "The filter refused this one."
    assert balance(job).available == 1000
    assert_clean()


@pytest.mark.parametrize("error", [ContentRejected(), QuotaExhausted(), AuthFailed()])
def test_a_refusal_releases_the_hold(ask, run_engine, fake, error):
    fake.submits = [error]
    job = ask()
    run_engine()
    job.refresh_from_db()
    assert (job.state, job.error_message) == (JobState.FAILED, error.user_message)
    assert fake.asked["submit"] == 1
    assert balance(job) == billing.Balance(available=1000, held=0)
    assert_clean()


def test_a_failure_at_the_service_releases_the_hold(ask, run_engine, fake):
    fake.fetches = [running("r-1"), failed("r-1", ContentRejected("No."))]
    job = ask()
    run_engine()
    job.refresh_from_db()
    assert (job.state, job.error_message, job.cost) == (JobState.FAILED, "No.", 0)
    assert balance(job).available == 1000
    assert_clean()


@pytest.mark.parametrize("error", [RateLimited(), Unavailable()])
def test_a_busy_service_is_asked_again(ask, run_engine, fake, error):
    fake.submits = [error]
    job = ask()
    one_look()
    job.refresh_from_db()
    assert job.state == JobState.QUEUED
    assert job.due_at > timezone.now()
    make_due()
    run_engine()
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    assert EventKind.RETRY in kinds(job)
    assert fake.asked["submit"] == 2
    assert_clean()


def test_an_unavailable_service_is_given_up_after_some_tries(ask, fake):
    fake.submits = [Unavailable()] * 99
    job = ask()
    for _attempt in range(transitions.MAX_SUBMIT_ATTEMPTS):
        make_due()
        one_look()
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert fake.asked["submit"] == transitions.MAX_SUBMIT_ATTEMPTS
    assert balance(job).available == 1000
    assert_clean()


@pytest.mark.parametrize("error", [SubmitUnknown(), InvalidResponse(), Unavailable(maybe_accepted=True)])
def test_a_submit_that_may_have_arrived_is_never_sent_again(ask, fake, error, settings):
    fake.submits = [error]
    job = ask()
    one_look()
    job.refresh_from_db()
    assert job.state == JobState.SUBMIT_UNKNOWN
    assert balance(job) == billing.Balance(available=996, held=4)
    assert audit() == []
    settings.KEEP_SUBMIT_UNKNOWN = 0
    make_due()
    one_look()
    job.refresh_from_db()
    assert (job.state, job.cost) == (JobState.FAILED, 0)
    assert fake.asked["submit"] == 1
    assert balance(job).available == 1000
    assert_clean()


def test_a_service_with_idempotency_keys_is_asked_again_with_the_same(ask, run_engine, fake):
    fake.submits = [Unavailable(maybe_accepted=True)]
    job = ask(model=KEYED)
    one_look()
    make_due()
    run_engine()
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    keys = {name: times for name, times in fake.asked.items() if name.startswith("submit ")}
    assert list(keys.values()) == [2]
    assert_clean()


def test_what_has_arrived_before_is_held_and_not_sent_again(ask, fake, settings):
    fake.submits = [Unavailable(maybe_accepted=True), AlreadySubmitted()]
    job = ask(model=KEYED)
    for _n in range(4):
        one_look()
        make_due()
    job.refresh_from_db()
    assert job.state == JobState.SUBMIT_UNKNOWN
    assert fake.asked["submit"] == 2
    assert balance(job).held == 4
    settings.KEEP_SUBMIT_UNKNOWN = 0
    one_look()
    job.refresh_from_db()
    assert (job.state, job.cost) == (JobState.FAILED, 0)
    assert "answer got lost" in job.error_message
    assert balance(job).available == 1000
    assert_clean()


def test_trouble_with_looking_is_no_failure_of_the_job(ask, run_engine, fake, monkeypatch):
    monkeypatch.setattr(transitions, "POLL_TROUBLE", 0.0)
    fake.fetches = [Unavailable(), InvalidResponse(), AuthFailed(), RuntimeError]
    fake.fetches[3] = _explode
    job = ask()
    run_engine()
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    assert_clean()


def _explode(_remote_id):
    raise RuntimeError("a bug of ours")


def test_a_bug_while_sending_counts_as_unknown(ask, fake):
    fake.submits = [_explode]
    job = ask()
    one_look()
    job.refresh_from_db()
    assert job.state == JobState.SUBMIT_UNKNOWN
    assert audit() == []


def test_an_unknown_word_is_not_an_end(ask, run_engine, fake):
    fake.fetches = [Snapshot("r-1", State.UNKNOWN, raw={"status": "sleeping"})]
    job = ask()
    run_engine()
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED


def test_a_result_that_expired_ends_the_job(ask, run_engine, fake):
    fake.fetches = [ResultExpired()]
    job = ask()
    run_engine()
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert balance(job).available == 1000
    assert_clean()


def test_a_late_success_is_kept_at_no_charge(ask, fake):
    fake.fetches = [running("r-1")] * 50
    job = ask()
    one_look(seconds=0.05)
    make_due(deadline_at=timezone.now())
    one_look()
    fake.fetches = []
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, transitions.TIMED_OUT)
    assert balance(job).available == 1000
    make_due()
    one_look()
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.outputs.filter(state=OutputState.DONE).count() == 4
    assert job.cost == 0 and job.due_at is None
    assert kinds(job)[-1] == EventKind.LATE
    assert_clean()


@pytest.fixture
def given_up(ask, fake) -> Job:
    """A job that took too long, and whose result is at the service now."""
    fake.fetches = [running("r-1")] * 50
    job = ask()
    one_look(seconds=0.05)
    make_due(deadline_at=timezone.now())
    one_look()
    fake.fetches = []
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, transitions.TIMED_OUT)
    return job


def test_what_arrives_for_a_deleted_job_lies_in_the_trash_with_it(given_up, team, alice):
    trash.delete_jobs(team, alice, [given_up.pk])
    make_due()
    one_look()
    given_up.refresh_from_db()
    outputs = given_up.outputs.all()
    assert [(output.state, output.trashed_at) for output in outputs] == [(OutputState.DONE, given_up.deleted_at)] * 4
    trash.restore_jobs(team, [given_up.pk])
    assert not given_up.outputs.filter(trashed_at__isnull=False).exists()
    assert_clean()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_job_that_is_deleted_as_its_late_result_arrives_takes_it_along(given_up, team, alice):
    make_due()
    (late,) = claims.claim_due(10)
    assert transitions.apply_snapshot(late, spool.keep_inline_files(late.pk, done("r-1")))
    slots = async_to_sync(steps.collect)(steps.Tools(None), late)

    def delete() -> None:
        try:
            trash.delete_jobs(team, alice, [late.pk])
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        with transaction.atomic():
            transitions.finish(late, slots)
            deleting = threads.submit(delete)
            # it waits for us
            assert not wait([deleting], timeout=0.5).done
        deleting.result()
    late.refresh_from_db()
    assert [output.trashed_at for output in late.outputs.all()] == [late.deleted_at] * 4


@pytest.mark.parametrize("refusal", [RateLimited(), Unavailable(), transitions.BoardsLost()])
def test_the_id_of_an_attempt_that_was_refused_is_not_the_next_ones(ask, fake, refusal):
    job = ask()
    (sent,) = claims.claim_due(10)
    transitions.note_remote_id(sent, "r-old")
    transitions.submit_failed(sent, refusal)
    make_due()
    (again,) = claims.claim_due(10)
    transitions.submit_failed(again, SubmitUnknown())
    job.refresh_from_db()
    assert (job.state, job.remote_id) == (JobState.SUBMIT_UNKNOWN, "")


def test_a_job_that_waits_for_its_moodboards_has_no_id(ask, fake):
    job = ask()
    (sent,) = claims.claim_due(10)
    transitions.note_remote_id(sent, "r-old")
    transitions.wait_for_boards(sent, 2)
    job.refresh_from_db()
    assert (job.state, job.remote_id, job.attempts) == (JobState.QUEUED, "", 0)


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

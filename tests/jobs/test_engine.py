"""A job's journey through the engine, with a service that answers what it is told to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.utils import timezone

from providers.base import Snapshot, State
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
from studio.jobs import claims, spool, steps, transitions, trash
from studio.jobs.audit import audit
from studio.jobs.models import EventKind, Job, JobState, OutputState
from tests.jobs.fakes import KEYED, done, failed, queued, running
from tests.jobs.looking import assert_clean, balance, kinds, make_due, one_look

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_an_id_that_is_too_long_to_be_kept_is_none(ask, fake, run_engine):
    fake.submits = [queued("r" * 121)]
    job = ask()
    run_engine()
    job.refresh_from_db()
    assert (job.state, job.remote_id) == (JobState.SUBMIT_UNKNOWN, "")
    assert fake.asked["submit"] == 1


def test_a_job_that_waits_for_its_moodboards_has_no_id(ask, fake):
    job = ask()
    (sent,) = claims.claim_due(10)
    transitions.note_remote_id(sent, "r-old")
    transitions.wait_for_copies(sent, 2)
    job.refresh_from_db()
    assert (job.state, job.remote_id, job.attempts) == (JobState.QUEUED, "", 0)

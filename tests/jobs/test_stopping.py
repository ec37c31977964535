"""Stopping a job that waits at its service, and everything that may get in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from providers.base import Snapshot, State
from providers.errors import AuthFailed, InvalidRequest, ResultExpired, Unavailable, Unsupported
from studio.history.timeline import steps_of
from studio.jobs import claims, queries, services, transitions
from studio.jobs.models import Job, JobState
from tests.jobs.fakes import FILM, FILMS, FilmParams, done, queued, running
from tests.jobs.looking import assert_clean, balance, kinds, make_due, one_look

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(membership, fake) -> Job:
    """A job that its service has taken and not begun with."""
    fake.submits = [queued("r-1")]
    fake.fetches = [queued("r-1")] * 20
    job, _is_new = services.create_job(
        membership=membership,
        entry=services.Entry(fake, FILMS),
        operation=FILM,
        params=FilmParams(prompt="a fox runs"),
        request_key="request-film",
    )
    (claimed,) = claims.claim_due(1)
    with transaction.atomic():
        transitions.apply_snapshot(claimed, queued("r-1"))
    job.refresh_from_db()
    return job


def test_the_page_says_that_it_waits_there_and_may_be_stopped(waiting, team):
    card = queries.card(team, waiting.pk)
    assert (card.state, card.state_label, card.can_cancel) == ("running", "Queued at the service", True)
    assert [tile.kind for tile in card.tiles] == ["waiting"]


def test_it_is_stopped_at_the_service(waiting, membership, fake, team):
    assert services.cancel(waiting, membership) is True
    assert fake.asked["cancel"] == 0
    card = queries.card(team, waiting.pk)
    assert (card.state_label, card.can_cancel) == ("Stopping", False)
    one_look()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.cost, waiting.due_at) == (JobState.CANCELED, 0, None)
    assert fake.asked["cancel"] == 1
    assert balance(waiting).available == 1000
    assert kinds(waiting) == ["created", "submitted", "cancel_asked", "canceled"]
    assert_clean()


def test_asking_twice_asks_once(waiting, membership, fake):
    assert services.cancel(waiting, membership) is True
    assert services.cancel(waiting, membership) is False
    one_look()
    assert fake.asked["cancel"] == 1


def test_what_has_begun_meanwhile_goes_on(waiting, membership, fake, team, run_engine):
    services.cancel(waiting, membership)
    fake.fetches = [running("r-1", progress=0.3), done("r-1", files=1)]
    run_engine()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.cost, waiting.cancel_asked_at) == (JobState.SUCCEEDED, 15, None)
    assert fake.asked["cancel"] == 0
    assert kinds(waiting)[2:4] == ["cancel_asked", "too_late"]
    said = [step.sentence for step in steps_of(waiting.events.order_by("id"))]
    assert "The service had begun with it already. It could not be stopped any more and went on." in said
    assert_clean()


def test_what_has_begun_can_not_be_stopped(waiting, membership, fake, team):
    fake.fetches = [running("r-1")]
    make_due()
    one_look(seconds=0.05)
    Job.objects.filter(state=JobState.SUCCEEDED).update(state=JobState.RUNNING)
    waiting.refresh_from_db()
    assert not waiting.queued_there
    assert services.cancel(waiting, membership) is False
    assert not queries.card(team, waiting.pk).can_cancel


@pytest.mark.parametrize("refusal", [InvalidRequest("No."), Unsupported(), ResultExpired(), AuthFailed()])
def test_a_refusal_clears_the_wish_and_the_job_goes_on(waiting, membership, fake, run_engine, refusal):
    services.cancel(waiting, membership)
    fake.cancels = [refusal]
    fake.fetches = [queued("r-1"), running("r-1"), done("r-1", files=1)]
    run_engine()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.cost) == (JobState.SUCCEEDED, 15)
    assert fake.asked["cancel"] == 1
    assert kinds(waiting).count("too_late") == 1
    assert_clean()


@pytest.mark.parametrize("trouble", [Unavailable(), Unavailable(maybe_accepted=True)])
def test_an_answer_that_got_lost_is_found_out(waiting, membership, fake, trouble):
    services.cancel(waiting, membership)
    fake.cancels = [trouble]
    one_look()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.is_stopping) == (JobState.RUNNING, True)
    fake.fetches = [Snapshot("r-1", State.CANCELED)]
    make_due()
    one_look()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.cost) == (JobState.CANCELED, 0)
    assert fake.asked["cancel"] == 1
    assert "too_late" not in kinds(waiting)
    assert_clean()


def test_a_worker_that_died_over_it_is_followed_by_another(waiting, membership, fake):
    services.cancel(waiting, membership)
    (lost,) = claims.claim_due(10)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    one_look()
    with transaction.atomic():
        transitions.poll_failed(lost, transitions.NotStopped())
        transitions.apply_snapshot(lost, running("r-1"))
    waiting.refresh_from_db()
    assert waiting.state == JobState.CANCELED
    assert kinds(waiting)[-1] == "canceled"
    assert_clean()


def test_a_wish_while_it_is_looked_at_is_heard_at_once(waiting, membership, fake):
    make_due()
    (looking,) = claims.claim_due(10)
    assert services.cancel(waiting, membership) is True
    with transaction.atomic():
        transitions.apply_snapshot(looking, queued("r-1", poll_after=500))
    waiting.refresh_from_db()
    assert waiting.is_stopping and waiting.due_at <= timezone.now()


def test_a_wish_while_it_begins_is_too_late(waiting, membership):
    make_due()
    (looking,) = claims.claim_due(10)
    services.cancel(waiting, membership)
    with transaction.atomic():
        transitions.apply_snapshot(looking, running("r-1"))
    waiting.refresh_from_db()
    assert (waiting.cancel_asked_at, waiting.queued_there) == (None, False)
    assert kinds(waiting)[-2:] == ["too_late", "progress"]


def test_a_result_that_was_quicker_is_kept(waiting, membership, fake, run_engine):
    services.cancel(waiting, membership)
    fake.fetches = [done("r-1", files=1)]
    run_engine()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.cost, fake.asked["cancel"]) == (JobState.SUCCEEDED, 15, 0)
    assert kinds(waiting)[2:] == ["cancel_asked", "too_late", "delivered", "succeeded"]
    assert_clean()


def test_a_service_that_takes_its_time_over_it_is_left_alone_meanwhile(waiting, membership, fake, monkeypatch):
    monkeypatch.setattr(fake, "poll_interval", 60.0)
    Job.objects.update(submitted_at=timezone.now() - timedelta(hours=1))
    services.cancel(waiting, membership)
    fake.cancels = [queued("r-1")]
    one_look()
    waiting.refresh_from_db()
    assert waiting.is_stopping
    assert waiting.due_at > timezone.now() + timedelta(seconds=30)
    assert fake.asked["cancel"] == 1


def test_another_teams_job_stays(waiting, membership, charlie):
    other = charlie.memberships.select_related("team", "user").get()
    assert services.cancel(waiting, other) is False
    waiting.refresh_from_db()
    assert waiting.cancel_asked_at is None


def test_a_word_we_do_not_know_changes_nothing(waiting, membership, fake):
    make_due()
    (looking,) = claims.claim_due(10)
    with transaction.atomic():
        transitions.apply_snapshot(looking, Snapshot("r-1", State.UNKNOWN))
    waiting.refresh_from_db()
    assert waiting.waits_there


def test_the_history_stops_it_too(waiting, browser_of, alice, team):
    answer = browser_of(alice).post(reverse("history:cancel", args=[team.slug, waiting.pk]), follow=True)
    assert answer.status_code == 200
    assert "The service is asked to stop it." in answer.content.decode()
    assert "Stopping" in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.is_stopping

"""What services tell us unasked: a hint, from whom holds the job's token and from nobody else."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.db import connection
from django.test import AsyncClient, Client
from django.utils import timezone

from providers.errors import SubmitUnknown
from studio.jobs import callbacks, claims, engine, steps, transitions
from studio.jobs.audit import audit
from studio.jobs.credentials import encrypt
from studio.jobs.models import EventKind, Job, JobState, ProviderAccount
from tests.jobs.fakes import VARY, running

pytestmark = pytest.mark.django_db(transaction=True)

BASE = "http://studio.example"


@pytest.fixture(autouse=True)
def _no_pauses() -> None:
    cache.clear()


def tell(job: Job, remote_id: str = "", *, url: str = "", body: bytes | None = None) -> int:
    url = url or callbacks.address(job, BASE).removeprefix(BASE)
    body = json.dumps({"id": remote_id}).encode() if body is None else body
    return Client(enforce_csrf_checks=True).post(url, body, content_type="application/json").status_code


def tell_and_leave(remote_id: str) -> None:
    tell(Job.objects.get(), remote_id)
    connection.close()


@pytest.fixture
def waiting_job(ask, fake) -> Job:
    """Running at the service as r-1, to be looked at in an hour."""
    fake.submits = [running("r-1", poll_after=3600)]
    job = ask()
    engine.work(0.3)
    job.refresh_from_db()
    assert (job.state, job.remote_id) == (JobState.RUNNING, "r-1")
    return job


@pytest.fixture
def lost_job(ask, fake) -> Job:
    """Sent, and the reply got lost."""
    fake.submits = [SubmitUnknown()]
    job = ask()
    engine.work(0.3)
    job.refresh_from_db()
    assert job.state == JobState.SUBMIT_UNKNOWN
    return job


def test_an_order_says_where_to_call_back(ask, fake, settings):
    job = ask()
    (claimed,) = claims.claim_due(10)
    assert steps.make_order(claimed).callback_url == callbacks.address(job, f"http://127.0.0.1:{settings.PORT}")
    settings.PUBLIC_URL = BASE
    assert steps.make_order(claimed).callback_url.startswith(f"{BASE}/callbacks/fake/")
    settings.PUBLIC_URL, settings.SANDBOX_URL = "", "https://sandbox.example"
    assert steps.make_order(claimed).callback_url == ""


def test_a_callback_brings_the_next_look_forward(waiting_job, run_engine, fake):
    assert tell(waiting_job, "r-1") == 200
    waiting_job.refresh_from_db()
    assert waiting_job.due_at <= timezone.now()
    run_engine()
    waiting_job.refresh_from_db()
    assert waiting_job.state == JobState.SUCCEEDED
    assert audit() == []


def test_repeated_callbacks_cause_no_storm_of_looks(waiting_job):
    tell(waiting_job, "r-1")
    Job.objects.update(due_at=timezone.now() + timedelta(hours=1))
    tell(waiting_job, "r-1")
    waiting_job.refresh_from_db()
    assert timezone.now() < waiting_job.due_at <= timezone.now() + timedelta(seconds=callbacks.PAUSE)


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELED, JobState.COLLECTING])
def test_what_has_ended_is_left_alone(waiting_job, state):
    Job.objects.update(state=state)
    before = Job.objects.values().get(pk=waiting_job.pk)
    assert tell(waiting_job, "r-1") == 200
    assert Job.objects.values().get(pk=waiting_job.pk) == before


def test_a_callback_about_another_job_is_no_hint(waiting_job):
    assert tell(waiting_job, "r-2") == 200
    waiting_job.refresh_from_db()
    assert waiting_job.due_at > timezone.now() + timedelta(minutes=30)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\x00\xfe", b"[]", b'{"id": null}', b'{"id": {"a": 1}}', b"[" * 60000]
)
def test_garbage_is_no_hint(waiting_job, body):
    assert tell(waiting_job, body=body) == 200
    waiting_job.refresh_from_db()
    assert waiting_job.due_at > timezone.now() + timedelta(minutes=30)


def test_a_body_that_is_too_large_is_not_read(waiting_job):
    body = json.dumps({"id": "r-1", "filler": "x" * callbacks.MAX_BODY_BYTES}).encode()
    assert tell(waiting_job, body=body) == 404
    waiting_job.refresh_from_db()
    assert waiting_job.due_at > timezone.now() + timedelta(minutes=30)


def test_only_the_jobs_own_token_opens(waiting_job, lost_job):
    address = callbacks.address(waiting_job, BASE).removeprefix(BASE)
    token = address.rpartition("/")[2]
    forged = f"{lost_job.pk}:{token.partition(':')[2]}"
    for url in [
        f"/callbacks/fake/{forged}",
        f"/callbacks/fake/{waiting_job.pk}",
        "/callbacks/fake/nonsense",
        f"/callbacks/youchuan/{token}",
        f"/callbacks/fake/{token}x",
    ]:
        assert tell(waiting_job, "r-1", url=url) == 404
    assert Client().get(address).status_code == 405


def test_a_lost_reply_is_settled_by_the_callback(lost_job, run_engine, fake):
    assert tell(lost_job, "r-77") == 200
    lost_job.refresh_from_db()
    assert (lost_job.state, lost_job.remote_id) == (JobState.RUNNING, "r-77")
    run_engine()
    lost_job.refresh_from_db()
    assert (lost_job.state, lost_job.cost) == (JobState.SUCCEEDED, 4)
    assert fake.asked["submit"] == 1
    kinds = list(lost_job.events.order_by("id").values_list("kind", flat=True))
    assert kinds.count(EventKind.SUBMITTED) == 1
    assert audit() == []


def test_a_second_id_does_not_replace_the_first(lost_job):
    tell(lost_job, "r-77")
    tell(lost_job, "r-78")
    lost_job.refresh_from_db()
    assert lost_job.remote_id == "r-77"


def test_an_id_that_another_job_has_is_not_taken(waiting_job, lost_job):
    tell(lost_job, "r-1")
    lost_job.refresh_from_db()
    assert (lost_job.state, lost_job.remote_id) == (JobState.SUBMIT_UNKNOWN, "")


def test_who_gives_a_lost_job_up_is_overtaken_by_its_callback(lost_job, settings):
    settings.KEEP_SUBMIT_UNKNOWN = 0
    Job.objects.update(due_at=timezone.now())
    (held,) = claims.claim_due(10)
    tell(lost_job, "r-77")
    transitions.submit_unknown(held)
    lost_job.refresh_from_db()
    assert (lost_job.state, lost_job.remote_id) == (JobState.RUNNING, "r-77")
    assert audit() == []


def test_a_callback_that_is_quicker_than_the_lost_reply(ask, fake):
    def broken(_order):
        with ThreadPoolExecutor() as another_thread:
            another_thread.submit(tell_and_leave, "r-9").result()
        raise SubmitUnknown

    fake.submits = [broken]
    fake.fetches = [running("r-9")] * 99
    job = ask()
    engine.work(0.2)
    job.refresh_from_db()
    assert (job.state, job.remote_id) == (JobState.RUNNING, "r-9")
    assert audit() == []


def test_a_job_that_is_given_up_on_while_its_callback_is_read(ask, monkeypatch):
    job = ask()
    (held,) = claims.claim_due(10)
    note = transitions.note_remote_id

    def too_late(known: Job, remote_id: str) -> bool:
        transitions.submit_unknown(held)
        return note(known, remote_id)

    monkeypatch.setattr(transitions, "note_remote_id", too_late)
    tell(job, "r-77")
    job.refresh_from_db()
    assert (job.state, job.remote_id) == (JobState.RUNNING, "r-77")


def test_a_callback_that_comes_while_its_job_is_given_up_on(ask, monkeypatch):
    job = ask()
    (held,) = claims.claim_due(10)
    has_arrived = transitions._has_arrived

    def while_it_looks(known: Job) -> bool:
        transitions.note_remote_id(known, "r-77")
        return has_arrived(known)

    monkeypatch.setattr(transitions, "_has_arrived", while_it_looks)
    transitions.submit_unknown(held)
    job.refresh_from_db()
    assert (job.state, job.remote_id) == (JobState.RUNNING, "r-77")


@pytest.fixture
def account(settings, fake) -> ProviderAccount:
    """A real one, and no sandbox."""
    settings.SANDBOX_URL = ""
    return ProviderAccount.objects.create(provider="fake", label="Main", credentials=encrypt({"key": "k"}))


def let_its_worker_die() -> Job:
    """The job that is being sent, whose fate nobody knows now."""
    Job.objects.filter(state=JobState.SUBMITTING).update(lease_until=timezone.now() - timedelta(seconds=1))
    (held,) = claims.claim_due(10)
    assert (held.state, held.account) == (JobState.SUBMIT_UNKNOWN, None)
    return held


def test_a_callback_while_the_order_is_sent_to_an_account_is_noted(ask, account):
    job = ask()
    claims.claim_due(10)
    assert tell(Job.objects.get(), "r-77") == 200
    job.refresh_from_db()
    assert (job.state, job.remote_id) == (JobState.SUBMITTING, "r-77")


def test_a_callback_to_a_job_whose_worker_died_names_its_account(ask, account):
    job = ask()
    claims.claim_due(10)
    let_its_worker_die()
    tell(job, "r-77")
    job.refresh_from_db()
    assert (job.state, job.remote_id, job.account) == (JobState.RUNNING, "r-77", account)


def test_a_follow_up_is_heard_of_by_the_account_that_knows_its_source(ask, account, run_engine):
    first = ask()
    run_engine()
    first.refresh_from_db()
    ProviderAccount.objects.update(enabled=False)
    ProviderAccount.objects.create(provider="fake", label="Newer", credentials=encrypt({"key": "n"}))
    vary = ask(operation=VARY, source=first.outputs.first())
    claims.claim_due(10)
    let_its_worker_die()
    tell(vary, "r-77")
    vary.refresh_from_db()
    assert (vary.state, vary.account) == (JobState.RUNNING, account)


def test_the_door_is_open_to_asgi(waiting_job):
    address = callbacks.address(waiting_job, BASE).removeprefix(BASE)
    answer = async_to_sync(AsyncClient().post)(address, b'{"id": "r-1"}', content_type="application/json")
    assert (answer.status_code, answer.content) == (200, b"")

"""The list of jobs: what is in it, what it says, and what may be done."""

from __future__ import annotations

import csv
import io
import random
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.accounts.models import Role
from studio.billing.services import NotEnoughCredits
from studio.history import export, queries
from studio.history.timeline import steps_of
from studio.jobs import catalog, services
from studio.jobs.apps import seed_declared_prices
from studio.jobs.models import Event, EventKind, Job, JobState, Output, OutputState
from tests.factories import join, make_user
from tests.gallery.conftest import HTMX, JSON


def listed(html: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<article class="job hrow" id="job-(\d+)"', html)]


def all_pages(client, room: str, query: str = "") -> list[int]:
    seen: list[int] = []
    url = f"{room}?{query}"
    for _page in range(100):
        html = client.get(url).content.decode()
        seen += listed(html)
        link = re.search(r'<a class="btn" href="(\?[^"]*before=\d+)"', html)
        if link is None:
            return seen
        url = room + link[1].replace("&amp;", "&")
    raise AssertionError("no end")


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize("total", [0, 1, queries.PAGE, queries.PAGE + 1, 2 * queries.PAGE + 3])
def test_the_pages_together_are_all_jobs(client, room, make_job, total):
    ids = [make_job().pk for _n in range(total)]
    assert all_pages(client, room) == ids[::-1]


def test_the_pages_of_any_filter(client, room, make_job, bob, alice):
    dice = random.Random(3)
    jobs = [
        make_job(
            dice.choice(["a fox", "a heron", "a fox and a heron"]),
            by=dice.choice([alice, bob]),
            state=dice.choice([JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELED, JobState.RUNNING]),
            model=dice.choice(["v7", "v6.1"]),
        )
        for _n in range(60)
    ]
    cases = {
        "state=failed": lambda job: job.state == JobState.FAILED,
        "state=live": lambda job: job.state == JobState.RUNNING,
        f"person={bob.pk}&state=done": lambda job: job.created_by_id == bob.pk and job.state == JobState.SUCCEEDED,
        "q=heron+fox": lambda job: "fox" in job.prompt and "heron" in job.prompt,
        "model=youchuan:v6.1&q=fox": lambda job: job.model == "v6.1" and "fox" in job.prompt,
        "operation=upscale": lambda job: False,
    }
    for query, fits in cases.items():
        assert all_pages(client, room, query) == [job.pk for job in reversed(jobs) if fits(job)], query


def test_days(client, room, make_job):
    old = make_job(at=timezone.now() - timedelta(days=40))
    new = make_job()
    month_ago = timezone.localdate() - timedelta(days=30)
    assert all_pages(client, room, f"since={month_ago}") == [new.pk]
    assert all_pages(client, room, f"until={month_ago}") == [old.pk]
    refused = client.get(f"{room}?since=soon")
    assert refused.status_code == 422
    assert "This is no day." in refused.content.decode()


def test_every_state_says_what_it_is_and_what_it_cost(client, room, make_job):
    make_job("done")
    make_job("running", state=JobState.RUNNING)
    make_job("canceled", state=JobState.CANCELED)
    failed = make_job("failed", state=JobState.FAILED)
    Job.objects.filter(pk=failed.pk).update(error_message="The service was too busy.")
    partial = make_job("partial")
    Job.objects.filter(pk=partial.pk).update(cost=3)
    Output.objects.filter(job=partial, index=1).update(state=OutputState.REJECTED, asset=None)
    text = text_of(client.get(room).content.decode())
    assert "The service was too busy. Nothing was charged." in text
    assert "1 of 2" in text
    assert "1 returned" in text
    assert "4 held" in text
    for word in ("Done", "Failed", "Canceled", "Running"):
        assert f"State: {word}" in text


def test_running_jobs_are_kept_fresh_only_where_new_ones_belong(client, room, make_job):
    job = make_job(state=JobState.RUNNING)
    html = client.get(room).content.decode()
    assert f'data-url="{room}jobs/{job.pk}/row/"' in html
    assert "data-live" in html
    assert "data-older" not in html
    assert "data-older" in client.get(f"{room}?q=fox").content.decode()
    row = client.get(f"{room}jobs/{job.pk}/row/", **HTMX).content.decode()
    assert row.strip() in html


def test_deleted_and_foreign_jobs_are_not_there(client, room, make_job, charlie, browser_of):
    job = make_job()
    theirs = f"/t/{charlie.teams.get().slug}/history/jobs/{job.pk}/"
    assert browser_of(charlie).get(theirs).status_code == 404
    assert client.post(f"{room}jobs/{job.pk}/delete/", **JSON).json()["gone"] == [job.pk]
    assert listed(client.get(room).content.decode()) == []
    assert client.get(f"{room}jobs/{job.pk}/").status_code == 404


def test_delete_and_undo(client, room, make_job):
    job = make_job()
    told = client.post(f"{room}jobs/{job.pk}/delete/", **JSON).json()
    assert "results are in the trash" in told["said"]
    assert client.post(told["undo"]["url"], **JSON).json() == {"said": "Restored."}
    assert listed(client.get(room).content.decode()) == [job.pk]
    assert job.outputs.filter(trashed_at__isnull=True).count() == 2


def test_what_runs_cannot_be_deleted(client, room, make_job):
    job = make_job(state=JobState.RUNNING)
    refused = client.post(f"{room}jobs/{job.pk}/delete/", **JSON)
    assert (refused.status_code, refused.json()["problem"][:21]) == (422, "It is still under way")
    plain = client.post(f"{room}jobs/{job.pk}/delete/")
    assert plain.status_code == 422
    assert "It is still under way" in plain.content.decode()


@pytest.fixture
def asked(alice, team):
    """A job that was really asked for, with its credits held."""
    seed_declared_prices()
    from studio.accounts.models import Membership

    entry = catalog.find("youchuan:v7")
    membership = Membership.objects.select_related("team", "user").get(user=alice, team=team)
    params = entry.start.params.model_validate({"prompt": "a red fox"})
    job, _new = services.create_job(
        membership=membership, entry=entry, operation=entry.start, params=params, request_key="history-request"
    )
    return job


def test_cancel(client, room, asked):
    row = client.post(f"{room}jobs/{asked.pk}/cancel/", **HTMX)
    assert "Canceled" in row.content.decode()
    late = client.post(f"{room}jobs/{asked.pk}/cancel/", **HTMX)
    assert late.status_code == 422
    assert "It has ended already." in late["HX-Trigger"]


def test_retry(client, room, asked):
    key = {"request_key": "history-again"}
    assert client.post(f"{room}jobs/{asked.pk}/retry/", key, **HTMX).status_code == 422
    Job.objects.filter(pk=asked.pk).update(state=JobState.FAILED, due_at=None, cost=0)
    answer = client.post(f"{room}jobs/{asked.pk}/retry/", key, **HTMX)
    again = Job.objects.exclude(pk=asked.pk).get()
    assert f'"id": {again.pk}' in answer["HX-Trigger"]
    assert client.post(f"{room}jobs/{asked.pk}/retry/", key)["Location"] == f"{room}jobs/{again.pk}/"
    assert Job.objects.count() == 2


def test_a_retry_without_credits_says_what_is_missing(client, room, asked, monkeypatch):
    def refuse(*args: object) -> Job:
        raise NotEnoughCredits(needed=4, available=1)

    Job.objects.filter(pk=asked.pk).update(state=JobState.FAILED, due_at=None, cost=0)
    monkeypatch.setattr(services, "retry", refuse)
    told = client.post(f"{room}jobs/{asked.pk}/retry/", {"request_key": "history-again"}, **HTMX)
    assert told.status_code == 422
    assert services.short_of_credits(NotEnoughCredits(needed=4, available=1)) in told["HX-Trigger"]


def test_viewers_look_on(browser_of, team, room, make_job):
    viewer = make_user("Vera View")
    join(team, viewer, Role.VIEWER)
    job = make_job(state=JobState.FAILED)
    html = browser_of(viewer).get(f"{room}jobs/{job.pk}/").content.decode()
    assert "Timeline" in html
    assert "/retry/" not in html
    assert "/delete/" not in html
    for path in ("cancel", "retry", "delete", "restore"):
        assert browser_of(viewer).post(f"{room}jobs/{job.pk}/{path}/").status_code == 403


def test_the_timeline_speaks_plainly(client, room, make_job):
    job = make_job()
    start = timezone.now()
    for seconds, kind, data in (
        (0.0, EventKind.CREATED, {"held": 4}),
        (1.5, EventKind.RETRY, {"seconds": 8, "message": "The service was too busy."}),
        (10.0, EventKind.SUBMITTED, {}),
        (20.0, EventKind.PROGRESS, {"progress": 0.5}),
        (95.0, EventKind.DELIVERED, {"files": 4}),
        (96.2, EventKind.SUCCEEDED, {"delivered": 3, "expected": 4, "cost": 3, "returned": 1}),
    ):
        event = Event.objects.create(team=job.team, job=job, kind=kind, data=data)
        Event.objects.filter(pk=event.pk).update(created_at=start + timedelta(seconds=seconds))
    steps = steps_of(Event.objects.filter(job=job).order_by("pk"))
    assert [(step.sentence, step.after_text) for step in steps] == [
        ("Asked for. 4 credits set aside.", ""),
        ("The service was too busy. Tried again after 8 s.", "+1.5 s"),
        ("The service took it.", "+8.5 s"),
        ("The service delivered 4 files.", "+1 min 25 s"),
        ("3 of 4 kept. 3 credits paid, 1 credit returned.", "+1.2 s"),
    ]
    assert "3 of 4 kept. 3 credits paid, 1 credit returned." in client.get(f"{room}jobs/{job.pk}/").content.decode()


@pytest.mark.parametrize("kind", EventKind.values)
def test_every_event_has_a_sentence(make_job, kind):
    job = make_job()
    steps = steps_of([Event(team=job.team, job=job, kind=kind, data={}, created_at=timezone.now())])
    assert len(steps) == (kind != EventKind.PROGRESS)
    assert all(step.sentence.endswith(".") for step in steps)


def test_prompts_are_text(client, room, make_job):
    job = make_job("<img src=x onerror=alert(1)>")
    for url in (room, f"{room}jobs/{job.pk}/", f"{room}?q=%3Cimg"):
        html = client.get(url).content.decode()
        assert "<img src=x" not in html
        assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_the_number_of_queries_does_not_grow(client, room, make_job, bob):
    def count(url: str) -> int:
        with CaptureQueriesContext(connection) as told:
            assert client.get(url).status_code == 200
        return len(told)

    make_job()
    count(room)
    few = count(room), count(f"{room}?q=fox&state=done")
    for _n in range(30):
        make_job(by=bob)
    assert (count(room), count(f"{room}?q=fox&state=done")) == few
    assert max(few) <= 16


# ── export ──


def table(response) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_export_has_what_is_filtered(client, room, make_job, monkeypatch):
    monkeypatch.setattr(export, "BATCH", 3)
    foxes = [make_job(f"a fox, number {n}").pk for n in range(8)]
    make_job("a heron")
    response = client.get(f"{room}export.csv?q=fox")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows = table(response)
    assert [int(row["Job"]) for row in rows] == foxes[::-1]
    assert rows[0]["Person"] == "Alice Aldrin"
    assert (rows[0]["Results"], rows[0]["Credits"], rows[0]["State"]) == ("2", "4", "Done")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(client, room, make_job, start):
    make_job(f'{start}HYPERLINK("http://evil.example")')
    prompt = table(client.get(f"{room}export.csv"))[0]["Prompt"]
    assert prompt.startswith("'")

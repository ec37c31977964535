"""Fifty jobs through the studio's engine and the sandbox, some of them unlucky: do its bill and our ledger agree?"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from django.utils import timezone

from providers.registry import get_provider
from providers.sandbox.painter import FlatPainter
from providers.sandbox.server import running
from providers.sandbox.settings import Settings
from studio.accounts.models import Membership
from studio.billing import services as billing
from studio.jobs import bills, catalog, engine, services, steps
from studio.jobs.apps import seed_declared_prices
from studio.jobs.audit import audit
from studio.jobs.models import Job, JobState, Output, OutputState
from studio.jobs.reconcile import Kind, Reason, Report, days, reports

pytestmark = pytest.mark.django_db(transaction=True)

_keys = itertools.count(1)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with running(Settings(latency=0, painter=FlatPainter(), workers=0, callback_pause=0)) as base:
        yield base


@pytest.fixture
def studio(sandbox, settings, live_server, monkeypatch, alice, team) -> Iterator[Membership]:
    """Alice's place in a team of a studio that asks the sandbox, and that the sandbox can call back."""
    settings.SANDBOX_URL = sandbox
    settings.PORT = urlsplit(live_server.url).port
    steps.result_policy.cache_clear()
    monkeypatch.setattr(get_provider("youchuan"), "poll_interval", 0.05)
    monkeypatch.setattr("studio.jobs.engine.TICK", 0.01)
    httpx.post(f"{sandbox}/_sandbox/reset", trust_env=False)
    seed_declared_prices()
    billing.grant(team, 10_000, key="enough")
    yield Membership.objects.select_related("team", "user").get(user=alice, team=team)
    steps.result_policy.cache_clear()


@pytest.fixture
def ask(studio) -> Callable[..., Job]:
    def make(
        prompt: str = "", *, model: str = "v7", operation: str = "diffusion", source: Output | None = None, **values
    ):
        entry = catalog.find(f"youchuan:{model}")
        asked = entry.model.operation(operation)
        params = asked.params(**({"prompt": prompt} if prompt else {}), **values)
        if source is not None:
            params = asked.inherited(params, services.result_of(source))
        job, _new = services.create_job(
            membership=studio,
            entry=entry,
            operation=asked,
            params=params,
            request_key=f"request-{next(_keys):04d}",
            source=source,
        )
        return job

    return make


def script(sandbox: str, **rule) -> None:
    httpx.post(f"{sandbox}/_sandbox/faults", json=rule, trust_env=False).raise_for_status()


def plant(sandbox: str, **charge) -> str:
    owner = {"x-youchuan-app": get_provider("youchuan").sandbox_credentials["app"]}
    answer = httpx.post(f"{sandbox}/_sandbox/charges", json=charge, headers=owner, trust_env=False)
    return str(answer.raise_for_status().json()["jobId"])


def work_off() -> None:
    for _round in range(100):
        if not Job.objects.filter(state__in=JobState.live()).exclude(state=JobState.SUBMIT_UNKNOWN).exists():
            return
        Job.objects.filter(state=JobState.QUEUED).update(due_at=timezone.now())
        engine.work(1)
    raise AssertionError(Counter(Job.objects.values_list("state", flat=True)))


def hear_of_the_one_that_arrived() -> None:
    """The sandbox posts its callback when it is done with the job, from a thread of its own."""
    for _round in range(300):
        if Job.objects.filter(state=JobState.SUBMIT_UNKNOWN).count() < 2:
            break
        engine.work(0.1)
    work_off()


def read() -> Report:
    # the bill is read an hour after the jobs were sent
    Job.objects.exclude(submitted_at=None).update(submitted_at=timezone.now() - timedelta(hours=1))
    bills.furnish()
    bills.ask(bills.current().get())
    engine.work(5)
    assert bills.current().get().problem == ""
    (found,) = reports(*days(None, None))
    return found


def test_after_fifty_mixed_jobs_bill_and_ledger_agree(ask, sandbox, settings):
    # three refused for the moment, one never arrived, and one arrived though nobody heard so
    script(sandbox, path="/v1/tob/diffusion", method="POST", times=3, do={"error": "Max_Concurrent_Limited"})
    script(sandbox, path="/v1/tob/diffusion", method="POST", times=1, skip=2, do={"close": "before"})
    script(sandbox, path="/v1/tob/diffusion", method="POST", times=1, skip=3, do={"close": "after"})
    for number in range(14):
        ask(f"a reef {number}", model=["v7", "v6.1", "niji7", "v8.1"][number % 4])
    # the misfortunes are theirs, in whatever order they are sent
    work_off()
    for number in range(4):
        ask(f"a draft {number}", speed="draft")
        ask(f"a hurry {number}", speed="turbo")
    for number in range(6):
        ask(f"a half-forbidden reef {number}")
    for number in range(3):
        ask(f"a forbidden reef {number}")
        ask(f"a reef {number} sandbox-fail:JobStatusTextReject")
        ask(f"a reef {number} sandbox-error:Invalid_Argument")
    work_off()

    done = Output.objects.filter(state=OutputState.DONE, job__model="v7").select_related("job", "asset").order_by("pk")
    slow = [output for output in done if output.index == 0 and "hurry" not in output.job.prompt]
    hurry = next(output for output in done if "hurry" in output.job.prompt)
    for operation, source in zip(
        ["vary-subtle", "vary-strong", "upscale", "reroll", "pan", "outpaint", "remix-subtle"], slow, strict=False
    ):
        ask(operation=operation, source=source, **_needed(operation))
    for operation in ["vary-strong", "upscale", "reroll", "pan", "remix-strong", "outpaint"]:
        ask(operation=operation, source=hurry, **_needed(operation))
    work_off()
    hear_of_the_one_that_arrived()
    settings.KEEP_SUBMIT_UNKNOWN = 0
    Job.objects.filter(state__in=JobState.live()).update(due_at=timezone.now())
    engine.work(1)

    assert Job.objects.count() == 50
    ends = Counter(Job.objects.values_list("state", flat=True))
    assert ends == {JobState.SUCCEEDED: 40, JobState.FAILED: 10}
    assert audit() == [] and billing.audit() == []
    found = read()
    assert [item.sentence for item in found.differences] == []
    assert found.charged > 0 and found.captured > 0
    assert {reason for reason, item in found.explained.items() if item.jobs} == {Reason.PARTIAL}
    assert found.explained[Reason.PARTIAL].amount == found.gap == 6 * 15


def _needed(operation: str) -> dict[str, str]:
    return {"prompt": "a reef at night"} if operation.startswith("remix") else {}


def test_a_planted_difference_is_reported(ask, sandbox):
    jobs = [ask(f"a reef {number}") for number in range(4)]
    lost = ask("a reef sandbox-fail:JobStatusTimeout")
    work_off()
    for job in [*jobs, lost]:
        job.refresh_from_db()
    before = read()
    assert {item.remote_id: item.kind for item in before.differences} == {lost.remote_id: Kind.CHARGED_FAILED}
    stranger = plant(sandbox, feeCost=600)
    plant(sandbox, jobId=jobs[1].remote_id, feeCost=120)
    plant(sandbox, jobId=jobs[2].remote_id, feeCost=0)
    found = read()
    assert {item.remote_id: (item.kind, item.amount) for item in found.differences} == {
        lost.remote_id: (Kind.CHARGED_FAILED, 60),
        stranger: (Kind.UNKNOWN_JOB, 600),
        jobs[1].remote_id: (Kind.AMOUNT, 60),
        jobs[2].remote_id: (Kind.NOT_CHARGED, -60),
    }

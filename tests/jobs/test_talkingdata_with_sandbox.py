"""The engine, the model pool's adapter and its sandbox together: the asset library, stopping, chat."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.db import transaction

from providers.registry import get_provider
from providers.sandbox.painter import FlatPainter
from providers.sandbox.server import running
from providers.sandbox.settings import Settings
from studio.accounts.models import Membership
from studio.billing import services as billing
from studio.jobs import catalog, chat, engine, library, services, steps
from studio.jobs.apps import seed_declared_prices
from studio.jobs.models import Job, JobState, LibraryFile, Reply, ReplyState
from studio.media import services as media
from studio.media.models import Asset, Origin
from tests.jobs.looking import assert_clean
from tests.media.pictures import encode, photo

pytestmark = pytest.mark.django_db(transaction=True)

_keys = itertools.count(1)


def _sandbox(latency: float) -> Iterator[str]:
    with running(Settings(latency=latency, jitter=0, painter=FlatPainter(), workers=0, callback_pause=0)) as base:
        yield base


@pytest.fixture(scope="module")
def quick() -> Iterator[str]:
    yield from _sandbox(0)


@pytest.fixture(scope="module")
def slow() -> Iterator[str]:
    """Everything waits in the queue for a minute."""
    yield from _sandbox(60)


@pytest.fixture
def studio(settings, live_server, monkeypatch, alice, team, tmp_path) -> Iterator[Callable[[str], Membership]]:
    """Alice's place in a team of a studio that asks the sandbox at the address it is given."""
    settings.PORT = urlsplit(live_server.url).port
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(get_provider("talkingdata"), "poll_interval", 0.05)
    monkeypatch.setattr("studio.jobs.engine.TICK", 0.01)
    monkeypatch.setattr(library, "PAUSES", (0,))
    seed_declared_prices()
    billing.grant(team, 10_000, key="enough")

    def at(address: str) -> Membership:
        settings.SANDBOX_URL = address
        steps.result_policy.cache_clear()
        httpx.post(f"{address}/_sandbox/reset", trust_env=False)
        return Membership.objects.select_related("team", "user").get(user=alice, team=team)

    yield at
    steps.result_policy.cache_clear()


@pytest.fixture
def pictures(studio, team, alice) -> list[Asset]:
    with transaction.atomic():
        return [
            media.record(
                media.prepare(encode(photo(400 + 10 * number, 400), "PNG"), mode="upload"),
                team=team,
                user=alice,
                origin=Origin.UPLOAD,
                name=f"Dune {number}",
            )
            for number in range(2)
        ]


def ask(membership: Membership, **values: Any) -> Job:
    entry = catalog.find("talkingdata:seedance-2-fast")
    operation = entry.model.operation("create")
    job, _is_new = services.create_job(
        membership=membership,
        entry=entry,
        operation=operation,
        params=operation.params(prompt="dunes move", **values),
        request_key=f"request-{next(_keys):04d}",
    )
    return job


def test_a_film_with_files_of_the_library(studio, quick, pictures, live_server):
    membership = studio(quick)
    named = tuple(f"asset:{asset.pk}" for asset in pictures)
    job = ask(membership, references=named, library=True)
    engine.work(60)
    job.refresh_from_db()
    assert (job.state, job.error_message) == (JobState.SUCCEEDED, "")
    assert {row.state for row in LibraryFile.objects.all()} == {"active"}
    again = ask(membership, references=named, library=True)
    before = set(LibraryFile.objects.values_list("remote_id", flat=True))
    engine.work(60)
    again.refresh_from_db()
    assert again.state == JobState.SUCCEEDED
    assert set(LibraryFile.objects.values_list("remote_id", flat=True)) == before
    assert_clean()


def test_a_library_that_was_emptied_is_filled_again(studio, quick, pictures, live_server):
    membership = studio(quick)
    named = tuple(f"asset:{asset.pk}" for asset in pictures)
    ask(membership, references=named, library=True)
    engine.work(60)
    httpx.post(f"{quick}/_sandbox/reset", trust_env=False)
    before = set(LibraryFile.objects.values_list("remote_id", flat=True))
    job = ask(membership, references=named, library=True)
    engine.work(60)
    job.refresh_from_db()
    assert (job.state, job.error_message) == (JobState.SUCCEEDED, "")
    assert not before & set(LibraryFile.objects.values_list("remote_id", flat=True))
    assert_clean()


def test_a_length_left_to_the_model_is_paid_as_it_came_out(studio, quick, live_server):
    job = ask(studio(quick), duration="-1")
    engine.work(60)
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    assert 0 < job.cost < job.quote
    (output,) = job.outputs.all()
    share = output.asset.duration / 15
    assert job.cost == pytest.approx(job.quote * share, abs=job.quote * 0.02 + 1)
    assert_clean()


def test_a_film_that_waits_there_is_stopped(studio, slow, team):
    membership = studio(slow)
    job = ask(membership)
    before = billing.balance(team)
    engine.work(2)
    job.refresh_from_db()
    assert services.can_cancel(job), (job.state, job.queued_there, job.error_message)
    assert services.cancel(job, membership)
    engine.work(5)
    job.refresh_from_db()
    assert (job.state, job.cost) == (JobState.CANCELED, 0)
    assert billing.balance(team).available == before.available + job.quote
    assert_clean()


@pytest.mark.parametrize("model", ["talkingdata:gpt-5.4", "talkingdata:deepseek-3.2"])
def test_a_prompt_is_improved_and_a_picture_described(studio, quick, pictures, live_server, model):
    membership = studio(quick)
    for purpose, prompt, asset in [("improve", "a red fox --ar 3:2", None), ("describe", "", pictures[0])]:
        reply, _is_new = chat.ask(
            membership,
            purpose=purpose,
            prompt=prompt,
            asset=asset,
            model_key=model,
            request_key=f"request-{next(_keys):04d}",
        )
        engine.work(30)
        reply = Reply.objects.get(pk=reply.pk)
        assert (reply.state, reply.error_message) == (ReplyState.DONE, "")
        assert len(reply.text) > 20
        assert reply.text.endswith("--ar 3:2") == (purpose == "improve")
        assert reply.usage
    assert_clean()

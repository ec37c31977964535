"""Chat models at the prompt bar: what the pages may ask, and what they are told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction
from django.test import AsyncClient, Client
from django.urls import reverse

from providers.chats import ChatPiece
from studio.accounts.models import Role, Team, User
from studio.billing import services as billing
from studio.billing.models import PriceRule
from studio.jobs import catalog, chat, steps
from studio.jobs.models import Reply, ReplyPurpose, ReplyState
from tests.access.world import World
from tests.factories import join, make_user
from tests.jobs.fakes import FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> Iterator[type[FakeProvider]]:
    from studio.jobs.apps import seed_declared_prices

    FakeProvider.reset()
    monkeypatch.setattr("providers.registry.PROVIDERS", (FakeProvider,))
    monkeypatch.setattr(catalog, "PROVIDERS", (FakeProvider,))
    monkeypatch.setattr(catalog, "get_provider", lambda slug: {"fake": FakeProvider}[slug])
    monkeypatch.setattr(chat, "PROVIDERS", (FakeProvider,))
    monkeypatch.setattr(chat, "astream_chat", says("A red fox"))
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    settings.MEDIA_ROOT = tmp_path / "media"
    seed_declared_prices()
    yield FakeProvider


def says(text: str) -> Any:
    async def answer(*_args: Any, **_options: Any) -> AsyncIterator[ChatPiece]:
        yield ChatPiece(text, finish="stop")

    return answer


def answer_all() -> None:
    tools = steps.Tools(SimpleNamespace(pick=lambda service: None))
    for pk in chat.claim():
        async_to_sync(chat.work)(tools, pk)


@pytest.fixture
def visitor(browser_of, alice: User) -> Client:
    return browser_of(alice)


def post(visitor: Client, team: Team, **fields: Any) -> Any:
    data = {"purpose": "improve", "prompt": "a fox", "request_key": "request-0001", **fields}
    return visitor.post(reverse("create:assist", args=[team.slug]), data)


def test_asking_and_reading_the_answer(visitor, team):
    asked = post(visitor, team)
    assert asked.status_code == 201
    told = asked.json()
    assert (told["state"], told["price"], told["text"], told["message"]) == ("queued", 2, "", "")
    answer_all()
    assert visitor.get(told["url"]).json() == {**told, "state": "done", "text": "A red fox"}
    again = post(visitor, team)
    assert (again.status_code, again.json()["id"]) == (200, told["id"])
    assert billing.balance(team).available == 998


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x" * 5001}, "prompt"),
        ({"purpose": "describe"}, "asset"),
        ({"purpose": "describe", "asset": "999999"}, "asset"),
        ({"purpose": "describe", "output": "nonsense"}, "asset"),
        ({"purpose": "dance"}, "purpose"),
        ({"model": "fake:nobody"}, "model"),
        ({"request_key": ""}, ""),
    ],
)
def test_what_can_not_be_asked_says_why(visitor, team, fields, part):
    answer = post(visitor, team, **fields)
    assert answer.status_code == 422
    assert answer.json()["field"] == part and answer.json()["message"]
    assert not Reply.objects.exists()


def test_too_few_credits(visitor, team):
    PriceRule.objects.filter(operation="improve").update(credits=5000)
    answer = post(visitor, team)
    assert answer.status_code == 422
    assert "5000 needed" in answer.json()["message"]


def test_another_teams_picture_is_no_picture(visitor, team):
    world = World()
    with transaction.atomic():
        foreign = world.asset(world.elsewhere)
    answer = post(visitor, team, purpose="describe", prompt="", asset=foreign.pk)
    assert (answer.status_code, answer.json()["field"]) == (422, "asset")


def test_a_picture_and_a_result_are_described(browser_of, service):
    world = World()
    visitor = browser_of(world.actors["creator"])
    with transaction.atomic():
        output = world.output(world.team)
    for number, named in enumerate([{"asset": output.asset_id}, {"output": output.pk}]):
        fields = {"purpose": "describe", "prompt": "", "request_key": f"request-000{number}", **named}
        assert post(visitor, world.team, **fields).status_code == 201
    answer_all()
    assert Reply.objects.filter(state=ReplyState.DONE).count() == 2
    assert all(question.messages[1].files for question in service.questions)


def test_the_stream_and_its_end(team, alice, visitor):
    told = post(visitor, team).json()
    answer_all()

    async def read() -> tuple[Any, str]:
        client = AsyncClient()
        await client.aforce_login(alice)
        response = await client.get(told["events"])
        return response, b"".join([part async for part in response.streaming_content]).decode()

    response, body = async_to_sync(read)()
    assert response["Content-Type"] == "text/event-stream"
    assert response["X-Accel-Buffering"] == "no"
    events = [part.split("\n") for part in body.strip().split("\n\n") if part.startswith("event:")]
    assert [name for name, _data in events] == ["event: text", "event: done"]
    assert json.loads(events[1][1].removeprefix("data: ")) == {"text": "A red fox", "thinking": "", "cost": 2}


def test_stopping(visitor, team):
    told = post(visitor, team).json()
    assert visitor.post(told["stop"]).json()["state"] == "canceled"
    assert visitor.post(told["stop"]).json()["state"] == "canceled"
    assert visitor.get(told["stop"]).status_code == 405
    answer_all()
    assert billing.balance(team).available == 1000


def test_who_may(visitor, team, browser_of, charlie):
    told = post(visitor, team).json()
    viewer = make_user("Vera Viewer")
    join(team, viewer, Role.VIEWER)
    for user, status in [(viewer, 403), (charlie, 404)]:
        other = browser_of(user)
        assert post(other, team).status_code == status
        assert [other.get(told[name]).status_code for name in ("url", "events")] == [status] * 2
        assert other.post(told["stop"]).status_code == status


def test_a_failure_says_why_in_the_language_of_the_page(visitor, team, monkeypatch):
    monkeypatch.setattr(chat, "astream_chat", says(""))
    told = post(visitor, team).json()
    answer_all()
    failed = visitor.get(told["url"]).json()
    assert (failed["state"], failed["message"]) == ("failed", chat.NO_WORDS)


def form(visitor, team, **query: Any):
    return visitor.get(reverse("create:assist-form", args=[team.slug]), query)


def test_the_form_names_the_models_with_their_prices(visitor, team):
    page = form(visitor, team).content.decode()
    for choice in chat.choices(ReplyPurpose.IMPROVE):
        assert f'value="{choice.entry.key}" data-price="{choice.price}"' in page
    assert 'value="improve"' in page and 'name="thinking"' in page


def test_the_form_is_about_the_file_that_is_named(browser_of):
    world = World()
    with transaction.atomic():
        output, foreign = world.output(world.team), world.asset(world.elsewhere)
    visitor, team = browser_of(world.actors["creator"]), world.team
    page = form(visitor, team, asset=output.asset_id).content.decode()
    assert 'value="describe"' in page and f'name="asset" value="{output.asset_id}"' in page
    assert f'name="output" value="{output.pk}"' in form(visitor, team, output=output.pk).content.decode()
    for named in ({"asset": foreign.pk}, {"output": "x"}, {"asset": 0}):
        assert form(visitor, team, **named).status_code == 404

"""Questions to chat models: asked once, paid when the answer is whole, followed while it grows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections, transaction
from django.utils import timezone, translation

from providers.chats import ChatPiece
from providers.errors import ContentRejected, InvalidResponse, RateLimited, Unavailable
from studio.billing import services as billing
from studio.billing.models import PriceRule, Transfer
from studio.jobs import chat, engine, steps
from studio.jobs.management.commands.clock import Clock
from studio.jobs.models import Reply, ReplyState
from studio.jobs.stream import follow_reply
from studio.media import services as media
from studio.media.models import Asset, Origin
from tests.jobs.looking import assert_clean
from tests.media.films import film
from tests.media.pictures import encode, photo

pytestmark = pytest.mark.django_db(transaction=True)

TOOLS = steps.Tools(SimpleNamespace(pick=lambda service: None))
STOP = ChatPiece(finish="stop", usage={"total_tokens": 20})


class Script:
    """What the model says: pieces, errors to raise, and things to do or wait for in between."""

    def __init__(self) -> None:
        self.answers: list[list[Any]] = []
        self.asked = 0
        self.closed = 0

    async def __call__(self, question: Any, client: Any, **_options: Any) -> AsyncIterator[ChatPiece]:
        self.asked += 1
        try:
            for item in self.answers.pop(0) if self.answers else [ChatPiece("A red fox"), STOP]:
                if isinstance(item, Exception):
                    raise item
                if isinstance(item, ChatPiece):
                    yield item
                elif asyncio.iscoroutinefunction(item):
                    await item()
                else:
                    await sync_to_async(item)()
        finally:
            self.closed += 1


@pytest.fixture
def script(fake, monkeypatch, settings, tmp_path) -> Script:
    settings.MEDIA_ROOT = tmp_path / "media"
    made = Script()
    monkeypatch.setattr(chat, "astream_chat", made)
    monkeypatch.setattr(chat, "WRITE_EVERY", 0.01)
    monkeypatch.setattr(chat, "LOOK_EVERY", 0.02)
    return made


@pytest.fixture
def question(membership, script) -> Callable[..., Reply]:
    def make(prompt: str = "a fox", **fields: Any) -> Reply:
        values = {"purpose": "improve", "request_key": "request-0001", "prompt": prompt, **fields}
        reply, _is_new = chat.ask(membership, **values)
        return reply

    return make


@pytest.fixture
def picture(team, alice) -> Asset:
    with transaction.atomic():
        prepared = media.prepare(encode(photo(40, 30), "PNG"), mode="upload")
        return media.record(prepared, team=team, user=alice, origin=Origin.UPLOAD, name="Dune")


def answer() -> list[int]:
    claimed = chat.claim()
    for pk in claimed:
        async_to_sync(chat.work)(TOOLS, pk)
    return claimed


def fresh(reply: Reply) -> Reply:
    return Reply.objects.get(pk=reply.pk)


def test_the_engine_answers_it(question, script, fake, team, run_engine):
    reply = question("a fox --ar 3:2 --no rain, snow")
    assert billing.balance(team) == billing.Balance(available=998, held=2)
    run_engine()
    reply = fresh(reply)
    assert (reply.state, reply.cost, reply.usage) == (ReplyState.DONE, 2, {"total_tokens": 20})
    assert reply.text == "A red fox --ar 3:2 --no rain, snow"
    assert billing.balance(team) == billing.Balance(available=998, held=0)
    (asked,) = fake.questions
    assert [message.role for message in asked.messages] == ["system", "user"]
    assert asked.messages[1].text == "a fox"
    assert asked.model.slug == "talker" and asked.stream
    assert_clean()


def test_it_thinks_first_where_that_is_offered(question, picture, fake):
    question(thinks=True)
    question("", purpose="describe", asset=picture, thinks=True)
    answer()
    assert [asked.thinking for asked in fake.questions] == [True, False]


def test_an_answer_fits_into_what_a_window_leaves():
    assert chat.LONGEST_ANSWER < engine.DRAIN_SECONDS


def test_a_picture_is_described(question, picture, fake):
    reply = question("", purpose="describe", asset=picture)
    answer()
    assert fresh(reply).state == ReplyState.DONE
    told, asked = fake.questions[0].messages
    (shown,) = asked.files
    assert (shown.width, shown.media_type) == (40, "image/png")
    assert shown.read().startswith(b"\x89PNG")
    assert asked.text and "picture" in told.text
    assert fresh(reply).cost == 3


def test_another_model_may_be_chosen(question, fake):
    assert [choice.entry.key for choice in chat.choices(chat.ReplyPurpose.IMPROVE)] == ["fake:talker", "fake:writer"]
    assert [choice.price for choice in chat.choices(chat.ReplyPurpose.IMPROVE)] == [2, 2]
    assert chat.choices(chat.ReplyPurpose.DESCRIBE_VIDEO) == []
    reply = question(model_key="fake:writer")
    answer()
    assert fresh(reply).model == "writer"


def test_it_is_told_in_the_language_of_the_page(question, fake, monkeypatch):
    with translation.override("zh-hans"):
        reply = question()
    assert reply.language == "zh-hans"
    said_in: list[str | None] = []
    monkeypatch.setattr(chat, "_", lambda text: said_in.append(translation.get_language()) or text)
    answer()
    assert set(said_in) == {"zh-hans"}
    assert fresh(reply).state == ReplyState.DONE


def test_the_answer_grows_in_the_row(question, script):
    seen: list[tuple[str, str]] = []

    async def look() -> None:
        await asyncio.sleep(0.05)
        row = await sync_to_async(Reply.objects.get)()
        seen.append((row.text, row.thinking))

    script.answers = [[ChatPiece(thinking="Hm."), look, ChatPiece("A red "), look, ChatPiece("fox"), STOP]]
    question()
    answer()
    assert seen == [("", "Hm."), ("A red ", "Hm.")]
    assert fresh(Reply.objects.get()).text == "A red fox"


@pytest.mark.parametrize(
    ("said", "state", "text", "message"),
    [
        ([ChatPiece("A red"), Unavailable("x", code="stream_broken")], "failed", "A red", chat.BROKE_OFF),
        ([ChatPiece("A red")], "failed", "A red", chat.BROKE_OFF),
        ([], "failed", "", chat.BROKE_OFF),
        ([ChatPiece("A r"), ChatPiece(finish="content_filter")], "failed", "A r", chat.REFUSED),
        ([ContentRejected("The filter refused this.")], "failed", "", "The filter refused this."),
        ([ChatPiece("A"), ContentRejected("The filter refused this.")], "failed", "A", "The filter refused this."),
        ([RateLimited()], "failed", "", RateLimited.default_message),
        ([ChatPiece("A"), InvalidResponse()], "failed", "A", chat.BROKE_OFF),
        ([ChatPiece("A"), ValueError("ours")], "failed", "A", chat.BROKEN),
        ([ChatPiece("  \n"), STOP], "failed", "  \n", chat.NO_WORDS),
        ([ChatPiece("A red fox", finish="length")], "done", "A red fox", ""),
        ([ChatPiece("“A red fox”\n"), STOP], "done", "A red fox", ""),
        ([ChatPiece('"A" and "B"'), STOP], "done", '"A" and "B"', ""),
        ([ChatPiece("A\x00 fox \ud83d"), STOP], "done", "A� fox �", ""),
    ],
)
def test_every_end(question, script, team, said, state, text, message):
    script.answers = [said]
    reply = question()
    answer()
    reply = fresh(reply)
    assert (reply.state, reply.text, reply.error_message) == (state, text, message)
    cost = 2 if state == "done" else 0
    assert reply.cost == cost
    assert billing.balance(team) == billing.Balance(available=1000 - cost, held=0)
    assert script.closed == 1
    assert_clean()


def test_an_answer_without_end_is_cut(question, script, monkeypatch):
    monkeypatch.setattr(chat, "MAX_TEXT", 1000)
    script.answers = [[ChatPiece("word " * 150)] * 50]
    reply = question()
    answer()
    assert fresh(reply).state == ReplyState.DONE
    assert len(fresh(reply).text) == 999  # of 1000, without the blank at the end
    assert script.closed == 1


def test_a_model_that_says_nothing_is_not_waited_for_for_ever(question, script, team, monkeypatch):
    monkeypatch.setattr(chat, "LONGEST_ANSWER", 0.05)

    async def never() -> None:
        await asyncio.Event().wait()

    script.answers = [[ChatPiece("A red"), never]]
    reply = question()
    answer()
    reply = fresh(reply)
    assert (reply.state, reply.text, reply.error_message) == ("failed", "A red", chat.TOO_SLOW)
    assert billing.balance(team).available == 1000
    assert script.closed == 1


def test_it_is_stopped_in_the_middle(question, script, team):
    async def never() -> None:
        await asyncio.Event().wait()

    def stop() -> None:
        assert chat.stop(Reply.objects.get()) is True

    script.answers = [[ChatPiece("A red"), never_after(0.05), stop, never]]
    reply = question()
    answer()
    reply = fresh(reply)
    assert (reply.state, reply.text, reply.cost) == (ReplyState.CANCELED, "A red", 0)
    assert script.closed == 1
    assert billing.balance(team).available == 1000
    assert chat.stop(reply) is False
    assert_clean()


def never_after(seconds: float) -> Callable[[], Any]:
    async def pause() -> None:
        await asyncio.sleep(seconds)

    return pause


def test_it_is_stopped_before_it_was_asked(question, script, team):
    reply = question()
    assert chat.stop(reply) is True
    assert answer() == [] and not chat.waiting()
    assert (fresh(reply).state, script.asked) == (ReplyState.CANCELED, 0)
    assert_clean()


def test_it_is_stopped_just_before_it_is_asked(question, script, team):
    reply = question()
    (claimed,) = chat.claim()
    assert chat.stop(reply) is True
    async_to_sync(chat.work)(TOOLS, claimed)
    assert (fresh(reply).state, script.asked) == (ReplyState.CANCELED, 0)
    assert_clean()


def test_a_stop_that_comes_too_late_changes_nothing(question, script, team):
    reply = question()
    answer()
    assert chat.stop(reply) is False
    assert (fresh(reply).state, fresh(reply).cost) == (ReplyState.DONE, 2)
    assert_clean()


def test_a_dead_workers_question_is_not_asked_twice(question, script, team):
    reply = question()
    assert chat.claim() == [reply.pk]
    Reply.objects.update(text="A red", lease_until=timezone.now() - timedelta(seconds=1))
    stale = fresh(reply)
    assert chat.waiting() and engine.anything_to_do()
    assert chat.claim() == []
    assert (fresh(reply).state, fresh(reply).text) == (ReplyState.FAILED, "A red")
    assert fresh(reply).error_message == chat.BROKE_OFF
    assert billing.balance(team).available == 1000
    # should it be alive after all, it has lost its claim
    heard = chat._Heard(text="A red fox", finish="stop")
    assert chat._write(stale, heard) is False
    chat._finish(stale, heard, None)
    assert (fresh(reply).state, fresh(reply).text, fresh(reply).cost) == (ReplyState.FAILED, "A red", 0)
    assert not chat.waiting()
    assert_clean()


def test_a_window_that_ends_ends_it_too(question, script, team):
    reply = question()
    script.answers = [[ChatPiece("A red"), lambda: None, forever]]

    async def scenario() -> None:
        (pk,) = await sync_to_async(chat.claim)()
        task = asyncio.create_task(chat.work(TOOLS, pk))
        while not (await sync_to_async(fresh)(reply)).text:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async_to_sync(scenario)()
    assert (fresh(reply).state, fresh(reply).text, fresh(reply).cost) == (ReplyState.FAILED, "A red", 0)
    assert script.closed == 1
    assert_clean()


async def forever() -> None:
    await asyncio.Event().wait()


def test_a_claim_has_one_winner(question):
    question()

    def claim(_n: int) -> int:
        try:
            return len(chat.claim())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(claim, range(4))) == 1


def test_twenty_posts_of_one_form_are_one_question(question, team):
    def post(_n: int) -> int:
        try:
            return question().pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(post, range(20)))) == 1
    assert Transfer.objects.filter(kind="hold").count() == 1
    assert billing.balance(team).held == 2


def test_the_same_form_with_other_words_is_another_question(question):
    assert question("a fox").pk != question("a hare").pk


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": " \n "}, "prompt"),
        ({"prompt": "--ar 3:2"}, "prompt"),
        ({"prompt": "x" * 301}, "prompt"),
        ({"prompt": "a\x00fox"}, "prompt"),
        ({"purpose": "sing"}, "purpose"),
        ({"purpose": "describe"}, "asset"),
        ({"purpose": "describe-video"}, "model"),
        ({"model_key": "fake:once"}, "model"),
        ({"model_key": "fake:writer", "purpose": "describe"}, "model"),
        ({"request_key": "x"}, ""),
    ],
)
def test_bad_input_is_told_plainly(question, fields, part):
    with pytest.raises(chat.CannotAsk) as problem:
        question(**fields)
    assert problem.value.field == part and problem.value.user_message
    assert not Reply.objects.exists()


def test_files_that_do_not_fit(question, picture, team, alice, charlie):
    with transaction.atomic():
        video = media.record(
            media.prepare(film(), mode="upload"), team=team, user=alice, origin=Origin.UPLOAD, name="Film"
        )
        large = media.record(
            media.prepare(encode(photo(2001, 4), "PNG"), mode="upload"),
            team=team,
            user=alice,
            origin=Origin.UPLOAD,
            name="Long",
        )
    foreign = Asset(pk=picture.pk, team=charlie.memberships.get().team, kind="image")
    for asset in (video, large, foreign):
        with pytest.raises(chat.CannotAsk) as problem:
            question("", purpose="describe", asset=asset)
        assert problem.value.field == "asset"
    with pytest.raises(chat.CannotAsk):
        question("a fox", asset=picture)


def test_without_credits_or_price_nothing_is_asked(question, team):
    PriceRule.objects.filter(operation="improve").update(credits=5000)
    with pytest.raises(billing.NotEnoughCredits):
        question()
    PriceRule.objects.filter(operation="improve").delete()
    with pytest.raises(chat.CannotAsk):
        question()
    assert not Reply.objects.exists()
    assert billing.balance(team).available == 1000


def test_without_any_service_nothing_is_asked(question, settings):
    settings.SANDBOX_URL = ""
    with pytest.raises(chat.CannotAsk) as problem:
        question()
    assert problem.value.field == "model"


def test_a_file_deleted_meanwhile_ends_it(question, picture, script):
    reply = question("", purpose="describe", asset=picture)
    picture.delete()
    answer()
    assert (fresh(reply).state, fresh(reply).cost, script.asked) == (ReplyState.FAILED, 0, 0)
    assert_clean()


def test_old_words_go_and_the_books_stay(question, monkeypatch):
    reply = question()
    answer()
    clock = Clock()
    clock.tick()
    assert fresh(reply).text
    Reply.objects.update(finished_at=timezone.now() - chat.WORDS_KEPT - timedelta(minutes=1))
    assert chat.clean_old() == 1 and chat.clean_old() == 0
    assert (fresh(reply).prompt, fresh(reply).text, fresh(reply).cost) == ("", "", 2)
    assert_clean()


# ── following ────────────────────────────────────────


async def read(lines: AsyncIterator[str]) -> list[tuple[str, dict[str, Any]]]:
    found = []
    async with asyncio.timeout(20):
        async for line in lines:
            if line.startswith("event:"):
                name, data = line.strip().split("\n")
                found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_a_page_follows_it(question, script):
    reply = question()
    told: list[Any] = []

    async def heard() -> None:
        while not any(data["text"] == "A red" for _name, data in told):
            await asyncio.sleep(0.01)

    script.answers = [[ChatPiece(thinking="Hm.", text="A red"), heard, ChatPiece(" fox"), STOP]]

    async def follow() -> None:
        async for line in follow_reply(reply.pk, "en"):
            if line.startswith("event:"):
                name, data = line.strip().split("\n")
                told.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))

    async def scenario() -> None:
        async with asyncio.timeout(20):
            following = asyncio.create_task(follow())
            (pk,) = await sync_to_async(chat.claim)()
            await chat.work(TOOLS, pk)
            await following

    async_to_sync(scenario)()
    assert ("text", {"text": "A red", "thinking": "Hm."}) in told
    assert told[-1] == ("done", {"text": "A red fox", "thinking": "Hm.", "cost": 2})
    assert [name for name, _data in told].count("done") == 1


def test_a_page_that_comes_late_gets_the_whole(question, script):
    script.answers = [[ChatPiece("A red"), ContentRejected()]]
    reply = question()
    answer()
    told = async_to_sync(read)(follow_reply(reply.pk, "en"))
    words = {"text": "A red", "thinking": ""}
    assert told == [("text", words), ("failed", {**words, "message": ContentRejected.default_message})]
    stopped = question("a hare")
    chat.stop(stopped)
    assert [name for name, _data in async_to_sync(read)(follow_reply(stopped.pk, "en"))] == ["text", "canceled"]


def test_a_reply_that_is_gone_ends_the_stream(script):
    assert async_to_sync(read)(follow_reply(999_999, "en")) == []

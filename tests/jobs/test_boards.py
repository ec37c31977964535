"""Copies of moodboards at a service that answers what it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import transaction
from django.utils import timezone

from providers.base import Flow
from providers.errors import (
    AuthFailed,
    ContentRejected,
    InvalidResponse,
    RateLimited,
    Unavailable,
)
from studio.accounts.models import Team, User
from studio.jobs import boards, catalog, steps
from studio.jobs.boards import BoardInfo, BoardRefused, NotReady
from studio.jobs.models import BoardState, ServiceBoard
from studio.media import services as media
from studio.media.models import Asset, Origin
from tests.jobs.pinboard import TOOLS, Pinboard, change, drive, ids, make_due, send, want
from tests.media.pictures import encode, photo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> Iterator[type[Pinboard]]:
    for kept in (Pinboard.kept, Pinboard.calls, Pinboard.problems, Pinboard.meanwhile, Pinboard.given):
        kept.clear()
    Pinboard.made = 0
    monkeypatch.setattr(boards, "PROVIDERS", (Pinboard,))
    monkeypatch.setattr(catalog, "get_provider", lambda slug: Pinboard)
    monkeypatch.setattr(steps, "arun", drive)
    monkeypatch.setattr(boards, "_finders", [])
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    settings.MEDIA_ROOT = tmp_path / "media"
    yield Pinboard


@pytest.fixture
def pictures(team: Team, alice: User) -> list[Asset]:
    with transaction.atomic():
        return [
            media.record(
                media.prepare(encode(photo(40 + number, 30), "PNG"), mode="upload"),
                team=team,
                user=alice,
                origin=Origin.UPLOAD,
                name=f"Dune {number}",
            )
            for number in range(3)
        ]


@pytest.fixture
def info(pictures: list[Asset]) -> BoardInfo:
    return BoardInfo(7, "Low sun", "Haze", tuple(asset.pk for asset in pictures[:2]), version=1)


@pytest.fixture
def copy() -> Callable[[], ServiceBoard]:
    return lambda: ServiceBoard.objects.get()


def test_a_board_is_made_when_it_is_first_used(team, info, pictures, copy, service):
    want(team, info)
    with pytest.raises(NotReady):
        ids(team)
    assert boards.waiting()
    assert send() == 1
    assert ids(team) == ("m-1",)
    sent = service.kept["m-1"]
    assert (sent.name, sent.description, len(sent.images)) == ("Low sun", "Haze", 2)
    tokens = [link.rsplit("/", 1)[1] for link in sent.images]
    assert [media.read_input_token(token) for token in tokens] == [pictures[0].pk, pictures[1].pk]
    assert sent.images[0].startswith("http://127.0.0.1:")
    assert (copy().state, copy().due_at, copy().lease_until) == (BoardState.READY, None, None)
    assert not boards.waiting()


def test_wanting_it_again_sends_nothing(team, info, service):
    want(team, info)
    send()
    want(team, info)
    assert send() == 0
    assert service.calls == ["create"]


def test_a_changed_board_is_renewed_under_its_id(team, info, pictures, service):
    want(team, info)
    send()
    change(team, replace(info, asset_ids=(*info.asset_ids, pictures[2].pk), version=2))
    with pytest.raises(NotReady) as late:
        ids(team)
    assert 0 < late.value.retry_after <= 30
    make_due()
    send()
    assert service.calls == ["create", "update"]
    assert len(service.kept["m-1"].images) == 3
    assert ids(team) == ("m-1",)


def test_a_board_that_was_never_used_is_not_sent(team, info):
    change(team, replace(info, version=2))
    assert not boards.waiting() and not ServiceBoard.objects.exists()


def test_a_new_name_waits_for_the_next_change(team, info, copy):
    want(team, info)
    send()
    change(team, replace(info, name="High sun"))
    assert not boards.waiting()
    assert copy().name == "High sun"
    assert ids(team) == ("m-1",)


def test_old_news_change_nothing(team, info, copy):
    want(team, replace(info, version=3))
    change(team, replace(info, version=2, asset_ids=()))
    want(team, replace(info, version=1, asset_ids=()))
    assert (copy().version, len(copy().asset_ids)) == (3, 2)


def test_a_change_while_it_is_being_sent_is_sent_too(team, info, pictures, service, copy):
    want(team, info)
    newer = replace(info, asset_ids=(pictures[2].pk,), version=2)
    service.meanwhile.append(lambda: change(team, newer))
    send()
    assert (copy().sent_version, copy().version, copy().state) == (1, 2, BoardState.WAITING)
    with pytest.raises(NotReady):
        ids(team)
    make_due()
    send()
    assert service.calls == ["create", "update"]
    assert len(service.kept["m-1"].images) == 1
    assert ids(team) == ("m-1",)


def test_a_refusal_of_what_has_changed_meanwhile_is_no_refusal(team, info, service, copy):
    want(team, info)
    service.meanwhile.append(lambda: change(team, replace(info, version=2)))
    service.problems.append(ContentRejected("No."))
    send()
    assert copy().state == BoardState.WAITING
    make_due()
    send()
    assert ids(team) == ("m-1",)


def test_a_board_deleted_at_the_service_is_made_anew(team, info, service):
    want(team, info)
    send()
    service.kept.clear()
    change(team, replace(info, version=2))
    make_due()
    send()
    assert service.calls == ["create", "update", "create"]
    assert ids(team) == ("m-2",)


def test_a_lost_board_is_noticed_when_asked_for(team, info, pictures, service):
    other = replace(info, id=8, name="Rain")
    want(team, info, other)
    send()
    service.kept.pop("m-1")
    assert async_to_sync(boards.verify)(TOOLS, "pinboard", None) == 1
    with pytest.raises(NotReady):
        ids(team, 7)
    assert ids(team, 8) == ("m-2",)
    send()
    assert ids(team, 7, 8) == ("m-3", "m-2")


def test_one_sent_after_the_question_is_not_lost(team, info, service):
    want(team, info)

    def list_boards(self: Pinboard) -> Flow[frozenset[str]]:
        yield from ()
        send_in_between()
        return frozenset()

    def send_in_between() -> None:
        ServiceBoard.objects.update(remote_id="m-9", updated_at=timezone.now() + timedelta(seconds=1))

    service_list, service.list_boards = service.list_boards, list_boards
    try:
        assert async_to_sync(boards.verify)(TOOLS, "pinboard", None) == 0
    finally:
        service.list_boards = service_list


def test_a_refused_picture_is_named_and_not_sent_again(team, info, service, copy):
    want(team, info)

    def refuse() -> None:
        link = media.signed_input_url(Asset.objects.get(name="Dune 1"), base_url="http://127.0.0.1:8000")
        service.problems.append(ContentRejected("The filter refused a picture.", raw={"image": link}))

    service.meanwhile.append(refuse)
    send()
    with pytest.raises(BoardRefused) as refused:
        ids(team)
    assert refused.value.user_message == "The filter refused a picture."
    [standing] = boards.standings(team, 7, 1)
    assert (standing.state, standing.problem) == ("refused", "The filter refused a picture. (Dune 1)")
    want(team, info)
    assert send() == 0
    # once the board has changed it has another chance
    change(team, replace(info, asset_ids=info.asset_ids[:1], version=2))
    make_due()
    send()
    assert ids(team) == ("m-1",)


@pytest.mark.parametrize(("told", "named"), [("image 2 is none", "No. (Dune 1)"), ("image 9", "No."), ("image", "No.")])
def test_a_refused_picture_is_known_by_its_number(team, info, service, told, named):
    want(team, info)
    service.problems.append(ContentRejected("No.", raw={"message": told}))
    send()
    assert boards.standings(team, 7, 1)[0].problem == named


@pytest.mark.parametrize("error", [Unavailable(), RateLimited(retry_after=20), Unavailable(maybe_accepted=True)])
def test_what_passes_is_tried_again_later(team, info, service, copy, error):
    want(team, info)
    service.problems.append(error)
    send()
    assert copy().state == BoardState.WAITING
    assert copy().due_at - timezone.now() > timedelta(seconds=(error.retry_after or 2) - 1)
    assert send() == 0
    with pytest.raises(NotReady):
        ids(team)
    make_due()
    send()
    assert ids(team) == ("m-1",)
    assert copy().attempts == 0


def test_a_key_that_is_refused_is_tried_again_when_the_board_is_used_again(team, info, service):
    want(team, info)
    service.problems.append(AuthFailed())
    send()
    with pytest.raises(BoardRefused, match="key"):
        ids(team)
    assert send() == 0
    want(team, info)
    send()
    assert ids(team) == ("m-1",)


@pytest.mark.parametrize("error", [InvalidResponse(), RuntimeError("a bug of ours")])
def test_what_stays_broken_ends(team, info, service, copy, error):
    want(team, info)
    service.problems.extend([error] * boards.MAX_BROKEN)
    for _round in range(boards.MAX_BROKEN):
        make_due()
        send()
    assert (copy().state, copy().due_at) == (BoardState.FAILED, None)
    assert copy().problem
    assert len(service.calls) == boards.MAX_BROKEN


def test_a_service_that_cannot_reach_us(team, info, service, settings):
    settings.SANDBOX_URL = "http://sandbox.example:9"
    want(team, info)
    send()
    with pytest.raises(BoardRefused, match="STUDIO_PUBLIC_URL"):
        ids(team)
    assert service.calls == []
    settings.PUBLIC_URL = "https://studio.example"
    want(team, info)
    send()
    assert service.kept["m-1"].images[0].startswith("https://studio.example/")


def test_an_empty_board_is_not_sent(team, info, service):
    want(team, replace(info, asset_ids=()))
    send()
    with pytest.raises(BoardRefused, match="no pictures"):
        ids(team)
    assert service.calls == []


def test_two_workers_one_winner(team, info, service):
    want(team, info)
    first, second = boards.claim(), boards.claim()
    assert (len(first), second) == (1, [])


def test_a_worker_that_lost_its_claim_writes_nothing(team, info, service, copy):
    want(team, info)

    def overtaken() -> None:
        ServiceBoard.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        [pk] = boards.claim()
        assert pk == copy().pk

    service.meanwhile.append(overtaken)
    send()
    assert copy().remote_id == "" and copy().lease_until > timezone.now()


def test_an_unknown_board_is_asked_for(team, info):
    boards.register(lambda of, wanted: [info] if info.id in wanted else [])
    with pytest.raises(NotReady):
        ids(team)
    send()
    assert ids(team) == ("m-1",)
    with pytest.raises(BoardRefused):
        ids(team, 99)


def test_how_it_stands_in_plain_words(team, info):
    def state(version: int = 1) -> str:
        return boards.standings(team, 7, version)[0].state

    assert state() == "unused"
    want(team, info)
    assert state() == "waiting"
    send()
    assert state() == "current"
    assert state(version=2) == "waiting"


def test_a_service_has_time_to_fetch_500_pictures(team, info, service):
    want(team, info)
    send()
    change(team, replace(info, version=2))
    make_due()
    send()
    async_to_sync(boards.verify)(TOOLS, "pinboard", None)
    assert service.calls == ["create", "update", "list"]
    assert min(service.given[:2]) > 120 > service.given[2]
    assert timedelta(seconds=sum(service.given[:2])) < boards.LEASE


def cancel_while_sending(monkeypatch, meanwhile: Callable[[], None] = lambda: None) -> None:
    """The window ends while the board is on its way."""

    async def cancel() -> None:
        begun = asyncio.Event()

        async def never(*_args: Any) -> str:
            begun.set()
            await asyncio.Event().wait()
            return ""

        with monkeypatch.context() as patch:
            patch.setattr(boards, "_send", never)
            task = asyncio.create_task(boards.work(TOOLS, pk))
            await begun.wait()
            await sync_to_async(meanwhile)()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    (pk,) = boards.claim()
    async_to_sync(cancel)()


def test_a_canceled_copy_is_free_for_the_next_window(team, info, copy, monkeypatch):
    want(team, info)
    cancel_while_sending(monkeypatch)
    assert (copy().lease_until, copy().attempts, copy().state) == (None, 0, BoardState.WAITING)
    assert send() == 1
    assert ids(team) == ("m-1",)


def test_a_canceled_copy_that_has_changed_meanwhile_is_free_too(team, info, copy, monkeypatch):
    want(team, info)
    cancel_while_sending(monkeypatch, lambda: change(team, replace(info, version=2)))
    assert (copy().lease_until, copy().attempts, copy().version) == (None, 0, 2)


def test_a_copy_that_changes_as_it_is_claimed_waits_no_longer_for_it(team, info, service, copy):
    want(team, info)
    (pk,) = boards.claim()
    change(team, replace(info, version=2))
    service.problems.append(Unavailable())
    async_to_sync(boards.work)(TOOLS, pk)
    assert copy().due_at - timezone.now() < timedelta(seconds=boards.PAUSES[0] + 1)


@pytest.mark.parametrize("tell", [want, change])
def test_a_wake_up_that_fails_is_no_failure(team, info, copy, monkeypatch, tell):
    def broken() -> None:
        raise RuntimeError("the queue is away")

    want(team, info)
    monkeypatch.setattr(boards, "wake", broken)
    tell(team, replace(info, version=2))
    assert copy().version == 2


def test_a_lost_board_is_lost_also_when_nobody_can_be_woken(team, info, service, monkeypatch):
    def broken() -> None:
        raise RuntimeError("the queue is away")

    want(team, info)
    send()
    service.kept.clear()
    monkeypatch.setattr(boards, "wake", broken)
    assert async_to_sync(boards.verify)(TOOLS, "pinboard", None) == 1

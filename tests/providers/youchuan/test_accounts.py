"""Bills, moodboards and the callback's test: what is asked, and what answers are read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import pytest

from providers.base import Board
from providers.bills import ChargePage
from providers.errors import (
    AuthFailed,
    ContentRejected,
    InvalidRequest,
    InvalidResponse,
    QuotaExhausted,
    ResultExpired,
    Unavailable,
)
from providers.youchuan import Youchuan
from providers.youchuan.provider import BOARDS_PAGE_SIZE, PAGE_SIZE

from .tools import JOB, assert_documented, drive, payload, reply, youchuan

COST = payload("reply-submitted")["cost"]
BOARD = Board("我的创意收集", "收集各种风景图片", ("https://example.com/image1.jpg", "https://example.com/image2.jpg"))
CHANGED = Board(
    "更新后的创意收集",
    "更新后的风景图片收集",
    ("https://example.com/new-image1.jpg", "https://example.com/new-image2.jpg"),
)


def page(*items: Any, **more: Any) -> dict[str, Any]:
    return {"total": len(items), "pageNo": 1, "pageSize": 10, "items": list(items), **more}


# ── bills ────────────────────────────────────────────────────────────────────


def test_bills_are_the_documented_requests() -> None:
    since = datetime(2023, 1, 1, tzinfo=UTC)
    # 23:59:59 in London is 07:59:59 of the next day in Shanghai
    until = datetime(2024, 1, 1, 7, 59, 59, tzinfo=timezone(timedelta(hours=8)))
    asked = next(youchuan().charges(1, since=since, until=until))
    assert_documented(asked, "request-costs", pageSize=str(PAGE_SIZE))
    assert_documented(next(youchuan().periods()), "request-cost-monthly", pageSize=str(PAGE_SIZE))
    assert dict(next(youchuan().charges(3)).url.params) == {"pageNo": "3", "pageSize": str(PAGE_SIZE)}


@pytest.mark.parametrize("number", [0, 1001])
def test_pages_that_the_service_does_not_have(number: int) -> None:
    with pytest.raises(InvalidRequest, match="no more pages"):
        next(youchuan().charges(number))
    with pytest.raises(InvalidRequest, match="no more pages"):
        next(youchuan().periods(number))


def test_charges_are_read() -> None:
    found = drive(youchuan().charges(1), reply(page(COST, total=7)))
    assert found.total == 7
    (charge,) = found.items
    assert (charge.remote_id, charge.amount, charge.unit) == (JOB, Decimal(50), "fen")
    assert charge.at == datetime(2025, 9, 8, 9, 1, 4, 510389, tzinfo=UTC)
    assert charge.raw == COST


@pytest.mark.parametrize(
    "body",
    [
        [COST],
        {"list": [COST]},
        {"data": {"records": [COST], "total": 1}},
        {"data": [COST]},
        {"items": [{"id": "1", "jobId": JOB, "fee": "50", "createdAt": "2025-09-08T09:01:04"}]},
        {"items": [{"jobId": JOB, "cost": {"feeCost": 50.0}}]},
        {"items": [{"id": JOB, "amount": 50}]},
        {"items": [COST, None, "x", {"jobId": JOB}, {"feeCost": 3}, {"jobId": "../x", "feeCost": 3}]},
    ],
)
def test_charges_are_read_in_other_shapes(body: Any) -> None:
    found = drive(youchuan().charges(1), reply(body))
    assert [(item.remote_id, item.amount) for item in found.items] == [(JOB, 50)]


@pytest.mark.parametrize("body", [{"total": 0, "items": []}, {"total": 0, "items": None}, {"data": {"total": 0}}])
def test_no_charges(body: Any) -> None:
    assert drive(youchuan().charges(1), reply(body)) == ChargePage((), 0)


@pytest.mark.parametrize("body", [{}, {"items": "x"}, {"data": {"data": {"data": {"data": {"data": []}}}}}, "x"])
def test_bills_that_make_no_sense(body: Any) -> None:
    with pytest.raises(InvalidResponse):
        drive(youchuan().charges(1), reply(body))
    with pytest.raises(InvalidResponse):
        drive(youchuan().periods(), reply(body))


def test_periods_are_read_newest_first() -> None:
    months = [{"month": "2026-09", "jobs": 3, "feeCost": 180}, {"month": "2026-10", "feeCost": "60.5"}, {"feeCost": 1}]
    found = drive(youchuan().periods(), reply(page(*months)))
    assert [(item.name, item.amount, item.unit, item.jobs) for item in found] == [
        ("2026-10", Decimal("60.5"), "fen", None),
        ("2026-09", Decimal(180), "fen", 3),
    ]


def test_a_credit_is_fifteen_fen() -> None:
    assert Youchuan.credit_worth == (15, "fen")
    # a picture's ¥0.6
    assert Youchuan.model("v7").operation("diffusion").price * 15 == 60


# ── callback ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("answer", [b"", b"{}", b'"ok"', b'{"jobId": "12345", "delivered": true}'])
def test_a_callback_can_be_tried(answer: bytes) -> None:
    assert_documented(next(youchuan().test_callback("12345")), "request-callback")
    assert drive(youchuan().test_callback("12345"), reply(answer)) is None


def test_a_callback_that_cannot_be_tried() -> None:
    with pytest.raises(InvalidRequest):
        next(youchuan().test_callback("../1"))
    for body in (b"<html>", b'{"code": 400, "reason": "Invalid_Argument"}'):
        with pytest.raises(InvalidRequest):
            drive(youchuan().test_callback("1"), reply(body, 400))
    with pytest.raises(AuthFailed):
        drive(youchuan().test_callback("1"), reply({"code": 401, "reason": "Invalid_App_Identifier"}))


# ── moodboards ───────────────────────────────────────────────────────────────


def test_moodboards_are_the_documented_requests() -> None:
    assert_documented(next(youchuan().create_board(BOARD)), "request-create-moodboard", tag=BOARD.name)
    assert_documented(next(youchuan().update_board("12345", CHANGED)), "request-update-moodboard", tag=CHANGED.name)
    assert_documented(next(youchuan().list_boards()), "request-moodboards", pageSize=str(BOARDS_PAGE_SIZE))


@pytest.mark.parametrize(
    "body",
    [
        {"createdAt": "2026-01-01T00:00:00Z", "id": "b1", "images": [], "tag": "x", "updatedAt": ""},
        {"id": "b1", "name": "x", "description": ""},
        {"data": {"id": "b1"}},
        {"moodboard": {"moodboardId": "b1"}},
    ],
)
def test_the_id_of_a_moodboard(body: Any) -> None:
    assert drive(youchuan().create_board(BOARD), reply(body)) == "b1"
    assert drive(youchuan().update_board("b0", BOARD), reply(body)) == "b1"


def test_a_change_whose_answer_names_no_id_keeps_it() -> None:
    assert drive(youchuan().update_board("b0", BOARD), reply({})) == "b0"
    with pytest.raises(InvalidResponse):
        drive(youchuan().create_board(BOARD), reply({"id": "../x"}))


def test_many_pictures_make_a_new_moodboard() -> None:
    def of(count: int) -> Board:
        return Board("x", "", tuple(f"https://s.example/{number}" for number in range(count)))

    assert next(youchuan().update_board("b0", of(30))).method == "PUT"
    asked = next(youchuan().update_board("b0", of(31)))
    assert (asked.method, str(asked.url)) == ("POST", "https://ali.youchuan.cn/v1/tob/moodboard")
    assert drive(youchuan().update_board("b0", of(31)), reply({"id": "b1"})) == "b1"
    assert len(json.loads(next(youchuan().create_board(of(500))).content)["images"]) == 500
    with pytest.raises(InvalidRequest, match="500"):
        next(youchuan().create_board(of(501)))


def test_a_moodboard_that_is_gone() -> None:
    for body in (b"", b'{"code": 404, "reason": "Moodboard_Not_Found"}'):
        with pytest.raises(ResultExpired, match="no longer has this moodboard"):
            drive(youchuan().update_board("b0", BOARD), reply(body, 404))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {}, InvalidRequest),
        (400, {"reason": "Invalid_Argument"}, InvalidRequest),
        (403, {"reason": "Msg_Sensitive"}, ContentRejected),
        (401, {"reason": "Invalid_App_Identifier"}, AuthFailed),
        (402, {"reason": "Account_Fee_Not_Enough"}, QuotaExhausted),
        (500, {"reason": "Internal_Server_Error"}, Unavailable),
        (502, {}, Unavailable),
    ],
)
def test_moodboards_that_are_refused(status: int, body: Any, kind: type[Exception]) -> None:
    for flow in (youchuan().create_board(BOARD), youchuan().update_board("b0", BOARD)):
        with pytest.raises(kind):
            drive(flow, reply(body, status))


def boards(*ids: str, total: int | None = None) -> httpx.Response:
    body: dict[str, Any] = {"items": [{"id": one} for one in ids]}
    return reply(body if total is None else {**body, "total": total})


@pytest.mark.parametrize(
    "answers",
    [
        [boards("a", "b", total=2)],
        [boards("a", total=2), boards("b", total=2)],
        [boards("a"), boards("b"), boards()],
        # a service that does not heed the page number
        [boards("a", "b"), boards("a", "b")],
        [boards("a", "b", total=9), boards("a", "b", total=9)],
    ],
)
def test_moodboards_are_listed_page_by_page(answers: list[httpx.Response]) -> None:
    assert drive(youchuan().list_boards(), *answers) == {"a", "b"}


def test_no_moodboards() -> None:
    assert drive(youchuan().list_boards(), boards(total=0)) == frozenset()

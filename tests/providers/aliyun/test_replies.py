"""Every documented reply, status and error, and the ways in which they may differ from their document."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from providers.base import Kind, Snapshot, State
from providers.errors import (
    AuthFailed,
    ContentRejected,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    NotConfigured,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ResultExpired,
    SubmitUnknown,
    Unavailable,
)

from .tools import LINK, aliyun, drive, order, payload, reply

KEY = "c3effe3c6e1b491d96671537105aa9fe"
MEANINGS: dict[str, type[ProviderError]] = {
    "23500001": GenerationFailed,
    "23500002": AuthFailed,
    "23500003": NotConfigured,
    "23500004": QuotaExhausted,
    "23500005": RateLimited,
    "23500006": ContentRejected,
    "23500007": InvalidRequest,
    "23500008": InvalidRequest,
    "23500009": ResultExpired,
    "23500010": InvalidRequest,
    "23500011": GenerationFailed,
    "23500012": InvalidRequest,
    "23500013": InvalidRequest,
    "23500014": NotConfigured,
}
ROWS = [tuple(row) for row in payload("error-table")]


def submit(*answers: httpx.Response | Exception) -> Any:
    return drive(aliyun().submit(order()), *answers)


def look(body: Any, status: int = 200) -> Snapshot:
    found = drive(aliyun().fetch(KEY), reply(body, status))
    assert isinstance(found, Snapshot)
    return found


def answer(**changes: Any) -> dict[str, Any]:
    """The documented answer to a query with another task."""
    body = payload("reply-query")
    task = {**body["data"]["task_list"][0], **changes}
    body["data"]["task_list"] = [{name: value for name, value in task.items() if value is not None}]
    return dict(body)


def test_the_documented_replies() -> None:
    taken = submit(reply(payload("reply-submit")))
    assert (taken.remote_id, taken.state) == ("6c8d2f2c0aa254b1e915d8ade38aacb5", State.QUEUED)
    done = look(payload("reply-query"))
    assert (done.remote_id, done.state, done.seed) == (KEY, State.SUCCEEDED, 0)
    assert [(file.index, file.kind, file.url) for file in done.files] == [(n, Kind.IMAGE, LINK) for n in range(3)]


@pytest.mark.parametrize("code", [0, "0", 23500000, "23500000", None])
def test_every_reading_of_success(code: Any) -> None:
    assert submit(reply({**payload("reply-submit"), "code": code})).state is State.QUEUED
    assert look({**payload("reply-query"), "code": code}).state is State.SUCCEEDED


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("WAITING", State.QUEUED),
        ("RUNNING", State.RUNNING),
        ("SUCCESS", State.SUCCEEDED),
        ("FAILED", State.FAILED),
        ("THINKING", State.UNKNOWN),
        ("", State.UNKNOWN),
    ],
)
def test_every_status(status: str, state: State) -> None:
    assert look(answer(status=status)).state is state


def test_every_row_is_here() -> None:
    assert [row[1] for row in ROWS] == list(MEANINGS)


@pytest.mark.parametrize("as_number", [True, False])
@pytest.mark.parametrize(("status", "code", "message"), ROWS)
def test_every_row_of_the_error_table(status: int, code: str, message: str, as_number: bool) -> None:
    body = {"code": int(code) if as_number else code, "message": message, "requestId": "R-1", "success": False}
    with pytest.raises(ProviderError) as caught:
        submit(reply(body, status, {"Retry-After": "7"}))
    assert type(caught.value) is MEANINGS[code]
    assert (caught.value.code, caught.value.request_id, caught.value.retry_after) == (code, "R-1", 7.0)
    assert message not in caught.value.user_message and code not in caught.value.user_message


@pytest.mark.parametrize(("status", "code", "message"), ROWS)
def test_a_row_is_known_by_its_words_and_in_a_good_reply(status: int, code: str, message: str) -> None:
    for body, found in (({"message": message}, status), ({"code": code, "message": "?", "success": False}, 200)):
        with pytest.raises(MEANINGS[code]):
            submit(reply(body, found))


@pytest.mark.parametrize(("status", "code", "message"), ROWS)
def test_a_question_that_fails_says_nothing_of_the_job(status: int, code: str, message: str) -> None:
    meaning = MEANINGS[code]
    with pytest.raises(Unavailable if meaning is GenerationFailed else meaning):
        look({"code": code, "message": message, "success": False}, status)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Job execution failed", GenerationFailed),
        ("The image did not pass the content compliance check", ContentRejected),
        ("the uploaded  image does not meet the requirements.", InvalidRequest),
        ("out of memory", GenerationFailed),
        (None, GenerationFailed),
    ],
)
def test_why_a_job_failed(message: str | None, kind: type[ProviderError]) -> None:
    failed = look(answer(status="FAILED", message=message, results=None))
    assert failed.state is State.FAILED and type(failed.error) is kind
    assert failed.error is not None and failed.error.user_message.endswith(".")


def test_an_empty_place_is_a_rejected_slot_and_the_numbers_stay() -> None:
    done = look(answer(results=["", LINK, None]))
    assert [file.index for file in done.files] == [1]
    assert [slot.index for slot in done.rejected] == [0, 2]


@pytest.mark.parametrize("results", [[], None, ["", ""]])
def test_a_success_without_links_is_looked_at_again(results: Any) -> None:
    found = look(answer(results=results))
    assert (found.state, found.files, found.rejected) == (State.RUNNING, (), ())


def test_the_other_shape_of_the_tables() -> None:
    body = answer()
    body["data"]["task_list"] = body["data"]["task_list"][0]
    assert len(look(body).files) == 3
    body = answer(results=None)
    body["data"]["results"] = [LINK]
    assert len(look(body).files) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", {"code": 0, "success": True}, {"data": {"result_key": "../x"}}],
)
def test_a_submit_that_nobody_can_read_is_unknown(body: Any) -> None:
    with pytest.raises(SubmitUnknown):
        submit(reply(body))


@pytest.mark.parametrize("body", [b"<html>", b"{}", {"data": {}}, {"data": {"result_key": KEY}}])
def test_an_answer_that_nobody_can_read_is_no_state(body: Any) -> None:
    with pytest.raises(InvalidResponse):
        look(body)


def test_the_answer_for_another_job_is_refused() -> None:
    with pytest.raises(InvalidResponse) as caught:
        drive(aliyun().fetch("other"), reply(payload("reply-query")))
    assert caught.value.code == "other_job"


@pytest.mark.parametrize(
    ("status", "submitting", "looking"),
    [
        (500, SubmitUnknown, Unavailable),
        (502, SubmitUnknown, Unavailable),
        (429, RateLimited, RateLimited),
        (401, AuthFailed, AuthFailed),
        (403, AuthFailed, AuthFailed),
        (418, InvalidResponse, InvalidResponse),
    ],
)
def test_without_a_code_the_status_decides(status: int, submitting: Any, looking: Any) -> None:
    with pytest.raises(submitting):
        submit(reply(b"<html>", status))
    with pytest.raises(looking):
        drive(aliyun().fetch(KEY), reply(b"<html>", status))


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (403, "Throttled by USER Flow Control", RateLimited),
        (403, "Quota Exhausted", QuotaExhausted),
        (403, "Unauthorized", AuthFailed),
        (400, "Invalid AppCode", AuthFailed),
        (400, "Nonce Used", Unavailable),
    ],
)
def test_what_the_gateway_says_in_its_header(status: int, message: str, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        submit(reply(b"", status, {"X-Ca-Error-Message": message}))


def test_a_connection_that_broke_leaves_the_fate_open() -> None:
    with pytest.raises(SubmitUnknown):
        submit(Unavailable(maybe_accepted=True))
    with pytest.raises(Unavailable):
        submit(Unavailable())


def test_the_key_is_not_kept() -> None:
    body = {**payload("reply-submit"), "echo": "APPCODE d1f2a"}
    assert "d1f2a" not in str(submit(reply(body)).raw)

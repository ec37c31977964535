"""What Seedance says: samples, every status, every row of its error tables, cancelling and callbacks."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from providers import errors
from providers.base import Kind, RawCallback, RemoteFile, Snapshot, State
from providers.errors import (
    ContentRejected,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    ProviderError,
    QuotaExhausted,
    ResultExpired,
    SubmitUnknown,
    Unavailable,
)

from .tools_ark import KEY, drive, order, payload, reply, talkingdata

TASK = "ark:cgt-2025******-****"
OWN_ID = "cgt-2025******-****"


def task(**changes: Any) -> dict[str, Any]:
    """The documented reply to a query, with changes; None is as good as absent."""
    return {**payload("seedance/reply-succeeded"), **changes}


def look(body: Any, status: int = 200, cursor: str = "") -> Snapshot:
    found = drive(talkingdata().fetch(TASK, cursor), reply(body, status))
    assert isinstance(found, Snapshot)
    return found


def submit(*answers: httpx.Response | Exception, **values: Any) -> Snapshot:
    found = drive(talkingdata().submit(order(values=values)), *answers)
    assert isinstance(found, Snapshot)
    return found


# ── submitting and looking ───────────────────────────────────────────────────


def test_a_submitted_task() -> None:
    made = submit(reply(payload("seedance/reply-created")))
    assert (made.remote_id, made.state, made.cursor) == ("ark:cgt-2026******-****", State.QUEUED, "")


def test_the_question() -> None:
    request = next(talkingdata().fetch(TASK))
    assert request.method == "GET" and request.headers["x-timestamp"].isdigit()
    assert request.url.path == f"/model/openai/api/v3/contents/generations/tasks/{OWN_ID}"


def test_the_documented_reply() -> None:
    done = look(payload("seedance/reply-succeeded"))
    assert (done.remote_id, done.state, done.seed, done.error, done.used) == (TASK, State.SUCCEEDED, 10, None, None)
    link = "https://ark-content-generation-cn-beijing.tos-cn-beijing.volces.com/xxx"
    assert done.files == (RemoteFile(0, Kind.VIDEO, link, media_type="video/mp4"),)
    assert done.usage == {"completion_tokens": 108900, "total_tokens": 108900, "tool_usage": {"web_search": 1}}
    assert done.raw["framespersecond"] == 24


def test_the_last_frame_is_a_second_file() -> None:
    content = {"video_url": "https://x.example/1.mp4", "last_frame_url": "https://x.example/1.png"}
    assert look(task(content=content)).files == (
        RemoteFile(0, Kind.VIDEO, "https://x.example/1.mp4", media_type="video/mp4"),
        RemoteFile(1, Kind.IMAGE, "https://x.example/1.png", media_type="image/png", extra=True),
    )


@pytest.mark.parametrize(("status", "state"), payload("seedance/status-table"))
def test_every_status(status: str, state: str) -> None:
    assert look(task(status=status)).state is State(state)


def test_an_unknown_status_is_no_end() -> None:
    found = look(task(status="paused"))
    assert found.state is State.UNKNOWN and not found.files and found.raw["status"] == "paused"


@pytest.mark.parametrize("content", [None, {}, {"video_url": None}, {"video_url": ""}, [], "x"])
def test_finished_before_the_link_is_there(content: Any) -> None:
    found = look(task(content=content))
    assert found.state is State.RUNNING and found.files == ()


def test_null_means_absent() -> None:
    nothing = dict.fromkeys(("error", "seed", "usage", "tools", "safety_identifier", "duration", "content"))
    found = look({"id": OWN_ID, "status": "running", **nothing})
    assert (found.state, found.seed, found.error, found.usage, found.files) == (State.RUNNING, None, None, {}, ())


def test_what_a_length_of_the_model_s_own_came_to() -> None:
    submitted = submit(reply(payload("seedance/reply-created")), duration="-1")
    running = look(task(status="running"), cursor=submitted.cursor)
    done = look(task(duration=9), cursor=running.cursor)
    assert running.used is None and done.used == pytest.approx(0.6)
    assert look(task(duration=9)).used is None, "a length that was asked for is paid as quoted"
    for unreadable in (None, "9", 0, -1, 16, True):
        assert look(task(duration=unreadable), cursor=submitted.cursor).used is None


def test_an_expired_task_has_failed() -> None:
    found = look(task(status="expired", content=None))
    assert isinstance(found.error, GenerationFailed) and found.error.code == "expired"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("OutputVideoSensitiveContentDetected", ContentRejected),
        ("OutputVideoSensitiveContentDetected.PolicyViolation", ContentRejected),
        ("OutputAudioSensitiveContentDetected", ContentRejected),
        ("InputImageSensitiveContentDetected.PrivacyInformation", ContentRejected),
        ("InvalidParameter.content", InvalidRequest),
        ("InternalServiceError", GenerationFailed),
        ("ServerOverloaded", GenerationFailed),
        ("RateLimitExceeded.EndpointRPMExceeded", GenerationFailed),
        ("SomethingNew", GenerationFailed),
    ],
)
def test_why_a_task_failed(code: str, kind: type[ProviderError]) -> None:
    found = look(task(status="failed", content=None, error={"code": code, "message": "The vendor's words."}))
    assert found.state is State.FAILED and type(found.error) is kind
    assert found.error.code == code and "vendor" not in found.error.user_message
    assert not found.error.retryable, "a task that has ended is not asked for again"


@pytest.mark.parametrize("error", [None, {}, "broke", []])
def test_a_failure_without_a_reason(error: Any) -> None:
    assert isinstance(look(task(status="failed", error=error)).error, GenerationFailed)


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", {}, {"id": OWN_ID}, task(status=7), task(id="cgt-other")])
def test_answers_that_make_no_sense(body: Any) -> None:
    with pytest.raises(InvalidResponse):
        look(body)


@pytest.mark.parametrize("code", ["NotFound.id", "NotFound", "ResourceNotFound", ""])
def test_a_task_that_is_kept_no_longer(code: str) -> None:
    with pytest.raises(ResultExpired):
        look({"error": {"code": code, "message": "?"}} if code else b"", 404)


@pytest.mark.parametrize("remote_id", ["ark:", "ark:../x", "ark:a b", "ark:a/b", "cgt-1", "other:cgt-1"])
def test_ids_that_are_none_are_not_asked_for(remote_id: str) -> None:
    with pytest.raises(InvalidRequest):
        drive(talkingdata().fetch(remote_id))


# ── refusals ─────────────────────────────────────────────────────────────────


def error(status: int, code: Any, message: str = "The vendor's words.", **more: Any) -> httpx.Response:
    body = {"error": {"code": code, "message": message, "param": "", **more}}
    return reply(body, status, {"Retry-After": "12", "x-request-id": "0217"})


@pytest.mark.parametrize(("status", "type_", "code", "message", "kind"), payload("seedance/error-table"))
def test_every_error(status: int, type_: str, code: str, message: str, kind: str) -> None:
    with pytest.raises(ProviderError) as caught:
        submit(error(status, code, message, type=type_))
    assert type(caught.value) is getattr(errors, kind)
    assert (caught.value.code, caught.value.request_id, caught.value.retry_after) == (code, "0217", 12.0)
    assert caught.value.user_message.endswith(".") and message not in caught.value.user_message


@pytest.mark.parametrize("as_number", [False, True])
@pytest.mark.parametrize(("status", "code", "number", "message", "kind"), payload("seedance/shared-error-table"))
def test_every_shared_error(status: int, code: str, number: int, message: str, kind: str, as_number: bool) -> None:
    found = {"CodeN": number, "Message": message} if as_number else {"Code": code, "CodeN": number, "Message": message}
    body = {"ResponseMetadata": {"RequestId": "2026", "Error": found}}
    with pytest.raises(ProviderError) as caught:
        submit(reply(body, status))
    assert type(caught.value) is getattr(errors, kind) and caught.value.request_id == "2026"


def test_looking_has_nothing_unknown_about_it() -> None:
    for answer in (error(504, "InternalServiceTimeout"), error(500, "InternalServiceError"), reply(b"<html>", 502)):
        with pytest.raises(Unavailable):
            drive(talkingdata().fetch(TASK), answer)


def test_a_queue_that_is_full_is_not_an_account_that_has_run_out() -> None:
    with pytest.raises(errors.RateLimited):
        submit(error(429, "QuotaExceeded", "The request has exceeded the quota. Request ID: 1"))
    with pytest.raises(QuotaExhausted):
        submit(error(429, "QuotaExceeded", "Your account [1] has exhausted its free trial quota for the [x] model."))


@pytest.mark.parametrize(
    ("code", "param", "words"),
    [
        ("InvalidParameter.duration", "", "this length"),
        ("InvalidParameter", "ratio", "aspect ratio"),
        ("InvalidParameter.content", "content[1].image_url.url", "one of the pictures"),
        ("InvalidParameter.content", "content[2].audio_url.url", "one of the sound files"),
        ("InvalidParameter.something_new", "", "these parameters"),
    ],
)
def test_the_parameter_to_blame_is_named(code: str, param: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        submit(error(400, code, param=param))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (401, errors.AuthFailed),
        (402, QuotaExhausted),
        (403, errors.AuthFailed),
        (404, errors.NotConfigured),
        (413, InvalidRequest),
        (418, InvalidResponse),
        (429, errors.RateLimited),
        (500, SubmitUnknown),
        (502, SubmitUnknown),
        (503, SubmitUnknown),
        (504, SubmitUnknown),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b"null", {"error": {"code": "Nothing.WeKnow", "message": "?"}}])
def test_statuses_without_a_code_we_know(status: int, kind: type[ProviderError], body: Any) -> None:
    if status == 404 and isinstance(body, dict):
        kind = InvalidRequest
    with pytest.raises(ProviderError) as caught:
        submit(reply(body, status))
    assert type(caught.value) is kind


def test_an_error_with_a_good_status() -> None:
    with pytest.raises(ContentRejected):
        submit(error(200, "InputTextSensitiveContentDetected"))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", {}, {"id": None}, {"id": ""}, {"id": "../x"}, {"id": 7}])
def test_a_good_answer_without_an_id_leaves_the_fate_open(body: Any) -> None:
    with pytest.raises(SubmitUnknown):
        submit(reply(body))


def test_a_connection_that_broke_leaves_the_fate_open() -> None:
    with pytest.raises(SubmitUnknown):
        submit(Unavailable(maybe_accepted=True))
    with pytest.raises(Unavailable):
        submit(Unavailable())


def test_the_key_is_not_kept() -> None:
    made = submit(reply({"id": "cgt-1", "echo": f"Bearer {KEY}"}))
    assert KEY not in json.dumps(made.raw)
    with pytest.raises(ProviderError) as caught:
        submit(error(401, "AuthenticationError", f"key {KEY} is wrong"))
    assert KEY not in json.dumps(caught.value.raw)


# ── cancelling and callbacks ─────────────────────────────────────────────────


def test_canceling() -> None:
    request = next(talkingdata().cancel(TASK))
    assert (request.method, request.url.path.rsplit("/", 1)[1]) == ("DELETE", OWN_ID)
    done = drive(talkingdata().cancel(TASK), reply(payload("seedance/reply-canceled")))
    assert (done.remote_id, done.state, done.raw) == (TASK, State.CANCELED, {"message": "取消成功"})
    assert drive(talkingdata().cancel(TASK), reply(b"", 204)).state is State.CANCELED


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "OperationDenied.UnsupportedPhase"),
        (403, "OperationDenied.InvalidState"),
        (409, "InvalidAction.RunningTaskDeletion"),
        (400, "InvalidParameter"),
        (409, ""),
    ],
)
def test_only_what_waits_is_canceled(status: int, code: str) -> None:
    with pytest.raises(InvalidRequest, match="can't be canceled"):
        drive(talkingdata().cancel(TASK), error(status, code) if code else reply(b"", status))


def test_canceling_what_is_gone_or_out_of_reach() -> None:
    with pytest.raises(ResultExpired):
        drive(talkingdata().cancel(TASK), error(404, "NotFound.id"))
    with pytest.raises(Unavailable):
        drive(talkingdata().cancel(TASK), error(500, "InternalServiceError"))
    with pytest.raises(errors.AuthFailed):
        drive(talkingdata().cancel(TASK), error(401, "AuthenticationError"))


@pytest.mark.parametrize("status", [row[0] for row in payload("seedance/status-table")])
def test_a_callback_is_a_hint(status: str) -> None:
    body = json.dumps(task(status=status)).encode()
    assert talkingdata().read_callback(RawCallback(body)) == [TASK]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"id": 7}', b'{"id": "../x"}', b"[" * 100_000])
def test_a_callback_that_makes_no_sense(body: bytes) -> None:
    assert talkingdata().read_callback(RawCallback(body)) == []


@pytest.mark.parametrize("seed", [2**63, -1, True, "7", 1.5])
def test_a_seed_that_is_none(seed: Any) -> None:
    assert look(task(seed=seed)).seed is None


def test_an_id_that_is_too_long_to_be_kept_is_none() -> None:
    with pytest.raises(SubmitUnknown):
        submit(reply({"id": "cgt-" + "x" * 100}))
    with pytest.raises(InvalidRequest):
        next(talkingdata().fetch("ark:cgt-" + "x" * 100))

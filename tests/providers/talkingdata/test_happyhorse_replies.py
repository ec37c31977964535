"""What HappyHorse answers."""

from __future__ import annotations

import pytest

from providers import errors
from providers.base import Kind, State
from providers.errors import (
    AuthFailed,
    ContentRejected,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    QuotaExhausted,
    RateLimited,
    ResultExpired,
    SubmitUnknown,
    Unavailable,
    Unsupported,
)

from .tools import KEY, drive, order, payload, reply, talkingdata
from .tools import submit as answer

TASK = "c39df2cb-66ac-4068-82d3-1ae6382dc3af"
NAMES = ["words", "frame", "references", "edit"]


def submit(body, status=200, headers=None):
    return answer(order("happyhorse-1", "create"), body, status, headers)


def look(body, status=200, task=TASK):
    return drive(talkingdata().fetch(f"dashscope:{task}"), reply(body, status))


def finished(usage=None, **output):
    body = payload("happyhorse/reply-succeeded-edit")
    body["output"] |= output
    return body if usage is None else {**body, "usage": usage}


# submitting


@pytest.mark.parametrize("name", NAMES)
def test_the_documented_replies_to_a_submit(name):
    body = payload(f"happyhorse/reply-submitted-{name}")
    snapshot = submit(body)
    assert snapshot.remote_id == f"dashscope:{body['output']['task_id']}"
    assert (snapshot.state, snapshot.files) == (State.RUNNING, ())


@pytest.mark.parametrize("output", [{"task_id": TASK}, {"task_id": TASK, "task_status": "PENDING"}])
def test_an_order_that_waits(output):
    assert submit({"output": output}).state is State.QUEUED


@pytest.mark.parametrize(
    "body",
    [{}, [], None, *({"output": item} for item in (None, {}, {"task_id": ""}, {"task_id": "a/b"}, {"task_id": 7}))],
)
def test_a_good_reply_without_an_id_is_unknown(body):
    with pytest.raises(SubmitUnknown):
        submit(body)


def test_a_lost_answer_is_unknown():
    flow = talkingdata().submit(order("happyhorse-1", "create"))
    with pytest.raises(SubmitUnknown):
        drive(flow, Unavailable(maybe_accepted=True))
    with pytest.raises(Unavailable):
        drive(talkingdata().submit(order("happyhorse-1", "create")), Unavailable())
    with pytest.raises(SubmitUnknown):
        submit(b'{"output": {"task')


@pytest.mark.parametrize(("code", "words", "submitted", "asked", "_failed"), payload("happyhorse/error-table")["rows"])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_every_documented_error(code, words, submitted, asked, _failed, status):
    body = {"code": code, "message": words, "request_id": "r-1"}
    with pytest.raises(getattr(errors, submitted)) as caught:
        submit(body, status)
    assert type(caught.value) is getattr(errors, submitted)
    assert (caught.value.code, caught.value.request_id) == (code, "r-1")
    assert caught.value.user_message.endswith(".") and words not in caught.value.user_message
    with pytest.raises(getattr(errors, asked)):
        look(body, status)


@pytest.mark.parametrize(("code", "words", "_submitted", "_asked", "failed"), payload("happyhorse/error-table")["rows"])
def test_every_documented_failure(code, words, _submitted, _asked, failed):
    snapshot = look({"output": {"task_id": TASK, "task_status": "FAILED", "code": code, "message": words}})
    assert snapshot.state is State.FAILED
    assert type(snapshot.error) is getattr(errors, failed) and snapshot.error.code == code
    assert snapshot.error.user_message.endswith(".")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("DataInspectionFailed", ContentRejected),
        ("Throttling.RateQuota", RateLimited),
        ("Arrearage", QuotaExhausted),
        ("AccessDenied", AuthFailed),
        ("InvalidParameter.DataInspection", InvalidRequest),
        ("NeverHeardOf", InvalidRequest),
    ],
)
def test_what_the_service_says_elsewhere(code, kind):
    with pytest.raises(kind):
        submit({"code": code, "message": "…"}, 400)


@pytest.mark.parametrize(
    ("status", "body", "submitting", "asking"),
    [
        (401, {}, AuthFailed, AuthFailed),
        (402, {}, QuotaExhausted, QuotaExhausted),
        (429, b"<html>", RateLimited, RateLimited),
        (502, b"<html>", SubmitUnknown, Unavailable),
        (500, {}, SubmitUnknown, Unavailable),
        (418, {}, InvalidResponse, InvalidResponse),
        (400, {"error": {"code": "strange"}}, InvalidRequest, InvalidRequest),
        (200, {"code": "strange"}, InvalidRequest, Unavailable),
    ],
)
def test_what_the_pages_leave_out(status, body, submitting, asking):
    with pytest.raises(submitting) as caught:
        submit(body, status)
    assert type(caught.value) is submitting
    with pytest.raises(asking) as caught:
        look(body, status)
    assert type(caught.value) is asking


def test_a_limit_says_when_it_ends():
    with pytest.raises(RateLimited) as caught:
        submit({"code": "Throttling"}, 429, {"Retry-After": "7"})
    assert caught.value.retry_after == 7


# asking


def test_the_documented_question():
    request = next(talkingdata().fetch(f"dashscope:{TASK}"))
    assert request.method == "GET"
    assert str(request.url) == f"https://modelpool-api.talkingdata.com/model/openai/api/v3/tasks/{TASK}"
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["X-Timestamp"].isdigit()


@pytest.mark.parametrize("name", NAMES)
def test_the_documented_answers(name):
    body = payload(f"happyhorse/reply-succeeded-{name}")
    snapshot = look(body, task=body["output"]["task_id"])
    assert (snapshot.state, snapshot.error) == (State.SUCCEEDED, None)
    (file,) = snapshot.files
    assert (file.index, file.kind, file.url) == (0, Kind.VIDEO, body["output"]["video_url"])
    assert file.media_type == "video/mp4"
    assert snapshot.usage == body["usage"]
    # six seconds in and six out, of at most fifteen and fifteen
    assert snapshot.used == (0.4 if name == "edit" else None)


@pytest.mark.parametrize(("word", "state"), payload("happyhorse/status-table")["rows"])
def test_every_status(word, state):
    snapshot = look(finished(task_status=word))
    assert snapshot.state is State(state)
    assert bool(snapshot.files) is (state == "succeeded")
    assert (snapshot.error is not None) is (state == "failed")


def test_unknown_means_that_it_is_gone():
    with pytest.raises(ResultExpired):
        look({"output": {"task_id": TASK, "task_status": "UNKNOWN"}, "request_id": "r-1"})


@pytest.mark.parametrize(
    ("usage", "used"),
    [
        ({"duration": 13.24, "input_video_duration": 6.62, "output_video_duration": 6.62}, 13.24 / 30),
        ({"duration": "13.24", "input_video_duration": "6.62"}, 13.24 / 30),
        ({"input_video_duration": 6, "output_video_duration": 3}, 0.3),
        ({"input_video_duration": 6}, 0.4),
        ({"duration": 90, "input_video_duration": 75}, 1.0),
        ({"duration": 5, "input_video_duration": 0}, None),
        ({"duration": True, "input_video_duration": [1]}, None),
        ({"duration": "NaN", "input_video_duration": "1e999"}, None),
        ([], None),
        ("12", None),
    ],
)
def test_how_much_was_used(usage, used):
    snapshot = look(finished(usage))
    assert snapshot.state is State.SUCCEEDED
    assert snapshot.used == (None if used is None else pytest.approx(used))


def test_finished_without_a_link_is_looked_at_again():
    for link in ("", "  ", None, 7, ["x"]):
        assert look(finished(video_url=link)).state is State.RUNNING


@pytest.mark.parametrize("body", [{}, [], None, 5, {"output": []}, finished(task_id="another-task")])
def test_what_is_no_answer_to_this(body):
    with pytest.raises(InvalidResponse):
        look(body)


def test_a_failure_without_a_code():
    snapshot = look({"output": {"task_id": TASK, "task_status": "FAILED"}})
    assert type(snapshot.error) is GenerationFailed


@pytest.mark.parametrize("remote_id", ["dashscope:", "dashscope:a/b", "dashscope:" + "x" * 101, TASK])
def test_ids_that_can_be_none(remote_id):
    with pytest.raises(InvalidRequest):
        next(talkingdata().fetch(remote_id))


def test_nothing_can_be_canceled():
    with pytest.raises(Unsupported):
        talkingdata().cancel(f"dashscope:{TASK}").send(None)


def test_our_key_is_kept_nowhere():
    assert KEY not in str(look(finished(orig_prompt=f"Bearer {KEY}")).raw)
    with pytest.raises(InvalidRequest) as caught:
        submit({"code": "InvalidParameter", "message": f"the key {KEY}"}, 400)
    assert KEY not in str(caught.value.raw)

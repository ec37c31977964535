"""What comes back, in both shapes that the document shows."""

from __future__ import annotations

import httpx
import pytest

from providers import errors
from providers.base import Kind, State
from providers.errors import (
    AlreadySubmitted,
    AuthFailed,
    ContentRejected,
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
from providers.quickrouter.errors import CODES, FAILURES
from providers.quickrouter.replies import QUEUE_STATUSES, STATUSES

from .tools import TASK, drive, finished, look, order, payload, quickrouter, reply

QUEUE = "https://api.quickrouter.ai/tencent-vod/v1/requests/f50d7667-72d8-46bb-a7e3-0613588971b6"


def submit(body, status=200, headers=None):
    return drive(quickrouter().submit(order()), reply(body, status, headers))


def refused(body, status=200) -> dict:
    return {"Response": {"Error": {"Code": body, "Message": "…"}, "RequestId": "r-1"}}


# submitting


def test_the_documented_reply():
    snapshot = submit(payload("reply-submitted"))
    assert snapshot.remote_id == "251007502-AigcImage***2782aff1e896673f1ft"
    assert (snapshot.state, snapshot.cursor) == (State.QUEUED, "")


def test_the_documented_schema():
    snapshot = submit(payload("reply-queued"))
    assert snapshot.remote_id == "f50d7667-72d8-46bb-a7e3-0613588971b6"
    assert snapshot.state is State.QUEUED
    assert snapshot.cursor == "/tencent-vod/v1/requests/f50d7667-72d8-46bb-a7e3-0613588971b6/status"


@pytest.mark.parametrize("url", ["https://evil.example/x", "https://api.quickrouter.ai.evil.example/x", 7, None])
def test_our_key_follows_no_link_to_another_host(url):
    assert submit({**payload("reply-queued"), "status_url": url}).cursor == ""


@pytest.mark.parametrize(
    "body", [{}, {"Response": {}}, {"Response": {"TaskId": ""}}, [], {"Response": {"TaskId": "a/b"}}]
)
def test_a_good_reply_without_an_id_is_unknown(body):
    with pytest.raises(SubmitUnknown):
        submit(body)


def test_a_reply_that_cannot_be_read_is_unknown():
    with pytest.raises(SubmitUnknown):
        submit(b'{"Response": {"Task')


def test_a_lost_connection_is_unknown():
    with pytest.raises(SubmitUnknown):
        drive(quickrouter().submit(order()), Unavailable(maybe_accepted=True))
    with pytest.raises(Unavailable):
        drive(quickrouter().submit(order()), Unavailable())


def test_a_duplicate_has_arrived_before():
    with pytest.raises(AlreadySubmitted) as caught:
        submit(payload("reply-error"))
    assert caught.value.code == "InvalidParameterValue.SessionId"
    assert caught.value.request_id == "f50d7667-72d8-46bb-a7e3-0613588971b6"
    assert not caught.value.releases_hold and not caught.value.retryable


def test_a_duplicate_that_names_its_task_is_that_task():
    body = payload("reply-error")
    body["Response"]["TaskId"] = TASK
    assert submit(body).remote_id == TASK


@pytest.mark.parametrize("code", CODES)
def test_every_code_comes_with_a_good_status(code):
    kind = CODES[code][0]
    with pytest.raises(kind) as caught:
        submit(refused(code))
    assert caught.value.code == code and caught.value.request_id == "r-1"
    assert caught.value.user_message.endswith(".")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AuthFailure.SignatureFailure", AuthFailed),
        ("InvalidParameterValue.ModelName", InvalidRequest),
        ("FailedOperation.InvalidAccount", QuotaExhausted),
        ("InvalidParameter.VoilationContent", ContentRejected),
        ("NeverHeardOf.It", InvalidRequest),
        ("", InvalidRequest),
    ],
)
def test_codes_fall_back_to_what_stands_before_the_dot(code, kind):
    with pytest.raises(kind):
        submit(refused(code))


#: by the document's words; of 500 it says to try again later
DOCUMENTED: dict[int, type[ProviderError]] = {401: AuthFailed, 429: RateLimited, 500: Unavailable}


@pytest.mark.parametrize(("status", "words"), payload("error-table")["rows"])
def test_every_documented_error(status, words):
    body = {"error": {"message": words, "type": "new_api_error"}}
    for answer in (body, b"<html>", {}):
        with pytest.raises(DOCUMENTED[status]):
            submit(answer, status)
        with pytest.raises(DOCUMENTED[status]):
            look(answer, status)


def test_a_limit_says_when_it_ends():
    with pytest.raises(RateLimited) as caught:
        submit({}, 429, {"Retry-After": "7"})
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (402, {}, QuotaExhausted),
        (403, {"error": {"code": "insufficient_user_quota"}}, QuotaExhausted),
        (403, {"error": {"code": "pre_consume_token_quota_failed"}}, QuotaExhausted),
        (403, {}, AuthFailed),
        (404, {}, NotConfigured),
        (400, {"error": {"code": "bad"}}, InvalidRequest),
        (418, {}, InvalidResponse),
        (502, b"<html>", SubmitUnknown),
        (504, {}, SubmitUnknown),
        (200, {"error": {"code": "strange"}}, InvalidRequest),
        (200, {"error": "strange"}, InvalidRequest),
    ],
)
def test_what_the_document_leaves_out(status, body, kind):
    with pytest.raises(kind):
        submit(body, status)


# asking


def test_a_finished_task():
    snapshot = look(payload("reply-finished"))
    assert (snapshot.state, snapshot.progress, snapshot.error) == (State.SUCCEEDED, 1.0, None)
    (file,) = snapshot.files
    assert (file.index, file.kind) == (0, Kind.IMAGE)
    assert file.url == "http://251007502.vod2.myqcloud.com/aigcImageGenFile.png"
    assert snapshot.usage == {}


def test_what_is_stored_for_good_has_an_id():
    infos = [{"StorageMode": "Permanent", "FileUrl": "https://x.example/a.png", "FileId": "387702299774574677"}]
    assert look(finished(Output={"FileInfos": infos})).usage == {"file_ids": ["387702299774574677"]}


@pytest.mark.parametrize("name", ["FileUrl", "TemporaryUrl", "MediaUrl", "Url"])
def test_links_by_any_name(name):
    snapshot = look(finished(Output={"FileInfos": [{name: "https://x.example/a.png"}]}))
    assert [file.url for file in snapshot.files] == ["https://x.example/a.png"]


@pytest.mark.parametrize(("outer", "inner", "state"), payload("status-table")["rows"])
def test_every_status(outer, inner, state):
    body = finished({"Status": outer}, Status=inner)["Response"]
    if outer is None:
        del body["Status"]
    snapshot = look({"Response": body})
    assert snapshot.state is State(state)
    assert bool(snapshot.files) is (state == "succeeded")
    assert (snapshot.error is not None) is (state == "failed")


def test_a_waiting_task_may_have_no_image_task_yet():
    snapshot = look({"Response": {"Status": "WAITING", "TaskType": "AigcImageTask", "AigcImageTask": None}})
    assert (snapshot.state, snapshot.progress) == (State.QUEUED, None)


@pytest.mark.parametrize(("number", "share"), [(0, 0.0), (35, 0.35), ("35", 0.35), (100, 1.0), (101, None), (-1, None)])
def test_progress(number, share):
    assert look(finished({"Status": "PROCESSING"}, Status="PROCESSING", Progress=number)).progress == share


@pytest.mark.parametrize(("word", "kind"), payload("failure-table")["rows"])
def test_every_way_to_finish_badly(word, kind):
    snapshot = look(finished(ErrCode=40000, ErrCodeExt=word, Message="…", Output={"FileInfos": []}))
    assert snapshot.state is State.FAILED
    assert type(snapshot.error) is getattr(errors, kind)
    assert snapshot.error.code == word and snapshot.error.user_message.endswith(".")
    assert not snapshot.files


def test_the_table_of_failures_is_whole():
    assert {word for word, _kind in payload("failure-table")["rows"]} <= set(FAILURES)
    assert {"WAITING", "PROCESSING", "FINISH", "ABORTED"} <= set(STATUSES)
    assert {"IN_QUEUE", "IN_PROGRESS", "COMPLETED"} <= set(QUEUE_STATUSES)


@pytest.mark.parametrize(
    ("task", "code"),
    [
        ({"ErrCode": 70000}, "err_70000"),
        ({"ErrCode": "70000", "ErrCodeExt": ""}, "err_70000"),
        ({"ErrCode": 0, "ErrCodeExt": "ModelGenerateFailed"}, "ModelGenerateFailed"),
        ({"ErrCode": 1, "ErrCodeExt": "InternalError.Odd"}, "InternalError.Odd"),
        ({"Status": "FAIL"}, "err_0"),
    ],
)
def test_a_failure_is_one_by_number_or_by_word(task, code):
    snapshot = look(finished(**task))
    assert snapshot.state is State.FAILED and snapshot.error.code == code


def test_an_aborted_task():
    assert look(finished({"Status": "ABORTED"})).error.code == "ABORTED"


def test_a_task_that_finishes_before_its_links_are_there_is_looked_at_again():
    for output in (None, {}, {"FileInfos": []}, {"FileInfos": [{"FileUrl": ""}]}):
        assert look(finished(Output=output)).state is State.RUNNING


@pytest.mark.parametrize("code", ["ResourceNotFound", "InvalidParameterValue.TaskId"])
def test_a_task_is_gone_after_three_days(code):
    with pytest.raises(ResultExpired):
        look(refused(code))


@pytest.mark.parametrize("code", ["InternalError", "FailedOperation", "NeverHeardOf"])
def test_a_question_that_failed_says_nothing_of_the_job(code):
    with pytest.raises(Unavailable):
        look(refused(code))


def test_nothing_at_the_query_path_does_not_end_a_job():
    with pytest.raises(NotConfigured) as caught:
        look({"error": {"message": "no such path"}}, 404)
    assert "query path" in caught.value.user_message


def test_another_task_is_not_ours():
    with pytest.raises(InvalidResponse):
        look(finished(TaskId="251007502-other"))


@pytest.mark.parametrize("body", [{}, [], None, 5, {"Response": {}}, {"Response": {"TaskId": TASK}}])
def test_what_is_no_task(body):
    with pytest.raises(InvalidResponse):
        look(body)


@pytest.mark.parametrize("remote_id", ["", "a/b", "a?b", "x" * 121])
def test_ids_that_can_be_none(remote_id):
    with pytest.raises(InvalidRequest):
        next(quickrouter().fetch(remote_id))


def test_our_key_is_kept_nowhere():
    snapshot = look(finished(Message="YOUR_API_KEY"))
    assert "YOUR_API_KEY" not in str(snapshot.raw)


# the queue's way of answering


def ask(cursor: str, *answers: httpx.Response):
    requests = []
    flow = quickrouter().fetch("f50d7667-72d8-46bb-a7e3-0613588971b6", cursor)
    left = list(answers)
    request = next(flow)
    try:
        while True:
            requests.append(str(request.url))
            request = flow.send(left.pop(0))
    except StopIteration as stop:
        assert not left
        return requests, stop.value


@pytest.mark.parametrize(
    ("word", "state"), [("IN_QUEUE", "queued"), ("IN_PROGRESS", "running"), ("NAPPING", "unknown")]
)
def test_a_queue_under_way(word, state):
    cursor = "/tencent-vod/v1/requests/f50d7667/status"
    asked, snapshot = ask(cursor, reply({**payload("reply-queued"), "status": word}))
    assert asked == [f"https://api.quickrouter.ai{cursor}"]
    assert (snapshot.state, snapshot.cursor) == (State(state), cursor)


def test_a_queue_that_has_finished_is_asked_for_its_result():
    done = {**payload("reply-queued"), "status": "COMPLETED"}
    images = {"images": [{"url": "https://x.example/a.png"}], "prompt": "a cat"}
    asked, snapshot = ask("/s", reply(done), reply(images))
    assert asked == ["https://api.quickrouter.ai/s", QUEUE]
    assert snapshot.state is State.SUCCEEDED
    assert [file.url for file in snapshot.files] == ["https://x.example/a.png"]
    _asked, snapshot = ask("/s", reply({**done, **images}))
    assert snapshot.state is State.SUCCEEDED


def test_a_queue_that_failed():
    _asked, snapshot = ask("/s", reply({**payload("reply-queued"), "status": "FAILED", "error": "no"}))
    assert snapshot.state is State.FAILED and snapshot.error.user_message.endswith(".")


def test_a_result_at_another_host_is_not_asked_for():
    done = {**payload("reply-queued"), "status": "COMPLETED", "response_url": "https://evil.example/x"}
    _asked, snapshot = ask("/s", reply(done))
    assert snapshot.state is State.RUNNING

"""What GPT Image-2 and Veo 3.1 answer."""

from __future__ import annotations

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
    QuotaExhausted,
    RateLimited,
    ResultExpired,
    SubmitUnknown,
    Unavailable,
)
from providers.talkingdata.vod_errors import CODES, FAILURES

from .tools import KEY, drive, order, payload, reply, talkingdata
from .tools import submit as answer

MODELS = {"image": "gpt-image-2", "film": "veo-3.1"}
TASKS = {"image": "AigcImageTask", "film": "AigcVideoTask"}


def submit(body, status=200, headers=None, model="veo-3.1"):
    return answer(order(model, "create"), body, status, headers)


def id_of(name: str) -> str:
    return payload(f"vod/reply-finished-{name}")["Response"][TASKS[name]]["TaskId"]


def look(body, status=200, name="film"):
    return drive(talkingdata().fetch(f"vod:{id_of(name)}"), reply(body, status))


def finished(outer=None, name="film", **task):
    body = payload(f"vod/reply-finished-{name}")["Response"]
    body |= outer or {}
    body[TASKS[name]] |= task
    return {"Response": body}


def refused(code):
    return {"Response": {"Error": {"Code": code, "Message": f"… {KEY}"}, "RequestId": "r-1"}}


# submitting


@pytest.mark.parametrize("name", MODELS)
def test_the_documented_replies_to_a_submit(name):
    body = payload(f"vod/reply-submitted-{name}")
    snapshot = submit(body, model=MODELS[name])
    assert snapshot.remote_id == f"vod:{body['Response']['TaskId']}"
    assert snapshot.state is State.QUEUED


@pytest.mark.parametrize(
    "body", [{}, [], None, {"Response": {}}, {"Response": {"TaskId": ""}}, {"Response": {"TaskId": "a/b"}}, b'{"Resp']
)
def test_a_good_reply_without_an_id_is_unknown(body):
    with pytest.raises(SubmitUnknown):
        submit(body)


def test_a_lost_connection_is_unknown():
    with pytest.raises(SubmitUnknown):
        drive(talkingdata().submit(order("veo-3.1", "create")), Unavailable(maybe_accepted=True))
    with pytest.raises(Unavailable):
        drive(talkingdata().submit(order("veo-3.1", "create")), Unavailable())


def test_a_duplicate_has_arrived_before():
    body = refused("InvalidParameterValue.SessionId")
    with pytest.raises(AlreadySubmitted) as caught:
        submit(body)
    assert not caught.value.releases_hold and not caught.value.retryable
    body["Response"]["TaskId"] = "1395528311-AigcVideoTask-x"
    assert submit(body).remote_id == "vod:1395528311-AigcVideoTask-x"


@pytest.mark.parametrize(("code", "words", "submitting", "asking"), payload("vod/error-table")["rows"])
def test_every_documented_error(code, words, submitting, asking):
    for name, model in MODELS.items():
        with pytest.raises(getattr(errors, submitting)) as caught:
            submit(refused(code), model=model)
        assert type(caught.value) is getattr(errors, submitting)
        assert (caught.value.code, caught.value.request_id) == (code, "r-1")
        assert caught.value.user_message.endswith(".") and words not in caught.value.user_message
        assert KEY not in str(caught.value.raw)
        with pytest.raises(getattr(errors, asking)) as caught:
            look(refused(code), name=name)
        assert type(caught.value) is getattr(errors, asking)


@pytest.mark.parametrize(("code", "words", "kind"), payload("speech/error-table")["rows"])
def test_every_error_of_the_address_that_they_share_with_speech(code, words, kind):
    with pytest.raises(getattr(errors, kind)) as caught:
        submit(refused(code))
    assert type(caught.value) is getattr(errors, kind) and caught.value.code == code


@pytest.mark.parametrize("code", CODES)
def test_every_other_code(code):
    with pytest.raises(CODES[code][0]) as caught:
        submit(refused(code))
    assert caught.value.code == code and caught.value.user_message.endswith(".")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("InvalidParameterValue.ModelVersion", InvalidRequest),
        ("AuthFailure.SignatureFailure", AuthFailed),
        ("NeverHeardOf.It", InvalidRequest),
        ("", InvalidRequest),
    ],
)
def test_codes_fall_back_to_what_stands_before_the_dot(code, kind):
    with pytest.raises(kind):
        submit(refused(code))


@pytest.mark.parametrize(
    ("status", "body", "submitting", "asking"),
    [
        (400, {}, InvalidRequest, InvalidRequest),
        (401, {"error": {"message": "…"}}, AuthFailed, AuthFailed),
        (402, {}, QuotaExhausted, QuotaExhausted),
        (404, b"", NotConfigured, NotConfigured),
        (429, {}, RateLimited, RateLimited),
        (500, b"<html>", SubmitUnknown, Unavailable),
        (504, {}, SubmitUnknown, Unavailable),
        (418, {}, InvalidResponse, InvalidResponse),
        (200, {"error": "strange"}, InvalidRequest, Unavailable),
        (500, refused("InternalError"), Unavailable, Unavailable),
    ],
)
def test_what_the_pages_leave_out(status, body, submitting, asking):
    with pytest.raises(submitting) as caught:
        submit(body, status)
    assert type(caught.value) is submitting
    with pytest.raises(asking) as caught:
        look(body, status)
    assert type(caught.value) is asking


# asking


def test_a_finished_picture():
    snapshot = look(payload("vod/reply-finished-image"), name="image")
    assert (snapshot.state, snapshot.progress, snapshot.error) == (State.SUCCEEDED, 1.0, None)
    (file,) = snapshot.files
    assert (file.index, file.kind, file.media_type) == (0, Kind.IMAGE, "image/png")
    assert file.url.endswith("/aigcImageGenFile.png")


def test_a_finished_film():
    snapshot = look(payload("vod/reply-finished-film"))
    assert (snapshot.state, snapshot.progress, snapshot.error) == (State.SUCCEEDED, 1.0, None)
    (file,) = snapshot.files
    assert (file.index, file.kind, file.media_type) == (0, Kind.VIDEO, "video/mp4")
    assert file.url.endswith("/aigcVideoGenFile.mp4")


def test_what_is_stored_for_good_has_an_id():
    infos = [{"StorageMode": "Permanent", "FileUrl": "https://x.example/a.mp4?sign=1", "FileId": "3877"}]
    snapshot = look(finished(Output={"FileInfos": infos}))
    assert snapshot.usage == {"file_ids": ["3877"]}
    assert snapshot.files[0].media_type == "video/mp4"


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("outer", "inner", "state"), payload("vod/status-table")["rows"])
def test_every_status(outer, inner, state, name):
    body = finished({"Status": outer}, name, Status=inner)["Response"]
    if outer is None:
        del body["Status"]
    snapshot = look({"Response": body}, name=name)
    assert snapshot.state is State(state)
    assert bool(snapshot.files) is (state == "succeeded")
    assert (snapshot.error is not None) is (state == "failed")


def test_a_waiting_task_may_have_no_inner_task_yet():
    snapshot = look({"Response": {"Status": "WAITING", "TaskType": "AigcVideoTask", "AigcVideoTask": None}})
    assert (snapshot.state, snapshot.progress) == (State.QUEUED, None)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("word", "kind"), payload("vod/failure-table")["rows"])
def test_every_way_to_finish_badly(word, kind, name):
    snapshot = look(finished(None, name, ErrCode=40000, ErrCodeExt=word, Message="…"), name=name)
    assert snapshot.state is State.FAILED and not snapshot.files
    assert type(snapshot.error) is getattr(errors, kind) is FAILURES[word][0]
    assert snapshot.error.code == word and snapshot.error.user_message.endswith(".")


@pytest.mark.parametrize(
    ("task", "code"),
    [
        ({"ErrCode": 70000}, "err_70000"),
        ({"ErrCode": "70000"}, "err_70000"),
        ({"ErrCode": 0, "ErrCodeExt": "ModelGenerateFailed"}, "ModelGenerateFailed"),
        ({"ErrCode": 1, "ErrCodeExt": "Never.Heard"}, "Never.Heard"),
    ],
)
def test_a_failure_is_one_by_number_or_by_word(task, code):
    snapshot = look(finished(**task))
    assert snapshot.state is State.FAILED and snapshot.error.code == code


def test_a_filtered_film_says_so():
    error = look(finished(ErrCode=1, ErrCodeExt="InvalidParameter.VoilationContent")).error
    assert isinstance(error, ContentRejected)


@pytest.mark.parametrize(
    "output", [None, [], {}, {"FileInfos": None}, {"FileInfos": [None, 7, {}]}, {"FileInfos": [{"FileUrl": ""}]}]
)
def test_a_task_that_finishes_before_its_links_are_there_is_looked_at_again(output):
    assert look(finished(Output=output)).state is State.RUNNING


@pytest.mark.parametrize("url", ["https://x.example/a", "http://[x/a.mp4", "a.b.c?x=.png"])
def test_links_of_no_known_kind(url):
    (file,) = look(finished(Output={"FileInfos": [{"FileUrl": url}]})).files
    assert (file.url, file.media_type) == (url, "")


@pytest.mark.parametrize("body", [{}, [], None, 5, {"Response": {}}, {"Response": {"TaskId": "x"}}])
def test_what_is_no_task(body):
    with pytest.raises(InvalidResponse):
        look(body)


def test_another_task_is_not_ours():
    with pytest.raises(InvalidResponse):
        look(finished(TaskId="1395528311-other"))


@pytest.mark.parametrize("code", ["ResourceNotFound", "InvalidParameterValue.TaskId"])
def test_a_task_is_gone_after_three_days(code):
    with pytest.raises(ResultExpired):
        look(refused(code))


@pytest.mark.parametrize("remote_id", ["vod:", "vod:a/b", "vod:a?b", "vod:" + "x" * 101])
def test_ids_that_can_be_none(remote_id):
    with pytest.raises(InvalidRequest):
        next(talkingdata().fetch(remote_id))


def test_our_key_is_kept_nowhere():
    assert KEY not in str(look(finished(Message=KEY)).raw)

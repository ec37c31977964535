"""What is read from replies: job objects, refusals, callbacks, the account."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.base import Kind, RawCallback, Snapshot, State
from providers.errors import (
    AuthFailed,
    ContentRejected,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ResultExpired,
    SubmitUnknown,
    Unavailable,
    Unsupported,
)
from providers.youchuan.replies import read_job

from .tools import JOB, done, drive, job, look, order, payload, reply, result, youchuan

PICTURES = [f"https://cdn.example/{number}.png" for number in range(4)]


def submit(body: Any, status: int = 200, operation: str = "diffusion", **more: Any) -> Snapshot:
    made = order(operation, {"prompt": "x"} if operation == "diffusion" else {}, source=result())
    snapshot = drive(youchuan().submit(made), reply(body, status, **more))
    assert isinstance(snapshot, Snapshot)
    return snapshot


# ── the job object ───────────────────────────────────────────────────────────


def test_documented_reply_to_a_submit() -> None:
    snapshot = submit(payload("reply-submitted"))
    assert snapshot.remote_id == JOB
    assert snapshot.state is State.RUNNING
    assert snapshot.progress is None
    assert snapshot.seed is None
    assert snapshot.files == ()
    assert snapshot.rejected == ()
    assert snapshot.cost["feeCost"] == 50
    assert snapshot.raw == payload("reply-submitted")


def test_documented_partial_success() -> None:
    snapshot = look(payload("callback-partial"))
    assert snapshot.state is State.SUCCEEDED
    assert [(file.index, file.url[-5:], file.kind) for file in snapshot.files] == [
        (0, "1.png", Kind.IMAGE),
        (1, "2.png", Kind.IMAGE),
        (3, "4.png", Kind.IMAGE),
    ]
    assert [(slot.index, slot.reason) for slot in snapshot.rejected] == [(2, "涉政")]
    assert snapshot.rejected[0].user_message == "The service's filter refused this picture: politics."
    assert snapshot.seed == 4291795396
    assert snapshot.error is None


def test_an_unknown_audit_word_is_kept_and_not_shown() -> None:
    snapshot = look(done("https://cdn.example/0.png", "", audits=["", "版权"]))
    assert snapshot.rejected[0].user_message == "The service's filter refused this picture."


def test_success_without_pictures_and_audits_is_not_finished() -> None:
    bare = {"id": JOB, "status": 2, "comment": "成功"}
    for body in (done(), done("", "", "", "", audits=["", "", "", ""]), bare, {**bare, "urls": None, "audits": None}):
        assert look(body).state is State.RUNNING


def test_success_of_refused_pictures_only_is_a_refusal() -> None:
    snapshot = look(done("", "", "", "", audits=["涉政"] * 4))
    assert snapshot.state is State.FAILED
    assert isinstance(snapshot.error, ContentRejected)
    assert [slot.index for slot in snapshot.rejected] == [0, 1, 2, 3]
    assert snapshot.error.raw == snapshot.raw


@pytest.mark.parametrize(
    ("audits", "rejected"),
    [
        ([], [(1, "")]),
        (None, [(1, "")]),
        (["", "涉政", "", "涉黄"], [(1, "涉政"), (3, "涉黄")]),
        (["涉政"], [(1, "")]),
        ("涉政", [(1, "")]),
        ([None, 7], [(1, "")]),
    ],
)
def test_audits_longer_shorter_and_odd(audits: Any, rejected: list[tuple[int, str]]) -> None:
    snapshot = look(done("https://cdn.example/0.png", "", audits=audits))
    assert snapshot.state is State.SUCCEEDED
    assert [file.index for file in snapshot.files] == [0]
    assert [(slot.index, slot.reason) for slot in snapshot.rejected] == rejected


@pytest.mark.parametrize("name", ["videoUrls", "videos"])
def test_videos_are_looked_for_after_the_urls(name: str) -> None:
    snapshot = look(done(**{name: ["https://cdn.example/a", ""]}))
    assert [(file.index, file.kind) for file in snapshot.files] == [(0, Kind.VIDEO)]
    beside_posters = look(done("https://cdn.example/a.png", **{name: [{"url": "https://cdn.example/a"}]}))
    assert [(file.url, file.kind) for file in beside_posters.files] == [("https://cdn.example/a", Kind.VIDEO)]
    assert look(done("https://cdn.example/a.png", **{name: [""]})).files[0].kind is Kind.IMAGE
    assert look(done("https://cdn.example/a.MP4?x=1")).files[0].kind is Kind.VIDEO


@pytest.mark.parametrize(
    "body",
    [
        {"jobId": JOB, "status": 1},
        {"data": {"jobId": JOB, "status": 1}},
        {"data": {"id": JOB}},
        {"data": {"jobId": JOB}, "status": 1},
        {"cost": {"jobId": JOB}, "status": 1},
        {"cost": {"jobId": JOB}},
        {"id": "", "jobId": None, "cost": {"jobId": JOB}},
        {"code": 0, "data": {"cost": {"jobId": JOB}, "status": 1}},
    ],
)
def test_spellings_of_the_id(body: Any) -> None:
    assert submit(body).remote_id == JOB


def test_an_id_may_be_a_number() -> None:
    assert submit(job(id=12345)).remote_id == "12345"


def test_numbers_may_be_texts() -> None:
    body = done(*PICTURES, seed="77")
    snapshot = look({**body, "status": "2", "cost": {"feeCost": "50", "fastCost": "0.5", "relaxCost": "?"}})
    assert snapshot.state is State.SUCCEEDED
    assert snapshot.seed == 77
    assert snapshot.cost == {"feeCost": 50, "fastCost": 0.5, "relaxCost": None}


@pytest.mark.parametrize("cost", [None, [], "50", 7])
def test_odd_costs_are_left_out(cost: Any) -> None:
    assert look(job(cost=cost)).cost == {}


def test_another_jobs_answer_is_none() -> None:
    with pytest.raises(InvalidResponse):
        look(job(id="68be9b50553a97d658968286"))


@pytest.mark.parametrize("body", [[], {}, "x", 7, None, {"hello": 1}, [payload("reply-submitted")]])
def test_json_that_is_no_job(body: Any) -> None:
    with pytest.raises(InvalidResponse):
        look(body)
    with pytest.raises(SubmitUnknown):
        submit(body)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b'{"id": "68be9b50', b'{"status": NaN}', b"\xff\xfe", b"[" * 100_000]
)
def test_garbage(content: bytes) -> None:
    with pytest.raises(InvalidResponse):
        look(content)
    with pytest.raises(SubmitUnknown) as caught:
        submit(content)
    assert not caught.value.releases_hold


# ── status and comment ───────────────────────────────────────────────────────

COMMENTS = {
    "JobStatusCreated": (State.QUEUED, None),
    "JobStatusQueued": (State.QUEUED, None),
    "JobStatusRunning": (State.RUNNING, None),
    "JobStatusSuccess": (State.SUCCEEDED, None),
    "JobStatusFail": (State.FAILED, GenerationFailed),
    "JobStatusError": (State.FAILED, GenerationFailed),
    "JobStatusReject": (State.FAILED, ContentRejected),
    "JobStatusTextReject": (State.FAILED, ContentRejected),
    "JobStatusBadPrompt": (State.FAILED, InvalidRequest),
    "JobStatusInvalidParameter": (State.FAILED, InvalidRequest),
    "JobStatusTimeout": (State.FAILED, GenerationFailed),
    "JobStatusRequestTimeout": (State.FAILED, GenerationFailed),
    "JobStatusInvalidImagePromptLink": (State.FAILED, InvalidRequest),
    "JobStatusMaxConcurrentLimited": (State.FAILED, RateLimited),
    "JobStatusCreditNotEnough": (State.FAILED, QuotaExhausted),
    "JobStatusCanceled": (State.CANCELED, GenerationFailed),
    "JobStatusImagePromptDenied": (State.FAILED, ContentRejected),
    "JobStatusDuplicateImage": (State.FAILED, InvalidRequest),
}


def assert_says(snapshot: Snapshot, word: str) -> None:
    state, error = COMMENTS[word]
    assert snapshot.state is state
    if error is None:
        assert snapshot.error is None
    else:
        assert type(snapshot.error) is error
        assert snapshot.error.code == word
        assert snapshot.error.user_message.endswith(".")
        assert snapshot.error.user_message != GenerationFailed.default_message


def test_the_table_of_comments_is_whole() -> None:
    assert set(COMMENTS) == set(payload("comment-table"))


@pytest.mark.parametrize("word", COMMENTS)
def test_comment_by_name_and_in_chinese(word: str) -> None:
    chinese = payload("comment-table")[word]
    without_note = chinese.split("(生成")[0]
    wide = chinese.replace("(", "（").replace(")", "）").replace(",", "，")
    for comment in (word, word.removeprefix("JobStatus"), chinese, without_note, wide, f" {chinese} "):
        assert_says(look(job(status=None, comment=comment, urls=PICTURES)), word)


@pytest.mark.parametrize("word", [word for word, (state, _error) in COMMENTS.items() if state is State.FAILED])
def test_comment_names_the_reason_of_a_failed_status(word: str) -> None:
    assert_says(look(job(status=3, comment=word)), word)


@pytest.mark.parametrize(
    ("status", "comment", "urls", "state"),
    [
        (1, "执行中", [], State.RUNNING),
        (1, "排队中", [], State.QUEUED),
        (1, "something new", [], State.RUNNING),
        (1, "JobStatusFail", [], State.RUNNING),
        (1, "成功", PICTURES, State.RUNNING),
        (2, "执行中", PICTURES, State.SUCCEEDED),
        (2, "失败", PICTURES, State.SUCCEEDED),
        (2, "失败", [], State.FAILED),
        (2, "JobStatusCanceled", [], State.CANCELED),
        (2, None, PICTURES, State.SUCCEEDED),
        (3, "成功", PICTURES, State.FAILED),
        (3, "something new", [], State.FAILED),
        (3, None, [], State.FAILED),
        (3, "任务已经取消", [], State.CANCELED),
        (0, "排队中", [], State.QUEUED),
        (4, "JobStatusReject", [], State.FAILED),
        (4, "成功", PICTURES, State.SUCCEEDED),
        (0, None, [], State.UNKNOWN),
        (4, "something new", PICTURES, State.UNKNOWN),
        (None, None, [], State.UNKNOWN),
        (True, None, [], State.UNKNOWN),
        ("soon", 7, [], State.UNKNOWN),
        (1.5, "", [], State.UNKNOWN),
        ([2], {}, [], State.UNKNOWN),
    ],
)
def test_status_decides_and_comment_stands_in(status: Any, comment: Any, urls: list[str], state: State) -> None:
    snapshot = look(job(status=status, comment=comment, urls=urls))
    assert snapshot.state is state
    assert (snapshot.error is not None) == (state in {State.FAILED, State.CANCELED})
    assert bool(snapshot.files) == (state is State.SUCCEEDED)
    assert snapshot.raw["id"] == JOB


def test_an_unknown_state_is_not_terminal_and_kept() -> None:
    snapshot = look(job(status=9, comment="JobStatusDreaming"))
    assert not snapshot.state.terminal
    assert snapshot.raw["comment"] == "JobStatusDreaming"


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda children: (
            st.lists(children, max_size=4)
            | st.dictionaries(
                st.sampled_from(["id", "jobId", "data", "cost", "status", "comment", "urls", "audits", "seed", "x"]),
                children,
                max_size=6,
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_is_read_or_refused(body: Any) -> None:
    try:
        snapshot = read_job(body)
    except InvalidResponse:
        return
    assert isinstance(snapshot.state, State)
    json.dumps(snapshot.raw, allow_nan=False).encode()


# ── refusals ─────────────────────────────────────────────────────────────────

#: every row of the document's error table: what it is when submitting, and when looking at a job
ERRORS: dict[str, tuple[type[ProviderError], type[ProviderError]]] = {
    "Internal_Server_Error": (GenerationFailed, Unavailable),
    "Invalid_Argument": (InvalidRequest, InvalidRequest),
    "Permission_Denied": (AuthFailed, AuthFailed),
    "Server_Busy": (Unavailable, Unavailable),
    "Request_Timout": (SubmitUnknown, Unavailable),
    "Invalid_App_Identifier": (AuthFailed, AuthFailed),
    "Invalid_Prompt_Parameter": (InvalidRequest, InvalidRequest),
    "No_More_Relax_Credit": (QuotaExhausted, QuotaExhausted),
    "Relax_Not_Allow": (Unsupported, Unsupported),
    "Max_Concurrent_Limited": (RateLimited, RateLimited),
    "Account_Fee_Not_Enough": (QuotaExhausted, QuotaExhausted),
    "Cancel_Job_Not_Runnig": (Unsupported, Unsupported),
    "Job_ReUpscale_Not_Support": (Unsupported, Unsupported),
    "Msg_Sensitive": (ContentRejected, ContentRejected),
    "Upscale_Not_Support": (Unsupported, Unsupported),
    "Not_Support": (Unsupported, Unsupported),
    "No_Avaliable_Plan": (QuotaExhausted, QuotaExhausted),
}


def test_the_table_of_errors_is_whole() -> None:
    assert set(ERRORS) == {row["reason"] for row in payload("error-table")}


@pytest.mark.parametrize("row", payload("error-table"), ids=lambda row: row["reason"])
def test_row_of_the_error_table(row: dict[str, Any]) -> None:
    submitting, looking = ERRORS[row["reason"]]
    with pytest.raises(ProviderError) as caught:
        submit(row, row["code"], headers={"x-request-id": "r-1", "retry-after": "7"})
    error = caught.value
    assert type(error) is submitting
    assert error.code == row["reason"]
    assert error.request_id == "r-1"
    assert error.retry_after == 7
    assert error.raw == row
    assert error.user_message.isascii() and error.user_message.endswith(".")
    assert not error.maybe_accepted
    with pytest.raises(ProviderError) as caught:
        look(row, row["code"])
    assert type(caught.value) is looking


@pytest.mark.parametrize("row", payload("error-table"), ids=lambda row: row["reason"])
def test_a_refusal_may_come_with_a_good_status(row: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as caught:
        submit(row, 200)
    assert type(caught.value) is ERRORS[row["reason"]][0]


@pytest.mark.parametrize(
    ("operation", "status", "body", "kind", "words"),
    [
        ("diffusion", 403, {}, ContentRejected, "filter"),
        ("upscale", 403, {}, Unsupported, "upscaled already"),
        ("vary-subtle", 405, {}, Unsupported, "only be upscaled"),
        ("vary-subtle", 405, {"reason": "Not_Support"}, Unsupported, "only be upscaled"),
        ("pan", 405, {"reason": "Not_Support"}, Unsupported, "does not offer"),
        ("pan", 403, {}, AuthFailed, "administrator"),
        ("upscale", 403, {"reason": "Msg_Sensitive"}, ContentRejected, "filter"),
        ("diffusion", 400, {"reason": "Something_New"}, InvalidRequest, "parameters"),
        ("diffusion", 401, b"", AuthFailed, "key"),
        ("diffusion", 402, b"no money", QuotaExhausted, "run out"),
        ("diffusion", 429, b"<html>slow down</html>", RateLimited, "at once"),
        ("pan", 404, {}, ResultExpired, "no longer"),
        ("diffusion", 418, {}, InvalidResponse, "sense"),
        ("diffusion", 500, b"<html>", SubmitUnknown, "finding out"),
        ("diffusion", 500, {"code": 500, "reason": "Something_New"}, SubmitUnknown, "finding out"),
        ("diffusion", 502, b"<html>", SubmitUnknown, "finding out"),
        ("diffusion", 503, {}, SubmitUnknown, "finding out"),
        ("diffusion", 504, b"", SubmitUnknown, "finding out"),
        ("diffusion", 200, {"code": 429, "message": "full"}, RateLimited, "at once"),
        ("diffusion", 200, {"code": 500, "message": "?"}, SubmitUnknown, "finding out"),
    ],
)
def test_refusals_without_a_known_reason(
    operation: str, status: int, body: Any, kind: type[ProviderError], words: str
) -> None:
    with pytest.raises(ProviderError) as caught:
        submit(body, status, operation)
    assert type(caught.value) is kind
    assert words in caught.value.user_message


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_broken_look_is_looked_at_again(status: int) -> None:
    with pytest.raises(Unavailable) as caught:
        look(b"<html>", status)
    assert caught.value.retryable


def test_a_job_that_is_gone() -> None:
    with pytest.raises(ResultExpired):
        look({"code": 404, "message": "任务不存在"}, 404)


def test_what_may_have_arrived_is_never_sent_again() -> None:
    made = order("diffusion", {"prompt": "x"})
    for error in (Unavailable(maybe_accepted=True), InvalidResponse(maybe_accepted=True)):
        with pytest.raises(SubmitUnknown):
            drive(youchuan().submit(made), error)


def test_what_never_left_may_be_sent_again() -> None:
    with pytest.raises(Unavailable) as caught:
        drive(youchuan().submit(order("diffusion", {"prompt": "x"})), Unavailable(code="ConnectError"))
    assert caught.value.retryable and not caught.value.maybe_accepted


def test_a_submit_without_an_id() -> None:
    with pytest.raises(SubmitUnknown):
        submit(job(id=None, cost=None))
    with pytest.raises(ContentRejected):
        submit(job(id=None, cost=None, status=3, comment="JobStatusTextReject"))


def test_a_submit_may_have_failed_at_once() -> None:
    snapshot = submit(job(status=3, comment="JobStatusTextReject"))
    assert snapshot.state is State.FAILED
    assert isinstance(snapshot.error, ContentRejected)


def test_keys_are_not_kept() -> None:
    row = {"code": 401, "reason": "Invalid_App_Identifier", "message": "YOUR_APP_ID with YOUR_SECRET_KEY"}
    with pytest.raises(AuthFailed) as caught:
        submit(row, 401)
    assert "YOUR_SECRET_KEY" not in str(caught.value.raw)
    assert "YOUR_APP_ID" not in str(caught.value.raw)
    snapshot = look(job(text="YOUR_SECRET_KEY"))
    assert "YOUR_SECRET_KEY" not in str(snapshot.raw)


# ── account and callbacks ────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "plan", "balance", "concurrent"),
    [
        ({"plan": "pro", "feeBalance": 120, "maxConcurrent": 960}, "pro", Decimal(120), 960),
        ({"data": {"planName": "pro", "balance": "12.5", "concurrency": "3"}}, "pro", Decimal("12.5"), 3),
        ({"plan": {"name": "pro"}}, "pro", None, None),
        ({}, "", None, None),
        ({"balance": "much", "maxConcurrent": []}, "", None, None),
    ],
)
def test_account(body: Any, plan: str, balance: Decimal | None, concurrent: int | None) -> None:
    info = drive(youchuan().account(), reply(body))
    assert (info.plan, info.balance, info.max_concurrent) == (plan, balance, concurrent)


def test_account_without_a_plan() -> None:
    with pytest.raises(QuotaExhausted, match="plan"):
        drive(youchuan().account(), reply({}, 403))
    with pytest.raises(InvalidResponse):
        drive(youchuan().account(), reply([1]))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (json.dumps(payload("callback-partial")).encode(), [JOB]),
        (json.dumps({"jobId": "12345"}).encode(), ["12345"]),
        (json.dumps({"data": {"jobId": "12345"}}).encode(), ["12345"]),
        (b'{"id": "../../x"}', []),
        (b'{"id": {"a": 1}}', []),
        (b'{"id": true}', []),
        (b"{}", []),
        (b"[]", []),
        (b"", []),
        (b"\xff\x00", []),
        (b"id=12345", []),
        (b'{"a":' * 50_000, []),
    ],
)
def test_callbacks_are_hints(body: bytes, found: list[str]) -> None:
    assert youchuan().read_callback(RawCallback(body)) == found


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_callback_is_survived(body: bytes) -> None:
    assert isinstance(youchuan().read_callback(RawCallback(body)), list)

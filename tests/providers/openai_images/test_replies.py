"""Pictures that come inline or as links, and every kind of refusal."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from providers import errors
from providers.base import Kind, Snapshot, State
from providers.errors import (
    AuthFailed,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    NotConfigured,
    ProviderError,
    RateLimited,
    ResultExpired,
    SubmitUnknown,
    Unavailable,
)

from .tools import drive, order, payload, reply, service


def submit(*answers: httpx.Response | Exception, **values: Any) -> Snapshot:
    found = drive(service().submit(order(values=values)), *answers)
    assert isinstance(found, Snapshot)
    return found


def test_pictures_in_the_reply() -> None:
    done = submit(reply(payload("reply-inline"), headers={"x-request-id": "req_1"}), output_format="webp")
    assert (done.state, done.remote_id, done.usage["total_tokens"]) == (State.SUCCEEDED, "req_1", 100)
    (found,) = done.files
    assert (found.index, found.kind, found.data, found.url) == (0, Kind.IMAGE, b"\x89PNG\r\n\x1a\n", "")
    assert found.media_type == "image/webp"
    assert "b64_json" not in str(done.raw), "pictures are not kept twice"


def test_pictures_behind_links() -> None:
    done = submit(reply(payload("reply-links")))
    assert [(found.index, found.url, found.data) for found in done.files] == [
        (0, "https://images.example/1.png", None),
        (1, "https://images.example/2.png", None),
    ]


def test_a_data_url_is_read_too() -> None:
    coded = "data:image/png;base64," + base64.b64encode(b"picture").decode()
    assert submit(reply({"data": [{"b64_json": coded}]})).files[0].data == b"picture"


@pytest.mark.parametrize("row", [{}, {"b64_json": "no base64!"}, {"b64_json": ""}, {"url": " "}, None, {"url": 7}])
def test_an_empty_place_is_a_rejected_slot(row: Any) -> None:
    done = submit(reply({"data": [row, {"url": "https://images.example/2.png"}]}))
    assert [found.index for found in done.files] == [1] and [slot.index for slot in done.rejected] == [0]


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", {"data": []}, {"data": [{}]}, {"data": "x"}])
def test_an_answer_without_pictures_is_the_end(body: Any) -> None:
    with pytest.raises(GenerationFailed):
        submit(reply(body))


@pytest.mark.parametrize(("status", "error", "kind"), payload("errors"))
def test_every_error(status: int, error: dict[str, Any], kind: str) -> None:
    with pytest.raises(ProviderError) as caught:
        submit(reply({"error": error}, status, {"Retry-After": "12", "x-request-id": "req_1"}))
    assert type(caught.value) is getattr(errors, kind)
    assert (caught.value.retry_after, caught.value.request_id) == (12.0, "req_1")
    assert error["message"] not in caught.value.user_message and caught.value.user_message.endswith(".")


@pytest.mark.parametrize(
    ("param", "words"), [("size", "this size"), ("image[]", "this picture"), ("mask", "this mask"), ("n", "so many")]
)
def test_the_parameter_to_blame_is_named(param: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        submit(reply({"error": {"code": None, "type": "invalid_request_error", "message": "?", "param": param}}, 400))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "model 'x' does not do this"}, InvalidRequest),
        (422, {"detail": [{"loc": ["body", "n"]}]}, InvalidRequest),
        (401, b"", AuthFailed),
        (404, b"<html>", NotConfigured),
        (413, b"", InvalidRequest),
        (418, b"", InvalidResponse),
        (429, b"slow down", RateLimited),
        (500, b"", GenerationFailed),
        (502, b"<html>", SubmitUnknown),
        (503, b"", Unavailable),
        (504, b"", SubmitUnknown),
        (200, {"error": {"code": "server_error", "message": "?"}}, GenerationFailed),
    ],
)
def test_what_other_servers_answer(status: int, body: Any, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        submit(reply(body, status))


def test_a_connection_that_broke_leaves_the_fate_open() -> None:
    with pytest.raises(SubmitUnknown):
        submit(Unavailable(maybe_accepted=True))
    with pytest.raises(Unavailable):
        submit(Unavailable())


def test_nothing_can_be_asked_for_later() -> None:
    with pytest.raises(ResultExpired):
        drive(service().fetch("req_1"))


def test_the_key_is_not_kept() -> None:
    with pytest.raises(ProviderError) as caught:
        submit(reply({"error": {"message": "Incorrect API key provided: sk-alice", "code": "invalid_api_key"}}, 401))
    assert "sk-alice" not in str(caught.value.raw)

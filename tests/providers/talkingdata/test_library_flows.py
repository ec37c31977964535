"""The asset library: samples, states, why files fail, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from providers import errors
from providers.base import LibraryAsset, LibraryState
from providers.errors import (
    AuthFailed,
    ContentRejected,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    NotConfigured,
    ProviderError,
    RateLimited,
    ResultExpired,
    Unavailable,
)

from .tools_ark import drive, film, payload, picture, reply, sent_body, sound, talkingdata

ASSET = "asset-20260330170834-sztnw"
GROUP = {"asset_group": "group-20260330162801-vmpfz"}


def look(body: Any, status: int = 200) -> LibraryAsset:
    found = drive(talkingdata().look_at_asset(ASSET), reply(body, status))
    assert isinstance(found, LibraryAsset)
    return found


def create(body: Any, status: int = 200) -> LibraryAsset:
    found = drive(talkingdata().create_asset(picture(), "fox"), reply(body, status))
    assert isinstance(found, LibraryAsset)
    return found


def asset(**changes: Any) -> dict[str, Any]:
    body = payload("library/reply-active")
    return {**body, "Result": {**body["Result"], **changes}}


def test_the_documented_request() -> None:
    sample = payload("library/request-create")
    request = next(talkingdata(**GROUP).create_asset(picture(sample["URL"]), ""))
    assert sent_body(request) == sample
    assert (request.method, request.url.path) == ("POST", "/model/origin/assets/create")
    assert request.headers["x-timestamp"].isdigit()


def test_kinds_names_and_projects() -> None:
    flows = [talkingdata(asset_project="films").create_asset(file, "x" * 65) for file in (picture(), film(), sound())]
    bodies = [sent_body(next(flow)) for flow in flows]
    assert [body["AssetType"] for body in bodies] == ["Image", "Video", "Audio"]
    assert all(body["Name"] == "x" * 64 and body["ProjectName"] == "films" for body in bodies)
    assert bodies[0]["GroupId"] == "default"


def test_the_service_downloads_files() -> None:
    with pytest.raises(NotConfigured, match="STUDIO_PUBLIC_URL"):
        drive(talkingdata().create_asset(picture(None), "fox"))


def test_the_documented_reply() -> None:
    assert create(payload("library/reply-created")) == LibraryAsset(ASSET, LibraryState.PROCESSING)


def test_the_question() -> None:
    request = next(talkingdata().look_at_asset(ASSET))
    assert (request.method, request.url.path) == ("POST", "/model/origin/assets/get")
    assert dict(request.url.params) == {"id": ASSET} and request.content == b""
    asked = next(talkingdata(asset_project="films").look_at_asset(ASSET))
    assert dict(asked.url.params) == {"id": ASSET, "ProjectName": "films"}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Active", LibraryState.ACTIVE),
        ("Processing", LibraryState.PROCESSING),
        ("Failed", LibraryState.FAILED),
        ("Waiting", LibraryState.PROCESSING),
    ],
)
def test_every_state(status: str, state: LibraryState) -> None:
    found = look(asset(Status=status))
    assert (found.remote_id, found.state) == (ASSET, state)
    assert (found.error is not None) == (state is LibraryState.FAILED)


@pytest.mark.parametrize(("code", "kind"), payload("library/failed-table"))
def test_why_a_file_failed(code: str, kind: str) -> None:
    found = look(asset(Status="Failed", Error={"Code": code, "Message": "The vendor's words."}))
    assert found.error is not None and type(found.error) is getattr(errors, kind)
    assert found.error.code == code and "vendor" not in found.error.user_message


def test_each_reason_has_its_own_words() -> None:
    sentences = {
        str(look(asset(Status="Failed", Error={"Code": code, "Message": ""})).error)
        for code, _kind in payload("library/failed-table")
    }
    assert len(sentences) == len(payload("library/failed-table"))


@pytest.mark.parametrize("error", [None, {}, {"Code": "SomethingNew"}, {"Code": None}, "x"])
def test_a_reason_that_we_do_not_know(error: Any) -> None:
    assert isinstance(look(asset(Status="Failed", Error=error)).error, GenerationFailed)


def test_reasons_of_the_filter_s_family() -> None:
    error = {"Code": "InputImageSensitiveContentDetected.PrivacyInformation", "Message": "?"}
    assert isinstance(look(asset(Status="Failed", Error=error)).error, ContentRejected)


def refused(code: str, message: str = "The vendor's words.") -> dict[str, Any]:
    return {"ResponseMetadata": {"RequestId": "2026", "Error": {"Code": code, "Message": message}}}


@pytest.mark.parametrize("status", [200, 400, 404])
@pytest.mark.parametrize(
    ("code", "making", "looking"),
    [
        ("InvalidParameter.URL", InvalidRequest, InvalidRequest),
        ("MissingParameter", InvalidRequest, InvalidRequest),
        ("AccessDenied", AuthFailed, AuthFailed),
        ("NotFound.GroupId", NotConfigured, ResultExpired),
        ("FlowLimitExceeded", RateLimited, RateLimited),
        ("InternalError", Unavailable, Unavailable),
        ("InternalServiceTimeout", Unavailable, Unavailable),
    ],
)
def test_refusals(code: str, making: type[ProviderError], looking: type[ProviderError], status: int) -> None:
    for ask, kind in ((create, making), (look, looking)):
        with pytest.raises(ProviderError) as caught:
            ask(refused(code), status)
        assert type(caught.value) is kind and (caught.value.code, caught.value.request_id) == (code, "2026")
        assert "vendor" not in caught.value.user_message


def test_a_group_that_is_not_there_is_a_setting() -> None:
    with pytest.raises(NotConfigured, match="asset group"):
        create(refused("NotFound.GroupId"), 404)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", {}, {"Result": None}, {"Result": {}}, {"Result": {"Id": 7}}])
def test_answers_that_make_no_sense(body: Any) -> None:
    with pytest.raises(InvalidResponse):
        create(body)
    with pytest.raises(InvalidResponse):
        look(body)


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthFailed), (429, RateLimited), (502, Unavailable), (503, Unavailable)]
)
def test_statuses_without_a_body(status: int, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        create(b"", status)
    with pytest.raises(kind):
        look(b"<html>", status)


def test_ids_that_are_none_are_not_asked_for() -> None:
    with pytest.raises(InvalidRequest):
        drive(talkingdata().look_at_asset("../x"))

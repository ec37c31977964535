"""What the emulated QuickRouter takes, refuses and answers."""

from __future__ import annotations

import base64
import io
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from providers.sandbox.tencent import FAILURES

PATH = "/tencent-vod/v1/aigc-image"
PAYLOADS = Path(__file__).parents[1] / "quickrouter" / "payloads"


def sample(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


class Customer:
    def __init__(self, base: str, token: str = "somebody") -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=30)

    def post(self, **body: Any) -> httpx.Response:
        return self.http.post(PATH, json={"model_name": "GEM", "model_version": "3.0", "prompt": "a boat", **body})

    def order(self, **body: Any) -> str:
        response = self.post(**body)
        assert response.status_code == 200 and "TaskId" in response.json()["Response"], response.text
        return str(response.json()["Response"]["TaskId"])

    def query(self, task: str) -> dict[str, Any]:
        response = self.http.get(f"/tencent-vod/v1/query/{task}")
        assert response.status_code == 200
        found: dict[str, Any] = response.json()["Response"]
        return found

    def ended(self, task: str) -> dict[str, Any]:
        deadline = time.monotonic() + 30
        while (found := self.query(task))["Status"] in ("WAITING", "PROCESSING"):
            assert time.monotonic() < deadline
        return found

    def refused(self, code: str, **body: Any) -> str:
        response = self.post(**body)
        error = response.json()["Response"]["Error"]
        assert (response.status_code, error["Code"]) == (200, code), response.text
        assert set(response.json()["Response"]) == {"Error", "RequestId"}
        return str(error["Message"])


@pytest.fixture
def customer(client) -> Customer:
    return Customer(client.base)


def info(**fields: Any) -> list[dict[str, Any]]:
    return [{"type": "Url", "url": "http://example.com/a.png", **fields}]


def pixels(colour: str = "red", size: tuple[int, int] = (64, 64), kind: str = "PNG") -> str:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


def test_the_documented_sample_is_taken(customer):
    stored = customer.ended(customer.order(output_config={"storage_mode": "Permanent"}))
    (kept,) = stored["AigcImageTask"]["Output"]["FileInfos"]
    body = sample("request-create")["json"]
    body["file_infos"][0]["file_id"] = kept["FileId"]
    reply = customer.http.post(PATH, json=body).json()
    assert {name: set(part) for name, part in reply.items()} == {
        name: set(part) for name, part in sample("reply-submitted").items()
    }
    task = customer.ended(reply["Response"]["TaskId"])
    assert task["AigcImageTask"]["SessionId"] == body["session_id"]
    assert task["AigcImageTask"]["SessionContext"] == body["session_context"]


def test_the_answer_to_a_query_is_the_documented_one(customer):
    found, shown = customer.ended(customer.order()), sample("reply-finished")["Response"]
    assert set(found) == {name for name, value in shown.items() if value is not None}
    assert set(found["AigcImageTask"]) == set(shown["AigcImageTask"])
    (file,) = found["AigcImageTask"]["Output"]["FileInfos"]
    assert file["StorageMode"] == "Temporary" and file["MetaData"] == {"Width": 1024, "Height": 1024}
    assert "FileId" not in file and file["ExpireTime"]


def test_links_live_for_seven_days_unless_they_are_kept(customer):
    (file,) = customer.ended(customer.order())["AigcImageTask"]["Output"]["FileInfos"]
    expires = int(file["FileUrl"].rpartition("=")[2])
    assert abs(expires - time.time() - 7 * 86400) < 60
    kept = customer.ended(customer.order(output_config={"storage_mode": "Permanent"}))
    (file,) = kept["AigcImageTask"]["Output"]["FileInfos"]
    assert "expires" not in file["FileUrl"] and "ExpireTime" not in file


def test_the_schema_of_the_document_is_another_shape(customer):
    reply = customer.post(prompt="a boat sandbox-queue").json()
    assert set(reply) == set(sample("reply-queued"))
    assert reply["status"] == "IN_QUEUE" and reply["request_id"] in reply["status_url"]


#: what is refused, with which code and which field named
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("MissingParameter", {"model_name": ""}, "model_name"),
    ("MissingParameter", {"model_version": None}, "model_version"),
    ("MissingParameter", {"prompt": ""}, "prompt"),
    ("MissingParameter", {"prompt": " "}, "prompt"),
    ("InvalidParameterValue", {"model_name": "Jimeng"}, "Jimeng"),
    ("InvalidParameterValue", {"model_version": "3.1"}, "3.1"),
    ("InvalidParameterValue", {"model_name": "Qwen", "model_version": "3.0"}, "Qwen"),
    ("InvalidParameter", {"prompt": 5}, "prompt"),
    ("InvalidParameter", {"prompt": "a \ud800"}, "prompt"),
    ("InvalidParameter", {"negative_prompt": []}, "negative_prompt"),
    ("InvalidParameterValue", {"enhance_prompt": "On"}, "enhance_prompt"),
    ("UnknownParameter", {"seed": 1}, "seed"),
    ("UnknownParameter", {"output_config": {"size": "1K"}}, "output_config.size"),
    ("InvalidParameter", {"output_config": []}, "output_config"),
    ("InvalidParameterValue", {"output_config": {"storage_mode": "Forever"}}, "storage_mode"),
    ("InvalidParameterValue", {"output_config": {"resolution": "1K"}}, "resolution"),
    ("InvalidParameterValue", {"output_config": {"resolution": "1024x1025"}}, "resolution"),
    ("InvalidParameterValue", {"output_config": {"aspect_ratio": "9:21"}}, "aspect_ratio"),
    ("InvalidParameterValue", {"output_config": {"person_generation": "AllowAll"}}, "person_generation"),
    ("InvalidParameterValue", {"output_config": {"input_compliance_check": "On"}}, "input_compliance_check"),
    ("InvalidParameterValue", {"output_config": {"output_compliance_check": "On"}}, "output_compliance_check"),
    *[
        ("InvalidParameterValue", {**model, "output_config": {"aspect_ratio": "1:1"}}, "aspect_ratio")
        for model in (
            {"model_name": "Qwen", "model_version": "0925"},
            {"model_name": "Hunyuan", "model_version": "3.0"},
        )
    ],
    ("InvalidParameterValue", {"session_id": "x" * 51}, "session_id"),
    ("InvalidParameterValue", {"session_context": "x" * 1001}, "session_context"),
    ("InvalidParameterValue", {"tasks_priority": 11}, "tasks_priority"),
    ("InvalidParameterValue", {"tasks_priority": -11}, "tasks_priority"),
    ("InvalidParameterValue", {"tasks_priority": "11"}, "tasks_priority"),
    ("InvalidParameterValue", {"tasks_priority": 1.5}, "tasks_priority"),
    ("InvalidParameterValue", {"tasks_priority": True}, "tasks_priority"),
    ("InvalidParameter", {"file_infos": {}}, "file_infos"),
    ("InvalidParameter", {"file_infos": ["x"]}, "file_infos[0]"),
    ("InvalidParameterValue", {"file_infos": info() * 4}, "file_infos"),
    ("InvalidParameterValue", {"model_version": "2.5", "file_infos": info() * 4}, "file_infos"),
    ("InvalidParameterValue", {"model_name": "Hunyuan", "file_infos": info() * 2}, "file_infos"),
    ("InvalidParameterValue", {"model_name": "Qwen", "model_version": "0925", "file_infos": info() * 2}, "file_infos"),
    ("InvalidParameterValue", {"model_name": "Hunyuan", "file_infos": info(text="x")}, "text"),
    ("InvalidParameterValue", {"model_name": "Qwen", "model_version": "0925", "file_infos": info(text="x")}, "text"),
    ("InvalidParameterValue", {"file_infos": [{"url": "http://example.com/a.png"}]}, "type"),
    ("UnknownParameter", {"file_infos": info(role="style")}, "file_infos[0].role"),
    ("InvalidParameterValue", {"file_infos": info(type="Picture")}, "type"),
    ("InvalidParameterValue", {"file_infos": info(url="ftp://example.com/a.png")}, "url"),
    ("InvalidParameterValue", {"file_infos": [{"type": "Url"}]}, "url"),
    ("InvalidParameterValue", {"file_infos": [{"type": "File", "file_id": "../x"}]}, "file_id"),
    ("InvalidParameterValue.FileId", {"file_infos": [{"type": "File", "file_id": "123"}]}, "123"),
    ("InvalidParameterValue", {"file_infos": [{"type": "Base64", "base64": "no!"}]}, "base64"),
    ("InvalidParameterValue", {"file_infos": [{"type": "Base64"}]}, "base64"),
]


@pytest.mark.parametrize(("code", "body", "named"), REFUSED)
def test_what_is_refused(customer, code, body, named):
    whole = {"model_name": "GEM", "model_version": "3.0", "prompt": "a boat", **body}
    content = json.dumps(whole).encode()
    response = customer.http.post(PATH, content=content, headers={"content-type": "application/json"})
    error = response.json()["Response"]["Error"]
    assert (response.status_code, error["Code"]) == (200, code), response.text
    assert named in error["Message"]


@pytest.mark.parametrize(
    "body",
    [
        {"session_id": "x" * 50, "session_context": "x" * 1000, "ext_info": "x"},
        {"tasks_priority": "-10"},
        {"tasks_priority": 10},
        {"prompt": "", "file_infos": [{"type": "base64", "base64": pixels(), "url": "", "file_id": ""}]},
        {"file_infos": [{"type": "Base64", "base64": pixels()}] * 3},
        {"output_config": {"resolution": "", "aspect_ratio": ""}, "negative_prompt": ""},
    ],
)
def test_what_is_taken_at_its_bounds(customer, body):
    assert customer.ended(customer.order(**body))["AigcImageTask"]["ErrCode"] == 0


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        *[(kind, "") for kind in ("JPEG", "PNG", "WEBP")],
        *[(kind, "InvalidParameter.MediaFormat") for kind in ("GIF", "BMP", "TIFF")],
    ],
)
def test_formats_of_pictures(customer, kind, code):
    given = [{"type": "Base64", "base64": pixels(kind=kind)}]
    assert customer.ended(customer.order(file_infos=given))["AigcImageTask"]["ErrCodeExt"] == code


@pytest.mark.parametrize("kind", ["text/plain", "application/json; charset=utf-8", ""])
def test_the_content_type_is_exactly_json(customer, kind):
    body = json.dumps({"model_name": "GEM", "model_version": "3.0", "prompt": "a boat"})
    error = customer.http.post(PATH, content=body, headers={"content-type": kind}).json()["Response"]["Error"]
    assert error["Code"] == "InvalidParameter"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff"])
def test_what_is_no_object(customer, content):
    response = customer.http.post(PATH, content=content, headers={"content-type": "application/json"})
    assert response.json()["Response"]["Error"]["Code"] == "InvalidParameter"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic abc", "Bearer invalid"])
def test_a_key_is_wanted(customer, header):
    headers = {} if header is None else {"Authorization": header}
    with httpx.Client(base_url=customer.http.base_url, headers=headers, trust_env=False) as http:
        for response in (http.post(PATH, json={}), http.get("/tencent-vod/v1/query/x")):
            assert response.status_code == 401
            assert response.json()["error"]["code"] == "invalid_api_key"


def test_a_session_id_counts_for_three_days_and_one_account(customer, client):
    customer.order(session_id="mine")
    assert "mine" in customer.refused("InvalidParameterValue.SessionId", session_id="mine")
    Customer(client.base, "another").order(session_id="mine")
    customer.order(session_id="")
    customer.order(session_id="")


def test_a_refused_order_leaves_its_session_id_free(customer):
    customer.refused("InvalidParameterValue", session_id="mine", tasks_priority=11)
    customer.order(session_id="mine")


def test_session_ids_outlive_a_restart(sandbox, tmp_path):
    with sandbox(data=tmp_path) as first:
        task = Customer(first.base).order(session_id="mine")
        Customer(first.base).ended(task)
    with sandbox(data=tmp_path) as second:
        Customer(second.base).refused("InvalidParameterValue.SessionId", session_id="mine")
        assert Customer(second.base).ended(task)["Status"] == "FINISH"


@pytest.mark.parametrize("word", FAILURES)
def test_every_failure_can_be_asked_for(customer, word):
    found = customer.ended(customer.order(prompt=f"a boat sandbox-fail:{word}"))
    task = found["AigcImageTask"]
    assert (task["Status"], task["ErrCodeExt"]) == ("FINISH", word)
    assert task["ErrCode"] == FAILURES[word][0] != 0 and task["Message"]
    assert task["Output"] == {"FileInfos": []}


def test_faults_end_jobs_badly(client, customer):
    client.fault(PATH, {"job": {"reject": {"0": "色情"}}})
    assert customer.ended(customer.order())["AigcImageTask"]["ErrCodeExt"] == "ContentModerationFailed"
    client.fault(PATH, {"error": "InternalError", "after": True})
    assert customer.post().json()["Response"]["Error"]["Code"] == "InternalError"


def test_too_much_at_once(sandbox):
    with sandbox(max_concurrent=1, latency=60) as client:
        customer = Customer(client.base)
        task = customer.order()
        assert customer.query(task)["Status"] == "WAITING"
        assert customer.query(task)["AigcImageTask"]["Status"] == "PROCESSING"
        customer.refused("RequestLimitExceeded")


def test_given_pictures_steer(customer):
    def mean(colour: str) -> tuple[int, ...]:
        given = [{"type": "Base64", "base64": pixels(colour, (200, 100))}]
        found = customer.ended(customer.order(file_infos=given))
        (file,) = found["AigcImageTask"]["Output"]["FileInfos"]
        picture = Image.open(io.BytesIO(customer.http.get(file["FileUrl"]).content))
        assert abs(picture.width / picture.height - 2) < 0.05
        return picture.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))

    red, blue = mean("red"), mean("blue")
    assert red[0] > 120 and blue[2] > 120

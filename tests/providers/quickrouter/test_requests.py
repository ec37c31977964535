"""What is sent equals what the document shows, and nothing that it rules out is sent."""

from __future__ import annotations

import base64
import json

import pydantic
import pytest

from providers.errors import InvalidRequest, NotConfigured, Unsupported
from providers.params import plain_errors, read_fields
from providers.quickrouter import QuickRouter
from providers.quickrouter.calls import make_body
from providers.quickrouter.families import GEM_RATIOS
from providers.quickrouter.params import LARGE, PICTURE_BYTES, RESOLUTIONS
from providers.tencent_vod import SESSION_LIMIT, session_id

from .tools import GEM, MODELS, TASK, order, payload, photo, quickrouter, sent

SAMPLE = {
    "prompt": "convert this image to anime style",
    "file_ids": "387702299774574677",
    "texts": "原始图片的描述信息",
    "negative": "blur, distorted",
    "enhance": True,
    "resolution": "1080P",
    "ratio": "1:1",
    "persons": "AllowAdult",
    "priority": 10,
}
LINK = "https://studio.example/in/1"


def test_the_documented_request():
    sample = payload("request-create")
    request = next(quickrouter().submit(order(SAMPLE)))
    assert (request.method, str(request.url)) == (sample["method"], sample["url"])
    for header, value in sample["headers"].items():
        assert request.headers[header] == value
    expected = sample["json"]
    del expected["ext_info"], expected["file_infos"][0]["url"]
    # the table writes File, the example file
    expected["file_infos"][0]["type"] = "File"
    body = json.loads(request.content)
    assert body.pop("session_id") == session_id("1-request-0001")
    assert body.pop("session_context") == "1-request-0001"
    assert body == {name: value for name, value in expected.items() if not name.startswith("session_")}


def test_the_documented_question():
    sample = payload("request-query")
    request = next(quickrouter().fetch(TASK))
    assert (request.method, str(request.url)) == (sample["method"], sample["url"])
    assert request.headers["authorization"] == sample["headers"]["authorization"]
    assert request.content == b""


def test_the_query_path_is_a_setting():
    request = next(quickrouter(query_path="/v2/tasks?id={task_id}").fetch("a*b"))
    assert str(request.url) == "https://api.quickrouter.ai/v2/tasks?id=a%2Ab"


@pytest.mark.parametrize("path", ["tasks/{task_id}", "//evil.example/{task_id}", "/tasks", "https://x/{task_id}"])
def test_a_query_path_that_leads_elsewhere_is_refused(path):
    with pytest.raises(NotConfigured):
        quickrouter(query_path=path)


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("gem-2.5", ("GEM", "2.5")),
        ("gem-3.0", ("GEM", "3.0")),
        ("qwen-0925", ("Qwen", "0925")),
        ("hunyuan-3.0", ("Hunyuan", "3.0")),
    ],
)
def test_every_model_by_its_two_names(model, names):
    body = sent(order(model=model))
    assert (body["model_name"], body["model_version"]) == names
    assert body["output_config"] == {
        "storage_mode": "Temporary",
        "input_compliance_check": "Enabled",
        "output_compliance_check": "Enabled",
    }
    assert "file_infos" not in body and "negative_prompt" not in body
    assert body["enhance_prompt"] == "Disabled"


def test_all_that_can_be_switched():
    output = sent(
        order({"storage": "Permanent", "persons": "Disallowed", "input_check": "Disabled", "output_check": "Disabled"})
    )["output_config"]
    assert output == {
        "storage_mode": "Permanent",
        "person_generation": "Disallowed",
        "input_compliance_check": "Disabled",
        "output_compliance_check": "Disabled",
    }


# pictures


def test_pictures_go_by_link_with_what_they_show():
    made = order(
        {"references": ["asset:1", "asset:2"], "texts": "-\nThe roof"},
        media={"references": (photo(f"{LINK}.jpg"), photo(f"{LINK}.png", media_type="image/png"))},
    )
    assert sent(made)["file_infos"] == [
        {"type": "Url", "url": f"{LINK}.jpg"},
        {"type": "Url", "url": f"{LINK}.png", "text": "The roof"},
    ]


@pytest.mark.parametrize("texts", ["first\n\nlast\n", "first\n-\nlast", " first \n - \n last "])
def test_a_picture_may_go_without_words(texts):
    pictures = tuple(photo(f"{LINK}{name}") for name in "abc")
    made = order({"references": ["asset:1", "asset:2", "asset:3"], "texts": texts}, media={"references": pictures})
    assert [info.get("text") for info in sent(made)["file_infos"]] == ["first", None, "last"]


def test_pictures_go_as_bytes_where_the_service_cannot_reach_us():
    made = order({"references": ["asset:1"]}, media={"references": (photo(None, b"\xff\xd8"),)})
    assert sent(made)["file_infos"] == [{"type": "Base64", "base64": base64.b64encode(b"\xff\xd8").decode()}]


@pytest.mark.parametrize("model", MODELS)
def test_the_picture_that_is_changed(model):
    made = order({"prompt": "make it snow"}, model=model, operation="rework", input=photo(LINK))
    body = sent(made)
    assert (body["prompt"], body["file_infos"]) == ("make it snow", [{"type": "Url", "url": LINK}])


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: order(operation="rework"), "no_input"),
        (lambda: order({"references": ["asset:1"]}), "media_missing"),
        (lambda: order(operation="rework", input=photo(LINK, media_type="image/gif")), "media_type"),
        (lambda: order(operation="rework", input=photo(LINK, size=PICTURE_BYTES + 1)), "media_size"),
    ],
)
def test_pictures_that_cannot_be_sent(made, code):
    with pytest.raises(InvalidRequest) as caught:
        make_body(made())
    assert caught.value.code == code


def test_a_model_of_another_service():
    made = order()
    object.__setattr__(made, "model", type(made.model)("v7", "v7", "--v 7", made.model.operations))
    with pytest.raises(Unsupported):
        make_body(made)


# keys


def test_session_ids_fit_and_tell_requests_apart():
    ids = {session_id(key) for key in ("1-a", "1-b", "2-a", "x" * 200)}
    assert len(ids) == 4
    assert all(0 < len(item) <= SESSION_LIMIT for item in ids)
    assert session_id("1-a") == session_id("1-a")


def test_without_a_request_key_nothing_is_deduplicated():
    body = sent(order(request_key=""))
    assert "session_id" not in body and "session_context" not in body


# bounds

#: (model, operation, parameters, the field that is refused)
REFUSED = [
    *[(model, "create", {"prompt": "  "}, "prompt") for model in MODELS],
    *[(model, "rework", {"prompt": ""}, "prompt") for model in MODELS],
    *[(model, "rework", {"prompt": "  "}, "prompt") for model in MODELS],
    *[(model, "create", {"priority": value}, "priority") for model in MODELS for value in (-11, 11)],
    *[(model, "create", {"resolution": "1K"}, "resolution") for model in MODELS],
    *[(model, "create", {"resolution": "1024x1025"}, "resolution") for model in MODELS],
    *[(model, "create", {"storage": "Forever"}, "storage") for model in MODELS],
    *[(model, "create", {"persons": "AllowAll"}, "persons") for model in MODELS],
    *[(model, "create", {"input_check": "On"}, "input_check") for model in MODELS],
    *[(model, "create", {"output_check": ""}, "output_check") for model in MODELS],
    *[(model, "create", {"prompt": "x" * 4001}, "prompt") for model in MODELS],
    *[(model, "create", {"negative": "x" * 1001}, "negative") for model in MODELS],
    *[(model, "create", {"ratio": ratio}, "ratio") for model in GEM for ratio in ("9:21", "2:1", "auto")],
    *[(model, "create", {"ratio": "1:1"}, "ratio") for model in ("qwen-0925", "hunyuan-3.0")],
    *[(model, "create", {"texts": "x"}, "texts") for model in ("qwen-0925", "hunyuan-3.0")],
    *[(model, "create", {"references": ["asset:1"] * 4}, "references") for model in GEM],
    *[(model, "create", {"references": ["asset:1"] * 2}, "references") for model in ("qwen-0925", "hunyuan-3.0")],
    *[(model, "create", {"references": ["asset:1"] * 3, "file_ids": "12"}, "file_ids") for model in GEM],
    *[(model, "create", {"file_ids": "1 2 3 4"}, "file_ids") for model in GEM],
    *[(model, "create", {"file_ids": "1 2"}, "file_ids") for model in ("qwen-0925", "hunyuan-3.0")],
    ("gem-3.0", "create", {"file_ids": "../etc"}, "file_ids"),
    ("gem-3.0", "create", {"texts": "a picture that is not there"}, "texts"),
    ("gem-3.0", "create", {"references": ["asset:1"], "texts": "one\ntwo"}, "texts"),
    ("gem-3.0", "create", {"ratio": "16:9", "resolution": "2560x1440"}, "ratio"),
    *[(model, "rework", {"references": ["asset:1"]}, "references") for model in MODELS],
    *[(model, "rework", {"file_ids": "1"}, "file_ids") for model in MODELS],
    ("gem-3.0", "rework", {"ratio": "16:9", "resolution": "2560x1440"}, "ratio"),
]


@pytest.mark.parametrize(("model", "operation", "params", "name"), REFUSED)
def test_out_of_bounds(model, operation, params, name):
    kind = QuickRouter.model(model).operation(operation).params
    with pytest.raises(pydantic.ValidationError) as caught:
        kind.model_validate({"prompt": "a cat", **params})
    found = plain_errors(caught.value, kind)
    assert found and all(str(sentence).endswith(".") for sentence in found.values())
    known = {spec.name for spec in read_fields(kind)}
    assert set(found) == {name if name in known else ""} or name in found


@pytest.mark.parametrize("model", MODELS)
def test_everything_documented_is_taken(model):
    for resolution in RESOLUTIONS:
        assert sent(order({"resolution": resolution}, model=model))["output_config"]["resolution"] == resolution
    for priority in (-10, 0, 10):
        assert sent(order({"priority": priority}, model=model))["tasks_priority"] == priority
    if model in GEM:
        for ratio in GEM_RATIOS:
            assert sent(order({"ratio": ratio, "resolution": "4K"}, model=model))["output_config"]["aspect_ratio"] == (
                ratio
            )


def test_a_picture_alone_is_enough():
    made = order({"prompt": "", "references": ["asset:1"]}, media={"references": (photo(LINK),)})
    assert "prompt" not in sent(made)


# what follows from the declaration


def test_large_pictures_cost_twice_as_much():
    factors = {(item.parameter, item.value): item.factor for item in QuickRouter.price_factors}
    assert set(factors) == {("resolution", name) for name in LARGE}
    assert set(factors.values()) == {2}


@pytest.mark.parametrize(
    ("params", "size"),
    [
        ({}, (1024, 1024)),
        ({"resolution": "2304x1728"}, (2304, 1728)),
        ({"resolution": "1080P", "ratio": "16:9"}, (1920, 1080)),
        ({"resolution": "720P", "ratio": "9:16"}, (720, 1280)),
        ({"resolution": "2K"}, (2048, 2048)),
        ({"references": ["asset:1"]}, None),
        ({"references": ["asset:1"], "ratio": "1:1"}, (1024, 1024)),
    ],
)
def test_the_size_that_is_expected(params, size):
    assert QuickRouter.expected_size(order(params).params) == size

"""GPT Image-2 and Veo 3.1: our requests against the documented ones, and every bound that the pages name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.base import Idempotency
from providers.errors import InvalidRequest, NotConfigured
from providers.params import FileFacts, read_fields
from providers.talkingdata import TalkingData
from providers.talkingdata.vod_params import PICTURE_BYTES
from providers.tencent_vod import CONTEXT_LIMIT, SESSION_LIMIT

from .tools import LINK, order, params_of, payload, picture, refused_at, request, rule, sent, talkingdata

IMAGE, FILM = "gpt-image-2", "veo-3.1"
OPERATIONS = [(IMAGE, "create"), (IMAGE, "rework"), (FILM, "create"), (FILM, "animate")]
TASK = "1395528311-AigcImageTask-fc15ffcabf12aeda727dd756f1ec9732t"


def made_of_sample(name: str, **more: Any) -> Any:
    body = payload(f"vod/request-{name}")["json"]
    start = picture(body["FileInfos"][0]["Url"])
    common = {"prompt": body["Prompt"], "enhance": True, "ratio": "16:9"}
    if name == "image":
        values = {"negative": "red", "texts": body["FileInfos"][0]["Text"], "priority": 10, "extra": "myextinfo"}
        return order(IMAGE, "rework", {**common, **values}, input=start, **more)
    return order(FILM, "animate", {**common, "seed": 0}, input=start, **more)


@pytest.mark.parametrize("name", ["image", "film"])
def test_the_documented_requests(name):
    sample = payload(f"vod/request-{name}")
    made = made_of_sample(name)
    asked = request(made)
    assert (asked.method, str(asked.url).partition("?")[0]) == (sample["method"], sample["url"].partition("?")[0])
    assert asked.url.params["requestId"]
    for header in ("Content-Type", "Authorization", "X-TC-Action"):
        assert asked.headers[header] == sample["headers"][header]
    assert asked.headers["X-Timestamp"].isdigit()
    # the region is said in one sample, and is what the other one leaves unsaid
    expected = {"InputRegion": "Mainland", **sample["json"]}
    assert sent(made_of_sample(name, request_key="")) == expected
    assert {**sent(made), "SessionId": "", "SessionContext": ""} == {**expected, "SessionId": "", "SessionContext": ""}


@pytest.mark.parametrize("name", ["image", "film"])
def test_the_documented_questions(name):
    sample = payload(f"vod/request-query-{name}")
    asked = next(talkingdata().fetch(f"vod:{sample['json']['TaskId']}"))
    assert (asked.method, str(asked.url)) == (sample["method"], sample["url"].partition("?")[0])
    for header in ("Content-Type", "Authorization"):
        assert asked.headers[header] == sample["headers"][header]
    assert "X-TC-Action" not in asked.headers
    assert json.loads(asked.content) == sample["json"]


def test_all_that_can_be_switched_of_pictures():
    values = {
        "quality": "image2_high",
        "resolution": "4K",
        "ratio": "9:21",
        "persons": "AllowAll",
        "input_check": "Disabled",
        "output_check": "Disabled",
        "region": "Oversea",
        "storage": "Permanent",
        "priority": -10,
        "seed": 7,
    }
    body = sent(order(IMAGE, "create", values, request_key=""))
    assert body == {
        "ModelVersion": "image2_high",
        "Prompt": "a cat",
        "EnhancePrompt": "Disabled",
        "OutputConfig": {
            "StorageMode": "Permanent",
            "Resolution": "4K",
            "AspectRatio": "9:21",
            "PersonGeneration": "AllowAll",
            "InputComplianceCheck": "Disabled",
            "OutputComplianceCheck": "Disabled",
        },
        "InputRegion": "Oversea",
        "Seed": 7,
        "TasksPriority": -10,
    }


def test_all_that_can_be_switched_of_films():
    body = sent(order(FILM, "create", {"sound": False, "resolution": "1080P", "ratio": "9:16", "negative": "rain"}))
    assert body["OutputConfig"]["AudioGeneration"] == "Disabled"
    assert body["OutputConfig"]["Resolution"] == "1080P"
    assert body["OutputConfig"]["AspectRatio"] == "9:16"
    assert body["NegativePrompt"] == "rain"
    assert "ModelVersion" not in body and "FileInfos" not in body and "Seed" not in body
    assert sent(order(FILM, "create"))["OutputConfig"]["AudioGeneration"] == "Enabled"


# pictures


def usages(made: Any) -> list[tuple[str, str]]:
    return [(info["Usage"], info["Url"]) for info in sent(made)["FileInfos"]]


def test_every_use_of_a_picture():
    frames = {"first_frame": (picture("https://s.example/a"),), "last_frame": (picture("https://s.example/b"),)}
    assert usages(order(FILM, "create", media=frames)) == [
        ("FirstFrame", "https://s.example/a"),
        ("LastFrame", "https://s.example/b"),
    ]
    made = order(FILM, "animate", input=picture(), media={"last_frame": (picture("https://s.example/b"),)})
    assert usages(made) == [("FirstFrame", LINK), ("LastFrame", "https://s.example/b")]
    references = tuple(picture(f"https://s.example/{name}") for name in "abc")
    assert usages(order(FILM, "create", media={"references": references})) == [
        ("Reference", f"https://s.example/{name}") for name in "abc"
    ]


def test_a_last_frame_that_the_service_keeps():
    made = order(FILM, "animate", {"last_frame_id": " 3877 ", "scene": "motion_control"}, input=picture())
    body = sent(made)
    assert (body["LastFrameFileId"], body["SceneType"]) == ("3877", "motion_control")
    assert usages(made) == [("FirstFrame", LINK)]


def test_pictures_go_with_what_they_show():
    references = (picture("https://s.example/a"), picture("https://s.example/b"))
    made = order(IMAGE, "rework", {"texts": "-\nthe roof"}, input=picture(), media={"references": references})
    assert sent(made)["FileInfos"] == [
        {"Type": "Url", "Url": LINK},
        {"Type": "Url", "Url": "https://s.example/a", "Text": "the roof"},
        {"Type": "Url", "Url": "https://s.example/b"},
    ]


@pytest.mark.parametrize(("model", "operation"), [(IMAGE, "rework"), (FILM, "animate")])
def test_pictures_go_by_link_alone(model, operation):
    with pytest.raises(NotConfigured):
        request(order(model, operation, input=picture(None)))


@pytest.mark.parametrize(
    ("model", "operation", "size", "ratio"),
    [
        (IMAGE, "rework", (1000, 1000), "1:1"),
        (IMAGE, "rework", (1000, 2400), "9:21"),
        (IMAGE, "rework", (1440, 1000), "3:2"),
        (FILM, "animate", (1000, 1001), "9:16"),
        (FILM, "animate", (4000, 3000), "16:9"),
    ],
)
def test_the_shape_of_the_picture_is_kept(model, operation, size, ratio):
    start = picture(width=size[0], height=size[1])
    assert sent(order(model, operation, input=start))["OutputConfig"]["AspectRatio"] == ratio
    asked = sent(order(model, operation, {"ratio": "9:16"}, input=start))
    assert asked["OutputConfig"]["AspectRatio"] == "9:16"


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: order(IMAGE, "rework"), "no_input"),
        (lambda: order(FILM, "animate"), "no_input"),
        (lambda: order(IMAGE, "create", {"references": ["asset:1"]}), "media_missing"),
        (lambda: order(FILM, "create", {"first_frame": ["asset:1"]}), "media_missing"),
        (lambda: order(IMAGE, "rework", input=picture(media_type="image/webp")), "media_types"),
        (lambda: order(FILM, "create", media={"references": (picture(size=PICTURE_BYTES + 1),)}), "max_bytes"),
    ],
)
def test_pictures_that_cannot_be_sent(made, code):
    with pytest.raises(InvalidRequest) as caught:
        request(made())
    assert caught.value.code == code


FIELDS = [
    (IMAGE, "create", "references"),
    (IMAGE, "rework", "takes"),
    (IMAGE, "rework", "references"),
    (FILM, "create", "first_frame"),
    (FILM, "create", "last_frame"),
    (FILM, "create", "references"),
    (FILM, "animate", "takes"),
    (FILM, "animate", "last_frame"),
]


@pytest.mark.parametrize(("model", "operation", "field"), FIELDS)
def test_bounds_of_pictures(model, operation, field):
    found = rule(model, operation, field)
    allowed = FileFacts("image/jpeg", 10 * 1024 * 1024, 1000, 1000)
    assert found.broken_by(allowed) == ""
    assert found.broken_by(FileFacts("image/png", 1, 1, 1)) == ""
    assert found.broken_by(FileFacts("image/jpeg", 10 * 1024 * 1024 + 1, 1000, 1000)) == "max_bytes"
    for name in ("image/webp", "image/gif", "video/mp4"):
        assert found.broken_by(FileFacts(name, 1000, 1000, 1000)) == "media_types"


# keys


def test_session_ids_fit_and_tell_requests_apart():
    bodies = [sent(order(FILM, "create", request_key=key)) for key in ("1-a", "1-b", "x" * 2000, "1-a")]
    ids = [body["SessionId"] for body in bodies]
    assert len(set(ids)) == 3 and ids[0] == ids[3]
    assert all(len(item) <= SESSION_LIMIT for item in ids)
    assert bodies[0]["SessionContext"] == "1-a"
    assert len(bodies[2]["SessionContext"]) == CONTEXT_LIMIT
    for model in (IMAGE, FILM):
        assert TalkingData.model(model).idempotency is Idempotency.KEY


# parameters

#: (model, operation, parameters, the field that is refused)
REFUSED = [
    *[(model, name, {"priority": value}, "priority") for model, name in OPERATIONS for value in (-11, 11)],
    *[(model, name, {"persons": "Disallowed"}, "persons") for model, name in OPERATIONS],
    *[(model, name, {"storage": "Forever"}, "storage") for model, name in OPERATIONS],
    *[(model, name, {"region": "Moon"}, "region") for model, name in OPERATIONS],
    *[(model, name, {"input_check": "On"}, "input_check") for model, name in OPERATIONS],
    *[(model, name, {"output_check": ""}, "output_check") for model, name in OPERATIONS],
    *[(model, name, {"seed": -1}, "seed") for model, name in OPERATIONS],
    *[(IMAGE, name, {"quality": "image2_best"}, "quality") for name in ("create", "rework")],
    *[(IMAGE, name, {"resolution": "720P"}, "resolution") for name in ("create", "rework")],
    *[(IMAGE, name, {"ratio": "4:5"}, "ratio") for name in ("create", "rework")],
    *[(FILM, name, {"resolution": "4K"}, "resolution") for name in ("create", "animate")],
    *[(FILM, name, {"ratio": "1:1"}, "ratio") for name in ("create", "animate")],
    (IMAGE, "create", {"references": ["asset:1"] * 4}, "references"),
    (IMAGE, "rework", {"references": ["asset:1"] * 3}, "references"),
    (IMAGE, "create", {"prompt": " "}, "prompt"),
    (IMAGE, "rework", {"prompt": " "}, "prompt"),
    (IMAGE, "rework", {"prompt": "", "references": ["asset:1"]}, "prompt"),
    (IMAGE, "create", {"texts": "a picture that is not there"}, "texts"),
    (IMAGE, "create", {"references": ["asset:1"], "texts": "one\ntwo"}, "texts"),
    (FILM, "create", {"prompt": ""}, "prompt"),
    (FILM, "create", {"references": ["asset:1"] * 4}, "references"),
    (FILM, "create", {"first_frame": ["asset:1"] * 2}, "first_frame"),
    (FILM, "create", {"last_frame": ["asset:1"]}, "last_frame"),
    (FILM, "animate", {"last_frame": ["asset:1"] * 2}, "last_frame"),
    (FILM, "create", {"first_frame": ["asset:1"], "references": ["asset:2"]}, "references"),
    (FILM, "create", {"last_frame": ["asset:1"], "references": ["asset:2"]}, "references"),
    (FILM, "create", {"duration": "8"}, "duration"),
    (FILM, "create", {"last_frame_id": "3877"}, "last_frame_id"),
    (FILM, "create", {"first_frame": ["asset:1"], "last_frame_id": "../x"}, "last_frame_id"),
    (FILM, "create", {"last_frame_id": "3877", "references": ["asset:2"]}, "references"),
    (FILM, "animate", {"last_frame_id": "3877", "last_frame": ["asset:1"]}, "last_frame_id"),
    (FILM, "animate", {"scene": "dance"}, "scene"),
]


@pytest.mark.parametrize(("model", "operation", "params", "name"), REFUSED)
def test_out_of_bounds(model, operation, params, name):
    assert refused_at(model, operation, params) == {name}


@pytest.mark.parametrize(
    ("model", "operation", "params"),
    [
        *[(model, name, {"priority": value}) for model, name in OPERATIONS for value in (-10, 0, 10)],
        (IMAGE, "create", {"references": ["asset:1"] * 3, "texts": "a\nb\nc"}),
        (IMAGE, "create", {"prompt": "", "references": ["asset:1"]}),
        (IMAGE, "rework", {"references": ["asset:1"] * 2, "texts": "a\nb\nc"}),
        (FILM, "create", {"first_frame": ["asset:1"], "last_frame": ["asset:2"]}),
        (FILM, "create", {"prompt": "", "first_frame": ["asset:1"]}),
        (FILM, "create", {"prompt": "", "references": ["asset:1"] * 3}),
        (FILM, "animate", {"prompt": ""}),
    ],
)
def test_within_bounds(model, operation, params):
    assert refused_at(model, operation, params) == set()


CHECK = {"Enabled", "Disabled"}
COMMON = {
    "persons": {"AllowAdult", "AllowAll"},
    "input_check": CHECK,
    "output_check": CHECK,
    "region": {"Mainland", "Oversea"},
    "storage": {"Temporary", "Permanent"},
}
OF_IMAGE = {
    "quality": {"image2_low", "image2_medium", "image2_high"},
    "ratio": {"1:1", "3:2", "2:3", "3:4", "4:3", "16:9", "9:16", "21:9", "9:21"},
    "resolution": {"1K", "2K", "4K"},
}
OF_FILM = {"scene": {"motion_control"}, "ratio": {"16:9", "9:16"}, "resolution": {"720P", "1080P"}}


@pytest.mark.parametrize(("model", "operation"), OPERATIONS)
def test_the_documented_choices(model, operation):
    options = {
        spec.name: {option.value for option in spec.options} - {""}
        for spec in read_fields(params_of(model, operation))
        if spec.options
    }
    assert options == {**COMMON, **(OF_IMAGE if model == IMAGE else OF_FILM)}


@pytest.mark.parametrize(
    ("model", "params", "size"),
    [
        (IMAGE, {}, (2048, 2048)),
        (IMAGE, {"resolution": "1K", "ratio": "16:9"}, (1360, 768)),
        (IMAGE, {"resolution": "4K"}, (4096, 4096)),
        (FILM, {}, (1280, 720)),
        (FILM, {"resolution": "1080P", "ratio": "9:16"}, (1080, 1920)),
    ],
)
def test_the_size_that_is_expected(model, params, size):
    assert TalkingData.expected_size(order(model, "create", params).params) == size

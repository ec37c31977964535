"""HappyHorse: our requests against the documented ones, and every bound that the pages name."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from providers.base import Idempotency
from providers.errors import InvalidRequest, NotConfigured
from providers.params import FileFacts, read_fields
from providers.talkingdata import TalkingData
from providers.talkingdata.happyhorse_params import MEGABYTE

from .tools import LINK, film, order, params_of, payload, picture, refused_at, request, rule, sent

MODEL = "happyhorse-1"
#: the service's own watermark is what its samples leave unsaid
SAMPLED = {"watermark": True, "resolution": "720P"}


def documented(name: str) -> Any:
    return payload(f"happyhorse/request-{name}")


def made_of_sample(name: str) -> Any:
    """The order that the sample of this name asks for."""
    body = documented(name)["json"]
    words = {"prompt": body["input"]["prompt"]}
    links = {
        kind: [item["url"] for item in body["input"].get("media", []) if item["type"] == kind]
        for kind in ("first_frame", "video", "reference_image")
    }
    pictures = tuple(picture(url) for url in links["reference_image"])
    references = {"references": pictures} if pictures else {}
    if name == "frame":
        start: Any = {"input": picture(links["first_frame"][0])}
        return order(MODEL, "animate", {**SAMPLED, **words}, **start)
    if name == "edit":
        return order(MODEL, "edit-video", {**SAMPLED, **words}, input=film(links["video"][0]), media=references)
    return order(MODEL, "create", {**SAMPLED, **words}, media=references)


@pytest.mark.parametrize("name", ["words", "frame", "references", "edit"])
def test_the_documented_requests(name):
    sample = documented(name)
    made = made_of_sample(name)
    asked = request(made)
    assert asked.method == sample["method"]
    assert str(asked.url).partition("?")[0] == sample["url"].partition("?")[0]
    assert asked.url.params["requestId"]
    for header in ("Content-Type", "Authorization"):
        assert asked.headers[header] == sample["headers"][header]
    assert asked.headers["X-Timestamp"].isdigit()
    assert sent(made) == sample["json"]


def test_what_can_be_said_besides():
    values = {"resolution": "1080P", "ratio": "4:5", "duration": "15", "watermark": False, "seed": 0}
    assert sent(order(MODEL, "create", values))["parameters"] == {
        "resolution": "1080P",
        "ratio": "4:5",
        "duration": 15,
        "watermark": False,
        "seed": 0,
    }
    edited = sent(order(MODEL, "edit-video", {"sound": "origin"}, input=film()))
    assert edited["parameters"] == {"resolution": "720P", "watermark": False, "audio_setting": "origin"}


def test_a_first_frame_needs_no_words():
    assert "prompt" not in sent(order(MODEL, "animate", {"prompt": ""}, input=picture()))["input"]


# files


def test_pictures_go_as_bytes_where_the_service_cannot_reach_us():
    expected = f"data:image/png;base64,{base64.b64encode(b'picture').decode()}"
    made = order(MODEL, "animate", input=picture(None))
    assert sent(made)["input"]["media"] == [{"type": "first_frame", "url": expected}]
    made = order(MODEL, "create", media={"references": (picture(None), picture())})
    assert [item["url"] for item in sent(made)["input"]["media"]] == [expected, LINK]


def test_films_go_by_link_alone():
    with pytest.raises(NotConfigured):
        request(order(MODEL, "edit-video", input=film(None)))


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: order(MODEL, "animate"), "no_input"),
        (lambda: order(MODEL, "edit-video"), "no_input"),
        (lambda: order(MODEL, "create", {"references": ["asset:1"]}), "media_missing"),
        (lambda: order(MODEL, "animate", input=picture(width=299)), "min_side"),
        (lambda: order(MODEL, "edit-video", input=film(duration=2)), "min_seconds"),
        (lambda: order(MODEL, "create", media={"references": (picture(height=399),)}), "min_side"),
    ],
)
def test_files_that_cannot_be_sent(made, code):
    with pytest.raises(InvalidRequest) as caught:
        request(made())
    assert caught.value.code == code


PICTURE = {"media_type": "image/png", "size": 20 * MEGABYTE, "width": 1000, "height": 1000}
FILM = {
    "media_type": "video/mp4",
    "size": 100 * MEGABYTE,
    "width": 1280,
    "height": 720,
    "duration": 60,
    "frame_rate": 24,
}
#: (operation, field, what is just allowed, what crosses a bound by one, the bound)
BOUNDS = [
    *[("animate", "takes", {**PICTURE, "media_type": f"image/{name}"}, {}, "") for name in ("jpeg", "png", "webp")],
    ("animate", "takes", PICTURE, {"media_type": "image/gif"}, "media_types"),
    ("animate", "takes", PICTURE, {"size": 20 * MEGABYTE + 1}, "max_bytes"),
    ("animate", "takes", {**PICTURE, "width": 300, "height": 300}, {"width": 299}, "min_side"),
    ("animate", "takes", {**PICTURE, "width": 300, "height": 300}, {"height": 299}, "min_side"),
    ("animate", "takes", {**PICTURE, "width": 2500}, {"width": 2501}, "max_ratio"),
    ("animate", "takes", {**PICTURE, "height": 2500}, {"height": 2501}, "min_ratio"),
    ("create", "references", {**PICTURE, "width": 400, "height": 4000}, {"width": 399}, "min_side"),
    ("create", "references", PICTURE, {"size": 20 * MEGABYTE + 1}, "max_bytes"),
    ("create", "references", PICTURE, {"media_type": "image/bmp"}, "media_types"),
    ("edit-video", "references", {**PICTURE, "width": 300, "height": 300}, {"width": 299}, "min_side"),
    ("edit-video", "references", {**PICTURE, "width": 2500}, {"width": 2501}, "max_ratio"),
    ("edit-video", "references", {**PICTURE, "height": 2500}, {"height": 2501}, "min_ratio"),
    ("edit-video", "references", PICTURE, {"size": 20 * MEGABYTE + 1}, "max_bytes"),
    ("edit-video", "references", PICTURE, {"media_type": "image/gif"}, "media_types"),
    ("edit-video", "takes", {**FILM, "media_type": "video/quicktime"}, {"media_type": "video/webm"}, "media_types"),
    ("edit-video", "takes", FILM, {"size": 100 * MEGABYTE + 1}, "max_bytes"),
    ("edit-video", "takes", FILM, {"duration": 61}, "max_seconds"),
    ("edit-video", "takes", {**FILM, "duration": 3}, {"duration": 2}, "min_seconds"),
    ("edit-video", "takes", {**FILM, "width": 2160, "height": 1215}, {"width": 2161}, "max_side"),
    ("edit-video", "takes", {**FILM, "width": 800, "height": 320}, {"height": 319}, "min_side"),
    ("edit-video", "takes", {**FILM, "width": 2000, "height": 800}, {"width": 2001}, "max_ratio"),
    ("edit-video", "takes", {**FILM, "width": 800, "height": 2000}, {"height": 2001}, "min_ratio"),
    ("edit-video", "takes", {**FILM, "frame_rate": 9}, {"frame_rate": 8}, "min_rate"),
]


@pytest.mark.parametrize(("operation", "field", "allowed", "crossing", "bound"), BOUNDS)
def test_bounds_of_files(operation, field, allowed, crossing, bound):
    found = rule(MODEL, operation, field)
    assert found.broken_by(FileFacts(**allowed)) == ""
    assert found.broken_by(FileFacts(**{**allowed, **crossing})) == bound


# parameters

WIDE, NARROW = "马" * 2500, "x" * 5000
#: (operation, parameters, the field that is refused)
REFUSED = [
    *[(name, {"prompt": NARROW + "x"}, "prompt") for name in ("create", "animate", "edit-video")],
    *[(name, {"prompt": WIDE + "x"}, "prompt") for name in ("create", "animate", "edit-video")],
    *[(name, {"prompt": words}, "prompt") for name in ("create", "edit-video") for words in ("", "  ")],
    *[(name, {"seed": value}, "seed") for name in ("create", "animate", "edit-video") for value in (-1, 2147483648)],
    *[(name, {"duration": value}, "duration") for name in ("create", "animate") for value in ("2", "16", "5.5", "-1")],
    *[(name, {"resolution": "480P"}, "resolution") for name in ("create", "animate", "edit-video")],
    ("create", {"ratio": "21:9"}, "ratio"),
    ("create", {"references": ["asset:1"] * 10}, "references"),
    ("edit-video", {"references": ["asset:1"] * 6}, "references"),
    ("edit-video", {"sound": "none"}, "sound"),
    ("edit-video", {"duration": "5"}, "duration"),
    ("animate", {"ratio": "16:9"}, "ratio"),
    # a number in the words without its picture
    ("create", {"prompt": "[Image 1] dances"}, "prompt"),
    ("create", {"prompt": "[Image 1] and [Image 3]", "references": ["asset:1", "asset:2"]}, "prompt"),
    ("create", {"prompt": "[image 0] dances", "references": ["asset:1"]}, "prompt"),
    ("edit-video", {"prompt": "wear [Image 2]", "references": ["asset:1"]}, "prompt"),
]


@pytest.mark.parametrize(("operation", "params", "name"), REFUSED)
def test_out_of_bounds(operation, params, name):
    assert refused_at(MODEL, operation, params) == {name}


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        *[(name, {"prompt": words}) for name in ("create", "animate", "edit-video") for words in (WIDE, NARROW)],
        *[(name, {"seed": value}) for name in ("create", "animate", "edit-video") for value in (0, 2147483647)],
        *[("create", {"duration": str(seconds)}) for seconds in range(3, 16)],
        ("create", {"prompt": "[Image 2] after [Image 1]", "references": ["asset:1", "asset:2"]}),
        ("create", {"references": ["asset:1"] * 9}),
        ("edit-video", {"references": ["asset:1"] * 5}),
        ("animate", {"prompt": ""}),
        # a first frame has no number
        ("animate", {"prompt": "the frame says [Image 7]"}),
    ],
)
def test_within_bounds(operation, params):
    assert refused_at(MODEL, operation, params) == set()


def test_the_documented_choices():
    options = {
        (name, spec.name): {option.value for option in spec.options}
        for name in ("create", "animate", "edit-video")
        for spec in read_fields(params_of(MODEL, name))
        if spec.options
    }
    seconds = {str(number) for number in range(3, 16)}
    assert options == {
        ("create", "ratio"): {"16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4"},
        ("create", "resolution"): {"720P", "1080P"},
        ("create", "duration"): seconds,
        ("animate", "resolution"): {"720P", "1080P"},
        ("animate", "duration"): seconds,
        ("edit-video", "resolution"): {"720P", "1080P"},
        ("edit-video", "sound"): {"auto", "origin"},
    }


# what follows from the declaration


def test_the_model_is_never_asked_twice():
    model = TalkingData.model(MODEL)
    assert model.idempotency is Idempotency.NONE and model.keeps_hours == 24
    assert not model.cancels and not model.calls_back


@pytest.mark.parametrize(
    ("params", "size"),
    [
        ({}, (1280, 720)),
        ({"resolution": "1080P"}, (1920, 1080)),
        ({"resolution": "1080P", "ratio": "9:16"}, (1080, 1920)),
        ({"ratio": "1:1"}, (960, 960)),
    ],
)
def test_the_size_that_is_expected(params, size):
    assert TalkingData.expected_size(order(MODEL, "create", params).params) == size


def test_a_given_picture_decides_the_size():
    assert TalkingData.expected_size(order(MODEL, "animate", input=picture()).params) is None

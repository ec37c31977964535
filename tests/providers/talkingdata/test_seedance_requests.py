"""What is sent for a film: the documented samples, every field, and every bound crossed by one."""

from __future__ import annotations

import json
from typing import Any

import pydantic
import pytest

from providers.base import Media, Needs
from providers.errors import InvalidRequest, NotConfigured
from providers.params import FileFacts, MediaRule, Widget, plain_errors, read_fields

from .tools_ark import KEY, SEEDANCE, body_of, film, order, payload, picture, sound, talkingdata

ADDRESS = "https://modelpool-api.talkingdata.com/model/openai/api/v3/contents/generations/tasks"


def linked(url: str) -> dict[str, str]:
    return {"url": f"https://example.com/{url}"}


#: sample, operation, parameters and files that stand for it, and what we say besides: each time the default
SAMPLES: list[Any] = [
    (
        "request-references",
        "create",
        {"ratio": "16:9", "duration": "11"},
        {
            "references": (picture("https://example.com/pic1.jpg"), picture("https://example.com/pic2.jpg")),
            "videos": (film("https://example.com/video1.mp4"),),
            "audios": (sound("https://example.com/audio1.mp3"),),
        },
        {"resolution": "720p"},
    ),
    (
        "request-first-frame",
        "create",
        {},
        {"first_frame": (picture("https://example.com/first_frame.png"),)},
        {"resolution": "720p"},
    ),
    (
        "request-first-and-last",
        "create",
        {"ratio": "16:9", "duration": "6", "sound": False, "watermark": True},
        {
            "first_frame": (picture("https://example.com/bloom.jpg"),),
            "last_frame": (picture("https://example.com/withered.jpg"),),
        },
        {"resolution": "720p"},
    ),
    (
        "request-web-search",
        "create",
        {"ratio": "9:16", "web_search": True},
        {},
        {"resolution": "720p", "generate_audio": True},
    ),
]


@pytest.mark.parametrize(("name", "operation", "values", "files", "besides"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_documented_requests(
    name: str, operation: str, values: dict[str, Any], files: dict[str, tuple[Media, ...]], besides: dict[str, Any]
) -> None:
    sample = payload(f"seedance/{name}")
    words = sample["content"][0]["text"]
    assert body_of(order(operation, {"prompt": words, **values}, files=files)) == {**sample, **besides}


def test_the_first_frame_sample_as_an_animated_picture() -> None:
    sample = payload("seedance/request-first-frame")
    made = order(
        "animate", {"prompt": sample["content"][0]["text"]}, input=picture("https://example.com/first_frame.png")
    )
    assert body_of(made) == {**sample, "resolution": "720p"}


def test_head_of_the_request() -> None:
    request = next(talkingdata().submit(order(request_key="7-abc")))
    assert (request.method, str(request.url.copy_with(query=None))) == ("POST", ADDRESS)
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-timestamp"].isdigit()
    assert (
        request.url.params["requestId"]
        == next(talkingdata().submit(order(request_key="7-abc"))).url.params["requestId"]
    )
    assert (
        request.url.params["requestId"]
        != next(talkingdata().submit(order(request_key="7-abd"))).url.params["requestId"]
    )


def test_every_other_field() -> None:
    values = {
        "resolution": "480p",
        "duration": "-1",
        "seed": 4294967295,
        "keep_last_frame": True,
        "expires_after": 1,
    }
    body = body_of(order(values=values, callback_url="https://studio.example/back", request_key="7-abc"))
    assert body["resolution"] == "480p" and body["duration"] == -1 and body["seed"] == 4294967295
    assert body["return_last_frame"] is True and body["execution_expires_after"] == 3600
    assert body["callback_url"] == "https://studio.example/back"
    assert 0 < len(body["safety_identifier"]) <= 64


def test_what_is_not_chosen_is_left_to_the_service() -> None:
    assert set(body_of(order())) == {
        *("model", "content", "generate_audio", "resolution", "ratio", "duration", "watermark")
    }


def test_the_team_is_told_without_being_named() -> None:
    def identifier(key: str) -> str:
        return str(body_of(order(request_key=key))["safety_identifier"])

    assert identifier("7-abc") == identifier("7-xyz") != identifier("8-abc")
    assert "safety_identifier" not in body_of(order())


def test_a_film_is_the_first_video() -> None:
    files = {"videos": (film("https://example.com/2.mp4"),), "references": (picture("https://example.com/1.png"),)}
    made = order("rework-video", {"prompt": "[视频1] like [Video 2] with [图1]"}, files=files, input=film())
    assert [(item["type"], item.get("role")) for item in body_of(made)["content"]] == [
        ("text", None),
        ("image_url", "reference_image"),
        ("video_url", "reference_video"),
        ("video_url", "reference_video"),
    ]
    assert body_of(made)["content"][2]["video_url"]["url"] == "https://studio.example/in/1"


def test_words_are_optional_where_there_are_files() -> None:
    assert [item["type"] for item in body_of(order("animate", {"prompt": " "}, input=picture()))["content"]] == [
        "image_url"
    ]


# ── how files go ─────────────────────────────────────────────────────────────


def test_pictures_and_sounds_go_as_bytes_where_there_is_no_link() -> None:
    files = {"references": (picture(None),), "audios": (sound(None),)}
    addresses = [item[item["type"]]["url"] for item in body_of(order(files=files))["content"][1:]]
    assert addresses == ["data:image/png;base64,cGljdHVyZQ==", "data:audio/mpeg;base64,c291bmQ="]


def test_videos_need_a_link() -> None:
    with pytest.raises(NotConfigured, match="STUDIO_PUBLIC_URL"):
        body_of(order(files={"videos": (film(None),)}))


def test_files_of_the_library_go_by_their_id() -> None:
    files = {
        "references": (picture(None, library_id="asset-1"),),
        "videos": (film(None, library_id="asset-2"),),
        "audios": (sound(library_id="asset-3"),),
    }
    body = body_of(order(values={"library": True}, files=files))
    assert [item[item["type"]]["url"] for item in body["content"][1:]] == [
        "asset://asset-1",
        "asset://asset-2",
        "asset://asset-3",
    ]
    assert "library" not in body
    made = order("animate", {"library": True}, input=picture(library_id="asset-4"))
    assert body_of(made)["content"][1]["image_url"]["url"] == "asset://asset-4"


def test_every_operation_can_go_through_the_library() -> None:
    for operation in SEEDANCE.operations:
        assert operation.through_library in {spec.name for spec in read_fields(operation.params)}


MB = 1024 * 1024


def test_a_request_has_64_megabytes_at_most() -> None:
    large = 24 * MB  # 32 MB as text
    fits = {"references": (picture(None, size=large - MB), picture(None, size=large - MB))}
    assert body_of(order(files=fits))
    with pytest.raises(InvalidRequest) as caught:
        body_of(order(files={"references": (picture(None, size=large), picture(None, size=large))}))
    assert caught.value.code == "request_too_large"
    assert body_of(order(files={"references": (picture(size=large), picture(size=large), picture(size=large))}))


@pytest.mark.parametrize("name", ["videos", "audios"])
def test_fifteen_seconds_together(name: str) -> None:
    make = film if name == "videos" else sound
    rest = {"references": (picture(),)}
    assert body_of(order(files={name: (make(duration=7.0), make(duration=8.0)), **rest}))
    with pytest.raises(InvalidRequest) as caught:
        body_of(order(files={name: (make(duration=8.0), make(duration=8.0)), **rest}))
    assert caught.value.code == "max_total_seconds"


def test_the_film_itself_counts() -> None:
    with pytest.raises(InvalidRequest):
        body_of(order("rework-video", files={"videos": (film(duration=8.0),)}, input=film(duration=8.0)))


def test_a_file_that_crosses_a_bound_is_not_sent() -> None:
    for made in (
        order(files={"references": (picture(width=300),)}),
        order("animate", input=picture(height=300)),
        order("rework-video", input=film(duration=15.5)),
    ):
        with pytest.raises(InvalidRequest):
            body_of(made)
    with pytest.raises(InvalidRequest):
        body_of(order("animate"))


# ── bounds of files ──────────────────────────────────────────────────────────


def rule(name: str) -> MediaRule:
    specs = {spec.name: spec for spec in read_fields(SEEDANCE.operation("create").params)}
    found = specs[name].media
    assert found is not None
    return found


def facts(media_type: str, **changes: Any) -> FileFacts:
    kinds: dict[str, dict[str, Any]] = {
        "image": {"size": 1000, "width": 1000, "height": 1000},
        "video": {"size": 1000, "width": 960, "height": 960, "duration": 5, "frame_rate": 30},
        "audio": {"size": 1000, "duration": 5},
    }
    return FileFacts(media_type, **{**kinds[media_type.split("/")[0]], **changes})


PNG, MP4, MP3 = "image/png", "video/mp4", "audio/mpeg"
TAKEN: list[Any] = [
    *(("references", f"image/{kind}", {}) for kind in ("jpeg", "png", "webp", "bmp", "tiff", "gif")),
    ("references", PNG, {"width": 301, "height": 301}),
    ("references", PNG, {"width": 5999, "height": 5999}),
    ("references", PNG, {"width": 401, "height": 1000}),
    ("references", PNG, {"width": 2499, "height": 1000}),
    ("references", PNG, {"size": 30 * MB - 1}),
    ("videos", MP4, {}),
    ("videos", "video/quicktime", {}),
    ("videos", MP4, {"duration": 2}),
    ("videos", MP4, {"duration": 15}),
    ("videos", MP4, {"width": 640, "height": 640}),
    ("videos", MP4, {"width": 834, "height": 1112}),
    ("videos", MP4, {"width": 406, "height": 1015}),
    ("videos", MP4, {"width": 1015, "height": 406}),
    ("videos", MP4, {"size": 50 * MB}),
    ("videos", MP4, {"frame_rate": 24}),
    ("videos", MP4, {"frame_rate": 60}),
    ("audios", MP3, {}),
    ("audios", "audio/wav", {}),
    ("audios", MP3, {"duration": 2}),
    ("audios", MP3, {"duration": 15}),
    ("audios", MP3, {"size": 15 * MB}),
]
REFUSED: list[Any] = [
    ("references", "image/svg+xml", {}, "media_types"),
    ("references", PNG, {"width": 300}, "min_side"),
    ("references", PNG, {"width": 6000, "height": 5000}, "max_side"),
    ("references", PNG, {"width": 400, "height": 1000}, "min_ratio"),
    ("references", PNG, {"width": 2500, "height": 1000}, "max_ratio"),
    ("references", PNG, {"size": 30 * MB}, "max_bytes"),
    ("videos", "video/webm", {}, "media_types"),
    ("videos", MP4, {"duration": 1.9}, "min_seconds"),
    ("videos", MP4, {"duration": 15.1}, "max_seconds"),
    ("videos", MP4, {"width": 639, "height": 640}, "min_pixels"),
    ("videos", MP4, {"width": 835, "height": 1112}, "max_pixels"),
    ("videos", MP4, {"width": 299, "height": 740}, "min_side"),
    ("videos", MP4, {"width": 6001, "height": 2500}, "max_side"),
    ("videos", MP4, {"width": 406, "height": 1016}, "min_ratio"),
    ("videos", MP4, {"width": 1016, "height": 406}, "max_ratio"),
    ("videos", MP4, {"size": 50 * MB + 1}, "max_bytes"),
    ("videos", MP4, {"frame_rate": 23}, "min_rate"),
    ("videos", MP4, {"frame_rate": 61}, "max_rate"),
    ("audios", "audio/flac", {}, "media_types"),
    ("audios", MP3, {"duration": 1.9}, "min_seconds"),
    ("audios", MP3, {"duration": 15.1}, "max_seconds"),
    ("audios", MP3, {"size": 15 * MB + 1}, "max_bytes"),
]


@pytest.mark.parametrize(("name", "media_type", "changes"), TAKEN)
def test_files_within_their_bounds(name: str, media_type: str, changes: dict[str, Any]) -> None:
    assert rule(name).broken_by(facts(media_type, **changes)) == ""


@pytest.mark.parametrize(("name", "media_type", "changes", "bound"), REFUSED)
def test_files_over_their_bounds(name: str, media_type: str, changes: dict[str, Any], bound: str) -> None:
    assert rule(name).broken_by(facts(media_type, **changes)) == bound


def test_every_field_and_start_has_its_bounds() -> None:
    assert (rule("references").max_items, rule("videos").max_items, rule("audios").max_items) == (9, 3, 3)
    assert rule("videos").max_total_seconds == rule("audios").max_total_seconds == 15
    for operation in SEEDANCE.operations:
        assert (operation.takes is not None) == (operation.needs is not Needs.NOTHING)
        for spec in read_fields(operation.params):
            assert (spec.widget is Widget.MEDIA) == (spec.media is not None)
    starts = {operation.slug: operation.takes for operation in SEEDANCE.operations}
    assert starts["animate"] is not None and starts["animate"].broken_by(facts(PNG, width=300)) == "min_side"
    assert starts["rework-video"] is not None and starts["rework-video"].broken_by(facts(MP4, duration=16))


# ── bounds and combinations of parameters ────────────────────────────────────


@pytest.mark.parametrize(
    "values",
    [
        {"duration": "4"},
        {"duration": "15"},
        {"duration": "-1"},
        {"seed": 0},
        {"seed": 2**32 - 1},
        {"seed": None},
        {"expires_after": 1},
        {"expires_after": 72},
        *({"ratio": ratio} for ratio in ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive")),
    ],
)
def test_values_within_their_bounds(values: dict[str, Any]) -> None:
    assert body_of(order(values=values))


@pytest.mark.parametrize(
    "values",
    [
        {"duration": "3"},
        {"duration": "16"},
        {"duration": "0"},
        {"seed": 2**32},
        {"seed": -2},
        {"expires_after": 0},
        {"expires_after": 73},
        {"ratio": "2:1"},
        {"resolution": "1080p"},
        {"references": ["asset:1"] * 10},
        {"videos": ["asset:1"] * 4},
        {"audios": ["asset:1"] * 4, "references": ["asset:1"]},
        {"first_frame": ["asset:1"] * 2},
        {"first_frame": ["asset:1"], "last_frame": ["asset:1"] * 2},
        {"service_tier": "flex"},
    ],
)
def test_values_over_their_bounds(values: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        order(values=values)


ONE = ["asset:1"]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"references": ONE},
        {"videos": ONE},
        {"references": ONE, "audios": ONE},
        {"references": ONE, "videos": ONE},
        {"videos": ONE, "audios": ONE},
        {"references": ONE, "videos": ONE, "audios": ONE},
        {"first_frame": ONE},
        {"first_frame": ONE, "last_frame": ONE},
        {"references": ONE, "prompt": ""},
        {"first_frame": ONE, "prompt": ""},
    ],
)
def test_documented_combinations(values: dict[str, Any]) -> None:
    assert SEEDANCE.operation("create").params.model_validate({"prompt": "a fox", **values})


def problems(operation: str, values: dict[str, Any]) -> dict[str, str]:
    params = SEEDANCE.operation(operation).params
    try:
        params.model_validate(values)
    except pydantic.ValidationError as error:
        return {name: str(message) for name, message in plain_errors(error, params).items()}
    return {}


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({}, "prompt", "Write a prompt first."),
        ({"prompt": "  "}, "prompt", "Write a prompt first."),
        ({"audios": ONE}, "audios", "Sound alone"),
        ({"audios": ONE, "prompt": "a fox"}, "audios", "Sound alone"),
        ({"last_frame": ONE, "prompt": "a fox"}, "last_frame", "needs a first frame"),
        ({"first_frame": ONE, "references": ONE}, "references", "can't go together"),
        ({"first_frame": ONE, "videos": ONE}, "videos", "can't go together"),
        ({"first_frame": ONE, "audios": ONE}, "audios", "can't go together"),
        ({"last_frame": ONE, "references": ONE}, "references", "can't go together"),
        ({"prompt": "a fox --ratio 16:9"}, "prompt", "--ratio can't stand"),
    ],
)
def test_what_does_not_go_together(values: dict[str, Any], field: str, words: str) -> None:
    found = problems("create", values)
    assert list(found) == [field] and words in found[field]


@pytest.mark.parametrize(
    ("prompt", "number"),
    [
        ("[图3]在跑", 3),
        ("【图 3】在跑", 3),
        ("图片3在跑", 3),
        ("图片3：主角", 3),
        ("like [Image 3].", 3),
        ("like [image3]", 3),
        ("[图0]", 0),
        ("[图1] and [图片12]", 12),
    ],
)
def test_a_picture_that_is_not_there(prompt: str, number: int) -> None:
    found = problems("create", {"prompt": prompt, "references": ["asset:1", "asset:2"]})
    assert found == {"prompt": f"The prompt speaks of picture {number}. Pictures added: 2."}


@pytest.mark.parametrize(
    "prompt",
    [
        "[图1]和[图2]",
        "图片1，图片2。",
        "[Image 2]",
        "生成图片3张",
        "视频15秒",
        "视频 10 秒",
        "视频16:9",
        "image 3 of mine",
        "地图3",
    ],
)
def test_pictures_that_are_there_and_amounts(prompt: str) -> None:
    assert problems("create", {"prompt": prompt, "references": ["asset:1", "asset:2"]}) == {}


def test_videos_and_sounds_have_numbers_too() -> None:
    given = {"references": ONE, "videos": ONE, "audios": ONE}
    assert problems("create", {"prompt": "[视频1] [音频1] [Video 1] [Audio 1]", **given}) == {}
    assert "video 2" in problems("create", {"prompt": "视频2的镜头", **given})["prompt"]
    assert "sound 2" in problems("create", {"prompt": "[Audio 2]", **given})["prompt"]
    assert "Pictures added: 0" in problems("create", {"prompt": "[图1]"})["prompt"]
    assert problems("animate", {"prompt": "图片1", "last_frame": []}) == {}
    assert "Pictures added: 1" in problems("animate", {"prompt": "图片2"})["prompt"]
    assert problems("rework-video", {"prompt": "[视频1]"}) == {}
    assert "Videos added: 1" in problems("rework-video", {"prompt": "[视频2]"})["prompt"]


def test_expected_sizes() -> None:
    sizes = {
        "480p": [(864, 496), (752, 560), (640, 640), (560, 752), (496, 864), (992, 432)],
        "720p": [(1280, 720), (1112, 834), (960, 960), (834, 1112), (720, 1280), (1470, 630)],
    }
    for resolution, expected in sizes.items():
        ratios = ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9")
        for ratio, size in zip(ratios, expected, strict=True):
            params = order(values={"resolution": resolution, "ratio": ratio}).params
            assert talkingdata().expected_size(params) == size
    assert talkingdata().expected_size(order().params) is None


def test_the_body_is_json_without_the_studio_s_own_words() -> None:
    request = next(talkingdata().submit(order(files={"references": (picture(),)})))
    assert "asset:1" not in json.loads(request.content).values() and b"asset:1" not in request.content

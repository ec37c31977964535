"""Videos: what is sent, against the document's samples, and what is refused before."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest

from providers.base import Kind, Result, State
from providers.errors import InvalidRequest
from providers.params import plain_errors
from providers.youchuan import Youchuan

from .tools import assert_documented, done, first_request, job, look, order, photo, result, sent

CALLBACK = "https://your-callback-url.com"


def film(operation: str = "animate-low", remote_id: str = "existing_job_id", **more: Any) -> Result:
    more.setdefault("params", {})
    return Result(remote_id, 0, "v7", operation, kind=Kind.VIDEO, **more)


def test_a_video_of_any_picture_is_the_documented_request() -> None:
    values = {"prompt": "A beautiful sunset over the ocean with gentle waves", "resolution": "720p"}
    made = order("animate-low", values, input=photo("https://your-image.com"), callback_url=CALLBACK)
    prompt = f"https://your-image.com {values['prompt']} --motion low"
    assert_documented(first_request(made), "request-video-diffusion", prompt=prompt)


def test_a_video_of_a_result_is_the_documented_request() -> None:
    words = "Make this image move with gentle animation"
    source = Result("existing_job_id", 0, "v7", "diffusion", {"prompt": "a cat"})
    made = order("animate-high", {"prompt": words}, source=source, callback_url=CALLBACK)
    assert_documented(first_request(made), "request-video-diffusion-of-job", prompt=f"{words} --motion high")


def test_extend_is_the_documented_request() -> None:
    words = "Continue with more dynamic movement and effects"
    made = order("extend-high", {"prompt": words}, source=film(), callback_url=CALLBACK)
    assert_documented(first_request(made), "request-extend-video", prompt=f"{words} --motion high")


def test_video_upscale_is_the_documented_request() -> None:
    made = order("video-upscale", source=film(), callback_url=CALLBACK)
    assert_documented(first_request(made), "request-video-upscale", type=None, callback=CALLBACK)


@pytest.mark.parametrize(
    ("operation", "values", "prompt"),
    [
        ("animate-low", {}, "--motion low"),
        ("animate-high", {"prompt": "a\n dog"}, "a dog --motion high"),
        ("animate-low", {"loop": True, "raw": True}, "--motion low --raw --loop"),
        ("animate-low", {"batch": "1"}, "--motion low --bs 1"),
        ("animate-low", {"batch": "2"}, "--motion low --bs 2"),
        ("animate-low", {"end_frame": ["asset:1"]}, "--motion low --end https://s.example/end"),
    ],
)
def test_prompts_on_the_wire(operation: str, values: dict[str, Any], prompt: str) -> None:
    ends = (photo("https://s.example/end"),) if "end_frame" in values else ()
    made = order(operation, values, source=result(), media={"end_frame": ends})
    assert sent(made) == {"jobId": "12345", "imageNo": 0, "prompt": prompt, "videoType": 0}
    uploaded = order(operation, values, input=photo("https://s.example/a"), media={"end_frame": ends})
    assert sent(uploaded) == {"prompt": f"https://s.example/a {prompt}", "videoType": 0}


@pytest.mark.parametrize(
    "source",
    [
        result(operation="upload-paint"),
        result(operation="retexture"),
        result(operation="upscale", parent=result(operation="retexture")),
        result(operation="remove-background"),
        Result("", 0, "v7", "diffusion", {}),
        Result("1", 0, "somebody-elses", "diffusion", {}),
        film(),
    ],
)
def test_results_that_cannot_be_named_go_as_pictures(source: Result) -> None:
    made = order("animate-low", source=source, input=photo("https://s.example/a"))
    assert "jobId" not in sent(made)
    with pytest.raises(InvalidRequest, match="Choose a picture"):
        first_request(order("animate-low", source=source))


def test_a_last_frame_that_vanished_is_not_left_out_silently() -> None:
    with pytest.raises(InvalidRequest):
        first_request(order("animate-low", {"end_frame": ["asset:1"]}, source=result()))


def test_an_extension_without_words_has_those_of_the_lineage() -> None:
    origin = result(params={"prompt": "a cat"})
    varied = result(operation="vary-subtle", params={"prompt": "https://s.example/a a dog --chaos 5"}, parent=origin)
    silent = film(parent=varied, params={"prompt": ""})
    assert sent(order("extend-low", source=silent))["prompt"] == "a dog --motion low"
    spoken = film(parent=varied, params={"prompt": "it barks"})
    assert sent(order("extend-low", {"batch": "1", "raw": True}, source=spoken)) == {
        "jobId": "existing_job_id",
        "videoNo": 0,
        "prompt": "it barks --motion low --raw --bs 1",
    }
    with pytest.raises(InvalidRequest, match="Write a prompt first"):
        first_request(order("extend-low", source=film()))


@pytest.mark.parametrize(
    ("operation", "values", "field", "sentence"),
    [
        (
            "animate-low",
            {"loop": True, "end_frame": ["asset:1"]},
            "loop",
            "A loop ends on its first frame. Take out the last frame, or switch the loop off.",
        ),
        ("animate-low", {"end_frame": ["asset:1", "asset:2"]}, "end_frame", "Last frame takes at most 1."),
        ("animate-low", {"resolution": "1080p"}, "resolution", "Resolution is one of: 480p, 720p."),
        ("animate-high", {"batch": "3"}, "batch", "Number of videos is one of: 4, 2, 1."),
        (
            "animate-low",
            {"prompt": "a cat --motion high"},
            "prompt",
            "--motion can't stand in the words of a video. Set it in the panel, and take it out here.",
        ),
        (
            "extend-low",
            {"prompt": "a cat --bs 2"},
            "prompt",
            "--bs can't stand in the words of a video. Set it in the panel, and take it out here.",
        ),
        (
            "extend-low",
            {"prompt": " https://s.example/a a cat"},
            "prompt",
            "There is an address in these words. The picture is chosen already; take the address out.",
        ),
        (
            "animate-low",
            {"prompt": "a {cat, dog}"},
            "prompt",
            "The service does not know {…} permutations. Write the prompts one by one.",
        ),
    ],
)
def test_parameters_that_are_refused(operation: str, values: dict[str, Any], field: str, sentence: str) -> None:
    params = Youchuan.model("v7").operation(operation).params
    with pytest.raises(pydantic.ValidationError) as caught:
        params.model_validate(values)
    assert {name: str(message) for name, message in plain_errors(caught.value, params).items()} == {field: sentence}


def test_words_that_are_too_long_with_their_links() -> None:
    with pytest.raises(InvalidRequest, match="too long"):
        first_request(order("animate-low", {"prompt": "x" * 8190}, source=result()))


def test_a_running_video_and_its_results() -> None:
    assert look(job()).state is State.RUNNING
    snapshot = look(done("https://cdn.example/a.mp4?sig=1", "", "https://cdn.example/c.webm", audits=["", "涉政", ""]))
    assert [(file.index, file.kind) for file in snapshot.files] == [(0, Kind.VIDEO), (2, Kind.VIDEO)]
    assert [slot.index for slot in snapshot.rejected] == [1]

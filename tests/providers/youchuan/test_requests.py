"""What each operation sends, held against the document's samples."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.errors import InvalidRequest, NotConfigured, Unavailable, Unsupported
from providers.params import Widget, read_fields
from providers.youchuan import Youchuan

from .tools import (
    VERSIONS,
    assert_documented,
    drive,
    first_request,
    job,
    order,
    payload,
    picture,
    reply,
    result,
    sent,
    youchuan,
)


def test_diffusion_is_the_documented_request_with_the_model_named() -> None:
    text = payload("request-diffusion")["json"]["text"]
    made = order("diffusion", {"prompt": text}, callback_url="https://your-callback-url.com")
    assert_documented(first_request(made), "request-diffusion", text=f"{text} --v 7")


@pytest.mark.parametrize(
    ("operation", "params", "sample"),
    [
        ("vary-strong", {}, "request-variation"),
        ("upscale", {"type": "standard"}, "request-upscale"),
        ("reroll", {}, "request-reroll"),
        ("pan", {"direction": "right", "scale": 1.5}, "request-pan"),
    ],
)
def test_follow_up_is_the_documented_request(operation: str, params: dict[str, Any], sample: str) -> None:
    assert_documented(first_request(order(operation, params, source=result())), sample)


def test_questions_are_the_documented_requests() -> None:
    assert_documented(next(youchuan().fetch("12345")), "request-job")
    assert_documented(next(youchuan().account()), "request-subscribe")


@pytest.mark.parametrize(
    ("operation", "params", "expected"),
    [
        ("vary-subtle", {}, {"type": 0}),
        ("vary-subtle", {"prompt": "a\n dog"}, {"type": 0, "remixPrompt": "a dog"}),
        ("upscale", {}, {"type": 0}),
        ("upscale", {"type": "creative"}, {"type": 1}),
        ("upscale", {"type": "v5_2x"}, {"type": 2}),
        ("upscale", {"type": "v5_4x"}, {"type": 3}),
        ("pan", {"direction": "down"}, {"direction": 0, "scale": 1.5}),
        ("pan", {"direction": "right", "scale": 3}, {"direction": 1, "scale": 3.0}),
        ("pan", {"direction": "up", "prompt": "sky"}, {"direction": 2, "scale": 1.5, "remixPrompt": "sky"}),
        ("pan", {"direction": "left", "scale": 1.1}, {"direction": 3, "scale": 1.1}),
    ],
)
def test_values_on_the_wire(operation: str, params: dict[str, Any], expected: dict[str, Any]) -> None:
    assert sent(order(operation, params, source=result())) == {"jobId": "12345", "imageNo": 0, **expected}


@pytest.mark.parametrize("operation", ["vary-subtle", "vary-strong", "upscale", "pan"])
def test_follow_ups_name_the_callback(operation: str) -> None:
    made = order(operation, source=result(), callback_url="https://studio.example/cb")
    assert sent(made)["callback"] == "https://studio.example/cb"


def test_reroll_has_no_callback() -> None:
    assert sent(order("reroll", source=result(), callback_url="https://studio.example/cb")) == {"jobId": "12345"}


def test_follow_up_needs_a_source() -> None:
    with pytest.raises(InvalidRequest, match="own pictures"):
        first_request(order("pan"))


def test_follow_up_that_the_source_does_not_have_is_not_sent() -> None:
    with pytest.raises(Unsupported):
        first_request(order("upscale", source=result(operation="upscale")))


@pytest.mark.parametrize("words", ["a dog --turbo", "a dog --v 6", "a dog --nonsense"])
def test_remix_prompt_cannot_change_model_or_speed(words: str) -> None:
    with pytest.raises(InvalidRequest):
        first_request(order("vary-subtle", {"prompt": words}, source=result()))


@pytest.mark.parametrize(
    "prompt", ["a cat --turbo", "a cat --v 6", "https://x.example/a.png a cat", "a cat --nonsense"]
)
def test_flags_left_in_the_prompt_are_not_sent(prompt: str) -> None:
    # they would contradict the parameters that the price was made of
    with pytest.raises(InvalidRequest):
        first_request(order("diffusion", {"prompt": prompt}))


def test_base_url_of_an_account_is_used() -> None:
    provider = Youchuan({"app": "a", "secret": "b"}, base_url="http://127.0.0.1:9/")
    assert str(next(provider.fetch("1")).url) == "http://127.0.0.1:9/v1/tob/job/1"


@pytest.mark.parametrize("remote_id", ["", "../subscribe", "a/b", "a?b", "..", "a" * 200])
def test_ids_that_are_none_are_not_asked_for(remote_id: str) -> None:
    with pytest.raises(InvalidRequest):
        next(youchuan().fetch(remote_id))


# ── references ───────────────────────────────────────────────────────────────


def test_references_go_as_links() -> None:
    made = order(
        "diffusion",
        {
            "prompt": "a cat",
            "image_prompts": ["asset:1", "asset:2"],
            "image_weight": 0.5,
            "style_references": ["asset:3"],
            "style_weight": 250,
            "style_version": "4",
            "style_codes": "12, random",
            "omni_reference": ["asset:4"],
            "omni_weight": 400,
        },
        media={
            "image_prompts": (picture("https://s.example/1"), picture("https://s.example/2")),
            "style_references": (picture("https://s.example/3"),),
            "omni_reference": (picture("https://s.example/4"),),
        },
    )
    assert sent(made)["text"] == (
        "https://s.example/1 https://s.example/2 a cat --iw 0.5 --sref https://s.example/3 12 random --sw 250 --sv 4"
        " --oref https://s.example/4 --ow 400 --v 7"
    )


def test_moodboards_go_as_the_services_ids() -> None:
    given = {"prompt": "a cat", "boards": ["board:1", "board:2"], "moodboards": "m9 b2"}
    assert sent(order("diffusion", given, boards={"boards": ("b1", "b2")}))["text"] == "a cat --p b1 b2 m9 --v 7"
    with pytest.raises(InvalidRequest, match="moodboard"):
        first_request(order("diffusion", given, boards={"boards": ("b1",)}))


def test_without_a_public_address_nothing_is_sent() -> None:
    made = order(
        "diffusion", {"prompt": "a cat", "image_prompts": ["asset:1"]}, media={"image_prompts": (picture(None),)}
    )
    with pytest.raises(NotConfigured, match="STUDIO_PUBLIC_URL"):
        first_request(made)


def test_a_reference_that_vanished_is_not_left_out_silently() -> None:
    with pytest.raises(InvalidRequest):
        first_request(order("diffusion", {"prompt": "a cat", "style_references": ["asset:1"]}))


# ── v8.1 upscale ─────────────────────────────────────────────────────────────


def test_v8_upscale_is_the_same_prompt_and_seed_with_hd() -> None:
    origin = result("v8.1", params={"prompt": "a cat", "ratio": "16:9", "seed": None}, seed=77)
    request = first_request(order("upscale", model="v8.1", source=origin, callback_url="https://s.example/cb"))
    assert str(request.url).endswith("/v1/tob/diffusion")
    assert json.loads(request.content) == {
        "text": "a cat --ar 16:9 --seed 77 --hd --v 8.1",
        "callback": "https://s.example/cb",
    }


def test_v8_upscale_of_a_variation_has_the_newest_words_and_its_own_seed() -> None:
    origin = result("v8.1", params={"prompt": "a cat", "chaos": 5}, seed=77)
    varied = result("v8.1", "vary-subtle", params={"prompt": "a dog", "type": "subtle"}, seed=5, parent=origin)
    again = result("v8.1", "reroll", seed=6, parent=varied)
    assert sent(order("upscale", model="v8.1", source=again))["text"] == "a dog --seed 6 --chaos 5 --hd --v 8.1"


@pytest.mark.parametrize("source", [result("v8.1"), result("v8.1", "vary-subtle", seed=4)])
def test_v8_upscale_without_seed_or_origin_is_refused(source: Any) -> None:
    with pytest.raises(Unsupported):
        first_request(order("upscale", model="v8.1", source=source))


def test_v8_upscale_takes_reference_links_from_the_service() -> None:
    origin = result("v8.1", params={"prompt": "a cat", "image_prompts": ["asset:1"], "image_weight": 2.0}, seed=77)
    flow = youchuan().submit(order("upscale", model="v8.1", source=origin))
    assert_documented(next(flow), "request-job")
    request = flow.send(reply(job(text="https://s.example/1 a cat --iw 2 --v 8.1")))
    assert json.loads(request.content) == {"text": "https://s.example/1 a cat --seed 77 --iw 2 --hd --v 8.1"}


def test_v8_upscale_takes_moodboards_from_the_service() -> None:
    origin = result("v8.1", params={"prompt": "a cat", "boards": ["board:1"], "moodboards": "m9"}, seed=77)
    flow = youchuan().submit(order("upscale", model="v8.1", source=origin))
    assert_documented(next(flow), "request-job")
    request = flow.send(reply(job(text="a cat --p b1 m9 --v 8.1")))
    assert json.loads(request.content) == {"text": "a cat --seed 77 --p b1 m9 --hd --v 8.1"}
    with pytest.raises(Unsupported, match="moodboard"):
        drive(youchuan().submit(order("upscale", model="v8.1", source=origin)), reply(job(text="a cat --v 8.1")))


def test_v8_upscale_whose_question_fails_may_be_tried_again() -> None:
    origin = result("v8.1", params={"prompt": "a cat", "image_prompts": ["asset:1"]}, seed=77)
    made = order("upscale", model="v8.1", source=origin)
    for answer in (Unavailable(maybe_accepted=True), reply(b"<html>"), reply({}, 502)):
        with pytest.raises(Unavailable) as caught:
            drive(youchuan().submit(made), answer)
        assert not caught.value.maybe_accepted
    with pytest.raises(Unsupported):
        drive(youchuan().submit(made), reply(job(text="a cat")))


# ── declarations ─────────────────────────────────────────────────────────────


def test_the_first_model_is_v7() -> None:
    assert VERSIONS == ["v7", "v8.1", "v6.1", "v6", "niji7", "niji6"]
    assert Youchuan.models[0].title == "Youchuan v7"


#: docs/youchuan.md, "Prompts": (fields that only some versions have) → versions
ONLY = {
    "weird": {"v6", "v6.1", "v7", "niji6", "niji7"},
    "tile": {"v6", "v6.1", "v7", "niji6", "niji7"},
    "stop": {"v6", "v6.1", "niji6"},
    "exp": {"v7", "v8.1", "niji7"},
    "speed": {"v6", "v6.1", "v7", "niji6", "niji7"},
    "style_version": {"v6", "v6.1", "v7", "niji6", "niji7"},
    "character_references": {"v6", "v6.1", "niji6"},
    "character_weight": {"v6", "v6.1", "niji6"},
    "omni_reference": {"v7", "v8.1"},
    "omni_weight": {"v7", "v8.1"},
}


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_offers_only_what_it_takes(version: str) -> None:
    fields = {spec.name: spec for spec in read_fields(Youchuan.model(version).operation("diffusion").params)}
    for name, versions in ONLY.items():
        assert (name in fields) == (version in versions), name
    qualities = {"v7": ["1", "2", "4"], "v8.1": ["1", "4"], "niji7": ["1", "2", "4"]}
    assert [item.value for item in fields["quality"].options] == qualities.get(version, ["0.5", "1", "2"])
    assert fields["image_weight"].maximum == (2 if version == "niji7" else 3)
    assert fields["prompt"].max_length == (1024 if version == "v8.1" else 8192)
    if "speed" in fields:
        assert ("draft" in [item.value for item in fields["speed"].options]) == (version == "v7")
    assert fields["ratio"].widget is Widget.RATIO


@pytest.mark.parametrize(
    ("ratio", "size"),
    [
        ("1:1", (1024, 1024)),
        ("16:9", (1456, 816)),
        ("9:16", (816, 1456)),
        ("4:1", (2048, 512)),
        ("5:4", (1152, 912)),
    ],
)
def test_expected_size(ratio: str, size: tuple[int, int]) -> None:
    assert Youchuan.expected_size(order("diffusion", {"prompt": "x", "ratio": ratio}).params) == size
    assert all(side % 16 == 0 for side in size)


def test_expected_size_of_a_follow_up_is_its_sources() -> None:
    assert Youchuan.expected_size(order("pan").params) is None

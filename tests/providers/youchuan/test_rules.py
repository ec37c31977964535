"""What each version has, costs and allows of its results."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from providers.base import Kind, Needs, Result
from providers.errors import Unsupported
from providers.youchuan import Youchuan

from .tools import VERSIONS, first_request, order, result

MADE_OF_RESULTS = {
    "vary-subtle",
    "vary-strong",
    "upscale",
    "remix-subtle",
    "remix-strong",
    "edit",
    "reroll",
    "extend-low",
    "extend-high",
    "video-upscale",
}
MADE_OF_ANYTHING = {"upload-paint", "remove-background", "animate-low", "animate-high"}


@pytest.mark.parametrize("version", VERSIONS)
def test_operations_of_every_version(version: str) -> None:
    model = Youchuan.model(version)
    of_results = MADE_OF_RESULTS | (set() if version == "v8.1" else {"pan", "outpaint", "inpaint"})
    of_results |= {"enhance"} if version == "v7" else set()
    of_anything = MADE_OF_ANYTHING | (set() if version in {"v6", "niji6"} else {"retexture"})
    assert [operation.slug for operation in model.starts] == ["diffusion"]
    assert {item.slug for item in model.operations if item.needs is Needs.OUTPUT} == of_results
    assert {item.slug for item in model.for_any(Kind.IMAGE)} == of_anything
    assert model.for_any(Kind.VIDEO) == ()
    assert {item.slug for item in model.operations} == {"diffusion"} | of_results | of_anything
    assert {item.slug for item in model.operations if item.makes is Kind.VIDEO} == {
        "animate-low",
        "animate-high",
        "extend-low",
        "extend-high",
        "video-upscale",
    }


def test_drawn_operations_are_those_of_the_editor() -> None:
    assert {item.slug for item in Youchuan.model("v7").operations if item.is_drawn} == {
        "inpaint",
        "edit",
        "upload-paint",
    }


@pytest.mark.parametrize(
    ("model", "operation", "params", "count"),
    [
        ("v7", "diffusion", {"prompt": "x"}, 4),
        ("v7", "upscale", {}, 1),
        ("v8.1", "upscale", {}, 4),
        ("v7", "enhance", {}, 1),
        ("v7", "remove-background", {}, 1),
        ("v7", "retexture", {"prompt": "x"}, 4),
        ("v7", "animate-low", {}, 4),
        ("v7", "animate-high", {"batch": "1"}, 1),
        ("v7", "extend-low", {"batch": "2"}, 2),
        ("v7", "video-upscale", {}, 1),
    ],
)
def test_how_many_results_are_expected(model: str, operation: str, params: dict[str, Any], count: int) -> None:
    made = order(operation, params, model=model)
    assert made.operation.count_of(made.params) == count


def quoted(operation: str, params: dict[str, Any], model: str = "v7", source: Result | None = None) -> Decimal:
    made = order(operation, params, model=model)
    price = made.operation.price
    values = made.operation.inherited(made.params, source).model_dump()
    for factor in Youchuan.price_factors:
        if values.get(factor.parameter) == factor.value:
            price *= factor.factor
    return price


CANVAS = {"prompt": "x"}


@pytest.mark.parametrize(
    ("operation", "params", "credits"),
    [
        ("diffusion", {"prompt": "x"}, 4),
        ("diffusion", {"prompt": "x", "speed": "draft"}, 2),
        ("diffusion", {"prompt": "x", "speed": "turbo"}, 8),
        ("vary-subtle", {}, 6),
        ("vary-strong", {}, 6),
        ("upscale", {}, 6),
        ("upscale", {"type": "creative"}, 8),
        ("upscale", {"type": "v5_4x"}, 6),
        ("pan", {}, 4),
        ("outpaint", {}, 4),
        ("remove-background", {}, 4),
        ("enhance", {}, 4),
        ("inpaint", {"mask": ["asset:1"]}, 6),
        ("remix-subtle", {"prompt": "x"}, 6),
        ("remix-strong", {"prompt": "x"}, 6),
        ("upload-paint", CANVAS, 6),
        ("edit", CANVAS, 6),
        ("retexture", {"prompt": "x"}, 6),
        ("animate-low", {}, 16),
        ("animate-high", {"batch": "1"}, 4),
        ("animate-low", {"resolution": "720p"}, 48),
        ("animate-low", {"resolution": "720p", "batch": "2"}, 24),
        ("extend-high", {}, 16),
        ("extend-low", {"batch": "1"}, 4),
        ("video-upscale", {}, 16),
    ],
)
def test_prices_in_credits(operation: str, params: dict[str, Any], credits: int) -> None:
    assert quoted(operation, params) == credits


def test_v8_upscale_costs_a_diffusion() -> None:
    assert quoted("upscale", {}, "v8.1") == 4


def test_an_extension_costs_what_its_video_was_made_in() -> None:
    film = result(operation="animate-low", params={"resolution": "720p", "batch": "4"})
    longer = result(operation="extend-low", params={"batch": "1", "resolution": "720p"}, parent=film)
    assert quoted("extend-low", {"batch": "1"}, source=film) == 12
    assert quoted("extend-low", {"batch": "1"}, source=longer) == 12
    assert quoted("extend-low", {"batch": "1", "resolution": "720p"}, source=result(operation="animate-low")) == 12


@pytest.mark.parametrize(("speed", "credits"), [("draft", 6), ("fast", 6), ("turbo", 12)])
def test_a_follow_up_costs_its_sources_speed(speed: str, credits: int) -> None:
    origin = result(params={"prompt": "x", "speed": speed})
    varied = result(operation="vary-subtle", params={"speed": "turbo" if speed == "turbo" else "fast"}, parent=origin)
    assert quoted("vary-strong", {}, source=origin) == credits
    varying = Youchuan.model("v7").operation("vary-strong")
    assert varying.inherited_values(origin) == ({} if speed == "draft" else {"speed": speed})
    assert quoted("upscale", {}, source=varied) == credits
    restyled = result(operation="retexture", params={"prompt": "x", "speed": "fast"}, parent=origin)
    assert quoted("upscale", {}, source=restyled) == 6


# ── follow-ups ───────────────────────────────────────────────────────────────

ALL = [
    "vary-subtle",
    "vary-strong",
    "upscale",
    "remix-subtle",
    "remix-strong",
    "pan",
    "outpaint",
    "inpaint",
    "edit",
    "reroll",
]
UPSCALED = [slug for slug in ALL if slug not in {"upscale", "reroll"}]
V8 = ["vary-subtle", "vary-strong", "upscale", "remix-subtle", "remix-strong", "edit", "reroll"]
FILM = ["extend-low", "extend-high", "video-upscale"]


def chained(model: str, chain: list[str], **params: Any) -> Result:
    source = None
    for operation in chain:
        source = result(model, operation, parent=source, params=params if source is None else {})
    assert source is not None
    return source


@pytest.mark.parametrize(
    ("model", "chain", "expected"),
    [
        ("v7", ["diffusion"], ALL),
        ("v7", ["diffusion", "vary-strong"], ALL),
        ("v7", ["diffusion", "remix-subtle"], ALL),
        ("v7", ["diffusion", "pan"], ALL),
        ("v7", ["diffusion", "outpaint"], ALL),
        ("v7", ["diffusion", "inpaint"], ALL),
        ("v7", ["diffusion", "edit"], ALL),
        ("v7", ["diffusion", "enhance"], ALL),
        ("v7", ["diffusion", "upscale"], UPSCALED),
        ("v7", ["diffusion", "upscale", "vary-subtle"], ALL),
        ("v7", ["diffusion", "reroll", "reroll"], ALL),
        ("v8.1", ["diffusion"], V8),
        ("v8.1", ["diffusion", "upscale"], [slug for slug in V8 if slug not in {"upscale", "reroll"}]),
        ("v8.1", ["diffusion", "edit"], [slug for slug in V8 if slug != "upscale"]),
        ("v8.1", ["diffusion", "retexture"], []),
        ("v7", ["retexture"], ["upscale"]),
        ("v7", ["diffusion", "retexture"], ["upscale"]),
        ("v7", ["upload-paint"], ["upscale"]),
        ("v7", ["upload-paint", "upscale"], []),
        ("v7", ["remove-background"], []),
        ("v7", ["reroll"], []),
        ("v5", ["diffusion"], []),
        ("v7", ["animate-low"], FILM),
        ("v8.1", ["diffusion", "animate-high"], FILM),
        ("v7", ["animate-low", "extend-low", "extend-high", "extend-low"], FILM),
        ("v7", ["animate-low", "extend-low", "extend-high", "extend-low", "extend-low"], ["video-upscale"]),
        ("v7", ["animate-low", "video-upscale"], []),
        # a frame of an extended video is the start of a new one
        ("v7", ["animate-low", *["extend-low"] * 4, "animate-low"], FILM),
    ],
)
def test_follow_ups(model: str, chain: list[str], expected: list[str]) -> None:
    assert [operation.slug for operation in Youchuan.follow_ups(chained(model, chain))] == expected


@pytest.mark.parametrize(
    ("chain", "speed", "allowed"),
    [
        (["diffusion"], "draft", True),
        (["diffusion", "reroll"], "draft", True),
        (["diffusion"], "fast", False),
        (["diffusion", "vary-subtle"], "draft", False),
        (["diffusion", "enhance"], "draft", False),
    ],
)
def test_only_drafts_are_enhanced(chain: list[str], speed: str, allowed: bool) -> None:
    source = chained("v7", chain, speed=speed)
    assert ("enhance" in {item.slug for item in Youchuan.follow_ups(source)}) is allowed
    if not allowed:
        with pytest.raises(Unsupported, match="Only drafts"):
            first_request(order("enhance", source=source))


def test_a_fifth_extension_is_refused_in_plain_words() -> None:
    with pytest.raises(Unsupported, match="four times at most"):
        first_request(order("extend-low", {"prompt": "on"}, source=chained("v7", ["animate-low", *["extend-low"] * 4])))


def test_the_version_is_looked_for_in_the_lineage() -> None:
    origin = result("v8.1")
    follow_ups = Youchuan.follow_ups(result("", "vary-subtle", parent=origin))
    assert "pan" not in [operation.slug for operation in follow_ups]

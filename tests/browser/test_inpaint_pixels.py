"""An inpaint through the whole product: what was not marked stays as it was, what was marked changes;
for every way of marking, with a mouse and with a finger."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Browser, Page, expect

from tests.browser.doing import SLOW, create
from tests.browser.editor.conftest import Hand
from tests.browser.pages import Troubles
from tests.browser.stack import Stack

#: a service takes polygons, which may leave the drawn border by a pixel
BORDER = 2
#: what a lossy file may change of a pixel that nobody touched
CODEC = 3
WIDTH, HEIGHT = 1024, 1024
BOX = ((330, 340), (700, 690))


@pytest.fixture(scope="module")
def source(stack: Stack, browser: Browser, owner_state: dict[str, Any]) -> int:
    """A picture that was made before, as the id of its result."""
    context = browser.new_context(storage_state=owner_state, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{stack.base_url}/t/studio/create/")
    job = create(page, "a red lighthouse on a cliff --ar 1:1 --seed 11")
    found = job.locator(".tile[data-output]").first.get_attribute("data-output")
    context.close()
    assert found is not None
    return int(found)


@pytest.fixture(params=["mouse", "finger"])
def hand(
    request: pytest.FixtureRequest,
    stack: Stack,
    browser: Browser,
    owner_state: dict[str, Any],
    source: int,
    troubles: Troubles,
) -> Iterator[Hand]:
    phone: Any = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    desk: Any = {"viewport": {"width": 1440, "height": 900}}
    context = browser.new_context(storage_state=owner_state, **(phone if request.param == "finger" else desk))
    troubles.watch(context)
    page = context.new_page()
    page.goto(f"{stack.base_url}/t/studio/edit/output/{source}/?tool=inpaint")
    drawing = Hand(page, None)  # type: ignore[arg-type]
    drawing.ready()
    drawing.along = drawing.touch if request.param == "finger" else drawing.drag  # type: ignore[attr-defined]
    drawing.at = drawing.touch if request.param == "finger" else drawing.click  # type: ignore[attr-defined]
    yield drawing
    context.close()
    assert troubles.unexpected() == []


def tool(hand: Hand, name: str) -> None:
    hand.page.get_by_role("toolbar", name="Tools").get_by_role("button", name=name, exact=True).click()


def by_brush(hand: Any, folder: Path) -> None:
    tool(hand, "Mask brush")
    hand.brush(140)
    hand.along((400, 420), (640, 420), (640, 520), (400, 520), (400, 620), (640, 620))


def by_lasso(hand: Any, folder: Path) -> None:
    tool(hand, "Lasso")
    hand.along((360, 360), (680, 340), (700, 690), (500, 640), (330, 680))


def by_rectangle(hand: Any, folder: Path) -> None:
    tool(hand, "Rectangle")
    hand.along(*BOX)


def by_polygon(hand: Any, folder: Path) -> None:
    tool(hand, "Polygon")
    for corner in [(520, 340), (700, 690), (330, 690), (520, 340)]:
        hand.at(corner)


def by_file(hand: Any, folder: Path) -> None:
    mask = Image.new("RGB", (WIDTH, HEIGHT))
    ImageDraw.Draw(mask).ellipse((*BOX[0], *BOX[1]), fill="white")
    path = folder / "mask.png"
    mask.save(path)
    hand.page.locator("[data-mask-file]").set_input_files(path)


WAYS: dict[str, Callable[[Any, Path], None]] = {
    "brush": by_brush,
    "lasso": by_lasso,
    "rectangle": by_rectangle,
    "polygon": by_polygon,
    "file": by_file,
}


@pytest.mark.parametrize("way", WAYS)
def test_only_what_was_marked_changes(hand: Hand, way: str, source: int, stack: Stack, tmp_path: Path):
    page = hand.page
    WAYS[way](hand, tmp_path)
    page.get_by_role("textbox", name="Prompt").fill("a small boat on the water")
    expect(page.locator(".go")).to_contain_text("Inpaint")
    before = page.locator(".vers-list [data-ref^='output:']").count()
    with page.expect_response("**/submit/") as posted:
        page.locator(".go").click()
    job = posted.value.json()["job"]
    expect(page.locator(".vers-list [data-ref^='output:']")).to_have_count(before + 4, timeout=SLOW)
    told = page.request.get(f"{stack.base_url}/t/studio/edit/output/{source}/versions/").json()
    version = next(row for row in told["versions"] if row["job"] == job)
    assert (version["state"], version["operation"]) == ("succeeded", "inpaint")

    mask = picture(page, stack, version["mask_url"]).convert("L")
    original = picture(page, stack, page.evaluate("document.querySelector('.ed').editor.data.source.url"))
    assert mask.size == original.size == (WIDTH, HEIGHT)
    marked = np.asarray(mask.filter(ImageFilter.MaxFilter(2 * BORDER + 1))) > 0
    inside = np.asarray(mask.filter(ImageFilter.MinFilter(41))) == 255
    assert 0.03 < marked.mean() < 0.4 and inside.any()
    for output in version["outputs"]:
        result = picture(page, stack, output["url"])
        change = np.abs(np.asarray(result.convert("RGB"), int) - np.asarray(original.convert("RGB"), int)).max(axis=2)
        assert change[~marked].max() <= CODEC, "a pixel changed that was not marked"
        assert change[inside].mean() > 4 * CODEC, "what was marked did not change"


def picture(page: Page, stack: Stack, url: str) -> Image.Image:
    return Image.open(io.BytesIO(page.request.get(stack.base_url + url).body()))

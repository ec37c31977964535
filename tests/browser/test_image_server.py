"""A service that answers with the pictures themselves, through the whole product: made, then edited where it was
marked."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.doing import SLOW, create
from tests.browser.editor.conftest import Hand
from tests.browser.stack import Stack

MARKED = ((330, 340), (700, 690))


def test_a_picture_is_made_and_edited_where_it_was_marked(owner_page: Page, stack: Stack) -> None:
    page = owner_page
    page.goto(f"{stack.base_url}/t/studio/create/?model=openai-images:images")
    job = create(page, "a red lighthouse on a cliff")
    tiles = job.locator(".tile[data-output]")
    expect(tiles).to_have_count(1)
    output = tiles.first.get_attribute("data-output")

    page.goto(f"{stack.base_url}/t/studio/edit/output/{output}/?tool=edit-image")
    hand = Hand(page, None)  # type: ignore[arg-type]
    hand.ready()
    # the mask is the operation's own choice: without one the whole picture is changed
    expect(page.locator(".go")).to_contain_text("Edit with words")
    page.get_by_role("toolbar", name="Tools").get_by_role("button", name="Rectangle", exact=True).click()
    hand.drag(*MARKED)
    expect(page.locator(".go")).to_contain_text("Edit with words")
    page.get_by_role("textbox", name="Prompt").fill("a small boat on the water")
    with page.expect_response("**/submit/") as posted:
        page.locator(".go").click()
    assert posted.value.status == 201, posted.value.text()
    expect(page.locator(".vers-list [data-ref^='output:']")).to_have_count(1 + 1, timeout=SLOW)
    told = page.request.get(f"{stack.base_url}{hand.value('e.data.urls.versions')}").json()
    (version,) = told["versions"]

    def picture(url: str) -> Image.Image:
        return Image.open(io.BytesIO(page.request.get(stack.base_url + url).body()))

    mask = np.asarray(picture(version["mask_url"]).convert("L"))
    before = np.asarray(picture(hand.value("e.data.source.url")).convert("RGB"), int)
    after = np.asarray(picture(version["outputs"][0]["url"]).convert("RGB"), int)
    change = np.abs(after - before).max(axis=2)
    assert change[mask == 0].max() == 0, "a pixel changed that was not marked"
    assert (change[mask == 255] > 8).mean() > 0.3, "what was marked did not change"

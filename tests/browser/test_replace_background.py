"""A background replaced through the whole product: drawn in the editor, sent with its mask, and the subject's pixels
are the very same afterwards."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.doing import SLOW, choose, create, open_pop
from tests.browser.editor.conftest import Hand
from tests.browser.stack import Stack

SUBJECT = ((330, 340), (700, 690))


@pytest.fixture
def hand(owner_page: Page, stack: Stack) -> Hand:
    owner_page.goto(f"{stack.base_url}/t/studio/create/")
    job = create(owner_page, "a red lighthouse on a cliff --ar 1:1 --seed 11")
    output = job.locator(".tile[data-output]").first.get_attribute("data-output")
    owner_page.goto(f"{stack.base_url}/t/studio/edit/output/{output}/?tool=replace-background")
    drawing = Hand(owner_page, None)  # type: ignore[arg-type]
    drawing.ready()
    return drawing


def picture(page: Page, stack: Stack, url: str) -> Image.Image:
    return Image.open(io.BytesIO(page.request.get(stack.base_url + url).body()))


def test_a_background_is_replaced_and_the_subject_stays(hand: Hand, stack: Stack, tmp_path: Path) -> None:
    page = hand.page
    page.get_by_role("toolbar", name="Tools").get_by_role("button", name="Rectangle", exact=True).click()
    hand.drag(*SUBJECT)
    page.locator("[data-mask='invert']:visible").first.click()
    expect(page.locator(".go")).to_contain_text("Replace background")
    page.get_by_role("textbox", name="Prompt").fill("a calm beach at sunset")
    with page.expect_response("**/submit/") as posted:
        page.locator(".go").click()
    assert posted.value.status == 201, posted.value.text()
    job = posted.value.json()["job"]
    expect(page.locator(".vers-list [data-ref^='output:']")).to_have_count(1 + 4, timeout=SLOW)
    told = page.request.get(f"{stack.base_url}{hand.value('e.data.urls.versions')}").json()
    version = next(row for row in told["versions"] if row["job"] == job)
    assert (version["state"], version["operation"]) == ("succeeded", "replace-background")

    mask = np.asarray(picture(page, stack, version["mask_url"]).convert("L"))
    before = np.asarray(picture(page, stack, hand.value("e.data.source.url")).convert("RGB"), int)
    subject = mask == 0
    assert 0.05 < subject.mean() < 0.2
    for output in version["outputs"]:
        after = np.asarray(picture(page, stack, output["url"]).convert("RGB"), int)
        change = np.abs(after - before).max(axis=2)
        assert change[subject].max() == 0, "a pixel of the subject changed"
        assert (change[mask == 255] > 8).mean() > 0.5, "the background is the old one"


def test_the_menu_offers_every_service_that_takes_the_mask(hand: Hand) -> None:
    page = hand.page
    page.get_by_role("toolbar", name="Tools").get_by_role("button", name="Rectangle", exact=True).click()
    hand.drag(*SUBJECT)
    chip = page.locator("[popovertarget='ask-models']")
    expect(chip).to_contain_text("Aliyun background")
    chip.click()
    rows = page.get_by_role("option")
    expect(rows.filter(has_text="Aliyun background")).to_have_count(1)
    rows.filter(has_text="Inpaint").first.click()
    expect(page.locator(".go")).to_contain_text("Inpaint")


def test_settings_are_sent_and_priced_and_kept_for_their_operation(hand: Hand, stack: Stack) -> None:
    page = hand.page
    page.get_by_role("toolbar", name="Tools").get_by_role("button", name="Rectangle", exact=True).click()
    hand.drag(*SUBJECT)
    expect(page.locator(".go .price")).to_contain_text("4")
    settings = open_pop(page, "Settings")
    choose(settings, "results", "1")
    settings.get_by_label("Without").fill("people")
    expect(page.locator(".go .price")).to_contain_text("1")
    page.keyboard.press("Escape")
    chip = page.locator("[popovertarget='ask-models']")
    chip.click()
    page.get_by_role("option").filter(has_text="Inpaint").first.click()
    expect(page.get_by_role("button", name="Settings")).to_be_hidden()
    chip.click()
    page.get_by_role("option").filter(has_text="Aliyun background").click()
    page.get_by_role("textbox", name="Prompt").fill("a calm beach at sunset")
    with page.expect_response("**/submit/") as posted:
        page.locator(".go").click()
    assert posted.value.status == 201, posted.value.text()
    job = posted.value.json()["job"]
    expect(page.locator(".vers-list [data-ref^='output:']")).to_have_count(1 + 1, timeout=SLOW)
    ((params, cost),) = stack.rows("SELECT params, cost FROM jobs_job WHERE id = ?", job)
    assert (json.loads(params)["results"], json.loads(params)["negative"], cost) == ("1", "people", 1)

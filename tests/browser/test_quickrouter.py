"""Tencent's image models as a person uses them: from words, with a picture given along, on a picture of another
service."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from studio.jobs.models import Job, JobState
from tests.browser.doing import SLOW, ask_for, create
from tests.browser.pages import serious_violations
from tests.browser.stack import Stack

MODELS = {
    "gem-3.0": "Gemini image 3.0",
    "gem-2.5": "Gemini image 2.5",
    "qwen-0925": "Qwen image 0925",
    "hunyuan-3.0": "Hunyuan image 3.0",
}


def picture(size: tuple[int, int] = (900, 600), colour: str = "#c03020") -> dict[str, object]:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return {"name": "roof.png", "mimeType": "image/png", "buffer": file.getvalue()}


def open_with(page: Page, stack: Stack, model: str) -> None:
    page.goto(f"{stack.base_url}/t/studio/create/?model=quickrouter:{model}")
    expect(page.get_by_role("button", name=re.compile(rf"^Model: {re.escape(MODELS[model])}"))).to_be_visible()


def shown(job: Locator) -> Locator:
    image = job.locator(".tile > a img")
    expect(image).to_have_count(1, timeout=SLOW)
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
    return image


@pytest.mark.parametrize("model", MODELS)
def test_every_model_makes_a_picture_from_words_and_from_a_picture(
    owner_page: Page, stack: Stack, stack_db: str, model: str
) -> None:
    page = owner_page
    open_with(page, stack, model)
    shown(create(page, f"a lighthouse on a cliff, {model}"))

    page.locator("#reference-files").set_input_files(picture())
    expect(page.locator("#references .ref:not(.pending) img")).to_have_count(1, timeout=SLOW)
    assert serious_violations(page) == []
    shown(create(page, f"the same in winter, {model}"))
    job = Job.objects.using(stack_db).filter(provider="quickrouter", model=model).latest("id")
    assert (job.state, job.cost) == (JobState.SUCCEEDED, job.quote)
    assert job.cost == (6 if model == "gem-3.0" else 2)
    assert len(job.params["references"]) == 1
    # a picture that is given decides the shape
    assert abs(job.width / job.height - 1.5) < 0.05


def test_a_picture_of_another_service_is_changed_with_words(owner_page: Page, stack: Stack, stack_db: str) -> None:
    page = owner_page
    page.goto(f"{stack.base_url}/t/studio/create/?model=youchuan:v7")
    first = create(page, "a red boat on a calm lake")

    def fill(form: Locator) -> None:
        form.get_by_role("textbox", name="Prompt").fill("make it snow")
        expect(form.get_by_text("Aspect ratio")).to_be_visible()
        form.locator("select[name=model]").focus()
        form.locator("select[name=model]").select_option("quickrouter:hunyuan-3.0")
        # the form is that of the chosen model, with what was typed
        expect(form.get_by_text("Aspect ratio")).to_have_count(0)
        expect(form.get_by_role("textbox", name="Prompt")).to_have_value("make it snow")
        expect(form.locator("select[name=model]")).to_be_focused()
        expect(form.locator("footer")).to_contain_text("2")
        form.locator("summary").click()
        expect(form.get_by_label("Priority")).to_be_visible()
        inside = "one => one.getBoundingClientRect().bottom <= innerHeight && one.getBoundingClientRect().top >= 0"
        page.wait_for_function(inside, arg=page.locator(".pop:popover-open").element_handle())

    shown(ask_for(page, first, "rework", fill))
    job = Job.objects.using(stack_db).latest("id")
    assert (job.provider, job.model, job.operation) == ("quickrouter", "hunyuan-3.0", "rework")
    assert job.source is not None and job.source.job.provider == "youchuan"


def test_what_does_not_fit_together_is_said_beside_the_field(owner_page: Page, stack: Stack, troubles) -> None:
    page = owner_page
    troubles.expect("422")
    open_with(page, stack, "gem-3.0")
    page.get_by_role("textbox", name="Prompt", exact=True).fill("a cat")
    panel = page.locator("#panel")
    panel.get_by_role("radio", name="16:9").check()
    panel.get_by_label("Resolution").select_option("2560x1440")
    page.get_by_role("button", name=re.compile("^Create")).first.click()
    expect(panel.locator(".err")).to_contain_text("This resolution is a size of its own.")
    expect(page.get_by_role("textbox", name="Prompt", exact=True)).to_have_value("a cat")
    expect(panel.get_by_label("Resolution")).to_have_value("2560x1440")


def test_what_the_filter_refuses_costs_nothing(owner_page: Page, stack: Stack, stack_db: str) -> None:
    page = owner_page
    open_with(page, stack, "qwen-0925")
    job = create(page, "a forbidden cat")
    expect(job).to_contain_text("The service's filter refused")
    assert Job.objects.using(stack_db).latest("id").cost == 0

"""Every model of every service, as a person uses it: what it makes is shown, or plays; and results go from one
service to another with their lineage."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from providers.base import Kind, Model, Provider
from providers.registry import all_models
from studio.jobs.models import Job, JobState
from tests.browser.doing import SLOW, create
from tests.browser.stack import Stack

STARTING = [
    pytest.param(provider, model, id=f"{provider.slug}-{model.slug}")
    for provider, model in all_models()
    if model.starts and not model.chats
]
#: what keeps the painter's work small, where the model offers it
QUICK = {"resolution": ("480p", "720P"), "duration": ("3", "4")}


def open_with(page: Page, stack: Stack, provider: type[Provider], model: Model) -> None:
    page.goto(f"{stack.base_url}/t/studio/create/?model={provider.slug}:{model.slug}")
    expect(page.get_by_role("button", name=re.compile(rf"^Model: {re.escape(model.title)}"))).to_be_visible()
    for name, wanted in QUICK.items():
        for value in wanted:
            chosen = page.locator(f"#panel select[name={name}]:has(option[value='{value}'])")
            label = page.locator(f"#panel label:has([name={name}][value='{value}'])")
            if chosen.count():
                chosen.select_option(value)
            elif label.count():
                label.click()


def picture_is_drawn(job: Locator) -> None:
    image = job.locator(".tile > a img").first
    expect(image).to_be_visible(timeout=SLOW)
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("one => one.decode().then(() => one.naturalWidth)") > 16


def film_plays(page: Page, job: Locator) -> None:
    job.locator(".tile a[data-lightbox]").first.click()
    film = page.locator("light-box video-player video")
    expect(film).to_be_visible()
    page.wait_for_function("() => document.querySelector('light-box video')?.currentTime > 0.2")
    assert film.evaluate("one => one.videoWidth") >= 480


def sound_plays(page: Page, job: Locator) -> None:
    job.locator(".tile a[data-lightbox]").first.click()
    player = page.locator("light-box audio-player")
    expect(player).to_be_visible()
    if player.get_by_role("button", name="Play").count():
        player.get_by_role("button", name="Play").click()
    page.wait_for_function("() => document.querySelector('light-box audio')?.currentTime > 0.2")


@pytest.mark.parametrize(("provider", "model"), STARTING)
def test_every_model_makes_what_it_says(
    owner_page: Page, stack: Stack, stack_db: str, provider: type[Provider], model: Model
) -> None:
    page = owner_page
    open_with(page, stack, provider, model)
    job = create(page, f"a lighthouse on a cliff above a calm sea, {model.slug}")
    expect(job).to_have_attribute("data-state", "succeeded", timeout=SLOW)
    made = model.starts[0].makes
    if made is Kind.IMAGE:
        picture_is_drawn(job)
    elif made is Kind.VIDEO:
        film_plays(page, job)
    else:
        sound_plays(page, job)
    row = Job.objects.using(stack_db).filter(provider=provider.slug, model=model.slug).latest("id")
    assert row.state == JobState.SUCCEEDED and 0 < (row.cost or 0) <= row.quote
    for output in row.outputs.using(stack_db).all():
        assert output.asset is not None and output.asset.size > 0

"""From a prompt to pictures and on, as a person does it: real web server, worker and sandbox."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from studio.jobs.models import Job, JobState, OutputState
from tests.browser.doing import SLOW, ask_for, create, prepare, select_first
from tests.browser.pages import serious_violations
from tests.browser.stack import Stack

WATCH_SHIFTS = """
window.shift = 0;
// a new card moves those below it, as it should, however long its answer takes
let added = -Infinity;
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id === "feed") added = performance.now();
});
new PerformanceObserver(list => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput && Math.abs(entry.startTime - added) > 300) window.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


@pytest.fixture
def page(owner_page: Page, stack: Stack) -> Page:
    owner_page.add_init_script(WATCH_SHIFTS)
    owner_page.goto(f"{stack.base_url}/t/studio/create/")
    return owner_page


def pictures(job: Locator, count: int) -> None:
    """`count` pictures stand in the job, loaded, with room kept for each."""
    images = job.locator(".tile > a img")
    expect(images).to_have_count(count, timeout=SLOW)
    for number in range(count):
        image = images.nth(number)
        # at once: the card may be drawn anew meanwhile, by its last event
        image.evaluate("one => one.scrollIntoView({block: 'center'})")
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
        assert image.get_attribute("width") and image.get_attribute("height")
        assert image.get_attribute("srcset")


def test_the_printed_link_leads_straight_to_pictures_and_their_follow_ups(page: Page, stack_db: str) -> None:
    assert serious_violations(page) == []
    job = create(page, "red boat on a calm lake at dawn, mist")
    pictures(job, 4)
    assert page.evaluate("window.shift") < 0.1

    toolbar = select_first(page, job)
    for name in ("Vary subtle", "Vary strong", "Upscale", "Pan"):
        expect(toolbar.get_by_role("button", name=name, exact=True)).to_be_visible()
    assert serious_violations(page) == []

    for slug in ("vary-subtle", "vary-strong", "pan", "reroll"):
        pictures(ask_for(page, job, slug), 4)
    upscaled = ask_for(page, job, "upscale")
    pictures(upscaled, 1)

    toolbar = select_first(page, upscaled)
    expect(toolbar.get_by_role("button", name="Vary subtle", exact=True)).to_be_visible()
    expect(toolbar.get_by_role("button", name="Upscale", exact=True)).to_have_count(0)
    expect(toolbar.locator("[data-action='reroll']")).to_have_count(0)

    jobs = list(Job.objects.using(stack_db).order_by("-id")[:6])
    assert {one.state for one in jobs} == {JobState.SUCCEEDED}
    made = {one.operation: one for one in jobs}
    big = made["upscale"].outputs.get().asset
    assert (big.width, big.height) == (2048, 2048)
    wide = made["pan"].outputs.first().asset
    assert max(wide.width, wide.height) == 1536


def test_what_v8_refuses_is_not_offered(page: Page) -> None:
    job = create(page, "a lighthouse on a cliff --v 8.1")
    pictures(job, 4)
    toolbar = select_first(page, job)
    expect(toolbar.get_by_role("button", name="Upscale", exact=True)).to_be_visible()
    expect(toolbar.get_by_role("button", name="Pan", exact=True)).to_have_count(0)


def test_a_second_tab_and_a_refresh_see_what_runs(page: Page, stack: Stack) -> None:
    other = page.context.new_page()
    other.goto(f"{stack.base_url}/t/studio/create/")
    page.bring_to_front()
    page.get_by_role("textbox", name="Prompt", exact=True).fill("desert dunes under a violet sky")
    known = page.locator("article.job").first.get_attribute("id") if page.locator("article.job").count() else ""
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        "known => { const first = document.querySelector('article.job'); return first && first.id !== known }",
        arg=known,
    )
    made = page.locator("article.job").first.get_attribute("id")
    page.reload()
    pictures(page.locator(f"#{made}"), 4)
    other.bring_to_front()
    pictures(other.locator(f"#{made}"), 4)


def test_a_partial_result_says_why_and_gives_back(page: Page, stack_db: str) -> None:
    job = create(page, "ink dropped in water, half-forbidden")
    pictures(job, 3)
    expect(job).to_contain_text("Held back")
    latest = Job.objects.using(stack_db).order_by("-id").first()
    assert latest is not None
    assert (latest.quote, latest.cost) == (4, 3)
    assert latest.outputs.filter(state=OutputState.REJECTED).count() == 1


def test_a_refusal_is_a_sentence_and_the_prompt_stays(page: Page, stack_db: str) -> None:
    job = create(page, "something forbidden")
    expect(job).to_contain_text("Nothing was charged")
    assert "Msg_Sensitive" not in job.inner_text()
    expect(page.get_by_role("textbox", name="Prompt", exact=True)).to_have_value("something forbidden")


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("", "Write a prompt first."),
        ("a fox --weird 4200", "0 to 3000"),
        ("a fox --cw 50", "v7"),
    ],
)
def test_a_bad_prompt_is_refused_beside_it(page: Page, troubles, prompt: str, sentence: str) -> None:
    troubles.expect("422")
    before = page.locator("article.job").count()
    page.get_by_role("textbox", name="Prompt", exact=True).fill(prompt)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(sentence).first).to_be_visible()
    assert page.locator("article.job").count() == before


def test_html_in_a_prompt_is_text(page: Page) -> None:
    job = create(page, "<img src=x onerror=alert(1)><b>a fox</b> & friends")
    expect(job).to_contain_text("<b>a fox</b> & friends")


def test_the_lightbox_by_keyboard(page: Page) -> None:
    if not page.locator("article.job .tile > a").count():
        pictures(create(page, "canyon at dusk"), 4)
    first = page.locator("article.job .tile > a").first
    first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/images/\d+/"))
    expect(page.get_by_role("dialog")).to_be_visible()
    assert serious_violations(page) == []
    here = page.url
    page.keyboard.press("ArrowRight")
    expect(page).not_to_have_url(here)
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"/create/"))


def test_the_keys_are_listed(page: Page) -> None:
    page.locator("body").press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_card_is_not_drawn_again_for_what_it_shows(owner_page: Page, stack: Stack) -> None:
    page = owner_page
    prepare(stack, "stills", slug="told")
    url = f"{stack.base_url}/t/told/create/?model=youchuan:v7"
    page.goto(url)
    first = create(page, "a kite over a harbour")
    number = first.get_attribute("data-job")
    # the whole story once more
    page.route(
        "**/events/?since=*", lambda route: route.continue_(url=re.sub(r"since=\d+", "since=0", route.request.url))
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_request("**/events/?since=*"):
        page.goto(url)
    create(page, "a kite that fell")
    jobs = [address for address in asked if "/jobs/" in address]
    assert jobs and not [address for address in jobs if address.endswith(f"/jobs/{number}/")]

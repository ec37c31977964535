"""The history: what was asked for, by whom, what became of it and what it cost; and what one does with it."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from studio.jobs.models import Job, JobState
from tests.browser.doing import SLOW, break_next, prepare
from tests.browser.pages import serious_violations
from tests.browser.stack import Stack

#: collects the states of a job's line as it is drawn anew
WATCH_STATES = """() => {
  const feed = document.getElementById("feed");
  window.states = {};
  const note = () => {
    for (const row of feed.querySelectorAll(".hrow")) {
      const seen = (window.states[row.dataset.job] ??= []);
      if (seen.at(-1) !== row.dataset.state) seen.push(row.dataset.state);
    }
  };
  new MutationObserver(note).observe(feed, {childList: true, subtree: true, attributes: true});
  note();
}"""
LIVE = {str(state) for state in JobState.live()}


@pytest.fixture(scope="module")
def made(stack: Stack) -> dict[str, Any]:
    return prepare(stack, "history", slug="past")


@pytest.fixture
def room(stack: Stack, made: dict[str, Any]) -> str:
    return f"{stack.base_url}/t/past/history/"


@pytest.fixture
def page(owner_page: Page, room: str) -> Page:
    owner_page.goto(room)
    return owner_page


def row(page: Page, number: int) -> Locator:
    return page.locator(f"#job-{number}")


def rows(page: Page) -> Locator:
    return page.locator(".hrow")


def opened(page: Page, number: int) -> Locator:
    """The line's details, opened."""
    row(page, number).get_by_role("link", name="Details and actions").click()
    details = row(page, number).locator(".details .inside")
    expect(details).to_be_visible()
    return details


def test_a_line_says_what_became_of_a_job(page: Page, made: dict[str, Any]):
    for name, state, cost, person in (
        ("done", "Done", "4", made["owner"]),
        ("partial", "3 of 4", "3", "Bob Reed"),
        ("failed", "Failed", "0", "Bob Reed"),
        ("canceled", "Canceled", "0", made["owner"]),
    ):
        line = row(page, made[name])
        expect(line.locator(".badge")).to_contain_text(state)
        expect(line.locator(".cost")).to_contain_text(cost)
        expect(line.locator(".by")).to_contain_text(person)
    expect(row(page, made["done"]).locator(".thumbs img")).to_have_count(4)
    expect(row(page, made["partial"]).locator(".cost")).to_contain_text("1 returned")
    expect(row(page, made["failed"])).to_contain_text("The service could not finish this. Nothing was charged.")
    assert serious_violations(page) == []


def test_a_timeline_in_words(page: Page, made: dict[str, Any]):
    details = opened(page, made["done"])
    steps = details.get_by_role("region", name="Timeline").get_by_role("listitem")
    expect(steps).to_contain_text(
        [
            "Asked for. 4 credits set aside.",
            "The service took it.",
            "The service delivered 4 files.",
            "Downloaded and kept. 4 credits paid.",
        ]
    )
    assert serious_violations(page) == []
    expect(row(page, made["done"]).get_by_role("link", name="Details and actions")).to_have_attribute(
        "aria-expanded", "true"
    )
    row(page, made["done"]).get_by_role("link", name="Details and actions").click()
    expect(details).to_be_hidden()

    failed = opened(page, made["failed"])
    expect(failed).to_contain_text("Nothing was charged; 4 credits returned.")
    partial = opened(page, made["partial"])
    expect(partial).to_contain_text("Image 4: The service's filter held it back.")


def test_states_words_and_people_narrow_it(page: Page, room: str, made: dict[str, Any]):
    states = page.get_by_role("navigation", name="State")
    states.get_by_role("link", name="Failed").click()
    expect(rows(page)).to_have_count(1)
    expect(row(page, made["failed"])).to_be_visible()
    expect(states.get_by_role("link", name="Failed")).to_have_attribute("aria-current", "true")

    page.goto(room)
    page.get_by_role("searchbox", name="Search prompts").fill("harbour dawn")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    expect(row(page, made["done"])).to_be_visible()

    page.goto(room)
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("dialog", name="Filter").get_by_label("Person").select_option(label="Bob Reed")
    page.get_by_role("dialog", name="Filter").get_by_role("button", name="Show").click()
    expect(rows(page)).to_have_count(2)
    page.get_by_role("link", name="Without the filter Bob Reed").click()
    expect(row(page, made["done"])).to_be_visible()

    page.goto(f"{room}?q=zebra")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    assert serious_violations(page) == []
    page.get_by_role("link", name="Show everything").click()
    expect(row(page, made["done"])).to_be_visible()


def test_deleting_can_be_undone(page: Page, stack: Stack, made: dict[str, Any]):
    before = [line.get_attribute("id") for line in rows(page).all()]
    opened(page, made["done"]).get_by_role("button", name="Delete").click()
    expect(row(page, made["done"])).to_have_count(0)
    toast = page.locator(".toast").filter(has_text="its results are in the trash")
    trash = page.request.get(f"{stack.base_url}/t/past/gallery/trash/").text()
    assert trash.count('class="shot"') == 4
    toast.get_by_role("button", name="Undo").click()
    expect(row(page, made["done"])).to_be_visible()
    assert [line.get_attribute("id") for line in rows(page).all()] == before
    page.reload()
    expect(row(page, made["done"]).locator(".thumbs img")).to_have_count(4)


def test_a_prompt_is_used_again(page: Page, made: dict[str, Any]):
    opened(page, made["done"]).get_by_role("link", name="Use prompt and settings").click()
    page.wait_for_url("**/create/**")
    prompt = page.get_by_role("textbox", name="Prompt", exact=True)
    expect(prompt).to_have_value(re.compile("^a quiet harbour at dawn"))


def test_the_list_as_a_table(page: Page, tmp_path: Path):
    with page.expect_download() as begun:
        page.get_by_role("link", name="Export CSV").click()
    begun.value.save_as(tmp_path / "history.csv")
    table = list(csv.reader(io.StringIO((tmp_path / "history.csv").read_text(encoding="utf-8-sig"))))
    assert len(table) == 1 + rows(page).count()
    assert any("a quiet harbour at dawn" in cell for line in table for cell in line)


def test_a_failure_is_seen_live_and_tried_again(page: Page, stack: Stack, stack_db: str):
    page.evaluate(WATCH_STATES)
    known = rows(page).count()
    break_next(stack, {"path": "/v1/tob/diffusion", "do": {"delay": 3, "job": {"fail": "JobStatusError"}}})
    other = page.context.new_page()
    other.goto(f"{stack.base_url}/t/past/create/")
    other.get_by_role("textbox", name="Prompt", exact=True).fill("a red telephone box on the moon")
    other.keyboard.press("Control+Enter")
    page.bring_to_front()
    expect(rows(page)).to_have_count(known + 1, timeout=SLOW)
    first = Job.objects.using(stack_db).latest("id")
    line = row(page, first.pk)
    expect(line.locator(".badge")).to_contain_text("Failed", timeout=SLOW)
    expect(line).to_contain_text("Nothing was charged.")

    break_next(stack, {"path": "/v1/tob/diffusion", "do": {"delay": 3}})
    opened(page, first.pk).get_by_role("button", name=re.compile("^Retry")).click()
    expect(rows(page)).to_have_count(known + 2, timeout=SLOW)
    again = row(page, int(rows(page).first.get_attribute("data-job") or 0))
    expect(again.locator(".badge")).to_contain_text("Done", timeout=SLOW)
    expect(again).to_contain_text("a red telephone box on the moon")
    expect(again.locator(".thumbs img")).to_have_count(4)
    expect(again.locator(".cost")).to_contain_text("4")
    expect(line.locator(".badge")).to_contain_text("Failed")

    seen: Any = page.evaluate("window.states")
    told = {number: states for number, states in seen.items() if int(number) >= first.pk}
    assert len(told) == 2
    for states in told.values():
        assert set(states[:-1]) and set(states[:-1]) <= LIVE, "it was seen under way"
    assert sorted(states[-1] for states in told.values()) == ["failed", "succeeded"]

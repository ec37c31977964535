"""The gallery as people use it: a wall of more than one page, found again, sorted, taken along and thrown away."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.doing import hold, prepare
from tests.browser.pages import Troubles, serious_violations
from tests.browser.stack import Stack

TOTAL = 124
TOP_OF = "one => one.getBoundingClientRect().top"
STANDS_AT = """([output, top]) => {
  const shot = document.querySelector(`#wall > [data-output="${output}"]`);
  return shot && Math.abs(shot.getBoundingClientRect().top - top) < 3;
}"""


@pytest.fixture(scope="module")
def room(stack: Stack) -> str:
    prepare(stack, "gallery", slug="wall")
    return f"{stack.base_url}/t/wall/gallery/"


@pytest.fixture
def page(owner_page: Page, room: str) -> Page:
    owner_page.goto(room)
    expect(shots(owner_page).first).to_be_visible()
    return owner_page


def shots(page: Page) -> Locator:
    return page.locator("#wall > .shot")


def ids(page: Page) -> list[int]:
    found: Any = shots(page).evaluate_all("all => all.map(one => Number(one.dataset.output))")
    return list(found)


def to_the_end(page: Page, total: int = TOTAL) -> None:
    while (count := shots(page).count()) < total:
        shots(page).last.scroll_into_view_if_needed()
        expect(shots(page)).not_to_have_count(count)


def select(page: Page, count: int) -> Locator:
    """Selects the first pictures by keys; the toolbar that appears."""
    shots(page).first.locator("a").focus()
    page.keyboard.press("x")
    for _turn in range(count - 1):
        page.keyboard.press("Shift+ArrowRight")
    bar = page.get_by_role("toolbar", name="Actions on the selection")
    expect(bar).to_contain_text(f"{count} selected")
    return bar


def toast(page: Page, text: str) -> Locator:
    return page.locator(".toast").filter(has_text=text)


def test_the_wall_goes_on_without_doubles(page: Page):
    assert shots(page).count() < TOTAL
    expect(page.locator("[data-found]").first).to_contain_text(str(TOTAL))
    to_the_end(page)
    seen = ids(page)
    assert len(set(seen)) == TOTAL
    assert seen == sorted(seen, reverse=True)
    expect(page.locator("#wall > .on")).to_have_count(0)
    expect(page.locator("#wall > .dayh")).to_have_count(1)


def test_it_keeps_its_place(page: Page, room: str):
    to_the_end(page)
    shot = shots(page).nth(98)
    shot.evaluate("one => one.scrollIntoView({block: 'center', behavior: 'instant'})")
    place = [ids(page)[98], shot.evaluate(TOP_OF)]

    shot.locator("a").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_function(STANDS_AT, arg=place)

    page.reload()
    page.wait_for_function(STANDS_AT, arg=place)

    page.goto(room.replace("/gallery/", "/history/"))
    page.go_back()
    page.wait_for_function(STANDS_AT, arg=place)

    # and it goes on from there in both directions
    to_the_end_from_the_middle(page)
    seen = ids(page)
    assert len(set(seen)) == len(seen) == TOTAL
    assert seen == sorted(seen, reverse=True)


def test_a_picture_that_comes_after_its_dialog_was_closed_opens_nothing(page: Page):
    shots(page).nth(3).locator("a").click()
    expect(page.locator("light-box [data-step]").first).to_be_attached()
    step = hold(page, "**/images/*/**", lambda: page.keyboard.press("ArrowRight"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    with page.expect_response("**/images/*/**"):
        step.continue_()
    expect(page.locator("#lightbox.htmx-request")).to_have_count(0)
    expect(page.locator("light-box")).to_have_count(0)
    shots(page).nth(5).locator("a").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator("light-box")).to_have_attribute("data-output", str(ids(page)[5]))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_two_clicks_open_what_one_opens(page: Page):
    first = hold(page, "**/images/*/**", lambda: shots(page).nth(2).locator("a").dblclick())
    first.continue_()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator("light-box")).to_have_attribute("data-output", str(ids(page)[2]))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url(re.compile("/gallery/"))


def test_a_picture_that_did_not_come_may_be_asked_for_again(page: Page, troubles: Troubles):
    troubles.expect("502")
    page.route("**/images/*/**", lambda route: route.fulfill(status=502, body=""), times=1)
    shots(page).nth(4).locator("a").click()
    expect(page.locator(".toast").first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    shots(page).nth(4).locator("a").click()
    expect(page.get_by_role("dialog")).to_be_visible()

    known = page.locator("light-box").get_attribute("data-output")
    page.route("**/images/*/**", lambda route: route.fulfill(status=502, body=""), times=1)
    with page.expect_response("**/images/*/**"):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#lightbox.htmx-request")).to_have_count(0)
    expect(page.locator("light-box")).to_have_attribute("data-output", known or "")
    page.keyboard.press("ArrowRight")
    expect(page.locator("light-box")).not_to_have_attribute("data-output", known or "")


def to_the_end_from_the_middle(page: Page) -> None:
    """Scrolls up, then down, until neither end has more."""
    for edge, end in ((0, ".up"), (1e6, ".down")):
        while (known := shots(page).count()) and page.locator(f"#wall > {end}").count():
            page.evaluate("edge => scrollTo({top: edge, behavior: 'instant'})", edge)
            expect(shots(page)).not_to_have_count(known)


def test_search_and_filters(page: Page, room: str):
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search prompts")).to_be_focused()
    page.keyboard.type("fox snow")
    page.keyboard.press("Enter")
    expect(shots(page)).to_have_count(4)
    expect(page).to_have_url(re.compile("q=fox"))
    expect(page.locator("[data-found]").first).to_contain_text("4")

    page.goto(room)
    page.get_by_role("button", name="Filter", exact=True).click()
    dialog = page.get_by_role("dialog", name="Filter")
    dialog.get_by_label("Person").select_option(label="Bob Reed")
    dialog.get_by_role("radio", name="Square").click()
    assert serious_violations(page) == []
    dialog.get_by_role("button", name="Show").click()
    expect(shots(page)).to_have_count(4)
    chips = page.get_by_role("link", name=re.compile("Without the filter"))
    expect(chips).to_have_count(2)
    page.get_by_role("link", name="Without the filter Bob Reed").click()
    expect(chips).to_have_count(1)
    expect(shots(page)).to_have_count(4)
    page.get_by_role("link", name="Without the filter Square").click()
    expect(chips).to_have_count(0)
    expect(shots(page)).not_to_have_count(4)


def test_nothing_found_says_what_to_do(page: Page, room: str):
    page.goto(f"{room}?q=zebra")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    assert serious_violations(page) == []
    page.get_by_role("link", name="Show everything").click()
    expect(shots(page).first).to_be_visible()

    page.goto(room.replace("/wall/", "/wall-empty/"))
    expect(page.get_by_role("heading", name="No pictures yet")).to_be_visible()
    assert serious_violations(page) == []
    page.goto(f"{room.replace('/wall/', '/wall-empty/')}trash/")
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()


def test_a_star_by_key(page: Page, room: str):
    shots(page).nth(2).locator("a").focus()
    starred = ids(page)[2]
    with page.expect_response("**/gallery/stars/"):
        page.keyboard.press(".")
    expect(shots(page).nth(2).get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Starred").click()
    expect(shots(page)).to_have_count(1)
    assert ids(page) == [starred]
    expect(page.locator("[data-figure-of=starred]")).to_have_text("1")

    shots(page).first.locator("a").focus()
    with page.expect_response("**/gallery/stars/"):
        page.keyboard.press(".")
    page.reload()
    expect(shots(page)).to_have_count(0)
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()


def test_a_collection_is_made_filled_and_emptied(page: Page, room: str, troubles: Troubles):
    troubles.expect("422")
    bar = select(page, 3)
    chosen = ids(page)[:3]
    assert serious_violations(page) == []
    bar.get_by_role("button", name="Collection").click()
    page.locator("#collect").get_by_role("button", name="New collection").click()
    form = page.get_by_role("dialog", name="New collection")
    form.get_by_role("button", name="Create").click()
    expect(form.get_by_role("alert")).to_be_visible()
    expect(form.get_by_label("Name")).to_be_focused()
    form.get_by_label("Name").fill("Winter campaign")
    form.get_by_role("button", name="Create").click()
    expect(toast(page, "3 added to “Winter campaign”")).to_be_visible()
    link = page.get_by_role("navigation", name="Collections").get_by_role("link", name=re.compile("Winter campaign"))
    expect(link.locator("small")).to_have_text("3")

    # one that is in it already is not added twice
    bar = select(page, 4)
    bar.get_by_role("button", name="Collection").click()
    page.locator("#collect").get_by_role("button", name="Winter campaign").click()
    expect(toast(page, "1 added to “Winter campaign”")).to_be_visible()
    link.click()
    expect(shots(page)).to_have_count(4)
    assert set(chosen) < set(ids(page))

    before = ids(page)
    select(page, 1).get_by_role("button", name="Take out").click()
    expect(shots(page)).to_have_count(3)
    toast(page, "1 taken out").get_by_role("button", name="Undo").click()
    expect(shots(page)).to_have_count(4)
    assert ids(page) == before
    page.reload()
    expect(shots(page)).to_have_count(4)

    page.get_by_role("button", name="More for Winter campaign").click()
    page.get_by_role("button", name="Delete the collection").click()
    expect(toast(page, "What was in it stays.")).to_be_visible()
    expect(link).to_have_count(0)
    assert set(before) < set(ids(page))


def test_a_selection_is_downloaded(page: Page, tmp_path: Path):
    bar = select(page, 3)
    with page.expect_download() as begun:
        bar.get_by_role("button", name="Download").click()
    assert begun.value.suggested_filename.endswith(".zip")
    begun.value.save_as(tmp_path / "pictures.zip")
    with zipfile.ZipFile(tmp_path / "pictures.zip") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(set(names)) == len(names) == 3
        for name in names:
            assert Image.open(io.BytesIO(archive.read(name))).size == (640, 640)
    expect(bar).to_contain_text("3 selected")


def test_the_trash_can_be_undone(page: Page, room: str):
    before = ids(page)
    select(page, 2)
    page.keyboard.press("Delete")
    expect(page.locator(f"#wall > [data-output='{before[0]}']")).to_have_count(0)
    assert ids(page)[0] == before[2]
    toast(page, "trash").get_by_role("button", name="Undo").click()
    expect(page.locator(f"#wall > [data-output='{before[0]}']")).to_be_visible()
    assert ids(page)[: len(before)] == before

    with page.expect_response("**/gallery/trash/put/"):
        select(page, 2).get_by_role("button", name="Trash").click()
    page.get_by_role("link", name=re.compile("^Trash")).click()
    expect(page).to_have_url(re.compile("/trash/"))
    expect(shots(page)).to_have_count(2)
    assert set(ids(page)) == set(before[:2])
    assert serious_violations(page) == []
    with page.expect_response("**/gallery/trash/restore/"):
        select(page, 2).get_by_role("button", name="Restore").click()
    expect(shots(page)).to_have_count(0)
    page.goto(room)
    assert ids(page)[:2] == before[:2]


def test_deleting_for_good_asks_first(page: Page, room: str):
    gone = ids(page)[-1]
    shots(page).last.locator("a").focus()
    with page.expect_response("**/gallery/trash/put/"):
        page.keyboard.press("Delete")
    page.goto(f"{room}trash/")
    bar = select(page, 1)
    bar.get_by_role("button", name="Delete for good").click()
    dialog = page.get_by_role("dialog", name="Delete for good?")
    expect(dialog.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(shots(page)).to_have_count(1)
    bar.get_by_role("button", name="Restore").click()
    expect(shots(page)).to_have_count(0)
    page.goto(room)
    expect(page.locator(f"#wall > [data-output='{gone}']")).to_be_attached()


def test_with_the_keyboard_alone(page: Page):
    page.keyboard.press("ArrowRight")
    first = shots(page).first.locator("a")
    expect(first).to_be_focused()
    page.keyboard.press("ArrowRight")
    second = shots(page).nth(1).locator("a")
    expect(second).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(second).not_to_be_focused()
    focused = page.locator("#wall > .shot:focus-within")
    assert focused.evaluate(TOP_OF) > second.evaluate(TOP_OF), "a row further down"
    page.keyboard.press("ArrowUp")
    expect(focused).not_to_have_count(0)
    assert focused.evaluate(TOP_OF) == shots(page).nth(1).evaluate(TOP_OF)

    first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator(f"light-box[data-output='{ids(page)[1]}']")).to_be_visible()
    assert serious_violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(second).to_be_focused()

    page.keyboard.press(" ")
    expect(page.get_by_role("toolbar")).to_contain_text("1 selected")
    page.keyboard.press("Escape")
    expect(page.get_by_role("toolbar")).to_have_count(0)

"""A moodboard from the first picture to a prompt that it steers, as people make one."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from tests.browser.doing import prepare
from tests.browser.pages import Troubles, serious_violations
from tests.browser.seeding import PASSWORD, VIEWER, drawing
from tests.browser.stack import Stack

COLOURS = ("#8a4f7d", "#d9816f", "#f2b48c", "#35606b")
TOO_LONG = "a very long name " * 8
BRING = """([how, name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const brought = new DataTransfer();
  brought.items.add(new File([bytes], name, {type: "image/png"}));
  const shared = {bubbles: true, cancelable: true};
  if (how === "paste") {
    document.body.dispatchEvent(new ClipboardEvent("paste", {...shared, clipboardData: brought}));
    return;
  }
  for (const type of ["dragenter", "dragover", "drop"]) {
    document.querySelector("mood-wall").dispatchEvent(new DragEvent(type, {...shared, dataTransfer: brought}));
  }
}"""
PASTE_ADDRESS = """(address) => {
  const brought = new DataTransfer();
  brought.setData("text/plain", address);
  document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: brought, bubbles: true, cancelable: true}));
}"""


@pytest.fixture(scope="module")
def team(stack: Stack) -> str:
    prepare(stack, "moodboards", slug="boards")
    return f"{stack.base_url}/t/boards"


@pytest.fixture(scope="module")
def board(stack: Stack, team: str, browser: Browser, owner_state: dict[str, Any]) -> str:
    """The address of a board with four pictures, each of its own colour."""
    context = browser.new_context(storage_state=owner_state, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{team}/moodboards/new/")
    page.get_by_label("Name").fill("Evening light")
    page.get_by_role("button", name="Make board").click()
    page.wait_for_url(re.compile(r"/moodboards/\d+/$"))
    page.locator("#board-files").set_input_files(
        [upload(name) for name in ("#8a4f7d", "#d9816f", "#f2b48c", "#35606b")]
    )
    expect(page.locator("mood-wall > .picture")).to_have_count(4)
    address = page.url
    context.close()
    return address


@pytest.fixture
def page(owner_page: Page, board: str) -> Page:
    owner_page.goto(board)
    expect(owner_page.locator("mood-board.live")).to_be_attached()
    return owner_page


def upload(colour: str, size: tuple[int, int] = (320, 240)) -> FilePayload:
    return {"name": f"{colour.strip('#')}.png", "mimeType": "image/png", "buffer": drawing(colour, size)}


def things(page: Page) -> Locator:
    return page.locator("mood-wall > .picture, mood-wall > .mood-item.note")


def order(page: Page) -> list[str]:
    found: Any = things(page).evaluate_all("all => all.map(one => one.dataset.item)")
    return list(found)


def expect_order(page: Page, wanted: list[str]) -> None:
    expect(things(page)).to_have_count(len(wanted))
    for number, item in enumerate(wanted):
        expect(things(page).nth(number)).to_have_attribute("data-item", item)


def menu_of(page: Page, thing: Locator) -> Locator:
    thing.hover()
    thing.get_by_role("link", name=re.compile("^More for")).click()
    return page.get_by_role("menu", name="Picture")


def test_a_board_begins_at_a_tile_of_the_feed(owner_page: Page, team: str, troubles: Troubles):
    troubles.expect("422")
    page = owner_page
    page.goto(f"{team}/create/")
    tile = page.locator("article.job .tile").first
    tile.hover()
    tile.locator(".over [data-add-to-board]").click()
    picker = page.get_by_role("dialog", name="Add to moodboard")
    picker.get_by_role("button", name="Make").click()
    expect(picker.get_by_role("alert")).to_be_visible()
    expect(picker.get_by_label("New board")).to_be_focused()
    picker.get_by_label("New board").fill("From the feed")
    picker.get_by_role("button", name="Make").click()
    row = picker.get_by_role("checkbox", name=re.compile("From the feed"))
    expect(row).to_have_attribute("aria-checked", "true")
    assert serious_violations(page) == []

    # off and on again
    row.click()
    expect(row).to_have_attribute("aria-checked", "false")
    row.click()
    expect(row).to_have_attribute("aria-checked", "true")
    expect(row).to_be_focused()
    page.keyboard.press("Escape")
    expect(picker).to_have_count(0)

    page.goto(f"{team}/moodboards/")
    page.get_by_role("link", name=re.compile("From the feed")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("From the feed")
    expect(things(page)).to_have_count(1)
    expect(page.locator("#board-facts")).to_contain_text("1 of")
    assert serious_violations(page) == []


def test_pictures_come_by_file_clipboard_and_drop(page: Page):
    known = order(page)
    page.get_by_role("button", name="Add", exact=True).first.click()
    with page.expect_file_chooser() as chooser:
        page.get_by_label("Pictures from this device").click()
    chooser.value.set_files([upload("#101010"), upload("#fafafa", (240, 320))])
    expect(things(page)).to_have_count(len(known) + 2)
    for number, (how, colour) in enumerate((("paste", "#20a020"), ("drop", "#a02020")), 3):
        page.evaluate(BRING, [how, f"{how}.png", base64.b64encode(drawing(colour, (300, 300))).decode()])
        expect(things(page)).to_have_count(len(known) + number)
    for image in page.locator("mood-wall > .picture img").all():
        image.scroll_into_view_if_needed()
        assert image.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0

    # a picture of the board, brought again by its address, is not a second one
    address = things(page).first.locator("img").evaluate("one => one.src")
    with page.expect_response("**/add/"):
        page.evaluate(PASTE_ADDRESS, address)
    page.reload()
    expect(things(page)).to_have_count(len(known) + 4)
    arrived = order(page)
    assert len(set(arrived)) == len(arrived)
    assert set(known) < set(arrived)


def test_what_is_no_picture_is_refused_in_words(page: Page, troubles: Troubles):
    troubles.expect("422")
    known = order(page)
    page.locator("#board-files").set_input_files(
        {"name": "letter.png", "mimeType": "image/png", "buffer": b"Dear Bob, this is no picture."}
    )
    said = page.locator("#board-said").get_by_role("alert")
    expect(said).to_contain_text("letter.png")
    assert order(page) == known


def test_the_order_by_mouse_and_by_menu_survives(page: Page):
    was = order(page)
    first, third = things(page).nth(0), things(page).nth(2)
    with page.expect_response("**/move/"):
        drag(page, first, third)
    moved = order(page)
    assert moved != was
    assert sorted(moved) == sorted(was)
    page.reload()
    expect_order(page, moved)

    with page.expect_response("**/move/"):
        menu_of(page, things(page).nth(2)).get_by_role("menuitem", name="Move to the start").click()
    expect_order(page, [moved[2], moved[0], moved[1], *moved[3:]])
    with page.expect_response("**/move/"):
        menu_of(page, things(page).nth(0)).get_by_role("menuitem", name="Move later").click()
    wanted = [moved[0], moved[2], moved[1], *moved[3:]]
    expect_order(page, wanted)
    page.reload()
    expect_order(page, wanted)


def drag(page: Page, thing: Locator, onto: Locator) -> None:
    start, end = thing.bounding_box(), onto.bounding_box()
    assert start and end
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=12)
    page.mouse.up()


def test_a_note_beside_a_picture_and_by_itself(page: Page, troubles: Troubles):
    troubles.expect("422")
    item = order(page)[0]
    menu_of(page, things(page).first).get_by_role("menuitem", name="Note …").click()
    dialog = page.get_by_role("dialog", name="Note")
    dialog.get_by_role("textbox").fill("x" * 501)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator(".err")).to_contain_text("500")
    expect(dialog.get_by_role("textbox")).to_have_value("x" * 501)
    dialog.get_by_role("textbox").fill("<b>this light</b>")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(f"[data-item='{item}'] figcaption")).to_have_text("<b>this light</b>")

    page.get_by_role("button", name="Add", exact=True).first.click()
    page.get_by_label("Or a note").fill("warm, never orange")
    page.locator("#add-pictures").get_by_role("button", name="Add").click()
    note = page.locator("mood-wall > .mood-item.note")
    expect(note).to_have_text(re.compile("warm, never orange"))
    assert serious_violations(page) == []
    menu_of(page, note).get_by_role("menuitem", name="Take off the board").click()
    expect(note).to_have_count(0)


def test_a_name_is_refused_beside_the_field(page: Page, troubles: Troubles):
    troubles.expect("422")
    page.get_by_role("link", name="Rename or describe").click()
    form = page.locator("form#board-title")
    name = form.get_by_label("Name")
    for typed, sentence in (("", "Give the moodboard a name."), (TOO_LONG, "at most 120")):
        name.fill(typed)
        form.get_by_label("What it is about").fill("kept while the name is wrong")
        form.get_by_role("button", name="Save").click()
        expect(form.get_by_role("alert")).to_contain_text(sentence)
        expect(name).to_have_attribute("aria-invalid", "true")
        expect(name).to_have_value(typed)
        expect(form.get_by_label("What it is about")).to_have_value("kept while the name is wrong")
    assert serious_violations(page) == []
    form.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Evening light")

    page.get_by_role("link", name="Rename or describe").click()
    name.fill("Evening light & shade")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Evening light & shade")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_what_is_taken_off_comes_back(page: Page):
    was = order(page)
    for thing in things(page).all()[:2]:
        thing.hover()
        thing.get_by_role("checkbox").check()
    bulk = page.locator("#selected-form")
    expect(bulk).to_contain_text("2 selected")
    bulk.get_by_role("button", name="Take off the board").click()
    expect_order(page, was[2:])
    bar = page.locator(".undo-bar")
    expect(bar).to_contain_text("2 taken off the board.")
    bar.get_by_role("button", name="Undo").click()
    expect_order(page, was)
    page.reload()
    expect_order(page, was)


def test_the_colours_of_the_pictures_appear(page: Page):
    swatches = page.get_by_role("img", name="Colours of the pictures")
    expect(swatches).to_be_visible()
    colours: Any = swatches.locator("i").evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
    assert len(colours) > 2
    assert len(set(colours)) == len(colours)


def test_a_board_steers_the_prompt(page: Page):
    page.get_by_role("link", name="Create with this board").click()
    page.wait_for_url("**/create/**")
    chip = page.locator(".board-chip")
    expect(chip).to_contain_text("Evening light")
    assert serious_violations(page) == []
    chip.get_by_role("button", name=re.compile("^Take out")).click()
    expect(chip).to_have_count(0)
    choose = page.locator("[data-choose-board]")
    expect(choose).to_be_focused()

    page.keyboard.press("Enter")
    page.locator("#board-menu").get_by_role("link", name=re.compile("Evening light")).click()
    expect(chip).to_have_count(1)
    expect(chip).to_contain_text("Evening light")


def test_a_viewer_looks_and_changes_nothing(browser: Browser, board: str, stack: Stack, troubles: Troubles):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    troubles.watch(context)
    page = context.new_page()
    page.goto(f"{stack.base_url}/sign-in/")
    page.get_by_label("Email").fill(VIEWER)
    page.locator("input[type=password]").fill(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(board)
    expect(page.locator("mood-board.live")).to_be_attached()
    expect(things(page).first).to_be_visible()
    for control in ("#add-pictures", "#board-menu", "#item-menu", ".mood-pick", ".mood-more", "#board-create a"):
        expect(page.locator(control)).to_have_count(0)
    was = order(page)
    drag(page, things(page).nth(0), things(page).nth(2))
    assert order(page) == was
    page.evaluate(BRING, ["paste", "secret.png", base64.b64encode(drawing("#123456")).decode()])
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(board)
    expect_order(page, was)
    assert serious_violations(page) == []
    context.close()
    assert troubles.unexpected() == []


def test_a_deleted_board_comes_back(page: Page, team: str):
    was = order(page)
    page.get_by_role("button", name="More for this board").click()
    page.get_by_role("button", name="Delete this board").click()
    bar = page.locator(".undo-bar")
    expect(bar).to_contain_text("was deleted")
    cards = page.locator(".board-card").filter(has_text="Evening light")
    expect(cards).to_have_count(0)
    assert serious_violations(page) == []
    bar.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Evening light")
    page.goto(f"{team}/moodboards/")
    cards.get_by_role("link").click()
    expect_order(page, was)

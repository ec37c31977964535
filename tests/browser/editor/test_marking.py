"""Every way of marking, by mouse, finger and keyboard: what is drawn is what arrives."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat
from playwright.sync_api import expect

from tests.browser.editor.conftest import Hand

MIDDLE = (320, 240)
BOX = [(160, 120), (480, 120), (480, 360), (160, 360)]


def disc() -> Image.Image:
    drawn = Image.new("L", (640, 480))
    ImageDraw.Draw(drawn).ellipse((200, 120, 439, 359), fill=255)
    return drawn


def polygon(points: list[tuple[int, int]]) -> Image.Image:
    drawn = Image.new("L", (640, 480))
    ImageDraw.Draw(drawn).polygon(points, fill=255)
    return drawn


def apart(one: Image.Image, other: Image.Image) -> float:
    """The share of the picture in which two masks differ."""
    return float(ImageStat.Stat(ImageChops.difference(one, other)).mean[0]) / 255


def test_the_brush_marks_along_its_way(hand: Hand):
    hand.brush(40)
    hand.drag((100, 100), (300, 100))
    mask = hand.mask()
    assert mask.size == (640, 480)
    assert [mask.getpixel((x, 100)) for x in (90, 100, 200, 300, 310)] == [255] * 5
    assert [mask.getpixel((200, y)) for y in (75, 82, 118, 125)] == [0, 255, 255, 0]
    assert mask.getpixel(MIDDLE) == 0


def test_a_soft_brush_fades_out(hand: Hand):
    hand.brush(100, softness=100)
    hand.drag((200, 240), (400, 240))
    mask = hand.mask()
    column = [mask.getpixel((300, y)) for y in range(240, 300, 10)]
    assert column[0] > 240
    assert column == sorted(column, reverse=True)
    assert 0 < column[3] < 200


def test_the_eraser_takes_away(hand: Hand):
    hand.key("u")
    hand.drag(BOX[0], BOX[2])
    hand.value("(Object.assign(e.settings.eraser, { size: 40, softness: 0 }), e.keepSettings())")
    hand.key("e")
    hand.drag((200, 240), (440, 240))
    mask = hand.mask()
    assert (mask.getpixel(MIDDLE), mask.getpixel((320, 200)), mask.getpixel((320, 290))) == (0, 255, 255)


@pytest.mark.parametrize("by", ["mouse", "finger"])
def test_the_lasso_marks_what_it_goes_round(by: str, request: pytest.FixtureRequest):
    hand: Hand = request.getfixturevalue("hand" if by == "mouse" else "finger")
    hand.page.get_by_role("button", name="Lasso").click()
    (hand.drag if by == "mouse" else hand.touch)(*BOX)
    assert apart(hand.mask(), polygon(BOX)) < 0.01


@pytest.mark.parametrize("by", ["mouse", "finger"])
def test_the_polygon_is_closed_at_its_first_corner(by: str, request: pytest.FixtureRequest):
    hand: Hand = request.getfixturevalue("hand" if by == "mouse" else "finger")
    hand.page.get_by_role("button", name="Polygon").click()
    corners = [(320, 60), (520, 400), (120, 400), (320, 60)]
    for corner in corners:
        (hand.click if by == "mouse" else hand.touch)(corner)
    assert apart(hand.mask(), polygon(corners[:3])) < 0.01


@pytest.mark.parametrize("by", ["mouse", "finger"])
def test_the_rectangle_is_exact(by: str, request: pytest.FixtureRequest):
    hand: Hand = request.getfixturevalue("hand" if by == "mouse" else "finger")
    hand.page.get_by_role("button", name="Rectangle").click()
    (hand.drag if by == "mouse" else hand.touch)(BOX[0], (300, 200), BOX[2])
    mask = hand.mask()
    left, top, right, bottom = mask.getbbox()
    assert max(abs(left - 160), abs(top - 120), abs(right - 480), abs(bottom - 360)) <= 2
    assert mask.crop((left, top, right, bottom)).getextrema() == (255, 255)


def test_a_finger_paints_and_two_fingers_do_not(finger: Hand):
    finger.brush(60)
    finger.touch((200, 240), (320, 240), (440, 240))
    scale = finger.value("e.view.scale")
    finger.fingers([[(100, 100)], [(100, 100), (500, 100)], [(60, 100), (560, 100)], [(20, 100), (620, 100)]])
    assert finger.value("e.view.scale") > scale
    mask = finger.mask()
    assert mask.getpixel((320, 240)) == 255
    assert mask.crop((0, 0, 640, 180)).getbbox() is None


def test_an_ellipse_and_taking_away_from_it(hand: Hand):
    hand.key("o")
    hand.drag((200, 120), (440, 360))
    hand.key("x")
    hand.key("u")
    hand.drag((200, 100), (320, 400))
    mask = hand.mask()
    expected = disc()
    expected.paste(0, (0, 0, 320, 480))
    assert apart(mask, expected) < 0.01


def test_fill_stays_within_drawn_lines(hand: Hand):
    hand.brush(16)
    hand.drag(*BOX, BOX[0])
    hand.key("g")
    hand.click(MIDDLE)
    mask = hand.mask()
    assert mask.crop((165, 125, 475, 355)).getextrema() == (255, 255)
    assert mask.crop((0, 0, 640, 105)).getbbox() is None


def test_invert_and_clear(hand: Hand):
    hand.key("u")
    hand.drag(BOX[0], BOX[2])
    hand.page.get_by_role("button", name="Invert").click()
    mask = hand.mask()
    assert (mask.getpixel((5, 5)), mask.getpixel(MIDDLE), mask.getpixel((639, 479))) == (255, 0, 255)
    hand.page.get_by_role("button", name="Clear").click()
    expect(hand.page.locator(".go")).to_have_attribute("aria-disabled", "true")


def test_an_object_is_selected_by_a_click(hand: Hand):
    hand.key("w")
    hand.click(MIDDLE)
    expect(hand.page.get_by_role("button", name="Undo")).not_to_have_attribute("aria-disabled", "true")
    assert apart(hand.mask(), disc()) < 0.004
    hand.key("x")
    hand.click((330, 250))
    expect(hand.page.locator(".go")).to_have_attribute("aria-disabled", "true")


def test_undo_and_redo_give_the_very_same_mask(hand: Hand):
    hand.brush(50, softness=60)
    states = [hand.value("[...e.session.mask.marked().map(t => [t.tile, [...t.packed]])]")]
    for line in range(5):
        hand.drag((60, 60 + 80 * line), (560, 100 + 60 * line))
        states.append(hand.value("[...e.session.mask.marked().map(t => [t.tile, [...t.packed]])]"))
    for state in reversed(states[:-1]):
        hand.key("Control+z")
        assert hand.value("[...e.session.mask.marked().map(t => [t.tile, [...t.packed]])]") == state
    for state in states[1:]:
        hand.key("Control+Shift+z")
        assert hand.value("[...e.session.mask.marked().map(t => [t.tile, [...t.packed]])]") == state


def test_a_rectangle_by_the_keyboard_alone(hand: Hand):
    hand.key("u")
    hand.page.locator(".stage").focus()
    for key in ("ArrowLeft", "ArrowUp", "Enter", *["Shift+ArrowRight"] * 3, *["ArrowDown"] * 4, "Enter"):
        hand.key(key)
    left, top, right, bottom = hand.mask().getbbox()
    per_pixel = hand.value("e.view.zoom")
    assert abs((right - left) * per_pixel - 150) < 3
    assert abs((bottom - top) * per_pixel - 40) < 3
    assert hand.page.locator("#announcer").text_content()


def upload(size: tuple[int, int]) -> Any:
    drawn = Image.new("L", size)
    drawn.paste(255, (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return {"name": "mask.png", "mimeType": "image/png", "buffer": out.getvalue()}


def test_a_mask_from_a_file_arrives_as_it_is(hand: Hand):
    hand.page.locator("[data-mask-file]").set_input_files(upload((640, 480)))
    expect(hand.page.locator(".go")).not_to_have_attribute("aria-disabled", "true")
    mask = hand.mask()
    assert mask.crop((0, 0, 320, 480)).getextrema() == (255, 255)
    assert mask.crop((320, 0, 640, 480)).getextrema() == (0, 0)


def test_a_mask_of_another_size_is_stretched_when_asked(hand: Hand):
    hand.page.locator("[data-mask-file]").set_input_files(upload((200, 100)))
    note = hand.page.locator(".stage-note")
    expect(note).to_contain_text("200 × 100")
    expect(hand.page.locator(".go")).to_have_attribute("aria-disabled", "true")
    note.get_by_role("button", name="Stretch it").click()
    expect(hand.page.locator(".go")).not_to_have_attribute("aria-disabled", "true")
    mask = hand.mask()
    assert (mask.size, mask.getpixel((100, 400)), mask.getpixel((500, 400))) == ((640, 480), 255, 0)


def test_what_is_no_picture_is_said(hand: Hand):
    file: Any = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    hand.page.locator("[data-mask-file]").set_input_files(file)
    expect(hand.page.locator(".stage-note")).to_contain_text("notes.txt")


def test_the_last_mask_comes_back(hand: Hand):
    hand.key("u")
    hand.drag(BOX[0], BOX[2])
    sent = hand.mask()
    hand.page.get_by_role("button", name="Clear").click()
    hand.page.get_by_role("button", name="More for the mask").click()
    hand.page.get_by_role("menuitem", name="Load the last mask").click()
    expect(hand.page.locator(".go")).not_to_have_attribute("aria-disabled", "true")
    assert hand.mask().tobytes() == sent.tobytes()


def test_show_mask_only_is_the_mask_that_is_sent(hand: Hand):
    hand.brush(60, softness=80)
    hand.drag((100, 300), (500, 200))
    hand.key("Shift+V")
    hand.key("1")
    hand.page.wait_for_function(
        """() => { const e = document.querySelector('.ed').editor; return e.view.scale === 1 && !e.view.frame; }"""
    )
    seen = hand.value(
        """(() => { const { x, y } = e.view.maskPlace; const left = Math.round(x); const top = Math.round(y);
        e.view.x = left; e.view.y = top; e.view.drawWholeMask();
        const { data } = e.view.contexts.mask.getImageData(left, top, 640, 480);
        return Array.from({ length: 640 * 480 }, (_, at) => data[at * 4]); })()"""
    )
    assert bytes(seen) == hand.mask().tobytes()

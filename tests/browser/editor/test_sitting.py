"""The page around the drawing: what the button asks for, what survives, what becomes of the attempts."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.editor.conftest import Hand
from tests.browser.pages import Troubles, serious_violations

CORNERS = ((160, 120), (480, 360))


def mark(hand: Hand) -> None:
    hand.key("u")
    hand.drag(*CORNERS)


def pull(hand: Hand, side: str, x: int, y: int) -> None:
    hand.key("f")
    box = hand.page.get_by_role("button", name=side, exact=True).bounding_box()
    assert box is not None
    zoom = hand.value("e.view.zoom")
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    hand.page.mouse.move(*middle)
    hand.page.mouse.down()
    hand.page.keyboard.down("Control")
    hand.page.mouse.move(middle[0] + x * zoom, middle[1] + y * zoom, steps=4)
    hand.page.mouse.up()
    hand.page.keyboard.up("Control")


# ---- what is asked ----


def test_nothing_done_is_nothing_to_ask(hand: Hand):
    button = hand.page.locator(".go")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("aria-description", re.compile("Mark what should change"))
    hand.key("Control+Enter")
    assert not hand.harness.submitted


def test_a_mask_alone_is_an_inpaint_by_the_chosen_model(hand: Hand):
    mark(hand)
    expect(hand.page.locator(".go")).to_contain_text("Inpaint")
    hand.page.locator("[popovertarget='ask-models']").click()
    hand.page.get_by_role("option", name=re.compile("Youchuan v6")).click()
    expect(hand.page.locator(".go")).to_contain_text("7")
    sent = hand.submit().fields
    assert re.fullmatch(r"[0-9a-f]{24}", sent.pop("request_key"))
    assert sent == {
        "base": "output:12",
        "operation": "inpaint",
        "model": "youchuan:v6",
        "prompt": "a small boat",
    }


def test_one_side_pulled_is_a_pan(hand: Hand):
    pull(hand, "Right side", 320, 0)
    expect(hand.page.locator(".go")).to_contain_text("Pan")
    expect(hand.page.locator(".frame-label")).to_contain_text("right")
    sent = hand.submit()
    assert sent.mask is None
    assert (sent.fields["operation"], sent.fields["direction"]) == ("pan", "right")
    assert abs(float(sent.fields["scale"]) - 1.5) < 0.01


def test_all_sides_alike_is_an_outpaint_without_a_prompt(hand: Hand):
    hand.key("f")
    hand.page.locator(".opts [data-aspect]").select_option("around 1.5")
    expect(hand.page.locator(".go")).to_contain_text("Outpaint")
    expect(hand.page.get_by_role("textbox", name="Prompt")).to_be_disabled()
    sent = hand.submit(prompt="")
    assert (sent.fields["operation"], sent.fields["scale"]) == ("outpaint", "1.5")


def test_frame_and_mask_are_an_edit_with_its_canvas(hand: Hand):
    mark(hand)
    pull(hand, "Left side", -160, 0)
    expect(hand.page.locator(".go")).to_contain_text("Edit")
    sent = hand.submit()
    placed = {name: int(sent.fields[name]) for name in ("canvas_height", "image_y", "image_width", "image_height")}
    assert placed == {"canvas_height": 480, "image_y": 0, "image_width": 640, "image_height": 480}
    assert abs(int(sent.fields["canvas_width"]) - 800) <= 2
    assert int(sent.fields["image_x"]) == int(sent.fields["canvas_width"]) - 640
    assert sent.image.size == (640, 480)
    assert sent.image.getpixel((320, 240)) == 255


def test_the_picture_is_moved_and_scaled_by_figures(hand: Hand):
    hand.key("v")
    hand.page.locator(".opts [data-place='scale']").fill("50")
    hand.page.locator(".opts [data-place='x']").fill("0")
    hand.page.locator(".opts [data-place='y']").fill("0")
    hand.page.keyboard.press("Tab")
    sent = hand.submit().fields
    assert sent["operation"] == "edit"
    assert [sent[name] for name in ("image_x", "image_y", "image_width", "image_height")] == ["0", "0", "320", "240"]
    hand.page.get_by_role("button", name="Reset").first.click()
    expect(hand.page.locator(".go")).to_have_attribute("aria-disabled", "true")


def test_too_small_a_step_says_how_far_to_pull(hand: Hand):
    hand.page.evaluate(
        """() => { const e = document.querySelector('.ed').editor;
        const kept = e.data.offers['output:12'].filter(({ slug }) => slug === 'pan');
        e.data.offers['output:12'] = kept; }"""
    )
    pull(hand, "Right side", 20, 0)
    expect(hand.page.locator(".go")).to_have_attribute("aria-description", re.compile("1.1 times"))


def test_handles_move_by_arrows_and_undo_takes_them_back(hand: Hand):
    hand.key("f")
    hand.page.get_by_role("button", name="Right side", exact=True).focus()
    hand.key("Shift+ArrowRight")
    hand.key("ArrowRight")
    assert hand.value("e.session.placement.canvasWidth") == 750
    expect(hand.page.locator("#announcer")).to_contain_text("750")
    hand.key("Control+z")
    assert hand.value("e.session.placement.canvasWidth") == 740
    hand.key("Control+z")
    assert hand.value("e.session.isUntouched")


def test_the_handles_stay_in_sight(hand: Hand):
    def in_sight() -> None:
        for side in ("Upper left corner", "Lower right corner"):
            expect(hand.page.get_by_role("button", name=side)).to_be_in_viewport(ratio=1)
            assert hand.value(
                f"""(() => {{ const at = document.querySelector('[aria-label="{side}"]').getBoundingClientRect();
                const stage = e.view.stage.getBoundingClientRect();
                return at.left >= stage.left && at.top >= stage.top
                  && at.right <= stage.right && at.bottom <= stage.bottom; }})()"""
            )

    hand.key("f")
    hand.page.locator(".right [data-place='right']").fill("1200")
    hand.page.keyboard.press("Tab")
    in_sight()
    hand.page.locator(".stage").focus()
    hand.key("Control+z")
    hand.page.locator(".right [data-place='down']").fill("1200")
    hand.page.keyboard.press("Tab")
    in_sight()


def test_the_panel_follows_the_tool(hand: Hand):
    chosen = hand.page.locator(".layer.on")
    fields = hand.page.locator(".right [data-place]")
    expect(chosen).to_have_attribute("data-layer", "mask")
    expect(fields.first).to_be_hidden()
    hand.key("v")
    expect(chosen).to_have_attribute("data-layer", "image")
    expect(fields.first).to_be_visible()
    hand.key("b")
    hand.page.locator(".right summary").press("Enter")
    expect(fields.first).to_be_visible()


def test_undo_in_the_middle_of_a_stroke_takes_only_that_stroke_back(hand: Hand):
    mark(hand)
    before = hand.value("[...e.session.mask.bytes]")
    hand.key("b")
    hand.page.mouse.move(*hand.on_screen((50, 50)))
    hand.page.mouse.down()
    hand.page.mouse.move(*hand.on_screen((90, 90)), steps=3)
    hand.key("Control+z")
    hand.page.mouse.move(*hand.on_screen((130, 50)), steps=3)
    hand.page.mouse.up()
    assert hand.value("[...e.session.mask.bytes]") == before


# ---- what survives ----


def test_the_drawing_survives_a_reload(hand: Hand):
    hand.brush(50, softness=50)
    hand.drag((100, 100), (400, 300))
    hand.page.get_by_role("textbox", name="Prompt").fill("a lighthouse")
    before = hand.value("[...e.session.mask.bytes]")
    hand.page.reload()
    hand.ready()
    assert hand.value("[...e.session.mask.bytes]") == before
    expect(hand.page.get_by_role("textbox", name="Prompt")).to_have_value("a lighthouse")
    expect(hand.page.locator(".go")).not_to_have_attribute("aria-disabled", "true")


def test_what_was_sent_is_not_restored(hand: Hand):
    mark(hand)
    hand.submit()
    hand.page.reload()
    hand.ready()
    assert hand.value("e.session.mask.isEmpty")


def test_a_failed_submit_loses_nothing_and_is_the_same_request_again(hand: Hand, troubles: Troubles):
    troubles.expect("503")
    mark(hand)
    hand.harness.answers = [(503, {})]
    first = hand.submit()
    note = hand.page.locator(".ask-note")
    expect(note).to_contain_text("Your drawing is kept")
    note.get_by_role("button", name="Try again").click()
    hand.settle()
    expect(note).to_be_hidden()
    second = hand.harness.submitted[-1]
    assert (second.fields, second.mask) == (first.fields, first.mask)
    third = hand.submit()
    assert third.fields["request_key"] != second.fields["request_key"]


def test_a_lost_connection_is_said(hand: Hand, troubles: Troubles):
    troubles.expect("ERR_FAILED|ERR_INTERNET")
    mark(hand)
    hand.page.route("**/submit", lambda route: route.abort())
    hand.page.locator(".go").click()
    expect(hand.page.locator(".ask-note")).to_contain_text("Your drawing is kept")
    hand.page.unroute("**/submit")
    hand.page.get_by_role("button", name="Try again").click()
    hand.settle()
    expect(hand.page.locator(".ask-note")).to_be_hidden()
    assert hand.harness.submitted[0].image.getpixel((320, 240)) == 255


def test_a_page_that_is_too_old_says_what_to_do(hand: Hand, troubles: Troubles):
    troubles.expect("403")
    hand.harness.answers = [(403, {})]
    mark(hand)
    hand.submit()
    expect(hand.page.locator(".ask-note")).to_contain_text("Reload the page and try again; your drawing is kept.")


def test_a_refusal_stands_where_it_belongs(hand: Hand, troubles: Troubles):
    troubles.expect("422")
    mark(hand)
    hand.harness.answers = [(422, {"errors": {"prompt": "Too long.", "mask": "Mark less.", "": "Not today."}})]
    hand.submit("a boat")
    prompt = hand.page.get_by_role("textbox", name="Prompt")
    expect(prompt).to_be_focused()
    expect(prompt).to_have_accessible_description("Too long.")
    expect(hand.page.locator(".stage-note")).to_contain_text("Mark less.")
    expect(hand.page.locator(".ask-note")).to_contain_text("Not today.")
    expect(prompt).to_have_value("a boat")


def test_keys_are_letters_while_one_writes(hand: Hand):
    prompt = hand.page.get_by_role("textbox", name="Prompt")
    prompt.click()
    hand.page.keyboard.type("eel 0")
    expect(prompt).to_have_value("eel 0")
    assert hand.value("e.tool.name") == "brush"


# ---- attempts ----


def test_what_runs_arrives_in_the_strip_and_becomes_the_base(hand: Hand):
    harness = hand.harness
    mark(hand)
    harness.versions = [harness.version(31, "running", progress=0.64)]
    hand.submit()
    strip = hand.page.locator(".vers-list")
    expect(strip.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "64")
    harness.versions = [harness.version(31, outputs=2)]
    harness.events.put(("job", {"job": 31, "kind": "succeeded", "new": False}))
    expect(strip.get_by_role("link")).to_have_count(3)
    expect(hand.page.locator("#announcer")).to_contain_text("2 new versions")

    strip.get_by_role("link", name="Version 2").click()
    hand.page.get_by_role("button", name="Continue from this").click()
    expect(hand.page.locator(".version-bar")).to_be_hidden()
    expect(hand.page.locator(".go")).to_have_attribute("aria-disabled", "true")
    mark(hand)
    assert hand.submit().fields["base"] == "output:311"
    hand.page.reload()
    hand.ready()
    assert hand.value("e.session.base.ref") == "output:311"

    strip.get_by_role("link", name="Source").click()
    hand.page.get_by_role("button", name="Continue from this").click()
    expect(hand.page.locator(".version-bar")).to_be_hidden()
    assert hand.value("e.session.base.ref") == "output:12"


def test_another_base_and_back_finds_the_drawing_and_its_undo(hand: Hand):
    hand.harness.versions = [hand.harness.version(31)]
    hand.page.reload()
    hand.ready()
    mark(hand)
    for name in ("Version 1", "Source"):
        hand.page.locator(".vers-list").get_by_role("link", name=name).click()
        hand.page.get_by_role("button", name="Continue from this").click()
        expect(hand.page.locator(".version-bar")).to_be_hidden()
    assert not hand.value("e.session.mask.isEmpty")
    hand.key("Control+z")
    assert hand.value("e.session.mask.isEmpty")


def test_a_base_that_went_to_the_trash_is_told_of(hand: Hand):
    hand.harness.versions = [hand.harness.version(31)]
    hand.page.reload()
    hand.ready()
    hand.page.locator(".vers-list").get_by_role("link", name="Version 1").click()
    hand.page.get_by_role("button", name="Continue from this").click()
    expect(hand.page.locator(".vers-list [data-base]")).to_have_attribute("data-ref", "output:310")
    expect(hand.page.locator(".stage")).not_to_have_attribute("aria-busy", "true")
    hand.harness.versions = []
    hand.page.reload()
    hand.ready()
    expect(hand.page.locator(".stage-note")).to_contain_text("in the trash")
    assert hand.value("e.session.base.ref") == "output:12"


def test_tabs_on_the_same_picture_say_so(hand: Hand):
    expect(hand.page.locator(".stage-note")).to_be_hidden()
    other = Hand(hand.page.context.new_page(), hand.harness).open()
    for page in (hand.page, other.page):
        expect(page.locator(".stage-note")).to_contain_text("another tab")


def test_without_a_stream_it_is_asked_for(hand: Hand, troubles: Troubles):
    troubles.expect("503")
    harness = hand.harness
    harness.streams = False
    harness.versions = [harness.version(31, "running")]
    hand.page.reload()
    hand.ready()
    expect(hand.page.locator(".vers-list").get_by_role("progressbar")).to_have_count(1)
    harness.versions = [harness.version(31)]
    expect(hand.page.locator(".vers-list").get_by_role("link")).to_have_count(2)


def test_versions_are_compared_by_a_slider_and_by_holding(hand: Hand):
    hand.harness.versions = [hand.harness.version(31)]
    hand.page.reload()
    hand.ready()
    hand.page.get_by_role("button", name="Compare").first.click()
    slider = hand.page.get_by_role("slider", name="Compare")
    expect(slider).to_be_visible()
    left, right = seen(hand, 100), seen(hand, 540)
    assert left != right
    line = hand.page.locator(".cut").bounding_box()
    assert line is not None
    assert abs(line["height"] - 480 * hand.value("e.view.zoom")) < 2
    expect(hand.page.locator(".cut-name")).to_have_text(["Source", "Version 1"])
    slider.fill("0")
    expect(hand.page.locator("[data-cut-name='before']")).to_be_hidden()
    assert seen(hand, 100) != left
    hand.page.get_by_role("button", name="Before").focus()
    hand.page.keyboard.down("Space")
    assert seen(hand, 100) == left
    hand.page.keyboard.up("Space")
    hand.key("Escape")
    expect(hand.page.locator(".version-bar")).to_be_hidden()


def seen(hand: Hand, x: int) -> list[int]:
    """The pixel on the screen where the picture has x, 40."""
    hand.page.wait_for_function("() => !document.querySelector('.ed').editor.view.frame")
    found: list[int] = hand.value(
        f"""(() => {{ const at = e.view.onScreen({{ x: {x}, y: 40, width: 1, height: 1 }});
        return [...e.view.contexts.picture.getImageData(at.x, at.y, 1, 1).data]; }})()"""
    )
    return found


def test_an_attempt_gives_its_prompt_and_mask_back(hand: Hand):
    harness = hand.harness
    problem = "The service held this back."
    failed = harness.version(32, "failed", problem=problem, prompt="a red kite", mask_url="/picture/640x480/0.png")
    harness.versions = [failed]
    hand.page.reload()
    hand.ready()
    hand.page.locator(".vers-list").get_by_role("button", name="Failed").click()
    expect(hand.page.locator(".version-bar")).to_contain_text(problem)
    hand.page.get_by_role("button", name="Reuse prompt and mask").click()
    expect(hand.page.get_by_role("textbox", name="Prompt")).to_have_value("a red kite")
    expect(hand.page.locator(".go")).not_to_have_attribute("aria-disabled", "true")


# ---- for everybody ----


def test_the_page_has_no_serious_violations(hand: Hand):
    hand.harness.versions = [hand.harness.version(31), hand.harness.version(32, "running", progress=0.2)]
    hand.page.reload()
    hand.ready()
    mark(hand)
    assert serious_violations(hand.page) == []
    hand.key("f")
    assert serious_violations(hand.page) == []
    hand.key("c")
    expect(hand.page.locator(".version-bar")).to_be_visible()
    assert serious_violations(hand.page) == []
    hand.page.set_viewport_size({"width": 390, "height": 844})
    assert serious_violations(hand.page) == []


def test_narrow_pages_do_not_scroll_sideways(hand: Hand):
    for width in (320, 390, 800):
        hand.page.set_viewport_size({"width": width, "height": 740})
        assert hand.page.evaluate("document.documentElement.scrollWidth") <= width
    hand.page.set_viewport_size({"width": 390, "height": 844})
    hand.page.get_by_role("button", name="Layers").click()
    expect(hand.page.get_by_role("complementary", name="Layers")).to_be_in_viewport()
    hand.page.keyboard.press("Escape")
    expect(hand.page.get_by_role("complementary", name="Layers")).not_to_be_in_viewport()


def test_the_panels_hide_and_all_keys_are_listed(hand: Hand):
    hand.page.locator(".stage").focus()
    hand.key("Tab")
    expect(hand.page.locator(".stage")).not_to_be_focused()
    hand.click((100, 100))
    hand.key("Tab")
    expect(hand.page.locator(".ed .rail")).to_be_hidden()
    hand.key("Tab")
    expect(hand.page.locator(".ed .rail")).to_be_visible()
    hand.key("?")
    expect(hand.page.get_by_role("dialog")).to_contain_text("Select object")

"""Pictures, videos and sounds given to models: picked from the device, dropped, pasted, taken from the gallery and
sent on, in the prompt bar and in small forms."""

from __future__ import annotations

import io
import math
import re
import struct
import wave
from base64 import b64encode
from pathlib import Path

import av
import numpy
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from studio.jobs.models import Job
from tests.browser.doing import hold, new_job, prepare, select_first
from tests.browser.pages import Troubles, serious_violations
from tests.browser.stack import Stack

SOON = 20_000
SEEDANCE = "talkingdata:seedance-2-fast"
DROP = """([zone, files]) => {
  const transfer = new DataTransfer();
  for (const [name, type, data] of files) {
    const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, {type}));
  }
  const tell = (target, kind) => target.dispatchEvent(
    new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: transfer}));
  tell(document.body, 'dragenter');
  const place = document.querySelector(zone);
  tell(place, 'dragover');
  tell(place, 'drop');
}"""


@pytest.fixture(scope="module")
def team(stack: Stack) -> str:
    prepare(stack, "stills", slug="inputs")
    return f"{stack.base_url}/t/inputs"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of 1024 × 576."""
    path = tmp_path_factory.mktemp("films") / "waves.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 1024, 576, "yuv420p"
        for number in range(72):
            pixels = numpy.full((576, 1024, 3), (40, 90, 80 + 2 * number), dtype=numpy.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode())
    return path


def sound(seconds: int = 3) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        samples = (int(9000 * math.sin(number / 12)) for number in range(16000 * seconds))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return buffer.getvalue()


def picture(colour: str = "#24577a") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (800, 500), colour).save(buffer, "PNG")
    return buffer.getvalue()


def drop(page: Page, zone: str, name: str, media_type: str, data: bytes) -> None:
    drop_all(page, [(name, media_type, data)], zone)


def drop_all(page: Page, files: list[tuple[str, str, bytes]], zone: str = "body") -> None:
    page.evaluate(DROP, [zone, [(name, kind, b64encode(data).decode()) for name, kind, data in files]])


def chips(page: Page, role: str) -> Locator:
    return page.locator(f"#references .ref[data-role='{role}']:not(.pending)")


def open_bar(page: Page, team: str, model: str = SEEDANCE) -> None:
    page.goto(f"{team}/create/?model={model}")
    expect(page.locator("prompt-bar input[name=model]")).to_have_value(model)


def add(page: Page, role: str) -> Locator:
    """Opens the ways to a file for this role of the prompt bar."""
    page.get_by_role("button", name="Add a reference").click()
    popover = page.get_by_role("dialog", name="Add a reference")
    popover.get_by_role("radio", name=role).check()
    return popover


def test_a_video_a_sound_and_a_picture_find_their_roles(owner_page: Page, team: str, film: Path, stack_db: str) -> None:
    page = owner_page
    open_bar(page, team)

    popover = add(page, "Reference videos")
    with page.expect_file_chooser() as chooser:
        popover.get_by_role("button", name="From this device").click()
    assert "video" in (page.locator("#reference-files").get_attribute("accept") or "")
    chooser.value.set_files(film)
    expect(chips(page, "videos")).to_have_count(1, timeout=SOON)
    expect(chips(page, "videos").locator(".ref-time")).to_have_text("0:03")

    # each kind goes to the first role that takes it, wherever it is dropped
    drop(page, "body", "hello.wav", "audio/wav", sound())
    expect(chips(page, "audios")).to_contain_text("hello.wav", timeout=SOON)
    drop(page, "#drop [data-role='references']", "blue.png", "image/png", picture())
    expect(chips(page, "references")).to_have_count(1, timeout=SOON)
    expect(page.locator("#drop")).to_be_hidden()

    popover = add(page, "Reference pictures")
    choices = popover.get_by_role("group", name="Files of this team").get_by_role("button")
    expect(choices).not_to_have_count(0)
    assert serious_violations(page) == []
    choices.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(chips(page, "references")).to_have_count(2, timeout=SOON)
    expect(chips(page, "references").locator(".ref-role")).to_have_text(["图1", "图2"])

    # the number is what a prompt calls it
    words = page.get_by_role("textbox", name="Prompt", exact=True)
    words.fill("the boat of")
    chips(page, "references").nth(1).locator("[data-role-menu]").click()
    page.get_by_role("menuitem", name="Write “[图2]” in the prompt").click()
    expect(words).to_have_value("the boat of [图2] ")
    second = chips(page, "references").nth(1).locator("input").get_attribute("value")
    chips(page, "references").nth(1).locator("[data-role-menu]").click()
    page.get_by_role("menuitem", name="Move earlier").click()
    expect(chips(page, "references").first.locator("input")).to_have_value(second or "")
    expect(chips(page, "references").locator(".ref-role")).to_have_text(["图1", "图2"])

    page.get_by_role("button", name=re.compile("^Create")).first.click()
    expect(page.locator("article.job").first).to_contain_text("the boat of", timeout=SOON)
    params = Job.objects.using(stack_db).latest("id").params
    assert [len(params[name]) for name in ("videos", "audios", "references", "first_frame")] == [1, 1, 2, 0]
    assert params["references"][0] == f"asset:{second}"


def test_what_no_role_takes_is_refused_beside_the_bar(owner_page: Page, team: str, troubles: Troubles) -> None:
    page = owner_page
    troubles.expect("422")
    open_bar(page, team, "talkingdata:veo-3.1")
    drop(page, "body", "hello.wav", "audio/wav", sound(1))
    expect(page.locator("#refusals")).to_contain_text("hello.wav")
    drop(page, "body", "holiday.png", "image/png", b"Dear Bob, this is no picture.")
    expect(page.locator("#refusals")).to_contain_text("holiday.png")
    expect(page.locator("#references .ref:not(.add)")).to_have_count(0)


def test_many_files_at_once_go_where_there_is_room_for_them(owner_page: Page, team: str) -> None:
    page = owner_page
    open_bar(page, team)
    pictures = [(f"{number}.png", "image/png", picture(f"#1040{16 + number:02x}")) for number in range(12)]
    drop_all(page, pictures[:3])
    expect(chips(page, "references")).to_have_count(3, timeout=SOON)
    expect(page.locator("#references .ref:not(.add)")).to_have_count(3)

    # what is too much is said, once, and the rest is taken
    drop_all(page, pictures[3:])
    expect(chips(page, "references")).to_have_count(9, timeout=SOON)
    expect(page.locator("#refusals p")).to_have_count(1)
    expect(page.locator("#refusals")).to_contain_text("it takes 9")


def test_files_are_still_there_when_the_page_is_opened_again(owner_page: Page, team: str) -> None:
    page = owner_page
    open_bar(page, team)
    # one alone begins the film
    drop(page, "body", "blue.png", "image/png", picture())
    expect(chips(page, "first_frame")).to_have_count(1, timeout=SOON)
    drop(page, "#drop [data-role='last_frame']", "red.png", "image/png", picture("#a03020"))
    expect(chips(page, "last_frame")).to_have_count(1, timeout=SOON)
    last = chips(page, "last_frame").locator("input").input_value()

    page.reload()
    expect(chips(page, "last_frame").locator("input")).to_have_value(last, timeout=SOON)
    expect(chips(page, "first_frame")).to_have_count(1)
    page.goto(f"{team}/history/")
    page.go_back()
    expect(chips(page, "last_frame").locator("input")).to_have_value(last, timeout=SOON)
    chips(page, "last_frame").get_by_role("button", name="Remove").click()
    chips(page, "first_frame").get_by_role("button", name="Remove").click()
    page.reload()
    expect(page.locator("prompt-bar input[name=model]")).to_have_value(SEEDANCE)
    expect(page.locator("#references .ref:not(.add)")).to_have_count(0)


def test_another_model_keeps_the_files_it_has_a_place_for(owner_page: Page, team: str) -> None:
    page = owner_page
    open_bar(page, team)
    drop(page, "body", "hello.wav", "audio/wav", sound())
    expect(chips(page, "audios")).to_have_count(1, timeout=SOON)
    drop(page, "#drop [data-role='references']", "blue.png", "image/png", picture())
    expect(chips(page, "references")).to_have_count(1, timeout=SOON)

    page.get_by_role("button", name=re.compile("^Model: ")).click()
    page.get_by_role("searchbox", name="Search models").fill("youchuan v7")
    page.keyboard.press("Enter")
    expect(page.locator("prompt-bar input[name=model]")).to_have_value("youchuan:v7")
    expect(chips(page, "image_prompts")).to_have_count(1)
    expect(page.locator("#prompt-note")).to_contain_text("1 reference was taken out")


def animate_form(page: Page) -> Locator:
    """The small form of the first picture's “Animate”."""
    toolbar = select_first(page, page.locator("article.job[data-makes=image]").first)
    button = toolbar.locator("[data-action='animate']")
    if not button.is_visible():
        toolbar.locator("[data-more]").click()
    button.click()
    return toolbar.locator(".pop form")


def test_a_small_form_has_pickers_of_its_own(owner_page: Page, team: str, stack_db: str) -> None:
    page = owner_page
    page.goto(f"{team}/create/")
    form = animate_form(page)
    field = form.locator("media-field[data-role='last_frame']")
    expect(form.locator("select[name=model]")).to_have_value(SEEDANCE)

    with page.expect_file_chooser() as chooser:
        field.get_by_role("button", name="Add to Last frame").click()
        field.get_by_role("button", name="From this device").click()
    chooser.value.set_files({"name": "last.png", "mimeType": "image/png", "buffer": picture("#a03020")})
    expect(field.locator(".ref input")).to_have_count(1, timeout=SOON)
    uploaded = field.locator(".ref input").input_value()

    # one from the gallery takes its place
    field.get_by_role("button", name="Add to Last frame").click()
    choice = field.locator(f".file-choice:not([data-asset='{uploaded}'])").first
    picked = choice.get_attribute("data-asset")
    choice.click()
    expect(field.locator(".ref input")).to_have_value(picked or "", timeout=SOON)
    expect(field.locator(".ref input")).to_have_count(1)

    # and stays when another model is chosen
    form.locator("select[name=model]").select_option("talkingdata:veo-3.1")
    other = form.locator("media-field[data-model='talkingdata:veo-3.1'][data-role='last_frame']")
    expect(other.locator(".ref input")).to_have_value(picked or "")
    drop(page, "media-field[data-role='last_frame']", "third.png", "image/png", picture("#107050"))
    expect(other.locator(".ref input")).not_to_have_value(picked or "", timeout=SOON)
    third = other.locator(".ref input").input_value()
    assert serious_violations(page) == []
    form.get_by_role("textbox", name="Prompt").fill("it turns round")
    form.locator("footer button").click()
    expect(page.locator("article.job").first).to_contain_text("Animate", timeout=SOON)
    job = Job.objects.using(stack_db).latest("id")
    assert (job.model, job.operation, job.params["last_frame"]) == ("veo-3.1", "animate", [f"asset:{third}"])


def test_what_is_typed_while_another_model_is_on_its_way_is_kept(
    owner_page: Page, team: str, troubles: Troubles
) -> None:
    page = owner_page
    open_bar(page, team, "youchuan:v7")
    form = animate_form(page)
    models = form.locator("select[name=model]")
    choice = hold(page, "**/animate/?*", lambda: models.select_option("talkingdata:veo-3.1"))
    prompt = form.get_by_role("textbox", name="Prompt")
    prompt.fill("slowly, from left to right")
    expect(form.locator("footer button")).to_be_disabled()
    choice.continue_()
    expect(form.locator("media-field[data-model='talkingdata:veo-3.1']").first).to_be_visible()
    expect(prompt).to_have_value("slowly, from left to right")
    expect(prompt).to_be_focused()
    expect(form.locator("footer button")).to_be_enabled()

    # one that does not come takes nothing, then or later
    troubles.expect("502")
    choice = hold(page, "**/animate/?*", lambda: models.select_option("talkingdata:happyhorse-1"))
    prompt.fill("slowly")
    choice.fulfill(status=502, body="")
    expect(form.locator("footer button")).to_be_enabled()
    prompt.fill("slowly, from right to left")
    form.locator("select[name=model]").select_option("talkingdata:happyhorse-1")
    expect(form.locator("media-field[data-model='talkingdata:veo-3.1']")).to_have_count(0)
    expect(prompt).to_have_value("slowly, from right to left")


def test_create_waits_for_the_model_that_was_just_chosen(owner_page: Page, team: str, stack_db: str) -> None:
    page = owner_page
    open_bar(page, team, "youchuan:v7")
    page.get_by_role("textbox", name="Prompt", exact=True).fill("a bridge that nobody waits for")
    page.get_by_role("button", name=re.compile("^Model")).click()
    panel = hold(page, "**/create/panel/", lambda: page.locator("[data-model='youchuan:v6']").click())
    page.get_by_role("textbox", name="Prompt", exact=True).focus()
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    new_job(page, panel.continue_)
    (job,) = Job.objects.using(stack_db).filter(prompt="a bridge that nobody waits for")
    assert job.model == "v6"


def test_what_was_chosen_last_is_created_or_nothing(
    owner_page: Page, team: str, stack_db: str, troubles: Troubles
) -> None:
    page = owner_page
    open_bar(page, team, "youchuan:v7")
    prompt = page.get_by_role("textbox", name="Prompt", exact=True)
    prompt.fill("a ferry that leaves twice")

    def choose(model: str) -> None:
        page.get_by_role("button", name=re.compile("^Model")).click()
        page.locator(f"#models [data-model='{model}']").click()

    panel = hold(page, "**/create/panel/", lambda: choose("youchuan:v6"))
    choose("youchuan:v6.1")
    prompt.press("Control+Enter")
    new_job(page, panel.continue_)
    (job,) = Job.objects.using(stack_db).filter(prompt="a ferry that leaves twice")
    assert job.model == "v6.1"

    # a choice that never came: nothing is asked of the model before
    troubles.expect("502")
    prompt.fill("a ferry that stays")
    panel = hold(page, "**/create/panel/", lambda: choose("youchuan:v7"))
    prompt.press("Control+Enter")
    panel.fulfill(status=502, body="")
    expect(page.locator("#create-form")).not_to_contain_class("htmx-request")
    expect(page.locator(".toast")).to_be_visible()
    expect(prompt).to_have_value("a ferry that stays")
    assert not Job.objects.using(stack_db).filter(prompt="a ferry that stays").exists()


def test_a_result_is_sent_to_another_model(owner_page: Page, team: str) -> None:
    page = owner_page
    open_bar(page, team, "youchuan:v7")
    page.get_by_role("textbox", name="Prompt", exact=True).fill("kept words")
    toolbar = select_first(page, page.locator("article.job[data-makes=image]").first)
    toolbar.locator("[data-more]").click()
    toolbar.get_by_role("button", name="Send to …").click()
    places = toolbar.get_by_role("group", name="Send to …")
    expect(places).to_contain_text("The prompt bar, Youchuan v7")
    places.get_by_role("link", name="Seedance 2.0 fast").click()
    expect(page.locator("prompt-bar input[name=model]")).to_have_value(SEEDANCE)
    expect(chips(page, "first_frame")).to_have_count(1)
    expect(page.get_by_role("textbox", name="Prompt", exact=True)).to_have_value("kept words")

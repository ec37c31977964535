"""A film from a picture: made once, then watched, searched through, cut into frames and saved in other formats."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.doing import SLOW, ask_for, choose, prepare
from tests.browser.pages import Troubles, serious_violations
from tests.browser.stack import Stack

TIME = "one => one.currentTime"


@pytest.fixture(scope="module")
def team(stack: Stack) -> str:
    prepare(stack, "stills", slug="films")
    return f"{stack.base_url}/t/films"


@pytest.fixture(scope="module")
def film(team: str, browser: Browser, owner_state: dict[str, Any]) -> int:
    """The one film that is rendered here, as the id of its result."""
    context = browser.new_context(storage_state=owner_state, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{team}/create/")

    def small(form: Locator) -> None:
        choose(form, "batch", "1")
        choose(form, "resolution", "480p")

    job = ask_for(page, page.locator("article.job").first, "animate-low", small)
    expect(job).to_have_attribute("data-state", "succeeded")
    expect(job.locator(".tile[data-output]")).to_have_count(1)
    found = job.locator(".tile[data-output]").get_attribute("data-output")
    context.close()
    assert found is not None
    return int(found)


@pytest.fixture
def feed(owner_page: Page, team: str, film: int) -> Page:
    owner_page.goto(f"{team}/create/")
    return owner_page


@pytest.fixture
def page(owner_page: Page, team: str, film: int) -> Page:
    """The film by itself, with its player at rest."""
    owner_page.goto(f"{team}/images/{film}/")
    expect(player(owner_page).locator(".player-bar")).to_be_visible()
    ready(owner_page)
    video(owner_page).evaluate("one => { one.pause(); one.currentTime = 0 }")
    settled(owner_page, 0)
    return owner_page


def player(page: Page) -> Locator:
    return page.locator("video-player")


def video(page: Page) -> Locator:
    return player(page).locator("video")


def ready(page: Page) -> None:
    page.wait_for_function("() => document.querySelector('video-player video').readyState >= 2")


def settled(page: Page, seconds: float) -> None:
    """The film stands at that time."""
    page.wait_for_function(
        "at => { const one = document.querySelector('video-player video');"
        " return one.paused && !one.seeking && one.readyState >= 2 && Math.abs(one.currentTime - at) < 0.06 }",
        arg=seconds,
    )


def tile_of(page: Page, film: int) -> Locator:
    return page.locator(f".tile[data-output='{film}']")


def test_the_tile_says_how_long_and_plays_under_the_pointer(feed: Page, film: int):
    tile = tile_of(feed, film)
    expect(tile.locator(".video-badge")).to_contain_text("0:05")
    expect(tile.locator("video")).to_have_count(0)
    tile.hover()
    preview = tile.locator("video")
    expect(preview).to_be_attached()
    feed.wait_for_function("() => document.querySelector('.tile video')?.currentTime > 0.2")
    assert preview.evaluate("one => one.muted && one.videoWidth > 0")
    feed.mouse.move(2, 2)
    expect(preview).to_have_count(0)
    assert serious_violations(feed) == []


def test_nothing_moves_for_who_wants_no_motion(feed: Page, film: int):
    feed.emulate_media(reduced_motion="reduce")
    tile_of(feed, film).hover()
    tile_of(feed, film).locator("a[data-lightbox]").click()
    expect(player(feed)).to_be_visible()
    ready(feed)
    expect(video(feed)).to_have_js_property("paused", True)
    assert video(feed).evaluate(TIME) == 0


def test_the_lightbox_plays_it(feed: Page, film: int):
    tile_of(feed, film).locator("a[data-lightbox]").click()
    expect(feed.get_by_role("dialog").locator("video-player")).to_be_visible()
    expect(player(feed)).to_be_focused()
    feed.wait_for_function("() => document.querySelector('video-player video').currentTime > 0.2")
    assert video(feed).evaluate("one => !one.paused && one.videoWidth >= 480")
    expect(player(feed).get_by_role("button", name="Pause")).to_be_visible()
    assert serious_violations(feed) == []
    feed.keyboard.press("Escape")
    expect(feed.get_by_role("dialog")).to_have_count(0)
    expect(player(feed)).to_have_count(0)


def test_scrubbing_goes_to_the_moment(page: Page, team: str):
    source = video(page).evaluate("one => one.currentSrc")
    part = page.request.get(str(source), headers={"Range": "bytes=100-199"})
    assert part.status == 206
    assert len(part.body()) == 100
    assert part.headers["content-range"].startswith("bytes 100-199/")

    scrub = page.locator(".player-scrub")
    box = scrub.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2, steps=6)
    page.mouse.up()
    length: Any = video(page).evaluate("one => one.duration")
    page.wait_for_function(
        "share => { const one = document.querySelector('video-player video');"
        " return !one.seeking && Math.abs(one.currentTime / one.duration - share) < 0.03 }",
        arg=0.6,
    )
    expect(page.get_by_role("slider", name="Position")).to_have_attribute("aria-valuetext", re.compile(r"of 0:05"))
    page.get_by_role("slider", name="Position").focus()
    page.keyboard.press("End")
    page.wait_for_function(
        "end => Math.abs(document.querySelector('video-player video').currentTime - end) < 0.1", arg=length
    )


def test_keys_move_by_frames(page: Page):
    rate = float(player(page).get_attribute("data-rate") or 0)
    assert rate > 0
    player(page).focus()
    for frame in (1, 2, 3):
        page.keyboard.press(".")
        settled(page, (frame + 0.5) / rate)
    page.keyboard.press(",")
    settled(page, 2.5 / rate)

    loop = player(page).get_by_role("button", name="Loop")
    expect(loop).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("l")
    expect(loop).to_have_attribute("aria-pressed", "false")
    expect(video(page)).to_have_js_property("loop", False)
    # a film without sound has nothing to mute, and says so by having no button
    has_sound = player(page).locator("[data-do=mute]").count() == 1
    page.keyboard.press("m")
    expect(video(page)).to_have_js_property("muted", has_sound)

    page.keyboard.press(" ")
    expect(video(page)).to_have_js_property("paused", False)
    page.wait_for_function("() => document.querySelector('video-player video').currentTime > 0.4")
    page.keyboard.press(" ")
    expect(video(page)).to_have_js_property("paused", True)


def test_a_frame_becomes_a_picture_of_full_size(page: Page):
    rate = float(player(page).get_attribute("data-rate") or 0)
    at = (round(2 * rate) + 0.5) / rate
    video(page).evaluate("(one, at) => { one.currentTime = at }", at)
    settled(page, at)
    shown: Any = video(page).evaluate("one => [one.videoWidth, one.videoHeight]")
    player(page).get_by_role("button", name="Use this frame").click()
    taken = page.get_by_role("group", name="The frame you took")
    expect(taken).to_be_visible(timeout=SLOW)
    expect(taken).to_be_focused()
    expect(taken.get_by_role("status")).to_contain_text(f"{shown[0]} × {shown[1]}")
    for name in ("Use as image prompt", "Edit", "Add to moodboard"):
        expect(taken.get_by_role("link", name=name)).to_be_visible()
    assert serious_violations(page) == []
    with page.expect_download() as begun:
        taken.get_by_role("link", name="Download").click()
    picture = Image.open(begun.value.path())
    assert list(picture.size) == shown
    ours = picture.convert("RGB").resize((32, 18))
    theirs = Image.open(io.BytesIO(video(page).screenshot())).convert("RGB").resize((32, 18))
    difference = sum(abs(a - b) for a, b in zip(ours.tobytes(), theirs.tobytes(), strict=True)) / len(ours.tobytes())
    assert difference < 24, "it is the moment that was on the screen"

    taken.get_by_role("link", name="Use as image prompt").click()
    page.wait_for_url("**/create/**")
    expect(page.locator("prompt-bar img").first).to_be_visible()


@pytest.mark.parametrize("wanted", ["GIF", "WebM"])
def test_it_is_saved_in_other_formats(page: Page, wanted: str, tmp_path: Path):
    player(page).get_by_role("button", name="Download as").click()
    with page.expect_download(timeout=SLOW) as begun:
        page.locator(".menu:popover-open").get_by_role("button", name=wanted).click()
    path = tmp_path / f"film.{wanted.lower()}"
    begun.value.save_as(path)
    assert begun.value.suggested_filename.endswith(path.suffix)
    if wanted == "GIF":
        moving: Any = Image.open(path)
        assert moving.format == "GIF"
        assert moving.n_frames > 20
        assert moving.width == 480
    else:
        with av.open(str(path)) as container:
            assert "webm" in container.format.name
            stream = container.streams.video[0]
            assert sum(1 for _frame in container.decode(stream)) > 60
    expect(page.locator(".conversion")).to_contain_text(wanted)


def test_the_original_is_saved(page: Page):
    player(page).get_by_role("button", name="Download as").click()
    with page.expect_download() as begun:
        page.locator(".menu:popover-open").get_by_role("link", name=re.compile("Original")).click()
    with av.open(str(begun.value.path())) as container:
        stream = container.streams.video[0]
        assert stream.duration and stream.time_base
        assert 4.8 < float(stream.duration * stream.time_base) < 5.4


def test_it_is_found_among_the_films(page: Page, team: str, film: int):
    page.goto(f"{team}/gallery/?kind=video")
    shot = page.locator(f"#wall > [data-output='{film}']")
    expect(shot.locator(".video-badge")).to_contain_text("0:05")
    shot.locator("a").focus()
    page.keyboard.press("Enter")
    expect(player(page)).to_be_visible()


def test_a_film_opens_at_a_tap(browser: Browser, owner_state: dict[str, Any], team: str, film: int, troubles: Troubles):
    phone: Any = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "en-GB"}
    context = browser.new_context(storage_state=owner_state, **phone)
    troubles.watch(context)
    page = context.new_page()
    page.goto(f"{team}/create/")
    tile_of(page, film).locator("a[data-lightbox]").tap()
    expect(player(page)).to_be_visible()
    page.wait_for_function("() => document.querySelector('video-player video').currentTime > 0.2")
    small: Any = player(page).evaluate(
        "one => [...one.querySelectorAll('.player-bar button')].filter(each => each.offsetWidth)"
        ".map(each => each.getBoundingClientRect()).filter(box => Math.min(box.width, box.height) < 43.5).length"
    )
    assert small == 0, "a control is smaller than a fingertip"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    player(page).get_by_role("button", name="Pause").tap()
    expect(video(page)).to_have_js_property("paused", True)
    assert serious_violations(page) == []
    context.close()
    assert troubles.unexpected() == []


def test_after_four_extensions_there_is_no_fifth(page: Page, stack: Stack, team: str, film: int):
    chain = prepare(stack, "extensions", slug="films")["chain"]
    assert chain[0] == film
    for extensions, output in enumerate(chain):
        page.goto(f"{team}/images/{output}/")
        bar = page.get_by_role("toolbar", name="Actions on the selection")
        expect(bar).to_be_visible()
        for slug in ("extend-low", "extend-high"):
            expect(bar.locator(f"[data-action='{slug}']")).to_have_count(1 if extensions < 4 else 0)

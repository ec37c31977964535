"""Sounds: played on their tiles and in their player, by mouse and by keys, one at a time."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Locator, Page, expect

from studio.accounts.models import User
from studio.media import services as media
from studio.media.models import Origin
from tests.browser import seeding
from tests.browser.pages import serious_violations
from tests.browser.stack import Stack
from tests.media.sounds import sound

TEAM = "sounds"
AT = "one => one.querySelector('audio').currentTime"


def seed() -> None:
    """Two sounds, of a minute and of two; run beside the studio."""
    team, owner, _creator = seeding.make_team(TEAM)
    for words, seconds in (("A long good night", 120.0), ("A good morning", 60.0)):
        prepared = media.prepare(sound("wav", seconds, rate=8000), mode="result")
        with transaction.atomic():
            asset = media.record(prepared, team=team, user=User.objects.get(pk=owner.pk), origin=Origin.RESULT)
        seeding.make_job(team, owner, words, [asset])


@pytest.fixture(scope="module")
def team(stack: Stack) -> str:
    stack.manage("shell", "-v", "0", "-c", "from tests.browser.test_sounds import seed; seed()")
    return f"{stack.base_url}/t/{TEAM}"


@pytest.fixture
def feed(owner_page: Page, team: str) -> Page:
    owner_page.goto(f"{team}/create/")
    expect(owner_page.locator(".tile audio-tile")).to_have_count(2)
    return owner_page


def expect_paused(place: Locator, paused: bool) -> None:
    expect(place.locator("audio")).to_have_js_property("paused", paused)


def test_a_tile_plays_where_it_is_and_silences_the_other(feed: Page) -> None:
    first, second = feed.locator("audio-tile").all()
    here = feed.url
    first.get_by_role("button", name="Play A good morning").click()
    expect_paused(first, False)
    expect(first.get_by_role("button")).to_have_accessible_name("Pause A good morning, sound 1")
    second.get_by_role("button").focus()
    feed.keyboard.press("Space")
    expect_paused(second, False)
    expect_paused(first, True)
    assert feed.url == here, "nothing was opened"
    expect(feed.locator(".tile.sel")).to_have_count(0)
    feed.keyboard.press("Enter")
    expect_paused(second, True)


def test_opened_it_has_a_player_whose_waveform_is_a_slider(feed: Page) -> None:
    tile = feed.locator("audio-tile").first
    tile.get_by_role("button").click()
    expect_paused(tile, False)
    feed.locator(".tile > a").first.click()
    player = feed.locator("audio-player")
    expect(player).to_be_focused()
    expect_paused(tile, True)
    feed.keyboard.press("Space")
    expect_paused(player, False)
    feed.keyboard.press("Space")
    expect_paused(player, True)

    slider = player.get_by_role("slider", name="Position")
    slider.focus()
    feed.keyboard.press("Home")
    feed.keyboard.press("ArrowRight")
    assert player.evaluate(AT) == pytest.approx(5, abs=0.1)
    expect(slider).to_have_attribute("aria-valuetext", "0:05 of 1:00")
    box: Any = slider.bounding_box()
    feed.mouse.click(box["x"] + box["width"] / 2, box["y"] + 10)
    assert player.evaluate(AT) == pytest.approx(30, abs=1)
    feed.keyboard.press("m")
    expect(player.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "true")
    assert serious_violations(feed) == []

    player.focus()
    feed.keyboard.press("ArrowRight")
    expect(feed.locator("light-box")).to_have_attribute("data-title", "A long good night, sound 1 · Atelier")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("room", ["create", "gallery", "history"])
def test_every_room_draws_it(room: str, scheme: Any, owner_page: Page, team: str) -> None:
    owner_page.emulate_media(color_scheme=scheme)
    owner_page.goto(f"{team}/{room}/")
    expect(owner_page.locator(".sound-art, .sound-thumb")).to_have_count(2)
    assert serious_violations(owner_page) == []


def test_a_phone_gives_it_the_whole_width(owner_page: Page, team: str) -> None:
    owner_page.set_viewport_size({"width": 390, "height": 844})
    owner_page.goto(f"{team}/create/")
    box: Any = owner_page.locator(".tile:has(.sound-art)").first.bounding_box()
    assert box["width"] > 340
    assert owner_page.evaluate("document.documentElement.scrollWidth") == 390

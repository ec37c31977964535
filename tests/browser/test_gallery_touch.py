"""Selecting on the gallery's wall with a finger."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.doing import prepare
from tests.browser.stack import Stack


@pytest.fixture(scope="module")
def room(stack: Stack) -> str:
    prepare(stack, "gallery", slug="touch")
    return f"{stack.base_url}/t/touch/gallery/"


@pytest.fixture
def shots(room: str, owner_page: Page) -> Locator:
    owner_page.goto(room)
    found = owner_page.locator("#wall > .shot")
    expect(found.first).to_be_visible()
    return found


def touch(shot: Locator, kind: str, x: int = 50) -> None:
    """One event of a finger, as browsers send it; some make no click after a long press."""
    event = {"pointerType": "touch", "pointerId": 7, "isPrimary": True, "bubbles": True, "clientX": x, "clientY": 90}
    shot.locator("a").first.dispatch_event(kind, event | {"cancelable": True})


def tap(shot: Locator) -> None:
    for kind in ("pointerdown", "pointerup", "click"):
        touch(shot, kind)


def test_a_finger_that_trembles_selects_and_the_next_tap_counts(shots: Locator):
    touch(shots.nth(0), "pointerdown")
    touch(shots.nth(0), "pointermove", x=55)
    expect(shots.nth(0)).to_contain_class("sel")
    touch(shots.nth(0), "pointerup", x=55)
    tap(shots.nth(1))
    expect(shots.nth(1)).to_contain_class("sel")


def test_the_click_of_the_lifted_finger_changes_nothing(shots: Locator):
    touch(shots.nth(0), "pointerdown")
    expect(shots.nth(0)).to_contain_class("sel")
    touch(shots.nth(0), "pointerup")
    touch(shots.nth(0), "click")
    expect(shots.nth(0)).to_contain_class("sel")


def test_a_finger_that_scrolls_selects_nothing(shots: Locator, owner_page: Page):
    owner_page.clock.install()
    touch(shots.nth(0), "pointerdown")
    touch(shots.nth(0), "pointermove", x=70)
    owner_page.clock.run_for(1000)
    expect(shots.nth(0)).not_to_contain_class("sel")

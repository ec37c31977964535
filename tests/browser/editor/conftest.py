"""The editor's page alone, without a studio behind it, and a hand to draw on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.pages import Troubles

from .harness import Harness, Submitted

Point = tuple[float, float]


@pytest.fixture(scope="session")
def base_url() -> str:
    """In place of the studio's: these tests start none."""
    return ""


@pytest.fixture(scope="session")
def served() -> Iterator[Harness]:
    harness = Harness()
    harness.start()
    yield harness
    harness.stop()


@pytest.fixture
def harness(served: Harness) -> Harness:
    served.reset()
    return served


class Hand:
    """Draws in the picture's own pixels."""

    def __init__(self, page: Page, harness: Harness) -> None:
        self.page = page
        self.harness = harness

    def open(self) -> Hand:
        self.page.goto(self.harness.url)
        self.ready()
        return self

    def ready(self) -> None:
        self.page.wait_for_selector(".ed[data-ready]")
        # it knows its place on the screen
        self.page.wait_for_function("() => document.querySelector('.ed').editor.view.box")

    def value(self, expression: str) -> Any:
        """Of the page's editor, `e`."""
        return self.page.evaluate(
            f"(() => {{ const e = document.querySelector('.ed').editor; return {expression}; }})()"
        )

    def on_screen(self, point: Point) -> Point:
        x, y = point
        found = self.value(
            f"""(() => {{ const {{ placement: p, mask: m }} = e.session;
            const at = e.view.toStage(p.x + {x} * p.width / m.width, p.y + {y} * p.height / m.height);
            return [at.x + e.view.box.left, at.y + e.view.box.top]; }})()"""
        )
        return found[0], found[1]

    def key(self, key: str) -> None:
        self.page.keyboard.press(key)

    def brush(self, size: int, softness: int = 0) -> None:
        self.value(f"(Object.assign(e.settings.brush, {{ size: {size}, softness: {softness} }}), e.keepSettings())")

    def drag(self, *points: Point) -> None:
        mouse = self.page.mouse
        mouse.move(*self.on_screen(points[0]))
        mouse.down()
        for point in points[1:]:
            mouse.move(*self.on_screen(point), steps=6)
        mouse.up()

    def click(self, *points: Point) -> None:
        for point in points:
            self.page.mouse.click(*self.on_screen(point))

    def touch(self, *points: Point) -> None:
        """One finger, along the points."""
        self.fingers([[point] for point in points])

    def fingers(self, steps: list[list[Point]]) -> None:
        session = self.page.context.new_cdp_session(self.page)
        places = [[self.on_screen(point) for point in step] for step in steps]
        for number, step in enumerate(places):
            touches = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(step)]
            kind = "touchStart" if number == 0 else "touchMove"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        session.detach()

    def submit(self, prompt: str = "a small boat") -> Submitted:
        """What arrives when the primary button is pressed."""
        before = len(self.harness.submitted)
        if prompt:
            self.page.get_by_role("textbox", name="Prompt").fill(prompt)
        self.page.locator(".go").click()
        self.settle()
        assert len(self.harness.submitted) == before + 1
        return self.harness.submitted[-1]

    def settle(self) -> None:
        expect(self.page.locator(".pf")).not_to_have_class("pf htmx-request")

    def mask(self) -> Any:
        """The mask that arrives, as a picture."""
        return self.submit().image


@pytest.fixture
def hand(page: Page, harness: Harness) -> Hand:
    return Hand(page, harness).open()


@pytest.fixture
def finger(browser: Browser, harness: Harness, troubles: Troubles) -> Iterator[Hand]:
    """The same on a phone."""
    size: Any = {"width": 390, "height": 844}
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=True, device_scale_factor=2)
    troubles.watch(context)
    yield Hand(context.new_page(), harness).open()
    context.close()
    assert troubles.unexpected() == []

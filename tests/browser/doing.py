"""What people do on the Create page, for the tests that begin there; and rooms that are filled beforehand."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.stack import Stack

SLOW = 120_000


def prepare(stack: Stack, step: str, **values: object) -> dict[str, Any]:
    """Runs a step of `seeding.py` beside the studio; what it answers."""
    code = f"from tests.browser import seeding; seeding.run({step!r}, {json.dumps(values)!r})"
    told: dict[str, Any] = json.loads(stack.manage("shell", "-v", "0", "-c", code).splitlines()[-1])
    return told


def break_next(stack: Stack, rule: dict[str, object]) -> None:
    """Scripts a misfortune for the service's next request of a kind."""
    request = urllib.request.Request(
        f"{stack.sandbox_url}/_sandbox/faults",
        data=json.dumps([rule]).encode(),
        headers={"content-type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()


def hold(page: Page, address: str, ask: Callable[[], object]) -> Route:
    """Does something, and returns the first request to such an address that comes of it, kept back until it is told
    what becomes of it."""
    held: list[Route] = []
    page.route(address, lambda route: held.append(route), times=1)
    ask()
    until = time.monotonic() + SLOW / 1000
    while not held:
        assert time.monotonic() < until, f"nothing was asked of {address}"
        page.wait_for_timeout(20)
    return held[0]


def create(page: Page, prompt: str) -> Locator:
    """Types a prompt, presses Create, and returns the new job when it has ended."""
    page.get_by_role("textbox", name="Prompt", exact=True).fill(prompt)
    return new_job(page, lambda: page.get_by_role("button", name=re.compile("^Create")).first.click())


def new_job(page: Page, ask: Callable[[], object]) -> Locator:
    jobs = page.locator("article.job")
    known = set(jobs.evaluate_all("all => all.map(one => one.id)"))
    ask()
    page.wait_for_function(
        "known => { const first = document.querySelector('article.job'); return first && !known.includes(first.id) }",
        arg=list(known),
        timeout=SLOW,
    )
    job = page.locator(f"#{jobs.first.get_attribute('id')}")
    expect(page.locator(f"#{jobs.first.get_attribute('id')}:not([data-live])")).to_be_attached(timeout=SLOW)
    return job


def select_first(page: Page, job: Locator) -> Locator:
    """Selects the job's first picture and returns the toolbar that appears."""
    page.keyboard.press("Escape")
    job.locator(".tile > a").first.focus()
    page.keyboard.press("x")
    toolbar = page.get_by_role("toolbar", name=re.compile("Actions"))
    expect(toolbar).to_be_visible()
    return toolbar


def choose(form: Locator, name: str, value: str) -> None:
    """Takes one of the choices that stand side by side. Their radio buttons are drawn as labels: it is the label
    that is clicked, when it stands still."""
    button = f"[name='{name}'][value='{value}']"
    form.locator(f"label:has({button})").click()
    expect(form.locator(button)).to_be_checked()


def open_pop(page: Page, name: str) -> Locator:
    """Presses the button of this name and returns the dialog of the same name, once it has its place."""
    button = page.get_by_role("button", name=name)
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    return page.get_by_role("dialog", name=name)


def ask_for(page: Page, job: Locator, slug: str, fill: Callable[[Locator], object] = lambda form: None) -> Locator:
    """Asks a follow-up of the job's first result, through its small form where it has one."""
    toolbar = select_first(page, job)
    button = toolbar.locator(f"[data-action='{slug}']")
    if not button.is_visible():
        toolbar.locator("[data-more]").click()

    def press() -> None:
        has_form = button.get_attribute("data-small-form") is not None
        button.click()
        if has_form:
            form = toolbar.locator(".pop form")
            fill(form)
            form.locator("footer button").click()

    return new_job(page, press)

"""The first minute: the printed link opens, and the house says that it is well."""

from __future__ import annotations

import time
import urllib.request

from playwright.sync_api import Page

from tests.browser.conftest import enter_by_link
from tests.browser.pages import Troubles
from tests.browser.stack import Stack


def test_the_printed_link_signs_in_once(stack: Stack, page: Page, troubles: Troubles):
    assert stack.welcome_link.startswith(f"{stack.base_url}/welcome/")
    assert [line for line in stack.printed if line] == [f"Sign in: {stack.welcome_link}"]

    enter_by_link(page, stack.welcome_link)
    assert "atelier_session" in {cookie["name"] for cookie in page.context.cookies()}

    # the page's stream would be told to sign in
    page.goto("about:blank")
    page.context.clear_cookies()
    troubles.expect("410")
    again = page.goto(stack.welcome_link)
    assert again is not None and again.status == 410


def test_healthz_says_that_all_is_well(stack: Stack):
    until = time.monotonic() + 30
    # a check that takes too long on a busy machine fails once
    while (told := stack.health())["status"] != "ok" and time.monotonic() < until:
        time.sleep(0.2)
    assert told == {
        "status": "ok",
        "checks": {"web": "ok", "database": "ok", "workers": "ok", "disk": "ok", "sandbox": "ok"},
    }
    with urllib.request.urlopen(f"{stack.base_url}/healthz") as reply:
        assert reply.status == 200


def test_static_files_are_served_to_be_kept(stack: Stack, page: Page):
    page.goto(stack.base_url)
    sheet = page.locator("link[rel=stylesheet]").first.get_attribute("href")
    assert sheet is not None and sheet.startswith("/static/")
    reply = page.request.get(f"{stack.base_url}{sheet}")
    assert reply.ok
    assert reply.headers["content-type"].startswith("text/css")
    assert "max-age=" in reply.headers["cache-control"]

"""Fixtures of the browser tests: one real stack and one browser for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from scripts.browser import launch_options
from tests.browser.pages import Troubles
from tests.browser.stack import Stack

HERE = Path(__file__).parent
# on a busy machine five seconds, the default, are none too many
expect.set_options(timeout=20_000)


def pytest_itemcollected(item: pytest.Item) -> None:
    if HERE in item.path.parents:
        item.add_marker(pytest.mark.browser)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright leaves an event loop running in this thread, which
    Django's synchronous tests would stumble over."""
    ours = [item for item in items if HERE in item.path.parents]
    items[:] = [item for item in items if item not in ours] + ours


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("stack"), SANDBOX_LATENCY="0.3")
    try:
        stack.start()
        yield stack
    finally:
        code = stack.stop()
    assert code == 0, stack.log.read_text()


@pytest.fixture(scope="session")
def base_url(stack: Stack) -> str:
    return stack.base_url


@pytest.fixture
def stack_db(stack: Stack, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The alias of the stack's database: `Job.objects.using(stack_db)`."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with django_db_blocker.unblock(), stack.database() as alias:
        yield alias


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return browser_type_launch_args | launch_options()


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB"}


@pytest.fixture
def troubles() -> Troubles:
    return Troubles()


@pytest.fixture
def context(context: BrowserContext, troubles: Troubles) -> Iterator[BrowserContext]:
    troubles.watch(context)
    yield context
    assert troubles.unexpected() == []


@pytest.fixture(scope="session")
def owner_state(stack: Stack, browser: Browser) -> dict[str, Any]:
    """The cookies of the first team's owner, who signed in once."""
    context = browser.new_context()
    page = context.new_page()
    enter_by_link(page, stack.new_welcome_link())
    state: Any = context.storage_state()
    context.close()
    return state


def enter_by_link(page: Page, link: str) -> None:
    response = page.goto(link)
    assert response is not None and response.ok, f"{page.url}: {page.title()}"
    assert "/welcome/" not in page.url


@pytest.fixture
def owner_page(
    new_context: Callable[..., BrowserContext], owner_state: dict[str, Any], troubles: Troubles
) -> Iterator[Page]:
    """A page of the first team's owner."""
    context = new_context(storage_state=owner_state)
    troubles.watch(context)
    yield context.new_page()
    assert troubles.unexpected() == []

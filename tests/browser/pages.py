"""What goes wrong in a page: console errors, broken requests, accessibility."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

#: a page that goes away takes its open requests with it
ABORTED = "net::ERR_ABORTED"


@dataclass
class Troubles:
    """Collects what a browser complains of. What a test provokes on purpose it names with `expect`."""

    found: list[str] = field(default_factory=list)
    expected: list[re.Pattern[str]] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("requestfailed", self._request)

    def expect(self, pattern: str) -> None:
        self.expected.append(re.compile(pattern))

    def unexpected(self) -> list[str]:
        return [trouble for trouble in self.found if not any(pattern.search(trouble) for pattern in self.expected)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not GIVEN_UP.match(message.text):
            self.found.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _error(self, error: WebError) -> None:
        self.found.append(f"exception: {error.error}")

    def _request(self, request: Request) -> None:
        if request.failure != ABORTED:
            self.found.append(f"request: {request.method} {request.url}: {request.failure}")


#: htmx's word for a request that was given up: its page goes away, or a newer one takes its place
GIVEN_UP = re.compile(r"htmx:(sendAbort|afterRequest)\b")
#: what fades in is pale on its way
ARRIVED = """async () => {
  const passing = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity);
  // what is not drawn never ends
  const patience = new Promise((go) => setTimeout(go, 3000));
  await Promise.race([Promise.allSettled(passing.map((one) => one.finished)), patience]);
}"""


def serious_violations(page: Page) -> list[str]:
    """What axe finds serious or critical on the page, once nothing is on its way in."""
    # nor comes anything in by degrees while it looks: a tip, say
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(ARRIVED)
    # without preload: axe would copy style sheets into the page, where their imports lead nowhere
    found = Axe().run(page, options={"preload": False}).response["violations"]
    page.emulate_media(reduced_motion="no-preference")
    return [
        f"{violation['id']}: {violation['help']} -- {', '.join(str(node['target']) for node in violation['nodes'][:5])}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ]

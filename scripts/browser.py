"""The browser of the tests and screenshots. `python -m scripts.browser` makes sure that there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
LAUNCH_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def find() -> str | None:
    """The installed browser; None leaves it to Playwright's own."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def launch_options() -> dict[str, Any]:
    path = find()
    return {"args": LAUNCH_ARGS} | ({"executable_path": path} if path else {})


def ensure() -> None:
    if find():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium …", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        steps = (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        )
        if all(subprocess.call(step, env=quiet, stdout=subprocess.DEVNULL) == 0 for step in steps) and find():
            return
    if subprocess.call([sys.executable, "-m", "playwright", "install", "chromium"]) != 0:
        sys.exit("The browser tests need Chromium, and it could not be installed. Install it and try again.")


if __name__ == "__main__":
    ensure()

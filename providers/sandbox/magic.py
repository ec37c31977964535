"""Magic words: what an order's own words can ask of its end (README.md lists them)."""

from __future__ import annotations

import re


def says(text: str, word: str) -> bool:
    """Whether the word stands there by itself, in any case."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text, re.IGNORECASE | re.ASCII) is not None


def scripted(text: str, word: str) -> str:
    """The code behind a magic word: "sandbox-fail:Code" gives "Code", "" when it is not there."""
    match = re.search(rf"{re.escape(word)}:(\w[\w.]*)", text, re.ASCII)
    return match[1].rstrip(".") if match else ""

"""Marking words for translation without depending on a translation library.

The studio translates at the moment of showing; here a word is only marked, so that the
extraction tools find it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def gettext_noop(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence with named gaps: translate `text` first, then fill in `values`."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text

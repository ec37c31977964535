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
    """A sentence with named gaps: translate `text` first, then fill in `values` (a tuple is a list of words)."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        filled = {name: ", ".join(item) if isinstance(item, tuple) else item for name, item in self.values.items()}
        return self.text % filled if filled else self.text

"""Ids as people's browsers send them."""

from __future__ import annotations


def read_id(text: str | None) -> int | None:
    """The number, or None for anything that can't be a row's id: signs, other digits, more than 18 of them."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None

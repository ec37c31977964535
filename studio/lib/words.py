"""Words that were marked for translation where they were written, translated now; words that people
type; and days."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext


def said(value: Any) -> str:
    """A label or a sentence with its gaps filled, in the language of the request."""
    text = getattr(value, "text", None)
    if text is not None:
        return gettext(text) % {name: _filling(item) for name, item in value.values.items()}
    return gettext(str(value)) if value else ""


def day_label(day: date, *, with_weekday: bool = False) -> str:
    """ "Today", "Yesterday", "3 May", and the year where it is another."""
    today = timezone.localdate()
    if day >= today:
        return gettext("Today")
    if (today - day).days == 1:
        return gettext("Yesterday")
    label = formats.date_format(day, "MONTH_DAY_FORMAT" if day.year == today.year else "DATE_FORMAT")
    return f"{formats.date_format(day, 'l')}, {label}" if with_weekday else label


def one_line(typed: str) -> str:
    """A name as it is kept: what can be seen of it, with single blanks between."""
    return " ".join(visible(typed.replace("\n", " ").replace("\t", " ")).split())


def visible(typed: str) -> str:
    """A text without what can't be seen or stored: control and formatting characters, halves of characters.
    Line ends and the joiners inside emoji stay."""
    text = typed.replace("\r\n", "\n")
    kept = "".join(letter for letter in text if letter in "\n\t\u200d" or unicodedata.category(letter)[0] != "C")
    return kept.strip() if kept.strip("\u200d \n\t") else ""


def _filling(item: Any) -> Any:
    """What stands in a sentence's gap: words that were marked are translated too."""
    if isinstance(item, str):
        return gettext(item) if item else item
    return ", ".join(gettext(part) for part in item) if isinstance(item, tuple | list) else item

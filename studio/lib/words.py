"""Words that were marked for translation where they were written, translated now."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext


def said(value: Any) -> str:
    """A label or a sentence with its gaps filled, in the language of the request."""
    text = getattr(value, "text", None)
    if text is not None:
        return gettext(text) % {name: _filling(item) for name, item in value.values.items()}
    return gettext(str(value)) if value else ""


def _filling(item: Any) -> Any:
    """What stands in a sentence's gap: words that were marked are translated too."""
    if isinstance(item, str):
        return gettext(item) if item else item
    return ", ".join(gettext(part) for part in item) if isinstance(item, tuple | list) else item

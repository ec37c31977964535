"""Template tags for every page: icons and translated provider words."""

from __future__ import annotations

from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

register = template.Library()


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """An icon of the sprite, hidden from assistive technology."""
    return format_html(
        '<svg class="i {}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, static("img/icons.svg"), name
    )


@register.filter
def word(value: Any) -> str:
    """A word or sentence that was marked for translation where it was written (labels of parameters,
    messages of services), translated now."""
    text = getattr(value, "text", None)
    if text is not None:
        return gettext(text) % {name: _filling(item) for name, item in value.values.items()}
    return gettext(str(value)) if value else ""


def _filling(item: Any) -> Any:
    """What stands in a sentence's gap: words that were marked are translated too."""
    if isinstance(item, str):
        return gettext(item) if item else item
    return ", ".join(gettext(part) for part in item) if isinstance(item, tuple | list) else item

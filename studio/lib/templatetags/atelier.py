"""Template tags for every page: icons and translated provider words."""

from __future__ import annotations

from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from studio.lib.words import said

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
    return said(value)

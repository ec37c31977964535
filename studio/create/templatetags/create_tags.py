"""Small figures for the templates of this room."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from typing import Any

from django import template
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from studio.lib import words
from studio.lib.words import said
from studio.media.presenters import duration_label

from .. import picker

register = template.Library()

#: letters that fit below a thumbnail
LONGEST_CHIP_NAME = 9


@register.filter
def ago(moment: datetime) -> str:
    """ "6 min ago". static/js/relative-time.js goes on from there."""
    minutes = int((timezone.now() - moment).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return _("%(count)s min ago") % {"count": minutes}
    if minutes < 24 * 60 and timezone.localdate(moment) == timezone.localdate():
        return _("%(count)s h ago") % {"count": minutes // 60}
    return formats.date_format(timezone.localtime(moment), "TIME_FORMAT")


@register.filter
def day_label(moment: datetime) -> str:
    return words.day_label(timezone.localdate(moment))


@register.filter
def seconds_since(moment: datetime) -> str:
    return f"{max(0.0, (timezone.now() - moment).total_seconds()):.1f}"


@register.filter
def ratio_number(label: Any) -> str:
    """16:9 and 1456 × 816 as the number that CSS takes; bounded, so that a box stays a box."""
    match = re.fullmatch(r"\s*(\d+)\s*[:×]\s*(\d+)\s*", str(label))
    if match is None or not int(match[2]):
        return "1"
    return f"{min(max(int(match[1]) / int(match[2]), 0.4), 2.4):.3f}"


@register.filter
def filled(param: Any) -> str:
    """How far a slider stands, in per cent of its way."""
    try:
        low, high = float(param.minimum or 0), float(param.maximum)
        share = (float(param.value) - low) / (high - low)
    except (TypeError, ValueError, ZeroDivisionError):
        share = 0.0
    return f"{min(max(share, 0.0), 1.0) * 100:.1f}%"


@register.filter
def per_cent(share: float) -> int:
    return round(min(max(share, 0.0), 1.0) * 100)


@register.filter
def get(rows: Any, key: Any) -> Any:
    return rows.get(key)


@register.simple_tag
def random_key() -> str:
    """A fresh request key for a form: the same post twice makes one job."""
    return secrets.token_urlsafe(12)


@register.filter
def plain(value: Any) -> str:
    """A value as one types it and as attributes take it, whatever the language: 1.0 is 1, nothing is empty."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)


@register.filter
def clock(seconds: float) -> str:
    """ "0:05" """
    return duration_label(seconds)


@register.filter
def lasting(seconds: float) -> str:
    """About how long something takes: "40 s", "2 min"."""
    if seconds < 90:
        return _("%(count)s s") % {"count": max(1, round(seconds))}
    return _("%(count)s min") % {"count": round(seconds / 60)}


@register.filter
def kind_icon(kind: str) -> str:
    return picker.KINDS.get(kind, "image")


@register.filter
def kind_label(kind: str) -> str:
    return picker.kind_label(kind)


@register.filter
def chip_name(role: Any) -> str:
    """What the chip of a file says below it: what prompts call it, or the name of its role; where that is too long for
    a chip and there are several, their kind and number."""
    if role.spoken or role.max_items == 1 or len(said(role.label)) <= LONGEST_CHIP_NAME:
        return role.spoken or said(role.label)
    kinds = {"image": _("Image %(number)s"), "video": _("Video %(number)s"), "audio": _("Sound %(number)s")}
    return kinds[role.kind] % {"number": "{number}"}


@register.filter
def numbered(spoken: str, number: Any) -> str:
    """What a prompt calls a file, for people: "[Image {number}]" and 2 is "Image 2"."""
    return spoken.replace("{number}", str(number or "")).strip("[] ")

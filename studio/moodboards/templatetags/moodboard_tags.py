"""Words for the templates of this room."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import formats, timezone
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def day(moment: datetime) -> str:
    """The day inside of a sentence: "today", "yesterday", "3 May"."""
    wanted = timezone.localdate(moment)
    distance = (timezone.localdate() - wanted).days
    if distance <= 0:
        return _("today")
    if distance == 1:
        return _("yesterday")
    return formats.date_format(wanted, "DATE_FORMAT")

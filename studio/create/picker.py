"""The models of the prompt bar, compared: what each makes, takes, costs and how long it takes, and its limits in
short. All of it is read from what the models declare and from what this install has measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.jobs import catalog, queries
from studio.jobs.catalog import Entry, ModelChoice
from studio.jobs.forms import OperationForm
from studio.lib.words import said

#: kinds of results in the order of the picker, with the icon of each
KINDS = {"image": "image", "video": "film", "audio": "wave"}


def kind_label(kind: str) -> str:
    """What models of this kind make, as a heading."""
    return {"image": _("Pictures"), "video": _("Videos"), "audio": _("Voices")}.get(kind, kind)


@dataclass(frozen=True)
class ModelRow:
    choice: ModelChoice
    entry: Entry

    @property
    def key(self) -> str:
        return self.choice.key

    @property
    def html_id(self) -> str:
        """A word for ids in the page."""
        return self.key.replace(":", "-").replace(".", "-")

    @property
    def makes(self) -> str:
        return self.entry.start.makes.value

    @property
    def service(self) -> str:
        return self.entry.provider.title

    @cached_property
    def _fields(self) -> tuple[Any, ...]:
        return queries.fields_of(self.entry.start)

    @cached_property
    def takes(self) -> list[tuple[str, str, str]]:
        """The kinds of files it takes, each with its icon and how many in words."""
        most: Counter[str] = Counter()
        for spec in self._fields:
            if spec.media is not None:
                most[spec.media.kind] += spec.media.max_items
        return [(kind, KINDS[kind], _counted(kind, most[kind])) for kind in KINDS if most[kind]]

    @cached_property
    def limits(self) -> list[str]:
        """Its bounds in a few words each: how long and how large results are, and how long a prompt may be."""
        found = []
        for spec in self._fields:
            if spec.name == "duration" and (text := _seconds([option.value for option in spec.options])):
                found.append(text)
            elif spec.name in {"resolution", "quality"} and len(spec.options) > 1:
                names = [said(option.label) for option in spec.options[:3]]
                # a bare figure says nothing without its field
                found += [] if names[0].replace(".", "").isdecimal() else [" · ".join(names)]
        prompt = next((spec for spec in self._fields if spec.widget.value == "prompt"), None)
        if prompt is not None and prompt.max_length:
            found.append(_("up to %(count)s characters") % {"count": prompt.max_length})
        return found

    def values_like(self, form: OperationForm) -> dict[str, Any]:
        """The values of `form` as far as this model has them, else its own defaults."""
        values = {}
        for spec in self._fields:
            value = form.values.get(spec.name, spec.default)
            allowed = {option.value for option in spec.options}
            values[spec.name] = spec.default if allowed and str(value) not in allowed else value
        return values


def model_rows(choices: Iterable[ModelChoice]) -> list[ModelRow]:
    return [ModelRow(choice, catalog.find(choice.key)) for choice in choices]


def by_what_they_make(rows: Iterable[ModelRow]) -> list[tuple[str, list[ModelRow]]]:
    """(kind, its models) in the picker's order; kinds that nothing makes are left out."""
    known = list(rows)
    return [(kind, found) for kind in KINDS if (found := [row for row in known if row.makes == kind])]


def _counted(kind: str, count: int) -> str:
    if kind == "image":
        return ngettext("up to %(count)s picture", "up to %(count)s pictures", count) % {"count": count}
    if kind == "video":
        return ngettext("up to %(count)s video", "up to %(count)s videos", count) % {"count": count}
    return ngettext("up to %(count)s recording", "up to %(count)s recordings", count) % {"count": count}


def _seconds(values: list[str]) -> str:
    """ "4–15 s" of the lengths that can be chosen; a length that the service chooses itself does not count."""
    lengths = sorted(int(value) for value in values if value.isdecimal() and int(value))
    if not lengths:
        return ""
    if lengths[0] == lengths[-1]:
        return _("%(count)s s") % {"count": lengths[0]}
    return _("%(low)s–%(high)s s") % {"low": lengths[0], "high": lengths[-1]}

"""What people look for among jobs and their results: words of the prompt, a person, a model, an operation, days.

Filters live in a page's address; what can't be read there is told, and asks for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from providers.base import Kind
from providers.registry import PROVIDERS
from studio.accounts.models import Team
from studio.lib.ids import read_id

MAX_TERMS = 12
MAX_LENGTH = 200
#: PostgreSQL's and SQLite's largest
MAX_SEED = 2**63 - 1

_TERM = re.compile(r'"([^"]*)"?|(\S+)')


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, and the query without it."""

    label: str
    without: str


def search_terms(text: str) -> list[str]:
    """The words of a search, and its phrases in quotes, each once. All of them have to occur."""
    found = (phrase or word for phrase, word in _TERM.findall(text.replace("“", '"').replace("”", '"')))
    terms = [" ".join(term.split())[:MAX_LENGTH] for term in found]
    return list(dict.fromkeys(term for term in terms if term))[:MAX_TERMS]


def matches(term: str, prefix: str = "") -> Q:
    """Jobs whose prompt has this term, whatever the case; digits may also be the seed. `prefix` leads from
    the row to its job ("job__")."""
    # SQLite's LIKE folds ASCII only, so the other ways of writing the same word are asked for too
    ways = {term} if term.isascii() else {term, term.lower(), term.upper(), term.capitalize(), term.title()}
    found = Q()
    for way in sorted(ways):
        found |= Q(**{f"{prefix}prompt__icontains": way})
    if term.isascii() and term.isdigit() and int(term) <= MAX_SEED:
        found |= Q(**{f"{prefix}seed": int(term)})
    return found


@dataclass(frozen=True)
class JobFilters:
    """Read with `read()`; `chips()` names what is on."""

    query: str = ""
    person: int | None = None
    model: str = ""
    operation: str = ""
    since: date | None = None
    until: date | None = None
    #: sentences by field, for what could not be read
    problems: dict[str, str] = field(default_factory=dict)
    #: as they stand in the address, in its order
    raw: dict[str, str] = field(default_factory=dict)

    #: names in the address; rooms with more of them add theirs
    NAMES: ClassVar[tuple[str, ...]] = ("q", "person", "model", "operation", "since", "until")

    @classmethod
    def read(cls, data: QueryDict) -> Any:
        raw = {name: text for name in cls.NAMES if (text := data.get(name, "").replace("\x00", "").strip()[:400])}
        problems: dict[str, str] = {}
        return cls(**cls.values(raw, problems), problems=problems, raw=raw)

    @classmethod
    def values(cls, raw: dict[str, str], problems: dict[str, str]) -> dict[str, Any]:
        since, until = (_day(raw.get(name, ""), name, problems) for name in ("since", "until"))
        if since and until and since > until:
            problems["until"] = _("This day is before the first one.")
        person = read_id(raw.get("person")) if "person" in raw else None
        if "person" in raw and person is None:
            problems["person"] = _("There is no such person in this team.")
        return {
            "query": raw.get("q", ""),
            "person": person,
            "model": raw.get("model", ""),
            "operation": raw.get("operation", ""),
            "since": since,
            "until": until,
        }

    @property
    def is_on(self) -> bool:
        return bool(self.raw)

    @property
    def address(self) -> str:
        """The query string, without "?"."""
        return urlencode(self.raw)

    def changed(self, **values: str) -> str:
        """The query string with these values; an empty one is left out."""
        return urlencode({name: text for name, text in {**self.raw, **values}.items() if text})

    def jobs(self, prefix: str = "") -> Q:
        """What jobs have to be like, but for the days."""
        found = Q()
        for term in search_terms(self.query):
            found &= matches(term, prefix)
        if self.person is not None:
            found &= Q(**{f"{prefix}created_by": self.person})
        if self.model:
            provider, _colon, model = self.model.partition(":")
            found &= Q(**{f"{prefix}provider": provider, f"{prefix}model": model})
        if self.operation:
            found &= Q(**{f"{prefix}operation": self.operation})
        return found

    def days(self) -> Q:
        """The days, in the time zone of the pages, of `created_at`."""
        found = Q()
        if self.since:
            found &= Q(created_at__gte=_midnight(self.since))
        if self.until:
            found &= Q(created_at__lt=_midnight(self.until + timedelta(days=1)))
        return found

    def chips(self, team: Team) -> list[Chip]:
        return [Chip(label, self.changed(**{name: ""})) for name, label in self.labels(team)]

    def labels(self, team: Team) -> Iterable[tuple[str, str]]:
        if "q" in self.raw:
            yield "q", _("“%(words)s”") % {"words": self.query}
        if self.person is not None:
            name = team.memberships.filter(user=self.person).values_list("user__name", flat=True).first()
            yield "person", name or _("Somebody")
        if "model" in self.raw:
            yield "model", next((c.label for c in model_choices() if c.value == self.model), self.model)
        if "operation" in self.raw:
            yield "operation", operation_label(self.operation)
        if "since" in self.raw:
            yield "since", _("Since %(day)s") % {"day": _shown(self.since, self.raw["since"])}
        if "until" in self.raw:
            yield "until", _("Until %(day)s") % {"day": _shown(self.until, self.raw["until"])}


def people(team: Team) -> list[Choice]:
    members = team.memberships.select_related("user").order_by("user__name")
    return [Choice(str(member.user_id), str(member.user)) for member in members]


def model_choices() -> list[Choice]:
    return [Choice(f"{provider.slug}:{model.slug}", model.title) for provider in PROVIDERS for model in provider.models]


def operation_choices(makes: Kind | None = None) -> list[Choice]:
    """Every operation of every service, each once, in the services' order."""
    found: dict[str, str] = {}
    for provider in PROVIDERS:
        for model in provider.models:
            for operation in model.operations:
                if makes is None or operation.makes is makes:
                    found.setdefault(operation.slug, _(operation.label))
    return [Choice(slug, label) for slug, label in found.items()]


def operation_label(slug: str) -> str:
    return next((choice.label for choice in operation_choices() if choice.value == slug), slug)


def _day(text: str, name: str, problems: dict[str, str]) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 1970 <= found.year <= 9000:
        problems[name] = _("This is no day. Write it like 2026-11-30.")
        return None
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _shown(day: date | None, raw: str) -> str:
    return formats.date_format(day, "DATE_FORMAT") if day else raw

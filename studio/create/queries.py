"""What the pages of this room ask for, composed from what the jobs' queries give."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict

from studio.accounts.models import Team
from studio.billing import services as billing
from studio.jobs import catalog, queries, services
from studio.jobs.catalog import Entry
from studio.jobs.forms import OperationForm
from studio.jobs.models import Output
from studio.jobs.queries import Action

#: keys that work on a selected picture; operations that are not here have none
KEYS: Mapping[str, str] = {"vary-subtle": "V", "vary-strong": "Shift V", "upscale": "U"}


@dataclass(frozen=True, slots=True)
class ActionButton:
    """How an action's button works: `is_quick` runs it at once with what is offered, because nothing has
    to be chosen; `has_form` says that there is something that may be."""

    action: Action
    is_quick: bool
    has_form: bool
    key: str


@dataclass
class FollowUp:
    """An operation asked of an output, with its small form."""

    output: Output
    entry: Entry
    operation: Any
    form: OperationForm
    #: a sentence about the whole
    problem: Any = None
    request_key: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def problems(self) -> list[Any]:
        return [problem for problem in (self.form.problem, self.problem) if problem]

    @cached_property
    def price(self) -> int | None:
        try:
            return services.quote(self.entry, self.operation, self.form.params or self.form.values, self.output)
        except billing.NoPrice:
            return None


def action_buttons(team: Team, output_id: int) -> list[ActionButton]:
    """Raises Output.DoesNotExist."""
    output = queries.find_output(team, output_id)
    operations = {operation.slug: operation for operation in services.follow_ups(output)}
    entry = catalog.entry_of(output.job)
    rows = []
    for action in queries.actions(team, output_id):
        form = OperationForm(entry, operations[action.slug], team=team)
        must_choose = bool(form.groups) or (form.prompt is not None and form.prompt.required)
        rows.append(ActionButton(action, not must_choose, action.has_form, KEYS.get(action.slug, "")))
    return rows


def follow_up(team: Team, output_id: int, slug: str, data: QueryDict | None = None) -> FollowUp:
    """Raises Output.DoesNotExist, and LookupError for what this output's service does not offer."""
    output = queries.find_output(team, output_id)
    operation = next((item for item in services.follow_ups(output) if item.slug == slug), None)
    if operation is None:
        raise LookupError(slug)
    entry = catalog.entry_of(output.job)
    form = OperationForm(entry, operation, team=team, data=data, prefix=f"o{output_id}")
    return FollowUp(output, entry, operation, form)

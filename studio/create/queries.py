"""What the pages of this room ask for, composed from what the jobs' queries give."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from studio.accounts.models import Membership, Role, Team
from studio.billing import services as billing
from studio.jobs import queries, services
from studio.jobs.catalog import Entry
from studio.jobs.forms import OperationForm
from studio.jobs.queries import Action
from studio.jobs.services import Offer, Start
from studio.media.models import AssetKind
from studio.media.presenters import image_view

from .composer import said_left, typed
from .files import carried

#: keys that work on a selected picture; operations that are not here have none
KEYS: Mapping[str, str] = {
    "vary-subtle": "V",
    "vary-strong": "Shift V",
    "upscale": "U",
    "inpaint": "I",
    "remix-strong": "R",
    "animate-low": "A",
}


#: what stands in the bar itself, in this order; the rest is behind More
IN_THE_BAR = (
    "vary-subtle",
    "vary-strong",
    "upscale",
    "enhance",
    "pan",
    "inpaint",
    "animate-low",
    "extend-low",
    "extend-high",
    "video-upscale",
)
#: enough for a bar that has nothing of the above
FEW = 4


@dataclass(frozen=True, slots=True)
class ActionButton:
    """How an action's button works: `url` is its form's address, or the editor's. `is_quick` runs it at once
    with what is offered, because nothing has to be chosen; `has_form` says that there is something that may be."""

    action: Action
    url: str
    is_quick: bool
    has_form: bool
    key: str
    #: tells it from another action of the same name
    note: str = ""


@dataclass
class FollowUp:
    """An operation asked of a start, with its small form."""

    start: Start
    offer: Offer
    form: OperationForm
    url: str
    #: a sentence about the whole
    problem: Any = None
    #: drawn once more with what was typed, because another model was chosen
    is_redrawn: bool = False
    request_key: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def entry(self) -> Entry:
        return self.offer.entry

    @property
    def operation(self) -> Any:
        return self.offer.operation

    @property
    def html_id(self) -> str:
        return f"small-form-{mark_of(self.start)}"

    @property
    def problems(self) -> list[Any]:
        return [problem for problem in (self.form.problem, self.problem) if problem]

    @cached_property
    def models(self) -> list[Entry]:
        """The models to choose from; none where there is no choice."""
        found = services.models_for(self.start, self.operation)
        return found if len(found) > 1 else []

    @cached_property
    def prices(self) -> dict[str, int | None]:
        """What each of these models takes as it is offered, by key."""
        offered = [services.find_offer(self.start, self.operation.slug, entry.key) for entry in self.models]
        books = billing.price_books({offer.entry.provider.slug for offer in offered})
        return {
            offer.entry.key: queries.price_of(books[offer.entry.provider.slug], offer, self.start.output)
            for offer in offered
        }

    @cached_property
    def price(self) -> int | None:
        try:
            return services.quote(self.entry, self.operation, self.form.params or self.form.values, self.start.output)
        except billing.NoPrice:
            return None


def mark_of(start: Start) -> str:
    """A word for ids in the page: "12" for a result, "f7" for a file."""
    return str(start.output.pk) if start.output is not None else f"f{start.asset.pk}"


def operation_url(team: Team, start: Start, slug: str) -> str:
    if start.output is not None:
        return reverse("create:operation", args=[team.slug, start.output.pk, slug])
    return reverse("create:file-operation", args=[team.slug, start.asset.pk, slug])


def send_url(team: Team, start: Start) -> str:
    """Where it says to which models this file may be sent."""
    if start.output is not None:
        return reverse("create:send", args=[team.slug, start.output.pk])
    return reverse("create:file-send", args=[team.slug, start.asset.pk])


def editor_url(team: Team, start: Start, slug: str = "") -> str:
    if start.output is not None:
        url = reverse("editor:output", args=[team.slug, start.output.pk])
    else:
        url = reverse("editor:asset", args=[team.slug, start.asset.pk])
    return f"{url}?tool={slug}" if slug else url


def action_buttons(team: Team, start: Start) -> list[ActionButton]:
    offers = {offer.key: offer for offer in services.offers(start)}
    rows = []
    shown = _one_canvas(queries.actions(start))
    names = Counter(action.label for action in shown)
    for action in shown:
        offer = offers[f"{action.model}:{action.slug}"]
        url = editor_url(team, start, action.slug) if action.is_drawn else operation_url(team, start, action.slug)
        form = OperationForm(offer.entry, offer.operation, team=team)
        must_choose = bool(form.groups) or (form.prompt is not None and form.prompt.required)
        note = offer.entry.title if names[action.label] > 1 else ""
        rows.append(ActionButton(action, url, not must_choose, action.has_form, KEYS.get(action.slug, ""), note))
    return rows


def split_buttons(buttons: list[ActionButton]) -> tuple[list[ActionButton], list[ActionButton]]:
    """What stands in the bar, and what is behind More."""
    places = {slug: place for place, slug in enumerate(IN_THE_BAR)}
    first = sorted((item for item in buttons if item.action.slug in places), key=lambda b: places[b.action.slug])
    # stills before what moves
    rest = sorted(
        (item for item in buttons if item.action.slug not in places), key=lambda b: b.action.makes != AssetKind.IMAGE
    )
    missing = max(0, FEW - len(first))
    return [*first, *rest[:missing]], rest[missing:]


def _one_canvas(actions: list[Action]) -> list[Action]:
    """Editing on a canvas is one thing to people, whether the service takes its own result or any picture."""
    has_own = any(action.slug == "edit" for action in actions)
    return [action for action in actions if not (has_own and action.slug == "upload-paint")]


def follow_up(team: Team, start: Start, slug: str, data: QueryDict | None = None) -> FollowUp:
    """Raises LookupError for what may not be asked of this start."""
    offer = services.find_offer(start, slug, data.get("model", "") if data is not None else "")
    form = OperationForm(offer.entry, offer.operation, team=team, data=data, prefix=f"o{mark_of(start)}")
    return FollowUp(start, offer, form, operation_url(team, start, slug))


def with_model(team: Team, start: Start, slug: str, data: QueryDict) -> FollowUp:
    """The small form of the model that `data` names, with what was typed as far as that model takes it. Nothing is
    judged. Raises LookupError for what may not be asked of this start."""
    asked = follow_up(team, start, slug, data)
    posted = asked.form
    before = _form_before(team, start, slug, data) or posted
    files = carried(before, posted)
    values = typed(posted, before, data)
    asked.form = OperationForm(
        asked.entry, asked.operation, team=team, initial=values | files.values, prefix=posted.prefix
    )
    asked.is_redrawn = True
    if files.left:
        asked.problem = said_left(files.left)
    return asked


def _form_before(team: Team, start: Start, slug: str, data: QueryDict) -> OperationForm | None:
    """The form of the model that was chosen before, as it was posted."""
    was = data.get("was", "")
    try:
        before = services.find_offer(start, slug, was)
    except LookupError:
        return None
    return OperationForm(before.entry, before.operation, team=team, data=data) if was else None


def actions_context(membership: Membership, start: Start) -> dict[str, Any]:
    buttons = action_buttons(membership.team, start) if membership.allows(Role.CREATOR) else []
    first, more = split_buttons(buttons)
    return {
        "start": start,
        "mark": mark_of(start),
        "send_url": send_url(membership.team, start),
        "output_id": start.output.pk if start.output is not None else None,
        "image": image_view(start.asset, membership.team.slug),
        "buttons": first,
        "more": more,
    }

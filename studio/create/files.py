"""Files that people give to operations: which media parameter takes them, which may be picked, where they may be
sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from studio.accounts.models import Team
from studio.jobs import catalog
from studio.jobs.catalog import Entry
from studio.jobs.filters import matches, search_terms
from studio.jobs.forms import ASSET_PREFIX, OperationForm, Param
from studio.jobs.models import Output, OutputState
from studio.media.models import Asset, Origin
from studio.media.presenters import ImageView, image_view

#: files in one step of the list that people pick from
PAGE = 24


@dataclass(frozen=True, slots=True)
class Carried:
    """Files of one form as another takes them, by media parameter, and how many found no place."""

    values: dict[str, tuple[str, ...]]
    left: int


def carried(posted: OperationForm, wanted: OperationForm) -> Carried:
    """The files that were given to `posted`, in the media parameters of `wanted`: under the same name where there is
    one for their kind, else where all of them fit, else where most do."""
    room = {role.name: role.max_items for role in wanted.media_params}
    kinds = {role.name: role.kind for role in wanted.media_params}
    values: dict[str, tuple[str, ...]] = dict.fromkeys(room, ())
    left = 0

    def put(name: str, files: list[ImageView]) -> list[ImageView]:
        taken, rest = files[: room[name]], files[room[name] :]
        values[name] += tuple(f"{ASSET_PREFIX}{file.asset_id}" for file in taken)
        room[name] -= len(taken)
        return rest

    homeless: dict[str, list[ImageView]] = defaultdict(list)
    for role in posted.media_params:
        files = list(role.assets)
        if kinds.get(role.name) == role.kind:
            files = put(role.name, files)
        homeless[role.kind] += files
    for kind, files in homeless.items():
        while files:
            free = [name for name in room if kinds[name] == kind and room[name]]
            if not free:
                left += len(files)
                break
            fitting = [name for name in free if room[name] >= len(files)]
            files = put(fitting[0] if fitting else max(free, key=lambda name: room[name]), files)
    return Carried(values, left)


def role_for(roles: Iterable[Param], kind: str, name: str = "") -> Param | None:
    """The media parameter called `name`, or else the first, that takes such files."""
    fitting = [role for role in roles if role.kind == kind]
    return next((role for role in fitting if role.name == name), fitting[0] if fitting else None)


def find_role(team: Team, model: str, operation: str, name: str) -> Param:
    """A media parameter of an operation; without one, of the operation that the prompt bar begins with. Raises
    LookupError."""
    entry = catalog.find(model) if operation else catalog.find_start(model)
    asked = next((item for item in entry.model.operations if item.slug == operation), None)
    if operation and asked is None:
        raise LookupError(operation)
    form = OperationForm(entry, asked or entry.start, team=team)
    found = next((role for role in form.media_params if role.name == name), None)
    if found is None:
        raise LookupError(name)
    return found


def usable_files(team: Team) -> QuerySet[Asset]:
    """Files of the team that may be given to operations: results that are there, uploads, frames of videos."""
    there = Output.objects.filter(asset=OuterRef("pk"), state=OutputState.DONE, trashed_at__isnull=True)
    kept = ~Q(origin=Origin.RESULT) | Exists(there)
    return Asset.objects.filter(kept, team=team).exclude(origin=Origin.MASK)


@dataclass(frozen=True, slots=True)
class PickedFile:
    """A file to pick, called by its prompt or its name."""

    image: ImageView
    title: str


@dataclass(frozen=True, slots=True)
class FilePage:
    """A step of the list that people pick from, newest first; `next_before` continues it."""

    files: list[PickedFile]
    kind: str
    query: str
    next_before: int | None
    is_first: bool


def recent_files(team: Team, kind: str, *, query: str = "", before: int | None = None) -> FilePage:
    """The team's latest files of a kind whose prompt or name has every word of `query`."""
    rows = usable_files(team).filter(kind=kind)
    for term in search_terms(query):
        made = Output.objects.filter(matches(term, "job__"), asset=OuterRef("pk"))
        rows = rows.filter(Q(name__icontains=term) | Exists(made))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk").prefetch_related("renditions")[: PAGE + 1])
    shown = found[:PAGE]
    made_of = Output.objects.filter(asset__in=[asset.pk for asset in shown]).values_list("asset_id", "job__prompt")
    prompts = dict(made_of)
    return FilePage(
        [PickedFile(image_view(asset, team.slug), prompts.get(asset.pk) or asset.name) for asset in shown],
        kind,
        query,
        shown[-1].pk if len(found) > PAGE else None,
        before is None,
    )


@dataclass(frozen=True, slots=True)
class Destination:
    """A model of the prompt bar that takes a file, with the media parameters that do."""

    entry: Entry
    roles: list[Param]


def destinations(team: Team, kind: str, current: str) -> tuple[Destination | None, list[Destination]]:
    """Where a file of this kind may be sent: into the prompt bar as it stands with the model `current`, and to the
    other models."""
    here, others = None, []
    for choice in catalog.model_choices():
        entry = catalog.find(choice.key)
        form = OperationForm(entry, entry.start, team=team)
        roles = [role for role in form.media_params if role.kind == kind]
        if entry.key == current:
            here = Destination(entry, roles)
        elif roles:
            others.append(Destination(entry, roles))
    return here, others

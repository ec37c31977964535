"""One result looked at closely: where it came from, what came of it, how it was made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import prefetch_related_objects
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.accounts.models import Team
from studio.media.models import Asset, AssetKind, Origin
from studio.media.presenters import ImageView, image_view

from .models import Event, EventKind, Output, OutputState
from .queries import JobCard, Tile, cards_of, jobs_of
from .services import load_lineage

MAX_ANCESTORS = 12
MAX_CHILDREN = 24


@dataclass(frozen=True, slots=True)
class LineageNode:
    """A step of the lineage; without an output it is a file that was uploaded or taken from a video."""

    output_id: int | None
    image: ImageView
    label: str
    note: str
    depth: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class LightboxView:
    card: JobCard
    tile: Tile
    image: ImageView
    position: int
    count: int
    previous_id: int | None
    next_id: int | None
    filmstrip: list[list[Tile]]
    parameters: list[tuple[str, str]]
    size_text: str
    file_text: str
    timeline: list[tuple[str, datetime]]
    parent: LineageNode | None
    lineage: list[LineageNode]


def lightbox(team: Team, output_id: int) -> LightboxView:
    """Raises Output.DoesNotExist for another team's output or one without a picture."""
    found = Output.objects.filter(
        team=team, state=OutputState.DONE, trashed_at__isnull=True, job__deleted_at__isnull=True
    ).values("job_id")
    job_id = found.get(pk=output_id)["job_id"]
    cards = {card.id: card for card in _neighbours(team, job_id)}
    card = cards[job_id]
    tile = next(tile for tile in card.tiles if tile.output_id == output_id)
    output = next(output for output in card.outputs if output.pk == output_id)
    assert tile.image is not None and output.asset is not None
    strip = [[tile for tile in row.tiles if tile.image] for row in cards.values()]
    order = [tile.output_id for row in strip for tile in row]
    place = order.index(output_id)
    own = [tile.output_id for tile in card.tiles if tile.image]
    ancestors = _ancestors(output, team)
    return LightboxView(
        card=card,
        tile=tile,
        image=tile.image,
        position=own.index(output_id) + 1,
        count=len(own),
        previous_id=order[place - 1] if place else None,
        next_id=order[place + 1] if place + 1 < len(order) else None,
        filmstrip=[row for row in strip if row],
        parameters=[*card.parameters, *card.kept_ids],
        size_text=tile.image.size_label,
        file_text=f"{tile.image.audio_format or _format_of(output.asset)}, {filesizeformat(output.asset.size)}",
        timeline=_timeline(job_id),
        parent=ancestors[-1] if ancestors else None,
        lineage=_lineage(output, card, team, ancestors),
    )


def _format_of(asset: Asset) -> str:
    return asset.media_type.split("/")[1].upper()


def _neighbours(team: Team, job_id: int) -> list[JobCard]:
    """The job with some newer and older ones that have pictures, newest first."""
    jobs = jobs_of(team).filter(outputs__state=OutputState.DONE, outputs__trashed_at__isnull=True).distinct()
    newer = list(jobs.filter(pk__gt=job_id).order_by("id")[:2])
    rest = list(jobs.filter(pk__lte=job_id).order_by("-id")[:4])
    return cards_of([*reversed(newer), *rest], team)


def _ancestors(output: Output, team: Team) -> list[LineageNode]:
    """From the first to the nearest. A frame goes back to the film it was taken from, and on from there."""
    steps: list[Output | Asset] = []
    node: Output | None = output
    load_lineage([output])
    while node is not None and len(steps) < MAX_ANCESTORS:
        began, node = node.job, node.job.source
        if node is not None:
            steps.append(node)
        elif began.source_asset is not None:
            steps.append(began.source_asset)
            node = _film_of(began.source_asset, team)
            if node is not None:
                steps.append(node)
                load_lineage([node])
    prefetch_related_objects([step.asset for step in steps if isinstance(step, Output) and step.asset], "renditions")
    nodes = [
        _node(step, team, 0, is_current=False) if isinstance(step, Output) else _file_node(step, team)
        for step in reversed(steps)
        if isinstance(step, Asset) or step.asset
    ]
    return [replace(node, depth=depth) for depth, node in enumerate(nodes)]


def _film_of(frame: Asset, team: Team) -> Output | None:
    """The result that the film of this frame is, where it is one that can be looked at."""
    if frame.taken_from_id is None:
        return None
    there = Output.objects.filter(
        team=team, state=OutputState.DONE, trashed_at__isnull=True, job__deleted_at__isnull=True
    )
    return there.filter(asset=frame.taken_from_id).select_related("job__source_asset", "asset").order_by("id").first()


def _file_node(asset: Asset, team: Team) -> LineageNode:
    label = {Origin.UPLOAD: _("Upload"), Origin.RESULT: _("Picture")}.get(Origin(asset.origin), _("Video frame"))
    view = image_view(asset, team.slug)
    return LineageNode(None, view, label, view.size_label, depth=0, is_current=False)


def _lineage(output: Output, card: JobCard, team: Team, ancestors: list[LineageNode]) -> list[LineageNode]:
    depth = len(ancestors)
    current = _node(output, team, depth, is_current=True)
    children = (
        Output.objects.filter(
            job__source=output, state=OutputState.DONE, trashed_at__isnull=True, job__deleted_at__isnull=True
        )
        .select_related("job", "asset")
        .prefetch_related("asset__renditions")
        .order_by("job_id", "index")[:MAX_CHILDREN]
    )
    return [*ancestors, current, *(_node(child, team, depth + 1, is_current=False) for child in children)]


def _node(output: Output, team: Team, depth: int, *, is_current: bool) -> LineageNode:
    card = JobCard(output.job, team.slug)
    assert output.asset is not None
    values = {"operation": _(card.operation_label), "number": output.index + 1}
    label = {
        AssetKind.VIDEO: _("%(operation)s, video %(number)s"),
        AssetKind.AUDIO: _("%(operation)s, sound %(number)s"),
    }.get(AssetKind(output.asset.kind), _("%(operation)s, image %(number)s"))
    view = image_view(output.asset, team.slug)
    return LineageNode(
        output_id=output.pk,
        image=view,
        label=label % values,
        note=_("this one") if is_current else view.size_label,
        depth=depth,
        is_current=is_current,
    )


def _timeline(job_id: int) -> list[tuple[str, datetime]]:
    """The job's events in plain words, newest first."""
    events = Event.objects.filter(job_id=job_id).exclude(kind=EventKind.PROGRESS).order_by("-id")[:40]
    return [(_sentence(event), event.created_at) for event in events]


def _sentence(event: Event) -> str:
    data = event.data
    match event.kind:
        case EventKind.CREATED:
            held = data.get("held", 0)
            return ngettext("Created, %(held)s credit held", "Created, %(held)s credits held", held) % {"held": held}
        case EventKind.SUCCEEDED if data.get("returned"):
            return (
                ngettext(
                    "Kept %(delivered)s of %(expected)s, %(returned)s credit returned",
                    "Kept %(delivered)s of %(expected)s, %(returned)s credits returned",
                    data["returned"],
                )
                % data
            )
        case EventKind.SUCCEEDED:
            cost = data.get("cost", 0)
            return ngettext("Kept, %(cost)s credit paid", "Kept, %(cost)s credits paid", cost) % {"cost": cost}
        case EventKind.FAILED | EventKind.CANCELED:
            returned = data.get("returned", 0)
            sentence = ngettext(
                "%(what)s, %(returned)s credit returned", "%(what)s, %(returned)s credits returned", returned
            )
            return sentence % {"what": EventKind(event.kind).label, "returned": returned}
        case _:
            return str(EventKind(event.kind).label)

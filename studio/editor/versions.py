"""What the editor's page is told: the picture, what may be asked of it, and what came of it so far.

Plain values, because the page's script draws them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _

from studio.accounts.models import Team, User
from studio.billing import services as billing
from studio.jobs import queries, services
from studio.jobs.forms import OperationForm, Param
from studio.jobs.models import Job, Output, OutputState
from studio.jobs.queries import JobCard
from studio.jobs.services import Offer, Start
from studio.media.models import Asset
from studio.media.presenters import image_view

from .models import Sitting

#: what the editor prefers, in this order; whatever else takes a mask comes after
OPERATIONS = ("inpaint", "edit", "upload-paint", "outpaint", "pan")
CANVAS_FIELDS = ("canvas_width", "canvas_height", "image_x", "image_y", "image_width", "image_height")
MAX_ATTEMPTS = 60
#: parameters that follow from what is drawn, or have their place beside the button
_OWN_PLACE = {"prompt", "mask", "direction", "scale", *CANVAS_FIELDS}


def is_served(offer: Offer) -> bool:
    """Whether this can be asked for by drawing: a mask, or a picture's place on a canvas."""
    return offer.operation.is_drawn or offer.operation.slug in OPERATIONS


@dataclass(frozen=True, slots=True)
class OfferSettings:
    """The other parameters of an operation, for the page to show while it is chosen."""

    key: str
    params: list[Param]


def settings_of(team: Team, start: Start) -> list[OfferSettings]:
    """Of every operation here that has any."""
    found = []
    for number, offer in enumerate(_served(start)):
        form = OperationForm(offer.entry, offer.operation, team=team, prefix=f"s{number}")
        params = [param for group in form.groups for param in group.params if param.name in _settings(offer)]
        if params:
            found.append(OfferSettings(f"{offer.operation.slug} {offer.entry.key}", params))
    return found


def _settings(offer: Offer) -> list[str]:
    specs = queries.fields_of(offer.operation)
    return [spec.name for spec in specs if spec.name not in _OWN_PLACE and spec.widget != "hidden"]


def ref_of(start: Start) -> str:
    return f"output:{start.output.pk}" if start.output is not None else f"asset:{start.asset.pk}"


def sitting_of(user: User, start: Start) -> Sitting | None:
    if start.output is not None:
        return Sitting.objects.filter(user=user, output=start.output).first()
    return Sitting.objects.filter(user=user, output=None, asset=start.asset).first()


def picture(start: Start, team: Team) -> dict[str, Any]:
    view = image_view(start.asset, team.slug)
    prompt = start.output.job.prompt if start.output is not None else ""
    return {
        "ref": ref_of(start),
        "url": view.original_url,
        "thumb": view.src,
        "width": view.width,
        "height": view.height,
        "prompt": prompt,
        "alt": prompt or view.name,
    }


def attempts(sitting: Sitting | None) -> list[Job]:
    """The jobs of a sitting, oldest first, with their results."""
    if sitting is None:
        return []
    outputs = Output.objects.filter(trashed_at__isnull=True).select_related("asset", "job").order_by("index")
    jobs = list(
        Job.objects.filter(attempt__sitting=sitting, deleted_at__isnull=True)
        .select_related("created_by", "source__asset", "source_asset")
        .prefetch_related(Prefetch("outputs", outputs))
        .order_by("-id")[:MAX_ATTEMPTS]
    )
    prefetch_related_objects(
        [output.asset for job in jobs for output in job.outputs.all() if output.asset], "renditions"
    )
    return jobs[::-1]


def answer(team: Team, start: Start, sitting: Sitting | None) -> dict[str, Any]:
    """The versions of a sitting, and what may be asked of each of them."""
    jobs = attempts(sitting)
    masks = _masks(team, jobs)
    return {
        "versions": [_version(JobCard(job, team.slug), masks) for job in jobs],
        "offers": _offers(start, jobs),
        "credits": billing.balance(team).available,
    }


def _version(card: JobCard, masks: dict[int, Asset]) -> dict[str, Any]:
    job = card.job
    mask = next((masks[pk] for pk in services.mask_ids(job) if pk in masks), None)
    done = [output for output in card.outputs if output.state == OutputState.DONE and output.asset is not None]
    return {
        "job": job.pk,
        "state": job.state,
        "live": card.is_live,
        "operation": job.operation,
        "label": _(card.operation_label),
        "prompt": str(job.params.get("prompt", "")),
        "progress": job.progress,
        "usual_seconds": card.usual_seconds,
        "started_at": card.started_at.isoformat(),
        "expected": job.expected,
        "problem": card.problem,
        "cost": job.quote if job.cost is None else job.cost,
        "rejected": sum(output.state == OutputState.REJECTED for output in card.outputs),
        "mask_url": reverse("media:original", args=[card.team_slug, mask.pk]) if mask is not None else "",
        "placement": _placement(job),
        "base_ref": f"output:{job.source_id}" if job.source_id else f"asset:{job.source_asset_id}",
        "outputs": [_output(output, card) for output in done],
    }


def _placement(job: Job) -> dict[str, int] | None:
    """Where the base stands on the results' canvas; None where they cover it."""
    if all(name in job.params for name in CANVAS_FIELDS):
        return {name: job.params[name] for name in CANVAS_FIELDS}
    base = job.source.asset if job.source is not None else job.source_asset
    if base is None or "scale" not in job.params:
        return None
    beyond_x, beyond_y, direction = job.width - base.width, job.height - base.height, job.params.get("direction")
    return {
        "canvas_width": job.width,
        "canvas_height": job.height,
        "image_x": {"left": beyond_x, "right": 0}.get(direction, beyond_x // 2),
        "image_y": {"up": beyond_y, "down": 0}.get(direction, beyond_y // 2),
        "image_width": base.width,
        "image_height": base.height,
    }


def _output(output: Output, card: JobCard) -> dict[str, Any]:
    assert output.asset is not None
    view = image_view(output.asset, card.team_slug)
    number = {"operation": _(card.operation_label), "number": output.index + 1}
    return {
        "ref": f"output:{output.pk}",
        "asset": output.asset.pk,
        "index": output.index,
        "url": view.original_url,
        "thumb": view.src,
        "width": view.width,
        "height": view.height,
        "alt": _("%(operation)s, image %(number)s") % number,
        "lightbox_url": reverse("create:lightbox", args=[card.team_slug, output.pk]),
    }


def _masks(team: Team, jobs: list[Job]) -> dict[int, Asset]:
    return Asset.objects.filter(team=team).in_bulk({pk for job in jobs for pk in services.mask_ids(job)})


def _offers(start: Start, jobs: list[Job]) -> dict[str, list[dict[str, Any]]]:
    """By picture. The results of one job are alike, so they are judged once."""
    first = {job.pk: output for job in jobs for output in job.outputs.all() if output.state == OutputState.DONE}
    made = [output for job in jobs for output in job.outputs.all()]
    services.load_lineage([*first.values(), *([start.output] if start.output is not None else [])], known=made)
    books: dict[str, billing.PriceBook] = {}
    found = {ref_of(start): _offers_of(start, books)}
    for job in jobs:
        if job.pk in first and (asset := first[job.pk].asset) is not None:
            rows = _offers_of(Start(asset, first[job.pk]), books)
            found |= {f"output:{output.pk}": rows for output in job.outputs.all() if output.state == OutputState.DONE}
    return found


def _offers_of(start: Start, books: dict[str, billing.PriceBook]) -> list[dict[str, Any]]:
    rows = []
    for offer in _served(start):
        slug = offer.entry.provider.slug
        if slug not in books:
            books[slug] = billing.price_book(slug)
        rows.append(_offer(offer, books[slug], start))
    places = {slug: place for place, slug in enumerate(OPERATIONS)}
    return sorted(rows, key=lambda row: places.get(row["slug"], len(places)))


def _served(start: Start) -> list[Offer]:
    """What may be drawn for, with each model that does it."""
    found = []
    for offer in services.offers(start):
        if is_served(offer):
            entries = services.models_for(start, offer.operation) or [offer.entry]
            found += [Offer(entry, offer.operation) for entry in entries]
    return found


def _offer(offer: Offer, book: billing.PriceBook, start: Start) -> dict[str, Any]:
    fields = {spec.name: spec for spec in queries.fields_of(offer.operation)}
    prompt, mask, canvas = fields.get("prompt"), fields.get("mask"), fields.get("canvas_width")
    return {
        "slug": offer.operation.slug,
        "label": _(offer.operation.label),
        "model": offer.entry.key,
        "model_title": offer.entry.title,
        "price": queries.price_of(book, offer, start.output),
        "pricing": queries.pricing_of(book, offer, start.output, _settings(offer)),
        "takes_mask": mask is not None,
        "needs_mask": mask is not None and mask.required,
        "takes_canvas": canvas is not None,
        "takes_prompt": prompt is not None,
        "needs_prompt": prompt is not None and prompt.required,
        "max_prompt": prompt.max_length if prompt is not None else None,
        "fields": {
            name: {"min": spec.minimum, "max": spec.maximum}
            if spec.minimum is not None
            else [option.value for option in spec.options]
            for name, spec in fields.items()
            if name in {"scale", "direction"}
        },
        "limits": {"canvas_min": canvas.minimum, "canvas_max": canvas.maximum} if canvas is not None else None,
    }

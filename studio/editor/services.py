"""Asking for what was drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from studio.accounts.models import Membership
from studio.billing.services import NotEnoughCredits
from studio.jobs import queries, services
from studio.jobs.forms import OperationForm
from studio.jobs.models import Job, Output
from studio.jobs.services import Start
from studio.lib.ids import read_id
from studio.lib.words import said
from studio.media import services as media
from studio.media.models import Asset

from .models import Attempt, Sitting
from .versions import CANVAS_FIELDS, is_served


@dataclass
class Refused(Exception):
    """What is wrong, a sentence by field: prompt, mask, canvas, or "" for the whole."""

    errors: dict[str, str] = field(default_factory=dict)


def base_of(membership: Membership, ref: str) -> Start:
    """The picture that "output:12" or "asset:7" names. Raises Refused."""
    kind, _colon, number = ref.partition(":")
    pk = read_id(number)
    try:
        if kind == "output" and pk is not None:
            return queries.start_of(membership.team, output_id=pk)
        if kind == "asset" and pk is not None:
            return queries.start_of(membership.team, asset_id=pk)
    except (Output.DoesNotExist, Asset.DoesNotExist):
        pass
    raise Refused({"": _("The picture you drew on is no longer there.")})


def submit(
    membership: Membership, start: Start, base: Start, data: QueryDict, mask_file: UploadedFile[Any] | None
) -> Job:
    """A job for what was drawn on `base`, kept with the sitting on `start`. Raises Refused, with nothing
    charged and nothing left behind but a mask that nobody uses."""
    slug = data.get("operation", "")
    try:
        offer = services.find_offer(base, slug, data.get("model", ""))
        if not is_served(offer):
            raise LookupError(slug)
    except LookupError as gone:
        if base.output is not None and base.output.trashed_at is not None:
            raise Refused({"": _("The picture you drew on is in the trash. Restore it first.")}) from gone
        raise Refused({"": _("This can't be asked of this picture. Choose another model or picture.")}) from gone
    form = _judged(membership, base, offer, data, mask_file)
    if form.params is None or not form.is_valid():
        raise Refused(_by_place(form))
    try:
        with transaction.atomic():
            job, _is_new = services.create_job(
                membership=membership,
                entry=offer.entry,
                operation=offer.operation,
                params=form.params,
                request_key=data.get("request_key", ""),
                source=base.output,
                source_asset=base.asset,
            )
            Attempt.objects.get_or_create(job=job, defaults={"sitting": _sitting(membership, start)})
    except NotEnoughCredits as short:
        raise Refused({"": services.short_of_credits(short)}) from short
    except services.CannotCreate as cannot:
        raise Refused({"": cannot.user_message}) from cannot
    return job


def _judged(
    membership: Membership, base: Start, offer: services.Offer, data: QueryDict, mask_file: UploadedFile[Any] | None
) -> OperationForm:
    """The operation's form with the drawn mask. The mask is stored only when everything else is right."""
    values = data.copy()
    values.setlist("mask", [])
    form = OperationForm(offer.entry, offer.operation, team=membership.team, data=values)
    blank = [spec.name for spec in form.specs if spec.name in CANVAS_FIELDS and not values.get(spec.name, "").strip()]
    if blank:
        raise Refused({"canvas": _("The frame needs all of its numbers.")})
    takes_mask = any(spec.name == "mask" for spec in form.specs)
    if mask_file is None or not takes_mask:
        return form
    if set(form.errors) - {"mask"}:
        # it was drawn; whether it can be used is judged when the rest is right
        form.errors.pop("mask", None)
        return form
    try:
        mask = media.receive_mask(
            mask_file,
            team=membership.team,
            user=membership.user,
            size=(base.asset.width, base.asset.height),
        )
    except media.MediaProblem as problem:
        raise Refused({"mask": str(problem.user_message)}) from problem
    values.setlist("mask", [str(mask.pk)])
    return OperationForm(offer.entry, offer.operation, team=membership.team, data=values)


def _by_place(form: OperationForm) -> dict[str, str]:
    """The form's sentences where the page has a place for them."""
    found: dict[str, str] = {}
    for name, message in form.errors.items():
        place = "canvas" if name in {*CANVAS_FIELDS, "direction", "scale"} else name
        if place not in {"prompt", "mask", "canvas"}:
            place = "canvas" if form.get("canvas_width") is not None else ""
        found.setdefault(place, said(message))
    return found


def _sitting(membership: Membership, start: Start) -> Sitting:
    key = {"output": start.output} if start.output is not None else {"output": None, "asset": start.asset}
    defaults = {"team": membership.team, "asset": start.asset}
    try:
        with transaction.atomic():
            return Sitting.objects.get_or_create(user=membership.user, **key, defaults=defaults)[0]
    except IntegrityError:
        return Sitting.objects.get(user=membership.user, **key)

"""What people do with jobs: ask for one, try again, stop one."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from providers.base import Kind as ProviderKind
from providers.base import Needs, Operation, ReadPrompt, Result
from providers.params import Params
from studio.accounts.models import Membership
from studio.billing import services as billing

from . import catalog
from .catalog import Entry
from .models import Event, EventKind, Job, JobState, Output, OutputState
from .wakeup import wake

logger = logging.getLogger(__name__)

REQUEST_KEY = re.compile(r"^[A-Za-z0-9_-]{8,64}$")


class CannotCreate(Exception):
    """The job can't be made; `user_message` says why in plain words."""

    def __init__(self, user_message: str) -> None:
        self.user_message = user_message
        super().__init__(user_message)


def quote(
    entry: Entry, operation: Operation, params: Params | Mapping[str, Any] | None, source: Output | None = None
) -> int:
    """Credits that this job costs at most. Raises billing.NoPrice."""
    if operation.repeats_source and source is not None:
        job = repeated_job(source)
        return billing.price(job.provider, job.model, job.operation, job.params)
    values = params.model_dump(mode="json") if isinstance(params, Params) else dict(params or {})
    return billing.price(entry.provider.slug, entry.model.slug, operation.slug, values)


def repeated_job(source: Output) -> Job:
    """The job that a repetition of `source` repeats in the end: not another repetition."""
    job = source.job
    while job.source is not None:
        operation = next((o for o in catalog.entry_of(job).model.operations if o.slug == job.operation), None)
        if operation is None or not operation.repeats_source:
            break
        job = job.source.job
    return job


def create_job(
    *,
    membership: Membership,
    entry: Entry,
    operation: Operation,
    params: Params,
    request_key: str,
    source: Output | None = None,
) -> tuple[Job, bool]:
    """A queued job with its credits held, and whether it is new.

    The same request key gives the same job: a repeated post neither asks nor holds twice. Raises
    CannotCreate, and billing.NotEnoughCredits with nothing left behind.
    """
    if not REQUEST_KEY.fullmatch(request_key):
        raise CannotCreate(_("This form is too old. Reload the page; what you typed is kept."))
    team = membership.team
    request_key = _key_of_content(request_key, entry, operation, params, source)
    known = Job.objects.filter(team=team, request_key=request_key).first()
    if known is not None:
        return known, False
    _check_source(entry, operation, source)
    try:
        price = quote(entry, operation, params, source)
    except billing.NoPrice as exc:
        raise CannotCreate(_("This has no price yet. An administrator has to set one.")) from exc
    now = timezone.now()
    shape = _shape(entry, operation, params, source)
    job = Job(
        team=team,
        created_by=membership.user,
        request_key=request_key,
        provider=entry.provider.slug,
        model=entry.model.slug,
        operation=operation.slug,
        params=params.model_dump(mode="json"),
        prompt=_prompt_of(params, source),
        source=source,
        expected=source.job.expected if operation.repeats_source and source else operation.count,
        width=shape[0],
        height=shape[1],
        quote=price,
        due_at=now,
        deadline_at=now + timedelta(seconds=entry.model.deadline),
    )
    try:
        with transaction.atomic():
            job.save(force_insert=True)
            job.hold = billing.hold(team, price, key=f"job:{job.pk}:hold")
            job.save(update_fields=["hold"])
            record_event(job, EventKind.CREATED, held=price)
            # a wake-up that fails is no failure: the clock wakes the engine too
            transaction.on_commit(wake, robust=True)
    except IntegrityError:
        # another post of the same form was quicker
        known = Job.objects.filter(team=team, request_key=request_key).first()
        if known is None:
            raise
        return known, False
    return job, True


def read_prompt(entry: Entry, text: str) -> ReadPrompt:
    """A pasted prompt taken apart by its service's own rules."""
    return entry.provider.read_prompt(entry.model, text)


def entry_named_in(entry: Entry, text: str) -> Entry:
    """The model of the same service that the prompt's flags ask for, or `entry` when they name none."""
    named = read_prompt(entry, text).model
    return entry if named is None else Entry(entry.provider, entry.provider.model(named))


def cancel(job: Job, membership: Membership) -> bool:
    """Stops a job that has not been sent yet; its credits go back. False when it was too late."""
    with transaction.atomic():
        stopped = Job.objects.filter(pk=job.pk, team=membership.team, state=JobState.QUEUED).update(
            state=JobState.CANCELED, due_at=None, lease_until=None, claim="", finished_at=timezone.now(), cost=0
        )
        if not stopped:
            return False
        job.refresh_from_db()
        if job.hold is not None:
            billing.settle(job.hold, 0, note="canceled")
        record_event(job, EventKind.CANCELED, returned=job.quote)
    return True


def retry(job: Job, membership: Membership, request_key: str) -> Job:
    """The same request once more, as a job of its own. Raises what create_job() raises."""
    entry = catalog.entry_of(job)
    operation = entry.model.operation(job.operation)
    params = operation.params.model_validate(job.params)
    again, _created = create_job(
        membership=membership,
        entry=entry,
        operation=operation,
        params=params,
        request_key=request_key,
        source=job.source,
    )
    return again


def can_cancel(job: Job) -> bool:
    return job.state == JobState.QUEUED


def result_of(output: Output) -> Result:
    """An output as its service knows it, with its lineage at the same service."""
    job = output.job
    parent = None
    if job.source is not None and job.source.job.provider == job.provider:
        parent = result_of(job.source)
    return Result(
        remote_id=job.remote_id,
        index=output.index,
        model=job.model,
        operation=job.operation,
        params=job.params,
        kind=ProviderKind(output.asset.kind) if output.asset else ProviderKind.IMAGE,
        seed=job.seed,
        width=output.asset.width if output.asset else 0,
        height=output.asset.height if output.asset else 0,
        parent=parent,
    )


def follow_ups(output: Output) -> tuple[Operation, ...]:
    """What may be asked of this output, by its service's own rules."""
    if output.state != OutputState.DONE:
        return ()
    return catalog.entry_of(output.job).provider.follow_ups(result_of(output))


def record_event(job: Job, kind: EventKind, **data: Any) -> None:
    Event.objects.create(team_id=job.team_id, job_id=job.pk, kind=kind, data=data)


def _key_of_content(request_key: str, entry: Entry, operation: Operation, params: Params, source: Output | None) -> str:
    """The form's key together with what it asks for. The same form posted again is the same request; one
    whose answer was lost and that was changed before it was posted again is another."""
    content = [request_key, entry.key, operation.slug, params.model_dump_json(), str(source.pk if source else "")]
    return hashlib.sha256("\x1f".join(content).encode("utf-8", "replace")).hexdigest()


def _check_source(entry: Entry, operation: Operation, source: Output | None) -> None:
    if operation.needs is Needs.NOTHING:
        return
    if source is None or source.state != OutputState.DONE:
        raise CannotCreate(_("Choose a finished result first."))
    if operation.needs is Needs.OUTPUT:
        if operation.slug not in {item.slug for item in follow_ups(source)}:
            raise CannotCreate(_("The service does not offer this for this result."))
        if not source.job.remote_id:
            raise CannotCreate(_("The service no longer knows this result."))


def _prompt_of(params: Params, source: Output | None) -> str:
    own = str(getattr(params, "prompt", "") or "")
    return own or (source.job.prompt if source is not None else "")


def _shape(entry: Entry, operation: Operation, params: Params, source: Output | None) -> tuple[int, int]:
    """Width and height that the results are expected to have, to keep their place on the page."""
    if operation.needs is not Needs.NOTHING and source is not None and source.asset is not None:
        width, height = source.asset.width, source.asset.height
        direction, scale = getattr(params, "direction", None), float(getattr(params, "scale", 1) or 1)
        if direction in {"left", "right"}:
            width = round(width * scale)
        elif direction in {"up", "down"}:
            height = round(height * scale)
        return width, height
    return entry.provider.expected_size(params) or (1, 1)

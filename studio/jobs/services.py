"""What people do with jobs: ask for one, try again, stop one."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from providers.base import Kind as ProviderKind
from providers.base import Needs, Operation, ReadPrompt, Result
from providers.params import Params, Widget, read_fields
from providers.registry import PROVIDERS
from studio.accounts.models import Membership, Team
from studio.billing import services as billing
from studio.lib.words import said
from studio.media.models import Asset

from . import boards, catalog, library
from .catalog import Entry
from .files import start_problem, total_problem
from .forms import asset_ids, board_ids
from .models import Event, EventKind, Job, JobState, Output, OutputState
from .wakeup import wake

logger = logging.getLogger(__name__)

REQUEST_KEY = re.compile(r"^[A-Za-z0-9_-]{8,64}$")


class CannotCreate(Exception):
    """The job can't be made; `user_message` says why in plain words."""

    def __init__(self, user_message: str) -> None:
        self.user_message = user_message
        super().__init__(user_message)


@dataclass(frozen=True, slots=True)
class Start:
    """What an operation starts from: a file of the team, with the result that it is, if it is one."""

    asset: Asset
    output: Output | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An operation that may be asked of a start, with the model that it is asked of."""

    entry: Entry
    operation: Operation

    @property
    def key(self) -> str:
        return f"{self.entry.key}:{self.operation.slug}"


def quote(
    entry: Entry, operation: Operation, params: Params | Mapping[str, Any] | None, source: Output | None = None
) -> int:
    """Credits that this job costs at most. Raises billing.NoPrice."""
    if operation.repeats_source and source is not None:
        job = repeated_job(source)
        return billing.price(job.provider, job.model, job.operation, job.params)
    values = params.model_dump(mode="json") if isinstance(params, Params) else dict(params or {})
    if source is not None:
        values |= operation.inherited_values(result_of(source))
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
    source_asset: Asset | None = None,
) -> tuple[Job, bool]:
    """A queued job with its credits held, and whether it is new.

    `source_asset` is the file of an operation on any image or video; by default that of `source`.
    The same request key gives the same job: a repeated post neither asks nor holds twice. Raises
    CannotCreate, and billing.NotEnoughCredits with nothing left behind.
    """
    if not REQUEST_KEY.fullmatch(request_key):
        raise CannotCreate(_("This form is too old. Reload the page; what you typed is kept."))
    team = membership.team
    source_asset = _input_of(operation, source, source_asset)
    params = operation.inherited(params, result_of(source) if source is not None else None)
    request_key = _key_of_content(request_key, entry, operation, params, source, source_asset)
    known = Job.objects.filter(team=team, request_key=request_key).first()
    if known is not None:
        return known, False
    _check_source(team, entry, operation, source, source_asset)
    _check_together(operation, params, source_asset)
    try:
        price = quote(entry, operation, params, source)
    except billing.NoPrice as exc:
        raise CannotCreate(_("This has no price yet. An administrator has to set one.")) from exc
    now = timezone.now()
    shape = _shape(entry, operation, params, source.asset if source else source_asset)
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
        source_asset=source_asset,
        expected=source.job.expected if operation.repeats_source and source else operation.count_of(params),
        width=shape[0],
        height=shape[1],
        quote=price,
        due_at=now,
        deadline_at=now + timedelta(seconds=entry.model.deadline),
    )
    try:
        with transaction.atomic():
            _hold_files(job, operation)
            job.save(force_insert=True)
            job.hold = billing.hold(team, price, key=f"job:{job.pk}:hold")
            job.save(update_fields=["hold"])
            _want_boards(job, operation, params)
            _want_in_library(job, operation, params)
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


def short_of_credits(short: billing.NotEnoughCredits) -> str:
    return _("Not enough credits: %(needed)s needed, %(available)s left. Ask an admin of the team for more.") % {
        "needed": short.needed,
        "available": short.available,
    }


def mask_ids(job: Job) -> list[int]:
    """The assets of the masks that a job was given."""
    return asset_ids(job.params.get("mask") or ())


def read_prompt(entry: Entry, text: str) -> ReadPrompt:
    """A pasted prompt taken apart by its service's own rules."""
    return entry.provider.read_prompt(entry.model, text)


def entry_named_in(entry: Entry, text: str) -> Entry:
    """The model of the same service that the prompt's flags ask for, or `entry` when they name none."""
    named = read_prompt(entry, text).model
    return entry if named is None else Entry(entry.provider, entry.provider.model(named))


def cancel(job: Job, membership: Membership) -> bool:
    """Stops a job that has not been sent yet; its credits go back. One that waits at its service is to be stopped
    there: the engine asks, and the job is stopped or goes on. False when it was too late, or asked before."""
    if _ask_to_stop(job, membership):
        return True
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


def _ask_to_stop(job: Job, membership: Membership) -> bool:
    if not _cancels_there(job):
        return False
    now = timezone.now()
    waiting = Job.objects.filter(
        pk=job.pk, team=membership.team, state=JobState.RUNNING, queued_there=True, cancel_asked_at__isnull=True
    )
    with transaction.atomic():
        if not waiting.update(cancel_asked_at=now, due_at=now):
            return False
        job.refresh_from_db()
        record_event(job, EventKind.CANCEL_ASKED)
        transaction.on_commit(wake, robust=True)
    return True


def _cancels_there(job: Job) -> bool:
    try:
        return catalog.entry_of(job).model.cancels
    except LookupError:
        return False


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
        source_asset=job.source_asset,
    )
    return again


def can_cancel(job: Job) -> bool:
    """Whether it waits for its turn here, or at a service that lets go of what it has not begun."""
    return job.state == JobState.QUEUED or (job.waits_there and not job.is_stopping and _cancels_there(job))


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
    """What may be asked of this output as a result of its service, by the service's own rules."""
    if output.state != OutputState.DONE or output.trashed_at is not None:
        return ()
    try:
        return catalog.entry_of(output.job).provider.follow_ups(result_of(output))
    except LookupError:
        return ()


def offers(start: Start) -> list[Offer]:
    """What may be asked of a start: first what its own service allows of its result, then what any service
    does with any such file. An operation that several services have is named once, with the model nearest to the
    start; `models_for()` names the others."""
    found: list[Offer] = []
    own = None
    if start.output is not None:
        known = follow_ups(start.output)
        own = catalog.entry_of(start.output.job) if known else _entry_or_none(start.output.job)
        found += [Offer(own, operation) for operation in known if own is not None]
        if start.output.state != OutputState.DONE or start.output.trashed_at is not None:
            return found
    taken = {offer.operation.slug for offer in found}
    for offer in _for_any_file(start.asset.kind, own):
        if offer.operation.slug not in taken:
            taken.add(offer.operation.slug)
            found.append(offer)
    return found


def find_offer(start: Start, slug: str, model_key: str = "") -> Offer:
    """The offer of this operation, by the model of that key where several have it. Raises LookupError."""
    own = offers(start)
    if model_key:
        own += _for_any_file(start.asset.kind, None)
    for offer in own:
        if offer.operation.slug == slug and model_key in {"", offer.entry.key}:
            return offer
    raise LookupError(slug)


def models_for(start: Start, operation: Operation) -> list[Entry]:
    """The models that the same operation may be asked of, where it takes any file."""
    if operation.needs is Needs.OUTPUT:
        return []
    return [offer.entry for offer in _for_any_file(start.asset.kind, None) if offer.operation.slug == operation.slug]


def _for_any_file(kind: str, nearest: Entry | None) -> list[Offer]:
    entries = [Entry(provider, model) for provider in PROVIDERS for model in provider.models]
    if nearest is not None:
        entries.sort(key=lambda entry: (entry.provider.slug != nearest.provider.slug, entry.key != nearest.key))
    return [Offer(entry, operation) for entry in entries for operation in entry.model.for_any(ProviderKind(kind))]


def _entry_or_none(job: Job) -> Entry | None:
    try:
        return catalog.entry_of(job)
    except LookupError:
        return None


def load_lineage(outputs: Iterable[Output], known: Iterable[Output] = ()) -> None:
    """Fetches the sources of these outputs, theirs and so on: one query for each generation that is not
    among the `known`."""
    have = {output.pk: output for output in known}
    done: set[int] = set()
    generation = list(outputs)
    while generation:
        wanted = {output.job.source_id for output in generation if output.job.source_id} - set(have)
        if wanted:
            have |= Output.objects.select_related("job__source_asset", "asset").in_bulk(wanted)
        sources = []
        for output in generation:
            if output.job.source_id:
                output.job.source = have[output.job.source_id]
                sources.append(output.job.source)
        generation = [source for source in sources if source.pk not in done]
        done |= {source.pk for source in generation}


def record_event(job: Job, kind: EventKind, **data: Any) -> None:
    Event.objects.create(team_id=job.team_id, job_id=job.pk, kind=kind, data=data)


def _key_of_content(
    request_key: str,
    entry: Entry,
    operation: Operation,
    params: Params,
    source: Output | None,
    source_asset: Asset | None,
) -> str:
    """The form's key together with what it asks for. The same form posted again is the same request; one
    whose answer was lost and that was changed before it was posted again is another."""
    values = params.model_dump(mode="json")
    for spec in read_fields(type(params)):
        # a mask is uploaded with its form: posted again, it is the same pixels under another id
        if spec.widget is Widget.MASK:
            masks = Asset.objects.filter(pk__in=asset_ids(values[spec.name] or ()))
            values[spec.name] = list(masks.values_list("sha256", flat=True))
    start = source_asset.pk if source_asset is not None and source is None else source.pk if source else ""
    content = [request_key, entry.key, operation.slug, json.dumps(values, sort_keys=True), str(start)]
    return hashlib.sha256("\x1f".join(content).encode("utf-8", "replace")).hexdigest()


def _input_of(operation: Operation, source: Output | None, source_asset: Asset | None) -> Asset | None:
    if operation.needs not in {Needs.IMAGE, Needs.VIDEO}:
        return None
    return source_asset or (source.asset if source is not None else None)


def _check_source(
    team: Team, entry: Entry, operation: Operation, source: Output | None, source_asset: Asset | None
) -> None:
    if operation.needs is Needs.NOTHING:
        return
    if source is not None and source.state == OutputState.PURGED:
        raise CannotCreate(_("What this started from was deleted for good."))
    if source is not None and (source.state != OutputState.DONE or source.trashed_at is not None):
        raise CannotCreate(_("This result is in the trash. Restore it first."))
    if operation.needs is Needs.OUTPUT:
        if source is None:
            raise CannotCreate(_("Choose a finished result first."))
        if operation.slug not in {item.slug for item in follow_ups(source)}:
            raise CannotCreate(_("The service does not offer this for this result."))
        if not source.job.remote_id:
            raise CannotCreate(_("The service no longer knows this result."))
        return
    if source_asset is None or source_asset.team_id != team.pk:
        raise CannotCreate(_("Choose a picture or a video to start from."))
    problem = start_problem(source_asset, operation)
    if problem is not None:
        raise CannotCreate(said(problem))


def _check_together(operation: Operation, params: Params, source_asset: Asset | None) -> None:
    """The file that it starts from counts among those of its kind that are given beside it."""
    rule = operation.takes
    if source_asset is None or rule is None or rule.max_total_seconds is None:
        return
    beside = [
        pk
        for spec in read_fields(operation.params)
        if spec.media is not None and spec.media.kind == rule.kind
        for pk in asset_ids(getattr(params, spec.name))
    ]
    problem = total_problem([source_asset, *Asset.objects.filter(team=source_asset.team_id, pk__in=beside)], rule)
    if problem is not None:
        raise CannotCreate(said(problem))


def _hold_files(job: Job, operation: Operation) -> None:
    """Until the job is committed, nobody deletes the files that it refers to. Raises CannotCreate."""
    wanted = {
        pk
        for spec in read_fields(operation.params)
        if spec.widget in {Widget.MEDIA, Widget.MASK}
        for pk in asset_ids(job.params.get(spec.name) or ())
    }
    if job.source_asset_id is not None:
        wanted.add(job.source_asset_id)
    there = Asset.objects.select_for_update(no_key=True).filter(team=job.team_id, pk__in=wanted)
    if len(there.order_by("pk").values_list("pk", flat=True)) < len(wanted):
        raise CannotCreate(_("A file that this needs has been deleted. Take it out or choose another one."))


def _want_boards(job: Job, operation: Operation, params: Params) -> None:
    """The moodboards of the order are to be at the service before the order is."""
    ids = [
        pk
        for spec in read_fields(operation.params)
        if spec.widget is Widget.BOARDS
        for pk in board_ids(getattr(params, spec.name))
    ]
    if ids:
        account = catalog.enabled_accounts().get(job.provider)
        boards.want(job.team, job.provider, account, boards.find(job.team, ids))


def _want_in_library(job: Job, operation: Operation, params: Params) -> None:
    """The files of an order that goes through the service's library are to be in it before the order goes."""
    if library.is_through_library(operation, params):
        account = catalog.enabled_accounts().get(job.provider)
        library.want(job.provider, account, library.files_of(job, operation))


def _prompt_of(params: Params, source: Output | None) -> str:
    own = str(getattr(params, "prompt", "") or "")
    return own or (source.job.prompt if source is not None else "")


def _shape(entry: Entry, operation: Operation, params: Params, start: Asset | None) -> tuple[int, int]:
    """Width and height that the results are expected to have, to keep their place on the page."""
    canvas = getattr(params, "canvas_width", None), getattr(params, "canvas_height", None)
    if all(canvas):
        return int(canvas[0] or 0), int(canvas[1] or 0)
    if operation.needs is not Needs.NOTHING and start is not None:
        width, height = start.width, start.height
        direction, scale = getattr(params, "direction", None), float(getattr(params, "scale", 1) or 1)
        if direction not in {"up", "down"}:
            width = round(width * scale)
        if direction not in {"left", "right"}:
            height = round(height * scale)
        return width, height
    return entry.provider.expected_size(params) or (1, 1)

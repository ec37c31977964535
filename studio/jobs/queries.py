"""Jobs as pages show them. However much a team has, the number of queries stays the same; only a
result's lineage costs a query or two for each step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery, prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from providers.base import Kind, Model, Needs, Operation
from providers.params import FieldSpec, Widget, read_fields
from studio.accounts.models import Team, User
from studio.billing import services as billing
from studio.media.models import Asset, AssetKind
from studio.media.presenters import ImageView, image_view

from . import catalog, problems, services
from .catalog import Entry
from .models import Event, Job, JobState, Output, OutputState
from .services import Offer, Start


@dataclass(frozen=True, slots=True)
class Tile:
    """One place in a job's row. `kind`: image, waiting, running, rejected or failed."""

    kind: str
    index: int
    alt: str = ""
    output_id: int | None = None
    image: ImageView | None = None
    message: str = ""


@dataclass(frozen=True)
class JobCard:
    """A job as the feed draws it."""

    job: Job
    team_slug: str

    @property
    def id(self) -> int:
        return self.job.pk

    @property
    def prompt(self) -> str:
        return self.job.prompt

    @property
    def state(self) -> str:
        return self.job.state

    @property
    def is_live(self) -> bool:
        return self.job.is_live

    @cached_property
    def entry(self) -> Entry | None:
        try:
            return catalog.entry_of(self.job)
        except LookupError:
            return None

    @cached_property
    def operation(self) -> Operation | None:
        return next((o for o in self._model.operations if o.slug == self.job.operation), None) if self._model else None

    @property
    def _model(self) -> Model | None:
        return self.entry.model if self.entry else None

    @property
    def model_title(self) -> str:
        return self._model.title if self._model else f"{self.job.provider} {self.job.model}"

    @property
    def operation_label(self) -> str:
        return self.operation.label if self.operation else self.job.operation

    @property
    def is_start(self) -> bool:
        """Whether it began with a prompt alone and not with another result."""
        return self.job.source_id is None and self.job.source_asset_id is None

    @property
    def ratio(self) -> float:
        if self.job.width <= 1:
            # not known before it is there; videos are most often wide
            return 16 / 9 if self.makes == "video" else 1.0
        return self.job.width / self.job.height if self.job.height else 1.0

    @property
    def ratio_css(self) -> str:
        return f"{self.ratio:.4f}"

    @property
    def ratio_label(self) -> str:
        value = self.job.params.get("ratio")
        # "adaptive" tells nobody anything: the size does
        if isinstance(value, str) and any(sign.isdigit() for sign in value) and self.is_start:
            return value
        return f"{self.job.width} × {self.job.height}" if self.job.width > 1 else ""

    @cached_property
    def facts(self) -> list[str]:
        """What was asked beyond the defaults, in a few words each."""
        return [self._fact(spec, text) for spec, text in self._chosen() if spec.widget is not Widget.RATIO]

    @staticmethod
    def _fact(spec: FieldSpec, text: str) -> str:
        # "480p" and "8 s" speak for themselves
        says_it_all = spec.widget in {Widget.MEDIA, Widget.BOARDS} or (spec.options and text[:1].isdigit())
        return text if says_it_all else f"{_(spec.label).lower()} {text}"

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return [(_(spec.label), text) for spec, text in self._chosen()]

    @property
    def last_event(self) -> int:
        """The event up to which it is known: a page need not be told of it again."""
        return getattr(self.job, "last_event", None) or 0

    @property
    def kept_ids(self) -> list[tuple[str, str]]:
        """What the service keeps of it, with the ids by which a later job may name it."""
        kept = self.job.snapshot.get("kept", {})
        labels = self.entry.provider.kept_ids if self.entry is not None else {}
        return [(_(label), " ".join(kept[name])) for name, label in labels.items() if name in kept]

    def _chosen(self) -> Iterable[tuple[FieldSpec, str]]:
        if self.operation is None:
            return
        for spec in read_fields(self.operation.params):
            value = self.job.params.get(spec.name)
            if (
                spec.widget in {Widget.PROMPT, Widget.HIDDEN, Widget.SEED, Widget.MASK}
                or value in (None, "", [], ())
                or value == spec.default
                # it says nothing without the file that it belongs to
                or (spec.belongs_to and not self.job.params.get(spec.belongs_to))
            ):
                continue
            yield spec, _shown(spec, value)

    @property
    def seed(self) -> int | None:
        return self.job.seed

    @property
    def person_name(self) -> str:
        return str(self.job.created_by)

    @property
    def person_initials(self) -> str:
        return self.job.created_by.initials

    @property
    def created_at(self) -> datetime:
        return self.job.created_at

    @property
    def started_at(self) -> datetime:
        """When the waiting began that people see: when it was sent, or else when it was asked for."""
        return self.job.submitted_at or self.job.created_at

    @property
    def usual_seconds(self) -> float:
        if self.operation is None:
            return 60.0
        return catalog.usual_seconds(self.job.provider, self.job.model, self.operation)

    @property
    def progress(self) -> float | None:
        return self.job.progress

    @property
    def quote(self) -> int:
        return self.job.quote

    @property
    def cost(self) -> int | None:
        return self.job.cost

    @property
    def returned(self) -> int:
        return self.job.quote - self.job.cost if self.job.cost is not None else 0

    @property
    def expected(self) -> int:
        return self.job.expected

    @cached_property
    def outputs(self) -> list[Output]:
        return list(self.job.outputs.all())

    @property
    def delivered(self) -> int:
        return sum(output.state == OutputState.DONE for output in self.outputs)

    @property
    def is_partial(self) -> bool:
        return self.state == JobState.SUCCEEDED and self.delivered < len(self.outputs)

    @property
    def is_late(self) -> bool:
        """A result that came after we had given up on it, kept at no charge."""
        return self.state == JobState.FAILED and self.delivered > 0

    @property
    def problem(self) -> str:
        if self.state == JobState.FAILED:
            return problems.said(self.job.error_message) if self.job.error_message else _("The service failed.")
        return ""

    @property
    def nothing_charged(self) -> bool:
        return self.state in {JobState.FAILED, JobState.CANCELED} and not self.job.cost

    @property
    def can_cancel(self) -> bool:
        return services.can_cancel(self.job)

    @property
    def waits_there(self) -> bool:
        """Whether its service has taken it and not begun with it."""
        return self.job.waits_there

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked to stop it and its service has not answered yet."""
        return self.job.is_stopping

    @property
    def is_tried_again(self) -> bool:
        """Whether the service would not take it yet."""
        return self.state == JobState.QUEUED and self.job.attempts > 0

    @property
    def state_label(self) -> str:
        """The state in words, as its service sees it."""
        if self.is_stopping:
            return _("Stopping")
        if self.waits_there:
            return _("Queued at the service")
        if self.is_tried_again:
            return _("The service was busy; trying again")
        return str(JobState(self.state).label)

    @property
    def can_retry(self) -> bool:
        return self.state in {JobState.FAILED, JobState.CANCELED} and not self.delivered and self.operation is not None

    @property
    def source_output_id(self) -> int | None:
        return self.job.source_id

    @property
    def source_thumb(self) -> ImageView | None:
        asset = self.job.source.asset if self.job.source is not None else self.job.source_asset
        return image_view(asset, self.team_slug) if asset is not None else None

    @property
    def makes(self) -> str:
        return (self.operation.makes if self.operation else Kind.IMAGE).value

    @cached_property
    def tiles(self) -> list[Tile]:
        if self.outputs:
            return [self._tile(output) for output in self.outputs]
        if not self.is_live:
            return []
        waits = self.state in {JobState.QUEUED, JobState.SUBMITTING} or self.waits_there
        kind = "waiting" if waits else "running"
        return [Tile(kind, index) for index in range(self.expected)]

    def _tile(self, output: Output) -> Tile:
        if output.state == OutputState.DONE and output.asset is not None:
            number = {"prompt": self.prompt[:200], "number": output.index + 1}
            if output.asset.kind == AssetKind.VIDEO:
                alt = _("%(prompt)s, video %(number)s") % number if self.prompt else _("Video %(number)s") % number
            elif output.asset.kind == AssetKind.AUDIO:
                alt = _("%(prompt)s, sound %(number)s") % number if self.prompt else _("Sound %(number)s") % number
            else:
                alt = _("%(prompt)s, image %(number)s") % number if self.prompt else _("Image %(number)s") % number
            return Tile("image", output.index, alt, output.pk, image_view(output.asset, self.team_slug))
        kind = "rejected" if output.state == OutputState.REJECTED else "failed"
        return Tile(kind, output.index, output_id=output.pk, message=_(output.message) if output.message else "")


@dataclass(frozen=True, slots=True)
class FeedPage:
    cards: list[JobCard]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class Action:
    """Something that may be asked of a start; `model` is the key of the model that it is asked of."""

    slug: str
    model: str
    label: str
    icon: str
    help: str
    has_form: bool
    #: it belongs into the editor
    is_drawn: bool
    #: it is asked of the result by its service's own rules, not of any file
    is_own: bool
    makes: str
    price: int | None


def jobs_of(team: Team) -> QuerySet[Job]:
    outputs = Output.objects.filter(trashed_at__isnull=True).select_related("asset").order_by("index")
    events = Event.objects.filter(job=OuterRef("pk")).order_by("-id").values("id")
    return (
        Job.objects.filter(team=team, deleted_at__isnull=True)
        # of the same moment as the job itself
        .annotate(last_event=Subquery(events[:1]))
        .select_related("created_by", "source__asset", "source_asset")
        .prefetch_related(Prefetch("outputs", outputs))
    )


def cards_of(jobs: Iterable[Job], team: Team) -> list[JobCard]:
    """Cards with every rendition they draw, fetched at once for results and sources alike."""
    cards = [JobCard(job, team.slug) for job in jobs]
    outputs = [output for card in cards for output in (*card.outputs, card.job.source)]
    files = [output.asset for output in outputs if output and output.asset]
    files += [card.job.source_asset for card in cards if card.job.source_asset]
    prefetch_related_objects(files, "renditions")
    return cards


def feed(team: Team, *, before: int | None = None, limit: int = 12) -> FeedPage:
    """The team's jobs, newest first; `before` is the id to continue below."""
    jobs = jobs_of(team).order_by("-id")
    if before is not None:
        jobs = jobs.filter(pk__lt=before)
    rows = list(jobs[: limit + 1])
    return FeedPage(cards_of(rows[:limit], team), rows[limit - 1].pk if len(rows) > limit else None)


def card(team: Team, job_id: int) -> JobCard:
    """Raises Job.DoesNotExist for another team's job."""
    return cards_of([jobs_of(team).get(pk=job_id)], team)[0]


def find_output(team: Team, output_id: int) -> Output:
    """Raises Output.DoesNotExist for another team's output."""
    return Output.objects.select_related("job__source__job__source", "job__created_by", "asset").get(
        pk=output_id, job__team=team
    )


def recent_prompts(team: Team, user: User, limit: int = 20) -> list[str]:
    """The person's latest prompts, each once, newest first."""
    own = Job.objects.filter(team=team, created_by=user, source__isnull=True).exclude(prompt="")
    latest = own.order_by("-id").values_list("prompt", flat=True)[: limit * 4]
    return list(dict.fromkeys(latest))[:limit]


def last_event_id(team: Team) -> int:
    latest = Event.objects.filter(team=team).order_by("-id").values_list("id", flat=True).first()
    return latest or 0


def start_of(team: Team, *, output_id: int | None = None, asset_id: int | None = None) -> Start:
    """What an operation may start from. Raises Output.DoesNotExist or Asset.DoesNotExist for what is another
    team's or has no file."""
    if output_id is not None:
        output = find_output(team, output_id)
        if output.asset is None:
            raise Output.DoesNotExist
        return Start(output.asset, output)
    if asset_id is None:
        raise Asset.DoesNotExist
    return Start(Asset.objects.exclude(origin="mask").get(pk=asset_id, team=team))


def actions(start: Start) -> list[Action]:
    """Exactly what may be asked of this start: its service's own follow-ups, then what takes any such file."""
    found = services.offers(start)
    books = billing.price_books({offer.entry.provider.slug for offer in found})
    return [
        Action(
            slug=offer.operation.slug,
            model=offer.entry.key,
            label=offer.operation.label,
            icon=offer.operation.icon,
            help=offer.operation.help,
            has_form=any(spec.widget is not Widget.HIDDEN for spec in read_fields(offer.operation.params)),
            is_drawn=offer.operation.is_drawn,
            is_own=offer.operation.needs is Needs.OUTPUT,
            makes=offer.operation.makes.value,
            price=price_of(books[offer.entry.provider.slug], offer, start.output),
        )
        for offer in found
    ]


def fields_of(operation: Operation) -> tuple[FieldSpec, ...]:
    return read_fields(operation.params)


def price_of(book: billing.PriceBook, offer: Offer, output: Output | None) -> int | None:
    """The price with every parameter as it is offered."""
    operation = offer.operation
    try:
        if operation.repeats_source and output is not None:
            repeated = services.repeated_job(output)
            return book.price(repeated.model, repeated.operation, repeated.params)
        return book.price(offer.entry.model.slug, operation.slug, _as_offered(offer, output))
    except billing.NoPrice:
        return None


def pricing_of(
    book: billing.PriceBook, offer: Offer, output: Output | None, chosen: Iterable[str]
) -> dict[str, Any] | None:
    """The same price as a page counts it while the parameters `chosen` change: `unit` credits times a factor
    for the value of each, rounded up. None where there is no price."""
    names = set(chosen)
    fixed = {name: value for name, value in _as_offered(offer, output).items() if name not in names}
    try:
        unit = book.exact(offer.entry.model.slug, offer.operation.slug, fixed)
    except billing.NoPrice:
        return None
    tables = {name: book.factors_of(name) for name in names}
    return {
        "unit": float(unit),
        "factors": {name: {value: float(f) for value, f in table.items()} for name, table in tables.items() if table},
    }


def _as_offered(offer: Offer, output: Output | None) -> dict[str, Any]:
    values = {spec.name: spec.default for spec in read_fields(offer.operation.params)}
    if output is not None:
        values |= offer.operation.inherited_values(services.result_of(output))
    return values


def _shown(spec: FieldSpec, value: Any) -> str:
    if spec.widget is Widget.SWITCH:
        return _("on") if value else _("off")
    if spec.media is not None and spec.media.kind == "video":
        return ngettext("%(count)s video", "%(count)s videos", len(value)) % {"count": len(value)}
    if spec.media is not None and spec.media.kind == "audio":
        return ngettext("%(count)s recording", "%(count)s recordings", len(value)) % {"count": len(value)}
    if spec.widget is Widget.MEDIA:
        return ngettext("%d image", "%d images", len(value)) % len(value)
    if spec.widget is Widget.BOARDS:
        return ngettext("%d moodboard", "%d moodboards", len(value)) % len(value)
    for option in spec.options:
        if option.value == value:
            return _(option.label)
    return f"{value:g}" if isinstance(value, float) else str(value)

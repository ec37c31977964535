"""The wall: what is on it, page by page, and what stands beside it. However much a team has, a page asks the
same number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from django.db.models import Count, F, Q, QuerySet, prefetch_related_objects
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from studio.accounts.models import Team, User
from studio.jobs.filters import JobFilters
from studio.jobs.models import Job, Output, OutputState
from studio.lib.ids import read_id
from studio.lib.words import day_label
from studio.media.models import Asset, AssetKind
from studio.media.presenters import ImageView, image_view

from .models import Collection, CollectionItem, Favourite

PAGE = 60
#: so many jobs and fewer are looked up by their ids; more are met soon enough on the way down the wall
RARE = 400
#: figures beside the wall stop here: counting further would take longer the more there is
MOST_COUNTED = 10_000
#: a row of the wall stays a row: wider and taller pictures are cropped there
NARROWEST, WIDEST = 0.4, 3.2
MONTHS_SHOWN = 36
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SHAPES = ("portrait", "landscape", "square")


@dataclass(frozen=True)
class WallFilters(JobFilters):
    kind: str = ""
    shape: str = ""
    starred: bool = False
    collection: int | None = None

    NAMES: ClassVar[tuple[str, ...]] = (*JobFilters.NAMES, "kind", "shape", "starred", "collection")

    @classmethod
    def values(cls, raw: dict[str, str], problems: dict[str, str]) -> dict[str, Any]:
        kind, shape, collection = raw.get("kind", ""), raw.get("shape", ""), raw.get("collection", "")
        if kind not in ("", *AssetKind.values):
            problems["kind"] = _("Choose images, videos or sounds.")
        if shape not in ("", *SHAPES):
            problems["shape"] = _("Choose portrait, landscape or square.")
        return {
            **super().values(raw, problems),
            "kind": kind,
            "shape": shape,
            "starred": "starred" in raw,
            "collection": _collection(collection),
        }

    def labels(self, team: Team) -> Iterable[tuple[str, str]]:
        yield from super().labels(team)
        if "kind" in self.raw:
            named: dict[str, str] = {AssetKind.VIDEO: _("Videos"), AssetKind.AUDIO: _("Sounds")}
            yield "kind", named.get(self.kind, _("Images"))
        if "shape" in self.raw:
            yield "shape", shape_label(self.shape)
        if self.starred:
            yield "starred", _("Starred by you")
        if self.collection is not None:
            name = Collection.objects.filter(team=team, pk=self.collection, deleted_at__isnull=True)
            yield "collection", name.values_list("name", flat=True).first() or _("A collection that is gone")


def _collection(text: str) -> int | None:
    """What is no collection's number shows nothing rather than everything."""
    if not text:
        return None
    pk = read_id(text)
    return -1 if pk is None else pk


def shape_label(shape: str) -> str:
    return {"portrait": _("Portrait"), "landscape": _("Landscape"), "square": _("Square")}.get(shape, shape)


@dataclass(frozen=True, slots=True)
class WallTile:
    """A result on the wall; `ratio` is written for CSS, `day` heads it where it is the first of its day."""

    output_id: int
    job_id: int
    alt: str
    prompt: str
    image: ImageView
    ratio: str
    day: date
    day_label: str
    begins_day: bool
    is_starred: bool

    @property
    def month(self) -> str:
        return f"{self.day:%Y-%m}"

    @property
    def sizes(self) -> str:
        """How wide it is drawn, for browsers to choose a rendition by: its ratio times a row's height."""
        return f"calc({self.ratio} * max(120px, min(15vw, 216px)))"


@dataclass(frozen=True, slots=True)
class WallPage:
    tiles: list[WallTile]
    #: continue below this id
    next_before: int | None
    #: continue above this id, where the page is not the top of the wall
    next_after: int | None


@dataclass(frozen=True, slots=True)
class CollectionView:
    id: int
    name: str
    cover: ImageView | None


@dataclass(frozen=True, slots=True)
class Month:
    value: str
    label: str
    is_year: bool


def outputs_on_wall(team: Team) -> QuerySet[Output]:
    return Output.objects.filter(team=team, state=OutputState.DONE, trashed_at__isnull=True, asset__isnull=False)


def outputs_in_trash(team: Team) -> QuerySet[Output]:
    # a comparison, and not only "is not null", leads SQLite to the index of the trash
    trashed = Output.objects.filter(team=team, trashed_at__isnull=False, trashed_at__gt=EPOCH)
    return trashed.filter(state=OutputState.DONE, asset__isnull=False)


def found(team: Team, user: User, filters: WallFilters) -> QuerySet[Output]:
    """The finished results that pass the filters, in no order."""
    outputs = outputs_on_wall(team).filter(job__deleted_at__isnull=True)
    if filters.problems:
        return outputs.none()
    jobs = filters.jobs()
    if jobs:
        rare = list(Job.objects.filter(jobs, team=team).values_list("pk", flat=True)[: RARE + 1])
        if len(rare) > RARE:
            outputs = outputs.filter(filters.jobs("job__"))
        else:
            # by their own ids: SQLite would rather go down the whole wall than begin with the jobs
            outputs = outputs.filter(pk__in=list(Output.objects.filter(job__in=rare).values_list("pk", flat=True)))
    if filters.since or filters.until:
        outputs = outputs.filter(filters.days())
    if filters.kind:
        outputs = outputs.filter(asset__kind=filters.kind)
    if filters.shape:
        outputs = outputs.filter(_of_shape(filters.shape))
    if filters.starred:
        outputs = outputs.filter(pk__in=Favourite.objects.filter(user=user).values("output"))
    if filters.collection is not None:
        items = CollectionItem.objects.filter(
            collection=filters.collection, collection__team=team, collection__deleted_at__isnull=True
        )
        outputs = outputs.filter(pk__in=items.values("output"))
    return outputs


def _of_shape(shape: str) -> Q:
    """A picture within 5 % of a square is one; a sound has no shape."""
    wide, tall = Q(asset__width__gt=F("asset__height") * 1.05), Q(asset__height__gt=F("asset__width") * 1.05)
    return {"landscape": wide, "portrait": tall}.get(shape, ~wide & ~tall & Q(asset__width__gt=0))


def wall(
    team: Team,
    user: User,
    outputs: QuerySet[Output],
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> WallPage:
    """A page of these results, newest first: those below `before`, or those next above `after`."""
    rows = outputs.select_related("job", "asset").defer("job__snapshot", "job__params", "job__service_cost")
    if after is not None:
        taken = list(rows.filter(pk__gt=after).order_by("pk")[: limit + 1])
        more_above, page = len(taken) > limit, list(reversed(taken[:limit]))
        below = page[-1].pk if page else after + 1
        return WallPage(tiles_of(page, team, user), below, page[0].pk if more_above else None)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows.order_by("-pk")[: limit + 1])
    more = len(page) > limit
    page = page[:limit]
    above = page[0].pk if page and before is not None else None
    return WallPage(tiles_of(page, team, user), page[-1].pk if more else None, above)


def tiles_of(outputs: Sequence[Output], team: Team, user: User) -> list[WallTile]:
    prefetch_related_objects([output.asset for output in outputs if output.asset], "renditions")
    starred = set(
        Favourite.objects.filter(user=user, output__in=[output.pk for output in outputs]).values_list(
            "output_id", flat=True
        )
    )
    tiles: list[WallTile] = []
    for output in outputs:
        assert output.asset is not None
        day = timezone.localdate(output.created_at)
        tiles.append(
            WallTile(
                output_id=output.pk,
                job_id=output.job_id,
                alt=_alt(output, output.asset),
                prompt=output.job.prompt,
                image=image_view(output.asset, team.slug),
                ratio=_ratio(output.asset),
                day=day,
                day_label=day_label(day, with_weekday=True),
                begins_day=not tiles or tiles[-1].day != day,
                is_starred=output.pk in starred,
            )
        )
    return tiles


def _alt(output: Output, asset: Asset) -> str:
    values = {"prompt": output.job.prompt[:200], "number": output.index + 1}
    if asset.kind == AssetKind.VIDEO:
        return _("%(prompt)s, video %(number)s") % values if output.job.prompt else _("Video %(number)s") % values
    if asset.kind == AssetKind.AUDIO:
        return _("%(prompt)s, sound %(number)s") % values if output.job.prompt else _("Sound %(number)s") % values
    return _("%(prompt)s, image %(number)s") % values if output.job.prompt else _("Image %(number)s") % values


def _ratio(asset: Asset) -> str:
    ratio = asset.width / asset.height if asset.height else 1.0
    return f"{min(max(ratio, NARROWEST), WIDEST):.4f}"


# ── beside the wall ──────────────────────────────────


def count(outputs: QuerySet[Output]) -> int:
    """How many, MOST_COUNTED + 1 standing for more."""
    return outputs.order_by()[: MOST_COUNTED + 1].count()


def counts(team: Team, user: User) -> dict[str, int]:
    starred = Favourite.objects.filter(
        user=user, output__team=team, output__state=OutputState.DONE, output__trashed_at__isnull=True
    )
    return {
        "everything": count(outputs_on_wall(team)),
        "starred": starred[: MOST_COUNTED + 1].count(),
        "trash": count(outputs_in_trash(team)),
    }


def collections(team: Team) -> list[CollectionView]:
    """By name, with the covers that people chose."""
    rows = Collection.objects.filter(team=team, deleted_at__isnull=True).select_related("cover__asset")
    listed = list(rows.order_by("name", "pk"))
    shown = [row.cover.asset if row.cover and row.cover.trashed_at is None else None for row in listed]
    prefetch_related_objects([asset for asset in shown if asset], "renditions")
    return [
        CollectionView(row.pk, row.name, image_view(asset, team.slug) if asset else None)
        for row, asset in zip(listed, shown, strict=True)
    ]


def collection_counts(team: Team) -> dict[int, int]:
    rows = CollectionItem.objects.filter(
        collection__team=team,
        collection__deleted_at__isnull=True,
        output__state=OutputState.DONE,
        output__trashed_at__isnull=True,
    )
    return dict(rows.values_list("collection").annotate(count=Count("pk")))


def months(team: Team) -> list[Month]:
    """Months from the newest result to the oldest, evenly thinned where there are very many."""
    outputs = outputs_on_wall(team)
    newest = outputs.order_by("-pk").values_list("created_at", flat=True).first()
    oldest = outputs.order_by("pk").values_list("created_at", flat=True).first()
    if newest is None or oldest is None:
        return []
    last, first = timezone.localdate(newest), timezone.localdate(oldest)
    number, end = last.year * 12 + last.month - 1, first.year * 12 + first.month - 1
    step = 1 + (number - end) // MONTHS_SHOWN
    listed = [date(value // 12, value % 12 + 1, 1) for value in range(number, end - 1, -step)]
    return [
        Month(f"{day:%Y-%m}", formats.date_format(day, "M"), index > 0 and listed[index - 1].year != day.year)
        for index, day in enumerate(listed)
    ]


def cursor_of_month(outputs: QuerySet[Output], text: str) -> int | None:
    """The id below which the results of that month ("2026-11") and older ones lie; None for no month."""
    try:
        first = date.fromisoformat(f"{text}-01")
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        end = timezone.make_aware(datetime(following.year, following.month, 1))
    except (ValueError, OverflowError):
        return None
    newest = outputs.filter(created_at__lt=end).order_by("-pk").values_list("pk", flat=True).first()
    return newest + 1 if newest is not None else None


def selected(team: Team, ids: Iterable[int], *, trash: bool = False) -> list[int]:
    """Those of the ids that are the team's and on the wall, or in the trash, in their order on the wall."""
    outputs = outputs_in_trash(team) if trash else outputs_on_wall(team)
    return list(outputs.filter(pk__in=set(ids)).order_by("-pk").values_list("pk", flat=True))

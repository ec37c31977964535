"""What the pages of moodboards show."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _

from studio.accounts.models import Team
from studio.jobs import boards as copies
from studio.jobs.models import Output, OutputState
from studio.media.models import Asset, ImportState, Origin, UrlImport
from studio.media.presenters import ImageView, image_view

from . import services
from .models import BoardImport, BoardItem, Moodboard

BOARDS_A_PAGE = 48
THUMBS = 4
CHOICES = 100
#: what was taken off is kept at least so long
UNDO = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BoardCard:
    board: Moodboard
    count: int
    thumbs: list[ImageView]


@dataclass(frozen=True, slots=True)
class BoardWall:
    cards: list[BoardCard]
    #: where the next page begins, or ""
    older: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """A picture or a note as it stands on the board."""

    id: int
    note: str
    added_by: str
    added_at: datetime
    image: ImageView | None = None
    #: the result that the picture is, if it is one
    output_id: int | None = None
    is_cover: bool = False

    @property
    def alt(self) -> str:
        return (self.image.name if self.image else "") or self.note or _("Picture")

    @property
    def mark(self) -> str:
        """Changes when the item is to be drawn anew."""
        told = f"{self.note}\0{self.is_cover}\0{self.output_id}\0{self.alt}"
        return hashlib.sha256(told.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Fetching:
    """A picture on its way from an address; `problem` says why it does not come."""

    id: int
    url: str
    problem: str


@dataclass(frozen=True, slots=True)
class BoardView:
    board: Moodboard
    items: list[ItemView]
    fetching: list[Fetching]
    standings: list[copies.Standing]
    has_colors_to_draw: bool
    limit: int = services.MAX_PICTURES

    @property
    def count(self) -> int:
        return sum(item.image is not None for item in self.items)

    @property
    def is_busy(self) -> bool:
        """Whether it changes by itself in a moment."""
        on_the_way = any(not row.problem for row in self.fetching)
        return on_the_way or self.has_colors_to_draw or any(row.state == "waiting" for row in self.standings)

    @property
    def stamp(self) -> str:
        """The same as long as the page would look the same."""
        told = repr((self.board.updated_at, self.board.palette, self.fetching, self.standings, len(self.items)))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Choice:
    """A board that pictures may be put on: `has` is "all" of them, "some" or "none"."""

    board: Moodboard
    count: int
    has: str
    thumb: ImageView | None = field(default=None)


def boards_of(team: Team) -> QuerySet[Moodboard]:
    return Moodboard.objects.filter(team=team, deleted_at=None).select_related("team", "created_by")


def pictures_among(asset_ids: set[int]) -> set[int]:
    """Those of these assets that stand on a board, or stood there a moment ago: that may be undone."""
    there = Q(removed_at=None) | Q(removed_at__gt=timezone.now() - UNDO)
    return set(BoardItem.objects.filter(there, asset__in=asset_ids).values_list("asset_id", flat=True))


def find_board(team: Team, pk: int) -> Moodboard:
    """Raises Moodboard.DoesNotExist."""
    return boards_of(team).get(pk=pk)


def find_item(board: Moodboard, pk: int) -> BoardItem:
    """Raises BoardItem.DoesNotExist."""
    return BoardItem.objects.select_related("asset", "added_by").get(pk=pk, board=board, removed_at=None)


def wall(team: Team, before: tuple[datetime, int] | None = None) -> BoardWall:
    """The team's boards, the latest changed first."""
    rows = boards_of(team).annotate(count=_count()).order_by("-updated_at", "-id")
    if before is not None:
        moment, pk = before
        rows = rows.filter(Q(updated_at__lt=moment) | Q(updated_at=moment, pk__lt=pk))
    found = list(rows[: BOARDS_A_PAGE + 1])
    shown = found[:BOARDS_A_PAGE]
    thumbs = _thumbs(shown, team)
    cards = [BoardCard(board, board.count, thumbs[board.pk]) for board in shown]
    last = shown[-1] if len(found) > BOARDS_A_PAGE else None
    return BoardWall(cards, f"{last.updated_at.isoformat()}~{last.pk}" if last else "")


def _count() -> Count:
    return Count("items", filter=Q(items__removed_at=None, items__asset__isnull=False))


def _thumbs(boards: Sequence[Moodboard], team: Team, number: int = THUMBS) -> dict[int, list[ImageView]]:
    """The first pictures of each board, its cover before all others. Three queries, however many boards."""
    covers = [board.cover_id for board in boards if board.cover_id]
    first = BoardItem.objects.filter(board__in=boards, removed_at=None, asset__isnull=False).annotate(
        rank=Window(RowNumber(), partition_by=F("board"), order_by=["position", "id"])
    )
    rows = list(first.filter(Q(rank__lte=number)).values_list("board", "asset", "pk"))
    rows += BoardItem.objects.filter(pk__in=covers, removed_at=None, asset__isnull=False).values_list(
        "board", "asset", "pk"
    )
    assets = Asset.objects.prefetch_related("renditions").in_bulk({asset for _board, asset, _pk in rows})
    found: dict[int, list[ImageView]] = defaultdict(list)
    for board, asset, _pk in sorted(rows, key=lambda row: row[2] not in covers):
        view = image_view(assets[asset], team.slug)
        if len(found[board]) < number and view not in found[board]:
            found[board].append(view)
    return found


def board_view(board: Moodboard) -> BoardView:
    items = items_of(board)
    asked = BoardImport.objects.filter(board=board).select_related("url_import").order_by("pk")
    fetching = [Fetching(row.pk, row.url_import.url, _why_not(row.url_import)) for row in asked]
    undrawn = BoardItem.objects.filter(board=board, removed_at=None, asset__isnull=False, colors__isnull=True).exists()
    return BoardView(board, items, fetching, copies.standings(board.team, board.pk, board.version), undrawn)


def _why_not(asked: UrlImport) -> str:
    """Why a picture does not come; empty while it may. What has been fetched and is no item found no place."""
    if asked.state != ImportState.DONE:
        return asked.problem
    return _("The board was full when this picture came. Take one off, then add it again.")


def items_of(board: Moodboard, *, only: int | None = None) -> list[ItemView]:
    """Everything on the board in its order. Four queries, however much that is."""
    rows = BoardItem.objects.filter(board=board, removed_at=None).select_related("asset", "added_by")
    found = list((rows.filter(pk=only) if only else rows).prefetch_related("asset__renditions"))
    outputs = dict(
        Output.objects.filter(
            asset__in=[item.asset_id for item in found if item.asset_id],
            team=board.team,
            state=OutputState.DONE,
            trashed_at=None,
        ).values_list("asset_id", "pk")
    )
    return [
        ItemView(
            id=item.pk,
            note=item.note,
            added_by=item.added_by.get_short_name(),
            added_at=item.added_at,
            image=image_view(item.asset, board.team.slug) if item.asset else None,
            output_id=outputs.get(item.asset_id or 0),
            is_cover=item.pk == board.cover_id,
        )
        for item in found
    ]


def neighbours(board: Moodboard, item_id: int) -> tuple[int | None, int | None]:
    """The items before and after one."""
    order = list(BoardItem.objects.filter(board=board, removed_at=None).values_list("pk", flat=True))
    at = order.index(item_id)
    return (order[at - 1] if at else None), (order[at + 1] if at + 1 < len(order) else None)


def choices(team: Team, asset_ids: Sequence[int]) -> list[Choice]:
    """The boards, each with whether these pictures are on it."""
    wanted = set(asset_ids)
    rows = list(boards_of(team).annotate(count=_count()).order_by("-updated_at", "-id")[:CHOICES])
    there: dict[int, set[int]] = defaultdict(set)
    on = BoardItem.objects.filter(board__in=rows, asset__in=wanted, removed_at=None)
    for board_id, asset_id in on.values_list("board", "asset"):
        there[board_id].add(asset_id or 0)
    thumbs = _thumbs(rows, team, 1)
    return [
        Choice(
            board,
            board.count,
            "none" if not there[board.pk] else "all" if there[board.pk] >= wanted else "some",
            next(iter(thumbs[board.pk]), None),
        )
        for board in rows
    ]


def pictures_of(team: Team, asset_ids: Iterable[int]) -> list[Asset]:
    """The team's own files among these, in the order asked for."""
    wanted = list(dict.fromkeys(asset_ids))
    found = Asset.objects.filter(team=team).exclude(origin=Origin.MASK).prefetch_related("renditions").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def views_of(team: Team, assets: Iterable[Asset]) -> list[ImageView]:
    return [image_view(asset, team.slug) for asset in assets]


def assets_of_results(team: Team, output_ids: Sequence[int]) -> list[int]:
    """The files of results, in the order asked for."""
    found = dict(Output.objects.filter(team=team, pk__in=output_ids, asset__isnull=False).values_list("pk", "asset"))
    return [found[pk] for pk in output_ids if pk in found]


def infos(team: Team, ids: Sequence[int]) -> list[copies.BoardInfo]:
    """The boards as jobs know them, in the order asked for."""
    found = {board.pk: board for board in boards_of(team).filter(pk__in=ids)}
    covers = _thumbs(list(found.values()), team, 1)
    pictures: dict[int, list[int]] = defaultdict(list)
    on = BoardItem.objects.filter(board__in=found.values(), removed_at=None, asset__isnull=False)
    for board_id, asset_id in on.values_list("board", "asset"):
        pictures[board_id].append(asset_id or 0)
    return [
        copies.BoardInfo(
            id=board.pk,
            name=board.name,
            description=board.description,
            asset_ids=tuple(pictures[board.pk]),
            version=board.version,
            cover=next(iter(covers[board.pk]), None),
        )
        for board in (found[pk] for pk in dict.fromkeys(ids) if pk in found)
    ]

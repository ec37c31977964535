"""Making moodboards and changing what is on them.

Each change begins with an UPDATE of the board's row: it finds out whether the board is still there, and
makes changes of the same board wait for one another. A change of the pictures raises `version` and tells
the services' copies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F, Max, Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from studio.accounts.models import Membership, Team, User
from studio.jobs import boards as copies
from studio.jobs.models import ServiceBoard
from studio.jobs.wakeup import wake
from studio.lib.words import one_line, visible
from studio.media.models import Asset, AssetKind, ImportState, Origin, UrlImport
from studio.media.problems import MediaProblem
from studio.media.services import receive_upload, request_url_import

from . import palette
from .models import DESCRIPTION_LENGTH, NAME_LENGTH, NOTE_LENGTH, BoardImport, BoardItem, Moodboard

MAX_PICTURES = 500
MAX_NOTES = 100
MAX_FILES = 20
#: room between neighbours: ten drags to the same place before places are dealt out anew
GAP = 1024
#: pictures whose colours are drawn at once; the others follow when the board is looked at
DRAWN_AT_ONCE = 8
PURGED_AT_ONCE = 100

Direction = Literal["earlier", "later", "start", "end"]


class BoardProblem(Exception):
    """Why something can't be done, in the language of now; `field` is where it belongs, if anywhere."""

    def __init__(self, user_message: str, field: str = "") -> None:
        super().__init__(user_message)
        self.user_message = user_message
        self.field = field


class BoardGone(BoardProblem):
    def __init__(self) -> None:
        super().__init__(_("This moodboard has been deleted."))


@dataclass
class Added:
    """What came of adding: the items, how many were there before, and what could not be taken, with why."""

    items: list[BoardItem] = field(default_factory=list)
    already: int = 0
    refusals: list[tuple[str, str]] = field(default_factory=list)
    #: pictures that are still to be fetched
    fetching: int = 0

    @property
    def is_nothing(self) -> bool:
        return not (self.items or self.already or self.fetching)


# ── boards ───────────────────────────────────────────


def create(membership: Membership, name: str, description: str = "") -> Moodboard:
    """Raises BoardProblem."""
    name, description = _checked(name, description)
    return Moodboard.objects.create(
        team=membership.team, created_by=membership.user, name=name, description=description
    )


def describe(board: Moodboard, name: str, description: str) -> None:
    """Renames a board and says what it is about. Raises BoardProblem."""
    name, description = _checked(name, description)
    with _changing(board):
        Moodboard.objects.filter(pk=board.pk).update(name=name, description=description)
        board.name, board.description = name, description
        copies.changed(board.team, info_of(board))


def _checked(name: str, description: str) -> tuple[str, str]:
    name, description = one_line(name), visible(description)
    if not name:
        raise BoardProblem(_("Give the moodboard a name."), "name")
    if len(name) > NAME_LENGTH:
        raise BoardProblem(_("A name has at most %(limit)s characters.") % {"limit": NAME_LENGTH}, "name")
    if len(description) > DESCRIPTION_LENGTH:
        limit = {"limit": DESCRIPTION_LENGTH}
        raise BoardProblem(_("A description has at most %(limit)s characters.") % limit, "description")
    return name, description


def delete(board: Moodboard) -> None:
    Moodboard.objects.filter(pk=board.pk, deleted_at=None).update(deleted_at=timezone.now())


def restore(board: Moodboard) -> None:
    """What has been fetched for it meanwhile is on it."""
    with transaction.atomic():
        Moodboard.objects.filter(pk=board.pk).update(deleted_at=None)
        done = BoardImport.objects.filter(board=board, url_import__state=ImportState.DONE)
        for row in done.select_related("url_import", "board__team"):
            _settle(row)


def purge(before: datetime) -> None:
    """Deletes for good some of the boards that were deleted before that moment, and their copies here; the
    pictures are the trash's."""
    with transaction.atomic():
        old = Moodboard.objects.filter(deleted_at__lt=before).order_by("pk")
        ids = list(old.select_for_update().values_list("pk", flat=True)[:PURGED_AT_ONCE])
        ServiceBoard.objects.filter(board__in=ids).delete()
        Moodboard.objects.filter(pk__in=ids).delete()


@contextmanager
def _changing(board: Moodboard, *, pictures: bool = False) -> Iterator[None]:
    """A transaction in which nobody else changes the board. Raises BoardGone."""
    now = timezone.now()
    with transaction.atomic():
        if not Moodboard.objects.filter(pk=board.pk, deleted_at=None).update(updated_at=now):
            raise BoardGone
        yield
        if pictures:
            _pictures_changed(board)


def _pictures_changed(board: Moodboard) -> None:
    Moodboard.objects.filter(pk=board.pk).update(version=F("version") + 1)
    refresh_palette(board.pk)
    board.refresh_from_db()
    copies.changed(board.team, info_of(board))


def pictures_gone(board_id: int) -> None:
    """Pictures of a board were deleted for good."""
    board = Moodboard.objects.select_related("team").filter(pk=board_id).first()
    if board is not None:
        with suppress(BoardGone), _changing(board, pictures=True):
            pass


def refresh_palette(board_id: int) -> None:
    """Finds the palette anew among the colours that are known."""
    known = _pictures(board_id).filter(colors__isnull=False).values_list("colors", flat=True)
    Moodboard.objects.filter(pk=board_id).update(palette=palette.combine(list(known)))


def draw_colors(board: Moodboard, limit: int = DRAWN_AT_ONCE) -> None:
    """Looks at a few of the pictures that nobody has looked at yet."""
    new = list(_pictures(board.pk).filter(colors__isnull=True)[:limit])
    if new:
        palette.draw_from(new)
        refresh_palette(board.pk)
        board.refresh_from_db(fields=["palette"])


def _pictures(board_id: int) -> Any:
    return BoardItem.objects.filter(board=board_id, removed_at=None, asset__isnull=False)


def info_of(board: Moodboard) -> copies.BoardInfo:
    """What the services' copies are made of."""
    ids = tuple(_pictures(board.pk).values_list("asset_id", flat=True))
    return copies.BoardInfo(board.pk, board.name, board.description, ids, board.version)


# ── adding ───────────────────────────────────────────


def add_assets(board: Moodboard, user: User, asset_ids: Sequence[int]) -> Added:
    """Puts pictures of the team at the end, each once. Raises BoardGone."""
    with transaction.atomic():
        added = _add(board, user, asset_ids)
    if added.items:
        draw_colors(board)
    return added


def _add(board: Moodboard, user: User, asset_ids: Sequence[int]) -> Added:
    added = Added()
    wanted = list(dict.fromkeys(asset_ids))
    own = Asset.objects.filter(team=board.team, pk__in=wanted).exclude(origin=Origin.MASK)
    found = {asset.pk: asset for asset in _held(own)}
    pictures = [found[pk] for pk in wanted if pk in found and found[pk].kind == AssetKind.IMAGE]
    for pk in wanted:
        if pk not in found:
            added.refusals.append(("", _("This picture is no longer there.")))
        elif found[pk].kind != AssetKind.IMAGE:
            added.refusals.append((found[pk].name, _not_a_picture(found[pk])))
    if pictures:
        with _changing(board):
            _put(board, user, pictures, added)
            if added.items:
                _pictures_changed(board)
    return added


def _held(assets: QuerySet[Asset]) -> list[Asset]:
    """Nobody deletes these for good before the transaction ends. Before the board's row, as deleting does it."""
    return list(assets.select_for_update(no_key=True).order_by("pk"))


def _not_a_picture(asset: Asset) -> str:
    if asset.kind == AssetKind.VIDEO:
        return _("A video can't be on a moodboard. Open it and choose “Use this frame” to add a picture of it.")
    return _("Only pictures can be on a moodboard.")


def refusals_of(team: Team, asset_ids: Sequence[int]) -> list[str]:
    """Why none of these could be on a board; nothing when one of them could."""
    found = list(Asset.objects.filter(team=team, pk__in=asset_ids))
    if any(asset.kind == AssetKind.IMAGE for asset in found):
        return []
    return [_not_a_picture(asset) for asset in found]


def remove_assets(board: Moodboard, asset_ids: Sequence[int]) -> None:
    """Raises BoardGone."""
    rows = BoardItem.objects.filter(board=board, asset__in=asset_ids, removed_at=None)
    remove(board, list(rows.values_list("pk", flat=True)))


def _put(board: Moodboard, user: User, pictures: list[Asset], added: Added) -> None:
    known = {item.asset_id: item for item in BoardItem.objects.filter(board=board, asset__in=pictures)}
    room = MAX_PICTURES - _pictures(board.pk).count()
    last = _end(board)
    for asset in pictures:
        item = known.get(asset.pk)
        if item is not None and item.removed_at is None:
            added.already += 1
        elif len(added.items) >= room:
            added.refusals.append((asset.name, _full()))
        else:
            last += GAP
            item = item or BoardItem(board=board, asset=asset)
            item.position, item.added_by, item.added_at, item.removed_at = last, user, timezone.now(), None
            item.save()
            added.items.append(item)


def _full() -> str:
    return _("A moodboard holds at most %(limit)s pictures. Take some off first.") % {"limit": MAX_PICTURES}


def _end(board: Moodboard) -> int:
    last: int | None = BoardItem.objects.filter(board=board).aggregate(last=Max("position"))["last"]
    return last or 0


def add_files(board: Moodboard, user: User, files: Sequence[UploadedFile[Any]]) -> Added:
    """Takes uploads in and puts them on the board. Raises BoardGone."""
    refusals, ids = [], []
    room = min(MAX_FILES, max(0, MAX_PICTURES - _pictures(board.pk).count()))
    for file in files[room:]:
        too_many = _("At most %(limit)s pictures at once. Add this one again.") % {"limit": MAX_FILES}
        refusals.append((file.name or "", too_many if room == MAX_FILES else _full()))
    for file in files[:room]:
        try:
            ids.append(receive_upload(file, team=board.team, user=user).pk)
        except MediaProblem as problem:
            refusals.append((file.name or "", problem.user_message))
    added = add_assets(board, user, ids)
    added.refusals += refusals
    return added


def add_address(board: Moodboard, user: User, url: str) -> Added:
    """Has a picture fetched in the background; `arrived` puts it on the board. Raises BoardGone."""
    added = Added()
    if _pictures(board.pk).count() >= MAX_PICTURES:
        added.refusals.append((url, _full()))
        return added
    try:
        with _changing(board):
            asked = request_url_import(url, board.team, user)
            BoardImport.objects.create(board=board, url_import=asked, added_by=user)
            # a wake-up that fails is no failure: the clock wakes the engine too
            transaction.on_commit(wake, robust=True)
    except MediaProblem as problem:
        added.refusals.append((url, problem.user_message))
    else:
        added.fetching = 1
    return added


def arrived(url_import: UrlImport) -> None:
    """A picture has been fetched: it becomes an item where it was asked for. Called in a transaction."""
    for row in BoardImport.objects.filter(url_import=url_import).select_related("url_import", "board__team"):
        _settle(row)


def _settle(row: BoardImport) -> None:
    """What finds no place stays an import: the board says so when it is full, and has it when it is restored."""
    with suppress(BoardGone):
        asset_id = row.url_import.asset_id
        added = _add(row.board, row.added_by, [asset_id] if asset_id is not None else [])
        if asset_id is None or added.items or added.already:
            row.delete()


def dismiss_import(board: Moodboard, import_id: int) -> None:
    BoardImport.objects.filter(board=board, pk=import_id).delete()


# ── notes ────────────────────────────────────────────


def add_note(board: Moodboard, user: User, text: str) -> BoardItem:
    """A note that stands by itself. Raises BoardProblem."""
    text = _checked_note(text)
    if not text:
        raise BoardProblem(_("Write something first."), "note")
    with _changing(board):
        if BoardItem.objects.filter(board=board, removed_at=None, asset=None).count() >= MAX_NOTES:
            raise BoardProblem(_("A moodboard holds at most %(limit)s notes.") % {"limit": MAX_NOTES}, "note")
        return BoardItem.objects.create(board=board, position=_end(board) + GAP, note=text, added_by=user)


def write_note(board: Moodboard, item: BoardItem, text: str) -> None:
    """What is written on an item. A note that is emptied goes. Raises BoardProblem."""
    text = _checked_note(text)
    with _changing(board):
        row = BoardItem.objects.filter(pk=item.pk, board=board, removed_at=None)
        if text or item.asset_id is not None:
            row.update(note=text)
        else:
            row.update(removed_at=timezone.now())


def _checked_note(text: str) -> str:
    text = visible(text)
    if len(text) > NOTE_LENGTH:
        raise BoardProblem(_("A note has at most %(limit)s characters.") % {"limit": NOTE_LENGTH}, "note")
    return text


# ── taking off ───────────────────────────────────────


def remove(board: Moodboard, item_ids: Sequence[int]) -> list[int]:
    """Takes items off; the ids of those that went, for undo. Raises BoardGone."""
    return _set_removed(board, item_ids, removed=True)


def put_back(board: Moodboard, item_ids: Sequence[int]) -> list[int]:
    """Undoes `remove`, as far as there is room. Raises BoardProblem."""
    with transaction.atomic():
        _held(Asset.objects.filter(pk__in=BoardItem.objects.filter(board=board, pk__in=item_ids).values("asset")))
        return _set_removed(board, item_ids, removed=False)


def _set_removed(board: Moodboard, item_ids: Sequence[int], *, removed: bool) -> list[int]:
    with _changing(board):
        rows = BoardItem.objects.filter(board=board, pk__in=item_ids, removed_at__isnull=removed)
        found = list(rows.values_list("pk", "asset_id"))
        pictures = sum(asset_id is not None for _pk, asset_id in found)
        if not removed and _pictures(board.pk).count() + pictures > MAX_PICTURES:
            raise BoardProblem(_full())
        ids = [pk for pk, _asset_id in found]
        BoardItem.objects.filter(pk__in=ids).update(removed_at=timezone.now() if removed else None)
        if pictures:
            _pictures_changed(board)
    return ids


# ── arranging ────────────────────────────────────────


def move(board: Moodboard, item_id: int, before: int | None) -> None:
    """Puts one item before another, or at the end. Only that item's place changes, so that whatever others
    do at the same time stays. Raises BoardGone, BoardItem.DoesNotExist."""
    with _changing(board):
        _place(board, item_id, lambda order: _at(order, before))


def shift(board: Moodboard, item_id: int, direction: Direction) -> None:
    """The same from a menu. Raises BoardGone, BoardItem.DoesNotExist."""
    with _changing(board):
        rows = list(BoardItem.objects.filter(board=board, removed_at=None).values_list("pk", flat=True))
        if item_id not in rows:
            raise BoardItem.DoesNotExist
        at, last = rows.index(item_id), len(rows) - 1
        wanted = {"earlier": max(at - 1, 0), "later": min(at + 1, last), "start": 0, "end": last}[direction]
        if wanted != at:
            _place(board, item_id, lambda order: wanted)


def _at(order: list[tuple[int, int]], before: int | None) -> int:
    """Where the item `before` stands; the end when it is gone."""
    return next((at for at, (pk, _position) in enumerate(order) if pk == before), len(order))


def _place(board: Moodboard, item_id: int, find: Callable[[list[tuple[int, int]]], int]) -> None:
    rows = BoardItem.objects.filter(board=board, removed_at=None)
    mine = rows.filter(pk=item_id)
    if not mine.exists():
        raise BoardItem.DoesNotExist
    order = list(rows.exclude(pk=item_id).order_by("position", "id").values_list("pk", "position"))
    at = find(order)
    low = order[at - 1][1] if at > 0 else (rows.aggregate(first=Min("position"))["first"] or 0) - 2 * GAP
    high = order[at][1] if at < len(order) else _end(board) + 2 * GAP
    if high - low < 2:
        _deal_out(order)
        low, high = at * GAP, (at + 1) * GAP
    mine.update(position=(low + high) // 2)


def _deal_out(order: list[tuple[int, int]]) -> None:
    """Gives each its place anew, with room between."""
    BoardItem.objects.bulk_update(
        [BoardItem(pk=pk, position=(number + 1) * GAP) for number, (pk, _position) in enumerate(order)], ["position"]
    )


def set_cover(board: Moodboard, item: BoardItem) -> None:
    """Raises BoardProblem."""
    if item.asset_id is None:
        raise BoardProblem(_("Only a picture can be the cover."))
    with _changing(board):
        Moodboard.objects.filter(pk=board.pk).update(cover=item)

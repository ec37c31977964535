"""How the views of this room answer: a page, a piece of it, or a way back to the board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from studio.accounts import answers
from studio.accounts.answers import is_fragment
from studio.accounts.models import Membership, Role
from studio.lib.ids import read_id

from .. import queries
from ..models import BoardItem, Moodboard


def ids_in(values: Sequence[str]) -> list[int]:
    return [pk for pk in map(read_id, values) if pk is not None]


def board_or_404(membership: Membership, pk: int) -> Moodboard:
    return answers.or_404(queries.find_board, membership.team, pk)


def item_or_404(board: Moodboard, pk: int) -> BoardItem:
    return answers.or_404(queries.find_item, board, pk)


def show(
    request: HttpRequest, membership: Membership, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """As in every room, with what this one's templates ask of the person."""
    context = {"may_change": membership.allows(Role.CREATOR), **context}
    return answers.show(request, membership, template, context, status=status)


def show_board(
    request: HttpRequest,
    membership: Membership,
    board: Moodboard,
    *,
    refusals: Sequence[tuple[str, str]] = (),
    removed: Sequence[int] = (),
    status: int = 200,
) -> HttpResponse:
    """The board as it is now: the page, or the pieces of it that change."""
    view = queries.board_view(board)
    context = {"view": view, "board": board, "refusals": refusals, "removed": removed}
    piece = is_fragment(request)
    return show(
        request, membership, "moodboards/_state.html" if piece else "moodboards/board.html", context, status=status
    )


def done(
    request: HttpRequest, membership: Membership, board_id: int, *, query: str = "", said: str = ""
) -> HttpResponse:
    """A change was made: the board as it is now, or the way to it."""
    if is_fragment(request):
        return show_board(request, membership, board_or_404(membership, board_id))
    if said:
        messages.success(request, said)
    response = redirect("moodboards:board", membership.team.slug, board_id)
    if query:
        response["Location"] += f"?{query}"
    return response


def refused(request: HttpRequest, membership: Membership, board: Moodboard, sentence: str) -> HttpResponse:
    """A change that has no form of its own could not be made."""
    if is_fragment(request):
        return show(request, membership, "moodboards/_refusals.html", {"refusals": [("", sentence)]}, status=422)
    return show_board(request, membership, board, refusals=[("", sentence)], status=422)

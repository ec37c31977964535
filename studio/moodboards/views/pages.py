"""Pages to look at: the wall of boards, a board, a picture on it."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from studio.accounts.access import team_view
from studio.accounts.answers import is_fragment
from studio.accounts.models import Membership
from studio.lib.ids import read_id

from .. import queries, services
from ..models import Moodboard
from .answers import board_or_404, ids_in, item_or_404, show, show_board


@require_safe
@team_view()
def index(request: HttpRequest, membership: Membership) -> HttpResponse:
    gone = read_id(request.GET.get("deleted"))
    deleted = None
    if gone is not None:
        deleted = Moodboard.objects.filter(team=membership.team, pk=gone, deleted_at__isnull=False).first()
    context = {"wall": queries.wall(membership.team, _place(request.GET.get("before", ""))), "deleted": deleted}
    return show(request, membership, "moodboards/index.html", context)


def _place(text: str) -> tuple[datetime, int] | None:
    moment, _tilde, pk = text.replace(" ", "+").partition("~")
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    number = read_id(pk)
    return (at, number) if at is not None and at.tzinfo is not None and number is not None else None


@require_safe
@team_view()
def board(request: HttpRequest, membership: Membership, board: int) -> HttpResponse:
    found = board_or_404(membership, board)
    services.draw_colors(found)
    if is_fragment(request) and request.GET.get("have") == queries.board_view(found).stamp:
        return HttpResponse(status=204)
    return show_board(request, membership, found, removed=ids_in(request.GET.get("removed", "").split(",")))


@require_safe
@team_view()
def item(request: HttpRequest, membership: Membership, board: int, item: int) -> HttpResponse:
    """One picture or note with everything that may be done with it."""
    found = board_or_404(membership, board)
    item_or_404(found, item)
    views = queries.items_of(found, only=item)
    if not views:
        return redirect("moodboards:board", membership.team.slug, board)
    before, after = queries.neighbours(found, item)
    context = {"board": found, "item": views[0], "previous_id": before, "next_id": after, "note": views[0].note}
    return show(request, membership, "moodboards/item.html", context)

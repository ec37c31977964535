"""Choosing among boards: to put pictures on, from wherever the pictures are; and to create with."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from studio.accounts.access import team_view
from studio.accounts.answers import is_fragment
from studio.accounts.models import Membership, Role

from .. import queries, services
from ..services import BoardProblem
from .answers import board_or_404, ids_in, show

#: pictures drawn, of those that are to be added
SHOWN = 6


@require_http_methods(["GET", "POST"])
@team_view(Role.CREATOR)
def picker(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The boards with ticks. A post puts the pictures on `board`, or takes them off when all are there; with
    `name` it makes a board first; with `look` it changes nothing: an address has no room for many pictures."""
    data = request.POST if request.method == "POST" else request.GET
    results = queries.assets_of_results(membership.team, ids_in(data.getlist("output")))
    asked = dict.fromkeys(ids_in([*data.getlist("asset"), *data.get("assets", "").split(",")]) + results)
    template = "moodboards/_picker_dialog.html" if is_fragment(request) else "moodboards/picker.html"
    if len(asked) > services.MAX_PICTURES:
        values = {"limit": services.MAX_PICTURES, "count": len(asked)}
        too_many = _("At most %(limit)s pictures fit on a board; %(count)s are selected. Select fewer.") % values
        return show(request, membership, template, {"too_many": too_many}, status=422)
    pictures = queries.pictures_of(membership.team, asked)
    if not pictures:
        raise Http404
    ids = [asset.pk for asset in pictures]
    context: dict[str, Any] = {"problems": [], "name": "", "said": ""}
    if request.method == "POST" and "look" not in request.POST:
        try:
            _change(request, membership, ids, context)
        except BoardProblem as problem:
            context |= {"problems": [problem.user_message], "name": request.POST.get("name", "")}
    context |= {
        "assets": ",".join(map(str, ids)),
        "count": len(pictures),
        "pictures": queries.views_of(membership.team, pictures[:SHOWN]),
        "choices": queries.choices(membership.team, ids),
    }
    return show(request, membership, template, context, status=422 if context["problems"] else 200)


def _change(request: HttpRequest, membership: Membership, assets: list[int], context: dict[str, Any]) -> None:
    chosen = ids_in([request.POST.get("board", "")])
    if not chosen:
        if refused := services.refusals_of(membership.team, assets):
            raise BoardProblem(refused[0])
        board = services.create(membership, request.POST.get("name", ""))
    else:
        board = board_or_404(membership, chosen[0])
        if request.POST.get("on") == "0":
            services.remove_assets(board, assets)
            context["said"] = _("Taken off “%(board)s”.") % {"board": board.name}
            return
    added = services.add_assets(board, membership.user, assets)
    context["problems"] = list(dict.fromkeys(sentence for _name, sentence in added.refusals))
    if added.items or added.already:
        context["said"] = _("On “%(board)s” now.") % {"board": board.name}


@require_GET
@team_view(Role.CREATOR)
def choose(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The rows of a menu: boards that one can create with."""
    choices = [choice for choice in queries.choices(membership.team, []) if choice.count]
    return show(request, membership, "moodboards/_choose.html", {"choices": choices})

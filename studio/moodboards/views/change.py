"""Making boards and changing them."""

from __future__ import annotations

from typing import cast, get_args

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from studio.accounts.access import team_view
from studio.accounts.answers import is_fragment
from studio.accounts.models import Membership, Role
from studio.lib.ids import read_id

from .. import queries, services
from ..models import BoardItem, Moodboard
from ..services import Added, BoardGone, BoardProblem, Direction
from .answers import board_or_404, done, ids_in, item_or_404, refused, show, show_board


@require_http_methods(["GET", "POST"])
@team_view(Role.CREATOR)
def create(request: HttpRequest, membership: Membership) -> HttpResponse:
    form = {"name": request.POST.get("name", ""), "description": request.POST.get("description", "")}
    context = {"form": form, "problems": {}}
    template = "moodboards/_new.html" if is_fragment(request) else "moodboards/new.html"
    if request.method != "POST":
        return show(request, membership, template, context)
    try:
        board = services.create(membership, form["name"], form["description"])
    except BoardProblem as problem:
        context["problems"] = {problem.field: problem.user_message}
        return show(request, membership, template, context, status=422)
    url = reverse("moodboards:board", args=[membership.team.slug, board.pk])
    return HttpResponse(headers={"HX-Redirect": url}) if is_fragment(request) else redirect(url)


@require_http_methods(["GET", "POST"])
@team_view(Role.CREATOR)
def details(request: HttpRequest, membership: Membership, board: int) -> HttpResponse:
    """Name and description: the form in place of the heading, and the heading again."""
    found = board_or_404(membership, board)
    form = {"name": found.name, "description": found.description}
    context = {"board": found, "form": form, "problems": {}}
    template = "moodboards/_details.html" if is_fragment(request) else "moodboards/details.html"
    if request.method != "POST":
        return show(request, membership, "moodboards/_title.html" if "cancel" in request.GET else template, context)
    form |= {name: request.POST.get(name, "") for name in form}
    try:
        services.describe(found, form["name"], form["description"])
    except BoardGone as gone:
        raise Http404 from gone
    except BoardProblem as problem:
        context["problems"] = {problem.field: problem.user_message}
        return show(request, membership, template, context, status=422)
    if is_fragment(request):
        return show(request, membership, "moodboards/_title.html", {"board": found})
    return redirect("moodboards:board", membership.team.slug, board)


@require_POST
@team_view(Role.CREATOR)
def delete(request: HttpRequest, membership: Membership, board: int) -> HttpResponse:
    services.delete(board_or_404(membership, board))
    response = redirect("moodboards:index", membership.team.slug)
    response["Location"] += f"?deleted={board}"
    return response


@require_POST
@team_view(Role.CREATOR)
def restore(request: HttpRequest, membership: Membership, board: int) -> HttpResponse:
    found = Moodboard.objects.filter(team=membership.team, pk=board).first()
    if found is None:
        raise Http404
    services.restore(found)
    return redirect("moodboards:board", membership.team.slug, board)


@require_POST
@team_view(Role.CREATOR)
def add(request: HttpRequest, membership: Membership, board: int) -> HttpResponse:
    """Files, the address of a picture, pictures of the team, a note: whatever was given."""
    found = board_or_404(membership, board)
    user, added = membership.user, Added()
    try:
        if files := request.FILES.getlist("files"):
            _join(added, services.add_files(found, user, files))
        if address := request.POST.get("url", "").strip():
            _join(added, services.add_address(found, user, address))
        if assets := ids_in(request.POST.getlist("asset")) + _assets_of_results(request, membership):
            _join(added, services.add_assets(found, user, assets))
        if note := request.POST.get("note", "").strip():
            added.items.append(services.add_note(found, user, note))
    except BoardGone as gone:
        raise Http404 from gone
    except BoardProblem as problem:
        added.refusals.append(("", problem.user_message))
    if added.is_nothing and not added.refusals:
        added.refusals.append(("", _("Choose a picture first.")))
    if not added.refusals and not is_fragment(request):
        return done(request, membership, board)
    return show_board(
        request,
        membership,
        board_or_404(membership, board),
        refusals=added.refusals,
        status=422 if added.is_nothing else 200,
    )


def _join(added: Added, more: Added) -> None:
    added.items += more.items
    added.already += more.already
    added.refusals += more.refusals
    added.fetching += more.fetching


def _assets_of_results(request: HttpRequest, membership: Membership) -> list[int]:
    return queries.assets_of_results(membership.team, ids_in(request.POST.getlist("output")))


@require_POST
@team_view(Role.CREATOR)
def remove(request: HttpRequest, membership: Membership, board: int) -> HttpResponse:
    """Takes items off, and addresses that could not be fetched."""
    found = board_or_404(membership, board)
    for import_id in ids_in(request.POST.getlist("import")):
        services.dismiss_import(found, import_id)
    try:
        removed = services.remove(found, ids_in(request.POST.getlist("item")))
    except BoardGone as gone:
        raise Http404 from gone
    if is_fragment(request):
        return show_board(request, membership, board_or_404(membership, board), removed=removed)
    return done(request, membership, board, query="removed=" + ",".join(map(str, removed)) if removed else "")


@require_POST
@team_view(Role.CREATOR)
def put_back(request: HttpRequest, membership: Membership, board: int) -> HttpResponse:
    found = board_or_404(membership, board)
    try:
        services.put_back(found, ids_in(request.POST.getlist("item")))
    except BoardGone as gone:
        raise Http404 from gone
    except BoardProblem as problem:
        return refused(request, membership, found, problem.user_message)
    return done(request, membership, board)


@require_POST
@team_view(Role.CREATOR)
def move(request: HttpRequest, membership: Membership, board: int, item: int) -> HttpResponse:
    """Before another item (`before`, empty for the end), or a step (`to`)."""
    found = board_or_404(membership, board)
    item_or_404(found, item)
    to = request.POST.get("to", "")
    try:
        if to in get_args(Direction):
            services.shift(found, item, cast(Direction, to))
        else:
            services.move(found, item, read_id(request.POST.get("before")))
    except (BoardGone, BoardItem.DoesNotExist) as gone:
        raise Http404 from gone
    return done(request, membership, board)


@require_POST
@team_view(Role.CREATOR)
def note(request: HttpRequest, membership: Membership, board: int, item: int) -> HttpResponse:
    found = board_or_404(membership, board)
    row = item_or_404(found, item)
    text = request.POST.get("note", "")
    try:
        services.write_note(found, row, text)
    except BoardGone as gone:
        raise Http404 from gone
    except BoardProblem as problem:
        if is_fragment(request):
            return refused(request, membership, found, problem.user_message)
        before, after = queries.neighbours(found, item)
        context = {
            "board": found,
            "item": queries.items_of(found, only=item)[0],
            "previous_id": before,
            "next_id": after,
            "note": text,
            "problem": problem.user_message,
        }
        return show(request, membership, "moodboards/item.html", context, status=422)
    return done(request, membership, board)


@require_POST
@team_view(Role.CREATOR)
def cover(request: HttpRequest, membership: Membership, board: int, item: int) -> HttpResponse:
    found = board_or_404(membership, board)
    row = item_or_404(found, item)
    try:
        services.set_cover(found, row)
    except BoardGone as gone:
        raise Http404 from gone
    except BoardProblem as problem:
        return refused(request, membership, found, problem.user_message)
    return done(request, membership, board, said=_("This is the cover now."))

"""Pages to look at: Create with its feed, a job, a picture."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_safe

from studio.accounts.access import ask_to_sign_in, team_view
from studio.accounts.answers import is_fragment, or_404, show
from studio.accounts.models import Membership, Role, User
from studio.accounts.queries import first_team
from studio.jobs import catalog, queries
from studio.jobs.catalog import Entry
from studio.jobs.lightbox import lightbox as lightbox_view
from studio.lib.ids import read_id

from ..composer import compose, reused
from ..queries import actions_context

MODEL_COOKIE = "model"


@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    if not isinstance(request.user, User):
        return ask_to_sign_in(request)
    team = first_team(request.user)
    return redirect("create:page", team.slug) if team else render(request, "create/no_team.html")


def _entry(request: HttpRequest) -> Entry:
    for key in (request.GET.get("model"), request.COOKIES.get(MODEL_COOKIE)):
        try:
            return catalog.find_start(key or "")
        except LookupError:
            continue
    return catalog.default_entry()


@require_safe
@team_view()
def page(request: HttpRequest, membership: Membership) -> HttpResponse:
    before = read_id(request.GET.get("before"))
    if is_fragment(request) and before is not None:
        return show(request, membership, "create/_feed.html", {"feed": queries.feed(membership.team, before=before)})
    # the last event is read before the jobs, so that nothing falls between
    context: dict[str, Any] = {
        "last_event": queries.last_event_id(membership.team),
        "feed": queries.feed(membership.team, before=before),
        "is_older": before is not None,
    }
    if membership.allows(Role.CREATOR):
        composer = compose(membership, _entry(request), initial=request.GET.dict())
        context["composer"] = reused(membership, request.GET, composer)
    return show(request, membership, "create/page.html", context)


@require_GET
@team_view()
def teams(request: HttpRequest, membership: Membership) -> HttpResponse:
    return show(request, membership, "accounts/_team_menu.html", {})


@require_GET
@team_view(Role.CREATOR)
def prompts(request: HttpRequest, membership: Membership) -> HttpResponse:
    rows = queries.recent_prompts(membership.team, membership.user)
    return show(request, membership, "create/_prompts.html", {"prompts": rows})


@require_safe
@team_view()
def job(request: HttpRequest, membership: Membership, job: int) -> HttpResponse:
    last_event = queries.last_event_id(membership.team)
    context = {"card": or_404(queries.card, membership.team, job), "last_event": last_event}
    return show(request, membership, f"create/{'_' if is_fragment(request) else ''}job.html", context)


@require_safe
@team_view()
def lightbox(request: HttpRequest, membership: Membership, output: int) -> HttpResponse:
    view = or_404(lightbox_view, membership.team, output)
    start = or_404(lambda: queries.start_of(membership.team, output_id=output))
    context = {**actions_context(membership, start), "view": view}
    return show(request, membership, f"create/{'_' if is_fragment(request) else ''}lightbox.html", context)

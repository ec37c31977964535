"""The editor's page, what it posts, and what it asks again while something runs."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST, require_safe

from studio.accounts.access import team_view
from studio.accounts.answers import or_404
from studio.accounts.models import Membership, Role
from studio.jobs import queries
from studio.jobs.services import Start
from studio.media.models import AssetKind

from . import services, versions


@require_safe
@team_view(Role.CREATOR)
def output(request: HttpRequest, membership: Membership, output: int) -> HttpResponse:
    return _page(request, membership, _start(membership, output_id=output))


@require_safe
@team_view(Role.CREATOR)
def asset(request: HttpRequest, membership: Membership, pk: int) -> HttpResponse:
    return _page(request, membership, _start(membership, asset_id=pk))


@require_POST
@team_view(Role.CREATOR)
def submit_output(request: HttpRequest, membership: Membership, output: int) -> HttpResponse:
    return _submit(request, membership, _start(membership, output_id=output))


@require_POST
@team_view(Role.CREATOR)
def submit_asset(request: HttpRequest, membership: Membership, pk: int) -> HttpResponse:
    return _submit(request, membership, _start(membership, asset_id=pk))


@require_GET
@team_view(Role.CREATOR)
def versions_of_output(request: HttpRequest, membership: Membership, output: int) -> HttpResponse:
    return _versions(membership, _start(membership, output_id=output))


@require_GET
@team_view(Role.CREATOR)
def versions_of_asset(request: HttpRequest, membership: Membership, pk: int) -> HttpResponse:
    return _versions(membership, _start(membership, asset_id=pk))


def _start(membership: Membership, **ids: int) -> Start:
    start = or_404(queries.start_of, membership.team, **ids)
    if start.asset.kind != AssetKind.IMAGE:
        raise Http404
    return start


def _page(request: HttpRequest, membership: Membership, start: Start) -> HttpResponse:
    team = membership.team
    source = versions.picture(start, team)
    sitting = versions.sitting_of(membership.user, start)
    # the last event is read before the versions, so that nothing falls between
    since = queries.last_event_id(team)
    kind, pk = ("output", start.output.pk) if start.output is not None else ("asset", start.asset.pk)
    data = {
        "base": source,
        "source": source,
        **versions.answer(team, start, sitting),
        "since": since,
        "user": membership.user.pk,
        "urls": {
            "submit": reverse(f"editor:submit-{kind}", args=[team.slug, pk]),
            "versions": reverse(f"editor:versions-of-{kind}", args=[team.slug, pk]),
            "events": reverse("jobs:events", args=[team.slug]),
            "poll": reverse("jobs:events-poll", args=[team.slug]),
        },
    }
    back = (
        reverse("create:lightbox", args=[team.slug, pk])
        if start.output is not None
        else reverse("create:file", args=[team.slug, pk])
    )
    context = {"membership": membership, "team": team, "title": source["alt"], "back_url": back, "data": data}
    context["settings"] = versions.settings_of(team, start)
    response = render(request, "editor/page.html", context)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _submit(request: HttpRequest, membership: Membership, start: Start) -> HttpResponse:
    try:
        base = services.base_of(membership, request.POST.get("base", ""))
        job = services.submit(membership, start, base, request.POST, request.FILES.get("mask"))
    except services.Refused as refused:
        return JsonResponse({"errors": refused.errors}, status=422)
    sitting = versions.sitting_of(membership.user, start)
    return JsonResponse({"job": job.pk, **versions.answer(membership.team, start, sitting)}, status=201)


def _versions(membership: Membership, start: Start) -> HttpResponse:
    sitting = versions.sitting_of(membership.user, start)
    return JsonResponse(versions.answer(membership.team, start, sitting))

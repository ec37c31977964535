"""The history to look at, and what people do with its jobs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from studio.accounts.access import team_view
from studio.accounts.answers import is_fragment, or_404, show, wants_json
from studio.accounts.models import Membership, Role
from studio.billing.services import NotEnoughCredits
from studio.jobs import queries as jobs
from studio.jobs import services, trash
from studio.jobs.filters import model_choices, operation_choices, people
from studio.jobs.models import Job
from studio.lib.ids import read_id

from . import queries
from .export import csv_chunks, in_turn
from .queries import HistoryFilters, Row


@require_safe
@team_view()
def page(request: HttpRequest, membership: Membership) -> HttpResponse:
    return _page(request, membership)


def _page(request: HttpRequest, membership: Membership, *, status: int = 200) -> HttpResponse:
    team = membership.team
    filters: HistoryFilters = HistoryFilters.read(request.GET)
    before = read_id(request.GET.get("before"))
    # the last event is read before the jobs, so that nothing falls between
    last_event = jobs.last_event_id(team)
    context: dict[str, Any] = {
        "filters": filters,
        "page": queries.page(team, filters, before=before),
        "may_change": membership.allows(Role.CREATOR),
    }
    if is_fragment(request) and before is not None:
        return show(request, membership, "history/_rows.html", context)
    context |= {
        "last_event": last_event,
        "is_older": before is not None,
        "chips": [chip for chip in filters.chips(team) if chip.without != filters.changed(state="")],
        "segments": _segments(membership, filters),
        "people": people(team),
        "models": model_choices(),
        "operations": operation_choices(),
    }
    return show(request, membership, "history/page.html", context, status=422 if filters.problems else status)


def _segments(membership: Membership, filters: HistoryFilters) -> list[dict[str, Any]]:
    live = queries.live_count(membership.team)
    names = [("", _("All")), *((state, queries.state_label(state)) for state in queries.STATES)]
    return [
        {
            "label": label,
            "query": filters.changed(state=state),
            "is_on": filters.state == state,
            "count": live if state == "live" and live else "",
        }
        for state, label in names
    ]


@require_safe
@team_view()
def row(request: HttpRequest, membership: Membership, job: int) -> HttpResponse:
    """One line, for pages that show it already."""
    found = _row_or_404(membership, job)
    return show(request, membership, "history/_row.html", _row_context(membership, found))


@require_safe
@team_view()
def job(request: HttpRequest, membership: Membership, job: int) -> HttpResponse:
    """What happened to one job, and what may be done with it."""
    return _job(request, membership, job)


def _job(request: HttpRequest, membership: Membership, pk: int, *, status: int = 200) -> HttpResponse:
    found = _row_or_404(membership, pk)
    context = {**_row_context(membership, found), "timeline": queries.timeline(found.card.job)}
    template = "history/_job.html" if is_fragment(request) else "history/job.html"
    return show(request, membership, template, context, status=status)


@require_safe
@team_view()
def export(request: HttpRequest, membership: Membership) -> HttpResponseBase:
    filters: HistoryFilters = HistoryFilters.read(request.GET)
    if filters.problems:
        return _page(request, membership, status=422)
    chunks = csv_chunks(membership.team, queries.found(membership.team, filters))
    name = f"{slugify(membership.team.name) or 'atelier'}-history-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        in_turn(chunks) if isinstance(request, ASGIRequest) else chunks,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": content_disposition_header(True, name) or "attachment",
            "Cache-Control": "no-store",
        },
    )


# ── doing ────────────────────────────────────────────


@require_POST
@team_view(Role.CREATOR)
def cancel(request: HttpRequest, membership: Membership, job: int) -> HttpResponse:
    found = _row_or_404(membership, job)
    if not services.cancel(found.card.job, membership):
        late = _("It has been sent to the service already and can't be stopped.")
        return _refused(request, membership, job, late if found.card.is_live else _("It has ended already."))
    if is_fragment(request):
        return show(request, membership, "history/_row.html", _row_context(membership, _row_or_404(membership, job)))
    is_asked = found.card.job.is_stopping
    messages.success(
        request, _("The service is asked to stop it.") if is_asked else _("Canceled. Nothing was charged.")
    )
    return redirect("history:job", membership.team.slug, job)


@require_POST
@team_view(Role.CREATOR)
def retry(request: HttpRequest, membership: Membership, job: int) -> HttpResponse:
    found = _row_or_404(membership, job)
    if not found.card.can_retry:
        return _refused(request, membership, job, _("Only what has failed can be tried again."))
    try:
        again = services.retry(found.card.job, membership, request.POST.get("request_key", ""))
    except NotEnoughCredits as short:
        return _refused(request, membership, job, services.short_of_credits(short))
    except services.CannotCreate as cannot:
        return _refused(request, membership, job, cannot.user_message)
    said = _("%(what)s has begun.") % {"what": _(found.card.operation_label)}
    url = reverse("history:job", args=[membership.team.slug, again.pk])
    if is_fragment(request):
        return trigger_client_event(HttpResponse(), "job:created", {"id": again.pk, "url": url, "said": said})
    messages.success(request, said)
    return redirect(url)


@require_POST
@team_view(Role.CREATOR)
def delete(request: HttpRequest, membership: Membership, job: int) -> HttpResponse:
    found = _row_or_404(membership, job)
    gone = trash.delete_jobs(membership.team, membership.user, [job])
    if not gone:
        return _refused(request, membership, job, _("It is still under way. Cancel it first, or wait for its end."))
    said = _("The job is deleted.")
    if found.thumbs:
        said = ngettext(
            "The job is deleted; its result is in the trash.",
            "The job is deleted; its results are in the trash.",
            len(found.thumbs),
        )
    if wants_json(request):
        undo = {"url": reverse("history:restore", args=[membership.team.slug, job])}
        return JsonResponse({"said": said, "undo": undo, "gone": gone})
    messages.success(request, said)
    return redirect(_back(request, membership))


@require_POST
@team_view(Role.CREATOR)
def restore(request: HttpRequest, membership: Membership, job: int) -> HttpResponse:
    if not Job.objects.filter(pk=job, team=membership.team).exists():
        raise Http404
    trash.restore_jobs(membership.team, [job])
    if wants_json(request):
        return JsonResponse({"said": _("Restored.")})
    messages.success(request, _("Restored."))
    return redirect("history:job", membership.team.slug, job)


# ── shared ───────────────────────────────────────────


def _row_or_404(membership: Membership, pk: int) -> Row:
    return or_404(queries.row, membership.team, pk)


def _row_context(membership: Membership, found: Row) -> dict[str, Any]:
    return {"row": found, "card": found.card, "may_change": membership.allows(Role.CREATOR)}


def _refused(request: HttpRequest, membership: Membership, pk: int, sentence: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"problem": sentence}, status=422)
    if is_fragment(request):
        # nothing to put anywhere: the page says the sentence
        response = HttpResponse(status=422, headers={"HX-Reswap": "none"})
        return trigger_client_event(response, "said", {"text": sentence, "bad": True})
    messages.error(request, sentence)
    return _job(request, membership, pk, status=422)


def _back(request: HttpRequest, membership: Membership) -> str:
    """The list where the person was, when that is one of this room."""
    room = reverse("history:page", args=[membership.team.slug])
    came = urlsplit(request.headers.get("Referer", ""))
    return f"{room}?{came.query}" if came.path == room and came.query else room

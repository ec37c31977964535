"""What may be done with a result or a job."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget

from studio.accounts.access import team_view
from studio.accounts.answers import is_fragment, or_404, show
from studio.accounts.models import Membership, Role
from studio.billing.services import NotEnoughCredits
from studio.jobs import queries, services
from studio.jobs.services import Start

from ..queries import FollowUp, actions_context, follow_up, with_model
from .answers import created, refused


@require_GET
@team_view()
def actions(request: HttpRequest, membership: Membership, output: int) -> HttpResponse:
    return _actions(request, membership, _start(membership, output_id=output))


@require_GET
@team_view()
def file_actions(request: HttpRequest, membership: Membership, pk: int) -> HttpResponse:
    return _actions(request, membership, _start(membership, asset_id=pk))


@require_safe
@team_view()
def file(request: HttpRequest, membership: Membership, pk: int) -> HttpResponse:
    """A file that is no result of a job here: an upload, a frame of a video."""
    start = _start(membership, asset_id=pk)
    return show(request, membership, "create/file.html", actions_context(membership, start))


def _start(membership: Membership, **ids: int) -> Start:
    return or_404(lambda: queries.start_of(membership.team, **ids))


def _actions(request: HttpRequest, membership: Membership, start: Start) -> HttpResponse:
    context = {**actions_context(membership, start), "on_feed": True}
    return show(request, membership, "create/_actions.html", context)


@require_http_methods(["GET", "POST"])
@team_view(Role.CREATOR)
def operation(request: HttpRequest, membership: Membership, output: int, operation: str) -> HttpResponse:
    return _operation(request, membership, _start(membership, output_id=output), operation)


@require_http_methods(["GET", "POST"])
@team_view(Role.CREATOR)
def file_operation(request: HttpRequest, membership: Membership, pk: int, operation: str) -> HttpResponse:
    return _operation(request, membership, _start(membership, asset_id=pk), operation)


def _operation(request: HttpRequest, membership: Membership, start: Start, slug: str) -> HttpResponse:
    if "quote" in request.GET:
        asked = or_404(follow_up, membership.team, start, slug, request.GET)
        return show(request, membership, "create/_small_price.html", {"asked": asked})
    if request.method == "GET" and "model" in request.GET:
        return _small_form(request, membership, or_404(with_model, membership.team, start, slug, request.GET))
    if request.method == "GET":
        return _small_form(request, membership, or_404(follow_up, membership.team, start, slug))
    asked = or_404(follow_up, membership.team, start, slug, request.POST)
    if asked.form.params is not None and asked.form.is_valid():
        try:
            job, _is_new = services.create_job(
                membership=membership,
                entry=asked.entry,
                operation=asked.operation,
                params=asked.form.params,
                request_key=request.POST.get("request_key", ""),
                source=start.output,
                source_asset=start.asset,
            )
            return created(request, membership, job, _(asked.operation.label))
        except NotEnoughCredits as short:
            asked.problem = services.short_of_credits(short)
        except services.CannotCreate as cannot:
            asked.problem = cannot.user_message
    if "quick" in request.POST and is_fragment(request):
        return refused(request, membership, asked.problem or _("Something has to be chosen for this first."))
    return reswap(retarget(_small_form(request, membership, asked, status=422), f"#{asked.html_id}"), "outerHTML")


def _small_form(request: HttpRequest, membership: Membership, asked: FollowUp, status: int = 200) -> HttpResponse:
    template = "create/_small_form.html" if is_fragment(request) else "create/small_form.html"
    return show(request, membership, template, {"asked": asked}, status=status)


@require_POST
@team_view(Role.CREATOR)
def cancel(request: HttpRequest, membership: Membership, job: int) -> HttpResponse:
    stopped = services.cancel(or_404(queries.card, membership.team, job).job, membership)
    card = queries.card(membership.team, job)
    # a second press finds the first one's wish
    if not (stopped or card.is_stopping):
        late = _("It has been sent to the service already and can't be stopped.")
        return refused(request, membership, late if card.is_live else _("It has ended already."))
    return show(request, membership, f"create/{'_' if is_fragment(request) else ''}job.html", {"card": card})


@require_POST
@team_view(Role.CREATOR)
def retry(request: HttpRequest, membership: Membership, job: int) -> HttpResponse:
    card = or_404(queries.card, membership.team, job)
    try:
        again = services.retry(card.job, membership, request.POST.get("request_key", ""))
    except NotEnoughCredits as short:
        return refused(request, membership, services.short_of_credits(short))
    except services.CannotCreate as cannot:
        return refused(request, membership, cannot.user_message)
    return created(request, membership, again, _(card.operation_label))

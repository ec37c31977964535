"""What may be done with a result or a job."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import reswap, retarget

from studio.accounts.access import team_view
from studio.accounts.models import Membership, Role
from studio.billing.services import NotEnoughCredits
from studio.jobs import queries, services
from studio.media.presenters import image_view

from ..queries import FollowUp, action_buttons, follow_up
from .answers import created, is_fragment, or_404, refused, show
from .compose import short_of_credits


@require_GET
@team_view()
def actions(request: HttpRequest, membership: Membership, output: int) -> HttpResponse:
    found = or_404(queries.find_output, membership.team, output)
    context = {
        "output_id": output,
        "image": image_view(found.asset, membership.team.slug) if found.asset else None,
        "buttons": action_buttons(membership.team, output) if membership.allows(Role.CREATOR) else [],
        "on_feed": True,
    }
    return show(request, membership, "create/_actions.html", context)


@require_http_methods(["GET", "POST"])
@team_view(Role.CREATOR)
def operation(request: HttpRequest, membership: Membership, output: int, operation: str) -> HttpResponse:
    if "quote" in request.GET:
        asked = or_404(follow_up, membership.team, output, operation, request.GET)
        return show(request, membership, "create/_small_price.html", {"asked": asked})
    if request.method == "GET":
        return _small_form(request, membership, or_404(follow_up, membership.team, output, operation))
    asked = or_404(follow_up, membership.team, output, operation, request.POST)
    if asked.form.params is not None and asked.form.is_valid():
        try:
            job, _is_new = services.create_job(
                membership=membership,
                entry=asked.entry,
                operation=asked.operation,
                params=asked.form.params,
                request_key=request.POST.get("request_key", ""),
                source=asked.output,
            )
            return created(request, membership, job, _(asked.operation.label))
        except NotEnoughCredits as short:
            asked.problem = short_of_credits(short)
        except services.CannotCreate as cannot:
            asked.problem = cannot.user_message
    if "quick" in request.POST and is_fragment(request):
        return refused(request, membership, asked.problem or _("Something has to be chosen for this first."))
    return reswap(retarget(_small_form(request, membership, asked, status=422), f"#small-form-{output}"), "outerHTML")


def _small_form(request: HttpRequest, membership: Membership, asked: FollowUp, status: int = 200) -> HttpResponse:
    template = "create/_small_form.html" if is_fragment(request) else "create/small_form.html"
    return show(request, membership, template, {"asked": asked}, status=status)


@require_POST
@team_view(Role.CREATOR)
def cancel(request: HttpRequest, membership: Membership, job: int) -> HttpResponse:
    card = or_404(queries.card, membership.team, job)
    if not services.cancel(card.job, membership):
        late = _("It has been sent to the service already and can't be stopped.")
        return refused(request, membership, late if card.is_live else _("It has ended already."))
    context = {"card": queries.card(membership.team, job)}
    return show(request, membership, f"create/{'_' if is_fragment(request) else ''}job.html", context)


@require_POST
@team_view(Role.CREATOR)
def retry(request: HttpRequest, membership: Membership, job: int) -> HttpResponse:
    card = or_404(queries.card, membership.team, job)
    try:
        again = services.retry(card.job, membership, request.POST.get("request_key", ""))
    except NotEnoughCredits as short:
        return refused(request, membership, short_of_credits(short))
    except services.CannotCreate as cannot:
        return refused(request, membership, cannot.user_message)
    return created(request, membership, again, _(card.operation_label))

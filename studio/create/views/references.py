"""Pictures that steer a prompt: from files, from the clipboard, by address."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from studio.accounts.access import team_view
from studio.accounts.answers import or_404, show
from studio.accounts.models import Membership, Role
from studio.jobs import catalog
from studio.jobs.forms import Param
from studio.media.models import ImportState, UrlImport
from studio.media.presenters import image_view
from studio.media.problems import MediaProblem
from studio.media.services import receive_upload, request_url_import

from ..composer import Composer, Pending, compose

MAX_FILES = 20


def _role(membership: Membership, model: str, name: str) -> tuple[Composer, Param]:
    composer = compose(membership, or_404(catalog.find, model))
    role = next((role for role in composer.roles if role.name == name), None)
    if role is None:
        raise Http404
    return composer, role


@require_POST
@team_view(Role.CREATOR)
def upload(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Chips for what was sent, and sentences for what could not be taken."""
    composer, role = _role(membership, request.POST.get("model", ""), request.POST.get("role", ""))
    images, refusals = [], []
    files = request.FILES.getlist("files")
    for file in files[MAX_FILES:]:
        refusals.append(
            (file.name, _("At most %(limit)s pictures at once. Add this one again.") % {"limit": MAX_FILES})
        )
    for file in files[:MAX_FILES]:
        try:
            asset = receive_upload(file, team=membership.team, user=membership.user)
        except MediaProblem as problem:
            refusals.append((file.name, problem.user_message))
        else:
            images.append(image_view(asset, membership.team.slug))
    if address := request.POST.get("url", "").strip():
        try:
            asked = request_url_import(address, membership.team, membership.user)
        except MediaProblem as problem:
            refusals.append((address, problem.user_message))
        else:
            composer.pending.append(Pending(role.name, role.label, asked))
    taken = bool(images or composer.pending)
    if not taken and not refusals:
        refusals.append(("", _("Choose a picture first.")))
    context = {"composer": composer, "role": role, "images": images, "refusals": refusals, "pending": composer.pending}
    return show(request, membership, "create/_references_new.html", context, status=200 if taken else 422)


@require_GET
@team_view(Role.CREATOR)
def upload_state(request: HttpRequest, membership: Membership, pk: int) -> HttpResponse:
    """A picture that is being fetched: still on its way, there, or refused."""
    found = UrlImport.objects.filter(team=membership.team, pk=pk).select_related("asset").first()
    if found is None:
        raise Http404
    composer, role = _role(membership, request.GET.get("model", ""), request.GET.get("role", ""))
    context = {
        "composer": composer,
        "role": role,
        "pending": [Pending(role.name, role.label, found)] if found.state == ImportState.PENDING else [],
        "images": [image_view(found.asset, membership.team.slug)] if found.asset else [],
        "refusals": [(found.url, found.problem)] if found.state == ImportState.FAILED else [],
    }
    return show(request, membership, "create/_references_new.html", context)

"""How the views of this room answer: a page or a piece of it, and what a new job does to a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from studio.accounts.models import Membership
from studio.jobs.models import Job

T = TypeVar("T")


def is_fragment(request: HttpRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]


def or_404(call: Callable[..., T], *args: Any) -> T:
    """What `call` gives; a missing row or model is a page that is not there."""
    try:
        return call(*args)
    except (ObjectDoesNotExist, LookupError) as missing:
        raise Http404 from missing


def show(
    request: HttpRequest, membership: Membership, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Renders for this team; the same address may give a page or a piece, and never from a cache."""
    request.membership = membership  # type: ignore[attr-defined]
    response = render(request, template, {"membership": membership, "team": membership.team, **context}, status=status)
    response.headers.setdefault("Cache-Control", "no-cache, private")
    patch_vary_headers(response, ("HX-Request",))
    return response


def created(request: HttpRequest, membership: Membership, job: Job, label: str) -> HttpResponse:
    """A follow-up or a retry was made: the page is told, and fetches the card where it has a feed."""
    url = reverse("create:job", args=[membership.team.slug, job.pk])
    said = _("%(what)s has begun.") % {"what": label}
    if not is_fragment(request):
        messages.success(request, said)
        return redirect("create:page", membership.team.slug)
    return trigger_client_event(HttpResponse(), "job:created", {"id": job.pk, "url": url, "said": said})


def refused(request: HttpRequest, membership: Membership, sentence: str) -> HttpResponse:
    """Something that has no form of its own could not be done."""
    if not is_fragment(request):
        messages.error(request, sentence)
        return redirect("create:page", membership.team.slug)
    return trigger_client_event(HttpResponse(status=422), "said", {"text": sentence, "bad": True})

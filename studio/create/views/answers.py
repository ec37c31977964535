"""What a new job, or one that could not be made, does to the pages of this room."""

from __future__ import annotations

from typing import TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from studio.accounts.answers import is_fragment
from studio.accounts.models import Membership
from studio.jobs.models import Job

T = TypeVar("T")


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

"""How the views of every room answer: a page or a piece of it, for a person or for a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from .models import Membership

T = TypeVar("T")


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks, for a piece of a page."""
    return bool(HtmxDetails(request))


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def or_404(call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """What `call` gives; a missing row or model is a page that is not there."""
    try:
        return call(*args, **kwargs)
    except (ObjectDoesNotExist, LookupError) as missing:
        raise Http404 from missing


def show(
    request: HttpRequest, membership: Membership, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Renders for this team; the same address may give a page or a piece, and never from a cache."""
    response = render(request, template, {"membership": membership, "team": membership.team, **context}, status=status)
    response.headers.setdefault("Cache-Control", "no-cache, private")
    patch_vary_headers(response, ("HX-Request",))
    return response

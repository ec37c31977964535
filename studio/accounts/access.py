"""Who may enter. Strangers are told that there is nothing (404), teammates whose role is too low
are told so (403), and people who are signed out are asked to sign in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from studio.accounts.models import Membership, Role, User

View = Callable[..., Any]


def membership_or_404(user: User | AnonymousUser, team_slug: str) -> Membership:
    if not user.is_authenticated or not user.is_active:
        raise Http404
    found = Membership.objects.select_related("team", "user").filter(user=user, team__slug=team_slug).first()
    if found is None:
        raise Http404
    return found


def require(membership: Membership, role: Role) -> None:
    if not membership.allows(role):
        raise PermissionDenied(too_low(role))


def too_low(role: Role) -> str:
    if role == Role.CREATOR:
        return _("Your role in this team lets you look, not create. An admin of the team can change that.")
    if role == Role.OWNER:
        return _("Only owners of this team may do that.")
    return _("Only admins of this team may do that.")


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """A redirect to the sign-in page; htmx would swap that page into a fragment, so it is told to leave instead."""
    if request.headers.get("HX-Request") != "true":
        return redirect_to_login(request.get_full_path())
    current = urlsplit(request.headers.get("HX-Current-URL", ""))
    back = current.path + (f"?{current.query}" if current.query else "") or "/"
    return HttpResponse(status=401, headers={"HX-Redirect": redirect_to_login(back)["Location"]})


def signed_in(view: View) -> View:
    """For pages that belong to a person, not to a team."""

    @wraps(view)
    def gate(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return ask_to_sign_in(request)
        response: HttpResponseBase = view(request, *args, **kwargs)
        return response

    return gate


def team_view(role: Role = Role.VIEWER) -> Callable[[View], View]:
    """For routes with `<slug:team>`: calls `view(request, membership, **rest)` for members who may.

    The view keeps `team_role`, by which tests/access compares what is declared with what happens.
    """

    def decorate(view: View) -> View:
        def enter(request: HttpRequest, team: str) -> Membership | HttpResponse:
            if not request.user.is_authenticated:
                return ask_to_sign_in(request)
            membership = membership_or_404(request.user, team)
            require(membership, role)
            # the frame around every page asks for it
            request.membership = membership  # type: ignore[attr-defined]  # requests carry what doors learn
            return membership

        if iscoroutinefunction(view):

            @wraps(view)
            async def async_gate(request: HttpRequest, team: str, **kwargs: Any) -> HttpResponseBase:
                membership = await sync_to_async(enter)(request, team)
                if isinstance(membership, HttpResponse):
                    return membership
                response: HttpResponseBase = await view(request, membership, **kwargs)
                return response

            async_gate.team_role = role  # type: ignore[attr-defined]  # the access matrix reads it
            return async_gate

        @wraps(view)
        def gate(request: HttpRequest, team: str, **kwargs: Any) -> HttpResponseBase:
            membership = enter(request, team)
            if isinstance(membership, HttpResponse):
                return membership
            response: HttpResponseBase = view(request, membership, **kwargs)
            return response

        gate.team_role = role  # type: ignore[attr-defined]  # the access matrix reads it
        return gate

    return decorate

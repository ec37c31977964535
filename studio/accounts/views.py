"""Signing in and out, and one's own account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from studio.accounts import guessing, queries, services
from studio.accounts.access import signed_in
from studio.accounts.forms import PasswordForm, ProfileForm, SignInForm
from studio.accounts.models import User


def _next(request: HttpRequest) -> str:
    """Where the person wanted to go, if that is a place of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else ""


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(_next(request) or "home")
    form = SignInForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            user = guessing.check_password(request, form.cleaned_data["email"], form.cleaned_data["password"])
        except guessing.TooManyTries:
            status = 429
            form.add_error("password", _("Too many tries. Wait a quarter of an hour, then try again."))
        else:
            if user is not None:
                login(request, user)
                return redirect(_next(request) or "home")
            form.add_error("password", _("The email or the password is not right."))
    form.focus()
    return render(request, "accounts/sign_in.html", {"form": form, "next": _next(request)}, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("accounts:sign-in")


@never_cache
@require_GET
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    user = services.use_welcome_link(token)
    if user is None:
        return render(request, "accounts/welcome_expired.html", status=410)
    login(request, user)
    team = queries.first_team(user)
    return redirect(reverse("create:page", args=[team.slug]) if team else "home")


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _account_page(
    request: HttpRequest, profile: ProfileForm | None = None, password: PasswordForm | None = None
) -> HttpResponse:
    user = _person(request)
    context = {
        "profile": profile or ProfileForm(initial={"name": user.name}, prefix="profile"),
        "password": password or PasswordForm(user, prefix="password"),
        "memberships": user.memberships.select_related("team").order_by("team__name"),
    }
    return render(request, "accounts/account.html", context, status=422 if profile or password else 200)


@never_cache
@signed_in
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponseBase:
    if request.method == "GET":
        return _account_page(request)
    form = ProfileForm(request.POST, prefix="profile")
    if not form.is_valid():
        form.focus()
        return _account_page(request, profile=form)
    user = _person(request)
    user.name = form.cleaned_data["name"]
    user.save(update_fields=["name"])
    messages.success(request, _("Saved."))
    return redirect("accounts:account")


@never_cache
@signed_in
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponseBase:
    if request.method == "GET":
        return redirect("accounts:account")
    user = _person(request)
    form = PasswordForm(user, request.POST, prefix="password")
    if not form.is_valid():
        form.focus()
        return _account_page(request, password=form)
    form.save()
    # this session lives on under a new key; every other one ends, as its password hash no longer fits
    update_session_auth_hash(request, user)
    messages.success(request, _("The password is changed. Everywhere else you are signed out."))
    return redirect("accounts:account")

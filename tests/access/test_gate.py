"""The gate in front of every page of a team."""

from __future__ import annotations

import asyncio

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from studio.accounts.access import membership_or_404, signed_in, team_view
from studio.accounts.models import Membership, Role
from tests.factories import join, make_user

pytestmark = pytest.mark.django_db


@team_view()
def look(request, membership, **kwargs):
    return HttpResponse(f"{membership.team.slug} {sorted(kwargs)}")


@team_view(Role.ADMIN)
def rule(request, membership):
    return HttpResponse("ruled")


def ask(view, user, team, path="/t/reef/?q=1", **headers):
    request = RequestFactory().get(path, headers=headers)
    request.user = user
    return view(request, team=getattr(team, "slug", team))


def test_a_member_enters(alice, team):
    assert ask(look, alice, team).content.decode() == f"{team.slug} []"


def test_the_membership_comes_with_team_and_person(alice, team, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = membership_or_404(alice, team.slug)
        assert (found.team.name, found.user.name, found.role) == ("Reef", "Alice Aldrin", Role.OWNER)


def test_strangers_learn_nothing(charlie, team):
    for slug in (team, "no-such-team"):
        with pytest.raises(Http404):
            ask(look, charlie, slug)


def test_inactive_people_are_strangers(bob, team):
    bob.is_active = False
    with pytest.raises(Http404):
        ask(look, bob, team)


def test_a_role_too_low_is_told_so(bob, team):
    with pytest.raises(PermissionDenied, match="Only admins of this team"):
        ask(rule, bob, team)


def test_the_signed_out_are_asked_to_sign_in_and_brought_back(team):
    response = ask(look, AnonymousUser(), team)
    assert (response.status_code, response["Location"]) == (302, "/sign-in/?next=/t/reef/%3Fq%3D1")


def test_htmx_is_told_to_leave_the_page(team):
    response = ask(
        look, AnonymousUser(), team, **{"HX-Request": "true", "HX-Current-URL": "http://testserver/t/reef/create/?a=1"}
    )
    assert response.status_code == 401
    assert response["HX-Redirect"] == "/sign-in/?next=/t/reef/create/%3Fa%3D1"


def test_htmx_cannot_be_sent_elsewhere(team):
    response = ask(look, AnonymousUser(), team, **{"HX-Request": "true", "HX-Current-URL": "https://evil.example/x"})
    assert response["HX-Redirect"] == "/sign-in/?next=/x"


def test_asynchronous_views_too(bob, team):
    @team_view()
    async def stream(request, membership, pk):
        return HttpResponse(f"{membership.role} {pk}")

    request = RequestFactory().get("/")
    request.user = bob

    async def run():
        return await stream(request, team=team.slug, pk=7)

    from asgiref.sync import async_to_sync

    assert asyncio.iscoroutinefunction(stream)
    assert async_to_sync(run)().content == b"creator 7"
    request.user = AnonymousUser()
    assert async_to_sync(run)().status_code == 302


def test_pages_of_a_person(alice):
    @signed_in
    def page(request):
        return HttpResponse("mine")

    request = RequestFactory().get("/account/")
    request.user = alice
    assert page(request).content == b"mine"
    request.user = AnonymousUser()
    assert page(request)["Location"] == "/sign-in/?next=/account/"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("asked", Role)
def test_roles_are_ordered(role, asked):
    order = [Role.VIEWER, Role.CREATOR, Role.ADMIN, Role.OWNER]
    assert Membership(role=role).allows(asked) == (order.index(role) >= order.index(asked))


def test_one_membership_a_team(alice, team):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        join(team, alice)
    assert join(team, make_user()).role == Role.CREATOR

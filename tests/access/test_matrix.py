"""Every route × every role × every foreign object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.access.routes import ROUTES, Open, Route
from tests.access.world import ACTORS, SIGNED_OUT, World

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Found:
    name: str
    parameters: frozenset[str]
    callback: Callable[..., Any]


def walk(resolver: URLResolver, namespace: str = "", given: frozenset[str] = frozenset()) -> Iterator[Found]:
    for pattern in resolver.url_patterns:
        parameters = given | set(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLPattern):
            yield Found(f"{namespace}{pattern.name or pattern.pattern}", parameters, pattern.callback)
        else:
            deeper = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from walk(pattern, deeper, parameters)


def routes_of_project() -> list[Found]:
    return list(walk(get_resolver()))


def variants() -> list[Any]:
    return list(_variants())


def _variants() -> Iterator[Any]:
    for name, listed in ROUTES.items():
        for route in listed if isinstance(listed, list) else [listed]:
            yield pytest.param(name, route, id=f"{name}-{route.method}")


def of_team() -> list[Any]:
    return [each for each in variants() if isinstance(each.values[1], Route)]


@pytest.fixture
def world(db, settings, tmp_path) -> World:
    settings.MEDIA_ROOT = tmp_path / "media"
    return World()


def knock(world: World, actor: str, name: str, route: Route | Open, kwargs: dict[str, Any]) -> HttpResponse:
    client = Client(raise_request_exception=False)
    if user := world.actors[actor]:
        client.force_login(user)
    return getattr(client, route.method)(reverse(name, kwargs=kwargs), route.data(world))


def kwargs_of(world: World, route: Route | Open) -> dict[str, Any]:
    of_team = {"team": world.team.slug} if isinstance(route, Route) else {}
    return {**of_team, **route.kwargs(world, world.team)}


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize(("name", "route"), variants())
def test_who_may_enter(world, name, route, actor):
    response = knock(world, actor, name, route, kwargs_of(world, route))
    assert response.status_code == route.expected(actor)
    if isinstance(route, Route) and actor == SIGNED_OUT:
        assert response["Location"].startswith(reverse("accounts:sign-in"))


@pytest.mark.parametrize(("name", "route"), of_team())
def test_objects_of_another_team_are_not_there(world, name, route):
    named = route.kwargs(world, world.elsewhere)
    if named:
        response = knock(world, "owner", name, route, {"team": world.team.slug, **named})
        assert response.status_code == 404


@pytest.mark.parametrize(("name", "route"), of_team())
def test_a_team_that_does_not_exist_looks_like_a_foreign_one(world, name, route):
    kwargs = {**kwargs_of(world, route), "team": "no-such-team"}
    assert knock(world, "owner", name, route, kwargs).status_code == 404


def test_every_route_is_listed():
    found = {route.name for route in routes_of_project() if not route.name.startswith("admin:")}
    assert found - set(ROUTES) == set(), "routes without a line in tests/access/routes.py"
    assert set(ROUTES) - found == set(), "lines in tests/access/routes.py without a route"


def test_routes_of_teams_pass_the_gate_with_the_role_that_is_listed():
    for found in routes_of_project():
        if found.name not in ROUTES:
            continue
        listed = ROUTES[found.name]
        routes = listed if isinstance(listed, list) else [listed]
        if "team" not in found.parameters:
            assert all(isinstance(route, Open) for route in routes), f"{found.name} has no team in its address"
            continue
        gate = getattr(found.callback, "team_role", None)
        assert gate is not None, f"{found.name} is not behind @team_view"
        # a view may ask for more by itself (access.require), never for less
        assert min((route.role for route in routes), key=gate_order) == gate, found.name


def gate_order(role: str) -> int:
    return ["viewer", "creator", "admin", "owner"].index(role)


def test_objects_in_addresses_are_tried_from_another_team(world):
    for found in routes_of_project():
        if found.name in ROUTES and "team" in found.parameters and found.parameters != {"team"}:
            listed = ROUTES[found.name]
            for route in listed if isinstance(listed, list) else [listed]:
                assert set(route.kwargs(world, world.team)) == found.parameters - {"team"}, found.name


# --- the administration: one rule for all of its addresses ---

SAMPLES = {"object_id": "1", "app_label": "accounts", "content_type_id": "1", "id": "1", "url": "nowhere"}


@pytest.mark.parametrize("actor", ACTORS)
def test_the_administration_is_for_administrators(world, actor):
    client = Client()
    if user := world.actors[actor]:
        client.force_login(user)
    tried = 0
    for found in routes_of_project():
        # the nameless ones send old addresses on to named ones
        if not found.name.startswith("admin:") or "<" in found.name:
            continue
        kwargs = {name: SAMPLES.get(name, "1") for name in found.parameters}
        for method in ("get", "post"):
            response = getattr(client, method)(reverse(found.name, kwargs=kwargs))
            assert response.status_code in (302, 403, 404, 405), (found.name, method)
            if response.status_code == 302 and found.name != "admin:logout":
                assert response["Location"].startswith(("/admin/login/", "/sign-in/", "/admin/")), found.name
            tried += 1
    assert tried > 50


def test_administrators_enter_the_administration(world):
    owner = world.actors["owner"]
    owner.is_staff = owner.is_superuser = True
    owner.save()
    client = Client()
    client.force_login(owner)
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/login/").status_code == 302

"""What every route of the project asks for. A route that is not listed here fails the matrix.

A route of a team (`<slug:team>` in its address) needs its lowest role, and says what it answers to
those who may (`ok`). Below that role it must answer 403, to strangers 404, to the signed out a
redirect to the sign-in page. Where its address names an object of the team, `kwargs` makes one for
the team it is given; the matrix also tries one of another team, and expects 404.

    "create:start": Route(Role.CREATOR, "post", ok=302, data=lambda world: {"prompt": "a reef"}),
    "create:job": Route(kwargs=lambda world, team: {"pk": world.job(team).pk}),
    "create:both": [Route(Role.VIEWER), Route(Role.CREATOR, "post", ok=422)],

Any other route says what each actor gets: `Open(200)` for everybody alike, or by name, as in
`Open(302, signed_out=200)`; `stranger` is anybody signed in who is not in the team.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from studio.accounts.models import Role, Team
from tests.access.world import SIGNED_OUT, World


def _nothing(*_: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Route:
    role: Role = Role.VIEWER
    method: str = "get"
    ok: int = 200
    kwargs: Callable[[World, Team], dict[str, Any]] = _nothing
    data: Callable[[World], dict[str, Any]] = _nothing

    def expected(self, actor: str) -> int:
        if actor == SIGNED_OUT:
            return 302
        if actor not in list(Role):
            return 404
        order = [Role.VIEWER, Role.CREATOR, Role.ADMIN, Role.OWNER]
        return self.ok if order.index(Role(actor)) >= order.index(self.role) else 403


@dataclass(frozen=True)
class Open:
    signed_in: int
    signed_out: int | None = None
    method: str = "get"
    kwargs: Callable[[World, Team], dict[str, Any]] = _nothing
    data: Callable[[World], dict[str, Any]] = _nothing

    def expected(self, actor: str) -> int:
        return self.signed_out if actor == SIGNED_OUT and self.signed_out is not None else self.signed_in


def asset(world: World, team: Team) -> dict[str, Any]:
    return {"pk": world.asset(team).pk}


def rendition(world: World, team: Team) -> dict[str, Any]:
    found = world.asset(team).renditions.first()
    return {"pk": found.asset_id, "spec": found.spec}


def job(world: World, team: Team) -> dict[str, Any]:
    return {"job": world.output(team).job_id}


def output(world: World, team: Team) -> dict[str, Any]:
    return {"output": world.output(team).pk}


def vary(world: World, team: Team) -> dict[str, Any]:
    return {"output": world.output(team).pk, "operation": "vary-subtle"}


def bar(world: World) -> dict[str, Any]:
    return {"model": "youchuan:v7", "prompt": ""}


def place(world: World) -> dict[str, Any]:
    return {"model": "youchuan:v7", "role": "image_prompts"}


ROUTES: dict[str, Route | Open | list[Route | Open]] = {
    "home": Open(302),
    "set_language": Open(302, method="post", data=lambda world: {"language": "en"}),
    # --- accounts ---
    "accounts:sign-in": [Open(302, signed_out=200), Open(302, signed_out=422, method="post")],
    "accounts:sign-out": [Open(405), Open(302, method="post")],
    "accounts:account": [Open(200, signed_out=302), Open(422, signed_out=302, method="post")],
    "accounts:password": [Open(302), Open(422, signed_out=302, method="post")],
    "accounts:welcome": Open(410, kwargs=lambda world, team: {"token": "nonsense"}),
    # --- media ---
    "media:original": Route(kwargs=asset),
    "media:rendition": Route(kwargs=rendition),
    "media:input": Open(404, kwargs=lambda world, team: {"token": "nonsense"}),
    # --- create ---
    "create:page": Route(),
    "create:teams": Route(),
    "create:prompts": Route(Role.CREATOR),
    "create:panel": Route(Role.CREATOR, "post", data=bar),
    "create:read-prompt": Route(Role.CREATOR, "post", data=bar),
    "create:quote": Route(Role.CREATOR, "post", data=bar),
    "create:submit": Route(Role.CREATOR, "post", ok=422, data=bar),
    "create:job": Route(kwargs=job),
    "create:cancel": Route(Role.CREATOR, "post", ok=302, kwargs=job),
    "create:retry": Route(Role.CREATOR, "post", ok=302, kwargs=job),
    "create:lightbox": Route(kwargs=output),
    "create:actions": Route(kwargs=output),
    "create:operation": [
        Route(Role.CREATOR, kwargs=vary),
        Route(Role.CREATOR, "post", ok=302, kwargs=vary, data=lambda world: {"request_key": "matrix-request"}),
    ],
    "create:uploads": Route(Role.CREATOR, "post", ok=422, data=place),
    "create:upload": Route(Role.CREATOR, kwargs=lambda world, team: {"pk": world.url_import(team).pk}, data=place),
    # --- jobs ---
    "jobs:events": Route(),
    "jobs:events-poll": Route(),
}

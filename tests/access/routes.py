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


def video(world: World, team: Team) -> dict[str, Any]:
    return {"pk": world.video(team).pk}


def conversion(world: World, team: Team) -> dict[str, Any]:
    found = world.conversion(team)
    return {"pk": found.asset_id, "conversion": found.pk}


def converted(world: World, team: Team) -> dict[str, Any]:
    found = world.conversion(team)
    return {"pk": found.asset_id, "wanted": found.format}


def job(world: World, team: Team) -> dict[str, Any]:
    return {"job": world.output(team).job_id}


def reply(world: World, team: Team) -> dict[str, Any]:
    return {"reply": world.reply(team).pk}


def output(world: World, team: Team) -> dict[str, Any]:
    return {"output": world.output(team).pk}


def vary(world: World, team: Team) -> dict[str, Any]:
    return {"output": world.output(team).pk, "operation": "vary-subtle"}


def bar(world: World) -> dict[str, Any]:
    return {"model": "youchuan:v7", "prompt": ""}


def place(world: World) -> dict[str, Any]:
    return {"model": "youchuan:v7", "role": "image_prompts"}


def moodboard(world: World, team: Team) -> dict[str, Any]:
    return {"board": world.board_item(team).board_id}


def board_item(world: World, team: Team) -> dict[str, Any]:
    found = world.board_item(team)
    return {"board": found.board_id, "item": found.pk}


def collection(world: World, team: Team) -> dict[str, Any]:
    return {"collection": world.collection(team).pk}


def retexture(world: World, team: Team) -> dict[str, Any]:
    return {"pk": world.asset(team).pk, "operation": "retexture"}


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
    "media:preview": Route(kwargs=video),
    "media:frame": Route(Role.CREATOR, "post", kwargs=video, data=lambda world: {"t": "0"}),
    "media:convert": Route(Role.CREATOR, "post", kwargs=video, data=lambda world: {"format": "gif"}),
    "media:conversion": Route(kwargs=conversion),
    "media:converted": Route(kwargs=converted),
    "media:input": Open(404, kwargs=lambda world, team: {"token": "nonsense"}),
    # --- create ---
    "create:page": Route(),
    "create:teams": Route(),
    "create:prompts": Route(Role.CREATOR),
    "create:panel": Route(Role.CREATOR, "post", data=bar),
    "create:read-prompt": Route(Role.CREATOR, "post", data=bar),
    "create:quote": Route(Role.CREATOR, "post", data=bar),
    "create:submit": Route(Role.CREATOR, "post", ok=422, data=bar),
    "create:assist": Route(Role.CREATOR, "post", ok=422),
    "create:assist-form": Route(Role.CREATOR),
    "create:assist-state": Route(Role.CREATOR, kwargs=reply),
    "create:assist-events": Route(Role.CREATOR, kwargs=reply),
    "create:assist-stop": Route(Role.CREATOR, "post", kwargs=reply),
    "create:job": Route(kwargs=job),
    "create:cancel": Route(Role.CREATOR, "post", ok=302, kwargs=job),
    "create:retry": Route(Role.CREATOR, "post", ok=302, kwargs=job),
    "create:lightbox": Route(kwargs=output),
    "create:actions": Route(kwargs=output),
    "create:operation": [
        Route(Role.CREATOR, kwargs=vary),
        Route(Role.CREATOR, "post", ok=302, kwargs=vary, data=lambda world: {"request_key": "matrix-request"}),
    ],
    "create:file": Route(kwargs=asset),
    "create:file-actions": Route(kwargs=asset),
    "create:files": Route(Role.CREATOR),
    "create:send": Route(Role.CREATOR, kwargs=output),
    "create:file-send": Route(Role.CREATOR, kwargs=asset),
    "create:file-operation": [
        Route(Role.CREATOR, kwargs=retexture),
        Route(
            Role.CREATOR,
            "post",
            ok=302,
            kwargs=retexture,
            data=lambda world: {"request_key": "matrix-file-request", "prompt": "clay"},
        ),
    ],
    # --- editor ---
    "editor:output": Route(Role.CREATOR, kwargs=output),
    "editor:asset": Route(Role.CREATOR, kwargs=asset),
    "editor:submit-output": Route(Role.CREATOR, "post", ok=422, kwargs=output),
    "editor:submit-asset": Route(Role.CREATOR, "post", ok=422, kwargs=asset),
    "editor:versions-of-output": Route(Role.CREATOR, kwargs=output),
    "editor:versions-of-asset": Route(Role.CREATOR, kwargs=asset),
    "create:uploads": Route(Role.CREATOR, "post", ok=422, data=place),
    "create:upload": Route(Role.CREATOR, kwargs=lambda world, team: {"pk": world.url_import(team).pk}, data=place),
    # --- jobs ---
    "callback": Open(404, method="post", kwargs=lambda world, team: {"provider": "youchuan", "token": "nonsense"}),
    "jobs:events": Route(),
    "jobs:events-poll": Route(),
    # --- moodboards ---
    "moodboards:index": Route(),
    "moodboards:create": [
        Route(Role.CREATOR),
        Route(Role.CREATOR, "post", ok=302, data=lambda world: {"name": "Low sun"}),
    ],
    "moodboards:choose": Route(Role.CREATOR),
    "moodboards:picker": [
        Route(Role.CREATOR, data=lambda world: {"asset": world.asset(world.team).pk}),
        Route(Role.CREATOR, "post", ok=422, data=lambda world: {"asset": world.asset(world.team).pk}),
    ],
    "moodboards:board": Route(kwargs=moodboard),
    "moodboards:details": [
        Route(Role.CREATOR, kwargs=moodboard),
        Route(Role.CREATOR, "post", ok=422, kwargs=moodboard),
    ],
    "moodboards:delete": Route(Role.CREATOR, "post", ok=302, kwargs=moodboard),
    "moodboards:restore": Route(Role.CREATOR, "post", ok=302, kwargs=moodboard),
    "moodboards:add": Route(Role.CREATOR, "post", ok=422, kwargs=moodboard),
    "moodboards:remove": Route(Role.CREATOR, "post", ok=302, kwargs=moodboard),
    "moodboards:put-back": Route(Role.CREATOR, "post", ok=302, kwargs=moodboard),
    "moodboards:item": Route(kwargs=board_item),
    "moodboards:move": Route(Role.CREATOR, "post", ok=302, kwargs=board_item),
    "moodboards:note": Route(Role.CREATOR, "post", ok=302, kwargs=board_item),
    "moodboards:cover": Route(Role.CREATOR, "post", ok=302, kwargs=board_item),
    # --- gallery ---
    "gallery:wall": Route(),
    "gallery:figures": Route(),
    "gallery:ids": Route(),
    "gallery:sidebar": Route(),
    "gallery:star": Route(method="post", ok=422),
    "gallery:download": Route(method="post", ok=422),
    "gallery:trash": Route(),
    "gallery:star-button": Route(kwargs=output),
    "gallery:put-in-trash": Route(Role.CREATOR, "post", ok=422),
    "gallery:restore": Route(Role.CREATOR, "post", ok=422),
    "gallery:delete": Route(Role.CREATOR, "post", ok=422),
    "gallery:collections": Route(Role.CREATOR, "post", ok=422),
    "gallery:collection-rename": Route(Role.CREATOR, "post", ok=422, kwargs=collection),
    "gallery:collection-delete": Route(Role.CREATOR, "post", ok=302, kwargs=collection),
    "gallery:collection-restore": Route(Role.CREATOR, "post", ok=302, kwargs=collection),
    "gallery:add": Route(Role.CREATOR, "post", ok=422, kwargs=collection),
    "gallery:remove": Route(Role.CREATOR, "post", ok=422, kwargs=collection),
    "gallery:cover": Route(Role.CREATOR, "post", ok=422, kwargs=collection),
    # --- history ---
    "history:page": Route(),
    "history:export": Route(),
    "history:job": Route(kwargs=job),
    "history:row": Route(kwargs=job),
    "history:cancel": Route(Role.CREATOR, "post", ok=422, kwargs=job),
    "history:retry": Route(Role.CREATOR, "post", ok=422, kwargs=job),
    "history:delete": Route(Role.CREATOR, "post", ok=302, kwargs=job),
    "history:restore": Route(Role.CREATOR, "post", ok=302, kwargs=job),
}

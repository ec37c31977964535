"""What Youchuan's endpoints take: for each its fields and their bounds; nothing else is taken."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request

from .net import is_web_url
from .youchuan_masks import MAX_SIDE, MaskError, read_mask
from .youchuan_wire import RefusedError

MAX_PIXELS = 64_000_000
MAX_BOARD, MAX_BOARD_UPDATE = 500, 30

Field = Callable[[str, Any], Any]
Fields = Mapping[str, Field]


def text_field(longest: int, least: int = 1) -> Field:
    def read(name: str, value: Any) -> str:
        if not isinstance(value, str) or not least <= len(value) <= longest:
            raise RefusedError("Invalid_Argument", f"{name} must be a text of {least} to {longest} characters")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise RefusedError("Invalid_Argument", f"{name} is not text") from error
        return value

    return read


def whole_field(low: int, high: int) -> Field:
    def read(name: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise RefusedError("Invalid_Argument", f"{name} must be a whole number from {low} to {high}")
        return value

    return read


def number_field(low: float, high: float) -> Field:
    def read(name: str, value: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise RefusedError("Invalid_Argument", f"{name} must be a number from {low} to {high}")
        return float(value)

    return read


def link_field(longest: int) -> Field:
    def read(name: str, value: Any) -> str:
        if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isascii() or not is_web_url(value):
            raise RefusedError("Invalid_Argument", f"{name} must be an http(s) address of at most {longest} characters")
        return value

    return read


def object_field(fields: Fields) -> Field:
    def read(name: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise RefusedError("Invalid_Argument", f"{name} must be an object")
        return read_fields(value, fields, {}, f"{name}.")

    return read


def links_field(most: int) -> Field:
    read_link = link_field(4096)

    def read(name: str, value: Any) -> list[str]:
        if not isinstance(value, list) or len(value) > most:
            raise RefusedError("Invalid_Argument", f"{name} must be a list of at most {most} addresses")
        return [read_link(f"{name}[{number}]", link) for number, link in enumerate(value)]

    return read


def mask_field(*, encoded: bool) -> Field:
    def read(name: str, value: Any) -> Any:
        try:
            return read_mask(value, encoded=encoded)
        except MaskError as error:
            raise RefusedError("Invalid_Argument", f"{name}: {error}") from error

    return read


def spoken_image_field(name: str, value: Any) -> Any:
    """The documents' samples of enhance give the number as a text."""
    return image_field(name, int(value) if isinstance(value, str) and re.fullmatch("[0-9]", value) else value)


def canvas_field(name: str, value: Any) -> dict[str, int]:
    canvas: dict[str, int] = _canvas_sides(name, value)
    if canvas["width"] * canvas["height"] > MAX_PIXELS:
        raise RefusedError("Invalid_Argument", f"{name} has more than {MAX_PIXELS} pixels")
    return canvas


def _anything(name: str, value: Any) -> Any:
    return value


prompt_field = text_field(8192)
job_field = text_field(64)
image_field = whole_field(0, 3)
callback_field = link_field(2048)
picture_field = link_field(1024)
_side = whole_field(1, MAX_SIDE)
_canvas_sides = object_field({"width": whole_field(64, MAX_SIDE), "height": whole_field(64, MAX_SIDE)})
_shift = whole_field(-MAX_SIDE, MAX_SIDE)
place_field = object_field({"width": _side, "height": _side, "x": _shift, "y": _shift})

PICTURE: Fields = {"jobId": job_field, "imageNo": image_field}
FILM: Fields = {"jobId": job_field, "videoNo": image_field}
CALLBACK: Fields = {"callback": callback_field}
REMIX: Fields = {"remixPrompt": prompt_field, **CALLBACK}
CANVAS: Fields = {"canvas": canvas_field, "imgPos": place_field, "remixPrompt": prompt_field}

BODIES: Mapping[str, tuple[Fields, Fields]] = {
    "diffusion": ({"text": prompt_field}, CALLBACK),
    "variation": ({**PICTURE, "type": whole_field(0, 1)}, REMIX),
    "upscale": ({**PICTURE, "type": whole_field(0, 3)}, CALLBACK),
    "reroll": ({"jobId": job_field}, {}),
    "pan": ({**PICTURE, "direction": whole_field(0, 3), "scale": number_field(1.1, 3.0)}, REMIX),
    "outpaint": ({**PICTURE, "scale": number_field(1.1, 2.0)}, REMIX),
    "inpaint": ({**PICTURE, "mask": mask_field(encoded=False)}, REMIX),
    "remix": ({**PICTURE, "remixPrompt": prompt_field}, {"mode": whole_field(0, 1), **CALLBACK}),
    "edit": ({**PICTURE, **CANVAS}, {"mask": mask_field(encoded=True), **CALLBACK}),
    "upload-paint": ({"imgUrl": picture_field, "mask": mask_field(encoded=True), **CANVAS}, CALLBACK),
    "retexture": ({"imgUrl": picture_field, "remixPrompt": prompt_field}, CALLBACK),
    "remove-background": ({"imgUrl": picture_field}, CALLBACK),
    "enhance": ({"jobId": job_field, "imageNo": spoken_image_field}, CALLBACK),
    "video-diffusion": (
        {},
        {
            "jobId": job_field,
            "imageNo": image_field,
            "prompt": prompt_field,
            "videoType": whole_field(0, 1),
            **CALLBACK,
        },
    ),
    "extend-video": ({**FILM, "prompt": prompt_field}, CALLBACK),
    # the sample sends a type that the list of fields does not have
    "video-upscale": (FILM, {"type": _anything, **CALLBACK}),
    "callback": ({"jobId": job_field}, {}),
    # the documents and the service's own OpenAPI name different fields: both are taken
    "create moodboard": (
        {"name": text_field(200)},
        {
            "description": text_field(8192, 0),
            "tag": text_field(200, 0),
            "images": links_field(MAX_BOARD),
        },
    ),
    "update moodboard": (
        {},
        {
            "name": text_field(200),
            "description": text_field(8192, 0),
            "tag": text_field(200, 0),
            "images": links_field(MAX_BOARD_UPDATE),
        },
    ),
}
"""For each endpoint the required and the optional fields."""


async def read_body(request: Request, endpoint: str) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError("Invalid_Argument", "the body must be application/json")
    try:
        data = json.loads(await request.body(), parse_constant=lambda _: math.nan)
    except (ValueError, RecursionError) as error:
        raise RefusedError("Invalid_Argument", "the body is not JSON") from error
    if not isinstance(data, dict):
        raise RefusedError("Invalid_Argument", "the body is not an object")
    required, optional = BODIES[endpoint]
    return read_fields(data, required, optional)


def read_fields(data: dict[str, Any], required: Fields, optional: Fields, inside: str = "") -> dict[str, Any]:
    if missing := [name for name in required if name not in data]:
        raise RefusedError("Invalid_Argument", f"missing: {', '.join(inside + name for name in missing)}")
    fields = {**required, **optional}
    if unknown := sorted(set(data) - set(fields)):
        names = ", ".join(inside + name for name in unknown)
        raise RefusedError("Invalid_Argument", f"unknown: {names[:200]}".encode(errors="replace").decode())
    return {name: fields[name](inside + name, value) for name, value in data.items()}


def read_query(request: Request, *, times: bool = False, default: tuple[int, int] | None = None) -> dict[str, Any]:
    """pageNo, pageSize, and with ``times`` since and to as seconds of the epoch or None."""
    given = dict(request.query_params)
    names = {"pageNo", "pageSize"} | ({"since", "to"} if times else set())
    if unknown := set(given) - names:
        raise RefusedError("Invalid_Argument", f"unknown: {', '.join(sorted(unknown))[:200]}")
    pages = {}
    for at, (name, most) in enumerate((("pageNo", 1000), ("pageSize", 500))):
        text = given.get(name, "" if default is None else str(default[at]))
        if not re.fullmatch(r"[1-9][0-9]{0,3}", text) or int(text) > most:
            raise RefusedError("Invalid_Argument", f"{name} must be a whole number from 1 to {most}")
        pages[name] = int(text)
    ends = {name: _moment(name, given[name]) if name in given else None for name in ("since", "to")}
    if ends["since"] is not None and ends["to"] is not None and ends["since"] > ends["to"]:
        raise RefusedError("Invalid_Argument", "since is after to")
    return {**pages, **ends}


def _moment(name: str, text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise RefusedError("Invalid_Argument", f"{name} must be a time such as 2025-09-08T09:01:04Z") from error
    if at.tzinfo is None:
        raise RefusedError("Invalid_Argument", f"{name} must name its time zone, such as Z")
    return at.timestamp()


def page_of(items: list[Any], query: dict[str, Any]) -> dict[str, Any]:
    """The shape of all lists; it is not documented, this one is ours."""
    size = query["pageSize"]
    first = (query["pageNo"] - 1) * size
    return {
        "total": len(items),
        "pageNo": query["pageNo"],
        "pageSize": size,
        "items": items[first : first + size],
    }

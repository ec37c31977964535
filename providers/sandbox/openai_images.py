"""OpenAI's images interface: generations and edits, answered in one breath."""

from __future__ import annotations

import asyncio
import base64
import io
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from PIL import Image, ImageOps
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .ends import Ends
from .faults import outcome_of
from .files import link
from .jobs import DONE, Job, JobStore, Runner, Slot, write_whole
from .magic import says, scripted
from .net import Fetcher
from .openai_wire import (
    ERRORS,
    MAX_MASK,
    MAX_PICTURE,
    PICTURE_FORMATS,
    Order,
    RefusedError,
    error_body,
    read_form,
    read_json,
    read_order,
)
from .paint import Recipe
from .render import UnusableReferenceError, Work
from .settings import Settings
from .youchuan_inputs import open_picture

NAME = "openai-images"
#: keys that stand for accounts in trouble
BARRED = {"invalid": "invalid_api_key", "no-money": "insufficient_quota"}
SIDES = (64, 4096)

Handler = Callable[[Request, str], Awaitable[dict[str, Any]]]


class OpenAIImages:
    name = NAME

    def __init__(self, settings: Settings, store: JobStore, runner: Runner, fetcher: Fetcher) -> None:
        self._settings = settings
        self._store = store
        self._runner = runner
        self._ends = Ends(store, runner)
        self.errors = {code: error_body(code) for code in ERRORS}
        self.routes = [
            Route("/v1/images/generations", self._endpoint(self.generate), methods=["POST"]),
            Route("/v1/images/edits", self._endpoint(self.edit), methods=["POST"]),
        ]
        self.controls: list[Route] = []

    async def generate(self, request: Request, owner: str) -> dict[str, Any]:
        order = read_order(await read_json(request), edits=False)
        width, height = _size(order.size) or (1024, 1024)
        seed = secrets.randbelow(2**31)
        works = [
            Work("paint", Recipe(order.prompt, seed + index // 4, index % 4, width, height).to_json())
            for index in range(order.count)
        ]
        return await self._made(request, owner, order, "generate", seed, works, {})

    async def edit(self, request: Request, owner: str) -> dict[str, Any]:
        fields, files = await read_form(request)
        order = read_order(fields, edits=True)
        if unknown := set(files) - {"image", "image[]", "mask"}:
            raise RefusedError("unknown_parameter", sorted(unknown)[0])
        data = files.get("image") or files.get("image[]")
        if not data:
            raise RefusedError("missing_required_parameter", "image")
        picture, mask = await asyncio.to_thread(_inputs, data, files.get("mask"), _size(order.size))
        job_id, seed = secrets.token_hex(12), secrets.randbelow(2**31)
        stored = {f"{job_id}_input.png": _png(picture)}
        recipe = Recipe("", seed, 0, *picture.size).to_json()
        options: dict[str, Any] = {"prompt": order.prompt, "seed": seed}
        if mask is not None:
            stored[f"{job_id}_mask.png"] = _png(mask)
            options["mask"] = f"{job_id}_mask.png"
        else:
            options["strong"] = True
        do = "rework" if mask is None else "repaint"
        works = [
            Work(do, recipe, f"{job_id}_input.png", {**options, "seed": seed + index // 4, "index": index % 4})
            for index in range(order.count)
        ]
        return await self._made(request, owner, order, "edit-image", seed, works, stored, job_id)

    # ── one order ────────────────────────────────────────────────────────────

    async def _made(
        self,
        request: Request,
        owner: str,
        order: Order,
        kind: str,
        seed: int,
        works: list[Work],
        files: dict[str, bytes],
        job_id: str = "",
    ) -> dict[str, Any]:
        """Paints, waits for the end and answers with the pictures."""
        outcome, rejected = outcome_of(request.scope.get("sandbox.fault", {}).get("job", {}))
        if code := scripted(order.prompt, "sandbox-error"):
            raise RefusedError(code if code in ERRORS else "invalid_value")
        if says(order.prompt, "forbidden"):
            raise RefusedError("moderation_blocked")
        if self._store.running(owner) >= self._settings.max_concurrent:
            raise RefusedError("rate_limit_exceeded")
        folder, now, base = self._runner.files(NAME), time.time(), str(request.base_url)
        for name, data in files.items():
            write_whole(folder / name, data)
        job = Job(
            id=job_id or secrets.token_hex(12),
            service=NAME,
            owner=owner,
            kind=kind,
            text=order.prompt,
            seed=seed,
            created=now,
            due=self._runner.due(now, secrets.randbelow(1001) / 1000),
            slots=[
                Slot(None, audit=rejected[index]) if index in rejected else Slot(work)
                for index, work in enumerate(works)
            ],
            outcome=outcome,
        )
        await self._ends.of(job)
        if job.state != DONE:
            raise RefusedError(job.failure if job.failure in ERRORS else "server_error")
        expires = None if outcome.links_expire is None else job.due + outcome.links_expire
        rows = [await self._row(job, slot, order, base, expires) for slot in job.slots]
        answer: dict[str, Any] = {"created": int(now), "data": rows}
        if not order.link:
            words = len(order.prompt.split())
            answer |= {"usage": {"input_tokens": words, "output_tokens": 272 * len(rows), "total_tokens": words + 272}}
        return answer

    async def _row(self, job: Job, slot: Slot, order: Order, base: str, expires: float | None) -> dict[str, Any]:
        if not slot.file:
            return {}
        if order.link:
            return {"url": link(base, NAME, slot.file, expires)}
        path = self._runner.files(NAME) / slot.file
        data = await asyncio.to_thread(self._encoded, path.read_bytes(), Recipe.from_json(slot.recipe), order)
        return {"b64_json": base64.b64encode(data).decode("ascii")}

    def _encoded(self, painted: bytes, recipe: Recipe, order: Order) -> bytes:
        """The picture in the format and with the background that were asked for."""
        if order.background != "transparent" and order.output_format == "png":
            return painted
        with Image.open(io.BytesIO(painted)) as opened:
            picture: Image.Image = opened.convert("RGB")
        if order.background == "transparent":
            picture = self._settings.painter.cutout(picture, recipe)
        data = io.BytesIO()
        quality = {} if order.output_format == "png" else {"quality": max(1, order.compression)}
        picture.save(data, order.output_format.upper(), **quality)
        return data.getvalue()

    # ── what the app and the runner ask of a service ─────────────────────────

    def _endpoint(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            headers = {"X-Request-Id": f"req_{secrets.token_hex(16)}"}
            try:
                return JSONResponse(await handler(request, _owner(request)), headers=headers)
            except RefusedError as refusal:
                response = refusal.response()
                response.headers.update(headers)
                return response

        return respond

    async def prepare(self, job: Job) -> None:
        """The picture came with the order."""

    def settle(self, job: Job) -> None:
        """Nothing is charged here."""

    async def announce(self, job: Job) -> None:
        self._ends.announce(job)

    def reset(self) -> None:
        """There is nothing beside the jobs."""


def _owner(request: Request) -> str:
    match = re.fullmatch(r"Bearer ([!-~]+)", request.headers.get("authorization", ""))
    if match is None:
        raise RefusedError("invalid_api_key")
    if match[1] in BARRED:
        raise RefusedError(BARRED[match[1]])
    return match[1]


def _size(size: str) -> tuple[int, int] | None:
    """None for "auto"."""
    width, _x, height = size.partition("x")
    return (int(width), int(height)) if height else None


def _inputs(data: bytes, mask: bytes | None, size: tuple[int, int] | None) -> tuple[Image.Image, Image.Image | None]:
    """The picture, and what of it is to be made anew (white), both cropped to the size asked for."""
    if len(data) >= MAX_PICTURE:
        raise RefusedError("invalid_image_file", "image", "50 MB or more.")
    try:
        picture = open_picture(data, PICTURE_FORMATS)
    except UnusableReferenceError as error:
        raise RefusedError("invalid_image_file", "image", str(error)) from error
    if min(picture.size) < SIDES[0] or max(picture.size) > SIDES[1]:
        raise RefusedError("invalid_image_file", "image", f"Sides go from {SIDES[0]} to {SIDES[1]} pixels.")
    changed = None if mask is None else _changed(mask, picture.size)
    if size is not None and size != picture.size:
        picture = ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
        changed = changed and ImageOps.fit(changed, size, Image.Resampling.NEAREST)
    return picture, changed


def _changed(data: bytes, size: tuple[int, int]) -> Image.Image:
    """White where the mask is transparent: that is what is made anew."""
    if len(data) >= MAX_MASK:
        raise RefusedError("invalid_image_file", "mask", "4 MB or more.")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as opened:
            if opened.size != size:
                raise RefusedError("invalid_image_file", "mask", "It is not of the picture's size.")
            if not opened.has_transparency_data:
                raise RefusedError("invalid_image_file", "mask", "It has no alpha channel.")
            alpha = opened.convert("RGBA").getchannel("A")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise RefusedError("invalid_image_file", "mask", str(error)) from error
    return alpha.point(lambda value: 0 if value >= 128 else 255)


def _png(picture: Image.Image) -> bytes:
    data = io.BytesIO()
    picture.save(data, "PNG", compress_level=1)
    return data.getvalue()

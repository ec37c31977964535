"""Aliyun's background replacement: submit and query."""

from __future__ import annotations

import asyncio
import io
import re
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .aliyun_wire import (
    BAD_LINK,
    EMPTY,
    ERRORS,
    FAILED,
    ILLEGAL,
    INDECENT,
    NO_KEY,
    NO_MONEY,
    NO_RECORD,
    NO_SERVICE,
    THROTTLED,
    UNFIT,
    RefusedError,
    Task,
    envelope,
    error_body,
    read_data,
    read_task,
)
from .faults import outcome_of
from .files import link
from .jobs import DONE, RUNNING, Job, JobStore, Runner, Slot, write_whole
from .magic import says, scripted
from .net import Fetcher, is_web_url
from .paint import Recipe
from .render import UnusableReferenceError, Work
from .settings import Settings
from .youchuan_inputs import open_picture
from .youchuan_masks import MaskError, as_png, check_filled, from_picture

NAME = "aliyun"
FORMATS = ("JPEG", "PNG", "WEBP")
SIDES = (400, 4096)
MAX_BYTES = 5 * 1024 * 1024
NONCES_KEPT = 10_000
#: tokens that stand for accounts in trouble
BARRED = {"invalid": NO_KEY, "no-service": NO_SERVICE, "no-money": NO_MONEY}
#: the first part of a job's time in which it still waits
WAITING = 0.25

Handler = Callable[[Request, str], Awaitable[dict[str, Any]]]


class Aliyun:
    name = NAME

    def __init__(self, settings: Settings, store: JobStore, runner: Runner, fetcher: Fetcher) -> None:
        self._settings = settings
        self._store = store
        self._runner = runner
        self._fetcher = fetcher
        self._nonces: deque[str] = deque(maxlen=NONCES_KEPT)
        self.errors = {code: error_body(code) for code in ERRORS}
        self.routes = [
            Route("/api/v1/bg-rep/submit", self._endpoint(self.submit), methods=["POST"]),
            Route("/api/v1/bg-rep/query", self._endpoint(self.query), methods=["POST"]),
        ]
        self.controls: list[Route] = []

    async def submit(self, request: Request, owner: str) -> dict[str, Any]:
        task = read_task(await read_data(request))
        outcome, rejected = outcome_of(request.scope.get("sandbox.fault", {}).get("job", {}))
        if code := scripted(task.positive_prompt, "sandbox-error"):
            raise RefusedError(code if code in ERRORS else ILLEGAL)
        if says(task.positive_prompt, "forbidden"):
            raise RefusedError(INDECENT)
        outcome.fail = outcome.fail or scripted(task.positive_prompt, "sandbox-fail")
        if self._store.running(owner) >= self._settings.max_concurrent:
            raise RefusedError(THROTTLED)
        picture, mask = await self._bring(task)
        job_id, now = secrets.token_hex(16), time.time()
        folder = self._runner.files(NAME)
        write_whole(folder / f"{job_id}_input.png", picture)
        write_whole(folder / f"{job_id}_mask.png", mask)
        seed = task.seed if task.seed is not None else secrets.randbelow(2**31)
        work = self._work(job_id, task, seed, picture)
        job = Job(
            id=job_id,
            service=NAME,
            owner=owner,
            kind="replace-background",
            text=task.positive_prompt,
            seed=seed,
            created=now,
            due=self._runner.due(now, secrets.randbelow(1001) / 1000),
            slots=[
                Slot(None, audit=rejected[index]) if index in rejected else Slot(work(index))
                for index in range(task.num_output)
            ],
            outcome=outcome,
            extra={"base": str(request.base_url), "task": {**asdict(task), "seed": seed}},
        )
        self._runner.submit(job)
        return envelope({"result_key": job.id, "task_list": [{**job.extra["task"], "status": "WAITING"}]})

    async def query(self, request: Request, owner: str) -> dict[str, Any]:
        data = await read_data(request)
        key = data.get("result_key")
        if key in (None, ""):
            raise RefusedError(EMPTY, "result_key")
        if set(data) != {"result_key"} or not isinstance(key, str):
            raise RefusedError(ILLEGAL, "data has a result_key and nothing else")
        job = self._store.get(key)
        if job is None or job.service != NAME or job.owner != owner:
            raise RefusedError(NO_RECORD)
        return envelope({"result_key": job.id, "task_list": [self._told(job)]})

    def _told(self, job: Job) -> dict[str, Any]:
        task = job.extra["task"]
        if job.state == RUNNING:
            begun = time.time() - job.created > WAITING * (job.due - job.created)
            return {**task, "status": "RUNNING" if begun else "WAITING"}
        if job.state != DONE:
            return {**task, "status": "FAILED", "message": ERRORS.get(job.failure, ERRORS[FAILED])[1], "results": []}
        results: list[str] = []
        if job.outcome.empty_polls > 0:
            job.outcome.empty_polls -= 1
            self._store.save(job)
        else:
            expires = None if job.outcome.links_expire is None else job.due + job.outcome.links_expire
            base = job.extra["base"]
            results = [link(base, NAME, slot.file, expires) if slot.file else "" for slot in job.slots]
        return {**task, "status": "SUCCESS", "message": "success", "results": results}

    # ── pictures ─────────────────────────────────────────────────────────────

    async def _bring(self, task: Task) -> tuple[bytes, bytes]:
        """The picture and its mask, as PNG, looked at before the order is taken."""
        files = []
        for url in (task.image, task.mask):
            if not is_web_url(url):
                raise RefusedError(BAD_LINK, "an http(s) address is wanted")
            try:
                files.append(await self._fetcher.fetch(url))
            except UnusableReferenceError as error:
                raise RefusedError(BAD_LINK, str(error)) from error
        picture = await asyncio.to_thread(_judged, files[0])
        return picture, await asyncio.to_thread(_as_mask, files[1], _size(picture))

    def _work(self, job_id: str, task: Task, seed: int, picture: bytes) -> Callable[[int], Work]:
        width, height = _size(picture)
        recipe = Recipe("", seed, 0, width, height, negative=task.negative_prompt).to_json()
        options = {
            "mask": f"{job_id}_mask.png",
            "strength": task.strength,
            "prompt": task.positive_prompt,
            "seed": seed,
        }
        return lambda index: Work("backdrop", recipe, f"{job_id}_input.png", {**options, "index": index})

    # ── what the app and the runner ask of a service ─────────────────────────

    def _endpoint(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            try:
                owner = _owner(request)
                if self._is_repeated(request):
                    return Response(status_code=400, headers={"X-Ca-Error-Message": "Nonce Used"})
                return JSONResponse(await handler(request, owner))
            except RefusedError as refusal:
                return refusal.response()

        return respond

    def _is_repeated(self, request: Request) -> bool:
        nonce = request.headers.get("x-ca-nonce", "").strip()
        if not nonce:
            raise RefusedError(EMPTY, "X-Ca-Nonce")
        if nonce in self._nonces:
            return True
        self._nonces.append(nonce)
        return False

    async def prepare(self, job: Job) -> None:
        """Everything was brought before the order was taken."""

    def settle(self, job: Job) -> None:
        """Nothing is charged here."""

    async def announce(self, job: Job) -> None:
        """The service has no callbacks."""

    def reset(self) -> None:
        self._nonces.clear()


def _owner(request: Request) -> str:
    match = re.fullmatch(r"APPCODE ([!-~]+)", request.headers.get("authorization", ""))
    if match is None:
        raise RefusedError(NO_KEY)
    if match[1] in BARRED:
        raise RefusedError(BARRED[match[1]])
    return match[1]


def _judged(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise RefusedError(UNFIT, f"more than {MAX_BYTES} bytes")
    try:
        picture = open_picture(data, FORMATS)
    except UnusableReferenceError as error:
        raise RefusedError(UNFIT, str(error)) from error
    if min(picture.size) < SIDES[0] or max(picture.size) > SIDES[1]:
        raise RefusedError(UNFIT, f"{picture.width}x{picture.height}, but sides go from {SIDES[0]} to {SIDES[1]}")
    return as_png(picture)


def _as_mask(data: bytes, size: tuple[int, int]) -> bytes:
    """White is replaced, black stays. The document is silent on it; see docs/aliyun.md."""
    try:
        mask = from_picture(data)
        check_filled(mask, empty_allowed=False)
    except MaskError as error:
        raise RefusedError(UNFIT, str(error)) from error
    if mask.size != size:
        raise RefusedError(UNFIT, "the mask is not of the picture's size")
    return as_png(mask)


def _size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.size

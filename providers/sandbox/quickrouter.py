"""QuickRouter: Tencent VOD's images behind a gateway, as one service of the sandbox."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .faults import outcome_of
from .jobs import DONE, FailedError, Job, JobStore, Outcome, Runner, Slot, write_whole
from .magic import says, scripted
from .net import Fetcher
from .paint import Recipe
from .quickrouter_bodies import Body, Picture, read_body
from .quickrouter_wire import ERRORS, GATEWAY, NAME, error_body, queue_object, submitted, task_object
from .render import Reference, UnusableReferenceError, Work
from .settings import Settings
from .tencent import SESSION_SECONDS, TASK_SECONDS, RefusedError, picture_size, sides
from .youchuan_inputs import open_picture

PULL = 1.5
"""How strongly given pictures steer, all together."""
MOST_PAINTED = 5_000_000
"""Pixels; larger pictures are painted at half their size and enlarged."""
FORMATS = ("JPEG", "PNG", "WEBP")
POOR = "no-money"
"""The token of an account without money."""

Handler = Callable[[Request, str], Awaitable[dict[str, Any]]]


class QuickRouter:
    """One instance a sandbox; any token is an account of its own."""

    name = NAME

    def __init__(self, settings: Settings, store: JobStore, runner: Runner, fetcher: Fetcher) -> None:
        self._settings = settings
        self._store = store
        self._runner = runner
        self._fetcher = fetcher
        self._sessions = {
            (job.owner, job.extra["session_id"]): job.created
            for job in store
            if job.service == NAME and job.extra["session_id"]
        }
        self.errors = {code: error_body(code) for code in (*ERRORS, *GATEWAY)}
        self.routes = [
            Route("/tencent-vod/v1/aigc-image", _endpoint(self.submit), methods=["POST"]),
            Route("/tencent-vod/v1/query/{task_id}", _endpoint(self.query), methods=["GET"]),
            Route("/tencent-vod/v1/requests/{task_id}/status", _endpoint(self.queue_status), methods=["GET"]),
            Route("/tencent-vod/v1/requests/{task_id}", _endpoint(self.queue_result), methods=["GET"]),
        ]
        self.controls: list[Route] = []

    # endpoints

    async def submit(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request)
        now = time.time()
        session = (owner, body.session_id)
        if body.session_id and self._sessions.get(session, 0.0) > now - SESSION_SECONDS:
            raise RefusedError("InvalidParameterValue.SessionId", body.session_id)
        outcome = _outcome(request, body)
        if owner == POOR:
            raise RefusedError("insufficient_user_quota")
        if self._store.running(owner) >= self._settings.max_concurrent:
            raise RefusedError("RequestLimitExceeded")
        job = self._job(request, owner, body, outcome, now)
        if body.session_id:
            self._sessions[session] = now
        self._runner.submit(job)
        return submitted(job, str(request.base_url))

    async def query(self, request: Request, owner: str) -> dict[str, Any]:
        return task_object(self._found(request, owner), str(request.base_url))

    async def queue_status(self, request: Request, owner: str) -> dict[str, Any]:
        return queue_object(self._found(request, owner), str(request.base_url))

    async def queue_result(self, request: Request, owner: str) -> dict[str, Any]:
        job, base = self._found(request, owner), str(request.base_url)
        infos = task_object(job, base)["Response"]["AigcImageTask"]["Output"]["FileInfos"]
        return {**queue_object(job, base), "images": [{"url": info["FileUrl"]} for info in infos]}

    # what the runner asks of a service

    async def prepare(self, job: Job) -> None:
        """Bring the given pictures, and let the first of them decide the shape where the order does not."""
        folder = self._runner.files(NAME)
        for number, reference in enumerate(job.references):
            file = reference.file or f"{job.id}_{number}.reference"
            if not (folder / file).exists():
                write_whole(folder / file, await self._fetch(reference.url))
            job.references[number] = replace(reference, file=file)
            size = await asyncio.to_thread(_size, folder / file)
            if number == 0 and job.extra["follows_picture"]:
                _reshape(job, size)

    async def _fetch(self, url: str) -> bytes:
        try:
            return await self._fetcher.fetch(url)
        except UnusableReferenceError as error:
            raise FailedError("ResourceNotFound", str(error)) from error

    def settle(self, job: Job) -> None:
        """The gateway says nothing of what things cost."""

    async def announce(self, job: Job) -> None:
        """It calls nobody back."""

    def reset(self) -> None:
        self._sessions.clear()

    # parts

    def _found(self, request: Request, owner: str) -> Job:
        job = self._store.get(request.path_params["task_id"])
        if job is None or job.service != NAME or job.owner != owner or job.created < time.time() - TASK_SECONDS:
            raise RefusedError("ResourceNotFound", "no such task in the last three days")
        if job.state == DONE and job.outcome.empty_polls > 0:
            job.outcome.empty_polls -= 1
            # shown as it was before this look
            job = replace(job, outcome=replace(job.outcome, empty_polls=1))
        return job

    def _job(self, request: Request, owner: str, body: Body, outcome: Outcome, now: float) -> Job:
        job_id = f"251007502-AigcImage-{secrets.token_hex(12)}t"
        references, files = self._references(owner, job_id, body.pictures)
        ratio, resolution = body.output.get("aspect_ratio", ""), body.output.get("resolution", "")
        width, height = picture_size(resolution, sides(ratio))
        seed = secrets.randbelow(2**32)
        rejected = says(body.prompt, "half-forbidden") and body.output.get("output_compliance_check") != "Disabled"
        work = _work(body, seed, width, height)
        for name, data in files.items():
            write_whole(self._runner.files(NAME) / name, data)
        return Job(
            id=job_id,
            service=NAME,
            owner=owner,
            kind="aigc-image",
            text=body.prompt,
            seed=seed,
            created=now,
            due=self._runner.due(now, secrets.randbelow(1001) / 1000),
            slots=[Slot(None, audit="refused") if rejected else Slot(work)],
            references=references,
            outcome=outcome,
            extra={
                "follows_picture": bool(body.pictures) and not ratio and "x" not in resolution,
                "queue": says(body.prompt, "sandbox-queue"),
                "input": body.raw,
                "session_id": body.session_id,
                "session_context": body.session_context,
                "storage_mode": body.output.get("storage_mode", "Temporary"),
                "file_id": str(secrets.randbelow(9 * 10**17) + 10**17),
                "resolution": resolution,
            },
        )

    def _references(self, owner: str, job_id: str, pictures: list[Picture]) -> tuple[list[Reference], dict[str, bytes]]:
        """The given pictures, and the files of those that came with the order."""
        references: list[Reference] = []
        files: dict[str, bytes] = {}
        for number, picture in enumerate(pictures):
            file = ""
            if picture.data:
                file = f"{job_id}_{number}.reference"
                files[file] = picture.data
            elif picture.file_id:
                file = self._stored(owner, picture.file_id)
            references.append(Reference(picture.url, PULL / len(pictures), file))
        return references, files

    def _stored(self, owner: str, file_id: str) -> str:
        """The file that a permanent result of this account is."""
        for job in self._store:
            mine = job.service == NAME and job.owner == owner and job.state == DONE
            if mine and job.extra["file_id"] == file_id and job.extra["storage_mode"] == "Permanent":
                return job.slots[0].file
        raise RefusedError("InvalidParameterValue.FileId", file_id)


def _endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            return JSONResponse(await handler(request, _owner(request)))
        except RefusedError as refusal:
            status, body = error_body(refusal.code, refusal.detail)
            return JSONResponse(body, status)

    return respond


def _owner(request: Request) -> str:
    scheme, _blank, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not token.strip() or token.strip() == "invalid":
        raise RefusedError("invalid_api_key")
    return token.strip()


def _outcome(request: Request, body: Body) -> Outcome:
    """How the magic words of the prompt and the scripted faults want this order to end."""
    outcome, rejected = outcome_of(request.scope.get("sandbox.fault", {}).get("job", {}))
    said = body.prompt
    if code := scripted(said, "sandbox-error"):
        raise RefusedError(code if code in ERRORS or code in GATEWAY else "InvalidParameter")
    if says(said, "forbidden") and body.output.get("input_compliance_check") != "Disabled":
        outcome.fail = outcome.fail or "InvalidParameter.VoilationContent"
    outcome.fail = outcome.fail or scripted(said, "sandbox-fail")
    if rejected:
        outcome.fail = outcome.fail or "ContentModerationFailed"
    return outcome


def _work(body: Body, seed: int, width: int, height: int) -> Work:
    # a prompt that is improved is painted with more of the model's own taste
    recipe = Recipe(
        prompt=body.prompt,
        seed=seed,
        index=0,
        width=width,
        height=height,
        stylize=300 if body.enhance else 100,
        negative=body.negative,
    )
    return _sized(Work("paint", recipe.to_json()), width, height)


def _sized(work: Work, width: int, height: int) -> Work:
    enlarge = 2 if width * height > MOST_PAINTED else 1
    recipe = {**work.recipe, "width": width // enlarge, "height": height // enlarge}
    return replace(work, recipe=recipe, enlarge=enlarge)


def _reshape(job: Job, size: tuple[int, int]) -> None:
    """The picture takes the shape of the one that it is made from, within what can be painted."""
    width, height = size
    steepest = 4
    ratio = (min(width, steepest * height), min(height, steepest * width))
    wanted = picture_size(job.extra["resolution"], ratio)
    for slot in job.slots:
        if slot.work:
            slot.work = _sized(slot.work, *wanted)


def _size(path: Path) -> tuple[int, int]:
    return open_picture(path.read_bytes(), FORMATS).size

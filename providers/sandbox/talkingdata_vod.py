"""GPT Image-2 and Veo 3.1 behind the model pool, spoken to as Tencent VOD: taking orders, tasks, rendering."""

from __future__ import annotations

import asyncio
import secrets
import time
from pathlib import Path
from typing import Any

from starlette.requests import Request

from .faults import outcome_of
from .jobs import DONE, FailedError, Job, JobStore, Outcome, Runner, Slot, write_whole
from .magic import says, scripted
from .net import Fetcher
from .paint import Recipe
from .render import Reference, UnusableReferenceError, Work
from .settings import Settings
from .talkingdata_media import judged, keep_upright, of_role
from .talkingdata_vod_orders import (
    BOUNDS,
    FIRST,
    LAST,
    MODELS,
    REFERENCE,
    File,
    Order,
    read_film_order,
    read_image_order,
)
from .talkingdata_vod_tasks import facts_of, task_object
from .talkingdata_wire import NAME
from .tencent import MAX_PRIORITY, SESSION_SECONDS, TASK_SECONDS, RefusedError, picture_size, request_id, sides

PULL = 1.5
"""How strongly the references of a picture steer, all together."""
MOST_PAINTED = 5_000_000
"""Pixels; larger pictures are painted at half their size and enlarged."""
FILM_SECONDS, FRAME_RATE = 8, 24
_FILM_SIZES = {"720P": (1280, 720), "1080P": (1920, 1080)}
_PACE = {"image2_low": 0.5, "image2_high": 1.5}
"""How much of the usual time each quality takes."""
_TASTE = {"image2_low": 50, "image2_high": 250}
_STYLIZE, _ENHANCED = 100, 300
#: keys that stand for accounts in trouble, when ordering
BARRED = {"no-vod": "FailedOperation.InvalidVodUser", "no-money": "ResourceInsufficient"}


class Vod:
    """What the common door hands to it; see `JobDoor`."""

    kinds = frozenset(MODELS)

    def __init__(self, settings: Settings, store: JobStore, runner: Runner, fetcher: Fetcher) -> None:
        self._settings = settings
        self._store = store
        self._runner = runner
        self._fetcher = fetcher
        self._sessions = {
            (job.owner, job.extra["session_id"]): job.created
            for job in store
            if job.kind in self.kinds and job.extra["session_id"]
        }

    def order_image(self, request: Request, owner: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._take(request, owner, read_image_order(body))

    def order_film(self, request: Request, owner: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._take(request, owner, read_film_order(body))

    def _take(self, request: Request, owner: str, order: Order) -> dict[str, Any]:
        now, session = time.time(), (owner, order.session_id)
        if order.session_id and self._sessions.get(session, 0.0) > now - SESSION_SECONDS:
            raise RefusedError("InvalidParameterValue.SessionId", order.session_id)
        outcome = _outcome(request, order)
        if owner in BARRED:
            raise RefusedError(BARRED[owner])
        if self._store.running(owner) >= self._settings.max_concurrent:
            raise RefusedError("RequestLimitExceeded")
        job = self._job(owner, order, outcome, now)
        if order.session_id:
            self._sessions[session] = now
        self._runner.submit(job)
        return {"Response": {"TaskId": job.id, "RequestId": request_id()}}

    async def query(self, owner: str, task_id: str, base: str) -> dict[str, Any]:
        job = self._store.get(task_id)
        if job is None or job.kind not in self.kinds or job.owner != owner or job.created < time.time() - TASK_SECONDS:
            raise RefusedError("InvalidParameterValue.TaskId", task_id)
        if job.state == DONE and "facts" not in job.extra:
            path = self._runner.files(NAME) / job.slots[0].file
            job.extra["facts"] = await asyncio.to_thread(facts_of, path)
            self._store.save(job)
        told = task_object(job, base)
        if job.state == DONE and job.outcome.empty_polls > 0:
            job.outcome.empty_polls -= 1
            self._store.save(job)
        return told

    # what the runner asks of a service

    async def prepare(self, job: Job) -> None:
        """Bring the given pictures and hold them to their bounds."""
        folder = self._runner.files(NAME)
        if not job.extra.get("brought"):
            try:
                for item in job.extra["inputs"]:
                    await self._bring(item, folder)
            except (UnusableReferenceError, FailedError) as error:
                job.extra["why"] = str(error)
                raise
            job.extra["brought"] = True
        if job.kind == "gpt-image-2":
            files = of_role(job.extra["inputs"], REFERENCE)
            job.references = [Reference("", PULL / len(files), file) for file in files]

    async def _bring(self, item: dict[str, Any], folder: Path) -> None:
        if not item["url"]:
            return
        path, bounds = folder / item["file"], BOUNDS[item["field"]]
        try:
            write_whole(path, await self._fetcher.fetch(item["url"], 2 * bounds.most_bytes))
        except UnusableReferenceError as error:
            raise FailedError("ResourceNotFound", str(error)) from error
        await asyncio.to_thread(judged, path, bounds)
        await asyncio.to_thread(keep_upright, path)

    def settle(self, job: Job) -> None:
        job.extra["ended"] = time.time()

    async def announce(self, job: Job) -> None:
        """It calls nobody back."""

    def reset(self) -> None:
        self._sessions.clear()

    # parts

    def _job(self, owner: str, order: Order, outcome: Outcome, now: float) -> Job:
        task = MODELS[order.model]
        job_id = f"1395528311-{task}-{secrets.token_hex(16)}t"
        seed = order.seed % 2**32 if order.seed is not None else secrets.randbelow(2**32)
        inputs = [self._input(owner, job_id, number, file) for number, file in enumerate(order.files)]
        width, height = _size(order)
        work = (_film if order.model == "veo-3.1" else _picture)(order, seed, width, height, inputs)
        refused = says(order.prompt, "half-forbidden") and order.output.get("OutputComplianceCheck") != "Disabled"
        # who is in a hurry waits for less of what chance adds
        chance = secrets.randbelow(1001) / 1000 * (MAX_PRIORITY - order.priority) / (2 * MAX_PRIORITY)
        return Job(
            id=job_id,
            service=NAME,
            owner=owner,
            kind=order.model,
            text=order.prompt,
            seed=seed,
            created=now,
            due=now + (self._runner.due(now, chance) - now) * _PACE.get(order.quality, 1.0),
            slots=[Slot(None, audit="refused") if refused else Slot(work, size=[width, height])],
            outcome=outcome,
            extra={
                "inputs": inputs,
                "shown": order.shown,
                "session_id": order.session_id,
                "session_context": order.session_context,
                "storage_mode": order.output.get("StorageMode", "Temporary"),
                "file_id": str(secrets.randbelow(9 * 10**17) + 10**17),
            },
        )

    def _input(self, owner: str, job_id: str, number: int, file: File) -> dict[str, Any]:
        """Where a picture is to come from and how our copy is called."""
        name = self._stored(owner, file.file_id) if file.file_id else f"{job_id}_{number}.input"
        return {"role": file.role, "url": file.url, "file": name, "field": file.field}

    def _stored(self, owner: str, file_id: str) -> str:
        """The file that a permanent picture of this account is."""
        for job in self._store:
            mine = job.kind == "gpt-image-2" and job.owner == owner and job.state == DONE
            if mine and job.extra["file_id"] == file_id and job.extra["storage_mode"] == "Permanent":
                return job.slots[0].file
        raise RefusedError("ResourceNotFound", f"LastFrameFileId: {file_id}")


def _outcome(request: Request, order: Order) -> Outcome:
    """How the magic words of the prompt and the scripted faults want this order to end."""
    outcome, rejected = outcome_of(request.scope.get("sandbox.fault", {}).get("job", {}))
    if code := scripted(order.prompt, "sandbox-error"):
        raise RefusedError(code)
    if says(order.prompt, "forbidden") and order.output.get("InputComplianceCheck") != "Disabled":
        outcome.fail = outcome.fail or "InvalidParameter.VoilationContent"
    outcome.fail = outcome.fail or scripted(order.prompt, "sandbox-fail")
    if rejected:
        outcome.fail = outcome.fail or "ContentModerationFailed"
    return outcome


def _size(order: Order) -> tuple[int, int]:
    ratio, resolution = order.output.get("AspectRatio", ""), order.output.get("Resolution", "")
    if order.model == "gpt-image-2":
        return picture_size(resolution or "2K", sides(ratio))
    width, height = _FILM_SIZES[resolution or "720P"]
    return (height, width) if ratio == "9:16" else (width, height)


def _picture(order: Order, seed: int, width: int, height: int, inputs: list[dict[str, Any]]) -> Work:
    enlarge = 2 if width * height > MOST_PAINTED or order.quality == "image2_low" else 1
    # a prompt that is improved is painted with more of the model's own taste
    taste = _ENHANCED if order.enhance else _TASTE.get(order.quality, _STYLIZE)
    recipe = Recipe(order.prompt, seed, 0, width // enlarge, height // enlarge, stylize=taste, negative=order.negative)
    return Work("paint", recipe.to_json(), enlarge=enlarge)


def _film(order: Order, seed: int, width: int, height: int, inputs: list[dict[str, Any]]) -> Work:
    recipe = Recipe(order.prompt, seed, 0, width, height, negative=order.negative)
    options = {
        "width": width,
        "height": height,
        "seconds": FILM_SECONDS,
        "fps": FRAME_RATE,
        "first": next(iter(of_role(inputs, FIRST)), ""),
        "last": next(iter(of_role(inputs, LAST)), ""),
        "steer": of_role(inputs, REFERENCE),
        "videos": [],
        "audios": [],
        "sound": "stereo" if order.output.get("AudioGeneration") == "Enabled" else "",
        "watermark": "",
        "keep_last": "",
    }
    return Work("clip", recipe.to_json(), "", options)

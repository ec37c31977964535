"""HappyHorse 1.0 behind the model pool, spoken to as DashScope: words, a first frame, references, edits of a film."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .faults import outcome_of
from .files import link
from .jobs import DONE, RUNNING, Job, JobStore, Outcome, Runner, Slot, write_whole
from .magic import says, scripted
from .net import Fetcher
from .paint import Recipe
from .probing import probe
from .render import UnusableReferenceError, Work
from .settings import Settings
from .talkingdata_horses import (
    EDIT,
    FIRST_FRAME,
    FRAME_RATE,
    LONGEST_EDIT,
    WATERMARK,
    Horse,
    HorseError,
    bounds_of,
    pixels_of,
    read_horse,
)
from .talkingdata_media import data_in, frame_size, is_announced_right, judged, keep_upright, of_role
from .talkingdata_wire import KEY, NAME, BadCallError, caller, new_id, read_json

KIND = "happyhorse"
TASK_SECONDS = LINK_SECONDS = 86400
WAITING = 0.2
"""The first part of a job's time in which it is PENDING."""
BEIJING = timezone(timedelta(hours=8))

ERRORS: dict[str, tuple[int, str]] = {
    "InvalidApiKey": (401, "Invalid API-key provided."),
    "InvalidParameter": (400, "The request parameters are not valid."),
    "InternalError": (500, "An internal error has occurred."),
    "DataInspectionFailed": (400, "Input or output data may contain inappropriate content."),
    "Arrearage": (400, "The account is in arrears."),
    "Throttling.RateQuota": (429, "Requests rate limit exceeded."),
}
"""The pages have the first three; the others are those of DashScope itself."""
_OURS = {"rejected": "DataInspectionFailed", "reference": "InvalidParameter", "render": "InternalError"}
POOR = "no-money"
CANCELED = "CANCELED"
"""A status of the pages that no call leads to; as a failure asked for it does."""

Handler = Callable[[Request, str], Awaitable[dict[str, Any]]]


class DashScope:
    kinds = frozenset({KIND})

    def __init__(self, settings: Settings, store: JobStore, runner: Runner, fetcher: Fetcher) -> None:
        self._settings = settings
        self._store = store
        self._runner = runner
        self._fetcher = fetcher
        self.errors = {f"happyhorse.{code}": error_body(code) for code in ERRORS}
        here = "/model/openai/api/v3"
        self.routes = [
            Route(f"{here}/video-generation/video-synthesis", _endpoint(self.submit), methods=["POST"]),
            Route(f"{here}/tasks/{{task_id}}", _endpoint(self.query), methods=["GET"]),
        ]

    # endpoints

    async def submit(self, request: Request, owner: str) -> dict[str, Any]:
        horse = read_horse(await read_json(request))
        outcome, rejected = outcome_of(request.scope.get("sandbox.fault", {}).get("job", {}))
        _heed_magic(horse.words, outcome)
        if owner == POOR:
            raise HorseError("Arrearage")
        if self._store.running(owner) >= self._settings.max_concurrent:
            raise HorseError("Throttling.RateQuota")
        job_id, now = new_id(), time.time()
        job = Job(
            id=job_id,
            service=NAME,
            owner=owner,
            kind=KIND,
            text=horse.words,
            seed=horse.seed if horse.seed is not None else secrets.randbelow(2**31),
            created=now,
            due=self._runner.due(now, secrets.randbelow(1001) / 1000),
            slots=[],
            outcome=outcome,
            extra={"horse": {**horse.to_json(), "media": []}, "inputs": await self._taken_in(job_id, horse)},
        )
        audit = rejected.get(0, "")
        job.slots = [Slot(None if audit else _work(job, horse), audit=audit)]
        self._runner.submit(job)
        return {"output": {"task_status": _status(job), "task_id": job.id}, "request_id": new_id()}

    async def query(self, request: Request, owner: str) -> dict[str, Any]:
        task_id = request.path_params["task_id"]
        job = self._store.get(task_id)
        if job is None or job.kind != KIND or job.owner != owner or job.created < time.time() - TASK_SECONDS:
            return {"output": {"task_id": task_id, "task_status": "UNKNOWN"}, "request_id": new_id()}
        if job.state == DONE and "usage" not in job.extra:
            job.extra["usage"] = await asyncio.to_thread(self._usage, job)
            self._store.save(job)
        unready = job.state == DONE and job.outcome.empty_polls > 0
        if unready:
            job.outcome.empty_polls -= 1
            self._store.save(job)
        output = self._output(job, str(request.base_url), unready=unready)
        usage = {} if job.state != DONE else {"usage": job.extra["usage"]}
        return {"output": output, **usage, "request_id": new_id()}

    def _output(self, job: Job, base: str, *, unready: bool) -> dict[str, Any]:
        begun = job.created + WAITING * (job.due - job.created)
        output = {
            "task_id": job.id,
            "task_status": _status(job),
            "submit_time": _moment(job.created),
            "orig_prompt": job.extra["horse"]["prompt"],
        }
        if output["task_status"] == "PENDING":
            return output
        output["scheduled_time"] = _moment(begun)
        if job.state == RUNNING:
            return output
        output["end_time"] = _moment(job.extra["ended"])
        if job.state == DONE:
            keep = LINK_SECONDS if job.outcome.links_expire is None else job.outcome.links_expire
            url = link(base, NAME, job.slots[0].file, job.extra["ended"] + keep)
            return output | {"video_url": "" if unready else url}
        if job.failure == CANCELED:
            return output
        code = _OURS.get(job.failure, job.failure)
        message = ERRORS.get(code, (0, code))[1]
        why = job.extra.get("why", "")
        return output | {"code": code, "message": f"{message} {why}".rstrip()}

    # what the runner asks of a service

    async def prepare(self, job: Job) -> None:
        """Bring what is linked to, hold it to its bounds, and fit the film to it."""
        model, folder = job.extra["horse"]["model"], self._runner.files(NAME)
        try:
            if not job.extra.get("brought"):
                for item in job.extra["inputs"]:
                    await self._bring(job, model, item, folder)
                job.extra["brought"] = True
        except UnusableReferenceError as error:
            job.extra["why"] = str(error)
            raise
        _fit(job)

    async def _bring(self, job: Job, model: str, item: dict[str, Any], folder: Path) -> None:
        bounds, path = bounds_of(model, item["role"]), folder / item["file"]
        if item["url"]:
            write_whole(path, await self._fetcher.fetch(item["url"], bounds.most_bytes))
        seen = await asyncio.to_thread(judged, path, bounds)
        if item["role"] == "video":
            job.extra["source"] = [seen.width, seen.height, seen.duration]
            return
        if item["role"] == "first_frame":
            job.extra["source"] = [seen.width, seen.height, 0]
        await asyncio.to_thread(keep_upright, path)

    def settle(self, job: Job) -> None:
        job.extra["ended"] = time.time()

    def _usage(self, job: Job) -> dict[str, Any]:
        horse = job.extra["horse"]
        made = _seconds(probe(self._runner.files(NAME) / job.slots[0].file).duration)
        given = _seconds(min(job.extra["source"][2], LONGEST_EDIT)) if horse["model"] == EDIT else 0
        usage = {"duration": _seconds(made + given), "output_video_duration": made, "video_count": 1}
        usage["SR"] = int(horse["resolution"][:-1])
        if horse["media_count"]:
            usage["input_video_duration"] = given
        if horse["ratio"]:
            usage["ratio"] = horse["ratio"]
        return usage

    async def announce(self, job: Job) -> None:
        """It calls nobody back."""

    def reset(self) -> None:
        """All it keeps are jobs."""

    # parts

    async def _taken_in(self, job_id: str, horse: Horse) -> list[dict[str, Any]]:
        """The order's files; those inside it are judged at once."""
        folder = self._runner.files(NAME)
        inputs: list[dict[str, Any]] = []
        for number, (role, url) in enumerate(horse.media):
            file = f"{job_id}_{number}.input"
            inside = data_in(url)
            if inside is not None:
                write_whole(folder / file, inside)
                try:
                    seen = await asyncio.to_thread(judged, folder / file, bounds_of(horse.model, role))
                    if not is_announced_right(url, seen):
                        raise UnusableReferenceError(f"it is announced as something else than {seen.format}")
                except UnusableReferenceError as error:
                    for item in [*inputs, {"file": file}]:
                        (folder / item["file"]).unlink(missing_ok=True)
                    raise HorseError("InvalidParameter", f"input.media[{number}].url: {error}") from error
            inputs.append({"role": role, "url": "" if inside is not None else url, "file": file})
        return inputs


def error_body(code: str, detail: str = "") -> tuple[int, dict[str, Any]]:
    status, message = ERRORS[code]
    return status, {"code": code, "message": f"{message} {detail}".rstrip(), "request_id": new_id()}


def _endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            return JSONResponse(await handler(request, caller(request)))
        except BadCallError as refusal:
            code = "InvalidApiKey" if refusal.what == KEY else "InvalidParameter"
            status, body = error_body(code, refusal.detail)
        except HorseError as refusal:
            status, body = error_body(refusal.code, refusal.detail)
        return JSONResponse(body, status)

    return respond


def _heed_magic(words: str, outcome: Outcome) -> None:
    if code := scripted(words, "sandbox-error"):
        raise HorseError(code if code in ERRORS else "InvalidParameter")
    if says(words, "forbidden"):
        outcome.fail = outcome.fail or "DataInspectionFailed"
    outcome.fail = outcome.fail or scripted(words, "sandbox-fail")


def _status(job: Job) -> str:
    if job.state == RUNNING:
        return "RUNNING" if time.time() - job.created >= WAITING * (job.due - job.created) else "PENDING"
    if job.failure == CANCELED:
        return CANCELED
    return "SUCCEEDED" if job.state == DONE else "FAILED"


def _work(job: Job, horse: Horse) -> Work:
    """What is to be rendered, as far as it is known before the files are there."""
    width, height = frame_size(pixels_of(horse.resolution), horse.aspect)
    options: dict[str, Any] = {
        "width": width,
        "height": height,
        "seconds": horse.duration,
        "watermark": WATERMARK if horse.watermark else "",
        "steer": of_role(job.extra["inputs"], "reference_image"),
    }
    recipe = Recipe(horse.painted, job.seed, 0, width, height).to_json()
    if horse.model == EDIT:
        source = of_role(job.extra["inputs"], "video")[0]
        return Work("edit-clip", recipe, source, options | {"sound": "keep" if horse.audio == "origin" else "new"})
    first = next(iter(of_role(job.extra["inputs"], FIRST_FRAME)), "")
    more = {"fps": FRAME_RATE, "first": first, "last": "", "videos": [], "audios": [], "sound": "stereo"}
    return Work("clip", recipe, "", options | more | {"keep_last": ""})


def _fit(job: Job) -> None:
    """The film takes the shape of the picture or film that it is made from, and the length of the film."""
    for slot in job.slots:
        if slot.work is None:
            continue
        if source := job.extra.get("source"):
            width, height = frame_size(pixels_of(job.extra["horse"]["resolution"]), source[0] / source[1])
            changes: dict[str, Any] = {"width": width, "height": height}
            recipe = {**slot.work.recipe, **changes}
            if job.extra["horse"]["model"] == EDIT:
                changes["seconds"] = min(source[2], LONGEST_EDIT)
            slot.work = replace(slot.work, recipe=recipe, options={**slot.work.options, **changes})
        slot.size = [slot.work.options["width"], slot.work.options["height"]]


def _seconds(duration: float) -> float | int:
    rounded = round(duration, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]

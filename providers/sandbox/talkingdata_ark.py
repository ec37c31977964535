"""Seedance 2.0 fast behind the model pool, spoken to as Volcengine's Ark; its asset library and the chat models."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .faults import outcome_of
from .jobs import DONE, FailedError, Job, JobStore, Outcome, Runner, Slot, write_whole
from .magic import says, scripted
from .net import Fetcher
from .probing import Probe
from .settings import Settings
from .talkingdata_ark_bodies import MAX_BODY, Given, Order, read_order
from .talkingdata_ark_files import Flaw, fetched, look, too_long_together
from .talkingdata_ark_films import TakenFile, ratio_of, searches, seconds_of, work_of
from .talkingdata_ark_line import Line
from .talkingdata_ark_wire import (
    ERRORS,
    MODEL,
    TASK_SECONDS,
    RefusedError,
    error_body,
    known_code,
    new_task_id,
    refusal_of,
    status_of,
    task_object,
)
from .talkingdata_assets import Library
from .talkingdata_chat import Chat
from .talkingdata_fields import FieldError
from .talkingdata_media import keep_upright
from .talkingdata_wire import NAME, BadCallError, caller, read_json

KIND = "seedance"
BARRED = {"no-money": "QuotaExceeded", "no-service": "OperationDenied.ServiceNotOpen"}
"""Keys of accounts in trouble, and what they hear when they order."""
LISTED = ("page_num", "page_size", "filter.status", "filter.model", "filter.service_tier", "filter.task_ids")
STATUSES = ("queued", "running", "cancelled", "succeeded", "failed", "expired")
MOST_PAGES = 500

Handler = Callable[[Request, str], Awaitable[dict[str, Any]]]


class Ark:
    """One instance a sandbox."""

    def __init__(self, settings: Settings, store: JobStore, runner: Runner, fetcher: Fetcher) -> None:
        self._settings = settings
        self._store = store
        self._runner = runner
        self._fetcher = fetcher
        self._line = Line(settings.max_concurrent)
        self._posts: dict[str, asyncio.Task[None]] = {}
        self._library = Library(store, runner, fetcher)
        self._chat = Chat(settings, fetcher)
        self.kinds = frozenset({KIND}) | self._library.kinds
        self.errors = {f"ark.{code}": error_body(code) for code in ERRORS} | self._library.errors | self._chat.errors
        tasks = "/model/openai/api/v3/contents/generations/tasks"
        self.routes = [
            Route(tasks, _endpoint(self.create), methods=["POST"]),
            Route(tasks, _endpoint(self.listing, *LISTED), methods=["GET"]),
            Route(f"{tasks}/{{task_id}}", _endpoint(self.query), methods=["GET"]),
            Route(f"{tasks}/{{task_id}}", _endpoint(self.cancel), methods=["DELETE"]),
            *self._library.routes,
            *self._chat.routes,
        ]

    # endpoints

    async def create(self, request: Request, owner: str) -> dict[str, Any]:
        order = read_order(await _read(request))
        outcome, rejected = outcome_of(request.scope.get("sandbox.fault", {}).get("job", {}))
        ending = _ending(order, outcome)
        if owner in BARRED:
            raise RefusedError(BARRED[owner])
        if self._line.waiting(owner) >= self._settings.max_concurrent:
            raise RefusedError("QuotaExceeded", "too many tasks are queued")
        job_id = self._new_id()
        files = await self._take(job_id, owner, order)
        if rejected.get(0):
            ending["fail"] = ending["fail"] or "OutputVideoSensitiveContentDetected"
        job = self._job(request, owner, job_id, order, files, outcome, ending)
        self._runner.submit(job)
        self._tell(job)
        return {"id": job.id}

    async def query(self, request: Request, owner: str) -> dict[str, Any]:
        job = self._found(request, owner)
        shown = task_object(job)
        if job.state == DONE and job.outcome.empty_polls > 0:
            job.outcome.empty_polls -= 1
            self._store.save(job)
        return shown

    async def listing(self, request: Request, owner: str) -> dict[str, Any]:
        query = request.query_params
        page, size = _page(query.get("page_num"), "page_num", 1), _page(query.get("page_size"), "page_size", 20)
        status, ids = query.get("filter.status"), query.getlist("filter.task_ids")
        if status is not None and status not in STATUSES:
            raise FieldError("filter.status", f"is one of {', '.join(STATUSES)}")
        if query.get("filter.service_tier", "default") not in ("default", "flex"):
            raise FieldError("filter.service_tier", "is default or flex")
        nothing = query.get("filter.model", MODEL) != MODEL or query.get("filter.service_tier") == "flex"
        found = [
            job
            for job in ([] if nothing else self._store)
            if self._is_kept(job, owner) and status in (None, status_of(job)) and (not ids or job.id in ids)
        ]
        found.sort(key=lambda job: job.created, reverse=True)
        shown = found[(page - 1) * size : page * size]
        return {"items": [task_object(job) for job in shown], "total": len(found)}

    async def cancel(self, request: Request, owner: str) -> dict[str, Any]:
        job = self._found(request, owner)
        if status_of(job) != "queued":
            raise RefusedError("OperationDenied.UnsupportedPhase", f"the task is {status_of(job)}", "id")
        self._set_status(job, "cancelled")
        job.due = time.time()
        self._line.nudge(job)
        return {"message": "取消成功"}

    # what the runner asks of a service

    async def prepare(self, job: Job) -> None:
        """Wait in the queue, then run, unless its end is scripted."""
        if job.kind in self._library.kinds:
            await self._library.prepare(job)
            return
        ending, expires = job.extra["ending"], job.created + job.extra["expires_after"]
        await self._line.turn(job, job.created + (job.due - job.created) / 2, expires)
        now = time.time()
        job.due = max(job.due, now + self._settings.latency / 2)
        self._set_status(job, "running")
        self._tell(job)
        if ending["never"]:
            await asyncio.sleep(max(0.0, expires - now))
            raise FailedError("expired", "it never ended")
        if ending["fail"]:
            raise FailedError(ending["fail"], "scripted")

    def settle(self, job: Job) -> None:
        if job.kind in self._library.kinds:
            self._library.settle(job)
            return
        job.extra["updated"] = time.time()
        self._line.leave(job)

    async def announce(self, job: Job) -> None:
        if job.kind == KIND and job.failure != "cancelled":
            self._tell(job)

    def reset(self) -> None:
        self._line.clear()
        for post in self._posts.values():
            post.cancel()
        self._posts.clear()

    # parts

    def _new_id(self) -> str:
        while self._store.get(task_id := new_task_id()):
            pass
        return task_id

    def _found(self, request: Request, owner: str) -> Job:
        job = self._store.get(request.path_params["task_id"])
        if job is None or not self._is_kept(job, owner):
            raise RefusedError("NotFound.id", "no such task in the last seven days", "id")
        return job

    def _is_kept(self, job: Job, owner: str) -> bool:
        return job.kind == KIND and job.owner == owner and job.created >= time.time() - TASK_SECONDS

    def _set_status(self, job: Job, status: str) -> None:
        job.extra |= {"status": status, "updated": time.time()}
        self._store.save(job)

    def _tell(self, job: Job) -> None:
        """Post what the task says now, after what was posted of it before."""
        if not job.callback:
            return
        body, before = task_object(job), self._posts.get(job.id)

        async def post() -> None:
            if before is not None:
                await asyncio.wait([before])
            await self._fetcher.post_callback(job.callback, body)

        task = self._posts[job.id] = asyncio.create_task(post())
        task.add_done_callback(lambda done: self._posts.get(job.id) is done and self._posts.pop(job.id))

    async def _take(self, job_id: str, owner: str, order: Order) -> list[TakenFile]:
        """The order's files, held to their bounds, in our folder; none of them when one can't be taken."""
        folder = self._runner.files(NAME)
        names = [f"{job_id}_given{number}" for number in range(len(order.files))]
        try:
            taken = await asyncio.gather(
                *(self._take_one(owner, file, folder / name) for file, name in zip(order.files, names, strict=True))
            )
            for kind in ("video", "audio"):
                lengths = [seen.duration for seen in taken if seen.kind == kind]
                if too_long_together(lengths):
                    raise FieldError("content", f"{kind}s have {sum(lengths):g} seconds together, 15 are the most")
            for file, name in zip(order.files, names, strict=True):
                if file.kind == "image":
                    await asyncio.to_thread(keep_upright, folder / name)
        except BaseException:
            for name in names:
                (folder / name).unlink(missing_ok=True)
            raise
        return [TakenFile(file.role, name, seen) for file, name, seen in zip(order.files, names, taken, strict=True)]

    async def _take_one(self, owner: str, given: Given, path: Path) -> Probe:
        place = f"{given.place}.{given.kind}_url.url"
        source = given.source
        if source.asset:
            data: bytes | Flaw = self._library.data(source.asset, owner, given.kind, place)
        elif source.link:
            data = await fetched(self._fetcher, source.link, given.kind)
        else:
            data = source.data
        if isinstance(data, Flaw):
            raise FieldError(place, data.detail)
        write_whole(path, data)
        seen = await asyncio.to_thread(look, path, given.kind)
        if isinstance(seen, Flaw):
            raise FieldError(place, seen.detail)
        return seen

    def _job(
        self,
        request: Request,
        owner: str,
        job_id: str,
        order: Order,
        files: list[TakenFile],
        outcome: Outcome,
        ending: dict[str, Any],
    ) -> Job:
        now = time.time()
        seed = order.seed if order.seed >= 0 else secrets.randbelow(2**32)
        ratio, seconds = ratio_of(order, files), seconds_of(order)
        last_frame = f"{job_id}_last.png" if order.last_frame else ""
        slots = [Slot(work_of(order, files, ratio, seconds, seed, last_frame))]
        if last_frame:
            slots.append(Slot(None, file=last_frame))
        return Job(
            id=job_id,
            service=NAME,
            owner=owner,
            kind=KIND,
            text=order.text,
            seed=seed,
            created=now,
            due=self._runner.due(now, secrets.randbelow(1001) / 1000),
            slots=slots,
            callback=order.callback,
            outcome=outcome,
            extra={
                "status": "queued",
                "updated": now,
                "ending": ending,
                "base": str(request.base_url),
                "last_frame": last_frame,
                "resolution": order.resolution,
                "ratio": ratio,
                "duration": seconds,
                "sound": order.sound,
                "may_search": order.search,
                "searches": searches(order),
                "safety_identifier": order.safety_identifier,
                "expires_after": order.expires_after,
            },
        )


def _endpoint(handler: Handler, *queries: str) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            return JSONResponse(await handler(request, caller(request, *queries)))
        except (BadCallError, FieldError) as error:
            return refusal_of(error).response()
        except RefusedError as refusal:
            return refusal.response()

    return respond


async def _read(request: Request) -> dict[str, Any]:
    if len(await request.body()) > MAX_BODY:
        raise RefusedError("InvalidParameter", "the request has more than 64 MB")
    return await read_json(request)


def _ending(order: Order, outcome: Outcome) -> dict[str, Any]:
    """How faults and magic words want the task to end. They act once it runs, so they leave the outcome."""
    said = order.text
    if code := scripted(said, "sandbox-error"):
        raise RefusedError(known_code(code))
    if says(said, "forbidden"):
        raise RefusedError("InputTextSensitiveContentDetected")
    if says(said, "sandbox-face"):
        for file in order.files:
            if file.kind != "audio" and not file.source.asset:
                what = "Image" if file.kind == "image" else "Video"
                raise RefusedError(f"Input{what}SensitiveContentDetected", "it shows a real person", file.place)
    fail = outcome.fail or scripted(said, "sandbox-fail")
    if says(said, "half-forbidden"):
        fail = fail or "OutputVideoSensitiveContentDetected"
    if says(said, "sandbox-expire"):
        fail = fail or "expired"
    ending = {"fail": fail, "never": outcome.never or says(said, "sandbox-never")}
    outcome.fail, outcome.never = "", False
    return ending


def _page(given: str | None, name: str, default: int) -> int:
    if given is None:
        return default
    if not (given.isascii() and given.isdigit()) or not 1 <= int(given[:9]) <= MOST_PAGES:
        raise FieldError(name, f"must be a whole number from 1 to {MOST_PAGES}")
    return int(given)

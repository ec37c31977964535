"""Jobs: what is remembered of them, and the queue that paints them and ends them on time."""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import os
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from .net import Fetcher
from .render import Painted, Reference, UnusableReferenceError, Work, begin_worker, check_reference, render
from .settings import Settings

log = logging.getLogger("providers.sandbox")

RUNNING, DONE, FAILED = "running", "done", "failed"
FILM_WORKS = frozenset({"film", "extend-film", "upscale-film", "clip", "edit-clip"})
"""Works whose result is an MP4; speak gives a WAV, all others a PNG."""


def suffix_of(work: Work) -> str:
    if work.do == "speak":
        return "wav"
    return "mp4" if work.do in FILM_WORKS else "png"


class FailedError(Exception):
    """The job ends as failed; ``failure`` says how."""

    def __init__(self, failure: str, detail: str) -> None:
        super().__init__(f"{failure}: {detail}")
        self.failure = failure


@dataclass
class Slot:
    """One picture, film or recording of a job. ``work`` None means the filter refused it before it was painted.

    ``size`` is (width, height) of a finished picture; ``origin`` the file of the picture before it was enlarged.
    """

    work: Work | None
    file: str = ""
    audit: str = ""
    size: list[int] = field(default_factory=list)
    origin: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    base: dict[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """How a job is told to end: a failure, links that expire, replies without results yet, or never.

    ``free`` overrides whether its failure costs something.
    """

    fail: str = ""
    free: bool | None = None
    never: bool = False
    empty_polls: int = 0
    links_expire: float | None = None


@dataclass
class Job:
    """One order of a client. ``extra`` belongs to the service; ``price`` is in fen."""

    id: str
    service: str
    owner: str
    kind: str
    text: str
    seed: int
    created: float
    due: float
    slots: list[Slot]
    references: list[Reference] = field(default_factory=list)
    callback: str = ""
    price: int = 0
    state: str = RUNNING
    failure: str = ""
    outcome: Outcome = field(default_factory=Outcome)
    extra: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(self, default=vars, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Job:
        data = json.loads(text)
        slots = [Slot(**{**slot, "work": slot["work"] and Work(**slot["work"])}) for slot in data.pop("slots")]
        references = [Reference(**reference) for reference in data.pop("references")]
        return cls(slots=slots, references=references, outcome=Outcome(**data.pop("outcome")), **data)


class Keeper(Protocol):
    """The service a job belongs to."""

    async def prepare(self, job: Job) -> None:
        """Bring what the job's works start from; UnusableReferenceError or FailedError ends the job."""

    def settle(self, job: Job) -> None:
        """Set the last price of a job that has just ended."""

    async def announce(self, job: Job) -> None:
        """Tell whoever asked to be told."""

    def reset(self) -> None:
        """Forget whatever else it keeps."""


def write_whole(path: Path, data: bytes) -> None:
    """The file appears complete or not at all."""
    waiting = path.with_name(f".{path.name}.part")
    waiting.write_bytes(data)
    waiting.replace(path)


class JobStore:
    """All jobs in memory, each written through to SQLite so that the next sandbox on this folder knows them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(folder / "sandbox.sqlite3", check_same_thread=False, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=OFF")
        self.db.execute("CREATE TABLE IF NOT EXISTS job (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID")
        self._jobs: dict[str, Job] = {}
        self._running: defaultdict[str, set[str]] = defaultdict(set)
        self._charged: dict[str, int] = {}
        self._spent: Counter[str] = Counter()
        for (record,) in self.db.execute("SELECT record FROM job"):
            self._index(Job.from_json(record))

    def __iter__(self) -> Iterator[Job]:
        return iter(list(self._jobs.values()))

    def __len__(self) -> int:
        return len(self._jobs)

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def save(self, job: Job) -> None:
        self._index(job)
        self.db.execute("INSERT OR REPLACE INTO job VALUES (?, ?)", (job.id, job.to_json()))

    def forget(self, job: Job) -> None:
        self._running[job.owner].discard(job.id)
        del self._jobs[job.id]
        self.db.execute("DELETE FROM job WHERE id = ?", (job.id,))

    def running(self, owner: str | None = None) -> int:
        if owner is not None:
            return len(self._running[owner]) if owner in self._running else 0
        return sum(len(ids) for ids in self._running.values())

    def spent(self, owner: str) -> int:
        return self._spent[owner]

    def clear(self) -> None:
        self.db.execute("DELETE FROM job")
        for memory in (self._jobs, self._running, self._charged, self._spent):
            memory.clear()

    def close(self) -> None:
        self.db.close()

    def _index(self, job: Job) -> None:
        self._jobs[job.id] = job
        if job.state == RUNNING:
            self._running[job.owner].add(job.id)
        else:
            self._running[job.owner].discard(job.id)
        self._spent[job.owner] += job.price - self._charged.get(job.id, 0)
        self._charged[job.id] = job.price


class Runner:
    """Paints jobs off the event loop and ends each when it is painted and its time has come."""

    def __init__(self, settings: Settings, store: JobStore, folder: Path, fetcher: Fetcher) -> None:
        self.settings = settings
        self.store = store
        self.folder = folder
        self.fetcher = fetcher
        self.keepers: dict[str, Keeper] = {}
        self._executor: Executor | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def files(self, service: str) -> Path:
        folder = self.folder / service
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def due(self, created: float, chance: float) -> float:
        """When a job created now may end; ``chance`` in 0..1 spreads the ends."""
        return created + self.settings.latency * (1 + self.settings.jitter * chance)

    def start(self) -> None:
        """Forget what is past keeping, and take up again what a restart interrupted."""
        oldest = time.time() - self.settings.keep_days * 86400
        for service in {job.service for job in self.store}:
            for file in self.files(service).iterdir():
                if file.stat().st_mtime < oldest:
                    file.unlink()
        for job in self.store:
            if job.created < oldest:
                self.store.forget(job)
            elif job.state == RUNNING:
                job.due = min(job.due, self.due(time.time(), 1))  # an earlier sandbox may have been a slower one
                self._begin(job)

    def submit(self, job: Job) -> None:
        self.store.save(job)
        self._begin(job)

    async def reset(self) -> None:
        """End everything and forget it, pictures included."""
        await self._cancel_all()
        services = {job.service for job in self.store}
        self.store.clear()
        for keeper in self.keepers.values():
            keeper.reset()
        for service in services:
            for file in self.files(service).iterdir():
                file.unlink(missing_ok=True)

    async def stop(self) -> None:
        await self._cancel_all()
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)

    async def _cancel_all(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, job: Job) -> None:
        task = asyncio.create_task(self._run(job))
        self._tasks[job.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))

    async def _run(self, job: Job) -> None:
        failure = job.outcome.fail
        if not failure:
            try:
                await self.keepers[job.service].prepare(job)
                await self._paint(job)
            except UnusableReferenceError as error:
                log.info("job %s: %s", job.id, error)
                failure = "reference"
            except FailedError as error:
                log.info("job %s: %s", job.id, error)
                failure = error.failure
            except Exception:
                log.exception("job %s could not be painted", job.id)
                failure = "render"
        if job.outcome.never:
            await asyncio.Event().wait()
        await asyncio.sleep(max(0.0, job.due - time.time()))
        if not failure and all(slot.audit for slot in job.slots):
            failure = "rejected"
        job.failure, job.state = failure, FAILED if failure else DONE
        keeper = self.keepers[job.service]
        keeper.settle(job)
        self.store.save(job)
        await keeper.announce(job)

    async def _paint(self, job: Job) -> None:
        references = await self._fetch_references(job)
        painted = [self._paint_slot(job, i, references) for i, slot in enumerate(job.slots) if slot.work]
        await asyncio.gather(*painted)

    async def _fetch_references(self, job: Job) -> list[tuple[Path, float]]:
        folder = self.files(job.service)

        async def fetch(number: int, reference: Reference) -> Reference:
            if reference.file and (folder / reference.file).exists():
                return reference  # a follow-up steers by the pictures that its source was steered by
            file = f"{job.id}_{number}.reference"
            write_whole(folder / file, await self.fetcher.fetch(reference.url))
            await asyncio.to_thread(check_reference, folder / file)
            return replace(reference, file=file)

        job.references = await asyncio.gather(*(fetch(n, r) for n, r in enumerate(job.references)))
        return [(folder / reference.file, reference.weight) for reference in job.references]

    async def _paint_slot(self, job: Job, number: int, references: list[tuple[Path, float]]) -> None:
        slot = job.slots[number]
        if slot.work is None or slot.file:
            return
        suffix, folder = suffix_of(slot.work), self.files(job.service)
        file = f"{job.id}_{number + 1}.{suffix}"
        painted = await self._in_worker(slot.work, folder, file, references)
        if suffix == "png":
            slot.size = await asyncio.to_thread(_size, folder / file)
        slot.file, slot.recipe, slot.base = file, painted.recipe, painted.base

    async def _in_worker(self, work: Work, folder: Path, file: str, references: list[tuple[Path, float]]) -> Painted:
        for last in (False, True):
            executor = self._executor = self._executor or self._new_executor()
            try:
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(
                    executor, render, self.settings.painter, work, folder, file, references
                )
            except BrokenProcessPool:
                # the system killed a painting process (memory, most likely): one more try with new processes
                if last:
                    raise
                if self._executor is executor:
                    self._executor = None
        raise AssertionError("unreachable")

    def _new_executor(self) -> Executor:
        if self.settings.workers == 0:
            return ThreadPoolExecutor(2)
        # one process a CPU is the parallelism; threads of the matrix library on top of it made pictures 4 times slower
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        spawn = multiprocessing.get_context("spawn")  # forking a process that has threads and a loop is asking for it
        return ProcessPoolExecutor(self.settings.workers, mp_context=spawn, initializer=begin_worker)


def _size(path: Path) -> list[int]:
    with Image.open(path) as picture:
        return list(picture.size)

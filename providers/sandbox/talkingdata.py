"""TalkingData's model pool: one door and one key, behind it the protocols of several makers."""

from __future__ import annotations

from typing import Any, Protocol

from starlette.routing import Route

from .jobs import Job, JobStore, Keeper, Runner
from .net import Fetcher
from .settings import Settings
from .talkingdata_ark import Ark
from .talkingdata_dashscope import DashScope
from .talkingdata_job import JobDoor
from .talkingdata_wire import NAME


class Part(Keeper, Protocol):
    """One maker's protocol. Jobs are its own when their ``kind`` is among ``kinds``."""

    kinds: frozenset[str]
    errors: dict[str, tuple[int, dict[str, Any]]]
    routes: list[Route]


class TalkingData:
    """Collects what the parts serve; any key is an account of its own in all of them."""

    name = NAME

    def __init__(self, settings: Settings, store: JobStore, runner: Runner, fetcher: Fetcher) -> None:
        parts = (DashScope, JobDoor, Ark)
        self._parts: list[Part] = [part(settings, store, runner, fetcher) for part in parts]
        self.errors = {name: shape for part in self._parts for name, shape in part.errors.items()}
        self.routes = [route for part in self._parts for route in part.routes]
        self.controls: list[Route] = []

    async def prepare(self, job: Job) -> None:
        await self._part(job).prepare(job)

    def settle(self, job: Job) -> None:
        self._part(job).settle(job)

    async def announce(self, job: Job) -> None:
        await self._part(job).announce(job)

    def reset(self) -> None:
        for part in self._parts:
            part.reset()

    def _part(self, job: Job) -> Part:
        return next(part for part in self._parts if job.kind in part.kinds)

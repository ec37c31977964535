"""Waiting for a job, for services that answer an order with its results."""

from __future__ import annotations

import asyncio

from .jobs import RUNNING, Job, JobStore, Runner

PAUSE = 0.5
"""Seconds between looks at a job whose end was not announced (a reset)."""


class Ends:
    def __init__(self, store: JobStore, runner: Runner) -> None:
        self._store = store
        self._runner = runner
        self._waited_for: dict[str, asyncio.Event] = {}

    async def of(self, job: Job) -> None:
        """Submits the job; returns when it has ended or was forgotten."""
        end = self._waited_for[job.id] = asyncio.Event()
        try:
            self._runner.submit(job)
            while job.state == RUNNING and self._store.get(job.id) is job:
                try:
                    await asyncio.wait_for(end.wait(), PAUSE)
                except TimeoutError:
                    continue
        finally:
            self._waited_for.pop(job.id, None)

    def announce(self, job: Job) -> None:
        if end := self._waited_for.get(job.id):
            end.set()

"""The queue of each account: who waits, who runs, and how one that waits is called off."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict

from .jobs import FailedError, Job


class Line:
    """At most ``most`` jobs of an account run at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._running: defaultdict[str, set[str]] = defaultdict(set)
        self._waiting: defaultdict[str, dict[str, asyncio.Event]] = defaultdict(dict)

    def waiting(self, owner: str) -> int:
        return len(self._waiting[owner])

    async def turn(self, job: Job, not_before: float, expires: float) -> None:
        """Returns when the job may run; FailedError "cancelled" or "expired" when it never will."""
        nudge = self._waiting[job.owner][job.id] = asyncio.Event()
        try:
            while True:
                now = time.time()
                if job.extra["status"] == "cancelled":
                    raise FailedError("cancelled", "called off while it waited")
                if now >= expires:
                    raise FailedError("expired", "waited too long")
                if now >= not_before and len(self._running[job.owner]) < self._most:
                    self._running[job.owner].add(job.id)
                    return
                until = not_before if now < not_before else expires
                nudge.clear()
                try:
                    await asyncio.wait_for(nudge.wait(), min(until, expires) - now)
                except TimeoutError:
                    continue
        finally:
            self._waiting[job.owner].pop(job.id, None)

    def nudge(self, job: Job) -> None:
        """Let it look at itself again."""
        if event := self._waiting[job.owner].get(job.id):
            event.set()

    def leave(self, job: Job) -> None:
        """It no longer runs: those that wait, in the order they came, look whether it is their turn."""
        self._running[job.owner].discard(job.id)
        for event in self._waiting[job.owner].values():
            event.set()

    def clear(self) -> None:
        self._running.clear()
        self._waiting.clear()

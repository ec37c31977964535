"""The background work: one task that looks after everything that is due, for a window of time.

The database is the truth; django-q2 only wakes. `work()` claims what is due, runs the flows
concurrently, writes the outcomes back in batches and goes on until nothing is left to do or the
window is over; then it asks for its own successor. Run twice, late or never it does no harm: a
claim has one winner, and the clock (`manage.py clock`) wakes it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from providers.base import Snapshot, State
from providers.errors import ProviderError
from providers.transport import ClientPool
from studio.lib.health import beat, is_stopping

from . import imports, steps, transitions
from .models import EngineWindow, Job, JobState
from .transitions import Slot
from .wakeup import wake

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60.0
DRAIN_SECONDS = 40.0
#: how long the supervisor's stop signal leaves for what is in hand
STOP_SECONDS = 4.0
TICK = 0.2
#: claims held at once; more would only wait for their turn with the lease running
MAX_IN_HAND = 400
SLOT_LEASE = timedelta(seconds=12)


def anything_to_do() -> bool:
    """Whether a job or an import waits for a worker. Two index look-ups."""
    return (
        Job.objects.filter(due_at__isnull=False, state__in=JobState.live()).exists()
        or Job.objects.filter(due_at__lte=timezone.now()).exists()
        or imports.waiting()
    )


def work(seconds: float = WINDOW_SECONDS) -> None:
    """A window of work; what the queue calls. Returns at once when another window is open."""
    if not _open_window():
        return
    try:
        async_to_sync(_Window(seconds).run)()
    finally:
        _close_window()
        if not is_stopping() and anything_to_do():
            EngineWindow.objects.filter(pk=1).update(woken_at=None)
            wake()


def _open_window() -> bool:
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    return EngineWindow.objects.filter(free, pk=1).update(lease_until=now + SLOT_LEASE) == 1


def _close_window() -> None:
    EngineWindow.objects.filter(pk=1).update(lease_until=None)


@dataclass(eq=False)
class _Outcome:
    """What a step brought: a snapshot, the slots of a collected job, or an error."""

    job: Job
    submitting: bool = False
    snapshot: Snapshot | None = None
    slots: list[Slot] | None = None
    error: Exception | None = None


@dataclass
class _Window:
    seconds: float
    in_hand: dict[asyncio.Task[_Outcome | None], Job | None] = field(default_factory=dict)
    next_beat: float = 0.0

    async def run(self) -> None:
        closing = time.monotonic() + self.seconds
        async with ClientPool() as clients:
            self.tools = steps.Tools(clients)
            while time.monotonic() < closing and not is_stopping():
                await self._keep_alive()
                await self._take_on()
                if not self.in_hand and not await sync_to_async(anything_to_do)():
                    return
                await self._wait_and_write(TICK)
            await self._drain()

    async def _keep_alive(self) -> None:
        if time.monotonic() < self.next_beat:
            return
        self.next_beat = time.monotonic() + 3
        tokens = {job.claim for job in self.in_hand.values() if job is not None}

        def renew() -> None:
            EngineWindow.objects.filter(pk=1).update(lease_until=timezone.now() + SLOT_LEASE)
            transitions.renew(tokens)

        await sync_to_async(renew)()
        beat()

    async def _take_on(self) -> None:
        room = MAX_IN_HAND - len(self.in_hand)
        if room <= 0:
            return
        for job in await sync_to_async(transitions.claim_due)(room):
            if job.state == JobState.SUBMITTING:
                await self._begin_submit(job)
            elif job.state == JobState.SUBMIT_UNKNOWN:
                await sync_to_async(_in_transaction)(transitions.submit_unknown, job)
            elif job.state == JobState.RUNNING or (job.state == JobState.FAILED and not job.snapshot):
                self._start(steps.poll(self.tools, job), job)
            else:
                self._start(steps.collect(self.tools, job), job)
        for pk in await sync_to_async(imports.claim)():
            self._start_import(pk)

    async def _begin_submit(self, job: Job) -> None:
        try:
            order = await sync_to_async(steps.make_order)(job)
        except ProviderError as error:
            await sync_to_async(_in_transaction)(transitions.submit_failed, job, error)
        else:
            self._start(steps.submit(self.tools, job, order), job, submitting=True)

    def _start(self, step: Coroutine[Any, Any, Snapshot | list[Slot]], job: Job, *, submitting: bool = False) -> None:
        async def guarded() -> _Outcome:
            try:
                result = await step
            except Exception as error:
                if not isinstance(error, ProviderError):
                    logger.exception("job %s: a step broke", job.pk)
                return _Outcome(job, submitting, error=error)
            if isinstance(result, Snapshot):
                return _Outcome(job, submitting, snapshot=result)
            return _Outcome(job, slots=result)

        self.in_hand[asyncio.create_task(guarded())] = job

    def _start_import(self, pk: int) -> None:
        async def guarded() -> None:
            await imports.fetch(pk)

        self.in_hand[asyncio.create_task(guarded())] = None

    async def _wait_and_write(self, timeout: float) -> None:
        if not self.in_hand:
            await asyncio.sleep(timeout)
            return
        done, _pending = await asyncio.wait(self.in_hand, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        outcomes = []
        for task in done:
            self.in_hand.pop(task)
            with contextlib.suppress(asyncio.CancelledError):
                outcome = task.result()
                if outcome is not None:
                    outcomes.append(outcome)
        if outcomes:
            for job in await sync_to_async(write_back)(outcomes):
                self._start(steps.collect(self.tools, job), job)

    async def _drain(self) -> None:
        """Finishes what is in hand while the next window may already open elsewhere."""
        await sync_to_async(_close_window)()
        await sync_to_async(wake)()
        until = time.monotonic() + (STOP_SECONDS if is_stopping() else DRAIN_SECONDS)
        while self.in_hand and time.monotonic() < until:
            tokens = {job.claim for job in self.in_hand.values() if job is not None}
            await sync_to_async(transitions.renew)(tokens)
            await self._wait_and_write(1)
        left = [job for job in self.in_hand.values() if job is not None]
        for task in self.in_hand:
            task.cancel()
        await asyncio.gather(*self.in_hand, return_exceptions=True)
        await sync_to_async(transitions.let_go)(left)


def write_back(outcomes: list[_Outcome]) -> list[Job]:
    """Writes the outcomes and returns the jobs that are ready to be collected.

    What moves no credits is written in one transaction; what does, in one each, because two
    transactions that settle several holds could wait for one another's accounts.
    """
    calm = [outcome for outcome in outcomes if _is_calm(outcome)]
    ready: list[Job] = []
    try:
        with transaction.atomic():
            ready = [outcome.job for outcome in calm if _write_one(outcome)]
    except Exception:
        logger.exception("a batch could not be written back; writing one by one")
        ready = []
    else:
        outcomes = [outcome for outcome in outcomes if outcome not in calm]
    for outcome in outcomes:
        try:
            with transaction.atomic():
                if _write_one(outcome):
                    ready.append(outcome.job)
        except Exception:
            logger.exception("job %s: could not be written back", outcome.job.pk)
    return ready


def _is_calm(outcome: _Outcome) -> bool:
    snapshot = outcome.snapshot
    if snapshot is None or timezone.now() >= outcome.job.deadline_at:
        return False
    return snapshot.state is State.SUCCEEDED or not snapshot.state.terminal


def _write_one(outcome: _Outcome) -> bool:
    job = outcome.job
    if outcome.snapshot is not None:
        return transitions.apply_snapshot(job, outcome.snapshot)
    if outcome.slots is not None:
        transitions.finish(job, outcome.slots)
    elif job.state == JobState.COLLECTING or (job.state == JobState.FAILED and job.snapshot):
        transitions.collect_failed(job, outcome.error or RuntimeError())
    elif isinstance(outcome.error, ProviderError):
        (transitions.submit_failed if outcome.submitting else transitions.poll_failed)(job, outcome.error)
    elif outcome.submitting:
        # our own mistake while sending: nobody knows how far it got
        transitions.submit_unknown(job)
    else:
        transitions.poll_failed(job, steps.BROKEN_LOOK)
    return False


def _in_transaction(change: Any, *args: Any) -> None:
    with transaction.atomic():
        partial(change, *args)()

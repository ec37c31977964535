"""The background work: one task that looks after everything that is due, for a window of time.

The database is the truth; django-q2 only wakes. `work()` claims what is due, runs the flows
concurrently, writes the outcomes back in batches and goes on until nothing is left to do or the
window is over; then it asks for its own successor. Run twice, late or never it does no harm: a
claim has one winner, and the clock (`manage.py clock`) wakes it again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone

from providers.base import Snapshot, State
from providers.clients import ClientPool
from providers.errors import InvalidRequest, ProviderError
from studio.lib.health import beat, is_stopping
from studio.media.problems import MediaProblem

from . import boards, claims, errands, spool, steps, transitions
from .errands import Errand
from .models import EngineWindow, Job, JobState
from .slots import Slot
from .wakeup import wake

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 50.0
#: What the queue's task timeout leaves after the window, less some seconds for beginning and ending: longer than a
#: call about a job may take (steps.LONGEST_CALL). An errand that takes longer still is given back.
DRAIN_SECONDS = settings.TASK_TIMEOUT - WINDOW_SECONDS - 15.0
#: how long the supervisor's stop signal leaves for what is in hand
STOP_SECONDS = 4.0
TICK = 0.2
#: claims held at once; more would only wait for their turn with the lease running
MAX_IN_HAND = 400
#: of them, jobs whose results are being collected: that takes the processor, and submits and looks don't wait for it
MAX_COLLECTING = 100
SLOT_LEASE = timedelta(seconds=12)


def anything_to_do() -> bool:
    """Whether a job or an errand waits for a worker. Index look-ups."""
    return (
        Job.objects.filter(due_at__isnull=False, state__in=JobState.live()).exists()
        or Job.objects.filter(due_at__lte=timezone.now()).exists()
        or errands.waiting()
    )


def work(seconds: float = WINDOW_SECONDS) -> None:
    """A window of work; what the queue calls. Returns at once when another window is open."""
    window = _Window(seconds)
    if not window.open():
        return
    try:
        _sweep()
        async_to_sync(window.run)()
    finally:
        window.close()
        if not is_stopping() and anything_to_do():
            EngineWindow.objects.filter(pk=1).update(woken_at=None)
            wake()


def _sweep() -> None:
    try:
        spool.sweep(transitions.still_collectable)
    except Exception:
        logger.exception("the spool could not be swept")


@dataclass(eq=False)
class _Outcome:
    """What a step brought: a snapshot, the slots of a collected job, or an error."""

    job: Job
    submitting: bool = False
    snapshot: Snapshot | None = None
    slots: list[Slot] | None = None
    error: Exception | None = None
    #: how often it could not be written
    tries: int = 0


@dataclass
class _Window:
    seconds: float
    in_hand: dict[asyncio.Task[_Outcome | None], Job | Errand] = field(default_factory=dict)
    #: outcomes that the database did not take yet; never dropped while the claim holds
    unwritten: list[_Outcome] = field(default_factory=list)
    #: names of errands that could not even be claimed; left alone until the next window
    broken: set[str] = field(default_factory=set)
    next_beat: float = 0.0
    #: delivered jobs wait for a place to be collected
    crowded: bool = False
    #: what we wrote into the one row; another window's lease is not ours to change
    lease: datetime | None = None

    def open(self) -> bool:
        now = timezone.now()
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        return self._move_lease(free, now + SLOT_LEASE)

    def close(self) -> None:
        if self.lease is not None:
            self._move_lease(Q(lease_until=self.lease), None)
            self.lease = None

    def _move_lease(self, where: Q, until: datetime | None) -> bool:
        moved = EngineWindow.objects.filter(where, pk=1).update(lease_until=until) == 1
        if moved:
            self.lease = until
        return moved

    async def run(self) -> None:
        async with ClientPool() as clients:
            closing = time.monotonic() + self.seconds
            self.tools = steps.Tools(clients)
            try:
                while time.monotonic() < closing and not is_stopping():
                    await self._keep_alive()
                    await self._take_on()
                    if not self.in_hand and not self.unwritten and not await sync_to_async(anything_to_do)():
                        return
                    await self._wait_and_write(TICK)
            finally:
                await self._drain()

    async def _keep_alive(self) -> None:
        if time.monotonic() < self.next_beat:
            return
        self.next_beat = time.monotonic() + 3
        await sync_to_async(self._renew)()
        beat()

    def _renew(self) -> None:
        if self.lease is not None:
            self._move_lease(Q(lease_until=self.lease), timezone.now() + SLOT_LEASE)
        held = [job for job in self.in_hand.values() if isinstance(job, Job)] + [item.job for item in self.unwritten]
        claims.renew({job.claim for job in held})

    async def _take_on(self) -> None:
        room = MAX_IN_HAND - len(self.in_hand) - len(self.unwritten)
        if room <= 0:
            return
        await sync_to_async(transitions.expire_queued)()
        results = MAX_COLLECTING - self._collecting()
        claimed = await sync_to_async(claims.claim_due)(room, results)
        self.crowded = sum(map(claims.has_results, claimed)) >= results
        for job in claimed:
            try:
                await self._begin(job)
            except Exception:
                # one job that can't be begun must not take the others down; its lease brings it back
                logger.exception("job %s could not be begun", job.pk)
        for errand in errands.ERRANDS:
            await self._take_on_errand(errand)

    def _collecting(self) -> int:
        return sum(isinstance(job, Job) and claims.has_results(job) for job in self.in_hand.values())

    async def _take_on_errand(self, errand: Errand) -> None:
        room = errand.at_once - sum(item is errand for item in self.in_hand.values())
        if room <= 0 or errand.name in self.broken:
            return
        try:
            for pk in await sync_to_async(errand.claim)(room):
                self._start_errand(errand, pk)
        except Exception:
            self.broken.add(errand.name)
            logger.exception("%ss could not be claimed", errand.name)

    async def _begin(self, job: Job) -> None:
        if job.state == JobState.SUBMITTING:
            await self._begin_submit(job)
        elif job.state == JobState.SUBMIT_UNKNOWN:
            # its worker died before the account was written down
            job.account = job.account or await sync_to_async(steps.account_for)(job)
            await sync_to_async(_in_transaction)(transitions.submit_unknown, job)
        elif job.is_stopping:
            self._start(steps.cancel(self.tools, job), job)
        elif job.state == JobState.RUNNING or (job.state == JobState.FAILED and not claims.has_results(job)):
            self._start(steps.poll(self.tools, job), job)
        elif job.state == JobState.COLLECTING and timezone.now() >= job.deadline_at:
            await sync_to_async(_in_transaction)(transitions.collect_expired, job)
        else:
            self._start(steps.collect(self.tools, job), job)

    async def _begin_submit(self, job: Job) -> None:
        try:
            order = await sync_to_async(steps.make_order)(job)
        except boards.NotReady as wait:
            await sync_to_async(_in_transaction)(transitions.wait_for_copies, job, wait.retry_after)
        except boards.BoardRefused as refusal:
            error = InvalidRequest(refusal.user_message, code="board_refused")
            await sync_to_async(_in_transaction)(transitions.fail, job, error)
        except ProviderError as error:
            await sync_to_async(_in_transaction)(transitions.submit_failed, job, error)
        except Exception:
            # nothing was sent: a model or a bound that a new version no longer has, or a bug of ours
            logger.exception("job %s: no order could be made of it", job.pk)
            await sync_to_async(_in_transaction)(transitions.fail, job, InvalidRequest(code="no_order"))
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

    def _start_errand(self, errand: Errand, pk: int) -> None:
        async def guarded() -> None:
            try:
                await errand.work(self.tools, pk)
            except Exception:
                logger.exception("%s %s broke", errand.name, pk)

        self.in_hand[asyncio.create_task(guarded())] = errand

    async def _wait_and_write(self, timeout: float) -> None:
        if self.in_hand:
            await asyncio.wait(self.in_hand, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(timeout)
        ready = await self._write(self._finished())
        # others may have waited longer
        room = 0 if self.crowded else max(0, MAX_COLLECTING - self._collecting())
        for job in ready[:room]:
            self._start(steps.collect(self.tools, job), job)
        self.crowded = self.crowded or len(ready) > room
        await sync_to_async(claims.let_go)(ready[room:])

    def _finished(self) -> list[_Outcome]:
        outcomes = []
        for task in [task for task in self.in_hand if task.done()]:
            self.in_hand.pop(task)
            if not task.cancelled() and (outcome := task.result()) is not None:
                outcomes.append(outcome)
        return outcomes

    async def _write(self, outcomes: list[_Outcome]) -> list[Job]:
        """Jobs that are ready to be collected. What the database does not take stays for the next time."""
        outcomes = [*self.unwritten, *outcomes]
        if not outcomes:
            return []
        ready, self.unwritten = await sync_to_async(write_back)(outcomes)
        return ready

    async def _drain(self) -> None:
        """Finishes what is in hand while the next window may already open elsewhere."""
        await sync_to_async(self.close)()
        if not is_stopping():
            await sync_to_async(wake)()
        until = time.monotonic() + (STOP_SECONDS if is_stopping() else DRAIN_SECONDS)
        while (self.in_hand or self.unwritten) and time.monotonic() < until:
            await self._keep_alive()
            await self._wait_and_write(1)
        for task in self.in_hand:
            task.cancel()
        await asyncio.gather(*self.in_hand, return_exceptions=True)
        left = [job for task, job in self.in_hand.items() if isinstance(job, Job) and task.cancelled()]
        # what finished while the last outcomes were written counts too
        ready = await self._write(self._finished())
        await sync_to_async(claims.let_go)([*left, *ready])


#: an outcome that could not be written this often, for a reason other than the database, never will be
MAX_WRITES = 25


def write_back(outcomes: list[_Outcome]) -> tuple[list[Job], list[_Outcome]]:
    """Writes the outcomes: the jobs that are ready to be collected, and the outcomes to write again.

    What moves no credits is written in one transaction; what does, in one each, because two
    transactions that settle several holds could wait for one another's accounts.
    """
    calm = [outcome for outcome in outcomes if _is_calm(outcome)]
    ready: list[Job] = []
    unwritten: list[_Outcome] = []
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
        except Exception as error:
            outcome.tries += 1
            remote_id = outcome.snapshot.remote_id if outcome.snapshot else outcome.job.remote_id
            logger.exception("job %s (remote id %s) could not be written back", outcome.job.pk, remote_id or "-")
            if isinstance(error, MediaProblem):
                # a file of it went with another asset meanwhile: it has to be collected once more
                outcome.slots, outcome.error = None, error
            if outcome.tries < MAX_WRITES or isinstance(error, DatabaseError):
                unwritten.append(outcome)
    return ready, unwritten


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
    elif claims.has_results(job):
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

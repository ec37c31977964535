"""Server-sent events: a team's timeline as it grows, and a chat model's answer.

One thread a process watches the event table and hands new rows to the streams that wait for them,
so that a thousand open pages ask the database no more often than one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connections
from django.db.models import Max
from django.utils import translation

from studio.accounts.models import Team
from studio.billing import services as billing
from studio.lib.health import is_stopping
from studio.lib.words import said

from .models import Event, EventKind, Reply, ReplyState

logger = logging.getLogger(__name__)

WATCH_SECONDS = 0.2
KEEP_ALIVE_SECONDS = 15
#: rows can become visible out of order (PostgreSQL commits them so); look back this far for them
LOOK_BACK = 200
LATE_LOOKS = 10
BATCH = 500

Row = tuple[int, int, int, str]


@dataclass(eq=False, slots=True)
class _Listener:
    team_id: int
    loop: asyncio.AbstractEventLoop
    #: None ends the stream: the studio is stopping
    queue: asyncio.Queue[Row | None] = field(default_factory=lambda: asyncio.Queue(maxsize=1000))

    def offer(self, row: Row | None) -> None:
        try:
            self.queue.put_nowait(row)
        except asyncio.QueueFull:
            # the page is hopelessly behind: the stream ends, and it asks again from its last id
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(None)


class _Hub:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[int, set[_Listener]] = defaultdict(set)
        self._thread: threading.Thread | None = None
        #: set once the thread knows where the table ended when it began
        self.started = threading.Event()

    def join(self, listener: _Listener) -> None:
        with self._lock:
            self._listeners[listener.team_id].add(listener)
            if self._thread is None:
                self.started.clear()
                self._thread = threading.Thread(target=self._watch, name="event-hub", daemon=True)
                self._thread.start()

    def leave(self, listener: _Listener) -> None:
        with self._lock:
            self._listeners[listener.team_id].discard(listener)
            if not self._listeners[listener.team_id]:
                del self._listeners[listener.team_id]

    def _stop_when_alone(self) -> bool:
        with self._lock:
            if self._listeners:
                return False
            self._thread = None
            return True

    def _watch(self) -> None:
        wait = threading.Event()
        last: int | None = None
        told: set[int] = set()
        looks = 0
        while not self._stop_when_alone():
            if is_stopping():
                self._tell_all(None)
            try:
                newest = Event.objects.aggregate(last=Max("id"))["last"] or 0
                if last is None:
                    last = newest
                    told = {row[0] for row in self._rows_after(last - LOOK_BACK) if row[0] <= last}
                    self.started.set()
                elif newest > last or looks:
                    # PostgreSQL may show a lower id after a higher one: look again for a while
                    looks = LATE_LOOKS if newest > last else looks - 1
                    for row in self._rows_after(last - LOOK_BACK):
                        if row[0] not in told:
                            self._tell(row)
                            told.add(row[0])
                            last = max(last, row[0])
                    told = {pk for pk in told if pk > last - 2 * LOOK_BACK}
            except Exception:
                # whatever it was, the pages of this process live by this thread
                logger.exception("the event table could not be read")
                close_old_connections()
            wait.wait(WATCH_SECONDS)
        connections.close_all()

    def _tell_all(self, row: Row | None) -> None:
        with self._lock:
            listeners = [listener for group in self._listeners.values() for listener in group]
        self._offer(listeners, row)

    @staticmethod
    def _offer(listeners: list[_Listener], row: Row | None) -> None:
        for listener in listeners:
            # a loop that has closed meanwhile belongs to a stream that has ended
            with contextlib.suppress(RuntimeError):
                listener.loop.call_soon_threadsafe(listener.offer, row)

    @staticmethod
    def _rows_after(pk: int) -> list[Row]:
        rows = Event.objects.filter(id__gt=pk).order_by("id")
        return list(rows.values_list("id", "team_id", "job_id", "kind")[: BATCH + LOOK_BACK])

    def _tell(self, row: Row) -> None:
        with self._lock:
            listeners = list(self._listeners.get(row[1], ()))
        self._offer(listeners, row)


hub = _Hub()


def events_since(team_id: int, since: int, limit: int = BATCH) -> list[Row]:
    rows = Event.objects.filter(team_id=team_id, id__gt=since).order_by("id")
    return list(rows.values_list("id", "team_id", "job_id", "kind")[:limit])


def as_data(row: Row) -> dict[str, Any]:
    return {"event": row[0], "job": row[2], "kind": row[3], "new": row[3] == EventKind.CREATED}


async def stream(team: Team, since: int) -> AsyncIterator[str]:
    """Lines of text/event-stream: what has come since the event `since`, then what comes."""
    listener = _Listener(team.pk, asyncio.get_running_loop())
    # join first, read the backlog second: nothing falls between, and repeats are dropped
    hub.join(listener)
    try:
        await asyncio.to_thread(hub.started.wait, 10)
        yield "retry: 2000\n\n"
        sent: set[int] = set()
        while page := await _read(events_since, team.pk, max(sent, default=since)):
            for row in page:
                sent.add(row[0])
                yield _format(row)
        credits = ""
        while True:
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    row = await listener.queue.get()
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if row is None:
                return
            if row[0] not in sent:
                yield _format(row)
            if listener.queue.empty():
                shown = json.dumps({"available": (await _read(billing.balance, team)).available})
                if shown != credits:
                    credits = shown
                    yield f"event: credits\ndata: {shown}\n\n"
    finally:
        hub.leave(listener)


async def follow_reply(reply_id: int, language: str | None) -> AsyncIterator[str]:
    """Lines of text/event-stream: a chat model's answer as it grows, and how it ended (see `as_reply_events`), in
    sentences of this language."""
    yield "retry: 2000\n\n"
    seen: Any = None
    waited = 0.0
    while not is_stopping():
        found = await _read(_look_at_reply, reply_id, language)
        if found is None:
            return
        if found != seen:
            seen, waited = found, 0.0
            for name, data in found:
                yield f"event: {name}\ndata: {json.dumps(data)}\n\n"
            if found[-1][0] != "text":
                return
        elif waited >= KEEP_ALIVE_SECONDS:
            waited = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(WATCH_SECONDS)
        waited += WATCH_SECONDS


def _look_at_reply(reply_id: int, language: str | None) -> list[tuple[str, dict[str, Any]]] | None:
    reply = Reply.objects.filter(pk=reply_id).first()
    with translation.override(language):
        return as_reply_events(reply) if reply is not None else None


def as_reply_events(reply: Reply) -> list[tuple[str, dict[str, Any]]]:
    """How a reply stands: its words so far, and once it has ended `done`, `failed` or `canceled`."""
    words = {"text": reply.text, "thinking": reply.thinking}
    told: list[tuple[str, dict[str, Any]]] = [("text", words)]
    match reply.state:
        case ReplyState.DONE:
            told.append(("done", {**words, "cost": reply.cost}))
        case ReplyState.FAILED:
            told.append(("failed", {**words, "message": said(reply.error_message)}))
        case ReplyState.CANCELED:
            told.append(("canceled", words))
    return told


def _format(row: Row) -> str:
    return f"id: {row[0]}\nevent: job\ndata: {json.dumps(as_data(row))}\n\n"


async def _read(query: Any, *args: Any) -> Any:
    """Runs a query and gives its connection back: an open stream must not hold one."""

    def run() -> Any:
        try:
            return query(*args)
        finally:
            connections.close_all()

    return await sync_to_async(run, thread_sensitive=False)()

"""Decoding in child processes: bounded, reused, killed when late.

A decoder fed with hostile bytes may crash, hang or eat all memory; here that ends a child and nothing
else. Children are started with `subprocess`, not `multiprocessing`: django-q2's workers are daemonic
and may have no multiprocessing children.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.conf import settings

LONGEST_ANSWER = 1024 * 1024
JOBS_PER_CHILD = 100
SECONDS = 60
WAIT_FOR_A_CHILD = 60

_ROOT = Path(__file__).resolve().parents[2]
_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); from studio.media.decoder_process import main; main(int(sys.argv[2]))"
)


class DecoderFailed(Exception):
    """No answer; `code` is timeout, crashed, busy or canceled."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Gone(Exception):
    """The child closed its end."""


class _Child:
    def __init__(self, command: Sequence[str]) -> None:
        self.jobs = 0
        self.process = subprocess.Popen(  # noqa: S603 -- our own words only
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd="/",
            env={"LANG": "C.UTF-8"},  # none of our secrets
            start_new_session=True,  # Ctrl-C in a terminal is for us to handle
        )

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.jobs += 1
        deadline = time.monotonic() + seconds
        body = json.dumps(request).encode()
        try:
            self.process.stdin.write(len(body).to_bytes(4, "big") + body)
        except (BrokenPipeError, ValueError) as error:
            raise _Gone from error
        length = int.from_bytes(self._read(4, deadline), "big")
        if length > LONGEST_ANSWER:
            raise _Gone
        try:
            answer = json.loads(self._read(length, deadline))
        except ValueError as error:
            raise _Gone from error
        if not isinstance(answer, dict):
            raise _Gone
        return answer

    def _read(self, count: int, deadline: float) -> bytes:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        parts = b""
        while len(parts) < count:
            if not poll.poll(max(0, deadline - time.monotonic()) * 1000):
                raise DecoderFailed("timeout")
            part = os.read(descriptor, count - len(parts))
            if not part:
                raise _Gone
            parts += part
        return parts

    def kill(self) -> None:
        """End it now. Safe from any thread: whoever reads its answer sees the end of the stream."""
        self.process.kill()

    def discard(self) -> None:
        self.process.kill()
        self.close()
        self.process.wait()

    def close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


class Ticket:
    """Lets another thread give up a request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self.canceled = False

    def attach(self, child: _Child | None) -> None:
        with self._lock:
            if child is not None and self.canceled:
                raise DecoderFailed("canceled")
            self._child = child

    def cancel(self) -> None:
        with self._lock:
            self.canceled = True
            if self._child is not None:
                self._child.kill()


class Pool:
    """At most `size` children, started when needed, last used first."""

    def __init__(self, size: int, memory: int, command: Sequence[str] | None = None) -> None:
        self.size = size
        self.command = command or [sys.executable, "-I", "-X", "utf8", "-c", _BOOT, str(_ROOT), str(memory)]
        self.threads = ThreadPoolExecutor(size, thread_name_prefix="decoder")
        self._free = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._all: set[_Child] = set()

    def run(self, request: dict[str, Any], seconds: float = SECONDS, ticket: Ticket | None = None) -> dict[str, Any]:
        """The child's answer; raises `DecoderFailed`."""
        ticket = ticket or Ticket()
        if not self._free.acquire(timeout=WAIT_FOR_A_CHILD):
            raise DecoderFailed("busy")
        try:
            # processor time, of several threads: only for a child whose parent died and cannot kill it
            return self._run({**request, "seconds": 2 * int(seconds) + 1}, seconds, ticket)
        finally:
            self._free.release()

    def _run(self, request: dict[str, Any], seconds: float, ticket: Ticket) -> dict[str, Any]:
        while True:
            child = self._take()
            healthy = False
            try:
                ticket.attach(child)
                answer = child.ask(request, seconds)
                healthy = answer.get("ok") is True and child.jobs < JOBS_PER_CHILD
                return answer
            except _Gone as error:
                if ticket.canceled:
                    raise DecoderFailed("canceled") from error
                if child.jobs == 1:
                    raise DecoderFailed("crashed") from error
                # one that was waiting may have been ended from outside: a fresh one decides
            finally:
                ticket.attach(None)
                self._give_back(child, healthy and not ticket.canceled)

    def _take(self) -> _Child:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        child = _Child(self.command)
        with self._lock:
            self._all.add(child)
        return child

    def _give_back(self, child: _Child, healthy: bool) -> None:
        with self._lock:
            if healthy and child in self._all:
                self._idle.append(child)
                return
            self._all.discard(child)
        child.discard()

    def close(self) -> None:
        with self._lock:
            idle, busy = self._idle, self._all.difference(self._idle)
            self._idle, self._all = [], set()
        for child in idle:
            child.discard()
        for child in busy:
            child.kill()  # the thread that waits for it discards it
        self.threads.shutdown(wait=False, cancel_futures=True)

    def forget(self) -> None:
        """After a fork: the children are the parent's. Our copies of their pipes would keep them alive
        when it dies."""
        for child in list(self._all):
            child.close()
            child.process.returncode = 0  # else its destructor would wait for a process that is not ours


_pool: Pool | None = None
_pool_lock = threading.Lock()


def pool() -> Pool:
    """This process's pool. A forked process makes its own."""
    global _pool
    with _pool_lock:
        if _pool is None:
            # room for six copies of the largest picture, beside Python and the libraries; turning 1080p into
            # WebM takes 640 MB (measured)
            memory = max(300 * 1024 * 1024 + 24 * settings.MAX_PIXELS, 1024 * 1024 * 1024)
            _pool = Pool(min(4, os.cpu_count() or 1), memory)
        return _pool


def close_pool() -> None:
    global _pool
    with _pool_lock:
        if _pool is not None:
            _pool.close()
            _pool = None


def _after_fork() -> None:
    global _pool, _pool_lock
    if _pool is not None:
        _pool.forget()
    _pool, _pool_lock = None, threading.Lock()


atexit.register(close_pool)
os.register_at_fork(after_in_child=_after_fork)

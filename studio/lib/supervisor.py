"""Running several processes as one: started together, watched, restarted, stopped in order.

Knows nothing of Django or of what the processes do. Every child leads a process group of its own,
so that a terminal's Ctrl-C reaches only the supervisor and a whole family can be stopped at once.
No child outlives the supervisor: the kernel tells its leaders (Linux), and the reaper sweeps up
the groups everywhere, even when the supervisor is killed outright.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from studio.lib.reaper import signal_group

PR_SET_PDEATHSIG = 1
OWN_NAME = "studio"
TICK = 0.1
RESTART_DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
#: a child that ran this long has recovered; its next restart is quick again
STEADY_AFTER = 30.0
LONGEST_LINE = 64 * 1024

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(parent: int, number: int = signal.SIGTERM) -> None:
    """For `preexec_fn`: runs in the child between fork and exec, so it does next to nothing."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)


@dataclass(frozen=True)
class Heartbeat:
    """A file that the child's work touches; silence for `silence` seconds means that it hangs."""

    file: Path
    silence: float = 30.0


@dataclass(frozen=True)
class Child:
    name: str
    command: Sequence[str]
    #: children of one rank stop together; lower ranks stop first
    rank: int = 0
    #: seconds to stop by itself before the whole group is killed
    grace: float = 4.0
    heartbeat: Heartbeat | None = None


@dataclass(frozen=True)
class Chore:
    """Something small to do now and then, in a thread of its own; a late one is not doubled."""

    name: str
    interval: float
    work: Callable[[], None]


@dataclass
class _Family:
    """A child's processes as they are now."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_at: float = 0.0
    failures: int = 0
    rest: bytes = b""
    last_beat: float = 0.0
    heard_at: float = 0.0

    def beat(self) -> float:
        if self.child.heartbeat is None:
            return 0.0
        try:
            return self.child.heartbeat.file.stat().st_mtime
        except OSError:
            return 0.0


@dataclass
class Supervisor:
    children: Sequence[Child]
    chores: Sequence[Chore] = ()
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    #: called once when the first signal to stop arrives
    on_stop: Callable[[], None] = lambda: None
    log: IO[str] = field(default_factory=lambda: sys.stderr)

    def __post_init__(self) -> None:
        self._families = [_Family(child) for child in self.children]
        self._selector = selectors.DefaultSelector()
        self._signals = 0
        self._width = max(len(name) for name in (OWN_NAME, *(child.name for child in self.children)))
        self._chores: dict[str, tuple[float, threading.Thread | None]] = {}
        self._reaper: subprocess.Popen[bytes] | None = None

    # ---- running ----

    def run(self) -> int:
        """Until SIGINT, SIGTERM or SIGHUP; 0 when everything stopped."""
        previous = {
            number: signal.signal(number, self._remember_signal)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "studio.lib.reaper"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        try:
            while not self._signals:
                for family in self._families:
                    self._look_after(family)
                self._do_chores()
                self._read(TICK)
            self.on_stop()
            self._stop_all()
        finally:
            for family in self._families:
                self._kill(family)
            if self._reaper.stdin is not None:
                self._reaper.stdin.close()
            self._reaper.wait()
            for number, handler in previous.items():
                signal.signal(number, handler)
        return 0

    def say(self, sentence: str) -> None:
        self._write(f"{OWN_NAME:<{self._width}} | {sentence}")

    def _remember_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1

    # ---- one child ----

    def _look_after(self, family: _Family) -> None:
        now = time.monotonic()
        if family.process is None:
            if now >= family.start_at:
                self._start(family)
            return
        code = family.process.poll()
        if code is not None:
            self._kill(family)
            if now - family.started > STEADY_AFTER:
                family.failures = 0
            delay = RESTART_DELAYS[min(family.failures, len(RESTART_DELAYS) - 1)]
            family.failures += 1
            family.start_at = now + delay
            self.say(f"{family.child.name} ended ({_how(code)}); starting it again in {delay:g} s.")
        elif self._is_silent(family, now):
            assert family.child.heartbeat is not None
            self.say(
                f"{family.child.name} gave no sign of life for {family.child.heartbeat.silence:g} s; starting it again."
            )
            self._kill(family)
            family.start_at = now

    def _is_silent(self, family: _Family, now: float) -> bool:
        """Judged by when a new beat was seen, not by its time: clocks jump and laptops sleep."""
        if family.child.heartbeat is None:
            return False
        beat = family.beat()
        if beat != family.last_beat:
            family.last_beat, family.heard_at = beat, now
        return now - family.heard_at > family.child.heartbeat.silence

    def _start(self, family: _Family) -> None:
        parent = os.getpid()
        try:
            process = subprocess.Popen(  # noqa: S603 -- commands are ours
                list(family.child.command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=dict(self.environment) if self.environment is not None else None,
                cwd=self.folder,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent),
            )
        except OSError as error:
            delay = RESTART_DELAYS[-1]
            family.start_at = time.monotonic() + delay
            self.say(f"{family.child.name} can't be started ({error.strerror}); trying again in {delay:g} s.")
            return
        self._tell_reaper(f"+{process.pid}")
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, family)
        family.process = process
        family.started = family.heard_at = time.monotonic()
        family.last_beat = family.beat()

    def _kill(self, family: _Family) -> None:
        """The whole group, whether or not its leader still lives."""
        process = family.process
        if process is None:
            return
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
        self._read(0)
        assert process.stdout is not None
        if process.stdout.fileno() in self._selector.get_map():
            self._selector.unregister(process.stdout)
        process.stdout.close()
        if family.rest:
            self._echo(family, family.rest)
            family.rest = b""
        self._tell_reaper(f"-{process.pid}")
        family.process = None

    def _tell_reaper(self, message: str) -> None:
        if self._reaper is not None and self._reaper.stdin is not None:
            try:
                self._reaper.stdin.write(f"{message}\n".encode())
                self._reaper.stdin.flush()
            except OSError:
                pass

    # ---- stopping ----

    def _stop_all(self) -> None:
        for rank in sorted({child.rank for child in self.children}):
            families = [family for family in self._families if family.child.rank == rank and family.process]
            for family in families:
                assert family.process is not None
                if family.process.poll() is None:
                    # the leader alone: it stops its own children in good order
                    os.kill(family.process.pid, signal.SIGTERM)
            started = time.monotonic()
            while families:
                waited = time.monotonic() - started
                for family in tuple(families):
                    assert family.process is not None
                    # a second Ctrl-C is out of patience
                    overdue = waited > family.child.grace or self._signals > 1
                    if family.process.poll() is not None or overdue:
                        self._kill(family)
                        families.remove(family)
                self._read(TICK / 2)

    # ---- chores ----

    def _do_chores(self) -> None:
        now = time.monotonic()
        for chore in self.chores:
            due, thread = self._chores.get(chore.name, (now, None))
            if now < due or (thread is not None and thread.is_alive()):
                continue
            thread = threading.Thread(target=self._do, args=(chore,), daemon=True)
            self._chores[chore.name] = (now + chore.interval, thread)
            thread.start()

    def _do(self, chore: Chore) -> None:
        try:
            chore.work()
        except Exception as error:
            self.say(f"{chore.name}: {type(error).__name__}: {error}")

    # ---- output ----

    def _read(self, timeout: float) -> None:
        if not self._selector.get_map():
            time.sleep(timeout)
            return
        for key, _ in self._selector.select(timeout):
            family: _Family = key.data
            try:
                chunk = os.read(key.fd, LONGEST_LINE)
            except BlockingIOError:
                continue
            if not chunk:
                # the child may go on without its output; that it ended is noticed by poll()
                self._selector.unregister(key.fd)
                continue
            *lines, family.rest = (family.rest + chunk).split(b"\n")
            for line in lines:
                self._echo(family, line)
            if len(family.rest) > LONGEST_LINE:
                self._echo(family, family.rest)
                family.rest = b""

    def _echo(self, family: _Family, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        if text:
            self._write(f"{family.child.name:<{self._width}} | {text}")

    def _write(self, line: str) -> None:
        try:
            print(line, file=self.log, flush=True)
        except (OSError, ValueError):
            # nobody reads any more (the terminal is gone); that is no reason to stop
            pass


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"

"""The real thing for a test session: `manage.py studio` with its web server, workers, clock and
sandbox, in a temporary data folder and on free ports."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from django.db import connections

from studio.lib.supervisor import die_with_parent

ROOT = Path(__file__).resolve().parents[2]
SIGN_IN = "Sign in: "
ALIAS = "stack"


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def clean_environment(**variables: str) -> dict[str, str]:
    """This process's environment without what would configure a studio."""
    from studio import env

    own = {"DJANGO_SETTINGS_MODULE", "ATELIER_TEST_DATA", "DJANGO_ALLOW_ASYNC_UNSAFE", *env.VARIABLES}
    return {name: value for name, value in os.environ.items() if name not in own} | variables


class Stack:
    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.port, sandbox_port = free_ports(2)
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.sandbox_url = f"http://127.0.0.1:{sandbox_port}"
        self.log = folder / "stack.log"
        self.environment = clean_environment(
            DATA_DIR=str(folder / "data"), PORT=str(self.port), SANDBOX_PORT=str(sandbox_port), **variables
        )
        self.process: subprocess.Popen[str] | None = None
        #: the link that was printed; good for one sign-in
        self.welcome_link = ""
        #: every line that was printed to standard output
        self.printed: list[str] = []

    # ---- life ----

    def start(self, patience: float = 120) -> None:
        lines: queue.Queue[str] = queue.Queue()
        parent = os.getpid()
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "studio"],
                env=self.environment,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                # a Ctrl-C is for pytest, which stops us in turn
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent),
            )
        threading.Thread(target=self._read, args=(self.process, lines), daemon=True).start()
        end = time.monotonic() + patience
        self.welcome_link = self._link(lines, end)
        while self.health().get("status") != "ok":
            self._demand(time.monotonic() < end, f"it is not well: {self.health()}")
            time.sleep(0.1)

    def _read(self, process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.printed.append(line.rstrip("\n"))
            lines.put(line)

    def _link(self, lines: queue.Queue[str], end: float) -> str:
        assert self.process is not None
        while True:
            try:
                line = lines.get(timeout=0.2)
            except queue.Empty:
                self._demand(self.process.poll() is None, "it ended")
                self._demand(time.monotonic() < end, "it printed no link")
                continue
            if line.startswith(SIGN_IN):
                return line.removeprefix(SIGN_IN).strip()

    def _demand(self, condition: bool, trouble: str) -> None:
        if not condition:
            raise AssertionError(f"The studio did not start: {trouble}\n{self.log.read_text()[-4000:]}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"The studio did not stop.\n{self.log.read_text()[-4000:]}") from None

    # ---- looking in ----

    def health(self) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=10) as reply:
                found: dict[str, Any] = json.load(reply)
        except urllib.error.HTTPError as reply:
            found = json.load(reply)
        except OSError:
            found = {}
        return found

    def manage(self, *arguments: str) -> str:
        """What a management command prints when it runs beside the studio."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode:
            raise AssertionError(f"manage.py {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def new_welcome_link(self) -> str:
        lines = self.manage("setup_studio", "--print-link", self.base_url).splitlines()
        return next(line for line in lines if line.startswith(SIGN_IN)).removeprefix(SIGN_IN).strip()

    @property
    def database_file(self) -> Path:
        return self.folder / "data" / "atelier.sqlite3"

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.database_file}?mode=ro", uri=True, timeout=20)) as connection:
            return connection.execute(sql, values).fetchall()

    @contextmanager
    def database(self) -> Iterator[str]:
        """An alias for `.using(…)`: the studio's own database beside the tests'."""
        settings = deepcopy(connections.settings["default"])
        connections.settings[ALIAS] = settings | {"NAME": str(self.database_file)}
        try:
            yield ALIAS
        finally:
            connections[ALIAS].close()
            del connections[ALIAS]
            del connections.settings[ALIAS]

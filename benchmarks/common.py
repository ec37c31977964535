"""A throw-away install for a benchmark: its own data folder, database and background workers."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def install(service_url: str, **environment: str) -> Iterator[dict[str, str]]:
    """The environment of a fresh, migrated install whose services are all at `service_url`."""
    folder = tempfile.mkdtemp(prefix="atelier-bench-")
    env = {
        **os.environ,
        "DATA_DIR": folder,
        "SANDBOX_URL": service_url,
        "LOG_LEVEL": "ERROR",
        "STUDIO_STARTING_CREDITS": "1000000000",
        **environment,
    }
    env.pop("DATABASE_URL", None)
    try:
        manage(env, "migrate", "-v0")
        manage(env, "collectstatic", "--noinput", "-v0")
        manage(env, "setup_studio")
        yield env
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def manage(env: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True, capture_output=True, text=True
    )
    return done.stdout


def script(env: dict[str, str], module: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


@contextlib.contextmanager
def running(env: dict[str, str], *command: str) -> Iterator[psutil.Process]:
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=env, start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def stub_service(takes: float = 0.0, picture: str = "tiny") -> Iterator[str]:
    port = free_port()
    command = ["-m", "benchmarks.stub_service", "--port", str(port), "--takes", str(takes), "--picture", picture]
    with running(dict(os.environ), *command):
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/_polls")
        yield url


@contextlib.contextmanager
def flat_sandbox(latency: float) -> Iterator[str]:
    """Every service, with flat pictures that cost nothing, each job taking `latency` seconds or up to half more."""
    port = free_port()
    with running(
        dict(os.environ), "-m", "providers.sandbox", "--port", str(port), "--latency", str(latency), "--flat",
        "--workers", "0",
    ):  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        wait_for(url)
        yield url


def wait_for(url: str, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.05)
    raise TimeoutError(url)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def family(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return [process, *process.children(recursive=True)]
    return []


def cpu_seconds(process: psutil.Process) -> float:
    total = 0.0
    for member in family(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = member.cpu_times()
            total += times.user + times.system
    return total


def memory_mb(process: psutil.Process) -> float:
    """Proportional memory of a process and its children, in MB (pages shared by forking counted once)."""
    total = 0
    for member in family(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += member.memory_full_info().pss
    return total / 1e6

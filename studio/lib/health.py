"""Whether the house is well: `GET /healthz`, and the workers' heartbeat behind it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.decorators import sync_and_async_middleware

PATH = "/healthz"
PATIENCE = 2.0
LEAST_FREE_BYTES = 200 * 1024 * 1024
OLDEST_BEAT = 60.0
#: seconds between pings of workers that have nothing else to do
PING_AFTER = 8.0

OK = "ok"
OFF = "off"


# ---- the workers' heartbeat ----


def run_folder() -> Path:
    return Path(settings.DATA_DIR) / "run"


def beat_file() -> Path:
    return run_folder() / "worker.beat"


def beat() -> None:
    """Says that a worker works. Called from within background tasks, every few seconds."""
    file = beat_file()
    try:
        file.touch()
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def beat_age() -> float | None:
    """Seconds since the last beat; None when there never was one."""
    try:
        return max(0.0, time.time() - beat_file().stat().st_mtime)
    except OSError:
        return None


def ping_workers() -> None:
    """Gives idle workers a beat to send."""
    from django_q.tasks import async_task

    age = beat_age()
    if age is None or age > PING_AFTER:
        try:
            async_task("studio.lib.health.beat")
        finally:
            connection.close()


def stopping_file() -> Path:
    return run_folder() / "stopping"


def is_stopping() -> bool:
    """Whether the supervisor is about to stop the workers: a long task ends early, in good order."""
    return stopping_file().exists()


# ---- the checks ----

_migrated = False


def _database() -> str:
    global _migrated
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _migrated:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return "migrations pending"
            # new migrations come with new code, and new code with a new process
            _migrated = True
    finally:
        connection.close()
    return OK


def _workers() -> str:
    age = beat_age()
    if age is None:
        return "no sign of life yet"
    return OK if age < OLDEST_BEAT else f"no sign of life for {age:.0f} s"


def _disk() -> str:
    folder = Path(settings.DATA_DIR)
    probe = folder / f".probe-{os.getpid()}"
    probe.write_bytes(b"atelier")
    probe.unlink()
    return OK if shutil.disk_usage(folder).free > LEAST_FREE_BYTES else "almost full"


def _sandbox() -> str:
    if not settings.SANDBOX_URL:
        return OFF
    address = urlsplit(settings.SANDBOX_URL)
    port = address.port or (443 if address.scheme == "https" else 80)
    with socket.create_connection((address.hostname or "127.0.0.1", port), timeout=PATIENCE / 2):
        return OK


#: what must be well for the studio to be of use; the sandbox is told but not demanded
CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "workers": _workers,
    "disk": _disk,
    "sandbox": _sandbox,
}
DEMANDED = ("web", "database", "workers", "disk")

_pool = ThreadPoolExecutor(max_workers=len(CHECKS), thread_name_prefix="health")
_asked: dict[str, Future[str]] = {}


def look() -> dict[str, str]:
    """Every check's word, within PATIENCE. A check that hangs is not started a second time."""
    for name, check in CHECKS.items():
        asked = _asked.get(name)
        if asked is None or asked.done():
            _asked[name] = _pool.submit(check)
    wait(_asked.values(), PATIENCE)
    return {"web": OK} | {name: _word(_asked[name]) for name in CHECKS}


def _word(asked: Future[str]) -> str:
    if not asked.done():
        return "no answer in time"
    # the reason is for the log, not for whoever may ask
    return "unreachable" if asked.exception() else asked.result()


def answer() -> JsonResponse:
    checks = look()
    if any(checks[name] != OK for name in DEMANDED):
        status, code = "failing", 503
    elif any(word not in (OK, OFF) for word in checks.values()):
        status, code = "degraded", 200
    else:
        status, code = OK, 200
    return JsonResponse({"status": status, "checks": checks}, status=code, headers={"Cache-Control": "no-store"})


async def healthz(request: HttpRequest) -> JsonResponse:
    return await asyncio.to_thread(answer)


@sync_and_async_middleware
def HealthMiddleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:  # noqa: N802 -- named like the middlewares beside it
    """Answers the probe before anything else looks at the request: a load balancer asks by address,
    which ALLOWED_HOSTS need not know."""
    if iscoroutinefunction(get_response):

        async def async_middleware(request: HttpRequest) -> HttpResponseBase:
            if request.path_info == PATH:
                return await healthz(request)
            following: Awaitable[HttpResponseBase] = get_response(request)
            return await following

        markcoroutinefunction(async_middleware)
        return async_middleware

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info == PATH:
            return answer()
        response: HttpResponseBase = get_response(request)
        return response

    return middleware

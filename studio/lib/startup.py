"""What `manage.py studio` does before and around its children: lock, ports, database, static files."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import http.client
import io
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from studio.lib import health
from studio.lib.supervisor import Child, Heartbeat

LOOPBACK = ("127.0.0.1", "localhost", "::1")
STATIC_EXPIRES = 30 * 24 * 3600


class StartRefusedError(Exception):
    """Why the studio can't start, in plain words."""


# ---- before the children ----


@contextmanager
def sole_use(folder: Path) -> Iterator[None]:
    """Holds the data folder. The lock goes with the process, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "studio.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            owner = file.read().strip()
            raise StartRefusedError(
                f"A studio already runs on {folder.parent}{f' (process {owner})' if owner else ''}. "
                "Stop it first, or choose another folder: make run DATA_DIR=… PORT=…"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def demand_port(host: str, port: int, variable: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # as servers do: a port whose last connections merely linger is free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise StartRefusedError(
                f"Port {port} may not be used by this account. Choose one above 1023: {variable}=8000"
            ) from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise StartRefusedError(
                    f"Port {port} on {host} is in use already. Choose another one: make run {variable}={port + 10}"
                ) from None
            raise StartRefusedError(f"{host} port {port} can't be listened on: {error.strerror}.") from None


def migrate() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def collect_static() -> None:
    """Copies the static files under hashed names, unless nothing changed since the last time."""
    stamp = health.run_folder() / "static.stamp"
    fingerprint = _static_fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint and Path(settings.STATIC_ROOT).is_dir():
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(fingerprint)


def _static_fingerprint() -> str:
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            file = Path(storage.path(path)).stat()
            digest.update(f"{path} {file.st_size} {file.st_mtime_ns}\n".encode())
    return digest.hexdigest()


# ---- the children ----


def runs_sandbox() -> bool:
    """Whether the sandbox that is used is the one at our own port."""
    address = urlsplit(settings.SANDBOX_URL)
    return address.hostname in LOOPBACK and address.port == settings.SANDBOX_PORT


def children() -> list[Child]:
    python = sys.executable
    manage = str(settings.BASE_DIR / "manage.py")
    web = [python, "-m", "granian", "--interface", "asginl", "--host", settings.HOST, "--port", str(settings.PORT)]
    web += ["--workers", "1", "--workers-kill-timeout", "3", "--no-ws", "--log-level", _granian_level()]
    web += ["--static-path-route", "/static", "--static-path-mount", str(settings.STATIC_ROOT)]
    web += ["--static-path-expires", str(STATIC_EXPIRES), "studio.asgi:application"]
    family = [
        Child("web", web, rank=0, grace=5),
        Child("clock", [python, manage, "clock"], rank=1, grace=2),
        Child("workers", [python, manage, "qcluster"], rank=1, grace=8, heartbeat=Heartbeat(health.beat_file())),
    ]
    if runs_sandbox():
        sandbox = [python, "-m", "providers.sandbox", "--port", str(settings.SANDBOX_PORT)]
        sandbox += ["--data", str(settings.DATA_DIR / "sandbox")]
        if settings.SANDBOX_LATENCY:
            sandbox += ["--latency", settings.SANDBOX_LATENCY]
        family.insert(0, Child("sandbox", sandbox, rank=2, grace=2))
    return family


def log_level() -> str:
    """Children are quiet unless somebody asked: the terminal belongs to the sign-in line."""
    return (os.environ.get("LOG_LEVEL") or "WARNING").upper()


def _granian_level() -> str:
    """The server's own words only; Django's are not affected. Its warnings tell at every stop that a
    browser still listened."""
    level = os.environ.get("LOG_LEVEL", "").lower()
    return level if level in ("debug", "info", "warning", "error", "critical") else "error"


def child_environment() -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "studio.settings"),
        # children don't stand in the folder that a relative path was meant for
        "DATA_DIR": str(settings.DATA_DIR),
        "LOG_LEVEL": log_level(),
        "PYTHONUNBUFFERED": "1",
    }


# ---- once the web answers ----


def base_url() -> str:
    """The address for a browser on this machine."""
    host = "127.0.0.1" if settings.HOST in ("", "0.0.0.0", "::") else settings.HOST  # noqa: S104 -- compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}"


def web_answers() -> bool:
    address = urlsplit(base_url())
    asked = http.client.HTTPConnection(address.hostname or "127.0.0.1", settings.PORT, timeout=5)
    try:
        asked.request("GET", health.PATH)
        return asked.getresponse().status in (200, 503)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def sign_in_line() -> str:
    """`Sign in: http://…`, as `setup_studio` words it."""
    words = io.StringIO()
    try:
        call_command("setup_studio", print_link=base_url(), stdout=words)
    finally:
        connections.close_all()
    return words.getvalue().strip()

"""System checks: what is misconfigured, said before it hurts. Ids `atelier.E…` stop the start,
`atelier.W…` are worth a thought."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connections
from django.http.request import validate_host

from studio import env

LOOPBACK = ("127.0.0.1", "localhost", "::1")
SHORTEST_SECRET = 32

Apps = Sequence[AppConfig] | None


def checked(*tags: str) -> Any:
    """Registers a generator of messages as a check."""

    def decorate(look: Any) -> Any:
        def check(app_configs: Apps, **options: Any) -> list[CheckMessage]:
            return list(look(**options))

        check.__name__ = look.__name__
        register(check, *tags)
        return look

    return decorate


@checked()
def readable_variables(**options: Any) -> Iterator[CheckMessage]:
    for name, _value, expected in env.UNREADABLE:
        # the value is not repeated: it may be a secret in the wrong place
        yield Error(f"{name} can't be read: {expected} is expected.", id="atelier.E001")


@checked()
def debug_stays_at_home(**options: Any) -> Iterator[CheckMessage]:
    if settings.DEBUG and settings.HOST not in LOOPBACK:
        yield Error(
            f"STUDIO_DEBUG is on while the studio listens on {settings.HOST}.",
            hint="Debug pages show settings and source code. Unset STUDIO_DEBUG, or set HOST=127.0.0.1.",
            id="atelier.E002",
        )


@checked()
def public_url_makes_sense(**options: Any) -> Iterator[CheckMessage]:
    if not settings.PUBLIC_URL:
        return
    try:
        address = urlsplit(settings.PUBLIC_URL)
        host, _port = address.hostname, address.port
    except ValueError:
        address, host = urlsplit(""), None
    if address.scheme not in ("http", "https") or not host:
        yield Error(
            "STUDIO_PUBLIC_URL is no web address.",
            hint="Set it to something like https://studio.example.com",
            id="atelier.E004",
        )
        return
    if address.path or address.query or address.fragment or address.username is not None:
        yield Error(
            "STUDIO_PUBLIC_URL must be a bare origin: no path, no query, no user name.",
            hint=f"Set it to {address.scheme}://{address.netloc.rpartition('@')[2]}",
            id="atelier.E004",
        )
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield Error(
            f"STUDIO_PUBLIC_URL names {host}, which STUDIO_ALLOWED_HOSTS does not allow.",
            hint=f"Add {host} to STUDIO_ALLOWED_HOSTS.",
            id="atelier.E003",
        )


@checked(Tags.security)
def credential_keys_work(**options: Any) -> Iterator[CheckMessage]:
    for number, key in enumerate(settings.CREDENTIAL_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            yield Error(
                f"Key {number} in STUDIO_CREDENTIAL_KEYS is no Fernet key (32 bytes, URL-safe base64).",
                hint="Unset it (one is made and kept in DATA_DIR), or make one with Fernet.generate_key().",
                id="atelier.E005",
            )


@checked()
def tasks_run_once(**options: Any) -> Iterator[CheckMessage]:
    queue: dict[str, Any] = settings.Q_CLUSTER
    workers = queue["workers"]
    if workers < 1:
        yield Error("STUDIO_WORKERS must be at least 1.", id="atelier.E009")
        return
    least = queue["timeout"] * (1 + queue["queue_limit"] / workers)
    if queue["retry"] <= least:
        yield Error(
            f"Q_CLUSTER: retry ({queue['retry']}) must exceed timeout × (1 + queue_limit / workers) = {least:g}, "
            "or tasks that wait for a worker are started twice.",
            hint="More workers (STUDIO_WORKERS), or a larger retry.",
            id="atelier.E006",
        )


@checked()
def data_can_be_kept(**options: Any) -> Iterator[CheckMessage]:
    folder = Path(settings.DATA_DIR)
    nearest = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        yield Error(
            f"DATA_DIR ({folder}) can't be written to.",
            hint="Everything the studio keeps is there. Choose a folder of this account, or change its owner.",
            id="atelier.E007",
        )


@checked(Tags.security)
def secret_is_secret(**options: Any) -> Iterator[CheckMessage]:
    secret = settings.SECRET_KEY
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < 5 or secret.startswith("django-insecure-"):
        yield Error(
            "SECRET_KEY is too easy to guess.",
            hint=f"Unset it (one is made and kept in DATA_DIR), or set {SHORTEST_SECRET} random characters or more.",
            id="atelier.E008",
        )


@checked()
def ports_are_ports(**options: Any) -> Iterator[CheckMessage]:
    for name, port in (("PORT", settings.PORT), ("SANDBOX_PORT", settings.SANDBOX_PORT)):
        if not 1 <= port <= 65535:
            yield Error(f"{name} must lie between 1 and 65535, not {port}.", id="atelier.E010")
    if settings.PORT == settings.SANDBOX_PORT:
        yield Error("PORT and SANDBOX_PORT must differ.", id="atelier.E010")


@checked()
def sandbox_url_makes_sense(**options: Any) -> Iterator[CheckMessage]:
    if not settings.SANDBOX_URL:
        return
    try:
        address = urlsplit(settings.SANDBOX_URL)
        bad = address.scheme not in ("http", "https") or not address.hostname or address.port == 0
    except ValueError:
        bad = True
    if bad:
        yield Error(
            "SANDBOX_URL is no web address.",
            hint="Unset it, set it to “off”, or to something like http://127.0.0.1:8001",
            id="atelier.E011",
        )


@checked(Tags.database)
def something_makes_pictures(**options: Any) -> Iterator[CheckMessage]:
    """Asks the database, so it runs where Django allows that: `migrate`, the start, `check --database default`."""
    if settings.SANDBOX_URL or not options.get("databases"):
        return
    accounts = apps.get_model("jobs", "ProviderAccount")
    connection = connections["default"]
    try:
        if accounts._meta.db_table not in connection.introspection.table_names():
            return
        if accounts.objects.filter(enabled=True).exists():
            return
    except DatabaseError:
        return
    yield Warning(
        "The sandbox is off and no service has an account: nothing can be created.",
        hint="Add an account in the administration, or unset SANDBOX_URL.",
        id="atelier.W001",
    )

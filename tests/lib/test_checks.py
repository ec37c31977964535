"""Every misconfiguration has an id of its own, and a sound installation has none."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks

from studio import env
from studio.lib import checks


def ids(look, **options) -> list[str]:
    return [message.id for message in look(**options)]


def test_a_sound_installation_is_not_complained_of():
    assert [message for message in run_checks() if (message.id or "").startswith("atelier.")] == []


def test_unreadable_variables_are_named_and_their_values_are_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(env, "UNREADABLE", [])
    monkeypatch.setenv("SOME_PORT", "sk-secret")
    monkeypatch.setattr(env, "VARIABLES", {})
    assert env.integer("SOME_PORT", 5, "A port.") == 5
    messages = list(checks.readable_variables())
    assert [message.id for message in messages] == ["atelier.E001"]
    assert "SOME_PORT" in messages[0].msg and "sk-secret" not in messages[0].msg


@pytest.mark.parametrize(
    ("debug", "host", "expected"),
    [
        (True, "0.0.0.0", ["atelier.E002"]),
        (True, "127.0.0.1", []),
        (True, "::1", []),
        (False, "0.0.0.0", []),
    ],
)
def test_debug_pages_are_for_this_machine(settings, debug: bool, host: str, expected: list[str]):
    settings.DEBUG, settings.HOST = debug, host
    assert ids(checks.debug_stays_at_home) == expected


@pytest.mark.parametrize(
    ("url", "allowed", "expected"),
    [
        ("", ["localhost"], []),
        ("https://studio.example.com", ["studio.example.com"], []),
        ("https://studio.example.com:8443", [".example.com"], []),
        ("https://studio.example.com", ["*"], []),
        ("https://studio.example.com", ["localhost"], ["atelier.E003"]),
        ("https://studio.example.com/atelier", ["studio.example.com"], ["atelier.E004"]),
        ("https://studio.example.com?x=1", ["studio.example.com"], ["atelier.E004"]),
        ("https://me:secret@studio.example.com", ["studio.example.com"], ["atelier.E004"]),
        ("ftp://studio.example.com", ["studio.example.com"], ["atelier.E004"]),
        ("studio.example.com", ["studio.example.com"], ["atelier.E004"]),
        ("https://[::1", ["localhost"], ["atelier.E004"]),
        ("https://studio.example.com:port", ["studio.example.com"], ["atelier.E004"]),
    ],
)
def test_the_public_address(settings, url: str, allowed: list[str], expected: list[str]):
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = url, allowed
    assert ids(checks.public_url_makes_sense) == expected


def test_the_public_address_is_suggested_without_its_password(settings):
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://me:secret@studio.example.com/x", ["studio.example.com"]
    message = next(iter(checks.public_url_makes_sense()))
    assert message.hint == "Set it to https://studio.example.com"


def test_keys_that_are_no_keys(settings):
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode(), "too-short", "ü" * 44]
    messages = list(checks.credential_keys_work())
    assert [message.id for message in messages] == ["atelier.E005"] * 2
    assert "too-short" not in str(messages)


@pytest.mark.parametrize(
    ("workers", "retry", "expected"),
    [(2, 241, []), (2, 240, ["atelier.E006"]), (1, 241, ["atelier.E006"]), (0, 900, ["atelier.E009"])],
)
def test_tasks_are_not_started_twice(settings, workers: int, retry: int, expected: list[str]):
    settings.Q_CLUSTER = {"workers": workers, "retry": retry, "timeout": 120, "queue_limit": 2}
    assert ids(checks.tasks_run_once) == expected


def test_a_data_folder_that_is_a_file(settings, tmp_path: Path):
    settings.DATA_DIR = tmp_path / "file"
    settings.DATA_DIR.touch()
    assert ids(checks.data_can_be_kept) == ["atelier.E007"]


def test_a_data_folder_that_may_not_be_written(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings.DATA_DIR = tmp_path
    assert ids(checks.data_can_be_kept) == []
    # the tests may run as root, who may write everywhere
    monkeypatch.setattr(checks.os, "access", lambda path, mode: False)
    assert ids(checks.data_can_be_kept) == ["atelier.E007"]


@pytest.mark.parametrize("secret", ["short", "x" * 60, "django-insecure-jt8$w2k9qmz7e4r1p0o5u6i3a"])
def test_a_secret_that_is_none(settings, secret: str):
    settings.SECRET_KEY = secret
    assert ids(checks.secret_is_secret) == ["atelier.E008"]


@pytest.mark.parametrize(
    ("port", "sandbox_port", "expected"),
    [(8000, 8001, []), (8000, 8000, ["atelier.E010"]), (-1, 8001, ["atelier.E010"]), (65535, 65536, ["atelier.E010"])],
)
def test_ports(settings, port: int, sandbox_port: int, expected: list[str]):
    settings.PORT, settings.SANDBOX_PORT = port, sandbox_port
    assert ids(checks.ports_are_ports) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", []),
        ("http://127.0.0.1:8001", []),
        ("127.0.0.1:8001", ["atelier.E011"]),
        ("http://127.0.0.1:99999", ["atelier.E011"]),
    ],
)
def test_the_sandbox_address(settings, url: str, expected: list[str]):
    settings.SANDBOX_URL = url
    assert ids(checks.sandbox_url_makes_sense) == expected


@pytest.mark.django_db
def test_nothing_that_makes_pictures(settings):
    from studio.jobs.models import ProviderAccount

    settings.SANDBOX_URL = ""
    assert ids(checks.something_makes_pictures, databases=["default"]) == ["atelier.W001"]
    assert ids(checks.something_makes_pictures, databases=None) == []
    ProviderAccount.objects.create(provider="youchuan", label="Ours")
    assert ids(checks.something_makes_pictures, databases=["default"]) == []


def test_a_start_without_tables_is_no_trouble(settings, monkeypatch: pytest.MonkeyPatch):
    settings.SANDBOX_URL = ""
    empty = SimpleNamespace(introspection=SimpleNamespace(table_names=list))
    monkeypatch.setattr(checks, "connections", {"default": empty})
    assert ids(checks.something_makes_pictures, databases=["default"]) == []

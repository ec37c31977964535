from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from studio.lib import startup

ROOT = Path(__file__).resolve().parents[2]


def test_a_port_in_use_is_said_plainly():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(startup.StartRefusedError, match=rf"Port {port} on 127.0.0.1 is in use already"):
            startup.demand_port("127.0.0.1", port, "PORT")
    startup.demand_port("127.0.0.1", port, "PORT")


def test_two_studios_on_one_folder(tmp_path: Path):
    with startup.sole_use(tmp_path / "run"):
        code = (
            "from pathlib import Path; from studio.lib import startup\n"
            f"try:\n with startup.sole_use(Path({str(tmp_path / 'run')!r})): pass\n"
            "except startup.StartRefusedError as refusal: print(refusal)"
        )
        second = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
        assert second.stdout.startswith(f"A studio already runs on {tmp_path} (process "), second.stderr
    with startup.sole_use(tmp_path / "run"):
        pass


def test_static_files_are_collected_only_when_they_changed(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    collected: list[str] = []
    monkeypatch.setattr(startup, "call_command", lambda name, **options: collected.append(name))
    source = tmp_path / "source"
    source.mkdir()
    (source / "page.css").write_text("a {}")
    settings.DATA_DIR = tmp_path
    settings.STATICFILES_DIRS = [source]
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    (tmp_path / "run").mkdir()

    startup.collect_static()
    startup.collect_static()
    assert collected == ["collectstatic"]
    (source / "page.css").write_text("a { color: red }")
    startup.collect_static()
    assert len(collected) == 2


@pytest.mark.parametrize(
    ("url", "runs"),
    [
        ("http://127.0.0.1:8001", True),
        ("http://localhost:8001", True),
        ("http://127.0.0.1:9999", False),
        ("https://sandbox.example.com", False),
        ("", False),
    ],
)
def test_the_sandbox_runs_where_it_is_used(settings, url: str, runs: bool):
    settings.SANDBOX_URL, settings.SANDBOX_PORT = url, 8001
    assert startup.runs_sandbox() is runs
    assert ("sandbox" in [child.name for child in startup.children()]) is runs


def test_the_web_server_stops_first_and_the_sandbox_last(settings):
    settings.SANDBOX_URL, settings.SANDBOX_PORT = "http://127.0.0.1:8001", 8001
    order = sorted(startup.children(), key=lambda child: child.rank)
    assert [child.name for child in order] == ["web", "clock", "workers", "sandbox"]


def test_the_latency_is_handed_on(settings):
    settings.SANDBOX_URL, settings.SANDBOX_PORT, settings.SANDBOX_LATENCY = "http://127.0.0.1:8001", 8001, "0.5"
    sandbox = next(child for child in startup.children() if child.name == "sandbox")
    assert list(sandbox.command)[-2:] == ["--latency", "0.5"]


def test_children_are_quiet_unless_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LOG_LEVEL", raising=False)
    assert startup.child_environment()["LOG_LEVEL"] == "WARNING"
    monkeypatch.setenv("LOG_LEVEL", "debug")
    assert startup.child_environment()["LOG_LEVEL"] == "DEBUG"


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:80"), ("0.0.0.0", "http://127.0.0.1:80"), ("::1", "http://[::1]:80")],
)
def test_the_printed_address(settings, host: str, url: str):
    settings.HOST, settings.PORT = host, 80
    assert startup.base_url() == url

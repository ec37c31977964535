"""The children that decode: what happens when one misbehaves, and that none is wasted."""

from __future__ import annotations

import asyncio
import os
import select
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studio.media import decoder, services
from studio.media.problems import MediaProblem
from tests.media.pictures import encode, photo, png_bomb

ANSWER = """
import json, os, sys
while head := sys.stdin.buffer.read(4):
    sys.stdin.buffer.read(int.from_bytes(head, "big"))
    body = json.dumps({"ok": %s, "pid": os.getpid(), "env": dict(os.environ)}).encode()
    sys.stdout.buffer.write(len(body).to_bytes(4, "big") + body)
    sys.stdout.buffer.flush()
"""
HANG = "import sys; sys.stdin.buffer.read()"
CRASH = "import os; os.read(0, 4); os.kill(os.getpid(), 11)"
GARBAGE = "import sys, os; os.read(0, 4); sys.stdout.buffer.write(b'<html>not an answer</html>')"
NOT_JSON = "import sys, os; os.read(0, 4); sys.stdout.buffer.write(bytes([0, 0, 0, 3]) + b'no!')"


@pytest.fixture
def make_pool():
    made = []

    def make(script: str | None = None, *, size: int = 1, memory: int = 1 << 31) -> decoder.Pool:
        command = [sys.executable, "-c", script] if script else None
        made.append(decoder.Pool(size, memory, command))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def request_for(tmp_path: Path):
    def build(data: bytes, **changes) -> dict:
        source = tmp_path / "source"
        source.write_bytes(data)
        return {
            "source": str(source),
            "output": str(tmp_path),
            "mode": "result",
            "formats": services.FORMATS["image"],
            "max_bytes": 1 << 30,
            "max_pixels": 100_000_000,
            "max_frames": 10,
            "renditions": services.RENDITIONS,
            "quality": 80,
            **changes,
        }

    return build


@pytest.mark.parametrize("script", [CRASH, GARBAGE, NOT_JSON])
def test_a_child_that_dies_or_talks_nonsense_is_reported_and_replaced(make_pool, script):
    pool = make_pool(script)
    for _ in range(2):
        with pytest.raises(decoder.DecoderFailed) as caught:
            pool.run({})
        assert caught.value.code == "crashed"
    assert not pool._all


def test_a_child_that_takes_too_long_is_killed(make_pool):
    pool = make_pool(HANG)
    children = []
    pool._give_back = lambda child, healthy, real=pool._give_back: (children.append(child), real(child, healthy))
    with pytest.raises(decoder.DecoderFailed) as caught:
        pool.run({}, seconds=0.05)
    assert caught.value.code == "timeout"
    assert children[0].process.returncode == -9


def test_a_picture_that_needs_too_much_memory_ends_in_a_sentence(make_pool, request_for, monkeypatch, settings):
    pool = make_pool(memory=320 * 1024 * 1024)
    assert pool.run(request_for(encode(photo(), "PNG")))["ok"] is True
    bomb = png_bomb(9000, 9000)
    assert pool.run(request_for(bomb))["code"] == "too_complex"
    assert not pool._idle, "a child that ran out of memory is not used again"

    monkeypatch.setattr(decoder, "pool", lambda: pool)
    settings.MAX_PIXELS = 100_000_000
    with pytest.raises(MediaProblem, match="needs too much memory"):
        services.prepare(bomb, mode="result")


def test_a_child_is_used_again(make_pool):
    pool = make_pool(ANSWER % "True")
    assert len({pool.run({})["pid"] for _ in range(5)}) == 1


def test_a_child_is_replaced_after_many_jobs(make_pool, monkeypatch):
    monkeypatch.setattr(decoder, "JOBS_PER_CHILD", 2)
    pool = make_pool(ANSWER % "True")
    pids = [pool.run({})["pid"] for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]
    assert not alive(pids[0])


def test_a_child_is_replaced_after_any_error(make_pool):
    pool = make_pool(ANSWER % "False")
    first, second = pool.run({})["pid"], pool.run({})["pid"]
    assert first != second
    assert not alive(first)


def test_a_waiting_child_that_was_ended_from_outside_costs_nothing(make_pool):
    pool = make_pool(ANSWER % "True")
    first = pool.run({})["pid"]
    pool._idle[0].process.kill()
    pool._idle[0].process.wait()
    assert pool.run({})["pid"] != first


def test_no_more_children_than_allowed(make_pool):
    pool = make_pool(ANSWER % "True", size=2)
    with ThreadPoolExecutor(8) as threads:
        pids = {answer["pid"] for answer in threads.map(pool.run, [{}] * 40)}
    assert 1 <= len(pids) <= 2
    assert len(pool._idle) == len(pool._all) <= 2


def test_a_child_knows_none_of_our_secrets(make_pool, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hush")
    env = make_pool(ANSWER % "True").run({})["env"]
    assert env.pop("LANG") == "C.UTF-8"
    assert not set(env) - {"LC_CTYPE"}


def test_the_child_imports_only_pillow():
    code = decoder._BOOT.replace("main(int(sys.argv[2]))", "import studio.media.picture; print(*sys.modules)")
    command = [sys.executable, "-I", "-c", code, str(decoder._ROOT)]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "PIL.Image" in loaded
    assert not [name for name in loaded if name.partition(".")[0] in ("django", "numpy", "httpx", "providers")]
    ours = {name for name in loaded if name.startswith("studio.")}
    assert ours == {
        "studio.media",
        "studio.media.decoder_process",
        "studio.media.containers",
        "studio.media.picture",
    }


def test_the_child_limits_itself(make_pool):
    pool = make_pool(memory=1 << 30)
    assert pool.run({})["code"] == "decoder_failed"  # a request it cannot understand
    child = decoder._Child(pool.command)
    try:
        child.ask({"seconds": 5}, 30)
        limits = Path(f"/proc/{child.process.pid}/limits")
        if limits.exists():
            words = {line[:26].strip(): line[26:].split() for line in limits.read_text().splitlines()}
            assert words["Max address space"][0] == str(1 << 30)
            assert words["Max core file size"][0] == "0"
            assert int(words["Max cpu time"][0]) <= 10
            assert words["Max file size"][0].isdigit()
    finally:
        child.discard()


def test_closing_ends_the_children(make_pool):
    pool = make_pool(ANSWER % "True")
    pid = pool.run({})["pid"]
    pool.close()
    assert not alive(pid)


def test_a_child_ends_when_its_parent_does(make_pool):
    """The parent vanishes without any clean-up: the child's input closes, and it leaves."""
    child = decoder._Child(make_pool().command)
    gone = os.pidfd_open(child.process.pid)
    child.process.stdin.close()
    watch = select.poll()
    watch.register(gone, select.POLLIN)
    assert watch.poll(30_000)
    os.close(gone)
    child.discard()
    assert child.process.returncode == 0


def test_a_forked_process_makes_its_own_pool(png):
    services.prepare(png, mode="result")
    ours = decoder.pool()
    pids = {child.process.pid for child in ours._all}
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            assert decoder._pool is None
            assert all(child.process.stdin.closed for child in ours._all)
            services.prepare(png, mode="upload")
            assert decoder.pool() is not ours
            assert not pids & {child.process.pid for child in decoder.pool()._all}
            os.write(write, b"fine")
        except BaseException as error:
            os.write(write, repr(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        assert pipe.read() == b"fine"
    os.waitpid(pid, 0)
    services.prepare(png, mode="result")
    assert {child.process.pid for child in ours._all} == pids, "the parent's children were left alone"


class WatchedTicket(decoder.Ticket):
    attached = threading.Event()

    def attach(self, child):
        super().attach(child)
        if child is not None:
            self.attached.set()


@pytest.fixture
def watched(monkeypatch):
    monkeypatch.setattr(WatchedTicket, "attached", threading.Event())
    monkeypatch.setattr(decoder, "Ticket", WatchedTicket)
    return WatchedTicket


def test_many_at_once_without_blocking_the_loop(png):
    async def run() -> list[services.Prepared]:
        return await asyncio.gather(*(services.aprepare(png, mode="result") for _ in range(6)))

    assert len({prepared.sha256 for prepared in asyncio.run(run())}) == 1


def test_canceling_stops_the_decoding(make_pool, watched, monkeypatch, png, files):
    pool = make_pool(HANG)
    monkeypatch.setattr(decoder, "pool", lambda: pool)

    async def run() -> None:
        task = asyncio.create_task(services.aprepare(png, mode="result"))
        await asyncio.to_thread(watched.attached.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    pool.threads.shutdown(wait=True)
    assert not pool._all
    assert files() == set()


def test_a_canceled_ticket_starts_nothing(make_pool):
    ticket = decoder.Ticket()
    ticket.cancel()
    with pytest.raises(decoder.DecoderFailed) as caught:
        make_pool(HANG).run({}, ticket=ticket)
    assert caught.value.code == "canceled"

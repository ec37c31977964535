"""Bad luck with the real stack: workers killed while they work, forms posted a hundred times."""

from __future__ import annotations

import json
import os
import re
import signal
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest

from tests.browser.stack import Stack

PATIENCE = 150


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(
        tmp_path_factory.mktemp("killed"),
        SANDBOX_LATENCY="1",
        STUDIO_LEASE_SECONDS="3",
        STUDIO_SUBMIT_UNKNOWN_SECONDS="5",
    )
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.base_url, follow_redirects=True, timeout=60, trust_env=False) as client:
        page = client.get(stack.welcome_link)
        assert page.status_code == 200
        token = re.search(r'csrf\w*"?[:=]\s*"?\W*([A-Za-z0-9]{64})', page.text)
        client.headers["X-CSRFToken"] = token[1] if token else client.cookies["csrftoken"]
        client.headers["HX-Request"] = "true"
        client.headers["Referer"] = stack.base_url
        yield client


def post(client: httpx.Client, key: str) -> int:
    data = {
        "model": "youchuan:v7",
        "prompt": "a cat on a windowsill",
        "request_key": key,
        "ratio": "1:1",
        "speed": "draft",
    }
    return client.post("/t/studio/create/submit/", data=data).status_code


def stats(stack: Stack) -> dict:
    with urllib.request.urlopen(f"{stack.sandbox_url}/_sandbox/stats", timeout=10) as reply:
        return json.load(reply)


def worker_processes(stack: Stack) -> list[psutil.Process]:
    assert stack.process is not None
    found = psutil.Process(stack.process.pid).children(recursive=True)
    return [one for one in found if "qcluster" in command_of(one)]


def command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it has gone meanwhile
        return ""


def states(stack: Stack) -> dict[str, int]:
    return dict(stack.rows("select state, count(*) from jobs_job group by state"))


def wait_for_ends(stack: Stack) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if not set(states(stack)) - {"succeeded", "failed", "canceled"}:
            return
        time.sleep(0.2)
    raise AssertionError(f"jobs did not end: {states(stack)}\n{stack.log.read_text()[-3000:]}")


def test_one_form_posted_a_hundred_times(stack: Stack, client: httpx.Client) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _n: post(client, "the-same-form-again"), range(100)))
    assert set(answers) == {200}
    assert stack.rows("select count(*) from jobs_job") == [(1,)]
    assert stack.rows("select count(*) from billing_transfer where kind = 'hold'") == [(1,)]
    wait_for_ends(stack)
    assert stats(stack)["jobs_created"] == 1
    assert "clean" in stack.manage("audit")


def test_workers_killed_while_they_work(stack: Stack, client: httpx.Client) -> None:
    created = stats(stack)["jobs_created"]
    asked = 24
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda n: post(client, f"kill-test-{n:04d}"), range(asked))) == {200}
    deadline = time.monotonic() + PATIENCE
    kills = 0
    while kills < 3 and time.monotonic() < deadline:
        if stats(stack)["jobs_created"] > created + kills * 4:
            for process in worker_processes(stack):
                with_pid = process.pid
                try:
                    os.kill(with_pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            kills += 1
        time.sleep(0.3)
        if not set(states(stack)) - {"succeeded", "failed", "canceled"}:
            break
    assert kills
    wait_for_ends(stack)
    ended = states(stack)
    assert sum(ended.values()) == asked + 1
    # never two submits: what the service counted is at most what was asked
    assert stats(stack)["jobs_created"] <= created + asked
    assert stack.rows("select count(*) from jobs_job group by remote_id having remote_id != '' and count(*) > 1") == []
    assert "clean" in stack.manage("audit")

"""What `make bench` runs: each figure from this one run. `python -m benchmarks.run [name …]`."""

from __future__ import annotations

import itertools
import json
import sys
import time
import urllib.request
from collections.abc import Callable

from benchmarks.common import (
    cpu_seconds,
    flat_sandbox,
    free_port,
    install,
    memory_mb,
    percentile,
    running,
    script,
    stub_service,
    wait_for,
)
from benchmarks.drawing import drawing
from benchmarks.rooms import rooms


def _through_workers(count: int, *, takes: float, picture: str) -> dict[str, float]:
    """Asks for `count` jobs, then starts two background workers and waits for the last job."""
    with stub_service(takes, picture) as url, install(url, STUDIO_WORKERS="2") as env:
        script(env, "benchmarks.jobs", "ask", str(count))
        with running(env, "manage.py", "qcluster"), running(env, "manage.py", "clock"):
            return dict(json.loads(script(env, "benchmarks.jobs", "wait")))


def engine() -> None:
    print("engine: from the first submit to the last result kept, two workers")
    for label, count, takes, picture in (
        ("1,000 jobs, instant service, tiny pictures", 1000, 0.0, "tiny"),
        ("100 jobs, instant service, four 1024² PNGs each, all renditions", 100, 0.0, "real"),
        ("20 jobs, service takes 2 s, tiny pictures", 20, 2.0, "tiny"),
        ("20 jobs, service takes 2 s, four 1024² PNGs each", 20, 2.0, "real"),
    ):
        told = _through_workers(count, takes=takes, picture=picture)
        assert told["succeeded"] == count and not told["findings"], told
        print(f"  {label}: {told['seconds']:.1f} s, {count / told['seconds']:.1f} jobs/s, ledger clean")


def in_flight(jobs: int = 1000, interval: float = 10.0, seconds: float = 62.0) -> None:
    print(
        f"in flight: {jobs:,} running jobs looked at every {interval:g} s, for {seconds:g} s, one window of one worker"
    )
    with stub_service(1e9) as url, install(url) as env:
        script(env, "benchmarks.jobs", "adopt", str(jobs), str(interval))
        with running(env, "-m", "benchmarks.jobs", "window", str(seconds), str(interval)) as worker:
            time.sleep(12)
            cpu, began = cpu_seconds(worker), time.monotonic()
            time.sleep(seconds - 15)
            used = (cpu_seconds(worker) - cpu) / (time.monotonic() - began)
            memory, processes = memory_mb(worker), 1 + len(worker.children(recursive=True))
            with urllib.request.urlopen(f"{url}/_polls") as reply:
                polls: dict[str, list[float]] = json.load(reply)
    late = [b - a - interval for times in polls.values() for a, b in itertools.pairwise(times)]
    print(
        f"  {sum(map(len, polls.values())):,} looks at {len(polls):,} jobs; later than due: "
        f"p50 {percentile(late, 0.5):.2f} s, p99 {percentile(late, 0.99):.2f} s; "
        f"{used:.0%} of a core, {memory:.0f} MB, {processes} process(es)"
    )


def pages() -> None:
    print("pages: the Create page, in the server process, milliseconds")
    told = []
    for assets in (1_000, 100_000):
        with install("http://127.0.0.1:9") as env:
            row = json.loads(script(env, "benchmarks.pages", str(assets)))
        told.append(row)
        print(
            f"  {assets:>7,} assets: first page p50 {row['first_p50']:.1f} p99 {row['first_p99']:.1f}; "
            f"far down p50 {row['deep_p50']:.1f} p99 {row['deep_p99']:.1f}; {row['queries']} queries"
        )
    print(
        f"  100,000 against 1,000: first page {told[1]['first_p50'] / told[0]['first_p50']:.2f}×, "
        f"far down {told[1]['deep_p50'] / told[0]['deep_p50']:.2f}×"
    )


def mixed(jobs: int = 1000) -> None:
    print(f"mixed: {jobs:,} jobs of every service and operation in flight at once, flat sandbox, one worker")
    port = free_port()
    with flat_sandbox(latency=60) as url, install(url, PORT=str(port)) as env:
        script(env, "benchmarks.mixed", "ask", str(jobs))
        # services download what they start from
        with running(env, "-m", "granian", "--interface", "asginl", "--port", str(port), "studio.asgi:application"):
            wait_for(f"http://127.0.0.1:{port}/sign-in/")
            told = json.loads(script(env, "benchmarks.mixed", "work"))
    assert told["succeeded"] == jobs and not told["findings"], told
    services = ", ".join(f"{name} {count}" for name, count in told["jobs"].items())
    print(
        f"  {services}; at most {told['most_in_flight']:,} at the services at once; all {jobs:,} succeeded in "
        f"{told['seconds']:.0f} s ({told['cpu']:.0f} s of a core in the worker), ledger clean"
    )


SCENARIOS: dict[str, Callable[[], None]] = {
    "engine": engine,
    "in-flight": in_flight,
    "mixed": mixed,
    "pages": pages,
    "rooms": rooms,
    "drawing": drawing,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or SCENARIOS:
        SCENARIOS[name]()

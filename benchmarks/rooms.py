"""Gallery and History of a team with N assets, in the server process. `python -m benchmarks.rooms` compares 1,000
with 100,000; `python -m benchmarks.rooms N` measures one, inside an install."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from .common import install, percentile, script

ROUNDS = 25
SIZES = (1_000, 100_000)


def measure(assets: int, rounds: int = ROUNDS) -> dict[str, dict[str, float]]:
    from django.db import connection
    from django.test import Client

    from benchmarks.pages import fill  # sets Django up
    from studio.accounts.models import User
    from studio.gallery.services import star
    from studio.jobs.models import Job, Output

    membership = fill(assets)
    team, user = membership.team, membership.user
    # somebody who made little, long ago; a word that occurs once; a few stars
    rare = User.objects.create_user(email="rare@example.org", name="Rare", password=None)
    oldest = list(Job.objects.filter(team=team).order_by("pk").values_list("pk", flat=True)[:5])
    Job.objects.filter(pk__in=oldest).update(created_by=rare)
    Job.objects.filter(pk=oldest[2]).update(prompt="a heron")
    star(team, user, Output.objects.filter(job__in=oldest).values_list("pk", flat=True))
    Job.objects.filter(pk=oldest[0]).update(operation="upscale")

    base = f"/t/{team.slug}"
    middle = Output.objects.filter(team=team).order_by("pk").values_list("pk", flat=True)[assets // 2]
    pages = {
        "wall": f"{base}/gallery/",
        "wall, far down": f"{base}/gallery/?before={middle}",
        "wall, rare person": f"{base}/gallery/?person={rare.pk}",
        "wall, rare word": f"{base}/gallery/?q=heron",
        "wall, common word": f"{base}/gallery/?q=fox",
        "wall, stars": f"{base}/gallery/?starred=1",
        "wall, shape": f"{base}/gallery/?shape=square",
        "figures": f"{base}/gallery/figures/",
        "trash": f"{base}/gallery/trash/",
        "history": f"{base}/history/",
        "history, far down": f"{base}/history/?before={middle // 4}",
        "history, rare word": f"{base}/history/?q=heron",
        "history, rare state": f"{base}/history/?state=failed",
    }
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    queries: dict[str, int] = {}
    for name, url in pages.items():
        told: list[str] = []

        def count(execute: Any, sql: str, *rest: Any, told: list[str] = told) -> Any:
            told.append(sql)
            return execute(sql, *rest)

        assert client.get(url).status_code == 200, url
        with connection.execute_wrapper(count):
            client.get(url)
        queries[name] = len(told)
    took: dict[str, list[float]] = {name: [] for name in pages}
    for _round in range(rounds):
        for name, url in pages.items():
            start = time.perf_counter()
            client.get(url)
            took[name].append((time.perf_counter() - start) * 1000)
    return {
        name: {"p50": percentile(times, 0.5), "p99": percentile(times, 0.99), "queries": queries[name]}
        for name, times in took.items()
    }


def rooms() -> None:
    print("rooms: Gallery and History, in the server process, milliseconds")
    told = []
    for assets in SIZES:
        with install("http://127.0.0.1:9") as env:
            told.append(json.loads(script(env, "benchmarks.rooms", str(assets))))
    small, large = told
    print(f"  {'':<20} {SIZES[0]:>10,} assets {SIZES[1]:>14,} assets")
    for name, row in large.items():
        first = small[name]
        times = "   ".join(f"p50 {one['p50']:6.1f} p99 {one['p99']:6.1f}" for one in (first, row))
        print(f"  {name:<20} {times}   {row['p50'] / first['p50']:5.2f}×   {row['queries']} queries")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
    else:
        rooms()

"""What jobs leave behind, and how it is handed out: by its type, whole or in parts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from providers.sandbox.files import Files
from providers.sandbox.jobs import DONE, Job, JobStore, Runner, Slot
from providers.sandbox.net import Fetcher
from providers.sandbox.paint import Recipe
from providers.sandbox.painter import FlatPainter
from providers.sandbox.probing import probe
from providers.sandbox.render import Work
from providers.sandbox.settings import Settings

RECIPE = Recipe("a harbour", 1, 0, 64, 64).to_json()
FILM = {"width": 64, "height": 64, "seconds": 1, "fps": 24, "sound": "mono", "keep_last": "job-1_last.png"}
WORKS = [
    Work("paint", RECIPE),
    Work("clip", RECIPE, options=FILM),
    Work("speak", RECIPE, options={"text": "hello", "language": "en"}),
]


class Keeper:
    """Of a service that asks for nothing."""

    async def prepare(self, job: Job) -> None: ...
    def settle(self, job: Job) -> None: ...
    async def announce(self, job: Job) -> None: ...
    def reset(self) -> None: ...


def with_results(folder: Path, use: Callable[[httpx.AsyncClient, Job, Path], Awaitable[None]]) -> None:
    """``use`` gets a client for the files of a job that painted, filmed and spoke."""

    async def act() -> None:
        store = JobStore(folder)
        runner = Runner(Settings(latency=0, painter=FlatPainter(), workers=0), store, folder, cast(Fetcher, None))
        runner.keepers["house"] = Keeper()
        slots = [*map(Slot, WORKS), Slot(None, file="job-1_last.png")]
        job = Job("job-1", "house", "alice", "film", "", 1, time.time(), time.time(), slots)
        runner.submit(job)
        async with asyncio.timeout(60):
            while runner._tasks:
                await asyncio.gather(*runner._tasks.values())
        assert job.state == DONE, job.failure
        app = Starlette(routes=[Route("/files/{service}/{file}", Files(runner, store).get)])
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as client:
            await use(client, job, runner.files("house"))
        await runner.stop()
        store.close()

    asyncio.run(act())


def test_each_work_leaves_a_file_of_its_kind(tmp_path: Path) -> None:
    async def use(client: httpx.AsyncClient, job: Job, folder: Path) -> None:
        assert [slot.file for slot in job.slots] == ["job-1_1.png", "job-1_2.mp4", "job-1_3.wav", "job-1_last.png"]
        kinds = []
        for slot in job.slots:
            reply = await client.get(f"/files/house/{slot.file}")
            assert reply.content == (folder / slot.file).read_bytes()
            kinds.append((reply.headers["content-type"], probe(folder / slot.file).kind))
        assert kinds == [
            ("image/png", "image"),
            ("video/mp4", "video"),
            ("audio/wav", "audio"),
            ("image/png", "image"),
        ]
        assert job.slots[0].size == [64, 64]

    with_results(tmp_path, use)


@pytest.mark.parametrize("number", [2, 3])
def test_films_and_recordings_can_be_had_in_parts(tmp_path: Path, number: int) -> None:
    async def use(client: httpx.AsyncClient, job: Job, folder: Path) -> None:
        file = job.slots[number - 1].file
        whole = (folder / file).read_bytes()
        part = await client.get(f"/files/house/{file}", headers={"range": "bytes=100-299"})
        assert (part.status_code, part.content) == (206, whole[100:300])
        assert part.headers["content-range"] == f"bytes 100-299/{len(whole)}"
        beyond = await client.get(f"/files/house/{file}", headers={"range": f"bytes={len(whole)}-"})
        assert beyond.status_code == 416

    with_results(tmp_path, use)


def test_other_peoples_files_keep_their_types(tmp_path: Path) -> None:
    async def use(client: httpx.AsyncClient, job: Job, folder: Path) -> None:
        types: dict[str, Any] = {"mov": "video/quicktime", "mp3": "audio/mpeg", "jpeg": "image/jpeg", "xyz": None}
        for ending, kind in types.items():
            job.slots[0].file = f"job-1_1.{ending}"
            (folder / job.slots[0].file).write_bytes(b"anything")
            reply = await client.get(f"/files/house/{job.slots[0].file}")
            assert reply.headers["content-type"] == (kind or "application/octet-stream")

    with_results(tmp_path, use)

"""A service that does nothing but answer: Youchuan's wire format with canned pictures.

What is measured against it is the studio, not the painter. `python -m benchmarks.stub_service --port N
--takes SECONDS --picture tiny|real`. `GET /_polls` tells when each job was looked at.
"""

from __future__ import annotations

import argparse
import io
import itertools
import time
from collections import defaultdict
from typing import Any

import numpy as np
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def tiny_picture() -> bytes:
    return _png(np.full((16, 16, 3), (90, 120, 160), np.uint8))


def real_picture() -> bytes:
    """1024² with as much detail as a photograph: smooth shapes, edges and grain (a PNG of about 1.5 MB)."""
    rng = np.random.default_rng(7)
    coarse = Image.fromarray(rng.integers(0, 255, (24, 24, 3), np.uint8)).resize((1024, 1024), Image.Resampling.BICUBIC)
    grain = rng.normal(0, 2.0, (1024, 1024, 1))
    return _png(np.clip(np.asarray(coarse) + grain, 0, 255).astype(np.uint8))


def _png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


class Stub:
    def __init__(self, takes: float, picture: bytes, base: str) -> None:
        self.takes = takes
        self.picture = picture
        self.base = base
        self.numbers = itertools.count(1)
        self.started: dict[str, float] = {}
        self.polls: dict[str, list[float]] = defaultdict(list)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/tob/job/{id}", self.job),
                Route("/v1/tob/{operation}", self.submit, methods=["POST"]),
                Route("/files/{name}", self.file),
                Route("/_polls", self.told),
            ]
        )

    def _say(self, remote_id: str) -> dict[str, Any]:
        ready = time.time() >= self.started[remote_id] + self.takes
        return {
            "id": remote_id,
            "text": "",
            "urls": [f"{self.base}/files/{remote_id}_{n}.png" for n in range(4)] if ready else [],
            "status": 2 if ready else 1,
            "comment": "成功" if ready else "执行中",
            "cost": {
                "jobId": remote_id,
                "fastCost": 1,
                "relaxCost": 0,
                "feeCost": 60,
                "costAt": "2026-01-01T00:00:00Z",
            },
            "audits": ["", "", "", ""] if ready else [],
            "seed": 1,
        }

    async def submit(self, request: Request) -> JSONResponse:
        await request.body()
        remote_id = f"{next(self.numbers):024x}"
        self.started[remote_id] = time.time()
        return JSONResponse(self._say(remote_id))

    async def job(self, request: Request) -> JSONResponse:
        remote_id = request.path_params["id"]
        self.started.setdefault(remote_id, time.time())
        self.polls[remote_id].append(time.time())
        return JSONResponse(self._say(remote_id))

    async def file(self, request: Request) -> Response:
        return Response(self.picture, media_type="image/png")

    async def told(self, request: Request) -> JSONResponse:
        return JSONResponse(self.polls)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--takes", type=float, default=0.0)
    parser.add_argument("--picture", choices=["tiny", "real"], default="tiny")
    options = parser.parse_args()
    picture = tiny_picture() if options.picture == "tiny" else real_picture()
    stub = Stub(options.takes, picture, f"http://127.0.0.1:{options.port}")
    uvicorn.run(stub.app(), host="127.0.0.1", port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()

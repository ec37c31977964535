"""The sandbox as one Starlette app."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from .aliyun import Aliyun
from .faults import Faults, RuleError, SandboxMiddleware
from .files import Files
from .jobs import JobStore, Keeper, Runner
from .net import Fetcher
from .openai_images import OpenAIImages
from .quickrouter import QuickRouter
from .settings import Settings
from .talkingdata import TalkingData
from .youchuan import Youchuan

ABOUT = (
    "This is the Atelier sandbox: an emulator of image services for development and tests. "
    "Its pictures are drawn by a program, not by a model.\n"
)


class Service(Keeper, Protocol):
    """What the app mounts: `errors` are the replies that faults may name, `controls` routes that no service has."""

    name: str
    errors: dict[str, tuple[int, dict[str, Any]]]
    routes: list[Route]
    controls: list[Route]


def make_app(settings: Settings | None = None) -> Starlette:
    """Needs its lifespan to be run: that is when it opens its folder and takes up unfinished jobs."""
    settings = settings or Settings()
    folder = settings.data or Path(tempfile.mkdtemp(prefix="atelier-sandbox-"))
    store = JobStore(folder)
    fetcher = Fetcher(settings)
    runner = Runner(settings, store, folder / "files", fetcher)
    services: list[Service] = [
        Youchuan(settings, store, runner, fetcher),
        Aliyun(settings, store, runner, fetcher),
        OpenAIImages(settings, store, runner, fetcher),
        QuickRouter(settings, store, runner, fetcher),
        TalkingData(settings, store, runner, fetcher),
    ]
    faults = Faults(errors={name: shape for service in services for name, shape in service.errors.items()})
    control = Control(faults, store, runner, fetcher, [service.name for service in services])
    runner.keepers = {service.name: service for service in services}

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        runner.start()
        try:
            yield
        finally:
            await runner.stop()
            await fetcher.close()
            store.close()
            if settings.data is None:
                shutil.rmtree(folder, ignore_errors=True)

    return Starlette(
        routes=[
            Route("/", _about),
            Route("/files/{service}/{file}", Files(runner, store).get),
            *(route for service in services for route in service.routes),
            *control.routes,
            *(route for service in services for route in service.controls),
        ],
        middleware=[Middleware(SandboxMiddleware, faults=faults)],
        exception_handlers={HTTPException: _http_error, Exception: _crash},
        lifespan=lifespan,
    )


async def _about(request: Request) -> Response:
    return PlainTextResponse(ABOUT)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    reason = {404: "Not_Found", 405: "Not_Support"}.get(error.status_code, "Invalid_Argument")
    body = {"code": error.status_code, "message": error.detail, "reason": reason}
    return JSONResponse(body, error.status_code, headers=error.headers)


async def _crash(request: Request, error: Exception) -> Response:
    body = {"code": 500, "message": f"the sandbox itself failed: {error!r}", "reason": "Internal_Server_Error"}
    return JSONResponse(body, 500, headers={"X-Atelier-Sandbox": "1"})


class Control:
    """``/_sandbox/…``: for tests and demos; no service has these."""

    def __init__(self, faults: Faults, store: JobStore, runner: Runner, fetcher: Fetcher, services: list[str]) -> None:
        self._faults = faults
        self._store = store
        self._runner = runner
        self._fetcher = fetcher
        self._services = services
        self.routes = [
            Route("/_sandbox/health", self.health, methods=["GET"]),
            Route("/_sandbox/stats", self.stats, methods=["GET"]),
            Route("/_sandbox/faults", self.list_faults, methods=["GET"]),
            Route("/_sandbox/faults", self.add_faults, methods=["POST"]),
            Route("/_sandbox/faults", self.drop_faults, methods=["DELETE"]),
            Route("/_sandbox/reset", self.reset, methods=["POST"]),
        ]

    async def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok", "sandbox": True, "services": self._services})

    async def stats(self, request: Request) -> Response:
        """Requests by method and place (ids collapsed), and what became of the orders."""
        jobs = list(self._store)
        return JSONResponse(
            {
                "requests": dict(self._faults.requests),
                "jobs_created": len(jobs),
                "jobs_running": self._store.running(),
                "jobs_by_kind": {k: sum(job.kind == k for job in jobs) for k in sorted({job.kind for job in jobs})},
                "callbacks_delivered": self._fetcher.callbacks_delivered,
            }
        )

    async def list_faults(self, request: Request) -> Response:
        return JSONResponse({"rules": [vars(rule) for rule in self._faults.rules]})

    async def add_faults(self, request: Request) -> Response:
        try:
            self._faults.add(await request.json())
        except (ValueError, RuleError) as error:
            return JSONResponse({"code": 400, "message": str(error), "reason": "Invalid_Argument"}, 400)
        return JSONResponse({"rules": len(self._faults.rules)})

    async def drop_faults(self, request: Request) -> Response:
        self._faults.rules.clear()
        return JSONResponse({"rules": 0})

    async def reset(self, request: Request) -> Response:
        """As if it had just been started on an empty folder."""
        await self._runner.reset()
        self._faults.rules.clear()
        self._faults.requests.clear()
        self._fetcher.callbacks_delivered = 0
        return JSONResponse({"status": "ok"})

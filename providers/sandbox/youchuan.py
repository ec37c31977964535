"""Youchuan: all its endpoints as one service of the sandbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .jobs import Job, JobStore, Runner
from .net import Fetcher
from .prompts import PromptError
from .settings import Settings
from .youchuan_account import Account, PlantedCharges
from .youchuan_boards import Boards, BoardStore
from .youchuan_edits import Edits
from .youchuan_inputs import bring
from .youchuan_orders import BARRED, NAME, Handler, Orders
from .youchuan_pictures import Pictures
from .youchuan_video import Videos
from .youchuan_wire import COMMENTS, ERRORS, FREE_FAILURES, RefusedError, error_body, job_object


class Youchuan:
    """One instance a sandbox; `routes` and `controls` are what the app mounts, `errors` what faults may name."""

    name = NAME

    def __init__(self, settings: Settings, store: JobStore, runner: Runner, fetcher: Fetcher) -> None:
        self._runner = runner
        self._fetcher = fetcher
        self._board_store = BoardStore(store.db)
        self._planted = PlantedCharges(store.db)
        orders = Orders(settings, store, runner, self._board_store)
        account = Account(settings, store, orders, fetcher, self._planted)
        boards = Boards(self._board_store, fetcher)
        rooms = (Pictures(orders), Edits(orders), Videos(orders), account, boards)
        self.errors = {reason: error_body(reason) for reason in ERRORS}
        self.routes = [
            Route(f"/v1/tob/{path}", _endpoint(handler), methods=list(methods))
            for room in rooms
            for path, (handler, methods) in room.endpoints.items()
        ]
        self.controls = [*account.controls, *boards.controls]

    # what the runner asks of a service

    async def prepare(self, job: Job) -> None:
        await bring(job, self._runner.files(self.name), self._fetcher)

    def settle(self, job: Job) -> None:
        free = job.outcome.free
        if free is None:
            # what breaks in here is nobody's expense
            free = job.failure == "render" or COMMENTS.get(job.failure, job.failure) in FREE_FAILURES
        if job.failure and free:
            job.price = 0

    async def announce(self, job: Job) -> None:
        if job.callback:
            await self._fetcher.post_callback(job.callback, job_object(job, job.extra["base"]))

    def reset(self) -> None:
        self._board_store.clear()
        self._planted.clear()


def _endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            return JSONResponse(await handler(request, _owner(request)))
        except RefusedError as refusal:
            return refusal.response()
        except PromptError as error:
            return RefusedError("Invalid_Prompt_Parameter", str(error)).response()

    return respond


def _owner(request: Request) -> str:
    app = request.headers.get("x-youchuan-app", "").strip()
    secret = request.headers.get("x-youchuan-secret", "").strip()
    if not app or not secret or "invalid" in (app, secret):
        raise RefusedError("Invalid_App_Identifier")
    if app in BARRED and BARRED[app] != "Account_Fee_Not_Enough":
        raise RefusedError(BARRED[app])
    return app

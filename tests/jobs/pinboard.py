"""A service that keeps moodboards and answers what it is told to, and what tests do with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

from asgiref.sync import async_to_sync
from django.db import transaction
from django.utils import timezone

from providers.base import Board, Flow, Provider
from providers.errors import (
    ProviderError,
    ResultExpired,
)
from studio.accounts.models import Team
from studio.jobs import boards
from studio.jobs.boards import BoardInfo
from studio.jobs.models import ServiceBoard
from studio.jobs.steps import Tools

TOOLS = Tools(SimpleNamespace(pick=lambda service: None))


class Pinboard(Provider):
    """Keeps moodboards, and fails as told: one entry of `problems` a call."""

    slug = "pinboard"
    title = "Pinboard"
    base_url = "https://pinboard.example"
    models = ()
    credential_fields = ()
    board_limits = (500, 30)
    kept: ClassVar[dict[str, Board]] = {}
    made: ClassVar[int] = 0
    calls: ClassVar[list[str]] = []
    problems: ClassVar[list[ProviderError | Exception | None]] = []
    #: seconds that each call was given
    given: ClassVar[list[float]] = []
    #: called while a board is on its way
    meanwhile: ClassVar[list[Callable[[], Any]]] = []

    def submit(self, order: Any) -> Flow[Any]:
        raise NotImplementedError

    def fetch(self, remote_id: str, cursor: str = "") -> Flow[Any]:
        raise NotImplementedError

    def _answer(self, call: str) -> None:
        self.calls.append(call)
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if self.problems and (problem := self.problems.pop(0)):
            raise problem

    def create_board(self, board: Board) -> Flow[str]:
        yield from ()
        self._answer("create")
        type(self).made += 1
        remote_id = f"m-{self.made}"
        self.kept[remote_id] = board
        return remote_id

    def update_board(self, remote_id: str, board: Board) -> Flow[str]:
        yield from ()
        self._answer("update")
        if remote_id not in self.kept:
            raise ResultExpired
        self.kept[remote_id] = board
        return remote_id

    def list_boards(self) -> Flow[frozenset[str]]:
        yield from ()
        self._answer("list")
        return frozenset(self.kept)


async def drive(flow: Any, client: Any, *, max_seconds: float, **_options: Any) -> Any:
    """A flow that asks nothing of the network. Its calls leave the loop as real ones do."""
    Pinboard.given.append(max_seconds)

    def finish() -> Any:
        try:
            next(flow)
        except StopIteration as end:
            return end.value
        raise AssertionError("it wanted the network")

    return await asyncio.get_running_loop().run_in_executor(None, finish)


def want(team: Team, *infos: BoardInfo) -> None:
    with transaction.atomic():
        boards.want(team, "pinboard", None, infos)


def change(team: Team, info: BoardInfo) -> None:
    with transaction.atomic():
        boards.changed(team, info)


def send() -> int:
    """One round of the background: sends what is due. How many that were."""
    claimed = boards.claim()
    for pk in claimed:
        async_to_sync(boards.work)(TOOLS, pk)
    return len(claimed)


def make_due() -> None:
    ServiceBoard.objects.filter(due_at__isnull=False).update(due_at=timezone.now())


def ids(team: Team, *wanted: int) -> tuple[str, ...]:
    return boards.remote_ids(team, "pinboard", None, wanted or (7,))

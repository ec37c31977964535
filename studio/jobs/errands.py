"""What the engine's window does beside jobs: a few small kinds of background work, each with a table of its own."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from studio.media import conversions

from . import bills, boards, chat, imports, library
from .steps import Tools


@dataclass(frozen=True, slots=True)
class Errand:
    """A kind of work: `claim()` gives ids that are then the caller's, `work()` does one of them.

    `work()` writes what came of it to its row, and whatever breaks in it is no other errand's matter.
    """

    name: str
    waiting: Callable[[], bool]
    claim: Callable[[int], list[int]]
    work: Callable[[Tools, int], Coroutine[Any, Any, None]]
    at_once: int = 8


async def _import(tools: Tools, pk: int) -> None:
    await imports.fetch(pk)


async def _convert(tools: Tools, pk: int) -> None:
    await conversions.work(pk)


ERRANDS: tuple[Errand, ...] = (
    Errand("import", imports.waiting, imports.claim, _import),
    Errand("moodboard", boards.waiting, boards.claim, boards.work),
    Errand("library file", library.waiting, library.claim, library.work),
    Errand("reply", chat.waiting, chat.claim, chat.work, at_once=chat.AT_ONCE),
    Errand("conversion", conversions.waiting, conversions.claim, _convert, at_once=conversions.AT_ONCE),
    Errand("bill", bills.waiting, bills.claim, bills.work, at_once=2),
)


def waiting() -> bool:
    """Whether any of it waits for a worker. An index look-up each."""
    return any(errand.waiting() for errand in ERRANDS)

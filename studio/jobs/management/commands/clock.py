"""Wakes the engine whenever something waits: the safety net for wake-ups that were lost. Also asks for the
services' bills once a day, and empties the trash and the chat models' answers of what is old."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections

from studio.jobs import bills, chat, trash
from studio.jobs.apps import seed_declared_prices
from studio.jobs.engine import anything_to_do
from studio.jobs.wakeup import wake

logger = logging.getLogger(__name__)

#: seconds between two looks whether a bill is to be read, and until one that could not be read is tried again
BILLS_EVERY = 3600.0
#: seconds between two clearings of what has lain in the trash for long enough
PURGE_EVERY = 3600.0


@dataclass
class Chore:
    name: str
    every: float
    do: Callable[[], object]
    #: by the monotonic clock
    next: float = 0.0


def _chores() -> list[Chore]:
    return [
        Chore("bills", BILLS_EVERY, bills.ask_daily),
        Chore("trash", PURGE_EVERY, trash.purge_old),
        Chore("replies", PURGE_EVERY, chat.clean_old),
    ]


@dataclass
class Clock:
    chores: list[Chore] = field(default_factory=_chores)

    def tick(self) -> None:
        """One look. Waking comes first, and whatever breaks stops neither it nor the other chores."""
        _attempt("waking", _wake_if_needed)
        for chore in self.chores:
            if time.monotonic() >= chore.next:
                # moved before it runs: one that always breaks is not tried every second
                chore.next = time.monotonic() + chore.every
                _attempt(chore.name, chore.do)


def _wake_if_needed() -> None:
    if anything_to_do():
        wake()


def _attempt(name: str, do: Callable[[], object]) -> None:
    try:
        do()
    except OperationalError as error:
        logger.warning("clock: %s: %s", name, error)
        close_old_connections()
    except Exception:
        logger.exception("clock: %s", name)
        close_old_connections()


class Command(BaseCommand):
    help = "Looks every second whether the engine has to be woken. Started by `manage.py studio`."

    def handle(self, *args: Any, **options: Any) -> None:
        # prices of operations that came with new code but without a migration
        seed_declared_prices()
        clock = Clock()
        while True:
            clock.tick()
            time.sleep(1)

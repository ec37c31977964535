"""Wakes the engine whenever something waits: the safety net for wake-ups that were lost. Also asks for the
services' bills once a day and empties the trash of what is old."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections

from studio.jobs import bills, trash
from studio.jobs.apps import seed_declared_prices
from studio.jobs.engine import anything_to_do
from studio.jobs.wakeup import wake

#: seconds between two looks whether a bill is to be read, and until one that could not be read is tried again
BILLS_EVERY = 3600.0
#: seconds between two clearings of what has lain in the trash for long enough
PURGE_EVERY = 3600.0


class Command(BaseCommand):
    help = "Looks every second whether the engine has to be woken. Started by `manage.py studio`."

    def handle(self, *args: Any, **options: Any) -> None:
        # prices of operations that came with new code but without a migration
        seed_declared_prices()
        next_bills = next_purge = 0.0
        while True:
            try:
                if time.monotonic() >= next_bills:
                    bills.ask_daily()
                    next_bills = time.monotonic() + BILLS_EVERY
                if time.monotonic() >= next_purge:
                    trash.purge_old()
                    next_purge = time.monotonic() + PURGE_EVERY
                if anything_to_do():
                    wake()
            except OperationalError as error:
                self.stderr.write(f"clock: {error}")
                close_old_connections()
            time.sleep(1)

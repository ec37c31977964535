"""Wakes the engine whenever something waits: the safety net for wake-ups that were lost."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections

from studio.jobs.apps import seed_declared_prices
from studio.jobs.engine import anything_to_do
from studio.jobs.wakeup import wake


class Command(BaseCommand):
    help = "Looks every second whether the engine has to be woken. Started by `manage.py studio`."

    def handle(self, *args: Any, **options: Any) -> None:
        # prices of operations that came with new code but without a migration
        seed_declared_prices()
        while True:
            try:
                if anything_to_do():
                    wake()
            except OperationalError as error:
                self.stderr.write(f"clock: {error}")
                close_old_connections()
            time.sleep(1)

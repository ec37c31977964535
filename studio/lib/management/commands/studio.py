from __future__ import annotations

import sys
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from studio.lib import health, startup
from studio.lib.supervisor import Chore, Supervisor


class Command(BaseCommand):
    help = "Runs the whole studio: web, workers, clock and sandbox. Ctrl-C stops everything."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with startup.sole_use(health.run_folder()):
                self._prepare()
                self._run()
        except startup.StartRefusedError as refusal:
            raise CommandError(str(refusal)) from None
        except KeyboardInterrupt:
            # before anything ran there is nothing to stop
            return

    def _prepare(self) -> None:
        startup.demand_port(settings.HOST, settings.PORT, "PORT")
        if startup.runs_sandbox():
            startup.demand_port("127.0.0.1", settings.SANDBOX_PORT, "SANDBOX_PORT")
        health.beat_file().unlink(missing_ok=True)
        health.stopping_file().unlink(missing_ok=True)
        startup.migrate()
        startup.collect_static()
        call_command("setup_studio", stdout=sys.stderr)
        self.check(databases=["default"])
        connections.close_all()

    def _run(self) -> None:
        supervisor = Supervisor(
            startup.children(),
            chores=[Chore("ping", 2.0, health.ping_workers)],
            environment=startup.child_environment(),
            folder=settings.BASE_DIR,
            on_stop=health.stopping_file().touch,
        )
        threading.Thread(target=self._greet, args=(supervisor,), daemon=True).start()
        try:
            supervisor.run()
        finally:
            health.stopping_file().unlink(missing_ok=True)

    def _greet(self, supervisor: Supervisor) -> None:
        waited = 0
        while not startup.web_answers():
            time.sleep(0.2)
            waited += 1
            if waited == 150:
                supervisor.say(f"The web server does not answer at {startup.base_url()} yet; still trying.")
        try:
            self.stdout.write(startup.sign_in_line())
            self.stdout.flush()
        except Exception as error:
            supervisor.say(f"No sign-in link could be made: {type(error).__name__}: {error}")

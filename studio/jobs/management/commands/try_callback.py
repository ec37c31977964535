"""Has a service post a callback that it has posted before, to see whether it can reach this studio."""

from __future__ import annotations

from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandError, CommandParser

from providers.errors import ProviderError
from providers.transport import run
from studio.jobs import catalog
from studio.jobs.models import Job, JobState


class Command(BaseCommand):
    help = "Asks a service to post its latest finished job's callback again, to see whether it can reach the studio."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("provider", nargs="?", default="youchuan")

    def handle(self, *args: Any, **options: Any) -> None:
        ended = Job.objects.filter(provider=options["provider"], state=JobState.SUCCEEDED).exclude(remote_id="")
        job = ended.select_related("account").order_by("-id").first()
        if job is None:
            raise CommandError("There is no finished job of this service yet.")
        try:
            provider = catalog.connect(job.provider, job.account)
            with httpx.Client(trust_env=False, timeout=30) as client:
                run(provider.test_callback(job.remote_id), client)
        except ProviderError as error:
            raise CommandError(str(error.user_message)) from error
        self.stdout.write(f"{provider.title} was asked to post the callback of job {job.pk} again.")
        self.stdout.write(f"If it reaches the studio, the web server logs POST /callbacks/{job.provider}/… with 200.")

"""What a new install needs before its first visit. Lives here because accounts know nothing of credits."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from studio.accounts.services import ensure_first_team, make_welcome_link
from studio.billing import services as billing
from studio.billing.models import Transfer

KEY = "setup:starting-credits"


class Command(BaseCommand):
    help = "Makes the first administrator, their team and its starting credits, if they are missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--print-link", metavar="BASE_URL", help="print a link that signs the administrator in, once"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        first = ensure_first_team()
        changes = first.changes
        # asked by its key alone: the amount or the team may be another by now
        if settings.STARTING_CREDITS > 0 and not Transfer.objects.filter(key=KEY).exists():
            billing.grant(first.team, settings.STARTING_CREDITS, key=KEY, note="Starting credits")
            changes.append(f"Granted {settings.STARTING_CREDITS} credits to {first.team.name}.")
        for change in changes:
            self.stdout.write(change)
        if options["print_link"]:
            self.stdout.write(f"Sign in: {options['print_link'].rstrip('/')}{make_welcome_link(first.owner)}")

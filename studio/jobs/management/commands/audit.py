"""Proves that credits and jobs agree. Exit code 1 when they do not."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from studio.billing import services as billing
from studio.jobs.audit import audit


class Command(BaseCommand):
    help = "Checks that the ledger's sums agree and that every job was charged as it ended."

    def handle(self, *args: Any, **options: Any) -> None:
        findings = [*billing.audit(), *audit()]
        for finding in findings:
            self.stderr.write(finding)
        if findings:
            sys.exit(1)
        self.stdout.write("clean")

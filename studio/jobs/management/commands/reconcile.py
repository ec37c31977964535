"""Compares the services' bills with our ledger. Exit code 1 when they differ."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from studio.jobs.reconcile import Report, days, money, reports, unread


class Command(BaseCommand):
    help = "Compares what services charged with what teams paid, from the bills as they were last read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=date.fromisoformat, metavar="YYYY-MM-DD", help="first day")
        parser.add_argument("--until", type=date.fromisoformat, metavar="YYYY-MM-DD", help="last day; by default today")

    def handle(self, *args: Any, **options: Any) -> None:
        since, until = days(options["since"], options["until"])
        if since >= until:
            raise CommandError("the first day comes after the last")
        for reading in unread():
            self.stderr.write(f"{reading}: the bill was not read yet. {reading.problem}".strip())
        found = reports(since, until)
        for report in found:
            self._write(report)
        if any(report.differences for report in found):
            sys.exit(1)

    def _write(self, report: Report) -> None:
        unit = report.unit
        self.stdout.write(f"{report.reading}, read {report.reading.read_at:%Y-%m-%d %H:%M} UTC")
        self.stdout.write(f"  the service charged {money(report.charged, unit)} in {report.charges} charges")
        self.stdout.write(f"  teams paid {report.captured} credits, {money(report.ours, unit)}, for {report.jobs} jobs")
        for title, item in report.reasons:
            self.stdout.write(f"  explained: {title}: {money(item.amount, unit)} ({item.jobs} jobs)")
        for title, differences, amount in report.groups:
            self.stderr.write(f"  {title}: {money(amount, unit)}")
            for found in differences:
                job = f"job {found.job_id}, " if found.job_id else ""
                self.stderr.write(f"    {job}{found.remote_id}: {found.sentence}")
        if not report.differences:
            self.stdout.write("  clean")

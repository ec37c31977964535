"""The history as a table for spreadsheets, made while it is sent."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from studio.accounts.models import Team
from studio.jobs import queries as jobs
from studio.jobs.models import Job

from .queries import Row

BATCH = 500
#: what a spreadsheet takes for a formula at the beginning of a cell
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Lines(io.StringIO):
    def take(self) -> bytes:
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text.encode()


def safe_cell(value: Any) -> Any:
    """Text that a spreadsheet shows as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def csv_chunks(team: Team, found: QuerySet[Job]) -> Iterator[bytes]:
    """A piece for each batch of jobs, newest first; the byte order mark tells spreadsheets the encoding."""
    lines = _Lines()
    writer = csv.writer(lines)
    lines.write("\ufeff")
    asked = [_("Job"), _("Asked for"), _("Person"), _("Model"), _("Operation"), _("State"), _("Prompt")]
    came = [_("Results"), _("Credits"), _("Seconds"), _("Problem")]
    writer.writerow([*asked, *came])
    yield lines.take()
    before: int | None = None
    while True:
        rows = found.order_by("-pk") if before is None else found.filter(pk__lt=before).order_by("-pk")
        batch = list(rows[:BATCH])
        if not batch:
            return
        for card in jobs.cards_of(batch, team):
            writer.writerow([safe_cell(value) for value in _values(Row(card))])
        before = batch[-1].pk
        yield lines.take()


def _values(row: Row) -> list[Any]:
    card = row.card
    return [
        card.id,
        f"{timezone.localtime(card.created_at):%Y-%m-%d %H:%M:%S}",
        card.person_name,
        card.model_title,
        _(card.operation_label),
        row.badge[1],
        card.prompt,
        card.delivered,
        card.cost if card.cost is not None else "",
        round(row.seconds, 1) if row.seconds is not None else "",
        card.problem,
    ]


async def in_turn(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same for an asynchronous server; each batch is read where database connections are looked after."""
    following = sync_to_async(lambda: next(chunks, None))
    while (chunk := await following()) is not None:
        yield chunk

"""The team's jobs as a list: what is in it, page by page, with the same number of queries however long it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from studio.accounts.models import Team
from studio.jobs import queries as jobs
from studio.jobs.filters import JobFilters
from studio.jobs.models import Event, Job, JobState
from studio.jobs.queries import JobCard
from studio.lib.words import day_label
from studio.media.presenters import ImageView

from .timeline import Step, steps_of

PAGE = 40
THUMBS = 4

STATES: dict[str, list[JobState]] = {
    "live": JobState.live(),
    "done": [JobState.SUCCEEDED],
    "failed": [JobState.FAILED],
    "canceled": [JobState.CANCELED],
}


@dataclass(frozen=True)
class HistoryFilters(JobFilters):
    state: str = ""

    NAMES: ClassVar[tuple[str, ...]] = (*JobFilters.NAMES, "state")

    @classmethod
    def values(cls, raw: dict[str, str], problems: dict[str, str]) -> dict[str, Any]:
        state = raw.get("state", "")
        if state and state not in STATES:
            problems["state"] = _("Choose one of the states.")
        return {**super().values(raw, problems), "state": state}

    def labels(self, team: Team) -> Iterable[tuple[str, str]]:
        yield from super().labels(team)
        if "state" in self.raw:
            yield "state", state_label(self.state)


def state_label(state: str) -> str:
    names = {"live": _("Running"), "done": _("Done"), "failed": _("Failed"), "canceled": _("Canceled")}
    return names.get(state, state)


@dataclass(frozen=True, slots=True)
class Thumb:
    output_id: int
    alt: str
    image: ImageView


@dataclass(frozen=True)
class Row:
    """A job as a line of the history."""

    card: JobCard

    @property
    def day(self) -> date:
        return timezone.localdate(self.card.created_at)

    @property
    def day_label(self) -> str:
        return day_label(self.day, with_weekday=True)

    @property
    def thumbs(self) -> list[Thumb]:
        pictures = zip(self.card.tiles, self.card.outputs, strict=False)
        return [
            Thumb(tile.output_id, tile.alt, tile.image)
            for tile, output in pictures
            if tile.image is not None and tile.output_id is not None and output.trashed_at is None
        ]

    @property
    def shown(self) -> list[Thumb]:
        return self.thumbs[:THUMBS]

    @property
    def more(self) -> int:
        return len(self.thumbs) - THUMBS if len(self.thumbs) > THUMBS else 0

    @property
    def empty_slots(self) -> range:
        """Places that stay hollow: still to come, held back, or never filled."""
        if self.card.is_live:
            return range(min(self.card.expected, THUMBS))
        return range(1 if self.card.is_partial or not self.thumbs else 0)

    @property
    def badge(self) -> tuple[str, str]:
        """The class and the words of the state."""
        card = self.card
        if card.is_late:
            return "warn", _("Late")
        match card.state:
            case JobState.SUCCEEDED if card.is_partial:
                return "warn", _("%(delivered)s of %(expected)s") % {
                    "delivered": card.delivered,
                    "expected": len(card.outputs),
                }
            case JobState.SUCCEEDED:
                return "ok", _("Done")
            case JobState.FAILED:
                return "danger", _("Failed")
            case JobState.CANCELED:
                return "", _("Canceled")
            case JobState.RUNNING if card.progress:
                return "info", f"{round(card.progress * 100)} %"
            case _:
                return "info", card.state_label

    @property
    def seconds(self) -> float | None:
        """How long it took from sending to the end; None where it was never sent or still runs."""
        job = self.card.job
        if job.submitted_at is None or job.finished_at is None:
            return None
        return max(0.0, (job.finished_at - job.submitted_at).total_seconds())

    @property
    def took(self) -> str:
        return duration(self.seconds) if self.seconds is not None else ""


def duration(seconds: float) -> str:
    """ "8 s", "2 min 5 s", "1 h 4 min"."""
    whole = round(seconds)
    if whole < 60:
        return _("%(s)s s") % {"s": whole if seconds >= 10 or whole == 0 else f"{seconds:.1f}".removesuffix(".0")}
    if whole < 3600:
        return _("%(min)s min %(s)s s") % {"min": whole // 60, "s": whole % 60}
    return _("%(h)s h %(min)s min") % {"h": whole // 3600, "min": whole % 3600 // 60}


@dataclass(frozen=True, slots=True)
class HistoryPage:
    rows: list[Row]
    next_before: int | None


def found(team: Team, filters: HistoryFilters) -> QuerySet[Job]:
    """The jobs that pass the filters, in no order."""
    if filters.problems:
        return Job.objects.none()
    state = Q(state__in=STATES[filters.state]) if filters.state else Q()
    return jobs.jobs_of(team).filter(filters.jobs(), filters.days(), state, deleted_at__isnull=True)


def page(team: Team, filters: HistoryFilters, *, before: int | None = None, limit: int = PAGE) -> HistoryPage:
    """Newest first; `before` is the id to continue below."""
    rows = found(team, filters).defer("snapshot", "service_cost").order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    listed = list(rows[: limit + 1])
    cards = jobs.cards_of(listed[:limit], team)
    return HistoryPage([Row(card) for card in cards], listed[limit - 1].pk if len(listed) > limit else None)


def row(team: Team, job_id: int) -> Row:
    """Raises Job.DoesNotExist for another team's job and for one that was deleted."""
    return Row(jobs.cards_of([jobs.jobs_of(team).get(pk=job_id, deleted_at__isnull=True)], team)[0])


def timeline(job: Job) -> list[Step]:
    """Oldest first."""
    return steps_of(Event.objects.filter(job=job).order_by("pk")[:200])


def live_count(team: Team) -> int:
    # live jobs are always due some time: few rows have to be looked at, and not all that the team ever made
    due = Job.objects.filter(due_at__isnull=False, state__in=JobState.live())
    return due.annotate(of=F("team_id") + 0).filter(of=team.pk).count()

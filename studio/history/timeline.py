"""What happened to a job, in plain words, with the time between the steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.jobs.models import Event, EventKind
from studio.jobs.problems import said


@dataclass(frozen=True, slots=True)
class Step:
    """A sentence and when it became true; `after` is the seconds since the step before, None for the first."""

    sentence: str
    at: datetime
    after: float | None
    tone: str

    @property
    def after_text(self) -> str:
        if self.after is None:
            return ""
        if self.after < 60:
            return _("+%(seconds)s s") % {"seconds": f"{self.after:.1f}"}
        minutes, seconds = divmod(round(self.after), 60)
        return _("+%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": seconds}


TONES = {
    EventKind.FAILED: "bad",
    EventKind.CANCELED: "quiet",
    EventKind.RETRY: "warn",
    EventKind.SUBMIT_UNKNOWN: "warn",
    EventKind.LATE: "warn",
    EventKind.CANCEL_ASKED: "quiet",
    EventKind.TOO_LATE: "warn",
}


def steps_of(events: Iterable[Event]) -> list[Step]:
    """Steps in the events' order, which is oldest first; progress is no step."""
    steps: list[Step] = []
    for event in events:
        if event.kind == EventKind.PROGRESS:
            continue
        before = steps[-1].at if steps else None
        after = max(0.0, (event.created_at - before).total_seconds()) if before else None
        steps.append(Step(sentence(event), event.created_at, after, TONES.get(EventKind(event.kind), "")))
    return steps


def sentence(event: Event) -> str:
    data = event.data
    match event.kind:
        case EventKind.CREATED:
            return _("Asked for. %(credits)s set aside.") % {"credits": _credits(data.get("held", 0))}
        case EventKind.SUBMITTED:
            return _("The service took it.")
        case EventKind.SUBMIT_UNKNOWN:
            return _("The connection broke while it was sent. It is not sent twice; the studio is finding out.")
        case EventKind.RETRY:
            return _join(
                data.get("message"), _("Tried again after %(seconds)s s.") % {"seconds": data.get("seconds", 0)}
            )
        case EventKind.DELIVERED:
            count = int(data.get("files") or 0)
            if not count:
                return _("The service was ready.")
            return ngettext(
                "The service delivered %(count)d file.", "The service delivered %(count)d files.", count
            ) % {"count": count}
        case EventKind.SUCCEEDED if data.get("returned"):
            return _("%(delivered)s of %(expected)s kept. %(cost)s paid, %(returned)s returned.") % {
                "delivered": data.get("delivered", 0),
                "expected": data.get("expected", 0),
                "cost": _credits(data.get("cost", 0)),
                "returned": _credits(data["returned"]),
            }
        case EventKind.SUCCEEDED:
            return _("Downloaded and kept. %(cost)s paid.") % {"cost": _credits(data.get("cost", 0))}
        case EventKind.FAILED:
            return _join(data.get("message"), _charged_nothing(data))
        case EventKind.CANCELED:
            return _join(_("Canceled."), _charged_nothing(data))
        case EventKind.LATE:
            return _("It arrived after the studio had given up on it, and was kept at no charge.")
        case EventKind.CANCEL_ASKED:
            return _("Asked to stop. The service is being told.")
        case EventKind.TOO_LATE:
            return _join(data.get("message"), _("It could not be stopped any more and went on."))
        case _:
            return str(event.kind)


def _charged_nothing(data: dict[str, object]) -> str:
    return _("Nothing was charged; %(credits)s returned.") % {"credits": _credits(data.get("returned", 0))}


def _credits(count: object) -> str:
    number = int(count) if isinstance(count, int) else 0
    return ngettext("%(count)d credit", "%(count)d credits", number) % {"count": number}


def _join(message: object, more: str) -> str:
    """A sentence that was written where it happened, translated now, and another."""
    told = said(message) if isinstance(message, str) and message else ""
    return f"{told} {more}".strip()

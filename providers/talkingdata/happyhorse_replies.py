"""Reading DashScope's answers: {"output": {"task_id", "task_status", …}, "usage", "request_id"}, and
{"code", "message", "request_id"} for what is refused.

A task that failed has its code inside of "output".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from ..base import Kind, RemoteFile, Snapshot, State
from ..errors import (
    AuthFailed,
    ContentRejected,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ResultExpired,
    Unavailable,
)
from ..refusals import BAD_REQUEST, BUSY, Meaning
from ..tencent_vod import BROKE, FILTERED, FULL, SENSITIVE
from ..transport import redact
from ..words import gettext_noop as _
from .errors import BAD_KEY, GONE, NO_MONEY, NO_RIGHT, refusal, word

_BAD_FILE = _("The service could not use one of the files. Try another one.")
_FAILED = _("The service failed on this without saying why.")

STATUSES: Mapping[str, State] = {
    "PENDING": State.QUEUED,
    # not on the pool's pages, but DashScope's own
    "SUSPENDED": State.QUEUED,
    "RUNNING": State.RUNNING,
    "SUCCEEDED": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "CANCELED": State.CANCELED,
}
#: does not exist, or is older than a day
EXPIRED = "UNKNOWN"

#: Codes of a reply. The pages have the first three; the others are DashScope's own. What stands behind a dot falls
#: back to what stands before it.
CODES: Mapping[str, Meaning] = {
    "InvalidApiKey": (AuthFailed, BAD_KEY),
    "InvalidParameter": (InvalidRequest, BAD_REQUEST),
    "InternalError": (Unavailable, BUSY),
    "InvalidParameter.DataInspection": (InvalidRequest, _BAD_FILE),
    "DataInspectionFailed": (ContentRejected, SENSITIVE),
    "IPInfringementSuspect": (ContentRejected, SENSITIVE),
    "InvalidURL": (InvalidRequest, _BAD_FILE),
    "InvalidFile": (InvalidRequest, _BAD_FILE),
    "AccessDenied": (AuthFailed, NO_RIGHT),
    "Model": (AuthFailed, NO_RIGHT),
    "Arrearage": (QuotaExhausted, NO_MONEY),
    "Throttling": (RateLimited, FULL),
}

#: Codes of a task that failed: it can't be tried again under the same id.
FAILURES: Mapping[str, Meaning] = {
    **CODES,
    "InternalError": (GenerationFailed, BROKE),
    "DataInspectionFailed": (ContentRejected, FILTERED),
    "IPInfringementSuspect": (ContentRejected, FILTERED),
    "Throttling": (GenerationFailed, BUSY),
}

#: what `usage.duration` of an edited film can be at most: fifteen seconds of it, and as many of the result
MOST_EDITED = 30.0

_ID = re.compile(r"[0-9A-Za-z_-]{1,100}")


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def refused(response: httpx.Response, body: Any, *, submitting: bool, raw: Any) -> ProviderError | None:
    """The exception for a reply that is no success, None for one that is."""
    known = body if isinstance(body, dict) else {}
    nested = known.get("error")
    code = word(known.get("code")) or (word(nested.get("code")) if isinstance(nested, dict) else "")
    return refusal(
        response,
        code=code,
        meaning=_meaning(code, CODES),
        submitting=submitting,
        reply_id=word(known.get("request_id")),
        raw=raw,
    )


def read_task(body: Any, remote_id: str, secrets: Iterable[str]) -> Snapshot:
    """The snapshot of a task. `remote_id` is the one that was asked about, "" after a submit.

    Raises InvalidResponse when it is no task, or another one; ResultExpired when the service no longer has it.
    """
    raw = redact(body, secrets)
    output = body.get("output") if isinstance(body, dict) else None
    if not isinstance(output, dict):
        raise InvalidResponse(code="no_task", raw=raw)
    found = output.get("task_id")
    named = found if isinstance(found, str) and is_id(found) else ""
    if not (named or remote_id):
        raise InvalidResponse(code="no_id", raw=raw)
    if remote_id and named and named != remote_id:
        raise InvalidResponse(code="other_task", raw=raw)
    status = word(output.get("task_status")).upper()
    if status == EXPIRED and remote_id:
        raise ResultExpired(GONE, code=EXPIRED, raw=raw)
    # a submit that says nothing of its state has been taken
    state = STATUSES.get(status, State.UNKNOWN if remote_id else State.QUEUED)
    files = _files(output)
    if state is State.SUCCEEDED and not files:
        # counted as finished before the link is there
        state = State.RUNNING
    done = state is State.SUCCEEDED
    usage = _usage(body.get("usage")) if done else {}
    return Snapshot(
        remote_id=named or remote_id,
        state=state,
        files=files if done else (),
        usage=usage,
        used=_used(usage),
        error=_failure(output, raw) if state is State.FAILED else None,
        raw=raw,
    )


def _files(output: Mapping[str, Any]) -> tuple[RemoteFile, ...]:
    link = output.get("video_url")
    url = link.strip() if isinstance(link, str) else ""
    return (RemoteFile(0, Kind.VIDEO, url, media_type="video/mp4"),) if url else ()


def _failure(output: Mapping[str, Any], raw: Any) -> ProviderError:
    code = word(output.get("code"))
    kind, sentence = _meaning(code, FAILURES) or (GenerationFailed, _FAILED)
    return kind(sentence, code=code or "failed", raw=raw)


def _meaning(code: str, codes: Mapping[str, Meaning]) -> Meaning | None:
    return codes.get(code) or codes.get(code.partition(".")[0])


def _usage(value: Any) -> dict[str, Any]:
    """Seconds, which may have fractions, and the picture's lines; what can't be read is left out."""
    if not isinstance(value, dict):
        return {}
    names = ("duration", "input_video_duration", "output_video_duration", "video_count", "SR")
    figures = {name: _figure(value.get(name)) for name in names}
    known: dict[str, Any] = {name: figure for name, figure in figures.items() if figure is not None}
    if ratio := word(value.get("ratio")):
        known["ratio"] = ratio
    return known


def _figure(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        figure = float(value)
    except (ValueError, OverflowError):
        return None
    return figure if math.isfinite(figure) and figure >= 0 else None


def _used(usage: Mapping[str, Any]) -> float | None:
    """How much of its quote a job came to. Only an edited film is quoted at more than it may be, and only that has
    been given a film."""
    seconds, given = usage.get("duration"), usage.get("input_video_duration")
    if not given:
        return None
    if not seconds:
        seconds = given + usage.get("output_video_duration", given)
    return min(float(seconds) / MOST_EDITED, 1.0)

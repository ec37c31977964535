"""Tencent VOD's protocol for generated pictures and films, as several gateways hand it on.

{"Response": {"TaskId", "RequestId"}} to a submit, {"Response": {"Status", "AigcImageTask": {…}}} or "AigcVideoTask" to
a query, {"Response": {"Error": {"Code", "Message"}, "RequestId"}} to what is refused, with HTTP 200. A task that failed
is one that has finished with an error code. Everything is optional in what we read, numbers may come as texts.

Source: https://cloud.tencent.com/document/product/266/126240 and the gateways' own pages.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from .base import Kind, RemoteFile, Snapshot, State
from .errors import (
    AlreadySubmitted,
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
    Unsupported,
)
from .refusals import BAD_REQUEST, BUSY, Meaning
from .transport import redact
from .words import gettext_noop as _

SESSION_LIMIT = 50
CONTEXT_LIMIT = 1000

FULL = _("The service is working on as much as it takes from us at once.")
SENSITIVE = _("The service's filter refused these words or pictures. Try others.")
FILTERED = _("The service's filter refused the words, the pictures or the result of this.")
BROKE = _("The service failed on this. Nothing was made; try it again.")
_NO_RIGHT = _("The service does not let the studio's account do this. An administrator has to check it.")
_BAD_PICTURE = _("The service could not use a picture. Save it as JPEG or PNG, or smaller.")
_NO_FILE = _("The service could not find a picture that this needs.")
_MODEL_FAILED = _("The model could not make anything of this. Try other words.")
_TOOK_TOO_LONG = _("The service took too long on this and gave up.")
_CANCELED = _("This job was canceled at the service.")
_ABORTED = _("The service stopped working on this.")
_FAILED = _("The service failed on this without saying why.")
_GONE = _("The service no longer knows this job.")
_NOT_HERE = _("The service does not offer this for this model.")

#: Codes in the reply to a submit or a query. What stands behind a dot falls back to what stands before it.
CODES: Mapping[str, Meaning] = {
    "AuthFailure": (AuthFailed, ""),
    "UnauthorizedOperation": (AuthFailed, _NO_RIGHT),
    "OperationDenied": (AuthFailed, _NO_RIGHT),
    "FailedOperation": (GenerationFailed, BROKE),
    "FailedOperation.InvalidAccount": (QuotaExhausted, ""),
    "FailedOperation.InvalidVodUser": (AuthFailed, _NO_RIGHT),
    "InternalError": (Unavailable, BUSY),
    "RequestLimitExceeded": (RateLimited, FULL),
    "LimitExceeded": (RateLimited, FULL),
    "ResourceInsufficient": (Unavailable, BUSY),
    "ResourceUnavailable": (Unavailable, BUSY),
    "ResourceNotFound": (InvalidRequest, _NO_FILE),
    "MissingParameter": (InvalidRequest, BAD_REQUEST),
    "UnknownParameter": (InvalidRequest, BAD_REQUEST),
    "InvalidParameter": (InvalidRequest, BAD_REQUEST),
    "InvalidParameter.VoilationContent": (ContentRejected, SENSITIVE),
    "InvalidParameter.ViolationContent": (ContentRejected, SENSITIVE),
    "InvalidParameter.MediaFormat": (InvalidRequest, _BAD_PICTURE),
    "InvalidParameterValue": (InvalidRequest, BAD_REQUEST),
    "InvalidParameterValue.FileId": (InvalidRequest, _NO_FILE),
    "InvalidParameterValue.SessionId": (AlreadySubmitted, ""),
    "UnsupportedOperation": (Unsupported, _NOT_HERE),
    "ContentModerationFailed": (ContentRejected, SENSITIVE),
}

#: Where a query is refused for the job it asks about.
QUERY_CODES: Mapping[str, Meaning] = {
    "ResourceNotFound": (ResultExpired, _GONE),
    "InvalidParameterValue.TaskId": (ResultExpired, _GONE),
}

#: ErrCodeExt of a task that ended with an error.
FAILURES: Mapping[str, Meaning] = {
    "RequestLimitExceeded": (RateLimited, FULL),
    "InvalidParameter.VoilationContent": (ContentRejected, FILTERED),
    "InvalidParameter.ViolationContent": (ContentRejected, FILTERED),
    "InvalidParameterValue": (InvalidRequest, BAD_REQUEST),
    "FailedOperation": (GenerationFailed, BROKE),
    "InternalError": (GenerationFailed, BROKE),
    "InvalidParameter": (InvalidRequest, BAD_REQUEST),
    "InvalidParameter.MediaFormat": (InvalidRequest, _BAD_PICTURE),
    "ContentModerationFailed": (ContentRejected, FILTERED),
    "ResourceInsufficient": (GenerationFailed, BUSY),
    "ModelGenerateFailed": (GenerationFailed, _MODEL_FAILED),
    "ResourceNotFound": (InvalidRequest, _NO_FILE),
    "OperationCanceled": (GenerationFailed, _CANCELED),
    "TaskTimeout": (GenerationFailed, _TOOK_TOO_LONG),
    "ABORTED": (GenerationFailed, _ABORTED),
}

#: Of a task and of the task of one kind inside it. SUCCESS and FAIL are what some clients read in the latter.
STATUSES: Mapping[str, State] = {
    "WAITING": State.QUEUED,
    "PROCESSING": State.RUNNING,
    "FINISH": State.SUCCEEDED,
    "SUCCESS": State.SUCCEEDED,
    "FAIL": State.FAILED,
    "ABORTED": State.FAILED,
}

#: what is made, by the name of its task
TASKS: Mapping[str, Kind] = {"AigcImageTask": Kind.IMAGE, "AigcVideoTask": Kind.VIDEO}

#: samples have *** in their ids
_ID = re.compile(r"[0-9A-Za-z_.*~-]{1,100}")
_LINKS = ("FileUrl", "TemporaryUrl", "MediaUrl", "Url", "url")
_ENDINGS = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
}


def session_id(request_key: str) -> str:
    """The service's key against doing a thing twice; empty where there is nothing to tell requests apart by.

    A digest, as a request key may be longer than the service takes.
    """
    if not request_key:
        return ""
    return f"atelier-{hashlib.sha256(request_key.encode()).hexdigest()}"[:SESSION_LIMIT]


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


# ── refusals ─────────────────────────────────────────────────────────────────


def refused_code(body: Any) -> str:
    """The code that a body refuses with, "Error" for one without a code, "" for a body that refuses nothing."""
    error = unwrap(body).get("Error")
    return (_word(error.get("Code"))[:80] or "Error") if isinstance(error, dict) else ""


def meaning(code: str, codes: Mapping[str, Meaning]) -> Meaning | None:
    """What a code means, or what stands before its dot."""
    return codes.get(code) or codes.get(code.partition(".")[0])


def reply_id(body: Any) -> str:
    """The RequestId of a reply, or ""."""
    return _word(unwrap(body).get("RequestId"))[:200]


def failure(code: str, number: int, raw: Any = None, failures: Mapping[str, Meaning] = FAILURES) -> ProviderError:
    """The exception for a task that ended with ErrCodeExt `code` and ErrCode `number`."""
    kind, sentence = meaning(code, failures) or (GenerationFailed, _FAILED)
    return kind(sentence, code=code or f"err_{number}", raw=raw)


# ── tasks ────────────────────────────────────────────────────────────────────


def unwrap(body: Any) -> dict[str, Any]:
    """What is inside of {"Response": …}, or the body itself; {} for what is no object."""
    if not isinstance(body, dict):
        return {}
    inner = body.get("Response")
    return inner if isinstance(inner, dict) else body


def task_id(body: Any) -> str:
    """The id of the task that a reply is about, or "" when there is none that could be asked for."""
    found = unwrap(body)
    for value in (found.get("TaskId"), _inner(found)[0].get("TaskId"), found.get("request_id")):
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if is_id(text):
            return text
    return ""


def read_submitted(body: Any, secrets: Iterable[str]) -> Snapshot:
    """The snapshot of a good reply to a submit. Raises InvalidResponse when it names no task."""
    found = task_id(body)
    raw = redact(body, secrets)
    if not found:
        raise InvalidResponse(code="no_id", raw=raw)
    return Snapshot(found, State.QUEUED, raw=raw)


def read_task(
    task: Mapping[str, Any], remote_id: str, *, raw: Any, failures: Mapping[str, Meaning] = FAILURES
) -> Snapshot:
    """The snapshot of the unwrapped answer to a query. Raises InvalidResponse when it is no task, or another one."""
    inner, kind = _inner(task)
    named = inner.get("TaskId") or task.get("TaskId")
    if isinstance(named, str) and named and named != remote_id:
        raise InvalidResponse(code="other_task", raw=raw)
    if "Status" not in task and "Status" not in inner:
        raise InvalidResponse(code="no_task", raw=raw)
    state = _state(task, inner)
    files = _files(inner, kind)
    number, word = _number(inner.get("ErrCode")), _word(inner.get("ErrCodeExt"))
    error: ProviderError | None = None
    if state is State.FAILED or (state is State.SUCCEEDED and (number or word)):
        # a failure is a task that has finished with an error code
        state = State.FAILED
        aborted = "ABORTED" if _word(task.get("Status")) == "ABORTED" else ""
        error = failure(word or ("" if number else aborted), number, raw, failures)
    elif state is State.SUCCEEDED and not files:
        # counted as finished before the links are there
        state = State.RUNNING
    progress = _number(inner.get("Progress"))
    return Snapshot(
        remote_id=remote_id,
        state=state,
        progress=progress / 100 if "Progress" in inner and 0 <= progress <= 100 else None,
        files=files if state is State.SUCCEEDED else (),
        usage=_stored(inner),
        error=error,
        raw=raw,
    )


def link_of(row: Any) -> str:
    """The address of a result, under whichever name it is given; "" where it has none."""
    if not isinstance(row, dict):
        return row.strip() if isinstance(row, str) else ""
    return next((row[name].strip() for name in _LINKS if isinstance(row.get(name), str) and row[name].strip()), "")


# ── parts ────────────────────────────────────────────────────────────────────


def _inner(task: Mapping[str, Any]) -> tuple[dict[str, Any], Kind]:
    """The task of one kind, and which; tasks of other kinds beside it are null or left out."""
    for name, kind in TASKS.items():
        inner = task.get(name)
        if isinstance(inner, dict):
            return inner, kind
    return {}, Kind.IMAGE


def _state(task: Mapping[str, Any], inner: Mapping[str, Any]) -> State:
    outer = STATUSES.get(_word(task.get("Status")).upper(), State.UNKNOWN)
    own = STATUSES.get(_word(inner.get("Status")).upper(), State.UNKNOWN)
    # the inner task is the nearer word; what surrounds it knows of waiting and of aborting
    if own in {State.UNKNOWN, State.RUNNING} or outer is State.FAILED:
        return outer if outer is not State.UNKNOWN else own
    return own


def _files(inner: Mapping[str, Any], kind: Kind) -> tuple[RemoteFile, ...]:
    links = [link_of(row) for row in _rows(inner)[:16]]
    return tuple(RemoteFile(index, kind, url, media_type=_type_of(url)) for index, url in enumerate(links) if url)


def _type_of(url: str) -> str:
    """By the ending of the link, "" where it says nothing."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return _ENDINGS.get(path.rpartition(".")[2].lower(), "")


def _rows(inner: Mapping[str, Any]) -> list[Any]:
    output = inner.get("Output")
    rows = output.get("FileInfos") if isinstance(output, dict) else None
    return rows if isinstance(rows, list) else []


def _stored(inner: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept at the service for good, by which another request may name it."""
    ids = [row.get("FileId") for row in _rows(inner) if isinstance(row, dict)]
    kept = [item for item in ids if isinstance(item, str) and item]
    return {"file_ids": kept} if kept else {}


def _word(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _number(value: Any) -> int:
    text = str(value).strip()
    return int(text) if re.fullmatch(r"-?[0-9]{1,12}", text) else 0

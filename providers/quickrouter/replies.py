"""Reading what the service says of a job, in both shapes that its document shows.

Tencent's: {"Response": {"TaskId", "RequestId"}} to a submit and {"Response": {"Status", "AigcImageTask": {…}}} to a
query. A queue's: {"status", "request_id", "response_url", "status_url", …}, with {"images": [{"url"}]} in the end.
Everything is optional in what we read, numbers may come as texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..base import Kind, RemoteFile, Snapshot, State
from ..errors import InvalidResponse, ProviderError
from ..transport import redact
from .errors import failure

#: Of a task and of the image task inside it. SUCCESS and FAIL are what some clients read in the latter.
STATUSES: Mapping[str, State] = {
    "WAITING": State.QUEUED,
    "PROCESSING": State.RUNNING,
    "FINISH": State.SUCCEEDED,
    "SUCCESS": State.SUCCEEDED,
    "FAIL": State.FAILED,
    "ABORTED": State.FAILED,
}

#: Of the queue's shape. The document has the field without its words; these are what queues of its kind say.
QUEUE_STATUSES: Mapping[str, State] = {
    "IN_QUEUE": State.QUEUED,
    "IN_PROGRESS": State.RUNNING,
    "COMPLETED": State.SUCCEEDED,
    "FAILED": State.FAILED,
}

#: Tencent's samples have *** in their ids
_ID = re.compile(r"[0-9A-Za-z_.*~-]{1,120}")
_LINKS = ("FileUrl", "TemporaryUrl", "MediaUrl", "Url", "url")


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def task_id(body: Any) -> str:
    """The id of the task that a reply is about, or "" when there is none that could be asked for."""
    found = _unwrap(body)
    inner = _inner(found)
    for value in (found.get("TaskId"), inner.get("TaskId"), found.get("request_id")):
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if is_id(text):
            return text
    return ""


def read_submitted(body: Any, secrets: Iterable[str]) -> Snapshot:
    """The snapshot of a good reply to a submit. Raises InvalidResponse when it names no task."""
    found = task_id(body)
    if not found:
        raise InvalidResponse(code="no_id", raw=redact(body, secrets))
    said = _state(_unwrap(body).get("status"), QUEUE_STATUSES)
    state = said if said in {State.QUEUED, State.RUNNING} else State.QUEUED
    return Snapshot(found, state, raw=redact(body, secrets))


def read_task(body: Any, remote_id: str, secrets: Iterable[str]) -> Snapshot:
    """The snapshot of the answer to a query. Raises InvalidResponse when it is no task, or another one."""
    found, raw = _unwrap(body), redact(body, secrets)
    inner = _inner(found)
    named = inner.get("TaskId") or found.get("TaskId")
    if isinstance(named, str) and named and named != remote_id:
        raise InvalidResponse(code="other_task", raw=raw)
    files = _files(inner, found)
    if "Status" in found or "Status" in inner:
        state = _task_state(found, inner)
    elif "status" in found or files:
        state = _state(found.get("status"), QUEUE_STATUSES) if "status" in found else State.SUCCEEDED
    else:
        raise InvalidResponse(code="no_task", raw=raw)
    number, word = _number(inner.get("ErrCode")), _word(inner.get("ErrCodeExt"))
    error: ProviderError | None = None
    if state is State.FAILED or (state is State.SUCCEEDED and (number or word)):
        # a failure is a task that has finished with an error code
        state = State.FAILED
        aborted = "ABORTED" if _word(found.get("Status")) == "ABORTED" else ""
        error = failure(word or ("" if number else aborted), number, raw)
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


def is_completed(body: Any) -> bool:
    """Whether a queue says that the result is there to be asked for."""
    return _state(_unwrap(body).get("status"), QUEUE_STATUSES) is State.SUCCEEDED


def link(body: Any, name: str, address: str) -> str:
    """The path of a link that a queue's reply names; "" for one that leads to another host, where our key has
    nothing to do."""
    value = _unwrap(body).get(name)
    if not isinstance(value, str) or not value.startswith(f"{address}/"):
        return ""
    return value.removeprefix(address)[:1000]


# ── parts ────────────────────────────────────────────────────────────────────


def _unwrap(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        return {}
    inner = body.get("Response")
    return inner if isinstance(inner, dict) else body


def _inner(task: Mapping[str, Any]) -> dict[str, Any]:
    """The image task; tasks of other kinds beside it are null or left out."""
    inner = task.get("AigcImageTask")
    return inner if isinstance(inner, dict) else {}


def _task_state(task: Mapping[str, Any], inner: Mapping[str, Any]) -> State:
    outer = _state(task.get("Status"), STATUSES)
    own = _state(inner.get("Status"), STATUSES)
    # the image task is the nearer word; what surrounds it knows of waiting and of aborting
    if own in {State.UNKNOWN, State.RUNNING} or outer is State.FAILED:
        return outer if outer is not State.UNKNOWN else own
    return own


def _state(value: Any, words: Mapping[str, State]) -> State:
    return words.get(_word(value).upper(), State.UNKNOWN)


def _files(inner: Mapping[str, Any], task: Mapping[str, Any]) -> tuple[RemoteFile, ...]:
    output = inner.get("Output")
    rows = output.get("FileInfos") if isinstance(output, dict) else task.get("images")
    links = [_address(row) for row in rows[:16]] if isinstance(rows, list) else []
    return tuple(RemoteFile(index, Kind.IMAGE, url) for index, url in enumerate(links) if url)


def _address(row: Any) -> str:
    if not isinstance(row, dict):
        return row.strip() if isinstance(row, str) else ""
    return next((row[name].strip() for name in _LINKS if isinstance(row.get(name), str) and row[name].strip()), "")


def _stored(inner: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept at the service for good, by which another request may name it."""
    output = inner.get("Output")
    rows = output.get("FileInfos") if isinstance(output, dict) else None
    ids = [row.get("FileId") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    kept = [item for item in ids if isinstance(item, str) and item]
    return {"file_ids": kept} if kept else {}


def _word(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _number(value: Any) -> int:
    text = str(value).strip()
    return int(text) if re.fullmatch(r"-?[0-9]{1,12}", text) else 0

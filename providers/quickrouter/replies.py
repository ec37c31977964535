"""Reading what the service says of a job, in both shapes that its document shows.

Tencent's: {"Response": {"TaskId", "RequestId"}} to a submit and {"Response": {"Status", "AigcImageTask": {…}}} to a
query. A queue's: {"status", "request_id", "response_url", "status_url", …}, with {"images": [{"url"}]} in the end.
Everything is optional in what we read, numbers may come as texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from .. import tencent_vod
from ..base import Snapshot, State
from ..tencent_vod import STATUSES, is_id, task_id
from ..transport import redact
from .errors import FAILURES

__all__ = ["QUEUE_STATUSES", "STATUSES", "is_completed", "is_id", "link", "read_submitted", "read_task", "task_id"]

#: Of the queue's shape. The document has the field without its words; these are what queues of its kind say.
QUEUE_STATUSES: Mapping[str, State] = {
    "IN_QUEUE": State.QUEUED,
    "IN_PROGRESS": State.RUNNING,
    "COMPLETED": State.SUCCEEDED,
    "FAILED": State.FAILED,
}

#: the same words in Tencent's
_QUEUE_WORDS: Mapping[str, str] = {
    "IN_QUEUE": "WAITING",
    "IN_PROGRESS": "PROCESSING",
    "COMPLETED": "FINISH",
    "FAILED": "FAIL",
}


def read_submitted(body: Any, secrets: Iterable[str]) -> Snapshot:
    """The snapshot of a good reply to a submit. Raises InvalidResponse when it names no task."""
    snapshot = tencent_vod.read_submitted(body, secrets)
    said = _state(tencent_vod.unwrap(body))
    return replace(snapshot, state=said) if said in {State.QUEUED, State.RUNNING} else snapshot


def read_task(body: Any, remote_id: str, secrets: Iterable[str]) -> Snapshot:
    """The snapshot of the answer to a query. Raises InvalidResponse when it is no task, or another one."""
    task = _as_task(tencent_vod.unwrap(body))
    return tencent_vod.read_task(task, remote_id, raw=redact(body, secrets), failures=FAILURES)


def _as_task(found: dict[str, Any]) -> dict[str, Any]:
    """A queue's reply in Tencent's words; what is Tencent's already as it is."""
    inner = found.get("AigcImageTask")
    if "Status" in found or (isinstance(inner, dict) and "Status" in inner):
        return found
    rows = found.get("images")
    links = [{"Url": tencent_vod.link_of(row)} for row in rows] if isinstance(rows, list) else []
    if "status" not in found and not any(row["Url"] for row in links):
        return found
    said = str(found.get("status", "COMPLETED")).strip().upper()
    return {"Status": _QUEUE_WORDS.get(said, said), "AigcImageTask": {"Output": {"FileInfos": links}}}


def is_completed(body: Any) -> bool:
    """Whether a queue says that the result is there to be asked for."""
    return _state(tencent_vod.unwrap(body)) is State.SUCCEEDED


def link(body: Any, name: str, address: str) -> str:
    """The path of a link that a queue's reply names; "" for one that leads to another host, where our key has
    nothing to do."""
    value = tencent_vod.unwrap(body).get(name)
    if not isinstance(value, str) or not value.startswith(f"{address}/"):
        return ""
    return value.removeprefix(address)[:1000]


def _state(found: Mapping[str, Any]) -> State:
    return QUEUE_STATUSES.get(str(found.get("status", "")).strip().upper(), State.UNKNOWN)

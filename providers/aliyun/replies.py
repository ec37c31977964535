"""Reading a job: the reply to a submit and the answer to a query alike.

Shape (FACTS §6): {"code", "message", "requestId", "success", "data": {"result_key", "task_list": [{…, "status",
"results": [], "message"}]}}. One table has `task_list` as an object; both are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..base import Kind, Rejected, RemoteFile, Snapshot, State
from ..errors import GenerationFailed, InvalidResponse, ProviderError
from ..transport import redact
from ..words import gettext_noop as _
from .errors import CODES, code_of_message

STATUSES: Mapping[str, State] = {
    "WAITING": State.QUEUED,
    "RUNNING": State.RUNNING,
    "SUCCESS": State.SUCCEEDED,
    "FAILED": State.FAILED,
}
_NO_PICTURE = _("The service left this picture empty.")
_KEY = re.compile(r"[0-9A-Za-z_-]{1,128}")


def result_key(body: Any) -> str:
    """The id of the job, or "" when there is none that could be asked for."""
    data = body.get("data") if isinstance(body, dict) else None
    found = data.get("result_key") if isinstance(data, dict) else None
    return found if isinstance(found, str) and _KEY.fullmatch(found) else ""


def is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def read_job(body: Any, *, remote_id: str = "", secrets: Iterable[str] = ()) -> Snapshot:
    """The snapshot of a job. `remote_id` is the job that was asked about; empty after a submit.

    Raises InvalidResponse when the body is no job, or another one.
    """
    raw = redact(body, secrets)
    found = result_key(body)
    if remote_id and found and found != remote_id:
        raise InvalidResponse(code="other_job", raw=raw)
    task = _task(body)
    if task is None:
        if remote_id or not found:
            raise InvalidResponse(code="no_job", raw=raw)
        # taken, and nothing more said
        return Snapshot(found, State.QUEUED, raw=raw)
    state = STATUSES.get(str(task.get("status", "")).strip().upper(), State.UNKNOWN)
    files: tuple[RemoteFile, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    error: ProviderError | None = None
    if state is State.SUCCEEDED:
        links = _links(task, body)
        files = tuple(RemoteFile(index, Kind.IMAGE, link) for index, link in enumerate(links) if link)
        rejected = tuple(Rejected(index, "", _NO_PICTURE) for index, link in enumerate(links) if not link)
        if not files:
            # not documented: read as a success whose links are still on their way
            state, rejected = State.RUNNING, ()
    elif state is State.FAILED:
        error = _failure(redact(task.get("message"), secrets), raw)
    return Snapshot(
        remote_id=remote_id or found,
        state=state,
        files=files,
        rejected=rejected,
        seed=_seed(task) if state is State.SUCCEEDED else None,
        error=error,
        raw=raw,
    )


def _task(body: Any) -> dict[str, Any] | None:
    data = body.get("data") if isinstance(body, dict) else None
    tasks = data.get("task_list") if isinstance(data, dict) else None
    first = tasks[0] if isinstance(tasks, list) and tasks else tasks
    return first if isinstance(first, dict) else None


def _links(task: Mapping[str, Any], body: Any) -> list[str]:
    found = task.get("results")
    if not isinstance(found, list):
        found = body["data"].get("results")
    if not isinstance(found, list):
        return []
    return [item.strip() if isinstance(item, str) else "" for item in found[:64]]


def _failure(message: Any, raw: Any) -> ProviderError:
    code = code_of_message(message)
    if code in CODES:
        kind, sentence = CODES[code]
        return kind(sentence, code=code, raw=raw)
    return GenerationFailed(code=message[:80] if isinstance(message, str) and message else "failed", raw=raw)


def _seed(task: Mapping[str, Any]) -> int | None:
    seed = task.get("seed")
    return seed if isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**63 else None

"""Reading the pictures of a reply: `{"created", "data": [{"b64_json" | "url", "revised_prompt"}], "usage"}`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from ..base import Kind, Rejected, RemoteFile, Snapshot, State
from ..errors import GenerationFailed
from ..transport import redact
from ..words import gettext_noop as _

_NO_PICTURE = _("The service left this picture empty.")
_NONSENSE = _("The service gave an answer that makes no sense.")


def read_pictures(body: Any, *, remote_id: str, media_type: str, secrets: Iterable[str] = ()) -> Snapshot:
    """A finished job. Raises GenerationFailed where there is no picture in it: nobody can be asked again."""
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows:
        raise GenerationFailed(_NONSENSE, code="no_pictures")
    files, rejected = [], []
    for index, row in enumerate(rows[:64]):
        file = _file(index, row, media_type) if isinstance(row, dict) else None
        if file is not None:
            files.append(file)
        else:
            rejected.append(Rejected(index, "", _NO_PICTURE))
    if not files:
        raise GenerationFailed(_NONSENSE, code="no_pictures")
    return Snapshot(
        remote_id=remote_id,
        state=State.SUCCEEDED,
        files=tuple(files),
        rejected=tuple(rejected),
        usage=redact(body["usage"], secrets) if isinstance(body.get("usage"), dict) else {},
        raw=redact(_without_pictures(body, rows), secrets),
    )


def _file(index: int, row: Mapping[str, Any], media_type: str) -> RemoteFile | None:
    inline, link = row.get("b64_json"), row.get("url")
    if isinstance(inline, str) and inline:
        # some servers write a whole data URL
        payload = inline.partition(",")[2] if inline.startswith("data:") else inline
        try:
            data = base64.b64decode(payload, validate=True)
        except (ValueError, binascii.Error):
            return None
        return RemoteFile(index, Kind.IMAGE, data=data, media_type=media_type) if data else None
    if isinstance(link, str) and link.strip():
        return RemoteFile(index, Kind.IMAGE, link.strip(), media_type=media_type)
    return None


def _without_pictures(body: Mapping[str, Any], rows: list[Any]) -> dict[str, Any]:
    kept = [{name: value for name, value in row.items() if name != "b64_json"} for row in rows if isinstance(row, dict)]
    return {**body, "data": kept}

"""Results as a storage service hands them out: by link, for a while, and sometimes badly."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse

from .connections import hang_up
from .jobs import DONE, JobStore, Runner

HUGE = 256 * 1024 * 1024
BEGINNINGS = {
    ".png": b"\x89PNG\r\n\x1a\n",
    ".mp4": b"\0\0\0\x18ftypmp42",
    ".wav": b"RIFF\x24\x08\0\0WAVEfmt \x10\0\0\0",
}
TYPES = {
    ".png": "image/png",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".tiff": "image/tiff",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
}
EXPIRED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>"
)


def not_found() -> Response:
    return JSONResponse({"code": 404, "message": "no such file", "reason": "Not_Found"}, 404)


def link(base: str, service: str, file: str, expires: float | None) -> str:
    end = "" if expires is None else f"?expires={int(expires)}"
    return f"{base.rstrip('/')}/files/{service}/{file}{end}"


class Files:
    """``GET /files/{service}/{file}``: the pictures, films and recordings of jobs that have ended well."""

    def __init__(self, runner: Runner, store: JobStore) -> None:
        self._runner = runner
        self._store = store

    async def get(self, request: Request) -> Response:
        service, file = request.path_params["service"], request.path_params["file"]
        job = self._store.get(file.split("_")[0])
        known = job and job.service == service and job.state == DONE and any(s.file == file for s in job.slots)
        path = self._runner.files(service) / file if known else None
        if path is None or not path.is_file():
            return not_found()
        fault = request.scope.get("sandbox.fault", {})
        if bad := self._badly(fault.get("file", ""), fault.get("bytes", HUGE), path, request):
            return bad
        expires = request.query_params.get("expires")
        if expires is not None and (not expires.isdigit() or int(expires) <= time.time()):
            return _expired()
        return FileResponse(path, media_type=_kind(path))

    def _badly(self, fault: str, size: int, path: Path, request: Request) -> Response | None:
        if fault == "expired":
            return _expired()
        if fault == "gone":
            return not_found()
        if fault == "garbage":
            return Response(BEGINNINGS.get(path.suffix, b"") + bytes(range(256)) * 8, media_type=_kind(path))
        if fault == "html":
            return HTMLResponse("<!doctype html><title>502</title><h1>502 Bad Gateway</h1>")
        if fault == "huge":
            return StreamingResponse(_endless(path.read_bytes(), size), media_type=_kind(path))
        if fault == "truncated":
            return StreamingResponse(
                _half(path.read_bytes(), request),
                media_type=_kind(path),
                headers={"content-length": str(path.stat().st_size)},
            )
        return None


def _kind(path: Path) -> str:
    return TYPES.get(path.suffix, "application/octet-stream")


def _expired() -> Response:
    return Response(EXPIRED, 403, media_type="application/xml")


async def _endless(begin: bytes, size: int) -> AsyncIterator[bytes]:
    """A picture that goes on for ``size`` bytes without ever having said so."""
    yield begin
    sent = len(begin)
    block = bytes(65536)
    while sent < size:
        yield block
        sent += len(block)


async def _half(whole: bytes, request: Request) -> AsyncIterator[bytes]:
    yield whole[: len(whole) // 2]
    await hang_up(request.scope, request.receive, politely=True)

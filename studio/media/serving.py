"""Sending stored files: conditional requests, ranges, streaming.

Django's FileResponse knows no ranges and under ASGI reads the whole file into memory.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import IO, Any

from django.core.files.storage import default_storage
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response

CHUNK = 256 * 1024
FOREVER = "private, max-age=31536000, immutable"

_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.I)


class Unsatisfiable(Exception):
    pass


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte asked for. None when the header says nothing usable, several ranges included:
    the whole file is the right answer then."""
    match = _RANGE.fullmatch(header)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        if int(last) == 0:
            raise Unsatisfiable
        return max(0, size - int(last)), size - 1
    start, end = int(first), int(last) if last else size - 1
    if last and end < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, min(end, size - 1)


def serve(
    request: HttpRequest, key: str, *, media_type: str, etag: str, cache: str = FOREVER, disposition: str | None = None
) -> HttpResponseBase:
    headers = {
        "Content-Type": media_type,
        "ETag": f'"{etag}"',
        "Cache-Control": cache,
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if disposition:
        headers["Content-Disposition"] = disposition
    plain = HttpResponse(headers=headers)
    answered = get_conditional_response(request, etag=headers["ETag"], response=plain)
    if answered is not None and answered is not plain:
        return answered
    try:
        file = default_storage.open(key, "rb")
        size = file.size
    except FileNotFoundError as error:
        raise Http404 from error

    status, span = 200, None
    if request.method == "GET" and request.headers.get("If-Range", headers["ETag"]) == headers["ETag"]:
        try:
            span = parse_range(request.headers.get("Range", ""), size)
        except Unsatisfiable:
            file.close()
            del headers["Content-Type"]
            return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    start, end = span or (0, size - 1)
    if span is not None:
        status, headers["Content-Range"] = 206, f"bytes {start}-{end}/{size}"
    length = end - start + 1
    headers["Content-Length"] = str(length)
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status, headers=headers)
    file.seek(start)
    if length <= CHUNK:
        with file:
            return HttpResponse(file.read(length), status=status, headers=headers)
    _release_connections()
    chunks = _achunks(file, length) if isinstance(request, ASGIRequest) else _chunks(file, length)
    return FileStream(file, chunks, status=status, headers=headers)


class FileStream(StreamingHttpResponse):
    def __init__(self, file: IO[bytes], chunks: Any, **kwargs: Any) -> None:
        self.file = file
        super().__init__(chunks, **kwargs)

    def close(self) -> None:
        # the generator's own end is not enough: a client may leave before it has begun
        self.file.close()
        super().close()


def _chunks(file: IO[bytes], length: int) -> Iterator[bytes]:
    while length > 0 and (data := file.read(min(CHUNK, length))):
        length -= len(data)
        yield data


async def _achunks(file: IO[bytes], length: int) -> AsyncIterator[bytes]:
    while length > 0 and (data := await asyncio.to_thread(file.read, min(CHUNK, length))):
        length -= len(data)
        yield data


def _release_connections() -> None:
    """A slow reader must not hold a database connection for as long as the file takes."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()

"""The one place that opens sockets for API calls.

`run()` and `arun()` drive the same flow with a sync or an async client. Network errors are thrown
into the flow as our own: what certainly never left is `Unavailable`, what may have arrived is
`Unavailable` with `maybe_accepted`. Replies are read whole, but never past a cap, and redirects are
refused: they would carry our key to another host.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn, TypeVar

import httpx

from .base import Flow
from .clients import TIMEOUT
from .errors import InvalidResponse, ProviderError, Unavailable

T = TypeVar("T")

#: bytes of an API reply, after decompression
MAX_REPLY_BYTES = 8 * 1024 * 1024
#: seconds that a whole call may take, however slowly the reply drips
MAX_CALL_SECONDS = 120.0

#: a request that ended like this never left this machine
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

# ── driving a flow ───────────────────────────────────────────────────────────


def run(
    flow: Flow[T],
    client: httpx.Client,
    *,
    max_bytes: int = MAX_REPLY_BYTES,
    max_seconds: float = MAX_CALL_SECONDS,
) -> T:
    """What the flow returns. Raises whatever ProviderError it raises, network errors among them."""
    try:
        request = next(flow)
        while True:
            try:
                response = _send(client, request, max_bytes, max_seconds)
            except ProviderError as error:
                request = flow.throw(error)
            else:
                request = flow.send(response)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        flow.close()


async def arun(
    flow: Flow[T],
    client: httpx.AsyncClient,
    *,
    max_bytes: int = MAX_REPLY_BYTES,
    max_seconds: float = MAX_CALL_SECONDS,
    prepare_in_thread: bool = False,
) -> T:
    """As `run()`, without blocking. A flow whose first step reads files or works on pictures is to be
    prepared in a thread."""
    try:
        first = await _begin_in_thread(flow) if prepare_in_thread else _begin(flow)
        if isinstance(first, StopIteration):
            raise first
        request = first
        while True:
            try:
                response = await _asend(client, request, max_bytes, max_seconds)
            except ProviderError as error:
                request = flow.throw(error)
            else:
                request = flow.send(response)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        flow.close()


def _begin(flow: Flow[Any]) -> httpx.Request | StopIteration:
    # returned, as a StopIteration can't leave a thread
    try:
        return next(flow)
    except StopIteration as stop:
        return stop


async def _begin_in_thread(flow: Flow[Any]) -> httpx.Request | StopIteration:
    beginning = asyncio.ensure_future(asyncio.to_thread(_begin, flow))
    try:
        return await asyncio.shield(beginning)
    except asyncio.CancelledError:
        # a generator that still runs can't be closed
        await asyncio.wait({beginning})
        raise


def _send(client: httpx.Client, request: httpx.Request, max_bytes: int, max_seconds: float) -> httpx.Response:
    end = time.monotonic() + max_seconds
    try:
        response = client.send(_dress(request), stream=True, follow_redirects=False)
        try:
            _refuse_redirect(response)
            body = bytearray()
            decoder = BoundedDecoder(_encoding(response), max_bytes)
            for chunk in _raw(response):
                body += decoder.feed(chunk)
                if time.monotonic() > end:
                    raise TimeoutError
            decoder.finish()
        finally:
            response.close()
    except _FAILURES as error:
        _translate(error)
    return _whole(response, request, bytes(body))


async def _asend(
    client: httpx.AsyncClient, request: httpx.Request, max_bytes: int, max_seconds: float
) -> httpx.Response:
    try:
        async with asyncio.timeout(max_seconds):
            # a service may be silent for as long as the whole call may take
            request.extensions = {"timeout": {**TIMEOUT.as_dict(), "read": max_seconds}, **request.extensions}
            response = await client.send(_dress(request), stream=True, follow_redirects=False)
            try:
                _refuse_redirect(response)
                body = bytearray()
                decoder = BoundedDecoder(_encoding(response), max_bytes)
                async for chunk in _araw(response):
                    body += decoder.feed(chunk)
                decoder.finish()
            finally:
                await response.aclose()
    except _FAILURES as error:
        _translate(error)
    return _whole(response, request, bytes(body))


@asynccontextmanager
async def aopen(
    client: httpx.AsyncClient, request: httpx.Request, *, max_bytes: int, max_seconds: float
) -> AsyncIterator[tuple[httpx.Response, AsyncIterator[bytes]]]:
    """An answer that is read while it comes: its head, and its decoded pieces. Protected as those of `arun()`; both
    the head and the pieces raise ProviderError."""
    end = asyncio.get_running_loop().time() + max_seconds
    request.extensions = {"timeout": TIMEOUT.as_dict(), **request.extensions}
    try:
        async with asyncio.timeout_at(end):
            response = await client.send(_dress(request), stream=True, follow_redirects=False)
    except _FAILURES as error:
        _translate(error)
    pieces = _pieces(response, max_bytes, end)
    try:
        _refuse_redirect(response)
        yield response, pieces
    finally:
        await pieces.aclose()
        await response.aclose()


async def _pieces(response: httpx.Response, max_bytes: int, end: float) -> AsyncGenerator[bytes, None]:
    try:
        decoder = BoundedDecoder(_encoding(response), max_bytes)
        chunks = _araw(response)
        while True:
            # never around a yield: who reads would be interrupted in work of their own
            async with asyncio.timeout_at(end):
                chunk = await anext(chunks, None)
            if chunk is None:
                break
            yield decoder.feed(chunk)
        decoder.finish()
    except _FAILURES as error:
        _translate(error)


def _dress(request: httpx.Request) -> httpx.Request:
    request.headers.setdefault("User-Agent", "Atelier")
    request.headers.setdefault("Accept", "application/json")
    request.headers.setdefault("Accept-Encoding", "gzip, identity")
    return request


def _encoding(response: httpx.Response) -> str:
    # a response made by a mock transport is already read and decoded, and has no raw stream left
    return "" if response.is_stream_consumed else response.headers.get("content-encoding", "")


def _raw(response: httpx.Response) -> Iterator[bytes]:
    return iter((response.content,)) if response.is_stream_consumed else response.iter_raw()


async def _araw(response: httpx.Response) -> AsyncIterator[bytes]:
    if response.is_stream_consumed:
        yield response.content
        return
    async for chunk in response.aiter_raw():
        yield chunk


def _refuse_redirect(response: httpx.Response) -> None:
    if 300 <= response.status_code < 400:
        raise InvalidResponse(code=f"redirect_{response.status_code}", request_id=request_id(response))


def _whole(response: httpx.Response, request: httpx.Request, body: bytes) -> httpx.Response:
    headers = [
        (name, value)
        for name, value in response.headers.multi_items()
        if name.lower() not in {"content-encoding", "content-length", "transfer-encoding"}
    ]
    return httpx.Response(response.status_code, headers=headers, content=body, request=request)


def _translate(error: Exception) -> NoReturn:
    if isinstance(error, _NEVER_SENT):
        raise Unavailable(code=type(error).__name__) from error
    if isinstance(error, httpx.TransportError | TimeoutError):
        raise Unavailable(code=type(error).__name__, maybe_accepted=True) from error
    raise InvalidResponse(code=getattr(error, "code", type(error).__name__), maybe_accepted=True) from error


# ── reading bodies ───────────────────────────────────────────────────────────


class BodyTooLarge(Exception):
    """More bytes than asked for."""

    code = "reply_too_large"


class BodyUnreadable(Exception):
    """A content encoding that we did not ask for or that is broken."""

    code = "broken_encoding"


_FAILURES = (httpx.RequestError, httpx.StreamError, TimeoutError, BodyTooLarge, BodyUnreadable)


class BoundedDecoder:
    """Undoes a content encoding without ever holding more than `max_bytes`, as httpx's own would.

    Raises BodyTooLarge as soon as either side of the decoding passes the cap.
    """

    def __init__(self, encoding: str, max_bytes: int) -> None:
        self._left = max_bytes
        self._raw_left = max_bytes
        self._begun = False
        name = encoding.strip().lower()
        if name in {"", "identity"}:
            self._inflate: Any = None
        elif name in {"gzip", "x-gzip"}:
            self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        elif name == "deflate":
            self._inflate = zlib.decompressobj()
        else:
            raise BodyUnreadable(name)

    def feed(self, chunk: bytes) -> bytes:
        self._begun = True
        self._raw_left -= len(chunk)
        if self._raw_left < 0:
            raise BodyTooLarge
        if self._inflate is None:
            return self._count(chunk)
        try:
            # one byte more than allowed is enough to know
            data: bytes = self._inflate.decompress(chunk, self._left + 1)
        except zlib.error as error:
            raise BodyUnreadable from error
        return self._count(data)

    def finish(self) -> None:
        """Raises BodyUnreadable when the compressed body ended too early."""
        if self._inflate is not None and self._begun and not self._inflate.eof:
            raise BodyUnreadable

    def _count(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise BodyTooLarge
        return data


def read_json(response: httpx.Response, secrets: Iterable[str] = ()) -> Any:
    """The reply's JSON, held to what can be stored. Raises InvalidResponse, whose `raw` is without the `secrets`."""
    try:
        return storable(json.loads(response.content, parse_constant=_refuse_constant))
    except (ValueError, RecursionError) as error:
        raise InvalidResponse(
            code="not_json",
            request_id=request_id(response),
            raw=redact(response.content[:3000].decode("utf-8", "replace"), secrets)[:2000],
        ) from error


def storable(value: Any) -> Any:
    """The same value with what no database takes (NUL, lone surrogates) replaced in its texts."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {storable(name): storable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def retry_after(response: httpx.Response) -> float | None:
    """Seconds of the Retry-After header, at most an hour; None when it has none that can be read."""
    value = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        seconds = float(value)
    else:
        try:
            then = parsedate_to_datetime(value)
            seconds = then.timestamp() - _now_there(response)
        except (ValueError, OverflowError):
            return None
    return min(max(seconds, 0.0), 3600.0)


def _now_there(response: httpx.Response) -> float:
    """The service's own clock where it tells it: ours may differ."""
    try:
        return parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except ValueError:
        return time.time()


_REQUEST_IDS = ("x-request-id", "x-ca-request-id", "x-acs-request-id", "eagleeye-traceid", "x-trace-id")


def request_id(response: httpx.Response) -> str:
    """The id under which the service's people can find this call."""
    for name in _REQUEST_IDS:
        if value := response.headers.get(name):
            return str(value)[:200]
    return ""


# ── keeping secrets out of what is kept ──────────────────────────────────────

REMOVED = "[removed]"
_SECRET_NAMES = frozenset(
    {
        "access_token",
        "api-key",
        "api_key",
        "apikey",
        "authorization",
        "cookie",
        "password",
        "proxy-authorization",
        "secret",
        "set-cookie",
        "token",
        "x-api-key",
        "x-youchuan-app",
        "x-youchuan-secret",
    }
)
_AUTH_SCHEME = re.compile(r"\b(Bearer|Basic|APPCODE)\s+[A-Za-z0-9._~+/=-]+", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^/\s?#@]+@")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def redact(value: Any, secrets: Iterable[str] = ()) -> Any:
    """A copy that may be logged and stored: secret headers and fields emptied, secret values cut out of texts.

    `secrets` are credential values; those of fewer than four characters are only removed where they stand alone.
    Also replaces what no database takes: NUL, lone surrogates, infinite numbers.
    """
    known = tuple(sorted((item for item in secrets if item), key=len, reverse=True))
    return _redact(value, known, 0)


def _redact(value: Any, secrets: tuple[str, ...], depth: int) -> Any:
    if depth > 100:
        return REMOVED
    if isinstance(value, httpx.Headers):
        value = dict(value.multi_items())
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return _redact_text(value, secrets)
    if isinstance(value, Mapping):
        return {
            _redact_text(str(name), secrets): REMOVED
            if str(name).lower() in _SECRET_NAMES
            else _redact(item, secrets, depth + 1)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_redact(item, secrets, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return _redact_text(str(value), secrets)


def _redact_text(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        if text == secret:
            return REMOVED
        if len(secret) >= 4:
            text = text.replace(secret, REMOVED)
    text = _AUTH_SCHEME.sub(lambda match: f"{match[1]} {REMOVED}", text)
    text = _USERINFO.sub(f"{REMOVED}@", text)
    return _UNSTORABLE.sub("\ufffd", text)

"""Driving flows, sync and async alike: errors, caps, redirects, redaction."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
import zlib
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from providers.clients import ClientPool, make_async_client, make_client, ssl_context
from providers.errors import InvalidResponse, ProviderError, Unavailable
from providers.transport import (
    MAX_REPLY_BYTES,
    BodyTooLarge,
    BodyUnreadable,
    BoundedDecoder,
    arun,
    read_json,
    redact,
    request_id,
    retry_after,
    run,
)

from .web import Web, serving

URL = "https://service.example/x"
Handler = Callable[[httpx.Request], httpx.Response]
Drive = Callable[..., Any]


def one(url: str = URL, method: str = "GET") -> Generator[httpx.Request, httpx.Response, httpx.Response]:
    return (yield httpx.Request(method, url, headers={"x-youchuan-secret": "s3cret"}))


def run_sync(flow: Any, handler: Handler | None = None, **more: Any) -> Any:
    transport = httpx.MockTransport(handler) if handler else None
    with httpx.Client(transport=transport, trust_env=False) as client:
        return run(flow, client, **more)


def run_async(flow: Any, handler: Handler | None = None, **more: Any) -> Any:
    async def go() -> Any:
        transport = httpx.MockTransport(handler) if handler else None
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            return await arun(flow, client, **more)

    return asyncio.run(go())


@pytest.fixture(params=[run_sync, run_async], ids=["run", "arun"])
def drive(request: pytest.FixtureRequest) -> Drive:
    found: Drive = request.param
    return found


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as server:
        yield server


def ok(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"a": 1})


def test_a_flow_of_several_requests(drive: Drive) -> None:
    def flow() -> Generator[httpx.Request, httpx.Response, list[int]]:
        first = yield httpx.Request("GET", URL)
        second = yield httpx.Request("POST", URL, json=first.json())
        return [first.status_code, second.status_code]

    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.content))
        return ok(request)

    assert drive(flow(), answer) == [200, 200]
    assert seen == [("GET", b""), ("POST", b'{"a":1}')]


def test_a_flow_without_requests(drive: Drive) -> None:
    def flow() -> Generator[httpx.Request, httpx.Response, int]:
        return 7
        yield

    assert drive(flow(), ok) == 7


def test_a_flow_is_begun_in_a_thread_when_asked() -> None:
    threads = []

    def flow() -> Generator[httpx.Request, httpx.Response, int]:
        threads.append(threading.get_ident())
        response = yield httpx.Request("GET", URL)
        threads.append(threading.get_ident())
        return response.status_code

    assert run_async(flow(), ok, prepare_in_thread=True) == 200
    assert threads[0] != threading.get_ident() == threads[1]


def test_what_is_raised_in_the_thread_arrives() -> None:
    def refused() -> Generator[httpx.Request, httpx.Response, int]:
        raise InvalidResponse("no")
        yield

    def at_once() -> Generator[httpx.Request, httpx.Response, int]:
        return 7
        yield

    with pytest.raises(InvalidResponse):
        run_async(refused(), ok, prepare_in_thread=True)
    assert run_async(at_once(), ok, prepare_in_thread=True) == 7


def test_a_canceled_preparation_ends_before_its_flow_is_closed() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), []

    def flow() -> Generator[httpx.Request, httpx.Response, None]:
        begun.set()
        may_end.wait(10)
        try:
            yield httpx.Request("GET", URL)
        finally:
            ended.append("closed")

    async def go() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(ok), trust_env=False) as client:
            task = asyncio.ensure_future(arun(flow(), client, prepare_in_thread=True))
            await asyncio.to_thread(begun.wait, 10)
            task.cancel()
            await asyncio.sleep(0)
            may_end.set()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(go())
    assert ended == ["closed"]


@pytest.mark.parametrize(
    ("error", "maybe_accepted"),
    [
        (httpx.ConnectError, False),
        (httpx.ConnectTimeout, False),
        (httpx.PoolTimeout, False),
        (httpx.UnsupportedProtocol, False),
        (httpx.ReadTimeout, True),
        (httpx.WriteTimeout, True),
        (httpx.ReadError, True),
        (httpx.WriteError, True),
        (httpx.CloseError, True),
        (httpx.RemoteProtocolError, True),
        (httpx.LocalProtocolError, True),
        (httpx.ProxyError, True),
    ],
)
def test_network_errors(drive: Drive, error: type[httpx.TransportError], maybe_accepted: bool) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("broken", request=request)

    with pytest.raises(Unavailable) as caught:
        drive(one(), fail)
    assert caught.value.maybe_accepted is maybe_accepted
    assert caught.value.code == error.__name__
    assert caught.value.retryable


def test_a_flow_may_go_on_after_an_error(drive: Drive) -> None:
    def flow() -> Generator[httpx.Request, httpx.Response, int]:
        try:
            yield httpx.Request("GET", URL + "/broken")
        except Unavailable:
            response = yield httpx.Request("GET", URL)
            return response.status_code
        return 0

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("broken"):
            raise httpx.ReadTimeout("slow", request=request)
        return ok(request)

    assert drive(flow(), answer) == 200


def test_the_flow_is_closed_whatever_happens(drive: Drive) -> None:
    closed = []

    def flow() -> Generator[httpx.Request, httpx.Response, None]:
        try:
            yield httpx.Request("GET", URL)
        finally:
            closed.append(True)

    def bug(_request: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        drive(flow(), bug)
    assert closed == [True]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 304])
def test_redirects_are_refused_and_not_followed(drive: Drive, status: int) -> None:
    hosts = []

    def redirect(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(status, headers={"location": "https://elsewhere.example/"})

    with pytest.raises(InvalidResponse) as caught:
        drive(one(), redirect)
    assert hosts == ["service.example"]
    assert not caught.value.maybe_accepted


def test_a_real_reply_is_read_whole(drive: Drive, web: Web) -> None:
    body = json.dumps({"a": "x" * 300_000}).encode()
    url = web.page("/", gzip.compress(body), content_encoding="gzip", x_request_id="r-1")
    response = drive(one(url))
    assert response.content == body
    assert response.request.url == url
    assert "content-encoding" not in response.headers
    assert request_id(response) == "r-1"
    assert web.seen[0][1]["user-agent"] == "Atelier"


@pytest.mark.parametrize("headers", [{}, {"content_length": ""}], ids=["length given", "no length"])
def test_replies_have_a_cap(drive: Drive, web: Web, headers: dict[str, Any]) -> None:
    url = web.page("/", b"x" * 3000, **headers)
    with pytest.raises(InvalidResponse) as caught:
        drive(one(url), max_bytes=2999)
    assert caught.value.code == "reply_too_large"
    assert caught.value.maybe_accepted
    assert len(drive(one(url), max_bytes=3000).content) == 3000


def test_the_cap_counts_what_comes_out_of_the_compression(drive: Drive, web: Web) -> None:
    url = web.page("/", gzip.compress(b"x" * (MAX_REPLY_BYTES + 1)), content_encoding="gzip")
    with pytest.raises(InvalidResponse):
        drive(one(url))


@pytest.mark.parametrize(("encoding", "body"), [("gzip", b"plain"), ("br", b"x"), ("gzip", gzip.compress(b"x")[:-9])])
def test_broken_encodings(drive: Drive, web: Web, encoding: str, body: bytes) -> None:
    url = web.page("/", body, content_encoding=encoding)
    with pytest.raises(InvalidResponse) as caught:
        drive(one(url))
    assert caught.value.maybe_accepted


def test_a_reply_cut_off(drive: Drive, web: Web) -> None:
    url = web.page("/", b"half", content_length="1000")
    with pytest.raises(Unavailable) as caught:
        drive(one(url))
    assert caught.value.maybe_accepted


def test_nobody_listens(drive: Drive) -> None:
    with serving() as web:
        url = web.origin
    with pytest.raises(Unavailable) as caught:
        drive(one(url))
    assert not caught.value.maybe_accepted


def test_time_has_a_cap(drive: Drive, web: Web) -> None:
    url = web.page("/", b"x" * 10)
    with pytest.raises(Unavailable) as caught:
        drive(one(url), max_seconds=-1)
    assert caught.value.maybe_accepted


# ── bodies ───────────────────────────────────────────────────────────────────


def test_decoder_deflate_and_identity() -> None:
    decoder = BoundedDecoder("deflate", 100)
    assert decoder.feed(zlib.compress(b"hello")) == b"hello"
    decoder.finish()
    assert BoundedDecoder("identity", 5).feed(b"hello") == b"hello"
    BoundedDecoder("gzip", 5).finish()  # a reply without a body


def test_decoder_never_holds_a_bomb() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    with pytest.raises(BodyTooLarge):
        BoundedDecoder("gzip", 1000).feed(bomb[:900])
    with pytest.raises(BodyTooLarge):
        BoundedDecoder("gzip", 1000).feed(bomb)
    with pytest.raises(BodyUnreadable):
        BoundedDecoder("zstd", 1000)


@pytest.mark.parametrize("content", [b"", b"{", b"NaN", b"[" * 200_000, b"\xff", b"1" * 5000])
def test_json_that_is_none(content: bytes) -> None:
    with pytest.raises(InvalidResponse):
        read_json(httpx.Response(200, content=content))


DATE = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "999999"}, 3600),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "²"}, None),
        (
            {
                "retry-after": format_datetime(DATE, usegmt=True),
                "date": format_datetime(DATE.replace(second=0), usegmt=True),
            },
            30,
        ),
        ({"retry-after": format_datetime(DATE.replace(year=2000), usegmt=True)}, 0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert retry_after(httpx.Response(429, headers=encoded)) == seconds


# ── redaction ────────────────────────────────────────────────────────────────


def test_redact_headers_in_any_spelling() -> None:
    headers = httpx.Headers({"X-Youchuan-App": "a1", "x-youchuan-secret": "b2", "Authorization": "c3", "accept": "d4"})
    assert redact(headers) == {
        "x-youchuan-app": "[removed]",
        "x-youchuan-secret": "[removed]",
        "authorization": "[removed]",
        "accept": "d4",
    }
    assert "b2" not in str(redact({"X-YOUCHUAN-SECRET": "b2"}))


def test_redact_values_wherever_they_stand() -> None:
    secrets = ["s3cret-value", "s3cret", "ab", ""]
    value: dict[str, Any] = {
        "list": ["x s3cret-value y", ("s3cret",), {"s3cret": 1}],
        "bytes": b"a s3cret b",
        "short": "ab",
        "word": "about",
        "number": 5,
        "none": None,
        "auth": "Bearer abc.def-ghi, Basic dXNlcg==",
        "url": "https://user:pass@host.example/a@b",
        "object": ValueError("s3cret"),
    }
    found = redact(value, secrets)
    assert "s3cret" not in str(found)
    assert "dXNlcg" not in str(found) and "abc.def" not in str(found) and "pass" not in str(found)
    assert found["url"] == "https://[removed]@host.example/a@b"
    assert (found["short"], found["word"], found["number"], found["none"]) == ("[removed]", "about", 5, None)
    assert value["list"][0] == "x s3cret-value y"  # the original is left alone


def test_redact_gives_what_a_database_can_store() -> None:
    found = redact({"a\x00": "b\ud800", "c": float("inf"), "d": json.loads("1e999")})
    json.dumps(found, allow_nan=False).encode()
    assert "\x00" not in str(found)
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    redact(deep)


# ── clients ──────────────────────────────────────────────────────────────────


def test_clients_share_one_context_and_ignore_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert ssl_context() is ssl_context()
    with make_client() as client:
        assert not client.follow_redirects and not client.trust_env
        assert client.timeout.connect and client.timeout.read and client.timeout.write and client.timeout.pool

    async def check() -> None:
        async with make_async_client() as client:
            assert not client.follow_redirects and not client.trust_env

    asyncio.run(check())


def test_pool_takes_turns_and_closes() -> None:
    async def go() -> None:
        async with ClientPool(clients=3, connections=2) as pool:
            picked = [pool.pick("slow") for _ in range(6)]
            assert len(set(map(id, picked))) == 3
            assert picked[:3] == picked[3:]
            others = [pool.pick("quick") for _ in range(3)]
            assert not set(map(id, picked)) & set(map(id, others)), "services don't wait for one another"
            assert not any(client.is_closed for client in picked + others)
        assert all(client.is_closed for client in picked + others)

    asyncio.run(go())


def test_pool_drives_many_flows_at_once(web: Web) -> None:
    url = web.page("/", b"{}")

    async def go() -> list[httpx.Response]:
        async with ClientPool(clients=3, connections=2) as pool:
            return await asyncio.gather(*(arun(one(url), pool.pick("web")) for _ in range(30)))

    assert [response.status_code for response in asyncio.run(go())] == [200] * 30


def test_every_error_of_the_transport_is_ours(drive: Drive) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.DecodingError("broken", request=request)

    with pytest.raises(ProviderError) as caught:
        drive(one(), fail)
    assert caught.value.maybe_accepted

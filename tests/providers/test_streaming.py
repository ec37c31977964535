"""Answers that come piece by piece: streams that end, break, refuse, or are none."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest

from providers.chats import Chat, ChatPiece
from providers.clients import make_async_client
from providers.errors import ContentRejected, InvalidResponse, ProviderError, RateLimited, Unavailable
from providers.streaming import astream_chat

from .web import Web, serving

URL = "https://service.example/chat"
Answer = Callable[[httpx.Request], httpx.Response]


def read_line(line: str) -> ChatPiece | None:
    """A word a line; "!" ends, "?" is an error, "{…}" a whole answer."""
    if line.startswith("{"):
        return ChatPiece(text=json.loads(line)["text"], finish="stop")
    if line.startswith("?"):
        raise ContentRejected("Refused.", code="inside")
    return {"": None, "!": ChatPiece(finish="stop")}.get(line, ChatPiece(text=line))


def refusal(response: httpx.Response, body: bytes) -> ProviderError:
    return RateLimited(code=f"http_{response.status_code}", raw=body.decode())


def chat(url: str = URL) -> Chat:
    return Chat(httpx.Request("POST", url, json={}), read_line, refusal)


class Pieces(httpx.AsyncByteStream):
    """A body that comes in these pieces; an exception among them is where it breaks."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = pieces
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def aclose(self) -> None:
        self.closed = True


def listen(answer: Answer, **more: Any) -> tuple[list[str], ProviderError | None]:
    """The words that came, and the error they ended with."""

    async def go() -> tuple[list[str], ProviderError | None]:
        words = []
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), trust_env=False) as client:
            try:
                async for piece in astream_chat(chat(), client, **more):
                    words.append(piece.text or piece.finish)
            except ProviderError as error:
                return words, error
        return words, None

    return asyncio.run(go())


def streaming(*pieces: bytes | Exception, status: int = 200, **headers: str) -> Answer:
    named = {"content-type": "text/event-stream", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return lambda _request: httpx.Response(status, headers=named, stream=Pieces(*pieces))


def test_lines_however_they_are_cut() -> None:
    whole = "Hé\r\nwörld\n\n!\n".encode()
    expected = (["Hé", "wörld", "stop"], None)
    assert listen(streaming(whole)) == expected
    assert listen(streaming(*(bytes([byte]) for byte in whole))) == expected
    assert listen(streaming(whole.rstrip(b"\n"))) == expected, "the last line needs no end"


def test_a_compressed_stream() -> None:
    assert listen(streaming(gzip.compress(b"a\n!\n"), content_encoding="gzip")) == (["a", "stop"], None)


BREAKS = [httpx.ReadError("gone"), httpx.ReadTimeout("silence"), httpx.RemoteProtocolError("cut short")]


@pytest.mark.parametrize("broken", BREAKS, ids=lambda error: type(error).__name__)
def test_a_stream_that_breaks_gives_what_came(broken: Exception) -> None:
    words, error = listen(streaming(b"a\nb\nhalf a li", broken))
    assert words == ["a", "b"]
    assert isinstance(error, Unavailable) and (error.code, error.maybe_accepted) == ("stream_broken", True)


def test_a_stream_that_just_ends_is_broken() -> None:
    for pieces in ((b"a\nb\n",), (b"a\nb",), ()):
        words, error = listen(streaming(*pieces))
        assert words == ["a", "b"][: 2 * len(pieces)]
        assert isinstance(error, Unavailable) and error.code == "stream_broken"


def test_a_compressed_stream_that_ends_too_early() -> None:
    words, error = listen(streaming(gzip.compress(b"a\n!\n")[:-4], content_encoding="gzip"))
    assert words[:1] == ["a"] and isinstance(error, InvalidResponse)


def test_what_breaks_after_the_end_does_not_matter() -> None:
    assert listen(streaming(b"a\n!\n", httpx.ReadError("gone"))) == (["a", "stop"], None)


def test_an_error_inside_the_stream() -> None:
    words, error = listen(streaming(b"a\n?\nb\n!\n"))
    assert words == ["a"] and isinstance(error, ContentRejected) and error.code == "inside"


def test_a_refusal_is_read_by_the_adapter() -> None:
    words, error = listen(streaming(b'{"err', b'or": 1}', status=429))
    assert words == [] and isinstance(error, RateLimited)
    assert (error.code, error.raw) == ("http_429", '{"error": 1}')


def test_an_answer_that_is_not_streamed() -> None:
    document = json.dumps({"text": "whole"}, indent=4).encode()
    assert listen(streaming(document[:9], document[9:], content_type="application/json; charset=utf-8")) == (
        ["whole"],
        None,
    )
    assert listen(lambda _request: httpx.Response(200, json={"text": "whole"})) == (["whole"], None)


def test_a_stream_that_calls_itself_a_document() -> None:
    assert listen(streaming(b"a\nb\n!\n", content_type="application/json")) == (["a", "b", "stop"], None)
    words, error = listen(streaming(b"a\nb\n", httpx.ReadError("gone"), content_type="application/json"))
    assert words == ["a", "b"] and isinstance(error, Unavailable)


def test_redirects_are_refused() -> None:
    words, error = listen(streaming(status=307, location="https://elsewhere.example/"))
    assert words == [] and isinstance(error, InvalidResponse) and error.code == "redirect_307"


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
def test_an_answer_has_a_cap(kind: str) -> None:
    words, error = listen(streaming(b"a\n", b"b" * 50, b"c" * 50, content_type=kind), max_bytes=60)
    assert words == (["a"] if kind == "text/event-stream" else [])
    assert isinstance(error, InvalidResponse) and error.code == "reply_too_large"


def test_a_refusal_has_a_cap() -> None:
    error = listen(streaming(b"x" * 100, status=500), max_bytes=60)[1]
    assert isinstance(error, InvalidResponse) and error.code == "reply_too_large"


def test_a_bomb_is_not_unpacked() -> None:
    error = listen(streaming(gzip.compress(b"x" * 1_000_000), content_encoding="gzip"), max_bytes=10_000)[1]
    assert isinstance(error, InvalidResponse) and error.code == "reply_too_large"


@pytest.mark.parametrize(
    ("failure", "maybe"),
    [
        (httpx.ConnectError("no"), False),
        (httpx.ConnectTimeout("no"), False),
        (httpx.ReadTimeout("no"), True),
        (httpx.RemoteProtocolError("no"), True),
    ],
)
def test_connections_that_never_came_about(failure: Exception, maybe: bool) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise failure

    words, error = listen(fail)
    assert words == [] and isinstance(error, Unavailable) and error.maybe_accepted is maybe


def test_an_answer_that_takes_too_long() -> None:
    class Silent(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"a\n"
            await asyncio.Event().wait()

    words, error = listen(lambda _request: httpx.Response(200, stream=Silent()), max_seconds=0.05)
    assert words == ["a"] and isinstance(error, Unavailable) and error.code == "stream_broken"


def test_whoever_reads_slowly_is_not_interrupted() -> None:
    async def go() -> list[str]:
        words = []
        clock = asyncio.get_running_loop().time
        async with httpx.AsyncClient(transport=httpx.MockTransport(streaming(b"a\n!\n")), trust_env=False) as client:
            over = clock() + 0.01
            async for piece in astream_chat(chat(), client, max_seconds=0.01):
                # the time runs out while work is done between two pieces
                while clock() <= over:
                    await asyncio.sleep(0)
                words.append(piece.text or piece.finish)
        return words

    assert asyncio.run(go()) == ["a", "stop"]


def test_listening_may_stop_early() -> None:
    body = Pieces(b"a\n", b"b\n", b"!\n")

    async def go() -> None:
        transport = httpx.MockTransport(lambda _request: httpx.Response(200, stream=body))
        async with (
            httpx.AsyncClient(transport=transport, trust_env=False) as client,
            aclosing(astream_chat(chat(), client)) as pieces,
        ):
            async for piece in pieces:
                assert piece.text == "a"
                break

    asyncio.run(go())
    assert body.closed


# ── over a real connection ───────────────────────────────────────────────────


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as server:
        yield server


def listen_to(url: str) -> tuple[list[str], ProviderError | None]:
    async def go() -> tuple[list[str], ProviderError | None]:
        words = []
        async with make_async_client() as client:
            try:
                async for piece in astream_chat(chat(url), client):
                    words.append(piece.text or piece.finish)
            except ProviderError as error:
                return words, error
        return words, None

    return asyncio.run(go())


def chunked(*lines: bytes, ends: bool) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        for line in lines:
            handler.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        if ends:
            handler.wfile.write(b"0\r\n\r\n")

    return answer


def test_a_real_stream(web: Web) -> None:
    assert listen_to(web.custom("/chat", chunked(b"a\n", b"b\n!\n", ends=True))) == (["a", "b", "stop"], None)
    words, error = listen_to(web.custom("/broken", chunked(b"a\n", b"b\n", ends=False)))
    assert words == ["a", "b"] and isinstance(error, Unavailable) and error.code == "stream_broken"


def test_nobody_there() -> None:
    with serving() as gone:
        url = gone.origin + "/chat"
    words, error = listen_to(url)
    assert words == [] and isinstance(error, Unavailable) and not error.maybe_accepted

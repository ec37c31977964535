"""Answers that come piece by piece.

`astream_chat()` sends a question that an adapter has made and gives what it reads of the answer, line for line, with
the protections of `transport.arun()`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import httpx

from .chats import Chat, ChatPiece
from .errors import Unavailable
from .transport import aopen
from .words import gettext_noop as _

#: bytes of a whole answer, after decompression
MAX_ANSWER_BYTES = 8 * 1024 * 1024
#: seconds that a whole answer may take; thinking takes minutes
MAX_ANSWER_SECONDS = 600.0

_BROKE_OFF = _("The answer broke off. Ask again.")


async def astream_chat(
    chat: Chat,
    client: httpx.AsyncClient,
    *,
    max_bytes: int = MAX_ANSWER_BYTES,
    max_seconds: float = MAX_ANSWER_SECONDS,
) -> AsyncGenerator[ChatPiece, None]:
    """The pieces of the answer as they come. An answer that was not streamed is one piece.

    Raises the ProviderError of a refusal or of an error inside the stream. One that ends without having said why is
    `Unavailable` (`stream_broken`), after the pieces that came. Close it (`aclose()`) to stop listening early.
    """
    ended = False
    async with aopen(client, chat.request, max_bytes=max_bytes, max_seconds=max_seconds) as (response, pieces):
        if not response.is_success:
            raise chat.refusal(response, b"".join([piece async for piece in pieces]))
        async with aclosing(_lines(response, pieces)) as lines:
            while True:
                try:
                    line = await anext(lines, None)
                except Unavailable as error:
                    if ended:
                        # only the count of its tokens is lost
                        return
                    raise Unavailable(_BROKE_OFF, code="stream_broken", maybe_accepted=True) from error
                if line is None:
                    break
                piece = chat.read_line(line)
                if piece is not None:
                    ended = ended or bool(piece.finish)
                    yield piece
    if not ended:
        raise Unavailable(_BROKE_OFF, code="stream_broken", maybe_accepted=True)


async def _lines(response: httpx.Response, pieces: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    """The lines of the body; a whole JSON document is one line. What came of it is given before an error is raised."""
    is_document = response.headers.get("content-type", "").split(";")[0].strip().lower() == "application/json"
    rest = bytearray()
    broken: Unavailable | None = None
    try:
        async for piece in pieces:
            rest += piece
            if b"\n" in piece and not is_document:
                *whole, last = rest.split(b"\n")
                rest = bytearray(last)
                for line in whole:
                    yield _text(line)
    except Unavailable as error:
        broken = error
    if not is_document:
        if rest and broken is None:
            yield _text(rest)
    elif _is_json(rest):
        yield _text(rest)
    else:
        # some call a stream of lines a document
        for line in rest.split(b"\n"):
            yield _text(line)
    if broken is not None:
        raise broken


def _text(line: bytes | bytearray) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")


def _is_json(body: bytes | bytearray) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True

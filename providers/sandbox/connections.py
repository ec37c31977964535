"""Cutting a connection as a failing network does, which ASGI has no words for."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_open: dict[tuple[Any, ...], asyncio.Transport] = {}


class SandboxProtocol(H11Protocol):
    """uvicorn's own protocol; it only remembers which transport belongs to which client."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn asks for this kind
        super().connection_made(transport)
        if self.client and self.server:
            _open[(*self.client, *self.server)] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client and self.server:
            _open.pop((*self.client, *self.server), None)
        super().connection_lost(exc)


async def hang_up(scope: Scope, receive: Receive, *, politely: bool = False) -> None:
    """Close the client's connection now; politely sends first what was already written.

    Without a real server under it (httpx.ASGITransport) it raises ConnectionResetError, which the caller sees.
    """
    transport = _open.get((*(scope.get("client") or ()), *(scope.get("server") or ())))
    if transport is None:
        raise ConnectionResetError("the sandbox closed the connection")
    if politely:
        transport.close()
    else:
        transport.abort()
    while (await receive())["type"] != "http.disconnect":  # so that the server does not answer for us
        pass

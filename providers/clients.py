"""Connections to services: clients that know nothing of the environment, and a few of them for each service."""

from __future__ import annotations

import asyncio
import functools
import itertools
import ssl
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import httpx

TIMEOUT = httpx.Timeout(connect=10, read=60, write=60, pool=30)
#: An idle connection that the service closes at the moment we send on it makes a submit that nobody knows the
#: fate of. So we let go long before any usual server does (load balancers: 15 s and more).
KEEP_ALIVE_SECONDS = 5
CONNECTIONS_PER_CLIENT = 10
CLIENTS_PER_POOL = 10


@functools.lru_cache(maxsize=1)
def ssl_context() -> ssl.SSLContext:
    """One for all clients: making one costs 25 ms."""
    return httpx.create_ssl_context(trust_env=False)


def _settings(connections: int) -> dict[str, Any]:
    return {
        "verify": ssl_context(),
        "trust_env": False,
        "follow_redirects": False,
        "timeout": TIMEOUT,
        "limits": httpx.Limits(
            max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=KEEP_ALIVE_SECONDS
        ),
    }


def make_client(connections: int = CONNECTIONS_PER_CLIENT) -> httpx.Client:
    """A client for `run()`. The environment's proxies and certificates are not looked at."""
    return httpx.Client(**_settings(connections))


def make_async_client(connections: int = CONNECTIONS_PER_CLIENT) -> httpx.AsyncClient:
    """A client for `arun()`."""
    return httpx.AsyncClient(**_settings(connections))


class ClientPool:
    """A few small clients for each service instead of one large: the cost of httpx's own pool grows with its square,
    and a service that keeps its connections waiting keeps nobody else's.

    async with ClientPool() as pool:
        snapshot = await arun(provider.fetch(remote_id), pool.pick(provider.slug))
    """

    def __init__(self, clients: int = CLIENTS_PER_POOL, connections: int = CONNECTIONS_PER_CLIENT) -> None:
        self._size = (clients, connections)
        self._clients: list[httpx.AsyncClient] = []
        self._turns: dict[str, Iterator[httpx.AsyncClient]] = {}

    def pick(self, service: str) -> httpx.AsyncClient:
        """The client of this service whose turn it is."""
        if service not in self._turns:
            clients, connections = self._size
            made = [make_async_client(connections) for _ in range(clients)]
            self._clients += made
            self._turns[service] = itertools.cycle(made)
        return next(self._turns[service])

    async def __aenter__(self) -> ClientPool:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await asyncio.gather(*(client.aclose() for client in self._clients), return_exceptions=True)

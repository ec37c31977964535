"""What the sandbox asks of the network: pictures that prompts refer to, and callbacks to post."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from typing import Any
from urllib.parse import urlsplit

import httpx

from .render import UnusableReferenceError
from .settings import Settings

log = logging.getLogger("providers.sandbox")


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_web_url(text: str) -> bool:
    """An absolute http(s) address without blanks."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(c.isspace() for c in text)


class Fetcher:
    """Downloads and callbacks. Loopback is never reached through a proxy of the environment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clients: dict[bool, httpx.AsyncClient] = {}
        self.callbacks_delivered = 0

    async def close(self) -> None:
        clients = list(self._clients.values())
        self._clients.clear()
        for client in clients:
            await client.aclose()

    async def fetch(self, url: str, limit: int | None = None) -> bytes:
        """The bytes behind the link; UnusableReferenceError for anything but a whole 200 within the limits.

        ``limit`` in bytes is for services whose documents name one; the sandbox's own holds for the others.
        """
        limit, patience = limit or self._settings.download_limit, self._settings.download_timeout
        try:
            async with (
                asyncio.timeout(patience * 2),
                self._client(url).stream("GET", url, timeout=patience, follow_redirects=True) as response,
            ):
                if response.status_code != 200:
                    raise UnusableReferenceError(f"{url} answers {response.status_code}")
                chunks, size = [], 0
                async for chunk in response.aiter_bytes():
                    size += len(chunk)
                    if size > limit:
                        raise UnusableReferenceError(f"{url} has more than {limit} bytes")
                    chunks.append(chunk)
                return b"".join(chunks)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise UnusableReferenceError(f"{url}: {error!r}") from error

    async def post_callback(self, url: str, body: dict[str, Any]) -> bool:
        """One try and two more; True when somebody acknowledged it."""
        if not (is_loopback(url) or urlsplit(url).hostname in self._settings.callback_hosts):
            log.warning("callback to %s not posted: neither loopback nor allowed with --allow-callback", url)
            return False
        for attempt in range(3):
            if attempt:
                await asyncio.sleep(self._settings.callback_pause * attempt)
            try:
                response = await self._client(url).post(url, json=body, timeout=self._settings.callback_timeout)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                log.info("callback to %s: %r", url, error)
                continue
            if response.is_success:
                self.callbacks_delivered += 1
                return True
            log.info("callback to %s answered %s", url, response.status_code)
        return False

    def _client(self, url: str) -> httpx.AsyncClient:
        direct = is_loopback(url)
        if direct not in self._clients:
            self._clients[direct] = httpx.AsyncClient(trust_env=not direct)
        return self._clients[direct]

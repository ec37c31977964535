"""The one safe way to fetch an address that somebody gave us: a service's results, a pasted picture link.

The name is resolved once, every address it has is judged against the table below, and the connection
goes to exactly an address that was judged, with the name as Host and in TLS. Each redirect is a new
address and is judged anew. Bytes are counted as they come, after decompression, and land in a
temporary file.

    FetchProblem
    ├── FetchRefused   an address that we do not ask: private, odd port, password inside, https → http
    ├── FetchFailed    no answer, a broken one, or one that is no success; may be tried again
    ├── FetchTooLarge  more bytes than allowed
    └── FetchExpired   403, 404 or 410: the link is no longer good
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import socket
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

import httpx

from .clients import ssl_context
from .transport import BodyTooLarge, BodyUnreadable, BoundedDecoder
from .words import gettext_noop as _

logger = logging.getLogger(__name__)

MAX_REDIRECTS = 4
PORTS = frozenset({80, 443, 8080, 8443})
MAX_URL_LENGTH = 4096

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

# ── what can go wrong ────────────────────────────────────────────────────────


class FetchProblem(Exception):
    """`user_message` is for people, `code` for logs; neither holds the address, which may be signed."""

    retryable: ClassVar[bool] = False
    default_message: ClassVar[str] = _("This address could not be fetched.")

    def __init__(self, code: str, user_message: str = "") -> None:
        self.code = code
        self.user_message = user_message or self.default_message
        super().__init__(f"{code}: {self.user_message}")


class FetchRefused(FetchProblem):
    default_message = _("This address can't be used. It has to be a public http or https address.")


class FetchFailed(FetchProblem):
    retryable = True
    default_message = _("The file could not be fetched from its address.")


class FetchTooLarge(FetchProblem):
    default_message = _("The file at this address is too large.")


class FetchExpired(FetchProblem):
    default_message = _("The file is no longer available at its address.")


# ── what is asked and what comes back ────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Limits of one fetch.

    `max_bytes` counts after decompression; `timeout_seconds` is for all of it, redirects included.
    `allowed_origins` like "http://127.0.0.1:8001" (exact scheme, host and port) are exempt from the rules on
    addresses, hosts and ports. `allowed_hosts` may have private addresses; a name that begins with a dot stands
    for everything below it. `folder` is where temporary files go.
    """

    max_bytes: int
    timeout_seconds: float = 60
    allowed_origins: frozenset[str] = frozenset()
    allowed_hosts: frozenset[str] = frozenset()
    folder: Path | None = None


@dataclass(slots=True)
class Fetched:
    """A file on disk that is deleted by `close()` or at the end of a `with`.

    `media_type` is what the other side claims, `final_url` where the redirects ended.
    """

    path: Path
    size: int
    media_type: str
    final_url: str

    @property
    def body(self) -> bytes:
        return self.path.read_bytes()

    def close(self) -> None:
        """Deletes the file, where it still is."""
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Fetched:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


# ── which addresses are public ───────────────────────────────────────────────

#: Everything that is not the public internet, from the IANA special-purpose registries, plus two hosts of cloud
#: providers. `ipaddress.is_global` is no substitute: it is true for several of these.
NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' own; Alibaba's metadata service lives here
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host agent
        "169.254.0.0/16",  # link-local; metadata services
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "::/96",  # unspecified, loopback, v4-compatible
        "64:ff9b:1::/48",  # local NAT64
        "100::/64",  # discard
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fc00::/7",  # unique local
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local
        "ff00::/8",  # multicast
    )
)
#: what has been handed out of IPv6 for public use; all else is refused even where the table forgets it
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet. IPv4 inside IPv6 is judged as what it is."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip.sixtofour is not None and not is_public(str(ip.sixtofour)):
            return False
        if ip not in _GLOBAL_V6:
            return False
    return not any(ip.version == network.version and ip in network for network in NOT_PUBLIC)


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses that the operating system knows for a name."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


# ── fetching ─────────────────────────────────────────────────────────────────


async def afetch(url: str, policy: FetchPolicy, *, resolver: Resolver = system_resolver) -> Fetched:
    """The file behind an address. Raises FetchProblem; nothing stays on disk then."""
    try:
        async with asyncio.timeout(policy.timeout_seconds):
            return await _follow(url, policy, resolver)
    except TimeoutError as error:
        raise FetchFailed("timeout", _("The file took too long to arrive.")) from error


def fetch(url: str, policy: FetchPolicy, *, resolver: Resolver = system_resolver) -> Fetched:
    """As `afetch()`, for code in a thread without a running event loop."""
    return asyncio.run(afetch(url, policy, resolver=resolver))


async def _follow(url: str, policy: FetchPolicy, resolver: Resolver) -> Fetched:
    target = _parse(url)
    for _hop in range(MAX_REDIRECTS + 1):
        answer = await _hop_to(target, policy, resolver)
        if isinstance(answer, Fetched):
            return answer
        following = _parse(answer, base=target)
        if target.scheme == "https" and following.scheme == "http":
            raise FetchRefused("downgrade")
        target = following
    raise FetchFailed("too_many_redirects")


def _parse(url: str, base: httpx.URL | None = None) -> httpx.URL:
    if len(url) > MAX_URL_LENGTH or any(ord(letter) <= 32 or letter in "\\\x7f" for letter in url):
        raise FetchRefused("bad_url")
    try:
        parsed = httpx.URL(url) if base is None else base.join(url)
        scheme, host, port = parsed.scheme, parsed.host, parsed.port
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise FetchRefused("bad_url") from error
    if scheme not in {"http", "https"} or not host or port == 0:
        raise FetchRefused("bad_url")
    if parsed.userinfo:
        raise FetchRefused("password_in_url", _("An address with a name or password inside can't be used."))
    return parsed.copy_with(fragment=None)


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, _port(url)


def _is_allowed_origin(url: httpx.URL, policy: FetchPolicy) -> bool:
    return _origin(url) in {_origin(httpx.URL(origin)) for origin in policy.allowed_origins}


def _is_allowed_host(host: str, policy: FetchPolicy) -> bool:
    name = host.lower().rstrip(".")
    return any(
        name.endswith(allowed.lower()) if allowed.startswith(".") else name == allowed.lower()
        for allowed in policy.allowed_hosts
    )


async def _addresses(url: httpx.URL, policy: FetchPolicy, resolver: Resolver) -> Sequence[str]:
    """Where to connect. Refuses when only one of the name's addresses is not public: it may be a lure."""
    port, exempt = _port(url), _is_allowed_origin(url, policy)
    if not exempt and port not in PORTS:
        raise FetchRefused("port")
    try:
        # raw_host: names outside ASCII in the form that DNS knows
        found = list(await resolver(url.raw_host.decode("ascii"), port))
    except (OSError, UnicodeError) as error:
        raise FetchFailed("no_such_host", _("There is no such host. Check the address.")) from error
    if not found:
        raise FetchFailed("no_such_host", _("There is no such host. Check the address."))
    exempt = exempt or _is_allowed_host(url.host, policy)
    if not exempt and not all(is_public(address) for address in found):
        raise FetchRefused("private_address")
    return found


async def _hop_to(url: httpx.URL, policy: FetchPolicy, resolver: Resolver) -> Fetched | str:
    """The file, or the address of the next hop."""
    addresses = await _addresses(url, policy, resolver)
    failure: Exception | None = None
    for address in addresses:
        try:
            return await _ask(url, address, policy)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failure = error
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            raise FetchFailed(type(error).__name__) from error
    raise FetchFailed(type(failure).__name__) from failure


async def _ask(url: httpx.URL, address: str, policy: FetchPolicy) -> Fetched | str:
    host = url.raw_host.decode("ascii")
    request = httpx.Request(
        "GET",
        # the connection goes to the judged address; the name stays in Host and in TLS
        url.copy_with(host=address),
        headers={
            "Host": url.netloc.decode("ascii"),
            "User-Agent": "Atelier",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
        },
        extensions={"sni_hostname": host} if url.scheme == "https" else {},
    )
    # a client of its own: a kept connection or cookie of another name at the same address must not be used
    async with httpx.AsyncClient(
        verify=ssl_context(), trust_env=False, follow_redirects=False, timeout=httpx.Timeout(30, connect=10)
    ) as client:
        response = await client.send(request, stream=True)
        try:
            if response.status_code in {301, 302, 303, 307, 308}:
                location = response.headers.get("location", "")
                if not location:
                    raise FetchFailed("redirect_to_nowhere")
                return str(location)
            _check_status(response.status_code)
            return await _save(response, url, policy)
        finally:
            await response.aclose()


def _check_status(status: int) -> None:
    if status in {403, 404, 410}:
        raise FetchExpired(f"http_{status}")
    if status != 200:
        raise FetchFailed(f"http_{status}")


async def _save(response: httpx.Response, url: httpx.URL, policy: FetchPolicy) -> Fetched:
    claimed = response.headers.get("content-length", "")
    if claimed.isascii() and claimed.isdigit() and int(claimed[:20]) > policy.max_bytes:
        raise FetchTooLarge("content_length")
    handle, name = tempfile.mkstemp(prefix="atelier-", dir=policy.folder)
    path, size = Path(name), 0
    try:
        with os.fdopen(handle, "wb") as file:
            size = await _stream(response, file, policy.max_bytes)
        if not size:
            raise FetchFailed("empty")
    except BaseException as error:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        if isinstance(error, BodyTooLarge):
            raise FetchTooLarge("body") from error
        if isinstance(error, BodyUnreadable):
            raise FetchFailed("broken_encoding") from error
        raise
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Fetched(path, size, media_type, str(url))


async def _stream(response: httpx.Response, file: IO[bytes], max_bytes: int) -> int:
    decoder = BoundedDecoder(response.headers.get("content-encoding", ""), max_bytes)
    size = 0
    async for chunk in response.aiter_raw():
        data = decoder.feed(chunk)
        size += len(data)
        file.write(data)
    decoder.finish()
    return size

"""The safe client: which addresses it asks, what it follows, what it takes."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from providers import fetching
from providers.fetching import (
    Fetched,
    FetchExpired,
    FetchFailed,
    FetchPolicy,
    FetchProblem,
    FetchRefused,
    FetchTooLarge,
    afetch,
    fetch,
    is_public,
)

from .web import Web, serving


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as server:
        yield server


@pytest.fixture
def get(web: Web, tmp_path: Path) -> Iterator[Callable[..., Fetched]]:
    """Fetches with the test server allowed; afterwards nothing but what was fetched may lie in the folder."""
    kept = []

    def go(url: str, *, resolver: Any = fetching.system_resolver, **limits: Any) -> Fetched:
        limits.setdefault("allowed_origins", frozenset({web.origin}))
        policy = FetchPolicy(**{"max_bytes": 1000, "timeout_seconds": 20, "folder": tmp_path, **limits})
        fetched = fetch(url, policy, resolver=resolver)
        kept.append(fetched.path)
        return fetched

    yield go
    assert {path for path in kept if path.exists()} == set(tmp_path.iterdir())


def resolving(*addresses: str) -> Any:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


# ── addresses ────────────────────────────────────────────────────────────────

PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.255
168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1
198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::8.8.8.8 64:ff9b:1:7f00:1::
100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:db8::1
2002:7f00:1:: 2002:a00:1:: 2002:c0a8:101::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 febf::1
fec0::1 ff02::1 4000::1 8000::1 e000::1
"""

PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 47.74.1.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 168.63.129.17
172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1 223.255.255.255
2001:4860:4860::8888 2400:3200::1 2606:4700:4700::1111 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "0x7f000001", "01.2.3.4", "1.2.3.4.5", ":::"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "64:ff9b::7f00:1", "::ffff:127.0.0.1", "fec0::1"])
def test_a_name_with_a_private_address_is_refused(get: Any, address: str) -> None:
    for answers in ([address], ["8.8.8.8", address], [address, "8.8.8.8"]):
        with pytest.raises(FetchRefused) as caught:
            get("http://pictures.example/a.png", resolver=resolving(*answers))
        assert caught.value.code == "private_address"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://017700000001/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fe80::1]/",
        "http://0/",
        "http://10.0.0.1:8080/",
        "https://169.254.169.254/latest/meta-data",
    ],
)
def test_private_addresses_spelled_in_the_url(get: Any, url: str) -> None:
    # the operating system reads the odd spellings; where it does not, there is no such host
    with pytest.raises((FetchRefused, FetchFailed)) as caught:
        get(url)
    assert caught.value.code in {"private_address", "no_such_host", "bad_url"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "pictures.example/a.png",
        "//pictures.example/a.png",
        "ftp://pictures.example/a",
        "file:///etc/passwd",
        "data:image/png;base64,AA",
        "http://",
        "http:///a",
        "http://user@pictures.example/",
        "http://user:pw@pictures.example/",
        "http://:pw@pictures.example/",
        "http://pictures.example/a b",
        "http://pictures.example\\@127.0.0.1/",
        "http://pictures.example/\r\nX: y",
        "http://pictures.example:0/",
        "http://pictures.example:99999/",
        "http://pictures.example:22/",
        "http://pictures.example:6379/",
        "http://[::1",
        "http://" + "a" * 5000,
        "http://pictures.example/\x00",
    ],
)
def test_urls_that_are_refused(get: Any, url: str) -> None:
    with pytest.raises(FetchRefused):
        get(url, resolver=resolving("8.8.8.8"))


def test_names_that_do_not_resolve(get: Any) -> None:
    async def nobody(host: str, port: int) -> Sequence[str]:
        raise OSError("no such host")

    for resolver in (nobody, resolving()):
        with pytest.raises(FetchFailed) as caught:
            get("http://pictures.example/", resolver=resolver)
        assert caught.value.code == "no_such_host"


def test_allowed_hosts_may_be_private_and_no_others(get: Any) -> None:
    allowed = frozenset({"pictures.example", ".cdn.example"})
    for url in ("http://evil.example/", "http://notpictures.example/", "http://pictures.example.evil.example/"):
        with pytest.raises(FetchRefused) as caught:
            get(url, allowed_hosts=allowed, resolver=resolving("10.0.0.1"))
        assert caught.value.code == "private_address"
    # judged and let through: what follows is a connection that nobody answers
    for url in ("http://PICTURES.example/", "http://a.cdn.example/"):
        with pytest.raises(FetchFailed):
            get(url, allowed_hosts=allowed, resolver=resolving("127.0.0.2"))


def test_an_allowed_origin_is_exact(web: Web, get: Any) -> None:
    web.page("/")
    assert get(f"{web.origin}/").body == b"hello"
    assert get(f"{web.origin}/", allowed_hosts=frozenset({"pictures.example"})).body == b"hello"
    with pytest.raises(FetchRefused):
        get(f"http://localhost:{web.port}/")
    with pytest.raises(FetchRefused):
        get(f"https://127.0.0.1:{web.port}/")
    with serving() as other, pytest.raises(FetchRefused):
        get(f"{other.origin}/")


# ── the connection ───────────────────────────────────────────────────────────


def test_the_connection_goes_to_the_judged_address_with_the_name_as_host(web: Web, get: Any) -> None:
    web.page("/a.png?x=1")
    asked = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    origin = f"http://pictures.example:{web.port}"
    fetched = get(f"{origin}/a.png?x=1#part", resolver=resolve, allowed_origins=frozenset({origin}))
    assert asked == [("pictures.example", web.port)]  # once: a second answer could differ
    assert web.seen[0][0] == "/a.png?x=1"
    assert web.seen[0][1]["host"] == f"pictures.example:{web.port}"
    assert web.seen[0][1]["accept-encoding"] == "identity"
    assert "cookie" not in web.seen[0][1] and "authorization" not in web.seen[0][1]
    assert fetched.final_url == f"{origin}/a.png?x=1"


def test_names_outside_ascii_are_asked_for_in_their_dns_form(web: Web, get: Any) -> None:
    web.page("/")
    asked = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    origin = f"http://bücher.example:{web.port}"
    get(f"{origin}/", resolver=resolve, allowed_origins=frozenset({origin}))
    assert asked == ["xn--bcher-kva.example"]


def test_the_next_address_is_tried_when_one_does_not_answer(web: Web, get: Any) -> None:
    web.page("/")
    origin = f"http://pictures.example:{web.port}"
    found = get(f"{origin}/", resolver=resolving("::1", "127.0.0.1"), allowed_origins=frozenset({origin}))
    assert found.body == b"hello"


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server that is `name` and of a client that believes it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / f"{name}.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=pem)


def test_tls_is_held_to_the_name_and_not_to_the_address(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, get: Any
) -> None:
    server, client = certificate(tmp_path_factory.mktemp("tls"), "pictures.example")
    monkeypatch.setattr(fetching, "ssl_context", lambda: client)
    names = []
    server.sni_callback = lambda _socket, name, _context: names.append(name)
    with serving(server) as web:
        web.page("/")
        good, bad = f"https://pictures.example:{web.port}", f"https://other.example:{web.port}"
        allowed = frozenset({good, bad})
        assert get(f"{good}/", resolver=resolving("127.0.0.1"), allowed_origins=allowed).body == b"hello"
        with pytest.raises(FetchFailed):
            get(f"{bad}/", resolver=resolving("127.0.0.1"), allowed_origins=allowed)
    assert names == ["pictures.example", "other.example"]


# ── redirects ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(web: Web, get: Any, status: int) -> None:
    web.page("/a", status=status, location="/b?x=1", set_cookie="session=1")
    web.page("/b?x=1", b"there")
    fetched = get(f"{web.origin}/a")
    assert fetched.body == b"there"
    assert fetched.final_url == f"{web.origin}/b?x=1"
    assert "cookie" not in web.seen[1][1]


def test_four_redirects_and_no_more(web: Web, get: Any) -> None:
    for hop in range(6):
        web.page(f"/{hop}", status=302, location=f"/{hop + 1}")
    web.page("/4", b"there")
    assert get(f"{web.origin}/0").body == b"there"
    web.page("/4", status=302, location="/5")
    with pytest.raises(FetchFailed) as caught:
        get(f"{web.origin}/0")
    assert caught.value.code == "too_many_redirects"


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]:8080/",
        "//10.0.0.1/",
        "ftp://pictures.example/",
        "file:///etc/passwd",
        "http://user:pw@8.8.8.8/",
        "http://8.8.8.8:22/",
        "http://8.8.8.8/a b",
    ],
)
def test_redirects_are_judged_anew(web: Web, get: Any, location: str) -> None:
    web.page("/", status=302, location=location)
    with pytest.raises(FetchRefused):
        get(f"{web.origin}/")


def test_a_redirect_to_nowhere(web: Web, get: Any) -> None:
    web.page("/", status=302)
    with pytest.raises(FetchFailed):
        get(f"{web.origin}/")


def test_https_is_never_left_for_http(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, get: Any, web: Web
) -> None:
    server, client = certificate(tmp_path_factory.mktemp("tls"), "pictures.example")
    monkeypatch.setattr(fetching, "ssl_context", lambda: client)
    with serving(server) as secure:
        origin = f"https://pictures.example:{secure.port}"
        secure.page("/", status=302, location=f"{web.origin}/")
        with pytest.raises(FetchRefused) as caught:
            get(f"{origin}/", resolver=resolving("127.0.0.1"), allowed_origins=frozenset({origin, web.origin}))
    assert caught.value.code == "downgrade"
    assert web.seen == []


# ── bytes and time ───────────────────────────────────────────────────────────


def test_a_file_comes_with_its_facts(web: Web, get: Any) -> None:
    url = web.page("/", b"x" * 1000, content_type="Image/PNG; charset=x")
    with get(url) as fetched:
        assert (fetched.size, fetched.media_type, fetched.final_url) == (1000, "image/png", url)
        assert fetched.path.read_bytes() == fetched.body == b"x" * 1000
    assert not fetched.path.exists()
    fetched.close()


def test_a_content_length_that_is_too_large_is_believed(web: Web, get: Any) -> None:
    web.page("/", b"x" * 1001)
    with pytest.raises(FetchTooLarge) as caught:
        get(f"{web.origin}/")
    assert caught.value.code == "content_length"


def test_one_that_is_missing_or_lies_is_not(web: Web, get: Any) -> None:
    web.page("/none", b"x" * 5000, content_length="")
    with pytest.raises(FetchTooLarge):
        get(f"{web.origin}/none")

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        while True:
            handler.wfile.write(b"400\r\n" + b"x" * 1024 + b"\r\n")

    web.custom("/endless", endless)
    with pytest.raises(FetchTooLarge):
        get(f"{web.origin}/endless", max_bytes=100_000)
    web.page("/short", b"x" * 10, content_length="500")
    with pytest.raises(FetchFailed):
        get(f"{web.origin}/short")


@pytest.mark.parametrize("claimed", ["²", "-1", "99999999999999999999999999", "1e3"])
def test_odd_content_lengths(web: Web, get: Any, claimed: str) -> None:
    def odd(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(f"HTTP/1.1 200 OK\r\ncontent-length: {claimed}\r\n\r\nhello".encode())

    web.custom("/", odd)
    with pytest.raises(FetchProblem):
        get(f"{web.origin}/")


def test_compression_that_was_not_asked_for_is_undone_within_the_cap(web: Web, get: Any) -> None:
    url = web.page("/", gzip.compress(b"x" * 1000), content_encoding="gzip")
    assert get(url).body == b"x" * 1000
    url = web.page("/bomb", gzip.compress(b"\0" * 10_000_000), content_encoding="gzip")
    with pytest.raises(FetchTooLarge):
        get(url, max_bytes=100_000)
    url = web.page("/other", b"x", content_encoding="br")
    with pytest.raises(FetchFailed):
        get(url)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, FetchExpired),
        (404, FetchExpired),
        (410, FetchExpired),
        (400, FetchFailed),
        (401, FetchFailed),
        (429, FetchFailed),
        (500, FetchFailed),
        (503, FetchFailed),
        (206, FetchFailed),
        (304, FetchFailed),
    ],
)
def test_statuses(web: Web, get: Any, status: int, kind: type[FetchProblem]) -> None:
    web.page("/", status=status)
    with pytest.raises(kind) as caught:
        get(f"{web.origin}/")
    assert type(caught.value) is kind
    assert caught.value.user_message.endswith(".")
    assert web.origin not in str(caught.value)


def test_nothing_is_no_file(web: Web, get: Any) -> None:
    with pytest.raises(FetchFailed) as caught:
        get(web.page("/", b""))
    assert caught.value.code == "empty"


def test_time_has_a_cap(web: Web, get: Any) -> None:
    release = threading.Event()

    def silent(handler: BaseHTTPRequestHandler) -> None:
        release.wait(20)

    web.custom("/", silent)
    try:
        with pytest.raises(FetchFailed) as caught:
            get(f"{web.origin}/", timeout_seconds=0.05)
    finally:
        release.set()
    assert caught.value.code == "timeout"


def test_a_half_fetched_file_is_removed_when_time_is_over(web: Web, get: Any, tmp_path: Path) -> None:
    release = threading.Event()

    def dripping(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "100")
        handler.end_headers()
        handler.wfile.write(b"x" * 50)
        release.wait(20)

    web.custom("/", dripping)
    try:
        with pytest.raises(FetchFailed):
            get(f"{web.origin}/", timeout_seconds=0.3)
    finally:
        release.set()
    assert list(tmp_path.iterdir()) == []


def test_a_resolver_that_hangs_is_given_up(get: Any) -> None:
    async def hang(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(FetchFailed) as caught:
        get("http://pictures.example/", resolver=hang, timeout_seconds=0.05)
    assert caught.value.code == "timeout"


def test_nobody_listens(get: Any) -> None:
    with serving() as gone:
        origin = gone.origin
    with pytest.raises(FetchFailed):
        get(f"{origin}/", allowed_origins=frozenset({origin}))


def test_many_at_once(web: Web, tmp_path: Path) -> None:
    policy = FetchPolicy(1000, allowed_origins=frozenset({web.origin}), folder=tmp_path)
    urls = [web.page(f"/{number}", str(number).encode()) for number in range(20)]

    async def go() -> list[Fetched]:
        return await asyncio.gather(*(afetch(url, policy) for url in urls))

    assert [fetched.body for fetched in asyncio.run(go())] == [str(number).encode() for number in range(20)]

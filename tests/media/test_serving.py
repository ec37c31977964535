"""Access, headers, ranges and links."""

from __future__ import annotations

import io

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.test import AsyncClient, Client
from django.urls import reverse
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from studio.accounts.models import Role
from studio.media import services, serving
from studio.media.models import Asset, Origin
from studio.media.serving import Unsatisfiable, parse_range
from tests.factories import make_user
from tests.media.pictures import encode


@pytest.fixture
def original(asset, team) -> str:
    return reverse("media:original", args=[team.slug, asset.pk])


@pytest.fixture
def thumb(asset, team) -> str:
    return reverse("media:rendition", args=[team.slug, asset.pk, "w320"])


@pytest.fixture
def member(alice, browser_of) -> Client:
    return browser_of(alice)


@pytest.fixture
def large(team, alice) -> Asset:
    """An original of several chunks."""
    noise = encode(Image.effect_noise((1100, 1000), 90), "PNG")
    assert len(noise) > 3 * serving.CHUNK
    prepared = services.prepare(noise, mode="result")
    with transaction.atomic():
        return services.record(prepared, team=team, user=alice, origin=Origin.RESULT)


# ── who ──────────────────────────────────────────────


@pytest.mark.parametrize("role", Role.values)
def test_every_member_sees_pictures(role, asset, original, thumb, team, browser_of):
    user = make_user()
    team.memberships.create(user=user, role=role)
    browser = browser_of(user)
    assert browser.get(original).status_code == browser.get(thumb).status_code == 200


@pytest.mark.parametrize("who", ["stranger", "staff", "superuser"])
def test_for_strangers_there_is_nothing(who, original, thumb, charlie, browser_of):
    charlie.is_staff, charlie.is_superuser = who != "stranger", who == "superuser"
    charlie.save()
    browser = browser_of(charlie)
    assert browser.get(original).status_code == browser.get(thumb).status_code == 404


def test_another_teams_address_does_not_open_it(asset, charlie, browser_of):
    theirs = charlie.memberships.get().team
    browser = browser_of(charlie)
    assert browser.get(reverse("media:original", args=[theirs.slug, asset.pk])).status_code == 404
    assert browser.get(reverse("media:rendition", args=[theirs.slug, asset.pk, "w320"])).status_code == 404


def test_signed_out_people_are_asked_to_sign_in(original, thumb, client):
    for url in (original, thumb):
        response = client.get(url)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("accounts:sign-in"))
        assert "immutable" not in response.get("Cache-Control", "")


@pytest.mark.parametrize("spec", ["w1536", "w99", "original"])
def test_a_rendition_that_is_not_there(spec, asset, team, member):
    assert member.get(reverse("media:rendition", args=[team.slug, asset.pk, spec])).status_code == 404


def test_an_impossible_number(team, member, asset):
    assert member.get(f"/t/{team.slug}/assets/{10**30}/original").status_code == 404


def test_a_missing_file_is_not_found(original, asset, member, media_root):
    (media_root / asset.storage_key).unlink()
    assert member.get(original).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_only_reading(method, original, thumb, member):
    assert getattr(member, method)(original).status_code == 405
    assert getattr(member, method)(thumb).status_code == 405


# ── what ─────────────────────────────────────────────


def test_an_original(original, member, png, asset):
    response = member.get(original)
    assert response.content == png
    assert response["Content-Type"] == "image/png"
    assert response["Content-Length"] == str(len(png))
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response["ETag"] == f'"{asset.sha256}"'
    assert response["Accept-Ranges"] == "bytes"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Content-Disposition" not in response


def test_a_rendition(thumb, member, asset, media_root):
    response = member.get(thumb)
    assert Image.open(io.BytesIO(response.content)).size == (320, 240)
    assert response["Content-Type"] == "image/webp"
    assert response["ETag"] == f'"{asset.sha256}-w320"'
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", 'attachment; filename="A reef at dawn.png"'),
        ("my reef", 'attachment; filename="my reef.png"'),
        ("my reef.JPG", 'attachment; filename="my reef.png"'),
        ("v1.5", 'attachment; filename="v1.5.png"'),
        ("../../etc/passwd", 'attachment; filename="etc passwd.png"'),
        ('a"b\r\nSet-Cookie: x=1', 'attachment; filename="a b Set-Cookie x=1.png"'),
        ("礁石", "attachment; filename*=utf-8''%E7%A4%81%E7%9F%B3.png"),
        ("..", 'attachment; filename="atelier-{pk}.png"'),
        ("a\u202egnp.exe", 'attachment; filename="a gnp.exe.png"'),
        ("x" * 200, f'attachment; filename="{"x" * 80}.png"'),
    ],
)
def test_downloading_under_a_safe_name(name, expected, original, member, asset):
    response = member.get(original, {"download": "1", "name": name})
    assert response["Content-Disposition"] == expected.replace("{pk}", str(asset.pk))


def test_head(original, large, team, member, png):
    for url, size in ((original, len(png)), (reverse("media:original", args=[team.slug, large.pk]), large.size)):
        response = member.head(url, headers={"Range": "bytes=0-9"})
        assert (response.status_code, response.content) == (200, b"")
        assert response["Content-Length"] == str(size)
        assert response["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("condition", "status"),
    [("{}", 304), ("W/{}", 304), ('"other", {}', 304), ("*", 304), ('"other"', 200)],
)
def test_what_the_browser_has_is_not_sent_again(condition, status, original, asset, member):
    etag = f'"{asset.sha256}"'
    response = member.get(original, headers={"If-None-Match": condition.format(etag)})
    assert response.status_code == status
    assert response["ETag"] == etag
    if status == 304:
        assert response.content == b""
        assert response["Cache-Control"] == "private, max-age=31536000, immutable"


def test_few_queries(original, thumb, member, django_assert_num_queries):
    for url in (original, thumb):
        with django_assert_num_queries(4):  # session, user, membership, asset
            member.get(url)


# ── ranges ───────────────────────────────────────────

RANGES = [
    ("bytes=0-9", 206, 0, 9),
    ("bytes=10-19", 206, 10, 19),
    ("bytes=5-", 206, 5, -1),
    ("bytes=-7", 206, -7, -1),
    ("bytes=0-", 206, 0, -1),
    ("bytes=0-0", 206, 0, 0),
    ("bytes=0-99999999", 206, 0, -1),
    ("bytes=-99999999", 206, 0, -1),
    ("Bytes = 3 - 5", 206, 3, 5),
    ("bytes=9-5", 200, 0, -1),
    ("bytes=-", 200, 0, -1),
    ("bytes=a-b", 200, 0, -1),
    ("bytes=0-1,4-5", 200, 0, -1),
    ("items=0-1", 200, 0, -1),
    ("bytes=٠-٩", 200, 0, -1),
    ("bytes=" + "9" * 5000 + "-", 200, 0, -1),
]


@pytest.mark.parametrize(("header", "status", "first", "last"), RANGES)
def test_ranges(header, status, first, last, original, member, png):
    response = member.get(original, headers={"Range": header})
    size = len(png)
    first, last = first % size, last % size
    assert response.status_code == status
    assert response.content == png[first : last + 1]
    assert response["Content-Length"] == str(last + 1 - first)
    assert response.get("Content-Range") == (f"bytes {first}-{last}/{size}" if status == 206 else None)


@pytest.mark.parametrize("header", ["bytes={size}-", "bytes=99999999-", "bytes=-0"])
def test_a_range_outside_the_file(header, original, member, png):
    response = member.get(original, headers={"Range": header.format(size=len(png))})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(png)}"
    assert response.content == b""


@pytest.mark.parametrize(
    ("condition", "status"),
    [('"{sha}"', 206), ('W/"{sha}"', 200), ('"other"', 200), ("Wed, 21 Oct 2026 07:28:00 GMT", 200)],
)
def test_if_range(condition, status, original, member, asset):
    headers = {"Range": "bytes=0-9", "If-Range": condition.format(sha=asset.sha256)}
    assert member.get(original, headers=headers).status_code == status


@hypothesis_settings(deadline=None)
@given(st.text(max_size=30) | st.from_regex(r"bytes=[0-9]{0,3}-[0-9]{0,3}", fullmatch=True), st.integers(1, 500))
def test_a_range_lies_within_the_file(header, size):
    try:
        span = parse_range(header, size)
    except Unsatisfiable:
        return
    assert span is None or 0 <= span[0] <= span[1] < size


# ── streaming ────────────────────────────────────────


def test_streaming_in_chunks(large, team, member, media_root):
    url = reverse("media:original", args=[team.slug, large.pk])
    whole = (media_root / large.storage_key).read_bytes()
    response = member.get(url)
    assert response.streaming
    assert not response.is_async
    chunks = list(response)
    assert max(map(len, chunks)) == serving.CHUNK
    assert b"".join(chunks) == whole
    response = member.get(url, headers={"Range": "bytes=1000-700999"})
    assert (response.status_code, response["Content-Length"]) == (206, "700000")
    assert b"".join(response) == whole[1000:701000]


@pytest.mark.parametrize(("header", "span"), [("", slice(None)), ("bytes=1000-700999", slice(1000, 701000))])
def test_streaming_under_asgi(header, span, large, team, alice, media_root):
    browser = AsyncClient()
    browser.force_login(alice)

    async def fetch() -> bytes:
        url = reverse("media:original", args=[team.slug, large.pk])
        response = await browser.get(url, headers={"Range": header} if header else {})
        assert response.is_async
        return b"".join([chunk async for chunk in response])

    assert async_to_sync(fetch)() == (media_root / large.storage_key).read_bytes()[span]


@pytest.mark.django_db(transaction=True)
def test_no_database_connection_is_held_while_streaming(large, team, member):
    response = member.get(reverse("media:original", args=[team.slug, large.pk]))
    assert connection.connection is None
    assert next(iter(response))


def test_a_reader_who_leaves_closes_the_file(large, team, member):
    response = member.get(reverse("media:original", args=[team.slug, large.pk]))
    next(iter(response))
    response.close()
    assert response.file.closed


# ── links for services ───────────────────────────────


def link(asset: Asset, **options) -> str:
    url = services.signed_input_url(asset, base_url="https://studio.example.org/", **options)
    assert url.startswith("https://studio.example.org/inputs/")
    return url.removeprefix("https://studio.example.org")


def test_a_signed_link_needs_no_session(asset, client, png, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = client.get(link(asset))
    assert (response.content, response["Content-Type"]) == (png, "image/png")
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies
    assert client.get(link(asset), headers={"Range": "bytes=0-3"}).status_code == 206
    assert client.head(link(asset))["Content-Length"] == str(len(png))


def test_an_expired_link(asset, client):
    assert client.get(link(asset, seconds=0)).status_code == 404
    assert client.get(link(asset, seconds=-1)).status_code == 404


def test_a_forged_link(asset, client, settings):
    good = link(asset)
    other_salt = services.signing.Signer(salt="other").sign_object([asset.pk, 9_999_999_999])
    for forged in (
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good.replace("/inputs/", "/inputs/x"),
        "/inputs/" + good.removeprefix("/inputs/").partition(":")[0],
        f"/inputs/{other_salt}",
        "/inputs/1",
    ):
        assert client.get(forged).status_code == 404, forged
    settings.SECRET_KEY = "another one"
    assert client.get(good).status_code == 404


def test_a_link_to_a_deleted_picture(asset, client):
    url = link(asset)
    asset.delete()
    assert client.get(url).status_code == 404

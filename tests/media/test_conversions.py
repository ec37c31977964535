"""GIF and WebM of a video: asked for once, made once, whoever works on it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from studio.accounts.models import Team, User
from studio.media import conversions, services
from studio.media.models import Asset, Conversion, ConversionState, Origin
from studio.media.problems import MediaProblem
from tests.media.films import film, greys, shade, streams
from tests.media.pictures import opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def video(team, alice) -> Asset:
    prepared = services.prepare(film(12, size=(640, 360), sound="aac"), mode="result")
    return recorded(prepared, team, alice)


def recorded(prepared: services.Prepared, team: Team, user: User) -> Asset:
    with transaction.atomic():
        return services.record(prepared, team=team, user=user, origin=Origin.RESULT, name="A reef")


def work(pk: int) -> Conversion:
    async_to_sync(conversions.work)(pk)
    return Conversion.objects.get(pk=pk)


def test_asking_twice_is_one_conversion_and_wakes_once(video, monkeypatch):
    woken = []
    monkeypatch.setattr(conversions, "_listeners", [])
    conversions.on_request(lambda: woken.append(1))
    first, second = conversions.request_conversion(video, "gif"), conversions.request_conversion(video, "gif")
    assert first == second
    assert woken == [1]
    assert conversions.waiting()
    conversions.request_conversion(video, "webm")
    assert woken == [1, 1], "another format"


def test_a_gif(video, team, alice, browser_of, media_root):
    pk = conversions.request_conversion(video, "gif").pk
    assert conversions.claim() == [pk]
    assert work(pk).state == ConversionState.DONE
    answer = browser_of(alice).get(reverse("media:converted", args=[team.slug, video.pk, "gif"]))
    data = answer.getvalue()
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/gif", "nosniff")
    assert answer["Content-Disposition"] == 'attachment; filename="A reef.gif"'
    assert Conversion.objects.get().size == len(data)
    picture = opened(data)
    assert (picture.size, picture.info["loop"]) == ((480, 270), 0)
    assert greys(data)[:3] == pytest.approx([shade(0), shade(1), shade(2)], abs=6)
    assert not conversions.waiting()


def test_a_webm_keeps_size_and_sound(video, team, alice, browser_of):
    pk = conversions.request_conversion(video, "webm").pk
    conversions.claim()
    assert work(pk).state == ConversionState.DONE
    answer = browser_of(alice).get(reverse("media:converted", args=[team.slug, video.pk, "webm"]))
    data = answer.getvalue()
    assert answer["Content-Type"] == "video/webm"
    assert streams(data) == [("video", "vp9"), ("audio", "opus")]
    assert greys(data) == pytest.approx([shade(number) for number in range(12)], abs=8)
    part = browser_of(alice).get(
        reverse("media:converted", args=[team.slug, video.pk, "webm"]), headers={"range": "bytes=0-3"}
    )
    assert (part.status_code, part.content) == (206, b"\x1aE\xdf\xa3")


def test_one_winner_and_few_at_once(video):
    first = conversions.request_conversion(video, "gif").pk
    second = conversions.request_conversion(video, "webm").pk
    assert conversions.claim() == [first]
    assert conversions.claim() == [], "one at a time"
    assert not conversions.waiting()
    Conversion.objects.filter(pk=first).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert conversions.claim(limit=5) == [first, second], "a lease that ran out is free again"
    assert Conversion.objects.get(pk=first).attempts == 2


def test_a_worker_that_lost_its_lease_writes_nothing(video, monkeypatch):
    pk = conversions.request_conversion(video, "gif").pk
    conversions.claim()
    stolen = timezone.now() + timedelta(seconds=300)
    real = services.decode

    def decode(*args, **options):
        answer = real(*args, **options)
        Conversion.objects.filter(pk=pk).update(lease_until=stolen)
        return answer

    monkeypatch.setattr(services, "decode", decode)
    found = work(pk)
    assert (found.state, found.lease_until) == (ConversionState.PENDING, stolen)


def test_a_video_deleted_meanwhile_leaves_nothing(video, monkeypatch, files):
    pk = conversions.request_conversion(video, "gif").pk
    conversions.claim()
    real = services.decode

    def decode(*args, **options):
        answer = real(*args, **options)
        services.delete_asset(video)
        return answer

    monkeypatch.setattr(services, "decode", decode)
    async_to_sync(conversions.work)(pk)
    assert not [name for name in files() if not name.startswith("work/")]


def test_a_canceled_one_is_free_for_the_next(video, monkeypatch):
    pk = conversions.request_conversion(video, "gif").pk
    conversions.claim()

    async def never(work):
        raise asyncio.CancelledError

    monkeypatch.setattr(services, "in_decoder", never)
    with pytest.raises(asyncio.CancelledError):
        async_to_sync(conversions.work)(pk)
    found = Conversion.objects.get(pk=pk)
    assert (found.state, found.lease_until, found.attempts) == (ConversionState.PENDING, None, 0)


def test_failure_is_said_and_may_be_tried_again(video, monkeypatch, team, alice, browser_of):
    pk = conversions.request_conversion(video, "gif").pk
    conversions.claim()

    def decode(*args, **options):
        raise MediaProblem("video_timeout")

    with monkeypatch.context() as patch:
        patch.setattr(services, "decode", decode)
        assert work(pk).problem == "Making the file took too long."
    page = browser_of(alice).get(reverse("media:conversion", args=[team.slug, video.pk, pk])).content.decode()
    assert "Making the file took too long." in page
    assert "hx-get" not in page, "it asks no more"
    conversions.request_conversion(video, "gif")
    assert conversions.claim() == [pk]
    assert work(pk).state == ConversionState.DONE


def test_what_kills_its_worker_is_given_up(video):
    pk = conversions.request_conversion(video, "gif").pk
    for _ in range(conversions.MAX_ATTEMPTS + 1):
        assert conversions.claim() == [pk]
        Conversion.objects.filter(pk=pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert work(pk).problem == "The file could not be made."


def test_only_videos_that_are_short_enough(video):
    with pytest.raises(MediaProblem, match="Only videos of up to 30 seconds can become GIF"):
        Asset.objects.filter(pk=video.pk).update(duration=31)
        conversions.request_conversion(Asset.objects.get(pk=video.pk), "gif")
    Asset.objects.filter(pk=video.pk).update(kind="image")
    with pytest.raises(MediaProblem, match="not a video"):
        conversions.request_conversion(Asset.objects.get(pk=video.pk), "gif")


def test_the_files_go_with_the_last_asset_of_their_content(video, team, alice, files):
    twin = recorded(services.prepare(film(12, size=(640, 360), sound="aac"), mode="result"), team, alice)
    pk = conversions.request_conversion(video, "gif").pk
    conversions.claim()
    work(pk)
    services.delete_asset(video)
    assert any(name.endswith(".gif") for name in files())
    services.delete_asset(twin)
    assert files() == set()


def test_asking_on_the_page(video, team, alice, bob, browser_of):
    url = reverse("media:convert", args=[team.slug, video.pk])
    page = browser_of(bob).post(url, {"format": "gif"}).content.decode()
    pk = Conversion.objects.get().pk
    status = reverse("media:conversion", args=[team.slug, video.pk, pk])
    assert f'hx-get="{status}"' in page
    assert browser_of(bob).get(reverse("media:converted", args=[team.slug, video.pk, "gif"])).status_code == 404
    conversions.claim()
    work(pk)
    page = browser_of(bob).get(status).content.decode()
    assert reverse("media:converted", args=[team.slug, video.pk, "gif"]) in page
    assert 'download="A reef.gif"' in page
    assert browser_of(bob).post(url, {"format": "exe"}).status_code == 422

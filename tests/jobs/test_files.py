"""The sentence for every bound of a service, crossed by as little as can be."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from django.http import QueryDict

from providers.params import MediaRule, Params, media
from studio.accounts.models import Membership
from studio.jobs import catalog, services
from studio.jobs.files import file_problem, total_problem
from studio.jobs.forms import OperationForm
from studio.media.models import Asset
from studio.media.services import FORMATS
from tests.jobs.fakes import CREATE, ONCE, FakeProvider


def picture(width: int = 1000, height: int = 1000, *, size: int = 1000, media_type: str = "image/png") -> Asset:
    return Asset(kind="image", media_type=media_type, size=size, width=width, height=height)


def video(seconds: float = 5, *, rate: float = 24, width: int = 1280, height: int = 720, size: int = 1000) -> Asset:
    return Asset(
        kind="video", media_type="video/mp4", size=size, width=width, height=height, duration=seconds, frame_rate=rate
    )


def sound(seconds: float = 5, *, media_type: str = "audio/wav") -> Asset:
    return Asset(kind="audio", media_type=media_type, size=1000, duration=seconds)


def of_video(**bounds) -> MediaRule:
    return MediaRule(kind="video", media_types=("video/mp4", "video/quicktime"), **bounds)


SHAPE = {"min_ratio": 0.4, "max_ratio": 2.5}
BETWEEN = "“it” has the wrong shape: width to height must be between 1:2.5 and 2.5:1."
MB = 1024 * 1024

CASES = {
    "kind: picture": (MediaRule(), video(), picture(), "“it” is no picture. Only pictures can be used here."),
    "kind: video": (of_video(), picture(), video(), "“it” is no video. Only videos can be used here."),
    "kind: audio": (
        MediaRule(kind="audio", media_types=("audio/wav", "audio/mpeg")),
        video(),
        sound(),
        "“it” is no sound file. Only sound files can be used here.",
    ),
    "media_types": (
        MediaRule(media_types=("image/jpeg", "image/png", "image/webp")),
        picture(media_type="image/avif"),
        picture(),
        "“it” has a format this service does not take; it takes JPEG, PNG, WebP.",
    ),
    "media_types: audio": (
        MediaRule(kind="audio", media_types=("audio/wav", "audio/x-wav", "audio/mpeg")),
        sound(media_type="audio/ogg"),
        sound(media_type="audio/mpeg"),
        "“it” has a format this service does not take; it takes WAV, MP3.",
    ),
    "media_types: video": (
        MediaRule(kind="video", media_types=("video/quicktime",)),
        video(),
        Asset(kind="video", media_type="video/quicktime", size=1),
        "“it” has a format this service does not take; it takes MOV.",
    ),
    "max_bytes": (
        MediaRule(max_bytes=10 * MB),
        picture(size=10 * MB + 1),
        picture(size=10 * MB),
        "“it” is too large for this service: it takes up to 10 MB.",
    ),
    "max_bytes: less than one": (
        MediaRule(max_bytes=MB // 2),
        picture(size=MB // 2 + 1),
        picture(size=MB // 2),
        "“it” is too large for this service: it takes up to 0.5 MB.",
    ),
    "min_side": (
        MediaRule(min_side=300),
        picture(1000, 299),
        picture(1000, 300),
        "“it” is too small: no side may be under 300 pixels.",
    ),
    "max_side": (
        MediaRule(max_side=6000),
        picture(6001, 100),
        picture(6000, 100),
        "“it” is too big: no side may be over 6000 pixels.",
    ),
    "min_pixels": (
        MediaRule(min_pixels=409_600),
        picture(640, 639),
        picture(640, 640),
        "“it” is too small with 640 × 639 pixels: the two multiplied must be at least 409,600.",
    ),
    "max_pixels": (
        of_video(max_pixels=927_408),
        video(width=964, height=963),
        video(width=962, height=964),
        "“it” is too big with 964 × 963 pixels: the two multiplied must be at most 927,408.",
    ),
    "min_ratio": (MediaRule(**SHAPE), picture(380, 1000), picture(400, 1000), BETWEEN),
    "max_ratio": (MediaRule(**SHAPE), picture(2520, 1000), picture(2500, 1000), BETWEEN),
    "max_ratio: open": (
        MediaRule(**SHAPE, open_ratio=True),
        picture(2500, 1000),
        picture(2499, 1000),
        "“it” has the wrong shape: width to height must be more than 1:2.5 and less than 2.5:1.",
    ),
    "min_ratio: alone": (
        MediaRule(min_ratio=0.125),
        picture(110, 1000),
        picture(125, 1000),
        "“it” is too narrow: width to height must be at least 1:8.",
    ),
    "max_ratio: alone": (
        MediaRule(max_ratio=16 / 9),
        picture(1900, 1000),
        picture(1600, 900),
        "“it” is too wide: width to height must be at most 1.78:1.",
    ),
    "min_seconds": (
        of_video(min_seconds=3),
        video(2.9),
        video(3),
        "“it” is too short with 2.9 seconds: it must have at least 3.",
    ),
    "max_seconds": (
        of_video(max_seconds=15.4),
        video(15.5),
        video(15.4),
        "“it” is too long with 15.5 seconds: it may have at most 15.4.",
    ),
    "min_rate": (
        of_video(min_rate=24, max_rate=60),
        video(rate=23.9),
        video(rate=24),
        "“it” has 23.9 frames a second: it must have between 24 and 60.",
    ),
    "max_rate": (
        of_video(min_rate=24, max_rate=60),
        video(rate=60.5),
        video(rate=60),
        "“it” has 60.5 frames a second: it must have between 24 and 60.",
    ),
    "min_rate: open, alone": (
        of_video(min_rate=8, open_rate=True),
        video(rate=8),
        video(rate=8.5),
        "“it” has 8 frames a second: it must have more than 8.",
    ),
    "max_rate: alone": (
        of_video(max_rate=60),
        video(rate=61),
        video(rate=60),
        "“it” has 61 frames a second: it may have at most 60.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_bound_crossed(case):
    rule, crosses, fits, sentence = CASES[case]
    assert str(file_problem(crosses, rule, "it")) == sentence
    assert file_problem(fits, rule, "it") is None


def test_every_bound_has_its_sentence():
    of_one_file = {item.name for item in fields(MediaRule)} - {"max_items", "max_total_seconds"}
    bounds = of_one_file - {"open_ratio", "open_rate", "spoken"}
    assert bounds == {case.split(":")[0] for case in CASES}


def test_every_kind_of_file_can_be_asked_for():
    for kind in FORMATS:
        other = picture() if kind != "image" else sound()
        assert file_problem(other, MediaRule(kind=kind.value), "it") is not None


@pytest.mark.parametrize(
    ("kind", "make", "sentence"),
    [
        ("video", video, "These videos are 15.5 seconds long together; this service takes up to 15 seconds."),
        ("audio", sound, "These sounds are 15.5 seconds long together; this service takes up to 15 seconds."),
    ],
)
def test_all_files_of_a_field_together(kind, make, sentence):
    rule = MediaRule(kind=kind, max_items=3, max_total_seconds=15)
    assert str(total_problem([make(5), make(5), make(5.5)], rule)) == sentence
    assert total_problem([make(5), make(5.005), make(5.005)], rule) is None, "containers count in ticks"
    assert total_problem([make(50)], MediaRule(kind=kind)) is None


class Films(Params):
    videos: tuple[str, ...] = media(of_video(max_items=3, max_seconds=10, max_total_seconds=15), label="Videos")


def form_with(team, *seconds: float) -> OperationForm:
    films = [video(length) for length in seconds]
    for number, film in enumerate(films):
        film.team, film.origin, film.sha256, film.name = team, "upload", str(number) * 64, f"film {number}.mp4"
        film.save()
    operation = replace(CREATE, params=Films)
    query = "&".join(f"videos={film.pk}" for film in films)
    return OperationForm(catalog.Entry(FakeProvider, ONCE), operation, team=team, data=QueryDict(query))


@pytest.mark.django_db
def test_a_form_says_it_beside_the_field(team):
    assert form_with(team, 5, 5, 5).is_valid()
    together = form_with(team, 5, 5, 6)
    assert str(together.errors["videos"]).startswith("These videos are 16 seconds long together")
    alone = form_with(team, 5, 11)
    assert str(alone.errors["videos"]) == "“film 1.mp4” is too long with 11 seconds: it may have at most 10."


@pytest.mark.django_db
def test_the_file_it_starts_from_counts_among_those_beside_it(team, alice):
    films = [
        Asset.objects.create(
            **{name: getattr(video(8), name) for name in ("kind", "media_type", "size", "duration", "frame_rate")},
            **{"width": 1280, "height": 720, "team": team, "origin": "upload", "sha256": str(number) * 64},
        )
        for number in range(2)
    ]
    entry = catalog.find("talkingdata:seedance-2-fast")
    operation = entry.model.operation("rework-video")
    with pytest.raises(services.CannotCreate) as refused:
        services.create_job(
            membership=Membership.objects.get(user=alice, team=team),
            entry=entry,
            operation=operation,
            params=operation.params(prompt="snow", videos=[f"asset:{films[1].pk}"]),
            request_key="request-key-1",
            source_asset=films[0],
        )
    assert refused.value.user_message.startswith("These videos are 16 seconds long together")

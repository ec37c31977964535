"""Every bound of a file that the pool's pages name, each crossed by one: what the emulated pool refuses of files that
would be too large, or too many kinds, to send in tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from providers.sandbox import talkingdata_ark_files as ark
from providers.sandbox.probing import Probe
from providers.sandbox.talkingdata_horses import EDIT, FIRST, REFERENCES, bounds_of
from providers.sandbox.talkingdata_vod_orders import BOUNDS

MB = 1024 * 1024
PICTURE = Probe("image", "png", 1000, 1000)
FILM = Probe("video", "mp4", 1000, 900, duration=5.0, frame_rate=24.0)
SOUND = Probe("audio", "wav", duration=5.0)

FRAME, REFERENCE, GIVEN, EDITED = (
    (FIRST, "first_frame"),
    (REFERENCES, "reference_image"),
    (EDIT, "reference_image"),
    (EDIT, "video"),
)
#: (model and role, bytes, what the file is just within its bounds, how it crosses one of them)
HORSES: list[tuple[tuple[str, str], int, dict[str, Any], dict[str, Any]]] = [
    *[(role, 20 * MB, {"format": kind}, {}) for role in (FRAME, REFERENCE, GIVEN) for kind in ("jpeg", "png", "webp")],
    *[(role, 1, {}, {"format": kind}) for role in (FRAME, REFERENCE, GIVEN) for kind in ("gif", "bmp", "tiff", "heic")],
    *[(role, 1, {"width": 300, "height": 300}, {"width": 299}) for role in (FRAME, GIVEN)],
    *[(role, 1, {"width": 300, "height": 300}, {"height": 299}) for role in (FRAME, GIVEN)],
    *[(role, 1, {"width": 2500, "height": 1000}, {"width": 2501}) for role in (FRAME, GIVEN)],
    *[(role, 1, {"width": 1000, "height": 2500}, {"height": 2501}) for role in (FRAME, GIVEN)],
    (REFERENCE, 1, {"width": 400, "height": 9000}, {"width": 399}),
    (REFERENCE, 1, {"width": 9000, "height": 400}, {"height": 399}),
    *[(EDITED, 100 * MB, {"format": kind}, {}) for kind in ("mp4", "mov")],
    *[(EDITED, 1, {}, {"format": kind}) for kind in ("webm", "mkv", "avi")],
    (EDITED, 1, {"width": 2160, "height": 900}, {"width": 2161}),
    (EDITED, 1, {"width": 900, "height": 2160}, {"height": 2161}),
    (EDITED, 1, {"width": 800, "height": 320}, {"height": 319}),
    (EDITED, 1, {"width": 320, "height": 800}, {"width": 319}),
    (EDITED, 1, {"width": 2000, "height": 800}, {"width": 2001}),
    (EDITED, 1, {"width": 800, "height": 2000}, {"height": 2001}),
    (EDITED, 1, {"duration": 2.97}, {"duration": 2.9}),
    (EDITED, 1, {"duration": 60.03}, {"duration": 60.1}),
    (EDITED, 1, {"frame_rate": 8.1}, {"frame_rate": 8.0}),
]


@pytest.mark.parametrize(("role", "size", "allowed", "crossing"), HORSES)
def test_files_of_happyhorse(
    role: tuple[str, str], size: int, allowed: dict[str, Any], crossing: dict[str, Any]
) -> None:
    within = replace(FILM if role == EDITED else PICTURE, **allowed)
    assert bounds_of(*role).broken_by(size, within) == ""
    if crossing:
        assert bounds_of(*role).broken_by(size, replace(within, **crossing))


@pytest.mark.parametrize(
    ("role", "most"), [(FRAME, 20 * MB), (REFERENCE, 20 * MB), (GIVEN, 20 * MB), (EDITED, 100 * MB)]
)
def test_bytes_of_happyhorse(role: tuple[str, str], most: int) -> None:
    within = FILM if role == EDITED else PICTURE
    assert bounds_of(*role).broken_by(most, within) == ""
    assert "MB" in bounds_of(*role).broken_by(most + 1, within)


@pytest.mark.parametrize(
    ("field", "most", "formats"),
    [
        ("FileInfos", 10 * MB, {"jpeg", "png"}),
        ("LastFrameFileId", 10 * MB, {"jpeg", "png", "webp"}),
        ("LastFrameUrl", 5 * MB, {"jpeg", "png", "webp"}),
    ],
)
def test_pictures_of_gpt_image_and_veo(field: str, most: int, formats: set[str]) -> None:
    found = BOUNDS[field]
    for kind in ("jpeg", "png", "webp", "gif", "bmp", "tiff"):
        assert (found.broken_by(most, replace(PICTURE, format=kind)) == "") == (kind in formats)
    assert "MB" in found.broken_by(most + 1, PICTURE)


#: what Seedance and its library take: (within, how it crosses a bound, what the library calls that)
SEEDANCE: list[tuple[Probe, dict[str, Any], str]] = [
    *[(replace(PICTURE, format=kind), {}, "") for kind in ("jpeg", "png", "webp", "bmp", "tiff", "gif")],
    (PICTURE, {"format": "heic"}, "FormatUnsupported"),
    (replace(PICTURE, width=301, height=700), {"width": 300}, "WidthTooSmall"),
    (replace(PICTURE, height=301, width=700), {"height": 300}, "HeightTooSmall"),
    (replace(PICTURE, width=5999, height=3000), {"width": 6000}, "WidthTooLarge"),
    (replace(PICTURE, width=3000, height=5999), {"height": 6000}, "HeightTooLarge"),
    (replace(PICTURE, width=2499), {"width": 2500}, "AspectRatioTooLarge"),
    (replace(PICTURE, width=401), {"width": 400}, "AspectRatioTooSmall"),
    *[(replace(FILM, format=kind), {}, "") for kind in ("mp4", "mov")],
    (FILM, {"format": "webm"}, "FormatUnsupported"),
    (replace(FILM, width=640, height=640), {"height": 639}, "PixelCountTooSmall"),
    (replace(FILM, width=834, height=1112), {"width": 835}, "PixelCountTooLarge"),
    (replace(FILM, width=406, height=1015), {"height": 1016}, "AspectRatioTooSmall"),
    (replace(FILM, width=1015, height=406), {"width": 1016}, "AspectRatioTooLarge"),
    (FILM, {"width": 299, "height": 740}, "WidthTooSmall"),
    (FILM, {"width": 6001}, "WidthTooLarge"),
    (replace(FILM, duration=2.0), {"duration": 1.9}, "DurationTooShort"),
    (replace(FILM, duration=15.0), {"duration": 15.1}, "DurationTooLong"),
    (replace(FILM, frame_rate=24.0), {"frame_rate": 23.0}, "FrameRateTooLow"),
    (replace(FILM, frame_rate=60.0), {"frame_rate": 61.0}, "FrameRateTooHigh"),
    *[(replace(SOUND, format=kind), {}, "") for kind in ("wav", "mp3")],
    *[(SOUND, {"format": kind}, "FormatUnsupported") for kind in ("m4a", "aac", "flac", "ogg")],
    (replace(SOUND, duration=2.0), {"duration": 1.9}, "DurationTooShort"),
    (replace(SOUND, duration=15.0), {"duration": 15.1}, "DurationTooLong"),
]


@pytest.mark.parametrize(("within", "crossing", "code"), SEEDANCE)
def test_files_of_seedance(within: Probe, crossing: dict[str, Any], code: str) -> None:
    assert ark.flaw_of(within, within.kind) is None
    if crossing:
        flaw = ark.flaw_of(replace(within, **crossing), within.kind)
        assert flaw is not None and flaw.code == code


def test_the_library_alone_takes_heif() -> None:
    photo = replace(PICTURE, format="heic")
    assert ark.flaw_of(photo, "image", heif=True) is None
    assert ark.flaw_of(photo, "image") is not None


@pytest.mark.parametrize(("kind", "most"), [("image", 30 * MB - 1), ("video", 50 * MB), ("audio", 15 * MB)])
def test_bytes_of_seedance(kind: Any, most: int) -> None:
    assert not ark.BOUNDS[kind].too_large(most)
    assert ark.BOUNDS[kind].too_large(most + 1)


def test_seconds_of_seedance_together() -> None:
    assert not ark.too_long_together([5.0, 5.0, 5.0])
    assert ark.too_long_together([5.0, 5.0, 5.1])

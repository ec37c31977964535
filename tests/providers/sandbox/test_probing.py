"""Files are told by what is in them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from providers.sandbox.probing import MAX_PIXELS, probe
from providers.sandbox.render import UnusableReferenceError
from tests.providers.sandbox.footage import tone, write


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "gif", "bmp", "tiff"])
def test_pictures_are_told_by_content(tmp_path: Path, name: str) -> None:
    path = tmp_path / "picture.mp4"
    Image.new("RGB", (40, 30), (9, 80, 70)).save(path, format=name)
    found = probe(path)
    assert (found.kind, found.format, found.width, found.height) == ("image", name, 40, 30)
    assert (found.duration, found.has_sound) == (0, False)


def test_a_picture_that_lies_on_its_side_is_measured_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 30)).save(tmp_path / "a.jpg", exif=exif)
    assert (probe(tmp_path / "a.jpg").width, probe(tmp_path / "a.jpg").height) == (30, 40)


@pytest.mark.parametrize(
    ("format", "picture", "sound_codec", "shown", "codec"),
    [
        ("mp4", "libx264", "aac", "mp4", "h264"),
        ("mov", "libx264", "aac", "mov", "h264"),
        ("mov", "mpeg4", "pcm_s16le", "mov", "mpeg4"),
        ("webm", "libvpx-vp9", "libopus", "webm", "vp9"),
        ("matroska", "libx264", "aac", "mkv", "h264"),
        ("avi", "mpeg4", "pcm_s16le", "avi", "mpeg4"),
    ],
)
def test_films_are_told_by_content(
    tmp_path: Path, format: str, picture: str, sound_codec: str, shown: str, codec: str
) -> None:
    path = write(tmp_path / "file.png", picture=picture, fps=25, sound=tone(2), sound_codec=sound_codec, format=format)
    found = probe(path)
    assert (found.kind, found.format, found.codec) == ("video", shown, codec)
    assert (found.width, found.height, found.frame_rate, found.duration) == (160, 96, 25, 2)
    assert (found.has_sound, found.channels, found.sample_rate) == (True, 2, 48_000)


def test_a_film_without_sound(tmp_path: Path) -> None:
    found = probe(write(tmp_path / "a.mp4", seconds=1.5, fps=30))
    assert (found.has_sound, found.channels, found.sample_rate, found.duration) == (False, 0, 0, 1.5)


def test_a_film_that_lies_on_its_side_is_measured_upright(tmp_path: Path) -> None:
    found = probe(write(tmp_path / "a.mp4", seconds=0.5, rotated=True))
    assert (found.width, found.height) == (96, 160)


@pytest.mark.parametrize(
    ("format", "codec", "rate", "shown"),
    [
        ("wav", "pcm_s16le", 16_000, "wav"),
        ("mp3", "libmp3lame", 44_100, "mp3"),
        ("flac", "flac", 44_100, "flac"),
        ("ogg", "libopus", 48_000, "ogg"),
        ("mp4", "aac", 48_000, "m4a"),
    ],
)
def test_sounds_are_told_by_content(tmp_path: Path, format: str, codec: str, rate: int, shown: str) -> None:
    path = write(tmp_path / "x.mp4", size=None, sound=tone(3, rate=rate), sound_codec=codec, rate=rate, format=format)
    found = probe(path)
    assert (found.kind, found.format, found.channels, found.sample_rate) == ("audio", shown, 2, rate)
    assert found.duration == pytest.approx(3, abs=0.03)
    assert (found.width, found.height, found.frame_rate) == (0, 0, 0)


def _bomb(path: Path) -> None:
    side = int(MAX_PIXELS**0.5) + 9
    path.write_bytes(b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0))


def _half(path: Path) -> None:
    write(path, seconds=2)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _half_of_the_frames(path: Path) -> None:
    """A film whose head is whole (it comes first) and whose frames end too early."""
    from providers.sandbox.paint.footage import FilmWriter

    noise = np.random.default_rng(1)
    with FilmWriter(path, (96, 64), 24) as film:
        for _ in range(48):
            film.add(noise.integers(0, 255, (64, 96, 3), np.uint8))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _half_a_recording(path: Path) -> None:
    write(path, size=None, sound=tone(4, channels=1), sound_codec="pcm_s16le", format="wav")
    path.write_bytes(path.read_bytes()[:100_000])


def _half_a_picture(path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (90, 90, 3), np.uint8)
    Image.fromarray(noise).save(path, "PNG")
    path.write_bytes(path.read_bytes()[:9000])


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"a letter, no film"),
        lambda path: path.write_bytes(b"#EXTM3U\n#EXT-X-TARGETDURATION:1\nfile:///etc/hostname\n"),
        lambda path: path.write_bytes(b"ffconcat version 1.0\nfile /etc/hostname\n"),
        lambda path: path.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 8),
        lambda path: path.write_bytes(b"RIFF\x24\x08\0\0WAVEfmt \x10\0\0\0" + bytes(range(256)) * 8),
        lambda path: path.write_bytes(b"\xff\xd8\xff" + bytes(range(256)) * 8),
        lambda path: path.write_bytes(b"ID3" + bytes(4000)),
        _bomb,
        _half,
        _half_of_the_frames,
        _half_a_recording,
        _half_a_picture,
    ],
    ids=[
        "empty",
        "words",
        "playlist",
        "list",
        "film",
        "wav",
        "jpeg",
        "mp3",
        "bomb",
        "half",
        "frames",
        "recording",
        "picture",
    ],
)
def test_what_is_broken_is_refused(tmp_path: Path, make: Any) -> None:
    make(tmp_path / "file.mp4")
    with pytest.raises(UnusableReferenceError):
        probe(tmp_path / "file.mp4")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableReferenceError):
        probe(tmp_path / "nothing.mp4")

"""The sandbox's films: what they show, how they are stored, and that they go on from one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from providers.sandbox.paint import Recipe, paint
from providers.sandbox.painter import FlatPainter, Painter, RealPainter
from providers.sandbox.render import Work, render

SIZE = (160, 96)
START = Recipe("a sailing boat on the sea at dusk", 7, 1, 320, 192)
ASKED = {"end": "", "loop": False, "motion": "low", "width": 160, "height": 96, "seconds": 5, "fps": 24}
CHOSEN = {"prompt": None, "seed": 4, "index": 0}


@dataclass
class Seen:
    frames: list[np.ndarray]
    codec: str
    pixels: str
    duration: Fraction
    rate: Fraction

    @property
    def size(self) -> tuple[int, int]:
        return self.frames[0].shape[1], self.frames[0].shape[0]


def seen(path: Path) -> Seen:
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(stream)]
        return Seen(
            frames,
            stream.codec_context.name,
            stream.codec_context.pix_fmt,
            stream.duration * stream.time_base,
            stream.average_rate,
        )


def likeness(a: np.ndarray | Image.Image, b: np.ndarray | Image.Image) -> float:
    """Peak signal-to-noise ratio in decibels."""
    error = np.square(np.asarray(a, float) - np.asarray(b, float)).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def resized(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.resize(SIZE, Image.Resampling.LANCZOS))


def restlessness(film: Seen) -> float:
    return float(np.mean([np.abs(frame.astype(float) - film.frames[0]).mean() for frame in film.frames]))


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return paint(START)


@pytest.fixture
def folder(tmp_path: Path, picture: Image.Image) -> Iterator[Path]:
    picture.save(tmp_path / "start.png")
    yield tmp_path


def make(folder: Path, do: str, source: str, target: str, painter: Painter | None = None, **options: object) -> Seen:
    made = render(painter or RealPainter(), Work(do, START.to_json(), source, options), folder, target, [])
    film = seen(folder / target)
    assert (made.recipe["width"], made.recipe["height"]) == film.size
    assert not list(folder.glob(".*")), "nothing half-written is left"
    return film


def test_a_film_is_an_mp4_that_begins_at_its_picture(folder: Path, picture: Image.Image) -> None:
    film = make(folder, "film", "start.png", "film.mp4", **ASKED, **CHOSEN)
    assert (film.codec, film.pixels, film.size) == ("h264", "yuv420p", SIZE)
    assert (film.duration, film.rate, len(film.frames)) == (5, 24, 120)
    assert likeness(film.frames[0], resized(picture)) > 30
    stored = (folder / "film.mp4").read_bytes()
    assert stored.index(b"moov") < stored.index(b"mdat"), "it can start before it has arrived"


def test_a_film_moves_all_the_time_and_more_with_high_motion(folder: Path) -> None:
    low = make(folder, "film", "start.png", "low.mp4", **ASKED, **CHOSEN)
    high = make(folder, "film", "start.png", "high.mp4", **{**ASKED, "motion": "high"}, **CHOSEN)
    for film in (low, high):
        each_half_second = film.frames[::12]
        assert all(likeness(a, b) < 48 for a, b in pairwise(each_half_second))
        assert all(likeness(a, b) > 22 for a, b in pairwise(film.frames)), "without jumps"
    assert restlessness(high) > 1.4 * restlessness(low)


def test_the_four_films_of_a_job_differ_and_each_is_repeatable(folder: Path) -> None:
    films = [
        make(folder, "film", "start.png", f"{i}.mp4", **{**ASKED, "seconds": 1}, **{**CHOSEN, "index": i})
        for i in range(4)
    ]
    lasts = [film.frames[-1] for film in films]
    assert min(np.abs(lasts[a].astype(int) - lasts[b]).mean() for a in range(4) for b in range(a)) > 0.5
    make(folder, "film", "start.png", "again.mp4", **{**ASKED, "seconds": 1}, **CHOSEN)
    assert (folder / "again.mp4").read_bytes() == (folder / "0.mp4").read_bytes()


def test_a_loop_ends_where_it_began(folder: Path) -> None:
    film = make(folder, "film", "start.png", "film.mp4", **{**ASKED, "loop": True, "motion": "high"}, **CHOSEN)
    assert likeness(film.frames[-1], film.frames[0]) > 30
    assert likeness(film.frames[40], film.frames[0]) < 30


@pytest.mark.parametrize("loop", [False, True])
def test_a_film_ends_at_the_end_picture(folder: Path, picture: Image.Image, loop: bool) -> None:
    end = paint(Recipe("a meadow at noon", 3, 0, 320, 192))
    end.save(folder / "end.png")
    film = make(folder, "film", "start.png", "film.mp4", **{**ASKED, "end": "end.png", "loop": loop}, **CHOSEN)
    assert likeness(film.frames[0], resized(picture)) > 30
    assert likeness(film.frames[-1], resized(end)) > 30
    assert all(likeness(a, b) > 18 for a, b in pairwise(film.frames))


def test_odd_sides_grow_by_one_and_other_shapes_show_their_middle(folder: Path) -> None:
    halves = Image.new("RGB", (400, 100), (200, 30, 30))
    halves.paste((30, 30, 200), (150, 0, 250, 100))
    halves.save(folder / "wide.png")
    film = make(folder, "film", "wide.png", "film.mp4", **{**ASKED, "width": 99, "height": 101, "seconds": 1}, **CHOSEN)
    assert film.size == (100, 102)
    assert film.frames[0][..., 2].mean() > 150, "the sides are left out, not squeezed in"


@pytest.mark.parametrize("words", ["snow in the mountains", "rain over the city", ""])
@pytest.mark.parametrize("loop", [False, True])
def test_weather_falls_through_films(folder: Path, words: str, loop: bool) -> None:
    options = {**ASKED, "seconds": 1, "loop": loop, **CHOSEN, "prompt": words}
    film = make(folder, "film", "start.png", "film.mp4", **options)
    assert likeness(film.frames[0], film.frames[-1]) > 30 if loop else restlessness(film) > 0.2


def test_an_extension_goes_on_from_the_last_frame(folder: Path) -> None:
    film = make(folder, "film", "start.png", "film.mp4", **{**ASKED, "seconds": 2}, **CHOSEN)
    longer = make(
        folder, "extend-film", "film.mp4", "longer.mp4", motion="high", seconds=4, end="", loop=False, **CHOSEN
    )
    assert (longer.codec, longer.pixels, longer.size, longer.rate) == ("h264", "yuv420p", SIZE, 24)
    assert (longer.duration, len(longer.frames)) == (6, 144)
    assert min(likeness(a, b) for a, b in zip(film.frames, longer.frames, strict=False)) > 35
    assert likeness(longer.frames[48], film.frames[-1]) > 30
    assert likeness(longer.frames[100], longer.frames[140]) < 45, "it still moves"


def test_an_extension_can_end_at_a_picture_or_where_the_film_began(folder: Path) -> None:
    end = paint(Recipe("a meadow at noon", 3, 0, 320, 192))
    end.save(folder / "end.png")
    film = make(folder, "film", "start.png", "film.mp4", **{**ASKED, "seconds": 1, "motion": "high"}, **CHOSEN)
    wanted = {"motion": "low", "seconds": 1, **CHOSEN}
    to_end = make(folder, "extend-film", "film.mp4", "a.mp4", end="end.png", loop=False, **wanted)
    to_start = make(folder, "extend-film", "film.mp4", "b.mp4", end="", loop=True, **wanted)
    assert likeness(to_end.frames[-1], resized(end)) > 30
    assert likeness(to_start.frames[-1], film.frames[0]) > 30


def test_a_film_extended_four_times_is_still_the_film(folder: Path) -> None:
    film = make(folder, "film", "start.png", "0.mp4", **{**ASKED, "seconds": 1}, **CHOSEN)
    for i in range(4):
        last = make(
            folder,
            "extend-film",
            f"{i}.mp4",
            f"{i + 1}.mp4",
            motion="low",
            seconds=1,
            end="",
            loop=False,
            **{**CHOSEN, "seed": i},
        )
    assert len(last.frames) == 120
    assert min(likeness(a, b) for a, b in zip(film.frames, last.frames, strict=False)) > 32


@pytest.mark.parametrize("upright", [False, True])
def test_an_upscaled_film_has_the_side_asked_for_and_the_same_frames(folder: Path, upright: bool) -> None:
    sides = {"width": 96, "height": 160} if upright else {}
    film = make(folder, "film", "start.png", "film.mp4", **{**ASKED, "seconds": 0.5, **sides}, **CHOSEN)
    large = make(folder, "upscale-film", "film.mp4", "large.mp4", side=1080)
    assert large.size == ((1080, 1800) if upright else (1800, 1080))
    assert (large.duration, large.rate, len(large.frames)) == (film.duration, film.rate, len(film.frames))
    for i in (0, -1):
        reduced = Image.fromarray(large.frames[i]).resize(film.size, Image.Resampling.BOX)
        assert likeness(reduced, film.frames[i]) > 28
    again = make(folder, "upscale-film", "large.mp4", "again.mp4", side=1080)
    assert again.size == large.size


@pytest.mark.parametrize("do", ["extend-film", "upscale-film"])
def test_what_is_no_film_fails_and_leaves_nothing(folder: Path, do: str) -> None:
    (folder / "broken.mp4").write_bytes(b"not a film at all")
    options = {"side": 1080} if do == "upscale-film" else {"motion": "low", "seconds": 4, "end": "", "loop": False}
    with pytest.raises((OSError, ValueError)):
        make(folder, do, "broken.mp4", "out.mp4", **options, **(CHOSEN if do == "extend-film" else {}))
    assert sorted(path.name for path in folder.iterdir()) == ["broken.mp4", "start.png"]


def test_the_flat_painters_films_are_honest_about_size_time_and_ends(folder: Path, picture: Image.Image) -> None:
    end = Image.new("RGB", (64, 64), (10, 200, 90))
    end.save(folder / "end.png")
    flat = FlatPainter()
    film = make(folder, "film", "start.png", "film.mp4", flat, **{**ASKED, "width": 848, "height": 480}, **CHOSEN)
    assert (film.codec, film.pixels, film.size, film.duration) == ("h264", "yuv420p", (848, 480), 5)
    assert likeness(film.frames[0], picture.resize((848, 480), Image.Resampling.BOX)) > 30
    assert likeness(film.frames[1], film.frames[-1]) < 40
    longer = make(
        folder, "extend-film", "film.mp4", "longer.mp4", flat, motion="low", seconds=4, end="end.png", loop=False,
        **CHOSEN,
    )  # fmt: skip
    assert longer.duration == 9
    assert likeness(longer.frames[0], film.frames[0]) > 30
    assert likeness(longer.frames[-1], end.resize(longer.size)) > 30
    large = make(folder, "upscale-film", "film.mp4", "large.mp4", flat, side=1080)
    assert large.size == (1908, 1080) and large.duration == 5
    loop = make(folder, "film", "start.png", "loop.mp4", flat, **{**ASKED, "loop": True}, **CHOSEN)
    assert likeness(loop.frames[0], loop.frames[-1]) > 30

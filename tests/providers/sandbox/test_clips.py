"""Films with sound, and films in another look: what they show, how they sound, how they are stored."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from providers.sandbox.paint import Recipe, paint
from providers.sandbox.painter import FlatPainter, Painter, RealPainter
from providers.sandbox.probing import probe
from providers.sandbox.render import Work, render
from tests.providers.sandbox.footage import Seen, likeness, seen, sound_of, tone, write

SIZE = (208, 112)
WORDS = Recipe("a sailing boat on the sea at dusk", 7, 0, *SIZE)
ASKED: dict[str, Any] = {
    "width": SIZE[0],
    "height": SIZE[1],
    "seconds": 2,
    "fps": 24,
    "first": "",
    "last": "",
    "steer": [],
    "videos": [],
    "audios": [],
    "sound": "",
    "watermark": "",
    "keep_last": "",
}
EDITED: dict[str, Any] = {
    "width": SIZE[0],
    "height": SIZE[1],
    "seconds": 15,
    "sound": "keep",
    "steer": [],
    "watermark": "",
}
PAINTERS: list[Painter] = [RealPainter(), FlatPainter()]
both = pytest.mark.parametrize("painter", PAINTERS, ids=["real", "flat"])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    halves = Image.new("RGB", (300, 300), (190, 40, 40))
    halves.paste((40, 60, 190), (150, 0, 300, 300))
    halves.save(tmp_path / "first.png")
    Image.new("RGB", (64, 200), (20, 150, 90)).save(tmp_path / "last.png")
    return tmp_path


def clip(folder: Path, painter: Painter | None = None, target: str = "clip.mp4", **changes: Any) -> Seen:
    recipe = {**WORDS.to_json(), **changes.pop("recipe", {})}
    work = Work("clip", recipe, "", {**ASKED, **changes})
    made = render(painter or RealPainter(), work, folder, target, [])
    film = seen(folder / target)
    assert (made.recipe["width"], made.recipe["height"]) == film.size
    assert not list(folder.glob(".*")), "nothing half-written is left"
    return film


def edit(folder: Path, source: str, words: str, painter: Painter | None = None, **changes: Any) -> Seen:
    work = Work("edit-clip", Recipe(words, 7, 0, *SIZE).to_json(), source, {**EDITED, **changes})
    render(painter or RealPainter(), work, folder, "edit.mp4", [])
    return seen(folder / "edit.mp4")


def filled(folder: Path, file: str, size: tuple[int, int] = SIZE) -> Image.Image:
    """The middle of the picture at that size."""
    picture = Image.open(folder / file)
    height = picture.width * size[1] / size[0]
    top = (picture.height - height) / 2
    return picture.resize(size, Image.Resampling.LANCZOS, box=(0, top, picture.width, top + height))


@both
@pytest.mark.parametrize(("sound", "channels"), [("", 0), ("mono", 1), ("stereo", 2)])
def test_a_clip_is_stored_as_browsers_want_it(folder: Path, painter: Painter, sound: str, channels: int) -> None:
    film = clip(folder, painter, sound=sound)
    assert (film.codec, film.profile, film.pixels, film.colours) == ("h264", "High", "yuv420p", (1, 1, 1))
    assert (film.size, film.rate, film.duration, len(film.frames)) == (SIZE, 24, 2, 48)
    stored = (folder / "clip.mp4").read_bytes()
    assert stored.index(b"moov") < stored.index(b"mdat"), "it can start before it has arrived"
    found = probe(folder / "clip.mp4")
    assert (found.kind, found.format, found.duration, found.frame_rate) == ("video", "mp4", 2, 24)
    assert (found.width, found.height, found.channels, found.has_sound) == (*SIZE, channels, bool(sound))
    if not sound:
        assert film.sound is None
        return
    assert film.sound is not None
    assert (film.sound_codec, film.sound_profile, film.sound_rate) == ("aac", "LC", 48_000)
    assert (film.sound_duration, film.sound.shape) == (2, (channels, 96_000))
    assert 0.02 < np.abs(film.sound).max() < 0.9


@both
@pytest.mark.parametrize(("seconds", "fps", "frames"), [(4, 30, 120), (1.5, 24, 36), (5, 25, 125), (0.04, 24, 2)])
def test_a_clip_has_exactly_the_frames_and_the_sound_asked_for(
    folder: Path, painter: Painter, seconds: float, fps: int, frames: int
) -> None:
    film = clip(folder, painter, seconds=seconds, fps=fps, sound="mono", width=64, height=64)
    assert (len(film.frames), film.rate, film.duration) == (frames, fps, Fraction(frames, fps))
    assert film.sound is not None
    assert film.sound_duration == film.duration
    assert film.sound.shape[1] == frames * 48_000 // fps


@both
def test_odd_sides_grow_by_one(folder: Path, painter: Painter) -> None:
    assert clip(folder, painter, width=99, height=101, seconds=0.25).size == (100, 102)


@both
def test_a_clip_begins_and_ends_where_it_should(folder: Path, painter: Painter) -> None:
    film = clip(folder, painter, first="first.png", last="last.png", keep_last="kept.png", sound="stereo")
    assert likeness(film.frames[0], filled(folder, "first.png")) > 30
    assert likeness(film.frames[-1], filled(folder, "last.png")) > 30
    kept = Image.open(folder / "kept.png")
    assert (kept.format, kept.mode, kept.size) == ("PNG", "RGB", SIZE)
    assert likeness(film.frames[-1], kept) > 32


def test_large_clips_are_as_sharp_at_their_ends_as_the_pictures_given(folder: Path) -> None:
    """They are computed smaller; what was given must not be."""
    fine = np.indices((720, 1280)).sum(0) // 3 % 2 * 60 + 90
    Image.fromarray(np.repeat(fine[..., None], 3, 2).astype(np.uint8)).save(folder / "fine.png")
    film = clip(folder, first="fine.png", last="fine.png", width=1280, height=720, seconds=0.75)
    for frame in (film.frames[0], film.frames[-1]):
        assert likeness(frame, Image.open(folder / "fine.png")) > 30
    assert all(likeness(a, b) > 22 for a, b in pairwise(film.frames)), "without jumps"


def test_a_clip_moves_without_jumps_and_is_repeatable(folder: Path) -> None:
    film = clip(folder, sound="stereo")
    assert all(likeness(a, b) < 50 for a, b in pairwise(film.frames[::12]))
    assert all(likeness(a, b) > 22 for a, b in pairwise(film.frames))
    stored = (folder / "clip.mp4").read_bytes()
    clip(folder, target="again.mp4", sound="stereo")
    assert (folder / "again.mp4").read_bytes() == stored
    clip(folder, target="other.mp4", sound="stereo", recipe={"seed": 8})
    assert (folder / "other.mp4").read_bytes() != stored


def test_without_a_first_frame_the_words_are_painted_in_the_colours_of_the_pictures(folder: Path) -> None:
    plain = clip(folder, seconds=0.25)
    assert likeness(plain.frames[0], paint(WORDS)) > 30
    steered = clip(folder, seconds=0.25, steer=["last.png"])
    assert steered.frames[0][..., 1].mean() > plain.frames[0].mean(2).mean() * 0.5
    green = [frame[..., 1].mean() - frame[..., 0].mean() for frame in (plain.frames[0], steered.frames[0])]
    assert green[1] > green[0] + 15


@both
def test_a_clip_may_begin_from_a_film_or_take_its_colours(folder: Path, painter: Painter) -> None:
    write(folder / "film.mp4", size=SIZE)
    begun = clip(folder, painter, seconds=0.25, videos=["film.mp4"])
    assert likeness(begun.frames[0], seen(folder / "film.mp4").frames[0]) > 26
    given = clip(folder, painter, seconds=0.25, videos=["film.mp4"], first="first.png")
    assert likeness(given.frames[0], filled(folder, "first.png")) > 30
    plain = clip(folder, painter, seconds=0.25, steer=["last.png"])
    steered = clip(folder, painter, seconds=0.25, videos=["film.mp4"], steer=["last.png"])
    assert likeness(plain.frames[0], steered.frames[0]) < 40


def test_the_watermark_is_at_the_lower_right_and_not_on_the_kept_frame(folder: Path) -> None:
    film = clip(folder, watermark="AI generated", keep_last="kept.png", seconds=0.5)
    clean = clip(folder, target="clean.mp4", seconds=0.5)
    for marked, plain in zip(film.frames, clean.frames, strict=True):
        changed = np.abs(marked.astype(int) - plain).max(2)
        corner = changed[-24:, -110:]
        assert corner.max() > 40
        assert changed[:-24].max() < 30 and changed[:, :90].max() < 30
    kept = np.asarray(Image.open(folder / "kept.png"))
    assert np.abs(kept.astype(int) - clean.frames[-1]).max() < 40
    assert likeness(kept, clean.frames[-1]) > 34 > likeness(film.frames[-1], clean.frames[-1])


@both
def test_sounds_are_laid_under_the_film_over_and_over(folder: Path, painter: Painter) -> None:
    write(folder / "a.wav", size=None, sound=tone(0.7, 440, channels=1), sound_codec="pcm_s16le", format="wav")
    write(folder / "b.mp3", size=None, sound=tone(9, 1760, 44_100), sound_codec="libmp3lame", rate=44_100)
    film = clip(folder, painter, sound="mono", audios=["a.wav", "b.mp3"])
    assert film.sound is not None and film.sound.shape == (1, 96_000)
    for part in (film.sound[0, :48_000], film.sound[0, 40_000:88_000]):
        spectrum = np.abs(np.fft.rfft(part * np.hanning(48_000 if len(part) == 48_000 else len(part))))
        loud = {int(p) for p in np.flatnonzero(spectrum > spectrum.max() * 0.2)}
        assert any(abs(p - 440) < 4 for p in loud) and any(abs(p - 1760) < 4 for p in loud)
        assert all(min(abs(p - 440), abs(p - 1760)) < 8 for p in loud)


def test_other_words_sound_different_and_set_in_and_die_away_softly(folder: Path) -> None:
    sounds = []
    for words in ("waves on the sea", "rain in the city at night", "birds in the forest", "a bowl of soup"):
        film = clip(folder, sound="stereo", recipe={"prompt": words}, width=64, height=64, seconds=3)
        assert film.sound is not None
        sounds.append(film.sound)
        level = np.sqrt(np.square(film.sound).mean(0))
        assert level[:480].max() < 0.1 and level[-480:].max() < 0.1
        assert level.max() < 0.8
        assert np.sqrt(np.square(film.sound[:, 24_000:-48_000]).mean()) > 0.01, "it can be heard"
        assert np.abs(film.sound[0] - film.sound[1]).max() > 0.01, "and from both sides"
    spectra = [np.abs(np.fft.rfft(sound[0])).reshape(-1)[:72_000].reshape(240, -1).mean(1) for sound in sounds]
    for a in range(4):
        for b in range(a):
            assert np.corrcoef(spectra[a], spectra[b])[0, 1] < 0.98


@both
def test_an_edited_film_keeps_its_sound_to_the_sample(folder: Path, painter: Painter) -> None:
    noise = np.random.default_rng(5).normal(0, 0.1, (2, 96_000)).astype(np.float32)
    write(folder / "film.mp4", size=(160, 90), sound=noise, fps=25)
    film = edit(folder, "film.mp4", "as a woodblock print", painter)
    original = sound_of(folder / "film.mp4")
    assert film.sound is not None and original is not None
    assert np.array_equal(film.sound, original[:, :96_000])
    assert (film.size, film.rate, len(film.frames), film.duration) == (SIZE, 25, 50, 2)
    assert (film.codec, film.profile, film.pixels, film.colours) == ("h264", "High", "yuv420p", (1, 1, 1))


@both
def test_a_film_that_is_cut_keeps_the_beginning_of_its_sound(folder: Path, painter: Painter) -> None:
    write(folder / "film.mp4", sound=tone(3, channels=1), seconds=3)
    film = edit(folder, "film.mp4", "in gold", painter, seconds=1.5)
    original = sound_of(folder / "film.mp4")
    assert (len(film.frames), film.duration, film.sound_duration) == (36, 1.5, 1.5)
    assert film.sound is not None and original is not None
    assert film.sound.shape[0] == 1 and abs(film.sound.shape[1] - 72_000) < 1024
    count = min(film.sound.shape[1], 72_000) - 1024
    assert np.array_equal(film.sound[:, :count], original[:, :count])


@both
@pytest.mark.parametrize(
    ("picture", "codec", "ending"), [("libvpx-vp9", "libopus", "webm"), ("libx264", "pcm_s16le", "mov")]
)
def test_sound_of_other_kinds_becomes_aac(
    folder: Path, painter: Painter, picture: str, codec: str, ending: str
) -> None:
    write(folder / f"film.{ending}", picture=picture, sound=tone(2, 500), sound_codec=codec)
    film = edit(folder, f"film.{ending}", "in gold", painter)
    assert film.sound is not None
    assert (film.sound_codec, film.sound_duration, film.sound.shape) == ("aac", 2, (2, 96_000))
    spectrum = np.abs(np.fft.rfft(film.sound[0, 24_000:72_000]))
    assert abs(int(spectrum.argmax()) - 500) < 2


@both
def test_an_edited_film_may_have_a_new_sound_or_none(folder: Path, painter: Painter) -> None:
    write(folder / "film.mp4", sound=tone(2))
    write(folder / "silent.mp4")
    assert edit(folder, "film.mp4", "in gold", painter, sound="").sound is None
    assert edit(folder, "silent.mp4", "in gold", painter).sound is None
    new = edit(folder, "silent.mp4", "waves", painter, sound="new")
    assert new.sound is not None and new.sound.shape == (2, 96_000)


@both
def test_fast_films_are_slowed_to_thirty_frames_and_keep_their_length(folder: Path, painter: Painter) -> None:
    write(folder / "film.mp4", fps=60, seconds=1.5, sound=tone(1.5))
    film = edit(folder, "film.mp4", "in gold", painter)
    assert (film.rate, len(film.frames), film.duration, film.sound_duration) == (30, 45, 1.5, 1.5)


def test_the_pictures_of_an_edited_film_are_those_of_the_source_in_another_look(folder: Path) -> None:
    write(folder / "film.mp4", size=SIZE, fps=30)
    film = edit(folder, "film.mp4", "everything made of gold")
    source = seen(folder / "film.mp4")
    assert likeness(film.frames[0], source.frames[0]) < 20
    golden = film.frames[24].reshape(-1, 3).mean(0)
    assert golden[0] > golden[2] + 30
    for a, b in ((0, 20), (20, 59)):
        change = film.frames[b].mean(2) - film.frames[a].mean(2)
        lighter = source.frames[b].mean(2) - source.frames[a].mean(2) > 10
        assert change[lighter].mean() > 5, "what gets lighter does so here too"
        assert np.abs(change[:, : SIZE[0] // 2 - 8]).mean() < 3, "what stays does not flicker"
    other = edit(folder, "film.mp4", "as a watercolour in blue")
    assert likeness(other.frames[0], film.frames[0]) < 24


def test_pictures_steer_an_edit_and_words_can_be_written_on_it(folder: Path) -> None:
    write(folder / "film.mp4", size=SIZE, seconds=0.5)
    plain = edit(folder, "film.mp4", "soft light")
    steered = edit(folder, "film.mp4", "soft light", steer=["last.png"])
    assert (steered.frames[5][..., 1] * 1.0 - steered.frames[5][..., 0]).mean() > (
        plain.frames[5][..., 1] * 1.0 - plain.frames[5][..., 0]
    ).mean() + 15
    marked = edit(folder, "film.mp4", "soft light", watermark="AI generated")
    changed = np.abs(marked.frames[3].astype(int) - plain.frames[3]).max(2)
    assert changed[-24:, -110:].max() > 40 and changed[:-24].max() < 40


def test_a_film_that_lies_on_its_side_is_edited_upright(folder: Path) -> None:
    write(folder / "film.mp4", rotated=True, seconds=0.5)
    film = edit(folder, "film.mp4", "soft light", width=96, height=160)
    light = film.frames[-1].mean(2)
    rows, columns = light.mean(1), light.mean(0)
    assert np.ptp(rows[8:-8]) > 3 * np.ptp(columns[8:-8]), "its halves lie one above the other now"


@both
@pytest.mark.parametrize("do", ["clip", "edit-clip"])
def test_what_cannot_be_read_fails_and_leaves_nothing(folder: Path, painter: Painter, do: str) -> None:
    (folder / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 8)
    before = sorted(path.name for path in folder.iterdir())
    options = {**ASKED, "videos": ["broken.mp4"], "keep_last": "kept.png"} if do == "clip" else EDITED
    with pytest.raises((OSError, ValueError)):
        render(painter, Work(do, WORDS.to_json(), "broken.mp4", options), folder, "out.mp4", [])
    assert sorted(path.name for path in folder.iterdir()) == before


def test_flat_clips_differ_by_their_words_and_share_what_they_can(folder: Path) -> None:
    flat = FlatPainter()
    films = [clip(folder, flat, f"{n}.mp4", sound="mono", recipe={"prompt": f"words {n}"}) for n in range(2)]
    assert likeness(films[0].frames[0], films[1].frames[0]) < 30
    assert np.array_equal(films[0].frames[20], films[1].frames[20])
    assert likeness(films[0].frames[1], films[0].frames[-1]) < 40, "it moves"

"""Films from words, pictures, films and sounds, and films in another look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from PIL import Image

from .ambience import ambience
from .compose import paint
from .film import filling, moving
from .footage import Facts, FilmWriter, Pixels, SoundTrack, picture_of
from .look import look_of
from .mark import Mark
from .recipe import Recipe
from .reference import blend_reference
from .soundtrack import RATE, NewSound, kept, mixed
from .staging import stable_number
from .takes import Take

Sound = Literal["", "mono", "stereo"]

MAX_EDIT_RATE = 30
_WORK_PIXELS = 960 * 540
"""Moving pictures are computed at no more than this and enlarged: five times as fast, and films hide it well."""
_PAINTED_PIXELS = 1920 * 1080
_SHARP = 0.35
"""Seconds in which the full sharpness of a given frame passes into that of the enlarged ones."""
_STEERING = 1.6
_CHANNELS = {"mono": 1, "stereo": 2}
_LIVELY = (
    "fast",
    "quick",
    "run",
    "race",
    "chase",
    "zoom",
    "dance",
    "explo",
    "rush",
    "快",
    "奔",
    "跑",
    "追",
    "飞驰",
    "舞",
)


def clip(
    recipe: Recipe,
    target: Path,
    *,
    width: int,
    height: int,
    seconds: float,
    fps: int = 24,
    first: Image.Image | None = None,
    last: Image.Image | None = None,
    steer: Sequence[Image.Image] = (),
    audios: Sequence[Path] = (),
    sound: Sound = "",
    watermark: str = "",
    keep_last: Path | None = None,
) -> Facts:
    """Writes an MP4 of exactly ``seconds`` x ``fps`` frames, odd sides one more.

    It begins with ``first``, or with what the recipe's words say in the colours of ``steer``, and ends with ``last``.
    ``sound`` is that of ``audios``, over and over to the end, or one that fits the words. ``watermark`` is written on
    every frame; the last frame without it is saved as the PNG ``keep_last``.
    """
    size = (width + width % 2, height + height % 2)
    count = max(2, round(seconds * fps))
    number = stable_number("clip", recipe.prompt, recipe.seed, recipe.index)
    begin = filling(first, size) if first is not None else _painted(recipe, size, steer)
    end = None if last is None else filling(last, size)
    track = _track(recipe.prompt, Fraction(count, fps), _CHANNELS.get(sound, 0), audios, number)
    mark = Mark(watermark, size) if watermark else None
    with FilmWriter(target, size, fps, sound=track) as film:
        for frame in _frames(begin, end, size, count, fps, recipe, number):
            if keep_last is not None and film.count == count - 1:
                picture_of(frame).save(keep_last, "PNG")
            if mark:
                mark.print(frame)
            film.add_frame(frame)
    return Facts(*size, count, Fraction(fps))


def edit_clip(
    source: Path,
    recipe: Recipe,
    target: Path,
    *,
    width: int,
    height: int,
    seconds: float,
    sound: Literal["", "keep", "new"] = "keep",
    steer: Sequence[Image.Image] = (),
    watermark: str = "",
) -> Facts:
    """Writes the film of ``source`` in the look that the recipe's words name and ``steer`` has.

    It has the size asked for, the source's frame rate (30 at most) and its length, ``seconds`` at most. The sound is
    the source's own, a new one or none. Raises ValueError or OSError when the source is no film.
    """
    size = (width + width % 2, height + height % 2)
    take = Take(source, MAX_EDIT_RATE)
    count = max(1, round(min(Fraction(seconds), take.duration) * take.rate))
    length = count / take.rate
    number = stable_number("edit", recipe.prompt, recipe.seed, recipe.index)
    track: SoundTrack | None = None
    if sound == "keep":
        track = kept(source, take.start, length)
    elif sound == "new":
        track = _track(recipe.prompt, length, 2, (), number)
    working = _working(size)
    look = look_of(take.samples(4, working), recipe, steer)
    mark = Mark(watermark, size) if watermark else None
    with FilmWriter(target, size, take.rate, sound=track) as film:
        for picture in take.pictures(count, working):
            frame = _enlarged(look.on(picture), size)
            if mark:
                mark.print(frame)
            film.add_frame(frame)
    return Facts(*size, count, take.rate)


def _painted(recipe: Recipe, size: tuple[int, int], steer: Sequence[Image.Image]) -> Image.Image:
    width, height = _within(size, _PAINTED_PIXELS)
    picture = paint(replace(recipe, width=width, height=height, viewport=(0.0, 0.0, 1.0, 1.0), extensions=()))
    if steer:
        picture = blend_reference(picture, list(steer), _STEERING)
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)


def _track(words: str, length: Fraction, channels: int, audios: Sequence[Path], number: int) -> SoundTrack | None:
    if not channels:
        return None
    count = round(length * RATE)
    return NewSound(mixed(audios, count, channels) if audios else ambience(words, count, channels, number))


def _frames(
    begin: Image.Image,
    end: Image.Image | None,
    size: tuple[int, int],
    count: int,
    fps: int,
    recipe: Recipe,
    number: int,
) -> Iterator[VideoFrame]:
    working = _working(size)
    reduced = working != size
    small = begin.resize(working, Image.Resampling.LANCZOS) if reduced else begin
    words = recipe.prompt
    motion: Literal["low", "high"] = "high" if any(word in words.lower() for word in _LIVELY) else "low"
    sharp = max(1, round(min(_SHARP * fps, (count - 1) / 2)))
    going = moving(small, end, working, count, fps, motion, False, words, number, recipe.index, quick=reduced)
    for i, pixels in enumerate(going):
        from_end = count - 1 - i
        if reduced and i < sharp:
            yield _sharpened(pixels, begin, 1 - i / sharp, size)
        elif reduced and end is not None and from_end < sharp:
            yield _sharpened(pixels, end, 1 - from_end / sharp, size)
        else:
            yield _enlarged(pixels, size)


def _sharpened(pixels: Pixels, given: Image.Image, share: float, size: tuple[int, int]) -> VideoFrame:
    blurry = Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)
    return _enlarged(np.asarray(Image.blend(blurry, given, share)), size)


def _enlarged(pixels: Pixels, size: tuple[int, int]) -> VideoFrame:
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    return frame.reformat(*size, "yuv420p", dst_colorspace=Colorspace.ITU709)


def _working(size: tuple[int, int]) -> tuple[int, int]:
    return _within(size, _WORK_PIXELS)


def _within(size: tuple[int, int], pixels: int) -> tuple[int, int]:
    """That shape with at most so many pixels."""
    scale = min(1.0, (pixels / (size[0] * size[1])) ** 0.5)
    width, height = (max(2, round(side * scale / 2) * 2) for side in size)
    return width, height

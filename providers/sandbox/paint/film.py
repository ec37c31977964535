"""Films from pictures: the camera moves, near things more than far ones, clouds drift, water and leaves stir."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from .colour import resized, smooth
from .footage import Facts, FilmWriter, Pixels, enlarged, facts, frames_of, picture_of
from .frame import Frame, Plane
from .motion import Mover
from .noise import World
from .recipe import Recipe
from .staging import stable_number

Motion = Literal["low", "high"]


def film(
    image: Image.Image,
    recipe: Recipe,
    target: Path,
    *,
    width: int,
    height: int,
    seconds: float = 5,
    fps: int = 24,
    motion: Motion = "low",
    loop: bool = False,
    end: Image.Image | None = None,
    seed: int,
    index: int,
    prompt: str | None = None,
) -> Facts:
    """Writes an MP4 whose first frame is the picture (filling ``width`` x ``height``, odd sides one more).

    It has exactly ``seconds`` x ``fps`` frames: 120 in 5 s. ``end`` is the last frame; without it a loop's last frame
    is the first again. ``index`` 0..3 chooses another camera move.
    """
    size = (width + width % 2, height + height % 2)
    count = max(2, round(seconds * fps))
    words, number = prompt or recipe.prompt, stable_number("film", recipe.seed, seed, index)
    with FilmWriter(target, size, fps) as written:
        for frame in moving(filling(image, size), end, size, count, fps, motion, loop, words, number, index):
            written.add(frame)
    return Facts(*size, count, Fraction(fps))


def extend_film(
    source: Path,
    recipe: Recipe,
    target: Path,
    *,
    seconds: float = 4,
    motion: Motion = "low",
    loop: bool = False,
    end: Image.Image | None = None,
    seed: int,
    index: int,
    prompt: str | None = None,
) -> Facts:
    """Writes the whole film of ``source`` and ``seconds`` more that go on from its last frame.

    ``end`` is the last frame of it all; without it a loop returns to the film's first frame.
    """
    known = facts(source)
    size, rate = (known.width, known.height), known.frame_rate
    count = max(1, round(seconds * rate))
    words, number = prompt or recipe.prompt, stable_number("extension", recipe.seed, seed, index)
    with FilmWriter(target, size, rate, quality=14) as written:
        first: Image.Image | None = None
        for frame in frames_of(source):
            if first is None:
                first = picture_of(frame)
            last = frame
            written.add_frame(frame)
        end = first if loop and end is None else end
        following = moving(picture_of(last), end, size, count + 1, float(rate), motion, False, words, number, index)
        next(following)  # it is the film's last frame
        for pixels in following:
            written.add(pixels)
    return Facts(*size, known.frames + count, rate)


def upscale_film(source: Path, target: Path, *, side: int = 1080) -> Facts:
    """Writes the film with its short side ``side`` pixels; one that is as large already stays as it is."""
    known = facts(source)
    if min(known.width, known.height) == side:
        shutil.copyfile(source, target)
        return known
    return enlarged(source, target, side)


def filling(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture at that size; of another shape, its middle."""
    image = image.convert("RGB")
    ratio = size[0] / size[1]
    width, height = image.width, image.height
    if abs(width / height / ratio - 1) > 0.02:
        width, height = min(width, round(height * ratio)), min(height, round(width / ratio))
    left, top = (image.width - width) / 2, (image.height - height) / 2
    return image.resize(size, Image.Resampling.LANCZOS, box=(left, top, left + width, top + height))


def moving(
    begin: Image.Image,
    end: Image.Image | None,
    size: tuple[int, int],
    count: int,
    rate: float,
    motion: Motion,
    loop: bool,
    words: str,
    number: int,
    index: int,
    *,
    quick: bool = False,
) -> Iterator[Pixels]:
    """``count`` frames from the picture on, one at a time; the first is the picture itself, the last is ``end``."""
    strength = 1.2 if motion == "low" else 2.6
    mover = Mover(begin, words, number, index, strength, quick=quick)
    last = count - 1
    if end is None:
        for i in range(count):
            yield mover.looping(i / last) if loop else mover.onward(i / rate)
        return
    other = Mover(filling(end, size), words, number, index, strength, quick=quick)
    order = _order(begin, number)
    turned = smooth(0.26, 0.8, np.linspace(0, 1, count, dtype=np.float32))
    for i, progress in enumerate(turned.tolist()):
        if progress <= 0:
            yield mover.onward(i / rate)
        elif progress >= 1:
            yield other.onward((i - last) / rate)
        else:
            amount = smooth(0.0, 1.0, np.asarray(np.float32(progress * 2) - order, np.float32))
            yield _mixed(mover.onward(i / rate), other.onward((i - last) / rate), amount)


def _order(picture: Image.Image, number: int) -> Plane:
    """When each part gives way to the other picture, 0 first and 1 last: in drifting clouds, the light parts first."""
    width, height = picture.size
    frame = Frame(width, height, 0, 0, width / height, 1, width / height)
    cloud = World(number & 0x7FFFFFFF).fbm("order", frame.coarse(8), 0.4, octaves=4)
    grey = picture.convert("L").resize((cloud.shape[1], cloud.shape[0]), Image.Resampling.BOX)
    order = cloud * np.float32(0.8) + np.float32(0.2) * (1 - np.asarray(grey, np.float32) / 255)
    low, high = float(order.min()), float(order.max())
    return resized(np.asarray((order - low) / max(high - low, 1e-3), np.float32), width, height)


def _mixed(a: Pixels, b: Pixels, amount: Plane) -> Pixels:
    share = Image.fromarray((amount * 255 + 0.5).astype(np.uint8))
    return np.asarray(Image.composite(Image.fromarray(b), Image.fromarray(a), share))

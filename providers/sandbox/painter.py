"""What the sandbox asks of a painter, the real one, and one that costs nothing."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, Protocol

from PIL import Image, ImageDraw

from . import paint as real
from .flat import flat_clip, flat_edit, flat_speech
from .paint import Direction, Facts, Motion, Placement, Recipe, Sound
from .paint.footage import FilmWriter, enlarged, facts, frames_of, picture_of


class Painter(Protocol):
    """Must be picklable: pictures are painted in other processes. Pictures are RGB unless said otherwise."""

    def paint(self, recipe: Recipe) -> Image.Image: ...

    def vary(self, recipe: Recipe, *, strong: bool, seed: int, index: int, prompt: str | None = None) -> Recipe: ...

    def pan(
        self,
        image: Image.Image,
        recipe: Recipe,
        *,
        direction: Direction,
        scale: float,
        seed: int,
        index: int,
        prompt: str | None = None,
    ) -> tuple[Image.Image, Recipe]: ...

    def upscale(self, image: Image.Image, recipe: Recipe, *, factor: int, creative: bool) -> Image.Image: ...

    def blend_reference(self, image: Image.Image, references: list[Image.Image], weight: float) -> Image.Image:
        """``weight`` 0 is nothing, 1 a clear influence, 3 the strongest."""

    def repaint(
        self, image: Image.Image, recipe: Recipe, *, mask: Image.Image, seed: int, index: int, prompt: str | None = None
    ) -> Image.Image:
        """``mask`` is grey and of the picture's size; where it is 0 the pixels stay."""

    def canvas(
        self,
        image: Image.Image,
        recipe: Recipe,
        *,
        place: Placement,
        mask: Image.Image | None,
        seed: int,
        index: int,
        prompt: str | None = None,
    ) -> tuple[Image.Image, Recipe]:
        """``mask`` is in the pixels of ``image``."""

    def backdrop(
        self,
        image: Image.Image,
        recipe: Recipe,
        *,
        mask: Image.Image,
        strength: float,
        prompt: str,
        seed: int,
        index: int,
    ) -> Image.Image:
        """``mask`` as for ``repaint``; ``strength`` above 0 up to 1 is how much of what was there gives way."""

    def cutout(self, image: Image.Image, recipe: Recipe) -> Image.Image:
        """RGBA; ``image`` may have an alpha channel of its own."""

    def retexture(self, image: Image.Image, recipe: Recipe, *, prompt: str, seed: int, index: int) -> Image.Image: ...

    def rework(
        self, image: Image.Image, recipe: Recipe, *, strong: bool, seed: int, index: int, prompt: str | None = None
    ) -> Image.Image: ...

    def film(
        self,
        image: Image.Image,
        recipe: Recipe,
        target: Path,
        *,
        width: int,
        height: int,
        seconds: float,
        fps: int,
        motion: Motion,
        loop: bool,
        end: Image.Image | None,
        seed: int,
        index: int,
        prompt: str | None = None,
    ) -> Facts: ...

    def extend_film(
        self,
        source: Path,
        recipe: Recipe,
        target: Path,
        *,
        seconds: float,
        motion: Motion,
        loop: bool,
        end: Image.Image | None,
        seed: int,
        index: int,
        prompt: str | None = None,
    ) -> Facts: ...

    def upscale_film(self, source: Path, target: Path, *, side: int) -> Facts: ...

    def clip(
        self,
        recipe: Recipe,
        target: Path,
        *,
        width: int,
        height: int,
        seconds: float,
        fps: int,
        first: Image.Image | None,
        last: Image.Image | None,
        steer: Sequence[Image.Image],
        audios: Sequence[Path],
        sound: Sound,
        watermark: str,
        keep_last: Path | None,
    ) -> Facts: ...

    def edit_clip(
        self,
        source: Path,
        recipe: Recipe,
        target: Path,
        *,
        width: int,
        height: int,
        seconds: float,
        sound: Literal["", "keep", "new"],
        steer: Sequence[Image.Image],
        watermark: str,
    ) -> Facts: ...

    def speak(
        self,
        target: Path,
        *,
        text: str,
        language: str,
        voice: str,
        seconds: float,
        sample_rate: int,
        pitch: float,
        sample: Path | None,
        ranges: Sequence[Sequence[float]],
    ) -> float:
        """The seconds that it takes."""


class RealPainter:
    """`providers.sandbox.paint`."""

    paint = staticmethod(real.paint)
    vary = staticmethod(real.vary)
    pan = staticmethod(real.pan)
    upscale = staticmethod(real.upscale)
    blend_reference = staticmethod(real.blend_reference)
    repaint = staticmethod(real.repaint)
    canvas = staticmethod(real.canvas)
    backdrop = staticmethod(real.backdrop)
    cutout = staticmethod(real.cutout)
    retexture = staticmethod(real.retexture)
    rework = staticmethod(real.rework)
    film = staticmethod(real.film)
    extend_film = staticmethod(real.extend_film)
    upscale_film = staticmethod(real.upscale_film)
    clip = staticmethod(real.clip)
    edit_clip = staticmethod(real.edit_clip)
    speak = staticmethod(real.speak)


class FlatPainter:
    """Two flat colours chosen by the recipe: right sizes, right differences, next to no time. For tests.

    Its films have the size and duration asked for and begin and end where they should: clips with as many frames and
    the sound that were asked for, but no watermark, all others with two frames a second. Its voice is one tone as long
    as the words.
    """

    def paint(self, recipe: Recipe) -> Image.Image:
        mark = zlib.crc32(repr(recipe).encode())
        picture = Image.new("RGB", (recipe.width, recipe.height), _colour(mark))
        ImageDraw.Draw(picture).rectangle((8, 8, recipe.width // 2, recipe.height // 2), fill=_colour(mark * 31))
        return picture

    def vary(self, recipe: Recipe, *, strong: bool, seed: int, index: int, prompt: str | None = None) -> Recipe:
        changed = replace(recipe, seed=seed, index=index) if strong else replace(recipe, detail_seed=seed + index)
        return changed if prompt is None else replace(changed, prompt=prompt)

    def pan(
        self,
        image: Image.Image,
        recipe: Recipe,
        *,
        direction: Direction,
        scale: float,
        seed: int,
        index: int,
        prompt: str | None = None,
    ) -> tuple[Image.Image, Recipe]:
        across = direction in ("left", "right")
        width = round(image.width * scale) if across else image.width
        height = image.height if across else round(image.height * scale)
        wider = Image.new("RGB", (width, height), _chosen(prompt, seed, index))
        x, y = width - image.width if direction == "left" else 0, height - image.height if direction == "up" else 0
        wider.paste(image, (x, y))
        return wider, replace(recipe, width=width, height=height)

    def upscale(self, image: Image.Image, recipe: Recipe, *, factor: int, creative: bool) -> Image.Image:
        larger = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
        if creative:
            ImageDraw.Draw(larger).rectangle((0, 0, 8, 8), fill=_colour(recipe.seed + 1))
        return larger

    def blend_reference(self, image: Image.Image, references: list[Image.Image], weight: float) -> Image.Image:
        mean = references[0].convert("RGB").resize((1, 1)).resize(image.size)
        return Image.blend(image, mean, min(1.0, weight / 3))

    def repaint(
        self, image: Image.Image, recipe: Recipe, *, mask: Image.Image, seed: int, index: int, prompt: str | None = None
    ) -> Image.Image:
        flat = Image.new("RGB", image.size, _chosen(prompt, seed, index))
        return Image.composite(flat, image, mask)

    def canvas(
        self,
        image: Image.Image,
        recipe: Recipe,
        *,
        place: Placement,
        mask: Image.Image | None,
        seed: int,
        index: int,
        prompt: str | None = None,
    ) -> tuple[Image.Image, Recipe]:
        flat = Image.new("RGB", (place.width, place.height), _chosen(prompt, seed, index))
        size = (place.image_width, place.image_height)
        kept = Image.new("L", size, 255) if mask is None else mask.resize(size).point(lambda value: 255 - value)
        flat.paste(image if image.size == size else image.resize(size), (place.x, place.y), kept)
        return flat, replace(recipe, width=place.width, height=place.height)

    def backdrop(
        self,
        image: Image.Image,
        recipe: Recipe,
        *,
        mask: Image.Image,
        strength: float,
        prompt: str,
        seed: int,
        index: int,
    ) -> Image.Image:
        flat = Image.blend(image, Image.new("RGB", image.size, _chosen(prompt, seed, index)), strength)
        return Image.composite(flat, image, mask)

    def cutout(self, image: Image.Image, recipe: Recipe) -> Image.Image:
        alpha = Image.new("L", image.size)
        w, h = image.size
        alpha.paste(255, (w // 4, h // 4, w - w // 4, h - h // 4))
        clear = image.convert("RGBA")
        clear.putalpha(alpha)
        return clear

    def retexture(self, image: Image.Image, recipe: Recipe, *, prompt: str, seed: int, index: int) -> Image.Image:
        return Image.blend(image, Image.new("RGB", image.size, _chosen(prompt, seed, index)), 0.6)

    def rework(
        self, image: Image.Image, recipe: Recipe, *, strong: bool, seed: int, index: int, prompt: str | None = None
    ) -> Image.Image:
        flat = Image.new("RGB", image.size, _chosen(prompt, seed, index))
        return Image.blend(image, flat, 0.6 if strong else 0.2)

    def film(
        self,
        image: Image.Image,
        recipe: Recipe,
        target: Path,
        *,
        width: int,
        height: int,
        seconds: float,
        fps: int,
        motion: Motion,
        loop: bool,
        end: Image.Image | None,
        seed: int,
        index: int,
        prompt: str | None = None,
    ) -> Facts:
        size = (width + width % 2, height + height % 2)
        rate, first = 2, image.resize(size, Image.Resampling.BOX)
        count = max(2, round(seconds * rate))
        with FilmWriter(target, size, rate, preset="ultrafast") as film:
            for number, frame in enumerate(_flat_frames(first, end, loop, count, _chosen(prompt, seed, index))):
                film.add(first if number == 0 else frame)
        return Facts(*size, count, film.rate)

    def extend_film(
        self,
        source: Path,
        recipe: Recipe,
        target: Path,
        *,
        seconds: float,
        motion: Motion,
        loop: bool,
        end: Image.Image | None,
        seed: int,
        index: int,
        prompt: str | None = None,
    ) -> Facts:
        known = facts(source)
        size, count = (known.width, known.height), max(1, round(seconds * known.frame_rate))
        with FilmWriter(target, size, known.frame_rate, preset="ultrafast") as film:
            begin = None
            for stored in frames_of(source):
                begin = begin or picture_of(stored)
                film.add_frame(stored)
                last = stored
            for frame in _flat_frames(
                picture_of(last), begin if loop else end, False, count, _chosen(prompt, seed, index)
            ):
                film.add(frame)
        return Facts(*size, known.frames + count, known.frame_rate)

    def upscale_film(self, source: Path, target: Path, *, side: int) -> Facts:
        return enlarged(source, target, side, fine=False)

    def clip(
        self,
        recipe: Recipe,
        target: Path,
        *,
        width: int,
        height: int,
        seconds: float,
        fps: int,
        first: Image.Image | None,
        last: Image.Image | None,
        steer: Sequence[Image.Image],
        audios: Sequence[Path],
        sound: Sound,
        watermark: str,
        keep_last: Path | None,
    ) -> Facts:
        size = (width + width % 2, height + height % 2)
        begin = first
        if begin is None:
            begin = self.paint(replace(recipe, width=size[0], height=size[1]))
            for picture in steer:
                begin = self.blend_reference(begin, [picture], 1.0)
        return flat_clip(target, begin, last, size, seconds, fps, sound, audios, keep_last)

    def edit_clip(
        self,
        source: Path,
        recipe: Recipe,
        target: Path,
        *,
        width: int,
        height: int,
        seconds: float,
        sound: Literal["", "keep", "new"],
        steer: Sequence[Image.Image],
        watermark: str,
    ) -> Facts:
        size = (width + width % 2, height + height % 2)
        return flat_edit(source, target, _chosen(recipe.prompt, recipe.seed, recipe.index), size, seconds, sound)

    def speak(
        self,
        target: Path,
        *,
        text: str,
        language: str,
        voice: str,
        seconds: float,
        sample_rate: int,
        pitch: float,
        sample: Path | None,
        ranges: Sequence[Sequence[float]],
    ) -> float:
        return flat_speech(target, text, language, 160.0 * 2 ** (pitch / 12), seconds, sample_rate)


def _flat_frames(
    first: Image.Image, end: Image.Image | None, loop: bool, count: int, colour: tuple[int, int, int]
) -> list[Image.Image]:
    """The picture under a block that moves across it; the last frame is ``end``, or the first again in a loop."""
    frames = []
    for number in range(count):
        frame = first.copy()
        if number:
            x = frame.width * number // (2 * count)
            frame.paste(colour, (x, 0, x + max(2, frame.width // 8), frame.height // 2))
        frames.append(frame)
    if end is not None:
        frames[-1] = end.convert("RGB").resize(first.size, Image.Resampling.BOX)
    elif loop:
        frames[-1] = first
    return frames


def _chosen(prompt: str | None, seed: int, index: int) -> tuple[int, int, int]:
    return _colour(zlib.crc32(f"{prompt}{seed}{index}".encode()))


def _colour(mark: int) -> tuple[int, int, int]:
    return mark & 255, mark >> 8 & 255, mark >> 16 & 255

"""What the sandbox asks of a painter, the real one, and one that costs nothing."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Protocol

from PIL import Image, ImageDraw

from . import paint as real
from .paint import Direction, Recipe


class Painter(Protocol):
    """Must be picklable: pictures are painted in other processes."""

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


class RealPainter:
    """`providers.sandbox.paint`."""

    paint = staticmethod(real.paint)
    vary = staticmethod(real.vary)
    pan = staticmethod(real.pan)
    upscale = staticmethod(real.upscale)
    blend_reference = staticmethod(real.blend_reference)


class FlatPainter:
    """Two flat colours chosen by the recipe: right sizes, right differences, next to no time. For tests."""

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
        wider = Image.new("RGB", (width, height), _colour(zlib.crc32(f"{prompt}{seed}{index}".encode())))
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


def _colour(mark: int) -> tuple[int, int, int]:
    return mark & 255, mark >> 8 & 255, mark >> 16 & 255

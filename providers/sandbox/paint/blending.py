"""New paint meets old: soft borders inside of a mask, colours carried across a seam, and whether a recipe is true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from .colour import blurred, from_image, resized, to_image
from .compose import paint
from .frame import Canvas, Plane
from .recipe import Recipe

_PROOF = 160
_TRUE_WITHIN = 0.055
"""How far a picture may be from what its recipe paints, on average and 0..1, to count as painted from it."""
_FEATHER_STEPS = 9


def is_true(image: Image.Image, recipe: Recipe) -> bool:
    """Whether the recipe paints about this picture, judged on few pixels."""
    scale = _PROOF / max(recipe.width, recipe.height)
    size = (max(24, round(recipe.width * scale)), max(24, round(recipe.height * scale)))
    if abs(image.width * recipe.height - image.height * recipe.width) > 0.02 * image.width * recipe.height:
        return False
    painted = from_image(paint(replace(recipe, width=size[0], height=size[1])))
    shown = from_image(image.resize(size, Image.Resampling.BOX))
    soft = [np.stack([blurred(plane, 2.0) for plane in picture]) for picture in (painted, shown)]
    return float(np.abs(soft[0] - soft[1]).mean()) < _TRUE_WITHIN


def feathered(mask: Image.Image) -> Plane:
    """How much of the new paint shows, 0..1: the mask's own values, rising from its border inward.

    The border is soft over about a twentieth of the masked area's breadth, less where it is narrow, so that a thin
    line is still repainted. Exactly 0 where the mask is 0.
    """
    values = np.asarray(mask, np.float32) / np.float32(255)
    inside = mask.point(lambda value: 255 if value else 0)
    area = float(np.count_nonzero(values))
    if area == 0 or area == values.size:
        return np.asarray(values, np.float32)
    reach = max(2.0, 0.05 * area**0.5)
    shrink = max(1.0, reach / _FEATHER_STEPS)
    size = (max(4, round(mask.width / shrink)), max(4, round(mask.height / shrink)))
    eaten = inside.resize(size, Image.Resampling.BOX).point(lambda value: 255 if value > 127 else 0)
    steps = max(1, round(reach / shrink))
    depth = np.zeros((size[1], size[0]), np.float32)
    for _ in range(steps):
        depth += np.asarray(eaten, np.float32) / np.float32(255 * steps)
        eaten = eaten.filter(ImageFilter.MinFilter(3))
    deepest = Image.fromarray((depth * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(2 * steps + 1))
    ratio = np.clip(depth / np.maximum(np.asarray(deepest, np.float32) / 255, 1 / steps), 0, 1)
    ratio = blurred(np.asarray(ratio, np.float32), 1.0)
    ratio = np.asarray(ratio * ratio * (3 - 2 * ratio), np.float32)
    return np.asarray(values * np.clip(resized(ratio, *mask.size), 0, 1), np.float32)


def spread(known: Canvas, weight: Plane) -> Canvas:
    """Values known where the weight is above 0, carried smoothly over the rest (a pyramid: pull up, push down)."""
    height, width = weight.shape
    if min(height, width) <= 2:
        total = float(weight.sum()) or 1.0
        mean = (known * weight).sum((1, 2)) / total
        return np.where(weight > 0, known, mean[:, None, None]).astype(np.float32)
    half = (max(1, width // 2), max(1, height // 2))
    less = _boxed(weight, half)
    fewer = np.stack([_boxed(plane * weight, half) for plane in known]) / np.maximum(less, 1e-6)
    filled = spread(fewer.astype(np.float32), np.asarray(np.minimum(1, less * 4), np.float32))
    up = np.stack([resized(plane, width, height) for plane in filled])
    return np.asarray(up + (known - up) * weight, np.float32)


def _boxed(plane: Plane, size: tuple[int, int]) -> Plane:
    image = Image.fromarray(np.ascontiguousarray(plane, np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BOX), np.float32)


def harmonised(content: Canvas, around: Canvas, kept: Plane, *, reach: float, firmness: float = 0.35) -> Canvas:
    """The content with the light and colour of what is kept around it.

    At the seam the difference between the two is taken away wholly; ``reach`` (in parts of the picture's shorter side)
    further on only the part ``firmness`` of it. ``kept`` is 1 where ``around`` is known.
    """
    height, width = kept.shape
    scale = min(1.0, 224 / max(width, height))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small_kept = np.asarray(np.square(_boxed(kept, size)), np.float32)
    if float(small_kept.sum()) < 1:
        return content
    there = np.stack([_boxed(plane * kept, size) for plane in around]) / np.maximum(_boxed(kept, size), 1e-4)
    here = np.stack([_boxed(plane, size) for plane in content])
    apart = spread(np.asarray(there - here, np.float32), np.minimum(1, small_kept))
    near = blurred(np.minimum(1, small_kept * 1.0), max(1.0, reach * min(size)))
    fade = np.asarray(firmness + (1 - firmness) * np.clip(near * 2.0, 0, 1), np.float32)
    change = np.stack([resized(plane * fade, width, height) for plane in apart])
    return np.asarray(np.clip(content + change, 0, 1), np.float32)


def laid_over(image: Image.Image, content: Canvas, amount: Plane) -> Image.Image:
    """The image with the content by that amount (0..1); where it is 0 the very same pixels."""
    base = from_image(image)
    base += (content - base) * amount[None]
    untouched = Image.fromarray(np.where(amount > 0, np.uint8(0), np.uint8(255)))
    return Image.composite(image, to_image(base), untouched)


def ring(kept: Image.Image, width: int) -> Image.Image:
    """The part of what is kept that lies within about ``width`` pixels of what isn't (grey pictures, 255 kept)."""
    shrink = max(1, width // 6)
    size = (max(4, kept.width // shrink), max(4, kept.height // shrink))
    small = kept.resize(size, Image.Resampling.NEAREST)
    steps = max(1, round(width / shrink))
    grown = small.filter(ImageFilter.MinFilter(2 * min(6, steps) + 1))
    return ImageChops.difference(small, grown).resize(kept.size, Image.Resampling.NEAREST)

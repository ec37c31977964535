"""Pictures on a larger canvas, painted on beyond their edges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from .blending import harmonised, is_true, laid_over
from .colour import from_image, resized, smooth, to_image
from .compose import paint
from .frame import Canvas, Frame, Plane
from .noise import World
from .placement import Placement
from .recipe import Extension, Recipe
from .reference import blend_reference
from .repaint import repaint
from .staging import stable_number

_WIDEST_VIEW = 3.2
"""Base frames that a scene can be seen across before it looks empty."""


def canvas(
    image: Image.Image,
    recipe: Recipe,
    *,
    place: Placement,
    mask: Image.Image | None,
    seed: int,
    index: int,
    prompt: str | None = None,
) -> tuple[Image.Image, Recipe]:
    """The picture put on a canvas, the rest of it painted on from the picture; and the recipe of it all.

    What the picture covers stays as it is (scaled when ``place`` says so), except under ``mask`` (grey, in the
    picture's pixels, white is new). ``prompt`` lets the new parts show something else.
    """
    placed = place.scaled(image)
    known = Image.new("RGB", (place.width, place.height))
    known.paste(placed, (place.x, place.y))
    left, top, right, bottom = place.shown
    if mask is not None and mask.getbbox():
        inner = place.free(mask).crop(place.shown)
        part = replace(recipe, width=placed.width, height=placed.height)
        whole = Image.new("L", placed.size)
        whole.paste(inner, (left - place.x, top - place.y))
        redone = repaint(placed, part, mask=whole, seed=seed, index=index, prompt=prompt)
        known.paste(redone, (place.x, place.y))
    if (left, top, right, bottom) == (0, 0, place.width, place.height):
        return known, replace(recipe, width=place.width, height=place.height)
    outside = np.ones((place.height, place.width), np.float32)
    outside[top:bottom, left:right] = 0
    number = stable_number("canvas", recipe.seed, seed, index) % 2_000_000_000 + 1
    shown = from_image(known.crop(place.shown))
    continued = _mirrored(shown, place)
    grown = _wider_view(placed, recipe, place, number, prompt or "")
    frame = Frame(place.width, place.height, 0, 0, place.width / place.height, 1, place.width / place.height)
    distance = _distance(place)
    if grown is not None:
        content = from_image(paint(grown))
        reach = max(3.0, 0.012 * min(place.width, place.height))
        content = harmonised(content, from_image(known), 1 - outside, reach=0.10, firmness=0.12)
    else:
        words = prompt or recipe.prompt
        scene = Recipe(words, number, index, place.width, place.height, stylize=recipe.stylize, raw=recipe.raw)
        content = from_image(blend_reference(paint(scene), [known.crop(place.shown)], 2.2))
        content = harmonised(content, from_image(known), 1 - outside, reach=0.3, firmness=0.6)
        reach = max(6.0, min(0.5 * float(distance.max()), 0.15 * min(shown.shape[1:])))
        continued = _loosened(continued, place, number, reach)
        continued = harmonised(continued, from_image(known), 1 - outside, reach=0.05, firmness=0.6)
    ragged = World(number & 0x7FFFFFFF).fbm("seam", frame.coarse(4), 0.12, octaves=4) - np.float32(0.5)
    ragged = resized(ragged, place.width, place.height) * np.float32(reach * 0.9)
    amount = smooth(0.04 * reach, reach, np.asarray(distance + ragged * smooth(0, reach, distance), np.float32))
    filled = continued + (content - continued) * amount[None]
    of_all = grown or replace(recipe, prompt=prompt or recipe.prompt, width=place.width, height=place.height)
    return laid_over(known, np.asarray(filled, np.float32), outside), of_all


def _wider_view(placed: Image.Image, recipe: Recipe, place: Placement, beyond: int, prompt: str) -> Recipe | None:
    """The recipe of the whole canvas, when the picture is what its recipe paints and its world reaches that far."""
    recipe = replace(recipe, tile=False)
    left, top, right, bottom = recipe.viewport
    across, down = (right - left) / place.image_width, (bottom - top) / place.image_height
    view = (
        left - place.x * across,
        top - place.y * down,
        left + (place.width - place.x) * across,
        top + (place.height - place.y) * down,
    )
    # a picture with scaled sides has no frame of its own shape; very wide views show little of interest
    stretched = abs(place.image_width * recipe.height / (place.image_height * recipe.width) - 1)
    widest = max((view[2] - view[0]) / min(1, right - left), (view[3] - view[1]) / min(1, bottom - top))
    if stretched > 0.03 or widest > _WIDEST_VIEW or not is_true(placed, recipe):
        return None
    if prompt == recipe.prompt:
        prompt = ""
    sides: list[Extension] = [
        (side, border, beyond + number, prompt)
        for number, (side, border, reaches) in enumerate(
            (
                ("left", left, view[0] < left),
                ("right", right, view[2] > right),
                ("up", top, view[1] < top),
                ("down", bottom, view[3] > bottom),
            )
        )
        if reaches
    ]
    return replace(
        recipe, width=place.width, height=place.height, viewport=view, extensions=(*recipe.extensions, *sides)
    )


def _distance(place: Placement) -> Plane:
    """Pixels from the shown part of the picture."""
    left, top, right, bottom = place.shown
    x, y = np.arange(place.width, dtype=np.float32), np.arange(place.height, dtype=np.float32)
    dx = np.maximum(np.maximum(left - x, x - (right - 1)), 0)
    dy = np.maximum(np.maximum(top - y, y - (bottom - 1)), 0)
    return np.asarray(np.hypot(dx[None, :], dy[:, None]), np.float32)


def _folded(positions: NDArray[np.integer[Any]], size: int) -> NDArray[np.integer[Any]]:
    """Positions reflected back and forth into 0..size-1."""
    period = max(1, 2 * (size - 1))
    turned = np.abs(positions) % period
    return np.asarray(np.minimum(turned, period - turned), np.int64)


def _mirrored(shown: Canvas, place: Placement) -> Canvas:
    left, top, _, _ = place.shown
    rows = _folded(np.arange(place.height) - top, shown.shape[1])
    columns = _folded(np.arange(place.width) - left, shown.shape[2])
    return np.ascontiguousarray(shown[:, rows][:, :, columns])


def _loosened(mirrored: Canvas, place: Placement, number: int, reach: float) -> Canvas:
    """The mirror image bent and softened with distance, so that it isn't seen as one."""
    frame = Frame(place.width, place.height, 0, 0, place.width / place.height, 1, place.width / place.height)
    world = World(number & 0x7FFFFFFF)
    far = _distance(place)
    amount = smooth(0.0, reach, far) * np.float32(0.8 * reach)
    coarse = frame.coarse(8)
    bend = [
        resized(world.fbm(f"bend{axis}", coarse, 0.2, octaves=3) - np.float32(0.5), *frame_size(frame)) for axis in "xy"
    ]
    rows = np.clip(np.arange(place.height)[:, None] + bend[1] * amount, 0, place.height - 1).astype(np.int32)
    columns = np.clip(np.arange(place.width)[None, :] + bend[0] * amount, 0, place.width - 1).astype(np.int32)
    bent = np.stack([plane[rows, columns] for plane in mirrored])
    soft = from_image(to_image(bent).filter(ImageFilter.GaussianBlur(min(place.width, place.height) / 40)))
    return np.asarray(bent + (soft - bent) * smooth(0.1 * reach, reach, far)[None], np.float32)


def frame_size(frame: Frame) -> tuple[int, int]:
    return frame.width, frame.height

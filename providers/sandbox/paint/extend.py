"""Pictures that grow: pans, and enlargements with real detail."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from PIL import Image

from .colour import blurred, from_image, resized, resized_canvas, smooth, to_image
from .compose import paint
from .frame import Canvas, Frame, Plane
from .noise import World
from .recipe import Recipe
from .staging import frame_of, stable_number

Direction = Literal["down", "right", "up", "left"]

_MAX_RENDER_PIXELS = 4096 * 4096


def pan(
    image: Image.Image,
    recipe: Recipe,
    *,
    direction: Direction,
    scale: float,
    seed: int,
    index: int,
    prompt: str | None = None,
) -> tuple[Image.Image, Recipe]:
    """Extend a picture on one side; returns the larger picture and the recipe of its whole view.

    ``scale`` (1.1..3.0) is how many times as wide (left, right) or tall (up, down) the result is. The original pixels
    are copied unchanged; only the new side is painted, and matched in colour where it joins. ``index`` 0..3 gives
    different continuations, ``prompt`` lets the new side show something else.
    Raises ValueError on another direction, a scale outside of 1.1..3.0 or an image of another size than the recipe's.
    """
    if direction not in ("down", "right", "up", "left"):
        raise ValueError(f"not a direction: {direction!r}")
    if not 1.1 - 1e-9 <= scale <= 3.0 + 1e-9:
        raise ValueError(f"the scale of a pan is 1.1 to 3.0, not {scale}")
    if image.size != (recipe.width, recipe.height):
        raise ValueError(f"the picture is {image.size}, its recipe says {(recipe.width, recipe.height)}")
    left, top, right, bottom = recipe.viewport
    width, height = image.size
    beyond = stable_number("pan", recipe.seed, seed, index, direction, len(recipe.extensions)) % 2_000_000_000 + 1
    if direction in ("left", "right"):
        added = max(1, round(width * (scale - 1)))
        reach = (right - left) * added / width
        view = (left - reach, top, right, bottom) if direction == "left" else (left, top, right + reach, bottom)
        size = (width + added, height)
        border = left if direction == "left" else right
    else:
        added = max(1, round(height * (scale - 1)))
        reach = (bottom - top) * added / height
        view = (left, top - reach, right, bottom) if direction == "up" else (left, top, right, bottom + reach)
        size = (width, height + added)
        border = top if direction == "up" else bottom
    grown = replace(
        recipe,
        width=size[0],
        height=size[1],
        viewport=view,
        extensions=(*recipe.extensions, (direction, border, beyond, prompt or "")),
        tile=False,
    )
    pixels = from_image(paint(grown))
    place = (added if direction == "left" else 0, added if direction == "up" else 0)
    _match_new_side(pixels, from_image(image), direction, added)
    out = to_image(pixels)
    out.paste(image.convert("RGB"), place)
    return out, grown


def _match_new_side(pixels: Canvas, old: Canvas, direction: Direction, added: int) -> None:
    """Carry the difference between old and new at the join into the new side, fading with distance."""
    axis = 2 if direction in ("left", "right") else 1
    turned = pixels if axis == 2 else pixels.transpose(0, 2, 1)
    source = old if axis == 2 else old.transpose(0, 2, 1)
    if direction in ("left", "up"):
        turned, source = turned[:, :, ::-1], source[:, :, ::-1]
    border = source.shape[2]
    band = max(2, min(border, added, 12))
    rendered, wanted = turned[:, :, :border], source
    # the broad difference reaches far in, that of the last pixels only a little
    broad = (wanted[:, :, border - band :] - rendered[:, :, border - band :]).mean(2)
    close = wanted[:, :, border - 2 :].mean(2) - rendered[:, :, border - 2 :].mean(2)
    distance = np.arange(added, dtype=np.float32)
    far = np.exp(-np.square(distance / np.float32(max(24.0, 0.22 * added))))
    near = np.exp(-distance / np.float32(9.0))
    for i in range(3):
        smoothed = _along(broad[i], max(2, turned.shape[1] // 90))
        change = smoothed[:, None] * far[None, :] + (_along(close[i], 1) - smoothed)[:, None] * near[None, :]
        turned[i, :, border:] = np.clip(turned[i, :, border:] + change, 0, 1)


def _along(values: Plane, radius: int) -> Plane:
    window = np.hanning(2 * radius + 3)[1:-1]
    padded = np.pad(values, radius, mode="edge")
    return np.asarray(np.convolve(padded, window / window.sum(), "valid"), np.float32)


def upscale(image: Image.Image, recipe: Recipe, *, factor: int = 2, creative: bool = False) -> Image.Image:
    """The picture ``factor`` (2..4) times as wide and tall, with detail finer than its pixels.

    Where a new rendering of the recipe agrees with the picture its real detail is used; elsewhere (panned or edited
    parts) edges are sharpened and texture is added. Reduced again it matches the picture. ``creative`` also lets the
    new rendering change small forms. Raises ValueError on another factor.
    """
    if factor not in (2, 3, 4):
        raise ValueError(f"pictures are enlarged 2 to 4 times, not {factor}")
    original = image.convert("RGB")
    width, height = original.size
    big = (width * factor, height * factor)
    base = from_image(original.resize(big, Image.Resampling.BICUBIC))
    wanted = replace(recipe, width=big[0], height=big[1])
    if creative:
        wanted = replace(wanted, detail_seed=recipe.detail_seed or recipe.seed + 1)
    frame = Frame(big[0], big[1], 0.0, 0.0, big[0] / big[1], 1.0, big[0] / big[1])
    small = from_image(original)
    detail = _texture(base, frame, stable_number("upscale", recipe.seed))
    trust = np.zeros((big[1], big[0]), np.float32)
    if (
        big[0] * big[1] <= _MAX_RENDER_PIXELS
        and abs(frame_of(wanted).pixel * height * factor - frame_of(recipe).pixel * height) < 1e-3
    ):
        rendered = paint(wanted)
        reduced = from_image(rendered.resize((width, height), Image.Resampling.BOX))
        fine = from_image(rendered)
        fine -= from_image(to_image(reduced).resize(big, Image.Resampling.BICUBIC))
        apart = blurred(np.abs(reduced - small).mean(0), max(1.5, height / 260))
        trust = smooth(0.085, 0.02, apart)
        trust = resized(trust, *big)
        detail = detail * (1 - trust)[None] + fine * trust[None]
    out = base + _sharpened(base, factor) * (1 - 0.7 * trust)[None] + detail * np.float32(1.25 if creative else 1.0)
    np.clip(out, 0, 1, out=out)
    # what the reduced result misses of the picture is given back
    for _ in range(1 if creative else 2):
        back = small - from_image(to_image(out).resize((width, height), Image.Resampling.BOX))
        out += resized_canvas(back, *big) * np.float32(0.6 if creative else 1.0)
        np.clip(out, 0, 1, out=out)
    return to_image(out)


def _sharpened(base: Canvas, factor: int) -> Canvas:
    light = base.mean(0)
    edge = light - blurred(light, 1.1 * factor)
    # differences as small as the grain are left alone
    edge = edge * smooth(0.008, 0.03, np.abs(edge))
    edge = np.clip(edge * np.float32(0.85), -0.07, 0.07)
    return np.broadcast_to(edge[None], base.shape).astype(np.float32)


def _texture(base: Canvas, frame: Frame, seed: int) -> Canvas:
    """Fine structure that follows the contrast already there."""
    light = base.mean(0)
    contrast = blurred(np.abs(light - blurred(light, 0.004 / frame.pixel)), 0.004 / frame.pixel)
    world = World(seed & 0x7FFFFFFF)
    noise = world.fbm("texture", frame, frame.pixel * 5, octaves=2, gain=0.8) - np.float32(0.5)
    return np.broadcast_to((noise * np.clip(contrast * 1.4 + 0.006, 0, 0.06))[None], base.shape).astype(np.float32)

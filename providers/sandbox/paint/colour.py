"""Colours, canvases and the arithmetic on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .frame import Canvas, Plane

Colour = NDArray[np.float32]
"""Three light-linear (gamma 2) components."""


def hexadecimal(text: str) -> Colour:
    """``#rrggbb`` as a linear colour."""
    digits = text.lstrip("#")
    shown = np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / np.float32(255)
    return np.asarray(shown * shown, np.float32)


def lerp(a: Colour, b: Colour, t: float) -> Colour:
    return np.asarray(a + (b - a) * np.float32(t), np.float32)


def luminance(colour: Colour) -> float:
    return float(colour[0] * 0.3 + colour[1] * 0.59 + colour[2] * 0.11)


def tinted(colour: Colour, tint: Colour, amount: float) -> Colour:
    """The colour moved toward the tint's hue while it keeps most of its own lightness."""
    light = np.sqrt(max(luminance(colour), 1e-5) / max(luminance(tint), 1e-3))
    return lerp(colour, np.clip(tint * np.float32(min(light, 2.2)), 0, 1.6).astype(np.float32), amount)


def rotated(colour: Colour, turn: float) -> Colour:
    """Hue turned by ``turn`` full circles about the grey axis."""
    angle = turn * 2 * np.pi
    c, s = np.cos(angle), np.sin(angle)
    k = (1 - c) / 3
    r = s / np.sqrt(3)
    matrix = np.array([[c + k, k - r, k + r], [k + r, c + k, k - r], [k - r, k + r, c + k]], np.float32)
    return np.asarray(np.clip(matrix @ colour, 0, 4), np.float32)


def smooth(low: float, high: float, x: NDArray[np.floating[Any]]) -> Plane:
    """Smoothstep; ``low`` may be above ``high`` for a falling edge."""
    t = np.clip((x - np.float32(low)) * np.float32(1.0 / (high - low)), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def ramp(t: Plane, colours: Sequence[Colour], stops: Sequence[float] | None = None) -> Canvas:
    """Colours along t in 0..1, (3, *t.shape)."""
    at = np.linspace(0, 1, len(colours)) if stops is None else np.asarray(stops)
    table_t = np.linspace(0, 1, 1024)
    index = np.clip(t * 1023, 0, 1023).astype(np.int32)
    return np.stack(
        [np.interp(table_t, at, [float(c[i]) for c in colours]).astype(np.float32)[index] for i in range(3)]
    )


def solid(colour: Colour, shape: tuple[int, int]) -> Canvas:
    return np.broadcast_to(colour[:, None, None], (3, *shape)).astype(np.float32)


def cover(canvas: Canvas, paint: Canvas | Colour, mask: Plane) -> None:
    """Lay paint over the canvas in place where the mask (0..1) says so."""
    for i in range(3):
        over = paint[i]
        canvas[i] += (over - canvas[i]) * mask


def add_light(canvas: Canvas, colour: Colour, amount: Plane) -> None:
    for i in range(3):
        canvas[i] += amount * colour[i]


def resized(plane: Plane, width: int, height: int) -> Plane:
    if plane.shape == (height, width):
        return plane
    return np.asarray(
        Image.fromarray(np.ascontiguousarray(plane)).resize((width, height), Image.Resampling.BICUBIC), np.float32
    )


def resized_canvas(canvas: Canvas, width: int, height: int) -> Canvas:
    return np.stack([resized(c, width, height) for c in canvas])


def _box_pass(values: Plane, radius: int, axis: int) -> Plane:
    pad = [(0, 0), (0, 0)]
    pad[axis] = (radius + 1, radius)
    sums = np.cumsum(np.pad(values, pad, mode="edge"), axis, dtype=np.float64)
    width = 2 * radius + 1
    out = sums[width:] - sums[:-width] if axis == 0 else sums[:, width:] - sums[:, :-width]
    return (out / width).astype(np.float32)


def blurred(plane: Plane, radius: float) -> Plane:
    """A soft blur of about ``radius`` pixels; wide ones are computed on fewer pixels."""
    height, width = plane.shape
    if radius < 0.6:
        return plane
    shrink = max(1, int(radius / 3))
    small = plane
    if shrink > 1:
        size = (max(2, width // shrink), max(2, height // shrink))
        small = np.asarray(Image.fromarray(np.ascontiguousarray(plane)).resize(size, Image.Resampling.BOX), np.float32)
    box = max(1, round(radius / shrink * 0.62))
    for axis in (0, 1):
        for _ in range(3 if shrink > 1 else 2):
            small = _box_pass(small, box, axis)
    return resized(small, width, height)


def blurred_canvas(canvas: Canvas, radius: float) -> Canvas:
    return np.stack([blurred(c, radius) for c in canvas])


def to_image(canvas: Canvas) -> Image.Image:
    """Display-encode a canvas whose values are already gamma-encoded 0..1."""
    height, width = canvas.shape[1:]
    out = np.empty((height, width, 3), np.uint8)
    for i in range(3):
        out[..., i] = np.clip(canvas[i] * 255 + 0.5, 0, 255)
    return Image.fromarray(out)


def from_image(image: Image.Image) -> Canvas:
    """Gamma-encoded planes 0..1 of an RGB image."""
    pixels = np.asarray(image.convert("RGB"), np.float32)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)) * np.float32(1 / 255)

"""Weather in front of the scene, and the final development of the picture."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .colour import add_light, blurred, cover, lerp, resized, smooth
from .frame import Canvas, Frame, Plane
from .recipe import Recipe
from .sky import distance_to
from .staging import Stage

_INDOORS = ("pottery", "ink", "space", "window", "portrait", "bokeh")


def paint_weather(canvas: Canvas, frame: Frame, stage: Stage, horizon: float) -> None:
    """Mist, falling snow, rain and lightning, where the scene is outdoors."""
    if stage.intent.wants(*_INDOORS):
        return
    weathers = stage.intent.weathers
    if "mist" in weathers:
        _paint_mist(canvas, frame, stage, horizon)
    if "rain" in weathers or "storm" in weathers:
        _paint_rain(canvas, frame, stage, 1.0 if "rain" in weathers else 0.45)
    if "snow" in weathers and "clear" not in weathers and (stage.time != "noon" or stage.variant % 2):
        _paint_snowfall(canvas, frame, stage)


def _paint_mist(canvas: Canvas, frame: Frame, stage: Stage, horizon: float) -> None:
    coarse = frame.coarse(4)
    drift = stage.world.fbm("mistdrift", coarse, 0.35, stretch=3.5, octaves=5, detail=True)
    band = np.exp(-np.square((coarse.y - np.float32(horizon + 0.03)) / np.float32(0.17)))
    amount = np.clip((drift - 0.25) * 1.5, 0, 1) * band * np.float32(0.62)
    cover(canvas, lerp(stage.palette.haze, stage.palette.sky[-1], 0.45), resized(amount, frame.width, frame.height))


def _paint_rain(canvas: Canvas, frame: Frame, stage: Stage, amount: float) -> None:
    """Streaks in two distances, thin enough to be weather and not scratches."""
    light = lerp(stage.palette.haze, np.ones(3, np.float32), 0.35)
    lean = 0.10 + 0.06 * stage.variant
    for name, cell, stretch, strength in (("rainfar", 0.075, 0.026, 0.13), ("rainnear", 0.15, 0.022, 0.15)):
        coarse = frame if frame.pixel > 1 / 1300 else frame.coarse(2)
        streaks = stage.world.fbm(name, coarse, cell, stretch=stretch, octaves=2, gain=0.7, detail=True)
        rows = np.arange(coarse.height, dtype=np.int32)[:, None]
        shift = (coarse.ys * np.float32(lean) / np.float32(coarse.pixel)).astype(np.int32)[:, None]
        columns = (np.arange(coarse.width, dtype=np.int32)[None, :] + shift) % coarse.width
        streaks = streaks.ravel()[rows * np.int32(coarse.width) + columns]
        mask = smooth(0.60, 0.86, streaks) * np.float32(strength * amount * 2.3)
        cover(canvas, light, resized(mask, frame.width, frame.height))


def _paint_snowfall(canvas: Canvas, frame: Frame, stage: Stage) -> None:
    tone = lerp(stage.palette.lit, np.ones(3, np.float32), 0.7) * np.float32(0.95 - 0.35 * stage.palette.night)
    for layer, (cell, size, opacity) in enumerate(((0.022, 0.0011, 0.5), (0.05, 0.0024, 0.62), (0.15, 0.0065, 0.34))):
        x, y, values = stage.world.grid(f"flakes{layer}", frame, cell, 3, detail=True)
        kept = values[:, 0] < 0.55
        flakes = np.zeros((frame.height + 2, frame.width + 2), np.float32)
        column = ((x[kept] - frame.left) / (frame.right - frame.left) * frame.width).astype(int)
        row = ((y[kept] - frame.top) / frame.pixel).astype(int)
        inside = (column >= 0) & (column < frame.width) & (row >= 0) & (row < frame.height)
        np.add.at(flakes, (row[inside], column[inside]), values[kept, 1][inside] * 0.7 + 0.3)
        radius = size / frame.pixel
        spread = blurred(flakes[:-2, :-2], max(0.7, radius)) * np.float32(max(2.2, 5.5 * radius * radius))
        cover(canvas, tone, np.clip(spread, 0, 1) * np.float32(opacity))


@lru_cache(maxsize=1)
def _grain_tile() -> Plane:
    return np.random.default_rng(4242).normal(0, 1, (512, 512)).astype(np.float32)


def grain(frame: Frame) -> Plane:
    """Film grain, std 1, one value per pixel."""
    tile = _grain_tile()
    down, across = -(-frame.height // 512), -(-frame.width // 512)
    return np.tile(tile, (down, across))[: frame.height, : frame.width]


def develop(canvas: Canvas, frame: Frame, recipe: Recipe, *, photographic: bool) -> Canvas:
    """Bloom, vignette, tone curve, saturation and grain; the result is gamma-encoded 0..1."""
    strength = float(np.clip(recipe.stylize / 100, 0, 10)) ** 0.5 * (0.45 if recipe.raw else 1.0)
    small = np.stack([resized(plane, frame.width // 4 or 1, frame.height // 4 or 1) for plane in canvas])
    bright = np.clip(small - np.float32(0.55), 0, 2.5)
    for i in range(3):
        halo = blurred(bright[i], 0.035 / (frame.pixel * 4))
        canvas[i] += resized(halo, frame.width, frame.height) * np.float32(0.24 + 0.14 * strength)
    # outside of the base frame the vignette stays as it was at its edge, so that pans join
    u = np.clip(frame.xs / frame.aspect, 0, 1) - 0.5
    v = np.clip(frame.ys, 0, 1) - 0.5
    edge = (np.square(u)[None, :] + np.square(v)[:, None]) * 2
    vignette = 1 - np.float32(0.09 + 0.05 * strength) * edge - np.float32(0.12) * edge * edge
    saturation = np.float32(1.0 + 0.075 * strength - (0.05 if recipe.raw else 0))
    contrast = np.float32(0.10 + 0.09 * strength)
    noise = grain(frame) * np.float32(0.010 if photographic else 0.006)
    for i in range(3):
        plane = canvas[i]
        plane *= vignette
        np.clip(plane, 0, 12, out=plane)
        plane *= np.float32(1.14) / (1 + plane * np.float32(0.17))
        np.sqrt(plane, out=plane)
    light = canvas[0] * np.float32(0.3) + canvas[1] * np.float32(0.59) + canvas[2] * np.float32(0.11)
    curve = np.clip(light, 0, 1)
    lift = (curve - np.float32(0.5)) * curve * (1 - curve) * contrast * np.float32(2.2)
    for i in range(3):
        plane = canvas[i]
        plane -= light
        plane *= saturation
        plane += light
        plane += lift
        plane += noise
    np.clip(canvas, 0, 1, out=canvas)
    return canvas


def glow_around(canvas: Canvas, frame: Frame, x: float, y: float, reach: float, tone: Plane, amount: float) -> None:
    """Light in the air about a lamp."""
    coarse = frame.coarse(4)
    light = np.exp(-distance_to(coarse, x, y) / np.float32(reach)) * np.float32(amount)
    add_light(canvas, tone, resized(light, frame.width, frame.height))

"""Water: mirrors, ripples, glitter, breaking waves."""

from __future__ import annotations

import numpy as np

from .colour import Colour, add_light, cover, hexadecimal, lerp, smooth
from .frame import Canvas, Frame, Plane
from .noise import perspective_noise
from .staging import Stage


def deep_water(stage: Stage, land: str = "sea") -> Colour:
    named = stage.colour_of(land)
    palette = stage.palette
    base = lerp(palette.near, palette.sky[0], 0.35)
    if stage.time in ("noon", "golden", "dawn", "mist"):
        base = lerp(base, hexadecimal("#1c5a6c"), 0.45)
    if "tropical" in stage.intent.qualities:
        base = lerp(base, hexadecimal("#1fa8a8"), 0.7)
    return lerp(base, named, 0.65) if named is not None else base


def paint_water(
    canvas: Canvas, frame: Frame, stage: Stage, horizon: float, *, rough: float, mirror: float = 0.8, land: str = "sea"
) -> None:
    """Water from the horizon down, mirroring what the canvas shows above. ``rough`` 0 still .. 1 choppy."""
    first = frame.row(horizon)
    if first >= frame.height:
        return
    part = frame.rows(first, frame.height)
    palette = stage.palette
    depth = np.maximum(part.ys - np.float32(horizon), 1e-4)
    swell = perspective_noise(stage.world, "swell", part, horizon, 1.5, stretch=4.5)
    ripple = perspective_noise(stage.world, "ripple", part, horizon, 0.26, stretch=5.0)
    surface = swell * np.float32(0.55) + ripple * np.float32(0.35 + 0.75 * min(rough, 1.0))
    reach = (0.016 + 0.50 * depth) * np.float32(0.08 + 1.1 * rough)
    rows = horizon - depth[:, None] * np.float32(0.94) - np.abs(surface) * reach[:, None] * np.float32(1.4)
    source = np.clip((rows - np.float32(frame.top)) / np.float32(frame.pixel), 0, max(first - 1, 0)).astype(np.int32)
    sway = (
        surface
        * ((0.03 * depth + 0.002) * np.float32(0.5 + rough))[:, None]
        * np.float32(frame.width / (frame.right - frame.left))
    )
    columns = np.clip(np.arange(part.width, dtype=np.float32)[None, :] + sway, 0, part.width - 1).astype(np.int32)
    index = source * np.int32(frame.width) + columns
    deep = deep_water(stage, land)
    fresnel = np.clip(mirror * (1.0 - 0.62 * np.clip(depth / 0.55, 0, 1) ** 0.7), 0, 1).astype(np.float32)[:, None]
    fresnel = np.clip(fresnel - surface * np.float32(1.25 * (0.2 + rough)), 0.03, 0.97)
    body = 1 + surface * np.float32(1.5 * (0.3 + rough))
    for i in range(3):
        reflected = canvas[i].ravel()[index]
        tone = deep[i] * body
        canvas[i, first:] = tone + (reflected * np.float32(0.94) - tone) * fresnel
    _glitter(canvas[:, first:], part, stage, surface, depth, rough)
    haze = np.exp(-np.square(depth / np.float32(0.010 + 0.03 * stage.misty)))[:, None] * np.float32(
        0.4 + 0.4 * stage.misty
    )
    cover(canvas[:, first:], lerp(palette.haze, palette.sky[-1], 0.5), np.broadcast_to(haze, part_shape(part)))


def part_shape(frame: Frame) -> tuple[int, int]:
    return frame.height, frame.width


def _glitter(canvas: Canvas, part: Frame, stage: Stage, surface: Plane, depth: Plane, rough: float) -> None:
    """The path of light under the sun or moon."""
    if stage.time == "storm" or (stage.palette.night > 0.5 and "moon" not in stage.intent.objects):
        return
    strength = {"noon": 0.35, "mist": 0.18, "blue": 0.22, "dawn": 0.7}.get(stage.time, 1.0)
    width = (0.022 + (0.10 + 0.12 * rough) * depth)[:, None]
    path = np.exp(-np.square((part.x - np.float32(stage.sun_x)) / width))
    spark = smooth(0.0, 0.13, surface + path * np.float32(0.09) - np.float32(0.11)) * path
    fade = (1 - 0.5 * np.clip(depth / 0.6, 0, 1))[:, None]
    add_light(
        canvas, stage.palette.sun, (spark * np.float32(1.15) + path * np.float32(0.10)) * fade * np.float32(strength)
    )


def paint_breakers(canvas: Canvas, frame: Frame, stage: Stage, horizon: float, *, height: float) -> None:
    """Rows of standing waves with translucent crests and foam, from the horizon to the foreground."""
    palette, world = stage.palette, stage.world
    deep = deep_water(stage)
    glow = lerp(lerp(deep, hexadecimal("#3fa89a"), 0.55), palette.lit, 0.30)
    foam = lerp(palette.lit, np.ones(3, np.float32), 0.35) * np.float32(1 - 0.6 * palette.night)
    count = 11
    for number in range(count):
        t = (number + 0.6) / count
        base = horizon + (1.16 - horizon) * t**1.75
        size = height * (0.05 + 1.0 * t**1.5)
        cell = 0.10 + 0.62 * t
        name = f"breaker{number}"
        line = world.line(name, frame.xs, cell, octaves=4, gain=0.42)
        peaks = world.line(name + "peak", frame.xs, cell * 0.8, octaves=5, gain=0.45, ridged=True)
        top = np.asarray(base - size * (0.55 * line + 0.75 * np.clip(peaks - 0.3, 0, 1) ** 1.3 * 1.6 - 0.2), np.float32)
        first = max(0, frame.row(float(top.min())) - 2)
        reach = horizon + (1.16 - horizon) * min(1.35, (number + 1.9) / count) ** 1.75 + size
        last = min(frame.height, frame.row(reach) + 1)
        if last <= first:
            continue
        part = frame.rows(first, last)
        drop = np.maximum(part.y - top[None, :], 0)
        streak = world.fbm(
            name + "streak",
            part,
            0.035 + 0.10 * t,
            stretch=3.2,
            octaves=5,
            gain=0.6,
            detail=True,
            ys=np.asarray(part.ys, np.float32),
        )
        veins = np.abs(streak - np.float32(0.5))
        light = np.clip(
            np.exp(-drop / np.float32(0.012 + 0.11 * t)) * (0.45 + 1.1 * line[None, :]) + (streak - 0.5) * 0.9, 0, 1.1
        )
        dark = lerp(deep * np.float32(0.75), palette.haze, 0.40 * (1 - t) ** 2)
        clear = lerp(glow, palette.haze, 0.45 * (1 - t) ** 2)
        paint = np.stack([dark[i] + (clear[i] - dark[i]) * light for i in range(3)])
        crest = smooth(0.30, 0.62, peaks)[None, :]
        lip = np.exp(-drop / np.float32(0.004 + 0.022 * t)) * smooth(0.42, 0.60, streak + crest * np.float32(0.16))
        lace = smooth(0.030, 0.004, veins) * np.exp(-drop / np.float32(0.05 + 0.16 * t)) * (0.25 + 0.75 * crest)
        edge = np.exp(-np.square(drop / np.float32(0.0015 + 0.003 * t))) * (0.15 + 0.5 * crest)
        white = np.clip(lip * (0.35 + 0.9 * crest) + lace * np.float32(0.55) + edge, 0, 0.96)
        shaded = lerp(foam.astype(np.float32), palette.shade, 0.25)
        cover(paint, shaded, white)
        inside = np.clip(
            (part.y - top[None, :]) / np.float32(max(part.pixel, 0.0008 + 0.001 * t)) + np.float32(0.5), 0, 1
        )
        cover(canvas[:, first:last], paint, inside)
        if number % 2:
            spray = smooth(
                0.58, 0.8, world.fbm(name + "spray", part, 0.03 + 0.05 * t, octaves=5, gain=0.65, detail=True)
            )
            over = np.exp(-np.abs(part.y - top[None, :] + np.float32(0.01 * t)) / np.float32(0.008 + 0.022 * t)) * crest
            cover(canvas[:, first:last], shaded, spray * over * np.float32(0.7))

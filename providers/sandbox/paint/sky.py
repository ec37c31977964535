"""Skies: gradient, glow, clouds, sun and moon, stars, aurora."""

from __future__ import annotations

import numpy as np

from .colour import Colour, add_light, blurred, cover, hexadecimal, lerp, ramp, resized, resized_canvas, smooth
from .frame import Canvas, Frame, Plane
from .staging import Stage


def distance_to(frame: Frame, x: float, y: float) -> Plane:
    square = np.square(frame.x - np.float32(x)) + np.square(frame.y - np.float32(y))
    return np.asarray(np.sqrt(square), np.float32)


def paint_sky(frame: Frame, stage: Stage, horizon: float, *, clouds: float | None = None, sun: bool = True) -> Canvas:
    """The sky over the whole frame; below the horizon it goes on in the horizon's colour."""
    coarse = frame.coarse(2)
    palette = stage.palette
    t = np.clip(coarse.ys / max(horizon, 0.05), -0.35, 1)
    column = ramp(np.clip(t, 0, 1), palette.sky)[:, :, None]
    column = column * (1 + 0.25 * np.minimum(t, 0))[None, :, None]
    canvas = np.repeat(column.astype(np.float32), coarse.width, 2)
    sun_y = min(stage.sun_y, horizon - 0.02) if stage.palette.night < 0.5 else stage.sun_y
    far = distance_to(coarse, stage.sun_x, sun_y)
    glow = np.exp(-far * np.float32(3.2)) * 0.34 + np.exp(-far * np.float32(10)) * 0.42
    strength = {"noon": 0.4, "night": 0.16, "mist": 0.3, "storm": 0.28, "blue": 0.3, "dawn": 0.62}.get(stage.time, 1.0)
    if palette.night >= 0.5 and "moon" not in stage.intent.objects:
        strength = 0.0
    add_light(canvas, palette.sun, glow * np.float32(strength))
    if clouds is None:
        clouds = _cloudiness(stage)
    if clouds > 0:
        _paint_clouds(canvas, coarse, stage, horizon, clouds, far)
    full = resized_canvas(canvas, frame.width, frame.height)
    if stage.stormy and stage.variant in (0, 3):
        _paint_lightning(full, frame, stage, horizon)
    starry = palette.night >= 0.5 or stage.time == "blue" or "stars" in stage.intent.qualities
    if starry and not stage.intent.weathers & {"rain", "storm"}:
        paint_stars(full, frame, stage, horizon, 1.0 if palette.night >= 0.5 else 0.35)
    if palette.night >= 0.5 or "moon" in stage.intent.objects:
        if "moon" in stage.intent.objects:
            paint_moon(full, frame, stage, stage.sun_x, min(stage.sun_y, horizon * 0.55))
    elif (sun and stage.time in ("dusk", "dawn", "golden")) or "sun" in stage.intent.objects:
        radius = 0.03 + 0.018 * stage.rng("sun").random()
        disc = smooth(radius + 0.0025, radius - 0.0025, distance_to(frame, stage.sun_x, sun_y))
        cover(full, palette.sun * np.float32(1.5), disc * np.float32(0.95))
    return full


def _paint_lightning(canvas: Canvas, frame: Frame, stage: Stage, horizon: float) -> None:
    rng = stage.rng("lightning")
    x = stage.aspect * rng.uniform(0.2, 0.8)
    track = stage.world.line("bolt", frame.ys, 0.12, octaves=6, gain=0.6) - 0.5
    path = x + track * 0.28 + (frame.ys - 0.2) * rng.uniform(-0.3, 0.3)
    far = np.abs(frame.x - path[:, None].astype(np.float32))
    until = smooth(horizon + 0.004, horizon - 0.02, frame.y) * smooth(-0.05, 0.12, frame.y)
    core = np.exp(-np.square(far / np.float32(max(0.0014, frame.pixel)))) * np.float32(1.5)
    glow = np.exp(-far * 26) * np.float32(0.24) + np.exp(-far * 5) * np.float32(0.13)
    add_light(canvas, hexadecimal("#dcd8ff"), (core + glow) * until)


def _cloudiness(stage: Stage) -> float:
    weathers = stage.intent.weathers
    if weathers & {"storm"}:
        return 1.25
    if weathers & {"rain"}:
        return 1.0
    if "cloud" in weathers or stage.intent.wants("sky"):
        return 0.95
    if "clear" in weathers:
        return 0.12
    if stage.misty or stage.time == "mist":
        return 0.3
    return (0.62, 0.45, 0.75, 0.35)[stage.variant] * (0.5 if stage.palette.night > 0.5 else 1.0)


def _paint_clouds(canvas: Canvas, frame: Frame, stage: Stage, horizon: float, amount: float, far: Plane) -> None:
    """Cumulus over cirrus: lower rows are compressed, as a cloud deck seen toward the horizon is."""
    world, palette = stage.world, stage.palette
    height = np.maximum(np.float32(horizon) - frame.ys, np.float32(-0.2))
    warped = np.asarray(-1.35 * np.log(np.maximum(height, -0.04) + 0.16), np.float32)
    kind = stage.variant
    stretch = (2.6, 4.2, 1.9, 3.2)[kind]
    base = world.fbm("clouds", frame, 0.62, stretch=stretch, octaves=7, gain=0.54, detail=True, ys=warped)
    broad = world.fbm("cloudbanks", frame, 0.9, stretch=2.6, octaves=2, ys=warped)
    density = base * np.float32(0.72) + broad * np.float32(0.28)
    edge = 0.62 - 0.16 * amount
    mask = smooth(edge, edge + 0.16, density)
    step = max(1, round(0.012 / frame.pixel))
    toward_x = np.sign(stage.sun_x - 0.5 * stage.aspect)
    rows = np.maximum(np.arange(frame.height) - step, 0)
    columns = np.clip(np.arange(frame.width) + int(toward_x) * step, 0, frame.width - 1)
    shifted = density[rows][:, columns]
    rim = np.clip((density - shifted) * np.float32(5.5), -0.6, 0.9)
    fade = (
        smooth(horizon + 0.01, horizon - 0.16, frame.y)
        if amount < 1.1
        else smooth(horizon + 0.02, horizon - 0.05, frame.y)
    )
    mask = mask * fade * np.float32(min(1.0, 0.55 + 0.4 * amount))
    lighted = np.exp(-far * np.float32(1.9))
    dark = lerp(palette.shade, palette.haze, 0.25 if amount > 1.1 else 0.55)
    bright = lerp(palette.haze, palette.sun, 0.55 if amount < 1.1 else 0.12)
    if palette.night > 0.5:
        dark, bright = palette.sky[1], lerp(palette.sky[-1], palette.haze, 0.3)
    amount_lit = np.clip(
        0.42 + rim + lighted * np.float32(0.55) - (density - np.float32(edge)) * np.float32(1.1), 0, 1.25
    )
    paint = np.stack([dark[i] + (bright[i] - dark[i]) * amount_lit for i in range(3)])
    cover(canvas, paint, mask)
    if amount < 1.1:
        wisps = world.fbm("cirrus", frame, 0.30, stretch=5.0, octaves=6, gain=0.58, detail=True)
        thin = smooth(0.5, 0.78, wisps) * smooth(horizon, horizon - 0.35, frame.y) * np.float32(0.32)
        cover(canvas, bright, thin)


def paint_stars(
    canvas: Canvas, frame: Frame, stage: Stage, horizon: float, amount: float, *, cell: float = 0.016
) -> None:
    """Point stars with a few bright ones; their positions belong to the world."""
    x, y, values = stage.world.grid("stars", frame, cell, 3)
    shown = (values[:, 0] < 0.30) & (y < horizon)
    x, y, values = x[shown], y[shown], values[shown]
    column = (x - frame.left) / (frame.right - frame.left) * frame.width - 0.5
    row = (y - frame.top) / frame.pixel - 0.5
    bright = np.power(values[:, 1], 14) * 2.6 + 0.09 * values[:, 1] ** 2
    bright = bright * amount * np.clip(1.15 - np.clip(y / max(horizon, 0.1), 0, 1) ** 3, 0.05, 1)
    light = np.zeros((frame.height + 2, frame.width + 2), np.float32)
    inside = (column > -1) & (column < frame.width) & (row > -1) & (row < frame.height)
    column, row, bright = column[inside], row[inside], bright[inside]
    c0, r0 = np.floor(column).astype(int), np.floor(row).astype(int)
    fc, fr = column - c0, row - r0
    # a star keeps its total light at any resolution
    scale = (0.001 / frame.pixel) ** 2
    for dc, dr, weight in ((0, 0, (1 - fc) * (1 - fr)), (1, 0, fc * (1 - fr)), (0, 1, (1 - fc) * fr), (1, 1, fc * fr)):
        np.add.at(light, (r0 + dr + 1, c0 + dc + 1), (weight * bright).astype(np.float32))
    light = light[1:-1, 1:-1] * np.float32(1.35 * min(1.0, scale))
    spot = 0.0011 / frame.pixel
    halo = blurred(light, max(1.0, spot * 2.2)) * np.float32(2.2 * max(1.0, spot * spot))
    if scale > 1.5:
        light = blurred(light, spot) * np.float32(spot * spot * 2.2)
    for i, tone in enumerate((0.95, 0.97, 1.0)):
        canvas[i] += (light + halo) * np.float32(tone)


def paint_moon(canvas: Canvas, frame: Frame, stage: Stage, x: float, y: float) -> None:
    radius = 0.05 + 0.03 * stage.rng("moon").random()
    far = distance_to(frame, x, y)
    disc = smooth(radius + 0.002, radius - 0.002, far)
    seas = stage.world.fbm("moon", frame, radius * 0.9, octaves=5, gain=0.55)
    face = (1.05 - 0.38 * smooth(0.46, 0.66, seas)) * (0.78 + 0.22 * np.sqrt(np.clip(1 - (far / radius) ** 2, 0, 1)))
    colour = stage.colour_of("moon")
    tone = lerp(hexadecimal("#fff6e2"), colour, 0.7) if colour is not None else hexadecimal("#fff6e2")
    cover(canvas, np.stack([face * c for c in tone]), disc)
    outside = np.clip(far - radius, 0, 9)
    add_light(canvas, tone, (np.exp(-outside * 22) * 0.22 + np.exp(-outside * 6) * 0.09) * (1 - disc))


def paint_aurora(canvas: Canvas, frame: Frame, stage: Stage, horizon: float) -> None:
    """Curtains of light: folded lines that shine upward through vertical rays."""
    coarse = frame.coarse(2)
    world, rng = stage.world, stage.rng("aurora")
    pairs = (("#46ffb0", "#8a5bff"), ("#6cffcf", "#3f7dff"), ("#9cff7a", "#ff5bb0"), ("#4ce8ff", "#b05bff"))
    low, high = (hexadecimal(c) for c in pairs[stage.variant])
    named = stage.colour_of("aurora")
    if named is not None:
        low = lerp(low, named, 0.8)
    light = np.zeros((3, coarse.height, coarse.width), np.float32)
    xs, y = coarse.xs, coarse.y
    tilt = float(rng.uniform(-0.35, 0.35))
    for curtain in range(4):
        name = f"aurora{curtain}"
        foot = horizon * (0.46 + 0.13 * curtain) - 0.06
        foot_line = foot + 0.34 * (world.line(name, xs, 0.75, octaves=3, gain=0.42) - 0.5)
        foot_line = foot_line + 0.05 * (world.line(name + "fold", xs, 0.16, octaves=3) - 0.5)
        up = foot_line[None, :] - y
        pad = np.linspace(coarse.left - 0.6, coarse.right + 0.6, coarse.width * 2, dtype=np.float32)
        rays = 0.35 + 1.15 * smooth(0.34, 0.72, world.line(name + "ray", pad, 0.11, octaves=6, gain=0.68, detail=True))
        leaning = (coarse.x + up * np.float32(tilt) - pad[0]) * np.float32((len(pad) - 1) / (pad[-1] - pad[0]))
        ray = rays[np.clip(leaning, 0, len(pad) - 1).astype(np.int32)]
        reach = (0.07 + 0.20 * world.line(name + "reach", xs, 0.5, octaves=3))[None, :]
        patch = smooth(0.28, 0.75, world.line(name + "patch", xs, 0.9, octaves=3, gain=0.5))[None, :]
        glow = np.where(up > 0, np.exp(-np.maximum(up, 0) / reach), np.exp(np.minimum(up, 0) / np.float32(0.014)))
        glow = glow * ray * (0.15 + 1.0 * patch) * np.float32(0.62 - 0.07 * curtain)
        blend = smooth(0.03, 0.30, up)
        for i in range(3):
            light[i] += glow * (low[i] + (high[i] - low[i]) * blend)
    soft = np.stack([blurred(plane, coarse.height * 0.06) for plane in light])
    light += soft * np.float32(0.55)
    for i in range(3):
        canvas[i] += resized(light[i], frame.width, frame.height) * np.float32(0.85)


def sky_tone(colour: Colour, stage: Stage) -> Colour:
    """A surface's own colour under the light of the hour."""
    return np.asarray(colour * (0.35 * stage.palette.shade + 0.75 * stage.palette.lit), np.float32)

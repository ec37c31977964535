"""Skylines over water, and wet streets between lit facades."""

from __future__ import annotations

import numpy as np

from ..colour import Colour, add_light, blurred, cover, hexadecimal, lerp, resized, smooth
from ..frame import Canvas, Frame, Plane
from ..noise import hash_unit
from ..sky import paint_sky
from ..staging import Stage
from .setting import Setting

_LAMPS = (
    ("#ffcf87", "#ffb35c", "#ffe6bd", "#9fd3ff", "#ff8f6b"),
    ("#ffd9a0", "#ffc070", "#fff0d0", "#bfe3ff", "#ffb080"),
    ("#bfe3ff", "#ffd9a0", "#ffffff", "#7cc4ff", "#ffcf87"),
    ("#ffb35c", "#ff8f5c", "#ffe0a8", "#ff5f8f", "#6fd0ff"),
)
_NEON = ("#ff2fa0", "#22e0ff", "#9a4dff", "#ff6a3d", "#3dffb0")


def _lamps(stage: Stage) -> list[Colour]:
    neon = "neon" in stage.intent.styles
    return [hexadecimal(c) for c in (_NEON if neon else _LAMPS[stage.variant])]


def paint_city(frame: Frame, stage: Stage) -> Setting:
    """Four rows of towers, their windows, and the water (or wet ground) that mirrors them."""
    water = stage.horizon(0.70)
    if stage.variant == 1:
        water += 0.06
    canvas = paint_sky(frame, stage, water - 0.04, clouds=0.5 if stage.palette.night > 0.5 else None)
    palette = stage.palette
    glow = np.zeros_like(canvas)
    dark = palette.night > 0.5 or stage.time in ("blue", "dusk", "storm")
    centre = stage.aspect * (0.52, 0.36, 0.60, 0.46)[stage.variant]
    lamps = _lamps(stage)
    city_haze = lerp(palette.haze, lamps[0], 0.16 if dark else 0.0)
    for layer in range(4):
        t = layer / 3
        _paint_row(canvas, glow, frame, stage, layer, t, water, centre, lamps, dark)
        first, last = frame.row(water - 0.36), frame.row(water)
        if last > first:
            part = frame.rows(first, last)
            rise = smooth(water - 0.36, water, part.y)
            cover(
                canvas[:, first:last],
                city_haze,
                np.broadcast_to(rise * np.float32((1 - t) * 0.34), (last - first, frame.width)),
            )
    wide = 0.05 if dark else 0.02
    for i in range(3):
        canvas[i] += blurred(glow[i], 0.008 / frame.pixel) * np.float32(0.9) + blurred(
            glow[i], wide / frame.pixel
        ) * np.float32(1.1)
    _paint_reflection(canvas, frame, stage, water)
    return Setting(canvas, water, "water", water + 0.14, 0.06)


def _paint_row(
    canvas: Canvas,
    glow: Canvas,
    frame: Frame,
    stage: Stage,
    layer: int,
    t: float,
    water: float,
    centre: float,
    lamps: list[Colour],
    dark: bool,
) -> None:
    palette = stage.palette
    cell = 0.050 + 0.028 * t
    cells = stage.world.cells(f"towers{layer}", frame.left - 0.2, frame.right + 0.2, cell, 10)
    named = stage.colour_of("city")
    wall = lerp(
        palette.haze, palette.near, (0.30, 0.48, 0.66, 0.82)[layer] if dark else (0.18, 0.34, 0.52, 0.68)[layer]
    )
    if named is not None:
        wall = lerp(wall, named * palette.lit, 0.35)
    foot = frame.row(water)
    for i in np.argsort(cells.values[:, 9], kind="stable"):
        r = cells.values[i]
        x = float(cells.starts[i] + r[0] * cell * 0.3)
        width = cell * (0.62 + 0.66 * float(r[1]))
        near_centre = np.exp(-(((x - centre) / (0.42 * max(stage.aspect, 0.7))) ** 2) * 3.2)
        height = (0.13 + 0.52 * near_centre * float(r[2]) ** 1.1 + 0.12 * float(r[3])) * (1.08 - 0.52 * t)
        _paint_tower(
            canvas,
            glow,
            frame,
            stage,
            int(cells.ids[i]) * 4 + layer,
            r,
            x,
            width,
            water - height,
            foot,
            t,
            wall,
            lamps,
            dark,
        )


def _coverage(edges: Plane, low: float, high: float, pixel: float) -> Plane:
    """How much of each pixel (centres given) lies between two world positions."""
    return np.asarray(np.clip(np.minimum(edges - low, high - edges) / pixel + 0.5, 0, 1), np.float32)


def _paint_tower(
    canvas: Canvas,
    glow: Canvas,
    frame: Frame,
    stage: Stage,
    number: int,
    r: Plane,
    x: float,
    width: float,
    top: float,
    foot: int,
    t: float,
    wall: Colour,
    lamps: list[Colour],
    dark: bool,
) -> None:
    c0, c1 = int(np.floor(frame.column(x))) - 1, int(np.ceil(frame.column(x + width))) + 1
    c0, c1 = max(0, c0), min(frame.width, c1)
    r0 = max(0, frame.row(top) - 1)
    if c1 <= c0 or foot <= r0:
        return
    xs, ys = frame.xs[c0:c1], frame.ys[r0:foot]
    sides = _coverage(xs, x, x + width, frame.pixel)
    upper = np.clip((ys - top) / frame.pixel + 0.5, 0, 1).astype(np.float32)
    shape = upper[:, None] * sides[None, :]
    kind = float(r[4])
    if kind < 0.30:
        set_back = top + (0.03 + 0.07 * float(r[5])) * (1.1 - 0.5 * t)
        inner = _coverage(xs, x + width * 0.2, x + width * 0.8, frame.pixel)
        shape = np.where((ys < set_back)[:, None], upper[:, None] * inner[None, :], shape)
    elif kind < 0.42:
        slant = np.abs(xs - x - width * float(r[5])) * 0.7
        shape = shape * np.clip((ys[:, None] - top - slant[None, :]) / frame.pixel + 0.5, 0, 1)
    split = x + width * (0.45 + 0.25 * float(r[6]))
    sun_side = stage.sun_x > x
    face = np.where((xs > split) == sun_side, 1.0, 0.66).astype(np.float32)
    fall = (1.06 - 0.35 * np.clip((ys - top) / 0.4, 0, 1)).astype(np.float32)
    tone = lerp(wall, stage.palette.lit, 0.03 + (0.10 if not dark else 0.0) * float(r[7])) * np.float32(
        0.78 + 0.5 * float(r[7])
    )
    body = fall[:, None] * face[None, :]
    seam = 0.0085 + 0.0055 * t
    u, v = (xs - x) / (seam * 0.62), (ys - top) / seam
    floors, bays = np.floor(v).astype(np.int64), np.floor(u).astype(np.int64)
    fu, fv = u - bays, v - floors
    soft_u, soft_v = frame.pixel / (seam * 0.62), frame.pixel / seam
    in_u = (
        np.clip(np.minimum(fu - 0.24, 0.80 - fu) / soft_u + 0.5, 0, 1)
        * (xs > x + width * 0.06)
        * (xs < x + width * 0.94)
    )
    in_v = np.clip(np.minimum(fv - 0.22, 0.72 - fv) / soft_v + 0.5, 0, 1) * (v > 1.2)
    pane = (in_v[:, None] * in_u[None, :]).astype(np.float32) * shape
    ids_v, at_v = np.unique(floors, return_inverse=True)
    ids_u, at_u = np.unique(bays, return_inverse=True)
    key = stage.world.key("windows") ^ (number * 2654435761 & 0xFFFFFFFF)
    gu, gv = ids_u.astype(np.uint32)[None, :], ids_v.astype(np.uint32)[:, None]
    chance, strength, which = (hash_unit(gv, gu, key + k) for k in range(3))
    whole_floor = hash_unit(ids_v.astype(np.uint32), np.zeros(len(ids_v), np.uint32), key + 9)[:, None]
    density = (0.12 + 0.42 * float(r[8])) * (1.0 if dark else 0.12)
    lit = (chance < density) | ((whole_floor < 0.05) & (chance < 0.9) & dark)
    power = np.where(lit, 0.22 + 1.5 * strength**2.2, 0.0) * (0.45 + 0.6 * t)
    main = lamps[int(r[7] * 997) % 3]
    pick = np.where(which < 0.78, -1, (which * 1000).astype(int) % len(lamps))
    sky_pane = lerp(stage.palette.sky[2], stage.palette.haze, 0.5) * np.float32(0.7)
    area = (slice(r0, foot), slice(c0, c1))
    for i in range(3):
        lamp = np.where(pick < 0, main[i], np.array([c[i] for c in lamps], np.float32)[np.maximum(pick, 0)])
        light = (power * lamp).astype(np.float32)[np.ix_(at_v, at_u)]
        base = tone[i] * body
        if not dark:
            base = base + (sky_pane[i] - base) * pane * np.float32(0.45)
        else:
            base = base * (1 - pane * np.float32(0.25))
        canvas[i][area] += (base + light * pane - canvas[i][area]) * shape
        glow[i][area] += (light * pane - glow[i][area]) * shape
    if kind > 0.72 and frame.pixel < 0.004:
        mast = 0.03 + 0.07 * float(r[5])
        column = int(frame.column(x + width / 2))
        m0, m1 = frame.row(top - mast), frame.row(top)
        if 0 <= column < frame.width and m1 > m0:
            wide = max(1, round(0.0013 / frame.pixel))
            canvas[:, m0:m1, column : column + wide] = (tone * np.float32(0.8))[:, None, None]
            if dark:
                glow[:, m0 : m0 + wide + 1, column : column + wide] += hexadecimal("#ff4030")[
                    :, None, None
                ] * np.float32(2.0)


def _paint_reflection(canvas: Canvas, frame: Frame, stage: Stage, water: float) -> None:
    """Lights drawn out downward in moving water or on wet ground."""
    first = frame.row(water)
    if first >= frame.height:
        return
    part = frame.rows(first, frame.height)
    depth = np.maximum(part.ys - np.float32(water), 0)
    ripple = stage.world.fbm("cityripple", part, 0.016, stretch=9.0, octaves=4, gain=0.6, detail=True) - np.float32(0.5)
    sway = ripple * (0.006 + 0.10 * depth)[:, None] * np.float32(frame.width / (frame.right - frame.left))
    rows = water - depth[:, None] * np.float32(1.25) - np.abs(ripple) * np.float32(0.05)
    smeared = np.stack([_smear(plane[: max(first, 1)], max(1, round(0.022 / frame.pixel))) for plane in canvas])
    source = np.clip((rows - np.float32(frame.top)) / np.float32(frame.pixel), 0, max(0, first - 1)).astype(np.int32)
    columns = np.clip(np.arange(frame.width, dtype=np.float32)[None, :] + sway, 0, frame.width - 1).astype(np.int32)
    index = source * np.int32(frame.width) + columns
    fade = (0.86 - 0.42 * np.clip(depth / 0.35, 0, 1))[:, None]
    sparkle = np.clip(0.82 + ripple * 2.6, 0.15, 1.8)
    for i in range(3):
        canvas[i, first:] = smeared[i].ravel()[index] * fade * sparkle + stage.palette.near[i] * np.float32(0.5)
    edge = np.exp(-np.square((part.y - np.float32(water)) / np.float32(0.004))) * np.float32(0.5)
    cover(
        canvas[:, first:],
        lerp(stage.palette.near, stage.palette.haze, 0.2),
        np.broadcast_to(edge, (part.height, part.width)),
    )


def _smear(plane: Plane, radius: int) -> Plane:
    """A vertical blur only, mixed with the sharp picture."""
    padded = np.pad(plane, ((radius + 1, radius), (0, 0)), mode="edge").cumsum(0, dtype=np.float64)
    long = ((padded[2 * radius + 1 :] - padded[: -2 * radius - 1]) / (2 * radius + 1)).astype(np.float32)
    return np.asarray(plane * np.float32(0.30) + long * np.float32(0.75), np.float32)


def paint_street(frame: Frame, stage: Stage) -> Setting:
    """One-point perspective: facades with lit windows on both sides and a road that mirrors them."""
    eye = stage.horizon(0.56)
    vanish = stage.aspect * (0.5, 0.42, 0.58, 0.48)[stage.variant]
    canvas = paint_sky(frame, stage, eye, clouds=0.6)
    palette = stage.palette
    dark = palette.night > 0.5 or stage.time in ("blue", "dusk", "storm") or "rain" in stage.intent.weathers
    lamps = _lamps(stage)
    dx, dy = frame.x - np.float32(vanish), np.float32(eye) - frame.y
    half = 0.30 + 0.10 * stage.aspect
    # on a wall the distance follows from how far the pixel is from the vanishing point
    inverse = np.abs(dx) / np.float32(half)
    distance = 1 / np.maximum(inverse, 1e-3)
    above = dy * distance
    block = np.log2(np.clip(distance, 1e-2, 60)) * np.float32(2.2) + np.where(dx > 0, np.float32(40), np.float32(80))
    house = np.floor(block).astype(np.int64)
    ids = np.arange(int(house.min()), int(house.max()) + 1)
    key = stage.world.key("houses")
    column = np.zeros(len(ids), np.uint32)
    tall = (0.42 + 0.85 * hash_unit(ids.astype(np.uint32), column, key))[house - ids[0]].astype(np.float32)
    tint = hash_unit(ids.astype(np.uint32), column, key + 1)[house - ids[0]]
    wall_mask = smooth(0.0, 0.004, (tall - above) * inverse) * smooth(-0.105, -0.10, above)
    far_veil = np.clip(1 - inverse * 1.5, 0, 1) ** 1.2 * np.float32(0.9)
    bay, floor = distance * 9.0, above * 11.0
    fu, fv = bay - np.floor(bay), floor - np.floor(floor)
    pick = hash_unit(
        (np.floor(bay).astype(np.int64) & 0xFFFF).astype(np.uint32) * np.uint32(3) + (dx > 0),
        (np.floor(floor).astype(np.int64) & 0xFFFF).astype(np.uint32),
        key + 2,
    )
    pane = ((fu > 0.22) & (fu < 0.74) & (fv > 0.25) & (fv < 0.78) & (above > 0.11) & (above < tall - 0.03)).astype(
        np.float32
    )
    pane = pane * np.clip(inverse * 5 - 0.3, 0, 1)
    lit = pane * np.where(pick < (0.36 if dark else 0.08), 0.3 + 1.9 * (pick * 2.7) ** 2, 0.0)
    shop = ((above > -0.075) & (above < 0.055) & (fu > 0.07) & (fu < 0.93)).astype(np.float32) * np.float32(
        1.1 if dark else 0.25
    )
    shop = shop * np.clip(0.3 + tint * 1.1, 0, 1)
    shop_colour = np.stack([np.array([c[i] for c in lamps], np.float32)[(tint * 4.99).astype(int)] for i in range(3)])
    wall = lerp(palette.near, palette.haze, 0.16 if dark else 0.42)
    glow = np.zeros_like(canvas)
    for i in range(3):
        brick = wall[i] * (0.6 + 0.8 * tint) * (0.85 + 0.2 * (fv > 0.92))
        light = lit * lamps[int(stage.variant) % 3][i] + shop * shop_colour[i]
        light = light * (1 - far_veil * np.float32(0.6))
        tone = brick * (1 - pane * np.float32(0.5)) + (palette.haze[i] - brick) * far_veil + light
        canvas[i] += (tone - canvas[i]) * wall_mask
        glow[i] = light * wall_mask
    ground_y = np.float32(eye) + np.maximum(np.abs(dx) * np.float32(0.10 / half), 0)
    road = smooth(-0.002, 0.002, frame.y - ground_y)
    far_light = np.exp(-np.hypot(dx, dy) * 7) * np.float32(0.7 if dark else 0.3)
    add_light(canvas, lerp(palette.sun, lamps[0], 0.6), far_light)
    for i in range(3):
        canvas[i] += blurred(glow[i], 0.012 / frame.pixel) * np.float32(0.55) + blurred(
            glow[i], 0.06 / frame.pixel
        ) * np.float32(0.5)
    wet = 0.9 if "rain" in stage.intent.weathers or dark else 0.25
    _paint_road(canvas, frame, stage, eye, road, wet)
    return Setting(canvas, eye, "land", 0.88, 0.30)


def _paint_road(canvas: Canvas, frame: Frame, stage: Stage, eye: float, road: Plane, wet: float) -> None:
    first = frame.row(eye)
    part = frame.rows(first, frame.height)
    if part.height < 1:
        return
    depth = np.maximum(part.ys - np.float32(eye), 1e-3)
    bumps = stage.world.fbm("asphalt", part, 0.02, stretch=5.0, octaves=5, gain=0.65, detail=True) - np.float32(0.5)
    rows = np.clip((eye - depth[:, None] * 1.0 - np.abs(bumps) * 0.16 - frame.top) / frame.pixel, 0, first - 1).astype(
        np.int32
    )
    sway = bumps * np.float32(0.02 * frame.width / (frame.right - frame.left))
    columns = np.clip(np.arange(frame.width, dtype=np.float32)[None, :] + sway, 0, frame.width - 1).astype(np.int32)
    index = rows * np.int32(frame.width) + columns
    stone = lerp(stage.palette.near, stage.palette.shade, 0.25)
    puddle = resized(
        smooth(0.40, 0.6, stage.world.fbm("puddle", part.coarse(2), 0.12, stretch=3.0, octaves=4)),
        part.width,
        part.height,
    )
    mirror = np.clip(np.float32(wet) * (0.35 + 0.65 * puddle), 0, 1)
    for i in range(3):
        smeared = _smear(canvas[i, : max(1, first)], max(1, round(0.03 / frame.pixel)))
        tone = stone[i] * (1 + bumps * np.float32(1.2)) + smeared.ravel()[index] * mirror * np.float32(0.8)
        canvas[i, first:] += (tone - canvas[i, first:]) * road[first:]

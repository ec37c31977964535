"""Pottery on a table, ink in water, points of light."""

from __future__ import annotations

import numpy as np

from ..colour import Colour, add_light, blurred, cover, hexadecimal, lerp, ramp, resized, smooth, tinted
from ..frame import Canvas, Frame, Plane
from ..sky import distance_to
from ..staging import Stage
from .setting import Setting

_PROFILES = (
    (0.17, 0.30, 0.33, 0.27, 0.14, 0.10, 0.13),
    (0.22, 0.34, 0.37, 0.36, 0.30, 0.20, 0.20),
    (0.15, 0.19, 0.21, 0.21, 0.19, 0.13, 0.10, 0.10, 0.12),
    (0.24, 0.42, 0.50, 0.52, 0.50, 0.47),
    (0.19, 0.27, 0.35, 0.36, 0.30, 0.17, 0.10, 0.09, 0.11),
    (0.28, 0.31, 0.31, 0.30, 0.30, 0.31),
)
_BACKGROUNDS = (("#d6cfc2", "#8f877c"), ("#c4cacf", "#757d86"), ("#e0cdb6", "#a08464"), ("#b9c0b4", "#6c7668"))
_GLAZES = (
    ("#2b6f77", "#d8c8a6"),
    ("#b4513c", "#f0d9b8"),
    ("#e6dfd0", "#5b83a0"),
    ("#7c8a5e", "#d9d2b4"),
    ("#22405c", "#a7c3cf"),
    ("#c9683f", "#e7b78a"),
    ("#3a3632", "#b8a890"),
    ("#d8c4a0", "#8a5a3a"),
)
_STONEWARE = (
    ("#4a4038", "#c4b294"),
    ("#6a5240", "#d8cbb4"),
    ("#38424a", "#b8b4a4"),
    ("#7a6248", "#4a5a58"),
    ("#9a8468", "#e0d6c2"),
    ("#30302e", "#9a7a58"),
)


def paint_pottery(frame: Frame, stage: Stage) -> Setting:
    """Two or three thrown pots by a window: wall, table, cast shadows, glaze."""
    rng = stage.rng("pottery")
    world, aspect = stage.world, stage.aspect
    table = 0.70 + 0.5 * stage.horizon_shift
    left_lit = stage.sun_x < 0.5 * aspect
    light_side = -1.0 if left_lit else 1.0
    wall_lit, wall_dark = (hexadecimal(c) for c in _BACKGROUNDS[stage.variant])
    if stage.intent.colours:
        wall_lit, wall_dark = (tinted(c, hexadecimal(stage.intent.colours[0]), 0.6) for c in (wall_lit, wall_dark))
    if stage.palette.night > 0.5 or "tall" in stage.intent.qualities:
        wall_lit, wall_dark = wall_lit * np.float32(0.25), wall_dark * np.float32(0.12)
    light_x = aspect * (0.2 if left_lit else 0.8)
    coarse = frame.coarse(2)
    far = distance_to(coarse, light_x, 0.25)
    fall = smooth(0.05, 1.25 * max(aspect, 0.8), far)
    plaster = world.fbm("plaster", coarse, 0.25, octaves=6, gain=0.6) - np.float32(0.5)
    slant = (coarse.x - aspect / 2) * np.float32(-light_side) * np.float32(1.05) + coarse.y * np.float32(0.62)
    bars = (
        smooth(0.0, 0.12, np.sin((slant - 0.2) * 7.2))
        * smooth(0.02, 0.2, coarse.y)
        * np.exp(-(((coarse.x - light_x * 0.8 - aspect * 0.1) / 0.55) ** 4))
    )
    bars = blurred(bars.astype(np.float32), 0.014 / coarse.pixel)
    wall = np.stack([(wall_lit[i] + (wall_dark[i] - wall_lit[i]) * fall) * (1 + 0.14 * plaster) for i in range(3)])
    wall *= 0.86 + np.float32(0.34) * bars[None]
    canvas = np.stack([resized(plane, frame.width, frame.height) for plane in wall])
    edge = smooth(table - 0.003, table + 0.003, np.broadcast_to(frame.y, (frame.height, frame.width)))
    wood = world.fbm("wood", frame, 0.05, stretch=9.0, octaves=6, gain=0.62) - np.float32(0.5)
    top_tone, top_lit = lerp(wall_dark, hexadecimal("#6a5444"), 0.35), lerp(wall_lit, hexadecimal("#c8ac90"), 0.3)
    reach = np.clip((frame.y - table) / (1.02 - table), 0, 1) * np.float32(0.7) + np.float32(0.3) * (
        1 - resized(fall, frame.width, frame.height)
    )
    board = np.stack([(top_tone[i] + (top_lit[i] - top_tone[i]) * reach) * (1 + 0.30 * wood) for i in range(3)])
    cover(canvas, board, edge)
    canvas *= (1 - np.float32(0.30) * np.exp(-np.abs(frame.y - np.float32(table)) / np.float32(0.02)))[None]
    stoneware = "stoneware" in stage.intent.qualities or "pottery" in stage.intent.colour_of
    glazes = _STONEWARE if stoneware else _GLAZES
    named = stage.colour_of("pottery")
    layouts: tuple[tuple[tuple[float, float, float], ...], ...] = (
        ((0.37, 0.865, 0.52), (0.67, 0.905, 0.32)),
        ((0.5, 0.885, 0.62),),
        ((0.27, 0.88, 0.30), (0.53, 0.86, 0.56), (0.77, 0.91, 0.25)),
        ((0.40, 0.90, 0.40), (0.66, 0.865, 0.50)),
    )
    order = rng.permutation(len(_PROFILES))
    tones = rng.permutation(len(glazes))
    for number, (place, foot, height) in enumerate(layouts[stage.variant]):
        x = (place - 0.5) * max(0.62, min(aspect, 1.25)) + aspect / 2
        lower, upper = (hexadecimal(c) for c in glazes[int(tones[number])])
        if named is not None:
            upper = lerp(named, upper, 0.25 * number)
        squat = 0.6 if order[number] in (3, 5) else 1.0
        _paint_pot(
            canvas,
            frame,
            stage,
            number,
            x,
            foot,
            height * squat,
            _PROFILES[order[number]],
            lower,
            upper,
            light_side,
            matte=stoneware,
        )
    setting = Setting(canvas, table, "land", 0.93, 0.3)
    return setting


def _paint_pot(
    canvas: Canvas,
    frame: Frame,
    stage: Stage,
    number: int,
    x: float,
    foot: float,
    height: float,
    profile: tuple[float, ...],
    lower: Colour,
    upper: Colour,
    light_side: float,
    *,
    matte: bool,
) -> None:
    world = stage.world
    knots = np.linspace(0, 1, 400)
    raw = np.interp(knots, np.linspace(0, 1, len(profile)), profile)
    kernel = np.hanning(91)
    smooth_profile = np.convolve(np.pad(raw, 45, mode="edge"), kernel / kernel.sum(), "valid")
    radius_at = np.where(
        knots < 0.03, smooth_profile * (0.93 + 0.07 * np.sqrt(np.clip(knots / 0.03, 0, 1))), smooth_profile
    )
    t = np.clip((foot - frame.ys) / height, 0, 1)
    rings = 0.0013 * np.sin(t * (95 if matte else 40) + 3 * np.sin(t * 7)) * np.clip(t * 8, 0, 1)
    radius = ((np.interp(t, knots, radius_at) + rings * (1.5 if matte else 0.6)) * height).astype(np.float32)
    lean = np.float32(-light_side)
    away = (frame.x - np.float32(x)) * lean
    depth = (frame.y - np.float32(foot)) / np.float32(0.045 + 0.03 * height)
    widest = float(radius_at.max() * height)
    cast = np.exp(-np.square(np.clip((away - widest * 0.9) / np.float32(widest * 1.7), -0.75, 9)) * 1.6) * np.exp(
        -np.square(depth + np.clip(away, 0, 1) * 0.8) * 1.4
    )
    contact = np.exp(-(np.square((frame.x - np.float32(x)) / np.float32(radius_at[0] * height * 1.15)) ** 2)) * np.exp(
        -np.square((frame.y - np.float32(foot)) / np.float32(0.014))
    )
    canvas *= (1 - np.clip(cast * np.float32(0.55) + contact * np.float32(0.62), 0, 0.9))[None]
    c0, c1 = (int(np.clip(frame.column(x + s * (widest + 0.02)), 0, frame.width)) for s in (-1, 1))
    r0, r1 = frame.row(foot - height - 0.10), frame.row(foot + 0.10 * height + 0.02)
    if c1 - c0 < 2 or r1 - r0 < 2:
        return
    part = frame.rows(r0, r1)
    area = (slice(None), slice(r0, r1), slice(c0, c1))
    xs = frame.xs[c0:c1]
    rad, tt = radius[r0:r1, None], t[r0:r1, None].astype(np.float32)
    dx = xs[None, :] - np.float32(x)
    # the foot and the rim are ellipses seen from a little above
    bow = (
        np.float32(0.20)
        * np.sqrt(np.clip(1 - np.square(dx / np.float32(radius_at[0] * height)), 0, 1))
        * np.float32(radius_at[0] * height)
    )
    low_edge = np.clip((np.float32(foot) + bow * np.float32(0.55) - part.y) / np.float32(frame.pixel) + 0.5, 0, 1)
    high_edge = np.clip((part.y - np.float32(foot - height)) / np.float32(frame.pixel) + 0.5, 0, 1)
    inside = np.clip((rad - np.abs(dx)) / np.float32(frame.pixel) + 0.5, 0, 1) * low_edge * high_edge
    across = np.clip(dx / rad, -1, 1)
    facing = np.sqrt(np.clip(1 - across * across, 0, 1))
    slope = np.gradient(np.interp(t, knots, radius_at))[r0:r1, None] / np.gradient(t)[r0:r1, None].clip(max=-1e-6)
    slope = np.nan_to_num(np.clip(slope, -1.2, 1.2)).astype(np.float32)
    normal_up = -slope * np.float32(0.45)
    light = np.clip(
        np.float32(0.74 * light_side) * across + np.float32(0.60) * facing + normal_up * facing * np.float32(0.6),
        0,
        1.3,
    )
    bounce = np.clip(-np.float32(light_side) * across, 0, 1) ** 3 * np.float32(0.14)
    light = light * np.float32(0.92) + np.float32(0.085) + bounce
    narrow = Frame(c1 - c0, part.height, float(xs[0]), part.top, float(xs[-1]), part.bottom, frame.aspect)
    blotch = world.fbm(f"glaze{number}", narrow, 0.16, octaves=5, gain=0.55)
    speck = world.fbm(f"speck{number}", narrow, 0.011, octaves=3, gain=0.7)
    line = 0.42 + 0.2 * ((number * 0.37 + stage.variant * 0.21) % 1)
    dip = smooth(line - 0.03, line + 0.03, tt + (blotch - 0.5) * 0.30 + 0.03 * across)
    drip = np.exp(-np.square((tt + (blotch - 0.5) * 0.30 - np.float32(line - 0.02)) / 0.035)) * 0.35
    turned = np.sin(tt * (230 if matte else 90) + across * 0.6 + blotch * 4) * np.float32(0.045 if matte else 0.018)
    texture = 1 + (blotch - 0.5) * 0.5 + turned
    iron = smooth(0.72, 0.80, speck) * np.float32(0.6 if matte else 0.25)
    shine_at, shine_width = (0.48, 0.20) if matte else (0.52, 0.085)
    shine = (
        np.exp(-np.square((across * light_side - np.float32(shine_at)) / np.float32(shine_width)))
        * smooth(0.04, 0.3, tt)
        * smooth(1.0, 0.8, tt)
    )
    shine = shine * (0.10 if matte else 0.62) * (0.75 + 0.5 * blotch)
    paint = np.empty((3, part.height, c1 - c0), np.float32)
    for i in range(3):
        glaze = (lower[i] + (upper[i] - lower[i]) * dip) * texture * (1 - drip)
        glaze = glaze * (1 - iron) + np.float32(0.02) * iron
        paint[i] = glaze * light + shine * (0.85 + 0.15 * (i == 0))
    cover(canvas[area], paint, inside.astype(np.float32))
    mouth = float(radius_at[-1] * height)
    oval = np.hypot(dx / np.float32(mouth), (part.y - np.float32(foot - height)) / np.float32(mouth * 0.24))
    soft = frame.pixel / mouth * 2
    hollow_light = np.clip(
        0.10
        + 0.5 * np.clip(-np.float32(light_side) * dx / mouth, 0, 1)
        + 0.3 * (part.y - (foot - height)) / (mouth * 0.24),
        0.03,
        1,
    )
    cover(canvas[area], np.stack([upper[i] * hollow_light * 0.55 for i in range(3)]), smooth(1.0, 1.0 - soft, oval))
    rim = smooth(1.0 + soft, 1.0, oval) * smooth(0.86 - soft, 0.88, oval)
    rim_light = np.clip(0.75 + 0.4 * light_side * dx / mouth, 0.3, 1.3)
    cover(canvas[area], np.stack([lerp(upper, lower, 0.2)[i] * rim_light for i in range(3)]), rim)


_INKS = (
    "#102a43 #1f5f7a #7fb6b0 #e8dcc0 #d98a5a",
    "#3a1e5c #8a3d7c #e07a8a #f6c9a0 #f7ead2",
    "#0b3d3a #2f7d6a #a6c48a #f0dfa8 #e7a45a",
    "#14213d #3c5a99 #9bb4e0 #f0d6d6 #e28a8a",
)


def paint_ink(frame: Frame, stage: Stage) -> Setting:
    """Ink spreading in water: folded plumes on paper, with satellites and droplets."""
    world, aspect = stage.world, stage.aspect
    coarse = frame.coarse(2 if frame.pixel < 1 / 1400 else 1) if frame.height > 700 else frame
    wide = coarse.padded(0.45)
    inks = [hexadecimal(c) for c in _INKS[stage.variant].split()]
    if stage.intent.colours:
        given = [hexadecimal(c) for c in stage.intent.colours]
        inks = [
            given[0] * np.float32(0.35),
            given[0],
            lerp(given[-1], np.ones(3, np.float32), 0.35),
            lerp(given[-1], np.ones(3, np.float32), 0.75),
            given[-1],
        ]
    elif "sumi" in stage.intent.styles or "mono" in stage.intent.styles:
        inks = [hexadecimal(c) for c in ("#0c0c10", "#2c2e36", "#7c7e84", "#c8c6c0", "#e6e2d8")]
    half = wide.coarse(2)
    fields = [world.fbm(f"plume{k}", half, cell, octaves=6, gain=0.52) for k, cell in enumerate((0.36, 0.36, 0.27))]

    def at(field: Plane, x: Plane, y: Plane) -> Plane:
        column = np.clip((x - half.left) / (half.right - half.left) * half.width - 0.5, 0, half.width - 1.01)
        row = np.clip((y - half.top) / half.pixel - 0.5, 0, half.height - 1.01)
        c, r = column.astype(np.int32), row.astype(np.int32)
        fc, fr = column - c, row - r
        flat, w = field.ravel(), np.int32(half.width)
        base = r * w + c
        above = flat[base] + (flat[base + 1] - flat[base]) * fc
        under = flat[base + w] + (flat[base + w + 1] - flat[base + w]) * fc
        return np.asarray(above + (under - above) * fr, np.float32)

    x = np.broadcast_to(coarse.x, (coarse.height, coarse.width))
    y = np.broadcast_to(coarse.y, (coarse.height, coarse.width))
    first, second = at(fields[0], x, y) - 0.5, at(fields[1], x, y) - 0.5
    first = first + np.float32(0.10) * (world.fbm("curl", coarse, 0.16, octaves=4, detail=True) - np.float32(0.5))
    x2, y2 = x + first * np.float32(0.62), y + second * np.float32(0.62)
    third, fourth = at(fields[1], x2, y2) - 0.5, at(fields[2], x2, y2) - 0.5
    x3, y3 = x2 + third * np.float32(0.55), y2 + fourth * np.float32(0.55)
    depth = at(fields[2], x3, y3)
    tone = np.clip((depth - 0.24) / 0.52, 0, 1)
    veins = np.hypot(*np.gradient(depth)) / np.float32(coarse.pixel)
    rng = stage.rng("ink")
    centres = ((0.5, 0.52, 0.40), (0.40, 0.45, 0.34), (0.58, 0.56, 0.42), (0.5, 0.42, 0.36))
    cx, cy, size = centres[stage.variant]
    distance = np.hypot((x - cx * aspect) / (1 + 0.25 * (aspect - 1)), y - cy) - size
    for _ in range(4):
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0.32, 0.52)
        lone = np.hypot(x - cx * aspect - np.cos(angle) * reach, y - cy - np.sin(angle) * reach) - rng.uniform(
            0.05, 0.13
        )
        blend = np.clip(0.5 + 0.5 * (lone - distance) / 0.12, 0, 1)
        distance = lone + (distance - lone) * blend - np.float32(0.12) * blend * (1 - blend)
    edge = distance + np.float32(0.95) * (at(fields[0], x3, y3) - 0.5) + np.float32(0.30) * third
    tone = np.clip(tone * 0.85 + 0.30 * smooth(-0.35, 0.1, edge), 0, 1)
    colour = ramp(tone, inks)
    colour *= (1 - np.float32(0.40) * np.clip(veins * np.float32(0.075), 0, 1))[None]
    accent = smooth(0.08, 0.20, third) * smooth(0.0, 0.12, fourth)
    cover(colour, inks[4], accent * np.float32(0.55))
    wash = smooth(0.085, -0.10, edge)
    veil = smooth(0.30, -0.05, edge) * np.float32(0.30)
    rim = np.exp(-np.square((edge - 0.015) / np.float32(0.035))) * np.float32(0.30)
    paper = hexadecimal("#f4efe4" if stage.palette.night < 0.5 else "#0c0e16")
    base = np.stack([paper[i] * np.ones_like(depth) for i in range(3)])
    cover(base, inks[2], veil)
    cover(base, colour * (1 - rim)[None], wash * np.float32(0.97))
    canvas = np.stack([resized(plane, frame.width, frame.height) for plane in base])
    _paint_droplets(canvas, frame, stage, inks, cx * aspect, cy)
    grain = world.fbm("paper", frame, 0.008, octaves=3, gain=0.7) - np.float32(0.5)
    canvas *= (1 + np.float32(0.10) * grain)[None]
    return Setting(canvas, 0.5, "none", 0.9, 0.2)


def _paint_droplets(canvas: Canvas, frame: Frame, stage: Stage, inks: list[Colour], cx: float, cy: float) -> None:
    rng = stage.rng("droplets")
    for _ in range(26):
        angle, reach = rng.uniform(0, 2 * np.pi), 0.40 + 0.25 * rng.random()
        x, y = cx + np.cos(angle) * reach * 1.1, cy + np.sin(angle) * reach
        radius = 0.0015 + 0.010 * rng.random() ** 3
        c0, c1 = (int(np.clip(frame.column(x + s * radius * 2), 0, frame.width)) for s in (-1, 1))
        r0, r1 = frame.row(y - radius * 2), frame.row(y + radius * 2)
        if c1 <= c0 or r1 <= r0:
            continue
        far = np.hypot(frame.xs[None, c0:c1] - x, frame.ys[r0:r1, None] - y)
        disc = smooth(radius + frame.pixel, radius - frame.pixel, far.astype(np.float32)) * np.float32(0.75)
        cover(canvas[:, r0:r1, c0:c1], inks[int(rng.integers(0, 3))], disc)


def paint_bokeh(frame: Frame, stage: Stage) -> Setting:
    """Lights out of focus on a dark ground."""
    coarse = frame.coarse(2)
    low, high = hexadecimal("#05060d"), hexadecimal("#1c1a30")
    t = np.broadcast_to(np.clip(coarse.y, 0, 1), (coarse.height, coarse.width))
    base = ramp(t, [low, high])
    lamps = [hexadecimal(c) for c in ("#ffb45e", "#ff7a4d", "#ffe2a8", "#5aa9ff")]
    if stage.intent.colours:
        lamps = [hexadecimal(c) for c in stage.intent.colours] + [hexadecimal("#ffe2a8")]
    for layer, cell in enumerate((0.07, 0.12, 0.22)):
        x, y, values = stage.world.grid(f"lights{layer}", coarse, cell, 4)
        for px, py, r in zip(x, y, values, strict=True):
            if r[0] > 0.55:
                continue
            radius = (0.010, 0.028, 0.060)[layer] * (0.6 + 0.8 * float(r[1]))
            c0, c1 = (int(np.clip(coarse.column(float(px) + s * radius * 1.3), 0, coarse.width)) for s in (-1, 1))
            r0, r1 = coarse.row(float(py) - radius * 1.3), coarse.row(float(py) + radius * 1.3)
            if c1 <= c0 or r1 <= r0:
                continue
            far = np.hypot(coarse.xs[None, c0:c1] - px, coarse.ys[r0:r1, None] - py).astype(np.float32)
            disc = smooth(radius, radius * 0.9, far) * np.float32(0.8) + np.exp(
                -np.square((far - radius * 0.94) / (radius * 0.06))
            ) * np.float32(0.3)
            add_light(
                base[:, r0:r1, c0:c1],
                lamps[int(r[2] * 997) % len(lamps)],
                disc * np.float32((0.9, 0.5, 0.28)[layer] * (0.3 + 0.7 * float(r[3]))),
            )
    return Setting(np.stack([resized(p, frame.width, frame.height) for p in base]), 0.5, "none", 0.95, 0.4)

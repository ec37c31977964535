"""Woods: firs in fog, trunks with light, autumn and snow."""

from __future__ import annotations

import numpy as np

from ..colour import Colour, add_light, cover, hexadecimal, lerp, ramp, resized, smooth
from ..frame import Canvas, Frame
from ..plants import Sprite, broadleaf, conifer, stand, trunk
from ..sky import distance_to, paint_aurora, paint_sky, paint_stars
from ..staging import Stage
from ..terrain import below
from .setting import Setting

_LAYERS = 6


def _leaf(stage: Stage, depth: float) -> tuple[Colour, Colour]:
    """Shaded and lit foliage."""
    palette = stage.palette
    named = stage.colour_of("forest")
    season = {"autumn": "#c8641e", "spring": "#86b04a", "summer": "#4f7a38"}.get(stage.intent.season or "", "#3c6048")
    own = named if named is not None else hexadecimal(season)
    if stage.intent.season == "autumn":
        own = hexadecimal(("#c8641e", "#d8942a", "#a8401c")[int(depth * 29) % 3])
    light = lerp(palette.lit, np.ones(3, np.float32), 0.15) * np.float32(1 - 0.55 * palette.night)
    dark = lerp(palette.near, own * palette.shade, 0.35)
    bright = own * light
    veil = (1 - depth) ** 1.25
    return lerp(dark, palette.haze, veil * 0.96), lerp(bright.astype(np.float32), palette.haze, veil * 0.86)


def paint_forest(frame: Frame, stage: Stage) -> Setting:
    """Six layers of trees from haze to near dark, light falling through them."""
    palette, world = stage.palette, stage.world
    horizon = stage.horizon(0.56)
    if palette.night > 0.5 or stage.intent.wants("aurora"):
        canvas = paint_sky(frame, stage, horizon + 0.15, clouds=0.2)
        if stage.intent.wants("aurora"):
            paint_aurora(canvas, frame, stage, horizon)
        else:
            paint_stars(canvas, frame, stage, horizon, 0.4)
    else:
        coarse = frame.coarse(4)
        backdrop = hexadecimal("#e0a860") if stage.intent.season == "autumn" else palette.sky[1]
        blend = 0.6 if stage.intent.season == "autumn" else 0.33
        far = distance_to(coarse, stage.sun_x, 0.18)
        tone = ramp(
            np.broadcast_to(np.clip(coarse.y * 1.1, 0, 1), far.shape),
            [
                lerp(palette.sky[-1], backdrop, blend),
                lerp(palette.sky[-1], backdrop, blend * 0.6),
                lerp(palette.haze, backdrop, blend),
            ],
        )
        add_light(tone, palette.sun, np.exp(-far * np.float32(2.2)) * np.float32(0.26))
        canvas = np.stack([resized(plane, frame.width, frame.height) for plane in tone])
    autumn = stage.intent.season == "autumn"
    high = stage.variant in (1, 3) and not stage.snowy and not autumn
    path_x = stage.aspect * (0.5, 0.62, 0.38, 0.55)[stage.variant]
    for number in range(_LAYERS):
        t = (number + 0.35) / _LAYERS
        ground = horizon + 0.05 + 0.40 * t**1.3
        near_edge = np.asarray(
            ground - 0.03 + 0.05 * (world.line(f"floor{number}", frame.xs, 0.4, octaves=6, gain=0.5) - 0.5), np.float32
        )
        dark, bright = _leaf(stage, t)
        cell = 0.040 + 0.15 * t**1.4
        cells = world.cells(f"trees{number}", frame.left - 0.4, frame.right + 0.4, cell, 5)
        trees: list[tuple[Sprite, float, float, float, bool]] = []
        for i in range(len(cells.ids)):
            r = cells.values[i]
            x = float(cells.starts[i] + (0.15 + 0.7 * r[0]) * cell)
            clearing = abs(x - path_x) / (0.09 + 0.20 * t)
            if r[1] < 0.10 or (clearing < 1 and number >= 2):
                continue
            height = (0.24 + 0.58 * t) * (0.62 + 0.60 * float(r[2]))
            kind = int(r[3] * 6)
            if high and r[4] < 0.72:
                sprite, height = trunk(kind % 4), 1.25 + 0.3 * t
                trees.append((sprite, x, ground + 0.02 * float(r[2]), height * (0.55 + 0.5 * t), r[4] < 0.4))
                continue
            if (autumn and r[4] < 0.75) or (stage.intent.season in ("spring", "summer") and r[4] < 0.5):
                sprite, height = broadleaf(kind % 4), height * 1.05
            else:
                sprite = conifer(kind)
            trees.append((sprite, x, ground + 0.012 * float(r[0]), height, r[4] < 0.5))
        mask, shade = stand(frame, trees)
        floor = below(frame, near_edge)
        paint = np.stack([dark[i] + (bright[i] - dark[i]) * shade for i in range(3)])
        if stage.snowy:
            white = lerp(
                lerp(palette.lit, np.ones(3, np.float32), 0.4) * np.float32(1 - 0.6 * palette.night),
                palette.haze,
                (1 - t) * 0.7,
            )
            cover(paint, white, smooth(0.50, 0.78, shade))
        cover(canvas, paint, mask * np.float32(0.62 + 0.38 * t))
        _paint_floor(canvas, frame, stage, number, t, floor, dark, bright)
        _paint_fog(canvas, frame, stage, number, t, ground)
    if palette.night < 0.5:
        _paint_rays(canvas, frame, stage)
    return Setting(canvas, horizon, "land", horizon + 0.33, 0.16)


def _paint_floor(
    canvas: Canvas,
    frame: Frame,
    stage: Stage,
    number: int,
    t: float,
    floor: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    dark: Colour,
    bright: Colour,
) -> None:
    palette = stage.palette
    rows = np.flatnonzero(floor.max(1) > 0)
    if not len(rows):
        return
    first = int(rows[0])
    last = min(frame.height, first + max(4, int(0.30 / frame.pixel))) if number < _LAYERS - 1 else frame.height
    part = frame.rows(first, last)
    moss = stage.world.fbm(f"moss{number}", part, 0.02 + 0.03 * t, stretch=2.4, octaves=5, gain=0.6, detail=True)
    light = np.clip(0.45 + (moss - 0.5) * 2.0, 0, 1)
    if stage.snowy:
        own_lit = lerp(
            lerp(palette.lit, np.ones(3, np.float32), 0.45) * np.float32(1 - 0.62 * palette.night),
            palette.haze,
            (1 - t) * 0.7,
        )
        own_dark = lerp(palette.shade, palette.haze, 0.55 - 0.25 * t)
        light = np.clip(0.66 + (moss - 0.5) * 1.1, 0, 1)
    else:
        leaves = hexadecimal("#8a4a1e" if stage.intent.season == "autumn" else "#4a5a30")
        own_dark = lerp(dark, leaves * palette.shade, 0.3)
        own_lit = lerp(bright, leaves * palette.lit, 0.5)
    paint = np.stack([own_dark[i] + (own_lit[i] - own_dark[i]) * light for i in range(3)])
    cover(canvas[:, first:last], paint, floor[first:last])


def _paint_fog(canvas: Canvas, frame: Frame, stage: Stage, number: int, t: float, ground: float) -> None:
    thick = (1 - t) * (1.0 if stage.misty or stage.time == "mist" else 0.6)
    if thick < 0.06:
        return
    coarse = frame.coarse(4)
    drift = stage.world.fbm(f"fog{number}", coarse, 0.34, stretch=2.2, octaves=4, detail=True)
    amount = (
        smooth(0.10, ground, coarse.y)
        * smooth(ground + 0.25, ground, coarse.y)
        * np.float32(thick * 0.62)
        * (0.3 + 1.3 * drift)
    )
    cover(
        canvas,
        lerp(stage.palette.haze, stage.palette.sky[-1], 0.3),
        resized(np.clip(amount, 0, 0.85), frame.width, frame.height),
    )


def _paint_rays(canvas: Canvas, frame: Frame, stage: Stage) -> None:
    """Shafts from the sun through the crowns."""
    coarse = frame.coarse(3)
    dx, dy = coarse.x - np.float32(stage.sun_x), coarse.y + np.float32(0.22)
    angle = dx / np.maximum(dy, 0.05)
    table = stage.world.line("rays", np.linspace(-4, 4, 4096, dtype=np.float32), 0.16, octaves=4, gain=0.55)
    ray = table[np.clip((angle + 4) * 511.9, 0, 4095).astype(np.int32)]
    far = distance_to(coarse, stage.sun_x, 0.0)
    drift = stage.world.fbm("raydust", coarse, 0.3, octaves=3, detail=True)
    amount = smooth(0.50, 0.74, ray) * np.exp(-far * np.float32(1.5)) * (0.5 + drift) * np.float32(0.20)
    add_light(canvas, lerp(stage.palette.sun, stage.palette.haze, 0.25), resized(amount, frame.width, frame.height))

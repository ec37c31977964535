"""Land seen from the side: ridge lines and the layers under them."""

from __future__ import annotations

import numpy as np

from .colour import Colour, cover, lerp, smooth
from .frame import Canvas, Frame, Plane
from .staging import Stage


def crest(stage: Stage, name: str, xs: Plane, base: float, height: float, cell: float, *, sharp: float = 1.25) -> Plane:
    """The y of a mountain crest along x: peaks reach ``height`` above ``base``."""
    broad = stage.world.line(name, xs, cell, octaves=9, gain=0.47, ridged=True)
    lift = stage.world.line(name + "lift", xs, cell * 2.3, octaves=2)
    profile = np.clip((broad - 0.22) / 0.62, 0, 2) ** sharp * (0.55 + 0.95 * (lift - 0.2))
    return np.asarray(base - height * profile, np.float32)


def rolling(stage: Stage, name: str, xs: Plane, base: float, height: float, cell: float) -> Plane:
    """The y of soft hills along x."""
    return np.asarray(base - height * stage.world.line(name, xs, cell, octaves=3, gain=0.36), np.float32)


def below(frame: Frame, top: Plane) -> Plane:
    """1 under the line, anti-aliased over a pixel."""
    return np.asarray(np.clip((frame.y - top[None, :]) / np.float32(frame.pixel) + np.float32(0.5), 0, 1), np.float32)


def exposed(frame: Frame, top: Plane, floor: Plane | float) -> tuple[int, int]:
    """The rows in which a layer can be seen above the next one."""
    lowest = floor if isinstance(floor, float) else float(floor.max())
    first = max(0, frame.row(float(top.min())) - 1)
    return first, min(frame.height, max(first, frame.row(lowest) + 2))


def under_crest(texture: Plane, frame: Frame, top: Plane, offset: float) -> Plane:
    """Shift each column of a texture so that its rows count from the crest down."""
    shift = np.round((top - np.float32(offset)) / frame.pixel).astype(np.int32)
    rows = np.arange(frame.height, dtype=np.int32)[:, None] - shift[None, :]
    np.clip(rows, 0, texture.shape[0] - 1, out=rows)
    columns = np.arange(frame.width, dtype=np.int32)[None, :]
    return np.asarray(texture.ravel()[rows * np.int32(frame.width) + columns], np.float32)


def paint_mountain(
    canvas: Canvas,
    frame: Frame,
    stage: Stage,
    name: str,
    top: Plane,
    floor: Plane | float,
    depth: float,
    *,
    snow: float = 0.0,
    rock: Colour | None = None,
    spine: Plane | None = None,
) -> None:
    """One range: lit and shaded spurs, snow above, mist toward its foot. ``depth`` 0 is far, 1 near; ``snow`` 0..1.

    ``spine`` is the bare crest when ``top`` has trees on it.
    """
    spine = top if spine is None else spine
    first, last = exposed(frame, top, floor)
    if last <= first:
        return
    part = frame.rows(first, last)
    palette, world = stage.palette, stage.world
    tilted = np.asarray(part.ys - part.top, np.float32)
    cell = 0.10 + 0.05 * depth
    relief = world.fbm(name + "relief", part, cell, stretch=0.70, octaves=6, gain=0.43, ys=tilted)
    spurs = np.abs(relief - np.float32(0.5))
    slope = np.empty_like(spurs)
    slope[:, 1:-1] = spurs[:, 2:] - spurs[:, :-2]
    slope[:, 0], slope[:, -1] = slope[:, 1], slope[:, -2]
    side = np.clip((part.xs - np.float32(stage.sun_x)) / 0.35, -1, 1)[None, :]
    lit = slope * side * np.float32(-0.085 / part.pixel)
    lit = lit / (1 + np.abs(lit))
    lit = under_crest(lit, part, spine, part.top)
    drop = np.maximum(part.y - spine[None, :], 0)
    crest_slope = np.gradient(spine, part.pixel)
    facing = np.clip(crest_slope * side[0] * -0.35, -0.6, 0.6)[None, :] * np.exp(-drop * 9)
    contrast = np.float32(0.16 + 0.36 * depth) * np.float32(0.6 if stage.misty else 1.0)
    if spine is not top:
        contrast = contrast * np.float32(0.45)
    contrast = contrast * np.float32(1 - 0.5 * palette.night)
    light = np.clip(0.5 + (lit * np.float32(0.75) + facing) * contrast * 2, 0, 1.2)
    near = lerp(palette.near, palette.shade, 0.35 * (1 - depth)) if rock is None else rock
    solid = 1 - (1 - depth) ** 1.35
    # at night ranges stand dark against the sky
    base = lerp(palette.haze, near, solid + (1 - solid) * 0.55 * palette.night)
    dark = lerp(base * np.float32(0.62), palette.shade, 0.25 * (1 - depth))
    bright = lerp(base * np.float32(1.22), palette.lit * np.float32(1 - 0.6 * palette.night), 0.14 + 0.06 * (1 - depth))
    paint = np.stack([dark[i] + (bright[i] - dark[i]) * light for i in range(3)])
    if snow > 0:
        jitter = under_crest(relief, part, spine, part.top)
        cap = smooth(
            0.022,
            0.0,
            drop
            - np.float32(0.02 + 0.20 * snow)
            + (jitter - np.float32(0.5)) * np.float32(0.30) * (1 - np.float32(0.6) * palette.night),
        )
        white_lit = lerp(palette.lit, np.ones(3, np.float32), 0.45) * np.float32(1.0 - 0.75 * palette.night)
        white_dark = lerp(palette.shade, palette.haze, 0.32)
        veil = (1 - depth) * 0.45
        lit_snow = lerp(white_lit.astype(np.float32), palette.haze, veil)
        dark_snow = lerp(white_dark, palette.haze, veil)
        shine = np.clip((light - np.float32(0.5)) * np.float32(2.4) + np.float32(0.62), 0, 1)
        cover(paint, np.stack([dark_snow[i] + (lit_snow[i] - dark_snow[i]) * shine for i in range(3)]), cap)
    drift = world.fbm(name + "mist", part, 0.30, stretch=2.6, octaves=3, detail=True)
    thick = (0.80 + (0.4 if stage.misty else 0.0)) * (1 - 0.55 * palette.night)
    fog = np.clip(
        (drop / np.float32(0.15 + 0.12 * depth)) ** 1.3 * np.float32((1 - depth) * thick) * (0.4 + 1.2 * drift), 0, 0.94
    )
    glow = np.exp(-np.abs(part.xs - np.float32(stage.sun_x)) * np.float32(2.6))[None, :] * np.float32((1 - depth) * 0.4)
    for i in range(3):
        mist = palette.haze[i] + (palette.sun[i] - palette.haze[i]) * glow * np.float32(0.5)
        paint[i] += (mist - paint[i]) * fog
    cover(canvas[:, first:last], paint, below(part, top))


def paint_hill(
    canvas: Canvas,
    frame: Frame,
    stage: Stage,
    name: str,
    top: Plane,
    floor: Plane | float,
    depth: float,
    colour: Colour,
    *,
    grain: float = 0.05,
) -> None:
    """Soft ground in its own colour: broad light and shade, fine texture, haze with distance."""
    first, last = exposed(frame, top, floor)
    if last <= first:
        return
    part = frame.rows(first, last)
    palette, world = stage.palette, stage.world
    broad = world.fbm(name + "broad", part, 0.22, stretch=2.2, octaves=4, detail=True)
    fine = world.fbm(name + "fine", part, grain, stretch=2.0, octaves=4, gain=0.6, detail=True)
    drop = np.maximum(part.y - top[None, :], 0)
    tooth = 0.55 if float(colour.min()) < 0.6 else 0.22
    light = np.clip(
        0.55 + (broad - 0.5) * 2 * tooth + (fine - 0.5) * tooth + 0.35 * np.exp(-drop * 16) - drop * 0.4, 0, 1.2
    )
    dark = colour * palette.shade * np.float32(1.1) + palette.near * np.float32(0.12)
    bright = colour * lerp(palette.lit, np.ones(3, np.float32), 0.2) * np.float32(1.15 - 0.55 * palette.night)
    veil = (1 - depth) ** 1.6 * (0.85 if not stage.misty else 1.0)
    dark, bright = lerp(dark, palette.haze, veil * 0.92), lerp(bright, palette.haze, veil * 0.75)
    paint = np.stack([dark[i] + (bright[i] - dark[i]) * light for i in range(3)])
    if stage.misty:
        fog = np.clip(drop * 3.2 * (1 - depth), 0, 0.85).astype(np.float32)
        cover(paint, palette.haze, fog)
    cover(canvas[:, first:last], paint, below(part, top))


def paint_headland(
    canvas: Canvas, frame: Frame, stage: Stage, name: str, top: Plane, foot: Plane, depth: float, grass: float = 1.0
) -> None:
    """A cliff between its upper edge and its foot: strata and cracks below a rim of turf. Zero-height parts vanish."""
    first, last = exposed(frame, top, foot)
    if last <= first:
        return
    part = frame.rows(first, last)
    palette, world = stage.palette, stage.world
    cracks = world.fbm(name + "cracks", part, 0.26, stretch=0.5, octaves=6, gain=0.44)
    strata = world.fbm(name + "strata", part, 0.05, stretch=7.0, octaves=4, gain=0.6)
    drop = part.y - top[None, :]
    facets = np.abs(cracks - np.float32(0.5))
    slope = (np.gradient(facets, axis=1) + 0.6 * np.gradient(facets, axis=0)) / np.float32(part.pixel)
    side = 1.0 if stage.sun_x > 0.5 * stage.aspect else -1.0
    shaped = slope * np.float32(0.13 * side)
    light = np.clip(0.42 - shaped / (1 + np.abs(shaped)) * 0.62 + (strata - 0.5) * 0.55 - facets * 0.5, 0, 1.1)
    stone = lerp(palette.near, palette.shade, 0.25)
    dark = lerp(stone, palette.haze, 0.25 * (1 - depth))
    bright = lerp(lerp(stone, palette.lit, 0.34), palette.haze, 0.3 * (1 - depth))
    paint = np.stack([dark[i] + (bright[i] - dark[i]) * light for i in range(3)])
    if grass > 0:
        turf = np.array([0.16, 0.22, 0.07], np.float32) * (palette.lit * 0.9 + 0.12)
        if stage.snowy:
            turf = lerp(palette.lit, np.ones(3, np.float32), 0.3) * np.float32(0.85)
        rim = smooth(0.045, 0.012, drop + (cracks - np.float32(0.5)) * np.float32(0.10)) * np.float32(grass)
        rim = rim * np.exp(-np.square(np.gradient(top, part.pixel) * np.float32(0.9)))[None, :]
        shade = 0.65 + 0.7 * world.fbm(name + "turf", part, 0.02, stretch=1.5, octaves=3, detail=True)
        cover(paint, np.stack([turf[i] * shade for i in range(3)]), rim)
    inside = np.clip(drop / np.float32(part.pixel) + np.float32(0.5), 0, 1)
    inside = inside * np.clip((foot[None, :] - part.y) / np.float32(part.pixel) + np.float32(0.5), 0, 1)
    cover(canvas[:, first:last], paint, inside.astype(np.float32))

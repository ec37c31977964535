"""A window with its sill, and a backdrop for portraits."""

from __future__ import annotations

import numpy as np

from ..colour import add_light, blurred_canvas, cover, hexadecimal, lerp, ramp, resized, resized_canvas, smooth, tinted
from ..frame import Frame, Plane
from ..sky import distance_to
from ..staging import Stage
from .setting import Setting


def _between(coords: Plane, low: float, high: float, pixel: float) -> Plane:
    return np.asarray(np.clip(np.minimum(coords - low, high - coords) / pixel + 0.5, 0, 1), np.float32)


def paint_window(frame: Frame, stage: Stage) -> Setting:
    """A view through panes, the frame and sill in its light, a curtain, a plant."""
    from .city import paint_city
    from .mountains import paint_hills

    coarse = frame.coarse(2)
    city = stage.intent.wants("city", "street") or (
        stage.variant in (1, 3) and not stage.intent.wants("mountain", "sea", "forest", "meadow")
    )
    outside = (paint_city if city else paint_hills)(coarse, stage).canvas
    outside = blurred_canvas(outside, 0.007 / coarse.pixel)
    canvas = resized_canvas(outside, frame.width, frame.height) * np.float32(1.12)
    if "rain" in stage.intent.weathers:
        _rain_on_glass(canvas, frame, stage)
    palette, aspect = stage.palette, stage.aspect
    wall = hexadecimal(("#b8a088", "#8c98a0", "#c4a890", "#98a088")[stage.variant])
    if stage.intent.colours:
        wall = tinted(wall, hexadecimal(stage.intent.colours[0]), 0.7)
    room = np.asarray(
        wall * lerp(palette.shade, palette.lit, 0.25) * np.float32(0.62 - 0.40 * palette.night), np.float32
    )
    sill = 0.76 + stage.horizon_shift * 0.25
    half = min(0.42 * aspect, 0.56)
    centre = aspect * (0.5, 0.44, 0.56, 0.5)[stage.variant]
    left, right, top = centre - half, centre + half, 0.055
    inside = _between(frame.xs, left, right, frame.pixel)[None, :] * _between(frame.ys, top, sill, frame.pixel)[:, None]
    plaster = frame.coarse(2)
    grain = resized(stage.world.fbm("plaster", plaster, 0.2, octaves=6, gain=0.6), frame.width, frame.height)
    near = resized(np.exp(-distance_to(plaster, centre, 0.45) * np.float32(1.5)), frame.width, frame.height)
    tone = (0.72 + 0.55 * grain) * (0.55 + 0.8 * near)
    cover(canvas, np.stack([room[i] * tone for i in range(3)]), 1 - inside)
    wood = (
        lerp(hexadecimal("#d8cdbc"), room, 0.35)
        * lerp(palette.lit, palette.shade, 0.45)
        * np.float32(0.72 - 0.42 * palette.night)
    )
    lit_wood = np.asarray(lerp(wood, palette.lit, 0.5) * np.float32(1 - 0.5 * palette.night), np.float32)
    bars: list[tuple[float, float, float, float]] = []
    panes = 2 if aspect < 1.1 else 3
    for number in range(panes + 1):
        x = left + (right - left) * number / panes
        wide = 0.022 if number in (0, panes) else 0.011
        bars.append((x - wide, x + wide, top - 0.02, sill))
    for y, wide in ((top, 0.022), (top + (sill - top) * 0.36, 0.009)):
        bars.append((left - 0.02, right + 0.02, y - wide, y + wide))
    for x0, x1, y0, y1 in bars:
        mask = _between(frame.xs, x0, x1, frame.pixel)[None, :] * _between(frame.ys, y0, y1, frame.pixel)[:, None]
        bevel = (
            np.clip(np.minimum((frame.x - x0) / (x1 - x0), 1.0), 0, 1)
            if x1 - x0 < y1 - y0
            else np.clip((frame.y - y0) / (y1 - y0), 0, 1)
        )
        edge = np.abs(bevel - 0.5) * 2
        shading = np.broadcast_to(0.75 + 0.45 * edge**4 - 0.1 * edge, mask.shape)
        cover(canvas, np.stack([wood[i] * shading + lit_wood[i] * 0.25 * (edge**8) for i in range(3)]), mask)
    _paint_sill(canvas, frame, stage, sill, wood, lit_wood, room, left, right)
    _paint_curtain(canvas, frame, stage, left, right, sill)
    return Setting(canvas, sill - 0.2, "sill", sill + 0.035, 0.42)


def _rain_on_glass(canvas: np.ndarray[tuple[int, ...], np.dtype[np.float32]], frame: Frame, stage: Stage) -> None:
    drops = stage.world.fbm("glassdrops", frame, 0.018, octaves=2, detail=True)
    slope = np.gradient(drops, axis=0)
    mask = smooth(0.66, 0.72, drops)
    canvas *= (1 + np.clip(slope * np.float32(0.012 / frame.pixel), -0.4, 0.5) * mask)[None]


def _paint_sill(
    canvas: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    frame: Frame,
    stage: Stage,
    sill: float,
    wood: Plane,
    lit: Plane,
    room: Plane,
    left: float,
    right: float,
) -> None:
    shelf = sill + 0.085
    grain = stage.world.fbm("sillgrain", frame, 0.03, stretch=10.0, octaves=5, gain=0.6) - np.float32(0.5)
    board = (
        _between(frame.xs, left - 0.07, right + 0.07, frame.pixel)[None, :]
        * _between(frame.ys, sill, shelf, frame.pixel)[:, None]
    )
    fall = np.clip((frame.y - sill) / (shelf - sill), 0, 1)
    light = (0.95 - 0.45 * fall) * (1 + 0.4 * grain)
    cover(canvas, np.stack([(wood[i] * 0.3 + lit[i] * 0.7) * light for i in range(3)]), board)
    lip = (
        _between(frame.xs, left - 0.07, right + 0.07, frame.pixel)[None, :]
        * _between(frame.ys, shelf, shelf + 0.032, frame.pixel)[:, None]
    )
    cover(canvas, np.stack([wood[i] * (0.62 + 0.25 * grain) for i in range(3)]), lip)
    under = (
        _between(frame.xs, left - 0.05, right + 0.05, frame.pixel)[None, :]
        * np.exp(-np.abs(frame.y - (shelf + 0.032)) / 0.05)
        * (frame.y > shelf + 0.032)
    )
    canvas *= (1 - np.float32(0.5) * under)[None]


def _paint_curtain(
    canvas: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    frame: Frame,
    stage: Stage,
    left: float,
    right: float,
    sill: float,
) -> None:
    """Thin cloth gathered at the sides: folds that let the light through."""
    named = stage.intent.colours
    cloth = hexadecimal(named[0] if named else ("#f0e4d0", "#dfe4ea", "#f4dccb", "#e4e6d4")[stage.variant])
    palette = stage.palette
    for side in (-1, 1):
        edge = (left + 0.10) if side < 0 else (right - 0.10)
        drape = (
            edge
            - side * 0.05 * np.clip(frame.ys, 0, 1) ** 2
            + 0.012 * (stage.world.line(f"hem{side}", frame.ys, 0.2, octaves=3) - 0.5)
        )
        cover_ = np.clip((drape[:, None] - frame.x) * -side / 0.003, 0, 1)
        cover_ = cover_ * np.clip((side * frame.x - side * (edge + side * 0.24)) / -0.003, 0, 1)
        folds = stage.world.line(
            f"folds{side}",
            np.linspace(frame.left - 0.2, frame.right + 0.2, frame.width * 2, dtype=np.float32),
            0.045,
            octaves=3,
        )
        at = (
            (frame.x + (frame.y * side * 0.05) - frame.left + 0.2)
            / (frame.right - frame.left + 0.4)
            * (frame.width * 2 - 1)
        )
        fold = folds[np.clip(at, 0, frame.width * 2 - 1).astype(np.int32)]
        light = np.clip(0.35 + 1.1 * (fold - 0.25), 0.1, 1.1)
        dark, bright = (
            cloth * palette.shade * np.float32(0.75),
            cloth * palette.lit * np.float32(0.95 - 0.6 * palette.night),
        )
        paint = np.stack([dark[i] + (bright[i] - dark[i]) * light for i in range(3)])
        cover(canvas, paint, (cover_ * np.float32(0.86)).astype(np.float32))


def paint_backdrop(frame: Frame, stage: Stage) -> Setting:
    """A soft studio ground with light behind the sitter."""
    coarse = frame.coarse(4)
    palette = stage.palette
    tones = [palette.sky[0], palette.sky[1], lerp(palette.sky[2], palette.haze, 0.4)]
    far = distance_to(coarse, stage.aspect * 0.5 + (stage.sun_x - stage.aspect / 2) * 0.5, 0.36)
    mottle = stage.world.fbm("mottle", coarse, 0.35, octaves=5, gain=0.55) - np.float32(0.5)
    canvas = ramp(np.clip(1.05 - far * 1.15 + mottle * 0.8, 0, 1), tones)
    add_light(canvas, palette.sun, np.exp(-far * 3.4) * np.float32(0.14))
    return Setting(np.stack([resized(p, frame.width, frame.height) for p in canvas]), 0.5, "none", 1.02, 1.15)

"""Sea, lake, fjord and coast."""

from __future__ import annotations

import numpy as np

from ..colour import cover, hexadecimal, lerp, smooth
from ..frame import Frame, Plane
from ..plants import treeline
from ..sky import paint_aurora, paint_sky
from ..staging import Stage
from ..terrain import below, crest, exposed, paint_headland, paint_hill, paint_mountain, rolling
from ..water import paint_breakers, paint_water
from .setting import Setting

_ON_LAND = frozenset(
    (
        "fox",
        "wolf",
        "dog",
        "cat",
        "deer",
        "horse",
        "bear",
        "rabbit",
        "cow",
        "person",
        "umbrella",
        "tent",
        "car",
        "train",
        "robot",
    )
)


def paint_lake(frame: Frame, stage: Stage) -> Setting:
    """Still water under a far shore; with the aurora words, a fjord at night."""
    aurora = stage.intent.wants("aurora")
    horizon = stage.horizon(0.60 if aurora else 0.53)
    canvas = paint_sky(frame, stage, horizon)
    if aurora:
        paint_aurora(canvas, frame, stage, horizon)
    wide = stage.intent.wants("mountain", "fjord", "aurora")
    tall = (0.20, 0.15, 0.24, 0.17)[stage.variant] * (1.25 if wide else 0.8)
    if stage.intent.wants("fjord"):
        tall *= 1.25
    snow = 0.75 if stage.snowy or aurora or stage.variant == 2 else 0.3
    for number, depth in enumerate((0.16, 0.36, 0.58)):
        base = horizon + 0.015
        height = tall * (1.0, 0.78, 0.5)[number]
        top = crest(stage, f"shore{number}", frame.xs, base, height, 0.62 - 0.12 * number)
        gap_at = (stage.sun_x, 0.5 * stage.aspect)[stage.variant % 2]
        gap = np.exp(-np.square((frame.xs - gap_at) / np.float32(0.34 * max(0.6, stage.aspect))))
        if number:
            top = np.asarray(top + height * gap * (0.75 + 0.25 * number), np.float32)
        top = np.minimum(top, np.float32(base + 0.01))
        paint_mountain(canvas, frame, stage, f"shore{number}", top, horizon + 0.01, depth, snow=snow * (1 - depth))
    trees = treeline(
        stage,
        "shorefirs",
        frame.xs,
        0.035 if not stage.intent.wants("forest") else 0.075,
        pointed=stage.intent.season != "autumn",
    )
    row = smooth(0.36, 0.52, stage.world.line("shorerow", frame.xs, 0.55, octaves=3))
    top = np.asarray(horizon + 0.004 - trees * row - 0.006 * row, np.float32)
    first, last = exposed(frame, top, horizon)
    if last > first:
        part = frame.rows(first, last)
        tone = lerp(stage.palette.near, stage.palette.haze, 0.30 + 0.25 * stage.misty)
        if stage.intent.season == "autumn":
            tone = lerp(tone, hexadecimal("#b4541e") * stage.palette.lit, 0.55)
        cover(canvas[:, first:last], tone, below(part, top))
    rough = 0.14 if "calm" in stage.intent.qualities or aurora else 0.28
    paint_water(canvas, frame, stage, horizon, rough=rough, mirror=0.97, land="lake")
    if stage.misty or stage.time in ("dawn", "mist"):
        _paint_lying_mist(canvas, frame, stage, horizon)
    return Setting(canvas, horizon, "water", horizon + 0.20, 0.075)


def _paint_lying_mist(
    canvas: np.ndarray[tuple[int, ...], np.dtype[np.float32]], frame: Frame, stage: Stage, horizon: float
) -> None:
    drift = stage.world.fbm("lyingmist", frame, 0.10, stretch=5.0, octaves=5, gain=0.55, detail=True)
    band = np.exp(-np.square((frame.y - np.float32(horizon - 0.005)) / np.float32(0.055 if stage.misty else 0.03)))
    thick = smooth(0.30, 0.72, drift) * band * np.float32(0.92 if stage.misty else 0.45)
    cover(canvas, lerp(stage.palette.haze, stage.palette.sky[-1], 0.4), thick)


def paint_sea(frame: Frame, stage: Stage) -> Setting:
    """Open sea; breakers when it storms, sand when a beach is asked for, a headland for cliffs and lighthouses."""
    horizon = stage.horizon(0.50)
    canvas = paint_sky(frame, stage, horizon)
    if stage.intent.wants("aurora"):
        paint_aurora(canvas, frame, stage, horizon)
    if (stage.variant == 2 and not stage.stormy) or stage.intent.wants("mountain"):
        top = crest(stage, "isles", frame.xs, horizon + 0.012, 0.13, 0.5)
        paint_mountain(canvas, frame, stage, "isles", np.minimum(top, np.float32(horizon + 0.01)), horizon + 0.005, 0.3)
    wild = stage.stormy or stage.intent.wants("wave")
    if wild:
        paint_breakers(canvas, frame, stage, horizon, height=0.17 if stage.stormy else 0.14)
    else:
        paint_water(canvas, frame, stage, horizon, rough=0.2 if "calm" in stage.intent.qualities else 0.62, mirror=0.85)
    perch = None
    if {"lighthouse", "cliff", "castle"} & set(stage.intent.objects):
        perch = _paint_coast(canvas, frame, stage, horizon)
    elif {"beach", "tropical"} & stage.intent.qualities or _ON_LAND & set(stage.intent.objects):
        _paint_beach(canvas, frame, stage)
        if _ON_LAND & set(stage.intent.objects):
            return Setting(canvas, horizon, "land", 0.90, 0.16)
    return Setting(canvas, horizon, "water", horizon + (0.14 if wild else 0.18), 0.075, perch)


def _paint_coast(
    canvas: np.ndarray[tuple[int, ...], np.dtype[np.float32]], frame: Frame, stage: Stage, horizon: float
) -> tuple[float, float]:
    """A headland from one side of the picture; its high end is where a lighthouse stands."""
    right = stage.sun_x < 0.5 * stage.aspect
    xs = frame.xs
    for number in (0, 1):
        depth = (0.45, 0.85)[number]
        tip = ((0.36, 0.50), (0.42, 0.58), (0.32, 0.44), (0.46, 0.52))[stage.variant][number] * stage.aspect
        if number == 1:
            tip *= 0.92
        inland = (xs - (stage.aspect - tip)) if right else (tip - xs)
        height = (0.10, 0.19 + 0.04 * (stage.variant % 3))[number]
        rise = smooth(-0.03, 0.16, inland) * (0.82 + 0.18 * smooth(0.0, 0.5, inland))
        noise = stage.world.line(f"coast{number}", xs, 0.30, octaves=7, gain=0.45) - 0.5
        ledge = stage.world.line(f"ledge{number}", xs, 0.07, octaves=4, gain=0.5) - 0.5
        foot_y = horizon + (0.02, 0.20)[number]
        top = np.asarray(
            foot_y - rise * (height + (0.0, 0.10)[number]) + noise * 0.09 * rise + ledge * 0.03 * (rise < 0.8) * rise,
            np.float32,
        )
        wobble = stage.world.line(f"surf{number}", xs, 0.05, octaves=5) - 0.5
        reefs = stage.world.line(f"reef{number}", xs, 0.22, octaves=6, gain=0.52) - 0.5
        lower = (0.0, 0.42)[number] * (1 - np.exp(-np.clip(inland + 0.02, 0, 2) * 4.5))
        foot = np.asarray(
            foot_y + 0.02 * wobble + lower + (0.02, 0.20)[number] * reefs * smooth(-0.03, 0.10, inland), np.float32
        )
        top = np.where(inland < -0.03, foot, top).astype(np.float32)
        paint_headland(canvas, frame, stage, f"coast{number}", top, foot, depth, grass=0.9)
        _paint_surf(canvas, frame, stage, f"surf{number}", foot, inland, 0.5 + number)
    anchor = (stage.aspect - tip) + 0.17 if right else tip - 0.17
    at = int(np.clip(frame.column(anchor), 0, frame.width - 1))
    if 0 <= frame.column(anchor) < frame.width:
        return anchor, float(top[at]) + 0.008
    return anchor, horizon - 0.2


def _paint_surf(
    canvas: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    frame: Frame,
    stage: Stage,
    name: str,
    foot: Plane,
    inland: Plane,
    size: float,
) -> None:
    """White water where the rock meets the sea."""
    first, last = exposed(frame, foot - 0.06 * size, foot + 0.05 * size)
    if last <= first:
        return
    part = frame.rows(first, last)
    spray = stage.world.fbm(name + "spray", part, 0.045, stretch=1.3, octaves=5, gain=0.62, detail=True)
    offset = part.y - foot[None, :]
    force = 1.0 if stage.stormy else 0.45
    up = np.exp(-np.maximum(-offset, 0) / np.float32(0.020 * size * force + 0.003)) * np.exp(
        -np.maximum(offset, 0) / np.float32(0.012 * size)
    )
    reach = smooth(-0.07, 0.0, inland)[None, :]
    white = smooth(0.45, 0.66, spray + up * np.float32(0.22)) * up * reach
    foam = lerp(stage.palette.lit, np.ones(3, np.float32), 0.4) * np.float32(1 - 0.6 * stage.palette.night)
    cover(canvas[:, first:last], foam, np.clip(white * 0.95, 0, 0.95))


def _paint_beach(canvas: np.ndarray[tuple[int, ...], np.dtype[np.float32]], frame: Frame, stage: Stage) -> None:
    edge = rolling(stage, "beach", frame.xs, 0.90, 0.10, 0.9)
    for offset, tone, strength in ((-0.03, np.ones(3, np.float32), 0.35), (-0.006, np.ones(3, np.float32), 0.75)):
        first, last = exposed(frame, edge + offset, edge + 0.03)
        part = frame.rows(first, last)
        lace = stage.world.fbm(f"lace{offset}", part, 0.04, stretch=2.0, octaves=4, detail=True)
        band = np.exp(-np.square((part.y - edge[None, :] - np.float32(offset)) / np.float32(0.010))) * smooth(
            0.35, 0.6, lace
        )
        cover(canvas[:, first:last], tone * stage.palette.lit, band * np.float32(strength))
    paint_hill(canvas, frame, stage, "sand", edge, float(frame.bottom), 0.95, hexadecimal("#ecd8b0"), grain=0.01)

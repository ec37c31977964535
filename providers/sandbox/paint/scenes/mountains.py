"""Ranges, hills, snow fields, canyons and falls."""

from __future__ import annotations

import numpy as np

from ..colour import add_light, cover, hexadecimal, lerp, ramp, smooth
from ..frame import Frame, Plane
from ..noise import perspective_noise
from ..plants import treeline
from ..sky import distance_to, paint_aurora, paint_sky, sky_tone
from ..staging import Stage
from ..terrain import below, crest, exposed, paint_hill, paint_mountain, rolling
from .setting import Setting


def _snow_of(stage: Stage, depth: float) -> float:
    if stage.snowy:
        return float(0.62 - 0.25 * depth)
    if stage.time in ("dusk", "golden", "mist", "blue") or "layered" in stage.intent.qualities:
        return 0.0
    return (0.45, 0.0, 0.6, 0.15)[stage.variant] * (1 - depth) if stage.palette.night < 0.5 else 0.3 * (1 - depth)


def paint_ranges(frame: Frame, stage: Stage) -> Setting:
    """Layered ranges fading into haze, with firs in front."""
    horizon = stage.horizon(0.42)
    canvas = paint_sky(frame, stage, horizon + 0.22)
    if stage.intent.wants("aurora"):
        paint_aurora(canvas, frame, stage, horizon + 0.1)
    rng = stage.rng("ranges")
    layers = 5 + int(rng.integers(0, 3)) + ("layered" in stage.intent.qualities)
    tall = 1.35 if "tall" in stage.intent.qualities else 1.0
    heights = (0.26, 0.20, 0.31, 0.23)[stage.variant] * tall
    tops: list[Plane] = []
    spines: list[Plane] = []
    for number in range(layers):
        t = (number + 0.4) / layers
        base = horizon + 0.10 + 0.66 * t**1.15
        top = crest(stage, f"range{number}", frame.xs, base, heights * (1 - 0.45 * t) + 0.02, 0.85 / (1.3 + 1.7 * t))
        spines.append(top)
        if t > 0.66:
            size = 0.03 + 0.075 * (t - 0.6) * 2.2
            top = top - treeline(stage, f"firs{number}", frame.xs, size)
        tops.append(top)
    for number, top in enumerate(tops):
        t = (number + 0.4) / layers
        floor: Plane | float = tops[number + 1] if number + 1 < layers else float(frame.bottom)
        snow = _snow_of(stage, t) if t < 0.62 or (stage.snowy and t < 0.7) else 0.0
        wooded = spines[number] if t > 0.66 else None
        paint_mountain(canvas, frame, stage, f"range{number}", top, floor, t, snow=snow, spine=wooded)
    return Setting(canvas, horizon, "land", horizon + 0.46, 0.07)


def hill_colour(stage: Stage, name: str = "hill") -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    named = stage.colour_of(name)
    if named is not None:
        return named
    season = {"autumn": "#a8742c", "spring": "#7fae4a", "winter": "#e6ecf2", "summer": "#7c9a3c"}
    if stage.snowy:
        return hexadecimal("#e8eef4")
    chosen = season.get(stage.intent.season or "", ("#7c9a4a", "#8f9a4c", "#6a9654", "#a09a54")[stage.variant])
    return hexadecimal(chosen)


def paint_hills(frame: Frame, stage: Stage) -> Setting:
    """Green country: soft hills with hedges and trees, far mountains behind some."""
    horizon = stage.horizon(0.46)
    canvas = paint_sky(frame, stage, horizon + 0.06)
    if stage.variant in (0, 2) or stage.intent.wants("mountain"):
        far = crest(stage, "farrange", frame.xs, horizon + 0.08, 0.2, 0.6)
        paint_mountain(canvas, frame, stage, "farrange", far, horizon + 0.2, 0.16, snow=0.4)
    colour = hill_colour(stage)
    layers = 6
    tops = []
    for number in range(layers):
        t = (number + 0.5) / layers
        tops.append(
            rolling(
                stage, f"hill{number}", frame.xs, horizon + 0.05 + 0.62 * t**1.25, 0.17 * (1 - 0.2 * t), 0.45 + 0.4 * t
            )
        )
    for number, top in enumerate(tops):
        t = (number + 0.5) / layers
        floor: Plane | float = tops[number + 1] if number + 1 < layers else float(frame.bottom)
        trees = treeline(
            stage, f"hedge{number}", frame.xs, 0.012 + 0.026 * t, pointed=stage.snowy or stage.variant == 1
        )
        rows = stage.world.line(f"hedgerow{number}", frame.xs, 0.3, octaves=3)
        trees = trees * smooth(0.47, 0.52, rows)
        if number < layers - 1:
            leaf = lerp(
                stage.palette.near, hexadecimal("#3a5a2a" if not stage.snowy else "#5a6a70") * stage.palette.lit, 0.55
            )
            if stage.intent.season == "autumn":
                leaf = lerp(leaf, hexadecimal("#b4501c") * stage.palette.lit, 0.6)
            leaf = lerp(leaf, stage.palette.haze, (1 - t) ** 1.3 * 0.8)
            first, last = exposed(frame, top - trees, top + 0.002)
            if last > first:
                part = frame.rows(first, last)
                cover(canvas[:, first:last], leaf, below(part, top - trees))
        tone = np.asarray(colour * np.float32(0.86 + 0.28 * float(stage.rng(f"tone{number}").random())), np.float32)
        paint_hill(canvas, frame, stage, f"hill{number}", top, floor, t, tone)
    if stage.intent.wants("river"):
        _paint_river(canvas, frame, stage, horizon + 0.12)
    return Setting(canvas, horizon, "land", horizon + 0.36, 0.06)


def river_centre(stage: Stage, ys: Plane, start: float) -> Plane:
    """World x of the middle of the river at each y below its ``start``."""
    t = np.clip((ys - start) / (1.05 - start), 0, 2)
    bends = np.sin(6.5 * np.power(t, 0.55) + 4 * float(stage.rng("river").random())) * (0.05 + 0.22 * t)
    return np.asarray(stage.sun_x * 0.6 + 0.2 * stage.aspect + bends * (1.1 - 0.3 * t), np.float32)


def _paint_river(
    canvas: np.ndarray[tuple[int, ...], np.dtype[np.float32]], frame: Frame, stage: Stage, start: float
) -> None:
    """A river that winds toward the viewer and carries the sky."""
    first = frame.row(start)
    if first >= frame.height:
        return
    part = frame.rows(first, frame.height)
    t = np.clip((part.ys - start) / (1.05 - start), 0, 2)
    centre = river_centre(stage, part.ys, start)
    wander = (stage.world.line("bank", part.ys, 0.06, octaves=4) - 0.5) * (0.02 + 0.05 * t)
    half = (0.003 + 0.16 * t**1.7).astype(np.float32)
    inside = smooth(1.0, 0.93, np.abs(part.x - (centre + wander)[:, None]) / half[:, None])
    ripple = perspective_noise(stage.world, "riverripple", part, start - 0.05, 0.6, stretch=3.0)
    tone = ramp(np.clip(1 - t[:, None] * 0.75 + ripple * 0.6, 0, 1), stage.palette.sky)
    bank = smooth(1.25, 1.0, np.abs(part.x - (centre + wander)[:, None]) / half[:, None])
    cover(canvas[:, first:], lerp(stage.palette.near, stage.palette.shade, 0.3), bank * np.float32(0.45))
    cover(canvas[:, first:], tone * np.float32(0.9), inside)


def paint_snowfield(frame: Frame, stage: Stage) -> Setting:
    """Open snow: low drifts, blue shade, a far range."""
    horizon = stage.horizon(0.46)
    canvas = paint_sky(frame, stage, horizon + 0.05)
    if stage.intent.wants("aurora"):
        paint_aurora(canvas, frame, stage, horizon)
    for number, depth in enumerate((0.12, 0.3)):
        top = crest(stage, f"white{number}", frame.xs, horizon + 0.04 + 0.03 * number, 0.20 - 0.07 * number, 0.5)
        paint_mountain(canvas, frame, stage, f"white{number}", top, horizon + 0.14, depth, snow=0.9)
    trees = (
        horizon
        + 0.05
        - treeline(stage, "edge", frame.xs, 0.05)
        * smooth(0.42, 0.55, stage.world.line("edgerow", frame.xs, 0.5, octaves=2))
    )
    first, last = exposed(frame, trees, horizon + 0.12)
    part = frame.rows(first, last)
    cover(canvas[:, first:last], lerp(stage.palette.near, stage.palette.haze, 0.4), below(part, trees))
    snow = hexadecimal("#eef3f8")
    tops = [rolling(stage, f"drift{n}", frame.xs, horizon + 0.08 + 0.5 * (n / 4) ** 1.2, 0.07, 0.7) for n in range(5)]
    for number, top in enumerate(tops):
        floor: Plane | float = tops[number + 1] if number < 4 else float(frame.bottom)
        paint_hill(canvas, frame, stage, f"drift{number}", top, floor, 0.45 + 0.13 * number, snow, grain=0.012)
    return Setting(canvas, horizon, "land", horizon + 0.34, 0.09)


def paint_dunes(frame: Frame, stage: Stage) -> Setting:
    """Sand: sharp crests, a lit and a shaded face, wind ripples close by."""
    horizon = stage.horizon(0.40)
    canvas = paint_sky(frame, stage, horizon + 0.1, clouds=0.25 if "cloud" not in stage.intent.weathers else 0.7)
    palette = stage.palette
    sand = stage.colour_of("desert")
    if sand is None:
        sand = hexadecimal(("#eeb070", "#e89a66", "#f0c088", "#dc9a74")[stage.variant])
    lit = sand * lerp(palette.lit, np.ones(3, np.float32), 0.35) * np.float32(1.12 - 0.62 * palette.night)
    shade = sand * palette.shade * np.float32(1.25) + palette.near * np.float32(0.15)
    side = 1.0 if stage.sun_x > 0.5 * stage.aspect else -1.0
    xs = frame.xs
    layers = 6
    for number in range(layers):
        t = (number + 0.35) / layers
        name = f"dune{number}"
        cell = 0.55 + 0.55 * t
        wave = stage.world.line(name, xs, cell, octaves=2, gain=0.3)
        pointed = stage.world.line(name + "crest", xs, cell * 0.9, octaves=1, ridged=True)
        shape = 0.5 * wave + 0.62 * pointed**1.5
        amplitude = (0.11 + 0.13 * t) * (1.0 if number else 0.7)
        top = np.asarray(horizon + 0.07 + 0.60 * t**1.35 - amplitude * shape, np.float32)
        first, last = exposed(frame, top, min(float(frame.bottom), horizon + 0.5 + 0.75 * t))
        if last <= first:
            continue
        part = frame.rows(first, last)
        drop = np.maximum(part.y - top[None, :], 0)
        slope = np.gradient(top, float(np.diff(xs).mean()))
        # the brink runs down from each crest and parts the faces
        snake = stage.world.fbm(name + "brink", part, 0.42, stretch=1.2, octaves=3, gain=0.32) - np.float32(0.5)
        # going down, the parting line wanders off sideways
        wander = drop * np.float32(1.5 * side) + snake * np.float32(1.1) * np.clip(drop / np.float32(0.12), 0, 1)
        at = np.clip(
            np.arange(part.width, dtype=np.float32)[None, :] + wander / np.float32(frame.pixel), 0, part.width - 1
        )
        face = slope[at.astype(np.int32)] * np.float32(side * 1.9) + snake * np.float32(1.2) * np.clip(
            drop / np.float32(0.10), 0, 1
        )
        facing = smooth(-0.10, 0.16, -face)
        light = np.float32(0.10) + np.float32(0.80) * facing
        light = light + np.float32(0.22) * np.exp(-drop * 7) * facing
        bend = stage.world.fbm(name + "bend", part, 0.3, stretch=1.5, octaves=3, detail=True)
        fineness = 150 - 92 * t
        lines = np.sin(
            (drop * (1 + 0.8 * t) + 0.10 * bend + 0.06 * part.x * side) * np.float32(2 * np.pi * fineness / 3.1)
        )
        visible = min(1.0, (1 / fineness) / part.pixel / 3)
        light = light + lines * np.float32(0.05 * t * visible) * (0.4 + 0.6 * facing) * smooth(0.004, 0.05, drop)
        grain = stage.world.fbm(name + "sand", part, 0.008, octaves=3, gain=0.8, detail=True) - np.float32(0.5)
        light = np.clip(light + grain * np.float32(0.13), 0, 1.15)
        veil = (1 - t) ** 2 * 0.6
        dark, bright = lerp(shade, palette.haze, veil), lerp(lit, palette.haze, veil * 0.8)
        paint = np.stack([dark[i] + (bright[i] - dark[i]) * light for i in range(3)])
        cover(canvas[:, first:last], paint, below(part, top))
        rim = np.exp(-np.square(drop / np.float32(0.0028))) * below(part, top) * facing
        add_light(canvas[:, first:last], bright, rim * np.float32(0.22 * (0.4 + t)))
    return Setting(canvas, horizon, "land", horizon + 0.30, 0.055)


def paint_canyon(frame: Frame, stage: Stage) -> Setting:
    """Two kinds: mesas in receding strata, or the flowing walls of a slot canyon."""
    if "slot" in stage.intent.qualities or (stage.variant == 1 and "grand" not in stage.intent.qualities):
        return _paint_slot(frame, stage)
    horizon = stage.horizon(0.36)
    canvas = paint_sky(frame, stage, horizon + 0.08)
    palette = stage.palette
    rock = stage.colour_of("canyon")
    rock = hexadecimal("#c8623a") if rock is None else rock
    layers = 6
    side = 1.0 if stage.sun_x > 0.5 * stage.aspect else -1.0
    for number in range(layers):
        t = (number + 0.3) / layers
        name = f"mesa{number}"
        raw = stage.world.line(name, frame.xs, 0.75 - 0.25 * t, octaves=5, gain=0.5)
        steps = 3.0
        level = raw * steps * 1.9
        terrace = (np.floor(level) + smooth(0.78, 1.0, level - np.floor(level))) / (steps * 1.9)
        rough = stage.world.line(name + "rough", frame.xs, 0.05, octaves=5, gain=0.6) - 0.5
        valley = 0.10 * t * np.exp(-np.square((frame.xs - stage.sun_x) / np.float32(0.28 + 0.2 * t)))
        top = np.asarray(
            horizon + 0.13 + 0.62 * t**1.2 + valley * 2.4 - (0.34 + 0.10 * t) * (terrace - 0.12) + 0.02 * rough,
            np.float32,
        )
        first, last = exposed(frame, top, float(frame.bottom))
        part = frame.rows(first, last)
        if last <= first:
            continue
        drop = np.maximum(part.y - top[None, :], 0)
        warp = stage.world.fbm(name + "warp", part, 0.35, stretch=2.5, octaves=3) - np.float32(0.5)
        strata = stage.world.line(
            name + "strata", np.linspace(-1, 3, 4096, dtype=np.float32), 0.045, octaves=5, gain=0.65
        )
        at = np.clip((part.y + warp * np.float32(0.09) + 1) * np.float32(1023.75), 0, 4095).astype(np.int32)
        bands = strata[at]
        cracks = stage.world.fbm(name + "cracks", part, 0.17, stretch=0.26, octaves=5, gain=0.6)
        relief = np.gradient(cracks, axis=1) / np.float32(part.pixel)
        slope = np.gradient(top, part.pixel)[None, :]
        light = (
            0.52
            - relief * np.float32(0.022 * side)
            + (bands - 0.5) * 1.75
            - 0.10 * np.clip(slope * side, -1.5, 1.5) * np.exp(-drop * 12)
        )
        light = np.clip(light - drop * np.float32(0.5), 0, 1.1)
        veil = (1 - t) ** 1.5 * 0.78
        dark = lerp(rock * palette.shade * np.float32(0.9) + palette.near * np.float32(0.1), palette.haze, veil)
        bright = lerp(
            rock * lerp(palette.lit, np.ones(3, np.float32), 0.4) * np.float32(1.25 - 0.7 * palette.night),
            palette.haze,
            veil * 0.85,
        )
        paint = np.stack([dark[i] + (bright[i] - dark[i]) * light for i in range(3)])
        fog = np.clip(drop * np.float32(2.2 * (1 - t)), 0, 0.7)
        cover(paint, palette.haze, fog)
        cover(canvas[:, first:last], paint, below(part, top))
    if stage.intent.wants("river"):
        _paint_river(canvas, frame, stage, horizon + 0.3)
    return Setting(canvas, horizon, "land", horizon + 0.42, 0.05)


def _paint_slot(frame: Frame, stage: Stage) -> Setting:
    coarse = frame.coarse(1)
    first = stage.world.fbm("fold", coarse, 0.75, stretch=1.1, octaves=4, gain=0.40)
    second = stage.world.fbm("fold2", coarse, 0.55, stretch=1.3, octaves=4, gain=0.42)
    shape = (
        coarse.y * np.float32(1.1)
        + (first - np.float32(0.5)) * np.float32(2.6)
        + np.float32(0.22) * np.sin(coarse.x * 3 + second * 6)
    )
    fold = 0.5 + 0.5 * np.sin(shape * 8.5 + second * 6)
    fine = 0.5 + 0.5 * np.sin(shape * 118 + first * 9)
    medium = 0.5 + 0.5 * np.sin(shape * 46 + first * 12)
    light = np.power(fold, 1.3) * 0.78 + 0.11 * medium * fold + 0.06 * fine * (0.4 + fold)
    slope = np.gradient(shape, axis=1) / np.float32(coarse.pixel)
    far = distance_to(coarse, stage.sun_x, -0.05)
    light = light * np.clip(0.72 + slope * np.float32(0.09), 0.25, 1.4) * (0.62 + 0.75 * np.exp(-far * 1.3))
    sets = (
        "#1c0a18 #5c1c2c #b84a2c #ee9446 #ffdca4",
        "#12142e #3a2a6b #9a4a86 #f08a6a #ffe0b8",
        "#180c10 #4c1e1e #a0502c #dc9a5c #fbe6c0",
        "#200c14 #6b1f2c #c4532f #f29a4a #ffd9a0",
    )
    colours = [hexadecimal(c) for c in sets[stage.variant].split()]
    named = stage.colour_of("canyon")
    if named is not None or stage.intent.colours:
        tone = named if named is not None else hexadecimal(stage.intent.colours[0])
        colours = [lerp(c, tone * np.float32(0.3 + 0.4 * i), 0.5) for i, c in enumerate(colours)]
    return Setting(ramp(np.clip(light * 0.98, 0, 1), colours), 0.2, "land", 0.9, 0.2)


def paint_waterfall(frame: Frame, stage: Stage) -> Setting:
    """A fall between mossy cliffs into a pool under its own mist."""
    from ..water import paint_water

    rim = stage.horizon(0.24)
    pool = 0.78 + stage.horizon_shift * 0.4
    canvas = paint_sky(frame, stage, rim + 0.2)
    palette, world = stage.palette, stage.world
    far = crest(stage, "behind", frame.xs, rim + 0.12, 0.22, 0.5)
    paint_mountain(canvas, frame, stage, "behind", far, rim + 0.4, 0.2, snow=_snow_of(stage, 0.2))
    fall_x = stage.aspect * (0.5, 0.40, 0.58, 0.66)[stage.variant]
    width = (0.085, 0.14, 0.06, 0.11)[stage.variant]
    for number, depth in enumerate((0.68, 0.90)):
        name = f"wall{number}"
        opening = np.clip(np.abs(frame.xs - fall_x) - (0.0 if number == 0 else 0.20 + width), 0, 1)
        rise = 0.16 * np.power(opening, 0.6) + (0.05 if number == 0 else -0.42 * np.exp(-opening * 9) - 0.05)
        noise = world.line(name, frame.xs, 0.25, octaves=7, gain=0.52) - 0.5
        top = np.asarray(rim + 0.06 - rise * (0.8 + 0.4 * number) + noise * 0.12, np.float32)
        spine = top
        if number:
            top = top - treeline(stage, "wallfirs", frame.xs, 0.10) * np.float32(0.9)
        else:
            top = top - treeline(stage, "rimwood", frame.xs, 0.045, pointed=not stage.intent.wants("forest")) * (
                opening > width * 0.7
            )
        stone = lerp(palette.near, hexadecimal("#54584c") * palette.lit, 0.40 - 0.14 * number)
        paint_mountain(
            canvas,
            frame,
            stage,
            name,
            top,
            pool + 0.02,
            depth,
            rock=lerp(stone, hexadecimal("#3f5c2c") * palette.lit, 0.6 if not stage.snowy else 0.1),
            spine=spine,
        )
        if number == 0:
            part_y = frame.ys
            spread = width * (0.75 + 0.55 * np.clip((part_y - rim) / (pool - rim), 0, 1) ** 1.3)
            edge = world.line("falledge", part_y, 0.06, octaves=4) - 0.5
            threads = world.fbm("threads", frame, 0.40, stretch=0.05, octaves=6, gain=0.68, detail=True)
            across = np.abs(frame.x - np.float32(fall_x) - (edge * 0.03)[:, None]) / spread[:, None]
            brink = float(rim + 0.03)
            inside = smooth(1.05, 0.75, across + (threads - 0.5) * 0.9) * smooth(brink - 0.006, brink + 0.006, frame.y)
            inside = inside * smooth(pool + 0.012, pool - 0.005, frame.y)
            bright = np.clip(0.35 + (threads - 0.42) * 2.4 + 0.25 * (1 - across), 0.1, 1.1)
            foam = lerp(palette.lit, np.ones(3, np.float32), 0.55) * np.float32(1 - 0.5 * palette.night)
            dim = lerp(palette.shade, palette.haze, 0.45)
            cover(canvas, np.stack([dim[i] + (foam[i] - dim[i]) * bright for i in range(3)]), inside)
    paint_water(canvas, frame, stage, pool, rough=0.45, mirror=0.6, land="waterfall")
    puff = world.fbm("spray", frame, 0.16, stretch=1.6, octaves=4, detail=True)
    near = np.exp(
        -np.square((frame.x - np.float32(fall_x)) / np.float32(width * 2.6))
        - np.square((frame.y - np.float32(pool)) / np.float32(0.085))
    )
    cover(canvas, sky_tone(np.full(3, 1.35, np.float32), stage), np.clip(near * (puff * 1.9), 0, 0.9))
    return Setting(canvas, pool - 0.2, "land", 0.93, 0.12)

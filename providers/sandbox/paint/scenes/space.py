"""Nebulae, planets and rings."""

from __future__ import annotations

import numpy as np

from ..colour import Colour, add_light, cover, hexadecimal, lerp, ramp, resized, smooth
from ..frame import Canvas, Frame, Plane
from ..sky import paint_stars
from ..staging import Stage
from .setting import Setting

_CLOUDS = (
    "#04030f #1b1248 #7a2d7d #f0746a #ffe0b0",
    "#03060f #0c2448 #2a6a8c #7ad0c4 #f4f0d0",
    "#05060f #14243f #a65a48 #e8a66a #ffe6c4",
    "#06030c #2a0f3a #8a2a6a #e05a9a #ffd0e0",
)


def paint_space(frame: Frame, stage: Stage) -> Setting:
    """A band of glowing gas with dust lanes; a planet where one is asked for."""
    colours = [hexadecimal(c) for c in _CLOUDS[stage.variant].split()]
    if stage.intent.colours:
        given = [hexadecimal(c) for c in stage.intent.colours]
        colours = [
            colours[0],
            given[0] * np.float32(0.18),
            given[0] * np.float32(0.7),
            lerp(given[-1], np.ones(3, np.float32), 0.3),
            colours[4],
        ]
    canvas = _paint_nebula(frame, stage, colours)
    paint_stars(canvas, frame, stage, 9.0, 0.9, cell=0.012)
    _paint_bright_stars(canvas, frame, stage)
    named = {"planet", "ringed"} & set(stage.intent.objects)
    if named:
        ringed = "ringed" in named
        place = ((0.58, 0.55, 0.25), (0.36, 0.48, 0.20), (0.50, 0.60, 0.30), (0.66, 0.42, 0.22))[stage.variant]
        paint_planet(canvas, frame, stage, place[0] * stage.aspect, place[1], place[2], colours, ringed=ringed)
        if stage.variant % 2 == 0:
            paint_planet(
                canvas,
                frame,
                stage,
                (place[0] - 0.36) * stage.aspect,
                place[1] - 0.30,
                0.035,
                colours[::-1],
                ringed=False,
                name="satellite",
            )
    return Setting(canvas, 0.5, "none", 0.6, 0.15)


def _paint_nebula(frame: Frame, stage: Stage, colours: list[Colour]) -> Canvas:
    world = stage.world
    coarse = frame.coarse(2)
    wide = coarse.padded(0.30)
    half = wide.coarse(1)
    first = world.fbm("gas", half, 0.62, octaves=7, gain=0.55)
    second = world.fbm("dust", half, 0.50, octaves=7, gain=0.56)
    margin_x = (half.width - coarse.width) // 2
    margin_y = (half.height - coarse.height) // 2
    inner = (slice(margin_y, margin_y + coarse.height), slice(margin_x, margin_x + coarse.width))
    a, b = first[inner] - 0.5, second[inner] - 0.5
    per = np.float32(1 / half.pixel)
    rows = np.arange(coarse.height, dtype=np.float32)[:, None] + margin_y
    columns = np.arange(coarse.width, dtype=np.float32)[None, :] + margin_x

    def warped(field: Plane, dx: Plane, dy: Plane) -> Plane:
        r = np.clip(rows + dy * per, 0, half.height - 1).astype(np.int32)
        c = np.clip(columns + dx * per, 0, half.width - 1).astype(np.int32)
        return np.asarray(field.ravel()[r * np.int32(half.width) + c], np.float32)

    gas = warped(first, a * np.float32(0.75), b * np.float32(0.75))
    dust = warped(second, b * np.float32(0.7), a * np.float32(0.7))
    angle = (0.55, -0.5, 0.25, -0.9)[stage.variant]
    across = (
        (coarse.y - 0.5) * np.float32(np.cos(angle))
        + (coarse.x - stage.aspect / 2) * np.float32(np.sin(angle))
        + a * np.float32(0.7)
    )
    band = np.exp(-np.square(across / np.float32(0.27)))
    glow = np.clip((gas - 0.30) / 0.40, 0, 1) * (0.10 + 0.90 * band)
    lanes = smooth(0.50, 0.66, dust) * np.float32(0.75) * band
    density = np.clip(glow * (1 - lanes), 0, 1)
    tone = np.power(density, np.float32(1.12))
    canvas = ramp(tone, colours)
    cover(canvas, colours[3], smooth(0.12, 0.34, b) * density * np.float32(0.35))
    cover(canvas, hexadecimal("#2a6ad0"), smooth(0.08, 0.30, -b) * density * np.float32(0.28))
    core = np.exp(-np.square(across / np.float32(0.10))) * np.clip(gas - 0.42, 0, 1) * np.float32(1.4)
    add_light(canvas, colours[4], core)
    return np.stack([resized(plane, frame.width, frame.height) for plane in canvas])


def _paint_bright_stars(canvas: Canvas, frame: Frame, stage: Stage) -> None:
    """A few stars with a halo and a fine cross."""
    x, y, values = stage.world.grid("brightstars", frame, 0.20, 3)
    for px, py, r in zip(x, y, values, strict=True):
        if r[0] > 0.42:
            continue
        size = 0.012 + 0.055 * float(r[1]) ** 3
        c0, c1 = (int(np.clip(frame.column(float(px) + s * size * 2.2), 0, frame.width)) for s in (-1, 1))
        r0, r1 = frame.row(float(py) - size * 2.2), frame.row(float(py) + size * 2.2)
        if c1 <= c0 or r1 <= r0:
            continue
        dx = (frame.xs[None, c0:c1] - px) / np.float32(size)
        dy = (frame.ys[r0:r1, None] - py) / np.float32(size)
        fine = np.float32(max(0.03, frame.pixel * 0.7 / size))
        cross = np.exp(-np.abs(dx) * 2.6 - np.square(dy / fine)) + np.exp(-np.abs(dy) * 2.6 - np.square(dx / fine))
        far = np.hypot(dx, dy)
        light = (
            np.exp(-np.square(far / np.float32(max(0.07, frame.pixel / size)))) * 1.6
            + np.exp(-far * 5) * 0.35
            + cross * 0.4 * smooth(2.2, 0.8, far)
        )
        tone = lerp(hexadecimal("#cfe0ff"), hexadecimal("#ffe0c0"), float(r[2]))
        add_light(canvas[:, r0:r1, c0:c1], tone, light.astype(np.float32) * np.float32(0.4 + 0.8 * float(r[1])))


def paint_planet(
    canvas: Canvas,
    frame: Frame,
    stage: Stage,
    x: float,
    y: float,
    radius: float,
    colours: list[Colour],
    *,
    ringed: bool,
    name: str = "planet",
) -> None:
    """A lit globe with cloud bands, an atmosphere and, on request, rings that pass behind and before it."""
    reach = radius * (2.5 if ringed else 1.5)
    c0, c1 = (int(np.clip(frame.column(x + s * reach), 0, frame.width)) for s in (-1, 1))
    r0, r1 = frame.row(y - reach), frame.row(y + reach)
    if c1 <= c0 + 1 or r1 <= r0 + 1:
        return
    part = Frame(
        c1 - c0,
        r1 - r0,
        float(frame.xs[c0]) - frame.pixel / 2,
        frame.top + r0 * frame.pixel,
        float(frame.xs[c1 - 1]) + frame.pixel / 2,
        frame.top + r1 * frame.pixel,
        frame.aspect,
    )
    view = canvas[:, r0:r1, c0:c1]
    dx, dy = (part.x - np.float32(x)) / np.float32(radius), (part.y - np.float32(y)) / np.float32(radius)
    square = dx * dx + dy * dy
    far = np.sqrt(square)
    disc = smooth(1 + 1.2 * part.pixel / radius, 1 - 1.2 * part.pixel / radius, far)
    facing = np.sqrt(np.clip(1 - square, 0, 1))
    side = -1.0 if stage.variant % 2 == 0 else 1.0
    light = np.clip(dx * np.float32(0.66 * side) - dy * np.float32(0.42) + facing * np.float32(0.62), 0, 1)
    turn = (0.36, -0.30, 0.22, -0.42)[stage.variant]
    along, across = (
        dx * np.float32(np.cos(turn)) + dy * np.float32(np.sin(turn)),
        dy * np.float32(np.cos(turn)) - dx * np.float32(np.sin(turn)),
    )
    swirl = stage.world.fbm(name + "swirl", part, radius * 0.55, stretch=2.6, octaves=6, gain=0.58) - np.float32(0.5)
    latitude = across / np.maximum(1.0, 1.0 + 0 * facing) + 0.10 * along * along
    table = stage.world.line(name + "bands", np.linspace(0, 4, 2048, dtype=np.float32), 0.30, octaves=5, gain=0.62)
    bands = table[np.clip((latitude + swirl * np.float32(0.34) + 2) * 511, 0, 2047).astype(np.int32)]
    own = stage.colour_of("planet")
    tones = [colours[2], lerp(colours[2], colours[3], 0.6), colours[3], colours[4]]
    if own is not None:
        tones = [
            own * np.float32(0.4),
            own,
            lerp(own, np.ones(3, np.float32), 0.3),
            lerp(own, np.ones(3, np.float32), 0.7),
        ]
    face = ramp(np.clip((bands - 0.25) / 0.5, 0, 1), tones)
    shading = 0.012 + 1.05 * np.power(light, np.float32(0.85))
    edge = np.clip(1 - facing, 0, 1) ** 2.5 * light
    face *= shading[None]
    add_light(face, lerp(colours[3], np.array([0.5, 0.7, 1.0], np.float32), 0.4), edge * np.float32(0.65))
    if ringed:
        tilt = 0.26
        flat = np.hypot(along, across / tilt)
        table = stage.world.line(name + "rings", np.linspace(0, 3, 4096, dtype=np.float32), 0.09, octaves=5, gain=0.7)
        grooves = table[np.clip(flat * 1365, 0, 4095).astype(np.int32)]
        ring = smooth(1.32, 1.36, flat) * smooth(2.25, 2.18, flat) * (0.15 + 0.95 * smooth(0.25, 0.7, grooves))
        ring = ring * (1 - 0.92 * np.exp(-np.square((flat - 1.93) / np.float32(0.035))))
        # the globe's shadow falls across the far side of the ring, the ring's across the globe
        shadow = smooth(
            1.12, 0.95, np.abs(along * np.float32(0.5) * np.float32(side) - across / tilt * np.float32(0.45))
        ) * (along * np.float32(side) < 0)
        front = (across > 0) | (far > 1)
        on_globe = np.hypot(along, (across + 0.10) / tilt)
        dark = smooth(1.3, 1.36, on_globe) * smooth(2.25, 2.2, on_globe) * (across < 0.25) * (across > -0.35)
        face *= (1 - np.float32(0.45) * dark * smooth(-0.2, 0.2, across + 0.16))[None]
    haze = (
        np.exp(-np.clip(far - 1, 0, 9) * 11)
        * (1 - disc)
        * np.clip(0.35 + (dx * np.float32(side) * 0.7 - dy * 0.45), 0, 1.2)
    )
    add_light(view, colours[3], haze * np.float32(0.35))
    cover(view, face, disc)
    if ringed:
        tone = lerp(colours[4], colours[3], 0.25)
        lit = (1 - np.float32(0.75) * shadow * (far > 1)) * np.float32(0.85)
        cover(view, np.stack([tone[i] * lit for i in range(3)]), (ring * front * np.float32(0.85)).astype(np.float32))

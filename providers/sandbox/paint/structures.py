"""Buildings and other made things."""

from __future__ import annotations

import numpy as np

from .colour import Colour, hexadecimal, lerp
from .figures import Figure

_WHITE = hexadecimal("#f4efe6")
_LAMP = hexadecimal("#ffce78")


def lighthouse(colour: Colour | None, *, lit: bool) -> Figure:
    band = hexadecimal("#b8322a") if colour is None else colour
    figure = Figure(roundness=0.05)
    body = hexadecimal("#eee9de")

    def edge(y: float) -> float:
        return 0.118 - 0.048 * float(min(max(y / 0.76, 0.0), 1.0) ** 0.8)

    figure.box(-0.30, -0.03, -0.08, 0.13, "#dcd4c4")
    figure.add([(-0.33, 0.13), (-0.05, 0.13), (-0.11, 0.215), (-0.27, 0.215)], "#8a3c30")
    figure.box(-0.23, 0.03, -0.19, 0.09, _LAMP if lit else "#3a444c", glow=lit)
    levels = [-0.04, 0.16, 0.31, 0.46, 0.61, 0.75]
    for k in range(5):
        a, b = levels[k], levels[k + 1]
        figure.add([(-edge(a), a), (edge(a), a), (edge(b), b), (-edge(b), b)], body if k % 2 == 0 else band)
    for y in (0.10, 0.38, 0.64):
        figure.box(-0.012, y, 0.014, y + 0.04, "#39424a")
    figure.add([(-0.105, 0.75), (0.105, 0.75), (0.112, 0.772), (-0.112, 0.772)], "#3a3a40")
    for x in np.linspace(-0.105, 0.105, 9):
        figure.box(float(x) - 0.002, 0.772, float(x) + 0.002, 0.812, "#3a3a40")
    figure.box(-0.11, 0.808, 0.11, 0.815, "#3a3a40")
    figure.box(-0.058, 0.772, 0.058, 0.885, _LAMP if lit else "#aebcc2", glow=lit)
    for x in (-0.058, -0.02, 0.02, 0.058):
        figure.box(x - 0.004, 0.772, x + 0.004, 0.885, "#3a3a40")
    figure.curve(
        [(-0.078, 0.882), (0.0, 0.878), (0.078, 0.882), (0.05, 0.935), (0.0, 0.965), (-0.05, 0.935)],
        band * np.float32(0.8),
    )
    figure.tube([(0.0, 0.95), (0.0, 1.02)], [0.006, 0.003], "#3a3a40")
    return figure


def house(colour: Colour | None, rng: np.random.Generator, *, lit: bool, snow: bool) -> Figure:
    """A cabin seen at a corner: gable, long side, roof, chimney, windows."""
    wall = (
        hexadecimal(("#8a5a3a", "#d8cfc0", "#7a3c30", "#b8a078")[int(rng.integers(0, 4))]) if colour is None else colour
    )
    roof = hexadecimal(("#5a3428", "#44484e", "#7a4030", "#4a3a30")[int(rng.integers(0, 4))])
    if snow:
        roof = hexadecimal("#eef3f8")
    figure = Figure(roundness=0.02)
    glass = _LAMP if lit else hexadecimal("#4a5a66")
    figure.box(0.30, 0.72, 0.42, 1.06, "#6a5a50")
    figure.add([(-0.12, -0.03), (0.86, -0.03), (0.86, 0.50), (-0.12, 0.50)], wall * np.float32(0.78))
    figure.add([(-0.74, -0.03), (-0.10, -0.03), (-0.10, 0.50), (-0.42, 0.90), (-0.74, 0.50)], wall)
    for k in range(1, 8):
        y = 0.065 * k
        figure.box(-0.74, y, -0.10, y + 0.006, wall * np.float32(0.72))
        figure.box(-0.10, y, 0.86, y + 0.006, wall * np.float32(0.58))
    figure.add([(-0.42, 0.95), (-0.44, 0.88), (-0.06, 0.42), (0.94, 0.42), (0.60, 0.95)], roof)
    figure.add([(-0.42, 0.955), (-0.42, 0.875), (-0.80, 0.44), (-0.84, 0.50)], roof * np.float32(0.85))
    for x0, y0, x1, y1 in (
        (-0.62, 0.22, -0.46, 0.42),
        (-0.37, 0.22, -0.22, 0.42),
        (0.05, 0.18, 0.22, 0.37),
        (0.56, 0.18, 0.74, 0.37),
        (-0.48, 0.57, -0.36, 0.70),
    ):
        figure.box(x0 - 0.018, y0 - 0.018, x1 + 0.018, y1 + 0.018, lerp(wall, _WHITE, 0.6))
        figure.box(x0, y0, x1, y1, glass, glow=lit)
        figure.box((x0 + x1) / 2 - 0.007, y0, (x0 + x1) / 2 + 0.007, y1, lerp(wall, _WHITE, 0.6))
        figure.box(x0, (y0 + y1) / 2 - 0.007, x1, (y0 + y1) / 2 + 0.007, lerp(wall, _WHITE, 0.6))
    figure.box(0.31, -0.03, 0.46, 0.35, "#4a3022")
    return figure


def castle(colour: Colour | None, *, lit: bool) -> Figure:
    stone = hexadecimal("#8c8478") if colour is None else colour
    roof = hexadecimal("#4a5468")
    figure = Figure(roundness=0.03)
    glass = _LAMP if lit else hexadecimal("#2a2c34")
    for x, wide, top, shade in (
        (-0.30, 0.085, 0.60, 0.8),
        (0.05, 0.11, 0.78, 0.85),
        (0.34, 0.075, 0.56, 0.8),
        (-0.12, 0.07, 0.52, 1.0),
        (0.21, 0.07, 0.46, 1.0),
    ):
        tone = stone * np.float32(shade)
        figure.add([(x - wide, -0.05), (x + wide, -0.05), (x + wide, top), (x - wide, top)], tone)
        figure.add(
            [
                (x - wide * 1.18, top - 0.035),
                (x + wide * 1.18, top - 0.035),
                (x + wide * 1.18, top + 0.01),
                (x - wide * 1.18, top + 0.01),
            ],
            tone * np.float32(0.85),
        )
        figure.add([(x - wide * 1.25, top), (x + wide * 1.25, top), (x, top + wide * 2.4)], roof * np.float32(shade))
        figure.box(x - 0.012, top - 0.14, x + 0.012, top - 0.085, glass, glow=lit)
        figure.box(x - 0.012, top - 0.28, x + 0.012, top - 0.225, glass, glow=lit)
    figure.box(-0.46, -0.08, 0.46, 0.25, stone)
    for k in range(12):
        figure.box(-0.46 + k * 0.08, 0.25, -0.42 + k * 0.08, 0.29, stone)
    figure.curve([(-0.06, -0.08), (-0.06, 0.09), (0.0, 0.16), (0.06, 0.09), (0.06, -0.08)], "#241c18")
    return figure


def pagoda(colour: Colour | None, *, lit: bool) -> Figure:
    red = hexadecimal("#9a3226") if colour is None else colour
    roof = hexadecimal("#2c3238")
    figure = Figure(roundness=0.03)
    for k in range(5):
        y, half = 0.02 + 0.175 * k, 0.20 - 0.023 * k
        figure.box(-half * 0.72, y - 0.03, half * 0.72, y + 0.13, red)
        for x in (-0.42, 0.0, 0.42):
            figure.box(half * x - 0.02, y + 0.01, half * x + 0.02, y + 0.085, _LAMP if lit else "#4a2a20", glow=lit)
        figure.curve(
            [
                (-half * 1.75, y + 0.135),
                (-half * 1.2, y + 0.118),
                (0, y + 0.112),
                (half * 1.2, y + 0.118),
                (half * 1.75, y + 0.135),
                (half * 1.1, y + 0.155),
                (half * 0.62, y + 0.195),
                (-half * 0.62, y + 0.195),
                (-half * 1.1, y + 0.155),
            ],
            roof,
        )
    figure.tube([(0.0, 0.89), (0.0, 1.06)], [0.010, 0.004], "#c8a050")
    return figure


def hot_air_balloon(colour: Colour | None, rng: np.random.Generator) -> Figure:
    pairs = (("#d8402c", "#f4c84a"), ("#2f6fb0", "#f2efe4"), ("#e07a2c", "#fff0d0"), ("#7a3c8c", "#f2a0b4"))
    first, second = (hexadecimal(c) for c in pairs[int(rng.integers(0, 4))])
    if colour is not None:
        first, second = colour, lerp(colour, _WHITE, 0.7)
    figure = Figure(roundness=0.16)
    t = np.linspace(0, 1, 30)
    radius = 0.37 * np.clip(np.sin(np.pi * np.clip(t, 0, 1) ** 1.55), 0, 1) ** 0.62 + 0.06 * (1 - t) ** 2
    ys = 0.24 + 0.78 * t
    count = 9
    for k in range(count):
        a, b = np.sin(np.pi * (k / count - 0.5)), np.sin(np.pi * ((k + 1) / count - 0.5))
        outline = np.concatenate([np.stack([radius * a, ys], 1), np.stack([radius * b, ys], 1)[::-1]])
        figure.add(outline, first if k % 2 == 0 else second)
    for x in (-0.05, 0.05):
        figure.tube([(x, 0.24), (x * 0.9, 0.10)], [0.003, 0.003], "#2a2018")
    figure.curve([(-0.058, 0.115), (0.058, 0.115), (0.046, 0.01), (-0.046, 0.01)], "#8a5a30")
    return figure


def stone_bridge(colour: Colour | None) -> Figure:
    stone = hexadecimal("#a0917c") if colour is None else colour
    figure = Figure(roundness=0.03)
    arches = 3
    outline: list[tuple[float, float]] = [
        (-1.7, 0.62),
        (-0.8, 0.78),
        (0.0, 0.84),
        (0.8, 0.78),
        (1.7, 0.62),
        (1.7, -0.04),
    ]
    for k in range(arches)[::-1]:
        centre = (k - (arches - 1) / 2) * 1.08
        half, high = 0.43, 0.56 - 0.10 * abs(k - 1)
        angles = np.linspace(0, np.pi, 18)
        outline += [(centre + half * float(np.cos(a)), -0.04 + (high + 0.04) * float(np.sin(a))) for a in angles]
    outline.append((-1.7, -0.04))
    figure.add(outline, stone)
    for k in range(arches):
        centre = (k - (arches - 1) / 2) * 1.08
        angles = np.linspace(0.05, np.pi - 0.05, 13)
        high = 0.56 - 0.10 * abs(k - 1)
        figure.tube(
            [(centre + 0.46 * float(np.cos(a)), -0.04 + (high + 0.07) * float(np.sin(a))) for a in angles],
            [0.03] * 13,
            stone * np.float32(0.72),
        )
    figure.tube(
        [(-1.7, 0.63), (-0.8, 0.79), (0.0, 0.85), (0.8, 0.79), (1.7, 0.63)], [0.035] * 5, lerp(stone, _WHITE, 0.25)
    )
    return figure


def windmill(colour: Colour | None, rng: np.random.Generator) -> Figure:
    body = hexadecimal("#e4dccb") if colour is None else colour
    figure = Figure(roundness=0.05)
    figure.add([(-0.17, -0.03), (0.17, -0.03), (0.105, 0.60), (-0.105, 0.60)], body)
    figure.curve([(-0.12, 0.59), (0.12, 0.59), (0.08, 0.70), (0.0, 0.745), (-0.08, 0.70)], "#7a4030")
    figure.box(-0.04, -0.03, 0.04, 0.13, "#5a3a28")
    for y in (0.24, 0.42):
        figure.box(-0.025, y, 0.025, y + 0.06, "#4a5560")
    start = float(rng.uniform(0.1, 0.7))
    for k in range(4):
        a = start + k * np.pi / 2
        c, s = float(np.cos(a)), float(np.sin(a))
        figure.tube([(0, 0.62), (0.46 * c, 0.62 + 0.46 * s)], [0.010, 0.006], "#3a2a20")
        corners = [(0.10, 0.0), (0.45, 0.0), (0.45, 0.085), (0.10, 0.075)]
        figure.add([(u * c - v * s, 0.62 + u * s + v * c) for u, v in corners], "#efe6d4")
    return figure


def small_things(name: str, colour: Colour | None, *, lit: bool) -> Figure:
    """A tent, a car, a train, a robot, a whale's tail, a rock."""
    figure = Figure(roundness=0.07)
    if name == "tent":
        tone = hexadecimal("#e0902c") if colour is None else colour
        figure.add([(-0.75, 0.0), (0.55, 0.0), (0.05, 0.95), (-0.1, 0.95)], tone)
        figure.add([(-0.75, 0.0), (0.05, 0.0), (-0.1, 0.95)], lerp(tone, _LAMP, 0.5 if lit else 0.0), glow=lit)
        figure.add([(-0.42, 0.0), (-0.20, 0.0), (-0.12, 0.80)], "#4a2a14")
        figure.add([(0.55, 0.0), (0.80, 0.10), (0.05, 0.95)], tone * np.float32(0.6))
    elif name == "car":
        tone = hexadecimal("#c8322a") if colour is None else colour
        figure.curve(
            [
                (-1.0, 0.16),
                (-1.0, 0.40),
                (-0.62, 0.47),
                (-0.36, 0.76),
                (0.28, 0.78),
                (0.58, 0.48),
                (0.98, 0.40),
                (1.02, 0.18),
                (0.9, 0.10),
                (-0.9, 0.10),
            ],
            tone,
        )
        figure.curve([(-0.50, 0.48), (-0.30, 0.70), (-0.03, 0.71), (-0.03, 0.48)], "#2c3a48")
        figure.curve([(0.03, 0.48), (0.03, 0.71), (0.25, 0.71), (0.46, 0.48)], "#2c3a48")
        for x in (-0.58, 0.58):
            figure.disc(x, 0.13, 0.185, None, "#14130f")
            figure.disc(x, 0.13, 0.085, None, "#a8a8a8")
        figure.disc(0.96, 0.32, 0.045, 0.05, _LAMP, glow=lit)
        figure.disc(-0.985, 0.32, 0.03, 0.05, "#ff4030", glow=lit)
    elif name == "train":
        tone = hexadecimal("#2c4a3a") if colour is None else colour
        for k in range(3):
            x = -2.3 + 1.25 * k
            figure.box(x, 0.14, x + 1.17, 0.62, tone)
            figure.box(x - 0.02, 0.62, x + 1.19, 0.67, tone * np.float32(0.5))
            for w in range(4):
                figure.box(x + 0.10 + 0.27 * w, 0.34, x + 0.28 + 0.27 * w, 0.54, _LAMP if lit else "#aab8bc", glow=lit)
            for wheel in (0.2, 0.45, 0.75, 1.0):
                figure.disc(x + wheel, 0.09, 0.085, None, "#17150f")
        figure.curve(
            [(1.45, 0.14), (1.45, 0.85), (1.85, 0.85), (1.85, 0.60), (2.55, 0.58), (2.68, 0.36), (2.66, 0.14)],
            tone * np.float32(0.7),
        )
        figure.box(2.35, 0.55, 2.48, 0.92, "#17150f")
        for wheel in (1.65, 2.05, 2.4):
            figure.disc(wheel, 0.12, 0.12, None, "#17150f")
    elif name == "robot":
        tone = hexadecimal("#8a98a4") if colour is None else colour
        for side in (-1, 1):
            figure.tube(
                [(side * 0.09, 0.40), (side * 0.11, 0.22), (side * 0.11, 0.05)],
                [0.05, 0.04, 0.05],
                tone * np.float32(0.6),
            )
            figure.tube(
                [(side * 0.19, 0.70), (side * 0.27, 0.54), (side * 0.25, 0.38)],
                [0.045, 0.035, 0.04],
                tone * np.float32(0.75),
            )
        figure.curve([(-0.17, 0.40), (-0.20, 0.72), (0.0, 0.76), (0.20, 0.72), (0.17, 0.40), (0, 0.37)], tone)
        figure.disc(0.0, 0.58, 0.055, None, "#5ae0ff", glow=True)
        figure.curve(
            [(-0.11, 0.79), (-0.12, 0.95), (0.0, 1.0), (0.12, 0.95), (0.11, 0.79), (0, 0.77)], lerp(tone, _WHITE, 0.3)
        )
        for side in (-1, 1):
            figure.disc(side * 0.045, 0.885, 0.024, None, "#5ae0ff", glow=True)
        figure.tube([(0, 0.98), (0, 1.06)], [0.006, 0.006], tone)
    elif name == "whale":
        tone = hexadecimal("#2c3c4c") if colour is None else colour
        figure.curve(
            [
                (-0.34, -0.02),
                (-0.19, 0.16),
                (-0.105, 0.38),
                (-0.07, 0.62),
                (0.07, 0.62),
                (0.105, 0.38),
                (0.19, 0.16),
                (0.34, -0.02),
                (0.0, -0.03),
            ],
            tone,
        )
        for side in (-1, 1):
            figure.curve(
                [
                    (0.0, 0.60),
                    (side * 0.24, 0.74),
                    (side * 0.60, 0.92),
                    (side * 0.72, 1.0),
                    (side * 0.50, 0.72),
                    (side * 0.22, 0.58),
                    (0.0, 0.54),
                ],
                tone * np.float32(0.9 if side > 0 else 1.0),
            )
    else:
        tone = hexadecimal("#6c665e") if colour is None else colour
        figure.curve(
            [
                (-0.62, -0.04),
                (-0.60, 0.24),
                (-0.36, 0.50),
                (-0.05, 0.72),
                (0.20, 0.60),
                (0.50, 0.34),
                (0.66, 0.05),
                (0.60, -0.05),
            ],
            tone,
        )
        figure.curve([(-0.05, 0.72), (0.20, 0.60), (0.24, 0.22), (0.02, 0.30)], lerp(tone, _WHITE, 0.2))
    return figure

"""Cats, birds and people."""

from __future__ import annotations

import numpy as np

from .colour import Colour, hexadecimal, lerp
from .figures import Figure

_WHITE = hexadecimal("#f4efe6")
_BLACK = hexadecimal("#16130f")


def sitting_cat(colour: Colour | None, rng: np.random.Generator) -> Figure:
    """A cat that looks out, three quarters from behind."""
    coats = ("#3a3230", "#b87a3c", "#8c8680", "#2a2624")
    coat = hexadecimal(coats[int(rng.integers(0, 4))]) if colour is None else colour
    stripe, light = coat * np.float32(0.45), lerp(coat, _WHITE, 0.35)
    figure = Figure(roundness=0.085)
    figure.tube(
        [(0.20, 0.055), (0.40, 0.045), (0.50, 0.06), (0.60, 0.16), (0.56, 0.27)],
        [0.06, 0.055, 0.052, 0.046, 0.030],
        coat * np.float32(0.85),
    )
    figure.tube([(0.575, 0.14), (0.60, 0.18)], [0.048, 0.046], stripe)
    figure.curve(
        [
            (-0.30, 0.015),
            (-0.335, 0.16),
            (-0.29, 0.34),
            (-0.215, 0.52),
            (-0.155, 0.66),
            (-0.10, 0.74),
            (0.06, 0.75),
            (0.14, 0.64),
            (0.205, 0.50),
            (0.27, 0.34),
            (0.315, 0.17),
            (0.28, 0.02),
            (0.0, 0.0),
        ],
        coat,
    )
    figure.tube([(-0.22, 0.13), (-0.12, 0.27), (-0.20, 0.36)], [0.075, 0.055, 0.02], coat * np.float32(0.80))
    figure.tube([(0.21, 0.13), (0.10, 0.27), (0.18, 0.36)], [0.075, 0.055, 0.02], coat * np.float32(0.86))
    for level, reach in ((0.62, 0.10), (0.55, 0.13), (0.48, 0.15), (0.40, 0.18), (0.32, 0.19), (0.23, 0.2)):
        figure.tube(
            [(-reach, level - 0.045), (-0.02, level + 0.012), (reach * 0.95, level - 0.05)],
            [0.005, 0.017, 0.005],
            lerp(coat, stripe, 0.7),
        )
    figure.disc(-0.245, 0.035, 0.085, 0.042, light)
    figure.disc(0.205, 0.035, 0.085, 0.042, light)
    hx, hy = 0.025, 0.845
    for side in (-1, 1):
        figure.curve(
            [
                (hx + side * 0.165, hy + 0.02),
                (hx + side * 0.162, hy + 0.12),
                (hx + side * 0.145, hy + 0.215),
                (hx + side * 0.085, hy + 0.165),
                (hx + side * 0.03, hy + 0.10),
                (hx + side * 0.06, hy + 0.0),
            ],
            coat,
        )
        figure.add(
            [(hx + side * 0.135, hy + 0.09), (hx + side * 0.138, hy + 0.175), (hx + side * 0.075, hy + 0.11)], stripe
        )
    figure.curve(
        [
            (hx - 0.175, hy - 0.02),
            (hx - 0.13, hy + 0.09),
            (hx, hy + 0.12),
            (hx + 0.13, hy + 0.09),
            (hx + 0.18, hy - 0.02),
            (hx + 0.13, hy - 0.11),
            (hx, hy - 0.14),
            (hx - 0.13, hy - 0.11),
        ],
        coat,
    )
    for shift in (-0.05, 0.0, 0.05):
        figure.tube([(hx + shift, hy + 0.095), (hx + shift * 0.7, hy + 0.02)], [0.013, 0.005], lerp(coat, stripe, 0.7))
    for side in (-1, 1):
        figure.tube([(hx + side * 0.13, hy - 0.055), (hx + side * 0.25, hy - 0.045)], [0.003, 0.0012], light)
        figure.tube([(hx + side * 0.13, hy - 0.075), (hx + side * 0.24, hy - 0.095)], [0.003, 0.0012], light)
    return figure


def standing_person(
    colour: Colour | None, rng: np.random.Generator, *, umbrella: Colour | None = None, suit: bool = False
) -> Figure:
    """A figure seen from behind in a long coat; with an umbrella or a space suit on request."""
    coats = ("#a83a2a", "#2c4a6a", "#c8963c", "#3c5a48")
    coat = hexadecimal(coats[int(rng.integers(0, 4))]) if colour is None else colour
    if suit:
        coat = hexadecimal("#e4e6e8")
    dark = hexadecimal("#22222a") if not suit else coat * np.float32(0.75)
    figure = Figure(roundness=0.04)
    for side in (-1, 1):
        figure.tube(
            [(side * 0.045, 0.45), (side * 0.055, 0.24), (side * 0.06 + 0.01, 0.03)],
            [0.062, 0.048, 0.034 if not suit else 0.05],
            dark,
        )
        figure.disc(side * 0.065 + 0.012, 0.018, 0.045, 0.02, _BLACK if not suit else dark)
    figure.curve(
        [
            (-0.13, 0.33),
            (-0.12, 0.55),
            (-0.125, 0.72),
            (-0.085, 0.815),
            (0.0, 0.835),
            (0.085, 0.815),
            (0.125, 0.72),
            (0.12, 0.55),
            (0.14, 0.33),
            (0.0, 0.31),
        ],
        coat,
    )
    figure.tube([(-0.105, 0.775), (-0.155, 0.60), (-0.135, 0.43)], [0.042, 0.038, 0.030], coat * np.float32(0.85))
    if umbrella is None:
        figure.tube([(0.105, 0.775), (0.155, 0.60), (0.14, 0.43)], [0.042, 0.038, 0.030], coat * np.float32(0.85))
    figure.add([(-0.006, 0.36), (0.006, 0.36), (0.006, 0.8), (-0.006, 0.8)], coat * np.float32(0.7))
    if suit:
        figure.box(-0.10, 0.52, 0.10, 0.79, coat * np.float32(0.82))
        figure.disc(0.0, 0.905, 0.095, 0.095, coat)
        figure.disc(0.03, 0.905, 0.062, 0.06, "#2a3448")
    else:
        figure.tube([(0.0, 0.82), (0.0, 0.87)], [0.034, 0.03], "#c89a78")
        figure.disc(0.0, 0.915, 0.058, 0.07, ("#2a1c14", "#4a3020", "#1a1614", "#6a4a2a")[int(rng.integers(0, 4))])
        figure.tube([(-0.055, 0.825), (0.0, 0.81), (0.055, 0.825)], [0.026, 0.03, 0.026], lerp(coat, _WHITE, 0.3))
    if umbrella is not None:
        figure.tube([(0.10, 0.775), (0.17, 0.70), (0.10, 0.72)], [0.04, 0.036, 0.03], coat * np.float32(0.9))
        figure.tube([(0.095, 0.66), (0.085, 1.24)], [0.008, 0.008], _BLACK)
        figure.curve(
            [
                (-0.36, 1.02),
                (-0.27, 1.16),
                (-0.10, 1.25),
                (0.085, 1.28),
                (0.27, 1.25),
                (0.44, 1.16),
                (0.53, 1.02),
                (0.38, 1.045),
                (0.23, 1.02),
                (0.085, 1.05),
                (-0.06, 1.02),
                (-0.21, 1.045),
            ],
            umbrella,
        )
        for x in (-0.06, 0.23):
            figure.tube(
                [(0.085, 1.275), ((x + 0.085) / 2 + (x - 0.085) * 0.12, 1.17), (x, 1.025)],
                [0.003, 0.004, 0.004],
                umbrella * np.float32(0.6),
            )
    return figure


def bust(colour: Colour | None, rng: np.random.Generator) -> Figure:
    """Head and shoulders, turned a little to the side."""
    skin = hexadecimal(("#d8a480", "#b07850", "#e8bc9c", "#7a4c34")[int(rng.integers(0, 4))])
    hair = hexadecimal(("#2a1a14", "#5a3420", "#14110f", "#8a5a30")[int(rng.integers(0, 4))])
    cloth = (
        hexadecimal(("#2c3e5a", "#7a2e2a", "#3c4a3c", "#c8b49a")[int(rng.integers(0, 4))]) if colour is None else colour
    )
    figure = Figure(roundness=0.07)
    figure.curve(
        [
            (-0.20, 0.42),
            (-0.245, 0.66),
            (-0.205, 0.86),
            (-0.08, 0.965),
            (0.07, 0.96),
            (0.185, 0.85),
            (0.205, 0.66),
            (0.17, 0.42),
            (0.0, 0.36),
        ],
        hair,
    )
    figure.curve(
        [
            (-0.62, -0.05),
            (-0.56, 0.20),
            (-0.36, 0.315),
            (-0.12, 0.37),
            (0.12, 0.37),
            (0.36, 0.315),
            (0.56, 0.20),
            (0.62, -0.05),
        ],
        cloth,
    )
    figure.curve(
        [(-0.10, 0.30), (-0.085, 0.44), (-0.09, 0.54), (0.10, 0.54), (0.095, 0.43), (0.115, 0.31), (0.01, 0.235)],
        skin * np.float32(0.78),
    )
    figure.curve(
        [
            (-0.135, 0.70),
            (-0.13, 0.58),
            (-0.085, 0.475),
            (0.0, 0.425),
            (0.075, 0.445),
            (0.135, 0.55),
            (0.155, 0.68),
            (0.145, 0.80),
            (0.05, 0.88),
            (-0.08, 0.86),
        ],
        skin,
    )
    figure.curve(
        [
            (-0.165, 0.60),
            (-0.185, 0.78),
            (-0.12, 0.92),
            (0.02, 0.955),
            (0.145, 0.90),
            (0.185, 0.76),
            (0.165, 0.62),
            (0.150, 0.74),
            (0.09, 0.83),
            (-0.01, 0.855),
            (-0.09, 0.80),
            (-0.135, 0.71),
        ],
        hair,
    )
    brow = lerp(skin, hair, 0.75)
    for x, wide in ((-0.045, 0.036), (0.085, 0.034)):
        figure.tube([(x - wide, 0.712), (x, 0.724), (x + wide, 0.714)], [0.004, 0.008, 0.004], brow)
        figure.curve(
            [(x - wide * 0.85, 0.672), (x, 0.690), (x + wide * 0.85, 0.672), (x, 0.660)], lerp(skin, _WHITE, 0.55)
        )
        figure.disc(x + 0.004, 0.675, 0.0135, 0.0145, "#2c2018")
        figure.disc(x + 0.008, 0.680, 0.004, None, _WHITE)
        figure.tube([(x - wide * 0.9, 0.674), (x, 0.692), (x + wide * 0.9, 0.674)], [0.002, 0.004, 0.002], hair)
    figure.tube([(0.030, 0.67), (0.040, 0.615), (0.052, 0.588)], [0.006, 0.010, 0.015], skin * np.float32(0.86))
    figure.tube([(0.022, 0.583), (0.042, 0.574), (0.062, 0.583)], [0.004, 0.006, 0.004], skin * np.float32(0.66))
    figure.curve(
        [(-0.018, 0.520), (0.015, 0.531), (0.032, 0.527), (0.05, 0.531), (0.082, 0.521), (0.035, 0.502)],
        lerp(skin, hexadecimal("#a83a38"), 0.55),
    )
    figure.tube([(-0.016, 0.520), (0.033, 0.5185), (0.080, 0.521)], [0.0015, 0.003, 0.0015], skin * np.float32(0.4))
    figure.curve(
        [
            (-0.20, 0.345),
            (-0.09, 0.375),
            (0.01, 0.25),
            (0.11, 0.375),
            (0.20, 0.345),
            (0.10, 0.29),
            (0.01, 0.17),
            (-0.09, 0.29),
        ],
        lerp(cloth, _WHITE, 0.25),
    )
    return figure


def perched_bird(colour: Colour | None, rng: np.random.Generator) -> Figure:
    """A songbird on a twig."""
    tones = ("#c8502c", "#3c6aa8", "#e0a83c", "#6a5a4a")
    tone = hexadecimal(tones[int(rng.integers(0, 4))]) if colour is None else colour
    back = tone * np.float32(0.45)
    figure = Figure(roundness=0.08)
    figure.tube([(-1.3, -0.05), (-0.5, 0.0), (0.3, 0.02), (1.2, 0.12)], [0.045, 0.04, 0.034, 0.016], "#3a2a1e")
    figure.tube([(0.55, 0.04), (0.8, 0.20), (0.95, 0.42)], [0.02, 0.014, 0.006], "#3a2a1e")
    figure.tube([(-0.22, 0.28), (-0.5, 0.05), (-0.74, -0.2)], [0.10, 0.06, 0.05], back)
    figure.curve(
        [
            (-0.32, 0.22),
            (-0.30, 0.42),
            (-0.12, 0.62),
            (0.06, 0.76),
            (0.20, 0.90),
            (0.36, 0.92),
            (0.46, 0.80),
            (0.42, 0.62),
            (0.36, 0.40),
            (0.20, 0.16),
            (-0.05, 0.06),
        ],
        tone,
    )
    figure.curve(
        [(0.05, 0.10), (0.22, 0.22), (0.36, 0.45), (0.38, 0.62), (0.24, 0.52), (0.10, 0.32)], lerp(tone, _WHITE, 0.6)
    )
    figure.curve([(-0.42, 0.08), (-0.30, 0.38), (-0.10, 0.56), (0.08, 0.60), (0.06, 0.38), (-0.10, 0.20)], back)
    for k in range(3):
        figure.tube(
            [(-0.36 + 0.06 * k, 0.14 + 0.05 * k), (-0.10 + 0.04 * k, 0.36 + 0.05 * k)],
            [0.006, 0.012],
            tone * np.float32(0.7),
        )
    figure.add([(0.44, 0.84), (0.62, 0.79), (0.44, 0.75)], "#d8a040")
    figure.disc(0.33, 0.82, 0.036, None, _BLACK)
    figure.disc(0.342, 0.832, 0.012, None, _WHITE)
    for x in (0.0, 0.12):
        figure.tube([(x, 0.12), (x + 0.02, 0.03)], [0.013, 0.013], "#8a6a4a")
    return figure

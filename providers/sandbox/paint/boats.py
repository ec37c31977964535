"""Boats and ships."""

from __future__ import annotations

import numpy as np

from .colour import Colour, hexadecimal, lerp
from .figures import Figure

_WHITE = hexadecimal("#f4efe6")
_WOOD = hexadecimal("#7a4e2e")


def rowing_boat(colour: Colour | None, rng: np.random.Generator) -> Figure:
    """An open wooden boat with oars, its inside showing."""
    hull = (
        hexadecimal(("#b8352a", "#e6e0d2", "#2f6a7a", "#c88a3a")[int(rng.integers(0, 4))]) if colour is None else colour
    )
    figure = Figure(roundness=0.10)
    inside = lerp(hexadecimal("#a87a4c"), hull, 0.15)
    figure.curve(
        [
            (-1.22, 0.47),
            (-0.6, 0.40),
            (0.0, 0.385),
            (0.62, 0.42),
            (1.28, 0.60),
            (0.6, 0.50),
            (0.0, 0.475),
            (-0.6, 0.485),
        ],
        inside * np.float32(0.55),
    )
    for x in (-0.62, -0.05, 0.52):
        figure.add([(x - 0.09, 0.445), (x + 0.09, 0.445), (x + 0.10, 0.475), (x - 0.10, 0.475)], inside)
    figure.tube([(-0.1, 0.46), (0.7, 0.40), (1.15, 0.16)], [0.014, 0.014, 0.014], "#c8a878")
    figure.curve(
        [
            (-1.25, 0.48),
            (-0.9, 0.425),
            (-0.4, 0.392),
            (0.1, 0.385),
            (0.6, 0.42),
            (1.0, 0.50),
            (1.33, 0.635),
            (1.22, 0.34),
            (1.02, 0.09),
            (0.7, -0.01),
            (0.0, -0.04),
            (-0.7, -0.02),
            (-1.06, 0.06),
            (-1.19, 0.26),
        ],
        hull,
    )
    figure.curve(
        [
            (-1.15, 0.16),
            (-0.4, 0.07),
            (0.4, 0.07),
            (1.12, 0.19),
            (1.02, 0.09),
            (0.7, -0.01),
            (0.0, -0.04),
            (-0.7, -0.02),
            (-1.06, 0.06),
        ],
        hull * np.float32(0.42),
    )
    figure.tube(
        [(-1.24, 0.48), (-0.4, 0.395), (0.1, 0.388), (0.6, 0.425), (1.32, 0.632)],
        [0.022, 0.02, 0.02, 0.02, 0.024],
        _WHITE,
    )
    figure.tube(
        [(-1.17, 0.30), (-0.4, 0.225), (0.3, 0.225), (1.22, 0.40)],
        [0.007, 0.008, 0.008, 0.007],
        hull * np.float32(0.55),
    )
    figure.tube([(-0.35, 0.455), (-1.0, 0.32), (-1.6, 0.03)], [0.016, 0.014, 0.014], "#d8b888")
    figure.tube([(-1.45, 0.105), (-1.68, -0.01)], [0.02, 0.035], "#d8b888")
    return figure


def sailing_boat(colour: Colour | None, rng: np.random.Generator) -> Figure:
    sail = _WHITE if colour is None else lerp(colour, _WHITE, 0.12)
    hull = hexadecimal("#5a2e20") if colour is None else colour * np.float32(0.55)
    lean = float(rng.uniform(-0.02, 0.05))
    figure = Figure(roundness=0.08)
    figure.tube([(0.02, 0.1), (0.02 + lean, 1.02)], [0.011, 0.007], "#4a3624")
    figure.curve(
        [(0.045, 0.20), (0.05 + lean * 0.5, 0.62), (0.04 + lean, 1.0), (0.22, 0.66), (0.41, 0.215), (0.22, 0.185)], sail
    )
    figure.curve(
        [(-0.01, 0.22), (0.0 + lean * 0.6, 0.60), (0.01 + lean, 0.94), (-0.17, 0.58), (-0.36, 0.20), (-0.18, 0.195)],
        sail * np.float32(0.86),
    )
    for y in (0.38, 0.55, 0.72):
        figure.tube([(0.05, y), (0.41 - (y - 0.2) * 0.52, y - 0.02)], [0.0025, 0.0025], sail * np.float32(0.66))
    figure.curve(
        [
            (-0.44, 0.155),
            (-0.2, 0.125),
            (0.1, 0.12),
            (0.40, 0.145),
            (0.36, 0.03),
            (0.24, -0.02),
            (-0.2, -0.02),
            (-0.34, 0.03),
        ],
        hull,
    )
    figure.tube([(-0.44, 0.155), (0.0, 0.128), (0.40, 0.148)], [0.011, 0.011, 0.011], lerp(hull, _WHITE, 0.7))
    return figure


def tall_ship(colour: Colour | None, rng: np.random.Generator) -> Figure:
    sail = hexadecimal("#e8dcc2") if colour is None else colour
    figure = Figure(roundness=0.05)
    figure.tube([(0.50, 0.20), (0.86, 0.34)], [0.014, 0.007], _WOOD)
    for x, top in ((-0.33, 0.78), (0.03, 0.98), (0.36, 0.82)):
        figure.tube([(x, 0.1), (x, top)], [0.012, 0.006], _WOOD * np.float32(0.6))
        for k in range(3):
            low, high = 0.24 + (top - 0.26) * k / 3, 0.24 + (top - 0.26) * (k + 0.86) / 3
            half = 0.165 - 0.032 * k
            figure.curve(
                [
                    (x - half, low),
                    (x - half * 0.86, (low + high) / 2),
                    (x - half * 0.84, high),
                    (x + half * 0.84, high),
                    (x + half * 1.0 + 0.03, (low + high) / 2),
                    (x + half, low),
                    (x, low + 0.03),
                ],
                sail * np.float32(1.0 - 0.06 * k),
            )
            figure.tube([(x - half * 0.9, high), (x + half * 0.9, high)], [0.006, 0.006], _WOOD * np.float32(0.5))
        figure.add([(x, top), (x, top + 0.05), (x - 0.10, top + 0.03)], "#a8302a")
    figure.add([(0.42, 0.30), (0.84, 0.335), (0.40, 0.66)], sail * np.float32(0.9))
    figure.curve(
        [
            (-0.60, 0.30),
            (-0.55, 0.19),
            (-0.2, 0.155),
            (0.2, 0.155),
            (0.46, 0.185),
            (0.62, 0.25),
            (0.52, 0.06),
            (0.42, -0.03),
            (-0.44, -0.03),
            (-0.56, 0.08),
        ],
        _WOOD * np.float32(0.75),
    )
    figure.tube([(-0.57, 0.17), (0.0, 0.10), (0.55, 0.165)], [0.012, 0.012, 0.012], "#c8a060")
    for k in range(9):
        figure.box(-0.42 + k * 0.095, 0.055, -0.39 + k * 0.095, 0.085, "#1a120e")
    return figure

"""Four-legged animals from one build with many measures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .colour import Colour, hexadecimal, lerp
from .figures import Figure

_WHITE = hexadecimal("#f4efe6")
_BLACK = hexadecimal("#16130f")


@dataclass(frozen=True)
class Build:
    """How a four-legged animal is put together; lengths in shoulder heights, it faces right."""

    coat: str
    belly: str = "#e8dccb"
    sock: str | None = None
    leg: float = 0.52
    body: float = 0.95
    chest: float = 0.20
    waist: float = 0.16
    neck: tuple[float, float] = (0.22, 0.26)
    neck_width: float = 0.12
    head: float = 0.13
    snout: float = 0.24
    snout_width: float = 0.045
    ear: str = "pointed"
    tail: str = "brush"
    horn: str = ""
    mane: bool = False
    thick: float = 0.055


BUILDS: dict[str, Build] = {
    "fox": Build(
        "#d2691e",
        "#f6eee2",
        "#2a1a14",
        leg=0.44,
        body=0.88,
        chest=0.17,
        waist=0.14,
        neck=(0.20, 0.16),
        neck_width=0.125,
        head=0.135,
        snout=0.27,
        snout_width=0.03,
        tail="fox",
        thick=0.040,
    ),
    "wolf": Build(
        "#6c7076",
        "#c8c8c4",
        None,
        leg=0.55,
        body=0.98,
        chest=0.21,
        waist=0.15,
        neck=(0.24, 0.14),
        neck_width=0.15,
        head=0.13,
        snout=0.26,
        snout_width=0.05,
        tail="brush",
    ),
    "dog": Build(
        "#b07840",
        "#e8d6ba",
        None,
        leg=0.50,
        body=0.86,
        chest=0.20,
        waist=0.15,
        neck=(0.16, 0.26),
        neck_width=0.115,
        head=0.15,
        snout=0.22,
        snout_width=0.07,
        ear="floppy",
        tail="up",
    ),
    "deer": Build(
        "#9a6a42",
        "#dcc4a0",
        None,
        leg=0.62,
        body=0.84,
        chest=0.17,
        waist=0.13,
        neck=(0.20, 0.40),
        neck_width=0.085,
        head=0.085,
        snout=0.20,
        snout_width=0.045,
        ear="leaf",
        tail="stub",
        horn="antlers",
        thick=0.034,
    ),
    "horse": Build(
        "#6a4228",
        "#7a5034",
        "#2a1a12",
        leg=0.58,
        body=0.98,
        chest=0.20,
        waist=0.18,
        neck=(0.28, 0.42),
        neck_width=0.13,
        head=0.10,
        snout=0.30,
        snout_width=0.075,
        ear="leaf",
        tail="hair",
        mane=True,
        thick=0.045,
    ),
    "bear": Build(
        "#5a3c28",
        "#6a4a34",
        None,
        leg=0.36,
        body=0.92,
        chest=0.30,
        waist=0.30,
        neck=(0.26, 0.02),
        neck_width=0.21,
        head=0.18,
        snout=0.22,
        snout_width=0.08,
        ear="round",
        tail="stub",
        thick=0.105,
    ),
    "rabbit": Build(
        "#a89884",
        "#f0e8dc",
        None,
        leg=0.24,
        body=0.42,
        chest=0.17,
        waist=0.24,
        neck=(0.12, 0.20),
        neck_width=0.12,
        head=0.14,
        snout=0.10,
        snout_width=0.06,
        ear="long",
        tail="puff",
        thick=0.055,
    ),
    "cow": Build(
        "#efe6da",
        "#efe6da",
        "#4a3a30",
        leg=0.46,
        body=1.05,
        chest=0.25,
        waist=0.26,
        neck=(0.24, 0.06),
        neck_width=0.15,
        head=0.13,
        snout=0.25,
        snout_width=0.09,
        ear="leaf",
        tail="thin",
        horn="horns",
        thick=0.05,
    ),
}


def quadruped(build: Build, colour: Colour | None, rng: np.random.Generator) -> Figure:
    coat = hexadecimal(build.coat) if colour is None else colour
    belly = hexadecimal(build.belly) if colour is None else lerp(coat, _WHITE, 0.4)
    dark = coat * np.float32(0.42)
    sock = hexadecimal(build.sock) if build.sock and colour is None else coat * np.float32(0.72)
    figure = Figure(roundness=0.075)
    back = build.leg + 0.20
    hip, shoulder = (-build.body * 0.5, back - 0.02), (build.body * 0.42, back)
    w = build.thick
    stride = float(rng.uniform(-0.05, 0.07))
    _tail(figure, build, hip, coat, belly)

    def leg(x: float, y: float, foot: float, hind: bool, tone: Colour, low: Colour) -> None:
        knee = (x + (0.07 if hind else -0.01) + foot * 0.3, y * 0.56)
        hock = (x - (0.09 if hind else 0.0) + foot * 0.8, y * 0.30)
        figure.tube(
            [(x, y), knee, hock, (x + foot - 0.01, 0.035)],
            [w * 2.1 if hind else w * 1.8, w * 1.35, w * 0.85, w * 0.72],
            tone,
        )
        figure.tube([hock, (x + foot - 0.01, 0.035), (x + foot + 0.045, 0.022)], [w * 0.84, w * 0.74, w * 0.72], low)

    leg(hip[0] + 0.10, hip[1] - 0.06, 0.10 + stride, True, dark, sock * np.float32(0.6))
    leg(shoulder[0] - 0.02, shoulder[1] - 0.10, -0.13 - stride, False, dark, sock * np.float32(0.6))
    figure.tube([hip, (-0.02, back - 0.015), shoulder], [build.waist * 1.04, build.waist * 0.98, build.chest], coat)
    figure.tube(
        [
            (hip[0] + 0.22, hip[1] - build.waist * 0.80),
            (0.08, back - build.waist * 0.92),
            (shoulder[0] + 0.02, shoulder[1] - build.chest * 0.70),
        ],
        [0.028, 0.045, 0.06],
        lerp(coat, belly, 0.65),
    )
    leg(hip[0] + 0.02, hip[1] - 0.03, -0.05 - stride, True, coat * np.float32(0.92), sock)
    leg(shoulder[0] + 0.04, shoulder[1] - 0.08, 0.03 + stride, False, coat * np.float32(0.95), sock)
    nx, ny = build.neck
    head = (shoulder[0] + nx + 0.05, shoulder[1] + ny)
    figure.tube(
        [(shoulder[0] - 0.04, shoulder[1] + 0.02), (shoulder[0] + nx * 0.55, shoulder[1] + ny * 0.55), head],
        [build.chest * 0.92, build.neck_width, build.head * 0.85],
        coat,
    )
    if build.mane:
        figure.tube(
            [
                (shoulder[0] - 0.10, shoulder[1] + 0.16),
                (shoulder[0] + nx * 0.30, shoulder[1] + ny * 0.75),
                (head[0] - 0.06, head[1] + 0.09),
            ],
            [0.05, 0.06, 0.045],
            dark,
        )
    if build.belly != build.coat:
        figure.tube(
            [
                (shoulder[0] + 0.10, shoulder[1] - build.chest * 0.55),
                (shoulder[0] + nx * 0.75, shoulder[1] + ny * 0.30),
                (head[0] + 0.03, head[1] - build.head * 0.55),
            ],
            [0.06, 0.065, 0.05],
            lerp(coat, belly, 0.85),
        )
    _head(figure, build, head, coat, belly, dark)
    return figure


def _tail(figure: Figure, build: Build, hip: tuple[float, float], coat: Colour, belly: Colour) -> None:
    x, y = hip[0] - build.waist * 0.72, hip[1] + 0.02
    if build.tail == "fox":
        figure.tube(
            [(x + 0.06, y), (x - 0.18, y - 0.14), (x - 0.44, y - 0.26), (x - 0.68, y - 0.22)],
            [0.05, 0.10, 0.125, 0.06],
            coat,
        )
        figure.tube([(x - 0.55, y - 0.265), (x - 0.66, y - 0.235), (x - 0.78, y - 0.19)], [0.10, 0.075, 0.012], belly)
    elif build.tail == "brush":
        figure.tube(
            [(x + 0.05, y), (x - 0.12, y - 0.16), (x - 0.20, y - 0.38)], [0.05, 0.08, 0.03], coat * np.float32(0.85)
        )
    elif build.tail == "up":
        figure.tube([(x + 0.04, y), (x - 0.13, y + 0.14), (x - 0.11, y + 0.32)], [0.05, 0.045, 0.02], coat)
    elif build.tail == "hair":
        figure.tube(
            [(x + 0.04, y + 0.04), (x - 0.13, y - 0.04), (x - 0.16, y - 0.46)],
            [0.04, 0.075, 0.03],
            coat * np.float32(0.4),
        )
    elif build.tail == "thin":
        figure.tube(
            [(x + 0.02, y), (x - 0.05, y - 0.3), (x - 0.05, y - 0.42)], [0.02, 0.014, 0.03], coat * np.float32(0.7)
        )
    elif build.tail == "puff":
        figure.disc(x - 0.02, y - 0.10, 0.07, 0.07, _WHITE)
    else:
        figure.tube([(x + 0.06, y), (x - 0.03, y - 0.06)], [0.04, 0.025], belly)


def _head(figure: Figure, build: Build, head: tuple[float, float], coat: Colour, belly: Colour, dark: Colour) -> None:
    hx, hy = head
    r = build.head
    tip = (hx + r * 0.55 + build.snout, hy - r * 0.42 - build.snout * 0.22)
    if build.mane:
        tip = (hx + r * 0.5 + build.snout * 0.62, hy - r * 0.5 - build.snout * 0.66)
    if build.horn == "antlers":
        for side in (-0.05, 0.03):
            base = (hx - 0.02 + side, hy + r * 0.8)
            figure.tube(
                [base, (base[0] - 0.12, base[1] + 0.20), (base[0] - 0.02 + side, base[1] + 0.42)],
                [0.018, 0.016, 0.008],
                "#cbb08a",
            )
            for at, reach in ((0.12, 0.16), (0.24, 0.15), (0.34, 0.10)):
                root = (base[0] - 0.10 + at * 0.12, base[1] + at)
                figure.tube([root, (root[0] + reach * 0.7, root[1] + reach * 0.75)], [0.013, 0.005], "#cbb08a")
    elif build.horn == "horns":
        figure.tube(
            [(hx - 0.04, hy + r * 0.7), (hx - 0.02, hy + r * 1.3), (hx + 0.06, hy + r * 1.5)],
            [0.03, 0.02, 0.008],
            "#d8ccb4",
        )
    if build.ear in ("pointed", "leaf"):
        lift = 1.0 if build.ear == "pointed" else 0.75
        for shift, tone in ((0.03, dark), (-0.05, coat)):
            ex = hx + shift - r * 0.2
            figure.add(
                [
                    (ex - r * 0.52, hy + r * 0.45),
                    (ex - r * 0.30, hy + r * (0.9 + 1.05 * lift)),
                    (ex + r * 0.42, hy + r * 0.75),
                ],
                tone,
            )
            if tone is coat and build.ear == "pointed":
                figure.add(
                    [(ex - r * 0.28, hy + r * 0.7), (ex - r * 0.22, hy + r * 1.5), (ex + r * 0.2, hy + r * 0.8)], dark
                )
    elif build.ear == "long":
        for shift, tone in ((0.05, dark), (-0.03, coat)):
            figure.tube(
                [
                    (hx + shift - 0.02, hy + r * 0.6),
                    (hx + shift - 0.07, hy + r * 1.9),
                    (hx + shift - 0.10, hy + r * 2.9),
                ],
                [0.035, 0.05, 0.02],
                tone,
            )
    elif build.ear == "round":
        for shift in (0.05, -0.07):
            figure.disc(hx + shift, hy + r * 0.82, r * 0.36, r * 0.36, coat * np.float32(0.8))
    figure.disc(hx, hy, r * 1.05, r * 0.98, coat)
    figure.tube(
        [(hx + r * 0.25, hy - r * 0.10), ((hx + tip[0]) / 2 + r * 0.2, (hy + tip[1]) / 2), tip],
        [r * 0.80, (r * 0.6 + build.snout_width) / 2, build.snout_width],
        coat,
    )
    if build.belly != build.coat:
        figure.tube(
            [
                (hx + r * 0.2, hy - r * 0.62),
                ((hx + tip[0]) / 2 + r * 0.1, (hy + tip[1]) / 2 - r * 0.30),
                (tip[0] - 0.01, tip[1] - build.snout_width * 0.5),
            ],
            [r * 0.34, r * 0.2, build.snout_width * 0.6],
            belly,
        )
    figure.disc(
        tip[0] + build.snout_width * 0.55,
        tip[1] + build.snout_width * 0.35,
        max(0.018, build.snout_width * 0.45),
        None,
        _BLACK,
    )
    if build.ear == "floppy":
        figure.tube(
            [(hx - r * 0.35, hy + r * 0.65), (hx - r * 0.72, hy - r * 0.05), (hx - r * 0.55, hy - r * 0.75)],
            [r * 0.25, r * 0.38, r * 0.26],
            dark,
        )
    figure.disc(hx + r * 0.48, hy + r * 0.20, r * 0.13, r * 0.15, _BLACK)
    figure.disc(hx + r * 0.51, hy + r * 0.25, r * 0.045, None, _WHITE)

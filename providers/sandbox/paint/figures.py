"""Drawn things: parts in unit coordinates (x right, y up, foot at the origin, height about 1), rasterised smoothly."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .colour import Colour, blurred, hexadecimal
from .frame import Canvas, Plane

Points = NDArray[np.float64]
_OVERSAMPLE = 3


@dataclass
class Part:
    """A closed outline in one colour; ``glow`` parts shine by themselves (windows, lamps)."""

    outline: Points
    colour: Colour
    glow: bool = False


@dataclass
class Figure:
    """Parts from back to front, and the box they need: left, bottom, right, top."""

    parts: list[Part] = field(default_factory=list)
    roundness: float = 0.06

    def add(self, outline: list[tuple[float, float]] | Points, colour: Colour | str, *, glow: bool = False) -> None:
        tone = hexadecimal(colour) if isinstance(colour, str) else colour
        self.parts.append(Part(np.asarray(outline, float), tone, glow))

    def curve(self, outline: list[tuple[float, float]], colour: Colour | str) -> None:
        """A closed smooth outline through the points."""
        self.add(spline(np.asarray(outline, float), closed=True), colour)

    def tube(self, spine: list[tuple[float, float]], radii: list[float], colour: Colour | str) -> None:
        """A limb: a smooth spine with a radius at each of its points."""
        self.add(_tube(np.asarray(spine, float), np.asarray(radii, float)), colour)

    def disc(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float | None = None,
        colour: Colour | str = "#000000",
        *,
        glow: bool = False,
    ) -> None:
        a = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        self.add(np.stack([x + np.cos(a) * rx, y + np.sin(a) * (rx if ry is None else ry)], 1), colour, glow=glow)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour | str, *, glow: bool = False) -> None:
        self.add([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour, glow=glow)

    def mirrored(self) -> Figure:
        return Figure(
            [Part(part.outline * np.array([-1.0, 1.0]), part.colour, part.glow) for part in self.parts], self.roundness
        )

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        points = np.concatenate([part.outline for part in self.parts])
        (left, bottom), (right, top) = points.min(0), points.max(0)
        return float(left), float(bottom), float(right), float(top)


def spline(points: Points, *, closed: bool, steps: int = 10) -> Points:
    """Catmull-Rom through the points."""
    count = len(points)
    spans = count if closed else count - 1
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for i in range(spans):
        if closed:
            a, b, c, d = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        else:
            a, b, c, d = points[max(i - 1, 0)], points[i], points[i + 1], points[min(i + 2, count - 1)]
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    if not closed:
        pieces.append(points[-1:])
    return np.concatenate(pieces)


def _tube(spine: Points, radii: Points) -> Points:
    line = spline(spine, closed=False)
    at = np.linspace(0, len(radii) - 1, len(line))
    radius = np.interp(at, np.arange(len(radii)), radii)[:, None]
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.hypot(along[:, :1], along[:, 1:]), 1e-9)
    normal = np.stack([-along[:, 1], along[:, 0]], 1)
    angles = np.linspace(0, np.pi, 9)[1:-1, None]
    end = line[-1] + radius[-1] * (normal[-1] * np.cos(angles) + along[-1] * np.sin(angles))
    start = line[0] + radius[0] * (-normal[0] * np.cos(angles) - along[0] * np.sin(angles))
    return np.concatenate([line + normal * radius, end, (line - normal * radius)[::-1], start])


def rasterised(figure: Figure, scale: float) -> tuple[Canvas, Plane, Plane, tuple[float, float]]:
    """Draw at ``scale`` pixels per unit: linear colour, coverage, glow mask, and the origin's pixel (column, row)."""
    left, bottom, right, top = figure.bounds
    pad = 0.04 * (top - bottom) + 2 / scale
    left, bottom, right, top = left - pad, bottom - pad, right + pad, top + pad
    width, height = max(2, int(np.ceil((right - left) * scale))), max(2, int(np.ceil((top - bottom) * scale)))
    over = _OVERSAMPLE if max(width, height) < 1400 else 2
    size = (width * over, height * over)
    picture, mask, glow = Image.new("RGB", size), Image.new("L", size, 0), Image.new("L", size, 0)
    draw, on_mask, on_glow = ImageDraw.Draw(picture), ImageDraw.Draw(mask), ImageDraw.Draw(glow)
    for part in figure.parts:
        points = [((x - left) * scale * over, (top - y) * scale * over) for x, y in part.outline.tolist()]
        shown = np.clip(np.sqrt(np.clip(part.colour, 0, 1)) * 255, 0, 255).astype(int)
        draw.polygon(points, fill=(int(shown[0]), int(shown[1]), int(shown[2])))
        on_mask.polygon(points, fill=255)
        on_glow.polygon(points, fill=255 if part.glow else 0)
    scaled = np.float32(1 / 255)
    coverage = np.asarray(mask.resize((width, height), Image.Resampling.BOX), np.float32) * scaled
    shine = np.asarray(glow.resize((width, height), Image.Resampling.BOX), np.float32) * scaled
    pixels = np.square(np.asarray(picture.resize((width, height), Image.Resampling.BOX), np.float32) * scaled)
    # edge pixels were mixed with the black ground
    pixels = pixels / np.maximum(coverage, 0.12)[..., None] ** 1.9
    planes = np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32)
    return planes, np.asarray(coverage, np.float32), np.asarray(shine, np.float32), (-left * scale, top * scale)


def relief(coverage: Plane, roundness: float, scale: float) -> tuple[Plane, Plane, Plane]:
    """Surface directions of a shape taken as softly inflated: x, y (down) and toward the viewer."""
    soft = (
        blurred(coverage, max(1.0, roundness * scale)) * 0.65
        + blurred(coverage, max(1.0, roundness * scale * 0.35)) * 0.35
    )
    gy, gx = np.gradient(soft)
    strength = np.float32(roundness * scale * 2.4)
    nx, ny = -gx * strength, -gy * strength
    length = np.sqrt(nx * nx + ny * ny + 1)
    return nx / length, ny / length, 1 / length

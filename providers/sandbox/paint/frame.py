"""The rectangle of the world a picture shows.

World units: one unit is the height of the base frame, x grows to the right from 0 to ``aspect`` across the base frame,
y grows downward from 0 to 1. Panned pictures show x or y outside of those ranges.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
"""Two dimensions (rows, columns) of float32."""
Canvas = NDArray[np.float32]
"""Three planes (red, green, blue), light-linear with gamma 2: the displayed value is the square root."""


@dataclass(frozen=True)
class Frame:
    """A pixel raster over a part of the world. ``left``, ``top``, ``right``, ``bottom`` are in world units."""

    width: int
    height: int
    left: float
    top: float
    right: float
    bottom: float
    aspect: float

    @cached_property
    def xs(self) -> Plane:
        """World x of the pixel centres, (width,)."""
        step = (self.right - self.left) / self.width
        return (self.left + (np.arange(self.width) + 0.5) * step).astype(np.float32)

    @cached_property
    def ys(self) -> Plane:
        """World y of the pixel centres, (height,)."""
        step = (self.bottom - self.top) / self.height
        return (self.top + (np.arange(self.height) + 0.5) * step).astype(np.float32)

    @property
    def pixel(self) -> float:
        """The height of one pixel in world units."""
        return (self.bottom - self.top) / self.height

    @property
    def x(self) -> Plane:
        return self.xs[None, :]

    @property
    def y(self) -> Plane:
        return self.ys[:, None]

    def row(self, y: float) -> int:
        """The pixel row at the world y, clipped to 0..height."""
        return int(np.clip(round((y - self.top) / self.pixel), 0, self.height))

    def column(self, x: float) -> float:
        """The (fractional, unclipped) pixel column at the world x."""
        return (x - self.left) / (self.right - self.left) * self.width

    def coarse(self, factor: int) -> Frame:
        """The same rectangle with about 1/factor of the pixels on each side."""
        return Frame(
            max(8, round(self.width / factor)),
            max(8, round(self.height / factor)),
            self.left,
            self.top,
            self.right,
            self.bottom,
            self.aspect,
        )

    def rows(self, first: int, last: int) -> Frame:
        """Only the pixel rows first..last-1."""
        return Frame(
            self.width,
            last - first,
            self.left,
            self.top + first * self.pixel,
            self.right,
            self.top + last * self.pixel,
            self.aspect,
        )

    def padded(self, margin: float) -> Frame:
        """The rectangle grown by ``margin`` world units on each side, at the same pixel size."""
        nx = max(1, round(margin / ((self.right - self.left) / self.width)))
        ny = max(1, round(margin / self.pixel))
        dx = nx * (self.right - self.left) / self.width
        dy = ny * self.pixel
        return Frame(
            self.width + 2 * nx,
            self.height + 2 * ny,
            self.left - dx,
            self.top - dy,
            self.right + dx,
            self.bottom + dy,
            self.aspect,
        )

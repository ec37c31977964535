"""Randomness that belongs to places in the world, so that neighbouring frames of one world agree where they meet."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .frame import Frame, Plane

Uints = NDArray[np.uint32]
_SUPPORT = 2


def hash_unit(a: Uints, b: Uints, key: int) -> Plane:
    """A uniform value in [0, 1) for each pair of integers under the key."""
    h = (a * np.uint32(0x9E3779B1)) ^ (b * np.uint32(0x85EBCA77)) ^ np.uint32((key * 0xC2B2AE3D) & 0xFFFFFFFF)
    h ^= h >> np.uint32(15)
    h = h * np.uint32(0x2C1B3C6D)
    h ^= h >> np.uint32(12)
    h = h * np.uint32(0x297A2D39)
    h ^= h >> np.uint32(15)
    return ((h >> np.uint32(8)).astype(np.float32)) * np.float32(2.0**-24)


def _as_uint(values: NDArray[np.int64]) -> Uints:
    return (values & 0xFFFFFFFF).astype(np.uint32)


def _interpolation(coords: Plane, cell: float) -> tuple[NDArray[np.int64], Plane]:
    """The lattice nodes around the coordinates and the Catmull-Rom weights, (coords, nodes)."""
    u = coords.astype(np.float64) / cell
    base = np.floor(u).astype(np.int64)
    f = (u - base).astype(np.float32)
    first = int(base.min()) - 1
    nodes = np.arange(first, int(base.max()) + 3)
    f2, f3 = f * f, f * f * f
    weights = np.zeros((len(coords), len(nodes)), np.float32)
    rows = np.arange(len(coords))
    at = base - first
    weights[rows, at - 1] = -0.5 * f + f2 - 0.5 * f3
    weights[rows, at] = 1 - 2.5 * f2 + 1.5 * f3
    weights[rows, at + 1] = 0.5 * f + 2 * f2 - 1.5 * f3
    weights[rows, at + 2] = -0.5 * f2 + 0.5 * f3
    return nodes, weights


def _visibility(cell: float, pixel: float) -> float:
    """Octaves finer than the pixels fade out instead of aliasing."""
    return float(np.clip(cell / pixel / 1.5 - 0.6, 0.0, 1.0))


@dataclass(frozen=True)
class Border:
    """Beyond ``position`` (world units) on the axis, in the direction of ``sign``, the world has another seed."""

    axis: Literal["x", "y"]
    sign: int
    position: float
    seed: int


@dataclass(frozen=True)
class Cells:
    """Places along a line: the ids of the cells, their left ends and a table of uniform values, (cells, columns)."""

    ids: NDArray[np.int64]
    starts: Plane
    values: Plane


@dataclass(frozen=True)
class World:
    """The noise of one picture. ``detail`` reseeds only what a subtle variation may change."""

    seed: int
    detail: int = 0
    borders: tuple[Border, ...] = ()

    def key(self, name: str, *, detail: bool = False) -> int:
        text = f"{name}/{self.seed}/{self.detail if detail else 0}"
        return zlib.crc32(text.encode()) & 0xFFFFFFFF

    def rng(self, name: str, *, detail: bool = False) -> np.random.Generator:
        return np.random.default_rng(self.key(name, detail=detail))

    def _salt(self, axis: Literal["x", "y"], nodes: NDArray[np.int64], cell: float, support: float) -> Uints:
        salt = np.zeros(len(nodes), np.uint32)
        for border in self.borders:
            if border.axis == axis:
                distance = (nodes * cell - border.position) * border.sign
                salt[distance > support * cell] = np.uint32((border.seed * 2654435761 + 97) & 0xFFFFFFFF)
        return salt

    def lattice(self, key: int, ny: NDArray[np.int64], nx: NDArray[np.int64], cell_y: float, cell_x: float) -> Plane:
        a = _as_uint(ny)[:, None] ^ self._salt("y", ny, cell_y, _SUPPORT)[:, None]
        b = _as_uint(nx)[None, :] ^ self._salt("x", nx, cell_x, _SUPPORT)[None, :]
        return hash_unit(a, b, key)

    def fbm(
        self,
        name: str,
        frame: Frame,
        cell: float,
        *,
        stretch: float = 1.0,
        octaves: int = 5,
        gain: float = 0.5,
        detail: bool = False,
        ys: Plane | None = None,
        xs: Plane | None = None,
    ) -> Plane:
        """Fractal noise around 0.5 (about 0..1), (height, width). ``stretch`` widens the cells along x.

        ``ys``/``xs`` replace the frame's coordinates, each (any length,): separable warps of the plane.
        """
        ys = frame.ys if ys is None else ys
        xs = frame.xs if xs is None else xs
        step_y = float(np.abs(np.diff(ys)).mean()) if len(ys) > 1 else frame.pixel
        left: list[Plane] = []
        right: list[Plane] = []
        total = sum(gain**k for k in range(octaves))
        mean = 0.0
        for octave in range(octaves):
            cell_y = cell / 2.0**octave
            cell_x = cell_y * stretch
            seen = min(_visibility(cell_y, step_y), _visibility(cell_x, frame.pixel))
            amplitude = gain**octave / total
            if seen <= 0:
                mean += amplitude * 0.5
                continue
            mean += amplitude * (1 - seen) * 0.5
            key = self.key(f"{name}:{octave}", detail=detail)
            ny, wy = _interpolation(ys, cell_y)
            nx, wx = _interpolation(xs, cell_x)
            nodes = self.lattice(key, ny, nx, cell_y, cell_x) * np.float32(amplitude * seen)
            left.append(wy @ nodes)
            right.append(wx)
        if not left:
            return np.full((len(ys), len(xs)), mean, np.float32)
        out = np.concatenate(left, 1) @ np.concatenate(right, 1).T
        return np.asarray(out + np.float32(mean), np.float32)

    def line(
        self,
        name: str,
        xs: Plane,
        cell: float,
        *,
        octaves: int = 7,
        gain: float = 0.5,
        ridged: bool = False,
        detail: bool = False,
    ) -> Plane:
        """Fractal noise along x in about 0..1, (len(xs),). ``ridged`` turns it into sharp crests."""
        pixel = float(np.abs(np.diff(xs)).mean()) if len(xs) > 1 else 1e-3
        out = np.zeros(len(xs), np.float32)
        total = 0.0
        zero = np.zeros(1, np.int64)
        for octave in range(octaves):
            step = cell / 2.0**octave
            amplitude = gain**octave
            total += amplitude
            seen = _visibility(step, pixel)
            nx, wx = _interpolation(xs, step)
            value = wx @ self.lattice(self.key(f"{name}:{octave}", detail=detail), zero, nx, 1.0, step)[0]
            # the interpolation overshoots its nodes a little
            value = np.clip(value, 0, 1)
            if ridged:
                value = 1 - np.abs(2 * value - 1)
            out += np.float32(amplitude) * (value * np.float32(seen) + np.float32(0.5 * (1 - seen)))
        return np.asarray(out / np.float32(total), np.float32)

    def cells(self, name: str, low: float, high: float, cell: float, columns: int, *, detail: bool = False) -> Cells:
        """The cells of a row between two world positions and their random values."""
        ids = np.arange(int(np.floor(low / cell)), int(np.ceil(high / cell)) + 1)
        a = _as_uint(ids)[:, None] ^ self._salt("x", ids, cell, 1.0)[:, None]
        b = np.arange(columns, dtype=np.uint32)[None, :]
        values = hash_unit(np.broadcast_to(a, (len(ids), columns)), b, self.key(name, detail=detail))
        return Cells(ids, (ids * cell).astype(np.float32), values)

    def grid(
        self, name: str, frame: Frame, cell: float, columns: int, *, detail: bool = False
    ) -> tuple[Plane, Plane, Plane]:
        """Jittered points over the frame: world x, world y (points,) and uniform values (points, columns)."""
        nx = np.arange(int(np.floor(frame.left / cell)) - 1, int(np.ceil(frame.right / cell)) + 2)
        ny = np.arange(int(np.floor(frame.top / cell)) - 1, int(np.ceil(frame.bottom / cell)) + 2)
        key = self.key(name, detail=detail)
        layers = [self.lattice(key + 7919 * k, ny, nx, cell, cell).ravel() for k in range(columns + 2)]
        gy, gx = np.meshgrid(ny, nx, indexing="ij")
        px = (gx.ravel() + layers[0]) * cell
        py = (gy.ravel() + layers[1]) * cell
        return px.astype(np.float32), py.astype(np.float32), np.stack(layers[2:], 1)


def perspective_noise(
    world: World, name: str, frame: Frame, horizon: float, scale: float, *, stretch: float = 3.0, detail: bool = True
) -> Plane:
    """Noise on a plane receding to the horizon: small and flat far away, large near. Around 0, std about 0.15.

    Rows are filled from layers of rising cell size, each used around the depth it suits.
    """
    out = np.zeros((frame.height, frame.width), np.float32)
    depth = np.maximum(frame.ys - np.float32(horizon), np.float32(1e-4))
    level = np.log2(np.maximum(depth, 0.004) / 0.01)
    weight_sum = np.zeros(frame.height, np.float32)
    for band in range(-1, 9):
        weight = np.clip(1 - np.abs(level - band), 0, 1).astype(np.float32)
        weight[frame.ys <= horizon] = 0
        used = np.flatnonzero(weight)
        if not len(used):
            continue
        first, last = int(used[0]), int(used[-1]) + 1
        part = frame.rows(first, last)
        cell = scale * 0.01 * 2.0**band
        field = world.fbm(f"{name}{band}", part, cell, stretch=stretch, octaves=4, gain=0.6, detail=detail) - 0.5
        out[first:last] += field * weight[first:last, None]
        weight_sum += weight * weight
    return np.asarray(out / np.sqrt(np.maximum(weight_sum, 1e-3))[:, None], np.float32)

"""One picture in motion: any moment of it can be drawn by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .colour import blurred, resized, smooth
from .footage import Pixels
from .frame import Frame, Plane
from .noise import World
from .warp import warped
from .words import read

_CELL = 20
"""Pixels between the crossings of the net that bends the picture."""
_CAMERAS = (
    # (right, down, closer) for each of the four, in parts of the picture's height over five seconds
    (0.012, -0.006, 0.050),
    (0.050, -0.004, 0.016),
    (-0.052, 0.004, 0.012),
    (0.006, -0.036, 0.030),
)
_START = 0.2
_PERIOD = 5.0
"""Seconds after which the small movements of a loop repeat."""


class Mover:
    """The picture at time 0 is the picture itself, at other times it has moved. ``strength`` 1 is calm.

    ``quick`` is a little softer and takes half the time.
    """

    def __init__(
        self, picture: Image.Image, words: str, number: int, index: int, strength: float, *, quick: bool = False
    ) -> None:
        self.strength = strength
        self._resample = Image.Resampling.BILINEAR if quick else Image.Resampling.BICUBIC
        self.size = width, height = picture.size
        self.rng = np.random.default_rng(number)
        self.margin = max(8, round(0.16 * min(width, height)))
        self.picture = picture
        self._padded = self._with_margin(picture)
        self._columns = np.linspace(0, width, max(2, round(width / _CELL)) + 1)
        self._rows = np.linspace(0, height, max(2, round(height / _CELL)) + 1)
        # the net's crossings are pixels, so that the picture at rest is the picture itself
        self._columns, self._rows = np.round(self._columns), np.round(self._rows)
        turn = 1 if self.rng.random() < 0.5 else -1
        right, down, closer = _CAMERAS[index % 4]
        self._camera = right * turn, down, closer * (-0.6 if index % 4 == 0 and self.rng.random() < 0.3 else 1)
        self._look(words)
        self._particles = _Particles(self.size, words, self.rng, strength)

    def onward(self, seconds: float) -> Pixels:
        """The moment ``seconds`` after (or, below 0, before) the picture."""
        # everything sets in gently, and the camera slows down only over long times
        seconds -= float(np.sign(seconds)) * _START * (1 - float(np.exp(-abs(seconds) / _START)))
        path = np.tanh(seconds / 9.0) * 9.0 / 5.0
        return self._drawn((path, path, path), seconds, min(1.0, abs(seconds) / 0.8))

    def looping(self, part: float) -> Pixels:
        """The moment at that part (0..1) of a loop, whose end is its beginning."""
        angle = 2 * np.pi * part
        camera = 0.5 * np.sin(angle), 0.35 * np.sin(angle), 0.35 * (1 - np.cos(angle))
        return self._drawn(camera, part * _PERIOD, float(np.clip(4 * min(part, 1 - part), 0, 1)), around=True)

    def _with_margin(self, picture: Image.Image) -> Image.Image:
        """The picture mirrored a little beyond its edges, for a camera that looks there."""
        pixels = np.asarray(picture)
        margin = min(self.margin, picture.width - 1, picture.height - 1)
        self.margin = margin
        return Image.fromarray(np.pad(pixels, ((margin, margin), (margin, margin), (0, 0)), mode="reflect"))

    def _look(self, words: str) -> None:
        """What is near and what is far, and where the sky, the water and the leaves are, at the net's crossings."""
        small = (max(16, self.size[0] // 8), max(16, self.size[1] // 8))
        pixels = np.asarray(self.picture.resize(small, Image.Resampling.BOX), np.float32) / np.float32(255)
        light = np.asarray(pixels.mean(2), np.float32)
        y = np.linspace(0, 1, small[1], dtype=np.float32)[:, None] + np.zeros_like(light)
        busy = blurred(np.abs(light - blurred(light, 2.0)), 3.0)
        busy = smooth(0.004, 0.05, busy)
        apart = blurred(np.abs(light - np.median(light)), 3.0)
        # low, dark, detailed parts are near; high, light, even ones far
        near = 0.62 * y + 0.22 * busy + 0.28 * (0.6 - blurred(light, 4.0)) + 0.2 * apart
        near = blurred(np.asarray(near, np.float32), 5.0)
        near = np.asarray((near - near.min()) / max(float(np.ptp(near)), 1e-3), np.float32)
        intent = read(words)
        watery = intent.wants("sea", "lake", "river", "fjord", "wave", "waterfall") or "boat" in intent.objects
        blue = smooth(-0.02, 0.12, pixels[..., 2] - pixels[..., 0])
        sky = blurred(np.asarray(smooth(0.5, 0.15, y) * np.square(1 - blurred(busy, 4.0)), np.float32), 6.0)
        water = smooth(0.5, 0.66, y) * (0.25 + 0.75 * (1.0 if watery else 0.0)) * (0.6 + 0.4 * blue)
        leaves = busy * (1 - sky) * (1 - 0.7 * water)
        self._near = self._at_crossings(near)
        self._sky, self._water = self._at_crossings(sky), self._at_crossings(np.asarray(water, np.float32))
        self._leaves = self._at_crossings(np.asarray(leaves, np.float32))
        phase = self.rng.uniform(0, 2 * np.pi, 8)
        at_x, at_y = np.meshgrid(self._columns / self.size[1], self._rows / self.size[1])
        self._at = at_x.astype(np.float32), at_y.astype(np.float32)
        self._phase = phase
        frame = Frame(48, 32, 0, 0, 1.5, 1, 1.5)
        self._clouds = World(int(self.rng.integers(1 << 30))).fbm("shade", frame, 0.5, octaves=3) - np.float32(0.5)
        self._shaded = resized(np.asarray(0.4 + 0.6 * near, np.float32), 48, 32)

    def _at_crossings(self, plane: Plane) -> Plane:
        return resized(np.asarray(plane, np.float32), len(self._columns), len(self._rows))

    def _drawn(
        self, camera: tuple[float, float, float], seconds: float, awake: float, *, around: bool = False
    ) -> Pixels:
        if awake == 0:
            return np.array(self.picture, np.uint8)
        dx, dy = self._displacement(camera, seconds, around=around)
        moved = warped(
            self._padded,
            self._columns,
            self._rows,
            self._columns[None, :] + dx + self.margin,
            self._rows[:, None] + dy + self.margin,
            self._resample,
        )
        pixels = np.array(moved, np.uint8)
        self._shade(pixels, seconds, awake, around=around)
        self._particles.draw(pixels, seconds, awake, around=around)
        return pixels

    def _displacement(
        self, camera: tuple[float, float, float], seconds: float, *, around: bool
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where from, in pixels, each crossing takes its colour."""
        width, height = self.size
        right, down, closer = (way * path * self.strength for way, path in zip(self._camera, camera, strict=True))
        depth = 0.5 + 0.7 * self._near
        x, y = self._at
        middle_x, middle_y = width / height / 2, 0.55
        grow = closer * (0.6 + 0.6 * self._near)
        dx = right * depth + (middle_x - x) * grow
        dy = down * depth + (middle_y - y) * grow
        sky_drift = (
            0.022
            * self.strength
            * (np.tanh(seconds / 5) if not around else 0.5 * np.sin(2 * np.pi * seconds / _PERIOD))
        )
        dx = dx - self._sky * sky_drift * np.sign(self._camera[0] or 1)
        for wave in range(3):
            # whole numbers of waves in a period, so that loops close
            speed = 2 * np.pi * (wave + 1) / _PERIOD
            ripple = self._wave(seconds, speed * 1.0, 9 + 7 * wave, 34 + 23 * wave, wave)
            sway = self._wave(seconds, speed, 5 + 4 * wave, 3 + 2 * wave, wave + 3)
            calm = self.strength**0.6 / (wave + 1) ** 0.7
            dx = dx + ripple * self._water * 0.0034 * calm + sway * self._leaves * 0.0026 * calm
            dy = dy + ripple * self._water * 0.0016 * calm + sway * self._leaves * 0.0008 * calm
        limit = self.margin - 1.0
        return np.clip(dx * height, -limit, limit), np.clip(dy * height, -limit, limit)

    def _wave(self, seconds: float, speed: float, across: float, down: float, phase: int) -> Plane:
        """A travelling wave, 0 everywhere at time 0."""
        x, y = self._at
        place = x * across + y * down + self._phase[phase]
        return np.asarray(np.sin(place + speed * seconds) - np.sin(place), np.float32)

    def _shade(self, pixels: Pixels, seconds: float, awake: float, *, around: bool) -> None:
        """The shadows of clouds move over the land."""
        way = seconds / _PERIOD if around else seconds / 9.0
        shift = way * 48
        whole = int(np.floor(shift))
        part = np.float32(shift - whole)
        here = np.roll(self._clouds, whole, 1) * (1 - part) + np.roll(self._clouds, whole + 1, 1) * part
        change = (here - self._clouds) * self._shaded * np.float32(0.16 * min(1.6, self.strength) * awake)
        gain = resized(np.asarray((1 + change) * 128, np.float32), *self.size).astype(np.uint16)
        for channel in range(3):
            lit = pixels[..., channel] * gain >> 7
            pixels[..., channel] = np.minimum(lit, 255)


class _Particles:
    """Snow, rain, sparks or motes of dust in the air, as the words say."""

    def __init__(self, size: tuple[int, int], words: str, rng: np.random.Generator, strength: float) -> None:
        intent = read(words)
        self.size = size
        snow, rain = "snow" in intent.weathers, "rain" in intent.weathers
        self.kind = "snow" if snow else "rain" if rain else "dust"
        count = {"snow": 90, "rain": 70, "dust": 26}[self.kind]
        self.x, self.y, self.near, self.phase = rng.uniform(0, 1, (4, count))
        fall = {"snow": 0.10, "rain": 1.1, "dust": -0.014}[self.kind]
        self.fall = fall * (0.5 + self.near) * (1 if self.kind == "rain" else strength**0.5)
        self.drift = rng.normal(0.01 if self.kind != "rain" else -0.06, 0.01, count) * (0.5 + self.near)
        self._stamps: dict[int, NDArray[np.float32]] = {}

    def draw(self, pixels: Pixels, seconds: float, awake: float, *, around: bool) -> None:
        width, height = self.size
        fall, drift = self.fall, self.drift
        if around:
            # whole heights and widths in a period
            fall = (
                np.sign(fall) * np.maximum(1, np.round(np.abs(fall) * _PERIOD)) / _PERIOD
                if self.kind == "rain"
                else fall
            )
        x = (self.x + drift * seconds) % 1.0
        y = (self.y + fall * seconds) % 1.1 - 0.05
        glow = awake * (0.55 + 0.45 * np.sin(self.phase * 6.3 + seconds * (1.5 + self.phase)))
        for column, row, near, bright in zip(x * width, y * height, self.near, glow, strict=True):
            self._stamp(pixels, column, row, near, bright)

    def _stamp(self, pixels: Pixels, column: float, row: float, near: float, bright: float) -> None:
        width, height = self.size
        radius = max(1, round(height * {"snow": 0.004, "rain": 0.0022, "dust": 0.0026}[self.kind] * (0.5 + 1.3 * near)))
        stamp = self._shape(radius)
        rows, columns = stamp.shape
        top, left = int(row) - rows // 2, int(column) - columns // 2
        r0, c0, r1, c1 = max(0, top), max(0, left), min(height, top + rows), min(width, left + columns)
        if r1 <= r0 or c1 <= c0:
            return
        amount = {"snow": 0.75, "rain": 0.28, "dust": 0.34}[self.kind] * bright * (1.0 - 0.5 * near)
        part = stamp[r0 - top : r1 - top, c0 - left : c1 - left, None] * np.float32(max(0.0, amount))
        area = pixels[r0:r1, c0:c1]
        pixels[r0:r1, c0:c1] = area + ((np.float32(250) - area) * part).astype(np.uint8)

    def _shape(self, radius: int) -> NDArray[np.float32]:
        if radius not in self._stamps:
            tall = radius * (14 if self.kind == "rain" else 2)
            y, x = np.mgrid[-tall : tall + 1, -2 * radius : 2 * radius + 1].astype(np.float32)
            shape = np.exp(-np.square(x / max(0.6, radius * 0.8)) - np.square(y / (tall * 0.5)))
            self._stamps[radius] = np.asarray(shape, np.float32)
        return self._stamps[radius]

"""Trees, tree lines and flowers as reusable sprites."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from .colour import blurred
from .frame import Frame, Plane
from .noise import World
from .staging import Stage


@dataclass(frozen=True)
class Sprite:
    """A shape and how light falls on it, both L images of one size; the foot is at the bottom centre."""

    alpha: Image.Image
    shade: Image.Image

    def sized(self, height: float, *, flip: bool = False) -> Sprite:
        h = max(2, round(height))
        w = max(1, round(height * self.alpha.width / self.alpha.height))
        alpha = self.alpha.resize(
            (w, h), Image.Resampling.BOX if h * 2 < self.alpha.height else Image.Resampling.BILINEAR
        )
        shade = self.shade.resize((w, h), Image.Resampling.BILINEAR)
        if flip:
            alpha = alpha.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            shade = shade.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return Sprite(alpha, shade)


def _image(plane: Plane) -> Image.Image:
    return Image.fromarray(np.clip(plane * 255 + 0.5, 0, 255).astype(np.uint8))


@lru_cache(maxsize=16)
def conifer(kind: int) -> Sprite:
    """A spruce with drooping boughs."""
    rng = np.random.default_rng(9000 + kind)
    height, width = 900, 380
    v = ((np.arange(height) + 0.5) / height).astype(np.float32)[:, None]
    u = ((np.arange(width) + 0.5) / width * 2 - 1).astype(np.float32)[None, :]
    world = World(700 + kind)
    frame = Frame(width, height, 0, 0, width / height, 1, width / height)
    fine = world.fbm("needles", frame, 0.035, stretch=1.4, octaves=4, gain=0.75) - np.float32(0.5)
    bend = world.fbm("bend", frame, 0.16, octaves=2) - np.float32(0.5)
    boughs = 17 + kind % 5
    side = np.abs(u)
    droop = 0.16 + 0.05 * rng.random()
    flow = (np.power(v, 0.82) - droop * side * np.sqrt(v) + bend * np.float32(0.035)) * boughs
    number = np.clip(np.floor(flow), 0, boughs + 1).astype(np.int32)
    saw = np.clip(flow - number, 0, 1)
    left = rng.uniform(0.62, 1.08, boughs + 2).astype(np.float32)[number]
    right = rng.uniform(0.62, 1.08, boughs + 2).astype(np.float32)[number]
    length = np.where(u < 0, left, right)
    envelope = np.power(v, 0.92) * np.float32(0.92)
    reach = envelope * length * (0.34 + 0.66 * np.power(saw, 0.65)) + np.float32(0.006)
    edge = (reach - side + fine * np.float32(0.22) * (0.15 + envelope)) / np.float32(0.022)
    alpha = np.clip(edge, 0, 1) * (v < 0.965)
    trunk = np.clip((np.float32(0.012) + 0.03 * v - side) / 0.012, 0, 1)
    alpha = np.maximum(alpha, trunk * (v > 0.04))
    shade = 0.80 - 0.55 * saw + 0.25 * side / np.maximum(envelope, 0.03) + fine * np.float32(1.3)
    shade = np.where(trunk > alpha * 0.99, np.minimum(shade, 0.25 + fine), shade)
    shade += np.float32(0.12) * u
    return Sprite(_image(alpha), _image(np.clip(shade, 0, 1)))


@lru_cache(maxsize=16)
def broadleaf(kind: int, bare: bool = False) -> Sprite:
    """A crown of leaf clumps on a branching trunk."""
    rng = np.random.default_rng(9100 + kind)
    size = 720
    alpha = Image.new("L", (size, size), 0)
    shade = Image.new("L", (size, size), 60)
    on_alpha, on_shade = ImageDraw.Draw(alpha), ImageDraw.Draw(shade)
    tips: list[tuple[float, float]] = []
    stack = [(size / 2, size * 1.0, -np.pi / 2, size * 0.24, size * 0.030, 0)]
    while stack:
        x, y, angle, length, width, level = stack.pop()
        bend = rng.normal(0, 0.12)
        ex, ey = x + np.cos(angle + bend) * length, y + np.sin(angle + bend) * length
        for drawer, tone in ((on_alpha, 255), (on_shade, 40 + 12 * level)):
            drawer.line([(x, y), (ex, ey)], fill=tone, width=max(1, round(width)))
        if level >= 3:
            tips.append((ex, ey))
        if level < (7 if bare else 5):
            for spread in (-1, 1) if level else (-1, 0, 1):
                turn = spread * rng.uniform(0.28, 0.62) + rng.normal(0, 0.06)
                stack.append((ex, ey, angle + turn, length * rng.uniform(0.66, 0.82), width * 0.62, level + 1))
    if not bare:
        points = np.array(tips)
        count = 5200
        order = rng.integers(0, len(points), count)
        spots = points[order] + rng.normal(0, size * 0.036, (count, 2))
        centre = points.mean(0)
        light = (-(spots[:, 1] - centre[1]) * 0.9 - (spots[:, 0] - centre[0]) * 0.35) / size * 2.2
        tone = np.clip(0.48 + light + rng.normal(0, 0.13, count) + np.linspace(-0.16, 0.12, count), 0.03, 1)
        radius = rng.uniform(1.3, 4.6, count)
        for (x, y), t, r in zip(spots, tone, radius, strict=True):
            box = (x - r * 1.25, y - r * 0.75, x + r * 1.25, y + r * 0.75)
            on_alpha.ellipse(box, fill=255)
            on_shade.ellipse(box, fill=int(255 * t))
    return Sprite(alpha, shade)


@lru_cache(maxsize=8)
def trunk(kind: int) -> Sprite:
    """A tall bare trunk with bark and a few dead branches, as in a high forest."""
    height, width = 1000, 90
    world = World(800 + kind)
    frame = Frame(width, height, 0, 0, width / height, 1, width / height)
    bark = world.fbm("bark", frame, 0.09, stretch=0.12, octaves=5, gain=0.65)
    u = ((np.arange(width) + 0.5) / width * 2 - 1).astype(np.float32)[None, :]
    sway = 0.16 * (world.line("sway", frame.ys, 0.5, octaves=3) - 0.5)[:, None]
    girth = (0.42 + 0.14 * np.linspace(0, 1, height) ** 6).astype(np.float32)[:, None]
    across = (u - sway) / girth
    alpha = np.clip((1 - np.abs(across) + (bark - 0.5) * 0.25) / 0.06, 0, 1)
    shade = np.clip(0.62 - 0.45 * across**2 + 0.3 * across + (bark - 0.5) * 1.5, 0, 1)
    return Sprite(_image(alpha.astype(np.float32)), _image(shade.astype(np.float32)))


def stand(frame: Frame, trees: list[tuple[Sprite, float, float, float, bool]]) -> tuple[Plane, Plane]:
    """Paste trees (sprite, world x, world foot y, world height, flipped): their mask and their shading, 0..1."""
    mask = Image.new("L", (frame.width, frame.height), 0)
    shade = Image.new("L", (frame.width, frame.height), 0)
    for sprite, x, foot, height, flip in trees:
        sized = sprite.sized(height / frame.pixel, flip=flip)
        at = (
            round(frame.column(x) - sized.alpha.width / 2),
            round((foot - frame.top) / frame.pixel) - sized.alpha.height,
        )
        if at[0] > frame.width or at[0] + sized.alpha.width < 0 or at[1] > frame.height:
            continue
        mask.paste(255, at, sized.alpha)
        shade.paste(sized.shade, at, sized.alpha)
    scale = np.float32(1 / 255)
    return np.asarray(mask, np.float32) * scale, np.asarray(shade, np.float32) * scale


def treeline(stage: Stage, name: str, xs: Plane, size: float, *, pointed: bool = True) -> Plane:
    """How high the trees on a ridge stand along x, in world units."""
    out = np.zeros(len(xs), np.float32)
    for layer in range(3):
        cell = size * (0.34 + 0.16 * layer)
        cells = stage.world.cells(f"{name}{layer}", float(xs[0]) - cell, float(xs[-1]) + cell, cell, 2)
        position = np.floor(xs / np.float32(cell)).astype(np.int64)
        for offset in (-1, 0, 1):
            at = np.clip(position + offset - cells.ids[0], 0, len(cells.ids) - 1)
            centre = (cells.ids[at] + cells.values[at, 0]) * cell
            height = size * (0.35 + 0.65 * cells.values[at, 1] ** 1.6)
            if pointed:
                inside = np.clip(1 - np.abs(xs - centre) / (height * 0.20), 0, 1)
                shape = inside * (0.84 + 0.16 * np.sin(inside * 34))
            else:
                inside = np.clip(1 - np.square((xs - centre) / (height * 0.5)), 0, 1)
                shape = np.sqrt(inside) * 0.75
            out = np.maximum(out, (height * shape).astype(np.float32))
    if not pointed:
        out = out + np.float32(size * 0.22) * (
            stage.world.line(name + "leaf", xs, size * 0.2, octaves=4, gain=0.7) - 0.5
        )
    return np.asarray(out, np.float32)


@lru_cache(maxsize=32)
def bloom(kind: int, turn: int) -> tuple[Sprite, Plane]:
    """A flower head seen at a slant: its sprite and how much each pixel belongs to the yellow heart (0..1)."""
    size = 220
    rng = np.random.default_rng(9300 + kind * 13 + turn)
    y, x = ((np.mgrid[0:size, 0:size] + 0.5) / size * 2 - 1).astype(np.float32)
    tilt = (1.0, 1.5, 2.1, 1.25)[turn % 4]
    y = y * np.float32(tilt) + np.float32(0.06 * (tilt - 1))
    radius, angle = np.hypot(x, y), np.arctan2(y, x) + turn * 0.7
    petals, rings, heart = ((13, 2, 0.24), (5, 2, 0.20), (8, 1, 0.26), (6, 3, 0.13), (21, 3, 0.34))[kind % 5]
    alpha = np.zeros_like(radius)
    shade = np.zeros_like(radius)
    for ring in range(rings):
        reach = 0.96 * (1 - 0.24 * ring)
        phase = angle * petals / (2 * np.pi) + ring * 0.5
        number = np.floor(phase).astype(np.int32) % petals
        inside = np.abs((phase - np.floor(phase)) * 2 - 1)
        length = reach * rng.uniform(0.86, 1.04, petals).astype(np.float32)[number]
        width = (0.97, 1.15, 1.0, 1.12, 0.95)[kind % 5]
        profile = np.clip(1 - np.power(inside / width, 2.6), 0, 1) ** 0.5
        cover_ = np.clip((length * profile - radius) / 0.02, 0, 1)
        vein = 0.06 * np.cos(inside * 14) * (radius > 0.3)
        tone = 0.40 + 0.52 * np.clip(radius / length, 0, 1) - 0.32 * inside**2 + vein
        tone = (
            tone
            + rng.uniform(-0.09, 0.09, petals).astype(np.float32)[number]
            - 0.13 * y
            - 0.10 * (rings - 1 - ring) * 0.8
        )
        shade = shade + (tone - shade) * cover_
        alpha = np.maximum(alpha, cover_)
    core = np.clip((heart - radius) / 0.05, 0, 1).astype(np.float32)
    grains = rng.random((size, size), np.float32)
    shade = shade + (0.45 + 0.5 * blurred(grains, 1.5) - 0.35 * radius / heart - shade) * core
    return Sprite(_image(alpha.astype(np.float32)), _image(np.clip(shade, 0, 1).astype(np.float32))), core

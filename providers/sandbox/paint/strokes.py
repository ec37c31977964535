"""Brush strokes that follow the forms of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .colour import blurred, from_image, resized, to_image
from .frame import Canvas, Frame, Plane
from .noise import World


def directions(canvas: Canvas, frame: Frame) -> tuple[Plane, int]:
    """The angle along the edges on a coarse raster, and the raster's factor."""
    factor = max(2, round(0.006 / frame.pixel))
    light = canvas[0] * np.float32(0.3) + canvas[1] * np.float32(0.59) + canvas[2] * np.float32(0.11)
    small = resized(blurred(light, 0.004 / frame.pixel), max(8, frame.width // factor), max(8, frame.height // factor))
    gy, gx = np.gradient(small)
    reach = 4.0
    xx, yy, xy = (blurred(np.asarray(product, np.float32), reach) for product in (gx * gx, gy * gy, gx * gy))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    calm = 1 / (1 + (xx + yy) * 30000)
    # flat areas take a gentle common direction instead of noise
    turned = np.cos(2 * angle) * (1 - calm) + calm * 0.9
    up = np.sin(2 * angle) * (1 - calm) + calm * 0.25
    return np.asarray(0.5 * np.arctan2(up, turned), np.float32), factor


def brushed(
    canvas: Canvas,
    frame: Frame,
    world: World,
    sizes: tuple[float, ...],
    *,
    bristles: int,
    variety: float,
    length: float = 4.5,
) -> tuple[Canvas, Plane]:
    """Repaint a picture in strokes, large ones first, small ones where there is detail. Also gives the relief 0..1."""
    angle, factor = directions(canvas, frame)
    image = Image.new("RGB", (frame.width, frame.height))
    relief = Image.new("L", (frame.width, frame.height), 128)
    image.paste(to_image(np.stack([blurred(p, 0.012 / frame.pixel) for p in canvas])))
    draw, on_relief = ImageDraw.Draw(image), ImageDraw.Draw(relief)
    for level, size in enumerate(sizes):
        soft = np.stack([blurred(p, size * 0.35 / frame.pixel) for p in canvas])
        x, y, values = world.grid(f"strokes{level}", frame, size * (1.15 if level else 0.9), 5)
        column = (x - frame.left) / (frame.right - frame.left) * frame.width
        row = (y - frame.top) / frame.pixel
        reach = size * length / frame.pixel
        keep = (column > -reach) & (column < frame.width + reach) & (row > -reach) & (row < frame.height + reach)
        at_c = np.clip(column, 0, frame.width - 1).astype(int)
        at_r = np.clip(row, 0, frame.height - 1).astype(int)
        if level:
            detail = sum(
                np.abs(canvas[i] - blurred(canvas[i], sizes[level - 1] * 0.55 / frame.pixel)) for i in range(3)
            )
            wanted = blurred(np.asarray(detail, np.float32), size * 0.5 / frame.pixel)[at_r, at_c]
            keep &= wanted > (0.035 + 0.03 * values[:, 4])
        chosen = np.flatnonzero(keep)
        order = chosen[np.argsort(values[chosen, 3], kind="stable")]
        tones = np.stack([soft[i][at_r[order], at_c[order]] for i in range(3)], 1)
        turns = angle[
            np.clip(at_r[order] // factor, 0, angle.shape[0] - 1), np.clip(at_c[order] // factor, 0, angle.shape[1] - 1)
        ]
        _draw(
            draw,
            on_relief,
            column[order],
            row[order],
            turns,
            tones,
            values[order],
            size / frame.pixel,
            length,
            bristles,
            variety,
        )
    return from_image(image), np.asarray(relief, np.float32) * np.float32(1 / 255)


def _draw(
    draw: ImageDraw.ImageDraw,
    on_relief: ImageDraw.ImageDraw,
    column: Plane,
    row: Plane,
    turns: Plane,
    tones: NDArray[np.float32],
    values: Plane,
    size: float,
    length: float,
    bristles: int,
    variety: float,
) -> None:
    turn = turns + (values[:, 0] - 0.5) * 0.5
    half = size * length * 0.5 * (0.6 + 0.7 * values[:, 1])
    dx, dy = np.cos(turn) * half, np.sin(turn) * half
    bow = (values[:, 2] - 0.5) * half * 0.35
    bx, by = -np.sin(turn), np.cos(turn)
    wide = max(1, round(size * 1.25 / bristles + 0.6))
    shades = (tones + ((values[:, 3] - 0.5) * variety)[:, None]) * 255
    for k in range(bristles):
        offset = ((k + 0.5) / bristles - 0.5) * size * 1.2
        jitter = ((values[:, 4] * 37 * (k + 1)) % 1) - 0.5
        ox, oy = bx * offset, by * offset
        slip = jitter * half * 0.35
        ax, ay = column - dx + ox + np.cos(turn) * slip, row - dy + oy + np.sin(turn) * slip
        mx, my = column + ox + bx * bow, row + oy + by * bow
        ex, ey = column + dx + ox + np.cos(turn) * slip, row + dy + oy + np.sin(turn) * slip
        points = np.stack([ax, ay, mx, my, ex, ey], 1).tolist()
        colours = np.clip(shades + (jitter * variety * 200)[:, None], 0, 255).astype(int).tolist()
        heights = np.clip(128 + jitter * 190, 0, 255).astype(int).tolist()
        for line, (r, g, b), h in zip(points, colours, heights, strict=True):
            draw.line(line, fill=(r, g, b), width=wide)
            on_relief.line(line, fill=h, width=wide)

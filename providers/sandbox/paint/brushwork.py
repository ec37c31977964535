"""Styles: passes over the developed picture that change its marks, not only its colours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from .atmosphere import grain
from .colour import blurred, from_image, hexadecimal, ramp, resized, resized_canvas, smooth, to_image
from .frame import Canvas, Frame, Plane
from .recipe import Recipe
from .staging import Stage
from .strokes import brushed

Style = Callable[[Canvas, Frame, Stage], Canvas]


def _light(canvas: Canvas) -> Plane:
    return np.asarray(
        canvas[0] * np.float32(0.3) + canvas[1] * np.float32(0.59) + canvas[2] * np.float32(0.11), np.float32
    )


def _saturated(canvas: Canvas, amount: float) -> Canvas:
    light = _light(canvas)
    return np.stack([light + (plane - light) * np.float32(amount) for plane in canvas])


def _simplified(canvas: Canvas, frame: Frame, size: float) -> Canvas:
    """Small detail gone, edges kept: a median on about a third of the pixels, enlarged."""
    factor = max(1, round(size / 2.6 / frame.pixel))
    image = to_image(canvas)
    small = image.resize((max(8, frame.width // factor), max(8, frame.height // factor)), Image.Resampling.BOX)
    small = small.filter(ImageFilter.MedianFilter(5))
    return resized_canvas(from_image(small), frame.width, frame.height)


def _shifted(canvas: Canvas, frame: Frame, dx: Plane, dy: Plane) -> Canvas:
    """The picture displaced by world distances."""
    per = np.float32(1 / frame.pixel)
    rows = np.clip(np.arange(frame.height, dtype=np.float32)[:, None] + dy * per, 0, frame.height - 1).astype(np.int32)
    columns = np.clip(np.arange(frame.width, dtype=np.float32)[None, :] + dx * per, 0, frame.width - 1).astype(np.int32)
    index = rows * np.int32(frame.width) + columns
    return np.stack([plane.ravel()[index] for plane in canvas])


def _paper(frame: Frame, stage: Stage, cell: float = 0.009) -> Plane:
    """Tooth of the paper, around 0."""
    return stage.world.fbm("tooth", frame, cell, octaves=3, gain=0.75) - np.float32(0.5)


def _outlines(canvas: Canvas, frame: Frame, width: float) -> Plane:
    """Dark lines 0..1 where the picture has edges."""
    light = _light(canvas)
    fine = blurred(light, width / frame.pixel)
    broad = blurred(light, width * 2.4 / frame.pixel)
    return smooth(0.012, 0.05, broad - fine)


def _busy(light: Plane, frame: Frame) -> Plane:
    """1 where there are forms, 0 in even skies and waters."""
    local = np.abs(light - blurred(light, 0.012 / frame.pixel))
    return smooth(0.004, 0.03, blurred(np.asarray(local, np.float32), 0.02 / frame.pixel))


def watercolour(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """Washes with dark wet edges, granulation and back-runs on white paper."""
    world = stage.world
    half = frame.coarse(2)
    wobble = [
        resized(world.fbm(f"wobble{k}", half, 0.05, octaves=4, gain=0.6) - np.float32(0.5), frame.width, frame.height)
        for k in range(2)
    ]
    washed = _simplified(canvas, frame, 0.011)
    washed = _shifted(washed, frame, wobble[0] * np.float32(0.024), wobble[1] * np.float32(0.024))
    steps = 8.0
    light = _light(washed)
    bleed = resized(world.fbm("bleed", half, 0.16, octaves=5, gain=0.6) - np.float32(0.5), frame.width, frame.height)
    level = light * steps + bleed * np.float32(1.6)
    stepped = (np.floor(level) + smooth(0.82, 1.0, level - np.floor(level))) / steps - bleed * np.float32(1.6 / steps)
    washed = washed * np.clip((0.45 * light + 0.55 * stepped + 0.02) / (light + 0.02), 0.6, 1.5)[None]
    density = -np.log(np.clip(washed * np.float32(0.93) + np.float32(0.055), 0.02, 1))
    tone = _light(washed)
    edge = np.clip(blurred(tone, 0.0045 / frame.pixel) - tone, 0, 1) * np.float32(5.0)
    within = level - np.floor(level)
    rim = np.exp(-np.square((within - np.float32(0.80)) / np.float32(0.06))) * np.float32(0.10)
    pooled = resized(world.fbm("pool", half, 0.22, octaves=5, gain=0.6), frame.width, frame.height)
    tooth = _paper(frame, stage)
    factor = (0.62 + 0.62 * pooled) * (1 + edge + rim) * (1 + tooth * np.float32(0.55))
    density *= np.clip(factor, 0.15, 2.2)[None]
    paper = np.array([0.985, 0.972, 0.945], np.float32)
    out = np.exp(-density) * paper[:, None, None]
    return np.asarray(np.clip(_saturated(out, 1.18) + tooth[None] * np.float32(0.028), 0, 1), np.float32)


def oil(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """Loaded strokes with bristles and relief."""
    rich = _saturated(canvas, 1.16)
    painted, relief = brushed(rich, frame, stage.world, (0.026, 0.013, 0.0075), bristles=4, variety=0.10)
    soft = blurred(relief, 0.0007 / frame.pixel)
    slope = np.zeros_like(soft)
    slope[1:, 1:] = (soft[1:, 1:] - soft[:-1, 1:]) * np.float32(0.7) + (soft[1:, 1:] - soft[1:, :-1]) * np.float32(0.7)
    return np.asarray(
        np.clip(painted * (1 + slope * np.float32(0.22))[None] + slope[None] * np.float32(0.02), 0, 1), np.float32
    )


def gouache(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """Flat opaque shapes, visible dry brush, matte colour."""
    flat = _simplified(canvas, frame, 0.008)
    light = _light(flat)
    dry = stage.world.fbm("dry", frame, 0.022, stretch=3.2, octaves=4, gain=0.65) - np.float32(0.5)
    steps = 10.0
    level = np.clip(light, 0, 1) * steps + dry * np.float32(1.1)
    stepped = (np.floor(level) + smooth(0.7, 1.0, level - np.floor(level))) / steps
    flat = flat * np.clip((0.35 * light + 0.65 * stepped + 0.03) / (light + 0.03), 0.7, 1.4)[None]
    painted, relief = brushed(flat, frame, stage.world, (0.017, 0.008), bristles=2, variety=0.03, length=4.5)
    detail = smooth(0.02, 0.09, np.abs(_light(flat) - blurred(_light(flat), 0.006 / frame.pixel)))
    out = painted + (flat - painted) * (0.42 + 0.55 * detail)[None]
    tooth = _paper(frame, stage, 0.006)
    out = out * (1 + (relief - 0.5) * np.float32(0.06) + tooth * np.float32(0.10))[None]
    out = _saturated(out, 1.10)
    return np.asarray(np.clip(out * np.float32(0.94) + np.float32(0.045), 0, 1), np.float32)


def woodblock(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """Few flat inks, a key block of dark lines, grain of the plank, warm paper."""
    flat = _simplified(canvas, frame, 0.010)
    light = _light(flat)
    around = blurred(light, 0.16 / frame.pixel)
    flat = flat * np.clip((light + (light - around) * np.float32(0.55) + 0.02) / (light + 0.02), 0.5, 1.5)[None]
    light = _light(flat)
    # skies keep their hand-wiped gradation, forms become flat shapes
    busy = _busy(light, frame)
    steps = 5.0
    level = np.clip(light * 1.05, 0, 1) * steps
    stepped = (np.floor(level) + smooth(0.86, 1.0, level - np.floor(level)) + np.float32(0.25)) / steps
    stepped = light + (stepped - light) * (0.18 + 0.82 * busy)
    flat = _saturated(flat * np.clip((stepped + 0.02) / (light + 0.02), 0.4, 2.0)[None], 1.3)
    plank = stage.world.fbm("plank", frame, 0.010, stretch=22.0, octaves=3, gain=0.7) - np.float32(0.5)
    flat = flat * (1 + plank * np.float32(0.20))[None]
    paper = np.array([0.955, 0.91, 0.81], np.float32)
    inks = [np.sqrt(hexadecimal(c)) for c in ("#14213f", "#1f4a78", "#6f9fb4", "#d9dcc4", "#f6ead0")]
    graded = ramp(np.clip(_light(flat), 0, 1), inks)
    warm = smooth(0.02, 0.22, flat[0] - flat[2])
    flat = flat + (graded - flat) * (0.62 - 0.34 * warm)[None]
    out = (flat * np.float32(0.90) + np.float32(0.10)) * paper[:, None, None]
    fine = _shifted(np.stack([stepped] * 3), frame, plank * np.float32(0.002), plank * np.float32(0.002))[0]
    lines = smooth(0.014, 0.05, blurred(fine, 0.0032 / frame.pixel) - blurred(fine, 0.0009 / frame.pixel))
    lines = np.maximum(lines, _outlines(_simplified(canvas, frame, 0.006), frame, 0.0012) * np.float32(0.85))
    key = np.array([0.10, 0.11, 0.20], np.float32)
    out += (key[:, None, None] - out) * (lines * np.float32(0.82))[None]
    return np.asarray(np.clip(out + _paper(frame, stage)[None] * np.float32(0.03), 0, 1), np.float32)


def sumi(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """Ink wash: tone laid in a few wet layers, dry edges, much paper."""
    world = stage.world
    half = frame.coarse(2)
    wobble = [
        resized(world.fbm(f"brush{k}", half, 0.06, octaves=4, gain=0.6) - np.float32(0.5), frame.width, frame.height)
        for k in range(2)
    ]
    base = _shifted(
        _simplified(canvas, frame, 0.009), frame, wobble[0] * np.float32(0.02), wobble[1] * np.float32(0.02)
    )
    light = _light(base)
    level = blurred(light, 0.22 / frame.pixel)
    local = np.clip(0.60 + (light - level) * np.float32(1.25) + (level - np.float32(0.45)) * np.float32(0.45), 0, 1)
    wet = resized(world.fbm("wet", half, 0.3, octaves=5, gain=0.6), frame.width, frame.height)
    ink = np.clip(1 - local, 0, 1) ** 1.25
    steps = 6.0
    tiers = ink * steps + (wet - 0.5) * np.float32(1.6)
    tier = np.clip(np.floor(tiers) + smooth(0.65, 1.0, tiers - np.floor(tiers)), 0, steps) / steps
    ink = np.float32(0.35) * ink + np.float32(0.65) * tier
    edge = np.clip(blurred(light, 0.005 / frame.pixel) - light, 0, 1) * np.float32(3.4)
    tooth = _paper(frame, stage)
    dry = smooth(
        0.40, 0.56, world.fbm("dryink", frame, 0.012, stretch=5.0, octaves=3, gain=0.7) + ink * np.float32(0.35)
    )
    dry = 1 - (1 - dry) * smooth(0.25, 0.6, ink)
    ink = np.clip(ink * (0.55 + 0.9 * wet) * (0.6 + 0.4 * dry) * (1 + tooth * 0.6) + edge, 0, 1)
    paper = (
        np.array([0.955, 0.938, 0.895], np.float32)
        if stage.palette.night < 0.5
        else np.array([0.90, 0.885, 0.85], np.float32)
    )
    black = np.array([0.075, 0.08, 0.10], np.float32)
    tint = _saturated(base, 1.0)
    out = np.empty_like(canvas)
    for i in range(3):
        out[i] = paper[i] + (black[i] - paper[i]) * ink
        out[i] += (tint[i] - light) * np.float32(0.16) * (0.3 + ink)
        out[i] += tooth * np.float32(0.035)
    return np.asarray(np.clip(out, 0, 1), np.float32)


def pencil(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """Graphite: hatching that thickens in the darks, contour lines, toothed paper."""
    light = blurred(_light(canvas), 0.0022 / frame.pixel)
    level = blurred(light, 0.25 / frame.pixel)
    low, high = (float(v) for v in np.percentile(light[::8, ::8], (2, 98)))
    spread = np.clip((light - low) / max(high - low, 0.12), 0, 1)
    tone = np.clip(0.27 + 0.66 * np.power(spread, 0.75) + (light - level) * np.float32(1.1), 0, 1)
    tooth = _paper(frame, stage, 0.005)
    wave = stage.world.fbm("hand", frame, 0.14, octaves=3) - np.float32(0.5)
    dark = np.zeros_like(tone)
    period = 0.0062
    for angle, start in ((0.75, 0.86), (0.55, 0.62), (2.25, 0.45), (0.08, 0.28)):
        along = frame.x * np.float32(np.cos(angle)) + frame.y * np.float32(np.sin(angle)) + wave * np.float32(0.030)
        lines = 0.5 + 0.5 * np.sin(along * np.float32(2 * np.pi / period))
        force = np.clip((start - tone) * np.float32(2.4), 0, 1)
        dark = np.maximum(dark, smooth(1.0, 0.35, lines + (1 - force)) * (0.35 + 0.5 * force))
    dark = np.clip(dark * np.float32(0.8) + np.clip(0.92 - tone, 0, 1) * np.float32(0.42), 0, 1) * (
        0.85 + tooth * np.float32(1.0)
    )
    drawn = _light(_simplified(canvas, frame, 0.004))
    fine = smooth(0.006, 0.03, blurred(drawn, 0.0030 / frame.pixel) - blurred(drawn, 0.0009 / frame.pixel))
    line = np.clip(fine * np.float32(0.85), 0, 1)
    dark = np.clip(np.maximum(dark, line * (0.8 + tooth)), 0, 0.93)
    paper = np.array([0.965, 0.955, 0.93], np.float32)
    lead = np.array([0.17, 0.17, 0.19], np.float32)
    out = np.stack([paper[i] + (lead[i] - paper[i]) * dark + tooth * np.float32(0.03) for i in range(3)])
    return np.asarray(np.clip(out, 0, 1), np.float32)


def pixel_art(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """Big square pixels, few levels, ordered dither."""
    cell = 1 / 136
    columns = max(8, round((frame.right - frame.left) / cell))
    rows = max(8, round((frame.bottom - frame.top) / cell))
    small = from_image(to_image(canvas).resize((columns, rows), Image.Resampling.BOX))
    small = _saturated(np.clip((small - 0.5) * 1.12 + 0.5, 0, 1).astype(np.float32), 1.25)
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - 0.47
    pattern = np.tile(bayer, (rows // 4 + 1, columns // 4 + 1))[:rows, :columns]
    levels = 8.0
    small = np.clip(np.floor(small * levels + 0.5 + pattern[None] * 0.5) / levels, 0, 1).astype(np.float32)
    big = to_image(small).resize((frame.width, frame.height), Image.Resampling.NEAREST)
    return from_image(big)


def photo(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """A lens and film: softer foreground, slight colour split of light and shade."""
    light = _light(canvas)
    warm, cool = np.clip(light - 0.45, 0, 1), np.clip(0.45 - light, 0, 1)
    out = canvas.copy()
    out[0] += warm * np.float32(0.045) - cool * np.float32(0.03)
    out[2] += cool * np.float32(0.05) - warm * np.float32(0.045)
    return np.asarray(np.clip(out, 0, 1), np.float32)


def minimal(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """Large quiet shapes in few clean tones."""
    flat = _simplified(canvas, frame, 0.022)
    flat = np.stack([blurred(p, 0.004 / frame.pixel) for p in flat])
    light = _light(flat)
    steps = 5.0
    level = np.clip(light, 0, 1) * steps
    width = max(0.05, 0.02 * 0.001 / frame.pixel)
    stepped = (np.floor(level) + smooth(1 - width * 2, 1.0, level - np.floor(level)) + np.float32(0.5)) / (steps + 0.5)
    flat = flat * np.clip((stepped + 0.02) / (light + 0.02), 0.5, 1.8)[None]
    out = np.float32(0.80) * _saturated(flat, 0.95) + np.float32(0.16)
    return np.asarray(np.clip(out + grain(frame)[None] * np.float32(0.006), 0, 1), np.float32)


def neon(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """Night colours between magenta and cyan with glowing lights."""
    light = _light(canvas)
    tones = [np.sqrt(hexadecimal(c)) for c in ("#06021a", "#2a0a5e", "#8a1aa8", "#ff3fa4", "#ffb8e8")]
    graded = ramp(np.clip(light * 1.05, 0, 1), tones)
    out = canvas * np.float32(0.48) + graded * np.float32(0.52)
    cool = smooth(0.35, 0.75, canvas[2] - canvas[0] * np.float32(0.6))
    out += (np.array([0.10, 0.85, 0.95], np.float32)[:, None, None] * (0.25 + light)[None] - out) * (
        cool * np.float32(0.45)
    )[None]
    for i in range(3):
        out[i] += blurred(np.clip(out[i] - np.float32(0.55), 0, 1), 0.018 / frame.pixel) * np.float32(0.55)
    out = _saturated(out, 1.22)
    return np.asarray(np.clip(np.clip(out, 0, 1) * 1.03 - 0.02, 0, 1), np.float32)


def vintage(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """An old print: lifted blacks, yellowed whites, grain, uneven fade."""
    out = _saturated(canvas, 0.66)
    stain = resized(
        stage.world.fbm("stain", frame.coarse(4), 0.5, octaves=4) - np.float32(0.5), frame.width, frame.height
    )
    fade = np.array([1.02, 0.945, 0.78], np.float32), np.array([0.115, 0.085, 0.085], np.float32)
    for i in range(3):
        out[i] = fade[1][i] + out[i] * (fade[0][i] - fade[1][i]) * (1 + stain * np.float32(0.14))
    specks = smooth(0.80, 0.86, stage.world.fbm("dust", frame, 0.012, octaves=2, gain=0.5)) * np.float32(0.25)
    out += (grain(frame) * np.float32(0.034) + specks)[None]
    return np.asarray(np.clip(out, 0, 1), np.float32)


def mono(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    light = np.clip((_light(canvas) - 0.5) * 1.18 + 0.5, 0, 1).astype(np.float32)
    return np.stack([light] * 3)


def pastel(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """Chalk: pale colour, soft light, grain of the paper."""
    soft = np.stack([p * np.float32(0.6) + blurred(p, 0.012 / frame.pixel) * np.float32(0.4) for p in canvas])
    tooth = _paper(frame, stage, 0.006)
    out = np.float32(0.36) + _saturated(soft, 0.92) * np.float32(0.64)
    out[0] += 0.02
    return np.asarray(np.clip(out + tooth[None] * np.float32(0.09), 0, 1), np.float32)


def poster(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """Cel shading: few clean steps, bright colour, thin lines."""
    flat = _simplified(canvas, frame, 0.007)
    light = _light(flat)
    steps = 7.0
    level = np.clip(light, 0, 1) * steps
    stepped = (np.floor(level) + smooth(0.8, 1.0, level - np.floor(level)) + np.float32(0.35)) / steps
    flat = _saturated(flat * np.clip((stepped + 0.02) / (light + 0.02), 0.6, 1.6)[None], 1.32)
    lines = _outlines(flat, frame, 0.0012) * np.float32(0.5)
    return np.asarray(np.clip(flat * (1 - lines)[None], 0, 1), np.float32)


def mosaic(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """Faceted panes: each takes the colour under its centre."""
    half = frame.coarse(2)
    cell = 0.034
    x, y, values = stage.world.grid("panes", half, cell, 1)
    nx = int(np.floor(half.right / cell)) + 2 - (int(np.floor(half.left / cell)) - 1)
    left, top = (int(np.floor(half.left / cell)) - 1), (int(np.floor(half.top / cell)) - 1)
    column = np.floor(half.xs / np.float32(cell)).astype(np.int32) - left
    row = np.floor(half.ys / np.float32(cell)).astype(np.int32) - top
    best = np.full((half.height, half.width), 9.0, np.float32)
    second = best.copy()
    owner = np.zeros((half.height, half.width), np.int32)
    for oy in (-1, 0, 1):
        for ox in (-1, 0, 1):
            candidate = np.clip((row[:, None] + oy) * nx + (column[None, :] + ox), 0, len(x) - 1)
            far = np.abs(x[candidate] - half.x) + np.abs(y[candidate] - half.y)
            nearer = far < best
            second = np.where(nearer, best, np.minimum(second, far))
            owner = np.where(nearer, candidate, owner)
            best = np.minimum(best, far)
    at_c = np.clip((x - frame.left) / (frame.right - frame.left) * frame.width, 0, frame.width - 1).astype(int)
    at_r = np.clip((y - frame.top) / frame.pixel, 0, frame.height - 1).astype(int)
    soft = np.stack([blurred(p, 0.008 / frame.pixel) for p in canvas])
    tones = soft[:, at_r, at_c] * (0.90 + 0.2 * values[:, 0])[None]
    size = (frame.width, frame.height)
    big = np.asarray(Image.fromarray(owner).resize(size, Image.Resampling.NEAREST), np.int32)
    seam = resized(smooth(0.0045, 0.0012, second - best), *size)
    out = _saturated(tones[:, big].astype(np.float32), 1.2) * (1 - seam * np.float32(0.55))[None]
    return np.asarray(np.clip(out, 0, 1), np.float32)


_STYLES: dict[str, Style] = {
    "photo": photo,
    "watercolour": watercolour,
    "oil": oil,
    "gouache": gouache,
    "woodblock": woodblock,
    "sumi": sumi,
    "pencil": pencil,
    "poster": poster,
    "minimal": minimal,
    "mosaic": mosaic,
    "pastel": pastel,
    "neon": neon,
    "mono": mono,
    "vintage": vintage,
    "pixel": pixel_art,
}
_MEDIA = ("watercolour", "oil", "gouache", "woodblock", "sumi", "pencil", "poster", "minimal", "mosaic", "pixel")


def apply_styles(canvas: Canvas, frame: Frame, stage: Stage, recipe: Recipe) -> Canvas:
    """The first medium named, then the treatments; high ``stylize`` without a medium turns painterly."""
    asked = list(stage.intent.styles)
    if stage.intent.wants("ink"):
        asked = [style for style in asked if style not in ("watercolour", "sumi")]
    media = [style for style in asked if style in _MEDIA][:1]
    if not media and "photo" not in asked and recipe.stylize >= 500 and not recipe.raw:
        media = ["oil"] if recipe.stylize >= 800 else ["gouache"]
    chosen = set(media) | {style for style in asked if style not in _MEDIA}
    for name, style in _STYLES.items():
        if name in chosen:
            canvas = style(canvas, frame, stage)
    return canvas

"""Meadows full of flowers, and flowers seen close."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ..colour import Colour, add_light, blurred, cover, hexadecimal, lerp, resized, smooth
from ..frame import Canvas, Frame
from ..plants import bloom, treeline
from ..sky import distance_to, paint_sky
from ..staging import Stage
from ..terrain import below, crest, exposed, paint_hill, paint_mountain, rolling
from .setting import Setting

_FLOWER_SETS = (
    ("#e8452c", "#f6d24a", "#f4f0e4", "#7a6ad8"),
    ("#c86ad0", "#f29ac0", "#f8f0f0", "#8a7bff"),
    ("#ffc83a", "#ff8a2e", "#fff4d0", "#d8402c"),
    ("#5a78e0", "#f4f4ff", "#e86a8a", "#f6c84a"),
)


def petal_colours(stage: Stage) -> list[Colour]:
    for thing in ("flower", "meadow"):
        named = stage.colour_of(thing)
        if named is not None:
            return [named, lerp(named, np.ones(3, np.float32), 0.3), lerp(named, hexadecimal("#fff0e0"), 0.6), named]
    if stage.intent.colours:
        given = [hexadecimal(c) for c in stage.intent.colours]
        return [given[i % len(given)] for i in range(3)] + [lerp(given[0], np.ones(3, np.float32), 0.5)]
    return [hexadecimal(c) for c in _FLOWER_SETS[stage.variant]]


class _Tufts:
    """Flowers and grass pasted by Pillow: colour, and coverage."""

    def __init__(self, width: int, height: int) -> None:
        self.colour = Image.new("RGB", (width, height))
        self.mask = Image.new("L", (width, height), 0)

    def laid_over(self, canvas: Canvas, blur: float) -> None:
        colour, mask = self.colour, self.mask
        pixels = np.square(np.asarray(colour, np.float32) * np.float32(1 / 255))
        weight = np.asarray(mask, np.float32) * np.float32(1 / 255)
        if blur > 0.7:
            soft = blurred(weight, blur)
            for i in range(3):
                plane = blurred(np.ascontiguousarray(pixels[..., i]) * weight, blur)
                canvas[i] += plane - canvas[i] * soft
            return
        for i in range(3):
            canvas[i] += (pixels[..., i] - canvas[i]) * weight


def _byte(colour: Colour, light: float = 1.0) -> tuple[int, int, int]:
    shown = np.sqrt(np.clip(colour * np.float32(light), 0, 1)) * 255
    return int(shown[0]), int(shown[1]), int(shown[2])


def _paste_bloom(
    tufts: _Tufts, kind: int, turn: int, x: float, y: float, size: float, colour: Colour, light: Colour
) -> None:
    sprite, heart = bloom(kind, turn)
    side = max(3, round(size * 2))
    alpha = sprite.alpha.resize((side, side), Image.Resampling.BOX if side < 90 else Image.Resampling.BILINEAR)
    shade = np.asarray(sprite.shade.resize((side, side), Image.Resampling.BILINEAR), np.float32) / 255
    core = np.asarray(Image.fromarray(heart).resize((side, side), Image.Resampling.BILINEAR), np.float32)
    middle = hexadecimal("#e8b030") if kind != 1 else hexadecimal("#2a1a10")
    tone = np.clip(shade * 1.35, 0, 1.6)[..., None] * (colour * light)[None, None, :]
    tone = tone + 0.10 * np.square(shade)[..., None]
    tone = tone + ((shade * 1.5)[..., None] * (middle * light)[None, None, :] - tone) * core[..., None]
    image = Image.fromarray((np.sqrt(np.clip(tone, 0, 1)) * 255).astype(np.uint8))
    at = (round(x - side / 2), round(y - side / 2))
    tufts.colour.paste(image, at, alpha)
    tufts.mask.paste(255, at, alpha)


def paint_meadow(frame: Frame, stage: Stage) -> Setting:
    """A field of flowers to the hills: specks far off, heads and blades close by."""
    horizon = stage.horizon(0.42)
    canvas = paint_sky(frame, stage, horizon + 0.05)
    palette = stage.palette
    if stage.intent.wants("mountain") or stage.variant in (0, 3):
        far = crest(stage, "farrange", frame.xs, horizon + 0.04, 0.17, 0.55)
        paint_mountain(canvas, frame, stage, "farrange", far, horizon + 0.1, 0.2, snow=0.5)
    green = hexadecimal(("#7c9a44", "#6f9450", "#8a9a3c", "#5f8c52")[stage.variant])
    if stage.intent.season == "autumn":
        green = hexadecimal("#b08a3c")
    for number, depth in enumerate((0.3, 0.45)):
        top = rolling(stage, f"back{number}", frame.xs, horizon + 0.05 + 0.04 * number, 0.09, 0.6)
        trees = treeline(stage, f"copse{number}", frame.xs, 0.035 + 0.012 * number, pointed=False)
        trees = trees * smooth(0.44, 0.54, stage.world.line(f"copserow{number}", frame.xs, 0.4, octaves=2))
        leaf = lerp(lerp(palette.near, green * palette.lit, 0.35), palette.haze, 0.6 - 0.25 * number)
        first, last = exposed(frame, top - trees, top + 0.01)
        part = frame.rows(first, last)
        cover(canvas[:, first:last], leaf, below(part, top - trees))
        paint_hill(canvas, frame, stage, f"back{number}", top, horizon + 0.2, depth, green)
    field_top = rolling(stage, "field", frame.xs, horizon + 0.10, 0.05, 0.9)
    paint_hill(
        canvas, frame, stage, "field", field_top, float(frame.bottom), 0.82, green * np.float32(0.8), grain=0.016
    )
    field = float(field_top.mean())
    _paint_specks(canvas, frame, stage, field)
    _paint_near_flowers(canvas, frame, stage, field)
    if stage.time in ("golden", "dusk", "dawn"):
        coarse = frame.coarse(4)
        glow = np.exp(-distance_to(coarse, stage.sun_x, horizon) * np.float32(2.6)) * np.float32(0.22)
        add_light(canvas, palette.sun, resized(glow, frame.width, frame.height))
    return Setting(canvas, horizon, "land", horizon + 0.28, 0.10)


def _light(stage: Stage) -> Colour:
    return np.asarray(
        lerp(stage.palette.lit, np.ones(3, np.float32), 0.3) * np.float32(1.12 - 0.65 * stage.palette.night), np.float32
    )


def _paint_specks(canvas: Canvas, frame: Frame, stage: Stage, top: float) -> None:
    """Far flowers as coloured dots, in drifts of one kind."""
    light = _light(stage)
    for band in range(5):
        low = top + 0.012 + 0.46 * (band / 5) ** 1.6
        high = top + 0.05 + 0.46 * ((band + 1) / 5) ** 1.6
        first, last = frame.row(low), frame.row(high)
        if last - first < 2:
            continue
        part = frame.rows(first, last)
        size = 0.0035 + 0.0105 * (band / 4) ** 1.4
        fade = np.clip(np.minimum(part.y - low, high - part.y) / np.float32(0.25 * (high - low)), 0, 1)
        for kind, colour in enumerate(petal_colours(stage)):
            dots = stage.world.fbm(f"specks{band}{kind}", part, size, stretch=1.35, octaves=1, detail=True)
            drift = stage.world.fbm(f"drift{kind}", part, 0.18 + 0.05 * band, stretch=2.6, octaves=3)
            limit = 0.90 - 0.34 * smooth(0.42, 0.62, drift)
            amount = np.clip((dots - limit) * np.float32(7), 0, 1) * fade
            veil = 0.30 * (1 - band / 4)
            tone = lerp((colour * light).astype(np.float32), stage.palette.haze, veil)
            cover(canvas[:, first:last], tone * np.float32(0.95), amount * np.float32(0.9))


def _paint_near_flowers(canvas: Canvas, frame: Frame, stage: Stage, top: float) -> None:
    light = _light(stage)
    petals = petal_colours(stage)
    green = lerp(hexadecimal("#4f7a30"), hexadecimal("#8a9a40"), 0.3) * light
    for layer, blur in ((0, 0.0), (1, 0.0), (2, 0.0), (3, 0.0065)):
        tufts = _Tufts(frame.width, frame.height)
        draw, on_mask = ImageDraw.Draw(tufts.colour), ImageDraw.Draw(tufts.mask)
        ground = (top + 0.30, top + 0.44, top + 0.60, 1.10)[layer]
        reach = (0.10, 0.17, 0.27, 0.42)[layer]
        cell = (0.0055, 0.0072, 0.0105, 0.05)[layer]
        blades = stage.world.cells(f"blades{layer}", frame.left - 0.1, frame.right + 0.1, cell, 5, detail=True)
        for start, r in zip(blades.starts, blades.values, strict=True):
            x = frame.column(float(start) + float(r[0]) * cell)
            foot = (ground + 0.08 * float(r[1]) - frame.top) / frame.pixel
            length = reach * (0.30 + 0.65 * float(r[2])) / frame.pixel
            lean = (float(r[3]) - 0.45) * length * 0.55
            wide = max(1.0, length * 0.022)
            points = [
                (x - wide, foot),
                (x + lean * 0.35, foot - length * 0.6),
                (x + lean, foot - length),
                (x + lean * 0.35 + wide, foot - length * 0.58),
                (x + wide, foot),
            ]
            draw.polygon(points, fill=_byte(green, 0.35 + 0.75 * float(r[4])))
            on_mask.polygon(points, fill=255)
        spacing = (0.020, 0.030, 0.055, 0.19)[layer]
        heads = stage.world.cells(f"heads{layer}", frame.left - 0.2, frame.right + 0.2, spacing, 8)
        drift = stage.world.line(f"headdrift{layer}", heads.starts, 0.3, octaves=2)
        for i, (start, r) in enumerate(zip(heads.starts, heads.values, strict=True)):
            if r[0] < 0.25:
                continue
            x = frame.column(float(start) + float(r[1]) * spacing)
            stem = reach * (0.45 + 0.65 * float(r[2])) / frame.pixel
            foot = (ground + 0.05 * float(r[3]) - frame.top) / frame.pixel
            lean = (float(r[4]) - 0.5) * stem * 0.35
            draw.line(
                [(x, foot), (x + lean * 0.4, foot - stem * 0.55), (x + lean, foot - stem)],
                fill=_byte(green, 0.7),
                width=max(1, round(stem * 0.018)),
            )
            on_mask.line(
                [(x, foot), (x + lean * 0.4, foot - stem * 0.55), (x + lean, foot - stem)],
                fill=255,
                width=max(1, round(stem * 0.018)),
            )
            size = (0.009, 0.014, 0.024, 0.055)[layer] * (0.7 + 0.6 * float(r[5])) / frame.pixel
            family = int(np.clip((drift[i] - 0.25) * 2 * 4, 0, 3))
            family = family if r[6] < 0.7 else int(r[6] * 1000) % 4
            _paste_bloom(tufts, family % 5, int(r[7] * 8), x + lean, foot - stem, size, petals[family], light)
        if layer == 3:
            tufts.mask = tufts.mask.filter(ImageFilter.GaussianBlur(0.5))
        tufts.laid_over(canvas, blur / frame.pixel)


def paint_flowers(frame: Frame, stage: Stage) -> Setting:
    """Flower heads against an unsharp garden."""
    palette, world = stage.palette, stage.world
    rng = stage.rng("flowers")
    coarse = frame.coarse(4)
    dark = hexadecimal(("#0d1a16", "#1a2a20", "#14202a", "#22281a")[stage.variant])
    light_tone = lerp(hexadecimal(("#7f9f6a", "#a8b878", "#7f9fb0", "#c8b878")[stage.variant]), palette.lit, 0.35)
    blend = np.clip(1.05 - coarse.y * 0.9 + 1.3 * (world.fbm("garden", coarse, 0.4, octaves=3) - 0.5), 0, 1)
    if palette.night > 0.5:
        light_tone = light_tone * np.float32(0.2)
    base = np.stack([dark[i] + (light_tone[i] - dark[i]) * blend for i in range(3)])
    petals = petal_colours(stage)
    x, y, values = world.grid("bokeh", coarse, 0.16, 4)
    for px, py, r in zip(x, y, values, strict=True):
        radius = 0.016 + 0.05 * float(r[0])
        far = distance_to(coarse, float(px), float(py))
        disc = smooth(radius, radius * 0.82, far) * np.float32(0.26) + np.exp(
            -np.square((far - radius * 0.92) / (radius * 0.10))
        ) * np.float32(0.10)
        tone = petals[int(r[1] * 4) % 4] if r[2] < 0.55 else palette.sun
        add_light(base, tone, disc * np.float32(0.25 + 0.75 * float(r[3])) * np.float32(1 - 0.5 * palette.night))
    canvas = np.stack([resized(plane, frame.width, frame.height) for plane in base])
    light = _light(stage)
    counts = ((0.13, 0.012), (0.17, 0.0045), (0.25, 0.0))
    kind = int(rng.integers(0, 5))
    lift = (0.0, 0.06, -0.06, 0.03)[stage.variant]
    for layer, (spacing, blur) in enumerate(counts):
        _flower_layer(canvas, frame, stage, layer, spacing, blur, kind, petals, light, lift)
    return Setting(canvas, 0.3, "land", 0.95, 0.5)


def _flower_layer(
    canvas: Canvas,
    frame: Frame,
    stage: Stage,
    layer: int,
    spacing: float,
    blur: float,
    kind: int,
    petals: list[Colour],
    light: Colour,
    lift: float,
) -> None:
    tufts = _Tufts(frame.width, frame.height)
    draw, on_mask = ImageDraw.Draw(tufts.colour), ImageDraw.Draw(tufts.mask)
    cells = stage.world.cells(f"stems{layer}", frame.left - 0.3, frame.right + 0.3, spacing, 12)
    scale = (0.60, 0.8, 1.0)[layer]
    green = lerp(hexadecimal("#2f5a34"), hexadecimal("#5a7a3a"), layer / 2) * light * np.float32(0.6 + 0.2 * layer)

    def pixel(x: float, y: float) -> tuple[float, float]:
        return frame.column(x), (y - frame.top) / frame.pixel

    for start, r in zip(cells.starts, cells.values, strict=True):
        x = float(start) + (0.15 + 0.7 * float(r[0])) * spacing
        top = 0.26 + 0.40 * float(r[1]) + lift + (0.04 if layer == 2 else -0.02)
        lean = (float(r[2]) - 0.5) * 0.24
        t = np.linspace(0, 1, 18)
        sx = x + lean * t**1.6 + 0.012 * np.sin(t * 5 + 6 * float(r[3]))
        sy = 1.08 + (top - 1.08) * t
        wide = max(1, round(0.0052 * scale / frame.pixel))
        line = [pixel(float(a), float(b)) for a, b in zip(sx, sy, strict=True)]
        draw.line(line, fill=_byte(green, 0.85), width=wide, joint="curve")
        on_mask.line(line, fill=255, width=wide, joint="curve")
        for leaf in range(4):
            at = 2 + int((leaf + float(r[4])) * 3.2)
            side = 1 if (leaf + int(r[5] * 10)) % 2 else -1
            length = (0.07 + 0.09 * float(r[6])) * scale
            q = np.linspace(0, 1, 14)
            angle = -np.pi / 2 + side * (0.75 + 0.25 * float(r[7])) + side * q * 0.7
            lx, ly = sx[at] + np.cumsum(np.cos(angle)) * length / 14, sy[at] + np.cumsum(np.sin(angle)) * length / 14
            half = np.sin(q * np.pi) ** 0.8 * length * 0.14
            nx, ny = -np.sin(angle) * half, np.cos(angle) * half
            upper = [pixel(float(a), float(b)) for a, b in zip(lx + nx, ly + ny, strict=True)]
            middle = [pixel(float(a), float(b)) for a, b in zip(lx, ly, strict=True)]
            lower = [pixel(float(a), float(b)) for a, b in zip(lx - nx, ly - ny, strict=True)]
            on_mask.polygon(upper + lower[::-1], fill=255)
            draw.polygon(upper + middle[::-1], fill=_byte(green, 0.8 + 0.2 * leaf / 4))
            draw.polygon(middle + lower[::-1], fill=_byte(green, 1.25))
        size = (0.060 + 0.045 * float(r[8])) * scale / frame.pixel
        hx, hy = pixel(float(sx[-1]), float(sy[-1]))
        _paste_bloom(tufts, kind, int(r[9] * 8), hx, hy, size, petals[int(r[10] * 2.6)], light)
    tufts.laid_over(canvas, blur / frame.pixel)

"""Light and colour of a time of day, steered by the colours a prompt names."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .colour import Colour, hexadecimal, lerp, rotated, tinted


@dataclass(frozen=True)
class Palette:
    """``sky`` runs from the zenith to the horizon; ``haze`` is distance, ``near`` the darkest foreground,
    ``sun`` the disc and its glow, ``lit`` and ``ground`` multiply surfaces in light and in shade. ``night`` 0..1."""

    sky: tuple[Colour, ...]
    haze: Colour
    near: Colour
    sun: Colour
    lit: Colour
    shade: Colour
    night: float

    def mapped(self, change: dict[str, float], colour: Colour) -> Palette:
        """Move the named parts toward a colour by the given amounts."""
        sky = self.sky
        if amount := change.get("sky", 0.0):
            count = len(sky)
            sky = tuple(tinted(c, colour, amount * (1 - 0.45 * i / (count - 1))) for i, c in enumerate(sky))
        return replace(
            self,
            sky=sky,
            haze=tinted(self.haze, colour, change.get("haze", 0.0)),
            near=tinted(self.near, colour, change.get("near", 0.0)),
            lit=tinted(self.lit, colour, change.get("lit", 0.0)),
            shade=tinted(self.shade, colour, change.get("shade", 0.0)),
        )

    def turned(self, turn: float) -> Palette:
        return Palette(
            tuple(rotated(c, turn) for c in self.sky),
            rotated(self.haze, turn),
            rotated(self.near, turn),
            rotated(self.sun, turn * 0.4),
            rotated(self.lit, turn * 0.5),
            rotated(self.shade, turn),
            self.night,
        )


def _palette(sky: str, haze: str, near: str, sun: str, lit: str, shade: str, night: float = 0.0) -> Palette:
    return Palette(
        tuple(hexadecimal(c) for c in sky.split()),
        hexadecimal(haze),
        hexadecimal(near),
        hexadecimal(sun),
        hexadecimal(lit),
        hexadecimal(shade),
        night,
    )


PALETTES: dict[str, tuple[Palette, ...]] = {
    "dawn": (
        _palette("#3f6f9f #8fb4cf #f3d9c4 #ffe9cf", "#e3d2d2", "#173247", "#fff3d8", "#ffe2c0", "#5d7a96"),
        _palette("#5b6aa0 #b29bc4 #f2b9ae #ffdcb0", "#e9c2b4", "#2a2c4c", "#fff0cf", "#ffd2a8", "#6d6a94"),
        _palette("#4d8a9c #a5cfc6 #f0e2b8 #fff0c8", "#d8dcc0", "#183a3c", "#fff6d2", "#fdeabc", "#5f8a8a"),
        _palette("#6b7fae #c7b8d4 #f6cbc6 #ffe3d2", "#ecd3d2", "#2c3352", "#fff0e0", "#ffdccb", "#7a80a4"),
    ),
    "noon": (
        _palette("#2c6cb4 #5b9ad2 #a3cbe6 #dcebee", "#c0d7e4", "#1b3a4a", "#fffbea", "#fff6df", "#5e7fa0"),
        _palette("#3a7fae #7db5cf #bfdde0 #eef0df", "#cbdcda", "#23423c", "#fff9e0", "#fff2d0", "#64889a"),
        _palette("#2459a0 #4a8cd0 #94c4ea #e4f0f4", "#b4d2e8", "#1a3350", "#fffdf2", "#fffaec", "#54749c"),
        _palette("#5a86a8 #94b7c8 #ccdad8 #f2ecdc", "#d4dcd8", "#2c4044", "#fff8e4", "#fdf0d8", "#708a98"),
    ),
    "golden": (
        _palette("#5a7fa8 #b9b4a8 #f4cf8e #ffe3a0", "#f0cf94", "#3a2a18", "#fff2c0", "#ffd68a", "#7a6a5a"),
        _palette("#6a7ca0 #d0a890 #f6b868 #ffdc8c", "#eebc80", "#38221a", "#ffeeb4", "#ffc874", "#80604e"),
        _palette("#4a88a0 #a8bfa4 #ecd68a #fff0b0", "#dfd29a", "#25301c", "#fff6c8", "#ffe294", "#6a7a5a"),
        _palette("#7a6a94 #c89a98 #f8b880 #ffe0a4", "#f0c09a", "#3c2228", "#fff0c4", "#ffcc8a", "#846068"),
    ),
    "dusk": (
        _palette("#1c2450 #5a4a8a #c86a86 #ffae7a #ffdca8", "#e99a84", "#150f2b", "#fff0cc", "#ffb486", "#4a3a6a"),
        _palette("#553a63 #b0627f #f2a08a #ffd6ac", "#f0ae98", "#2b1530", "#fff0d0", "#ffb894", "#6a4468"),
        _palette("#16324e #3a6a82 #c08a70 #ffb45c #ffdc94", "#d89a70", "#0e1c28", "#fff0c0", "#ffb870", "#3c5064"),
        _palette("#2a1a4a #742a6a #d8486a #ff7a50 #ffc476", "#d86a60", "#1c0c24", "#ffe8b4", "#ff9466", "#542a5a"),
    ),
    "blue": (
        _palette("#0c1a3c #1f3f78 #4a78ac #a8bccc #e8cdb4", "#7f9cbc", "#060e20", "#fff0d4", "#a8c0e0", "#223a64"),
        _palette("#101a44 #2c3c80 #6a6aa8 #b496b4 #ecc0b0", "#8a84b0", "#0a0c24", "#ffe8d4", "#b4b0dc", "#2c3464"),
        _palette("#082030 #14485e #3a8290 #9cc0b8 #eadfc0", "#6ea4a8", "#04121a", "#fff4d8", "#a4d0d0", "#1a4858"),
        _palette("#141a34 #304468 #6a82a0 #b0b8c0 #e0d0c4", "#8c9cb0", "#0a101c", "#fff0e0", "#b8c8dc", "#303f5c"),
    ),
    "night": (
        _palette("#03050f #0a1432 #1a3264 #34588c", "#38588c", "#02040c", "#e8f0ff", "#7c9cd0", "#122448", 1.0),
        _palette("#050414 #150f3a #33286a #5c4a8c", "#4c4484", "#050310", "#f4ecff", "#9a90d4", "#1e1a48", 1.0),
        _palette("#020a10 #07222e #124650 #2c7078", "#2c6a74", "#01080c", "#ecfff4", "#70b8b8", "#0c3038", 1.0),
        _palette("#07080e #12182a #28364e #4a5a70", "#44566e", "#04060a", "#fff6e0", "#8c9cb4", "#182236", 1.0),
    ),
    "storm": (
        _palette("#1c252e #36444e #5c6c74 #94a09c", "#84928f", "#0b1216", "#f0f0e0", "#b4c0bc", "#34444c"),
        _palette("#181c2a #32394c #585f74 #948f94", "#7c7c88", "#0a0c16", "#f0e8e0", "#b0b0bc", "#32384c"),
        _palette("#14242a #2a4648 #53726c #a4ac88", "#7c9084", "#081412", "#fff4cc", "#b8c4a4", "#2c4844"),
        _palette("#221d28 #45384a #7a5f68 #c8977c", "#9a7c7c", "#120c14", "#ffe4c0", "#d4b09c", "#443848"),
    ),
    "mist": (
        _palette("#9aaab4 #b6c2c6 #d2d8d6 #e4e6e0", "#d4dad8", "#24343c", "#fffaf0", "#e8ece8", "#788a92"),
        _palette("#a8a4ae #c4bdc0 #dcd2cc #ece2d6", "#dcd4d0", "#342e38", "#fff6e8", "#ece4dc", "#88808c"),
        _palette("#8aa6a4 #aac2b8 #cdd9ca #e6e8d6", "#ccd8cc", "#1c3432", "#fffae6", "#e4ecdc", "#6c8c88"),
        _palette("#8c9cb8 #abb8cc #ccd4dc #e6e4e4", "#ccd4dc", "#222e44", "#fff8f0", "#e2e6ee", "#70809c"),
    ),
}


def steered(palette: Palette, colours: tuple[str, ...], sky_colour: str | None) -> Palette:
    """The palette under the general colours of a prompt and the colour it gives the sky."""
    parts = ("haze", "lit", "sky", "shade")
    for position, text in enumerate(colours):
        colour = hexadecimal(text)
        if position == 0:
            palette = palette.mapped({"sky": 0.55, "haze": 0.6, "near": 0.3, "shade": 0.45, "lit": 0.35}, colour)
        else:
            palette = palette.mapped({parts[(position - 1) % 2]: 0.6, "shade": 0.2}, colour)
    if sky_colour:
        colour = hexadecimal(sky_colour)
        palette = palette.mapped({"sky": 0.8, "haze": 0.4, "shade": 0.3}, colour)
        middle = lerp(palette.sky[1], np.clip(colour * 1.1, 0, 1).astype(np.float32), 0.35)
        palette = replace(palette, sky=(palette.sky[0], middle, *palette.sky[2:]))
    return palette

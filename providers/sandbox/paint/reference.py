"""Image prompts: pictures that lend their colours and their broad light."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .colour import from_image, resized, smooth, to_image
from .frame import Canvas

_SMALL = 96


def blend_reference(image: Image.Image, references: list[Image.Image], weight: float) -> Image.Image:
    """The picture with its palette, and faintly its layout of light and dark, drawn toward the references.

    ``weight`` 0 leaves the picture as it is, 1 is a clear influence, 3 the strongest; values outside are clipped.
    No references: a copy. The size stays. Raises nothing for images Pillow can convert to RGB.
    """
    weight = float(np.clip(weight, 0, 3))
    source = image.convert("RGB")
    if not references or weight == 0:
        return source.copy()
    pixels = from_image(source)
    height, width = pixels.shape[1:]
    amount = 1 - np.exp(-0.85 * weight)
    views = [
        from_image(reference.convert("RGB").resize((_SMALL, _SMALL), Image.Resampling.BOX)) for reference in references
    ]
    samples = np.concatenate([view.reshape(3, -1) for view in views], 1)
    toned = _recoloured(pixels, samples)
    layout = sum((resized(view.mean(0), 12, 12) for view in views), np.zeros((12, 12), np.float32)) / np.float32(
        len(views)
    )
    layout = resized(layout - layout.mean(), width, height)
    toned += layout[None] * np.float32(0.16 * amount)
    out = pixels + (toned - pixels) * np.float32(0.88 * amount)
    return to_image(np.clip(out, 0, 1).astype(np.float32))


def _recoloured(pixels: Canvas, samples: Canvas) -> Canvas:
    """Match the spread of lightness and, for each lightness, the colour the references have there."""
    luma = np.array([0.3, 0.59, 0.11], np.float32)
    light = np.tensordot(luma, pixels, 1).astype(np.float32)
    theirs = luma @ samples
    at = np.linspace(0, 100, 33)
    own_marks = np.maximum.accumulate(np.percentile(light[::4, ::4], at) + np.linspace(0, 1e-4, 33))
    their_marks = np.percentile(theirs, at)
    mixed = 0.45 * own_marks + 0.55 * their_marks
    new_light = np.interp(light, own_marks, mixed).astype(np.float32)
    order = np.argsort(theirs)
    chroma = samples[:, order] - theirs[order][None]
    window = max(8, samples.shape[1] // 10)
    kernel = np.ones(window) / window
    marks = np.linspace(0, 1, 64)
    out = np.empty_like(pixels)
    ranks = np.interp(new_light, their_marks, np.linspace(0, 1, 33))
    index = np.clip(ranks * 63, 0, 63).astype(np.int32)
    for i in range(3):
        padded = np.pad(chroma[i], (window // 2, window - 1 - window // 2), mode="edge")
        run = np.convolve(padded, kernel, "valid")
        table = np.interp(marks, np.linspace(0, 1, len(run)), run).astype(np.float32)
        own = pixels[i] - light
        out[i] = new_light + table[index] * np.float32(0.95) + own * np.float32(0.30)
    keep = smooth(0.0, 0.06, np.asarray(1 - np.abs(2 * light - 1), np.float32))
    out += (pixels - out) * (1 - keep)[None] * np.float32(0.3)
    return out

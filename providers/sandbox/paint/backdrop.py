"""Another background behind a subject that keeps its pixels."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .blending import laid_over
from .colour import blurred, from_image
from .compose import paint
from .recipe import Recipe
from .staging import stable_number

_SOFT_EDGE = 1.2
"""Pixels; a hard edge looks cut out with scissors."""


def backdrop(
    image: Image.Image, recipe: Recipe, *, mask: Image.Image, strength: float, prompt: str, seed: int, index: int
) -> Image.Image:
    """The picture with a scene painted from ``prompt`` where the grey mask is white; 0 stays byte for byte.

    ``strength`` above 0 up to 1 is how much of the old background gives way. ``index`` 0..3 gives four different
    results. Raises ValueError on a mask of another size.
    """
    if mask.size != image.size:
        raise ValueError(f"the mask is {mask.size}, the picture {image.size}")
    number = stable_number("backdrop", seed, index) % 2_000_000_000 + 1
    scene = from_image(paint(Recipe(prompt, number, index % 4, *image.size, negative=recipe.negative)))
    marked = np.asarray(mask, np.float32) / np.float32(255)
    edge = np.minimum(marked, blurred(np.pad(marked, 8, mode="edge"), _SOFT_EDGE)[8:-8, 8:-8])
    return laid_over(image, scene, np.asarray(edge * np.float32(strength), np.float32))

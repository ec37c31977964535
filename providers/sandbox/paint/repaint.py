"""Parts of a picture painted anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image

from .blending import feathered, harmonised, is_true, laid_over, spread
from .colour import blurred, from_image, smooth, to_image
from .compose import in_the_manner_of, paint, paint_things
from .frame import Canvas, Frame, Plane
from .noise import World
from .recipe import Recipe
from .reference import blend_reference
from .staging import stable_number
from .words import Intent, read

Box = tuple[int, int, int, int]


def repaint(
    image: Image.Image, recipe: Recipe, *, mask: Image.Image, seed: int, index: int, prompt: str | None = None
) -> Image.Image:
    """The picture with the masked part painted anew from ``prompt`` (or the recipe's own words).

    ``mask`` is grey and of the picture's size: white is new, grey a mixture, black (0) stays byte for byte. Things the
    prompt adds stand in the masked part; the scene behind them is the picture's own where its recipe is true.
    ``index`` 0..3 gives four different results. Raises ValueError on a mask of another size.
    """
    if mask.size != image.size:
        raise ValueError(f"the mask is {mask.size}, the picture {image.size}")
    box = mask.getbbox()
    if box is None:
        return image.copy()
    number = stable_number("repaint", recipe.seed, seed, index) % 500_000_000 * 4 + index % 4
    recipe = replace(recipe, width=image.width, height=image.height, tile=False)
    kept = np.asarray(mask.point(lambda value: 0 if value else 255), np.float32) / np.float32(255)
    content = _new_content(image, recipe, kept, box, number, index, prompt)
    content = harmonised(content, from_image(image), kept, reach=0.10 + 0.2 * _breadth(box, image), firmness=0.35)
    content = _shifted_light(content, number, index)
    return laid_over(image, content, feathered(mask))


def _breadth(box: Box, image: Image.Image) -> float:
    return min(1.0, min(box[2] - box[0], box[3] - box[1]) / min(image.size))


def _new_content(
    image: Image.Image, recipe: Recipe, kept: Plane, box: Box, number: int, index: int, prompt: str | None
) -> Canvas:
    words = prompt or recipe.prompt
    true = is_true(image, recipe)
    asked, known = read(words, recipe.negative), read(recipe.prompt) if true else Intent()
    added = tuple(thing for thing in asked.objects if thing not in known.objects)
    same_land = not asked.lands or asked.lands == known.lands
    covers_little = _breadth(box, image) < 0.75
    if added and covers_little:
        worded = in_the_manner_of(recipe, words) if true else words
        scene = replace(recipe, prompt=worded, seed=number, index=index)
        if true and same_land:
            # the very scene of the picture, healed where something stood
            return paint_things(recipe, words, added, box, None, turn=number)
        if same_land:
            behind = _healed(image, kept, number, index)
        else:
            behind = from_image(blend_reference(paint(scene), [_surroundings(image, kept, box)], 0.6))
        return paint_things(scene, words, added, box, behind, turn=number)
    if not true and not asked.lands and not asked.objects:
        return _healed(image, kept, number, index)
    if true and same_land:
        scene = replace(
            recipe, prompt=in_the_manner_of(recipe, words), seed=number, index=(recipe.index + 1 + index) % 4
        )
    else:
        scene = replace(recipe, prompt=in_the_manner_of(recipe, words) if true else words, seed=number, index=index)
    weight = 0.35 if true else 0.9
    return from_image(blend_reference(paint(scene), [_surroundings(image, kept, box)], weight))


def _surroundings(image: Image.Image, kept: Plane, box: Box) -> Image.Image:
    """A small picture of what is about the box, its own part filled from around."""
    margin = max(8, (box[2] - box[0]) // 2, (box[3] - box[1]) // 2)
    area = (
        max(0, box[0] - margin),
        max(0, box[1] - margin),
        min(image.width, box[2] + margin),
        min(image.height, box[3] + margin),
    )
    part = from_image(image.crop(area).resize((96, 96), Image.Resampling.BOX))
    weight = Image.fromarray(kept).crop(area).resize((96, 96), Image.Resampling.BOX)
    return to_image(spread(part, np.asarray(weight, np.float32)))


def _healed(image: Image.Image, kept: Plane, number: int, index: int) -> Canvas:
    """The hole filled with a copy of what lies beside it, as its borders suit best; another copy for each index."""
    height, width = kept.shape
    scale = min(1.0, 128 / max(width, height))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = from_image(image.resize(size, Image.Resampling.BOX))
    known = np.asarray(Image.fromarray(kept).resize(size, Image.Resampling.BOX), np.float32) > 0.98
    hole = ~known
    near = (blurred(hole.astype(np.float32), 3.0) > 0.03) & known
    candidates: list[tuple[float, int, int]] = []
    rng = np.random.default_rng(number)
    for dx, dy in rng.integers((-size[0] + 2, -size[1] // 2), (size[0] - 1, size[1] // 2 + 1), (420, 2)).tolist():
        rows, columns = np.arange(size[1])[:, None] + dy, np.arange(size[0])[None, :] + dx
        if (fits := (rows >= 0) & (rows < size[1]) & (columns >= 0) & (columns < size[0]))[hole].mean() < 0.9:
            continue
        at = np.clip(rows, 0, size[1] - 1), np.clip(columns, 0, size[0] - 1)
        clean = known[at] & fits
        share = float(clean[hole].mean())
        if share < 0.75:
            continue
        compared = near & clean
        if compared.sum() < 4:
            continue
        cost = float(np.abs(small[:, at[0], at[1]] - small)[:, compared].mean()) + (1 - share) * 0.6
        candidates.append((cost + 0.0006 * abs(dy), dx, dy))
    filled = spread(from_image(image), kept)
    if not candidates:
        return _textured(filled, number)
    best = sorted(candidates)[: max(4, len(candidates) // 12)]
    _, dx, dy = best[(index * len(best)) // 4 % len(best)]
    dx, dy = round(dx / scale), round(dy / scale)
    rows = np.clip(np.arange(height) + dy, 0, height - 1)
    columns = np.clip(np.arange(width) + dx, 0, width - 1)
    moved = from_image(image)[:, rows][:, :, columns]
    trusted = blurred(np.asarray(kept[rows][:, columns], np.float32), max(1.5, min(width, height) / 120))
    textured = _textured(filled, number)
    return np.asarray(textured + (moved - textured) * smooth(0.6, 1.0, trusted)[None], np.float32)


def _textured(canvas: Canvas, number: int) -> Canvas:
    height, width = canvas.shape[1:]
    frame = Frame(width, height, 0, 0, width / height, 1, width / height)
    world = World(number & 0x7FFFFFFF)
    cloud = world.fbm("heal", frame, 0.25, octaves=6, gain=0.6) - np.float32(0.5)
    return np.asarray(np.clip(canvas + cloud[None] * np.float32(0.22), 0, 1), np.float32)


def _shifted_light(content: Canvas, number: int, index: int) -> Canvas:
    """A little of another mood for each of the four."""
    tint = np.random.default_rng(number).normal(0, 0.012, 3).astype(np.float32)
    gain = (1.0, 1.05, 0.94, 1.1)[index % 4]
    middle = content.mean((1, 2), keepdims=True)
    return np.asarray(np.clip(middle + (content - middle) * np.float32(gain) + tint[:, None, None], 0, 1), np.float32)

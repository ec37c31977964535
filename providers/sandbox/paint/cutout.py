"""A subject and its background told apart: colours of the border against the rest, refined along edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from .blending import is_true
from .colour import blurred, from_image, resized, smooth
from .compose import coverage_of_things
from .frame import Canvas, Plane
from .opening import flattened
from .recipe import Recipe

_SIDE = 176
"""Pixels of the longer side on which the subject is looked for."""
_LEAST, _MOST = 0.05, 0.8
_LEAST_THING = 0.004
_LEVELS = 12
_TIDY_SIDE = 640

Flags = NDArray[np.bool_]


def cutout(image: Image.Image, recipe: Recipe | None = None) -> Image.Image:
    """The picture with an alpha channel that shows its subject only: 0 and 255 with a soft edge of a few pixels.

    Works on any picture; where nothing stands out the subject is what is in the middle. The subject covers 5 to 80 %
    and is free of specks and holes. A picture that is already cut out keeps its own alpha. Colours stay, also under
    alpha 0. Where ``recipe`` is true and has things in it, these are the subject, however small.
    """
    clear = image.convert("RGBA")
    own = np.asarray(clear.getchannel("A"))
    if (own < 128).mean() > 0.02:
        return clear
    flat = flattened(image)
    things = None if recipe is None or not is_true(flat, recipe) else coverage_of_things(recipe)
    if things is not None and float((things > 0.5).mean()) > _LEAST_THING:
        alpha = _softened(_tidied(np.asarray(resized(things, *flat.size) > 0.5)))
    else:
        alpha = _alpha(flat)
    clear.putalpha(alpha)
    return clear


def _alpha(image: Image.Image) -> Image.Image:
    scale = min(1.0, _SIDE / max(image.size))
    size = (max(8, round(image.width * scale)), max(8, round(image.height * scale)))
    small = from_image(image.resize(size, Image.Resampling.BOX))
    inside = _subject(_opponent(small))
    return _refined(image, inside, max(image.width / size[0], image.height / size[1]))


def _opponent(pixels: Canvas) -> Canvas:
    """Lightness and two colour differences, scaled so that distances are about as large as they look."""
    red, green, blue = pixels
    return np.stack([(red + green + blue) / 3 * 0.8, (red - green) * 1.1, (blue - (red + green) / 2) * 0.8]).astype(
        np.float32
    )


def _subject(colours: Canvas) -> Flags:
    height, width = colours.shape[1:]
    middle = _middle_weight(height, width)
    chance = first = _first_guess(colours, middle)
    pull = _edge_pull(colours)
    place = (first - np.float32(0.4)) * np.float32(3.2) + (middle - np.float32(0.6)) * np.float32(0.9)
    for _ in range(5):
        evidence = _colour_evidence(colours, chance) * np.float32(0.8) + place
        chance = _settled(evidence, pull)
    inside = chance > 0.5
    inside = _whole(inside, middle)
    share = float(inside.mean())
    if not _LEAST <= share <= _MOST:
        # nothing stands apart: the likeliest part of a sensible size around the middle
        score = blurred(np.asarray(chance + middle, np.float32), 3.0)
        wanted = 0.3 if share < _LEAST else 0.55
        inside = _whole(score > np.quantile(score, 1 - wanted), middle)
        if not _LEAST <= float(inside.mean()) <= _MOST:
            inside = middle > np.quantile(middle, 0.65)
    return inside


def _middle_weight(height: int, width: int) -> Plane:
    """1 in the middle, 0 at the upper and side edges; subjects often stand on the lower one."""
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.where(y > 0, y * np.float32(0.86), y)
    return np.asarray(np.exp(-(np.abs(x / 0.78) ** 3.0 + np.abs(y / 0.86) ** 3.0)), np.float32)


def _first_guess(colours: Canvas, middle: Plane) -> Plane:
    """Cut off from the border by edges, unlike it in colour, and in the middle."""
    height, width = middle.shape
    band = max(2, round(0.03 * min(height, width)))
    border = np.zeros((height, width), bool)
    border[:band] = border[:, :band] = border[:, -band:] = True
    border[:, :band] = border[:, -band:] = True
    border[-band:, : width // 4] = border[-band:, -width // 4 :] = True
    behind = _way_from(border, colours)
    samples = colours[:, border].T
    samples = samples[np.linspace(0, len(samples) - 1, min(160, len(samples))).astype(int)]
    apart = np.sqrt(np.square(colours[:, None] - samples.T[:, :, None, None]).sum(0))
    unlike = blurred(np.partition(apart, 3, 0)[3].astype(np.float32), 1.0)
    score = _scaled(behind) * np.float32(0.6) + _scaled(unlike) * np.float32(0.4)
    score = score * (0.45 + middle)
    low, high = np.quantile(score, (0.45, 0.97))
    return np.asarray(np.clip((score - low) / max(high - low, 1e-4), 0.02, 0.98), np.float32)


def _scaled(plane: Plane) -> Plane:
    return np.asarray(plane / max(float(np.quantile(plane, 0.98)), 1e-4), np.float32)


def _way_from(border: Flags, colours: Canvas) -> Plane:
    """How much change of colour lies on the easiest way from the border; slow gradients count little."""
    across = np.sqrt(np.square(np.diff(colours, axis=2)).sum(0))
    down = np.sqrt(np.square(np.diff(colours, axis=1)).sum(0))
    usual = float(np.quantile(np.concatenate([across.ravel(), down.ravel()]), 0.6))
    across, down = np.maximum(across - usual, 0), np.maximum(down - usual, 0)
    way = np.where(border, np.float32(0), np.float32(1e3))
    for _ in range(3 * max(way.shape)):
        before = way.copy()
        way[:, 1:] = np.minimum(way[:, 1:], way[:, :-1] + across)
        way[:, :-1] = np.minimum(way[:, :-1], way[:, 1:] + across)
        way[1:] = np.minimum(way[1:], way[:-1] + down)
        way[:-1] = np.minimum(way[:-1], way[1:] + down)
        if np.array_equal(before, way):
            break
    return blurred(np.asarray(way, np.float32), 0.8)


def _edge_pull(colours: Canvas) -> tuple[Plane, Plane]:
    """How strongly neighbours (to the right, below) belong together: little across an edge."""
    across = np.square(np.diff(colours, axis=2)).sum(0)
    down = np.square(np.diff(colours, axis=1)).sum(0)
    usual = np.float32(2.2 * (across.mean() + down.mean()) / 2 + 1e-6)
    return np.exp(-across / usual).astype(np.float32), np.exp(-down / usual).astype(np.float32)


def _colour_evidence(colours: Canvas, chance: Plane) -> Plane:
    """The logarithm of how much likelier a pixel's colour is in the subject than in the background."""
    scaled = [np.clip((plane - plane.min()) / max(float(np.ptp(plane)), 1e-3), 0, 1) for plane in colours]
    bins = [np.minimum((plane * _LEVELS).astype(int), _LEVELS - 1) for plane in scaled]
    index = (bins[0] * _LEVELS + bins[1]) * _LEVELS + bins[2]
    height, width = chance.shape
    near_edge = np.ones((height, width), np.float32)
    near_edge[2:-2, 2:-2] = 0.75
    counts = []
    for weight in (chance, (1 - chance) * near_edge):
        table = np.bincount(index.ravel(), weight.ravel(), _LEVELS**3).reshape(_LEVELS, _LEVELS, _LEVELS)
        for axis in range(3):
            padded = np.concatenate([table.take([0], axis), table, table.take([-1], axis)], axis)
            count = table.shape[axis]
            table = (
                padded.take(range(count), axis)
                + 2 * padded.take(range(1, count + 1), axis)
                + padded.take(range(2, count + 2), axis)
            ) / 4
        counts.append((table / max(float(weight.sum()), 1.0)).ravel()[index])
    return np.asarray(np.clip(np.log((counts[0] + 2e-4) / (counts[1] + 2e-4)), -3.5, 3.5), np.float32)


def _settled(evidence: Plane, pull: tuple[Plane, Plane]) -> Plane:
    """Neighbours agree where no edge parts them (mean-field steps)."""
    across, down = pull
    total = np.zeros_like(evidence)
    total[:, 1:] += across
    total[:, :-1] += across
    total[1:] += down
    total[:-1] += down
    belief = np.tanh(evidence / 2)
    for _ in range(30):
        around = np.zeros_like(belief)
        around[:, 1:] += across * belief[:, :-1]
        around[:, :-1] += across * belief[:, 1:]
        around[1:] += down * belief[:-1]
        around[:-1] += down * belief[1:]
        belief = np.tanh((evidence * np.float32(0.55) + around * np.float32(1.5)) / 2)
    return np.asarray((belief + 1) / 2, np.float32)


def _whole(inside: Flags, middle: Plane) -> Flags:
    """The largest part (and those almost as large), smooth, without holes."""
    inside = _smoothed(inside)
    parts = _parts(inside)
    if parts.max(initial=0) == 0:
        return inside
    weight = np.bincount(parts.ravel(), (middle + 0.05).ravel())
    weight[0] = 0
    inside = np.isin(parts, np.flatnonzero(weight >= 0.25 * weight.max()))
    return _without_holes(inside)


def _smoothed(flags: Flags) -> Flags:
    return np.asarray(blurred(np.pad(flags, 4, mode="edge").astype(np.float32), 1.4)[4:-4, 4:-4] > 0.5)


def _parts(flags: Flags) -> NDArray[np.int64]:
    """Connected parts numbered from 1; 0 outside. The largest number spreads until nothing changes."""
    height, width = flags.shape
    labels = np.where(flags, np.arange(1, flags.size + 1).reshape(height, width), 0)
    while True:
        before = labels.copy()
        for axis in (0, 1):
            for direction in (1, -1):
                labels = _swept(labels, flags, axis, direction)
        if np.array_equal(before, labels):
            break
    _, numbered = np.unique(labels, return_inverse=True)
    numbered = numbered.reshape(height, width)
    return np.asarray(numbered + (0 if not flags.all() else 1), np.int64)


def _swept(labels: NDArray[np.int64], flags: Flags, axis: int, direction: int) -> NDArray[np.int64]:
    """Each unbroken run along the axis takes its largest number so far."""
    turned = np.moveaxis(labels, axis, 1)[:, ::direction]
    free = np.moveaxis(flags, axis, 1)[:, ::direction]
    # runs are kept apart by an offset that grows at each gap
    run = np.cumsum(~free, 1).astype(np.int64) * (labels.size + 1)
    most = np.maximum.accumulate(turned + run, 1) - run
    spread = np.where(free, most, 0)[:, ::direction]
    return np.asarray(np.moveaxis(spread, 1, axis), np.int64)


def _without_holes(inside: Flags) -> Flags:
    """Background that no path joins to the picture's edge becomes subject, unless it is large."""
    parts = _parts(~inside)
    outer = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    return np.asarray(inside | ~np.isin(parts, outer[outer > 0]))


def _refined(image: Image.Image, inside: Flags, scale: float) -> Image.Image:
    """The coarse shape at full size, its border moved onto the picture's edges, softened over about two pixels."""
    size = image.size
    if scale > 1.05:
        grey = np.asarray(image.convert("L"), np.float32) / np.float32(255)
        coarse = resized(inside.astype(np.float32), *size)
        sharp = _guided(grey, np.clip(coarse, 0, 1).astype(np.float32), max(2.0, 1.6 * scale))
        core, rim = (_band(inside, steps) for steps in (-2, 2))
        certain = np.asarray(Image.fromarray(core).resize(size, Image.Resampling.NEAREST)) > 0
        possible = np.asarray(Image.fromarray(rim).resize(size, Image.Resampling.NEAREST)) > 0
        shape = (certain | (sharp > 0.5)) & possible
    else:
        shape = np.asarray(Image.fromarray(inside.astype(np.uint8)).resize(size, Image.Resampling.NEAREST)) > 0
    return _softened(_tidied(np.asarray(shape)))


def _tidied(shape: Flags) -> Flags:
    """Without ragged pixels, specks and holes."""
    size = shape.shape[1], shape.shape[0]
    image = Image.fromarray(np.where(shape, np.uint8(255), np.uint8(0)))
    if min(size) > 24:
        image = image.filter(ImageFilter.MedianFilter(5))
    shape = np.asarray(image) > 0
    # parts are told apart on few pixels: what vanishes there is a speck
    scale = min(1.0, _TIDY_SIDE / max(size))
    less = (max(4, round(size[0] * scale)), max(4, round(size[1] * scale)))
    small = np.asarray(Image.fromarray(shape.astype(np.float32)).resize(less, Image.Resampling.BOX)) > 0.5
    parts = _parts(small)
    counts = np.bincount(parts.ravel())
    counts[0] = 0
    kept = _without_holes(np.isin(parts, np.flatnonzero(counts >= max(3.0, 0.02 * counts.max(initial=0)))))
    if scale == 1.0:
        return kept
    outer, inner = (
        np.asarray(Image.fromarray(_band(kept, steps)).resize(size, Image.Resampling.NEAREST)) for steps in (1, -1)
    )
    return np.asarray((shape & (outer > 0)) | (inner > 0))


def _softened(shape: Flags) -> Image.Image:
    """Grey: 0 and 255, with an edge of about two pixels."""
    radius = 0.9 if min(shape.shape) > 200 else 0.6
    soft = blurred(np.pad(shape.astype(np.float32), 6, mode="edge"), radius)[6:-6, 6:-6]
    return Image.fromarray((smooth(0.12, 0.88, soft) * 255 + 0.5).astype(np.uint8))


def _band(inside: Flags, steps: int) -> NDArray[np.uint8]:
    """The shape grown (or, below 0, shrunk) by that many pixels."""
    image = Image.fromarray(np.where(inside, np.uint8(255), np.uint8(0)))
    wide = 2 * abs(steps) + 1
    return np.asarray(image.filter(ImageFilter.MaxFilter(wide) if steps > 0 else ImageFilter.MinFilter(wide)))


def _guided(guide: Plane, values: Plane, radius: float) -> Plane:
    """The guided filter: values that follow the guide's edges."""
    mean_g, mean_v = blurred(guide, radius), blurred(values, radius)
    variance = blurred(guide * guide, radius) - mean_g * mean_g
    covariance = blurred(guide * values, radius) - mean_g * mean_v
    slope = np.asarray(covariance / (np.maximum(variance, 0) + np.float32(4e-4)), np.float32)
    rest = np.asarray(mean_v - slope * mean_g, np.float32)
    return np.asarray(blurred(slope, radius) * guide + blurred(rest, radius), np.float32)

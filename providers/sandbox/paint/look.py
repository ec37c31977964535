"""A look learnt from one restyled picture and given to any number of frames alike, so that nothing flickers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from .colour import blurred, resized
from .footage import Pixels
from .recipe import Recipe
from .reference import blend_reference
from .restyle import retexture
from .words import read

_STEPS = 17
"""Steps of each colour in the table of colours."""
_STUDY = 320
"""The longer side of the pictures that the look is learnt from."""
_SPREAD = 3
_STEERING = 1.8
_DRAWN = {"pencil", "sumi", "woodblock", "poster", "gouache", "minimal"}
"""Styles whose forms have lines around them."""
_LINES = 2.2

_LUMA = np.array([0.3, 0.59, 0.11], np.float32)
_TONES = 24

_Floats = NDArray[np.float32]


class Look:
    """Other colours, a grain that stands still like a canvas, and lines where the words ask for a drawing."""

    def __init__(self, table: _Floats, grain: _Floats, lines: float) -> None:
        self._colours = ImageFilter.Color3DLUT(_STEPS, table.reshape(-1).tolist())
        self._grain = np.clip(grain * 128, 0, 255).astype(np.uint16)[..., None]
        self._lines = lines

    def on(self, picture: Image.Image) -> Pixels:
        pixels = np.minimum(np.asarray(picture.filter(self._colours)) * self._grain >> 7, 255)
        if self._lines:
            edges = picture.convert("L").filter(ImageFilter.GaussianBlur(1)).filter(ImageFilter.FIND_EDGES)
            dark = np.asarray(edges, np.uint16)[..., None] * int(self._lines * 16) >> 2
            dark[[0, -1]] = dark[:, [0, -1]] = 0  # the filter does not look beyond the border
            pixels = pixels * (256 - np.minimum(dark, 216)) >> 8
        return np.asarray(pixels, np.uint8)


def look_of(studies: Sequence[Image.Image], recipe: Recipe, steer: Sequence[Image.Image]) -> Look:
    """The look that the words of the recipe ask for on pictures like these, all of one size."""
    width, height = studies[0].size
    sheet = _sheet(studies)
    styled = _restyled(sheet, recipe)
    if steer:
        styled = blend_reference(styled, list(steer), _STEERING)
    before, after = (np.asarray(picture, np.float32).reshape(-1, 3) / np.float32(255) for picture in (sheet, styled))
    lines = _LINES if _DRAWN & set(read(recipe.prompt).styles) else 0.0
    return Look(_table(before, after), _grain(recipe, width, height), lines)


def _sheet(studies: Sequence[Image.Image]) -> Image.Image:
    """All of them, small, on one sheet, so that they get the same look at once."""
    scale = _STUDY / max(studies[0].size)
    width, height = (max(8, round(side * scale)) for side in studies[0].size)
    sheet = Image.new("RGB", (width, height * len(studies)))
    for number, study in enumerate(studies):
        sheet.paste(study.resize((width, height), Image.Resampling.BOX), (0, height * number))
    return sheet


def _restyled(picture: Image.Image, recipe: Recipe) -> Image.Image:
    scene = replace(recipe, width=picture.width, height=picture.height)
    return retexture(picture, scene, prompt=recipe.prompt, seed=recipe.seed, index=recipe.index)


def _table(before: _Floats, after: _Floats) -> _Floats:
    """For each colour what became of it: what was seen in its neighbourhood, elsewhere what its lightness became."""
    cells = np.round(before * (_STEPS - 1)).astype(np.int64)
    flat = (cells[:, 2] * _STEPS + cells[:, 1]) * _STEPS + cells[:, 0]  # red changes fastest
    size = _STEPS**3
    seen = np.bincount(flat, minlength=size).astype(np.float32)
    sums = np.stack([np.bincount(flat, after[:, i], size) for i in range(3)], 1).astype(np.float32)
    seen, sums = seen.reshape((_STEPS,) * 3), sums.reshape((_STEPS,) * 3 + (3,))
    weight, total = seen.copy(), sums.copy()
    for _ in range(_SPREAD):
        seen, sums = _spread(seen), _spread(sums)
        weight, total = weight + seen * np.float32(0.3), total + sums * np.float32(0.3)
    steps = np.linspace(0, 1, _STEPS, dtype=np.float32)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    usual = _by_lightness(before @ _LUMA, after, np.stack([red, green, blue], -1) @ _LUMA)
    trust = np.float32(len(before) * 2e-5)
    table = (total + usual * trust) / (weight + trust)[..., None]
    return np.asarray(np.clip(table, 0, 1), np.float32)


def _by_lightness(before: _Floats, after: _Floats, asked: _Floats) -> _Floats:
    order = np.argsort(before, kind="stable")
    marks = np.array([part.mean() for part in np.array_split(before[order], _TONES)])
    tones = np.stack([part.mean(0) for part in np.array_split(after[order], _TONES)])
    marks = np.concatenate([[-0.001], marks, [1.001]])
    tones = np.concatenate([tones[:1] * marks[1], tones, 1 - (1 - tones[-1:]) * (1 - marks[-2])])
    channels = [np.interp(asked, marks, tones[:, i]) for i in range(3)]
    return np.asarray(np.stack(channels, -1), np.float32)


def _spread(values: _Floats) -> _Floats:
    for axis in range(3):
        padding = [(1, 1) if i == axis else (0, 0) for i in range(values.ndim)]
        padded = np.pad(values, padding)
        shifted = np.stack([np.take(padded, np.arange(k, k + _STEPS), axis) for k in range(3)])
        values = np.asarray(shifted.mean(0), np.float32)
    return values


def _grain(recipe: Recipe, width: int, height: int) -> _Floats:
    """The relief of the material or the brush on an even grey, around 1."""
    half = (max(8, width // 2), max(8, height // 2))
    made = _restyled(Image.new("RGB", half, (128, 128, 128)), recipe)
    light = np.asarray(made.convert("L"), np.float32)
    fine = light - blurred(light, 0.02 * min(half))
    return resized(np.asarray(1 + np.clip(fine / np.float32(170), -0.1, 0.1), np.float32), width, height)

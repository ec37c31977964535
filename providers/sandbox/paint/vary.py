"""Recipes for variations of a picture."""

from __future__ import annotations

from dataclasses import replace

from .compose import variation_seed
from .recipe import Recipe
from .staging import composition_of


def vary(recipe: Recipe, *, strong: bool, seed: int, index: int, prompt: str | None = None) -> Recipe:
    """A recipe for a variation of the picture ``recipe`` paints.

    Subtle (``strong=False``): the same composition with other clouds, ripples and textures and a slight change of hue.
    Strong: the same subject in another composition and palette. ``index`` 0..3 tells the four of one job apart.
    ``prompt`` replaces the words (a remix). Raises nothing.
    """
    words = recipe.prompt if prompt is None else prompt
    number = variation_seed(recipe, seed, index)
    if strong:
        turned = (recipe.index + 1 + index % 3) % 4
        while composition_of(number, turned) == composition_of(recipe.seed, recipe.index):
            number += 1
        return replace(recipe, prompt=words, seed=number, index=turned, detail_seed=0, hue=0.0)
    drift = ((number % 1000) / 1000 - 0.5) * 0.024
    return replace(recipe, prompt=words, detail_seed=number, hue=recipe.hue + drift)

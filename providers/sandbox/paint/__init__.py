"""Procedural pictures from prompts, offline and deterministic: numpy and Pillow only."""

from .compose import paint
from .extend import Direction, pan, upscale
from .recipe import Recipe, image_size
from .reference import blend_reference
from .vary import vary

__all__ = ["Direction", "Recipe", "blend_reference", "image_size", "paint", "pan", "upscale", "vary"]

"""Procedural pictures from prompts, offline and deterministic: numpy and Pillow only, and PyAV for films."""

from .backdrop import backdrop
from .compose import paint
from .cutout import cutout
from .extend import Direction, pan, upscale
from .film import Motion, extend_film, film, upscale_film
from .footage import Facts
from .placement import Placement
from .recipe import Recipe, image_size
from .reference import blend_reference
from .repaint import repaint
from .restyle import retexture, rework
from .surround import canvas
from .vary import vary

__all__ = [
    "Direction",
    "Facts",
    "Motion",
    "Placement",
    "Recipe",
    "backdrop",
    "blend_reference",
    "canvas",
    "cutout",
    "extend_film",
    "film",
    "image_size",
    "paint",
    "pan",
    "repaint",
    "retexture",
    "rework",
    "upscale",
    "upscale_film",
    "vary",
]

"""Procedural pictures, films, sounds and voices from words, offline and deterministic: numpy, Pillow and PyAV only."""

from .backdrop import backdrop
from .clip import Sound, clip, edit_clip
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
from .voice import speak

__all__ = [
    "Direction",
    "Facts",
    "Motion",
    "Placement",
    "Recipe",
    "Sound",
    "backdrop",
    "blend_reference",
    "canvas",
    "clip",
    "cutout",
    "edit_clip",
    "extend_film",
    "film",
    "image_size",
    "paint",
    "pan",
    "repaint",
    "retexture",
    "rework",
    "speak",
    "upscale",
    "upscale_film",
    "vary",
]

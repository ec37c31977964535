"""What a painted scene tells those who place objects in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..frame import Canvas

Surface = Literal["water", "land", "sill", "none"]


@dataclass
class Setting:
    """``horizon`` and ``foot`` are world y; ``scale`` is the height of a grown person standing at ``foot``."""

    canvas: Canvas
    horizon: float
    surface: Surface
    foot: float
    scale: float
    perch: tuple[float, float] | None = None
    """A high place (cliff top, ridge) as world x, y where a lighthouse or castle belongs."""

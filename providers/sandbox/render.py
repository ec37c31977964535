"""Painting one picture of a job, in a process of its own: everything here is picklable and knows no service."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import warnings
from dataclasses import dataclass, field, replace
from multiprocessing import connection
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from .paint import Recipe
from .painter import Painter

MAX_REFERENCE_PIXELS = 64_000_000
REFERENCE_SIDE = 1024
"""References only steer, so they are shrunk before anything looks at them."""


class UnusableReferenceError(Exception):
    """A picture the prompt refers to can't be fetched or decoded."""


@dataclass(frozen=True)
class Work:
    """How one picture comes about; plain values only, because it is stored with the job.

    ``do`` is paint, vary, pan or upscale. ``recipe`` is the picture's own (paint) or that of the picture it starts
    from, whose file is ``source``. ``enlarge`` paints and then enlarges by that factor.
    """

    do: str
    recipe: dict[str, Any]
    source: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    enlarge: int = 1

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class Reference:
    """A picture from elsewhere that steers this one: where it is, how strongly it pulls (0..3), our copy of it."""

    url: str
    weight: float
    file: str = ""


@dataclass(frozen=True)
class Painted:
    """The recipe of the finished picture, and that of the picture before it was enlarged."""

    recipe: dict[str, Any]
    base: dict[str, Any]


def begin_worker() -> None:
    """Ctrl-C is the server's business, and a worker never outlives its server."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel

        def leave_with_parent() -> None:
            connection.wait([sentinel])
            os._exit(0)

        threading.Thread(target=leave_with_parent, daemon=True).start()


def check_reference(path: Path) -> None:
    """Raises UnusableReferenceError when the file is no picture that can be decoded."""
    open_reference(path)


def open_reference(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own limit on pixels is the stricter one
            with Image.open(path) as picture:
                if picture.width * picture.height > MAX_REFERENCE_PIXELS:
                    raise UnusableReferenceError(f"{picture.width}x{picture.height} is too large")
                picture.draft("RGB", (REFERENCE_SIDE, REFERENCE_SIDE))
                opened = picture.convert("RGB")
                opened.thumbnail((REFERENCE_SIDE, REFERENCE_SIDE))
                return opened
    except UnusableReferenceError:
        raise
    except Exception as error:  # decoders raise whatever they like on broken files
        raise UnusableReferenceError(str(error)) from error


def render(painter: Painter, work: Work, folder: Path, target: str, references: list[tuple[Path, float]]) -> Painted:
    """Paint, save as ``folder/target`` at once or not at all, and tell the recipe."""
    recipe = Recipe.from_json(work.recipe)
    picture, recipe = _picture(painter, work, recipe, folder)
    if work.do != "upscale":
        for path, weight in references:
            if weight > 0:
                picture = painter.blend_reference(picture, [open_reference(path)], weight)
    base = recipe
    factor = work.options["factor"] if work.do == "upscale" else work.enlarge
    if factor > 1:
        recipe = replace(recipe, width=recipe.width * factor, height=recipe.height * factor)
        if work.do != "upscale":
            picture = painter.upscale(picture, base, factor=factor, creative=False)
    about = PngInfo()
    about.add_text("Software", "Atelier sandbox (an emulator, not a model)")
    waiting = folder / f".{target}.part"
    picture.save(waiting, "PNG", compress_level=2, pnginfo=about)
    waiting.replace(folder / target)
    return Painted(recipe.to_json(), base.to_json())


def _picture(painter: Painter, work: Work, recipe: Recipe, folder: Path) -> tuple[Image.Image, Recipe]:
    if work.do == "paint":
        return painter.paint(recipe), recipe
    if work.do == "vary":
        recipe = painter.vary(recipe, **work.options)
        return painter.paint(recipe), recipe
    with Image.open(folder / work.source) as opened:
        source = opened.convert("RGB")
    if work.do == "pan":
        return painter.pan(source, recipe, **work.options)
    if work.do == "upscale":
        return painter.upscale(source, recipe, **work.options), recipe
    raise ValueError(f"no such work: {work.do}")

"""Painting one picture of a job, in a process of its own: everything here is picklable and knows no service."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from multiprocessing import connection
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from .paint import Placement, Recipe
from .paint.opening import flattened, with_alpha
from .paint.takes import first_picture
from .painter import Painter

MAX_REFERENCE_PIXELS = 64_000_000
REFERENCE_SIDE = 1024
"""References only steer, so they are shrunk before anything looks at them."""


class UnusableReferenceError(Exception):
    """A picture the prompt refers to can't be fetched or decoded."""


@dataclass(frozen=True)
class Work:
    """How one picture comes about; plain values only, because it is stored with the job.

    ``do`` is paint, vary, pan, upscale, repaint, backdrop, canvas, cutout, retexture or rework for a PNG; film,
    extend-film or upscale-film for an MP4, clip or edit-clip for one that may have sound; speak for a WAV. ``recipe``
    is the picture's own (paint, clip) or that of the picture it starts from, whose file is ``source``; a picture that
    nobody painted here has a recipe of the result's size and the words asked for. ``options`` are the arguments of the
    painter's method, files by name ("" where there is none); a clip also takes ``videos``, whose first frames steer it
    or, where no picture is given, begin it.
    ``enlarge`` paints and then enlarges by that factor.
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
    waiting = folder / f".{target}.part"
    try:
        if work.do in ("film", "extend-film", "upscale-film"):
            base = recipe = _film(painter, work, recipe, folder, waiting)
        elif work.do == "clip":
            base = recipe = _clip(painter, work, recipe, folder, waiting)
        elif work.do == "edit-clip":
            base = recipe = _edited(painter, work, recipe, folder, waiting)
        elif work.do == "speak":
            _spoken(painter, work, folder, waiting)
            base = recipe
        else:
            picture, recipe, base = _finished(painter, work, recipe, folder, references)
            about = PngInfo()
            about.add_text("Software", "Atelier sandbox (an emulator, not a model)")
            picture.save(waiting, "PNG", compress_level=2, pnginfo=about)
        waiting.replace(folder / target)
    finally:
        waiting.unlink(missing_ok=True)
    return Painted(recipe.to_json(), base.to_json())


def _finished(
    painter: Painter, work: Work, recipe: Recipe, folder: Path, references: list[tuple[Path, float]]
) -> tuple[Image.Image, Recipe, Recipe]:
    """The picture with its references and at its final size, its recipe, and the recipe before it was enlarged."""
    picture, recipe, changed = _picture(painter, work, recipe, folder)
    if work.do not in ("upscale", "cutout"):
        for path, weight in references:
            if weight > 0:
                steered = painter.blend_reference(picture, [open_reference(path)], weight)
                picture = steered if changed is None else Image.composite(steered, picture, changed)
    base = recipe
    factor = work.options["factor"] if work.do == "upscale" else work.enlarge
    if factor > 1:
        recipe = replace(recipe, width=recipe.width * factor, height=recipe.height * factor)
        if work.do != "upscale":
            picture = painter.upscale(picture, base, factor=factor, creative=False)
    return picture, recipe, base


def _picture(
    painter: Painter, work: Work, recipe: Recipe, folder: Path
) -> tuple[Image.Image, Recipe, Image.Image | None]:
    """The picture, its recipe, and which part of it is new (None: all of it)."""
    options = dict(work.options)
    if work.do == "paint":
        return painter.paint(recipe), recipe, None
    if work.do == "vary":
        recipe = painter.vary(recipe, **options)
        return painter.paint(recipe), recipe, None
    if work.do == "cutout":
        clear = painter.cutout(_open(folder / work.source, with_alpha), recipe)
        return clear, replace(recipe, width=clear.width, height=clear.height), None
    source = _open(folder / work.source, flattened)
    if work.do == "pan":
        return *painter.pan(source, recipe, **options), None
    if work.do == "upscale":
        return painter.upscale(source, recipe, **options), recipe, None
    if work.do == "repaint":
        mask = _mask(folder, options.pop("mask"), source.size)
        changed = mask or Image.new("L", source.size, 255)
        # most of the picture still is what its recipe paints, so that it can be continued and enlarged
        kept = replace(recipe, width=source.width, height=source.height)
        return painter.repaint(source, recipe, mask=changed, **options), kept, changed
    if work.do == "backdrop":
        mask = _mask(folder, options.pop("mask"), source.size)
        changed = mask or Image.new("L", source.size, 255)
        kept = replace(recipe, width=source.width, height=source.height)
        return painter.backdrop(source, recipe, mask=changed, **options), kept, changed
    if work.do == "canvas":
        place = Placement(**{name: options.pop(name) for name in Placement.__dataclass_fields__})
        mask = _mask(folder, options.pop("mask"), source.size)
        return *painter.canvas(source, recipe, place=place, mask=mask, **options), place.free(mask)
    if work.do in ("retexture", "rework"):
        source = source.resize((recipe.width, recipe.height), Image.Resampling.LANCZOS)
        picture = (painter.retexture if work.do == "retexture" else painter.rework)(source, recipe, **options)
        return picture, replace(recipe, prompt=options.get("prompt") or recipe.prompt), None
    raise ValueError(f"no such work: {work.do}")


def _film(painter: Painter, work: Work, recipe: Recipe, folder: Path, target: Path) -> Recipe:
    options = dict(work.options)
    source = folder / work.source
    if work.do == "upscale-film":
        made = painter.upscale_film(source, target, **options)
    else:
        end = options.pop("end", "")
        options["end"] = _open(folder / end, flattened) if end else None
        if work.do == "film":
            made = painter.film(_open(source, flattened), recipe, target, **options)
        else:
            made = painter.extend_film(source, recipe, target, **options)
    return replace(recipe, prompt=options.get("prompt") or recipe.prompt, width=made.width, height=made.height)


def _clip(painter: Painter, work: Work, recipe: Recipe, folder: Path, target: Path) -> Recipe:
    options = dict(work.options)
    first, last, kept = (options.pop(name, "") for name in ("first", "last", "keep_last"))
    steer = [_steering(_open(folder / file, flattened)) for file in options.pop("steer", [])]
    begin = _open(folder / first, flattened) if first else None
    takes = [first_picture(folder / file) for file in options.pop("videos", [])]
    if begin is None and not steer and takes:
        begin = takes.pop(0)
    waiting = folder / f".{kept}.part" if kept else None
    try:
        made = painter.clip(
            recipe,
            target,
            first=begin,
            last=_open(folder / last, flattened) if last else None,
            steer=[*steer, *map(_steering, takes)],
            audios=[folder / file for file in options.pop("audios", [])],
            keep_last=waiting,
            **{"fps": 24, "sound": "", "watermark": "", **options},
        )
        if waiting:
            waiting.replace(folder / kept)
    finally:
        if waiting:
            waiting.unlink(missing_ok=True)
    return replace(recipe, width=made.width, height=made.height)


def _edited(painter: Painter, work: Work, recipe: Recipe, folder: Path, target: Path) -> Recipe:
    options = {"sound": "keep", "watermark": "", **work.options}
    steer = [_steering(_open(folder / file, flattened)) for file in options.pop("steer", [])]
    made = painter.edit_clip(folder / work.source, recipe, target, steer=steer, **options)
    return replace(recipe, width=made.width, height=made.height)


def _spoken(painter: Painter, work: Work, folder: Path, target: Path) -> None:
    options = {"language": "", "voice": "", "seconds": 0.0, "sample_rate": 16_000, "pitch": 0.0, **work.options}
    sample, ranges = options.pop("sample", ""), options.pop("ranges", None)
    painter.speak(target, sample=folder / sample if sample else None, ranges=ranges or (), **options)


def _steering(picture: Image.Image) -> Image.Image:
    picture.thumbnail((REFERENCE_SIDE, REFERENCE_SIDE))
    return picture


def _open(path: Path, prepare: Callable[[Image.Image], Image.Image]) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the service takes in was measured when it came
        with Image.open(path) as opened:
            return prepare(opened)


def _mask(folder: Path, file: str, size: tuple[int, int]) -> Image.Image | None:
    if not file:
        return None
    mask = _open(folder / file, flattened).convert("L")
    return mask if mask.size == size else mask.resize(size, Image.Resampling.BOX)

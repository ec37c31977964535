"""Pictures and masks that an order links to: fetched when its job begins, and stored beside its results."""

from __future__ import annotations

import asyncio
import warnings
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from .jobs import FailedError, Job, write_whole
from .net import Fetcher
from .render import MAX_REFERENCE_PIXELS, UnusableReferenceError
from .youchuan_films import frame_size
from .youchuan_masks import PICTURE_FORMATS, MaskError, as_png, check_filled, from_picture, in_eight_bits
from .youchuan_wire import BAD_PARAMETER

MAX_PICTURE_SIDE = 4096
"""Pictures that are painted anew are shrunk to this."""
CUTOUT_FORMATS = ("JPEG", "PNG")


@dataclass(frozen=True)
class Input:
    """Something to bring before painting: what is behind ``url``, as ``file``.

    ``role`` is picture (what the works start from), shrunk (the same, in a size that can be painted), cutout (the
    same, of a documented format), still (another frame) or mask. ``may_be_empty`` is for masks.
    """

    url: str
    file: str
    role: str
    may_be_empty: bool = False


async def bring(job: Job, folder: Path, fetcher: Fetcher) -> None:
    """Fetch what the job links to and fit its works to it. UnusableReferenceError, FailedError."""
    inputs = [Input(**item) for item in job.extra.get("inputs", ())]
    for item in inputs:
        if not (folder / item.file).exists():
            data = await fetcher.fetch(item.url)
            write_whole(folder / item.file, await asyncio.to_thread(_converted, data, item))
    source = next((item.file for item in inputs if item.role not in ("mask", "still")), job.extra.get("source", ""))
    if not source:
        return
    size = await asyncio.to_thread(_size, folder / source)
    if job.extra.get("mask") and await asyncio.to_thread(_size, folder / job.extra["mask"]) != size:
        raise FailedError(BAD_PARAMETER, "the mask is not of the picture's size")
    if job.kind == "video-diffusion":
        _fit_film(job, frame_size(*size, job.extra["video_type"]))
    elif job.kind in ("retexture", "remove-background"):
        for slot in job.slots:
            if slot.work:
                recipe = {**slot.work.recipe, "width": size[0], "height": size[1]}
                slot.work = replace(slot.work, recipe=recipe)


def _fit_film(job: Job, size: tuple[int, int]) -> None:
    sides = {"width": size[0], "height": size[1]}
    for slot in job.slots:
        slot.size = list(size)
        if slot.work:
            recipe, options = {**slot.work.recipe, **sides}, {**slot.work.options, **sides}
            slot.work = replace(slot.work, recipe=recipe, options=options)


def _size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def _converted(data: bytes, item: Input) -> bytes:
    if item.role == "mask":
        try:
            mask = from_picture(data)
        except MaskError as error:
            raise UnusableReferenceError(str(error)) from error
        try:
            check_filled(mask, empty_allowed=item.may_be_empty)
        except MaskError as error:
            raise FailedError(BAD_PARAMETER, str(error)) from error
        return as_png(mask)
    cutout = item.role == "cutout"
    picture = open_picture(data, CUTOUT_FORMATS if cutout else PICTURE_FORMATS, keep_alpha=cutout)
    if item.role in ("shrunk", "still"):
        picture.thumbnail((MAX_PICTURE_SIDE, MAX_PICTURE_SIDE))
    stored = BytesIO()
    picture.save(stored, "PNG", compress_level=1)
    return stored.getvalue()


def open_picture(
    data: bytes, formats: tuple[str, ...] = PICTURE_FORMATS, *, keep_alpha: bool = False, enough: int = 0
) -> Image.Image:
    """The picture upright in RGB, transparent parts white (or kept, in RGBA). Raises UnusableReferenceError.

    ``enough`` above 0: no side needs more pixels than this, which spares decoding them.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own limit on pixels is the stricter one
            with Image.open(BytesIO(data), formats=formats) as opened:
                if opened.width * opened.height > MAX_REFERENCE_PIXELS:
                    raise UnusableReferenceError(f"{opened.width}x{opened.height} is too large")
                if enough:
                    opened.draft("RGB", (enough, enough))
                upright = in_eight_bits(ImageOps.exif_transpose(opened))
                if not upright.has_transparency_data:
                    return upright.convert("RGB")
                seen = upright.convert("RGBA")
                if keep_alpha:
                    return seen
                return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")
    except UnusableReferenceError:
        raise
    except Exception as error:  # decoders raise whatever they like on broken files
        raise UnusableReferenceError(str(error)) from error

"""Masks as Youchuan takes them: polygons, or a black and white picture whose white is repainted."""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from .net import is_web_url
from .render import MAX_REFERENCE_PIXELS

MAX_SIDE = 16384
MAX_VERTICES = 4096
"""Of all polygons of a mask together."""
PICTURE_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""What is decoded; the library knows formats that start other programs."""
MAX_ENCODED = 20 * 1024 * 1024
"""Bytes of a picture that came in the body."""


class MaskError(ValueError):
    """This can't be the mask of that picture; the text says why."""


@dataclass(frozen=True)
class Area:
    """A polygon in a picture of ``width`` x ``height``."""

    width: int
    height: int
    points: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Mask:
    """One of the three is given: polygons, a link, or the picture itself."""

    areas: tuple[Area, ...] = ()
    url: str = ""
    data: bytes = b""


def read_mask(value: Any, *, encoded: bool) -> Mask:
    """``encoded``: whether ``url`` may hold the picture itself in base64. Raises MaskError."""
    if not isinstance(value, dict) or len(value) != 1 or not set(value) <= {"areas", "url"}:
        raise MaskError("either areas or url, and nothing else")
    if "areas" in value:
        return Mask(areas=_read_areas(value["areas"]))
    url = value["url"]
    if not isinstance(url, str):
        raise MaskError("url must be a text")
    if is_web_url(url) and len(url) <= 2048 and url.isascii():
        return Mask(url=url)
    if not encoded:
        raise MaskError("url must be an http(s) address of at most 2048 characters")
    return Mask(data=_decoded(url))


def _read_areas(value: Any) -> tuple[Area, ...]:
    if not isinstance(value, list) or not value:
        raise MaskError("areas must be a list of at least one")
    if not all(isinstance(item, dict) and set(item) == {"width", "height", "points"} for item in value):
        raise MaskError("an area has width, height and points")
    if sum(len(item["points"]) for item in value if isinstance(item["points"], list)) > 2 * MAX_VERTICES:
        raise MaskError(f"more than {MAX_VERTICES} vertices")
    areas = tuple(_read_area(item) for item in value)
    if len({(area.width, area.height) for area in areas}) > 1:
        raise MaskError("the areas name different sizes of the picture")
    return areas


def _read_area(item: dict[str, Any]) -> Area:
    width, height, points = item["width"], item["height"], item["points"]
    for side in (width, height):
        if not _is_whole(side) or not 1 <= side <= MAX_SIDE:
            raise MaskError(f"width and height must be whole numbers from 1 to {MAX_SIDE}")
    if width * height > MAX_REFERENCE_PIXELS:
        raise MaskError("the picture is too large")
    if not isinstance(points, list) or not all(_is_whole(point) for point in points):
        raise MaskError("points must be a list of whole numbers")
    if len(points) % 2:
        raise MaskError("points must come in pairs of x and y")
    if len(points) < 6:
        raise MaskError("a polygon has at least three vertices")
    vertices = tuple(zip(points[::2], points[1::2], strict=True))
    if not all(0 <= x <= width and 0 <= y <= height for x, y in vertices):
        raise MaskError("a vertex lies outside of the picture")
    return Area(width, height, vertices)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _decoded(text: str) -> bytes:
    match = re.match(r"data:image/[a-z+.-]+;base64,", text[:100])
    payload = text[match.end() :] if match else text
    if len(payload) > MAX_ENCODED * 4 // 3 + 4:
        raise MaskError("the picture in url is too large")
    try:
        data = base64.b64decode(payload, validate=True)
    except (ValueError, binascii.Error) as error:
        raise MaskError("url is neither an http(s) address nor base64") from error
    if not data:
        raise MaskError("url is empty")
    return data


def drawn(areas: tuple[Area, ...]) -> Image.Image:
    """The polygons as an 8-bit grey picture of 0 and 255; a pixel belongs to one that winds around its centre."""
    canvas = np.zeros((areas[0].height, areas[0].width), dtype=bool)
    for area in areas:
        left, top = (min(p[axis] for p in area.points) for axis in (0, 1))
        right, bottom = (max(p[axis] for p in area.points) for axis in (0, 1))
        if right > left and bottom > top:
            canvas[top:bottom, left:right] |= _inside(area.points, left, top, right, bottom)
    return Image.fromarray(canvas.astype(np.uint8) * 255)


def _inside(points: tuple[tuple[int, int], ...], left: int, top: int, right: int, bottom: int) -> NDArray[np.bool_]:
    """Which pixels of the box have a winding number other than zero, from the crossings left of them in their row."""
    turns = np.zeros((bottom - top, right - left + 1), dtype=np.int16)
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        if y0 == y1:
            continue
        rows = np.arange(min(y0, y1), max(y0, y1))
        crossings = x0 + (rows + 0.5 - y0) * (x1 - x0) / (y1 - y0)
        columns = np.ceil(crossings - 0.5).astype(int) - left
        turns[rows - top, columns.clip(0, right - left)] += 1 if y1 > y0 else -1
    inside: NDArray[np.bool_] = np.cumsum(turns, axis=1, dtype=np.int16)[:, :-1] != 0
    return inside


def from_picture(data: bytes) -> Image.Image:
    """The picture as 8-bit grey of 0 and 255, split at half; transparent is black. Raises MaskError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own limit on pixels is the stricter one
            with Image.open(BytesIO(data), formats=PICTURE_FORMATS) as opened:
                if opened.width * opened.height > MAX_REFERENCE_PIXELS:
                    raise MaskError("the mask's picture is too large")
                upright = in_eight_bits(ImageOps.exif_transpose(opened)).convert("RGBA")
                grey = Image.alpha_composite(Image.new("RGBA", upright.size, "black"), upright).convert("L")
                return grey.point(lambda level: 255 if level >= 128 else 0)
    except MaskError:
        raise
    except Exception as error:  # decoders raise whatever they like on broken files
        raise MaskError(f"the mask is no picture: {error}") from error


def in_eight_bits(picture: Image.Image) -> Image.Image:
    """Pillow clips deeper grey pictures where it should scale them."""
    if not picture.mode.startswith("I"):
        return picture
    levels = np.asarray(picture).astype(np.int64)
    return Image.fromarray((levels >> 8).clip(0, 255).astype(np.uint8))


def check_filled(mask: Image.Image, *, empty_allowed: bool) -> None:
    """Raises MaskError for a mask that repaints everything, or nothing where that is not allowed."""
    levels = mask.histogram()
    if not levels[255] and not empty_allowed:
        raise MaskError("the mask is empty")
    if not levels[0]:
        raise MaskError("the mask covers the whole picture")


def as_png(mask: Image.Image) -> bytes:
    data = BytesIO()
    mask.save(data, "PNG")
    return data.getvalue()

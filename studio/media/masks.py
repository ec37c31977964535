"""Reading a mask: whatever way it was drawn, it becomes 8-bit grey of one size, white where it marks.

Runs in the decoder's child process: standard library and Pillow only.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from studio.media.containers import Refused, read_contents, sniff, webp_canvas
from studio.media.picture import open_checked

FORMATS = ("PNG", "JPEG", "WEBP")
#: from this value on, a pixel counts as marked
MARKED = 128
_DARK, _LIGHT = 64, 192


def read_mask(request: dict[str, Any]) -> dict[str, Any]:
    """Writes `mask.png` into the folder; `Refused` says why not."""
    source, folder = Path(request["source"]), Path(request["output"])
    if source.stat().st_size > request["max_bytes"]:
        raise Refused("too_large")
    data = source.read_bytes()
    name = sniff(data[:4096])
    if name not in FORMATS:
        raise Refused("mask_format")
    if read_contents(name, data, 2).frames > 1:
        raise Refused("mask_animated")
    if name == "WEBP" and _product(webp_canvas(data)) > request["max_pixels"]:
        raise Refused("too_many_pixels")
    picture = open_checked(source, name, request["max_pixels"])
    try:
        picture.load()
        picture = ImageOps.exif_transpose(picture)
    except MemoryError:
        raise
    except Exception as error:
        raise Refused("damaged") from error
    width, height = request["size"]
    if picture.size != (width, height):
        raise Refused("mask_size", mask_width=picture.width, mask_height=picture.height, width=width, height=height)
    mask = grey(picture)
    low, high = _range(mask)
    if high < MARKED and not request["allow_empty"]:
        raise Refused("mask_empty")
    if low >= MARKED and not request["allow_full"]:
        raise Refused("mask_full")
    target = folder / "mask.png"
    mask.save(target, "PNG")
    return {
        "format": "PNG",
        "kind": "image",
        "media_type": "image/png",
        "extension": "png",
        "width": width,
        "height": height,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "size": target.stat().st_size,
        "original": target.name,
        "placeholder": "",
        "renditions": [],
    }


def _product(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _range(channel: Image.Image) -> tuple[int, int]:
    used = [value for value, count in enumerate(channel.histogram()) if count]
    return used[0], used[-1]


def grey(picture: Image.Image) -> Image.Image:
    """What the picture marks, as mode L.

    Strokes on a transparent ground mark by their opacity, whatever their colour. Where the visible
    part is itself drawn in dark and light, light marks.
    """
    if picture.mode.startswith("I") or picture.mode == "F":
        # Pillow's own conversion cuts off instead of scaling
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode not in ("LA", "PA", "La", "RGBa", "RGBA") and "transparency" not in picture.info:
        return picture.convert("L")
    picture = picture.convert("RGBA")
    alpha, light = picture.getchannel("A"), picture.convert("RGB").convert("L")
    low, high = _range(alpha)
    if low == high > 0:
        return light
    visible = alpha.point(lambda value: 255 if value > _LIGHT else 0)
    seen = light.histogram(visible)
    if any(seen[:_DARK]) and any(seen[_LIGHT:]):
        return Image.composite(light, Image.new("L", light.size), alpha)
    return alpha

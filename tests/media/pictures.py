"""Pictures and worse, made where they are needed."""

from __future__ import annotations

import io
import struct
import zlib
from functools import lru_cache
from typing import Any

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

GPS_TOWN = "Wernigerode"


@lru_cache
def photo(width: int = 400, height: int = 300) -> Image.Image:
    """Smooth colours, each corner its own: red, green, blue, white."""
    corners = Image.new("RGB", (2, 2))
    corners.putdata([(220, 20, 20), (20, 200, 20), (20, 20, 220), (250, 250, 250)])
    return corners.resize((width, height), Image.Resampling.BILINEAR)


def encode(picture: Image.Image, name: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, name, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def exif(orientation: int = 1, *, gps: bool = True) -> Image.Exif:
    tags = Image.Exif()
    if orientation != 1:
        tags[0x0112] = orientation
    if gps:
        tags[0x010F] = GPS_TOWN
        tags.get_ifd(0x8825).update({1: "N", 2: (51.0, 50.0, 3.0), 3: "E", 4: (10.0, 47.0, 7.0)})
    return tags


def png_text() -> PngInfo:
    info = PngInfo()
    info.add_text("Comment", GPS_TOWN)
    return info


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of this size in a few hundred bytes a megapixel, made without ever holding the pixels."""
    packer = zlib.compressobj(9)
    row = b"\0" + bytes(width * 3)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")


def webp_header(width: int, height: int) -> bytes:
    canvas = bytes([0x10, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + canvas + b"VP8L" + struct.pack("<I", 0)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def animation(frames: int, name: str = "GIF", size: tuple[int, int] = (8, 8)) -> bytes:
    pictures = [Image.new("RGB", size, (number % 256, number // 256, 90)) for number in range(frames)]
    options = {"lossless": True} if name == "WEBP" else {}
    return encode(pictures[0], name, save_all=True, append_images=pictures[1:], **options)


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """An RGB profile that is not sRGB: the red and the green primary change places."""
    data = bytearray(srgb_profile())
    tags = {bytes(data[at : at + 4]): at for at in range(132, 132 + 12 * int.from_bytes(data[128:132], "big"), 12)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    data[red : red + 4], data[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(data).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))

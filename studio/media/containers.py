"""What a file is by its first bytes, and what else a picture carries, read from its structure without decoding.

Runs in the decoder's child process: standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Data = Any  # bytes or a memory map: both slice, index and search alike


class Refused(Exception):
    """The file is not taken; `code` says why (the sentence for people is chosen by the studio)."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Contents:
    """`clean`: nothing but the picture – no metadata, comments, embedded previews or trailing bytes."""

    clean: bool
    frames: int = 1
    deep: bool = False
    lossless: bool = False


_STARTS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"%PDF", "PDF"),
    (b"8BPS", "PSD"),
    (b"\0\0\1\0", "ICO"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"ID3", "MP3"),
    (b"fLaC", "FLAC"),
    (b"OggS", "OGG"),
)
_SOUND_BRANDS = {b"M4A ", b"M4B "}
_QUICKTIME_ATOMS = {b"moov", b"mdat", b"wide"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_PAGE = re.compile(rb"<(!doctype\s+html|html|head|body|script)[\s>]", re.I)
_SVG = re.compile(rb"<svg[\s>]", re.I)


def sniff(head: bytes) -> str:
    """The format by its first bytes; the name is one Pillow knows for what is accepted."""
    if not head:
        raise Refused("empty")
    for start, name in _STARTS:
        if head.startswith(start):
            return name
    if head[:4] == b"RIFF":
        return {b"WEBP": "WEBP", b"WAVE": "WAV", b"AVI ": "video"}.get(head[8:12], "sound")
    if head[4:8] == b"ftyp":
        size = int.from_bytes(head[:4], "big")
        brands = {head[8:12], *(head[at : at + 4] for at in range(16, min(size, len(head)), 4))}
        if brands & {b"avif", b"avis"}:
            return "AVIF"
        if brands & _HEIC_BRANDS:
            return "HEIC"
        return "M4A" if head[8:12] in _SOUND_BRANDS else "MOV" if head[8:12] == b"qt  " else "MP4"
    if head[4:8] in _QUICKTIME_ATOMS:
        return "MOV"  # from before files named their brand
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "WEBM" if b"\x42\x82\x84webm" in head[:64] else "video"
    if head[0] == 0xFF and (sound := _mpeg_sound(head)):
        return sound
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "BMP"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] == b"<":
        if _SVG.search(text):
            return "SVG"
        if _PAGE.search(text):
            raise Refused("web_page")
    raise Refused("not_a_picture")


def _mpeg_sound(head: bytes) -> str:
    """What the header of a bare MPEG frame says: "MP3", "AAC" or "" for none that can be."""
    if len(head) < 4:
        return ""
    if head[1] & 0xF6 == 0xF0:
        return "AAC" if head[2] >> 2 & 15 < 13 else ""
    is_layer_3 = head[1] & 0xE6 == 0xE2 and head[1] & 0x18 != 0x08
    return "MP3" if is_layer_3 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3 else ""


def webp_canvas(head: bytes) -> tuple[int, int]:
    """Width and height. Pillow's decoder allocates the canvas on opening, before they could be judged."""
    kind, body = head[12:16], head[20:30]
    if len(body) < 10:
        raise Refused("damaged")
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    raise Refused("damaged")


def read_contents(name: str, data: Data, most_frames: int) -> Contents:
    """Walk the file. Counting stops soon after `most_frames`: a hostile file may hold a million."""
    return _READERS[name](data, most_frames)


# an entropy-coded byte FF is followed by 00 or a restart marker; anything else ends the scan
_JPEG_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


def _read_jpeg(data: Data, most_frames: int) -> Contents:
    at, end, dirty = 2, len(data), Contents(clean=False)
    while at + 4 <= end or data[at : at + 2] == b"\xff\xd9":
        if data[at] != 0xFF:
            return dirty
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            return Contents(clean=at + 2 == end)
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        if marker == 0xFE or 0xE0 <= marker <= 0xEF:
            plain_jfif = marker == 0xE0 and body[:5] == b"JFIF\0" and length == 16
            colour = marker == 0xE2 and body[:12] == b"ICC_PROFILE\0"
            adobe = marker == 0xEE and body[:5] == b"Adobe" and length == 14
            if not (plain_jfif or colour or adobe):
                return dirty
        at += 2 + length
        if marker == 0xDA:
            found = _JPEG_MARKER.search(data, at)
            if found is None:
                return dirty
            at = found.start()
    return dirty


_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"pHYs", b"bKGD"}


def _read_png(data: Data, most_frames: int) -> Contents:
    at, end, clean, frames = 8, len(data), True, 1
    deep = data[24:25] == b"\x10"
    while at + 12 <= end:
        length, kind = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8])
        if kind == b"acTL":
            frames = max(1, int.from_bytes(data[at + 8 : at + 12], "big"))
        clean = clean and kind in _PNG_KEPT
        at += 12 + length
        if kind == b"IEND":
            return Contents(clean=clean and at == end, frames=frames, deep=deep, lossless=True)
    return Contents(clean=False, frames=frames, deep=deep, lossless=True)


def _riff_chunks(data: Data, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while at + 8 <= end:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield bytes(data[at : at + 4]), at + 8, size
        at += 8 + size + size % 2


def _read_webp(data: Data, most_frames: int) -> Contents:
    clean = int.from_bytes(data[4:8], "little") + 8 == len(data)
    frames, lossless = 0, False
    for kind, at, size in _riff_chunks(data, 12, len(data)):
        if kind == b"ANMF":
            frames += 1
            if frames == 1:
                lossless = any(inner == b"VP8L" for inner, _, _ in _riff_chunks(data, at + 16, at + size))
            if frames > most_frames:
                break
        elif kind == b"VP8L":
            lossless = True
        clean = clean and kind in {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"}
    return Contents(clean=clean, frames=frames or 1, lossless=lossless)


_AVIF_ITEM = re.compile(rb"infe(?:\x02.{7}|\x03.{9})(.{4})", re.S)


def _read_avif(data: Data, most_frames: int) -> Contents:
    at, end, clean = 0, len(data), True
    while at + 8 <= end:
        size, kind = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8])
        if size == 0 and kind == b"mdat":
            size = end - at
        if size < 8:
            return Contents(clean=False)
        if kind == b"meta":
            items = set(_AVIF_ITEM.findall(bytes(data[at : at + size])))
            clean = clean and items <= {b"av01", b"grid"}
        clean = clean and kind in {b"ftyp", b"meta", b"mdat"}
        at += size
    return Contents(clean=clean and at == end)


def _after_sub_blocks(data: Data, at: int) -> int:
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1


def _read_gif(data: Data, most_frames: int) -> Contents:
    """Count the frames; a GIF is never kept as it is, so what else it holds does not matter."""
    at, end, frames = 13, len(data), 0
    if end < 13:
        raise Refused("damaged")
    if data[10] & 0x80:
        at += 3 << (data[10] & 7) + 1
    while at < end and frames <= most_frames:
        if data[at] == 0x21:
            at = _after_sub_blocks(data, at + 2)
        elif data[at] == 0x2C and at + 10 <= end:
            frames += 1
            flags = data[at + 9]
            at += 10 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
            at = _after_sub_blocks(data, at + 1)
        else:
            break
    return Contents(clean=False, frames=frames or 1, lossless=True)


_READERS = {"JPEG": _read_jpeg, "PNG": _read_png, "WEBP": _read_webp, "AVIF": _read_avif, "GIF": _read_gif}

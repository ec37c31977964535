"""What a picture, film or sound really is, told by its content alone: names and announced types are not believed."""

from __future__ import annotations

import math
import struct
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import av
from av.container import InputContainer
from av.video.stream import VideoStream
from PIL import Image

from .paint.containers import BEGINNING, demuxer_of, opened, picture_stream
from .render import UnusableReferenceError

Kind = Literal["image", "video", "audio"]

MAX_PIXELS = 100_000_000
MAX_PACKETS = 400_000
MAX_WAIT = 20.0
"""Seconds that reading one file may take."""

_PICTURES = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_ROUNDING = 0.003
"""Seconds by which containers that count in milliseconds miss the end of a film."""
_PADDING = 0.2
"""Seconds that an encoder may add to a sound, of which the file's head tells."""
_HEIF_BRANDS = {b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc"}
_UPRIGHT_IN_OTHER_ORDER = {5, 6, 7, 8}
"""EXIF orientations that exchange width and height."""
_ORIENTATION = 0x0112


@dataclass(frozen=True)
class Probe:
    """``width`` and ``height`` are in pixels as the file is shown: upright. ``duration`` is in seconds and measured.

    ``format`` is jpeg, png, webp, gif, bmp, tiff, heic; mp4, mov, webm, mkv, avi; wav, mp3, aac, m4a, flac or ogg.
    ``codec`` is that of the picture or, in a sound, of the sound. What a kind does not have is 0, "" or False.
    """

    kind: Kind
    format: str
    width: int = 0
    height: int = 0
    duration: float = 0.0
    frame_rate: float = 0.0
    has_sound: bool = False
    channels: int = 0
    sample_rate: int = 0
    codec: str = ""


def probe(path: Path) -> Probe:
    """Raises UnusableReferenceError when the file is nothing that can be shown or heard, damaged or endless."""
    try:
        with path.open("rb") as file:
            begin = file.read(BEGINNING)
            if picture_format(begin):
                file.seek(0)
                return _picture(file)
        if demuxer := demuxer_of(begin):
            return _footage(path, begin, demuxer)
    except UnusableReferenceError:
        raise
    except Exception as error:  # decoders raise whatever they like on broken files
        raise UnusableReferenceError(str(error) or type(error).__name__) from error
    raise UnusableReferenceError("neither a picture nor a film nor a sound")


def picture_format(begin: bytes) -> str:
    """The format of the picture that begins like this, or "" when it is none that is known here."""
    if begin[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if begin[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if begin[:4] == b"RIFF" and begin[8:12] == b"WEBP":
        return "webp"
    if begin[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if begin[:2] == b"BM" and len(begin) > 26:
        return "bmp"
    if begin[:4] in (b"II*\0", b"MM\0*"):
        return "tiff"
    return ""


def _picture(file: IO[bytes]) -> Probe:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # our own limit on pixels holds
        with Image.open(file, formats=_PICTURES) as picture:
            width, height = picture.size
            _judge(width, height)
            name = (picture.format or "").lower()
            if picture.getexif().get(_ORIENTATION) in _UPRIGHT_IN_OTHER_ORDER:
                width, height = height, width
            picture.load()
    name = "jpeg" if name == "mpo" else name
    return Probe("image", name, width, height, codec=name)


def _judge(width: int, height: int) -> None:
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise UnusableReferenceError(f"{width}x{height} cannot be looked at")


def _footage(path: Path, begin: bytes, demuxer: str) -> Probe:
    give_up = time.monotonic() + MAX_WAIT
    with opened(path) as container:
        film = picture_stream(container)
        sound = next(iter(container.streams.audio), None)
        if film is None and sound is None:
            raise UnusableReferenceError("nothing to see and nothing to hear")
        if demuxer == "mov" and begin[8:12] in _HEIF_BRANDS and film is not None:
            return _heif(container, film, begin)
        facts: dict[str, Any] = {}
        if film is not None:
            _judge(film.codec_context.width, film.codec_context.height)
        duration, count = _measured(container, film, give_up)
        if sound is not None:
            facts |= {"has_sound": True, "channels": sound.codec_context.channels, "sample_rate": sound.sample_rate}
        if film is None:
            assert sound is not None
            _seen(container, sound)
            name = _name(container, demuxer, begin, film=False)
            return Probe("audio", name, duration=duration, codec=sound.codec.canonical_name, **facts)
        width, height = _seen(container, film)
        rate = float(film.average_rate or 0) or (count / duration if duration else 0.0)
        if rate and (not duration or abs(duration - count / rate) < _ROUNDING):
            duration = round(count / rate, 6)
        name = _name(container, demuxer, begin, film=True)
        codec = film.codec.canonical_name
        return Probe("video", name, width, height, duration, frame_rate=round(rate, 3), codec=codec, **facts)


def _measured(container: InputContainer, film: VideoStream | None, give_up: float) -> tuple[float, int]:
    """Seconds and packets that are really there of the picture, or of the first sound where there is none."""
    stream = film or container.streams.audio[0]
    base = float(stream.time_base or 0)
    first, last, count = math.inf, 0.0, 0
    for packet in container.demux(stream):
        if packet.pts is None:
            continue
        if packet.is_corrupt:
            raise UnusableReferenceError("a part of it is damaged")
        count += 1
        first, last = min(first, packet.pts * base), max(last, (packet.pts + (packet.duration or 0)) * base)
        if count > MAX_PACKETS or (count % 256 == 0 and time.monotonic() > give_up):
            raise UnusableReferenceError("it does not end")
    if not count or (film is not None and count < 0.9 * film.frames):
        raise UnusableReferenceError("a part of it is missing")
    measured = last - (first if film is not None else max(0.0, first))
    announced = (container.duration or 0) / av.time_base
    if film is None and 0 < measured - announced < _PADDING:
        measured = announced
    return round(measured, 6), count


def _seen(container: InputContainer, stream: Any) -> tuple[int, int]:
    """Decodes the beginning, to find that it can be; the upright size of the first frame."""
    container.seek(0)
    for packet in container.demux(stream):
        for frame in packet.decode():
            if not isinstance(frame, av.VideoFrame):
                return 0, 0
            _judge(frame.width, frame.height)
            turned = frame.rotation % 180 == 90
            return (frame.height, frame.width) if turned else (frame.width, frame.height)
    raise UnusableReferenceError("nothing in it can be decoded")


def _name(container: InputContainer, demuxer: str, begin: bytes, *, film: bool) -> str:
    if demuxer == "mov":
        brand = begin[8:12] if begin[4:8] == b"ftyp" else b"qt  "
        if not film:
            return "m4a"
        return "mov" if brand == b"qt  " else "mp4"
    if demuxer == "matroska":
        return "webm" if b"webm" in begin[:64] else "mkv"
    return demuxer


def _heif(container: InputContainer, stream: VideoStream, begin: bytes) -> Probe:
    """A picture in a film's container. Large ones are stored in tiles: the largest size written is the whole."""
    _seen(container, stream)
    sizes, at = [(stream.codec_context.width, stream.codec_context.height)], begin.find(b"ispe")
    while 0 <= at <= len(begin) - 16:
        sizes.append(struct.unpack(">II", begin[at + 8 : at + 16]))
        at = begin.find(b"ispe", at + 4)
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    turn = begin.find(b"irot")
    if 0 <= turn < len(begin) - 4 and begin[turn + 4] % 2:
        width, height = height, width
    _judge(width, height)
    return Probe("image", "heic", width, height, codec=stream.codec.canonical_name)

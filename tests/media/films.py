"""Tiny videos, made where they are needed."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import av
import numpy as np
from av.audio.frame import AudioFrame
from PIL import Image

GPS_TOWN = "Wernigerode"
STEP = 20


def shade(number: int) -> int:
    """The grey of a frame, by which it is told from its neighbours."""
    return 60 + number * STEP % 180


@lru_cache
def film(
    frames: int = 10,
    *,
    size: tuple[int, int] = (160, 96),
    rate: int = 10,
    codec: str = "libx264",
    container: str = "mp4",
    sound: str = "",
    times: Sequence[float] = (),
    black: int = 0,
    tags: bool = False,
    key_every: int = 250,
) -> bytes:
    """A film whose frames are plain greys, `shade(n)` each, the first `black` of them black.

    `times` (seconds) makes it one of variable rate; `sound` names an encoder.
    """
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as made:
        if tags:
            made.metadata.update(title="Holidays", location="+51.83+010.78/", comment=GPS_TOWN)
        options = {"crf": "12", "g": str(key_every)} if codec == "libx264" else {}
        picture = made.add_stream(codec, rate=rate, options=options)
        picture.width, picture.height, picture.pix_fmt = *size, "yuv420p"
        picture.time_base = picture.codec_context.time_base = Fraction(1, 1000)
        heard = made.add_stream(sound, rate=48_000, layout="stereo") if sound else None
        for number in range(frames):
            grey = 0 if number < black else shade(number)
            frame = av.VideoFrame.from_image(Image.new("RGB", size, (grey, grey, grey)))
            frame.time_base = Fraction(1, 1000)
            frame.pts = round(1000 * (times[number] if times else number / rate))
            made.mux(picture.encode(frame))
        made.mux(picture.encode(None))
        if heard is not None:
            for packet in _tone(heard, frames / rate):
                made.mux(packet)
    return buffer.getvalue()


def _tone(stream, seconds: float):
    length = int(48_000 * seconds)
    wave = (8000 * np.sin(np.arange(length) * 440 * 2 * math.pi / 48_000)).astype(np.int16)
    codec = stream.codec_context
    size = codec.frame_size or 960
    resampler = av.AudioResampler(format=codec.format, layout="stereo", rate=48_000, frame_size=size)
    frame = AudioFrame.from_ndarray(np.repeat(wave, 2)[None, :], format="s16", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        yield from stream.encode(piece)
    yield from stream.encode(None)


def turned(data: bytes) -> bytes:
    """The same MP4, to be shown a quarter turn clockwise, as phones write it."""
    changed = bytearray(data)
    at = changed.index(b"tkhd") + 4 + 4 + 20 + 16
    changed[at : at + 36] = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 96 << 16, 0, 0x40000000)
    return bytes(changed)


def greys(data: bytes) -> list[int]:
    """The middle of every frame."""
    with av.open(io.BytesIO(data)) as container:
        pictures = [frame.to_image().convert("L") for frame in container.decode(video=0)]
    return [picture.getpixel((picture.width // 2, picture.height // 2)) for picture in pictures]


def streams(data: bytes) -> list[tuple[str, str]]:
    with av.open(io.BytesIO(data)) as container:
        return [(stream.type, stream.codec.canonical_name) for stream in container.streams]

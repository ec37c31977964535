"""Short sounds, made where they are needed."""

from __future__ import annotations

import io
import math
from functools import lru_cache

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.codec import CodecContext
from PIL import Image

SECRET = "Wernigerode"
#: encoder and muxer of each format that is taken
FORMATS = {
    "wav": ("pcm_s16le", "wav"),
    "wav of 24 bits": ("pcm_s24le", "wav"),
    "mp3": ("libmp3lame", "mp3"),
    "m4a": ("aac", "ipod"),
    "mp4 without picture": ("aac", "mp4"),
    "aac": ("aac", "adts"),
    "opus": ("libopus", "ogg"),
    "vorbis": ("vorbis", "ogg"),
    "flac": ("flac", "flac"),
}


@lru_cache
def sound(
    kind: str = "wav",
    seconds: float = 2.0,
    *,
    loud_after: float = 0.0,
    tags: bool = False,
    cover: bool = False,
    codec: str = "",
    tracks: int = 1,
    rate: int = 48_000,
) -> bytes:
    """A tone, silent before `loud_after` seconds; `codec` overrules that of the format."""
    encoder, container = FORMATS[kind]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as made:
        if tags:
            made.metadata.update(title="Holidays", artist="Alice", comment=SECRET)
        # Vorbis of FFmpeg's own is stereo only
        streams = [made.add_stream(codec or encoder, rate=rate, layout="stereo") for _ in range(tracks)]
        for stream in streams:
            if encoder == "vorbis":
                stream.codec_context.options = {"strict": "experimental"}
        picture = made.add_stream("png", rate=1) if cover else None
        if picture is not None:
            picture.width = picture.height = 16
            picture.pix_fmt = "rgb24"
            picture.disposition = av.stream.Disposition.attached_pic
            made.mux(picture.encode(av.VideoFrame.from_image(Image.new("RGB", (16, 16), "red"))))
        for stream in streams:
            made.mux(_encoded(stream, seconds, loud_after, rate))
    return buffer.getvalue()


def _encoded(stream, seconds: float, loud_after: float, rate: int) -> list:
    length = int(rate * seconds)
    wave = 12000 * np.sin(np.arange(length) * 440 * 2 * math.pi / rate)
    wave[: int(rate * loud_after)] = 0
    codec: CodecContext = stream.codec_context
    frame = AudioFrame.from_ndarray(np.repeat(wave.astype(np.int16), 2)[None, :], format="s16", layout="stereo")
    frame.sample_rate, frame.pts = rate, 0
    if not codec.is_open:
        codec.open()
    resampler = av.AudioResampler(format=codec.format, layout="stereo", rate=rate, frame_size=codec.frame_size or 1024)
    packets = []
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        packets += stream.encode(piece)
    return packets + stream.encode(None)


def samples(data: bytes) -> bytes:
    """Everything that can be heard, as 16-bit mono."""
    with av.open(io.BytesIO(data)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        frames = [piece for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
    return b"".join(bytes(frame.planes[0])[: frame.samples * 2] for frame in frames)


def streams(data: bytes) -> list[tuple[str, str]]:
    with av.open(io.BytesIO(data)) as container:
        return [(stream.type, stream.codec.canonical_name) for stream in container.streams]

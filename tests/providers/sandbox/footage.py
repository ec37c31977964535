"""Films and sounds for tests: small ones made here, and what any file shows and sounds like."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.fifo import AudioFifo
from PIL import Image


@dataclass
class Seen:
    """``sound`` is (channels, samples), None without a track."""

    frames: list[np.ndarray]
    codec: str
    profile: str
    pixels: str
    colours: tuple[int, int, int]
    rate: Fraction
    duration: Fraction
    sound: np.ndarray | None
    sound_codec: str = ""
    sound_profile: str = ""
    sound_rate: int = 0
    sound_duration: Fraction = Fraction(0)

    @property
    def size(self) -> tuple[int, int]:
        return self.frames[0].shape[1], self.frames[0].shape[0]


def seen(path: Path) -> Seen:
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        context = stream.codec_context
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(stream)]
        colours = (int(context.color_primaries), int(context.color_trc), int(context.colorspace))
        found = Seen(
            frames, context.name, context.profile, context.pix_fmt, colours, stream.average_rate,
            stream.duration * stream.time_base, sound_of(path),
        )  # fmt: skip
        for sound in film.streams.audio:
            found.sound_codec, found.sound_profile = sound.codec.name, sound.codec_context.profile
            found.sound_rate, found.sound_duration = sound.sample_rate, sound.duration * sound.time_base
        return found


def sound_of(path: Path) -> np.ndarray | None:
    """(channels, samples) as players play it: what the codec adds to its last block is cut off."""
    with av.open(str(path)) as file:
        if not file.streams.audio:
            return None
        frames = [frame.to_ndarray() for frame in file.decode(file.streams.audio[0])]
        stream = file.streams.audio[0]
        channels, length = stream.codec_context.channels, stream.duration * stream.time_base
        parts = [frame if len(frame) == channels else frame.reshape(-1, channels).T for frame in frames]
        return np.concatenate(parts, 1)[:, : round(length * stream.sample_rate)]


def likeness(a: np.ndarray | Image.Image, b: np.ndarray | Image.Image) -> float:
    """Peak signal-to-noise ratio in decibels."""
    error = np.square(np.asarray(a, float) - np.asarray(b, float)).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def tone(seconds: float, pitch: float = 440, rate: int = 48_000, channels: int = 2, level: float = 0.3) -> np.ndarray:
    wave = np.sin(np.arange(round(seconds * rate)) * (2 * np.pi * pitch / rate)) * level
    return np.repeat(wave.astype(np.float32)[None], channels, 0)


def voiced(seconds: float, pitch: float, rate: int = 16_000) -> np.ndarray:
    """A buzz with many overtones, like a voice that holds one vowel."""
    time = np.arange(round(seconds * rate)) / rate
    wave = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 12)) * 0.2
    return wave.astype(np.float32)[None]


def write(
    path: Path,
    *,
    size: tuple[int, int] | None = (160, 96),
    seconds: float = 2,
    fps: int = 24,
    picture: str = "libx264",
    sound: np.ndarray | None = None,
    sound_codec: str = "aac",
    rate: int = 48_000,
    format: str | None = None,
    rotated: bool = False,
) -> Path:
    """A film whose left half is red and whose right half gets lighter, or only a sound (``size`` None).

    ``rotated`` says in its head, as phones do, that it is to be shown turned by a quarter.
    """
    with av.open(str(path), "w", format=format) as output:
        film: Any = None
        if size is not None:
            film = output.add_stream(picture, rate=fps)
            film.width, film.height, film.pix_fmt = *size, "yuv420p"
        track: Any = None
        if sound is not None:
            track = output.add_stream(sound_codec, rate=rate, layout="mono" if len(sound) == 1 else "stereo")
        for number in range(round(seconds * fps)) if film else ():
            frame = np.zeros((size[1], size[0], 3), np.uint8)
            frame[:, : size[0] // 2] = (200, 30, 30)
            frame[:, size[0] // 2 :] = 40 + 150 * number // round(seconds * fps)
            output.mux(film.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        if film:
            output.mux(film.encode(None))
        if track:
            whole = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(sound, np.float32), format="fltp", layout=track.layout.name
            )
            whole.sample_rate, whole.pts = rate, 0
            resampler = av.AudioResampler(format=track.codec_context.format, layout=track.layout, rate=rate)
            fifo = AudioFifo()
            for part in [*resampler.resample(whole), *resampler.resample(None)]:
                fifo.write(part)
            output.start_encoding()
            while (part := fifo.read(track.codec_context.frame_size or 1024, partial=True)) is not None:
                output.mux(track.encode(part))
            output.mux(track.encode(None))
    if rotated:
        data = bytearray(path.read_bytes())
        at = data.index(b"tkhd") + 44
        data[at : at + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
        path.write_bytes(data)
    return path

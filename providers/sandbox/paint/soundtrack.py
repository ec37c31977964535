"""Sound as numbers, in files of its own and in films."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from numpy.typing import NDArray

from .containers import opened

Samples = NDArray[np.float32]
"""Channels, samples, in -1..1."""
RATE = 48_000
_BLOCK = 1024
_LAYOUTS = {1: "mono", 2: "stereo"}
_SOFT_EDGE = 0.02
"""Seconds that take the click out of a cut."""


def heard(path: Path, seconds: float, *, channels: int = 1, rate: int = RATE, start: float = 0.0) -> Samples:
    """At most ``seconds`` of the file's sound from ``start`` on. Empty when there is none.

    Raises av.FFmpegError (a subclass of ValueError or OSError) when the file cannot be read.
    """
    begin, end = round(start * rate), round((start + seconds) * rate)
    resampler = AudioResampler(format="fltp", layout=_LAYOUTS[channels], rate=rate)
    parts, count = [], 0
    with opened(path) as file:
        if not file.streams.audio:
            return np.zeros((channels, 0), np.float32)
        for frame in file.decode(file.streams.audio[0]):
            for part in resampler.resample(frame):
                parts.append(part.to_ndarray())
                count += part.samples
            if count >= end:
                break
        else:
            parts += [part.to_ndarray() for part in resampler.resample(None)]
    if not parts:
        return np.zeros((channels, 0), np.float32)
    return np.asarray(np.concatenate(parts, 1)[:, begin:end], np.float32)


def faded(samples: Samples, rise: float, fall: float, rate: int = RATE) -> Samples:
    """The sound set in over ``rise`` seconds and died away over ``fall``."""
    count = samples.shape[1]
    envelope = np.ones(count, np.float32)
    for seconds, part in ((rise, slice(None)), (fall, slice(None, None, -1))):
        length = min(count // 2, round(seconds * rate))
        envelope[part][:length] *= np.sin(np.linspace(0, np.pi / 2, length, dtype=np.float32)) ** 2
    return np.asarray(samples * envelope, np.float32)


def looped(samples: Samples, count: int) -> Samples:
    """The sound over and over, or cut, to ``count`` samples."""
    if samples.shape[1] == 0:
        return np.zeros((samples.shape[0], count), np.float32)
    if samples.shape[1] < count:
        samples = faded(samples, _SOFT_EDGE, _SOFT_EDGE)
    times = -(-count // samples.shape[1])
    return np.asarray(np.tile(samples, times)[:, :count], np.float32)


def mixed(paths: Sequence[Path], count: int, channels: int) -> Samples:
    """All the sounds at once, each over and over to the end, as loud together as they may be without clipping."""
    total = np.zeros((channels, count), np.float32)
    for path in paths:
        total += looped(heard(path, count / RATE, channels=channels), count)
    loudest = float(np.abs(total).max(initial=0.0))
    if loudest > 0.97:
        total *= np.float32(0.97 / loudest)
    return faded(total, _SOFT_EDGE, 0.3)


def save_wav(path: Path, samples: Samples, rate: int) -> None:
    """16 bits a sample."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples.T, -1, 1) * 32767).astype("<i2").tobytes())


class NewSound:
    """AAC at 48 kHz of one or two channels, exactly as long as the samples."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self._layout = _LAYOUTS[samples.shape[0]]
        self._at = 0
        self._stream: AudioStream | None = None

    def join(self, output: OutputContainer) -> None:
        self._stream = output.add_stream("aac", rate=RATE, layout=self._layout)
        self._stream.codec_context.bit_rate = 64_000 * self._samples.shape[0]

    def until(self, seconds: Fraction) -> Iterator[Packet[AudioStream]]:
        assert self._stream is not None
        while self._at < min(self._samples.shape[1], seconds * RATE):
            block = np.ascontiguousarray(self._samples[:, self._at : self._at + _BLOCK])
            frame = AudioFrame.from_ndarray(block, format="fltp", layout=self._layout)
            frame.sample_rate, frame.pts, frame.time_base = RATE, self._at, Fraction(1, RATE)
            self._at += block.shape[1]
            yield from self._stream.encode(frame)

    def rest(self) -> Iterator[Packet[AudioStream]]:
        assert self._stream is not None
        yield from self.until(Fraction(self._samples.shape[1], RATE))
        yield from self._stream.encode(None)


class KeptSound:
    """A film's own AAC, packet for packet, from the time ``start`` of its first frame to ``seconds`` later."""

    def __init__(self, path: Path, start: Fraction, seconds: Fraction) -> None:
        self._path = path
        self._start, self._end = start, start + seconds
        self._open = ExitStack()
        self._stream: AudioStream | None = None
        self._packets: Iterator[Packet[AudioStream]] = iter(())

    def join(self, output: OutputContainer) -> None:
        container = self._open.enter_context(opened(self._path))
        source = container.streams.audio[0]
        self._stream = output.add_stream_from_template(source)
        self._packets = self._wanted(container.demux(source))

    def until(self, seconds: Fraction) -> Iterator[Packet[AudioStream]]:
        for packet in self._packets:
            yield packet
            if packet.pts is not None and packet.time_base and packet.pts * packet.time_base >= seconds:
                return

    def rest(self) -> Iterator[Packet[AudioStream]]:
        yield from self._packets
        self._open.close()

    def _wanted(self, packets: Iterator[Packet[AudioStream]]) -> Iterator[Packet[AudioStream]]:
        assert self._stream is not None
        for packet in packets:
            if packet.pts is None or packet.dts is None or packet.time_base is None:
                continue
            at = packet.pts * packet.time_base
            if at >= self._end:
                return
            left = round((self._end - at) / packet.time_base)
            packet.duration = min(packet.duration or left, left)
            shift = round(self._start / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            packet.stream = self._stream
            yield packet


def kept(path: Path, start: Fraction, seconds: Fraction) -> KeptSound | NewSound | None:
    """The film's own sound for a film of that length, None when it has none. What is not AAC is encoded anew."""
    with opened(path) as film:
        sound = next(iter(film.streams.audio), None)
        if sound is None:
            return None
        name, channels = sound.codec.canonical_name, min(2, sound.codec_context.channels)
    if name == "aac":
        return KeptSound(path, start, seconds)
    return NewSound(heard(path, float(seconds), channels=channels, start=float(start)))

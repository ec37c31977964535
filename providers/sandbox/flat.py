"""Films with sound and voices that cost nothing: what does not depend on the order is encoded once and kept."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from PIL import Image

from .paint.clip import MAX_EDIT_RATE, Sound
from .paint.film import filling
from .paint.footage import MP4_OPTIONS, Facts, SoundTrack
from .paint.soundtrack import RATE, NewSound, Samples, kept, mixed, save_wav
from .paint.spelling import spoken_seconds
from .paint.takes import Take, first_picture

_BT709 = 1
_OPTIONS = {"preset": "superfast", "crf": "23", "threads": "1", "bf": "0", "g": "9999", "x264-params": "scenecut=0"}
_CHANNELS = {"mono": 1, "stereo": 2}
_MIDDLE, _BLOCK = (96, 104, 112), (200, 170, 90)

_Size = tuple[int, int]
_Coded = tuple[bytes, int, int, bool]
"""The bytes of a packet, its time and duration in its own units, and whether a film may be entered there."""


def flat_clip(
    target: Path,
    first: Image.Image,
    last: Image.Image | None,
    size: _Size,
    seconds: float,
    fps: int,
    sound: Sound,
    audios: Sequence[Path],
    keep_last: Path | None,
) -> Facts:
    """Begins and ends with those pictures; in between a block moves over grey."""
    count = max(2, round(seconds * fps))
    begin = filling(first, size)
    end = None if last is None else filling(last, size)
    samples = round(Fraction(count, fps) * RATE)
    track: SoundTrack | None = None
    if sound:
        channels = _CHANNELS[sound]
        track = NewSound(mixed(audios, samples, channels)) if audios else _Hum(samples, channels)
    _write(target, begin, end, size, count, Fraction(fps), track)
    if keep_last is not None:
        (end or _moment(size, count - 2, count - 1)).save(keep_last, "PNG", compress_level=1)
    return Facts(*size, count, Fraction(fps))


def flat_edit(
    source: Path,
    target: Path,
    colour: tuple[int, int, int],
    size: _Size,
    seconds: float,
    sound: Literal["", "keep", "new"],
) -> Facts:
    """Begins with the source's first picture in another colour and is as long; the sound is kept where it is asked."""
    take = Take(source, MAX_EDIT_RATE)
    count = max(1, round(min(Fraction(seconds), take.duration) * take.rate))
    length = count / take.rate
    begin = Image.blend(filling(first_picture(source), size), Image.new("RGB", size, colour), 0.6)
    track: SoundTrack | None = None
    if sound == "keep":
        track = kept(source, take.start, length)
    elif sound == "new":
        track = _Hum(round(length * RATE), 2)
    _write(target, begin, None, size, count, take.rate, track)
    return Facts(*size, count, take.rate)


def flat_speech(target: Path, text: str, language: str, pitch: float, seconds: float, sample_rate: int) -> float:
    """One tone as long as the text takes to say, or as asked."""
    count = round((seconds or spoken_seconds(text, language)) * sample_rate)
    save_wav(target, _tone(count, 1, pitch, sample_rate), sample_rate)
    return count / sample_rate


def _tone(count: int, channels: int, pitch: float, rate: int) -> Samples:
    tone = np.sin(np.arange(count, dtype=np.float64) * (2 * np.pi * pitch / rate)) * 0.1
    return np.repeat(tone.astype(np.float32)[None], channels, 0)


def _write(
    target: Path,
    begin: Image.Image,
    end: Image.Image | None,
    size: _Size,
    count: int,
    rate: Fraction,
    sound: SoundTrack | None,
) -> None:
    packets = [*_coded([begin], size, rate), *_middle(size, count - 1, rate)]
    if end is not None:
        packets[-1:] = _coded([end], size, rate)
    with av.open(str(target), "w", format="mp4", options=MP4_OPTIONS) as output:
        stream = output.add_stream("libx264", rate=rate, options=_OPTIONS)
        _prepare(stream.codec_context, size, rate)
        if sound is not None:
            sound.join(output)
        output.start_encoding()
        for at, (data, _pts, _duration, entry) in enumerate(packets):
            packet = _packet((data, at, 1, entry), 1 / rate)
            packet.stream = stream
            output.mux(packet)
            for heard in sound.until((at + 1) / rate) if sound else ():
                output.mux(heard)
        for heard in sound.rest() if sound else ():
            output.mux(heard)


@lru_cache(maxsize=32)
def _middle(size: _Size, count: int, rate: Fraction) -> tuple[_Coded, ...]:
    return tuple(_coded((_moment(size, at, count) for at in range(count)), size, rate))


def _moment(size: _Size, at: int, count: int) -> Image.Image:
    picture = Image.new("RGB", size, _MIDDLE)
    width, height = size
    x = width * at // (2 * max(1, count))
    picture.paste(_BLOCK, (x, height // 4, x + max(2, width // 8), height // 2))
    return picture


def _coded(pictures: Iterable[Image.Image], size: _Size, rate: Fraction) -> list[_Coded]:
    """Encoded alike, so that pieces of films of one size and rate can be put one after another."""
    context = av.CodecContext.create("libx264", "w")
    context.options = dict(_OPTIONS)
    context.flags |= int(Flags.global_header)
    _prepare(context, size, rate)
    packets = []
    for at, picture in enumerate(pictures):
        frame = VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
        frame.pts, frame.time_base = at, 1 / rate
        packets += context.encode(frame)
    packets += context.encode(None)
    return [(bytes(packet), packet.pts or 0, 1, packet.is_keyframe) for packet in packets]


def _prepare(context: VideoCodecContext, size: _Size, rate: Fraction) -> None:
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.time_base, context.framerate = 1 / rate, rate
    context.color_primaries = context.color_trc = context.colorspace = _BT709


def _packet(coded: _Coded, time_base: Fraction) -> Packet[Any]:
    data, pts, duration, entry = coded
    packet = Packet(data)
    packet.pts = packet.dts = pts
    packet.duration, packet.time_base, packet.is_keyframe = duration, time_base, entry
    return packet


class _Hum:
    """A soft tone in AAC, encoded once for each length."""

    def __init__(self, count: int, channels: int) -> None:
        self._count, self._channels = count, channels
        self._packets: Iterator[Packet[AudioStream]] = iter(())

    def join(self, output: OutputContainer) -> None:
        layout = "mono" if self._channels == 1 else "stereo"
        stream = output.add_stream("aac", rate=RATE, layout=layout)
        stream.codec_context.bit_rate = 64_000 * self._channels
        self._packets = self._ready(stream)

    def until(self, seconds: Fraction) -> Iterator[Packet[AudioStream]]:
        for packet in self._packets:
            yield packet
            if (packet.pts or 0) >= seconds * RATE:
                return

    def rest(self) -> Iterator[Packet[AudioStream]]:
        yield from self._packets

    def _ready(self, stream: AudioStream) -> Iterator[Packet[AudioStream]]:
        for coded in _hummed(self._count, self._channels):
            packet: Packet[AudioStream] = _packet(coded, Fraction(1, RATE))
            packet.stream = stream
            yield packet


@lru_cache(maxsize=32)
def _hummed(count: int, channels: int) -> tuple[_Coded, ...]:
    track = NewSound(_tone(count, channels, 220.0, RATE))
    with av.open(io.BytesIO(), "w", format="mp4") as nowhere:
        track.join(nowhere)
        packets = list(track.rest())
    return tuple((bytes(packet), packet.pts or 0, packet.duration or 0, True) for packet in packets)

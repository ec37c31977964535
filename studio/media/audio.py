"""Reading one sound: judging it, drawing its waveform, copying it without metadata.

Runs in the decoder's child process: standard library, Pillow and PyAV only. As with videos, the demuxer is the
one that the first bytes call for, and a file may ask for no decoder but those named here.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from PIL import Image, ImageDraw

from studio.media.containers import Refused
from studio.media.picture import placeholder
from studio.media.video import MOST_STREAMS, opened

TYPES = {
    "WAV": ("audio/wav", "wav"),
    "MP3": ("audio/mpeg", "mp3"),
    "M4A": ("audio/mp4", "m4a"),
    "AAC": ("audio/aac", "aac"),
    "OGG": ("audio/ogg", "ogg"),
    "FLAC": ("audio/flac", "flac"),
}
#: what each container may hold: all of it plays in browsers
CODECS = {
    "WAV": {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"},
    "MP3": {"mp3"},
    "M4A": {"aac"},
    "AAC": {"aac"},
    "OGG": {"opus", "vorbis"},
    "FLAC": {"flac"},
}
DECODERS = "pcm_u8,pcm_s16le,pcm_s24le,pcm_s32le,pcm_f32le,mp3,mp3float,aac,opus,libopus,vorbis,flac"
_MUXERS = {"WAV": "wav", "MP3": "mp3", "M4A": "ipod", "OGG": "ogg", "FLAC": "flac"}
#: the muxers sign nothing, write no ID3 tag, and put the index of an MP4 before its sound
_NO_TRACE = {"fflags": "+bitexact"}
_PLAIN = {"MP3": {"id3v2_version": "0"}, "M4A": {"movflags": "+faststart"}}
MOST_CHANNELS = 8
SAMPLE_RATES = range(4_000, 192_001)
#: packets that do not decode are forgiven up to this share: a stream cut out of a longer one begins with some
MOST_BROKEN = 0.05
#: the share of what a header promises that has to be there
ENOUGH = 0.9
_UNKNOWN_LENGTH = 0x7FFF0000
_FIRST_FRAME = 1500

WAVE = "wave"
WAVE_SIZE = (960, 240)
BARS = 96
_BAR = 6  # of the ten pixels between two bars
#: seen on light and on dark, where it is drawn as a picture and not as a mask
_GREY = (128, 130, 138)
_RATE = 16_000  # loudness is measured at this many samples a second …
_WINDOW = 160  # … over so many


@dataclass(frozen=True, slots=True)
class Measures:
    """`peaks` is the loudest sample of each hundredth of a second, 0 to 1."""

    duration: float
    peaks: Sequence[float]


def name_by_content(source: Path, name: str) -> str:
    """An MP4 without a picture is a sound, whatever its brand says, and one with a picture a video."""
    with opened(source, name, otherwise="audio_damaged" if name == "M4A" else "video_damaged") as container:
        if any(not stream.disposition & av.stream.Disposition.attached_pic for stream in container.streams.video):
            return "MP4" if name == "M4A" else name
        return "M4A" if container.streams.audio else name


def examine_audio(source: Path, name: str, request: dict[str, Any], folder: Path) -> dict[str, Any]:
    if name == "WAV" and _wav_is_cut_off(source):
        raise Refused("audio_damaged")
    with opened(source, name, decoders=DECODERS, otherwise="audio_damaged") as container:
        stream = _sound_stream(container, name)
        expected = _mp3_frames(source) if name == "MP3" else 0
        measures = _measure(container, stream, request["max_seconds"], expected, guessed=name in ("MP3", "AAC"))
    stored, kept_name = source, None
    if request["mode"] == "upload":
        name, kept_name = _copy_without_metadata(source, name, folder)
        stored = folder / kept_name
    with stored.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    wave, made = _write_wave(measures.peaks, folder)
    media_type, extension = TYPES[name]
    return {
        "format": name,
        "kind": "audio",
        "media_type": media_type,
        "extension": extension,
        "width": 0,
        "height": 0,
        "duration": measures.duration,
        "has_sound": True,
        "sha256": digest,
        "size": stored.stat().st_size,
        "original": kept_name,
        "placeholder": placeholder(wave),
        "renditions": [made],
    }


def _sound_stream(container: InputContainer, name: str) -> AudioStream:
    if len(container.streams) > MOST_STREAMS or len(container.streams.audio) > 1:
        raise Refused("audio_streams")
    for picture in container.streams.video:
        if not picture.disposition & av.stream.Disposition.attached_pic:
            raise Refused("audio_with_picture")
    if not container.streams.audio:
        raise Refused("audio_without_sound")
    stream = container.streams.audio[0]
    codec = stream.codec.canonical_name if stream.codec_context is not None else ""
    if codec not in CODECS[name]:
        raise Refused("audio_codec")
    if not 1 <= stream.channels <= MOST_CHANNELS or stream.sample_rate not in SAMPLE_RATES:
        raise Refused("audio_unusual")
    return stream


def _wav_is_cut_off(source: Path) -> bool:
    """Whether much less is there than the header says; FFmpeg takes such a file for a shorter one. A header that
    was written before the end was known says nothing."""
    size = source.stat().st_size
    with source.open("rb") as file:
        at = 12
        while at + 8 <= size:
            file.seek(at)
            head = file.read(8)
            length = int.from_bytes(head[4:], "little")
            if head[:4] == b"data":
                return length < _UNKNOWN_LENGTH and size - at - 8 < ENOUGH * length
            at += 8 + length + length % 2
    return False


def _mp3_frames(source: Path) -> int:
    """How many frames its index promises; 0 without one."""
    with source.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3":
            at = 10
            for digit, shift in zip(head[6:], (21, 14, 7, 0), strict=True):
                at += (digit & 0x7F) << shift
            file.seek(at)
        else:
            file.seek(0)
        frame = file.read(_FIRST_FRAME)
    found = re.search(rb"(?:Xing|Info)...[\x01\x03\x05\x07\x09\x0b\x0d\x0f](.{4})", frame, re.S)
    return int.from_bytes(found[1], "big") if found else 0


def _measure(
    container: InputContainer, stream: AudioStream, max_seconds: float, expected: int, *, guessed: bool
) -> Measures:
    """Decodes all of it: what a header says of a length proves nothing. `expected` is how many packets there should
    be, if that is known; `guessed` says that FFmpeg only guesses the length."""
    declared = 0.0 if guessed else float((stream.duration or 0) * (stream.time_base or 0))
    if declared > max_seconds:
        raise Refused("audio_too_long")
    resampler = AudioResampler(format="s16", layout="mono", rate=_RATE)
    peaks, rest = array("f"), array("h")
    seconds, packets, broken = 0.0, 0, 0
    for packet in container.demux(stream):
        packets += 1
        try:
            decoded = packet.decode()
        except av.error.InvalidDataError:
            broken += 1
            continue
        for frame in decoded:
            assert isinstance(frame, AudioFrame)
            if frame.sample_rate not in SAMPLE_RATES:
                raise Refused("audio_unusual")
            seconds += frame.samples / frame.sample_rate
            if seconds > max_seconds:
                raise Refused("audio_too_long")
            rest = _add_peaks(peaks, rest, _resampled(resampler, frame))
    rest = _add_peaks(peaks, rest, _resampled(resampler, None))
    if rest:
        peaks.append(_loudest(rest))
    if broken > 1 + packets * MOST_BROKEN:
        raise Refused("audio_damaged")
    if not seconds:
        raise Refused("audio_damaged" if broken or declared else "audio_without_sound")
    if seconds < ENOUGH * declared or packets < ENOUGH * expected:
        raise Refused("audio_damaged")
    return Measures(round(seconds, 3), peaks)


def _resampled(resampler: AudioResampler, frame: AudioFrame | None) -> list[AudioFrame]:
    try:
        return resampler.resample(frame)
    except ValueError as error:  # the stream became another one on the way
        raise Refused("audio_unusual") from error


def _add_peaks(peaks: array[float], rest: array[int], frames: Iterable[AudioFrame]) -> array[int]:
    """Appends the loudness of every whole window; what is left over comes back."""
    for frame in frames:
        rest.frombytes(bytes(frame.planes[0])[: frame.samples * 2])
    whole = len(rest) - len(rest) % _WINDOW
    for at in range(0, whole, _WINDOW):
        peaks.append(_loudest(rest[at : at + _WINDOW]))
    return rest[whole:]


def _loudest(samples: array[int]) -> float:
    return max(max(samples), -min(samples)) / 32768


def _copy_without_metadata(source: Path, name: str, folder: Path) -> tuple[str, str]:
    """The sound alone in a new container: no tags, covers or chapters. Nothing is encoded again."""
    made_name = "M4A" if name == "AAC" else name
    target = folder / f"original.{TYPES[made_name][1]}"
    options = {**_NO_TRACE, **_PLAIN.get(made_name, {})}
    with (
        opened(source, name, decoders=DECODERS, otherwise="audio_damaged") as container,
        av.open(target, "w", format=_MUXERS[made_name], container_options=options) as made,
    ):
        stream = container.streams.audio[0]
        copy = made.add_stream_from_template(stream)
        copy.metadata.clear()
        for packet in container.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                made.mux(packet)
    return made_name, target.name


def _write_wave(peaks: Sequence[float], folder: Path) -> tuple[Image.Image, dict[str, Any]]:
    """Bars on a transparent ground, the loudest as high as the picture; silence is a line."""
    width, height = WAVE_SIZE
    picture = Image.new("RGBA", WAVE_SIZE, (*_GREY, 0))
    draw = ImageDraw.Draw(picture)
    bars = _bars(peaks)
    loudest = max(bars)
    step = width // BARS
    for number, peak in enumerate(bars):
        # a whisper is no shout: what is very quiet throughout stays low
        share = peak / max(loudest, 0.05)
        half = max(3, round(share * (height / 2 - 2)))
        left = number * step + (step - _BAR) // 2
        box = (left, height // 2 - half, left + _BAR - 1, height // 2 + half - 1)
        draw.rounded_rectangle(box, radius=3, fill=(*_GREY, 255))
    target = folder / f"{WAVE}.webp"
    picture.save(target, "WEBP", lossless=True, exact=True, quality=60, method=2)
    size = target.stat().st_size
    return picture, {"spec": WAVE, "width": width, "height": height, "size": size, "file": target.name}


def _bars(peaks: Sequence[float]) -> list[float]:
    """The loudness of each bar's time: the mean of its louder half, which shows words where peaks show a block."""
    bars = []
    for number in range(BARS):
        start = number * len(peaks) // BARS
        part = sorted(peaks[start : max(start + 1, (number + 1) * len(peaks) // BARS)], reverse=True)
        louder = part[: (len(part) + 1) // 2]
        bars.append(sum(louder) / len(louder) if louder else 0.0)
    return bars

"""Reading one video: judging it, its poster, its preview, one of its frames.

Runs in the decoder's child process: standard library, Pillow and PyAV only. A container is opened by
the demuxer that its first bytes call for and through a plain file object: no playlist inside it can
name another file or an address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream
from PIL import Image

from studio.media.containers import Refused
from studio.media.picture import make_renditions, placeholder

DEMUXERS = {
    "MP4": "mov",
    "MOV": "mov",
    "WEBM": "matroska",
    "M4A": "mov",
    "AAC": "aac",
    "MP3": "mp3",
    "WAV": "wav",
    "OGG": "ogg",
    "FLAC": "flac",
}
#: the only decoders that a file may ask for
DECODERS = "h264,hevc,vp8,libvpx,vp9,libvpx-vp9,av1,libdav1d,aac,mp3,mp3float,opus,libopus,vorbis"
CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1"})
MOST_STREAMS = 8
MOST_PACKETS = 10 * 60 * 240
PREVIEW_SECONDS = 6.0
#: an 8-bit brightness that a frame must reach somewhere to be worth showing
NOT_BLACK = 48
#: times are floating-point in browsers: half of this is less than any frame lasts
TIME_TOLERANCE = 0.002
THREADS = 2
_HD = 720  # from this height on, players take untagged colours for BT.709
_UNSPECIFIED = 2

#: turns that bring a frame upright, by its rotation in degrees (counter-clockwise, as FFmpeg says it)
_TURNS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}


@dataclass(frozen=True, slots=True)
class Measures:
    """`width` and `height` as shown: upright, with square pixels. Times in seconds."""

    width: int
    height: int
    rotation: int
    duration: float
    frame_rate: float
    #: the time of the first frame, which players call zero
    start: float
    #: bytes of the video's packets, without their container
    payload: int


@contextmanager
def opened(
    source: Path, name: str, *, decoders: str = DECODERS, otherwise: str = "video_damaged"
) -> Iterator[InputContainer]:
    """The container; whatever FFmpeg cannot read inside is `Refused`."""
    try:
        with (
            source.open("rb") as file,
            av.open(
                file,
                "r",
                format=DEMUXERS[name],
                container_options={"codec_whitelist": decoders, "protocol_whitelist": "none"},
                metadata_errors="replace",
            ) as container,
        ):
            yield container
    except MemoryError:  # FFmpeg's own among them
        raise
    except av.FFmpegError as error:
        raise Refused(otherwise) from error


def picture_stream(container: InputContainer) -> VideoStream:
    if len(container.streams) > MOST_STREAMS:
        raise Refused("video_streams")
    for stream in container.streams.video:
        # a cover picture is a video stream of one frame
        if not stream.disposition & av.stream.Disposition.attached_pic:
            if stream.codec.canonical_name not in CODECS:
                raise Refused("video_codec", codec=stream.codec.canonical_name)
            stream.codec_context.thread_count = THREADS
            stream.thread_type = "AUTO"
            return stream
    raise Refused("video_without_picture")


def measure(container: InputContainer, stream: VideoStream, request: dict[str, Any]) -> Measures:
    """Reads every packet and decodes the first frame."""
    _judge(stream.width, stream.height, request["max_video_pixels"])
    if (container.duration or 0) / av.time_base > request["max_seconds"]:
        raise Refused("video_too_long")
    count, payload, first, last = 0, 0, float("inf"), 0.0
    base = float(stream.time_base or 0)
    for packet in container.demux(stream):
        if packet.pts is None:
            continue
        if packet.is_corrupt:
            raise Refused("video_damaged")
        count, payload = count + 1, payload + packet.size
        first, last = min(first, packet.pts * base), max(last, (packet.pts + (packet.duration or 0)) * base)
        if last - first > request["max_seconds"] or count > MOST_PACKETS:
            raise Refused("video_too_long")
    if not count or count < 0.9 * stream.frames:
        raise Refused("video_damaged")
    rate = float(stream.average_rate or 0) or (count / (last - first) if last > first else 0.0)
    duration = max(last - first, count / rate if rate and last <= first else 0.0)
    frame = next(frames(container, stream, 0.0), None)
    if frame is None:
        raise Refused("video_damaged")
    _judge(frame.width, frame.height, request["max_video_pixels"])
    rotation = frame.rotation % 360
    width, height = frame.width, frame.height
    shape = stream.sample_aspect_ratio
    if shape and Fraction(1, 4) <= shape <= 4:
        width = max(1, round(width * shape))
    if rotation in (90, 270):
        width, height = height, width
    return Measures(width, height, rotation, round(duration, 3), round(rate, 3), first, payload)


def _judge(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise Refused("video_too_many_pixels")


def frames(container: InputContainer, stream: VideoStream, since: float) -> Iterator[VideoFrame]:
    """Decoded frames from the last key frame at or before `since` seconds on, in the order they are shown."""
    base = stream.time_base or Fraction(1, 1000)
    container.seek(int(since / base), stream=stream)
    stream.codec_context.flush_buffers()
    for frame in container.decode(stream):
        if frame.pts is not None:
            yield frame


def matrix_of(frame: VideoFrame) -> int:
    """The colour matrix as players take it."""
    if int(frame.colorspace) != _UNSPECIFIED:
        return int(frame.colorspace)
    return int(Colorspace.ITU709 if frame.height >= _HD else Colorspace.ITU601)


def picture_of(frame: VideoFrame, measures: Measures) -> Image.Image:
    """A frame at full size, as it is shown."""
    picture = frame.reformat(format="rgb24", src_colorspace=matrix_of(frame)).to_image()
    turn = _TURNS.get(measures.rotation)
    if turn is not None:
        picture = picture.transpose(turn)
    size = (measures.width, measures.height)
    return picture if picture.size == size else picture.resize(size, Image.Resampling.BICUBIC)


def examine_video(source: Path, name: str, request: dict[str, Any], folder: Path) -> dict[str, Any]:
    from studio.media.transcoding import copy_without_metadata, write_preview

    upload = request["mode"] == "upload"
    with opened(source, name) as container:
        stream = picture_stream(container)
        has_sound = bool(container.streams.audio)
        measures = measure(container, stream, request)
        poster = _poster(container, stream, measures)
        preview = write_preview(container, stream, measures, folder)
        codec = stream.codec.canonical_name
    stored, kept_name = source, None
    if upload:
        name, kept_name = copy_without_metadata(source, name, codec, folder)
        stored = folder / kept_name
    with stored.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    renditions, smallest = make_renditions(poster, request["renditions"], request["quality"], folder)
    media_type, extension = TYPES[name]
    return {
        "format": name,
        "kind": "video",
        "media_type": media_type,
        "extension": extension,
        "width": measures.width,
        "height": measures.height,
        "duration": measures.duration,
        "frame_rate": measures.frame_rate,
        "has_sound": has_sound,
        "sha256": digest,
        "size": stored.stat().st_size,
        "original": kept_name,
        "placeholder": placeholder(smallest),
        "renditions": [*renditions, preview],
    }


TYPES = {
    "MP4": ("video/mp4", "mp4"),
    "MOV": ("video/quicktime", "mov"),
    "WEBM": ("video/webm", "webm"),
}


def _poster(container: InputContainer, stream: VideoStream, measures: Measures) -> Image.Image:
    """The first frame that is not black; the first of all when the beginning is."""
    first = None
    for frame in frames(container, stream, measures.start):
        if first is None:
            first = frame
        if (frame.time or 0) - measures.start > PREVIEW_SECONDS:
            break
        small = frame.reformat(width=64, height=36, format="gray").to_image()
        if small.convert("L").getextrema()[1] >= NOT_BLACK:
            return picture_of(frame, measures)
    assert first is not None
    return picture_of(first, measures)


def read_frame(request: dict[str, Any]) -> dict[str, Any]:
    """A PNG of the frame that is shown at `at` seconds, at full size, and how many seconds in it begins."""
    source, folder = Path(request["source"]), Path(request["output"])
    with opened(source, request["format"]) as container:
        stream = picture_stream(container)
        measures = measure(container, stream, request)
        wanted = measures.start + max(0.0, float(request["at"])) + TIME_TOLERANCE
        shown = None
        for frame in frames(container, stream, wanted):
            if shown is not None and float(frame.time or 0) > wanted:
                break
            shown = frame
        if shown is None:
            raise Refused("video_damaged")
        picture = picture_of(shown, measures)
        at = max(0.0, float(shown.time or 0) - measures.start)
    target = folder / "original.png"
    picture.save(target, "PNG", compress_level=4)
    renditions, smallest = make_renditions(picture, request["renditions"], request["quality"], folder)
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "format": "PNG",
        "kind": "image",
        "media_type": "image/png",
        "extension": "png",
        "width": picture.width,
        "height": picture.height,
        "sha256": digest,
        "size": target.stat().st_size,
        "original": target.name,
        "placeholder": placeholder(smallest),
        "renditions": renditions,
        "at": round(at, 3),
    }

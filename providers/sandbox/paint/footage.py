"""Films as files: H.264 in MP4, written and read one frame at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol

import av
import av.filter
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
"""Rows, columns, red-green-blue."""
MP4_OPTIONS = {"movflags": "faststart", "movie_timescale": "48000"}
"""The head comes first, and lengths are written as exactly as sound and the usual frame rates want it."""
_BT709 = 1
"""The number that standards give BT.709 among colour primaries, transfers and matrices alike."""


@dataclass(frozen=True)
class Facts:
    """``duration`` is in seconds."""

    width: int
    height: int
    frames: int
    frame_rate: Fraction

    @property
    def duration(self) -> float:
        return float(self.frames / self.frame_rate)


class SoundTrack(Protocol):
    """The sound of one film, handed over in step with its frames."""

    def join(self, output: OutputContainer) -> None:
        """Become a stream of that film, before anything is written."""

    def until(self, seconds: Fraction) -> Iterator[Packet[AudioStream]]:
        """What is to be written before the frame at that time."""

    def rest(self) -> Iterator[Packet[AudioStream]]: ...


class FilmWriter:
    """Writes an MP4 that browsers play and start at once. ``quality`` is x264's CRF: 18 is good, 12 near-lossless."""

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        rate: Fraction | int,
        *,
        quality: int = 18,
        preset: str = "veryfast",
        sound: SoundTrack | None = None,
    ) -> None:
        self._output = av.open(str(path), "w", format="mp4", options=MP4_OPTIONS)
        stream = self._output.add_stream("libx264", rate=Fraction(rate))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        # the sandbox may paint in several processes: each film takes one core
        stream.options = {"preset": preset, "crf": str(quality), "threads": "1", "x264-params": "mbtree=0"}
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        self._stream = stream
        self._sound = sound
        if sound is not None:
            sound.join(self._output)
        self.rate = Fraction(rate)
        self.count = 0

    def __enter__(self) -> FilmWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._output.mux(self._stream.encode(None))
                for packet in self._sound.rest() if self._sound else ():
                    self._output.mux(packet)
        finally:
            self._output.close()

    def add(self, frame: Pixels | Image.Image) -> None:
        pixels = np.asarray(frame.convert("RGB")) if isinstance(frame, Image.Image) else frame
        self.add_frame(VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24"))

    def add_frame(self, frame: VideoFrame) -> None:
        """A frame of any format and of the film's size."""
        if frame.format.name != "yuv420p":
            frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
        frame.pts, frame.time_base = self.count, 1 / self.rate
        self.count += 1
        self._output.mux(self._stream.encode(frame))
        for packet in self._sound.until(self.count / self.rate) if self._sound else ():
            self._output.mux(packet)


def facts(path: Path) -> Facts:
    """Raises av.FFmpegError (a subclass of ValueError or OSError) when the file is no film."""
    with av.open(str(path), format="mov") as film:
        stream = film.streams.video[0]
        rate = stream.average_rate or Fraction(24)
        frames = stream.frames or sum(1 for _ in film.decode(stream))
        return Facts(stream.codec_context.width, stream.codec_context.height, frames, Fraction(rate))


def frames_of(path: Path) -> Iterator[VideoFrame]:
    """The frames one after another, as they are stored."""
    with av.open(str(path), format="mov") as film:
        yield from film.decode(film.streams.video[0])


def picture_of(frame: VideoFrame) -> Image.Image:
    return Image.fromarray(frame.to_ndarray(format="rgb24"))


def enlarged(source: Path, target: Path, side: int, *, fine: bool = True) -> Facts:
    """The film with its short side enlarged to ``side`` pixels; frames and duration stay.

    ``fine`` takes care of edges and sharpens a little, otherwise it is only quick.
    """
    known = facts(source)
    scale = side / min(known.width, known.height)
    width, height = (max(2, round(pixels * scale / 2) * 2) for pixels in (known.width, known.height))
    graph: av.filter.Graph | None = None
    with FilmWriter(target, (width, height), known.frame_rate, preset="superfast" if fine else "ultrafast") as film:
        for frame in frames_of(source):
            if graph is None:
                graph = _enlarging(frame, known.frame_rate, width, height, fine)
            graph.push(frame)
            film.add_frame(graph.vpull())
    return Facts(width, height, known.frames, known.frame_rate)


def _enlarging(frame: VideoFrame, rate: Fraction, width: int, height: int, fine: bool) -> av.filter.Graph:
    graph = av.filter.Graph()
    entry = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or 1 / rate
    )
    scale = graph.add("scale", f"{width}:{height}:flags={'lanczos' if fine else 'neighbor'}")
    sharpen = graph.add("unsharp", "5:5:0.6:5:5:0") if fine else graph.add("null")
    leave = graph.add("buffersink")
    entry.link_to(scale)
    scale.link_to(sharpen)
    sharpen.link_to(leave)
    graph.configure()
    return graph

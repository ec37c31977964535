"""Writing videos: the small preview, a copy without metadata, GIF and WebM.

Runs in the decoder's child process: standard library, Pillow and PyAV only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from studio.media.containers import Refused
from studio.media.video import (
    PREVIEW_SECONDS,
    THREADS,
    Measures,
    frames,
    matrix_of,
    measure,
    opened,
    picture_stream,
)

PREVIEW_WIDTH = 480
PREVIEW_RATE = 30
GIF_WIDTH = 480
GIF_RATE = 12
_CLOCK = Fraction(1, 90_000)
_TURNS = {90: ["transpose=cclock"], 180: ["hflip", "vflip"], 270: ["transpose=clock"]}
#: what a browser plays, by the container that takes it
_PLAYABLE = {"MP4": ({"h264"}, {"aac", "mp3"}), "WEBM": ({"vp8", "vp9", "av1"}, {"opus", "vorbis"})}
_NO_TRACE = {"fflags": "+bitexact"}  # else the muxer signs the file


def write_preview(container: InputContainer, stream: VideoStream, measures: Measures, folder: Path) -> dict[str, Any]:
    """The first seconds, small and silent, as H.264."""
    width, height = _even(measures, PREVIEW_WIDTH)
    target = folder / "preview.mp4"
    options = {"movflags": "+faststart", **_NO_TRACE}
    with av.open(target, "w", format="mp4", container_options=options) as made:
        out = made.add_stream("libx264", rate=PREVIEW_RATE, options={"preset": "veryfast", "crf": "27"})
        _shape(out, width, height)
        beginning = _thinned(frames(container, stream, measures.start), measures, PREVIEW_RATE, PREVIEW_SECONDS)
        for frame in _drawn(beginning, measures, f"scale={width}:{height}:flags=bicubic,setsar=1,format=yuv420p", out):
            made.mux(out.encode(_timed(frame, measures)))
        made.mux(out.encode(None))
    return {"spec": "preview", "width": width, "height": height, "size": target.stat().st_size, "file": target.name}


def copy_without_metadata(source: Path, name: str, codec: str, folder: Path) -> tuple[str, str]:
    """The video and its first sound in a new container: no tags, places, chapters or other tracks.

    Nothing is encoded again. What browsers do not play is `Refused`.
    """
    target_name = "MP4" if codec == "h264" else "WEBM"
    if codec not in _PLAYABLE[target_name][0]:
        raise Refused("video_codec", codec=codec)
    target = folder / f"original.{target_name.lower()}"
    options = {"movflags": "+faststart", **_NO_TRACE} if target_name == "MP4" else _NO_TRACE
    with (
        opened(source, name) as container,
        av.open(target, "w", format=target_name.lower(), container_options=options) as made,
    ):
        kept = [picture_stream(container), *container.streams.audio[:1]]
        for sound in kept[1:]:
            if sound.codec_context is None or sound.codec.canonical_name not in _PLAYABLE[target_name][1]:
                raise Refused("video_sound")
        streams = {stream.index: made.add_stream_from_template(stream) for stream in kept}
        for stream in streams.values():
            stream.metadata.clear()
        for packet in container.demux(*kept):
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                made.mux(packet)
    return target_name, target.name


def convert(request: dict[str, Any]) -> dict[str, Any]:
    """Another format of a whole video, as a file in the folder."""
    source, folder, wanted = Path(request["source"]), Path(request["output"]), request["to"]
    target = folder / f"converted.{wanted}"
    with opened(source, request["format"]) as container:
        stream = picture_stream(container)
        measures = measure(container, stream, request)
        if wanted == "gif":
            _write_gif(container, stream, measures, target)
        else:
            _write_webm(container, stream, measures, target)
    return {"file": target.name, "size": target.stat().st_size}


def _write_gif(container: InputContainer, stream: VideoStream, measures: Measures, target: Path) -> None:
    """Twice through the video: first for the colours, then with them. Nothing is held in memory."""
    width, height = _even(measures, GIF_WIDTH)
    scale = f"scale={width}:{height}:flags=lanczos,setsar=1,format=rgba"

    def shown() -> Iterator[VideoFrame]:
        return _drawn(_thinned(frames(container, stream, measures.start), measures, GIF_RATE), measures, scale)

    palette = _palette(shown())
    graph = Graph()
    with av.open(target, "w", format="gif", container_options=_NO_TRACE) as made:
        out = made.add_stream("gif", rate=GIF_RATE)
        out.width, out.height, out.pix_fmt = width, height, "pal8"
        out.time_base = out.codec_context.time_base = Fraction(1, 100)
        pictures = _entrance(graph, (width, height), "rgba")
        colours = _entrance(graph, (16, 16), palette.format.name)
        use = graph.add("paletteuse", "dither=bayer:bayer_scale=4:diff_mode=rectangle")
        sink = graph.add("buffersink")
        pictures.link_to(use, 0, 0)
        colours.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()
        palette.pts, palette.time_base = 0, _CLOCK
        colours.push(palette)
        colours.push(None)
        for frame in shown():
            pictures.push(_timed(frame, measures))
            for drawn in _pulled(sink):
                made.mux(out.encode(_hundredths(drawn)))
        pictures.push(None)
        for drawn in _pulled(sink):
            made.mux(out.encode(_hundredths(drawn)))
        made.mux(out.encode(None))


def _palette(shown: Iterator[VideoFrame]) -> VideoFrame:
    first = next(shown, None)
    if first is None:
        raise Refused("video_damaged")
    graph = Graph()
    entrance = _entrance(graph, (first.width, first.height), first.format.name)
    make, sink = graph.add("palettegen", "stats_mode=diff:reserve_transparent=0"), graph.add("buffersink")
    entrance.link_to(make)
    make.link_to(sink)
    graph.configure()
    entrance.push(first)
    for frame in shown:
        entrance.push(frame)
    entrance.push(None)
    palette = sink.pull()
    assert isinstance(palette, VideoFrame)
    return palette


def _hundredths(frame: VideoFrame) -> VideoFrame:
    frame.pts, frame.time_base = round(_seconds(frame) * 100), Fraction(1, 100)
    return frame


def _write_webm(container: InputContainer, stream: VideoStream, measures: Measures, target: Path) -> None:
    width, height = _even(measures, 1920)
    with av.open(target, "w", format="webm", container_options=_NO_TRACE) as made:
        # in its fast mode VP9 takes a third of what VP8 takes on drawn pictures (20 to 60 frames of 720p a second)
        speed = {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "tile-columns": "1", "crf": "32"}
        out = made.add_stream("libvpx-vp9", rate=round(measures.frame_rate) or 24, options=speed)
        out.bit_rate = 0  # by quality alone
        _shape(out, width, height)
        sound = container.streams.audio[0] if container.streams.audio else None
        heard = made.add_stream("libopus", rate=48_000) if sound is not None and sound.codec_context else None
        drawn = _thinned(frames(container, stream, measures.start), measures, 60)
        for frame in _drawn(drawn, measures, f"scale={width}:{height}:flags=bicubic,setsar=1,format=yuv420p", out):
            made.mux(out.encode(_timed(frame, measures)))
        made.mux(out.encode(None))
        if sound is None or heard is None:
            return
        resampler = AudioResampler(format="s16", layout="stereo", rate=48_000)
        container.seek(0)
        for chunk in container.decode(sound):
            for piece in resampler.resample(chunk):
                made.mux(heard.encode(piece))
        for piece in resampler.resample(None):
            made.mux(heard.encode(piece))
        made.mux(heard.encode(None))


def _even(measures: Measures, most: int) -> tuple[int, int]:
    """At most so wide; both sides even, as 4:2:0 video needs them."""
    width = min(most, measures.width)
    height = measures.height * width / measures.width
    return max(2, round(width / 2) * 2), max(2, round(height / 2) * 2)


def _shape(out: Any, width: int, height: int) -> None:
    out.width, out.height, out.pix_fmt = width, height, "yuv420p"
    out.time_base = out.codec_context.time_base = _CLOCK
    out.codec_context.thread_count = THREADS


def _thinned(
    shown: Iterable[VideoFrame], measures: Measures, rate: int, seconds: float = float("inf")
) -> Iterator[VideoFrame]:
    """No more frames a second than `rate`; the first `seconds`."""
    due = 0.0
    for frame in shown:
        time = float(frame.time or 0) - measures.start
        if time >= seconds:
            return
        if time >= due - 0.25 / rate:
            due = max(due + 1 / rate, time)
            yield frame


def _drawn(shown: Iterable[VideoFrame], measures: Measures, chain: str, out: Any = None) -> Iterator[VideoFrame]:
    """The frames upright and through a chain of filters; times stay."""
    graph = None
    for frame in shown:
        matrix = matrix_of(frame)
        if graph is None:
            size, kind = (frame.width, frame.height), frame.format.name
            graph = Graph()
            nodes = [_entrance(graph, size, kind)]
            for step in (*_TURNS.get(measures.rotation, ()), *chain.split(",")):
                name, _, options = step.partition("=")
                nodes.append(graph.add(name, options) if options else graph.add(name))
            nodes.append(graph.add("buffersink"))
            for before, after in pairwise(nodes):
                before.link_to(after)
            graph.configure()
            if out is not None:
                out.codec_context.colorspace = matrix
        if (frame.width, frame.height, frame.format.name) != (*size, kind):
            frame = frame.reformat(*size, kind)  # a stream may change its size on the way
        frame.pts, frame.time_base, frame.colorspace = round(_seconds(frame) / _CLOCK), _CLOCK, matrix
        graph.push(frame)
        yield from _pulled(graph)


def _pulled(source: Any) -> Iterator[VideoFrame]:
    while True:
        try:
            frame = source.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        yield frame


def _timed(frame: VideoFrame, measures: Measures) -> VideoFrame:
    """Counted from the beginning of the film."""
    frame.pts = max(0, round((_seconds(frame) - Fraction(measures.start)) / _CLOCK))
    frame.time_base = _CLOCK
    frame.pict_type = 0  # the encoder chooses its own key frames
    return frame


def _seconds(frame: VideoFrame) -> Fraction:
    return (frame.pts or 0) * (frame.time_base or _CLOCK)


def _entrance(graph: Graph, size: tuple[int, int], kind: str) -> FilterContext:
    return graph.add_buffer(width=size[0], height=size[1], format=VideoFormat(kind), time_base=_CLOCK)

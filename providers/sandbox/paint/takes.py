"""Films of other people's making, as upright pictures at an even pace."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream
from PIL import Image

from .containers import opened, picture_stream
from .film import filling

_HD = 720  # from this height on, players take untagged colours for BT.709
_UNSPECIFIED = 2
_TURNS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}


class Take:
    """``rate`` is the film's own, ``most`` at most; ``start`` is the time of its first frame in the file."""

    def __init__(self, path: Path, most: int) -> None:
        self._path = path
        with opened(path) as film:
            stream = _stream(film)
            own = Fraction(stream.average_rate or most)
            self.rate = min(own.limit_denominator(1001), Fraction(most))
            frame = next(film.decode(stream))
            self.start = _time(frame)
            base = stream.time_base or Fraction(1)
            if stream.frames:
                self.duration = stream.frames / own
            elif stream.duration:
                self.duration = stream.duration * base
            else:
                self.duration = Fraction(film.duration or 0, 1_000_000)

    def samples(self, count: int, size: tuple[int, int]) -> list[Image.Image]:
        """The pictures at the beginning of so many equal parts, filling that size."""
        pictures = []
        with opened(self._path) as film:
            stream = _stream(film)
            for number in range(count):
                at = self.start + self.duration * number / count
                film.seek(int(at / (stream.time_base or 1)), stream=stream)
                shown = next((frame for frame in film.decode(stream) if _time(frame) >= at), None)
                if shown is not None:
                    pictures.append(upright(shown, size))
        return pictures

    def pictures(self, count: int, size: tuple[int, int]) -> Iterator[Image.Image]:
        """So many pictures of that size at the take's pace; the last one stays where the film is shorter."""
        with opened(self._path) as film:
            shown: VideoFrame | None = None
            done = 0
            for frame in film.decode(_stream(film)):
                # a frame is shown from its own time until the next one's
                while shown is not None and done < count and self._begins(frame, done):
                    yield upright(shown, size)
                    done += 1
                if done >= count:
                    return
                shown = frame
            if shown is not None:
                yield from (upright(shown, size) for _ in range(count - done))

    def _begins(self, frame: VideoFrame, number: int) -> bool:
        """Whether the frame comes too late to be that one."""
        return _time(frame) - self.start > (number + Fraction(1, 2)) / self.rate


def first_picture(path: Path) -> Image.Image:
    """Raises ValueError or OSError when the file is no film."""
    with opened(path) as film:
        return upright(next(film.decode(_stream(film))))


def upright(frame: VideoFrame, size: tuple[int, int] | None = None) -> Image.Image:
    """The frame as it is shown; of another shape than ``size``, its middle."""
    matrix = int(frame.colorspace)
    if matrix == _UNSPECIFIED:
        matrix = int(Colorspace.ITU709 if frame.height >= _HD else Colorspace.ITU601)
    turn = _TURNS.get(frame.rotation % 360)
    if size is not None and turn is None and abs(frame.width / frame.height * size[1] / size[0] - 1) < 0.02:
        return Image.fromarray(frame.reformat(*size, format="rgb24", src_colorspace=matrix).to_ndarray())
    picture = Image.fromarray(frame.reformat(format="rgb24", src_colorspace=matrix).to_ndarray())
    picture = picture if turn is None else picture.transpose(turn)
    return picture if size is None else filling(picture, size)


def _stream(film: InputContainer) -> VideoStream:
    stream = picture_stream(film)
    if stream is None:
        raise ValueError("it has no pictures")
    stream.codec_context.thread_count = 1
    return stream


def _time(frame: VideoFrame) -> Fraction:
    return (frame.pts or 0) * (frame.time_base or Fraction(1))

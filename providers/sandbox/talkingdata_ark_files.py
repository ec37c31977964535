"""The files that Seedance and its asset library take, and what is wrong with those that they don't."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .net import Fetcher
from .probing import Kind, Probe, probe
from .render import UnusableReferenceError

MB = 1024 * 1024
MOST_TOGETHER = 15.0
"""Seconds that the films of one order may have together, and the sounds likewise."""
_SLACK = 0.05
"""Seconds: containers round to whole frames and packets."""
_RATE_SLACK = 0.02
"""Frames a second: containers round the time of each frame."""


@dataclass(frozen=True)
class Flaw:
    """``code`` is what the asset library calls it."""

    code: str
    detail: str


@dataclass(frozen=True)
class Span:
    """From ``low`` to ``high``; the ends belong to it unless it is ``open``."""

    low: float
    high: float
    open: bool = False

    def misses(self, value: float) -> str:
        """ "low", "high", or "" for what lies within."""
        if value < self.low or (self.open and value == self.low):
            return "low"
        if value > self.high or (self.open and value == self.high):
            return "high"
        return ""

    def __str__(self) -> str:
        return f"({self.low:g}, {self.high:g})" if self.open else f"[{self.low:g}, {self.high:g}]"


@dataclass(frozen=True)
class Bounds:
    """``most_bytes`` itself is allowed only where ``whole`` says so."""

    formats: frozenset[str]
    most_bytes: int
    whole: bool = True
    side: Span | None = None
    ratio: Span | None = None
    pixels: Span | None = None
    seconds: Span | None = None
    frame_rate: Span | None = None

    def too_large(self, size: int) -> bool:
        return size > self.most_bytes or (size == self.most_bytes and not self.whole)


IMAGE_FORMATS = frozenset({"jpeg", "png", "webp", "bmp", "tiff", "gif"})
BOUNDS: dict[Kind, Bounds] = {
    "image": Bounds(
        IMAGE_FORMATS, 30 * MB, whole=False, side=Span(300, 6000, open=True), ratio=Span(0.4, 2.5, open=True)
    ),
    "video": Bounds(
        frozenset({"mp4", "mov"}),
        50 * MB,
        side=Span(300, 6000),
        ratio=Span(0.4, 2.5),
        pixels=Span(409600, 927408),
        seconds=Span(2, 15),
        frame_rate=Span(24, 60),
    ),
    "audio": Bounds(frozenset({"wav", "mp3"}), 15 * MB, seconds=Span(2, 15)),
}
_NAMES = {
    "width": ("WidthTooSmall", "WidthTooLarge"),
    "height": ("HeightTooSmall", "HeightTooLarge"),
    "width by height": ("AspectRatioTooSmall", "AspectRatioTooLarge"),
    "pixels": ("PixelCountTooSmall", "PixelCountTooLarge"),
    "seconds": ("DurationTooShort", "DurationTooLong"),
    "frames a second": ("FrameRateTooLow", "FrameRateTooHigh"),
}


def look(path: Path, kind: Kind, *, heif: bool = False) -> Probe | Flaw:
    """What the file is when it can be taken as that kind. ``heif`` takes such pictures as well."""
    bounds = BOUNDS[kind]
    if bounds.too_large(path.stat().st_size):
        return Flaw("FileSizeTooLarge", f"the {kind} has {path.stat().st_size} bytes")
    try:
        seen = probe(path)
    except UnusableReferenceError as error:
        return Flaw("FormatUnsupported", f"the {kind} can't be read: {error}")
    return flaw_of(seen, kind, heif=heif) or seen


def flaw_of(seen: Probe, kind: Kind, *, heif: bool = False) -> Flaw | None:
    """The first bound that these facts break."""
    bounds = BOUNDS[kind]
    formats = bounds.formats | ({"heic"} if heif and kind == "image" else set())
    if seen.kind != kind or seen.format not in formats:
        return Flaw("FormatUnsupported", f"{seen.format} is none of {', '.join(sorted(formats))}")
    measured = [
        ("width", bounds.side, seen.width),
        ("height", bounds.side, seen.height),
        ("width by height", bounds.ratio, seen.width / seen.height if seen.height else 0),
        ("pixels", bounds.pixels, seen.width * seen.height),
        ("seconds", bounds.seconds, _rounded(seen.duration, bounds.seconds, _SLACK)),
        ("frames a second", bounds.frame_rate, _rounded(seen.frame_rate, bounds.frame_rate, _RATE_SLACK)),
    ]
    for name, span, value in measured:
        if span is not None and (side := span.misses(value)):
            return Flaw(_NAMES[name][side == "high"], f"{name} must be in {span}, not {value:g}")
    return None


def too_long_together(seconds: list[float]) -> bool:
    return sum(seconds) > MOST_TOGETHER + _SLACK


def _rounded(value: float, span: Span | None, slack: float) -> float:
    """What lies beyond a bound by no more than the slack counts as the bound."""
    for bound in (span.low, span.high) if span is not None else ():
        if abs(value - bound) <= slack:
            return bound
    return value


async def fetched(fetcher: Fetcher, url: str, kind: Kind) -> bytes | Flaw:
    """What is behind the link, as far as a file of that kind may be long."""
    most = BOUNDS[kind].most_bytes
    try:
        return await fetcher.fetch(url, most + 1)
    except UnusableReferenceError as error:
        too_large = "has more than" in str(error)
        return Flaw("FileSizeTooLarge" if too_large else "DownloadFailed", str(error))

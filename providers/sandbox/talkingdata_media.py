"""Pictures and films that an order of the model pool gives: as links or inside it, held to the documents' bounds."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from .jobs import write_whole
from .net import is_web_url
from .probing import Probe, probe
from .render import UnusableReferenceError
from .youchuan_inputs import open_picture

MB = 1024 * 1024
LARGEST_SIDE = 4096
"""Pictures are kept no larger than this."""
_SLACK = 0.05
"""Seconds: containers round to whole frames and packets."""
_DATA_URL = re.compile(r"data:(image/[a-z]+);base64,", re.ASCII)
_MIME = {"image/jpeg": "jpeg", "image/jpg": "jpeg", "image/png": "png", "image/webp": "webp"}


@dataclass(frozen=True)
class Bounds:
    """What a file may be. All bounds belong to what is allowed, but a film has more than ``faster_than`` frames/s.

    ``shortest`` and ``longest`` are of the short and of the long side in pixels, ``ratio`` is width by height, 0 or
    None is no bound.
    """

    formats: frozenset[str]
    most_bytes: int
    shortest: int = 0
    longest: int = 0
    ratio: tuple[float, float] | None = None
    seconds: tuple[float, float] | None = None
    faster_than: float = 0.0

    def broken_by(self, size: int, seen: Probe) -> str:
        """Why a file of that many bytes does not fit, or ""."""
        if seen.format not in self.formats:
            return f"{seen.format} is none of {', '.join(sorted(self.formats))}"
        if size > self.most_bytes:
            return f"more than {self.most_bytes // MB} MB"
        if min(seen.width, seen.height) < self.shortest:
            return f"{seen.width}x{seen.height}: the short side has at least {self.shortest} pixels"
        if self.longest and max(seen.width, seen.height) > self.longest:
            return f"{seen.width}x{seen.height}: the long side has at most {self.longest} pixels"
        if self.ratio and not self.ratio[0] <= seen.width / seen.height <= self.ratio[1]:
            return f"{seen.width}x{seen.height}: width by height is from {self.ratio[0]:g} to {self.ratio[1]:g}"
        if self.seconds and not self.seconds[0] - _SLACK <= seen.duration <= self.seconds[1] + _SLACK:
            return f"{seen.duration:g} s, but {self.seconds[0]:g} to {self.seconds[1]:g} are allowed"
        if self.faster_than and seen.frame_rate <= self.faster_than:
            return f"{seen.frame_rate:g} frames a second, but more than {self.faster_than:g} are needed"
        return ""


@dataclass(frozen=True)
class Given:
    """A file of an order: what it is for, where it is, and the name of our copy. No ``url``: it came inside."""

    role: str
    url: str
    file: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def data_in(url: str) -> bytes | None:
    """The bytes of a base64 data address, None when it is a web address. ValueError when it is neither."""
    if match := _DATA_URL.match(url):
        if match[1] not in _MIME:
            raise ValueError(f"{match[1]} is no type of picture that is taken")
        try:
            data = base64.b64decode(url[match.end() :], validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("the data is not base64") from error
        if not data:
            raise ValueError("the data is empty")
        return data
    if not is_web_url(url):
        raise ValueError("an http(s) address or data:image/…;base64,… is wanted")
    return None


def is_announced_right(url: str, seen: Probe) -> bool:
    """Whether the type that a data address names is that of its picture."""
    match = _DATA_URL.match(url)
    return match is None or _MIME[match[1]] == seen.format


def judged(path: Path, bounds: Bounds) -> Probe:
    """What the file is. UnusableReferenceError when it can't be read or doesn't fit."""
    seen = probe(path)
    if reason := bounds.broken_by(path.stat().st_size, seen):
        raise UnusableReferenceError(reason)
    return seen


def keep_upright(path: Path) -> None:
    """The picture as one that the painters can take: upright, opaque, not too large."""
    picture = open_picture(path.read_bytes())
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    stored = BytesIO()
    picture.save(stored, "PNG", compress_level=1)
    write_whole(path, stored.getvalue())


def of_role(inputs: Iterable[dict[str, Any]], role: str) -> list[str]:
    """The files that were given for this."""
    return [item["file"] for item in inputs if item["role"] == role]


def frame_size(pixels: int, ratio: float) -> tuple[int, int]:
    """Even sides with about that many pixels and that width by height."""
    steep = max(ratio, 1 / ratio)
    long = _even((pixels * steep) ** 0.5)
    short = _even(long / steep)
    return (long, short) if ratio >= 1 else (short, long)


def _even(side: float) -> int:
    return round(side / 2) * 2

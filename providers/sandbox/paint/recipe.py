"""What a picture is made from."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

Extension = tuple[str, float, int, str]
"""(direction the world was extended to, border in units of the base frame, seed beyond it, prompt beyond it or '')."""

Value = str | int | float | bool | list[Any]


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the pixels of one picture. Equal recipes paint byte-identical pictures.

    ``width`` and ``height`` are the pixels of the picture (64..4096 are supported, panned pictures may be longer).
    ``viewport`` is (left, top, right, bottom) in units of the base frame: (0, 0, 1, 1) shows the frame itself.
    ``stylize`` 0..1000, ``chaos`` 0..100, ``weird`` 0..3000 as on Midjourney. ``index`` 0..3 picks the composition.
    ``detail_seed`` changes clouds, ripples, textures and small jitters, not the composition.
    ``extensions`` are the pans that made the picture; ``hue`` turns all colours by that part of a full circle.
    """

    prompt: str
    seed: int
    index: int
    width: int
    height: int
    stylize: int = 100
    chaos: int = 0
    weird: int = 0
    raw: bool = False
    tile: bool = False
    negative: str = ""
    detail_seed: int = 0
    viewport: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    extensions: tuple[Extension, ...] = ()
    hue: float = 0.0

    def __post_init__(self) -> None:
        """Raises ValueError on a size below 1 pixel or an empty viewport."""
        left, top, right, bottom = self.viewport
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a picture needs at least one pixel, not {self.width}x{self.height}")
        if not (right > left and bottom > top):
            raise ValueError(f"the viewport {self.viewport} is empty")

    def to_json(self) -> dict[str, Value]:
        """A plain dict of str, int, float, bool and lists."""
        data: dict[str, Value] = asdict(self)
        data["viewport"] = list(self.viewport)
        data["extensions"] = [list(extension) for extension in self.extensions]
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Recipe:
        """The recipe ``to_json`` gave; unknown keys are ignored, missing required ones raise TypeError."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        if "viewport" in values:
            left, top, right, bottom = (float(v) for v in values["viewport"])
            values["viewport"] = (left, top, right, bottom)
        if "extensions" in values:
            values["extensions"] = tuple((str(d), float(p), int(s), str(t)) for d, p, s, t in values["extensions"])
        return cls(**values)

    @property
    def base_size(self) -> tuple[float, float]:
        """Pixels of the base frame (width, height) at this recipe's scale."""
        left, top, right, bottom = self.viewport
        return self.width / (right - left), self.height / (bottom - top)


_KNOWN_SIZES = {(3, 2): (1344, 896), (2, 3): (896, 1344), (16, 9): (1456, 816), (9, 16): (816, 1456)}


def image_size(aspect_w: int, aspect_h: int, megapixels: float = 1.0) -> tuple[int, int]:
    """Pixels for an aspect ratio: multiples of 16, area about ``megapixels`` x 1024², sides 64..4096, at most 4:1.

    Raises ValueError when a part of the ratio or the area is not positive.
    """
    if aspect_w <= 0 or aspect_h <= 0 or not megapixels > 0:
        raise ValueError(f"not an aspect ratio and area: {aspect_w}:{aspect_h}, {megapixels}")
    ratio = min(4.0, max(0.25, aspect_w / aspect_h))
    scale = megapixels**0.5
    for (w, h), (known_w, known_h) in _KNOWN_SIZES.items():
        if aspect_w * h == aspect_h * w:
            return _sixteenths(known_w * scale), _sixteenths(known_h * scale)
    return _sixteenths(1024 * scale * ratio**0.5), _sixteenths(1024 * scale / ratio**0.5)


def _sixteenths(pixels: float) -> int:
    return min(4096, max(64, round(pixels / 16) * 16))

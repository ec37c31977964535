"""Where a picture lies on a larger, smaller or shifted canvas."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image


@dataclass(frozen=True)
class Placement:
    """All in pixels of the canvas; ``x`` and ``y`` may be negative, the picture may reach over the edges."""

    width: int
    height: int
    x: int
    y: int
    image_width: int
    image_height: int

    def __post_init__(self) -> None:
        """Raises ValueError when nothing of the picture is on the canvas, or a size is below 1."""
        if min(self.width, self.height, self.image_width, self.image_height) < 1:
            raise ValueError(f"a canvas and its picture need at least one pixel: {self}")
        left, top, right, bottom = self.shown
        if right <= left or bottom <= top:
            raise ValueError(f"the picture lies outside of its canvas: {self}")

    @property
    def shown(self) -> tuple[int, int, int, int]:
        """The part of the canvas that the picture covers: left, top, right, bottom."""
        return (
            max(0, self.x),
            max(0, self.y),
            min(self.width, self.x + self.image_width),
            min(self.height, self.y + self.image_height),
        )

    def scaled(self, image: Image.Image) -> Image.Image:
        """The picture at its size on the canvas; the very same pixels when that is its own."""
        size = (self.image_width, self.image_height)
        return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)

    def free(self, mask: Image.Image | None) -> Image.Image:
        """Grey, of the canvas's size: 0 where the picture stays, 255 outside of it, the mask's values inside."""
        size = (self.image_width, self.image_height)
        if mask is None:
            inside = Image.new("L", size, 0)
        else:
            inside = mask if mask.size == size else mask.resize(size, Image.Resampling.BILINEAR)
        free = Image.new("L", (self.width, self.height), 255)
        free.paste(inside, (self.x, self.y))
        return free

"""A few small words on every frame of a film."""

from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw, ImageFilter, ImageFont

_STRENGTH = 0.72


class Mark:
    """Light words with a soft dark edge at the lower right of frames of that size."""

    def __init__(self, text: str, size: tuple[int, int]) -> None:
        width, height = size
        letters = max(10, round(min(size) * 0.032))
        font = ImageFont.load_default(letters)
        left, top, right, bottom = font.getbbox(text)
        margin = letters // 2
        box = (min(width, round(right - left) + 2 * margin), min(height, round(bottom - top) + 2 * margin))
        drawn = Image.new("L", box)
        ImageDraw.Draw(drawn).text((margin - left, margin - top), text, fill=255, font=font)
        edge = drawn.filter(ImageFilter.GaussianBlur(max(1.0, letters / 10)))
        self._letters = np.asarray(drawn, np.float32) / np.float32(255) * np.float32(_STRENGTH)
        self._edge = 1 - np.asarray(edge, np.float32) / np.float32(255) * np.float32(0.6)
        self._at = (max(0, width - box[0] - margin), max(0, height - box[1] - margin))

    def print(self, frame: VideoFrame) -> None:
        """Only the lightness (a yuv420p frame's first plane) changes, in place."""
        plane = frame.planes[0]
        light = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        x, y = self._at
        area = light[y : y + self._letters.shape[0], x : x + self._letters.shape[1]]
        marked = area * self._edge
        area[:] = (marked + (235 - marked) * self._letters).astype(np.uint8)

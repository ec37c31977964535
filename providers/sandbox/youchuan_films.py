"""The sizes of Youchuan's videos."""

from __future__ import annotations

import math

FRAMES_480P = ((624, 624), (720, 544), (512, 768), (832, 464), (448, 880))
"""1:1, 4:3, 2:3, 16:9, 1:2; each also lying or standing."""


def frame_size(width: int, height: int, video_type: int) -> tuple[int, int]:
    """Width and height of a video that begins at such a picture: the nearest ratio at 480p (0) or 720p (1)."""
    sizes = {*FRAMES_480P, *((h, w) for w, h in FRAMES_480P)}
    near = min(sorted(sizes), key=lambda size: abs(math.log(size[0] / size[1]) - math.log(width / height)))
    return near if video_type == 0 else (_even(near[0] * 1.5), _even(near[1] * 1.5))


def upscaled(width: int, height: int) -> tuple[int, int]:
    """The short side becomes 1080."""
    factor = 1080 / min(width, height)
    return _even(width * factor), _even(height * factor)


def _even(pixels: float) -> int:
    return round(pixels / 2) * 2

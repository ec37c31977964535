"""Things put where somebody pointed, instead of where a scene would have them."""

from __future__ import annotations

import numpy as np

from .boats import rowing_boat, sailing_boat
from .colour import cover, hexadecimal
from .figures import Figure
from .frame import Frame
from .objects import Placing
from .plants import broadleaf, stand
from .scenes.setting import Setting
from .scenes.space import paint_planet
from .staging import Stage
from .structures import lighthouse

_FLYING = frozenset(("balloon", "bird", "flock", "planet", "ringed", "moon", "sun"))
_GROUPS = frozenset(("flock", "village"))


def place_in_box(setting: Setting, frame: Frame, stage: Stage, box: tuple[int, int, int, int]) -> None:
    """The stage's objects side by side in a box of pixels (left, top, right, bottom), as large as they fit."""
    across = (frame.right - frame.left) / frame.width
    left, right = frame.left + box[0] * across, frame.left + box[2] * across
    top, bottom = frame.top + box[1] * frame.pixel, frame.top + box[3] * frame.pixel
    things = [name for name in stage.intent.objects if name not in ("moon", "sun", "cliff")]
    if right - left < (bottom - top) * 0.6 * len(things):
        things = things[:1]
    step = (right - left) / max(1, len(things))
    for number, name in enumerate(things):
        _PlacingInBox(
            setting, frame, stage, name, (left + number * step, top, left + (number + 1) * step, bottom)
        ).run()


class _PlacingInBox(Placing):
    """``box`` is in world units."""

    def __init__(
        self, setting: Setting, frame: Frame, stage: Stage, name: str, box: tuple[float, float, float, float]
    ) -> None:
        super().__init__(setting, frame, stage, name, 0, [])
        self.box = box
        self.x = (box[0] + box[2]) / 2
        # the four compositions look both ways, and stand near and far
        self.flip = bool(stage.variant % 2)
        self.fill = (0.88, 0.80, 0.66, 0.74)[stage.variant] + float(self.rng.uniform(-0.04, 0.04))
        self.drawn = 0

    def _draw(
        self,
        figure: Figure,
        foot: float,
        height: float,
        *,
        flip: bool = False,
        reflect: bool = False,
        shaded: bool = True,
    ) -> None:
        group = self.name in _GROUPS
        if self.drawn and not group:
            return
        self.drawn += 1
        left, top, right, bottom = self.box
        if self.flip:
            figure = figure.mirrored()
        low_x, low_y, high_x, high_y = figure.bounds
        # what stands in water shows its mirror image too
        room = 0.72 if reflect and self.setting.surface == "water" else 1.0
        share = self.fill * (0.28 if group else 1.0)
        unit = min((bottom - top) * room / (high_y - low_y), (right - left) / (high_x - low_x)) * share
        middle, base = (left + right) / 2, bottom - (bottom - top) * (1 - room * 0.96)
        if group:
            middle += float(self.rng.uniform(-0.36, 0.36)) * (right - left)
            base -= float(self.rng.uniform(0.0, 0.6)) * (bottom - top)
        elif self.name in _FLYING:
            base = (top + bottom) / 2 + unit * (high_y - low_y) / 2
        slack = max(0.0, (right - left) - unit * (high_x - low_x))
        middle += 0.0 if group else float(self.rng.uniform(-0.3, 0.3)) * slack
        self.x = middle - unit * (low_x + high_x) / 2
        super()._draw(figure, base + unit * low_y, unit, reflect=reflect, shaded=shaded)

    def _boats(self) -> None:
        build = sailing_boat if self.flip and "calm" not in self.stage.intent.qualities else rowing_boat
        self._draw(build(self.colour, self.rng), 0, 0, reflect=True)

    def _lighthouse(self) -> None:
        self._draw(lighthouse(self.colour, lit=self.lit), 0, 0)

    def _crag(self, summit: float) -> None:
        """The ground is what is there."""

    def _tree(self) -> None:
        left, top, right, bottom = self.box
        height = min(bottom - top, (right - left) * 1.1) * self.fill
        bare = self.stage.snowy
        mask, shade = stand(self.frame, [(broadleaf(self.stage.variant + 4, bare), self.x, bottom, height, self.flip)])
        dark, bright = self._shades(self.colour if self.colour is not None else hexadecimal("#5a7a34"))
        cover(self.setting.canvas, np.stack([dark[i] + (bright[i] - dark[i]) * shade for i in range(3)]), mask)

    def _planet(self) -> None:
        left, top, right, bottom = self.box
        colours = [hexadecimal(c) for c in ("#05060f", "#14243f", "#a65a48", "#e8a66a", "#ffe6c4")]
        radius = min(right - left, bottom - top) * (0.24 if self.name == "ringed" else 0.42)
        centre = (top + bottom) / 2
        paint_planet(
            self.setting.canvas,
            self.frame,
            self.stage,
            self.x,
            centre,
            radius,
            colours,
            ringed=self.name == "ringed",
        )

"""Which things stand where in a scene, and how they are lit there."""

from __future__ import annotations

import numpy as np

from .atmosphere import glow_around
from .boats import rowing_boat, sailing_boat, tall_ship
from .colour import Colour, add_light, cover, hexadecimal, lerp, smooth
from .creatures import bust, perched_bird, sitting_cat, standing_person
from .figures import Figure, rasterised, relief
from .frame import Frame, Plane
from .plants import broadleaf, stand
from .quadrupeds import BUILDS, quadruped
from .scenes.mountains import river_centre
from .scenes.setting import Setting
from .staging import Stage
from .structures import (
    castle,
    hot_air_balloon,
    house,
    lighthouse,
    pagoda,
    small_things,
    stone_bridge,
    windmill,
)
from .terrain import paint_mountain

_LIT_TIMES = ("night", "blue", "dusk", "storm", "dawn")
_SPOTS = (0.36, 0.62, 0.50, 0.70)


def place_objects(setting: Setting, frame: Frame, stage: Stage) -> None:
    """Paint the objects of the prompt into the scene, far ones first."""
    things = [name for name in stage.intent.objects if name not in ("moon", "sun", "cliff")]
    if stage.intent.wants("portrait") and not {"cat", "dog", "bird", "fox", "robot"} & set(things):
        things = [name for name in things if name != "person"] + ["bust"]
    order = {
        "planet": 0,
        "ringed": 0,
        "castle": 1,
        "temple": 1,
        "lighthouse": 1,
        "windmill": 1,
        "village": 2,
        "balloon": 2,
        "flock": 2,
    }
    if stage.intent.wants("city", "street"):
        things = [name for name in things if name not in ("village", "house")]
    taken: list[float] = []
    for number, name in enumerate(sorted(things, key=lambda n: order.get(n, 3))):
        placing = Placing(setting, frame, stage, name, number, taken)
        placing.run()
        taken.append(placing.x / stage.aspect)


class Placing:
    """One kind of thing being put into the scene."""

    def __init__(
        self, setting: Setting, frame: Frame, stage: Stage, name: str, number: int, taken: list[float]
    ) -> None:
        self.setting, self.frame, self.stage, self.name, self.number = setting, frame, stage, name, number
        self.rng = stage.rng(f"object/{name}")
        spot = _SPOTS[stage.variant]
        if taken:
            spot = max((0.22, 0.36, 0.50, 0.64, 0.78), key=lambda s: min(abs(s - t) for t in taken))
        spot += float(self.rng.uniform(-0.05, 0.05)) * stage.spread
        self.x = spot * stage.aspect
        self.colour = stage.colour_of(name)
        self.flip = self.x > 0.5 * stage.aspect
        self.lit = stage.time in _LIT_TIMES

    def run(self) -> None:
        name, setting, stage, rng = self.name, self.setting, self.stage, self.rng
        on_water = setting.surface == "water"
        size, foot = setting.scale, setting.foot
        if name in BUILDS:
            self._animal()
        elif name == "cat":
            if setting.surface == "none" or setting.surface == "sill":
                self._draw(sitting_cat(self.colour, rng), foot, setting.scale if setting.surface == "sill" else 0.7)
            else:
                self._draw(sitting_cat(self.colour, rng), foot + 0.16, max(0.30, size * 2.4))
        elif name == "bird":
            self._draw(perched_bird(self.colour, rng), 0.62 + 0.06 * (stage.variant - 1), 0.34, flip=self.flip)
        elif name == "flock":
            self._flock()
        elif name == "person":
            self._person()
        elif name == "bust":
            self.x = stage.aspect * (0.5, 0.44, 0.55, 0.5)[stage.variant]
            self._draw(bust(self.colour, rng), 1.0 + 0.04, (0.96, 1.05, 0.90, 1.12)[stage.variant], flip=self.flip)
        elif name == "boat":
            self._boats()
        elif name == "ship":
            y = setting.horizon + 0.055 if on_water else foot
            self._draw(tall_ship(self.colour, rng), y, 0.34 if on_water else 0.3, flip=self.flip, reflect=on_water)
        elif name == "lighthouse":
            self._lighthouse()
        elif name in ("castle", "temple"):
            self._on_height(
                castle(self.colour, lit=self.lit) if name == "castle" else pagoda(self.colour, lit=self.lit)
            )
        elif name == "house":
            self._house(0.135 if not on_water else 0.07)
        elif name == "village":
            self._village()
        elif name == "balloon":
            self._balloons()
        elif name == "bridge":
            y = setting.horizon + 0.16
            if stage.intent.wants("river") and not on_water:
                y = setting.horizon + 0.33
                self.x = float(river_centre(stage, np.array([y], np.float32), setting.horizon + 0.12)[0])
            self._draw(stone_bridge(self.colour), y, 0.20, reflect=on_water)
        elif name == "windmill":
            self._draw(windmill(self.colour, rng), setting.horizon + 0.17, 0.36)
        elif name == "lone tree":
            self._tree()
        elif name in ("planet", "ringed"):
            self._planet()
        elif name == "umbrella":
            if "person" not in stage.intent.objects:
                self._person()
        elif name == "whale":
            self._draw(small_things("whale", self.colour, lit=False), setting.horizon + 0.16, 0.22, reflect=on_water)
        elif name in ("car", "train", "tent", "robot", "rock"):
            height = {"car": 0.13, "train": 0.13, "tent": 0.17, "robot": 0.36, "rock": 0.15}[name]
            if setting.scale > 0.2 and name in ("car", "robot"):
                height *= 1.5
            y = foot if not on_water else setting.horizon + 0.3
            self._draw(small_things(name, self.colour, lit=self.lit), y, height, flip=self.flip)

    def _animal(self) -> None:
        setting = self.setting
        build = BUILDS[self.name]
        figure = quadruped(build, self.colour, self.rng)
        height = max(0.20, setting.scale * 1.7) * (
            0.62 if self.name == "rabbit" else 1.15 if self.name in ("horse", "bear", "deer", "cow") else 1.0
        )
        foot = min(setting.foot + 0.06, 0.94) if setting.surface != "none" else 0.9
        if setting.surface == "none":
            height = 0.5
        self._draw(figure, foot, height, flip=self.flip)

    def _person(self) -> None:
        stage, setting = self.stage, self.setting
        umbrella = None
        if "umbrella" in stage.intent.objects or "rain" in stage.intent.weathers:
            named = stage.colour_of("umbrella")
            umbrella = hexadecimal("#c8322a") if named is None else named
        suit = stage.intent.wants("space")
        figure = standing_person(self.colour, self.rng, umbrella=umbrella, suit=suit)
        if setting.surface == "water":
            foot, height = 1.0, 0.30
        else:
            foot, height = (setting.foot, max(0.13, setting.scale * 1.25)) if setting.surface == "land" else (0.75, 0.4)
        self._draw(figure, foot, height)

    def _boats(self) -> None:
        stage, setting = self.stage, self.setting
        many = "many" in stage.intent.qualities
        rowing = (
            stage.intent.wants("lake", "river", "fjord") and stage.variant != 3
        ) or "calm" in stage.intent.qualities
        if setting.surface != "water":
            rowing = True
        horizon = setting.horizon
        if rowing:
            depth = (0.20, 0.26, 0.16, 0.22)[stage.variant]
            y = horizon + min(depth, (1 - horizon) * 0.62) if setting.surface == "water" else setting.foot
            self._draw(
                rowing_boat(self.colour, self.rng), y, 0.115 + 0.22 * (depth - 0.14), flip=self.flip, reflect=True
            )
        else:
            depth = (0.07, 0.10, 0.05, 0.13)[stage.variant]
            self._draw(
                sailing_boat(self.colour, self.rng), horizon + depth, 0.12 + depth * 1.9, flip=self.flip, reflect=True
            )
        for extra in range(5 if many else 1 if not rowing and stage.variant == 2 else 0):
            self.x = float(self.rng.uniform(0.08, 0.92)) * stage.aspect
            depth = float(self.rng.uniform(0.02, 0.08))
            self._draw(
                sailing_boat(None, self.rng), horizon + depth, 0.05 + depth * 1.5, flip=bool(extra % 2), reflect=True
            )

    def _lighthouse(self) -> None:
        setting = self.setting
        if setting.perch:
            self.x, foot = setting.perch
            height = 0.36
        else:
            foot, height = setting.horizon + (0.02 if setting.surface == "water" else 0.16), 0.34
        self._draw(lighthouse(self.colour, lit=self.lit), foot + 0.012, height)
        if self.lit:
            self._beam(self.x, foot + 0.012 - height * 0.83)
            glow_around(
                setting.canvas, self.frame, self.x, foot + 0.012 - height * 0.83, 0.07, hexadecimal("#ffd890"), 0.7
            )

    def _beam(self, x: float, y: float) -> None:
        """Two shafts of light that fade with distance."""
        coarse = self.frame.coarse(2)
        dx, dy = coarse.x - np.float32(x), coarse.y - np.float32(y)
        far = np.hypot(dx, dy) + np.float32(1e-4)
        tilt = np.float32((-0.10, 0.08, -0.05, 0.12)[self.stage.variant])
        off = np.abs(dy - dx * tilt) / far
        beam = np.exp(-np.square(off / np.float32(0.055))) * np.exp(-far * np.float32(1.7)) * smooth(0.0, 0.05, far)
        light = beam * np.float32(0.55)
        from .colour import resized

        add_light(self.setting.canvas, hexadecimal("#ffe6b0"), resized(light, self.frame.width, self.frame.height))

    def _on_height(self, figure: Figure) -> None:
        setting = self.setting
        if setting.perch:
            self.x, foot = setting.perch
            self._draw(figure, foot + 0.02, 0.34)
        else:
            foot = setting.horizon + (0.22 if setting.surface == "land" else 0.02)
            if setting.surface == "land":
                self._crag(foot - 0.01)
            self._draw(figure, foot, 0.36)

    def _crag(self, summit: float) -> None:
        """A rock that carries a castle and sinks into the land before it."""
        frame, stage, canvas = self.frame, self.stage, self.setting.canvas
        away = np.maximum(np.abs(frame.xs - np.float32(self.x)) - np.float32(0.15), 0)
        rough = stage.world.line("crag", frame.xs, 0.12, octaves=6, gain=0.5) - 0.5
        top = np.asarray(summit + 1.1 * away**0.92 + 0.05 * rough * (away > 0), np.float32)
        last = summit + 0.34
        # two more rows, because the layer paints a little past its floor
        rows = slice(frame.row(summit - 0.05), min(frame.height, frame.row(last) + 3))
        before = canvas[:, rows].copy()
        paint_mountain(canvas, frame, stage, "crag", top, last, 0.72, snow=0.3 if stage.snowy else 0.0)
        fade = smooth(last - 0.26, last - 0.04, frame.y[rows])
        for i in range(3):
            canvas[i, rows] += (before[i] - canvas[i, rows]) * fade

    def _house(self, height: float) -> None:
        setting = self.setting
        foot = setting.foot if setting.surface == "land" else setting.horizon + 0.012
        height = max(height, setting.scale * 1.5 if setting.surface == "land" else 0)
        self._draw(
            house(self.colour, self.rng, lit=self.lit, snow=self.stage.snowy), foot, min(height, 0.34), flip=self.flip
        )

    def _village(self) -> None:
        stage, setting = self.stage, self.setting
        middle = self.x
        count = 11
        spots = sorted(self.rng.uniform(0, 1, (count, 3)).tolist(), key=lambda s: s[1])
        for u, v, w in spots:
            depth = v**1.3
            self.x = middle + (u - 0.5) * stage.aspect * (0.35 + 0.35 * depth)
            base = setting.horizon + (0.13 + 0.16 * depth if setting.surface == "land" else 0.01)
            height = (0.06 + 0.075 * depth) if setting.surface == "land" else 0.04 + 0.015 * w
            tone = self.colour
            self._draw(house(tone, self.rng, lit=self.lit and w > 0.2, snow=stage.snowy), base, height, flip=w > 0.5)
        self.x = middle

    def _flock(self) -> None:
        stage = self.stage
        tone = lerp(stage.palette.near, stage.palette.haze, 0.15)
        centre_y = min(self.setting.horizon * 0.5, 0.32)
        for _ in range(11):
            figure = Figure(roundness=0.02)
            lift = float(self.rng.uniform(0.05, 0.45))
            figure.tube(
                [(-0.9, lift * 0.7), (-0.45, lift), (0.0, 0.0), (0.45, lift), (0.9, lift * 0.7)],
                [0.01, 0.055, 0.07, 0.055, 0.01],
                tone,
            )
            self.x = stage.aspect * (0.5 + float(self.rng.normal(0, 0.14)))
            self._draw(
                figure,
                centre_y + float(self.rng.normal(0, 0.06)),
                0.016 + 0.016 * float(self.rng.random()),
                shaded=False,
            )

    def _balloons(self) -> None:
        stage = self.stage
        first_y = (0.52, 0.46, 0.56, 0.42)[stage.variant]
        self._draw(hot_air_balloon(self.colour, self.rng), first_y, 0.36)
        for _ in range(5 if "many" in stage.intent.qualities else 2):
            self.x = stage.aspect * float(self.rng.uniform(0.08, 0.92))
            self._draw(
                hot_air_balloon(None, self.rng), float(self.rng.uniform(0.2, 0.42)), float(self.rng.uniform(0.07, 0.13))
            )

    def _tree(self) -> None:
        setting, frame, stage = self.setting, self.frame, self.stage
        foot = setting.foot if setting.surface == "land" else setting.horizon + 0.03
        bare = stage.snowy
        mask, shade = stand(frame, [(broadleaf(stage.variant + 4, bare), self.x, foot, 0.46, self.flip)])
        season = {"autumn": "#c8601e", "spring": "#e8a8bc", "winter": "#4a443e"}.get(
            stage.intent.season or "", "#5a7a34"
        )
        own = self.colour if self.colour is not None else hexadecimal(season)
        dark, bright = self._shades(own)
        cover(setting.canvas, np.stack([dark[i] + (bright[i] - dark[i]) * shade for i in range(3)]), mask)

    def _planet(self) -> None:
        from .scenes.space import paint_planet

        if self.setting.surface == "none" or (self.name == "planet" and "ringed" in self.stage.intent.objects):
            return
        colours = [hexadecimal(c) for c in ("#05060f", "#14243f", "#a65a48", "#e8a66a", "#ffe6c4")]
        paint_planet(
            self.setting.canvas, self.frame, self.stage, self.x, 0.22, 0.13, colours, ringed=self.name == "ringed"
        )

    def _shades(self, own: Colour) -> tuple[Colour, Colour]:
        """The colour in shade and in light at this hour."""
        palette = self.stage.palette
        light = lerp(palette.lit, np.ones(3, np.float32), 0.25) * np.float32(1.15 - 0.62 * palette.night)
        dark = own * palette.shade * np.float32(0.9) + palette.near * np.float32(0.10)
        return np.asarray(dark, np.float32), np.asarray(own * light, np.float32)

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
        frame = self.frame
        if flip:
            figure = figure.mirrored()
        scale = height / frame.pixel
        column, row = frame.column(self.x), (foot - frame.top) / frame.pixel
        left, bottom, right, top = figure.bounds
        if (
            column + right * scale < -4
            or column + left * scale > frame.width + 4
            or row - bottom * scale < 0
            or row - top * scale > frame.height
        ):
            return
        colour, coverage, shine, (ox, oy) = rasterised(figure, scale)
        if shaded:
            colour = self._lit_surface(colour, coverage, shine, figure.roundness, scale, height)
        at_c, at_r = round(column - ox), round(row - oy)
        if reflect and self.setting.surface == "water":
            self._reflect(colour, coverage, at_c, round(row), at_r)
        elif (
            self.setting.surface in ("land", "sill")
            and shaded
            and height > 0.05
            and self.name not in ("balloon", "bird", "flock", "bridge")
        ):
            self._ground_shadow(self.x, foot, (right - left) * height, height)
        self._blit(colour, coverage, at_c, at_r)

    def _lit_surface(
        self, colour: Plane, coverage: Plane, shine: Plane, roundness: float, scale: float, height: float
    ) -> Plane:
        stage, palette = self.stage, self.stage.palette
        nx, ny, nz = relief(coverage, roundness, scale)
        side = float(np.clip((stage.sun_x - self.x) / (0.4 * stage.aspect), -1, 1))
        back = 0.5 if stage.time in ("dusk", "dawn", "golden", "blue") else 0.0
        light = np.clip(nx * side * 0.75 - ny * 0.50 + nz * (0.55 - 0.28 * back), 0, 1.2)
        rim = np.clip(nx * side * 1.1 - ny * 0.6 - nz * 0.35, 0, 1) * np.float32(0.25 + 0.55 * back)
        rows, columns = coverage.shape
        texture_frame = Frame(columns, rows, 0.0, 0.0, columns / scale, rows / scale, 1.0)
        texture = stage.world.fbm(
            f"coat{self.name}", texture_frame, 0.05, stretch=0.6, octaves=5, gain=0.65
        ) - np.float32(0.5)
        furry = (
            0.55
            if self.name in BUILDS or self.name in ("cat", "bird", "rock")
            else 0.10
            if self.name == "bust"
            else 0.16
        )
        amount = np.clip(light + texture * np.float32(furry), 0, 1.25)
        glow_light = lerp(palette.lit, np.ones(3, np.float32), 0.25) * np.float32(1.12 - 0.66 * palette.night)
        dark_light = palette.shade * np.float32(0.95 if not palette.night else 1.3) + np.float32(0.05)
        if self.setting.surface == "none" and stage.intent.wants("portrait"):
            glow_light, dark_light = np.full(3, 1.05, np.float32), np.array([0.20, 0.20, 0.26], np.float32)
        out = np.empty_like(colour)
        veil = 0.0 if height > 0.16 else 0.30 * (1 - height / 0.16)
        if stage.misty:
            veil += 0.14
        for i in range(3):
            shaded = colour[i] * (dark_light[i] + (glow_light[i] - dark_light[i]) * amount) + rim * palette.sun[
                i
            ] * np.float32(0.5 - 0.3 * palette.night)
            shaded = shaded + (palette.haze[i] - shaded) * np.float32(veil)
            out[i] = shaded + (colour[i] * np.float32(1.35) - shaded) * shine
        return out

    def _blit(self, colour: Plane, coverage: Plane, at_c: int, at_r: int) -> None:
        canvas = self.setting.canvas
        rows, columns = coverage.shape
        r0, c0 = max(0, at_r), max(0, at_c)
        r1, c1 = min(canvas.shape[1], at_r + rows), min(canvas.shape[2], at_c + columns)
        if r1 <= r0 or c1 <= c0:
            return
        part = (slice(r0 - at_r, r1 - at_r), slice(c0 - at_c, c1 - at_c))
        cover(canvas[:, r0:r1, c0:c1], colour[(slice(None), *part)], coverage[part])

    def _reflect(self, colour: Plane, coverage: Plane, at_c: int, foot: int, at_r: int) -> None:
        """The thing upside down below its foot, wavering and darker."""
        frame = self.frame
        above = max(1, min(coverage.shape[0], foot - at_r))
        mirrored, mask = colour[:, :above][:, ::-1], coverage[:above][::-1]
        rows = mask.shape[0]
        ripple = self.stage.world.rng(f"mirror{self.name}", detail=True).normal(0, 1, rows + 8)
        ripple = np.convolve(ripple, np.ones(7) / 7, "same")[:rows]
        depth = np.arange(rows) * frame.pixel
        sway = (ripple * (0.004 + 0.05 * depth) / frame.pixel).astype(int)
        columns = np.clip(np.arange(mask.shape[1])[None, :] + sway[:, None], 0, mask.shape[1] - 1)
        index = np.arange(rows)[:, None]
        wavering = mask[index, columns] * np.clip(0.78 - depth / 0.35, 0.1, 1)[:, None].astype(np.float32)
        tone = np.stack([plane[index, columns] for plane in mirrored]) * np.float32(0.62)
        self._blit(tone.astype(np.float32), wavering.astype(np.float32), at_c, foot)

    def _ground_shadow(self, x: float, foot: float, width: float, height: float) -> None:
        frame, canvas = self.frame, self.setting.canvas
        reach = max(width * 0.62, 0.01)
        c0, c1 = (int(np.clip(frame.column(x + s * reach * 2.2), 0, frame.width)) for s in (-1, 1))
        r0, r1 = frame.row(foot - 0.10 * height), frame.row(foot + 0.16 * height)
        if c1 <= c0 or r1 <= r0:
            return
        lean = float(np.clip((x - self.stage.sun_x) * 0.5, -0.5, 0.5)) * reach
        dx = (frame.xs[None, c0:c1] - np.float32(x + lean * 0.6)) / np.float32(reach)
        dy = (frame.ys[r0:r1, None] - np.float32(foot + 0.012 * height)) / np.float32(0.055 * height)
        dark = np.exp(-np.square(dx) * 1.6 - np.square(dy)) * np.float32(0.52)
        canvas[:, r0:r1, c0:c1] *= (1 - dark)[None]

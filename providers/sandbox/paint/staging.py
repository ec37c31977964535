"""How one picture is set up before any paint: light, horizon, sun, palette."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from .colour import Colour, hexadecimal
from .frame import Frame
from .noise import Border, World
from .palettes import PALETTES, Palette, steered
from .recipe import Recipe
from .words import Intent, read

_DEFAULT_TIMES = ("dusk", "dawn", "noon", "golden")
_SUN_PLACES = (0.64, 0.33, 0.5, 0.79)
_HORIZON_SHIFTS = (0.0, -0.055, 0.075, 0.03)
_COLOURED_THROUGHOUT = frozenset(
    (
        "ink",
        "space",
        "bokeh",
        "window",
        "portrait",
        "mountain",
        "fjord",
        "river",
        "waterfall",
        "street",
        "snowfield",
        "wave",
    )
)
"""Lands whose colour is the picture's: "a red abstract"."""
_HASHED_SCENES = (
    "mountain",
    "sea",
    "lake",
    "forest",
    "desert",
    "canyon",
    "meadow",
    "ink",
    "space",
    "aurora",
    "sky",
    "city",
)


@dataclass(frozen=True)
class Stage:
    """What the scenes and objects read. Positions are in world units, ``variant`` 0..3 is the composition."""

    intent: Intent
    world: World
    aspect: float
    variant: int
    time: str
    palette: Palette
    sun_x: float
    sun_y: float
    horizon_shift: float
    spread: float
    weird: float
    sharpness: float

    def rng(self, name: str) -> np.random.Generator:
        """Choices that belong to the composition."""
        return self.world.rng(f"stage/{name}")

    def horizon(self, around: float) -> float:
        return float(np.clip(around + self.horizon_shift, 0.12, 0.88))

    def colour_of(self, thing: str) -> Colour | None:
        text = self.intent.colour_of.get(thing)
        return hexadecimal(text) if text else None

    @property
    def misty(self) -> bool:
        return "mist" in self.intent.weathers

    @property
    def snowy(self) -> bool:
        return "snow" in self.intent.weathers or self.intent.season == "winter"

    @property
    def stormy(self) -> bool:
        return "storm" in self.intent.weathers


def stable_number(*parts: object) -> int:
    digest = hashlib.blake2b("\x1f".join(str(p) for p in parts).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def understood(recipe: Recipe) -> Intent:
    """The intent of the recipe's prompt; one without a known subject gets its scene from the text itself."""
    intent = read(recipe.prompt, recipe.negative)
    of_lands = [colour for land, colour in intent.colour_of.items() if land in _COLOURED_THROUGHOUT]
    if of_lands:
        intent = replace(intent, colours=tuple(dict.fromkeys((*of_lands, *intent.colours)))[:4])
    if not intent.is_empty:
        return intent
    lands: tuple[str, ...]
    if "snow" in intent.weathers:
        lands = ("snowfield",)
    elif "storm" in intent.weathers:
        lands = ("sea",)
    elif "rain" in intent.weathers:
        lands = ("city",)
    elif intent.season == "spring":
        lands = ("flower",)
    elif intent.season == "autumn":
        lands = ("forest",)
    elif "sumi" in intent.styles:
        lands = ("ink",)
    else:
        words = " ".join(recipe.prompt.lower().split())
        lands = (_HASHED_SCENES[stable_number("scene", words) % len(_HASHED_SCENES)],)
    return replace(intent, lands=lands)


def _time_of_day(intent: Intent, variant: int, rng: np.random.Generator, chaos: float) -> str:
    if intent.time:
        named = intent.time
    elif intent.wants("aurora", "space", "bokeh"):
        named = "night"
    elif "moon" in intent.objects:
        named = ("night", "blue", "night", "dusk")[variant]
    elif intent.wants("city", "street"):
        named = ("night", "dusk", "blue", "night")[variant]
    elif intent.wants("forest") and "snow" in intent.weathers:
        named = ("mist", "dawn", "blue", "noon")[variant]
    elif intent.wants("forest") and intent.season == "autumn":
        named = ("golden", "dusk", "dawn", "golden")[variant]
    elif intent.wants("forest"):
        named = ("mist", "golden", "dawn", "noon")[variant]
    elif intent.wants("flower", "meadow", "pottery", "window", "portrait"):
        named = ("golden", "noon", "dawn", "dusk")[variant]
    elif intent.wants("snowfield") or intent.season == "winter":
        named = ("dawn", "noon", "blue", "dusk")[variant]
    elif intent.wants("desert", "canyon"):
        named = ("noon", "dusk", "golden", "dawn")[variant]
    else:
        named = _DEFAULT_TIMES[variant]
    if "storm" in intent.weathers and named not in ("night", "blue"):
        return "storm"
    if "mist" in intent.weathers and intent.time is None:
        return ("mist", "dawn", "mist", "blue")[variant]
    if "rain" in intent.weathers and intent.time is None and not intent.wants("city", "street"):
        return ("storm", "blue", "mist", "storm")[variant]
    if chaos > 0.5 and intent.time is None:
        return str(rng.choice(["dawn", "noon", "golden", "dusk", "blue", "night"]))
    return named


def world_of(recipe: Recipe) -> World:
    base_w, base_h = recipe.base_size
    aspect = base_w / base_h
    borders = tuple(
        Border("x", 1 if side == "right" else -1, position * aspect, seed)
        if side in ("left", "right")
        else Border("y", 1 if side == "down" else -1, position, seed)
        for side, position, seed, _ in recipe.extensions
    )
    return World(stable_number("world", recipe.seed, recipe.index) & 0x7FFFFFFF, recipe.detail_seed, borders)


def frame_of(recipe: Recipe) -> Frame:
    base_w, base_h = recipe.base_size
    aspect = base_w / base_h
    left, top, right, bottom = recipe.viewport
    return Frame(recipe.width, recipe.height, left * aspect, top, right * aspect, bottom, aspect)


def composition_of(seed: int, index: int) -> int:
    """Which of the four compositions an index of a job shows; all four occur in each job."""
    return (index + stable_number("turn", seed)) % 4


def stage_of(recipe: Recipe) -> Stage:
    intent = understood(recipe)
    world = world_of(recipe)
    aspect = frame_of(recipe).aspect
    rng = world.rng("staging")
    small = world.rng("staging", detail=True)
    chaos = float(np.clip(recipe.chaos / 100, 0, 1))
    variant = composition_of(recipe.seed, recipe.index)
    time = _time_of_day(intent, variant, rng, chaos)
    options = PALETTES[time]
    # subtle variations keep everything drawn from ``rng`` and move only by ``small``
    wiggle = small.normal(0, 1, 4) if recipe.detail_seed else np.zeros(4)
    palette = options[(recipe.index + stable_number("palette", recipe.seed)) % len(options)]
    palette = steered(palette, intent.colours, intent.colour_of.get("sky"))
    turn = recipe.hue + wiggle[0] * 0.006 + rng.normal(0, 0.008 + 0.10 * chaos) * (not intent.colours)
    weird = float(np.clip(recipe.weird / 3000, 0, 1))
    if weird:
        turn += (0.08 + 0.3 * weird) * (1 if rng.random() < 0.5 else -1)
    palette = palette.turned(float(turn))
    sun_x = _SUN_PLACES[variant] + rng.normal(0, 0.03 + 0.12 * chaos) + wiggle[1] * 0.008
    shift = _HORIZON_SHIFTS[variant] * (1 + chaos) + rng.normal(0, 0.012 + 0.05 * chaos) + wiggle[2] * 0.002
    sun_y = {"noon": 0.16, "night": 0.2, "golden": 0.4, "mist": 0.3, "storm": 0.3, "dawn": 0.42}.get(time, 0.45)
    return Stage(
        intent=intent,
        world=world,
        aspect=aspect,
        variant=variant,
        time=time,
        palette=palette,
        sun_x=float(np.clip(sun_x, 0.06, 0.94)) * aspect,
        sun_y=float(sun_y + rng.normal(0, 0.02 + 0.08 * chaos) + wiggle[3] * 0.003),
        horizon_shift=float(shift),
        spread=1 + chaos,
        weird=weird,
        sharpness=1.0,
    )

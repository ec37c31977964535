"""A recipe becomes a picture: scene, objects, weather, development, brushwork."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PIL import Image

from .atmosphere import develop, paint_weather
from .brushwork import apply_styles
from .colour import from_image, resized, smooth, to_image
from .frame import Canvas, Frame, Plane
from .noise import World
from .objects import place_objects
from .placing import place_in_box
from .recipe import Recipe
from .scenes.city import paint_city, paint_street
from .scenes.forest import paint_forest
from .scenes.indoors import paint_backdrop, paint_window
from .scenes.meadow import paint_flowers, paint_meadow
from .scenes.mountains import paint_canyon, paint_dunes, paint_hills, paint_ranges, paint_snowfield, paint_waterfall
from .scenes.setting import Setting
from .scenes.space import paint_space
from .scenes.studio import paint_bokeh, paint_ink, paint_pottery
from .scenes.waters import paint_lake, paint_sea
from .staging import Stage, frame_of, stable_number, stage_of
from .vocabulary import STYLES, TIMES, WEATHERS
from .words import read

_LARGEST_DIRECT = 2304 * 2304
"""Pixels beyond which a picture is rendered smaller and enlarged: memory stays within about half a gigabyte."""

ScenePainter = Callable[[Frame, Stage], Setting]
Furnish = Callable[[Setting, Frame, Stage], None]
"""Puts things into a scene."""


def scene_of(stage: Stage) -> ScenePainter:
    """The base landscape for the lands and objects asked for."""
    intent = stage.intent
    wants, things = intent.wants, set(intent.objects)
    ordered: tuple[tuple[bool, ScenePainter], ...] = (
        # a pot by a window is a picture of the pot
        (wants("window") and not wants("pottery"), paint_window),
        (wants("portrait") and not wants("mountain", "sea", "city", "forest", "desert"), paint_backdrop),
        (wants("ink"), paint_ink),
        (wants("pottery"), paint_pottery),
        (wants("space") and not wants("mountain", "lake", "sea", "desert", "forest", "city", "meadow"), paint_space),
        (wants("bokeh") and len(intent.lands) == 1, paint_bokeh),
        (wants("waterfall"), paint_waterfall),
        (wants("street") or ("car" in things and wants("city")), paint_street),
        (wants("city"), paint_city),
        (wants("fjord", "lake"), paint_lake),
        (wants("sea", "wave"), paint_sea),
        (wants("canyon"), paint_canyon),
        (wants("desert"), paint_dunes),
        (wants("snowfield"), paint_snowfield),
        # ranges have trees in front of them; what is named first is the picture
        (intent.lands[:1] == ("mountain",) and wants("forest"), paint_ranges),
        (wants("forest"), paint_forest),
        (wants("flower") and not wants("hill", "mountain", "meadow", "river"), paint_flowers),
        (wants("meadow", "flower"), paint_meadow),
        (wants("river"), paint_hills),
        (wants("hill"), paint_hills),
        (wants("aurora") and not wants("mountain"), paint_lake),
        (wants("mountain", "sky"), paint_ranges),
    )
    for asked, painter in ordered:
        if asked:
            return painter
    if {"cat"} & things:
        return paint_window
    if {"boat"} & things:
        return paint_lake
    if {"ship", "lighthouse", "whale", "cliff"} & things:
        return paint_sea
    if {"fox", "wolf", "deer", "bear", "tent"} & things:
        return paint_snowfield if stage.snowy and "deer" in things else paint_forest
    if {"planet", "ringed"} & things:
        return paint_space
    if {"dog", "rabbit", "horse", "cow"} & things:
        return paint_meadow if not stage.snowy else paint_snowfield
    if {"car", "umbrella", "robot"} & things:
        return paint_street
    if {"house", "village", "windmill", "bridge", "balloon", "train", "lone tree"} & things:
        return paint_hills
    if {"castle", "temple"} & things:
        return paint_ranges
    if "person" in things:
        return paint_meadow if stage.variant % 2 else paint_ranges
    return paint_ranges


def _render(recipe: Recipe, furnish: Furnish = place_objects) -> Canvas:
    """One world, no extensions of another prompt: gamma-encoded planes."""
    frame = frame_of(recipe)
    stage = stage_of(recipe)
    setting = scene_of(stage)(frame, stage)
    furnish(setting, frame, stage)
    paint_weather(setting.canvas, frame, stage, setting.horizon)
    styles = stage.intent.styles
    photographic = "photo" in styles or not styles
    canvas = develop(setting.canvas, frame, recipe, photographic=photographic)
    canvas = apply_styles(canvas, frame, stage, recipe)
    if stage.weird:
        canvas = _distorted(canvas, frame, stage)
    return canvas


def _distorted(canvas: Canvas, frame: Frame, stage: Stage) -> Canvas:
    """What ``weird`` does besides odd colours: the plane of the picture bends."""
    coarse = frame.coarse(4)
    bend_x = resized(stage.world.fbm("bendx", coarse, 0.5, octaves=2) - np.float32(0.5), frame.width, frame.height)
    bend_y = resized(stage.world.fbm("bendy", coarse, 0.5, octaves=2) - np.float32(0.5), frame.width, frame.height)
    reach = np.float32(0.30 * stage.weird / frame.pixel)
    rows = np.clip(np.arange(frame.height, dtype=np.float32)[:, None] + bend_y * reach, 0, frame.height - 1).astype(
        np.int32
    )
    columns = np.clip(np.arange(frame.width, dtype=np.float32)[None, :] + bend_x * reach, 0, frame.width - 1).astype(
        np.int32
    )
    index = rows * np.int32(frame.width) + columns
    return np.stack([plane.ravel()[index] for plane in canvas])


def in_the_manner_of(recipe: Recipe, prompt: str) -> str:
    """The prompt of a new part, with the picture's light and medium unless it names its own."""
    stage, asked = stage_of(recipe), read(prompt)
    words = [prompt]
    if asked.time is None and not asked.weathers & {"mist", "storm"}:
        words.append((TIMES.get(stage.time) or WEATHERS[stage.time]).split(",")[0])
    if not asked.styles:
        words += [STYLES[style].split(",")[0] for style in stage.intent.styles]
    return ", ".join(words)


def _with_extensions(recipe: Recipe, furnish: Furnish = place_objects) -> Canvas:
    """The world of the prompt, giving way to other prompts beyond the borders of the pans that had one."""
    canvas = _render(recipe, furnish)
    frame = frame_of(recipe)
    for number, (side, position, seed, prompt) in enumerate(recipe.extensions):
        if not prompt or prompt == recipe.prompt:
            continue
        worded = in_the_manner_of(recipe, prompt)
        other = _render(replace(recipe, prompt=worded, extensions=recipe.extensions[: number + 1]))
        if side in ("left", "right"):
            outward = (frame.xs / frame.aspect - position) * (1 if side == "right" else -1)
            outward = np.broadcast_to(outward[None, :], canvas.shape[1:])
        else:
            outward = np.broadcast_to(
                ((frame.ys - position) * (1 if side == "down" else -1))[:, None], canvas.shape[1:]
            )
        reach = float(np.clip(float(outward.max()) * 0.24, 0.03, 0.3))
        coarse = frame.coarse(4)
        ragged = stage_of(recipe).world.fbm(f"join{seed}", coarse, 0.22, octaves=4) - np.float32(0.5)
        mask = smooth(
            0.0,
            reach * 2.5,
            outward.astype(np.float32)
            + resized(ragged, frame.width, frame.height) * np.float32(reach * 1.2)
            - np.float32(reach * 0.2),
        )
        mask = mask * smooth(0.0, 0.02, outward.astype(np.float32))
        for i in range(3):
            canvas[i] += (other[i] - canvas[i]) * mask
    return canvas


def paint(recipe: Recipe) -> Image.Image:
    """Render the recipe: an RGB image of exactly ``width`` x ``height`` pixels. Never fails on any prompt text.

    Pictures under 64 pixels are rendered larger and reduced; above about 5 megapixels smaller and enlarged.
    """
    width, height = recipe.width, recipe.height
    scale = min(1.0, (_LARGEST_DIRECT / (width * height)) ** 0.5)
    if min(width, height) < 64:
        scale = 64 / min(width, height)
    if scale != 1.0:
        inner = replace(recipe, width=max(1, round(width * scale)), height=max(1, round(height * scale)))
        return paint(inner).resize((width, height), Image.Resampling.LANCZOS)
    if recipe.tile:
        return _seamless(recipe)
    return to_image(_with_extensions(recipe))


def paint_things(
    recipe: Recipe,
    words: str,
    things: tuple[str, ...],
    box: tuple[int, int, int, int],
    behind: Canvas | None,
    turn: int,
) -> Canvas:
    """The things standing in ``box`` (pixels), as ``words`` describe them, before the recipe's scene without its own.

    ``behind`` is painted on instead of the scene when given (gamma-encoded). ``turn`` changes the things' shapes.
    """
    scale = min(1.0, (_LARGEST_DIRECT / (recipe.width * recipe.height)) ** 0.5)
    if scale != 1.0:
        size = round(recipe.width * scale), round(recipe.height * scale)
        less = None if behind is None else np.stack([resized(plane, *size) for plane in behind])
        left, top, right, bottom = (round(side * scale) for side in box)
        inner = replace(recipe, width=size[0], height=size[1])
        drawn = paint_things(inner, words, things, (left, top, right, bottom), less, turn)
        return np.stack([resized(plane, recipe.width, recipe.height) for plane in drawn])
    asked = read(words)

    def furnish(setting: Setting, frame: Frame, stage: Stage) -> None:
        intent = replace(stage.intent, objects=things, colour_of=asked.colour_of)
        world = World(turn & 0x7FFFFFFF)
        place_in_box(setting, frame, replace(stage, intent=intent, world=world, variant=turn % 4), box)

    if behind is None:
        return _with_extensions(recipe, furnish)
    canvas = np.square(behind)
    furnish(Setting(canvas, 0.5, "land", 0.8, 0.2), frame_of(recipe), stage_of(recipe))
    return np.asarray(np.sqrt(np.clip(canvas, 0, 1)), np.float32)


def coverage_of_things(recipe: Recipe) -> Plane | None:
    """Where the recipe's things are, 0..1 and without their shadows and mirror images; None when it has none.

    It may be smaller than the picture.
    """
    scale = min(1.0, (1536 * 1536 / (recipe.width * recipe.height)) ** 0.5)
    less = replace(recipe, width=max(1, round(recipe.width * scale)), height=max(1, round(recipe.height * scale)))
    found: list[Plane] = []

    def furnish(setting: Setting, frame: Frame, stage: Stage) -> None:
        # what is opaque looks the same before black and before white
        grounds = [replace(setting, canvas=np.full_like(setting.canvas, ground)) for ground in (0, 1)]
        for ground in grounds:
            place_objects(ground, frame, stage)
        apart = (grounds[1].canvas - grounds[0].canvas).mean(0)
        found.append(smooth(0.3, 0.04, apart))

    _render(less, furnish)
    return found[0] if found and float(found[0].max()) > 0.5 else None


def _seamless(recipe: Recipe) -> Image.Image:
    """A picture whose opposite edges meet: a wider view folded over itself with a soft, ragged crossing."""
    overlap = 0.22
    left, top, right, bottom = recipe.viewport
    wide_w, wide_h = round(recipe.width * (1 + overlap)), round(recipe.height * (1 + overlap))
    larger = replace(
        recipe,
        tile=False,
        width=wide_w,
        height=wide_h,
        viewport=(
            left,
            top,
            left + (right - left) * wide_w / recipe.width,
            top + (bottom - top) * wide_h / recipe.height,
        ),
    )
    too_large = wide_w * wide_h > _LARGEST_DIRECT
    pixels = from_image(paint(larger)) if too_large else _with_extensions(larger)
    for axis, size in ((2, recipe.width), (1, recipe.height)):
        extra = pixels.shape[axis] - size
        t = (np.arange(extra, dtype=np.float32) + 0.5) / max(extra, 1)
        weight = np.asarray(t * t * (3 - 2 * t), np.float32)
        shape = (1, 1, extra) if axis == 2 else (1, extra, 1)
        head = pixels.take(range(extra), axis)
        tail = pixels.take(range(size, size + extra), axis)
        joined = tail + (head - tail) * weight.reshape(shape)
        pixels = np.concatenate([joined, pixels.take(range(extra, size), axis)], axis)
    return to_image(pixels)


def variation_seed(recipe: Recipe, seed: int, index: int) -> int:
    """A seed for the variation that differs from the source's whatever the caller gave."""
    return stable_number("variation", recipe.seed, recipe.detail_seed, recipe.index, seed, index) % 2_000_000_000 + 1

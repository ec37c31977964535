"""Pictures in other materials, and variations of pictures whose pixels follow from no recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PIL import Image

from .brushwork import apply_styles
from .colour import blurred, from_image, hexadecimal, ramp, resized, rotated, to_image
from .compose import paint
from .frame import Canvas, Frame, Plane
from .noise import World
from .recipe import Recipe
from .reference import blend_reference
from .staging import stable_number, stage_of
from .warp import warped
from .words import read

_LUMA = np.array([0.3, 0.59, 0.11], np.float32)
_LARGEST_SIDE = 2304
_SMALLEST_SIDE = 16

_Material = tuple[str, float, float, float]
"""Colours from dark to light (or none), cell of the grain, how long it is drawn out, how deep the relief is."""

_MATERIALS: dict[str, _Material] = {
    "wood, wooden, oak, walnut, timber, 木": ("#23120a #6b3d1f #b57a45 #ecc796", 0.02, 9.0, 0.8),
    "stone, rock, concrete, granite, 石": ("#1e1f22 #55585b #96989a #dcdbd6", 0.035, 1.0, 1.2),
    "marble, porcelain, ceramic, 大理石, 瓷": ("#3c4450 #9aa4ae #d8dadb #fbf9f4", 0.22, 1.6, 0.5),
    "metal, steel, silver, chrome, iron, 金属, 钢, 银": ("#0d1117 #47525f #a3b0bb #f6fafc", 0.05, 6.0, 1.5),
    "gold, golden, brass, bronze, 金": ("#241203 #7d4c0d #d9a02c #fff3b8", 0.05, 3.0, 1.5),
    "glass, crystal, ice, frozen, 玻璃, 冰": ("#06243a #1f7099 #8fd3e8 #f6ffff", 0.12, 1.0, 1.3),
    "clay, terracotta, plasticine, 陶": ("#3a160c #94452a #d08055 #f3c9a6", 0.05, 1.4, 1.1),
    "wool, knit, knitted, felt, yarn, fabric, textile, cloth, 毛, 织, 布": ("", 0.012, 1.0, 1.6),
    "paper, origami, papercraft, cardboard, 纸": ("", 0.016, 1.2, 0.7),
    "leather, 皮": ("#160a06 #4d2413 #945330 #d9a479", 0.014, 1.0, 1.5),
    "moss, grass, ivy, 苔, 草": ("#0a1a08 #2c5a1e #6f9a38 #d4e08c", 0.016, 1.0, 1.5),
    "lava, magma, ember, fire, 火, 熔岩": ("#0c0404 #551008 #e2521a #ffe07a", 0.07, 1.0, 1.4),
    "candy, jelly, plastic, balloon, 糖, 塑料": ("#4a0a3c #d13a86 #ff9fb8 #fff2e6", 0.3, 1.0, 1.6),
    "sand, desert, 沙": ("#3d2410 #9a6a3a #dcb078 #f8e6c2", 0.012, 5.0, 0.8),
}
_MANNERS = ("oil", "watercolour", "gouache", "poster", "woodblock", "pastel")


def retexture(image: Image.Image, recipe: Recipe, *, prompt: str, seed: int, index: int) -> Image.Image:
    """The forms of the picture in the materials, colours and brush that the prompt names.

    What the words leave open (palette, grain of the material, brush) differs with ``seed`` and ``index``.
    """
    if max(image.size) > _LARGEST_SIDE:
        return _on_less(image, lambda less: retexture(less, recipe, prompt=prompt, seed=seed, index=index))
    if min(image.size) < _SMALLEST_SIDE:
        return _on_more(image, lambda more: retexture(more, recipe, prompt=prompt, seed=seed, index=index))
    number = stable_number("retexture", prompt, seed, index) % 2_000_000_000 + 1
    width, height = image.size
    scene = Recipe(prompt, number, index % 4, width, height, stylize=recipe.stylize)
    frame = Frame(width, height, 0, 0, width / height, 1, width / height)
    world = World(number & 0x7FFFFFFF)
    source = from_image(image)
    light = np.tensordot(_LUMA, source, 1).astype(np.float32)
    forms = _forms(light, frame)
    colours, cell, stretch, depth = _material(prompt, number)
    grainy = world.fbm("material", frame, cell * (1, 0.7, 1.4, 1.9)[index % 4], stretch=stretch, octaves=5, gain=0.6)
    grainy = grainy - np.float32(0.5)
    value = np.clip(forms + grainy * np.float32(0.12 + 0.10 * depth) * (1 - np.square(2 * forms - 1) * 0.6), 0, 1)
    if colours:
        tones = [hexadecimal(colour) for colour in colours.split()]
        turn = float(np.random.default_rng(number).normal(0, 0.035)) + (0, 0.03, -0.03, 0.06)[index % 4]
        tones = [rotated(tone, turn) * np.float32(1 + 0.1 * np.sin(number)) for tone in tones]
        painted = np.sqrt(np.clip(ramp(np.asarray(value, np.float32), tones), 0, 1))
        painted = painted * np.float32(0.86) + source * np.float32(0.14)
    else:
        theirs = paint(replace(scene, width=max(64, width // 3), height=max(64, height // 3)))
        flat = np.broadcast_to((value * 0.75 + light * 0.25)[None], source.shape)
        mixed = to_image(np.asarray(flat * 0.6 + source * 0.4, np.float32))
        painted = from_image(blend_reference(mixed, [theirs], 3))
        painted = painted + (value - light)[None] * np.float32(0.35)
        turn = (0.0, 0.05, -0.05, 0.1)[index % 4]
        painted = np.tensordot(_hue_matrix(turn), painted, 1).astype(np.float32)
    painted = painted * _relief(forms, grainy, frame, depth, number)[None]
    painted = _kept_edges(np.clip(painted, 0, 1).astype(np.float32), light, frame)
    asked = read(prompt)
    styled = scene if asked.styles or colours else replace(scene, prompt=f"{prompt}, {_manner(number, index)}")
    return to_image(apply_styles(painted, frame, stage_of(styled), styled))


def _on_more(image: Image.Image, work: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Forms and grain need some pixels to be seen at all."""
    enlarged = image.resize((max(image.width, _SMALLEST_SIDE), max(image.height, _SMALLEST_SIDE)))
    return work(enlarged).resize(image.size)


def _on_less(image: Image.Image, work: Callable[[Image.Image], Image.Image]) -> Image.Image:
    less = image.copy()
    less.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    return work(less).resize(image.size, Image.Resampling.LANCZOS)


def _manner(number: int, index: int) -> str:
    return _MANNERS[(number // 7 % 2 * 3 + index) % len(_MANNERS)]


def _material(prompt: str, number: int) -> _Material:
    """The first of the materials that the words name; without one only the grain is chosen."""
    text = prompt.lower()
    words = set("".join(c if c.isalnum() else " " for c in text).split())
    for names, material in _MATERIALS.items():
        for name in names.split(", "):
            if name in words or (not name.isascii() and name in text):
                return material
    return ("", (0.012, 0.03, 0.08)[number % 3], (1.0, 3.0)[number // 3 % 2], 0.7)


def _forms(light: Plane, frame: Frame) -> Plane:
    """Lightness with its broad range evened out, so that every picture gives a material its full scale."""
    soft = blurred(light, 0.004 / frame.pixel)
    low, high = (float(v) for v in np.percentile(soft, (2, 98)))
    wide = np.clip((soft - low) / max(high - low, 0.08), 0, 1)
    local = soft - blurred(soft, 0.06 / frame.pixel)
    return np.asarray(np.clip(0.06 + wide * 0.84 + local * 0.9, 0, 1), np.float32)


def _relief(forms: Plane, grainy: Plane, frame: Frame, depth: float, number: int) -> Plane:
    """Light from one side on the raised forms and grain, around 1."""
    raised = blurred(forms, 0.006 / frame.pixel) * np.float32(0.05) + grainy * np.float32(0.012 * depth)
    gy, gx = np.gradient(raised)
    side = 1 if number % 2 else -1
    slope = (gx * side + gy) / np.float32(frame.pixel)
    return np.asarray(1 + np.clip(slope * np.float32(0.30), -0.36, 0.42), np.float32)


def _kept_edges(painted: Canvas, light: Plane, frame: Frame) -> Canvas:
    """The picture's own contours and fine contrast on the new paint."""
    fine = light - blurred(light, 0.012 / frame.pixel)
    return np.asarray(np.clip(painted + np.clip(fine, -0.3, 0.3)[None] * np.float32(0.6), 0, 1), np.float32)


def rework(
    image: Image.Image, recipe: Recipe, *, strong: bool, seed: int, index: int, prompt: str | None = None
) -> Image.Image:
    """A variation of a picture from its pixels alone.

    Subtle: the same picture in another light, slightly bent, with other grain. Strong: bent and cut anew in other
    colours. With ``prompt`` it leans toward what the words say.
    """
    if max(image.size) > _LARGEST_SIDE:
        return _on_less(image, lambda less: rework(less, recipe, strong=strong, seed=seed, index=index, prompt=prompt))
    if min(image.size) < _SMALLEST_SIDE:
        return _on_more(image, lambda more: rework(more, recipe, strong=strong, seed=seed, index=index, prompt=prompt))
    number = stable_number("rework", recipe.seed, seed, index, strong) % 2_000_000_000 + 1
    rng = np.random.default_rng(number)
    width, height = image.size
    frame = Frame(width, height, 0, 0, width / height, 1, width / height)
    world = World(number & 0x7FFFFFFF)
    pixels = from_image(_bent(image, frame, world, rng, strong=strong))
    pixels = _in_other_light(pixels, frame, world, rng, index, strong=strong)
    result = to_image(pixels)
    if strong or prompt:
        scene = Recipe(prompt or recipe.prompt, number, index % 4, width, height, stylize=recipe.stylize)
        painted = paint(scene)
        result = blend_reference(result, [painted], (1.5 if strong else 0.7) if prompt else 0.55)
        if prompt:
            share = 0.42 if strong else 0.2
            cloud = resized(world.fbm("lean", frame.coarse(8), 0.35, octaves=4), width, height)
            amount = np.clip(share + (cloud - 0.5) * 1.2, 0, 0.85)[None]
            ours, theirs = from_image(result), from_image(painted)
            result = to_image(np.asarray(ours + (theirs - ours) * amount, np.float32))
            styled = replace(scene, stylize=100)
            result = to_image(apply_styles(from_image(result), frame, stage_of(styled), styled))
    return result


def _bent(image: Image.Image, frame: Frame, world: World, rng: np.random.Generator, *, strong: bool) -> Image.Image:
    """Cut a little closer (strong: clearly, and now and then mirrored) and gently bent, without empty edges."""
    width, height = image.size
    if strong and rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    part = rng.uniform(0.80, 0.91) if strong else rng.uniform(0.972, 0.99)
    left, top = (rng.uniform(0, 1 - part, 2)) * (width, height)
    coarse = frame.coarse(max(1, min(width, height) // 48))
    reach = (0.075 if strong else 0.012) * min(width, height)
    bend = [(world.fbm(f"bend{axis}", coarse, 0.5, octaves=2) - np.float32(0.5)) * np.float32(reach) for axis in "xy"]
    columns = np.linspace(0, width, coarse.width)
    rows = np.linspace(0, height, coarse.height)
    at_x = np.clip(left + columns[None, :] * part + bend[0], 0, width)
    at_y = np.clip(top + rows[:, None] * part + bend[1], 0, height)
    return warped(image, columns, rows, at_x, at_y)


def _in_other_light(
    pixels: Canvas, frame: Frame, world: World, rng: np.random.Generator, index: int, *, strong: bool
) -> Canvas:
    reach = 1.0 if strong else 0.36
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * (frame.x / frame.aspect - 0.5) + np.sin(angle) * (frame.y - 0.5)
    cloud = resized(world.fbm("light", frame.coarse(8), 0.6, octaves=3) - np.float32(0.5), frame.width, frame.height)
    gain = 1 + np.asarray(slope * 0.34 + cloud * 0.5, np.float32) * np.float32(reach)
    matrix = _hue_matrix(
        float(rng.normal(0, 0.012) + (0.025, -0.04, 0.05, -0.065)[index % 4] * (1.0 if strong else 0.25))
    )
    turned = np.tensordot(matrix, pixels, 1).astype(np.float32)
    warmth = np.array([1, 0, -1], np.float32) * np.float32((0.03, -0.03, 0.015, -0.015)[index % 4] * (1 + reach))
    contrast = np.float32(1 + (0.12, -0.10, 0.05, 0.16)[index % 4] * reach)
    out = (turned * gain[None] + warmth[:, None, None] - np.float32(0.5)) * contrast + np.float32(0.5)
    noise = np.random.default_rng(int(rng.integers(1 << 30))).normal(0, 0.008, (frame.height, frame.width))
    return np.asarray(np.clip(out + noise[None], 0, 1), np.float32)


def _hue_matrix(turn: float) -> Canvas:
    return np.stack(
        [rotated(np.eye(3, dtype=np.float32)[i] + np.float32(2), turn) - np.float32(2) for i in range(3)], 1
    )

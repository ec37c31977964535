"""The sandbox's painter: promises of its API, on small pictures."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from providers.sandbox.paint import Recipe, blend_reference, image_size, paint, pan, upscale, vary
from providers.sandbox.paint.staging import stage_of, understood
from providers.sandbox.paint.words import read

SIZE = 128
PROMPTS = [
    "layered mountain ridges at dusk, gouache",
    "red boat on a calm lake at dawn, mist",
    "city skyline at night, rain",
    "ink dropped in water, watercolour",
    "a fox in a snowy forest",
    "wildflower meadow, golden hour",
]


def recipe(prompt: str = PROMPTS[0], *, index: int = 0, seed: int = 7, width: int = SIZE, height: int = SIZE) -> Recipe:
    return Recipe(prompt, seed, index, width, height)


def values(image: Image.Image) -> np.ndarray:
    return np.asarray(image, np.float64)


def difference(a: Image.Image, b: Image.Image) -> float:
    return float(np.abs(values(a) - values(b)).mean())


def coarse_correlation(a: Image.Image, b: Image.Image) -> float:
    small = [values(image.convert("L").resize((12, 12), Image.Resampling.BOX)).ravel() for image in (a, b)]
    return float(np.corrcoef(*small)[0, 1])


def gradient_energy(image: Image.Image) -> float:
    light = values(image.convert("L"))
    return float(np.square(np.diff(light, axis=0)).mean() + np.square(np.diff(light, axis=1)).mean())


@pytest.mark.parametrize("prompt", PROMPTS)
def test_same_recipe_same_pixels(prompt: str) -> None:
    assert paint(recipe(prompt)).tobytes() == paint(recipe(prompt)).tobytes()


@pytest.mark.parametrize("prompt", PROMPTS)
def test_four_indexes_are_four_compositions(prompt: str) -> None:
    images = [paint(recipe(prompt, index=index)) for index in range(4)]
    assert min(difference(images[a], images[b]) for a in range(4) for b in range(a)) > 6


def test_other_seed_other_picture() -> None:
    assert difference(paint(recipe(seed=7)), paint(recipe(seed=8))) > 4


@pytest.mark.parametrize(("width", "height"), [(64, 64), (200, 75), (96, 256), (30, 70), (129, 131)])
def test_size_is_exact(width: int, height: int) -> None:
    image = paint(recipe(width=width, height=height))
    assert image.size == (width, height)
    assert image.mode == "RGB"


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "   ",
        "🦊🌌",
        "غروب الشمس فوق البحر",
        "xqzzy",
        "a" * 8192,
        "sea " * 2048,
        "\x00\ud800 broken",
        "红色的船在湖上 日落",
        "水墨 山水",
    ],
)
def test_any_text_gives_a_picture(prompt: str) -> None:
    assert values(paint(recipe(prompt, width=64, height=64))).std() > 3


@pytest.mark.parametrize(
    "prompt",
    [
        "sea at sunset, sailboat", "stormy sea with a lighthouse on a cliff",
        "desert dunes under a violet sky", "canyon", "northern lights over a fjord",
        "planet with rings, nebula", "stoneware vase", "a cat on a windowsill", "waterfall",
        "village in the snow", "tokyo street, neon", "garden roses", "portrait of a woman",
        "hot air balloons over hills", "snow field", "bokeh lights", "stone bridge over a river", "tall ship",
        "castle on a mountain", "dog in a meadow", "horse", "bear", "rabbit", "cow", "deer in autumn forest",
        "wolf at night", "bird on a branch", "flock of birds over the sea", "whale",
        "person with umbrella in the rain", "windmill", "lone tree", "train", "car", "tent", "robot",
        "saturn over mountains", "temple", "tropical beach", "slot canyon", "astronaut in space",
    ],
)  # fmt: skip
def test_every_scene_and_object_paints(prompt: str) -> None:
    for index in (0, 3):
        assert values(paint(recipe(prompt, index=index, width=96, height=64))).std() > 5


@pytest.mark.parametrize(
    "style",
    ["watercolour", "ink wash", "oil painting", "gouache", "woodblock", "pencil sketch", "pixel art", "photo",
     "minimal", "neon", "vintage", "black and white", "pastel", "poster", "mosaic"],
)  # fmt: skip
def test_styles_change_the_marks(style: str) -> None:
    plain, styled = paint(recipe("mountain lake at noon")), paint(recipe(f"mountain lake at noon, {style}"))
    assert difference(plain, styled) > 1.5


def test_words_in_english_and_chinese_mean_the_same() -> None:
    english, chinese = read("red boat on a lake at sunset, watercolour"), read("湖上红色的船，日落，水彩")
    assert set(english.lands) == set(chinese.lands) == {"lake"}
    assert english.objects == chinese.objects == ("boat",)
    assert english.time == chinese.time == "dusk"
    assert english.styles == chinese.styles == ("watercolour",)
    assert english.colour_of["boat"] == chinese.colour_of["boat"]


def test_unknown_words_choose_a_lasting_scene() -> None:
    assert understood(recipe("xqzzy")).lands == understood(recipe("  XQZZY ", seed=99, index=2)).lands
    assert len({understood(recipe(word)).lands for word in ("foo", "bar", "baz", "qux", "quux", "corge", "grault")}) > 1


def test_negative_words_remove_things() -> None:
    full = Recipe("a red boat on a lake", 7, 0, SIZE, SIZE)
    bare = Recipe("a red boat on a lake", 7, 0, SIZE, SIZE, negative="people, boat")
    assert "boat" not in understood(bare).objects
    assert difference(paint(full), paint(bare)) > 0.2
    assert read("a city without cars").objects == ()


def test_named_colour_steers_the_palette() -> None:
    red, blue = (values(paint(recipe(f"{colour} abstract"))).mean((0, 1)) for colour in ("red", "blue"))
    assert red[0] - red[2] > blue[0] - blue[2] + 20


def test_night_is_darker_than_noon() -> None:
    night, noon = (values(paint(recipe(f"mountains at {time}"))).mean() for time in ("night", "noon"))
    assert night < noon - 40


def test_recipe_round_trip() -> None:
    _, grown = pan(paint(recipe()), recipe(), direction="left", scale=1.5, seed=3, index=2, prompt="forest")
    for original in (recipe(), grown, vary(grown, strong=False, seed=1, index=1)):
        assert Recipe.from_json(json.loads(json.dumps(original.to_json()))) == original


def test_recipe_rejects_nonsense() -> None:
    with pytest.raises(ValueError, match="pixel"):
        Recipe("sea", 1, 0, 0, 10)
    with pytest.raises(ValueError, match="viewport"):
        Recipe("sea", 1, 0, 10, 10, viewport=(0, 0, 0, 1))


@pytest.mark.parametrize("prompt", PROMPTS)
def test_subtle_variation_is_near_and_strong_is_far(prompt: str) -> None:
    source = recipe(prompt)
    image = paint(source)
    for index in range(4):
        subtle = paint(vary(source, strong=False, seed=5, index=index))
        strong = paint(vary(source, strong=True, seed=5, index=index))
        assert 0.3 < difference(image, subtle) < 0.6 * difference(image, strong)
        assert coarse_correlation(image, subtle) > max(0.8, coarse_correlation(image, strong))


def test_variations_of_one_job_differ() -> None:
    for strong in (False, True):
        painted = {paint(vary(recipe(), strong=strong, seed=5, index=index)).tobytes() for index in range(4)}
        assert len(painted) == 4


def test_variation_can_be_remixed() -> None:
    assert vary(recipe(), strong=False, seed=5, index=0, prompt="desert").prompt == "desert"


@pytest.mark.parametrize("direction", ["right", "left", "up", "down"])
@pytest.mark.parametrize("prompt", [None, "snowy mountains with a castle"])
def test_pan_keeps_the_original_and_joins(direction: str, prompt: str | None) -> None:
    source = recipe("layered mountain ridges at dusk", width=160, height=120)
    image = paint(source)
    wide, grown = pan(image, source, direction=direction, scale=1.5, seed=4, index=1, prompt=prompt)  # type: ignore[arg-type]
    assert wide.size == ((240, 120) if direction in ("left", "right") else (160, 180))
    assert (grown.width, grown.height) == wide.size
    at = {"right": (0, 0), "down": (0, 0), "left": (80, 0), "up": (0, 60)}[direction]
    assert wide.crop((*at, at[0] + 160, at[1] + 120)).tobytes() == image.tobytes()
    pixels = values(wide) if direction in ("left", "right") else values(wide).transpose(1, 0, 2)
    border = {"right": 160, "left": 80, "down": 120, "up": 60}[direction]
    steps = np.abs(np.diff(pixels, axis=1)).mean((0, 2))
    usual = np.median(steps[max(0, border - 20) : border + 20])
    assert steps[border - 1] < 2.2 * usual + 1.0


def test_pans_differ_by_index_away_from_the_join() -> None:
    source = recipe("layered mountain ridges at dusk")
    image = paint(source)
    ends = [
        pan(image, source, direction="right", scale=2.0, seed=4, index=i)[0].crop((SIZE + 70, 0, 2 * SIZE, SIZE))
        for i in range(4)
    ]
    assert min(difference(ends[a], ends[b]) for a in range(4) for b in range(a)) > 1.5


def test_pan_twice() -> None:
    source = recipe()
    image, grown = pan(paint(source), source, direction="right", scale=1.5, seed=4, index=0)
    again, last = pan(image, grown, direction="up", scale=1.25, seed=5, index=0)
    assert again.size == (192, 160)
    assert again.crop((0, 32, 192, 160)).tobytes() == image.tobytes()
    assert len(last.extensions) == 2


def test_pan_rejects_nonsense() -> None:
    source = recipe()
    image = paint(source)
    with pytest.raises(ValueError, match="direction"):
        pan(image, source, direction="north", scale=1.5, seed=1, index=0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="scale"):
        pan(image, source, direction="left", scale=4, seed=1, index=0)
    with pytest.raises(ValueError, match="picture"):
        pan(image.resize((50, 50)), source, direction="left", scale=1.5, seed=1, index=0)


@pytest.mark.parametrize("prompt", [*PROMPTS, "harbour, pixel art", "harbour, oil painting"])
@pytest.mark.parametrize("creative", [False, True])
def test_upscale_is_larger_sharper_and_the_same_picture(prompt: str, creative: bool) -> None:
    source = recipe(prompt)
    image = paint(source)
    large = upscale(image, source, creative=creative)
    assert large.size == (2 * SIZE, 2 * SIZE)
    error = np.square(values(large.resize(image.size, Image.Resampling.BOX)) - values(image)).mean()
    assert 10 * np.log10(255**2 / max(error, 1e-9)) > (20 if creative else 25)
    assert gradient_energy(large) > gradient_energy(image.resize(large.size, Image.Resampling.BICUBIC))


def test_upscale_of_a_panned_picture() -> None:
    source = recipe()
    wide, grown = pan(paint(source), source, direction="right", scale=1.5, seed=4, index=0, prompt="city at night")
    large = upscale(wide, grown)
    assert large.size == (384, 256)
    error = np.square(values(large.resize(wide.size, Image.Resampling.BOX)) - values(wide)).mean()
    assert 10 * np.log10(255**2 / max(error, 1e-9)) > 25


def test_upscale_rejects_other_factors() -> None:
    with pytest.raises(ValueError, match="enlarged"):
        upscale(paint(recipe()), recipe(), factor=9)


def test_reference_pulls_the_palette() -> None:
    image = paint(recipe())
    green = Image.new("RGB", (40, 40), (20, 160, 60))
    near = blend_reference(image, [green], 1)
    nearer = blend_reference(image, [green], 3)
    excess = [values(i)[..., 1].mean() - values(i)[..., 0].mean() for i in (image, near, nearer)]
    assert excess[0] < excess[1] < excess[2]
    assert near.size == image.size
    assert blend_reference(image, [], 2).tobytes() == image.tobytes()
    assert blend_reference(image, [green], 0).tobytes() == image.tobytes()


def test_tile_edges_meet() -> None:
    tile = values(paint(Recipe("ink, abstract", 7, 1, SIZE, SIZE, tile=True)))
    inside = max(np.abs(np.diff(tile, axis=1)).mean(), np.abs(np.diff(tile, axis=0)).mean())
    assert np.abs(tile[:, 0] - tile[:, -1]).mean() < 2.5 * inside
    assert np.abs(tile[0] - tile[-1]).mean() < 2.5 * inside


def test_parameters_show() -> None:
    base = Recipe("mountain lake", 7, 0, SIZE, SIZE)
    plain = paint(base)
    for change in ({"stylize": 1000}, {"stylize": 0}, {"raw": True}, {"weird": 2000}, {"chaos": 100}):
        assert difference(plain, paint(Recipe("mountain lake", 7, 0, SIZE, SIZE, **change))) > 0.4  # type: ignore[arg-type]


def test_chaos_widens_the_four() -> None:
    def spread(chaos: int) -> float:
        stages = [stage_of(Recipe("sea", seed, i, SIZE, SIZE, chaos=chaos)) for seed in range(12) for i in range(4)]
        return float(np.std([stage.horizon_shift for stage in stages]))

    assert spread(100) > 1.3 * spread(0)


@pytest.mark.parametrize(
    ("ratio", "size"),
    [
        ((1, 1), (1024, 1024)),
        ((16, 9), (1456, 816)),
        ((3, 2), (1344, 896)),
        ((2, 3), (896, 1344)),
        ((32, 18), (1456, 816)),
    ],
)
def test_image_size(ratio: tuple[int, int], size: tuple[int, int]) -> None:
    assert image_size(*ratio) == size


def test_image_size_is_bounded() -> None:
    for ratio in ((1, 100), (100, 1), (4, 5), (7, 4), (1, 2)):
        width, height = image_size(*ratio)
        assert width % 16 == height % 16 == 0
        assert 0.8 < width * height / 1024**2 < 1.25
        assert max(width, height) / min(width, height) <= 4.1
    with pytest.raises(ValueError, match="aspect"):
        image_size(0, 1)

"""The sandbox's painter editing pictures: what changes, and above all what doesn't."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from providers.sandbox.paint import (
    Placement,
    Recipe,
    canvas,
    cutout,
    paint,
    repaint,
    retexture,
    rework,
)
from providers.sandbox.paint.opening import flattened, with_alpha
from providers.sandbox.painter import FlatPainter, Painter, RealPainter
from providers.sandbox.render import Work, render

WIDTH, HEIGHT = 192, 128
OWN = Recipe("a red boat on a calm lake at dawn", 7, 1, WIDTH, HEIGHT)
PAINTERS: list[Painter] = [RealPainter(), FlatPainter()]


def values(image: Image.Image) -> np.ndarray:
    return np.asarray(image, np.float64)


def difference(a: Image.Image, b: Image.Image) -> float:
    return float(np.abs(values(a) - values(b)).mean())


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.fixture(scope="module")
def own() -> Image.Image:
    """A picture that its recipe paints."""
    return paint(OWN)


@pytest.fixture(scope="module")
def strange() -> Image.Image:
    """A picture that no recipe paints."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    rng = np.random.default_rng(3)
    pixels = np.stack([90 + x * 0.6, 60 + y * 0.9, 150 - y * 0.5], -1) + rng.normal(0, 9, (HEIGHT, WIDTH, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def mask_of(draw: Callable[[ImageDraw.ImageDraw], object], size: tuple[int, int] = (WIDTH, HEIGHT)) -> Image.Image:
    mask = Image.new("L", size)
    draw(ImageDraw.Draw(mask))
    return mask


MASKS = {
    "ellipse": mask_of(lambda draw: draw.ellipse((50, 20, 140, 100), fill=255)),
    "line": mask_of(lambda draw: draw.line((10, 10, 180, 110), fill=255, width=3)),
    "at the edge": mask_of(lambda draw: draw.rectangle((120, 0, WIDTH, HEIGHT), fill=255)),
    "two": mask_of(
        lambda draw: [draw.rectangle((8, 8, 60, 60), fill=255), draw.ellipse((120, 60, 180, 120), fill=255)]
    ),
    "soft": mask_of(lambda draw: draw.ellipse((50, 20, 140, 100), fill=255)).filter(ImageFilter.GaussianBlur(8)),
    "grey": mask_of(lambda draw: draw.rectangle((50, 20, 140, 100), fill=100)),
    "all": Image.new("L", (WIDTH, HEIGHT), 255),
}


@pytest.mark.parametrize("painter", PAINTERS, ids=["real", "flat"])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())
@pytest.mark.parametrize("prompt", [None, "a hot air balloon", "a stormy sea", "a red boat on a calm lake at dawn"])
def test_a_repaint_changes_what_the_mask_covers_and_nothing_else(
    painter: Painter, own: Image.Image, mask: Image.Image, prompt: str | None
) -> None:
    result = painter.repaint(own, OWN, mask=mask, seed=5, index=0, prompt=prompt)
    assert (result.size, result.mode) == (own.size, "RGB")
    untouched = np.asarray(mask) == 0
    assert np.array_equal(np.asarray(result)[untouched], np.asarray(own)[untouched])
    assert np.abs(values(result) - values(own))[~untouched].mean() > 1


def test_a_repaint_without_a_mask_is_the_picture(own: Image.Image) -> None:
    nothing = Image.new("L", own.size)
    assert repaint(own, OWN, mask=nothing, seed=5, index=0).tobytes() == own.tobytes()


@pytest.mark.parametrize("prompt", [None, "a fox", "mountains at night"])
@pytest.mark.parametrize("which", ["own", "strange"])
def test_the_four_repaints_differ_inside_the_mask(
    which: str, prompt: str | None, request: pytest.FixtureRequest
) -> None:
    picture, mask = request.getfixturevalue(which), MASKS["ellipse"]
    recipe = OWN if which == "own" else Recipe("forest", 1, 0, WIDTH, HEIGHT)
    inside = np.asarray(mask) > 0
    four = [repaint(picture, recipe, mask=mask, seed=5, index=index, prompt=prompt) for index in range(4)]
    assert min(np.abs(values(a) - values(b))[inside].mean() for a, b in combinations([picture, *four], 2)) > 1.2
    assert four[2].tobytes() == repaint(picture, recipe, mask=mask, seed=5, index=2, prompt=prompt).tobytes()
    assert four[2].tobytes() != repaint(picture, recipe, mask=mask, seed=6, index=2, prompt=prompt).tobytes()


@pytest.mark.parametrize("which", ["own", "strange"])
def test_a_repaint_joins_without_a_seam_and_keeps_the_light_around_it(
    which: str, request: pytest.FixtureRequest
) -> None:
    picture, mask = request.getfixturevalue(which), mask_of(lambda draw: draw.rectangle((60, 30, 139, 99), fill=255))
    recipe = OWN if which == "own" else Recipe("a snowy forest", 1, 0, WIDTH, HEIGHT)
    result = values(repaint(picture, recipe, mask=mask, seed=5, index=1, prompt="mountains"))
    before = values(picture)
    seam = np.abs(result[30:100, 60] - result[30:100, 59]).mean()
    assert seam < np.abs(before[30:100, 60] - before[30:100, 59]).mean() + 6
    apart = result[34:96, 64:136].mean((0, 1)) - before[20:110, 50:150].mean((0, 1))
    assert np.abs(apart).max() < 60


def test_a_soft_mask_mixes_in_proportion(own: Image.Image) -> None:
    half, whole = (
        values(repaint(own, OWN, mask=Image.new("L", own.size, grey), seed=5, index=0, prompt="desert"))
        for grey in (128, 255)
    )
    expected = values(own) + (whole - values(own)) * 128 / 255
    assert np.abs(half - expected).max() < 2.5


@pytest.mark.parametrize("thing", ["a hot air balloon", "a fox", "a lighthouse", "saturn", "a lone tree", "a robot"])
def test_things_asked_for_appear_in_the_mask(own: Image.Image, thing: str) -> None:
    mask = mask_of(lambda draw: draw.rectangle((20, 10, 100, 100), fill=255))
    result = repaint(own, OWN, mask=mask, seed=5, index=0, prompt=thing)
    changed = np.abs(values(result) - values(own)).max(2)
    assert (changed[10:100, 20:100] > 40).mean() > 0.02


def test_a_mask_of_another_size_is_refused(own: Image.Image) -> None:
    with pytest.raises(ValueError, match="mask"):
        repaint(own, OWN, mask=Image.new("L", (10, 10), 255), seed=1, index=0)


PLACES = {
    "centred": Placement(288, 192, 48, 32, WIDTH, HEIGHT),
    "in a corner": Placement(240, 200, 0, 72, WIDTH, HEIGHT),
    "over the edges": Placement(160, 200, -60, 20, WIDTH, HEIGHT),
    "smaller": Placement(200, 200, 40, 60, 96, 64),
    "larger": Placement(300, 300, 20, -40, 240, 160),
    "squeezed": Placement(300, 200, 40, 20, 60, 150),
    "tiny": Placement(256, 256, 120, 120, 12, 8),
    "inside": Placement(100, 80, -20, -10, WIDTH, HEIGHT),
}


@pytest.mark.parametrize("painter", PAINTERS, ids=["real", "flat"])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("which", ["own", "strange"])
def test_a_canvas_keeps_the_picture_where_it_was_put(
    painter: Painter, place: Placement, which: str, request: pytest.FixtureRequest
) -> None:
    picture = request.getfixturevalue(which)
    result, recipe = painter.canvas(picture, OWN, place=place, mask=None, seed=2, index=1)
    assert (recipe.width, recipe.height) == result.size
    assert (result.size, result.mode) == ((place.width, place.height), "RGB")
    left, top, right, bottom = place.shown
    kept = result.crop(place.shown)
    wanted = place.scaled(picture).crop((left - place.x, top - place.y, right - place.x, bottom - place.y))
    if (place.image_width, place.image_height) == picture.size:
        assert kept.tobytes() == wanted.tobytes()
    else:
        assert difference(kept, wanted) < 12


@pytest.mark.parametrize("prompt", [None, "snowy mountains"])
@pytest.mark.parametrize("which", ["own", "strange"])
def test_beyond_the_picture_it_goes_on_without_a_seam(
    which: str, prompt: str | None, request: pytest.FixtureRequest
) -> None:
    picture, place = request.getfixturevalue(which), PLACES["centred"]
    four = [canvas(picture, OWN, place=place, mask=None, seed=2, index=i, prompt=prompt)[0] for i in range(4)]
    for result in four:
        pixels = values(result)
        steps = np.abs(np.diff(pixels, axis=1))[32:160].mean((0, 2))
        for seam in (47, 48 + WIDTH - 1):
            assert steps[seam] < 2.5 * np.median(steps) + 4
    outside = np.asarray(place.free(None)) > 0
    assert min(np.abs(values(a) - values(b))[outside].mean() for a, b in combinations(four, 2)) > 0.8


def test_a_mask_on_a_canvas_repaints_within_the_picture(own: Image.Image) -> None:
    place = PLACES["centred"]
    result, _ = canvas(own, OWN, place=place, mask=MASKS["ellipse"], seed=2, index=0, prompt="desert")
    inside = values(result.crop(place.shown)) - values(own)
    covered = np.asarray(MASKS["ellipse"]) > 0
    assert not inside[~covered].any()
    assert np.abs(inside[covered]).mean() > 1


def test_a_picture_outside_of_its_canvas_is_refused() -> None:
    for x, y in ((100, 0), (-50, 0), (0, 100), (0, -50)):
        with pytest.raises(ValueError, match="outside"):
            Placement(100, 100, x, y, 50, 50)
    with pytest.raises(ValueError, match="pixel"):
        Placement(0, 100, 0, 0, 50, 50)


def shares(alpha: np.ndarray) -> tuple[float, float]:
    """The part of the picture that is opaque, and the part that is neither."""
    return float((alpha == 255).mean()), float(((alpha > 0) & (alpha < 255)).mean())


@pytest.mark.parametrize("subject", ["ellipse", "rectangle"])
def test_a_cutout_finds_what_stands_before_an_even_background(subject: str) -> None:
    picture = Image.new("RGB", (240, 180), (188, 205, 210))
    box = (70, 40, 170, 150)
    getattr(ImageDraw.Draw(picture), subject)(box, fill=(150, 40, 30))
    noise = np.random.default_rng(1).normal(0, 5, (180, 240, 3))
    picture = Image.fromarray(np.clip(values(picture) + noise, 0, 255).astype(np.uint8))
    truth = mask_of(lambda draw: getattr(draw, subject)(box, fill=255), (240, 180))
    clear = cutout(picture)
    assert (clear.mode, clear.size) == ("RGBA", picture.size)
    alpha, inside = np.asarray(clear.getchannel("A")), np.asarray(truth) > 0
    found = alpha > 127
    assert (found & inside).sum() / (found | inside).sum() > 0.93
    assert shares(alpha)[1] < 0.05, "the edge is thin"
    assert np.array_equal(np.asarray(clear)[..., :3], np.asarray(picture)), "colours stay, also where it is clear"


@pytest.mark.parametrize(
    "prompt", ["portrait of a woman", "stoneware vase", "layered mountains at dusk", "ink", "city"]
)
def test_a_cutout_of_anything_is_a_clean_shape(prompt: str) -> None:
    alpha = np.asarray(cutout(paint(Recipe(prompt, 7, 1, WIDTH, HEIGHT))).getchannel("A"))
    opaque, soft = shares(alpha)
    assert 0.04 < opaque < 0.82
    assert soft < 0.12
    found = Image.fromarray((alpha > 127).astype(np.uint8) * 255)
    cleaned = found.filter(ImageFilter.MedianFilter(3))
    assert (np.asarray(found) != np.asarray(cleaned)).mean() < 0.01, "no specks, no pinholes"


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (90, 120, 30)])
def test_a_cutout_of_an_even_picture_is_its_middle(colour: tuple[int, int, int]) -> None:
    alpha = np.asarray(cutout(Image.new("RGB", (120, 90), colour)).getchannel("A"))
    assert 0.05 <= (alpha > 127).mean() <= 0.8
    assert alpha[45, 60] == 255 and alpha[0, 0] == 0


def test_a_cutout_of_an_own_picture_is_the_thing_in_it(own: Image.Image) -> None:
    alpha = np.asarray(cutout(own, OWN).getchannel("A")) > 127
    pixels = values(own)
    assert 0.003 < alpha.mean() < 0.2
    redness = pixels[..., 0] - pixels[..., 2]
    assert redness[alpha].mean() > redness[~alpha].mean() + 30


def test_what_is_cut_out_already_keeps_its_alpha() -> None:
    clear = Image.new("RGBA", (80, 60), (200, 40, 90, 0))
    clear.paste((10, 200, 90, 255), (20, 10, 50, 40))
    assert cutout(clear).tobytes() == clear.tobytes()


@pytest.mark.parametrize("prompt", ["wool felt", "polished gold", "oil painting", "neon city at night", "", "玻璃"])
def test_retextures_keep_the_forms_and_change_the_rest(own: Image.Image, prompt: str) -> None:
    four = [retexture(own, OWN, prompt=prompt, seed=3, index=index) for index in range(4)]
    edges = values(own.convert("L").filter(ImageFilter.GaussianBlur(1.5)).filter(ImageFilter.FIND_EDGES))[3:-3, 3:-3]
    for result in four:
        assert (result.size, result.mode) == (own.size, "RGB")
        assert difference(own, result) > 8
        small = [values(picture.convert("L").resize((24, 16), Image.Resampling.BOX)) for picture in (own, result)]
        assert correlation(*small) > 0.55
        found = values(result.convert("L").filter(ImageFilter.GaussianBlur(1.5)).filter(ImageFilter.FIND_EDGES))
        assert correlation(edges, found[3:-3, 3:-3]) > 0.1
    assert min(difference(a, b) for a, b in combinations(four, 2)) > 3
    assert retexture(own, OWN, prompt=prompt, seed=3, index=0).tobytes() == four[0].tobytes()


def test_materials_bring_their_colours(own: Image.Image) -> None:
    gold, ice = (values(retexture(own, OWN, prompt=p, seed=3, index=0)).mean((0, 1)) for p in ("gold", "ice"))
    assert gold[0] - gold[2] > ice[0] - ice[2] + 40


def test_reworks_are_near_or_far_as_asked(strange: Image.Image, own: Image.Image) -> None:
    for picture in (strange, own):
        subtle = [rework(picture, OWN, strong=False, seed=3, index=index) for index in range(4)]
        strong = [rework(picture, OWN, strong=True, seed=3, index=index) for index in range(4)]
        near = np.mean([difference(picture, result) for result in subtle])
        assert 1 < near < 0.7 * np.mean([difference(picture, result) for result in strong])
        for four in (subtle, strong):
            assert min(difference(a, b) for a, b in combinations(four, 2)) > 1.5
        assert all(result.size == picture.size for result in subtle + strong)


def test_a_rework_leans_to_its_words(strange: Image.Image) -> None:
    night, noon = (
        values(rework(strange, OWN, strong=True, seed=3, index=0, prompt=f"mountains at {time}")).mean()
        for time in ("night", "noon")
    )
    assert night < noon - 20


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Pictures of other people's making, in every odd mode."""
    rng = np.random.default_rng(2)
    colours = Image.fromarray(rng.integers(0, 255, (48, 64, 3), np.uint8))
    colours.save(tmp_path / "plain.png")
    colours.convert("CMYK").save(tmp_path / "cmyk.jpg")
    colours.convert("P").save(tmp_path / "palette.gif")
    Image.fromarray(rng.integers(0, 65535, (48, 64), np.uint16)).save(tmp_path / "deep.png")
    colours.save(tmp_path / "moving.webp", save_all=True, append_images=[colours.rotate(90)])
    clear = colours.convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, 32, 48))
    clear.save(tmp_path / "clear.png")
    colours.convert("LA").save(tmp_path / "grey.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(rng.integers(0, 255, (64, 48, 3), np.uint8)).save(tmp_path / "turned.jpg", exif=turned)
    mask_of(lambda draw: draw.rectangle((16, 12, 48, 36), fill=255), (64, 48)).save(tmp_path / "mask.png")
    return tmp_path


@pytest.mark.parametrize("painter", PAINTERS, ids=["real", "flat"])
@pytest.mark.parametrize(
    "file",
    ["plain.png", "cmyk.jpg", "palette.gif", "deep.png", "moving.webp", "clear.png", "grey.png", "turned.jpg"],
)
@pytest.mark.parametrize(
    ("do", "options"),
    [
        ("repaint", {"mask": "mask.png", "prompt": None}),
        (
            "canvas",
            {
                "mask": "mask.png",
                "prompt": "sea",
                "width": 96,
                "height": 80,
                "x": 16,
                "y": 16,
                "image_width": 64,
                "image_height": 48,
            },
        ),
        ("cutout", {}),
        ("retexture", {"prompt": "wood"}),
        ("rework", {"strong": False, "prompt": None}),
    ],
)
def test_any_picture_can_be_worked_on(
    pictures: Path, painter: Painter, file: str, do: str, options: dict[str, object]
) -> None:
    size = (96, 80) if do == "canvas" else (64, 48)
    recipe = Recipe("sea", 1, 0, *size)
    chosen = {} if do == "cutout" else {"seed": 4, "index": 2}
    made = render(painter, Work(do, recipe.to_json(), file, {**options, **chosen}), pictures, "out.png", [])
    with Image.open(pictures / "out.png") as result:
        assert (result.size, result.mode) == (size, "RGBA" if do == "cutout" else "RGB")
    assert (made.recipe["width"], made.recipe["height"]) == size


def test_transparent_pictures_lie_on_white_and_deep_ones_keep_their_range(pictures: Path) -> None:
    with Image.open(pictures / "clear.png") as clear:
        assert flattened(clear).getpixel((4, 4)) == (255, 255, 255)
        assert with_alpha(clear).getpixel((4, 4)) == (0, 0, 0, 0)
    with Image.open(pictures / "deep.png") as deep:
        assert 110 < values(flattened(deep)).mean() < 145
    with Image.open(pictures / "turned.jpg") as turned:
        assert flattened(turned).size == (64, 48)


def test_references_steer_only_what_is_new(pictures: Path) -> None:
    Image.new("RGB", (20, 20), (0, 240, 40)).save(pictures / "green.png")
    work = Work(
        "repaint",
        Recipe("sea", 1, 0, 64, 48).to_json(),
        "plain.png",
        {"mask": "mask.png", "prompt": None, "seed": 4, "index": 0},
    )
    render(FlatPainter(), work, pictures, "without.png", [])
    render(FlatPainter(), work, pictures, "with.png", [(pictures / "green.png", 2.0)])
    covered = values(Image.open(pictures / "mask.png")) > 0
    source, without, steered = (
        values(Image.open(pictures / name)) for name in ("plain.png", "without.png", "with.png")
    )
    assert np.array_equal(steered[~covered], source[~covered])
    assert steered[covered][:, 1].mean() > without[covered][:, 1].mean()


def test_an_edited_picture_can_be_edited_again_in_its_own_world(tmp_path: Path, own: Image.Image) -> None:
    own.save(tmp_path / "own.png")
    MASKS["ellipse"].save(tmp_path / "mask.png")
    chosen = {"seed": 4, "index": 0}
    repainted = render(
        RealPainter(),
        Work("repaint", OWN.to_json(), "own.png", {"mask": "mask.png", "prompt": "a fox", **chosen}),
        tmp_path,
        "repainted.png",
        [],
    )
    size, source, recipe = (WIDTH, HEIGHT), "repainted.png", repainted.recipe
    for number, grow in enumerate((40, 30)):
        options = {"width": size[0] + grow, "height": size[1], "x": 0, "y": 0, "image_width": size[0]}
        options |= {"image_height": size[1], "mask": "", "prompt": None, **chosen}
        widened = render(RealPainter(), Work("canvas", recipe, source, options), tmp_path, f"{number}.png", [])
        assert len(widened.recipe["extensions"]) == number + 1
        size, source, recipe = (size[0] + grow, size[1]), f"{number}.png", widened.recipe
    with Image.open(tmp_path / "1.png") as last, Image.open(tmp_path / "repainted.png") as first:
        assert last.crop((0, 0, WIDTH, HEIGHT)).tobytes() == first.tobytes()


@pytest.mark.parametrize("painter", PAINTERS, ids=["real", "flat"])
def test_painters_go_to_other_processes(painter: Painter) -> None:
    assert isinstance(pickle.loads(pickle.dumps(painter)), type(painter))


# ── backdrop ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("painter", PAINTERS, ids=lambda painter: type(painter).__name__)
def test_a_backdrop_leaves_the_subject_alone(painter: Painter, strange: Image.Image) -> None:
    mask = mask_of(lambda pen: pen.rectangle((0, 0, WIDTH, HEIGHT // 2), fill=255))
    kept = values(mask) == 0
    recipe = Recipe("", 3, 0, WIDTH, HEIGHT)
    made = [
        painter.backdrop(strange, recipe, mask=mask, strength=strength, prompt=prompt, seed=3, index=index)
        for strength, prompt, index in ((1.0, "a night sky", 0), (1.0, "a night sky", 1), (1.0, "a beach", 0))
    ]
    for picture in made:
        assert (values(picture)[kept] == values(strange)[kept]).all()
        assert np.abs(values(picture) - values(strange))[~kept].mean() > 10
    assert len({picture.tobytes() for picture in made}) == 3
    faint = painter.backdrop(strange, recipe, mask=mask, strength=0.1, prompt="a night sky", seed=3, index=0)
    assert 0 < difference(faint, strange) < difference(made[0], strange) / 4

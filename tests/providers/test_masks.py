"""Masks: read from any PNG, and turned into polygons that fill the same."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageDraw

from providers.errors import InvalidRequest
from providers.masks import Polygon, blank, data_url, polygons, read_mask, require_not_all, require_some, two_level_png

MANY = 10**6


def png(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def filled(found: list[Polygon] | None, shape: tuple[int, ...], *, winding: bool = False) -> Any:
    """The pixels whose middles are in any of the polygons, by the even-odd rule or that of winding."""
    assert found is not None
    height, width = shape
    painted = np.zeros((height, width), dtype=bool)
    for polygon in found:
        turns = np.zeros((height, width + 1), dtype=int)
        for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
            for y in range(min(y0, y1), max(y0, y1)):
                crossing = x0 + (y + 0.5 - y0) * (x1 - x0) / (y1 - y0)
                turns[y, min(max(int(np.ceil(crossing - 0.5)), 0), width)] += 1 if y1 > y0 else -1
        around = np.cumsum(turns, axis=1)[:, :width]
        painted |= (around != 0) if winding else (around % 2 == 1)
    return painted


def beside_border(mask: Any) -> Any:
    """The pixels that touch one of the other colour, or the picture's edge while they are painted."""
    padded = np.pad(mask, 1)
    around = np.stack([np.roll(padded, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)])
    return (around.any(axis=0) & ~around.all(axis=0))[1:-1, 1:-1]


def area(polygon: Polygon) -> float:
    """Twice the area, positive when it runs clockwise with y downwards."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True))


MASKS = arrays.arrays(bool, st.tuples(st.integers(1, 18), st.integers(1, 18)))


@st.composite
def drawings(draw: st.DrawFn) -> Any:
    """Strokes, boxes, rings and erased places, some of them over the edge."""
    side = draw(st.integers(20, 70))
    place = st.tuples(st.integers(-9, side + 9), st.integers(-9, side + 9))
    image = Image.new("L", (side, side + draw(st.integers(-15, 15))))
    pen = ImageDraw.Draw(image)
    for _number in range(draw(st.integers(1, 6))):
        color = draw(st.sampled_from([255, 255, 0]))
        kind = draw(st.sampled_from(["line", "ellipse", "ring"]))
        points = draw(st.lists(place, min_size=2, max_size=5))
        (x0, y0), (x1, y1) = points[:2]
        box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        if kind == "line":
            pen.line(points, fill=color, width=draw(st.integers(1, 14)), joint="curve")
        elif kind == "ellipse":
            pen.ellipse(box, fill=color)
        else:
            pen.ellipse(box, outline=color, width=draw(st.integers(1, 9)))
    return np.asarray(image) > 0


@settings(max_examples=300, deadline=None)
@given(MASKS | drawings(), st.booleans())
def test_polygons_fill_the_mask_within_a_pixel_of_its_border(mask: Any, winding: bool) -> None:
    found = polygons(mask, max_points=MANY)
    painted = filled(found, mask.shape, winding=winding)
    assert not ((painted != mask) & ~beside_border(mask)).any()


@settings(max_examples=200, deadline=None)
@given(MASKS | drawings())
def test_polygons_are_clockwise_from_their_top_and_within_the_picture(mask: Any) -> None:
    height, width = mask.shape
    for polygon in polygons(mask, max_points=MANY) or []:
        assert len(polygon) >= 3
        assert area(polygon) > 0
        assert polygon[0][1] == min(y for _x, y in polygon)
        assert all(0 <= x <= width and 0 <= y <= height for x, y in polygon)
        assert all(isinstance(figure, int) for point in polygon for figure in point)


@settings(max_examples=100, deadline=None)
@given(MASKS, st.integers(0, 40))
def test_never_more_points_than_asked_for(mask: Any, limit: int) -> None:
    whole = polygons(mask, max_points=MANY) or []
    count = sum(len(polygon) for polygon in whole)
    assert polygons(mask, max_points=limit) == (whole if count <= limit else None)


@settings(max_examples=100, deadline=None)
@given(MASKS)
def test_two_level_pictures_read_back(mask: Any) -> None:
    data = two_level_png(mask)
    assert (read_mask(data) == mask).all()
    with Image.open(io.BytesIO(data)) as image:
        assert (image.mode, image.size) == ("1", (mask.shape[1], mask.shape[0]))


def test_boxes_are_exact() -> None:
    mask = blank(10, 8)
    mask[2:5, 1:4] = True
    assert polygons(mask, max_points=4) == [[(1, 2), (4, 2), (4, 5), (1, 5)]]


def test_a_hole_is_reached_by_a_cut_through_paint() -> None:
    mask = ~blank(6, 6)
    mask[2:4, 2:4] = False
    assert polygons(mask, max_points=MANY) == [
        [(0, 0), (2, 0), (2, 2), (2, 4), (4, 4), (4, 2), (2, 2), (2, 0), (6, 0), (6, 6), (0, 6)]
    ]


def test_a_slanted_edge_has_few_corners() -> None:
    image = Image.new("L", (900, 900))
    ImageDraw.Draw(image).polygon([(10, 10), (880, 300), (300, 880)], fill=255)
    found = polygons(np.asarray(image) > 0, max_points=60)
    assert found is not None and len(found) == 1


def test_noise_is_given_up_at_once() -> None:
    noise = np.random.default_rng(1).random((2048, 2048)) < 0.5
    assert polygons(noise, max_points=MANY) is None


# ── reading ──────────────────────────────────────────────────────────────────

HALF = np.zeros((5, 4), dtype=bool)
HALF[:, 2:] = True


def painted(mode: str, black: Any, white: Any) -> Image.Image:
    image = Image.new(mode, (4, 5), black)
    image.paste(white, (2, 0, 4, 5))
    return image


PALETTE = painted("P", 0, 1)
PALETTE.putpalette([10, 0, 10, 250, 255, 240])


@pytest.mark.parametrize(
    "data",
    [
        png(painted("L", 127, 128)),
        png(painted("1", 0, 1)),
        png(painted("LA", (255, 0), (255, 255))),
        png(painted("LA", (0, 255), (255, 128))),
        png(painted("RGB", (90, 0, 255), (250, 255, 240))),
        png(painted("RGBA", (255, 255, 255, 0), (255, 255, 255, 255))),
        png(painted("RGBA", (0, 0, 0, 255), (255, 255, 255, 200))),
        png(PALETTE),
        png(PALETTE, transparency=0),
        png(painted("L", 200, 255), transparency=200),
        png(Image.fromarray(np.where(HALF, 0x8000, 0x7FFF).astype(np.uint16))),
        png(painted("L", 0, 255), icc_profile=b"none", dpi=(1, 1)),
    ],
    ids=lambda data: f"{len(data)} bytes",
)
def test_any_png_is_read_by_what_is_white(data: bytes) -> None:
    assert (read_mask(data) == HALF).all()


@pytest.mark.parametrize("data", [b"", b"no picture", png(painted("L", 0, 255))[:50]], ids=len)
def test_what_cannot_be_read_is_said_plainly(data: bytes) -> None:
    with pytest.raises(InvalidRequest, match="can't be read"):
        read_mask(data)


def test_only_png_is_read() -> None:
    file = io.BytesIO()
    painted("L", 0, 255).save(file, "JPEG")
    with pytest.raises(InvalidRequest, match="can't be read"):
        read_mask(file.getvalue())


def test_a_bomb_is_not_decoded() -> None:
    with pytest.raises(InvalidRequest, match="too large"):
        read_mask(png(Image.new("1", (8193, 8192))))
    with pytest.raises(InvalidRequest):
        read_mask(png(Image.new("1", (20_000, 20_000))))


def test_empty_and_full() -> None:
    with pytest.raises(InvalidRequest, match="Nothing is painted"):
        require_some(blank(3, 3))
    with pytest.raises(InvalidRequest, match="whole picture"):
        require_not_all(~blank(3, 3))
    require_some(HALF)
    require_not_all(HALF)


def test_data_urls_are_small() -> None:
    assert data_url(blank(4096, 4096)).startswith("data:image/png;base64,")
    assert len(data_url(blank(4096, 4096))) < 10_000

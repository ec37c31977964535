"""Masks: polygons drawn by the emulated service, pictures read by it, and what it refuses of either."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from PIL import Image

from providers.sandbox.youchuan_masks import MAX_VERTICES, MaskError, check_filled, drawn, from_picture, read_mask
from tests.providers.sandbox.pictures import encoded


def area(points, width=100, height=80):
    return {"width": width, "height": height, "points": points}


def pixels(*areas):
    return np.asarray(drawn(read_mask({"areas": list(areas)}, encoded=False).areas))


SQUARE = [10, 20, 40, 20, 40, 50, 10, 50]


def test_a_polygon_covers_the_pixels_whose_centres_it_holds():
    mask = pixels(area(SQUARE))
    assert mask.shape == (80, 100) and set(np.unique(mask)) == {0, 255}
    assert (mask[20:50, 10:40] == 255).all() and (mask == 255).sum() == 900


def test_the_turning_direction_does_not_matter():
    backwards = [10, 20, 10, 50, 40, 50, 40, 20]
    assert (pixels(area(SQUARE)) == pixels(area(backwards))).all()


def test_several_areas_add_up_and_may_overlap():
    mask = pixels(area(SQUARE), area([30, 40, 30, 60, 60, 60, 60, 40]), area([90, 0, 100, 0, 100, 10, 90, 10]))
    assert (mask == 255).sum() == 900 + 600 - 100 + 100


def test_a_polygon_that_crosses_itself_is_filled_where_it_winds():
    star = [50, 0, 80, 79, 0, 30, 99, 30, 20, 79]
    mask = pixels(area(star))
    assert mask[40, 50] == 255 and mask[2, 10] == 0


def test_a_polygon_may_touch_every_border():
    assert (pixels(area([0, 0, 100, 0, 100, 80, 0, 80])) == 255).all()


@pytest.mark.parametrize(
    "mask",
    [
        None,
        [],
        {},
        {"areas": []},
        {"areas": {}},
        {"areas": [5]},
        {"areas": [area(SQUARE)], "url": "http://127.0.0.1/m.png"},
        {"areas": [area(SQUARE)], "colour": 1},
        {"areas": [{"points": SQUARE}]},
        {"areas": [{**area(SQUARE), "x": 1}]},
        {"areas": [area(SQUARE[:-1])]},
        {"areas": [area(SQUARE[:4])]},
        {"areas": [area([])]},
        {"areas": [area("10,20")]},
        {"areas": [area([10.5, 20, 40, 20, 40, 50])]},
        {"areas": [area([True, 20, 40, 20, 40, 50])]},
        {"areas": [area([-1, 20, 40, 20, 40, 50])]},
        {"areas": [area([10, 20, 101, 20, 40, 50])]},
        {"areas": [area([10, 20, 40, 20, 40, 81])]},
        {"areas": [area(SQUARE, width=0)]},
        {"areas": [area(SQUARE, width=16385)]},
        {"areas": [area(SQUARE, width=16384, height=16384)]},
        {"areas": [area(SQUARE, width="100")]},
        {"areas": [area(SQUARE), area(SQUARE, width=101)]},
        {"areas": [area([0, 0] * (MAX_VERTICES + 1))]},
        {"areas": [area([0, 0] * (MAX_VERTICES // 2 + 1))] * 2},
        {"url": ""},
        {"url": 5},
        {"url": "ftp://127.0.0.1/m.png"},
        {"url": "http://127.0.0.1/" + "x" * 2048},
        {"url": "data:image/png;base64,"},
        {"url": "not base64!"},
    ],
)
def test_masks_that_are_none(mask):
    for allowed in (False, True):
        with pytest.raises(MaskError):
            read_mask(mask, encoded=allowed)


def test_base64_only_where_it_is_documented():
    data = encoded(Image.new("L", (4, 4), 255))
    bare = base64.b64encode(data).decode()
    for url in (bare, f"data:image/png;base64,{bare}"):
        assert read_mask({"url": url}, encoded=True).data == data
        with pytest.raises(MaskError):
            read_mask({"url": url}, encoded=False)


def half(mode, white, black):
    picture = Image.new(mode, (20, 10), black)
    picture.paste(white, (0, 0, 10, 10))
    return picture


@pytest.mark.parametrize(
    ("picture", "kind"),
    [
        (half("1", 1, 0), "PNG"),
        (half("L", 128, 127), "PNG"),
        (half("RGB", "white", "black"), "PNG"),
        (half("RGBA", (255, 255, 255, 255), (255, 255, 255, 0)), "PNG"),
        (half("I;16", 65535, 0), "PNG"),
        (half("P", 1, 0), "GIF"),
    ],
)
def test_the_modes_of_a_mask_picture(picture, kind):
    if picture.mode == "P":
        picture.putpalette([0, 0, 0, 255, 255, 255])
    mask = from_picture(encoded(picture, kind))
    assert mask.mode == "L" and mask.size == (20, 10)
    assert (mask.getpixel((0, 0)), mask.getpixel((15, 5))) == (255, 0)


@pytest.mark.parametrize("data", [b"", b"<html>", b"\x89PNG\r\n\x1a\nxx"])
def test_what_is_no_picture_is_no_mask(data):
    with pytest.raises(MaskError):
        from_picture(data)


def test_empty_and_full_masks():
    black, white = Image.new("L", (4, 4)), Image.new("L", (4, 4), 255)
    check_filled(black, empty_allowed=True)
    for mask, allowed in ((black, False), (white, False), (white, True)):
        with pytest.raises(MaskError):
            check_filled(mask, empty_allowed=allowed)

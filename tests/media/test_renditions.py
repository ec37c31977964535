from __future__ import annotations

import base64

import pytest
from PIL import Image

from studio.media import services
from tests.media.pictures import encode, exif, opened, photo, swapped_profile


def prepared_from(picture: Image.Image, name: str = "PNG", mode: str = "result", **options) -> services.Prepared:
    return services.prepare(encode(picture, name, **options), mode=mode)


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (2000, 1000, [("w320", 320, 160), ("w768", 768, 384), ("w1536", 1536, 768)]),
        (1536, 1536, [("w320", 320, 320), ("w768", 768, 768), ("w1536", 1536, 1536)]),
        (1024, 1024, [("w320", 320, 320), ("w768", 768, 768), ("w1536", 1024, 1024)]),
        (768, 1000, [("w320", 320, 417), ("w768", 768, 1000)]),
        (321, 100, [("w320", 320, 100), ("w768", 321, 100)]),
        (200, 900, [("w320", 200, 900)]),
        (1, 1, [("w320", 1, 1)]),
        (4000, 1, [("w320", 320, 1), ("w768", 768, 1), ("w1536", 1536, 1)]),
        (30, 17000, [("w320", 29, 16383)]),
    ],
)
def test_widths_never_larger_than_the_picture(width, height, expected, media_root):
    prepared = prepared_from(photo(width, height))
    assert [(made.spec, made.width, made.height) for made in prepared.renditions] == expected
    for made in prepared.renditions:
        data = (media_root / made.storage_key).read_bytes()
        picture = opened(data)
        assert (picture.format, picture.size, len(data)) == ("WEBP", (made.width, made.height), made.size)


def test_renditions_carry_nothing_but_the_picture(media_root):
    prepared = prepared_from(photo(), "JPEG", exif=exif(6), comment=b"home", icc_profile=swapped_profile())
    assert (prepared.width, prepared.height) == (300, 400)
    picture = opened((media_root / prepared.renditions[0].storage_key).read_bytes())
    assert not picture.getexif()
    assert not {"icc_profile", "xmp", "exif"} & set(picture.info)


def test_transparency_is_kept(media_root):
    picture = Image.new("RGBA", (500, 500), (200, 0, 0, 0))
    picture.paste((0, 200, 0, 255), (0, 0, 250, 500))
    prepared = prepared_from(picture)
    drawn = opened((media_root / prepared.renditions[0].storage_key).read_bytes())
    assert drawn.mode == "RGBA"
    assert (drawn.getpixel((20, 20))[3], drawn.getpixel((300, 20))[3]) == (255, 0)


def test_an_opaque_alpha_channel_is_not_worth_keeping(media_root):
    prepared = prepared_from(photo().convert("RGBA"))
    assert opened((media_root / prepared.renditions[0].storage_key).read_bytes()).mode == "RGB"


def test_colours_are_those_of_the_profile(media_root):
    prepared = prepared_from(Image.new("RGB", (400, 400), (255, 0, 0)), icc_profile=swapped_profile())
    drawn = opened((media_root / prepared.renditions[0].storage_key).read_bytes())
    assert drawn.getpixel((100, 100)) == pytest.approx((0, 255, 0), abs=6)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixels(mode):
    picture = Image.new(mode, (400, 300)) if mode in ("I;16", "LA") else photo().convert(mode)
    assert len(prepared_from(picture).renditions) == 2


def test_the_placeholder_is_a_tiny_picture():
    prepared = prepared_from(photo(1600, 900).effect_spread(90))
    head, _, body = prepared.placeholder.partition(",")
    assert head == "data:image/webp;base64"
    assert len(prepared.placeholder) <= 1000
    assert opened(base64.b64decode(body)).size == (16, 9)


def test_a_very_tall_placeholder_stays_short():
    assert 0 < len(prepared_from(photo(40, 9000).effect_spread(30)).placeholder) <= 1000

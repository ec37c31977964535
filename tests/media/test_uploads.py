"""What is kept of an upload: the picture and nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from studio.media import services
from tests.media.pictures import (
    GPS_TOWN,
    animation,
    encode,
    exif,
    opened,
    photo,
    png_text,
    srgb_profile,
    swapped_profile,
)

XMP = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{GPS_TOWN}</x:xmpmeta>".encode()


def kept(data: bytes, media_root: Path, mode: str = "upload") -> tuple[bytes, services.Prepared]:
    prepared = services.prepare(data, mode=mode)
    stored = (media_root / prepared.storage_key).read_bytes()
    assert hashlib.sha256(stored).hexdigest() == prepared.sha256
    assert len(stored) == prepared.size
    return stored, prepared


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of a channel, of 255."""
    assert one.size == other.size
    stat = ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB")))
    return max(stat.mean)


CLEAN = {
    "jpeg": encode(photo(), "JPEG"),
    "progressive jpeg": encode(photo(), "JPEG", progressive=True),
    "grey jpeg": encode(photo().convert("L"), "JPEG"),
    "jpeg in sRGB": encode(photo(), "JPEG", icc_profile=srgb_profile()),
    "png": encode(photo(), "PNG"),
    "png with transparency": encode(photo().convert("RGBA"), "PNG"),
    "png with a palette": encode(photo().quantize(16), "PNG"),
    "webp": encode(photo(), "WEBP"),
    "lossless webp": encode(photo(), "WEBP", lossless=True),
    "webp with transparency": encode(Image.new("RGBA", (60, 60), (9, 9, 9, 90)), "WEBP"),
    "avif": encode(photo(), "AVIF"),
}

CARRYING = {
    "jpeg exif": encode(photo(), "JPEG", exif=exif()),
    "jpeg comment": encode(photo(), "JPEG", comment=GPS_TOWN.encode()),
    "jpeg xmp": encode(photo(), "JPEG", xmp=XMP),
    "jpeg tail": encode(photo(), "JPEG") + GPS_TOWN.encode(),
    "png exif": encode(photo(), "PNG", exif=exif()),
    "png text": encode(photo(), "PNG", pnginfo=png_text()),
    "png tail": encode(photo(), "PNG") + f"<html>{GPS_TOWN}<script>alert(1)</script>".encode(),
    "webp exif": encode(photo(), "WEBP", exif=exif()),
    "webp xmp": encode(photo(), "WEBP", xmp=XMP),
    "webp tail": encode(photo(), "WEBP") + GPS_TOWN.encode(),
    "lossless webp exif": encode(photo(), "WEBP", lossless=True, exif=exif()),
    "avif exif": encode(photo(), "AVIF", exif=exif()),
    "avif xmp": encode(photo(), "AVIF", xmp=XMP),
    "avif tail": encode(photo(), "AVIF") + GPS_TOWN.encode(),
    "gif comment": encode(photo(), "GIF", comment=GPS_TOWN.encode()),
}


@pytest.mark.parametrize("kind", CLEAN)
def test_a_file_with_nothing_but_a_picture_is_kept_byte_for_byte(kind, media_root):
    stored, _ = kept(CLEAN[kind], media_root)
    assert stored == CLEAN[kind]


@pytest.mark.parametrize("kind", CARRYING)
def test_whatever_else_a_file_carries_is_gone(kind, media_root):
    assert GPS_TOWN.encode() in CARRYING[kind]
    stored, prepared = kept(CARRYING[kind], media_root)
    assert GPS_TOWN.encode() not in stored
    picture = opened(stored)
    assert not picture.getexif()
    assert not {"comment", "xmp", "Comment"} & set(picture.info)
    assert difference(picture, opened(CARRYING[kind])) < 3
    # what was cleaned is clean: taking it in again changes nothing
    assert services.prepare(stored, mode="upload").sha256 == prepared.sha256


@pytest.mark.parametrize("kind", ["png exif", "png text", "png tail", "lossless webp exif"])
def test_lossless_pictures_stay_equal_to_the_pixel(kind, media_root):
    stored, _ = kept(CARRYING[kind], media_root)
    assert opened(stored).convert("RGB").tobytes() == photo().tobytes()


def test_transparent_pixels_stay_equal_too(media_root):
    picture = photo(64, 64).convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize((64, 64)))
    for data in (
        encode(picture, "PNG", pnginfo=png_text()),
        encode(picture, "WEBP", lossless=True, exact=True, exif=exif()),
    ):
        stored, _ = kept(data, media_root)
        assert opened(stored).tobytes() == picture.tobytes()


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_the_orientation_is_applied(name, orientation, media_root):
    lying = photo(300, 200)
    stored, prepared = kept(encode(lying, name, exif=exif(orientation, gps=False), quality=95), media_root)
    ways = Image.Transpose
    way = {
        2: ways.FLIP_LEFT_RIGHT,
        3: ways.ROTATE_180,
        4: ways.FLIP_TOP_BOTTOM,
        5: ways.TRANSPOSE,
        6: ways.ROTATE_270,
        7: ways.TRANSVERSE,
        8: ways.ROTATE_90,
    }[orientation]
    upright = lying.transpose(way)
    assert (prepared.width, prepared.height) == upright.size
    picture = opened(stored)
    assert picture.getexif().get(0x0112, 1) == 1
    assert difference(picture, upright) < 3


def test_a_phone_picture_is_rebuilt_at_full_colour_resolution(media_root):
    stored, _ = kept(CARRYING["jpeg exif"], media_root)
    assert {(across, down) for _, across, down, _ in opened(stored).layer} == {(1, 1)}


def test_a_small_srgb_profile_is_kept_and_others_are_converted(media_root):
    stored, _ = kept(encode(photo(), "JPEG", icc_profile=srgb_profile(), exif=exif()), media_root)
    assert opened(stored).info["icc_profile"] == srgb_profile()

    red = Image.new("RGB", (40, 40), (255, 0, 0))
    stored, _ = kept(encode(red, "PNG", icc_profile=swapped_profile()), media_root)
    assert "icc_profile" not in opened(stored).info
    assert opened(stored).getpixel((20, 20)) == pytest.approx((0, 255, 0), abs=2)


def test_an_unreadable_profile_is_dropped(media_root):
    stored, _ = kept(encode(photo(), "PNG", icc_profile=b"x" * 300), media_root)
    assert "icc_profile" not in opened(stored).info
    assert opened(stored).tobytes() == photo().tobytes()


def test_print_colours_and_deep_pictures_become_eight_bit_srgb(media_root):
    stored, _ = kept(encode(photo().convert("CMYK"), "JPEG", quality=95), media_root)
    assert opened(stored).mode == "RGB"
    assert difference(opened(stored), photo()) < 4

    deep = Image.new("I;16", (40, 40), 32768)
    stored, _ = kept(encode(deep, "PNG"), media_root)
    assert opened(stored).mode == "L"
    assert opened(stored).getpixel((5, 5)) == 128


@pytest.mark.parametrize(("name", "type_"), [("GIF", "png"), ("PNG", "png"), ("WEBP", "webp"), ("AVIF", "webp")])
def test_of_an_animation_the_first_frame_is_kept(name, type_, media_root):
    data = animation(5, name, size=(64, 48))
    stored, prepared = kept(data, media_root)
    assert prepared.media_type == f"image/{type_}"
    assert getattr(opened(stored), "n_frames", 1) == 1
    assert opened(stored).convert("RGB").getpixel((3, 3)) == pytest.approx((0, 0, 90), abs=4)


def test_a_gif_becomes_a_png_of_the_same_pixels(media_root):
    data = encode(photo(50, 40), "GIF")
    stored, prepared = kept(data, media_root)
    assert prepared.media_type == "image/png"
    assert opened(stored).convert("RGB").tobytes() == opened(data).convert("RGB").tobytes()


def test_pictures_beyond_webp_can_be_kept(media_root):
    tall = encode(Image.new("RGB", (20, 17000), (1, 2, 3)), "AVIF", exif=exif(), speed=10)
    stored, prepared = kept(tall, media_root)
    assert (prepared.media_type, opened(stored).size) == ("image/png", (20, 17000))


@pytest.mark.parametrize("kind", [*CLEAN, *CARRYING])
def test_results_are_never_touched(kind, media_root):
    data = {**CLEAN, **CARRYING}[kind]
    stored, _ = kept(data, media_root, mode="result")
    assert stored == data

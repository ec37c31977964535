"""Masks: whatever a program saves becomes 8-bit grey of the picture's size, white where it marks."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from studio.media import services
from studio.media.models import Asset
from studio.media.problems import MediaProblem
from tests.media.pictures import animation, encode, exif, opened, png_header

SIZE = (60, 40)
BOX = (10, 10, 29, 29)


def drawn(mode: str = "L", ground=0, marks=255) -> Image.Image:
    picture = Image.new(mode, SIZE, ground)
    ImageDraw.Draw(picture).rectangle(BOX, fill=marks)
    return picture


def palette() -> Image.Image:
    picture = Image.new("P", SIZE, 7)
    picture.putpalette([0, 0, 0] * 3 + [255, 255, 255] + [0, 0, 0] * 4)
    ImageDraw.Draw(picture).rectangle(BOX, fill=3)
    return picture


def palette_with_transparency() -> bytes:
    picture = Image.new("P", SIZE, 0)
    picture.putpalette([200, 30, 30] * 2)
    ImageDraw.Draw(picture).rectangle(BOX, fill=1)
    return encode(picture, "PNG", transparency=0)


def deep() -> Image.Image:
    picture = Image.new("I;16", SIZE, 0)
    for x in range(BOX[0], BOX[2] + 1):
        for y in range(BOX[1], BOX[3] + 1):
            picture.putpixel((x, y), 65535)
    return picture


MASKS = {
    "black and white": encode(drawn("1", 0, 1), "PNG"),
    "grey": encode(drawn(), "PNG"),
    "grey jpeg": encode(drawn(), "JPEG", quality=95),
    "colour": encode(drawn("RGB", "black", "white"), "PNG"),
    "colour webp": encode(drawn("RGB", "black", "white"), "WEBP", lossless=True),
    "16-bit": encode(deep(), "PNG"),
    "palette": encode(palette(), "PNG"),
    "palette on a transparent ground": palette_with_transparency(),
    "opaque with alpha": encode(drawn("RGBA", (0, 0, 0, 255), (255, 255, 255, 255)), "PNG"),
    "white strokes on nothing": encode(drawn("RGBA", (0, 0, 0, 0), (255, 255, 255, 255)), "PNG"),
    "red strokes on nothing": encode(drawn("RGBA", (0, 0, 0, 0), (255, 0, 0, 255)), "PNG"),
    "black strokes on nothing": encode(drawn("RGBA", (255, 255, 255, 0), (0, 0, 0, 255)), "PNG"),
    "grey with alpha": encode(drawn("LA", (0, 0), (90, 255)), "PNG"),
    "half transparent throughout": encode(drawn("RGBA", (0, 0, 0, 128), (255, 255, 255, 128)), "PNG"),
    "turned by its metadata": encode(drawn().transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif(6, gps=True)),
}


@pytest.mark.parametrize("kind", MASKS)
def test_every_way_of_saving_a_mask(kind, team, alice, media_root):
    mask = services.receive_mask(SimpleUploadedFile("mask", MASKS[kind]), team=team, user=alice, size=SIZE)
    assert (mask.origin, mask.kind, mask.media_type) == ("mask", "image", "image/png")
    kept = opened((media_root / mask.storage_key).read_bytes())
    assert (kept.mode, kept.size, kept.info) == ("L", SIZE, {})
    low = [kept.getpixel(at) for at in ((2, 2), (50, 35))]
    high = [kept.getpixel(at) for at in ((15, 15), (25, 25))]
    assert max(low) < 16
    assert min(high) > 239


def test_visible_black_and_white_beats_transparency(team, alice, media_root):
    picture = drawn("RGBA", (0, 0, 0, 255), (255, 255, 255, 255))
    picture.putpixel((59, 39), (0, 0, 0, 0))
    mask = services.receive_mask(encode(picture, "PNG"), team=team, user=alice, size=SIZE)
    kept = opened((media_root / mask.storage_key).read_bytes())
    assert [kept.getpixel(at) for at in ((2, 2), (15, 15), (59, 39))] == [0, 255, 0]


def test_soft_edges_stay_soft(team, alice, media_root):
    picture = Image.linear_gradient("L").resize(SIZE)
    mask = services.receive_mask(encode(picture, "PNG"), team=team, user=alice, size=SIZE)
    assert opened((media_root / mask.storage_key).read_bytes()).tobytes() == picture.tobytes()


REFUSED = {
    "another size": (
        encode(Image.new("L", (512, 512), 255), "PNG"),
        "The mask is 512 × 512 pixels and the picture 60 × 40.",
    ),
    "nothing": (encode(Image.new("L", SIZE, 0), "PNG"), "Nothing is marked. Paint over what should change."),
    "hardly anything": (encode(Image.new("L", SIZE, 90), "PNG"), "Nothing is marked. Paint over what should change."),
    "wholly transparent": (
        encode(Image.new("RGBA", SIZE, (255, 255, 255, 0)), "PNG"),
        "Nothing is marked. Paint over what should change.",
    ),
    "everything": (
        encode(Image.new("L", SIZE, 255), "PNG"),
        "Everything is marked. Leave out what should stay as it is.",
    ),
    "animated": (animation(3, "WEBP"), "A mask cannot be animated."),
    "animated png": (animation(3, "PNG"), "A mask cannot be animated."),
    "gif": (animation(1), "This mask cannot be read. Use a PNG, JPEG or WebP."),
    "huge": (png_header(60_000, 60_000), "The picture has more than 50 megapixels."),
    "damaged": (encode(drawn(), "PNG")[:60], "The picture is damaged or incomplete."),
    "empty": (b"", "The file is empty."),
    "text": (b"white please", "This is not a picture we can read. Use JPEG, PNG, WebP, AVIF or GIF."),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_masks_that_mask_nothing(kind, team, alice, files):
    data, sentence = REFUSED[kind]
    with pytest.raises(MediaProblem) as caught:
        services.receive_mask(data, team=team, user=alice, size=SIZE)
    assert caught.value.user_message == sentence
    assert files() == set()
    assert not Asset.objects.exists()


def test_an_edit_may_mark_nothing_or_everything(team, alice):
    for grey in (0, 255):
        data = encode(Image.new("L", SIZE, grey), "PNG")
        services.receive_mask(data, team=team, user=alice, size=SIZE, allow_empty=True, allow_full=True)
    assert Asset.objects.filter(origin="mask").count() == 2


def test_a_mask_too_large_to_send(team, alice, settings):
    settings.MAX_UPLOAD_BYTES = 1024 * 1024
    with pytest.raises(MediaProblem, match="larger than 1 MB"):
        services.receive_mask(SimpleUploadedFile("m.png", bytes(1024 * 1024 + 1)), team=team, user=alice, size=SIZE)

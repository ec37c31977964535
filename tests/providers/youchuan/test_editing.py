"""Edits of pictures: what is sent, against the document's samples, and what is refused before."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import pydantic
import pytest
from PIL import Image

from providers.base import Media, Order
from providers.errors import InvalidRequest, NotConfigured
from providers.params import plain_errors
from providers.youchuan import Youchuan
from providers.youchuan.calls import MOST_POINTS

from .tools import assert_documented, first_request, mask, mask_file, order, photo, picture, result, sent

SAMPLE = "https://example.com/images/sample.jpg"
CLOCKWISE = [10, 10, 100, 10, 100, 100, 10, 100]
BLACK = Image.new("L", (512, 512))


def inpaint(given: Media | None, **more: Any) -> Order:
    source = result(width=1024, height=1024)
    files = {"mask": (given,)} if given else {}
    return order("inpaint", {"mask": ["asset:1"], **more}, source=source, media=files)


def canvas(operation: str, given: Media | None = None, **params: Any) -> Order:
    values: dict[str, Any] = {"prompt": "A beautiful mountain scene with trees", **params}
    if given:
        values["mask"] = ["asset:1"]
    files: Mapping[str, tuple[Media, ...]] = {"mask": (given,)} if given else {}
    if operation == "edit":
        return order("edit", values, source=result(width=512, height=512), media=files)
    return order("upload-paint", values, input=photo(SAMPLE), media=files)


def drawn(data_url: str) -> Image.Image:
    head, _comma, body = data_url.partition(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(body, validate=True)))


# ── the documented requests ──────────────────────────────────────────────────


def test_outpaint_is_the_documented_request() -> None:
    assert_documented(first_request(order("outpaint", {"scale": 1.5}, source=result())), "request-outpaint")


def test_inpaint_is_the_documented_request() -> None:
    made = inpaint(mask((10, 10, 100, 100)), prompt="Add a tree in the center")
    area = {"width": 1024, "height": 1024, "points": CLOCKWISE}
    assert_documented(first_request(made), "request-inpaint", mask={"areas": [area]})


@pytest.mark.parametrize(("operation", "mode"), [("remix-strong", 0), ("remix-subtle", 1)])
def test_remix_is_the_documented_request(operation: str, mode: int) -> None:
    made = order(operation, {"prompt": "Change style to watercolor painting"}, source=result())
    assert_documented(first_request(made), "request-remix", mode=mode)


def test_edit_is_the_documented_request() -> None:
    made = canvas("edit", prompt="A beautiful landscape with mountains")
    assert_documented(first_request(made), "request-edit")


def test_upload_paint_is_the_documented_request() -> None:
    made = canvas("upload-paint", mask((10, 10, 100, 100), size=(512, 512)))
    body = sent(made)
    repainted = np.asarray(drawn(body["mask"]["url"]))
    assert repainted.sum() == repainted[10:100, 10:100].sum() == 90 * 90
    changes = {"mask": body["mask"], "remixPrompt": "A beautiful mountain scene with trees --v 7"}
    assert_documented(first_request(made), "request-upload-paint", **changes)


def test_retexture_is_the_documented_request() -> None:
    words = "Convert to oil painting style"
    made = order("retexture", {"prompt": words}, input=photo(SAMPLE))
    assert_documented(first_request(made), "request-retexture", remixPrompt=f"{words} --v 7")
    niji = order("retexture", {"prompt": words}, model="niji7", input=photo(SAMPLE))
    assert_documented(first_request(niji), "request-retexture", remixPrompt=f"{words} --niji 7")


def test_remove_background_is_the_documented_request() -> None:
    assert_documented(first_request(order("remove-background", input=photo(SAMPLE))), "request-remove-background")


def test_enhance_is_the_documented_request() -> None:
    draft = result(params={"prompt": "a cat", "speed": "draft"})
    assert_documented(first_request(order("enhance", source=draft)), "request-enhance")


@pytest.mark.parametrize(
    "made",
    [
        order("outpaint", source=result(), callback_url="https://s.example/cb"),
        order("remix-strong", {"prompt": "x"}, source=result(), callback_url="https://s.example/cb"),
        order("edit", {"prompt": "x"}, source=result(), callback_url="https://s.example/cb"),
        order("retexture", {"prompt": "x"}, input=photo(SAMPLE), callback_url="https://s.example/cb"),
        order("upload-paint", {"prompt": "x"}, input=photo(SAMPLE), callback_url="https://s.example/cb"),
        order("remove-background", input=photo(SAMPLE), callback_url="https://s.example/cb"),
    ],
    ids=lambda made: made.operation.slug,
)
def test_the_callback_is_named(made: Order) -> None:
    assert sent(made)["callback"] == "https://s.example/cb"


@pytest.mark.parametrize(("scale", "prompt"), [(1.1, ""), (2.0, "more\n sky")])
def test_outpaint_on_the_wire(scale: float, prompt: str) -> None:
    words = {"remixPrompt": "more sky"} if prompt else {}
    body = sent(order("outpaint", {"scale": scale, "prompt": prompt}, source=result()))
    assert body == {"jobId": "12345", "imageNo": 0, "scale": scale, **words}


# ── masks ────────────────────────────────────────────────────────────────────


def test_every_painted_area_is_sent() -> None:
    areas = sent(inpaint(mask((0, 0, 1, 1), (900, 1000, 1024, 1024))))["mask"]["areas"]
    assert [area["points"] for area in areas] == [
        [0, 0, 1, 0, 1, 1, 0, 1],
        [900, 1000, 1024, 1000, 1024, 1024, 900, 1024],
    ]


def test_a_mask_of_very_many_corners_goes_as_its_link() -> None:
    boxes = [(x, y, x + 2, y + 2) for x in range(0, 1024, 16) for y in range(0, 1024, 16)]
    assert len(boxes) * 4 > MOST_POINTS
    assert sent(inpaint(mask(*boxes, url="https://s.example/m")))["mask"] == {"url": "https://s.example/m"}
    with pytest.raises(NotConfigured):
        first_request(inpaint(mask(*boxes)))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (mask(), "Nothing is painted"),
        (mask((0, 0, 1024, 1024)), "whole picture"),
        (mask((1, 1, 9, 9), size=(512, 512)), "not as large"),
        (picture("https://s.example/m"), "can't be read"),
        (None, "can't be found"),
    ],
)
def test_masks_that_are_refused_before_sending(given: Media | None, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        first_request(inpaint(given))


def test_a_mask_of_another_kind_of_png_is_read_by_its_white() -> None:
    clear = Image.new("RGBA", (1024, 1024), (255, 255, 255, 0))
    clear.paste((255, 255, 255, 255), (10, 10, 100, 100))
    assert sent(inpaint(mask_file(clear)))["mask"]["areas"][0]["points"] == CLOCKWISE


@pytest.mark.parametrize("given", [None, mask(size=(512, 512))], ids=["none", "empty"])
def test_a_canvas_with_something_free_needs_no_paint(given: Media | None) -> None:
    assert "mask" not in sent(canvas("edit", given))
    url = sent(canvas("upload-paint", given))["mask"]["url"]
    assert drawn(url).size == (512, 512)
    assert not np.asarray(drawn(url)).any()


@pytest.mark.parametrize("operation", ["edit", "upload-paint"])
def test_a_full_canvas_needs_paint(operation: str) -> None:
    full = {"image_x": 0, "image_y": 0, "image_width": 1024, "image_height": 1024}
    assert "mask" in sent(canvas(operation, mask((1, 1, 9, 9), size=(512, 512)), **full))
    with pytest.raises(InvalidRequest, match="nothing to fill"):
        first_request(canvas(operation, mask(size=(512, 512)), **full))
    with pytest.raises(InvalidRequest, match="whole picture"):
        first_request(canvas(operation, mask((0, 0, 512, 512), size=(512, 512))))
    with pytest.raises(InvalidRequest, match="not as large"):
        first_request(canvas(operation, mask((1, 1, 9, 9), size=(512, 513))))


# ── parameters ───────────────────────────────────────────────────────────────


def problems(operation: str, **values: Any) -> dict[str, str]:
    params = Youchuan.model("v7").operation(operation).params
    with pytest.raises(pydantic.ValidationError) as caught:
        params.model_validate(values)
    return {name: str(message) for name, message in plain_errors(caught.value, params).items()}


@pytest.mark.parametrize("operation", ["edit", "upload-paint"])
@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"canvas_width": 255}, "canvas_width", "Canvas width goes from 256 to 4096."),
        ({"canvas_height": 4097}, "canvas_height", "Canvas height goes from 256 to 4096."),
        ({"canvas_width": 4096, "canvas_height": 1000}, "canvas_width", "The canvas goes from 1:4 to 4:1."),
        ({"image_width": 15}, "image_width", "Picture width goes from 16 to 8192."),
        ({"image_x": 1024}, "image_x", "The picture lies beside the canvas. Move it back onto it."),
        ({"image_x": -512}, "image_x", "The picture lies beside the canvas. Move it back onto it."),
        ({"image_y": 1024}, "image_y", "The picture lies above or below the canvas. Move it back onto it."),
        ({"image_y": "a"}, "image_y", "Picture from the top is a number from -8192 to 8192."),
        ({"prompt": " \n"}, "prompt", "Write a prompt first."),
        (
            {"image_x": 0, "image_y": -9, "image_width": 1024, "image_height": 1033},
            "mask",
            "There is nothing to fill: enlarge the canvas, make the picture smaller or paint over a part.",
        ),
    ],
)
def test_canvases_that_are_refused(operation: str, values: dict[str, Any], field: str, sentence: str) -> None:
    assert problems(operation, **{"prompt": "x", **values}) == {field: sentence}


def test_a_picture_that_just_overlaps_its_canvas() -> None:
    body = sent(canvas("edit", image_x=-511, image_y=1023))
    assert body["imgPos"] == {"width": 512, "height": 512, "x": -511, "y": 1023}


@pytest.mark.parametrize(
    ("operation", "values", "field", "sentence"),
    [
        ("outpaint", {"scale": 2.1}, "scale", "Scale goes from 1.1 to 2."),
        ("outpaint", {"scale": 1}, "scale", "Scale goes from 1.1 to 2."),
        ("inpaint", {}, "mask", "Mask is needed."),
        ("inpaint", {"mask": ["asset:1", "asset:2"]}, "mask", "Mask takes at most 1."),
        ("remix-subtle", {}, "prompt", "Write a prompt first."),
        ("remix-strong", {"prompt": "  "}, "prompt", "Write a prompt first."),
        ("retexture", {"prompt": ""}, "prompt", "Write a prompt first."),
    ],
)
def test_parameters_that_are_refused(operation: str, values: dict[str, Any], field: str, sentence: str) -> None:
    assert problems(operation, **values)[field] == sentence


# ── any picture ──────────────────────────────────────────────────────────────

OF_ANY = {"upload-paint": {"prompt": "x"}, "retexture": {"prompt": "x"}, "remove-background": {}, "animate-low": {}}


@pytest.mark.parametrize("operation", OF_ANY)
def test_a_picture_is_needed(operation: str) -> None:
    with pytest.raises(InvalidRequest, match="Choose a picture"):
        first_request(order(operation, OF_ANY[operation]))


@pytest.mark.parametrize("operation", OF_ANY)
def test_the_service_has_to_reach_the_picture(operation: str) -> None:
    with pytest.raises(NotConfigured, match="STUDIO_PUBLIC_URL"):
        first_request(order(operation, OF_ANY[operation], input=photo(None)))
    with pytest.raises(InvalidRequest, match="address is too long"):
        first_request(order(operation, OF_ANY[operation], input=photo("https://s.example/" + "x" * 1024)))


@pytest.mark.parametrize("operation", OF_ANY)
def test_formats_that_the_service_does_not_take(operation: str) -> None:
    with pytest.raises(InvalidRequest, match="takes"):
        first_request(order(operation, OF_ANY[operation], input=photo(SAMPLE, "image/gif")))
    webp = order(operation, OF_ANY[operation], input=photo(SAMPLE, "image/webp"))
    if operation == "remove-background":
        with pytest.raises(InvalidRequest, match="JPEG and PNG"):
            first_request(webp)
    else:
        first_request(webp)


@pytest.mark.parametrize("words", ["a dog --turbo", "a dog --v 6", "a dog --nonsense"])
@pytest.mark.parametrize("operation", ["edit", "upload-paint", "retexture", "remix-strong", "outpaint", "inpaint"])
def test_words_cannot_change_model_or_speed(operation: str, words: str) -> None:
    files = {"mask": (mask((1, 1, 9, 9), size=(512, 512)),)}
    values = {"prompt": words, **({"mask": ["asset:1"]} if operation == "inpaint" else {})}
    with pytest.raises(InvalidRequest, match="--"):
        first_request(order(operation, values, source=result(), input=photo(SAMPLE), media=files))

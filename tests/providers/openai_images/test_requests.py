"""What is sent, and what never is."""

from __future__ import annotations

import io
import json
from typing import Any

import httpx
import numpy as np
import pydantic
import pytest
from PIL import Image

from providers.base import Media
from providers.errors import InvalidRequest
from providers.openai_images import OpenAIImages
from providers.params import read_fields

from .tools import SIZE, file, mask_of, masked, order, parts, payload, sent, service


def test_a_generation_is_the_documented_request() -> None:
    request, sample = sent(order()), payload("request-generations")
    assert (request.method, str(request.url)) == (sample["method"], sample["url"])
    assert json.loads(request.content) == sample["json"]
    assert request.headers["authorization"] == "Bearer sk-alice"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("values", "changes"),
    [
        ({"size": "auto", "quality": "auto"}, {"size": None, "quality": None}),
        ({"results": "10"}, {"n": 10}),
        (
            {"background": "transparent", "output_format": "webp"},
            {"background": "transparent", "output_format": "webp"},
        ),
        ({"background": "opaque", "output_format": "jpeg"}, {"background": "opaque", "output_format": "jpeg"}),
        ({"size": "1536x1024", "quality": "high"}, {"size": "1536x1024", "quality": "high"}),
    ],
)
def test_what_is_automatic_is_left_out(values: dict[str, Any], changes: dict[str, Any]) -> None:
    expected = {**payload("request-generations")["json"], **changes}
    body = json.loads(sent(order(values=values)).content)
    assert body == {name: value for name, value in expected.items() if value is not None}


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080", "http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/"])
def test_address_and_model_are_the_accounts(address: str) -> None:
    request = next(service(address, model="flux-dev").submit(order()))
    assert str(request.url) == "http://127.0.0.1:8080/v1/images/generations"
    assert json.loads(request.content)["model"] == "flux-dev"


def test_an_edit_is_a_form_with_the_picture() -> None:
    request = sent(order("edit-image", {"size": "1024x1024", "results": "2"}))
    assert str(request.url) == "https://api.openai.com/v1/images/edits"
    assert request.headers["authorization"] == "Bearer sk-alice"
    found = parts(request)
    fields = {name: content.decode() for name, (filename, _kind, content) in found.items() if not filename}
    assert fields == {
        "model": "gpt-image-1",
        "prompt": "A cute baby sea otter",
        "n": "2",
        "size": "1024x1024",
        "quality": "medium",
    }
    name, kind, content = found["image"]
    assert (name, kind) == ("image.png", "image/png")
    assert Image.open(io.BytesIO(content)).size == SIZE
    assert "mask" not in found


def test_the_mask_is_transparent_where_it_was_white() -> None:
    name, kind, content = parts(sent(masked()))["mask"]
    assert (name, kind) == ("mask.png", "image/png")
    picture = Image.open(io.BytesIO(content))
    assert (picture.mode, picture.size) == ("RGBA", SIZE)
    alpha = np.asarray(picture.getchannel("A"))
    assert ((alpha == 0) == (np.asarray(mask_of(SIZE)) == 255)).all()
    assert set(np.unique(alpha)) == {0, 255}


def test_the_body_can_be_sent_by_either_client() -> None:
    assert isinstance(sent(masked()).stream, httpx.AsyncByteStream | httpx.SyncByteStream)
    assert int(sent(masked()).headers["content-length"]) > 0


def picture(kind: str, size: int) -> Media:
    return Media(kind, size, *SIZE, None, lambda: b"x")


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (None, "no_input"),
        (picture("image/gif", 10), "media_types"),
        (picture("image/png", 50 * 1024 * 1024), "max_bytes"),
    ],
)
def test_a_picture_out_of_bounds_is_not_sent(found: Media | None, code: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        sent(order("edit-image", input=found))
    assert caught.value.code == code
    sent(order("edit-image", input=picture("image/webp", 50 * 1024 * 1024 - 1)))


@pytest.mark.parametrize(
    ("drawn", "code"),
    [
        (mask_of(box=None), "mask_empty"),
        (mask_of(box=(0, 0, *SIZE)), "mask_full"),
        (mask_of((480, 640)), "mask_size"),
    ],
)
def test_a_mask_that_cannot_be_is_not_sent(drawn: Any, code: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        sent(masked(drawn=drawn))
    assert caught.value.code == code


def test_a_mask_that_is_gone_is_said() -> None:
    with pytest.raises(InvalidRequest) as caught:
        sent(order("edit-image", {"mask": ["asset:1"]}))
    assert caught.value.code == "mask_missing"


@pytest.mark.parametrize("operation", ["generate", "edit-image"])
@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("prompt", ["", "  ", "x" * 32_001]),
        ("results", ["0", "11"]),
        ("size", ["1x1", "", "1024"]),
        ("quality", ["best"]),
        ("background", ["red"]),
        ("output_format", ["gif"]),
    ],
)
def test_bounds(operation: str, name: str, bad: list[str]) -> None:
    for value in bad:
        with pytest.raises(pydantic.ValidationError):
            order(operation, {name: value})
    order(operation, {"prompt": "x" * 32_000, "results": "10"})


def test_a_jpeg_is_never_transparent() -> None:
    with pytest.raises(pydantic.ValidationError, match="transparency"):
        order(values={"background": "transparent", "output_format": "jpeg"})


def test_the_place_on_the_page_is_that_of_the_size() -> None:
    params = OpenAIImages.models[0].operation("generate").params
    for spec in read_fields(params):
        if spec.name == "size":
            for option in spec.options:
                found = OpenAIImages.expected_size(params(prompt="x", size=option.value))
                assert found == ((1024, 1024) if option.value == "auto" else tuple(map(int, option.value.split("x"))))


def test_a_picture_of_a_file_stays_the_file() -> None:
    jpeg = file(Image.new("RGB", SIZE), None, "JPEG")
    name, kind, content = parts(sent(order("edit-image", input=jpeg)))["image"]
    assert (name, kind, content) == ("image.jpeg", "image/jpeg", jpeg.read())

"""The adapter and the sandbox were written from the same interface: they must agree, and the pictures be as asked."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from providers.base import Order, Snapshot, State
from providers.errors import (
    AuthFailed,
    ContentRejected,
    GenerationFailed,
    InvalidRequest,
    NotConfigured,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    SubmitUnknown,
    Unavailable,
)
from providers.openai_images import OpenAIImages
from providers.openai_images.provider import REPLY_BYTES
from providers.params import read_fields
from providers.sandbox.openai_wire import ERRORS, MODELS
from providers.sandbox.painter import FlatPainter
from providers.sandbox.server import running
from providers.sandbox.settings import Settings
from providers.transport import run
from tests.providers.sandbox.pictures import encoded

from .tools import SIZE, file, mask_of, order

PATIENCE = 30.0
PHOTO = Image.fromarray(
    np.stack([*np.meshgrid(np.arange(640) % 256, np.arange(480) % 256), np.full((480, 640), 90)], -1).astype(np.uint8)
)
MEANINGS: dict[str, type[ProviderError]] = {
    "invalid_api_key": AuthFailed,
    "model_not_found": NotConfigured,
    "insufficient_quota": QuotaExhausted,
    "rate_limit_exceeded": RateLimited,
    "billing_hard_limit_reached": QuotaExhausted,
    "moderation_blocked": ContentRejected,
    "content_policy_violation": ContentRejected,
    "server_error": GenerationFailed,
    "overloaded": Unavailable,
    "invalid_value": InvalidRequest,
    "missing_required_parameter": InvalidRequest,
    "unknown_parameter": InvalidRequest,
    "invalid_image_file": InvalidRequest,
}


class Studio:
    def __init__(self, base: str, client: httpx.Client, model: str = "gpt-image-1", key: str = "alice") -> None:
        self.provider = OpenAIImages({"key": key, "model": model}, base_url=base)
        self.base, self.client = base, client

    def submit(self, made: Order) -> Snapshot:
        done = run(self.provider.submit(made), self.client, max_bytes=REPLY_BYTES)
        assert done.state is State.SUCCEEDED
        return done

    def pictures(self, made: Order) -> list[Image.Image]:
        found = []
        for item in self.submit(made).files:
            data = item.data if item.data is not None else self.client.get(item.url).content
            found.append(Image.open(io.BytesIO(data)))
        return found

    def edit(self, values: dict[str, Any], drawn: Image.Image | None = None, kind: str = "PNG") -> Order:
        media = {"mask": (file(drawn, None),)} if drawn is not None else {}
        given = {"mask": ["asset:1"]} if drawn is not None else {}
        return order("edit-image", {**given, **values}, input=file(PHOTO, None, kind), media=media)

    def fault(self, do: dict[str, Any], word: str = "generations") -> None:
        rule = {"path": f"/v1/images/{word}", "do": do}
        assert self.client.post(f"{self.base}/_sandbox/faults", json=rule).status_code == 200

    def post(self, body: Any, word: str = "generations", **more: Any) -> httpx.Response:
        headers = {"Authorization": "Bearer alice", **more.pop("headers", {})}
        given = {"json": body} if body is not None else {}
        return self.client.post(f"{self.base}/v1/images/{word}", headers=headers, **given, **more)


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with running(Settings(latency=0, painter=FlatPainter(), workers=0)) as address:
        yield address


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=PATIENCE) as found:
        yield found


@pytest.fixture
def studio(base: str, client: httpx.Client) -> Studio:
    return Studio(base, client)


@pytest.mark.parametrize("size", ["1024x1024", "1536x1024", "1024x1536"])
@pytest.mark.parametrize(("asked", "kind"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
def test_pictures_are_what_was_asked(studio: Studio, size: str, asked: str, kind: str) -> None:
    made = studio.pictures(order(values={"size": size, "output_format": asked, "results": "2"}))
    assert [(picture.format, "x".join(map(str, picture.size))) for picture in made] == [(kind, size)] * 2
    assert made[0].convert("RGB").tobytes() != made[1].convert("RGB").tobytes()


@pytest.mark.parametrize("asked", ["png", "webp"])
def test_a_transparent_background_is_transparent(studio: Studio, asked: str) -> None:
    (picture,) = studio.pictures(order(values={"background": "transparent", "output_format": asked}))
    assert picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (0, 255)
    (plain,) = studio.pictures(order(values={"background": "opaque"}))
    assert not plain.has_transparency_data


def test_ten_pictures_come_in_one_reply(studio: Studio) -> None:
    assert len({picture.tobytes() for picture in studio.pictures(order(values={"results": "10"}))}) == 10


def test_an_edit_changes_only_what_the_mask_allows(studio: Studio) -> None:
    painted = np.asarray(mask_of(SIZE)) > 0
    for picture in studio.pictures(studio.edit({"results": "2"}, mask_of(SIZE))):
        after, before = np.asarray(picture.convert("RGB")), np.asarray(PHOTO)
        assert (after[~painted] == before[~painted]).all()
        assert (after[painted] != before[painted]).any(axis=-1).mean() > 0.9


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_edit_without_a_mask_changes_the_whole_and_has_the_size_asked_for(studio: Studio, kind: str) -> None:
    (picture,) = studio.pictures(studio.edit({}, kind=kind))
    assert picture.size == SIZE and picture.convert("RGB").tobytes() != PHOTO.tobytes()
    (square,) = studio.pictures(studio.edit({"size": "1024x1024"}, kind=kind))
    assert square.size == (1024, 1024)


def test_models_that_answer_with_links(base: str, client: httpx.Client) -> None:
    for model, values in (
        ("dall-e-2", {"size": "512x512", "quality": "auto", "results": "3"}),
        ("dall-e-3", {"size": "1792x1024", "quality": "hd"}),
    ):
        studio = Studio(base, client, model)
        found = studio.submit(order(values=values)).files
        assert all(item.url.startswith(base) and item.data is None for item in found)
        assert {"x".join(map(str, picture.size)) for picture in studio.pictures(order(values=values))} == {
            values["size"]
        }


def test_every_choice_that_the_model_has_is_taken(studio: Studio) -> None:
    bounds = MODELS["gpt-image-1"]
    theirs = {"size": bounds.sizes, "quality": bounds.qualities}
    for operation in ("generate", "edit-image"):
        for spec in read_fields(OpenAIImages.models[0].operation(operation).params):
            for option in spec.options:
                values = {spec.name: option.value}
                made = order(values=values) if operation == "generate" else studio.edit(values)
                if option.value in theirs.get(spec.name, {option.value}):
                    studio.submit(made)
                else:
                    with pytest.raises(InvalidRequest) as caught:
                        studio.submit(made)
                    assert caught.value.code == "invalid_value"


# ── refusals ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_is_understood(studio: Studio, code: str) -> None:
    with pytest.raises(MEANINGS[code]) as caught:
        studio.submit(order(values={"prompt": f"an otter sandbox-error:{code}"}))
    assert caught.value.request_id
    assert caught.value.retry_after == (2.0 if code == "rate_limit_exceeded" else None)


def test_the_filter_refuses(studio: Studio) -> None:
    for made in (order(values={"prompt": "a forbidden otter"}), studio.edit({"prompt": "forbidden"}, mask_of(SIZE))):
        with pytest.raises(ContentRejected):
            studio.submit(made)


@pytest.mark.parametrize(
    ("credentials", "kind"),
    [
        ({"key": "invalid"}, AuthFailed),
        ({"key": "no-money"}, QuotaExhausted),
        ({"model": "nothing"}, NotConfigured),
    ],
)
def test_accounts_in_trouble(base: str, client: httpx.Client, credentials: Any, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        Studio(base, client, **credentials).submit(order())


@pytest.mark.parametrize("word", ["generations", "edits"])
def test_faults(studio: Studio, word: str) -> None:
    made = order() if word == "generations" else studio.edit({}, mask_of(SIZE))
    for do, kind in (
        ({"error": "rate_limit_exceeded", "headers": {"Retry-After": "9"}}, RateLimited),
        ({"status": 502, "body": "bad gateway"}, SubmitUnknown),
        ({"garbage": True}, GenerationFailed),
        ({"close": "after"}, SubmitUnknown),
        ({"truncate": True}, SubmitUnknown),
        ({"job": {"fail": "moderation_blocked"}}, ContentRejected),
    ):
        studio.fault(do, word)
        with pytest.raises(kind):
            studio.submit(made)
    studio.fault({"job": {"reject": {"0": "no"}}}, word)
    with pytest.raises(GenerationFailed):
        studio.submit(made)
    studio.submit(made)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x" * 32_001}, "prompt"),
        ({"n": 0}, "n"),
        ({"n": 11}, "n"),
        ({"n": "1"}, "n"),
        ({"size": "512x512"}, "size"),
        ({"quality": "hd"}, "quality"),
        ({"background": "red"}, "background"),
        ({"background": "transparent", "output_format": "jpeg"}, "background"),
        ({"output_format": "gif"}, "output_format"),
        ({"output_compression": 101}, "output_compression"),
        ({"moderation": "none"}, "moderation"),
        ({"response_format": "url"}, "response_format"),
        ({"surprise": 1}, "surprise"),
        ({"model": "nothing"}, "model"),
        ({"model": "dall-e-3", "n": 2}, "n"),
        ({"model": "dall-e-2", "prompt": "x" * 1001}, "prompt"),
        ({"model": "dall-e-2", "background": "opaque"}, "background"),
    ],
)
def test_a_body_out_of_bounds(studio: Studio, change: dict[str, Any], param: str) -> None:
    refused(studio.post({"model": "gpt-image-1", "prompt": "an otter", **change}), param)


def test_bodies_that_cannot_be(studio: Studio) -> None:
    for content in (b"", b"{", b"[]", b"[" * 100_000):
        refused(studio.post(None, content=content, headers={"Content-Type": "application/json"}), None)
    refused(studio.post(None, content=b"{}", headers={"Content-Type": "text/plain"}), None)
    refused(studio.post({"model": "gpt-image-1"}, "edits"), None)
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    refused(studio.post(None, "edits", content=b"--x\r\nhello", headers=broken), None)


@pytest.mark.parametrize(
    ("files", "param"),
    [
        ({}, "image"),
        ({"image": b"no picture"}, "image"),
        ({"image": encoded(PHOTO, "GIF")}, "image"),
        ({"image": encoded(PHOTO.resize((32, 32)))}, "image"),
        ({"image": encoded(PHOTO), "mask": encoded(mask_of(SIZE))}, "mask"),
        ({"image": encoded(PHOTO), "mask": encoded(Image.new("RGBA", (9, 9)))}, "mask"),
        ({"image": encoded(PHOTO), "mask": b"no picture"}, "mask"),
        ({"image": encoded(PHOTO), "other": b"x"}, "other"),
    ],
)
def test_files_that_cannot_be(studio: Studio, files: dict[str, bytes], param: str) -> None:
    given = {name: (f"{name}.png", data, "image/png") for name, data in files.items()}
    # a form with at least one file part is what makes it multipart
    given = given or {"prompt": (None, b"an otter", "text/plain")}  # type: ignore[dict-item]
    fields = {"model": "gpt-image-1"} | ({} if "prompt" in given else {"prompt": "an otter"})
    refused(studio.post(None, "edits", data=fields, files=given), param)


def refused(response: httpx.Response, param: str | None) -> None:
    error = response.json()["error"]
    assert 400 <= response.status_code < 500, response.text
    assert set(error) == {"message", "type", "param", "code"} and error["param"] == param, response.text


def test_the_reply_has_the_documented_shape(studio: Studio) -> None:
    body = studio.post({"model": "gpt-image-1", "prompt": "an otter"}).json()
    assert set(body) == {"created", "data", "usage"} and set(body["data"][0]) == {"b64_json"}
    assert base64.b64decode(body["data"][0]["b64_json"]).startswith(b"\x89PNG")
    assert set(json.loads(studio.post({"prompt": "an otter"}).content)) == {"created", "data"}

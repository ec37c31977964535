"""What is sent, held against the document's samples, and what never is."""

from __future__ import annotations

import json
from typing import Any

import pydantic
import pytest

from providers.aliyun import Aliyun
from providers.base import Media
from providers.errors import InvalidRequest, NotConfigured
from providers.params import read_fields

from .tools import LINK, SIZE, aliyun, file, mask_of, order, payload, sent

SAMPLE = {
    "prompt": "星空",
    "negative": "NSFW",
    "guidance": 7.5,
    "strength": 0.5,
    "seed": 0,
    "steps": 50,
    "results": "3",
}


def task(made: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sent(made).content)["data"]["task_list"][0]
    return found


def test_a_submit_is_the_documented_request() -> None:
    request, sample = sent(order(SAMPLE)), payload("request-submit")
    assert (request.method, str(request.url)) == (sample["method"], f"https://domain.example{sample['path']}")
    assert json.loads(request.content) == sample["json"]
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == "APPCODE d1f2a"


def test_a_query_is_the_documented_request() -> None:
    request, sample = next(aliyun().fetch("fdfd")), payload("request-query")
    assert (request.method, str(request.url)) == (sample["method"], f"https://domain.example{sample['path']}")
    assert json.loads(request.content) == sample["json"]
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == "APPCODE d1f2a"


def test_every_request_has_a_nonce_of_its_own() -> None:
    requests = [sent(order()) for _ in range(3)] + [next(aliyun().fetch("fdfd")) for _ in range(3)]
    assert len({request.headers["x-ca-nonce"] for request in requests}) == 6


def test_what_is_not_said_is_not_sent() -> None:
    assert not {"seed", "negative_prompt"} & set(task(order()))


def test_the_mask_goes_as_it_was_drawn() -> None:
    made = order(media={"mask": (file(mask_of(), "https://studio.example/mask"),)})
    assert (task(made)["image"], task(made)["mask"]) == (LINK, "https://studio.example/mask")


def test_without_an_address_nothing_is_sent() -> None:
    with pytest.raises(NotConfigured, match="address"):
        next(Aliyun({"appcode": "d1f2a"}).submit(order()))
    with pytest.raises(NotConfigured):
        next(Aliyun({"appcode": "d1f2a"}).fetch("fdfd"))


@pytest.mark.parametrize(
    "more",
    [
        {"input": Media("image/png", 10, *SIZE, None, lambda: b"")},
        {"media": {"mask": (file(mask_of(), None),)}},
    ],
)
def test_without_a_public_address_of_ours_nothing_is_sent(more: dict[str, Any]) -> None:
    with pytest.raises(NotConfigured, match="STUDIO_PUBLIC_URL"):
        sent(order(**more))


def picture(width: int, height: int, *, kind: str = "image/png", size: int = 1000) -> Media:
    return Media(kind, size, width, height, LINK, lambda: b"")


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (picture(399, 480), "min_side"),
        (picture(640, 399), "min_side"),
        (picture(4097, 480), "max_side"),
        (picture(640, 4097), "max_side"),
        (picture(640, 480, size=5 * 1024 * 1024 + 1), "max_bytes"),
        (picture(640, 480, kind="image/gif"), "media_types"),
        (picture(640, 480, kind="image/avif"), "media_types"),
        (None, "no_input"),
    ],
)
def test_a_picture_out_of_bounds_is_not_sent(found: Media | None, code: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        sent(order(input=found))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("width", "height", "kind", "size"),
    [
        (400, 400, "image/jpeg", 1),
        (4096, 4096, "image/webp", 5 * 1024 * 1024),
        (400, 4096, "image/png", 1000),
    ],
)
def test_a_picture_at_its_bounds_is_sent(width: int, height: int, kind: str, size: int) -> None:
    drawn = file(mask_of((width, height), (0, 0, 99, 99)))
    sent(order(input=picture(width, height, kind=kind, size=size), media={"mask": (drawn,)}))


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
        sent(order(media={"mask": (file(drawn),)}))
    assert caught.value.code == code


def test_a_mask_that_is_gone_is_said() -> None:
    with pytest.raises(InvalidRequest) as caught:
        sent(order(media={}))
    assert caught.value.code == "mask_missing"


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("strength", [0.01, 0.5, 1], [0, -0.1, 1.01]),
        ("steps", [15, 50], [14, 51]),
        ("results", ["1", "4"], ["0", "5"]),
        ("guidance", [1, 20], [0.9, 20.5]),
        ("seed", [0, 2**31 - 1], [-1, 2**31]),
        ("prompt", ["星" * 500], ["", "   ", "星" * 501]),
        ("negative", ["", "x" * 500], ["x" * 501]),
        ("mask", [["asset:1"]], [[], ["asset:1", "asset:2"]]),
    ],
)
def test_bounds(name: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        sent(order({name: value}))
    for value in bad:
        with pytest.raises(pydantic.ValidationError):
            order({name: value})


def test_what_has_no_default_is_needed() -> None:
    specs = read_fields(Aliyun.models[0].operations[0].params)
    assert {spec.name for spec in specs if spec.required} == {"prompt", "mask"}

"""The adapter and the sandbox were written from the same document: they must agree."""

from __future__ import annotations

import io
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from providers.aliyun import Aliyun
from providers.base import Snapshot, State
from providers.errors import (
    AuthFailed,
    ContentRejected,
    InvalidRequest,
    NotConfigured,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ResultExpired,
    SubmitUnknown,
    Unavailable,
)
from providers.params import read_fields
from providers.sandbox.aliyun_wire import ERRORS
from providers.sandbox.painter import FlatPainter
from providers.sandbox.server import running
from providers.sandbox.settings import Settings
from providers.transport import run
from tests.providers.sandbox.pictures import encoded
from tests.providers.web import Web, serving

from .test_replies import MEANINGS
from .tools import SIZE, file, mask_of, order

PATIENCE = 30.0
HEADERS = {"Authorization": "APPCODE alice"}


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with running(Settings(latency=0, painter=FlatPainter(), workers=0)) as address:
        yield address


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with serving() as found:
        yield found


class Studio:
    def __init__(self, base: str, web: Web, client: httpx.Client) -> None:
        self.provider = Aliyun(Aliyun.sandbox_credentials, base_url=base)
        self.base, self.web, self.client = base, web, client
        y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
        self.photo = Image.fromarray(np.stack([x % 256, y % 256, (x + y) % 256], -1).astype(np.uint8))

    def order(self, values: dict[str, Any] | None = None, photo: Image.Image | None = None, kind: str = "PNG") -> Any:
        shown, painted = photo or self.photo, mask_of((photo or self.photo).size)
        picture = file(shown, self.web.page("/photo", encoded(shown, kind)), kind)
        mask = file(painted, self.web.page("/mask", encoded(painted)))
        return order(values, input=picture, media={"mask": (mask,)})

    def submit(self, *args: Any, **more: Any) -> Snapshot:
        return run(self.provider.submit(self.order(*args, **more)), self.client)

    def ended(self, snapshot: Snapshot) -> Snapshot:
        deadline = time.monotonic() + PATIENCE
        while not snapshot.state.terminal and time.monotonic() < deadline:
            snapshot = run(self.provider.fetch(snapshot.remote_id), self.client)
        return snapshot

    def pictures(self, snapshot: Snapshot) -> list[Image.Image]:
        return [Image.open(io.BytesIO(self.client.get(found.url).content)) for found in snapshot.files]

    def fault(self, path: str, do: dict[str, Any]) -> None:
        assert self.client.post(f"{self.base}/_sandbox/faults", json={"path": path, "do": do}).status_code == 200

    def post(self, word: str, body: Any, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/json", "X-Ca-Nonce": str(uuid.uuid4()), **HEADERS, **headers}
        return self.client.post(f"{self.base}/api/v1/bg-rep/{word}", content=content, headers=given)


@pytest.fixture
def studio(base: str, web: Web) -> Iterator[Studio]:
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        yield Studio(base, web, client)


def test_the_background_is_replaced_and_the_subject_kept(studio: Studio) -> None:
    done = studio.ended(studio.submit({"results": "3", "seed": 7}))
    assert (done.state, done.seed, len(done.files)) == (State.SUCCEEDED, 7, 3)
    painted, before = np.asarray(mask_of()) > 0, np.asarray(studio.photo)
    found = [np.asarray(picture.convert("RGB")) for picture in studio.pictures(done)]
    for after in found:
        assert (after[~painted] == before[~painted]).all()
        assert (after[painted] != before[painted]).any(axis=-1).mean() > 0.9
    assert len({picture.tobytes() for picture in found}) == 3


def test_the_same_seed_gives_the_same(studio: Studio) -> None:
    first, again, other = (studio.ended(studio.submit({"results": "1", "seed": seed})) for seed in (7, 7, 8))
    pixels = [studio.pictures(done)[0].tobytes() for done in (first, again, other)]
    assert pixels[0] == pixels[1] != pixels[2]


def test_a_weak_strength_leaves_some_of_the_old_background(studio: Studio) -> None:
    before = np.asarray(studio.photo, int)
    weak, strong = (
        np.abs(
            np.asarray(studio.pictures(studio.ended(studio.submit({"strength": value, "seed": 7})))[0], int) - before
        )
        for value in (0.1, 1.0)
    )
    assert 0 < weak.mean() < strong.mean() / 3


def test_every_bound_is_taken_by_both(studio: Studio) -> None:
    for spec in read_fields(Aliyun.models[0].operations[0].params):
        for bound in (spec.minimum, spec.maximum):
            if bound is not None:
                studio.submit({spec.name: bound})
        for option in spec.options:
            studio.submit({spec.name: option.value})
        if spec.max_length and spec.media is None:
            studio.submit({spec.name: "星" * spec.max_length})


@pytest.mark.parametrize(
    ("size", "kind"), [((400, 400), "JPEG"), ((401, 700), "WEBP"), ((4096, 400), "PNG"), ((400, 4096), "PNG")]
)
def test_pictures_at_the_bounds_are_taken_by_both(studio: Studio, size: tuple[int, int], kind: str) -> None:
    done = studio.ended(studio.submit({"results": "1"}, photo=studio.photo.resize(size), kind=kind))
    assert [picture.size for picture in studio.pictures(done)] == [size]


# ── refusals ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_that_the_sandbox_gives_is_understood(studio: Studio, code: str) -> None:
    with pytest.raises(MEANINGS[code]) as caught:
        studio.submit({"prompt": f"a beach sandbox-error:{code}"})
    assert caught.value.code == code and caught.value.request_id
    failed = studio.ended(studio.submit({"prompt": f"a beach sandbox-fail:{code}"}))
    assert failed.state is State.FAILED and type(failed.error) is MEANINGS[code]


def test_the_filter_refuses(studio: Studio) -> None:
    with pytest.raises(ContentRejected):
        studio.submit({"prompt": "a forbidden beach"})
    studio.fault("/api/v1/bg-rep/submit", {"job": {"reject": {"0": "no"}}})
    done = studio.ended(studio.submit({"results": "2"}))
    assert [found.index for found in done.files] == [1] and [slot.index for slot in done.rejected] == [0]


@pytest.mark.parametrize(
    ("appcode", "kind"), [("invalid", AuthFailed), ("no-money", QuotaExhausted), ("no-service", NotConfigured)]
)
def test_accounts_in_trouble(studio: Studio, appcode: str, kind: type[ProviderError]) -> None:
    studio.provider = Aliyun({"appcode": appcode}, base_url=studio.base)
    with pytest.raises(kind):
        studio.submit()


def test_too_many_at_once_are_throttled(web: Web) -> None:
    with (
        running(Settings(latency=60, painter=FlatPainter(), workers=0, max_concurrent=1)) as base,
        httpx.Client(trust_env=False, timeout=PATIENCE) as client,
    ):
        studio = Studio(base, web, client)
        first = studio.submit()
        with pytest.raises(RateLimited):
            studio.submit()
        assert run(studio.provider.fetch(first.remote_id), client).state in {State.QUEUED, State.RUNNING}


def test_jobs_of_others_and_of_nobody_are_unknown(studio: Studio) -> None:
    taken = studio.submit()
    for provider, key in (
        (Aliyun({"appcode": "bob"}, base_url=studio.base), taken.remote_id),
        (studio.provider, "f" * 32),
    ):
        with pytest.raises(ResultExpired):
            run(provider.fetch(key), studio.client)


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [("/gone", 404, InvalidRequest), ("/html", 200, InvalidRequest)],
)
def test_a_link_that_gives_no_picture(studio: Studio, path: str, status: int, kind: type[ProviderError]) -> None:
    made = studio.order()
    made.media["mask"] = (file(mask_of(), studio.web.page(path, b"<html>", status)),)
    with pytest.raises(kind) as caught:
        run(studio.provider.submit(made), studio.client)
    assert caught.value.code == ("23500007" if status == 404 else "23500008")


@pytest.mark.parametrize("word", ["submit", "query"])
def test_faults(studio: Studio, word: str) -> None:
    path = f"/api/v1/bg-rep/{word}"
    taken = studio.submit()

    def ask() -> Snapshot:
        return studio.submit() if word == "submit" else run(studio.provider.fetch(taken.remote_id), studio.client)

    unknown = SubmitUnknown if word == "submit" else ProviderError
    for do, kind in (
        ({"error": "23500005", "headers": {"Retry-After": "3"}}, RateLimited),
        ({"status": 502, "body": "bad gateway"}, SubmitUnknown if word == "submit" else Unavailable),
        ({"garbage": True}, unknown),
        ({"close": "after"}, SubmitUnknown if word == "submit" else Unavailable),
        ({"truncate": True}, SubmitUnknown if word == "submit" else Unavailable),
    ):
        studio.fault(path, do)
        with pytest.raises(kind):
            ask()
    ask()


def test_late_links_never_and_expired(studio: Studio) -> None:
    studio.fault("/api/v1/bg-rep/submit", {"job": {"empty_polls": 2}})
    assert studio.ended(studio.submit()).state is State.SUCCEEDED
    studio.fault("/api/v1/bg-rep/submit", {"job": {"links_expire": -1}})
    done = studio.ended(studio.submit({"results": "1"}))
    assert studio.client.get(done.files[0].url).status_code == 403


# ── what the sandbox refuses of a raw request ────────────────────────────────

GOOD = {"image": "", "mask": "", "positive_prompt": "a beach", "strength": 1, "steps": 30, "num_output": 1}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        *(({"strength": value}, "23500013") for value in (0, -0.1, 1.01, "0.5", True, None)),
        *(({"steps": value}, "23500013") for value in (14, 51, 20.5, "20")),
        *(({"num_output": value}, "23500013") for value in (0, 5, 1.5, "1")),
        *(({"seed": value}, "23500013") for value in (-1, 2**31, "1", 1.5)),
        *(({"guidance_scale": value}, "23500013") for value in (-1, "7", True)),
        *(({name: "x" * 501}, "23500013") for name in ("positive_prompt", "negative_prompt")),
        *(({name: value}, "23500010") for name in ("image", "mask", "positive_prompt") for value in ("", None)),
        ({"positive_prompt": " "}, "23500010"),
        ({"positive_prompt": 7}, "23500013"),
        ({"image": "ftp://x/y"}, "23500007"),
        ({"image": "data:image/png;base64,AA=="}, "23500007"),
        ({"surprise": 1}, "23500013"),
    ],
)
def test_a_task_out_of_bounds(studio: Studio, change: dict[str, Any], code: str) -> None:
    made = studio.order()
    task = {**GOOD, "image": made.input.url, "mask": made.media["mask"][0].url, **change}
    refused(studio.post("submit", {"data": {"task_list": [task]}}), code)


@pytest.mark.parametrize(
    ("size", "code"), [(size, "23500008") for size in ((399, 400), (400, 399), (4097, 400), (400, 4097))]
)
def test_a_picture_out_of_bounds(studio: Studio, size: tuple[int, int], code: str) -> None:
    made = studio.order(photo=studio.photo.resize(size))
    task = {**GOOD, "image": made.input.url, "mask": made.media["mask"][0].url}
    refused(studio.post("submit", {"data": {"task_list": [task]}}), code)


@pytest.mark.parametrize(
    "drawn", [mask_of((480, 640)), mask_of(box=None), mask_of(box=(0, 0, *SIZE))], ids=["size", "empty", "full"]
)
def test_a_mask_that_cannot_be(studio: Studio, drawn: Image.Image) -> None:
    made = studio.order()
    task = {**GOOD, "image": made.input.url, "mask": studio.web.page("/bad-mask", encoded(drawn))}
    refused(studio.post("submit", {"data": {"task_list": [task]}}), "23500008")


@pytest.mark.parametrize(("data", "kind"), [(b"x" * (5 * 1024 * 1024 + 1), "PNG"), (None, "GIF")])
def test_a_file_out_of_bounds(studio: Studio, data: bytes | None, kind: str) -> None:
    made = studio.order()
    link = studio.web.page("/bad-photo", data if data is not None else encoded(studio.photo, kind))
    task = {**GOOD, "image": link, "mask": made.media["mask"][0].url}
    refused(studio.post("submit", {"data": {"task_list": [task]}}), "23500008")


@pytest.mark.parametrize(
    ("word", "body", "code"),
    [
        ("submit", b"", "23500012"),
        ("submit", b"{", "23500013"),
        ("submit", b"[" * 100_000, "23500013"),
        ("submit", [], "23500013"),
        ("submit", {}, "23500010"),
        ("submit", {"data": {}}, "23500010"),
        ("submit", {"data": {"task_list": []}}, "23500010"),
        ("submit", {"data": {"task_list": [GOOD, GOOD]}}, "23500013"),
        ("submit", {"data": {"task_list": ["x"]}}, "23500013"),
        ("submit", {"data": {"task_list": [GOOD], "more": 1}}, "23500013"),
        ("submit", {"data": {"task_list": [GOOD]}, "more": 1}, "23500013"),
        ("query", b"", "23500012"),
        ("query", {"data": {}}, "23500010"),
        ("query", {"data": {"result_key": ""}}, "23500010"),
        ("query", {"data": {"result_key": 7}}, "23500013"),
        ("query", {"data": {"result_key": "x"}}, "23500009"),
    ],
)
def test_a_body_that_cannot_be(studio: Studio, word: str, body: Any, code: str) -> None:
    refused(studio.post(word, body), code)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Authorization": ""}, "23500002"),
        ({"Authorization": "APPCODEalice"}, "23500002"),
        ({"Authorization": "Bearer alice"}, "23500002"),
        ({"Authorization": "APPCODE  alice"}, "23500002"),
        ({"X-Ca-Nonce": ""}, "23500010"),
        ({"Content-Type": "text/plain"}, "23500013"),
    ],
)
def test_headers_that_cannot_be(studio: Studio, headers: dict[str, str], code: str) -> None:
    refused(studio.post("query", {"data": {"result_key": "x"}}, **headers), code)


def test_a_nonce_is_good_once(studio: Studio) -> None:
    body, nonce = {"data": {"result_key": "x"}}, {"X-Ca-Nonce": "the-same"}
    refused(studio.post("query", body, **nonce), "23500009")
    again = studio.post("query", body, **nonce)
    assert (again.status_code, again.headers["x-ca-error-message"]) == (400, "Nonce Used")


def refused(response: httpx.Response, code: str) -> None:
    status, message = ERRORS[code]
    body = response.json()
    assert (response.status_code, body["code"], body["success"]) == (status, code, False), response.text
    assert body["message"].startswith(message)

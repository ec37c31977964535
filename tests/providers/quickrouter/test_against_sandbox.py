"""The adapter and the sandbox were written from the same documents apart from one another: they must agree."""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from PIL import Image

from providers.base import Media, Order, Snapshot, State
from providers.errors import (
    AlreadySubmitted,
    AuthFailed,
    ContentRejected,
    InvalidRequest,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ResultExpired,
    Unavailable,
)
from providers.params import Widget, read_fields
from providers.quickrouter import QuickRouter
from providers.quickrouter.errors import FAILURES
from providers.sandbox.painter import FlatPainter
from providers.sandbox.server import running
from providers.sandbox.settings import Settings
from providers.transport import run

from .tools import GEM, MODELS, order, payload

PATIENCE = 30.0
_keys = itertools.count()


class Studio:
    def __init__(self, base: str, client: httpx.Client) -> None:
        self.base = base
        self.provider = QuickRouter(QuickRouter.sandbox_credentials, base_url=base)
        self.client = client

    def submit(self, made: Order) -> Snapshot:
        return run(self.provider.submit(made), self.client)

    def ended(self, snapshot: Snapshot) -> Snapshot:
        deadline = time.monotonic() + PATIENCE
        while not snapshot.state.terminal and time.monotonic() < deadline:
            snapshot = run(self.provider.fetch(snapshot.remote_id, snapshot.cursor), self.client)
        return snapshot

    def made(self, params=None, **more) -> Snapshot:
        done = self.ended(self.submit(fresh(params, **more)))
        assert done.state is State.SUCCEEDED, done
        return done

    def picture(self, snapshot: Snapshot) -> Image.Image:
        (file,) = snapshot.files
        return Image.open(io.BytesIO(self.client.get(file.url).content))

    def fault(self, path: str, do: dict, **more) -> None:
        rule = {"path": path, "do": do, **more}
        assert self.client.post(f"{self.base}/_sandbox/faults", json=[rule]).status_code == 200


def fresh(params=None, **more) -> Order:
    """Each with a request key of its own."""
    return order(params, **{"request_key": f"1-request-{next(_keys)}", **more})


def photo(size: tuple[int, int], colour: str, url: str | None = None, kind: str = "PNG") -> Media:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return Media(f"image/{kind.lower()}", file.tell(), *size, url, file.getvalue)


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with (
        running(Settings(latency=0, painter=FlatPainter(), workers=0)) as base,
        httpx.Client(trust_env=False, timeout=PATIENCE) as client,
    ):
        yield Studio(base, client)


@pytest.mark.parametrize("model", MODELS)
def test_every_parameter_is_taken(studio: Studio, model: str) -> None:
    for spec in read_fields(QuickRouter.model(model).operation("create").params):
        values = [option.value for option in spec.options]
        values += [value for value in (spec.minimum, spec.maximum) if value is not None]
        values += [True] if spec.widget is Widget.SWITCH else []
        values += ["text, people"] if spec.name == "negative" else []
        for value in values:
            studio.submit(fresh({spec.name: value}, model=model))


@pytest.mark.parametrize("model", MODELS)
def test_every_model_makes_a_picture(studio: Studio, model: str) -> None:
    done = studio.made(model=model)
    assert studio.picture(done).size == (1024, 1024)
    assert done.progress == 1.0


@pytest.mark.parametrize(
    ("params", "size"),
    [
        ({"resolution": "2304x1728"}, (2304, 1728)),
        ({"resolution": "6198x2656"}, (6198, 2656)),
        ({"resolution": "1080P", "ratio": "16:9"}, (1920, 1080)),
        ({"resolution": "720P", "ratio": "9:16"}, (720, 1280)),
        ({"resolution": "2K"}, (2048, 2048)),
        ({"ratio": "16:9"}, (1456, 816)),
    ],
)
def test_pictures_have_the_size_that_was_asked_for(studio: Studio, params: dict, size: tuple[int, int]) -> None:
    assert studio.picture(studio.made(params)).size == size


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_steers_and_gives_its_shape(studio: Studio, model: str, kind: str) -> None:
    red = photo((1600, 400), "#ff0000", kind=kind)
    picture = studio.picture(studio.made(model=model, operation="rework", input=red)).convert("RGB")
    assert abs(picture.width / picture.height - 4) < 0.1
    plain = [(255, 0, 0), picture.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))]
    assert plain[1][0] > 100


@pytest.mark.parametrize("model", GEM)
def test_three_pictures_by_link_bytes_and_id(studio: Studio, model: str) -> None:
    stored = studio.made({"storage": "Permanent"}, model=model)
    (file_id,) = stored.usage["file_ids"]
    linked = replace(photo((64, 64), "blue"), url=stored.files[0].url)
    params = {"references": ["asset:1", "asset:2"], "file_ids": file_id, "texts": "one\n-\nthree", "ratio": "3:4"}
    made = studio.made(params, model=model, media={"references": (linked, photo((64, 64), "red"))})
    width, height = studio.picture(made).size
    assert abs(width / height - 3 / 4) < 0.02


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        (Media("image/png", 5, 1, 1, None, lambda: b"no picture"), "InvalidParameter.MediaFormat"),
        (Media("image/png", 5, 1, 1, "http://127.0.0.1:9/gone.png", lambda: b""), "ResourceNotFound"),
    ],
)
def test_pictures_that_cannot_be_used(studio: Studio, reference: Media, code: str) -> None:
    done = studio.ended(studio.submit(fresh(operation="rework", input=reference)))
    assert done.error is not None and done.error.code == code and isinstance(done.error, InvalidRequest)


def test_an_unknown_file_id(studio: Studio) -> None:
    with pytest.raises(InvalidRequest):
        studio.submit(fresh({"file_ids": "387702299774574677"}))


def test_the_same_order_twice_is_taken_once(studio: Studio) -> None:
    made = fresh()
    studio.submit(made)
    with pytest.raises(AlreadySubmitted):
        studio.submit(made)


def test_an_order_that_was_refused_may_be_sent_again(studio: Studio) -> None:
    made = fresh()
    studio.fault("/tencent-vod/v1/aigc-image", {"error": "rate_limit_exceeded"})
    with pytest.raises(RateLimited):
        studio.submit(made)
    assert studio.ended(studio.submit(made)).state is State.SUCCEEDED


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("invalid_api_key", AuthFailed),
        ("rate_limit_exceeded", RateLimited),
        ("server_error", Unavailable),
        ("insufficient_user_quota", QuotaExhausted),
        ("RequestLimitExceeded", RateLimited),
        ("InternalError", Unavailable),
        ("InvalidParameterValue", InvalidRequest),
        ("InvalidParameter.VoilationContent", ContentRejected),
        ("FailedOperation.InvalidAccount", QuotaExhausted),
    ],
)
def test_errors_are_understood(studio: Studio, words: str, kind: type[ProviderError]) -> None:
    with pytest.raises(kind) as caught:
        studio.submit(fresh({"prompt": f"a cat sandbox-error:{words}."}))
    assert type(caught.value) is kind


@pytest.mark.parametrize(("word", "_kind"), payload("failure-table")["rows"])
def test_failures_are_understood(studio: Studio, word: str, _kind: str) -> None:
    done = studio.ended(studio.submit(fresh({"prompt": f"a cat sandbox-fail:{word}"})))
    assert done.state is State.FAILED
    assert done.error is not None and done.error.code == word and type(done.error) is FAILURES[word][0]


def test_the_filters_can_be_switched_off(studio: Studio) -> None:
    for words, switch in (("forbidden", "input_check"), ("half-forbidden", "output_check")):
        done = studio.ended(studio.submit(fresh({"prompt": f"a {words} cat"})))
        assert isinstance(done.error, ContentRejected)
        studio.made({"prompt": f"a {words} cat", switch: "Disabled"})


def test_the_other_shape_of_replies(studio: Studio) -> None:
    begun = studio.submit(fresh({"prompt": "a cat sandbox-queue"}))
    assert begun.cursor.endswith("/status")
    done = studio.ended(begun)
    assert done.state is State.SUCCEEDED and studio.picture(done).size == (1024, 1024)


def test_links_that_come_late_are_waited_for(studio: Studio) -> None:
    studio.fault("/tencent-vod/v1/aigc-image", {"job": {"empty_polls": 2}})
    begun = studio.submit(fresh())
    states = []
    while not states or not states[-1].terminal:
        states.append(run(studio.provider.fetch(begun.remote_id), studio.client).state)
    assert states[-3:] == [State.RUNNING, State.RUNNING, State.SUCCEEDED]


def test_other_accounts_and_other_tasks_are_unknown(studio: Studio) -> None:
    begun = studio.submit(fresh())
    stranger = QuickRouter({"token": "somebody-else"}, base_url=studio.base)
    with pytest.raises(ResultExpired):
        run(stranger.fetch(begun.remote_id), studio.client)
    with pytest.raises(ResultExpired):
        run(studio.provider.fetch("251007502-AigcImage-none"), studio.client)


@pytest.mark.parametrize(("token", "kind"), [("invalid", AuthFailed), ("no-money", QuotaExhausted)])
def test_accounts_in_trouble(studio: Studio, token: str, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        run(QuickRouter({"token": token}, base_url=studio.base).submit(fresh()), studio.client)

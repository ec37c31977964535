"""What holds for every service when it answers with trouble: the key is kept nowhere, its words reach nobody, and what
may have arrived is not sent again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from providers.base import Idempotency, Kind, Media, Model, Needs, Operation, Order, Provider
from providers.errors import ProviderError, Unavailable
from providers.params import MASK_RULE, MediaRule, read_fields
from providers.registry import PROVIDERS, all_models

from .test_registry import defaults

SECRET = "a-secret-of-the-studio"
SAID = "words of the service itself"
SIZE = (1280, 720)
LINK = "https://studio.example/in/1"


def mask() -> bytes:
    painted = Image.new("L", SIZE)
    painted.paste(255, (0, 0, 640, 720))
    file = io.BytesIO()
    painted.save(file, "PNG")
    return file.getvalue()


MASK = mask()
FACTS: dict[str, dict[str, Any]] = {
    "image": {"width": SIZE[0], "height": SIZE[1]},
    "video": {"width": SIZE[0], "height": SIZE[1], "duration": 5.0, "frame_rate": 24.0},
    "audio": {"width": 0, "height": 0, "duration": 5.0},
}


def media_of(rule: MediaRule) -> Media:
    data = MASK if rule is MASK_RULE else b"file"
    return Media(rule.media_types[0], 1000, url=LINK, read=lambda: data, **FACTS[rule.kind])


def order_of(model: Model, operation: Operation) -> Order:
    params = defaults(operation)
    fields = {spec.name: spec.media for spec in read_fields(operation.params) if spec.media is not None}
    media = {name: (media_of(rule),) for name, rule in fields.items() if rule is not None and getattr(params, name)}
    start = operation.takes or MediaRule(kind="video" if operation.needs is Needs.VIDEO else "image")
    given = media_of(start) if operation.needs in {Needs.IMAGE, Needs.VIDEO} else None
    return Order(model, operation, params, input=given, media=media, request_key="7-a-key")


#: orders that begin with nothing but files; an id as each service may have given
ORDERS = [
    pytest.param(provider, model, operation, id=f"{provider.slug}:{model.slug}:{operation.slug}")
    for provider, model in all_models()
    for operation in model.operations
    if operation.makes is not Kind.TEXT and operation.needs is not Needs.OUTPUT
]
IDS = ("68be9b50553a97d658968285", "ark:cgt-1", "dashscope:c39df2cb", "vod:1395528311-AigcImageTask-1t")


def connected(provider: type[Provider]) -> Provider:
    given = {item.name: SECRET if item.secret else item.default or "x" for item in provider.credential_fields}
    return provider(given, base_url="https://service.example")


def answers() -> Iterator[httpx.Response]:
    told = f"{SAID}: {SECRET}"
    bodies: list[Any] = [
        f"<html>{told}".encode(),
        {},
        {"error": told},
        {"error": {"code": "Strange", "message": told, "type": "strange", "param": told}},
        {"Response": {"Error": {"Code": "Strange", "Message": told}, "RequestId": "r-1"}},
        {"ResponseMetadata": {"RequestId": "r-1", "Error": {"Code": "Strange", "Message": told}}},
        {"code": "Strange", "message": told, "success": False, "requestId": "r-1"},
        {"status": 3, "comment": told, "reason": told, "id": "68be9b50553a97d658968285"},
        {"output": {"task_id": "c39df2cb", "task_status": "FAILED", "code": "Strange", "message": told}},
        {"id": "cgt-1", "status": "failed", "error": {"code": "Strange", "message": told}},
        {"Response": {"Status": "FINISH", "AigcImageTask": {"ErrCode": 1, "ErrCodeExt": "Strange", "Message": told}}},
        {"Response": {"ErrorCode": 5, "Msg": told}},
        {"data": {"result_key": "c39df2cb", "task_list": [{"status": "FAILED", "message": told}]}},
    ]
    for status in (200, 400, 401, 403, 404, 429, 500, 502, 503):
        for body in bodies:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            yield httpx.Response(status, content=content)


def ends_with(flow: Any, answer: httpx.Response | Exception) -> Any:
    """What comes of a flow that is answered once: a snapshot or an error."""
    try:
        next(flow)
        if isinstance(answer, Exception):
            flow.throw(answer)
        else:
            flow.send(answer)
    except StopIteration as stop:
        return stop.value
    except ProviderError as error:
        return error
    return None


def check(found: Any) -> None:
    error = found if isinstance(found, ProviderError) else getattr(found, "error", None)
    for thing in filter(None, (found, error)):
        assert SECRET not in json.dumps(thing.raw, allow_nan=False)
    if error is not None:
        assert SECRET not in f"{error} {error.code} {error.request_id}"
        assert error.user_message.endswith(".") and SAID not in error.user_message
        assert "Strange" not in error.user_message


@pytest.mark.parametrize(("provider", "model", "operation"), ORDERS)
def test_trouble_with_an_order(provider: type[Provider], model: Model, operation: Operation) -> None:
    for answer in answers():
        check(ends_with(connected(provider).submit(order_of(model, operation)), answer))


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)
def test_trouble_with_a_question(provider: type[Provider]) -> None:
    asks: list[Callable[[str], Any]] = [connected(provider).fetch, connected(provider).cancel]
    for ask in asks:
        for remote_id in IDS:
            for answer in answers():
                try:
                    flow = ask(remote_id)
                except ProviderError:
                    continue
                check(ends_with(flow, answer))


@pytest.mark.parametrize(("provider", "model", "operation"), ORDERS)
@pytest.mark.parametrize(
    "answer",
    [httpx.Response(502, content=b""), httpx.Response(504, content=b"<html>"), Unavailable(maybe_accepted=True)],
    ids=["502", "504", "broken"],
)
def test_what_may_have_arrived_is_not_sent_again(
    provider: type[Provider], model: Model, operation: Operation, answer: Any
) -> None:
    error = ends_with(connected(provider).submit(order_of(model, operation)), answer)
    assert isinstance(error, ProviderError)
    assert model.idempotency is Idempotency.KEY or not error.retryable
    assert not error.releases_hold


@pytest.mark.parametrize(("provider", "model", "operation"), ORDERS)
def test_too_many_at_once_may_be_tried_again(provider: type[Provider], model: Model, operation: Operation) -> None:
    answer = httpx.Response(429, headers={"Retry-After": "7"}, content=b"{}")
    error = ends_with(connected(provider).submit(order_of(model, operation)), answer)
    assert isinstance(error, ProviderError) and error.retryable and error.retry_after == 7

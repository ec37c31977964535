"""Driving the adapter's flows with replies from files."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import httpx

from providers.base import Media, Order, Snapshot
from providers.quickrouter import QuickRouter

PAYLOADS = Path(__file__).parent / "payloads"
CREDENTIALS = {"token": "YOUR_API_KEY"}
TASK = "251007502-AigcImage-2782aff1e896673f1ft"
MODELS = [model.slug for model in QuickRouter.models]
GEM = ["gem-2.5", "gem-3.0"]


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def quickrouter(**credentials: str) -> QuickRouter:
    return QuickRouter({**CREDENTIALS, **credentials})


def reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(status, content=content, headers=headers)


def drive(flow: Generator[httpx.Request, httpx.Response, Any], *answers: httpx.Response | Exception) -> Any:
    """What the flow returns when it is answered so; exactly so many requests must be made."""
    left = list(answers)
    try:
        next(flow)
        while left:
            answer = left.pop(0)
            if isinstance(answer, Exception):
                flow.throw(answer)
            else:
                flow.send(answer)
    except StopIteration as stop:
        assert not left, "fewer requests than answers"
        return stop.value
    raise AssertionError("more requests than answers")


def order(params: Mapping[str, Any] | None = None, *, model: str = "gem-3.0", operation: str = "create", **more: Any):
    chosen = QuickRouter.model(model)
    found = chosen.operation(operation)
    values = {"prompt": "a cat", **(params or {})}
    more.setdefault("request_key", "1-request-0001")
    return Order(chosen, found, found.params.model_validate(values), **more)


def sent(made: Order) -> Any:
    return json.loads(next(quickrouter().submit(made)).content)


def photo(url: str | None, data: bytes = b"picture", media_type: str = "image/jpeg", size: int = 10) -> Media:
    return Media(media_type, size, 640, 480, url, lambda: data)


def finished(outer: dict[str, Any] | None = None, **task: Any) -> dict[str, Any]:
    """The answer to a query that has ended well, with changes."""
    body = payload("reply-finished")["Response"]
    body |= outer or {}
    body["AigcImageTask"] |= task
    return {"Response": body}


def look(body: Any, status: int = 200) -> Snapshot:
    snapshot = drive(quickrouter().fetch(TASK), reply(body, status))
    assert isinstance(snapshot, Snapshot)
    return snapshot

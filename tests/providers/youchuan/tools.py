"""Driving an adapter's flows with replies from files."""

from __future__ import annotations

import io
import json
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import httpx
from PIL import Image, ImageDraw

from providers.base import Media, Model, Order, Result, Snapshot
from providers.youchuan import Youchuan

PAYLOADS = Path(__file__).parent / "payloads"
CREDENTIALS = {"app": "YOUR_APP_ID", "secret": "YOUR_SECRET_KEY"}
JOB = "68be9b50553a97d658968285"
VERSIONS = [model.slug for model in Youchuan.models]


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def youchuan() -> Youchuan:
    return Youchuan(CREDENTIALS)


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


def job(**changes: Any) -> dict[str, Any]:
    """The documented reply to a submit, with changes; None takes a field out."""
    body = {**payload("reply-submitted"), **changes}
    return {name: value for name, value in body.items() if value is not None}


def done(*urls: str, **changes: Any) -> dict[str, Any]:
    return job(urls=list(urls), status=2, comment="成功", **changes)


def look(body: Any, status: int = 200) -> Snapshot:
    snapshot = drive(youchuan().fetch(JOB), reply(body, status))
    assert isinstance(snapshot, Snapshot)
    return snapshot


def result(model: str = "v7", operation: str = "diffusion", **more: Any) -> Result:
    more.setdefault("params", {"prompt": "a cat"} if operation == "diffusion" else {})
    return Result(remote_id="12345", index=0, model=model, operation=operation, **more)


def order(
    operation: str,
    params: Mapping[str, Any] | None = None,
    *,
    model: str = "v7",
    source: Result | None = None,
    **more: Any,
) -> Order:
    chosen: Model = Youchuan.model(model)
    found = chosen.operation(operation)
    return Order(chosen, found, found.params.model_validate(dict(params or {})), source=source, **more)


def first_request(made: Order) -> httpx.Request:
    return next(youchuan().submit(made))


def sent(made: Order) -> Any:
    return json.loads(first_request(made).content)


def picture(url: str | None) -> Media:
    return Media("image/png", 10, 64, 64, url, lambda: b"")


def photo(url: str | None, media_type: str = "image/jpeg", side: int = 512) -> Media:
    return Media(media_type, 10, side, side, url, lambda: b"")


def mask(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (1024, 1024), url: str | None = None) -> Media:
    """A canonical mask with these boxes painted: left, top, and the first column and row behind them."""
    drawn = Image.new("L", size)
    for left, top, right, bottom in boxes:
        ImageDraw.Draw(drawn).rectangle((left, top, right - 1, bottom - 1), fill=255)
    return mask_file(drawn, url)


def mask_file(drawn: Image.Image, url: str | None = None) -> Media:
    file = io.BytesIO()
    drawn.save(file, "PNG")
    return Media("image/png", file.tell(), *drawn.size, url, file.getvalue)


def assert_documented(request: httpx.Request, name: str, **changes: Any) -> None:
    """The request is the document's sample but for `changes`; one that is None takes a field out."""
    sample = payload(name)
    assert request.method == sample["method"]
    assert str(request.url.copy_with(query=None)) == sample["url"]
    for header, value in sample["headers"].items():
        assert request.headers[header] == value
    if sample["json"] is None:
        assert request.content == b""
        assert dict(request.url.params) == {**sample.get("params", {}), **changes}
    else:
        assert request.headers["content-type"] == "application/json"
        expected = {key: value for key, value in {**sample["json"], **changes}.items() if value is not None}
        assert json.loads(request.content) == expected

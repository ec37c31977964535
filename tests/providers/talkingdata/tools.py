"""Orders for the pool's adapter, files to put into them, and replies to drive its flows with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pydantic

from providers.base import Media, Order, Snapshot
from providers.params import Params, plain_errors, read_fields
from providers.talkingdata import TalkingData
from tests.providers.youchuan.tools import drive, reply

__all__ = [
    "drive",
    "film",
    "order",
    "params_of",
    "payload",
    "picture",
    "recording",
    "refused_at",
    "reply",
    "request",
    "rule",
    "sent",
    "submit",
    "talkingdata",
]

PAYLOADS = Path(__file__).parent / "payloads"
KEY = "YOUR_API_KEY"
LINK = "https://studio.example/in/1"


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def talkingdata() -> TalkingData:
    return TalkingData({"token": KEY})


def params_of(model: str, operation: str) -> type[Params]:
    return TalkingData.model(model).operation(operation).params


def order(model: str, operation: str, params: Mapping[str, Any] | None = None, **more: Any) -> Order:
    """With a prompt, and a reference for every file that is given."""
    chosen = TalkingData.model(model)
    found = chosen.operation(operation)
    media = more.get("media", {})
    given = {name: [f"asset:{number}" for number in range(len(files))] for name, files in media.items()}
    values = {"prompt": "a cat", **given, **(params or {})}
    more.setdefault("request_key", "1-request-0001")
    return Order(chosen, found, found.params.model_validate(values), **more)


def request(made: Order) -> httpx.Request:
    return next(talkingdata().submit(made))


def sent(made: Order) -> Any:
    return json.loads(request(made).content)


def submit(made: Order, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Snapshot:
    snapshot = drive(talkingdata().submit(made), reply(body, status, headers))
    assert isinstance(snapshot, Snapshot)
    return snapshot


def picture(url: str | None = LINK, data: bytes = b"picture", **facts: Any) -> Media:
    values = {"media_type": "image/png", "size": 1000, "width": 1280, "height": 720, **facts}
    return Media(url=url, read=lambda: data, **values)


def film(url: str | None = LINK, **facts: Any) -> Media:
    values = {
        "media_type": "video/mp4",
        "size": 1000,
        "width": 1280,
        "height": 720,
        "duration": 6.0,
        "frame_rate": 24.0,
    }
    return Media(url=url, read=lambda: b"film", **{**values, **facts})


def recording(url: str | None = LINK, data: bytes = b"RIFF", **facts: Any) -> Media:
    values = {"media_type": "audio/wav", "size": 1000, "width": 0, "height": 0, "duration": 30.0, **facts}
    return Media(url=url, read=lambda: data, **values)


def rule(model: str, operation: str, name: str) -> Any:
    """The bounds of a media field; of the file that the operation starts from under the name "takes"."""
    found = TalkingData.model(model).operation(operation)
    if name == "takes":
        return found.takes
    return next(spec.media for spec in read_fields(found.params) if spec.name == name)


def refused_at(model: str, operation: str, params: Mapping[str, Any]) -> set[str]:
    """The fields at which these parameters are refused, each with a plain sentence."""
    kind = params_of(model, operation)
    try:
        kind.model_validate({"prompt": "a cat", **params})
    except pydantic.ValidationError as error:
        found = plain_errors(error, kind)
        assert all(str(sentence).endswith(".") for sentence in found.values()), found
        return set(found)
    return set()

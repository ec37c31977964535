"""Orders and questions for Seedance, its library and the chat models, and files to put into them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from providers.base import Media, Order
from providers.chats import ChatMessage, ChatRequest
from providers.talkingdata import TalkingData
from providers.talkingdata.wire import Pool
from tests.providers.youchuan.tools import drive, reply

__all__ = [
    "body_of",
    "drive",
    "film",
    "order",
    "payload",
    "picture",
    "pool",
    "question",
    "reply",
    "sound",
    "talkingdata",
]

PAYLOADS = Path(__file__).parent / "payloads"
KEY = "sk-the-key"
LINK = "https://studio.example/in/1"
SEEDANCE = TalkingData.model("seedance-2-fast")


def payload(name: str) -> Any:
    """By folder and name: "seedance/reply-created"."""
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def talkingdata(**credentials: str) -> TalkingData:
    return TalkingData({"token": KEY, **credentials})


def pool(**credentials: str) -> Pool:
    return talkingdata(**credentials).pool


def picture(url: str | None = LINK, **facts: Any) -> Media:
    made = Media("image/png", 1000, 1024, 768, url, lambda: b"picture")
    return replace(made, **facts)


def film(url: str | None = LINK, **facts: Any) -> Media:
    made = Media("video/mp4", 1_000_000, 1280, 720, url, lambda: b"film", duration=5.0, frame_rate=24.0)
    return replace(made, **facts)


def sound(url: str | None = LINK, **facts: Any) -> Media:
    made = Media("audio/mpeg", 100_000, 0, 0, url, lambda: b"sound", duration=5.0)
    return replace(made, **facts)


def order(
    operation: str = "create",
    values: Mapping[str, Any] | None = None,
    *,
    files: Mapping[str, tuple[Media, ...]] | None = None,
    **more: Any,
) -> Order:
    """An order of Seedance's with these files in its fields."""
    found = SEEDANCE.operation(operation)
    given = dict(files or {})
    references = {name: tuple(f"asset:{number + 1}" for number in range(len(held))) for name, held in given.items()}
    params = found.params.model_validate({"prompt": "a fox in the snow", **references, **(values or {})})
    return Order(SEEDANCE, found, params, media=given, **more)


def body_of(made: Order) -> dict[str, Any]:
    request = next(talkingdata().submit(made))
    found = json.loads(request.content)
    assert isinstance(found, dict)
    return found


def question(model: str, *messages: ChatMessage, **more: Any) -> ChatRequest:
    return ChatRequest(TalkingData.model(model), messages or (ChatMessage("user", "hello"),), **more)


def sent_body(request: httpx.Request) -> dict[str, Any]:
    found = json.loads(request.content)
    assert isinstance(found, dict)
    return found

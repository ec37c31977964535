"""Orders for the adapter, and pictures and masks to put into them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from PIL import Image, ImageDraw

from providers.aliyun import Aliyun
from providers.base import Media, Order
from tests.providers.youchuan.tools import drive, reply

__all__ = ["aliyun", "drive", "file", "mask_of", "order", "payload", "reply", "sent"]

PAYLOADS = Path(__file__).parent / "payloads"
LINK = "https://img.alicdn.com/abc.png"
SIZE = (640, 480)


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def aliyun() -> Aliyun:
    return Aliyun({"appcode": "d1f2a"}, base_url="https://domain.example")


def file(picture: Image.Image, url: str | None = LINK, kind: str = "PNG") -> Media:
    data = io.BytesIO()
    picture.save(data, kind)
    return Media(f"image/{kind.lower()}", data.tell(), *picture.size, url, data.getvalue)


def mask_of(size: tuple[int, int] = SIZE, box: tuple[int, int, int, int] | None = (0, 0, 639, 199)) -> Image.Image:
    drawn = Image.new("L", size)
    if box is not None:
        ImageDraw.Draw(drawn).rectangle(box, fill=255)
    return drawn


def order(values: Mapping[str, Any] | None = None, **more: Any) -> Order:
    model = Aliyun.models[0]
    operation = model.operations[0]
    params = operation.params.model_validate({"prompt": "a beach", "mask": ["asset:1"], **(values or {})})
    more.setdefault("input", Media("image/png", 1000, *SIZE, LINK, lambda: b""))
    more.setdefault("media", {"mask": (file(mask_of()),)})
    return Order(model, operation, params, **more)


def sent(made: Order) -> httpx.Request:
    return next(aliyun().submit(made))

"""Orders for the adapter, and pictures and masks to put into them."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from providers.base import Order
from providers.openai_images import OpenAIImages
from tests.providers.aliyun.tools import file, mask_of
from tests.providers.youchuan.tools import drive, reply

__all__ = ["drive", "file", "mask_of", "order", "parts", "payload", "reply", "sent", "service"]

PAYLOADS = Path(__file__).parent / "payloads"
SIZE = (640, 480)


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def service(address: str = "", **credentials: str) -> OpenAIImages:
    return OpenAIImages({"key": "sk-alice", "model": "gpt-image-1", **credentials}, base_url=address)


def order(operation: str = "generate", values: Mapping[str, Any] | None = None, **more: Any) -> Order:
    model = OpenAIImages.models[0]
    found = model.operation(operation)
    if operation == "edit-image":
        more.setdefault("input", file(Image.new("RGB", SIZE, "teal"), None))
    params = found.params.model_validate({"prompt": "A cute baby sea otter", **(values or {})})
    return Order(model, found, params, **more)


def masked(values: Mapping[str, Any] | None = None, drawn: Image.Image | None = None) -> Order:
    media = {"mask": (file(drawn or mask_of(SIZE), None),)}
    return order("edit-image", {"mask": ["asset:1"], **(values or {})}, media=media)


def sent(made: Order) -> httpx.Request:
    return next(service().submit(made))


def parts(request: httpx.Request) -> dict[str, tuple[str, str, bytes]]:
    """The parts of a multipart body by name: file name, kind, content."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.read(), policy=email.policy.HTTP)
    found = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(name, str) and isinstance(content, bytes) and name not in found
        found[name] = (part.get_filename() or "", part.get_content_type(), content)
    return found

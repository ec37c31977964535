"""The words of OpenAI's images interface: its errors, its models' bounds, and reading a body of either kind."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

#: by code: status, type, message
ERRORS: dict[str, tuple[int, str, str]] = {
    "invalid_api_key": (401, "invalid_request_error", "Incorrect API key provided."),
    "model_not_found": (404, "invalid_request_error", "The model does not exist or you do not have access to it."),
    "insufficient_quota": (429, "insufficient_quota", "You exceeded your current quota."),
    "rate_limit_exceeded": (429, "requests", "Rate limit reached for images per minute."),
    "billing_hard_limit_reached": (400, "invalid_request_error", "Billing hard limit has been reached."),
    "moderation_blocked": (400, "image_generation_user_error", "Your request was rejected by the safety system."),
    "content_policy_violation": (400, "invalid_request_error", "Your request was rejected by our safety system."),
    "server_error": (500, "server_error", "The server had an error while processing your request."),
    "overloaded": (503, "server_error", "The engine is currently overloaded."),
    "invalid_value": (400, "invalid_request_error", "Invalid value."),
    "missing_required_parameter": (400, "invalid_request_error", "Missing required parameter."),
    "unknown_parameter": (400, "invalid_request_error", "Unknown parameter."),
    "invalid_image_file": (400, "image_generation_user_error", "Invalid image file or mode."),
}
RETRY_AFTER = {"rate_limit_exceeded": "2"}


@dataclass(frozen=True)
class Bounds:
    """What a model takes. ``inline``: it answers with bytes, and knows backgrounds and formats."""

    sizes: frozenset[str]
    qualities: frozenset[str]
    most: int
    prompt_limit: int
    inline: bool
    edits: bool


MODELS: dict[str, Bounds] = {
    "gpt-image-1": Bounds(
        sizes=frozenset({"auto", "1024x1024", "1536x1024", "1024x1536"}),
        qualities=frozenset({"auto", "low", "medium", "high"}),
        most=10,
        prompt_limit=32_000,
        inline=True,
        edits=True,
    ),
    "dall-e-3": Bounds(
        sizes=frozenset({"1024x1024", "1792x1024", "1024x1792"}),
        qualities=frozenset({"standard", "hd"}),
        most=1,
        prompt_limit=4000,
        inline=False,
        edits=False,
    ),
    "dall-e-2": Bounds(
        sizes=frozenset({"256x256", "512x512", "1024x1024"}),
        qualities=frozenset({"standard"}),
        most=10,
        prompt_limit=1000,
        inline=False,
        edits=True,
    ),
}
#: a picture to edit, in bytes
MAX_PICTURE = 50 * 1024 * 1024
MAX_MASK = 4 * 1024 * 1024
PICTURE_FORMATS = ("PNG", "JPEG", "WEBP")


class RefusedError(Exception):
    """An error of the interface; ``param`` is the parameter to blame."""

    def __init__(self, code: str, param: str = "", detail: str = "") -> None:
        super().__init__(code, param, detail)
        self.code, self.param, self.detail = code, param, detail

    def response(self) -> Response:
        status, body = error_body(self.code, self.param, self.detail)
        headers = {"Retry-After": RETRY_AFTER[self.code]} if self.code in RETRY_AFTER else None
        return JSONResponse(body, status, headers=headers)


def error_body(code: str, param: str = "", detail: str = "") -> tuple[int, dict[str, Any]]:
    status, kind, message = ERRORS[code]
    text = f"{message} {detail}".strip()
    return status, {"error": {"message": text, "type": kind, "param": param or None, "code": code}}


@dataclass(frozen=True)
class Order:
    model: str
    prompt: str
    count: int
    size: str
    quality: str
    background: str
    output_format: str
    compression: int
    link: bool


_COMMON = frozenset({"model", "prompt", "n", "size", "quality", "user"})
_INLINE = frozenset({"background", "output_format", "output_compression", "moderation"})


def read_order(fields: dict[str, Any], *, edits: bool) -> Order:
    model = fields.get("model", "dall-e-2")
    bounds = MODELS.get(model) if isinstance(model, str) else None
    if bounds is None:
        raise RefusedError("model_not_found", "model")
    if edits and not bounds.edits:
        raise RefusedError("invalid_value", "model", "This model makes no edits.")
    known = _COMMON | (_INLINE if bounds.inline else frozenset({"response_format"}))
    for name in fields:
        if name not in known:
            raise RefusedError("unknown_parameter", name)
    prompt = fields.get("prompt")
    if prompt in (None, ""):
        raise RefusedError("missing_required_parameter", "prompt")
    if not isinstance(prompt, str) or len(prompt) > bounds.prompt_limit:
        raise RefusedError("invalid_value", "prompt", f"At most {bounds.prompt_limit} characters.")
    size = _one_of(fields, "size", bounds.sizes, "auto" if bounds.inline else "1024x1024")
    background = _one_of(fields, "background", {"auto", "transparent", "opaque"}, "auto")
    output_format = _one_of(fields, "output_format", {"png", "jpeg", "webp"}, "png")
    if background == "transparent" and output_format == "jpeg":
        raise RefusedError("invalid_value", "background", "Transparency needs png or webp.")
    _one_of(fields, "moderation", {"auto", "low"}, "auto")
    return Order(
        model=model,
        prompt=prompt,
        count=_whole(fields, "n", 1, bounds.most, 1),
        size=size,
        quality=_one_of(fields, "quality", bounds.qualities, "auto" if bounds.inline else "standard"),
        background=background,
        output_format=output_format,
        compression=_whole(fields, "output_compression", 0, 100, 100),
        link=not bounds.inline and _one_of(fields, "response_format", {"url", "b64_json"}, "url") == "url",
    )


def _one_of(fields: dict[str, Any], name: str, allowed: frozenset[str] | set[str], usual: str) -> str:
    value = fields.get(name)
    if value is None:
        return usual
    if not isinstance(value, str) or value not in allowed:
        raise RefusedError("invalid_value", name, f"One of {', '.join(sorted(allowed))}.")
    return value


def _whole(fields: dict[str, Any], name: str, least: int, most: int, usual: int) -> int:
    value = fields.get(name)
    if value is None:
        return usual
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RefusedError("invalid_value", name, f"A whole number from {least} to {most}.")
    return value


# ── bodies ───────────────────────────────────────────────────────────────────


async def read_json(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise RefusedError("invalid_value", "", "Content-Type must be application/json.")
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise RefusedError("invalid_value", "", "The body is no JSON.") from error
    if not isinstance(body, dict):
        raise RefusedError("invalid_value", "", "The body must be an object.")
    return body


async def read_form(request: Request) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The fields and the files of a multipart body; figures become numbers."""
    kind, _semicolon, options = request.headers.get("content-type", "").partition(";")
    boundary = re.search(r'boundary="?([^";]{1,70})"?', options)
    if kind.strip().lower() != "multipart/form-data" or boundary is None:
        raise RefusedError("invalid_value", "", "Content-Type must be multipart/form-data.")
    fields: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    mark = b"\r\n--" + boundary[1].encode("latin-1")
    parts = (b"\r\n" + await request.body()).split(mark)
    if len(parts) < 2 or parts[0].strip() or not parts[-1].startswith(b"--"):
        raise RefusedError("invalid_value", "", "The multipart body is broken.")
    for part in parts[1:-1]:
        head, _blank, content = part.partition(b"\r\n\r\n")
        said = re.search(rb'form-data;[^\r\n]*?\bname="([^"]+)"([^\r\n]*)', head, re.IGNORECASE)
        if said is None:
            raise RefusedError("invalid_value", "", "A part has no name.")
        name = said[1].decode("utf-8", "replace")
        if name in fields or name in files:
            raise RefusedError("invalid_value", name, "Given twice.")
        if b"filename=" in said[2]:
            files[name] = content
        else:
            text = content.decode("utf-8", "replace")
            is_figure = name in ("n", "output_compression") and re.fullmatch(r"[0-9]{1,4}", text)
            fields[name] = int(text) if is_figure else text
    return fields, files

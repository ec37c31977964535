"""What the gateway takes: the fields of an order and their bounds; nothing else is taken."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from .net import is_web_url
from .tencent import MAX_CONTEXT, MAX_SESSION, SWITCH, RefusedError, choice, needed, only, short, text

MODELS = {("GEM", "2.5"): 3, ("GEM", "3.0"): 3, ("Qwen", "0925"): 1, ("Hunyuan", "3.0"): 1}
"""How many pictures each takes."""
RATIOS = frozenset({"1:1", "3:2", "2:3", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"})
RESOLUTIONS = frozenset(
    {"720P", "1080P", "2K", "4K"}
    | {"1024x1024", "2048x2048", "2304x1728", "2496x1664", "2560x1440", "3024x1296", "4096x4096"}
    | {"4694x3520", "4992x3328", "5404x3040", "6198x2656"}
)
MAX_BYTES = 20 * 1024 * 1024

FIELDS = frozenset(
    {"model_name", "model_version", "prompt", "file_infos", "negative_prompt", "enhance_prompt", "output_config"}
    | {"session_id", "session_context", "tasks_priority", "ext_info"}
)
OUTPUT_FIELDS = {
    "storage_mode": frozenset({"Permanent", "Temporary"}),
    "resolution": RESOLUTIONS,
    "aspect_ratio": RATIOS,
    "person_generation": frozenset({"AllowAdult", "Disallowed"}),
    "input_compliance_check": SWITCH,
    "output_compliance_check": SWITCH,
}
FILE_FIELDS = frozenset({"type", "file_id", "url", "base64", "text"})


@dataclass(frozen=True)
class Picture:
    """A picture that an order is given: one of these three, and what it shows."""

    file_id: str = ""
    url: str = ""
    data: bytes = b""
    text: str = ""


@dataclass(frozen=True)
class Body:
    """``raw`` is the order as it came, without what it carried as base64."""

    model: tuple[str, str]
    prompt: str
    negative: str
    enhance: bool
    output: dict[str, str]
    pictures: list[Picture]
    session_id: str
    session_context: str
    priority: int
    raw: dict[str, Any] = field(repr=False)


async def read_body(request: Request) -> Body:
    if request.headers.get("content-type", "") != "application/json":
        raise RefusedError("InvalidParameter", "Content-Type must be application/json")
    raw = await request.body()
    if len(raw) > MAX_BYTES * 4:
        raise RefusedError("InvalidParameter", "the request is too large")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise RefusedError("InvalidParameter", "the body is no JSON") from error
    if not isinstance(body, dict):
        raise RefusedError("InvalidParameter", "the body must be an object")
    only(body, FIELDS, "")
    model = (needed(body, "model_name"), needed(body, "model_version"))
    if model not in MODELS:
        raise RefusedError("InvalidParameterValue", f"there is no model {model[0]} {model[1]}")
    pictures = _pictures(body.get("file_infos"), model)
    prompt = text(body, "prompt")
    if not prompt.strip() and not pictures:
        raise RefusedError("MissingParameter", "prompt is needed where there is no picture")
    return Body(
        model=model,
        prompt=prompt,
        negative=text(body, "negative_prompt"),
        enhance=choice(body, "enhance_prompt", SWITCH, "") == "Enabled",
        output=_output(body.get("output_config"), model),
        pictures=pictures,
        session_id=short(body, "session_id", MAX_SESSION),
        session_context=short(body, "session_context", MAX_CONTEXT),
        priority=_priority(body.get("tasks_priority")),
        raw={name: value for name, value in body.items() if name in ("model_name", "model_version", "prompt")},
    )


def _output(value: Any, model: tuple[str, str]) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RefusedError("InvalidParameter", "output_config must be an object")
    only(value, frozenset(OUTPUT_FIELDS), "output_config.")
    found = {name: choice(value, name, allowed, "output_config.") for name, allowed in OUTPUT_FIELDS.items()}
    if found["aspect_ratio"] and model[0] != "GEM":
        raise RefusedError("InvalidParameterValue", f"output_config.aspect_ratio: {model[0]} has none")
    return {name: word for name, word in found.items() if word}


def _pictures(value: Any, model: tuple[str, str]) -> list[Picture]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise RefusedError("InvalidParameter", "file_infos must be a list")
    if len(value) > MODELS[model]:
        raise RefusedError("InvalidParameterValue", f"file_infos: {' '.join(model)} takes {MODELS[model]} at most")
    return [_picture(item, model, f"file_infos[{number}].") for number, item in enumerate(value)]


def _picture(value: Any, model: tuple[str, str], place: str) -> Picture:
    if not isinstance(value, dict):
        raise RefusedError("InvalidParameter", f"{place}: must be an object")
    only(value, FILE_FIELDS, place)
    kind = text(value, "type", place).lower()
    said = text(value, "text", place)
    if said and model[0] != "GEM":
        raise RefusedError("InvalidParameterValue", f"{place}text is for GEM alone")
    if kind == "file":
        file_id = text(value, "file_id", place)
        if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", file_id):
            raise RefusedError("InvalidParameterValue", f"{place}file_id is no id")
        return Picture(file_id=file_id, text=said)
    if kind == "url":
        url = text(value, "url", place)
        if not is_web_url(url):
            raise RefusedError("InvalidParameterValue", f"{place}url must be an http(s) address")
        return Picture(url=url, text=said)
    if kind == "base64":
        try:
            data = base64.b64decode(text(value, "base64", place), validate=True)
        except (binascii.Error, ValueError) as error:
            raise RefusedError("InvalidParameterValue", f"{place}base64 is none") from error
        if not 0 < len(data) <= MAX_BYTES:
            raise RefusedError("InvalidParameterValue", f"{place}base64 is empty or too large")
        return Picture(data=data, text=said)
    raise RefusedError("InvalidParameterValue", f"{place}type is one of File, Url and Base64")


def _priority(value: Any) -> int:
    """The document calls it a string and shows a number."""
    if value is None or value == "":
        return 0
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,3}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not -10 <= value <= 10:
        raise RefusedError("InvalidParameterValue", "tasks_priority must be a whole number from -10 to 10")
    return value

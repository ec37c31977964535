"""The order of a film: its fields, their bounds, and which of them go together. Nothing else is taken."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from .net import is_web_url
from .probing import Kind
from .talkingdata_ark_wire import MODEL, SIZES, RefusedError
from .talkingdata_fields import FieldError, Fields, Source, read_source

FIRST, LAST, PICTURE, FILM, SOUND = "first_frame", "last_frame", "reference_image", "reference_video", "reference_audio"
MOST = {PICTURE: 9, FILM: 3, SOUND: 3}
MAX_BODY = 64 * 1024 * 1024
FIELDS = (
    *("model", "content", "callback_url", "return_last_frame", "service_tier", "execution_expires_after"),
    *("generate_audio", "tools", "safety_identifier", "resolution", "ratio", "duration", "seed", "watermark"),
)
ADAPTIVE = "adaptive"
_KINDS: dict[str, tuple[Kind, tuple[str, ...]]] = {
    "image_url": ("image", (FIRST, LAST, PICTURE)),
    "video_url": ("video", (FILM,)),
    "audio_url": ("audio", (SOUND,)),
}
_OLD_FLAGS = re.compile(
    r"(?<!\S)--(resolution|rs|ratio|rt|duration|dur|frames|frs|framespersecond|fps|seed|camerafixed|cf|watermark|wm)"
    r"(?![\w-])"
)


@dataclass(frozen=True)
class Given:
    """A file of the order, where it stands in the body, and what it is for."""

    kind: Kind
    role: str
    source: Source
    place: str


@dataclass(frozen=True)
class Order:
    """``duration`` -1 and ``ratio`` adaptive leave it to the model, ``seed`` -1 to chance."""

    text: str
    files: tuple[Given, ...]
    callback: str
    last_frame: bool
    expires_after: int
    sound: bool
    search: bool
    safety_identifier: str
    resolution: str
    ratio: str
    duration: int
    seed: int
    watermark: bool

    def of_role(self, role: str) -> list[int]:
        """The numbers of the files that are for this."""
        return [number for number, file in enumerate(self.files) if file.role == role]


def read_order(body: dict[str, Any]) -> Order:
    """FieldError, RefusedError."""
    fields = Fields(body, "", FIELDS)
    model = fields.words("model")
    if model != MODEL:
        raise RefusedError("InvalidEndpointOrModel.NotFound", model, "model")
    text, files = _content(fields)
    callback = fields.text("callback_url")
    if callback and not is_web_url(callback):
        raise FieldError("callback_url", "must be an http(s) address")
    if fields.choice("service_tier", ("default", "flex"), "default") != "default":
        raise FieldError("service_tier", "flex is not for this model")
    return Order(
        text=text,
        files=files,
        callback=callback,
        last_frame=fields.switch("return_last_frame"),
        expires_after=fields.whole("execution_expires_after", 3600, 259200, 172800),
        sound=fields.switch("generate_audio", True),
        search=_searches(fields),
        safety_identifier=fields.text("safety_identifier", most=64),
        resolution=fields.choice("resolution", tuple(SIZES), "720p"),
        ratio=fields.choice("ratio", (*SIZES["720p"], ADAPTIVE), ADAPTIVE),
        duration=_duration(fields),
        seed=fields.whole("seed", -1, 2**32 - 1, -1),
        watermark=fields.switch("watermark"),
    )


def _duration(fields: Fields) -> int:
    value = fields.whole("duration", -1, 15, 5)
    if value != -1 and value < 4:
        raise FieldError("duration", "must be -1 or a whole number from 4 to 15")
    return value


def _searches(fields: Fields) -> bool:
    tools = fields.items("tools")
    for number, item in enumerate(tools):
        tool = Fields(item, f"tools[{number}]", ("type",))
        tool.need("type")
        tool.choice("type", ("web_search",))
    if len(tools) > 1:
        raise FieldError("tools", "names a tool twice")
    return bool(tools)


def _content(fields: Fields) -> tuple[str, tuple[Given, ...]]:
    fields.need("content")
    items = fields.items("content")
    if not items:
        raise FieldError("content", "is empty", missing=True)
    texts: list[str] = []
    files: list[Given] = []
    for number, item in enumerate(items):
        place = f"content[{number}]"
        kind = item.get("type") if isinstance(item, dict) else None
        if kind == "text":
            texts.append(Fields(item, place, ("type", "text")).words("text"))
        elif isinstance(kind, str) and kind in _KINDS:
            files.append(_given(item, place, kind))
        else:
            part = Fields(item, place, ("type", "text", "role", *_KINDS))
            part.need("type")
            raise FieldError(f"{place}.type", f"is one of text, {', '.join(_KINDS)}")
    if len(texts) > 1:
        raise FieldError("content", "has more than one text")
    if texts and (flag := _OLD_FLAGS.search(texts[0])):
        raise FieldError("content", f"{flag[0]} in the text is not supported: parameters are fields of the body")
    return "".join(texts), _in_one_scene(files)


def _given(item: dict[str, Any], place: str, kind: str) -> Given:
    part = Fields(item, place, ("type", kind, "role"))
    address = part.inner(kind, ("url",)).words("url")
    medium, roles = _KINDS[kind]
    source = read_source(address, f"{place}.{kind}.url", "" if medium == "video" else medium, assets=True)
    if medium != "image":
        part.need("role")
    return Given(medium, part.choice("role", roles), source, place)


def _in_one_scene(files: list[Given]) -> tuple[Given, ...]:
    """First frame, first and last frame, or references: the three exclude each other."""
    roles = Counter(file.role for file in files)
    if roles[""] and len(files) > 1:
        without = next(file for file in files if not file.role)
        raise FieldError(f"{without.place}.role", "is needed where there is more than one file", missing=True)
    framing = roles[FIRST] + roles[LAST] + roles[""]
    if framing and framing < len(files):
        raise FieldError("content", "first and last frames and references exclude each other")
    if roles[FIRST] > 1 or roles[LAST] > 1:
        raise FieldError("content", "has more than one first or last frame")
    if roles[LAST] and not roles[FIRST]:
        raise FieldError("content", "has a last frame without a first")
    for role, most in MOST.items():
        if roles[role] > most:
            raise FieldError("content", f"has more than {most} of {role}")
    if roles[SOUND] and not roles[PICTURE] + roles[FILM]:
        raise FieldError("content", "has a sound without a picture or film")
    return tuple(
        Given(file.kind, file.role or FIRST, file.source, file.place) if file.kind == "image" else file
        for file in files
    )

"""The four models of HappyHorse 1.0: fields and bounds of their orders."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from .net import is_web_url
from .talkingdata_media import MB, Bounds, data_in

WORDS, FIRST, REFERENCES, EDIT = "T0401001", "T0401002", "T0401003", "T0401004"
FIRST_FRAME, REFERENCE, VIDEO = "first_frame", "reference_image", "video"
FRAME_RATE = 24
LONGEST_EDIT = 15.0
"""Seconds; longer films are edited from their beginning up to there."""
WATERMARK = "Happy Horse"
MAX_PROMPT = 5000
"""Characters; Chinese ones count twice. What is beyond is not read."""
MAX_SEED = 2147483647
RATIOS = frozenset({"16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4"})
_PIXELS = {"720P": 1280 * 720, "1080P": 1920 * 1080}
_PICTURES = frozenset({"jpeg", "png", "webp"})
_SHAPE = (1 / 2.5, 2.5)

_WIDE_PICTURE = Bounds(_PICTURES, 20 * MB, shortest=300, ratio=_SHAPE)
_BOUNDS = {
    (FIRST, FIRST_FRAME): _WIDE_PICTURE,
    (REFERENCES, REFERENCE): Bounds(_PICTURES, 20 * MB, shortest=400),
    (EDIT, REFERENCE): _WIDE_PICTURE,
    (EDIT, VIDEO): Bounds(
        frozenset({"mp4", "mov"}),
        100 * MB,
        shortest=320,
        longest=2160,
        ratio=_SHAPE,
        seconds=(3, 60),
        faster_than=8,
    ),
}
_COUNTS = {
    FIRST: {FIRST_FRAME: (1, 1)},
    REFERENCES: {REFERENCE: (1, 9)},
    EDIT: {VIDEO: (1, 1), REFERENCE: (0, 5)},
}
"""How many files of each type a model takes."""
_PARAMETERS = {
    WORDS: frozenset({"resolution", "ratio", "duration", "watermark", "seed"}),
    FIRST: frozenset({"resolution", "duration", "watermark", "seed"}),
    REFERENCES: frozenset({"resolution", "ratio", "duration", "watermark", "seed"}),
    EDIT: frozenset({"resolution", "watermark", "audio_setting", "seed"}),
}
_TOLERATED = frozenset({"extend_prompt", "function"})
"""DashScope's own client puts these into ``input``."""
_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_MENTION = re.compile(r"\[Image ([0-9]{1,6})\]")


class HorseError(Exception):
    """A code of DashScope; the detail is added to the message for whoever is looking."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Horse:
    """One order. ``words`` is the part of the prompt that is read; ``ratio`` "" where the model has none."""

    model: str
    prompt: str
    words: str
    media: list[tuple[str, str]]
    resolution: str
    ratio: str
    duration: int
    watermark: bool
    audio: str
    seed: int | None

    @property
    def painted(self) -> str:
        """The words without the names of the pictures."""
        return " ".join(_MENTION.sub(" ", self.words).split())

    @property
    def aspect(self) -> float:
        width, _colon, height = (self.ratio or "16:9").partition(":")
        return int(width) / int(height)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "media_count": len(self.media)}


def bounds_of(model: str, role: str) -> Bounds:
    return _BOUNDS[model, role]


def pixels_of(resolution: str) -> int:
    return _PIXELS[resolution]


def read_horse(body: dict[str, Any]) -> Horse:
    """HorseError for anything that the pages do not allow."""
    _only(body, frozenset({"model", "input", "parameters"}), "")
    model = body.get("model")
    if not isinstance(model, str) or model not in _PARAMETERS:
        raise _invalid("model must be one of " + ", ".join(_PARAMETERS))
    given = _object(body, "input", needed=True)
    _only(given, _TOLERATED | {"prompt"} | ({"media"} if model in _COUNTS else set()), "input.")
    prompt = given.get("prompt", "" if model == FIRST else None)
    if not isinstance(prompt, str) or (model != FIRST and not prompt.strip()):
        raise _invalid("input.prompt must be a text that is not empty")
    media = _media(given.get("media"), model) if model in _COUNTS else []
    words = _read_part(prompt)
    if model == REFERENCES:
        _check_mentions(words, len(media))
    found = _object(body, "parameters", needed=False)
    _only(found, _PARAMETERS[model], "parameters.")
    return Horse(
        model=model,
        prompt=prompt,
        words=words,
        media=media,
        resolution=_one_of(found, "resolution", frozenset(_PIXELS), "1080P"),
        ratio=_one_of(found, "ratio", RATIOS, "16:9") if "ratio" in _PARAMETERS[model] else "",
        duration=_whole(found, "duration", 3, 15, 5),
        watermark=_flag(found, "watermark", True),
        audio=_one_of(found, "audio_setting", frozenset({"auto", "origin"}), "auto"),
        seed=_whole(found, "seed", 0, MAX_SEED, 0) if "seed" in found else None,
    )


def _media(value: Any, model: str) -> list[tuple[str, str]]:
    if not isinstance(value, list):
        raise _invalid("input.media must be a list")
    counts, media = _COUNTS[model], []
    for number, item in enumerate(value):
        place = f"input.media[{number}]"
        if not isinstance(item, dict):
            raise _invalid(f"{place} must be an object")
        _only(item, frozenset({"type", "url"}), f"{place}.")
        role, url = item.get("type"), item.get("url")
        if not isinstance(role, str) or role not in counts:
            raise _invalid(f"{place}.type is one of {', '.join(counts)}")
        if not isinstance(url, str):
            raise _invalid(f"{place}.url must be a text")
        if role == VIDEO and not is_web_url(url):
            raise _invalid(f"{place}.url must be an http(s) address")
        try:
            data_in(url)
        except ValueError as error:
            raise _invalid(f"{place}.url: {error}") from error
        media.append((role, url))
    for role, (least, most) in counts.items():
        if not least <= sum(kind == role for kind, _url in media) <= most:
            raise _invalid(f"input.media has {least} to {most} of {role}")
    return media


def _check_mentions(words: str, count: int) -> None:
    for match in _MENTION.finditer(words):
        if not 1 <= int(match[1]) <= count:
            raise _invalid(f"input.prompt speaks of {match[0]}, but there are {count} pictures")


def _read_part(prompt: str) -> str:
    left = MAX_PROMPT
    for at, character in enumerate(prompt):
        left -= 2 if _CHINESE.match(character) else 1
        if left < 0:
            return prompt[:at]
    return prompt


def _invalid(detail: str) -> HorseError:
    return HorseError("InvalidParameter", detail)


def _only(given: dict[str, Any], known: frozenset[str] | set[str], place: str) -> None:
    if unknown := sorted(set(given) - known):
        raise _invalid("unknown: " + ", ".join(place + name for name in unknown))


def _object(body: dict[str, Any], name: str, *, needed: bool) -> dict[str, Any]:
    value = body.get(name, None if needed else {})
    if not isinstance(value, dict):
        raise _invalid(f"{name} must be an object")
    return value


def _one_of(found: dict[str, Any], name: str, allowed: frozenset[str], usual: str) -> str:
    value = found.get(name, usual)
    if not isinstance(value, str) or value not in allowed:
        raise _invalid(f"parameters.{name} is one of {', '.join(sorted(allowed))}")
    return value


def _whole(found: dict[str, Any], name: str, least: int, most: int, usual: int) -> int:
    value = found.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _invalid(f"parameters.{name} must be a whole number from {least} to {most}")
    return value


def _flag(found: dict[str, Any], name: str, usual: bool) -> bool:
    value = found.get(name, usual)
    if not isinstance(value, bool):
        raise _invalid(f"parameters.{name} must be true or false")
    return value

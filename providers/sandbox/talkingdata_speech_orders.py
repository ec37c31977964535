"""What MiniMax speech 2.8 (T0311001) takes: fields, bounds, the extra parameters that come as JSON in a text."""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import dataclass
from typing import Any

from .net import is_web_url
from .tencent import RefusedError, choice, inner, only, short, text

MAX_TEXT = 2000
MAX_SECONDS = 600
MAX_PITCH = 12
SAMPLE_RATES = frozenset({8000, 16000, 22050, 24000, 32000, 44100})
USUAL_RATE = 16000
USUAL_RANGES = [[0.0, 20.0]]
MAX_SAMPLE = 20 * 1024 * 1024
"""Bytes of a recording; the page names no bound."""
LANGUAGES = frozenset(
    [
        "zh",
        "en",
        "ja",
        "de",
        "fr",
        "ko",
        "ru",
        "uk",
        "pt",
        "it",
        "es",
        "id",
        "nl",
        "tr",
        "fil",
        "ms",
        "el",
        "fi",
        "hr",
        "sk",
        "pl",
        "sv",
        "hi",
        "bg",
        "ro",
        "ar",
        "cs",
        "da",
        "ta",
        "hun",
        "vi",
        "no",
        "yue",
        "th",
        "he",
        "ca",
        "nn",
        "af",
        "fa",
        "sl",
    ]
)
GENDERS = frozenset({"male", "female", "unknown"})
AGES = frozenset({"child", "teenager", "youth", "middle_aged", "senior", "unknown"})
_FIELDS = frozenset(
    {"Text", "TextLang", "VoiceId", "AudioData", "AudioUrl", "AudioLang", "VoiceProfile", "Output", "ExtParam"}
)
_PROFILE = frozenset({"Name", "Description", "Gender", "Age", "Labels", "Scenes"})


@dataclass(frozen=True)
class Speaking:
    """One order. ``seconds`` 0: as long as the text takes; ``ranges`` (seconds of the recording) None: the usual."""

    text: str
    language: str
    voice_id: str
    recording: bytes
    recording_url: str
    profile: dict[str, Any]
    link: bool
    seconds: float
    sample_rate: int
    pitch: int
    ranges: list[list[float]] | None

    @property
    def clones(self) -> bool:
        return bool(self.recording or self.recording_url)


def read_speaking(body: dict[str, Any]) -> Speaking:
    """RefusedError for anything that the page does not allow."""
    only(body, _FIELDS, "")
    recording, url = _recording(text(body, "AudioData")), text(body, "AudioUrl")
    if url and not is_web_url(url):
        raise RefusedError("InvalidParameterValue", "AudioUrl must be an http(s) address")
    said = short(body, "Text", MAX_TEXT)
    if not said.strip() and not (recording or url):
        raise RefusedError("MissingParameter", "Text is needed where no voice is cloned")
    choice(body, "AudioLang", LANGUAGES)
    output = inner(body, "Output")
    only(output, frozenset({"Type"}), "Output.")
    seconds, sample_rate, pitch, ranges = _extras(text(body, "ExtParam"))
    return Speaking(
        text=said.strip(),
        language=choice(body, "TextLang", LANGUAGES) or "zh",
        voice_id=text(body, "VoiceId"),
        recording=recording,
        recording_url="" if recording else url,
        profile=_profile(inner(body, "VoiceProfile")),
        link=choice(output, "Type", frozenset({"data", "url"}), "Output.") == "url",
        seconds=seconds,
        sample_rate=sample_rate,
        pitch=pitch,
        ranges=ranges,
    )


def _recording(encoded: str) -> bytes:
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusedError("InvalidParameterValue", "AudioData is not base64") from error
    if len(data) > MAX_SAMPLE:
        raise RefusedError("RequestSizeLimitExceeded", "AudioData")
    return data


def _profile(given: dict[str, Any]) -> dict[str, Any]:
    only(given, _PROFILE, "VoiceProfile.")
    found: dict[str, Any] = {name: text(given, name, "VoiceProfile.") for name in ("Name", "Description")}
    found["Gender"] = choice(given, "Gender", GENDERS, "VoiceProfile.")
    found["Age"] = choice(given, "Age", AGES, "VoiceProfile.")
    for name in ("Labels", "Scenes"):
        words = given.get(name, [])
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise RefusedError("InvalidParameter", f"VoiceProfile.{name} must be a list of texts")
        found[name] = words
    return found


def _extras(given: str) -> tuple[float, int, int, list[list[float]] | None]:
    if not given:
        return 0.0, USUAL_RATE, 0, None
    try:
        found = json.loads(given)
    except (ValueError, RecursionError) as error:
        raise RefusedError("InvalidParameter", "ExtParam is no JSON") from error
    if not isinstance(found, dict):
        raise RefusedError("InvalidParameter", "ExtParam must hold an object")
    only(found, frozenset({"synExt", "cloneExt", "engine"}), "ExtParam.")  # the sample has the last
    speaking, cloning = inner(found, "synExt"), inner(found, "cloneExt")
    only(speaking, frozenset({"duration", "sampleRate", "pitch"}), "ExtParam.synExt.")
    only(cloning, frozenset({"timeRanges"}), "ExtParam.cloneExt.")
    seconds = speaking.get("duration", 0)
    if not _is_number(seconds) or ("duration" in speaking and not 0 < seconds <= MAX_SECONDS):
        raise _bad("synExt.duration", f"is more than 0 and at most {MAX_SECONDS} seconds")
    rate, pitch = speaking.get("sampleRate", USUAL_RATE), speaking.get("pitch", 0)
    if not _is_whole(rate) or rate not in SAMPLE_RATES:
        raise _bad("synExt.sampleRate", f"is one of {sorted(SAMPLE_RATES)}")
    if not _is_whole(pitch) or not -MAX_PITCH <= pitch <= MAX_PITCH:
        raise _bad("synExt.pitch", f"is a whole number from -{MAX_PITCH} to {MAX_PITCH}")
    return float(seconds), rate, pitch, _ranges(cloning["timeRanges"]) if "timeRanges" in cloning else None


def _ranges(value: Any) -> list[list[float]]:
    place = "cloneExt.timeRanges"
    if not isinstance(value, list) or not value:
        raise _bad(place, "is a list of [from, to]")
    for pair in value:
        if not (isinstance(pair, list) and len(pair) == 2 and all(_is_number(second) for second in pair)):
            raise _bad(place, "is a list of [from, to]")
        if not 0 <= pair[0] < pair[1]:
            raise _bad(place, "goes forward from 0 or later")
    return [[float(begin), float(end)] for begin, end in value]


def _bad(place: str, detail: str) -> RefusedError:
    return RefusedError("InvalidParameterValue", f"ExtParam.{place} {detail}")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

"""The parameters of speaking, and what a recording has to be.

Source: the page of T0311001. It bounds the text, the pitch and the sample rate; the other bounds are ours.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal

import pydantic

from ..params import Group, MediaRule, Params, Widget, choice, media, number, prompt, text
from ..words import Message
from ..words import gettext_noop as _
from .fields import refusal_at
from .languages import DEFAULT, LANGUAGES, Language

TEXT_LIMIT = 2000
VOICE_LIMIT = 200
NAME_LIMIT = 100
DESCRIPTION_LIMIT = 500
MOST_WORDS = 20
MOST_RANGES = 20
PITCHES = (-12, 12)
#: seconds: about what 2000 characters take
LONGEST = 600
RECORDING = MediaRule(kind="audio", media_types=("audio/wav", "audio/mpeg"), max_bytes=20 * 1024 * 1024)

#: 24000 is not in the parameter's table, but taken
SAMPLE_RATES = ("8000", "16000", "22050", "24000", "32000", "44100")
DEFAULT_RATE = "16000"

_RANGE = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)\s*[-–~]\s*(\d{1,5}(?:\.\d{1,3})?)")
_BAD_RANGES = _("Write seconds from and to, like “0-20” or “3.5-8, 12-20”, each later than the one before.")
_TOO_MANY_WORDS = _("At most %(limit)s words; these are %(count)s.")
_NO_RECORDING = _("There is no recording that this could be a part of. Choose one, or leave this empty.")
_EMPTY = _("Write what is to be said.")


def _read_ranges(value: str) -> str:
    if value.strip():
        ranges(value)
    return value


def ranges(value: str) -> list[list[float]]:
    """ "0-20, 30-35.5" in seconds. Raises ValueError with a Message."""
    found: list[list[float]] = []
    for part in re.split(r"[,;，；\n]+", value.strip().strip(",;，；")):
        match = _RANGE.fullmatch(part.strip())
        begin, end = (float(match[1]), float(match[2])) if match else (math.inf, 0.0)
        if begin >= end or (found and begin < found[-1][1]) or len(found) >= MOST_RANGES:
            raise ValueError(Message(_BAD_RANGES))
        found.append([_whole(begin), _whole(end)])
    return found


def _whole(figure: float) -> float:
    return int(figure) if figure.is_integer() else figure


def words(value: str) -> list[str]:
    """ "calm, warm" as a list, in every way to write a comma."""
    return [word.strip() for word in re.split(r"[,;，；、\n]+", value) if word.strip()]


def _read_words(value: str) -> str:
    count = len(words(value))
    if count > MOST_WORDS:
        raise ValueError(Message(_TOO_MANY_WORDS, {"limit": MOST_WORDS, "count": count}))
    return value


Ranges = Annotated[str, pydantic.AfterValidator(_read_ranges)]
Words = Annotated[str, pydantic.AfterValidator(_read_words)]


def _language(label: str, help: str, group: Group, belongs_to: str = "") -> Any:
    return choice(DEFAULT, LANGUAGES, label=label, help=help, group=group, belongs_to=belongs_to, is_language=True)


class SpeakParams(Params):
    prompt: str = prompt(max_length=TEXT_LIMIT, label=_("Text"), placeholder=_("What is to be said"))
    language: Language = _language(_("Language"), _("The language that the text is in."), Group.BASIC)
    voice: str = text(
        label=_("Voice"),
        max_length=VOICE_LIMIT,
        group=Group.BASIC,
        help=_("The id of one of the service's voices, or of one made from a recording. Empty for its usual voice."),
        kept="voice_id",
    )
    seconds: float | None = number(
        None,
        ge=0.5,
        le=LONGEST,
        step=0.5,
        unit="s",
        label=_("Length"),
        help=_("How many seconds the speech is made to last. Empty for as long as the words take."),
        group=Group.STYLE,
        widget=Widget.NUMBER,
    )
    pitch: int = number(
        0,
        ge=PITCHES[0],
        le=PITCHES[1],
        label=_("Pitch"),
        help=_("Lower or higher than the voice is."),
        group=Group.STYLE,
    )
    recording: tuple[str, ...] = media(
        RECORDING,
        label=_("Recording of a voice"),
        help=_("The text is spoken in the voice that is heard here. Use only voices that you may use."),
    )
    recording_language: Language = _language(
        _("Language of the recording"), "", Group.REFERENCES, belongs_to="recording"
    )
    time_ranges: Ranges = text(
        label=_("Parts of the recording"),
        max_length=200,
        group=Group.REFERENCES,
        help=_("Seconds in which the voice is heard alone, like “3.5-8, 12-20”. Empty for the first twenty."),
        placeholder="0-20",
    )
    sample_rate: Literal["8000", "16000", "22050", "24000", "32000", "44100"] = choice(
        DEFAULT_RATE,
        [(rate, f"{int(rate) / 1000:g} kHz") for rate in SAMPLE_RATES],
        label=_("Sample rate"),
        help=_("Higher sounds clearer, and the file is larger."),
        group=Group.ADVANCED,
    )
    profile_name: str = text(
        label=_("Name of the voice"), max_length=NAME_LIMIT, help=_("What the service calls the voice of a recording.")
    )
    profile_description: str = text(
        label=_("Description of the voice"), max_length=DESCRIPTION_LIMIT, help=_("What it is like, in your words.")
    )
    gender: Literal["", "male", "female", "unknown"] = choice(
        "",
        [("", _("Not said")), ("female", _("Woman")), ("male", _("Man")), ("unknown", _("Unknown"))],
        label=_("Whose voice"),
        help=_("Helps the service with the voice of a recording."),
        group=Group.ADVANCED,
    )
    age: Literal["", "child", "teenager", "youth", "middle_aged", "senior", "unknown"] = choice(
        "",
        [
            ("", _("Not said")),
            ("child", _("Child")),
            ("teenager", _("Teenager")),
            ("youth", _("Young")),
            ("middle_aged", _("Middle-aged")),
            ("senior", _("Old")),
            ("unknown", _("Unknown")),
        ],
        label=_("Age"),
        help=_("How old the voice sounds."),
        group=Group.ADVANCED,
    )
    labels: Words = text(
        label=_("Labels"),
        max_length=200,
        help=_("Words for the voice, with commas between them."),
        placeholder=_("warm, deep"),
    )
    scenes: Words = text(
        label=_("Scenes"),
        max_length=200,
        help=_("What the voice is meant for, with commas between them."),
        placeholder=_("narration, advertising"),
    )
    output: Literal["data", "url"] = choice(
        "data",
        [("data", _("With the answer")), ("url", _("By link"))],
        label=_("Delivery"),
        help=_("Long texts at a high sample rate come more safely as a link."),
        group=Group.ADVANCED,
    )

    @pydantic.model_validator(mode="after")
    def _check_together(self) -> SpeakParams:
        if not self.prompt.strip():
            raise refusal_at("prompt", self, _EMPTY)
        if self.time_ranges.strip() and not self.recording:
            raise refusal_at("time_ranges", self, _NO_RECORDING)
        return self

"""The parameters of HappyHorse's operations, and what its files have to be.

Source: the pages of T0401001 (from words), T0401002 (from a first frame), T0401003 (from references) and T0401004
(editing). Megabytes are read as 1024 × 1024 bytes.
"""

from __future__ import annotations

from typing import Any, Literal

import pydantic

from ..params import Group, MediaRule, Params, Widget, choice, media, prompt, read_fields, seed, switch
from ..words import gettext_noop as _
from .fields import refusal_at

MEGABYTE = 1024 * 1024
#: characters, a Chinese one as two of them: 2500 Chinese or 5000 others
PROMPT_LIMIT = 5000
SEED_LIMIT = 2147483647
SHORTEST, LONGEST = 3, 15
RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4")

FIRST_FRAME = MediaRule(max_bytes=20 * MEGABYTE, min_side=300, min_ratio=0.4, max_ratio=2.5)
#: of references; the page of editing does not say so, and we read it as that of references does
SPOKEN = "[Image {number}]"
REFERENCE = MediaRule(max_items=9, max_bytes=20 * MEGABYTE, min_side=400, spoken=SPOKEN)
EDIT_REFERENCE = MediaRule(
    max_items=5, max_bytes=20 * MEGABYTE, min_side=300, min_ratio=0.4, max_ratio=2.5, spoken=SPOKEN
)
FILM = MediaRule(
    kind="video",
    media_types=("video/mp4", "video/quicktime"),
    max_bytes=100 * MEGABYTE,
    min_side=320,
    max_side=2160,
    min_ratio=0.4,
    max_ratio=2.5,
    min_seconds=3,
    max_seconds=60,
    min_rate=8,
    open_rate=True,
)

Ratio = Literal["16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4"]
Resolution = Literal["720P", "1080P"]
Duration = Literal["3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]

_NO_SUCH_PICTURE = _("The prompt speaks of [Image %(number)s]. References added: %(count)s.")
_NO_PICTURES = _(
    "The prompt speaks of [Image %(number)s], but there are no references. Add the picture, or change the prompt."
)
_EMPTY = _("Write a prompt first.")


def _words(**more: Any) -> Any:
    return prompt(max_length=PROMPT_LIMIT, wide_counts=2, **more)


def _resolution() -> Any:
    return choice(
        "720P",
        [("720P", "720p"), ("1080P", "1080p")],
        label=_("Resolution"),
        help=_("1080p costs twice as much."),
    )


def _duration() -> Any:
    return choice(
        "5",
        [(str(seconds), f"{seconds} s") for seconds in range(SHORTEST, LONGEST + 1)],
        label=_("Length"),
        help=_("How long the video is. Each second costs the same."),
    )


def _watermark() -> Any:
    return switch(
        label=_("Watermark"), help=_("Writes “Happy Horse” into the lower right corner."), group=Group.ADVANCED
    )


def _seed() -> Any:
    return seed(maximum=SEED_LIMIT, flag="")


class HappyHorseParams(Params):
    """What all of them check."""

    @pydantic.model_validator(mode="after")
    def _check_words(self) -> HappyHorseParams:
        words = str(getattr(self, "prompt", ""))
        if type(self).model_fields["prompt"].is_required() and not words.strip():
            raise refusal_at("prompt", self, _EMPTY)
        rules = {spec.name: spec.media for spec in read_fields(type(self)) if spec.media is not None}
        for name, rule in rules.items():
            count = len(getattr(self, name))
            for number in rule.numbers_in(words):
                if not 1 <= number <= count:
                    sentence = _NO_SUCH_PICTURE if count else _NO_PICTURES
                    raise refusal_at("prompt", self, sentence, number=number, count=count)
        return self


class CreateParams(HappyHorseParams):
    prompt: str = _words()
    references: tuple[str, ...] = media(
        REFERENCE,
        label=_("References"),
        help=_("People and things for the video. Call them [Image 1], [Image 2] … in the prompt, in their order."),
    )
    ratio: Ratio = choice("16:9", [(ratio, ratio) for ratio in RATIOS], label=_("Aspect ratio"), widget=Widget.RATIO)
    resolution: Resolution = _resolution()
    duration: Duration = _duration()
    watermark: bool = _watermark()
    seed: int | None = _seed()


class AnimateParams(HappyHorseParams):
    """The shape is the first frame's."""

    prompt: str = _words(required=False, placeholder=_("What should move, and how"))
    resolution: Resolution = _resolution()
    duration: Duration = _duration()
    watermark: bool = _watermark()
    seed: int | None = _seed()


class EditParams(HappyHorseParams):
    """Shape and length are the film's, of which the first fifteen seconds are taken."""

    prompt: str = _words(placeholder=_("What should change, and what should stay"))
    references: tuple[str, ...] = media(
        EDIT_REFERENCE, label=_("References"), help=_("Pictures of what should come into the video.")
    )
    resolution: Resolution = _resolution()
    sound: Literal["auto", "origin"] = choice(
        "auto",
        [("auto", _("As the model likes")), ("origin", _("Keep the video's own"))],
        label=_("Sound"),
    )
    watermark: bool = _watermark()
    seed: int | None = _seed()


def expected_size(params: CreateParams) -> tuple[int, int]:
    """Width and height: as many pixels as 16:9 has, in the shape that was asked for (read as)."""
    across, _colon, down = params.ratio.partition(":")
    slope = int(across) / int(down)
    pixels = 1920 * 1080 if params.resolution == "1080P" else 1280 * 720
    return round((pixels * slope) ** 0.5 / 8) * 8, round((pixels / slope) ** 0.5 / 8) * 8

"""The parameters of GPT Image-2 and Veo 3.1, and what their pictures have to be.

Source: the pages of T0302007 and T0301004, and docs/talkingdata.md. Neither has a bound of the words; those are ours.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import pydantic

from ..params import Group, MediaRule, Params, Widget, choice, media, number, prompt, seed, switch, text
from ..words import Message
from ..words import gettext_noop as _
from .fields import refusal_at

PROMPT_LIMIT = 4000
NEGATIVE_LIMIT = 1000
TEXTS_LIMIT = 2000
EXTRA_LIMIT = 2000
FILE_ID_LIMIT = 64
PRIORITIES = (-10, 10)
SEED_LIMIT = 2147483647
MOST_PICTURES = 3

PICTURE_BYTES = 10 * 1024 * 1024
PICTURE_TYPES = ("image/jpeg", "image/png")
PICTURE = MediaRule(max_bytes=PICTURE_BYTES, media_types=PICTURE_TYPES)
PICTURES = MediaRule(max_items=MOST_PICTURES, max_bytes=PICTURE_BYTES, media_types=PICTURE_TYPES)
#: beside the one that is changed
MORE_PICTURES = MediaRule(max_items=MOST_PICTURES - 1, max_bytes=PICTURE_BYTES, media_types=PICTURE_TYPES)

FILM_RATIOS = ("16:9", "9:16")
IMAGE_RATIOS = ("1:1", "3:2", "2:3", "3:4", "4:3", "16:9", "9:16", "21:9", "9:21")
ImageRatio = Literal["1:1", "3:2", "2:3", "3:4", "4:3", "16:9", "9:16", "21:9", "9:21"]
Quality = Literal["image2_low", "image2_medium", "image2_high"]
Check = Literal["Enabled", "Disabled"]
Persons = Literal["AllowAdult", "AllowAll"]
Region = Literal["Mainland", "Oversea"]
Storage = Literal["Temporary", "Permanent"]

DEFAULT_IMAGE_SIZE = "2K"
DEFAULT_FILM_SIZE = "720P"
DEFAULT_REGION = "Mainland"

_EMPTY = _("Write a prompt first.")
_NO_WORDS_AND_NO_PICTURES = _("Write a prompt, or give a picture.")
_TOO_MANY_TEXTS = _("There are more descriptions than pictures: %(lines)s lines for %(count)s.")
_NO_FIRST_FRAME = _("A last frame needs a first frame. Choose one, or take the last frame out.")
_TWO_LAST_FRAMES = _("There can be one last frame. Take out the picture or its id.")
_BAD_ID = _("A file id is letters, digits, - and _.")
_FRAMES_OR_REFERENCES = _("References and frames can't go together. Take out the ones or the others.")


def _read_id(value: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z_-]*", value.strip()):
        raise ValueError(Message(_BAD_ID))
    return value.strip()


FileId = Annotated[str, pydantic.AfterValidator(_read_id)]


def lines(texts: str) -> list[str]:
    """One description a line; "-" and an empty line leave their picture without one."""
    found = [line.strip() for line in texts.rstrip().split("\n")] if texts.strip() else []
    return ["" if line == "-" else line for line in found]


# ── fields that both models have ─────────────────────────────────────────────


def _negative() -> Any:
    return text(
        label=_("Without"),
        max_length=NEGATIVE_LIMIT,
        group=Group.STYLE,
        help=_("Words for what should not appear."),
        placeholder=_("text, people"),
    )


def _enhance() -> Any:
    return switch(
        label=_("Improve the prompt"), help=_("The service rewrites your words before it begins."), group=Group.STYLE
    )


def _persons() -> Any:
    return choice(
        "AllowAdult",
        [("AllowAdult", _("Adults")), ("AllowAll", _("Everybody"))],
        label=_("People"),
        help=_("Who may appear."),
        group=Group.ADVANCED,
    )


def _input_check() -> Any:
    return _check(_("Filter what I send"), _("The service looks at words and pictures before it starts."))


def _output_check() -> Any:
    return _check(_("Filter the result"), _("The service looks at the result before it hands it over."))


def _check(label: str, help: str) -> Any:
    return choice(
        "Enabled", [("Enabled", _("On")), ("Disabled", _("Off"))], label=label, help=help, group=Group.ADVANCED
    )


def _region() -> Any:
    return choice(
        DEFAULT_REGION,
        [("Mainland", _("Mainland China")), ("Oversea", _("Elsewhere"))],
        label=_("Where the files are"),
        help=_("From where the service downloads the pictures that you give it."),
        group=Group.ADVANCED,
    )


def _storage() -> Any:
    return choice(
        "Temporary",
        [("Temporary", _("For seven days")), ("Permanent", _("For good"))],
        label=_("Kept at the service"),
        help=_("The studio keeps its own copy in any case."),
        group=Group.ADVANCED,
    )


def _priority() -> Any:
    return number(
        0,
        ge=PRIORITIES[0],
        le=PRIORITIES[1],
        label=_("Priority"),
        help=_("Higher goes first among the studio's own jobs at the service."),
        group=Group.ADVANCED,
    )


def _extra() -> Any:
    return text(
        label=_("Extra settings"),
        max_length=EXTRA_LIMIT,
        help=_("Handed to the model as it is; leave it empty if nobody told you what to write."),
        group=Group.ADVANCED,
    )


# ── GPT Image-2 ──────────────────────────────────────────────────────────────


def _quality() -> Any:
    return choice(
        "image2_medium",
        [("image2_low", _("Draft")), ("image2_medium", _("Standard")), ("image2_high", _("High"))],
        label=_("Quality"),
        help=_("Finer takes longer. Standard costs twice as much as a draft, high four times."),
    )


def _image_size() -> Any:
    return choice(
        DEFAULT_IMAGE_SIZE,
        [("1K", "1K"), ("2K", "2K"), ("4K", "4K")],
        label=_("Resolution"),
        help=_("4K costs twice as much."),
    )


def _ratio(default: str, ratios: Iterable[str]) -> Any:
    options = [(ratio, ratio) for ratio in ratios]
    if not default:
        options.insert(0, ("", _("Like the picture")))
    return choice(default, options, label=_("Aspect ratio"), widget=Widget.RATIO)


def _texts(placeholder: str = _("The cat in the living room")) -> Any:
    return text(
        label=_("What the pictures show"),
        max_length=TEXTS_LIMIT,
        group=Group.REFERENCES,
        help=_("One line for each picture, in their order; “-” for a picture that needs none."),
        placeholder=placeholder,
        long=True,
    )


class ImageParams(Params):
    """What both operations of GPT Image-2 have and check. What each says for itself keeps its place among these."""

    prompt: str
    references: tuple[str, ...]
    texts: str = _texts()
    quality: Quality = _quality()
    ratio: str
    resolution: Literal["1K", "2K", "4K"] = _image_size()
    negative: str = _negative()
    enhance: bool = _enhance()
    seed: int | None = seed(maximum=SEED_LIMIT, flag="")
    persons: Persons = _persons()
    input_check: Check = _input_check()
    output_check: Check = _output_check()
    region: Region = _region()
    storage: Storage = _storage()
    priority: int = _priority()
    extra: str = _extra()

    @pydantic.model_validator(mode="after")
    def _check_together(self) -> ImageParams:
        given = 1 if isinstance(self, ReworkParams) else 0
        count = given + len(self.references)
        if not self.prompt.strip() and (given or not count):
            raise refusal_at("prompt", self, _EMPTY if given else _NO_WORDS_AND_NO_PICTURES)
        described = len(lines(self.texts))
        if described > count:
            raise refusal_at("texts", self, _TOO_MANY_TEXTS, lines=described, count=count)
        return self


class CreateImageParams(ImageParams):
    prompt: str = prompt(max_length=PROMPT_LIMIT, required=False)
    references: tuple[str, ...] = media(
        PICTURES, label=_("References"), help=_("Pictures that the result is made from.")
    )
    ratio: ImageRatio = _ratio("1:1", IMAGE_RATIOS)


class ReworkParams(ImageParams):
    prompt: str = prompt(max_length=PROMPT_LIMIT, placeholder=_("What should change, and what should stay"))
    references: tuple[str, ...] = media(
        MORE_PICTURES, label=_("References"), help=_("Pictures to take something from, beside the one that is changed.")
    )
    ratio: Literal[ImageRatio, ""] = _ratio("", IMAGE_RATIOS)


# ── Veo 3.1 ──────────────────────────────────────────────────────────────────


def _film_size() -> Any:
    return choice(
        DEFAULT_FILM_SIZE,
        [("720P", "720p"), ("1080P", "1080p")],
        label=_("Resolution"),
        help=_("1080p costs twice as much."),
    )


def _sound() -> Any:
    return switch(
        label=_("Sound"), help=_("Voices, noises and music that belong to the video."), group=Group.BASIC, default=True
    )


def _scene() -> Any:
    return choice(
        "",
        [("", _("Usual")), ("motion_control", _("Led by movement"))],
        label=_("Kind of scene"),
        help=_("What the service calls its kinds of videos; most need none."),
        group=Group.ADVANCED,
    )


def _last_frame_id() -> Any:
    return text(
        label=_("File id of the last frame"),
        max_length=FILE_ID_LIMIT,
        help=_("Of a picture that the service keeps for good, in place of a last frame."),
        group=Group.ADVANCED,
    )


def _last_frame() -> Any:
    return media(PICTURE, label=_("Last frame"), help=_("The picture that the video ends on."))


class FilmParams(Params):
    """What both operations of Veo have and check. What each says for itself keeps its place among these."""

    prompt: str
    ratio: str
    resolution: Literal["720P", "1080P"] = _film_size()
    sound: bool = _sound()
    negative: str = _negative()
    enhance: bool = _enhance()
    seed: int | None = seed(maximum=SEED_LIMIT, flag="")
    last_frame_id: FileId = _last_frame_id()
    scene: Literal["", "motion_control"] = _scene()
    persons: Persons = _persons()
    input_check: Check = _input_check()
    output_check: Check = _output_check()
    region: Region = _region()
    storage: Storage = _storage()
    priority: int = _priority()
    extra: str = _extra()

    def _check_last_frame(self, file: tuple[str, ...]) -> None:
        if file and self.last_frame_id:
            raise refusal_at("last_frame_id", self, _TWO_LAST_FRAMES)


class CreateFilmParams(FilmParams):
    prompt: str = prompt(max_length=PROMPT_LIMIT, required=False)
    first_frame: tuple[str, ...] = media(
        PICTURE, label=_("First frame"), help=_("The picture that the video begins with.")
    )
    last_frame: tuple[str, ...] = _last_frame()
    references: tuple[str, ...] = media(
        PICTURES, label=_("References"), help=_("Pictures of who and what should be in the video.")
    )
    ratio: Literal["16:9", "9:16"] = _ratio("16:9", FILM_RATIOS)

    @pydantic.model_validator(mode="after")
    def _check_together(self) -> CreateFilmParams:
        self._check_last_frame(self.last_frame)
        ends = bool(self.last_frame or self.last_frame_id)
        if self.references and (self.first_frame or ends):
            raise refusal_at("references", self, _FRAMES_OR_REFERENCES)
        if ends and not self.first_frame:
            raise refusal_at("last_frame" if self.last_frame else "last_frame_id", self, _NO_FIRST_FRAME)
        if not self.prompt.strip() and not (self.references or self.first_frame):
            raise refusal_at("prompt", self, _NO_WORDS_AND_NO_PICTURES)
        return self


class AnimateParams(FilmParams):
    prompt: str = prompt(max_length=PROMPT_LIMIT, required=False, placeholder=_("What should move, and how"))
    last_frame: tuple[str, ...] = _last_frame()
    ratio: Literal["16:9", "9:16", ""] = _ratio("", FILM_RATIOS)

    @pydantic.model_validator(mode="after")
    def _check_together(self) -> AnimateParams:
        self._check_last_frame(self.last_frame)
        return self


def nearest_ratio(params: Params, width: int, height: int) -> str:
    """The ratio that is most like a picture of this size, of those that the parameters offer."""
    slope = math.log(width / height) if width and height else 0.0
    known = FILM_RATIOS if isinstance(params, FilmParams) else IMAGE_RATIOS
    return min(known, key=lambda ratio: abs(math.log(_slope(ratio)) - slope))


def expected_size(params: Params) -> tuple[int, int] | None:
    """Width and height as we read the names; None for parameters of other models, and where a picture decides."""
    if isinstance(params, CreateFilmParams):
        side = 1080 if params.resolution == "1080P" else 720
        across, down = side * 16 // 9, side
        return (across, down) if params.ratio == "16:9" else (down, across)
    if isinstance(params, CreateImageParams):
        slope = _slope(params.ratio)
        side = {"1K": 1024, "2K": 2048, "4K": 4096}[params.resolution]
        return round(side * slope**0.5 / 16) * 16, round(side / slope**0.5 / 16) * 16
    return None


def _slope(ratio: str) -> float:
    across, _colon, down = ratio.partition(":")
    return int(across) / int(down)

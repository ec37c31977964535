"""The parameters of every operation, one class a version and operation.

Built from `versions.VERSIONS`, so that each class offers only what its version takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal

import pydantic

from ..params import (
    Group,
    MediaRule,
    Params,
    Widget,
    boards,
    choice,
    media,
    number,
    prompt,
    seed,
    switch,
    text,
)
from ..words import Message
from ..words import gettext_noop as _
from .prompts import DEFAULTS, FLAG, TEXT_LIMIT, flags, on_one_line, unusable_words
from .versions import Version

RATIOS = ("1:1", "4:3", "3:2", "16:9", "21:9", "3:4", "2:3", "9:16")
#: The service names no bound of the ratio; beyond this its pictures are strips (our choice).
STEEPEST_RATIO = 4
_RATIO_PART_LIMIT = 10_000

#: 20 are known of v8.1 alone; nothing is known of the others, so they get the same.
MAX_REFERENCES = 20
#: Nothing is said of how many moodboards one prompt takes (our choice).
MAX_BOARDS = 5

SPEED_LABELS = {"draft": _("Draft"), "fast": _("Fast"), "turbo": _("Turbo")}

# ── values with rules of their own ───────────────────────────────────────────


def _refuse(sentence: str, **values: Any) -> ValueError:
    return ValueError(Message(sentence, values))


def read_ratio(value: Any) -> Any:
    """ "W:H" in whole numbers without leading zeros; raises ValueError with a Message."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*([0-9]{1,9})\s*[:：]\s*([0-9]{1,9})\s*", value)
    if match is None:
        raise _refuse(_("The aspect ratio is written like 16:9, in whole numbers."))
    width, height = int(match[1]), int(match[2])
    if not (0 < width <= _RATIO_PART_LIMIT and 0 < height <= _RATIO_PART_LIMIT):
        raise _refuse(_("The numbers of the aspect ratio go from 1 to %(limit)s."), limit=_RATIO_PART_LIMIT)
    if max(width, height) > STEEPEST_RATIO * min(width, height):
        raise _refuse(_("The aspect ratio goes from 1:%(limit)s to %(limit)s:1."), limit=STEEPEST_RATIO)
    return f"{width}:{height}"


def _read_negative(value: str) -> str:
    if FLAG.search(value):
        raise _refuse(_("“Without” takes plain words, no -- parameters."))
    return on_one_line(value)


def _read_style_codes(value: str) -> str:
    codes = value.replace(",", " ").split()
    if not all(re.fullmatch(r"random|[0-9]{1,20}", code) for code in codes):
        raise _refuse(_("Style codes are numbers or the word “random”, with blanks between them."))
    return " ".join(codes)


def _read_moodboards(value: str) -> str:
    codes = value.replace(",", " ").split()
    if not all(re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}", code) for code in codes):
        raise _refuse(_("Moodboards are given by their ids: letters, digits, - and _, with blanks between them."))
    return " ".join(codes)


Ratio = Annotated[str, pydantic.BeforeValidator(read_ratio)]
Negative = Annotated[str, pydantic.AfterValidator(_read_negative)]
StyleCodes = Annotated[str, pydantic.AfterValidator(_read_style_codes)]
Moodboards = Annotated[str, pydantic.AfterValidator(_read_moodboards)]
References = tuple[str, ...]


def _one_of(values: Iterable[str]) -> Any:
    literal: Any = Literal
    return literal[tuple(values)]


# ── diffusion ────────────────────────────────────────────────────────────────


class DiffusionParams(Params):
    """What all versions share; `diffusion_params()` adds the fields."""

    version: ClassVar[Version]

    @pydantic.model_validator(mode="after")
    def _check_words(self) -> DiffusionParams:
        values = dict(self)
        words = on_one_line(values["prompt"])
        if not words and len(values["image_prompts"]) < 2:
            raise _at_prompt(type(self), "string_too_short", values["prompt"], {"min_length": 1})
        for sentence in unusable_words(self.version, words):
            raise _at_prompt(type(self), "value_error", words, {"error": ValueError(Message(sentence))})
        # links are not known yet; what is already too long will not become shorter with them
        length = len(" ".join([words, *flags(values, {}), self.version.flag]))
        if length > TEXT_LIMIT:
            sentence = _("The prompt with its parameters can have %(limit)s characters; this has %(length)s.")
            problem = Message(sentence, {"limit": TEXT_LIMIT, "length": length})
            raise _at_prompt(type(self), "value_error", words, {"error": ValueError(problem)})
        return self


def _at_prompt(model: type[Params], kind: Any, given: str, context: dict[str, Any]) -> pydantic.ValidationError:
    """An error that shows at the prompt although it took several fields to see it."""
    return pydantic.ValidationError.from_exception_data(
        model.__name__, [{"type": kind, "loc": ("prompt",), "input": given, "ctx": context}]
    )


def refusal_at(name: str, params: Params, sentence: str, **values: Any) -> pydantic.ValidationError:
    """A refusal that shows at one field although it took several to see it."""
    error = _refuse(sentence, **values)
    return pydantic.ValidationError.from_exception_data(
        type(params).__name__,
        [{"type": "value_error", "loc": (name,), "input": getattr(params, name), "ctx": {"error": error}}],
    )


def diffusion_params(version: Version) -> type[DiffusionParams]:
    """The class of parameters for text to image with this version."""
    fields: dict[str, Any] = {
        "prompt": (str, prompt(max_length=version.words_limit, required=False)),
        "ratio": (
            Ratio,
            choice(
                DEFAULTS["ratio"],
                [(ratio, ratio) for ratio in RATIOS],
                label=_("Aspect ratio"),
                widget=Widget.RATIO,
                flag="--ar",
            ),
        ),
    }
    if len(version.speeds) > 1:
        fields["speed"] = (
            _one_of(version.speeds),
            choice(
                DEFAULTS["speed"],
                [(speed, SPEED_LABELS[speed]) for speed in version.speeds],
                label=_("Speed"),
                help=_("Turbo is quicker and costs twice as much.")
                if "draft" not in version.speeds
                else _("Draft is rougher at half the price; turbo is quicker at twice the price."),
            ),
        )
    fields["seed"] = (int | None, seed())
    fields |= _style()
    fields |= _references(version)
    fields |= _advanced(version)
    made: type[DiffusionParams] = pydantic.create_model(
        f"Diffusion_{version.slug.replace('.', '_')}", __base__=DiffusionParams, __module__=__name__, **fields
    )
    made.version = version
    return made


def _style() -> dict[str, Any]:
    return {
        "stylize": (
            int,
            number(
                DEFAULTS["stylize"],
                ge=0,
                le=1000,
                label=_("Stylize"),
                help=_("How far the model may leave your words for its own taste."),
                flag="--stylize",
            ),
        ),
        "chaos": (
            int,
            number(
                DEFAULTS["chaos"],
                ge=0,
                le=100,
                label=_("Chaos"),
                help=_("How different the four pictures are from one another."),
                flag="--chaos",
            ),
        ),
        "raw": (
            bool,
            switch(
                label=_("Raw style"),
                help=_("Less of the model's own beauty, closer to your words."),
                flag="--raw",
            ),
        ),
    }


def _pictures(label: str, flag: str, help: str, limit: int = MAX_REFERENCES) -> tuple[Any, Any]:
    return (References, media(MediaRule(max_items=limit), label=label, flag=flag, help=help))


def _weight(field: str, owner: str, label: str, flag: str, *, least: int = 0, most: int) -> tuple[Any, Any]:
    return (
        int,
        number(DEFAULTS[field], ge=least, le=most, label=label, flag=flag, group=Group.REFERENCES, belongs_to=owner),
    )


def _references(version: Version) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "image_prompts": _pictures(_("Image"), "", _("Pictures that the result takes its content from.")),
        "image_weight": (
            float,
            number(
                DEFAULTS["image_weight"],
                ge=0,
                le=version.image_weight_limit,
                step=0.05,
                label=_("Image weight"),
                flag="--iw",
                group=Group.REFERENCES,
                belongs_to="image_prompts",
            ),
        ),
        "style_references": _pictures(_("Style"), "--sref", _("Pictures that the result takes its look from.")),
        "style_weight": _weight("style_weight", "style_references", _("Style weight"), "--sw", most=1000),
    }
    if len(version.style_versions) > 1:
        fields["style_version"] = (
            _one_of(("", *version.style_versions)),
            choice(
                DEFAULTS["style_version"],
                [("", _("Automatic")), *((item, item) for item in version.style_versions)],
                label=_("Style version"),
                help=_("Which reading of style references to use."),
                flag="--sv",
                group=Group.REFERENCES,
                belongs_to="style_references",
            ),
        )
    fields["style_codes"] = (
        StyleCodes,
        text(
            label=_("Style codes"),
            max_length=400,
            group=Group.REFERENCES,
            help=_("Numbers of styles, or “random”."),
            placeholder=_("random"),
            flag="--sref",
        ),
    )
    fields["boards"] = (
        References,
        boards(
            label=_("Moodboards"),
            max_items=MAX_BOARDS,
            help=_("The result takes its look from all their pictures together."),
            flag="--p",
        ),
    )
    fields["moodboards"] = (
        Moodboards,
        text(
            label=_("Moodboard ids"),
            max_length=1000,
            group=Group.REFERENCES,
            help=_("Ids of moodboards at the service."),
            flag="--p",
        ),
    )
    if version.characters:
        fields["character_references"] = _pictures(
            _("Character"), "--cref", _("Pictures of a character that should appear.")
        )
        fields["character_weight"] = _weight(
            "character_weight", "character_references", _("Character weight"), "--cw", most=100
        )
    if version.omni:
        fields["omni_reference"] = _pictures(
            _("Subject"), "--oref", _("A picture of a person or thing that should appear."), 1
        )
        fields["omni_weight"] = _weight(
            "omni_weight", "omni_reference", _("Subject weight"), "--ow", least=1, most=1000
        )
    return fields


def _advanced(version: Version) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "negative": (
            Negative,
            text(
                label=_("Without"),
                max_length=1000,
                help=_("Words for what should not appear."),
                placeholder=_("text, people"),
                flag="--no",
            ),
        )
    }
    if version.weird:
        fields["weird"] = (
            int,
            number(
                DEFAULTS["weird"],
                ge=0,
                le=3000,
                label=_("Weird"),
                help=_("How strange the pictures may be."),
                group=Group.ADVANCED,
                widget=Widget.NUMBER,
                flag="--weird",
            ),
        )
    if version.exp:
        fields["exp"] = (
            int,
            number(
                DEFAULTS["exp"],
                ge=0,
                le=100,
                label=_("Experimental look"),
                help=_("More detail and drama; high values leave your words."),
                group=Group.ADVANCED,
                flag="--exp",
            ),
        )
    fields["quality"] = (
        _one_of(version.qualities),
        choice(
            DEFAULTS["quality"],
            [(item, item) for item in version.qualities],
            label=_("Quality"),
            help=_("How much work goes into the details."),
            group=Group.ADVANCED,
            flag="--quality",
        ),
    )
    if version.stop:
        fields["stop"] = (
            int,
            number(
                DEFAULTS["stop"],
                ge=10,
                le=100,
                label=_("Stop at"),
                unit="%",
                help=_("Ends early, for softer pictures."),
                group=Group.ADVANCED,
                flag="--stop",
            ),
        )
    if version.tile:
        fields["tile"] = (
            bool,
            switch(
                label=_("Seamless tile"),
                help=_("Pictures that repeat without a seam."),
                group=Group.ADVANCED,
                flag="--tile",
            ),
        )
    return fields

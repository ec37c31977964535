"""The parameters of making and of editing pictures.

What is left at "Automatic" is left out of the request: the many servers that speak this interface know some of
these parameters, and refuse or ignore the others.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import pydantic

from ..params import Group, MediaRule, Params, Widget, choice, mask, prompt
from ..words import Message
from ..words import gettext_noop as _

#: characters; OpenAI's bound for its newest models
PROMPT_LIMIT = 32_000
#: bytes of a picture to edit
PICTURE = MediaRule(media_types=("image/png", "image/jpeg", "image/webp"), max_bytes=50 * 1024 * 1024 - 1)
AUTO = "auto"
MOST_RESULTS = 10

Words = Annotated[str, pydantic.BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value)]
Size = Literal["auto", "512x512", "1024x1024", "1536x1024", "1024x1536", "1792x1024", "1024x1792"]
Count = Literal["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]

_AUTOMATIC = (AUTO, _("Automatic"))
_SIZES = (
    _AUTOMATIC,
    *((size, size.replace("x", " × ")) for size in get_args(Size)[1:]),
)


def _size(default: str) -> Any:
    return choice(default, _SIZES, label=_("Size"), help=_("In pixels. Which there are is up to the model."))


class _ImageParams(Params):
    """What both have."""

    size: Size = _size("1024x1024")
    quality: Literal["auto", "low", "medium", "high", "standard", "hd"] = choice(
        "medium",
        [
            _AUTOMATIC,
            ("low", _("Low")),
            ("medium", _("Medium")),
            ("high", _("High")),
            ("standard", _("Standard")),
            ("hd", _("HD")),
        ],
        label=_("Quality"),
        help=_("Which there are is up to the model; “Automatic” leaves it to it."),
    )
    results: Count = choice(
        "1",
        [(str(count), str(count)) for count in range(1, MOST_RESULTS + 1)],
        label=_("Results"),
        widget=Widget.CHOICE,
    )
    background: Literal["auto", "transparent", "opaque"] = choice(
        AUTO,
        [_AUTOMATIC, ("transparent", _("Transparent")), ("opaque", _("Opaque"))],
        label=_("Background"),
        group=Group.ADVANCED,
    )
    output_format: Literal["png", "jpeg", "webp"] = choice(
        "png", [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WebP")], label=_("File format"), group=Group.ADVANCED
    )

    @pydantic.field_validator("output_format")
    @classmethod
    def _check_format(cls, value: str, info: pydantic.ValidationInfo) -> str:
        if value == "jpeg" and info.data.get("background") == "transparent":
            raise ValueError(Message(_("JPEG has no transparency. Choose PNG or WebP.")))
        return value


class GenerateParams(_ImageParams):
    prompt: Words = prompt(max_length=PROMPT_LIMIT)


class EditParams(_ImageParams):
    prompt: Words = prompt(
        max_length=PROMPT_LIMIT, label=_("Prompt"), placeholder=_("What the whole picture should show")
    )
    mask: tuple[str, ...] = mask(help=_("What is painted over is made anew. Without paint, the whole picture is."))
    size: Size = _size(AUTO)

"""The parameters of every operation, one class a model and operation, built from `families.FAMILIES`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

import pydantic

from ..params import Group, MediaRule, Params, Widget, choice, media, number, prompt, switch, text
from ..words import Message
from ..words import gettext_noop as _
from .families import Family

#: The document names no bound of the words; these are ours.
PROMPT_LIMIT = 4000
NEGATIVE_LIMIT = 1000
TEXTS_LIMIT = 2000

#: "smaller than 7M is recommended": we hold to it
PICTURE_BYTES = 7 * 1024 * 1024
PRIORITIES = (-10, 10)

#: As the document lists them: heights that go with an aspect ratio, and sizes that are one by themselves.
HEIGHTS = ("720P", "1080P", "2K", "4K")
SIZES = (
    "1024x1024",
    "2048x2048",
    "2304x1728",
    "2496x1664",
    "2560x1440",
    "3024x1296",
    "4096x4096",
    "4694x3520",
    "4992x3328",
    "5404x3040",
    "6198x2656",
)
RESOLUTIONS = HEIGHTS + SIZES
#: those of 4096 pixels square or about as many, which cost twice as much
LARGE = ("4K", "4096x4096", "4694x3520", "4992x3328", "5404x3040", "6198x2656")

PERSONS = ("AllowAdult", "Disallowed")
STORAGES = ("Temporary", "Permanent")

_AUTOMATIC = ("", _("Automatic"))
_FILE_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")

_NO_WORDS_AND_NO_PICTURES = _("Write a prompt, or give a picture.")
_TOO_MANY_FILES = _("This model takes %(limit)s pictures together with the ids; these are %(count)s.")
_TOO_MANY_TEXTS = _("There are more descriptions than pictures: %(lines)s lines for %(count)s.")
_BAD_IDS = _("File ids are letters, digits, - and _, with blanks between them.")
_SIZE_HAS_RATIO = _("This resolution is a size of its own. Choose the automatic aspect ratio, or another resolution.")


def _read_ids(value: str) -> str:
    ids = value.replace(",", " ").split()
    if not all(_FILE_ID.fullmatch(item) for item in ids):
        raise ValueError(Message(_BAD_IDS))
    return " ".join(ids)


FileIds = Annotated[str, pydantic.AfterValidator(_read_ids)]
References = tuple[str, ...]


def lines(texts: str) -> list[str]:
    """One description a line; "-" and an empty line leave their picture without one."""
    found = [line.strip() for line in texts.rstrip().split("\n")] if texts.strip() else []
    return ["" if line == "-" else line for line in found]


class PictureParams(Params):
    """What both operations share; `create_params()` and `edit_params()` add the fields."""

    family: ClassVar[Family]
    #: pictures that the operation starts from, beside the references
    given: ClassVar[int] = 0

    @property
    def file_ids_list(self) -> list[str]:
        return str(getattr(self, "file_ids", "")).split()

    @pydantic.model_validator(mode="after")
    def _check_together(self) -> PictureParams:
        ids = len(self.file_ids_list)
        count = self.given + len(getattr(self, "references", ())) + ids
        if not str(getattr(self, "prompt", "")).strip() and (not count or self.given):
            raise _refusal(self, "prompt", "" if self.given else _NO_WORDS_AND_NO_PICTURES)
        if count > self.family.max_files:
            raise _refusal(
                self, "file_ids" if ids else "references", _TOO_MANY_FILES, limit=self.family.max_files, count=count
            )
        described = len(lines(str(getattr(self, "texts", ""))))
        if described > count:
            raise _refusal(self, "texts", _TOO_MANY_TEXTS, lines=described, count=count)
        if getattr(self, "ratio", "") and getattr(self, "resolution", "") in SIZES:
            raise _refusal(self, "ratio", _SIZE_HAS_RATIO)
        return self


def _refusal(params: Params, name: str, sentence: str, **values: Any) -> pydantic.ValidationError:
    """A refusal that shows at one field although it took several to see it; without a sentence, that it is missing."""
    kind: Any = "value_error" if sentence else "string_too_short"
    context: dict[str, Any] = {"error": ValueError(Message(sentence, values))} if sentence else {"min_length": 1}
    return pydantic.ValidationError.from_exception_data(
        type(params).__name__, [{"type": kind, "loc": (name,), "input": getattr(params, name), "ctx": context}]
    )


def _one_of(values: Iterable[str]) -> Any:
    literal: Any = Literal
    return literal[tuple(values)]


def create_params(family: Family) -> type[PictureParams]:
    """The parameters of pictures from words, with or without pictures to work from."""
    words = prompt(max_length=PROMPT_LIMIT, required=False)
    return _params(family, "Create", {"prompt": (str, words), **_shape(family), **_style(), **_files(family)}, given=0)


def edit_params(family: Family) -> type[PictureParams]:
    """The parameters of changing one picture with words. Several pictures together are a matter of creating."""
    words = prompt(max_length=PROMPT_LIMIT, placeholder=_("What should change, and what should stay"))
    return _params(family, "Edit", {"prompt": (str, words), **_shape(family), **_style()}, given=1)


def _params(family: Family, kind: str, fields: Mapping[str, Any], *, given: int) -> type[PictureParams]:
    made: type[PictureParams] = pydantic.create_model(
        f"{kind}_{family.name}_{family.version.replace('.', '_')}",
        __base__=PictureParams,
        __module__=__name__,
        **fields,
        **_advanced(),
    )
    made.family = family
    made.given = given
    return made


def _shape(family: Family) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if family.ratios:
        fields["ratio"] = (
            _one_of(("", *family.ratios)),
            choice(
                "",
                [_AUTOMATIC, *((ratio, ratio) for ratio in family.ratios)],
                label=_("Aspect ratio"),
                widget=Widget.RATIO,
            ),
        )
    fields["resolution"] = (
        _one_of(("", *RESOLUTIONS)),
        choice(
            "",
            [("", _("Standard size")), *((name, name.replace("x", " × ")) for name in RESOLUTIONS)],
            label=_("Resolution"),
            help=_("4K and sizes like it cost twice as much."),
        ),
    )
    return fields


def _style() -> dict[str, Any]:
    improve = switch(label=_("Improve the prompt"), help=_("The service rewrites your words before it paints."))
    return {"enhance": (bool, improve)}


def _files(family: Family) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "references": (
            References,
            media(
                MediaRule(max_items=family.max_files, max_bytes=PICTURE_BYTES),
                label=_("Image"),
                help=_("Pictures that the result is made from."),
            ),
        )
    }
    if family.texts:
        fields["texts"] = (
            str,
            text(
                label=_("What the pictures show"),
                max_length=TEXTS_LIMIT,
                group=Group.REFERENCES,
                help=_("One line for each picture, in their order; “-” for a picture that needs none."),
                placeholder=_("The house that must keep its shape"),
                long=True,
            ),
        )
    fields["file_ids"] = (
        FileIds,
        text(
            label=_("File ids"),
            max_length=200,
            group=Group.ADVANCED,
            help=_("Ids of pictures that the service has stored for good."),
            kept="file_ids",
        ),
    )
    return fields


def _advanced() -> dict[str, Any]:
    checks = (("Enabled", _("On")), ("Disabled", _("Off")))
    return {
        "negative": (
            str,
            text(
                label=_("Without"),
                max_length=NEGATIVE_LIMIT,
                help=_("Words for what should not appear."),
                placeholder=_("text, people"),
            ),
        ),
        "persons": (
            _one_of(("", *PERSONS)),
            choice(
                "",
                [_AUTOMATIC, ("AllowAdult", _("Adults")), ("Disallowed", _("Nobody"))],
                label=_("People"),
                help=_("Who may appear in the picture."),
                group=Group.ADVANCED,
            ),
        ),
        "input_check": (
            _one_of(("Enabled", "Disabled")),
            choice(
                "Enabled",
                checks,
                label=_("Filter what I send"),
                help=_("The service looks at words and pictures before it starts."),
                group=Group.ADVANCED,
            ),
        ),
        "output_check": (
            _one_of(("Enabled", "Disabled")),
            choice(
                "Enabled",
                checks,
                label=_("Filter the result"),
                help=_("The service looks at the finished picture before it hands it over."),
                group=Group.ADVANCED,
            ),
        ),
        "storage": (
            _one_of(STORAGES),
            choice(
                "Temporary",
                [("Temporary", _("For seven days")), ("Permanent", _("For good"))],
                label=_("Kept at the service"),
                help=_("The studio keeps its own copy in any case."),
                group=Group.ADVANCED,
            ),
        ),
        "priority": (
            int,
            number(
                0,
                ge=PRIORITIES[0],
                le=PRIORITIES[1],
                label=_("Priority"),
                help=_("Higher goes first among the studio's own jobs at the service."),
                group=Group.ADVANCED,
            ),
        ),
    }


def expected_size(values: Mapping[str, Any]) -> tuple[int, int] | None:
    """Width and height as we read the names; None where the given pictures decide."""
    resolution = str(values.get("resolution") or "")
    if resolution in SIZES:
        width, _x, height = resolution.partition("x")
        return int(width), int(height)
    ratio = str(values.get("ratio") or "")
    if not ratio and (values.get("references") or values.get("file_ids")):
        return None
    across, _colon, down = (ratio or "1:1").partition(":")
    slope = int(across) / int(down)
    if resolution in {"720P", "1080P"}:
        side = int(resolution.removesuffix("P"))
        return (round(side * slope), side) if slope >= 1 else (side, round(side / slope))
    side = {"2K": 2048, "4K": 4096}.get(resolution, 1024)
    return round(side * slope**0.5 / 16) * 16, round(side / slope**0.5 / 16) * 16

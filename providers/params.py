"""Parameters, declared once.

A `Params` class belongs to an operation. Its fields are made with the functions below, which
carry everything a form needs to draw them and everything validation needs to check them. The
Django form, the server-side validation, the wire payload and the documentation follow from it.

    class DiffusionParams(Params):
        prompt: str = prompt(max_length=8192)
        stylize: int = number(100, ge=0, le=1000, label=_("Stylize"), group=STYLE, flag="--stylize")

A field whose value is None or equals its default is left out of a prompt's flags.
"""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pydantic
from pydantic.fields import FieldInfo

from .words import Message
from .words import gettext_noop as _


class Widget(enum.StrEnum):
    PROMPT = "prompt"  # the prompt bar's text
    TEXT = "text"
    LONG_TEXT = "long_text"
    SLIDER = "slider"
    NUMBER = "number"
    SEED = "seed"
    CHOICE = "choice"  # segmented control when few options, else a select
    RATIO = "ratio"
    SWITCH = "switch"
    MEDIA = "media"  # a list of asset references ("asset:<id>")
    MASK = "mask"  # at most one asset reference: a PNG as large as the source, white repaints
    BOARDS = "boards"  # a list of moodboards of the studio ("board:<id>")
    HIDDEN = "hidden"


class Group(enum.StrEnum):
    """Sections of the parameter panel, in this order."""

    BASIC = "basic"
    STYLE = "style"
    REFERENCES = "references"
    ADVANCED = "advanced"


GROUP_LABELS: Mapping[Group, str] = {
    Group.BASIC: _("Basic"),
    Group.STYLE: _("Style"),
    Group.REFERENCES: _("References"),
    Group.ADVANCED: _("Advanced"),
}


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file was found to be when it was decoded: bytes, pixels as shown, seconds, frames a second; 0 where
    its kind has none."""

    media_type: str
    size: int
    width: int = 0
    height: int = 0
    duration: float = 0
    frame_rate: float = 0


@dataclass(frozen=True, slots=True)
class MediaRule:
    """What a media field takes. Bytes, pixels, width ÷ height, seconds, frames a second; None means no bound.

    Bounds belong to what is allowed, but for the ratio's with `open_ratio` and the frame rate's with `open_rate`.
    `max_total_seconds` bounds all files of the field together. `spoken` is how a prompt names one of its files by its
    number, counted from 1 ("[Image {number}]"); "" where prompts don't.
    """

    kind: str = "image"
    max_items: int = 1
    media_types: tuple[str, ...] = ("image/jpeg", "image/png", "image/webp")
    max_bytes: int | None = None
    min_side: int | None = None
    max_side: int | None = None
    min_pixels: int | None = None
    max_pixels: int | None = None
    min_ratio: float | None = None
    max_ratio: float | None = None
    open_ratio: bool = False
    min_seconds: float | None = None
    max_seconds: float | None = None
    max_total_seconds: float | None = None
    min_rate: float | None = None
    max_rate: float | None = None
    open_rate: bool = False
    spoken: str = ""

    def broken_by(self, file: FileFacts) -> str:
        """The name of the bound that this one file crosses, or ""."""
        if file.media_type not in self.media_types:
            return "media_types"
        short, long = sorted((file.width, file.height))
        ratio = file.width / file.height if file.height else 0.0
        for name, figure, is_open in (
            ("max_bytes", file.size, False),
            ("min_side", short, False),
            ("max_side", long, False),
            ("min_pixels", file.width * file.height, False),
            ("max_pixels", file.width * file.height, False),
            ("min_ratio", ratio, self.open_ratio),
            ("max_ratio", ratio, self.open_ratio),
            ("min_seconds", file.duration, False),
            ("max_seconds", file.duration, False),
            ("min_rate", file.frame_rate, self.open_rate),
            ("max_rate", file.frame_rate, self.open_rate),
        ):
            bound = getattr(self, name)
            if bound is not None and _crosses(name, figure, bound, is_open):
                return name
        return ""

    def numbers_in(self, words: str) -> list[int]:
        """The numbers of the files that a prompt names in the way of `spoken`, whatever its blanks and capitals."""
        return [int(found) for found in _spoken_pattern(self.spoken).findall(words)] if self.spoken else []


#: brackets as a Chinese keyboard has them
_BRACKETS = {"[": r"[\[【]", "]": r"[\]】]"}


@functools.cache
def _spoken_pattern(spoken: str) -> re.Pattern[str]:
    before, _number, behind = spoken.partition("{number}")
    parts = [
        r"\s*".join(_BRACKETS.get(part, re.escape(part)) for part in re.findall(r"\w+|[^\w\s]", side))
        for side in (before, behind)
    ]
    return re.compile(r"\s*(\d{1,9})\s*".join(parts), re.IGNORECASE)


#: how far a measured time or rate may be off: containers count in ticks
_TOLERANCE = 0.01


def _crosses(name: str, figure: float, bound: float, is_open: bool) -> bool:
    below = name.startswith("min_")
    if is_open:
        return figure <= bound if below else figure >= bound
    slack = _TOLERANCE if name.endswith(("_seconds", "_rate")) else 0
    return figure < bound - slack if below else figure > bound + slack


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One parameter as a form sees it; `read_fields()` makes them from a Params class."""

    name: str
    widget: Widget
    label: str
    help: str
    group: Group
    default: Any
    required: bool
    minimum: float | None
    maximum: float | None
    step: float | None
    unit: str
    max_length: int | None
    options: tuple[Option, ...]
    media: MediaRule | None
    placeholder: str
    flag: str
    #: name of the media field that must be filled for this one to matter (a weight of a reference)
    belongs_to: str
    #: how many characters a Chinese one counts as in `max_length`
    wide_counts: int
    #: which of `Provider.kept_ids` can be given here: those of earlier results are offered
    kept: str
    #: whether its options are languages, by code: a form begins with the reader's own
    is_language: bool


class Params(pydantic.BaseModel):
    """Base of every operation's parameters. Unknown names are refused; strings are kept as typed."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)

    @pydantic.field_validator("*", mode="before")
    @classmethod
    def _refuse_unstorable_text(cls, value: Any) -> Any:
        # NUL breaks PostgreSQL text, lone surrogates break UTF-8; U+FFFD is what is left of a broken one
        if isinstance(value, str) and _UNSENDABLE.search(value):
            raise ValueError(_UNSTORABLE)
        return value

    @pydantic.field_validator("*")
    @classmethod
    def _refuse_too_many_wide_characters(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        ui = _ui_of(cls.model_fields[info.field_name]) if info.field_name else {}
        if not isinstance(value, str) or ui.get("wide_counts", 1) == 1:
            return value
        length = counted_length(value, ui["wide_counts"])
        if length > ui["counted_max"]:
            raise ValueError(Message(_TOO_WIDE, {"label": ui["label"], "limit": ui["counted_max"], "length": length}))
        return value


#: control characters but tab and line ends, lone surrogates, the replacement character, non-characters
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffd-\uffff]")
#: Chinese characters and their punctuation, of every plane
_WIDE = re.compile("[\u2e80-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff]")
_TOO_WIDE = _("%(label)s can have %(limit)s characters, where a Chinese one counts twice; this has %(length)s.")


def counted_length(text: str, wide_counts: int) -> int:
    """Characters, a Chinese one as so many."""
    return len(text) + (wide_counts - 1) * len(_WIDE.findall(text))


_UNSTORABLE = _("This text has a character that can't be sent. Please type it again.")


def _declare(default: Any, ui: Mapping[str, Any], **constraints: Any) -> Any:
    kept = {name: value for name, value in constraints.items() if value is not None}
    extra: dict[str, Any] = {"ui": dict(ui)}
    return pydantic.Field(default, json_schema_extra=extra, **kept)


def prompt(
    *, max_length: int, required: bool = True, label: str = _("Prompt"), placeholder: str = "", wide_counts: int = 1
) -> Any:
    """The words themselves. `max_length` in characters, a Chinese one as `wide_counts` of them."""
    ui = {
        "widget": Widget.PROMPT,
        "label": label,
        "group": Group.BASIC,
        "placeholder": placeholder,
        "wide_counts": wide_counts,
        "counted_max": max_length,
    }
    if required:
        return _declare(..., ui, min_length=1, max_length=max_length)
    return _declare("", ui, max_length=max_length)


def text(
    default: str = "",
    *,
    label: str,
    max_length: int,
    group: Group = Group.ADVANCED,
    help: str = "",
    placeholder: str = "",
    long: bool = False,
    flag: str = "",
    kept: str = "",
) -> Any:
    widget = Widget.LONG_TEXT if long else Widget.TEXT
    ui = {
        "widget": widget,
        "label": label,
        "group": group,
        "help": help,
        "placeholder": placeholder,
        "flag": flag,
        "kept": kept,
    }
    return _declare(default, ui, max_length=max_length)


def number(
    default: float | None,
    *,
    label: str,
    ge: float,
    le: float,
    step: float = 1,
    unit: str = "",
    group: Group = Group.STYLE,
    help: str = "",
    widget: Widget = Widget.SLIDER,
    flag: str = "",
    belongs_to: str = "",
) -> Any:
    ui = {
        "widget": widget,
        "label": label,
        "group": group,
        "help": help,
        "step": step,
        "unit": unit,
        "flag": flag,
        "belongs_to": belongs_to,
    }
    return _declare(default, ui, ge=ge, le=le)


def seed(*, maximum: int = 4294967295, flag: str = "--seed") -> Any:
    """None means that the service picks one."""
    ui = {
        "widget": Widget.SEED,
        "label": _("Seed"),
        "group": Group.BASIC,
        "placeholder": _("Random"),
        "flag": flag,
        "step": 1,
    }
    return _declare(None, ui, ge=0, le=maximum)


def choice(
    default: str,
    options: Iterable[tuple[str, str]],
    *,
    label: str,
    group: Group = Group.BASIC,
    help: str = "",
    flag: str = "",
    widget: Widget = Widget.CHOICE,
    belongs_to: str = "",
    is_language: bool = False,
) -> Any:
    """One of `options`, pairs of (value, label). Values are strings, also where the wire has numbers."""
    pairs = tuple(Option(value, name) for value, name in options)
    ui = {
        "widget": widget,
        "label": label,
        "group": group,
        "help": help,
        "flag": flag,
        "options": pairs,
        "belongs_to": belongs_to,
        "is_language": is_language,
    }
    return _declare(default, ui)


def switch(*, label: str, group: Group = Group.STYLE, help: str = "", flag: str = "", default: bool = False) -> Any:
    ui = {"widget": Widget.SWITCH, "label": label, "group": group, "help": help, "flag": flag}
    return _declare(default, ui)


def media(rule: MediaRule, *, label: str, help: str = "", flag: str = "", required: bool = False) -> Any:
    """A tuple of asset references. The studio turns them into links or bytes when it orders."""
    ui = {
        "widget": Widget.MEDIA,
        "label": label,
        "group": Group.REFERENCES,
        "help": help,
        "flag": flag,
        "media": rule,
    }
    return _files(ui, rule.max_items, required)


#: what a canonical mask is: as large as the picture it belongs to
MASK_RULE = MediaRule(max_items=1, media_types=("image/png",))


def mask(*, label: str = _("Mask"), help: str = "", required: bool = False) -> Any:
    """At most one reference to a mask: grey PNG at the source's resolution, white where it is repainted."""
    ui = {"widget": Widget.MASK, "label": label, "group": Group.BASIC, "help": help, "media": MASK_RULE}
    return _files(ui, 1, required)


def _files(ui: Mapping[str, Any], most: int, required: bool) -> Any:
    if required:
        # left out is as bad as empty
        return _declare((), ui, min_length=1, max_length=most, validate_default=True)
    return _declare((), ui, max_length=most)


def boards(*, label: str, max_items: int, help: str = "", flag: str = "") -> Any:
    """A tuple of the studio's moodboards ("board:<id>"). The order carries their ids at the service."""
    ui = {"widget": Widget.BOARDS, "label": label, "group": Group.REFERENCES, "help": help, "flag": flag}
    return _declare((), ui, max_length=max_items)


def _ui_of(info: FieldInfo) -> Mapping[str, Any]:
    """What `_declare()` kept for forms; nothing for a field that was not declared with it."""
    extra: Any = info.json_schema_extra
    return extra["ui"] if isinstance(extra, dict) and "ui" in extra else {}


def _bound(info: FieldInfo, name: str) -> Any:
    for item in info.metadata:
        value = getattr(item, name, None)
        if value is not None:
            return value
    return None


def read_fields(params: type[Params]) -> tuple[FieldSpec, ...]:
    """The fields of a Params class in the order of declaration."""
    specs = []
    for name, info in params.model_fields.items():
        ui = _ui_of(info)
        required = info.is_required() or bool(_bound(info, "min_length"))
        specs.append(
            FieldSpec(
                name=name,
                widget=ui.get("widget", Widget.HIDDEN),
                label=ui.get("label", name),
                help=ui.get("help", ""),
                group=ui.get("group", Group.ADVANCED),
                default=None if info.is_required() else info.get_default(),
                required=required,
                minimum=_bound(info, "ge"),
                maximum=_bound(info, "le"),
                step=ui.get("step"),
                unit=ui.get("unit", ""),
                max_length=_bound(info, "max_length"),
                options=ui.get("options", ()),
                media=ui.get("media"),
                placeholder=ui.get("placeholder", ""),
                flag=ui.get("flag", ""),
                belongs_to=ui.get("belongs_to", ""),
                wide_counts=ui.get("wide_counts", 1),
                kept=ui.get("kept", ""),
                is_language=ui.get("is_language", False),
            )
        )
    return tuple(specs)


def plain_errors(error: pydantic.ValidationError, params: type[Params]) -> dict[str, Message]:
    """One plain sentence a field. Errors of the whole stand under the empty name."""
    specs = {spec.name: spec for spec in read_fields(params)}
    found: dict[str, Message] = {}
    for item in error.errors():
        name = str(item["loc"][0]) if item["loc"] else ""
        found.setdefault(name, _sentence(specs.get(name), item))
    return found


def _sentence(spec: FieldSpec | None, item: Any) -> Message:
    kind = item["type"]
    if kind == "value_error":
        cause = item["ctx"]["error"]
        first = cause.args[0] if cause.args else ""
        return first if isinstance(first, Message) else Message(str(first))
    if spec is None:
        if kind == "extra_forbidden":
            return Message(_("This model has no parameter named “%(name)s”."), {"name": item["loc"][0]})
        return Message(_("These parameters don't fit together."))
    values = {"label": spec.label, "limit": spec.max_length}
    if spec.minimum is not None and spec.maximum is not None and kind not in {"missing"}:
        bounds = {"label": spec.label, "low": _figure(spec.minimum), "high": _figure(spec.maximum)}
        if kind in {"greater_than_equal", "less_than_equal", "greater_than", "less_than"}:
            return Message(_("%(label)s goes from %(low)s to %(high)s."), bounds)
        return Message(_("%(label)s is a number from %(low)s to %(high)s."), bounds)
    if kind in {"missing", "string_too_short", "too_short"}:
        if spec.widget is Widget.PROMPT:
            return Message(_("Write a prompt first."))
        return Message(_("%(label)s is needed."), values)
    if kind == "string_too_long":
        length = len(item["input"]) if isinstance(item["input"], str) else 0
        return Message(_("%(label)s can have %(limit)s characters; this has %(length)s."), {**values, "length": length})
    if kind == "too_long":
        return Message(_("%(label)s takes at most %(limit)s."), values)
    if kind == "literal_error":
        names = tuple(option.label for option in spec.options)
        return Message(_("%(label)s is one of: %(names)s."), {"label": spec.label, "names": names})
    return Message(_("%(label)s can't be read."), values)


def _figure(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"

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
class MediaRule:
    """What a media field takes. Bytes, pixels a side, seconds; None means no bound."""

    kind: str = "image"
    max_items: int = 1
    media_types: tuple[str, ...] = ("image/jpeg", "image/png", "image/webp")
    max_bytes: int | None = None
    min_side: int | None = None
    max_side: int | None = None

    def broken_by(self, media_type: str, size: int, width: int, height: int) -> str:
        """The name of the bound that a file of this kind crosses, or ""."""
        if media_type not in self.media_types:
            return "media_types"
        if self.max_bytes is not None and size > self.max_bytes:
            return "max_bytes"
        if self.min_side is not None and min(width, height) < self.min_side:
            return "min_side"
        if self.max_side is not None and max(width, height) > self.max_side:
            return "max_side"
        return ""


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


#: control characters but tab and line ends, lone surrogates, the replacement character, non-characters
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffd-\uffff]")
_UNSTORABLE = _("This text has a character that can't be sent. Please type it again.")


def _declare(default: Any, ui: Mapping[str, Any], **constraints: Any) -> Any:
    kept = {name: value for name, value in constraints.items() if value is not None}
    extra: dict[str, Any] = {"ui": dict(ui)}
    return pydantic.Field(default, json_schema_extra=extra, **kept)


def prompt(*, max_length: int, required: bool = True, label: str = _("Prompt"), placeholder: str = "") -> Any:
    """The words themselves. `max_length` in characters."""
    ui = {"widget": Widget.PROMPT, "label": label, "group": Group.BASIC, "placeholder": placeholder}
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
) -> Any:
    widget = Widget.LONG_TEXT if long else Widget.TEXT
    ui = {
        "widget": widget,
        "label": label,
        "group": group,
        "help": help,
        "placeholder": placeholder,
        "flag": flag,
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
        extra = info.json_schema_extra
        ui: Mapping[str, Any] = extra["ui"] if isinstance(extra, dict) and "ui" in extra else {}  # type: ignore[assignment]
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

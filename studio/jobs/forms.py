"""The form of an operation, generated from its declared parameters.

Not a `django.forms.Form`: the declaration already validates, and a second set of rules would
drift from it. The habits are the same: bound or not, `is_valid()`, errors beside their field, and
what was typed is kept.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pydantic
from django.http import QueryDict
from django.utils.translation import get_language

from providers.base import Operation
from providers.params import GROUP_LABELS, FieldSpec, Group, MediaRule, Params, Widget, plain_errors, read_fields
from providers.words import Message
from providers.words import gettext_noop as _
from studio.accounts.models import Team
from studio.lib.ids import read_id
from studio.media.models import Asset
from studio.media.presenters import ImageView, image_view

from . import boards
from .boards import BoardInfo
from .catalog import Entry
from .files import file_problem, total_problem
from .slots import kept_ids

ASSET_PREFIX = "asset:"
BOARD_PREFIX = "board:"
_FILES = {Widget.MEDIA, Widget.MASK}
_NO_FLAGS_HERE = _("Flags can't be set here. Take the “--” words out of this prompt.")
_NO_PICTURES_HERE = _("Addresses of pictures can't be used here. Take them out of this prompt.")


def asset_ids(values: Iterable[str]) -> list[int]:
    """The ids in "asset:<id>" references."""
    found = [read_id(value.removeprefix(ASSET_PREFIX)) for value in values if value.startswith(ASSET_PREFIX)]
    return [pk for pk in found if pk is not None]


def board_ids(values: Iterable[str]) -> list[int]:
    """The ids in "board:<id>" references."""
    found = [read_id(value.removeprefix(BOARD_PREFIX)) for value in values if value.startswith(BOARD_PREFIX)]
    return [pk for pk in found if pk is not None]


@dataclass(frozen=True, slots=True)
class ParamOption:
    value: str
    label: str
    selected: bool


@dataclass
class Param:
    """One parameter as the template draws it."""

    spec: FieldSpec
    value: Any
    error: Message | None
    assets: list[ImageView] = field(default_factory=list)
    boards: list[BoardInfo] = field(default_factory=list)
    #: finds the ids of a name that the service keeps of earlier results
    find_kept: Callable[[str], list[tuple[str, str]]] | None = None
    prefix: str = "p"
    #: the key of the model and the operation that it is asked of
    model: str = ""
    operation: str = ""

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def html_name(self) -> str:
        return self.spec.name

    @property
    def html_id(self) -> str:
        return f"{self.prefix}-{self.spec.name}"

    @property
    def widget(self) -> str:
        return self.spec.widget.value

    @property
    def label(self) -> str:
        return self.spec.label

    @property
    def help(self) -> str:
        return self.spec.help

    @property
    def minimum(self) -> float | None:
        return _whole(self.spec.minimum)

    @property
    def maximum(self) -> float | None:
        return _whole(self.spec.maximum)

    @property
    def step(self) -> float | None:
        return _whole(self.spec.step)

    @property
    def unit(self) -> str:
        return self.spec.unit

    @property
    def max_length(self) -> int | None:
        return self.spec.max_length

    @property
    def placeholder(self) -> str:
        return self.spec.placeholder

    @property
    def belongs_to(self) -> str:
        return self.spec.belongs_to

    @property
    def required(self) -> bool:
        return self.spec.required

    @property
    def max_items(self) -> int:
        return self.spec.media.max_items if self.spec.media else 0

    @property
    def kind(self) -> str:
        """What kind of file a media parameter takes: image, video or audio."""
        return self.spec.media.kind if self.spec.media else ""

    @property
    def accept(self) -> str:
        """What a file dialog offers."""
        return f"{self.kind}/*" if self.spec.media else ""

    @property
    def spoken(self) -> str:
        """How a prompt names a file of this parameter: "[Image {number}]"; "" where prompts don't."""
        return self.spec.media.spoken if self.spec.media else ""

    @property
    def wide_counts(self) -> int:
        return self.spec.wide_counts

    @cached_property
    def kept(self) -> list[tuple[str, str]]:
        """The ids that earlier results have and that can be given here, with the words of each."""
        return self.find_kept(self.spec.kept) if self.spec.kept and self.find_kept is not None else []

    @property
    def is_default(self) -> bool:
        return bool(self.value == self.spec.default or (self.value in ("", None) and self.spec.default in ("", None)))

    @property
    def is_on(self) -> bool:
        return self.value is True

    @property
    def options(self) -> list[ParamOption]:
        rows = [ParamOption(item.value, item.label, item.value == str(self.value)) for item in self.spec.options]
        if self.spec.widget is Widget.RATIO and self.value and not any(row.selected for row in rows):
            rows.append(ParamOption(str(self.value), str(self.value), True))
        return rows


@dataclass(frozen=True, slots=True)
class ParamGroup:
    slug: str
    label: str
    params: list[Param]

    @property
    def has_errors(self) -> bool:
        return any(param.error for param in self.params)

    @property
    def is_changed(self) -> bool:
        """Whether anything stands otherwise than it began; what was posted is text."""
        return not all(param.is_default or str(param.value) == str(param.spec.default) for param in self.params)


class OperationForm:
    """The parameters of `operation`, from `data` (a post) or `initial` values, or the defaults."""

    def __init__(
        self,
        entry: Entry,
        operation: Operation,
        *,
        team: Team,
        data: QueryDict | None = None,
        initial: Mapping[str, Any] | None = None,
        prefix: str = "p",
    ) -> None:
        self.entry = entry
        self.operation = operation
        self.team = team
        self.prefix = prefix
        self.specs = read_fields(operation.params)
        self.is_bound = data is not None
        self.errors: dict[str, Message] = {}
        self.params: Params | None = None
        #: addresses of pictures that the prompt names, by field; the view asks for their import
        self.addresses: dict[str, list[str]] = {}
        self.values = self._read(data) if data is not None else self._start(initial or {})
        self._assets = self._find_assets()
        self._boards = self._find_boards()
        if self.is_bound:
            self._take_flags_out_of_prompt()
            self._validate()

    def is_valid(self) -> bool:
        return self.is_bound and not self.errors

    @property
    def problem(self) -> Message | None:
        return self.errors.get("")

    @property
    def prompt(self) -> Param | None:
        return next((param for param in self._all() if param.spec.widget is Widget.PROMPT), None)

    @property
    def media_params(self) -> list[Param]:
        return [param for param in self._all() if param.spec.widget is Widget.MEDIA]

    @property
    def board_param(self) -> Param | None:
        return next((param for param in self._all() if param.spec.widget is Widget.BOARDS), None)

    @property
    def groups(self) -> list[ParamGroup]:
        """Everything but the prompt, in the panel's order."""
        drawn = [param for param in self._all() if param.spec.widget not in {Widget.PROMPT, Widget.HIDDEN}]
        rows = []
        for slug, label in GROUP_LABELS.items():
            # files come before how they are sent
            members = sorted(
                (param for param in drawn if param.spec.group is slug),
                key=lambda param: param.spec.group is Group.REFERENCES and param.spec.widget is Widget.SWITCH,
            )
            if members:
                rows.append(ParamGroup(slug.value, label, members))
        return rows

    def get(self, name: str) -> Param | None:
        return next((param for param in self._all() if param.name == name), None)

    def first_error_id(self) -> str:
        return next((param.html_id for param in self._all() if param.error), "")

    # ── reading ──────────────────────────────────────

    def _start(self, initial: Mapping[str, Any]) -> dict[str, Any]:
        return {spec.name: initial.get(spec.name, "" if spec.required else _default(spec)) for spec in self.specs}

    def _read(self, data: QueryDict) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for spec in self.specs:
            if spec.widget is Widget.SWITCH:
                values[spec.name] = data.get(spec.name) in {"on", "true", "1"}
            elif spec.widget in _FILES or spec.widget is Widget.BOARDS:
                prefix = BOARD_PREFIX if spec.widget is Widget.BOARDS else ASSET_PREFIX
                ids = dict.fromkeys(read_id(item) or 0 for item in data.getlist(spec.name))
                values[spec.name] = tuple(f"{prefix}{pk}" for pk in ids)
            else:
                typed = data.get(spec.name)
                if typed is None:
                    values[spec.name] = "" if spec.required else _default(spec)
                elif spec.widget is Widget.PROMPT:
                    values[spec.name] = _words(typed)
                else:
                    values[spec.name] = typed.strip()
        return values

    def _find_assets(self) -> dict[int, Asset]:
        wanted = [
            pk for spec in self.specs if spec.widget in _FILES for pk in asset_ids(self.values.get(spec.name) or ())
        ]
        if not wanted:
            return {}
        found = Asset.objects.filter(team=self.team, pk__in=wanted).prefetch_related("renditions")
        return {asset.pk: asset for asset in found}

    def _find_boards(self) -> dict[int, BoardInfo]:
        names = [spec.name for spec in self.specs if spec.widget is Widget.BOARDS]
        wanted = [pk for name in names for pk in board_ids(self.values.get(name) or ())]
        return {board.id: board for board in boards.find(self.team, wanted)} if wanted else {}

    # ── validating ───────────────────────────────────

    def _take_flags_out_of_prompt(self) -> None:
        spec = next((item for item in self.specs if item.widget is Widget.PROMPT), None)
        if spec is None or not self.values.get(spec.name):
            return
        read = self.entry.provider.read_prompt(self.entry.model, self.values[spec.name])
        if read.problems:
            self.errors[spec.name] = read.problems[0]
            return
        if read.model is not None and read.model != self.entry.model.slug:
            self.errors[spec.name] = Message(
                _("This prompt's flags ask for %(model)s. Choose that model, or take the flag out."),
                {"model": self.entry.provider.model(read.model).title},
            )
            return
        known = {item.name: item for item in self.specs}
        unusable = [value for name, value in read.values.items() if name not in known]
        if unusable:
            # what was typed stays as it was
            pictures = any(isinstance(value, list) for value in unusable)
            self.errors[spec.name] = Message(_NO_PICTURES_HERE if pictures else _NO_FLAGS_HERE)
            return
        self.values[spec.name] = read.text
        for name, value in read.values.items():
            if known[name].widget is Widget.MEDIA:
                self.addresses[name] = list(value)
            else:
                self.values[name] = value

    def _validate(self) -> None:
        payload = {}
        for spec in self.specs:
            value = self.values[spec.name]
            if value == "" and not spec.required and spec.widget not in {Widget.TEXT, Widget.LONG_TEXT, Widget.PROMPT}:
                continue
            if value is None or (value == "" and spec.required):
                continue
            payload[spec.name] = value
        try:
            self.params = self.operation.params.model_validate(payload)
        except pydantic.ValidationError as exc:
            for name, message in plain_errors(exc, self.operation.params).items():
                self.errors.setdefault(name, message)
        for spec in self.specs:
            if spec.media is not None and spec.name not in self.errors:
                problem = self._media_problem(spec, spec.media)
                if problem is not None:
                    self.errors[spec.name] = problem
            if spec.widget is Widget.BOARDS and spec.name not in self.errors:
                gone = set(board_ids(self.values.get(spec.name) or ())) - set(self._boards)
                empty = [board for board in self._boards.values() if not board.asset_ids]
                if gone:
                    self.errors[spec.name] = Message(_("A moodboard is no longer there. Take it out."))
                elif empty:
                    self.errors[spec.name] = Message(
                        _("The moodboard “%(name)s” has no pictures yet."), {"name": empty[0].name}
                    )

    def _media_problem(self, spec: FieldSpec, rule: MediaRule) -> Message | None:
        chosen = [self._assets.get(pk) for pk in asset_ids(self.values.get(spec.name) or ())]
        assets = [asset for asset in chosen if asset is not None]
        if len(assets) < len(chosen):
            return Message(_("A reference is no longer there. Take it out and add it again."))
        problems = (file_problem(asset, rule, asset.name or _("A reference")) for asset in assets)
        return next((problem for problem in problems if problem), None) or total_problem(assets, rule)

    # ── drawing ──────────────────────────────────────

    def _kept_ids(self, name: str) -> list[tuple[str, str]]:
        return kept_ids(self.team, self.entry.provider.slug, name)

    def _all(self) -> list[Param]:
        return [
            Param(
                spec=spec,
                value=self.values[spec.name],
                error=self.errors.get(spec.name),
                assets=[
                    image_view(self._assets[pk], self.team.slug)
                    for pk in asset_ids(self.values.get(spec.name) or ())
                    if pk in self._assets
                ]
                if spec.widget in _FILES
                else [],
                boards=[self._boards[pk] for pk in board_ids(self.values.get(spec.name) or ()) if pk in self._boards]
                if spec.widget is Widget.BOARDS
                else [],
                find_kept=self._kept_ids,
                prefix=self.prefix,
                model=self.entry.key,
                operation=self.operation.slug,
            )
            for spec in self.specs
        ]


def _default(spec: FieldSpec) -> Any:
    own = (get_language() or "").partition("-")[0]
    return own if spec.is_language and any(option.value == own for option in spec.options) else spec.default


def _words(typed: str) -> str:
    """The prompt as it was typed; nothing, where there is nothing to see in it."""
    text = typed.replace("\r\n", "\n").strip()
    return text if any(unicodedata.category(letter)[0] not in "ZC" for letter in text) or "\x00" in text else ""


def _whole(value: float | None) -> float | None:
    """1.0 → 1, so that attributes and placeholders read well."""
    return int(value) if value is not None and float(value).is_integer() else value

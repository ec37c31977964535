"""The prompt bar and its panel: one model's starting operation with what was typed so far."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.accounts.models import Membership
from studio.billing import services as billing
from studio.jobs import boards, catalog, queries
from studio.jobs.catalog import Entry, ModelChoice
from studio.jobs.forms import ASSET_PREFIX, BOARD_PREFIX, OperationForm, Param
from studio.jobs.models import Job, Output
from studio.lib.ids import read_id
from studio.lib.words import said
from studio.media.models import Asset, AssetKind, UrlImport
from studio.media.problems import MediaProblem
from studio.media.services import request_url_import

from .files import carried, role_for
from .picker import ModelRow, by_what_they_make, model_rows

#: how many addresses of one pasted prompt are fetched
MAX_ADDRESSES = 20


@dataclass(frozen=True, slots=True)
class Pending:
    """A file that is being fetched for the media parameter `role`."""

    role: str
    label: str
    url_import: UrlImport


@dataclass
class Composer:
    """What `create/_composer.html` draws."""

    membership: Membership
    entry: Entry
    form: OperationForm
    pending: list[Pending] = field(default_factory=list)
    #: sentences about the whole, and about flags that could not be used
    problems: list[Any] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)
    #: the words that should stand in the prompt instead of what was typed
    words: str | None = None
    request_key: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @cached_property
    def choices(self) -> list[ModelChoice]:
        return catalog.model_choices()

    @property
    def choice(self) -> ModelChoice:
        return next(choice for choice in self.choices if choice.key == self.entry.key)

    @property
    def is_sandbox(self) -> bool:
        return any(choice.status == "sandbox" for choice in self.choices)

    @cached_property
    def _books(self) -> dict[str, billing.PriceBook]:
        return billing.price_books({self.entry.provider.slug, *(choice.provider for choice in self.choices)})

    @cached_property
    def prices(self) -> dict[str, int | None]:
        """What each model takes for these settings, as far as it has them, by key."""
        return {row.choice.key: self._price(row.entry, row.values_like(self.form)) for row in self.models}

    @cached_property
    def models(self) -> list[ModelRow]:
        return model_rows(self.choices)

    @property
    def model_groups(self) -> list[tuple[str, list[ModelRow]]]:
        """The models by what they make."""
        return by_what_they_make(self.models)

    @cached_property
    def price(self) -> int | None:
        return self._price(self.entry, self.form.values)

    def _price(self, entry: Entry, values: Mapping[str, Any]) -> int | None:
        try:
            return self._books[entry.provider.slug].price(entry.model.slug, entry.start.slug, values)
        except billing.NoPrice:
            return None

    @property
    def count(self) -> int:
        operation = self.entry.start
        chosen = str(self.form.values.get(operation.count_parameter, ""))
        return int(chosen) if chosen.isdecimal() else operation.count

    @property
    def makes(self) -> str:
        """What the model makes: image, video or audio."""
        return self.entry.start.makes.value

    @property
    def prompt(self) -> Param | None:
        return self.form.prompt

    @property
    def placeholder(self) -> str:
        """What the empty prompt asks for: the model's own words, or what fits what it makes."""
        if self.prompt is not None and self.prompt.placeholder:
            return said(self.prompt.placeholder)
        by_kind = {"video": _("What should happen in the video?"), "audio": _("What should be said?")}
        return by_kind.get(self.makes) or _("What should the pictures show?")

    @property
    def short_placeholder(self) -> str:
        """The same where there is little room."""
        by_kind = {"video": _("Describe a video"), "audio": _("Text to speak")}
        return by_kind.get(self.makes) or _("Describe a picture")

    @property
    def counted(self) -> str:
        """How many results there will be, in words."""
        if self.makes == "video":
            return ngettext("%(count)s video", "%(count)s videos", self.count) % {"count": self.count}
        if self.makes == "audio":
            return ngettext("%(count)s voice", "%(count)s voices", self.count) % {"count": self.count}
        return ngettext("%(count)s image", "%(count)s images", self.count) % {"count": self.count}

    @property
    def chips(self) -> list[Param]:
        """Parameters that can also be chosen in the bar: those of the first group that have options."""
        return [param for group in self.form.groups[:1] for param in group.params if param.options]

    @property
    def roles(self) -> list[Param]:
        return self.form.media_params

    @property
    def unused(self) -> set[str]:
        """Media parameters without a file; what belongs to them is not shown."""
        waiting = {item.role for item in self.pending}
        return {role.name for role in self.roles if not role.assets and role.name not in waiting}


def compose(
    membership: Membership, entry: Entry, *, data: QueryDict | None = None, initial: Mapping[str, Any] | None = None
) -> Composer:
    """From a post, judged, or from values that are only shown."""
    form = OperationForm(entry, entry.start, team=membership.team, data=data, initial=initial)
    return Composer(membership, entry, form, pending=pending_of(membership, form, data))


def kept(membership: Membership, entry: Entry, data: QueryDict) -> Composer:
    """What was posted as far as `entry` takes it; the rest falls back to its defaults. Nothing is judged."""
    posted = OperationForm(entry, entry.start, team=membership.team, data=data)
    before = _form_before(membership, entry, data) or posted
    values = typed(posted, before, data)
    files = carried(before, posted)
    form = OperationForm(entry, entry.start, team=membership.team, initial=values | files.values)
    made = Composer(membership, entry, form, pending=pending_of(membership, form, data))
    if files.left:
        made.notes.append(said_left(files.left))
    return made


def typed(posted: OperationForm, before: OperationForm, data: QueryDict) -> dict[str, Any]:
    """What was posted from the form `before`, files aside, as far as the form `posted` has a place for it. A switch
    that the one before did not have was not switched off."""
    asked = {param.name for group in before.groups for param in group.params}
    others = [param for group in posted.groups for param in group.params if param.widget != "media"]
    values = {
        param.name: param.value
        for param in others
        if param.name in asked and fits(param) and param.name not in posted.errors
    }
    if posted.prompt is not None:
        values[posted.prompt.name] = data.get(posted.prompt.html_name, "")
    return values


def _form_before(membership: Membership, entry: Entry, data: QueryDict) -> OperationForm | None:
    """The form of the model that was chosen before `entry`, as it was posted."""
    try:
        before = catalog.find_start(data.get("model", ""))
    except LookupError:
        return None
    return OperationForm(before, before.start, team=membership.team, data=data) if before.key != entry.key else None


def said_left(count: int) -> str:
    """A sentence about references that another model has no place for."""
    return ngettext(
        "%(count)s reference was taken out: this model has no place for it.",
        "%(count)s references were taken out: this model has no place for them.",
        count,
    ) % {"count": count}


def fits(param: Param) -> bool:
    return param.widget == "ratio" or not param.options or any(option.selected for option in param.options)


def settings_of(job: Job) -> tuple[Entry, dict[str, Any]]:
    """The model and the parameters, without the prompt, of the job that `job` descends from.

    Raises LookupError when the model is no longer there.
    """
    while job.source is not None:
        job = job.source.job
    entry = catalog.entry_of(job)
    start = entry.start
    words = {param.name for param in (OperationForm(entry, start, team=job.team).prompt,) if param is not None}
    return entry, {name: value for name, value in job.params.items() if name not in words}


def use(
    composer: Composer, what: str, *, output: Output | None = None, job: Job | None = None, role: str = ""
) -> Composer:
    """The composer with the prompt, the settings or the file of something that was made before."""
    job = output.job if output is not None else job
    assert job is not None
    entry, values, left = composer.entry, dict(composer.form.values), 0
    prompt, words = composer.prompt, None
    if what in {"settings", "all"}:
        entry, settings = settings_of(job)
        files = carried(composer.form, OperationForm(entry, entry.start, team=composer.membership.team))
        # files that were picked before stay; else those of the job come
        media = files.values if what == "settings" and any(files.values.values()) else {}
        left = files.left if what == "settings" else 0
        typed = values.get(prompt.name) if prompt is not None else None
        values = settings | media | ({prompt.name: typed} if prompt is not None else {})
    if what in {"prompt", "all"} and prompt is not None:
        words = values[prompt.name] = job.prompt
    if what in {"image", "file"} and output is not None and output.asset is not None:
        return with_file(composer, output.asset, role)
    made = compose(composer.membership, entry, initial=values)
    made.words, made.pending = words, composer.pending
    if left:
        made.notes.append(said_left(left))
    return made


def with_file(composer: Composer, asset: Asset, role: str = "") -> Composer:
    """The composer with this file as that kind of reference, or as the first that takes it."""
    found = role_for(composer.roles, asset.kind, role)
    if found is None:
        composer.notes.append(_("%(model)s takes no such files.") % {"model": composer.entry.title})
        return composer
    return _with_references(composer, found.name, [asset.pk])


def _with_board_if_there(composer: Composer, board_id: int) -> Composer:
    try:
        return with_board(composer, board_id)
    except LookupError:
        composer.notes.append(_("This moodboard is no longer there."))
        return composer


def with_board(composer: Composer, board_id: int) -> Composer:
    """The composer with this moodboard; where the model takes none, with the board's pictures instead.

    Raises LookupError for another team's board."""
    found = boards.find(composer.membership.team, [board_id])
    if not found:
        raise LookupError(board_id)
    param = composer.form.board_param
    if param is not None:
        chosen = tuple(dict.fromkeys([*(param.value or ()), f"{BOARD_PREFIX}{board_id}"]))
        return _again(composer, {**composer.form.values, param.name: chosen})
    # pictures that give their style are nearer to what a board means than pictures that give their content
    pictures = [role for role in composer.roles if role.kind == AssetKind.IMAGE]
    roles = sorted(pictures, key=lambda role: ("style" not in role.name, -role.max_items))
    if not roles:
        return composer
    made = _with_references(composer, roles[0].name, list(found[0].asset_ids[: roles[0].max_items]))
    made.notes.append(_("This model has no moodboards: pictures of the board are used as references."))
    return made


def _with_references(composer: Composer, name: str, asset_ids: list[int]) -> Composer:
    """With these files in the media parameter; where only one fits, the new one takes its place."""
    role = next(role for role in composer.roles if role.name == name)
    kept_before = composer.form.values.get(name) or () if role.max_items > 1 else ()
    references = tuple(dict.fromkeys([*kept_before, *(f"{ASSET_PREFIX}{pk}" for pk in asset_ids)]))
    made = _again(composer, {**composer.form.values, name: references[: role.max_items]})
    if len(references) > role.max_items:
        made.notes.append(_("No more files fit as %(role)s.") % {"role": said(role.label)})
    return made


def _again(composer: Composer, values: Mapping[str, Any]) -> Composer:
    made = compose(composer.membership, composer.entry, initial=values)
    made.words, made.pending, made.notes = composer.words, composer.pending, list(composer.notes)
    return made


def read_flags(composer: Composer) -> Composer:
    """The composer with the flags of its prompt moved into the fields."""
    prompt, entry = composer.prompt, composer.entry
    if prompt is None:
        return composer
    read = entry.provider.read_prompt(entry.model, str(prompt.value))
    if read.model is not None:
        entry = catalog.find(f"{entry.provider.slug}:{read.model}")
    roles = {role.name for role in compose(composer.membership, entry).roles}
    set_by_flags = {name: value for name, value in read.values.items() if name not in roles}
    values = {**composer.form.values, **set_by_flags, prompt.name: read.text}
    made = compose(composer.membership, entry, initial=values)
    for param in [param for group in made.form.groups for param in group.params]:
        if not fits(param):
            made.form.values[param.name] = param.spec.default
    made.words, made.pending, made.notes = read.text, composer.pending, list(read.problems)
    fetch_addresses(made, {name: list(urls) for name, urls in read.values.items() if name in roles})
    return made


def fetch_addresses(composer: Composer, addresses: Mapping[str, list[str]]) -> None:
    """Asks for the files that a prompt names by address, by the media parameter they are meant for."""
    team, user = composer.membership.team, composer.membership.user
    for name, urls in addresses.items():
        role = next((role for role in composer.roles if role.name == name), None)
        for url in urls[:MAX_ADDRESSES] if role is not None else []:
            assert role is not None
            try:
                asked = request_url_import(url, team, user, kind=role.kind)
            except MediaProblem as problem:
                composer.problems.append(problem.user_message)
            else:
                composer.pending.append(Pending(role.name, role.label, asked))


def pending_of(membership: Membership, form: OperationForm, data: QueryDict | None) -> list[Pending]:
    """Files still on their way when the form was posted ("image_prompts:12")."""
    pairs = [item.rpartition(":") for item in data.getlist("pending")] if data else []
    wanted = {pk: role for role, _colon, raw in pairs if (pk := read_id(raw)) is not None}
    if not wanted:
        return []
    labels = {role.name: role.label for role in form.media_params}
    found = UrlImport.objects.filter(team=membership.team, pk__in=wanted).select_related("asset")
    rows = [(wanted[item.pk], item) for item in found]
    return [Pending(role, labels[role], item) for role, item in rows if role in labels]


def reused(membership: Membership, query: QueryDict, composer: Composer) -> Composer:
    """What `?from=<output>&use=…`, `?job=<job>&use=…` or `?file=<asset>&role=…` asks for; unknown ids change
    nothing."""
    what, role = query.get("use", ""), query.get("role", "")
    output_id, job_id = read_id(query.get("from")), read_id(query.get("job"))
    file_id, board_id = read_id(query.get("file")), read_id(query.get("board"))
    try:
        if file_id is not None:
            return with_file(composer, queries.start_of(membership.team, asset_id=file_id).asset, role)
        if board_id is not None:
            return _with_board_if_there(composer, board_id)
        if output_id is not None:
            return use(composer, what, output=queries.find_output(membership.team, output_id), role=role)
        if job_id is not None:
            return use(composer, what, job=queries.card(membership.team, job_id).job)
    except (Output.DoesNotExist, Job.DoesNotExist, Asset.DoesNotExist, LookupError):
        pass
    return composer

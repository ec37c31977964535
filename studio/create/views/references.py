"""Files that people give to operations: from their device, from the clipboard, by address, from the gallery."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from studio.accounts.access import team_view
from studio.accounts.answers import or_404, show
from studio.accounts.models import Membership, Role
from studio.jobs import queries
from studio.jobs.forms import Param
from studio.jobs.services import Start
from studio.lib.ids import read_id
from studio.lib.words import said
from studio.media.models import Asset, ImportState, UrlImport
from studio.media.presenters import ImageView, image_view
from studio.media.problems import MediaProblem
from studio.media.services import receive_upload, request_url_import

from ..composer import Pending
from ..files import destinations, find_role, recent_files, usable_files

MAX_FILES = 20


@dataclass
class Given:
    """What was given to the media parameter `role`, and sentences on what could not be taken."""

    membership: Membership
    role: Param
    images: list[ImageView] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    refusals: list[tuple[str, Any]] = field(default_factory=list)

    def take(self, asset: Asset) -> None:
        if asset.kind == self.role.kind:
            self.images.append(image_view(asset, self.membership.team.slug))
        else:
            self.refusals.append((asset.name, self._wrong_kind))

    def receive(self, files: list[UploadedFile[Any]]) -> None:
        team, user = self.membership.team, self.membership.user
        for file in files[MAX_FILES:]:
            late = _("At most %(limit)s files at once. Add this one again.") % {"limit": MAX_FILES}
            self.refusals.append((file.name or "", late))
        for file in files[:MAX_FILES]:
            try:
                self.take(receive_upload(file, team=team, user=user, kinds=frozenset({self.role.kind})))
            except MediaProblem as problem:
                self.refusals.append((file.name or "", problem.user_message))

    def fetch(self, address: str) -> None:
        try:
            asked = request_url_import(address, self.membership.team, self.membership.user, kind=self.role.kind)
        except MediaProblem as problem:
            self.refusals.append((address, problem.user_message))
        else:
            self.pending.append(Pending(self.role.name, self.role.label, asked))

    def pick(self, ids: list[int]) -> None:
        there = usable_files(self.membership.team).prefetch_related("renditions").in_bulk(ids)
        for pk in ids:
            if pk in there:
                self.take(there[pk])
            else:
                self.refusals.append(("", _("This file is no longer there.")))

    @property
    def _wrong_kind(self) -> str:
        kinds = {"image": _("a picture"), "video": _("a video"), "audio": _("a recording")}
        asked = {"role": said(self.role.label), "kind": kinds.get(self.role.kind, self.role.kind)}
        return _("“%(role)s” takes %(kind)s.") % asked


def _role(membership: Membership, data: QueryDict) -> Param:
    asked = data.get("model", ""), data.get("operation", ""), data.get("role", "")
    return or_404(find_role, membership.team, *asked)


def _answer(request: HttpRequest, membership: Membership, given: Given, data: QueryDict, status: int) -> HttpResponse:
    context = {
        "given": given,
        "role": given.role,
        # of the prompt bar: its chips stand outside its form
        "form_id": "" if data.get("operation") else "create-form",
        "query": {name: data.get(name, "") for name in ("model", "operation", "role")},
    }
    return show(request, membership, "create/_references_new.html", context, status=status)


@require_POST
@team_view(Role.CREATOR)
def upload(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Chips for what was sent, picked or named by address, and sentences for what could not be taken."""
    given = Given(membership, _role(membership, request.POST))
    given.receive(request.FILES.getlist("files"))
    given.pick([pk for raw in request.POST.getlist("asset")[:MAX_FILES] if (pk := read_id(raw)) is not None])
    if address := request.POST.get("url", "").strip():
        given.fetch(address)
    taken = bool(given.images or given.pending)
    if not taken and not given.refusals:
        given.refusals.append(("", _("Choose a file first.")))
    return _answer(request, membership, given, request.POST, 200 if taken else 422)


@require_GET
@team_view(Role.CREATOR)
def upload_state(request: HttpRequest, membership: Membership, pk: int) -> HttpResponse:
    """A file that is being fetched: still on its way, there, or refused."""
    found = UrlImport.objects.filter(team=membership.team, pk=pk).select_related("asset").first()
    if found is None:
        raise Http404
    given = Given(membership, _role(membership, request.GET))
    if found.state == ImportState.PENDING:
        given.pending.append(Pending(given.role.name, given.role.label, found))
    elif found.asset is not None:
        given.take(found.asset)
    else:
        given.refusals.append((found.url, found.problem))
    return _answer(request, membership, given, request.GET, 200)


@require_GET
@team_view(Role.CREATOR)
def files(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The team's latest files of a kind, to pick from."""
    page = recent_files(
        membership.team,
        request.GET.get("kind", "image"),
        query=request.GET.get("q", "").replace("\x00", ""),
        before=read_id(request.GET.get("before")),
    )
    return show(request, membership, "create/_files.html", {"page": page})


@require_GET
@team_view(Role.CREATOR)
def send_output(request: HttpRequest, membership: Membership, output: int) -> HttpResponse:
    return _send(request, membership, or_404(lambda: queries.start_of(membership.team, output_id=output)))


@require_GET
@team_view(Role.CREATOR)
def send_file(request: HttpRequest, membership: Membership, pk: int) -> HttpResponse:
    return _send(request, membership, or_404(lambda: queries.start_of(membership.team, asset_id=pk)))


def _send(request: HttpRequest, membership: Membership, start: Start) -> HttpResponse:
    """Where this file may be sent: the prompt bar as it stands, and the other models."""
    current = request.GET.get("model") or request.COOKIES.get("model", "")
    here, others = destinations(membership.team, start.asset.kind, current)
    return show(request, membership, "create/_send.html", {"start": start, "here": here, "others": others})

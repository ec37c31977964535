"""The wall and the trash to look at, and what people do there. Scripts get JSON, everybody else a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from studio.accounts.access import team_view
from studio.accounts.answers import is_fragment, show, wants_json
from studio.accounts.models import Membership, Role
from studio.jobs import trash as bin_
from studio.jobs.filters import model_choices, operation_choices, people
from studio.jobs.models import Output
from studio.lib.ids import read_id

from . import archive, queries, services
from .models import Collection, Favourite
from .queries import WallFilters

#: how many results one step takes at most; "select all found" stops here too
MOST_AT_ONCE = 2000


# ── looking ──────────────────────────────────────────


@require_safe
@team_view()
def wall(request: HttpRequest, membership: Membership) -> HttpResponse:
    return _wall(request, membership)


def _wall(
    request: HttpRequest, membership: Membership, *, collection_problem: str = "", typed: str = "", status: int = 200
) -> HttpResponse:
    team, user = membership.team, membership.user
    filters: WallFilters = WallFilters.read(request.GET)
    before, after = read_id(request.GET.get("before")), read_id(request.GET.get("after"))
    outputs = queries.found(team, user, filters)
    if before is None and after is None and request.GET.get("month"):
        before = queries.cursor_of_month(outputs, request.GET["month"])
    page = queries.wall(team, user, outputs, before=before, after=after)
    context: dict[str, Any] = {"filters": filters, "page": page}
    if is_fragment(request) and (before is not None or after is not None):
        # a page that takes the wall's place leads both ways; one that is added to it leads on
        context |= {"is_upwards": after is not None, "is_far_down": "place" in request.GET}
        return show(request, membership, "gallery/_page.html", context)
    collections = queries.collections(team)
    current = next((item for item in collections if item.id == filters.collection), None)
    context |= {
        "chips": filters.chips(team),
        "collections": collections,
        "collection": current,
        "is_mine": filters.person == user.pk,
        "people": people(team),
        "models": model_choices(),
        "operations": operation_choices(),
        "shapes": [(shape, queries.shape_label(shape)) for shape in queries.SHAPES],
        "months": queries.months(team),
        "month": request.GET.get("month", ""),
        "is_far_down": before is not None or after is not None,
        "may_change": membership.allows(Role.CREATOR),
        "most_at_once": MOST_AT_ONCE,
        "collection_problem": collection_problem,
        "typed": typed,
    }
    if filters.problems:
        status = 422
    return show(request, membership, "gallery/wall.html", context, status=status)


@require_safe
@team_view()
def trash(request: HttpRequest, membership: Membership) -> HttpResponse:
    team = membership.team
    before = read_id(request.GET.get("before"))
    page = queries.wall(team, membership.user, queries.outputs_in_trash(team), before=before)
    context: dict[str, Any] = {"page": page, "in_trash": True, "filters": WallFilters()}
    if is_fragment(request) and before is not None:
        return show(request, membership, "gallery/_page.html", context)
    context |= {
        "collections": queries.collections(team),
        "days": bin_.days_kept(),
        "is_far_down": before is not None,
        "may_change": membership.allows(Role.CREATOR),
        "most_at_once": MOST_AT_ONCE,
    }
    return show(request, membership, "gallery/wall.html", context)


@require_safe
@team_view()
def figures(request: HttpRequest, membership: Membership) -> HttpResponse:
    """How much there is, told after the page: counting takes longer the more there is."""
    team, user = membership.team, membership.user
    filters: WallFilters = WallFilters.read(request.GET)
    told: dict[str, str] = {name: _figure(count) for name, count in queries.counts(team, user).items()}
    told |= {f"collection-{pk}": _figure(count) for pk, count in queries.collection_counts(team).items()}
    in_trash = request.GET.get("in") == "trash"
    outputs = queries.outputs_in_trash(team) if in_trash else queries.found(team, user, filters)
    found = queries.count(outputs)
    return JsonResponse(
        {
            "figures": told,
            "found": found,
            "found_text": _found_text(found, is_filtered=in_trash or filters.is_on),
            "of_text": _("of %(count)s") % {"count": _figure(found)},
        }
    )


@require_safe
@team_view()
def ids(request: HttpRequest, membership: Membership) -> HttpResponse:
    """What "select all found" selects, newest first, with the files behind it."""
    team = membership.team
    if request.GET.get("in") == "trash":
        outputs = queries.outputs_in_trash(team)
    else:
        outputs = queries.found(team, membership.user, WallFilters.read(request.GET))
    rows = list(outputs.order_by("-pk").values_list("pk", "asset_id")[: MOST_AT_ONCE + 1])
    said = ""
    if len(rows) > MOST_AT_ONCE:
        said = _("The newest %(limit)s are selected, as many as one step takes.") % {"limit": MOST_AT_ONCE}
    return JsonResponse({"outputs": dict(rows[:MOST_AT_ONCE]), "said": said})


# ── stars, trash ─────────────────────────────────────


def _found_text(found: int, *, is_filtered: bool) -> str:
    if is_filtered:
        return ngettext("%(count)s found", "%(count)s found", found) % {"count": _figure(found)}
    return ngettext("%(count)s result", "%(count)s results", found) % {"count": _figure(found)}


@require_POST
@team_view()
def star(request: HttpRequest, membership: Membership) -> HttpResponse:
    """A person's own stars: viewers have them too. Without `on`, what is starred loses it and the other way round."""
    team, user = membership.team, membership.user
    chosen = _chosen(request)
    if not chosen:
        return _refused(request, membership, _nothing_chosen())
    mine = _known(membership, chosen)
    wanted = request.POST.get("on")
    if wanted not in ("0", "1"):
        already = set(services.unstar(team, user, mine)) if len(mine) == 1 else set()
        wanted = "0" if already else "1"
    if wanted == "0":
        gone = services.unstar(team, user, mine)
        said = ngettext("%(count)d star taken off.", "%(count)d stars taken off.", len(gone)) % {"count": len(gone)}
    else:
        new = services.star(team, user, mine)
        said = ngettext("%(count)d starred.", "%(count)d starred.", len(new)) % {"count": len(new)}
    return _done(request, membership, said, on=wanted == "1", outputs=mine)


@require_GET
@team_view()
def star_button(request: HttpRequest, membership: Membership, output: int) -> HttpResponse:
    """The star of one result, for bars on other pages."""
    if not _known(membership, [output]):
        raise Http404
    is_starred = Favourite.objects.filter(user=membership.user, output=output).exists()
    context = {"team": membership.team, "output_id": output, "is_starred": is_starred}
    return render(request, "gallery/_star.html", context)


@require_POST
@team_view(Role.CREATOR)
def put_in_trash(request: HttpRequest, membership: Membership) -> HttpResponse:
    chosen = _chosen(request)
    if not chosen:
        return _refused(request, membership, _nothing_chosen())
    gone = bin_.trash_outputs(membership.team, membership.user, _known(membership, chosen))
    said = ngettext("%(count)d put into the trash.", "%(count)d put into the trash.", len(gone)) % {"count": len(gone)}
    undo = _step(reverse("gallery:restore", args=[membership.team.slug]), gone)
    return _done(request, membership, said, undo=undo, gone=gone)


@require_POST
@team_view(Role.CREATOR)
def restore(request: HttpRequest, membership: Membership) -> HttpResponse:
    chosen = _chosen(request)
    if not chosen:
        return _refused(request, membership, _nothing_chosen())
    back = bin_.restore_outputs(membership.team, _known(membership, chosen))
    said = ngettext("%(count)d restored.", "%(count)d restored.", len(back)) % {"count": len(back)}
    return _done(request, membership, said, gone=back)


@require_POST
@team_view(Role.CREATOR)
def delete(request: HttpRequest, membership: Membership) -> HttpResponse:
    """For good: there is no way back, so the page asks first."""
    chosen = _chosen(request)
    if not chosen:
        return _refused(request, membership, _nothing_chosen())
    mine = queries.selected(membership.team, _known(membership, chosen), trash=True)
    count = bin_.delete_for_good(membership.team, mine)
    said = ngettext("%(count)d deleted for good.", "%(count)d deleted for good.", count) % {"count": count}
    return _done(request, membership, said, gone=mine)


@require_POST
@team_view()
def download(request: HttpRequest, membership: Membership) -> HttpResponseBase:
    chosen = _chosen(request)
    known = _known(membership, chosen)
    outputs = queries.outputs_on_wall(membership.team).filter(pk__in=known).select_related("job", "asset")
    entries = archive.entries_of(outputs.order_by("-pk"))
    size = sum(entry.size for entry in entries)
    if not entries:
        return _refused(request, membership, _nothing_chosen())
    if len(chosen) > archive.MAX_FILES:
        return _refused(request, membership, _too_many())
    if size > archive.MAX_BYTES:
        values = {"size": filesizeformat(size), "limit": filesizeformat(archive.MAX_BYTES)}
        return _refused(request, membership, _("That is %(size)s; one ZIP takes %(limit)s. Select less.") % values)
    # a slow reader must not hold a database connection for as long as the archive takes
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
    chunks = archive.zip_chunks(entries)
    name = f"{slugify(membership.team.name) or 'atelier'}-{timezone.localtime():%Y-%m-%d-%H%M}.zip"
    return StreamingHttpResponse(
        archive.in_threads(chunks) if isinstance(request, ASGIRequest) else chunks,
        content_type="application/zip",
        headers={
            "Content-Disposition": content_disposition_header(True, name) or "attachment",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        },
    )


# ── collections ──────────────────────────────────────


@require_POST
@team_view(Role.CREATOR)
def create_collection(request: HttpRequest, membership: Membership) -> HttpResponse:
    """A new collection, with what is selected in it, if something is."""
    name, chosen = request.POST.get("name", ""), _known(membership, _chosen(request))
    try:
        made = services.create_collection(membership.team, membership.user, name)
    except services.Refused as refused:
        return _refused(request, membership, refused.user_message, field="name", typed=name)
    added = services.add_to_collection(made, membership.user, chosen)
    said = _added_to(made, len(added)) if added else _("The collection “%(name)s” is there.") % {"name": made.name}
    url = f"{reverse('gallery:wall', args=[membership.team.slug])}?collection={made.pk}"
    return _done(request, membership, said, url=url, reload=not added, sidebar=True)


@require_POST
@team_view(Role.CREATOR)
def rename_collection(request: HttpRequest, membership: Membership, collection: int) -> HttpResponse:
    found = _collection_or_404(membership, collection)
    name = request.POST.get("name", "")
    try:
        services.rename_collection(found, name)
    except services.Refused as refused:
        return _refused(request, membership, refused.user_message, field="name", typed=name)
    return _done(request, membership, _("Renamed."), sidebar=True, reload=True)


@require_POST
@team_view(Role.CREATOR)
def delete_collection(request: HttpRequest, membership: Membership, collection: int) -> HttpResponse:
    found = _collection_or_404(membership, collection)
    services.delete_collection(found)
    said = _("The collection “%(name)s” is deleted. What was in it stays.") % {"name": found.name}
    undo = _step(reverse("gallery:collection-restore", args=[membership.team.slug, found.pk]), [])
    url = reverse("gallery:wall", args=[membership.team.slug])
    return _done(request, membership, said, undo=undo, sidebar=True, url=url)


@require_POST
@team_view(Role.CREATOR)
def restore_collection(request: HttpRequest, membership: Membership, collection: int) -> HttpResponse:
    found = get_object_or_404(Collection, pk=collection, team=membership.team)
    if found.deleted_at is not None:
        services.restore_collection(found)
    url = f"{reverse('gallery:wall', args=[membership.team.slug])}?collection={found.pk}"
    return _done(request, membership, _("Restored."), sidebar=True, url=url, reload=True)


@require_POST
@team_view(Role.CREATOR)
def add(request: HttpRequest, membership: Membership, collection: int) -> HttpResponse:
    found = _collection_or_404(membership, collection)
    chosen = _known(membership, _chosen(request))
    if not chosen:
        return _refused(request, membership, _nothing_chosen())
    new = services.add_to_collection(found, membership.user, chosen)
    undo = _step(reverse("gallery:remove", args=[membership.team.slug, found.pk]), new) if new else None
    return _done(request, membership, _added_to(found, len(new)), undo=undo)


@require_POST
@team_view(Role.CREATOR)
def remove(request: HttpRequest, membership: Membership, collection: int) -> HttpResponse:
    found = _collection_or_404(membership, collection)
    chosen = _chosen(request)
    if not chosen:
        return _refused(request, membership, _nothing_chosen())
    gone = services.remove_from_collection(found, _known(membership, chosen))
    said = _("%(count)s taken out of “%(name)s”.") % {"count": len(gone), "name": found.name}
    undo = _step(reverse("gallery:add", args=[membership.team.slug, found.pk]), gone) if gone else None
    return _done(request, membership, said, undo=undo, gone=gone)


@require_POST
@team_view(Role.CREATOR)
def cover(request: HttpRequest, membership: Membership, collection: int) -> HttpResponse:
    found = _collection_or_404(membership, collection)
    chosen = _known(membership, _chosen(request))
    try:
        if len(chosen) != 1:
            raise services.Refused(_("Select one picture for the cover."))
        services.set_cover(found, chosen[0])
    except services.Refused as refused:
        return _refused(request, membership, refused.user_message)
    said = _("This is now the cover of “%(name)s”.") % {"name": found.name}
    return _done(request, membership, said, sidebar=True)


@require_safe
@team_view()
def sidebar(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Collections and views at the left, after something has changed."""
    filters: WallFilters = WallFilters.read(request.GET)
    context = {
        "filters": filters,
        "collections": queries.collections(membership.team),
        "is_mine": filters.person == membership.user_id,
        "may_change": membership.allows(Role.CREATOR),
        "in_trash": request.GET.get("in") == "trash",
    }
    return show(request, membership, "gallery/_sidebar_anew.html", context)


# ── shared ───────────────────────────────────────────


def _collection_or_404(membership: Membership, pk: int) -> Collection:
    return get_object_or_404(Collection, pk=pk, team=membership.team, deleted_at__isnull=True)


def _chosen(request: HttpRequest) -> list[int]:
    """Ids from boxes ("output" once each) or from a script (all in "outputs", with commas)."""
    texts = [*request.POST.getlist("output"), *request.POST.get("outputs", "").split(",")]
    return list(dict.fromkeys(pk for text in texts if (pk := read_id(text.strip())) is not None))


def _known(membership: Membership, chosen: list[int]) -> list[int]:
    """Those that are the team's. Something else among them means that the page is not the team's: 404."""
    mine = Output.objects.filter(team=membership.team, pk__in=chosen[:MOST_AT_ONCE]).values_list("pk", flat=True)
    known = set(mine)
    if chosen and not known:
        raise Http404
    return [pk for pk in chosen if pk in known]


def _nothing_chosen() -> str:
    return _("Select something first.")


def _too_many() -> str:
    return _("One step takes %(limit)s at most. Select less.") % {"limit": MOST_AT_ONCE}


def _added_to(collection: Collection, count: int) -> str:
    if not count:
        return _("All of it is in “%(name)s” already.") % {"name": collection.name}
    return _("%(count)s added to “%(name)s”.") % {"count": count, "name": collection.name}


def _figure(count: int) -> str:
    if count > queries.MOST_COUNTED:
        return f"{number_format(queries.MOST_COUNTED, force_grouping=True)}+"
    return number_format(count, force_grouping=True)


def _step(url: str, outputs: Iterable[int]) -> dict[str, str]:
    """Something that can be posted to undo what was done."""
    return {"url": url, "outputs": ",".join(str(pk) for pk in outputs)}


def _done(request: HttpRequest, membership: Membership, said: str, **more: Any) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"said": said, **more})
    messages.success(request, said)
    return redirect(more.get("url") or _back(request, membership))


def _refused(
    request: HttpRequest, membership: Membership, sentence: str, *, field: str = "", typed: str = ""
) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"problem": sentence, "field": field}, status=422)
    if field:
        return _wall(request, membership, collection_problem=sentence, typed=typed, status=422)
    messages.error(request, sentence)
    return _wall(request, membership, status=422)


def _back(request: HttpRequest, membership: Membership) -> str:
    """Where the person was, when that is a page of this room."""
    room = reverse("gallery:wall", args=[membership.team.slug])
    came = urlsplit(request.headers.get("Referer", ""))
    path = came.path + (f"?{came.query}" if came.query else "")
    return path if path.startswith(room) else room

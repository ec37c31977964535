"""Chat models at the prompt bar: a better prompt, the words for a picture or a video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import ObjectDoesNotExist
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from studio.accounts.access import team_view
from studio.accounts.answers import or_404
from studio.accounts.models import Membership, Role
from studio.billing.services import NotEnoughCredits
from studio.jobs import chat, queries, services
from studio.jobs.models import Reply, ReplyPurpose
from studio.jobs.services import Start
from studio.jobs.stream import as_reply_events, follow_reply
from studio.lib.ids import read_id
from studio.media.models import Asset, AssetKind
from studio.media.presenters import ImageView, image_view


@dataclass(frozen=True, slots=True)
class Help:
    """What `create/_assist.html` draws: the question as far as it is known before it is asked."""

    purpose: ReplyPurpose
    start: Start | None
    image: ImageView | None
    choices: list[chat.Choice]

    @property
    def title(self) -> str:
        return str(self.purpose.label)

    @property
    def explanation(self) -> str:
        if self.purpose == ReplyPurpose.IMPROVE:
            return _("A chat model says the same with light, place and detail. Options such as --ar stay.")
        return _("A chat model looks at it and writes a prompt for something like it.")

    @property
    def button(self) -> str:
        return _("Improve") if self.purpose == ReplyPurpose.IMPROVE else _("Describe")

    @property
    def can_think(self) -> bool:
        return any(choice.can_think for choice in self.choices)


@require_GET
@team_view(Role.CREATOR)
def form(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The pop-up from which a chat model is asked: about the `output` or `asset` (ids), or about the prompt."""
    team = membership.team
    start = None
    if request.GET.get("output") or request.GET.get("asset"):
        ids = {"output_id": read_id(request.GET.get("output")), "asset_id": read_id(request.GET.get("asset"))}
        start = or_404(queries.start_of, team, **ids)
        purpose = {AssetKind.IMAGE: ReplyPurpose.DESCRIBE, AssetKind.VIDEO: ReplyPurpose.DESCRIBE_VIDEO}.get(
            AssetKind(start.asset.kind)
        )
        if purpose is None:
            raise Http404
    else:
        purpose = ReplyPurpose.IMPROVE
    image = image_view(start.asset, team.slug) if start is not None else None
    help = Help(purpose, start, image, chat.choices(purpose))
    return render(request, "create/_assist.html", {"team": team, "help": help})


@require_POST
@team_view(Role.CREATOR)
def ask(request: HttpRequest, membership: Membership) -> JsonResponse:
    """Asks a chat model. Takes `purpose` (improve, describe, describe-video), `request_key`, and of these what the
    purpose needs: `prompt`, and `output` or `asset` (ids); `model` ("provider:model") may choose another model than
    the first of `chat.choices(purpose)`, and `thinking` ("on") has one that offers it think first.

    201, and 200 for a form posted again:
        {"id": 7, "state": "queued", "price": 2, "text": "", "thinking": "", "message": "",
         "url": "…/assist/7/", "events": "…/assist/7/events/", "stop": "…/assist/7/stop/"}
    422: {"message": "a sentence", "field": "prompt" | "asset" | "model" | "purpose" | ""}
    """
    try:
        reply, is_new = chat.ask(
            membership,
            purpose=request.POST.get("purpose", ""),
            request_key=request.POST.get("request_key", ""),
            prompt=request.POST.get("prompt", ""),
            asset=_file(request, membership),
            model_key=request.POST.get("model", ""),
            thinks=request.POST.get("thinking") in {"on", "true", "1"},
        )
    except NotEnoughCredits as short:
        return _refused(services.short_of_credits(short))
    except chat.CannotAsk as cannot:
        return _refused(cannot.user_message, cannot.field)
    return JsonResponse(_as_json(membership, reply), status=201 if is_new else 200)


def _file(request: HttpRequest, membership: Membership) -> Asset | None:
    """The file that is asked about. What is not there, or another team's, is no file."""
    ids = {"output_id": read_id(request.POST.get("output")), "asset_id": read_id(request.POST.get("asset"))}
    named = {name: pk for name, pk in ids.items() if pk is not None}
    if not named:
        return None
    try:
        return queries.start_of(membership.team, **named).asset
    except ObjectDoesNotExist:
        return None


def _refused(sentence: str, field: str = "") -> JsonResponse:
    return JsonResponse({"message": sentence, "field": field}, status=422)


@require_GET
@team_view(Role.CREATOR)
def state(request: HttpRequest, membership: Membership, reply: int) -> JsonResponse:
    """The answer as far as it has come, for browsers that can't hold a stream; the same object as `ask` gives.

    `state` is queued, running, done, failed or canceled; `message` says why it failed."""
    return JsonResponse(_as_json(membership, _find(membership, reply)))


@require_GET
@team_view(Role.CREATOR)
async def events(request: HttpRequest, membership: Membership, reply: int) -> StreamingHttpResponse:
    """The answer as server-sent events while it grows. Each carries all the words so far, not only the new ones:

        event: text       {"text": "…", "thinking": "…"}
        event: done       {"text": "…", "thinking": "…", "cost": 2}
        event: failed     {"text": "…", "thinking": "…", "message": "a sentence"}
        event: canceled   {"text": "…", "thinking": "…"}

    The stream ends after one of the last three; the page closes its EventSource then, or it would ask again.
    """
    found = await sync_to_async(_find)(membership, reply)
    # an open stream must not hold the connection that let it in
    await sync_to_async(connections.close_all)()
    response = StreamingHttpResponse(follow_reply(found.pk, get_language()), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


@require_POST
@team_view(Role.CREATOR)
def stop(request: HttpRequest, membership: Membership, reply: int) -> JsonResponse:
    """Stops an answer; nothing is charged and what had come is kept. One that has ended stays as it is."""
    found = _find(membership, reply)
    chat.stop(found)
    found.refresh_from_db()
    return JsonResponse(_as_json(membership, found))


def _find(membership: Membership, pk: int) -> Reply:
    found: Reply = or_404(Reply.objects.select_related("hold").get, pk=pk, team=membership.team)
    return found


def _as_json(membership: Membership, reply: Reply) -> dict[str, Any]:
    _name, told = as_reply_events(reply)[-1]
    address = [membership.team.slug, reply.pk]
    return {
        "id": reply.pk,
        "state": reply.state,
        "price": reply.quote,
        "text": reply.text,
        "thinking": reply.thinking,
        "message": told.get("message", ""),
        "url": reverse("create:assist-state", args=address),
        "events": reverse("create:assist-events", args=address),
        "stop": reverse("create:assist-stop", args=address),
    }

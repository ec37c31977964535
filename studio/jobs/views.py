"""The live timeline, and the door for services that call back. Pages are in studio.create."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from providers.base import RawCallback
from studio.accounts.access import team_view
from studio.accounts.models import Membership
from studio.lib.ids import read_id

from . import callbacks
from .stream import as_data, events_since, stream


def _since(request: HttpRequest) -> int:
    return read_id(request.headers.get("Last-Event-ID") or request.GET.get("since")) or 0


@require_GET
@team_view()
async def events(request: HttpRequest, membership: Membership) -> StreamingHttpResponse:
    """The team's timeline as server-sent events, from `Last-Event-ID` or `?since=` on."""
    # an open stream must not hold the connection that let it in
    await sync_to_async(connections.close_all)()
    response = StreamingHttpResponse(stream(membership.team, _since(request)), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


@require_GET
@team_view()
def events_poll(request: HttpRequest, membership: Membership) -> JsonResponse:
    """The same for browsers that can't hold a stream."""
    rows = events_since(membership.team.pk, _since(request))
    last = rows[-1][0] if rows else _since(request)
    return JsonResponse({"last": last, "events": [as_data(row) for row in rows]})


@csrf_exempt
@require_POST
async def callback(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    """What a service tells us of a job. Says nothing but 200 to whom has the job's token, and 404 to others."""
    job_id = callbacks.read_token(provider, token)
    if job_id is None:
        return HttpResponse(status=404)
    try:
        body = request.read(callbacks.MAX_BODY_BYTES + 1)
    except UnreadablePostError:
        return HttpResponse(status=404)
    if len(body) > callbacks.MAX_BODY_BYTES:
        return HttpResponse(status=404)
    await sync_to_async(callbacks.receive)(provider, job_id, RawCallback(body, dict(request.headers)))
    return HttpResponse(status=200)

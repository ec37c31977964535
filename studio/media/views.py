from __future__ import annotations

import math

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio.accounts.access import team_view
from studio.accounts.models import Membership, Role
from studio.media import conversions, services, storage
from studio.media.access import asset_of_token_or_404, asset_or_404, conversion_or_404, rendition_or_404, video_or_404
from studio.media.models import Conversion, ConversionFormat, ConversionState
from studio.media.presenters import PREVIEW, download_name, image_view
from studio.media.problems import MediaProblem
from studio.media.serving import serve


@require_safe
@team_view()
def original(request: HttpRequest, membership: Membership, pk: int) -> HttpResponseBase:
    asset = asset_or_404(membership, pk)
    disposition = None
    if request.GET.get("download"):
        disposition = content_disposition_header(True, download_name(asset, request.GET.get("name", "")))
    return serve(request, asset.storage_key, media_type=asset.media_type, etag=asset.sha256, disposition=disposition)


@require_safe
@team_view()
def rendition(request: HttpRequest, membership: Membership, pk: int, spec: str) -> HttpResponseBase:
    if spec == PREVIEW:
        raise Http404
    found = rendition_or_404(membership, pk, spec)
    return serve(request, found.storage_key, media_type="image/webp", etag=f"{found.asset.sha256}-{found.spec}")


@require_safe
@team_view()
def preview(request: HttpRequest, membership: Membership, pk: int) -> HttpResponseBase:
    found = rendition_or_404(membership, pk, PREVIEW)
    return serve(request, found.storage_key, media_type="video/mp4", etag=f"{found.asset.sha256}-{PREVIEW}")


@require_POST
@team_view(Role.CREATOR)
def convert(request: HttpRequest, membership: Membership, pk: int) -> HttpResponse:
    """Have a video made into a GIF or WebM; answers with where it stands, which asks again by itself."""
    asset = video_or_404(membership, pk)
    wanted = request.POST.get("format", "")
    if wanted not in ConversionFormat.values:
        return _problem(request, _("Choose GIF or WebM."))
    try:
        conversion = conversions.request_conversion(asset, wanted)
    except MediaProblem as problem:
        return _problem(request, problem.user_message)
    return _conversion_fragment(request, membership, conversion)


@require_safe
@team_view()
def conversion(request: HttpRequest, membership: Membership, pk: int, conversion: int) -> HttpResponse:
    return _conversion_fragment(request, membership, conversion_or_404(membership, pk, conversion))


@require_safe
@team_view()
def converted(request: HttpRequest, membership: Membership, pk: int, wanted: str) -> HttpResponseBase:
    asset = video_or_404(membership, pk)
    if not asset.conversions.filter(format=wanted, state=ConversionState.DONE).exists():
        raise Http404
    name = download_name(asset, extension=f".{wanted}")
    return serve(
        request,
        storage.conversion_key(asset.sha256, wanted),
        media_type="image/gif" if wanted == ConversionFormat.GIF else "video/webm",
        etag=f"{asset.sha256}-{wanted}",
        disposition=content_disposition_header(True, name),
    )


@require_POST
@team_view(Role.CREATOR)
def frame(request: HttpRequest, membership: Membership, pk: int) -> HttpResponse:
    """Keep the frame at `t` seconds as a picture; answers with what can be done with it."""
    asset = video_or_404(membership, pk)
    try:
        seconds = float(request.POST.get("t", ""))
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        return _problem(request, _("Say which moment of the video, in seconds."))
    try:
        taken = services.extract_frame(asset, min(max(seconds, 0), asset.duration), user=membership.user)
    except MediaProblem as problem:
        return _problem(request, problem.user_message)
    image = image_view(taken, membership.team.slug)
    if request.accepts("text/html"):
        context = {"team": membership.team, "asset": taken, "image": image}
        return render(request, "components/media/frame.html", context)
    return JsonResponse(
        {"id": taken.pk, "at": taken.taken_at, "thumbnail": image.src, "original": image.original_url}, status=200
    )


@require_safe
def service_input(request: HttpRequest, token: str) -> HttpResponseBase:
    """An original for a service that was given a signed link. No session, no cookie."""
    asset = asset_of_token_or_404(token)
    return serve(request, asset.storage_key, media_type=asset.media_type, etag=asset.sha256, cache="private, no-store")


def _conversion_fragment(request: HttpRequest, membership: Membership, found: Conversion) -> HttpResponse:
    context = {
        "team": membership.team,
        "conversion": found,
        "problem": _(found.problem) if found.problem else "",
        "download_name": download_name(found.asset, extension=f".{found.format}"),
    }
    return render(request, "components/media/conversion.html", context)


def _problem(request: HttpRequest, message: str) -> HttpResponse:
    return render(request, "components/media/problem.html", {"message": message}, status=422)

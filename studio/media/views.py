from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from studio.accounts.access import team_view
from studio.accounts.models import Membership
from studio.media.access import asset_of_token_or_404, asset_or_404, rendition_or_404
from studio.media.presenters import download_name
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
    found = rendition_or_404(membership, pk, spec)
    return serve(request, found.storage_key, media_type="image/webp", etag=f"{found.asset.sha256}-{found.spec}")


@require_safe
def service_input(request: HttpRequest, token: str) -> HttpResponseBase:
    """An original for a service that was given a signed link. No session, no cookie."""
    asset = asset_of_token_or_404(token)
    return serve(request, asset.storage_key, media_type=asset.media_type, etag=asset.sha256, cache="private, no-store")

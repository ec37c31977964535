"""Who sees a file: members of its team, and services with a signed link. For everybody else it does
not exist (404); people who are signed out are asked to sign in (`team_view`), so that a kept link
works again afterwards. Staff see no pictures of teams they do not belong to."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import get_object_or_404

from studio.accounts.models import Membership
from studio.media.models import Asset, AssetKind, Conversion, Rendition
from studio.media.services import read_input_token


def asset_or_404(membership: Membership, pk: int) -> Asset:
    return get_object_or_404(Asset, pk=pk, team=membership.team_id)


def video_or_404(membership: Membership, pk: int) -> Asset:
    return get_object_or_404(Asset, pk=pk, team=membership.team_id, kind=AssetKind.VIDEO)


def conversion_or_404(membership: Membership, asset: int, pk: int) -> Conversion:
    found = Conversion.objects.select_related("asset")
    return get_object_or_404(found, pk=pk, asset=asset, asset__team=membership.team_id)


def rendition_or_404(membership: Membership, pk: int, spec: str) -> Rendition:
    found = Rendition.objects.select_related("asset")
    return get_object_or_404(found, asset=pk, asset__team=membership.team_id, spec=spec)


def asset_of_token_or_404(token: str) -> Asset:
    pk = read_input_token(token)
    if pk is None:
        raise Http404
    return get_object_or_404(Asset, pk=pk)

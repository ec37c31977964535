from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from studio.media.models import Asset

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Asset]
else:
    _Base = admin.ModelAdmin  # generic only for the type checker


@admin.register(Asset)
class AssetAdmin(_Base):
    """For looking only. The thumbnail is the blurred placeholder: pictures belong to their teams, and the
    administration is open to people who are not members."""

    list_display = ["thumbnail", "id", "team", "origin", "media_type", "pixels", "bytes", "created_by", "created_at"]
    list_display_links = ["id"]
    list_filter = ["origin", "kind", "media_type"]
    list_select_related = ["team", "created_by"]
    search_fields = ["sha256__startswith", "team__name", "created_by__email"]
    show_full_result_count = False
    fields = [
        "thumbnail",
        "team",
        "created_by",
        "origin",
        "kind",
        "media_type",
        "pixels",
        "duration",
        "bytes",
        "sha256",
        "storage_key",
        "created_at",
    ]
    readonly_fields = ["thumbnail", "pixels", "bytes"]

    @admin.display(description=_("picture"))
    def thumbnail(self, asset: Asset) -> SafeString | str:
        if not asset.placeholder or not asset.height:
            return "–"
        width = min(64, round(64 * asset.width / asset.height))
        return format_html('<img src="{}" width="{}" alt="" style="border-radius: 4px">', asset.placeholder, width)

    @admin.display(description=_("size in pixels"), ordering="width")
    def pixels(self, asset: Asset) -> str:
        return f"{asset.width} × {asset.height}" if asset.width else "–"

    @admin.display(description=_("size of the file"), ordering="size")
    def bytes(self, asset: Asset) -> str:
        return filesizeformat(asset.size)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

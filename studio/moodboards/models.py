"""Moodboards: pictures and notes of a team that steer style."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from studio.accounts.models import Team
from studio.media.models import Asset, UrlImport

NAME_LENGTH = 120
DESCRIPTION_LENGTH = 1000
NOTE_LENGTH = 500


class Moodboard(models.Model):
    """`version` grows with every change of its pictures, `updated_at` with every change."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="moodboards")
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    description = models.TextField(_("description"), blank=True, max_length=DESCRIPTION_LENGTH)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="moodboards")
    cover = models.ForeignKey("BoardItem", on_delete=models.SET_NULL, null=True, related_name="+")
    #: colours drawn from its pictures ("#d9816f"), dark to light
    palette = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    #: since then out of sight; undo takes it back
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("moodboard")
        verbose_name_plural = _("moodboards")
        indexes = [
            models.Index(fields=["team", "-updated_at"], condition=Q(deleted_at__isnull=True), name="moodboard_wall")
        ]

    def __str__(self) -> str:
        return self.name


class BoardItem(models.Model):
    """A picture on a moodboard, or a note that stands by itself (no asset).

    Places are sparse: `position` leaves room between neighbours, and equal ones go by id. What was taken off
    keeps its row, so that undo and adding it again bring it back.
    """

    board = models.ForeignKey(Moodboard, on_delete=models.CASCADE, related_name="items")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, null=True, related_name="board_items")
    position = models.BigIntegerField()
    note = models.CharField(_("note"), max_length=NOTE_LENGTH, blank=True)
    #: [[colour, share of the picture], …]; null until they have been drawn
    colors = models.JSONField(null=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    added_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["board", "asset"], condition=Q(asset__isnull=False), name="picture_once_a_board"
            ),
            models.CheckConstraint(condition=Q(asset__isnull=False) | ~Q(note=""), name="picture_or_note"),
        ]
        indexes = [models.Index(fields=["board", "position", "id"], condition=Q(removed_at=None), name="board_order")]

    def __str__(self) -> str:
        return self.note or f"{self.board_id}/{self.asset_id}"


class BoardImport(models.Model):
    """A picture that is being fetched from an address for a board; goes when it has become an item."""

    board = models.ForeignKey(Moodboard, on_delete=models.CASCADE, related_name="imports")
    url_import = models.OneToOneField(UrlImport, on_delete=models.CASCADE, related_name="board_import")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return self.url_import.url

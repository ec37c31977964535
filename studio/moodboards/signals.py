"""A picture that is deleted for good leaves its boards; their copies at services follow."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete

from . import services
from .models import BoardItem, Moodboard


def connect() -> None:
    post_delete.connect(tell_of_deleted_pictures, sender=BoardItem)


def tell_of_deleted_pictures(sender: type[BoardItem], instance: BoardItem, **kwargs: Any) -> None:
    with_its_board = getattr(kwargs.get("origin"), "model", None) is Moodboard
    if instance.asset_id is not None and instance.removed_at is None and not with_its_board:
        transaction.on_commit(partial(services.pictures_gone, instance.board_id), robust=True)

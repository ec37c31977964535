"""Files follow their rows: however an asset is deleted, its files go when that is committed and no
other asset has the same content."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from studio.media import storage
from studio.media.models import Asset, AssetKind, ConversionFormat


@receiver(pre_delete, sender=Asset)
def remove_files_on_commit(sender: type[Asset], instance: Asset, **kwargs: Any) -> None:
    derived = list(instance.renditions.values_list("storage_key", flat=True))
    if instance.kind == AssetKind.VIDEO:
        # made for any asset of this content, not for this one alone
        derived += [storage.conversion_key(instance.sha256, wanted) for wanted in ConversionFormat.values]
    transaction.on_commit(partial(remove_if_unused, instance.sha256, instance.storage_key, derived), robust=True)


def remove_if_unused(sha256: str, original: str, derived: list[str]) -> None:
    # In a transaction and under the lock that record_many() takes: an asset of the same content that is
    # being recorded is either seen here or sees that its files are gone.
    with transaction.atomic():
        storage.lock_content([sha256])
        if not Asset.objects.filter(sha256=sha256).exists():
            storage.remove(original, derived)

"""What people do with results on the wall: star them, put them into collections."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from studio.accounts.models import Team, User
from studio.jobs.models import Output, OutputState
from studio.lib.words import one_line

from .models import Collection, CollectionItem, Favourite

MAX_COLLECTIONS = 500
PURGED_AT_ONCE = 100


class Refused(Exception):
    """`user_message` says why in plain words."""

    def __init__(self, user_message: str) -> None:
        self.user_message = user_message
        super().__init__(user_message)


def star(team: Team, user: User, ids: Iterable[int]) -> list[int]:
    """Stars finished results for this person. Returns the ids of those that had no star."""
    wanted = Output.objects.filter(team=team, pk__in=set(ids), state=OutputState.DONE).exclude(favourites__user=user)
    new = list(wanted.values_list("pk", flat=True))
    Favourite.objects.bulk_create((Favourite(user=user, output_id=pk) for pk in new), ignore_conflicts=True)
    return new


def unstar(team: Team, user: User, ids: Iterable[int]) -> list[int]:
    rows = Favourite.objects.filter(user=user, output__team=team, output__in=set(ids))
    gone = list(rows.values_list("output_id", flat=True))
    rows.delete()
    return gone


def check_name(team: Team, name: str, *, besides: Collection | None = None) -> str:
    """The name as it is kept. Raises Refused."""
    name = one_line(name)
    if not name:
        raise Refused(_("Give it a name."))
    if len(name) > 80:
        raise Refused(_("Use at most 80 characters."))
    others = Collection.objects.filter(team=team, name__iexact=name, deleted_at__isnull=True)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    if others.exists():
        raise Refused(_("There is a collection of this name already."))
    return name


def create_collection(team: Team, user: User, name: str) -> Collection:
    """Raises Refused."""
    name = check_name(team, name)
    if Collection.objects.filter(team=team, deleted_at__isnull=True).count() >= MAX_COLLECTIONS:
        raise Refused(_("The team has %(limit)s collections. Delete one first.") % {"limit": MAX_COLLECTIONS})
    return Collection.objects.create(team=team, created_by=user, name=name)


def rename_collection(collection: Collection, name: str) -> None:
    """Raises Refused."""
    collection.name = check_name(collection.team, name, besides=collection)
    collection.save(update_fields=["name"])


def delete_collection(collection: Collection) -> bool:
    """Its results stay where they are. False when somebody was quicker."""
    rows = Collection.objects.filter(pk=collection.pk, deleted_at__isnull=True)
    return bool(rows.update(deleted_at=timezone.now()))


def purge(before: datetime) -> None:
    """Deletes for good some of the collections that were deleted before that moment; their results stay."""
    with transaction.atomic():
        old = Collection.objects.filter(deleted_at__lt=before).order_by("pk")
        ids = list(old.select_for_update().values_list("pk", flat=True)[:PURGED_AT_ONCE])
        Collection.objects.filter(pk__in=ids).delete()


def restore_collection(collection: Collection) -> None:
    """Where its name has been taken since, it gets a number."""
    name, number = collection.name, 2
    others = Collection.objects.filter(team=collection.team, deleted_at__isnull=True).exclude(pk=collection.pk)
    while others.filter(name__iexact=name).exists():
        name = f"{collection.name[:74]} ({number})"
        number += 1
    Collection.objects.filter(pk=collection.pk).update(deleted_at=None, name=name)


def add_to_collection(collection: Collection, user: User, ids: Iterable[int]) -> list[int]:
    """Returns the ids of those that were not in it yet."""
    wanted = Output.objects.filter(team=collection.team_id, pk__in=set(ids), state=OutputState.DONE)
    new = list(wanted.exclude(collected__collection=collection).values_list("pk", flat=True))
    items = (CollectionItem(collection=collection, output_id=pk, added_by=user) for pk in new)
    CollectionItem.objects.bulk_create(items, ignore_conflicts=True)
    return new


def remove_from_collection(collection: Collection, ids: Iterable[int]) -> list[int]:
    rows = CollectionItem.objects.filter(collection=collection, output__in=set(ids))
    gone = list(rows.values_list("output_id", flat=True))
    rows.delete()
    return gone


def set_cover(collection: Collection, output_id: int) -> None:
    """Raises Refused for a result that is not in the collection."""
    if not CollectionItem.objects.filter(collection=collection, output=output_id).exists():
        raise Refused(_("Only something in the collection can be its cover."))
    collection.cover_id = output_id
    collection.save(update_fields=["cover"])

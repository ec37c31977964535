"""Pictures given by address, fetched in the background by the same window that works on jobs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import timedelta
from functools import lru_cache

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from providers.fetching import FetchPolicy, FetchProblem, afetch
from providers.words import gettext_noop as _
from studio.media.models import ImportState, UrlImport
from studio.media.services import MediaProblem, fail_url_import, finish_url_import

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 2


def _free() -> Q:
    return Q(state=ImportState.PENDING) & (Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now()))


def waiting() -> bool:
    return UrlImport.objects.filter(_free()).exists()


def claim(limit: int = 8) -> list[int]:
    """Ids of imports that are now the caller's for a minute."""
    won = []
    for pk in UrlImport.objects.filter(_free()).values_list("pk", flat=True)[:limit]:
        if UrlImport.objects.filter(_free(), pk=pk).update(
            lease_until=timezone.now() + LEASE, attempts=F("attempts") + 1
        ):
            won.append(pk)
    return won


def _let_go(row: UrlImport) -> None:
    UrlImport.objects.filter(pk=row.pk, state=ImportState.PENDING, lease_until=row.lease_until).update(
        lease_until=None, attempts=F("attempts") - 1
    )


async def fetch(pk: int) -> None:
    """Fetches one import; whatever happens is written to its row."""
    row = await sync_to_async(UrlImport.objects.select_related("team", "created_by").get)(pk=pk)
    if row.attempts > MAX_ATTEMPTS:
        await sync_to_async(fail_url_import)(row, _("This address could not be fetched."))
        return
    try:
        fetched = await afetch(row.url, upload_policy())
        with contextlib.closing(fetched):
            await sync_to_async(finish_url_import, thread_sensitive=False)(row, fetched.path)
    except asyncio.CancelledError:
        await asyncio.shield(sync_to_async(_let_go)(row))
        raise
    except (FetchProblem, MediaProblem) as problem:
        await sync_to_async(fail_url_import)(row, problem.user_message)
    except Exception:
        logger.exception("import %s broke", pk)
        await sync_to_async(fail_url_import)(row, _("This address could not be fetched."))


@lru_cache(maxsize=1)
def upload_policy() -> FetchPolicy:
    return FetchPolicy(
        max_bytes=settings.MAX_UPLOAD_BYTES,
        timeout_seconds=30,
        allowed_hosts=frozenset(settings.ALLOWED_FETCH_HOSTS),
    )

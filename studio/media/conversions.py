"""Videos in other formats, made in the background, once for each asset and format.

Media does not know who works in the background: whoever does connects its wake-up with `on_request()`,
asks `waiting()` and `claim()`, and runs `work()`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from studio.media import decoder, services, storage
from studio.media.models import Asset, AssetKind, Conversion, ConversionFormat, ConversionState
from studio.media.problems import MediaProblem

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
MAX_ATTEMPTS = 2
#: longest video, in seconds. A GIF grows by half a megabyte a second; WebM keeps up with about 60
#: frames of 720p a second.
LONGEST = {ConversionFormat.GIF: 30, ConversionFormat.WEBM: 60}
#: a child may work this long; less than a window of background work is given to end
SECONDS = 50
#: at once on one installation: uploads and results need the decoder too
AT_ONCE = 1

Listener = Callable[[], object]
_listeners: list[Listener] = []


def on_request(callback: Listener) -> None:
    """Call `callback()` whenever a conversion was requested and committed."""
    if callback not in _listeners:
        _listeners.append(callback)


def _announce() -> None:
    for callback in _listeners:
        callback()


def request_conversion(asset: Asset, wanted: str) -> Conversion:
    """The one conversion of this asset into this format. A failed one is tried again.

    Raises MediaProblem when the asset is no video or too long for the format.
    """
    chosen = ConversionFormat(wanted)
    if asset.kind != AssetKind.VIDEO:
        raise MediaProblem("not_a_video")
    if asset.duration > LONGEST[chosen] + 0.5:
        raise MediaProblem("conversion_too_long", limit=LONGEST[chosen], format=chosen.label)
    with transaction.atomic():
        conversion, is_new = Conversion.objects.get_or_create(asset=asset, format=chosen)
        again = Conversion.objects.filter(pk=conversion.pk, state=ConversionState.FAILED).update(
            state=ConversionState.PENDING, problem="", attempts=0, lease_until=None
        )
        if again:
            conversion.refresh_from_db()
        if is_new or again:
            transaction.on_commit(_announce, robust=True)
    return conversion


def _free() -> Q:
    return Q(state=ConversionState.PENDING) & (Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now()))


def _under_way() -> int:
    return Conversion.objects.filter(state=ConversionState.PENDING, lease_until__gte=timezone.now()).count()


def waiting() -> bool:
    """Whether there is one that may be begun now."""
    return Conversion.objects.filter(_free()).exists() and _under_way() < AT_ONCE


def claim(limit: int = AT_ONCE) -> list[int]:
    """Ids of conversions that are now the caller's for a while; none while enough are under way."""
    won: list[int] = []
    room = limit - _under_way()
    if room <= 0:
        return won
    for pk in Conversion.objects.filter(_free()).order_by("pk").values_list("pk", flat=True)[:room]:
        if Conversion.objects.filter(_free(), pk=pk).update(
            lease_until=timezone.now() + LEASE, attempts=F("attempts") + 1
        ):
            won.append(pk)
    return won


async def work(pk: int) -> None:
    """Makes one conversion; whatever happens is written to its row. Canceled, it is free for the next."""
    conversion = await Conversion.objects.select_related("asset").filter(pk=pk).afirst()
    if conversion is None or conversion.state != ConversionState.PENDING:
        return
    if conversion.attempts > MAX_ATTEMPTS:
        await sync_to_async(_end)(conversion, ConversionState.FAILED, problem=_("The file could not be made."))
        return
    try:
        await services.in_decoder(lambda ticket: _make(conversion, ticket))
    except asyncio.CancelledError:
        await asyncio.shield(sync_to_async(_let_go)(conversion))
        raise
    except MediaProblem as problem:
        if problem.code == "busy":
            await sync_to_async(_let_go)(conversion)
            return
        await sync_to_async(_end)(conversion, ConversionState.FAILED, problem=str(problem))
    except Exception:
        logger.exception("conversion %s broke", pk)
        await sync_to_async(_end)(conversion, ConversionState.FAILED, problem=_("The file could not be made."))


def _own(conversion: Conversion) -> Q:
    """Ours only while nobody else has claimed it: the lease that we were given is the fence."""
    return Q(pk=conversion.pk, state=ConversionState.PENDING, lease_until=conversion.lease_until)


def _let_go(conversion: Conversion) -> None:
    Conversion.objects.filter(_own(conversion)).update(lease_until=None, attempts=F("attempts") - 1)


def _end(conversion: Conversion, state: ConversionState, *, problem: str = "", size: int = 0) -> bool:
    changes = {"state": state, "problem": problem[:300], "size": size, "lease_until": None}
    return Conversion.objects.filter(_own(conversion)).update(**changes) == 1


def _make(conversion: Conversion, ticket: decoder.Ticket) -> None:
    asset = conversion.asset
    key = storage.conversion_key(asset.sha256, conversion.format)
    with storage.workspace() as folder:
        source = services.local_copy(asset, folder)
        request = {"task": "convert", "format": services.format_of(asset), "to": conversion.format}
        try:
            answer = services.decode(source, folder, request, seconds=SECONDS, ticket=ticket)
        except MediaProblem as problem:
            code = "conversion_timeout" if problem.code == "video_timeout" else "conversion_failed"
            raise problem if problem.code in ("busy", "canceled") else MediaProblem(code) from problem
        storage.keep(folder / answer["file"], key)
    with transaction.atomic():
        storage.lock_content([asset.sha256])
        is_ours = _end(conversion, ConversionState.DONE, size=answer["size"])
        # under the lock that removing takes: the file does not outlive the last asset of its content
        if not is_ours and not Asset.objects.filter(sha256=asset.sha256).exists():
            storage.remove(key, [])

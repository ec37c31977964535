"""What services say of our accounts: balance, plan, accounting periods, and what each job cost.

A reading is asked for by an administrator or by the clock once a day, and made by the engine's window.
It takes up the bill two days before the last complete reading, as services may enter what they charge
late or take it back; a charge that is read twice is kept once. What could not be read to the end leaves
the charges as they were.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from providers.base import Provider
from providers.bills import AccountInfo, Charge, Period
from providers.errors import InvalidResponse, ProviderError, Unsupported
from providers.registry import PROVIDERS
from providers.words import gettext_noop as _

from . import catalog
from .models import AccountReading, Job, ProviderAccount, ServiceCharge
from .wakeup import wake

if TYPE_CHECKING:
    from .steps import Tools

logger = logging.getLogger(__name__)

EVERY = timedelta(days=1)
OVERLAP = timedelta(days=2)
#: the longest that a whole reading may take, and a lease a little longer
READING_SECONDS = 50.0
LEASE = timedelta(seconds=80)
#: pages of one reading; a service that never comes to an end is not followed for ever
MAX_PAGES = 200

TOO_SLOW = _("The service took too long to send its bill. Try again later.")
TOO_LONG = _("The bill has more pages than can be read at once. The charges stay as they were.")
BROKEN = _("The bill could not be read. An administrator finds the reason in the log.")


# ── asking ───────────────────────────────────────────


def furnish() -> None:
    """A row for each account in use at a service with bills, and for the sandbox where it stands in for one."""
    accounts = catalog.enabled_accounts()
    for provider in PROVIDERS:
        account = accounts.get(provider.slug)
        if provider.credit_worth is None or (account is None and not settings.SANDBOX_URL):
            continue
        known = AccountReading.objects.filter(provider=provider.slug, account=account)
        if not known.exists():
            AccountReading.objects.bulk_create(
                [AccountReading(provider=provider.slug, account=account)], ignore_conflicts=True
            )


def current() -> QuerySet[AccountReading]:
    """The readings of what is in use now: its accounts, and the sandbox only where there is none."""
    in_use = ProviderAccount.objects.filter(enabled=True)
    emulated = Q(account__isnull=True) if settings.SANDBOX_URL else Q(pk__in=[])
    return AccountReading.objects.filter(
        Q(account__in=in_use) | (emulated & ~Q(provider__in=in_use.values("provider")))
    ).select_related("account")


def ask(reading: AccountReading) -> None:
    """A new reading as soon as the engine comes to it."""
    with transaction.atomic():
        AccountReading.objects.filter(pk=reading.pk).update(asked_at=timezone.now())
        transaction.on_commit(wake, robust=True)


def ask_daily() -> None:
    """Asks for what was not read for a day; what failed is asked for again whenever this is called."""
    furnish()
    now = timezone.now()
    old = Q(read_at__isnull=True) | Q(read_at__lt=now - EVERY)
    current().filter(old, asked_at__isnull=True).update(asked_at=now)


# ── reading ──────────────────────────────────────────


def _asked() -> Q:
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now())
    return Q(asked_at__isnull=False) & free


def waiting() -> bool:
    return AccountReading.objects.filter(_asked()).exists()


def claim(limit: int = 2) -> list[int]:
    """Ids of readings that are now the caller's to make."""
    won = []
    for pk in AccountReading.objects.filter(_asked()).order_by("asked_at").values_list("pk", flat=True)[:limit]:
        if AccountReading.objects.filter(_asked(), pk=pk).update(lease_until=timezone.now() + LEASE):
            won.append(pk)
    return won


async def work(tools: Tools, pk: int) -> None:
    """Makes one reading; whatever happens is written to its row. Canceled, it is free for the next window."""
    reading = await sync_to_async(AccountReading.objects.select_related("account").get)(pk=pk)
    begun = timezone.now()
    told: dict[str, Any] = {}
    try:
        async with asyncio.timeout(READING_SECONDS):
            await _read(tools, reading, told)
    except ProviderError as error:
        logger.warning("the bill of %s could not be read: %s", reading, error.code)
        told["problem"] = error.user_message
    except TimeoutError:
        told["problem"] = TOO_SLOW
    except asyncio.CancelledError:
        await asyncio.shield(sync_to_async(_let_go)(reading))
        raise
    except Exception:
        logger.exception("reading %s broke", pk)
        told["problem"] = BROKEN
    else:
        told |= {"problem": "", "read_at": begun}
    await sync_to_async(_write)(reading, told)


def _mine(reading: AccountReading) -> QuerySet[AccountReading]:
    """The row while the claim holds: each has a lease of its own."""
    return AccountReading.objects.filter(pk=reading.pk, lease_until=reading.lease_until)


def _let_go(reading: AccountReading) -> None:
    _mine(reading).update(lease_until=None)


def _write(reading: AccountReading, told: dict[str, Any]) -> None:
    """Asked again meanwhile, it is made again."""
    mine = _mine(reading)
    mine.filter(asked_at=reading.asked_at).update(asked_at=None)
    mine.update(lease_until=None, **told)


async def _read(tools: Tools, reading: AccountReading, told: dict[str, Any]) -> None:
    """Fills `told` with the row's new columns as far as it comes. Raises ProviderError."""
    provider = await sync_to_async(catalog.connect)(reading.provider, reading.account)
    try:
        told |= _columns(await tools.call(provider, provider.account()))
    except Unsupported:
        logger.info("%s tells nothing of its accounts", provider.slug)
    try:
        told["periods"] = [_as_json(period) for period in await tools.call(provider, provider.periods())]
    except Unsupported:
        told["periods"] = []
    await _read_charges(tools, reading, provider)


def _columns(info: AccountInfo) -> dict[str, Any]:
    return {
        "plan": info.plan[:80],
        "balance": info.balance,
        "unit": info.unit[:12],
        "max_concurrent": info.max_concurrent,
    }


def _as_json(period: Period) -> dict[str, Any]:
    return {"name": period.name, "amount": str(period.amount), "unit": period.unit, "jobs": period.jobs}


async def _read_charges(tools: Tools, reading: AccountReading, provider: Provider) -> None:
    since = await sync_to_async(_since)(reading)
    charges: list[Charge] = []
    for page in range(1, MAX_PAGES + 1):
        try:
            found = await tools.call(provider, provider.charges(page, since=since))
        except Unsupported:
            return
        charges += found.items
        if not found.items or (found.total is not None and len(charges) >= found.total):
            break
    else:
        raise InvalidResponse(TOO_LONG, code="bill_too_long")
    await sync_to_async(keep)(reading, charges, since)


def _since(reading: AccountReading) -> datetime:
    """The last complete reading or, before the first, our first job: what came before is not ours to judge."""
    first = Job.objects.filter(provider=reading.provider, account=reading.account).aggregate(t=Min("submitted_at"))["t"]
    return (reading.read_at or first or timezone.now()) - OVERLAP


# ── keeping ──────────────────────────────────────────

#: services round times; what lies this close to the beginning of a reading may or may not be in it
MARGIN = timedelta(minutes=1)
BATCH = 1000
MAX_REMOTE_ID = ServiceCharge._meta.get_field("remote_id").max_length or 0


@transaction.atomic
def keep(reading: AccountReading, charges: Sequence[Charge], since: datetime) -> None:
    """Writes what a bill says from `since` on. What it no longer says of that time is gone: services charge
    a job when they take it, and take that back when it fails.

    A job has one row. Should it be charged several times, the row has the sum, so that this shows.
    """
    begun = timezone.now()
    lines: dict[str, list[Charge]] = defaultdict(list)
    for charge in charges:
        if 0 < len(charge.remote_id) <= MAX_REMOTE_ID:
            lines[charge.remote_id].append(charge)
    ids = list(lines)
    for start in range(0, len(ids), BATCH):
        _keep_batch(reading, {remote_id: lines[remote_id] for remote_id in ids[start : start + BATCH]}, since)
    _charges_of(reading).filter(charged_at__gt=since + MARGIN, seen_at__lt=begun).delete()


def _keep_batch(reading: AccountReading, lines: dict[str, list[Charge]], since: datetime) -> None:
    known = {row.remote_id: row for row in _charges_of(reading).filter(remote_id__in=lines)}
    rows = [_merged(known.get(remote_id), reading, items, since) for remote_id, items in lines.items()]
    ServiceCharge.objects.bulk_create([row for row in rows if row.pk is None])
    ServiceCharge.objects.bulk_update(
        [row for row in rows if row.pk is not None], ["amount", "unit", "charged_at", "raw", "seen_at"]
    )


def _charges_of(reading: AccountReading) -> QuerySet[ServiceCharge]:
    return ServiceCharge.objects.filter(provider=reading.provider, account=reading.account)


def _merged(row: ServiceCharge | None, reading: AccountReading, items: list[Charge], since: datetime) -> ServiceCharge:
    """The job's row with the lines that this reading has, and those from before its time.

    Two lines of the same second are one: pages that move while they are read repeat some."""
    row = row or ServiceCharge(provider=reading.provider, account=reading.account, remote_id=items[0].remote_id)
    before = _second(since + MARGIN)
    amounts = {at: amount for at, amount in row.raw.get("lines", {}).items() if at and at < before}
    amounts |= {_second(item.at): str(item.amount) for item in items}
    row.amount = sum((Decimal(amount) for amount in amounts.values()), Decimal(0))
    row.unit = items[-1].unit[:12]
    times = [item.at for item in items if item.at is not None]
    row.charged_at = min([*times, row.charged_at] if row.charged_at is not None else times, default=None)
    row.raw = {"lines": amounts, "said": items[-1].raw}
    row.seen_at = timezone.now()
    return row


def _second(at: datetime | None) -> str:
    """As a text that sorts by time."""
    return at.astimezone(UTC).replace(microsecond=0).isoformat() if at is not None else ""

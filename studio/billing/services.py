"""Moving credits. Everything here may be called inside the caller's transaction, twice, and by several at
once: a repeated key changes nothing, and balances change by conditional UPDATE only.

The ledger row is written before the balances, so that whoever repeats a key waits for the first and
then finds it. Balances are updated in the order of their ids, so that nobody waits in a circle; for
the same reason settle one hold a transaction.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum

from studio.accounts.models import Team, User
from studio.billing.audit import audit
from studio.billing.models import AccountKind, CreditAccount, Transfer, TransferKind
from studio.billing.prices import (
    NoPrice,
    PriceBook,
    price,
    price_book,
    price_books,
    pro_rata,
    seed_prices,
    used_part,
)

__all__ = [
    "Balance",
    "KeyReused",
    "NoPrice",
    "NotEnoughCredits",
    "PriceBook",
    "RefundTooLarge",
    "audit",
    "balance",
    "grant",
    "hold",
    "open_accounts",
    "open_system_accounts",
    "price",
    "price_book",
    "price_books",
    "pro_rata",
    "refund",
    "seed_prices",
    "settle",
    "used_part",
]

log = logging.getLogger(__name__)


class NotEnoughCredits(Exception):
    def __init__(self, needed: int, available: int) -> None:
        super().__init__(f"{needed} credits needed, {available} available")
        self.needed = needed
        self.available = available


class KeyReused(ValueError):
    """The key belongs to a different transfer: a mistake in the calling code."""


class RefundTooLarge(ValueError):
    """More than was captured would go back."""


@dataclass(frozen=True, slots=True)
class Balance:
    available: int
    held: int


# --- accounts ---


def open_accounts(team: Team) -> None:
    """Done for every new team by a signal."""
    CreditAccount.objects.bulk_create(
        [CreditAccount(team=team, kind=kind) for kind in (AccountKind.TEAM, AccountKind.HELD)], ignore_conflicts=True
    )


def open_system_accounts(using: str = "default") -> None:
    CreditAccount.objects.using(using).bulk_create(
        [CreditAccount(team=None, kind=kind) for kind in (AccountKind.GRANTED, AccountKind.SPENT)],
        ignore_conflicts=True,
    )


def balance(team: Team) -> Balance:
    found = dict(CreditAccount.objects.filter(team=team).values_list("kind", "balance"))
    return Balance(available=found.get(AccountKind.TEAM, 0), held=found.get(AccountKind.HELD, 0))


def _accounts(team_id: int) -> dict[str, int]:
    """Ids by kind: the team's two accounts and the two of the system."""
    of_team_or_system = Q(team_id=team_id) | Q(team__isnull=True)
    return dict(CreditAccount.objects.filter(of_team_or_system).values_list("kind", "id"))


# --- transfers ---


def grant(team: Team, amount: int, *, key: str, by: User | None = None, note: str = "") -> Transfer:
    accounts = _accounts(team.pk)
    row = Transfer(
        kind=TransferKind.GRANT,
        debit_id=accounts[AccountKind.GRANTED],
        credit_id=accounts[AccountKind.TEAM],
        amount=amount,
        key=key,
        note=note[:200],
        created_by=by,
    )
    return _once(row)


def hold(team: Team, amount: int, *, key: str) -> Transfer | None:
    """Sets credits aside. Nothing to hold gives None; too little raises NotEnoughCredits."""
    if amount == 0:
        return None
    accounts = _accounts(team.pk)
    row = Transfer(
        kind=TransferKind.HOLD,
        debit_id=accounts[AccountKind.TEAM],
        credit_id=accounts[AccountKind.HELD],
        amount=amount,
        key=key,
    )
    return _once(row)


def settle(hold: Transfer | None, capture: int, *, note: str = "") -> None:
    """Spends `capture` of a hold and gives the rest back. Only the first settlement counts."""
    if hold is None:
        return
    if hold.kind != TransferKind.HOLD or not 0 <= capture <= hold.amount:
        raise ValueError(f"cannot capture {capture} of {hold.kind} {hold.pk} over {hold.amount}")
    rest = hold.amount - capture
    parts = []
    if capture:
        spent = CreditAccount.objects.values_list("id", flat=True).get(team=None, kind=AccountKind.SPENT)
        parts.append(_part(hold, TransferKind.CAPTURE, capture, credit_id=spent, note=note))
    if rest:
        parts.append(_part(hold, TransferKind.RELEASE, rest, credit_id=hold.debit_id, note=note))
    parts[0].settles = hold
    try:
        with transaction.atomic():
            # one settlement of a hold at a time: on PostgreSQL two would wait for each other's index entries
            Transfer.objects.select_for_update(no_key=True).get(pk=hold.pk)
            for part in parts:
                part.save(force_insert=True)
            _move(parts)
    except IntegrityError:
        settled = Transfer.objects.filter(settles=hold).first()
        if settled is None:
            raise
        before = settled.amount if settled.kind == TransferKind.CAPTURE else 0
        if before != capture:
            log.warning("hold %s was settled at %s credits; settling it at %s is ignored", hold.pk, before, capture)


def refund(hold: Transfer, amount: int, *, key: str, by: User | None = None, note: str = "") -> Transfer:
    """Gives back what was captured, wholly or in part."""
    captured = Transfer.objects.filter(settles=hold, kind=TransferKind.CAPTURE).first()
    if captured is None:
        raise RefundTooLarge(f"hold {hold.pk} was not captured: there is nothing to refund")
    row = Transfer(
        kind=TransferKind.REFUND,
        debit_id=captured.credit_id,
        credit_id=hold.debit_id,
        amount=amount,
        key=key,
        hold=hold,
        note=note[:200],
        created_by=by,
    )
    with transaction.atomic():
        found = _once(row)
        # counted after the UPDATE of `spent`, which lets one refund through at a time
        total = Transfer.objects.filter(hold=hold, kind=TransferKind.REFUND).aggregate(sum=Sum("amount"))["sum"]
        if total > captured.amount:
            raise RefundTooLarge(f"refunds of hold {hold.pk} would exceed the {captured.amount} captured")
    return found


def _part(hold: Transfer, kind: TransferKind, amount: int, *, credit_id: int, note: str) -> Transfer:
    key = f"settle:{hold.pk}:{kind.value}"
    return Transfer(
        kind=kind, debit_id=hold.credit_id, credit_id=credit_id, amount=amount, key=key, hold=hold, note=note[:200]
    )


def _once(row: Transfer) -> Transfer:
    """Carries the transfer out, or returns the one that was carried out under its key before."""
    if row.amount <= 0:
        raise ValueError(f"a transfer moves credits, not {row.amount}")
    before = Transfer.objects.filter(key=row.key).first()
    if before is None:
        try:
            with transaction.atomic():
                row.save(force_insert=True)
                _move([row])
            return row
        except IntegrityError:
            before = Transfer.objects.filter(key=row.key).first()
            if before is None:
                raise
    if _facts(before) != _facts(row):
        raise KeyReused(f"the key {row.key!r} belongs to transfer {before.pk}")
    return before


def _facts(row: Transfer) -> tuple[object, ...]:
    return row.kind, row.debit_id, row.credit_id, row.amount, row.hold_id


def _move(rows: list[Transfer]) -> None:
    changes: dict[int, int] = {}
    for row in rows:
        changes[row.debit_id] = changes.get(row.debit_id, 0) - row.amount
        changes[row.credit_id] = changes.get(row.credit_id, 0) + row.amount
    for account, change in sorted(changes.items()):
        _change(account, change, rows[0])


def _change(account: int, change: int, row: Transfer) -> None:
    able = Q(balance__gte=-change) | Q(kind=AccountKind.GRANTED) if change < 0 else Q()
    if CreditAccount.objects.filter(able, pk=account).update(balance=F("balance") + change):
        return
    available = CreditAccount.objects.values_list("balance", flat=True).get(pk=account)
    if row.kind == TransferKind.HOLD:
        raise NotEnoughCredits(needed=row.amount, available=available)
    if row.kind == TransferKind.REFUND:
        raise RefundTooLarge(f"a refund of {row.amount} would exceed the {available} credits spent")
    raise RuntimeError(f"account {account} has {available} credits, too few for {row.kind} {row.key}")

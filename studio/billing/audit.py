"""Proof that the sums agree. Reads only, in sets: the ledger may be long."""

from __future__ import annotations

from django.db.models import BigIntegerField, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from studio.accounts.models import Team
from studio.billing.models import AccountKind, CreditAccount, Transfer, TransferKind

SETTLING = (TransferKind.CAPTURE, TransferKind.RELEASE)


def audit() -> list[str]:
    """Every problem in a sentence; an empty list when the ledger is sound."""
    return [*_balances(), *_holds(), *_routes(), *_teams()]


def _total(rows: QuerySet[Transfer], by: str) -> Coalesce:
    summed = rows.order_by().values(by).annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(summed, output_field=BigIntegerField()), Value(0), output_field=BigIntegerField())


def _balances() -> list[str]:
    accounts = CreditAccount.objects.select_related("team").annotate(
        came=_total(Transfer.objects.filter(credit=OuterRef("pk")), "credit"),
        went=_total(Transfer.objects.filter(debit=OuterRef("pk")), "debit"),
    )
    problems = [
        f"{account}: the balance is {account.balance}, its transfers sum up to {account.came - account.went}"
        for account in accounts.exclude(balance=F("came") - F("went"))
    ]
    below = CreditAccount.objects.select_related("team").filter(balance__lt=0).exclude(kind=AccountKind.GRANTED)
    problems += [f"{account}: the balance is negative ({account.balance})" for account in below]
    return problems


def _holds() -> list[str]:
    parts = Transfer.objects.filter(hold=OuterRef("pk"))
    holds = Transfer.objects.filter(kind=TransferKind.HOLD).annotate(
        captured=_total(parts.filter(kind=TransferKind.CAPTURE), "hold"),
        settled=_total(parts.filter(kind__in=SETTLING), "hold"),
        refunded=_total(parts.filter(kind=TransferKind.REFUND), "hold"),
        settlements=Count("parts", filter=Q(parts__settles=F("pk"))),
    )
    problems = []
    for row in holds.filter(settlements__gt=1):
        problems.append(f"hold {row.pk} is settled {row.settlements} times")
    for row in holds.filter(settlements=0).exclude(settled=0):
        problems.append(f"hold {row.pk} has parts but no settlement")
    for row in holds.filter(settlements__gt=0).exclude(settled=F("amount")):
        problems.append(f"hold {row.pk} is over {row.amount}, captured and released are {row.settled}")
    for row in holds.filter(refunded__gt=F("captured")):
        problems.append(f"hold {row.pk}: {row.refunded} refunded of {row.captured} captured")
    return problems


def _routes() -> list[str]:
    """Each kind moves between its own pair of accounts, and its parts belong to the hold's team."""
    kind = TransferKind
    fits = (
        Q(kind=kind.GRANT, debit__kind=AccountKind.GRANTED, credit__kind=AccountKind.TEAM, hold=None)
        | Q(kind=kind.HOLD, debit__kind=AccountKind.TEAM, credit__kind=AccountKind.HELD, hold=None)
        & Q(debit__team=F("credit__team"))
        | Q(kind=kind.CAPTURE, debit=F("hold__credit"), credit__kind=AccountKind.SPENT, settles=F("hold"))
        | Q(kind=kind.RELEASE, debit=F("hold__credit"), credit=F("hold__debit"), hold__kind=kind.HOLD)
        | Q(kind=kind.REFUND, debit__kind=AccountKind.SPENT, credit=F("hold__debit"), hold__kind=kind.HOLD)
    )
    sound = Transfer.objects.filter(fits).values("pk")
    return [
        f"transfer {row.pk} ({row.kind}) joins the wrong accounts" for row in Transfer.objects.exclude(pk__in=sound)
    ]


def _teams() -> list[str]:
    problems = [
        f"team {team} lacks a credit account"
        for team in Team.objects.annotate(pots=Count("credit_accounts")).exclude(pots=2)
    ]
    if CreditAccount.objects.filter(team=None).count() != 2:
        problems.append("the accounts of the system are not complete")
    return problems

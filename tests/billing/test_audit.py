"""The audit finds what is wrong with a ledger. Each case breaks one that is sound."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import F

from studio.accounts.models import Team
from studio.billing import services as billing
from studio.billing import triggers
from studio.billing.models import AccountKind, CreditAccount, Transfer, TransferKind
from tests.factories import make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    team = make_team("Reef", credits=100)
    held = billing.hold(team, 40, key="settled")
    billing.settle(held, 25)
    billing.refund(held, 5, key="refund")
    billing.hold(team, 10, key="open")
    assert billing.audit() == []
    return team


@pytest.fixture
def ledger_open_to_change(db):
    triggers.remove(connection)


def find(problem: str) -> None:
    assert any(problem in line for line in billing.audit()), billing.audit()


def test_a_changed_balance(team):
    CreditAccount.objects.filter(team=team, kind=AccountKind.TEAM).update(balance=F("balance") + 1)
    find("its transfers sum up to")


def test_a_changed_amount(team, ledger_open_to_change):
    Transfer.objects.filter(kind=TransferKind.CAPTURE).update(amount=24)
    find("is over 40, captured and released are 39")


def test_a_lost_settlement(team, ledger_open_to_change):
    Transfer.objects.filter(kind=TransferKind.CAPTURE).update(settles=None)
    find("has parts but no settlement")


def test_a_refund_above_the_capture(team, ledger_open_to_change):
    Transfer.objects.filter(kind=TransferKind.REFUND).update(amount=26)
    find("26 refunded of 25 captured")


def test_a_transfer_between_the_wrong_accounts(team, ledger_open_to_change):
    stranger = CreditAccount.objects.get(team=make_team(), kind=AccountKind.TEAM)
    Transfer.objects.filter(kind=TransferKind.RELEASE).update(credit=stranger)
    find("(release) joins the wrong accounts")


def test_an_orphan(team, ledger_open_to_change):
    Transfer.objects.filter(kind=TransferKind.REFUND).update(hold=None)
    find("(refund) joins the wrong accounts")


def test_a_team_without_accounts(team):
    lonely = make_team("Lonely")
    CreditAccount.objects.filter(team=lonely).delete()
    find("team Lonely lacks a credit account")


def test_missing_system_accounts(team):
    CreditAccount.objects.filter(team=None, kind=AccountKind.SPENT).update(kind="odd")
    find("not complete") if CreditAccount.objects.filter(team=None).count() != 2 else find("joins the wrong accounts")

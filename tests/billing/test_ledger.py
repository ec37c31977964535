"""Grants, holds, settlements and refunds."""

from __future__ import annotations

import logging

import pytest
from django.core.management.sql import emit_post_migrate_signal
from django.db import IntegrityError, connection, transaction

from studio.accounts.models import Team
from studio.billing import services as billing
from studio.billing import triggers
from studio.billing.models import AccountKind, CreditAccount, Transfer, TransferKind
from tests.factories import make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team(credits=100)


@pytest.fixture(autouse=True)
def sound_after_each_test(db):
    yield
    assert billing.audit() == []


def balance(team: Team) -> tuple[int, int]:
    found = billing.balance(team)
    return found.available, found.held


def system(kind: AccountKind) -> int:
    return CreditAccount.objects.get(team=None, kind=kind).balance


def hold_of(team: Team, amount: int, key: str = "hold") -> Transfer:
    held = billing.hold(team, amount, key=key)
    assert held is not None
    return held


def test_a_new_team_has_empty_accounts():
    assert balance(make_team()) == (0, 0)


def test_the_balance_is_one_query(team, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert balance(team) == (100, 0)


def test_grant_is_taken_from_the_source_of_credits(team):
    assert system(AccountKind.GRANTED) == -100


def test_grant_happens_once_for_a_key(team, alice):
    first = billing.grant(team, 5, key="bonus", by=alice, note="thank you")
    assert billing.grant(team, 5, key="bonus", by=alice, note="thank you") == first
    assert balance(team) == (105, 0)
    assert (first.created_by, first.note) == (alice, "thank you")


@pytest.mark.parametrize("amount", [0, -1])
def test_grant_of_nothing_or_less_is_refused(team, amount):
    with pytest.raises(ValueError, match="moves credits"):
        billing.grant(team, amount, key="odd")


def test_hold_sets_credits_aside(team):
    hold_of(team, 30)
    assert balance(team) == (70, 30)


def test_hold_of_everything(team):
    hold_of(team, 100)
    assert balance(team) == (0, 100)


def test_hold_of_nothing(team):
    assert billing.hold(team, 0, key="free") is None
    billing.settle(None, 0)
    assert balance(team) == (100, 0)


def test_hold_happens_once_for_a_key(team):
    assert hold_of(team, 30) == hold_of(team, 30)
    assert balance(team) == (70, 30)


def test_hold_repeated_when_the_rest_would_not_suffice(team):
    assert hold_of(team, 80) == hold_of(team, 80)


def test_a_key_means_one_thing(team):
    hold_of(team, 30)
    with pytest.raises(billing.KeyReused):
        billing.hold(team, 31, key="hold")
    with pytest.raises(billing.KeyReused):
        billing.hold(make_team(credits=100), 30, key="hold")


def test_too_little_says_how_much(team):
    hold_of(team, 30)
    with pytest.raises(billing.NotEnoughCredits) as raised:
        billing.hold(team, 71, key="more")
    assert (raised.value.needed, raised.value.available) == (71, 70)
    assert balance(team) == (70, 30)
    assert not Transfer.objects.filter(key="more").exists()


def test_too_little_leaves_the_callers_transaction_usable(team):
    with transaction.atomic():
        with pytest.raises(billing.NotEnoughCredits):
            billing.hold(team, 101, key="more")
        hold_of(team, 100)
    assert balance(team) == (0, 100)


@pytest.mark.parametrize(
    ("capture", "available", "spent"), [(40, 60, 40), (0, 100, 0), (25, 75, 25), (1, 99, 1), (39, 61, 39)]
)
def test_settle_spends_and_gives_back(team, capture, available, spent):
    billing.settle(hold_of(team, 40), capture)
    assert balance(team) == (available, 0)
    assert system(AccountKind.SPENT) == spent


def test_settle_counts_once(team, caplog):
    held = hold_of(team, 40)
    billing.settle(held, 10)
    with caplog.at_level(logging.WARNING):
        billing.settle(held, 10)
        assert caplog.text == ""
        billing.settle(held, 40)
        billing.settle(held, 0)
    assert "ignored" in caplog.text
    assert balance(team) == (90, 0)


@pytest.mark.parametrize("capture", [-1, 41])
def test_settle_within_the_hold(team, capture):
    held = hold_of(team, 40)
    with pytest.raises(ValueError, match="cannot capture"):
        billing.settle(held, capture)


def test_only_holds_are_settled(team):
    with pytest.raises(ValueError, match="cannot capture"):
        billing.settle(billing.grant(team, 5, key="g"), 5)


def test_the_database_takes_one_settlement_a_hold(team):
    held = hold_of(team, 40)
    billing.settle(held, 40)
    second = Transfer(
        kind=TransferKind.RELEASE, debit=held.credit, credit=held.debit, amount=40, key="again", hold=held, settles=held
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()


def test_refund_gives_back_what_was_captured(team):
    held = hold_of(team, 40)
    billing.settle(held, 30)
    billing.refund(held, 10, key="r1", note="wrong picture")
    billing.refund(held, 10, key="r1")
    assert balance(team) == (80, 0)
    billing.refund(held, 20, key="r2")
    assert balance(team) == (100, 0)
    with pytest.raises(billing.RefundTooLarge):
        billing.refund(held, 1, key="r3")
    assert balance(team) == (100, 0)


def test_refund_is_bound_by_its_own_hold(team):
    billing.settle(hold_of(team, 40), 40)
    small = hold_of(team, 5, key="small")
    billing.settle(small, 5)
    with pytest.raises(billing.RefundTooLarge, match="5 captured"):
        billing.refund(small, 6, key="r")
    assert balance(team) == (55, 0)


def test_refund_needs_a_capture(team):
    held = hold_of(team, 40)
    with pytest.raises(billing.RefundTooLarge, match="not captured"):
        billing.refund(held, 1, key="r")
    billing.settle(held, 0)
    with pytest.raises(billing.RefundTooLarge, match="not captured"):
        billing.refund(held, 1, key="r")


@pytest.mark.parametrize("statement", ["UPDATE billing_transfer SET amount = 1", "DELETE FROM billing_transfer"])
def test_the_database_refuses_to_rewrite_the_ledger(team, statement):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Transfer.objects.get().amount == 100


def test_the_triggers_come_back_after_a_migration_has_lost_them(team):
    triggers.remove(connection)
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    with pytest.raises(IntegrityError), transaction.atomic():
        Transfer.objects.all().delete()


def test_a_hold_is_few_queries(team, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        billing.hold(team, 1, key="job")


def test_a_long_note_is_cut(team):
    assert len(billing.grant(team, 1, key="long", note="x" * 500).note) == 200

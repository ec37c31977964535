"""Many at once: threads, each with its own connection and its own transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from studio.billing import services as billing
from studio.billing.models import Transfer, TransferKind
from tests.factories import make_team

pytestmark = pytest.mark.django_db(transaction=True)


def all_at_once(calls: list[Callable[[], object]], threads: int = 10) -> list[object]:
    def run(call: Callable[[], object]) -> object:
        try:
            with transaction.atomic():
                return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, calls))


def test_a_hundred_holds_over_a_balance_for_forty():
    team = make_team(credits=80)
    results = all_at_once([lambda key=n: billing.hold(team, 2, key=f"job:{key}") for n in range(100)])
    assert Counter(type(result) for result in results) == {Transfer: 40, billing.NotEnoughCredits: 60}
    assert billing.balance(team) == billing.Balance(available=0, held=80)
    assert billing.audit() == []


def test_one_key_from_many_gives_one_hold():
    team = make_team(credits=10)
    results = all_at_once([lambda: billing.hold(team, 10, key="job")] * 20)
    assert len(set(results)) == 1
    assert billing.balance(team) == billing.Balance(available=0, held=10)
    assert billing.audit() == []


def test_settlements_race_and_one_counts():
    team = make_team(credits=10)
    held = billing.hold(team, 10, key="job")
    results = all_at_once([lambda capture=n % 11: billing.settle(held, capture) for n in range(22)])
    assert set(results) == {None}
    assert Transfer.objects.filter(settles=held).count() == 1
    assert billing.audit() == []


def test_refunds_race_and_stay_within_the_capture():
    team = make_team(credits=10)
    held = billing.hold(team, 10, key="job")
    billing.settle(held, 10)
    results = all_at_once([lambda key=n: billing.refund(held, 3, key=f"refund:{key}") for n in range(12)])
    assert Counter(type(result) for result in results) == {Transfer: 3, billing.RefundTooLarge: 9}
    assert billing.balance(team).available == 9
    assert billing.audit() == []


def test_everything_at_once():
    team = make_team(credits=200)

    def life(number: int) -> None:
        held = billing.hold(team, 5, key=f"job:{number}")
        billing.settle(held, number % 6)

    results = all_at_once(
        [call for n in range(30) for call in (lambda n=n: life(n), lambda n=n: billing.grant(team, 1, key=f"gift:{n}"))]
    )
    assert set(map(type, results)) == {type(None), Transfer}
    assert Transfer.objects.filter(kind=TransferKind.HOLD).count() == 30
    assert billing.audit() == []


@pytest.mark.parametrize("round", [1, 2])
def test_the_suite_can_empty_the_ledger_between_tests(round):
    assert Transfer.objects.count() == 0
    make_team(credits=1)

"""Whatever is asked of the ledger in whatever order, it stays sound and no team goes below nothing."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import SimpleTestCase, TestCase

from studio.billing import services as billing
from studio.billing.models import Transfer
from tests.factories import make_team

amounts = st.integers(0, 60)
keys = st.integers(0, 5)
steps = st.one_of(
    st.tuples(st.just("grant"), amounts, keys),
    st.tuples(st.just("hold"), amounts, keys),
    st.tuples(st.just("settle"), amounts, keys),
    st.tuples(st.just("refund"), amounts, keys, keys),
    st.tuples(st.just("again"), keys, keys),
)


class Books:
    """The simplest bookkeeping that could be right, to compare with."""

    def __init__(self) -> None:
        self.team = make_team()
        self.available = 0
        self.grants: dict[int, int] = {}
        self.holds: dict[int, int] = {}
        self.captured: dict[int, int] = {}
        self.refunds: dict[tuple[int, int], int] = {}

    @property
    def held(self) -> int:
        return sum(amount for key, amount in self.holds.items() if key not in self.captured)

    def row(self, key: int) -> Transfer | None:
        return Transfer.objects.filter(key=f"{self.team.pk}:hold:{key}").first()

    def grant(self, amount: int, key: int) -> None:
        try:
            billing.grant(self.team, amount, key=f"{self.team.pk}:grant:{key}")
        except ValueError:
            assert amount == 0 or self.grants[key] != amount
            return
        if key not in self.grants:
            self.grants[key] = amount
            self.available += amount

    def hold(self, amount: int, key: int) -> None:
        try:
            held = billing.hold(self.team, amount, key=f"{self.team.pk}:hold:{key}")
        except billing.KeyReused:
            assert self.holds[key] != amount
            return
        except billing.NotEnoughCredits as error:
            assert key not in self.holds
            assert (error.needed, error.available) == (amount, self.available)
            assert amount > self.available
            return
        assert (held is None) == (amount == 0)
        if held and key not in self.holds:
            self.holds[key] = amount
            self.available -= amount

    def settle(self, capture: int, key: int) -> None:
        row = self.row(key)
        try:
            billing.settle(row, capture)
        except ValueError:
            assert row is not None
            assert capture > row.amount
            return
        if row is not None and key not in self.captured:
            self.captured[key] = capture
            self.available += row.amount - capture

    def refund(self, amount: int, key: int, number: int) -> None:
        row = self.row(key)
        if row is None:
            return
        before = sum(paid for (hold, _), paid in self.refunds.items() if hold == key)
        known = self.refunds.get((key, number))
        try:
            billing.refund(row, amount, key=f"{self.team.pk}:refund:{key}:{number}")
        except billing.KeyReused:
            assert known != amount
            return
        except ValueError:
            assert amount == 0 or before + amount > self.captured.get(key, 0)
            return
        if known is None:
            self.refunds[key, number] = amount
            self.available += amount

    def again(self, key: int, _: int) -> None:
        if key in self.holds:
            self.hold(self.holds[key], key)
        if key in self.grants:
            self.grant(self.grants[key], key)
        if key in self.captured:
            self.settle(self.captured[key], key)


class LedgerProperties(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(st.lists(steps, max_size=25))
    def test_any_sequence_keeps_the_books(self, sequence):
        books = Books()
        for name, *arguments in [("grant", 50, 0), *sequence]:
            getattr(books, name)(*arguments)
            found = billing.balance(books.team)
            assert (found.available, found.held) == (books.available, books.held)
            assert found.available >= 0
            assert found.held >= 0
        assert billing.audit() == []


class ProRata(SimpleTestCase):
    @given(st.integers(0, 10**9), st.integers(0, 50), st.integers(1, 50))
    def test_is_the_share_rounded_up(self, amount, delivered, expected):
        share = billing.pro_rata(amount, delivered, expected)
        assert 0 <= share <= amount
        if delivered == 0:
            assert share == 0
        elif delivered >= expected:
            assert share == amount
        else:
            exact = Fraction(amount * delivered, expected)
            assert exact <= share < exact + 1

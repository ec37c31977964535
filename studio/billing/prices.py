"""What things cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from django.db.models import DecimalField, Value
from django.db.models.functions import Cast

from studio.billing.models import PriceFactor, PriceRule


class NoPrice(LookupError):
    def __init__(self, provider: str, model: str, operation: str) -> None:
        super().__init__(f"no price for {provider} {model} {operation}")
        self.provider = provider
        self.model = model
        self.operation = operation


@dataclass(frozen=True, slots=True)
class PriceBook:
    """The prices of one service, for pages that show many of them."""

    provider: str
    rules: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    factors: dict[tuple[str, str], Decimal] = field(default_factory=dict)

    def price(self, model: str, operation: str, params: Mapping[str, Any]) -> int:
        return math.ceil(self.exact(model, operation, params))

    def exact(self, model: str, operation: str, params: Mapping[str, Any]) -> Decimal:
        """The price before it is rounded up. Raises NoPrice."""
        credits = self.rules.get((model, operation), self.rules.get(("", operation)))
        if credits is None:
            raise NoPrice(self.provider, model, operation)
        for name, value in params.items():
            credits *= self.factors.get((name, _plain(value)), Decimal(1))
        return credits

    def factors_of(self, parameter: str) -> dict[str, Decimal]:
        """What each value of this parameter multiplies the price by."""
        return {value: factor for (name, value), factor in self.factors.items() if name == parameter}


def price_book(provider: str) -> PriceBook:
    return price_books([provider])[provider]


def price_books(providers: Iterable[str]) -> dict[str, PriceBook]:
    """The books of these services. Both tables in one query: every page with a price asks for it."""
    books = {provider: PriceBook(provider) for provider in providers}
    figure = DecimalField(max_digits=20, decimal_places=4)
    rules = PriceRule.objects.filter(provider__in=books).annotate(kind=Value("rule"), figure=Cast("credits", figure))
    factors = PriceFactor.objects.filter(provider__in=books).annotate(
        kind=Value("factor"), figure=Cast("factor", figure)
    )
    rows = rules.values_list("kind", "provider", "model", "operation", "figure").union(
        factors.values_list("kind", "provider", "parameter", "value", "figure"), all=True
    )
    for kind, provider, first, second, number in rows:
        if kind == "rule":
            books[provider].rules[(first, second)] = number
        else:
            books[provider].factors[(first, second.strip().lower())] = number
    return books


def price(provider: str, model: str, operation: str, params: Mapping[str, Any]) -> int:
    return price_book(provider).price(model, operation, params)


def seed_prices(
    rules: Iterable[tuple[str, str, str, Decimal]], factors: Iterable[tuple[str, str, str, Decimal]] = ()
) -> None:
    """Adds what is missing: (provider, model or "", operation, credits) and (provider, parameter, value,
    factor). What an admin has changed stays."""
    PriceRule.objects.bulk_create(
        [PriceRule(provider=p, model=m, operation=o, credits=c) for p, m, o, c in rules], ignore_conflicts=True
    )
    PriceFactor.objects.bulk_create(
        [PriceFactor(provider=p, parameter=name, value=_plain(v), factor=f) for p, name, v, f in factors],
        ignore_conflicts=True,
    )


def pro_rata(amount: int, delivered: int, expected: int) -> int:
    """The share for what was delivered, rounded up; nothing for nothing, and never above the amount."""
    if delivered <= 0:
        return 0
    if delivered >= expected:
        return amount
    return -(-amount * delivered // expected)


def used_part(amount: int, used: float | None) -> int:
    """The share `used` (0–1) of an amount, rounded up; all of it where that is not known, and never more."""
    if used is None or not math.isfinite(used):
        return amount
    # a third of fifteen is five, also where the third is a float
    share = Fraction(min(max(used, 0.0), 1.0)).limit_denominator(100_000)
    if used > 0 and share == 0:
        share = Fraction(1, 100_000)
    return math.ceil(amount * share)


def _plain(value: Any) -> str:
    """A parameter's value as an admin would type it."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().lower()

"""What things cost."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import pytest

from studio.billing import services as billing
from studio.billing.models import PriceFactor, PriceRule

pytestmark = pytest.mark.django_db


class Speed(StrEnum):
    TURBO = "turbo"


@pytest.fixture(autouse=True)
def prices(db):
    billing.seed_prices(
        [
            ("painter", "", "imagine", Decimal("4")),
            ("painter", "v7", "imagine", Decimal("5")),
            ("painter", "", "upscale", Decimal("1.25")),
            ("painter", "", "describe", Decimal("0")),
        ],
        [
            ("painter", "speed", "turbo", Decimal("2")),
            ("painter", "speed", "draft", Decimal("0.5")),
            ("painter", "hd", True, Decimal("1.1")),
            ("painter", "seconds", 10, Decimal("2")),
            ("other", "speed", "turbo", Decimal("100")),
        ],
    )


@pytest.mark.parametrize(
    ("model", "operation", "params", "credits"),
    [
        ("v6", "imagine", {}, 4),
        ("v7", "imagine", {}, 5),
        ("v6", "imagine", {"speed": "turbo"}, 8),
        ("v6", "imagine", {"speed": Speed.TURBO}, 8),
        ("v7", "imagine", {"speed": "draft"}, 3),
        ("v6", "imagine", {"speed": "unheard of", "seed": 7, "words": ["a", "b"], "nothing": None}, 4),
        ("v6", "imagine", {"hd": True}, 5),
        ("v6", "imagine", {"hd": False}, 4),
        ("v6", "imagine", {"seconds": 10}, 8),
        ("v6", "imagine", {"seconds": 10.0}, 8),
        ("v6", "imagine", {"seconds": "10", "speed": "turbo"}, 16),
        ("v6", "upscale", {}, 2),
        ("v6", "upscale", {"speed": "draft"}, 1),
        ("v6", "describe", {"speed": "turbo"}, 0),
    ],
)
def test_the_most_exact_rule_times_its_factors_rounded_up(model, operation, params, credits):
    assert billing.price("painter", model, operation, params) == credits


@pytest.mark.parametrize("wanted", [("painter", "v7", "dance"), ("nobody", "", "imagine")])
def test_no_price(wanted):
    with pytest.raises(billing.NoPrice, match=wanted[0]):
        billing.price(*wanted, {})


def test_a_price_book_asks_the_database_once(django_assert_num_queries):
    with django_assert_num_queries(1):
        book = billing.price_book("painter")
        assert [book.price("v7", "imagine", {}), book.price("v7", "upscale", {})] == [5, 2]


def test_seeding_again_keeps_what_an_admin_changed():
    PriceRule.objects.filter(model="v7").update(credits=9)
    PriceFactor.objects.filter(value="turbo").update(factor=3)
    billing.seed_prices(
        [("painter", "v7", "imagine", Decimal("5")), ("painter", "v7", "pan", Decimal("4"))],
        [("painter", "speed", "turbo", Decimal("2"))],
    )
    assert billing.price("painter", "v7", "imagine", {"speed": "turbo"}) == 27
    assert billing.price("painter", "v7", "pan", {"speed": "turbo"}) == 12


@pytest.mark.parametrize(
    ("amount", "delivered", "expected", "share"),
    [(4, 4, 4, 4), (4, 3, 4, 3), (5, 1, 4, 2), (5, 3, 4, 4), (4, 0, 4, 0), (4, 5, 4, 4), (0, 1, 4, 0), (3, 0, 0, 0)],
)
def test_pro_rata(amount, delivered, expected, share):
    assert billing.pro_rata(amount, delivered, expected) == share

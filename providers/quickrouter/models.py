"""The models of the service with their operations and prices."""

from __future__ import annotations

from decimal import Decimal

from ..base import Idempotency, Model, Needs, Operation, PriceFactor
from ..words import gettext_noop as _
from .families import FAMILIES, Family
from .params import LARGE, create_params, edit_params

#: Not documented; the models' own list prices about double where the pixels quadruple.
PRICE_FACTORS = tuple(PriceFactor("resolution", name, Decimal(2)) for name in LARGE)


def _operations(family: Family) -> tuple[Operation, ...]:
    return (
        Operation(
            slug="create",
            label=_("Create"),
            params=create_params(family),
            price=family.price,
            usual_seconds=family.usual_seconds,
            icon="image",
            help=_("One picture from words, and from pictures where you give some."),
        ),
        Operation(
            slug="rework",
            label=_("Change with words"),
            params=edit_params(family),
            price=family.price,
            needs=Needs.IMAGE,
            usual_seconds=family.usual_seconds,
            icon="wand",
            help=_("This picture, changed as you say."),
        ),
    )


MODELS = tuple(
    Model(
        slug=family.slug,
        title=family.title,
        wire_id=family.wire_id,
        operations=_operations(family),
        idempotency=Idempotency.KEY,
        summary=family.summary,
        keeps_hours=7 * 24,
    )
    for family in FAMILIES.values()
)

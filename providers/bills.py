"""What a service says of an account of ours: what it has, and what its jobs cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class AccountInfo:
    """What the service says of our account; unknown figures are None."""

    plan: str = ""
    balance: Decimal | None = None
    unit: str = ""
    max_concurrent: int | None = None
    raw: Any = None


@dataclass(frozen=True, slots=True)
class Charge:
    """What the service says that one job cost, in `unit`s of its own (`fen`: 1/100 CNY)."""

    remote_id: str
    amount: Decimal
    unit: str
    at: datetime | None = None
    raw: Any = None


@dataclass(frozen=True, slots=True)
class ChargePage:
    """A page of charges; `total` counts all pages together, or is None where the service does not say."""

    items: tuple[Charge, ...]
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """One accounting period's sum."""

    name: str
    amount: Decimal
    unit: str
    jobs: int | None = None
    raw: Any = None

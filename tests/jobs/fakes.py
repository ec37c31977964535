"""A service without a wire: it answers what a test told it to, and counts what it was asked."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from PIL import Image

from providers.base import (
    AccountInfo,
    Charge,
    ChargePage,
    CredentialField,
    Flow,
    Idempotency,
    Kind,
    Model,
    Needs,
    Operation,
    Order,
    Period,
    PriceFactor,
    Provider,
    RawCallback,
    Rejected,
    RemoteFile,
    Result,
    Snapshot,
    State,
)
from providers.errors import ProviderError
from providers.params import MediaRule, Params, media, number, prompt, switch


class FakeParams(Params):
    prompt: str = prompt(max_length=200)
    strength: int = number(50, ge=0, le=100, label="Strength")
    raw: bool = switch(label="Raw")
    pictures: tuple[str, ...] = media(MediaRule(max_items=2, max_side=2000), label="Pictures")


class NoParams(Params):
    pass


CREATE = Operation("create", "Create", FakeParams, Decimal(4), count=4)
VARY = Operation("vary", "Vary", NoParams, Decimal(6), needs=Needs.OUTPUT, count=4)
REROLL = Operation("reroll", "Reroll", NoParams, Decimal(1), needs=Needs.OUTPUT, count=4, repeats_source=True)

ONCE = Model("once", "Fake once", "once", (CREATE, VARY, REROLL), deadline=600)
KEYED = Model("keyed", "Fake keyed", "keyed", (CREATE,), idempotency=Idempotency.KEY, deadline=600)

Answer = Snapshot | ProviderError | Callable[[Any], Snapshot]


class FakeProvider(Provider):
    slug = "fake"
    title = "Fake"
    base_url = "https://fake.example"
    models = (ONCE, KEYED)
    credential_fields = (CredentialField("key", "Key"),)
    sandbox_credentials: ClassVar = {"key": "sandbox"}
    poll_interval = 0.0
    max_concurrent = 50

    credit_worth = (Decimal(15), "fen")
    price_factors = (PriceFactor("raw", "true", Decimal(2)),)

    #: the service's bill; what it is asked about it answers from here
    bill: ClassVar[list[Charge]] = []
    page_size: ClassVar[int] = 2
    account_error: ClassVar[ProviderError | None] = None

    submits: ClassVar[list[Answer]] = []
    fetches: ClassVar[list[Answer]] = []
    asked: ClassVar[Counter[str]] = Counter()

    @classmethod
    def reset(cls) -> None:
        cls.submits, cls.fetches, cls.asked = [], [], Counter()
        cls.max_concurrent = 50
        cls.bill, cls.account_error = [], None

    def account(self) -> Flow[AccountInfo]:
        self.asked["account"] += 1
        if self.account_error is not None:
            raise self.account_error
        return AccountInfo("Standard", Decimal(98765), "fen", 50)
        yield

    def periods(self, page: int = 1) -> Flow[tuple[Period, ...]]:
        return (Period("2026-11", Decimal(1200), "fen", 20),)
        yield

    def charges(self, page: int, *, since: datetime | None = None, until: datetime | None = None) -> Flow[ChargePage]:
        self.asked["charges"] += 1
        known = [charge for charge in self.bill if since is None or charge.at is None or charge.at >= since]
        start = (page - 1) * self.page_size
        return ChargePage(tuple(known[start : start + self.page_size]), len(known))
        yield

    def submit(self, order: Order) -> Flow[Snapshot]:
        self.asked["submit"] += 1
        self.asked[f"submit {order.request_key}"] += 1
        answer = self.submits.pop(0) if self.submits else running(f"r-{self.asked['submit']}")
        return _say(answer, order)
        yield

    def fetch(self, remote_id: str, cursor: str = "") -> Flow[Snapshot]:
        self.asked["fetch"] += 1
        answer = self.fetches.pop(0) if self.fetches else done(remote_id)
        return _say(answer, remote_id)
        yield

    def read_callback(self, raw: RawCallback) -> list[str]:
        try:
            told = json.loads(raw.body)
        except (ValueError, RecursionError):
            return []
        found = told.get("id") if isinstance(told, dict) else None
        return [found] if isinstance(found, str) else []

    @classmethod
    def follow_ups(cls, result: Result) -> tuple[Operation, ...]:
        return (VARY, REROLL) if result.operation == "create" else (REROLL,)


def _say(answer: Answer, about: Any) -> Snapshot:
    if isinstance(answer, ProviderError):
        raise answer
    return answer(about) if callable(answer) else answer


def running(remote_id: str, **fields: Any) -> Snapshot:
    return Snapshot(remote_id, State.RUNNING, **fields)


def done(remote_id: str, files: int = 4, rejected: int = 0) -> Snapshot:
    """A success with `files` pictures followed by `rejected` empty slots."""
    return Snapshot(
        remote_id,
        State.SUCCEEDED,
        files=tuple(RemoteFile(index, Kind.IMAGE, data=picture(index)) for index in range(files)),
        rejected=tuple(Rejected(files + n, "x", "The filter refused this one.") for n in range(rejected)),
        seed=7,
    )


def failed(remote_id: str, error: ProviderError | None = None) -> Snapshot:
    return Snapshot(remote_id, State.FAILED, error=error)


def picture(shade: int = 0, size: tuple[int, int] = (24, 16)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (40 * shade % 255, 90, 160)).save(buffer, "PNG")
    return buffer.getvalue()

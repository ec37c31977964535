"""A service without a wire: it answers what a test told it to, and counts what it was asked."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

import httpx
from PIL import Image

from providers.base import (
    CredentialField,
    Flow,
    Idempotency,
    Kind,
    LibraryAsset,
    LibraryState,
    Media,
    Model,
    Needs,
    Operation,
    Order,
    PriceFactor,
    Provider,
    RawCallback,
    Rejected,
    RemoteFile,
    Result,
    Snapshot,
    State,
)
from providers.bills import AccountInfo, Charge, ChargePage, Period
from providers.chats import Chat, ChatRequest
from providers.errors import ProviderError, ResultExpired, Unavailable
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


class FilmParams(Params):
    prompt: str = prompt(max_length=200)
    pictures: tuple[str, ...] = media(MediaRule(max_items=9), label="Pictures")
    library: bool = switch(label="Asset library")


class WordsParams(Params):
    prompt: str = prompt(max_length=300)
    thinking: bool = switch(label="Think first")


class LookParams(Params):
    prompt: str = prompt(max_length=300, required=False)


FILM = Operation("film", "Film", FilmParams, Decimal(15), through_library="library")
ANIMATE = Operation("animate", "Animate", FilmParams, Decimal(15), needs=Needs.IMAGE, through_library="library")
IMPROVE = Operation("improve", "Improve", WordsParams, Decimal(2), makes=Kind.TEXT)
DESCRIBE = Operation(
    "describe",
    "Describe",
    LookParams,
    Decimal(3),
    needs=Needs.IMAGE,
    makes=Kind.TEXT,
    takes=MediaRule(max_items=1, max_side=2000),
)

ONCE = Model("once", "Fake once", "once", (CREATE, VARY, REROLL), deadline=600)
KEYED = Model("keyed", "Fake keyed", "keyed", (CREATE,), idempotency=Idempotency.KEY, deadline=600)
#: it waits in a queue at the service first, and can be stopped there
FILMS = Model("films", "Fake films", "films", (FILM, ANIMATE), deadline=600, cancels=True)
TALKER = Model("talker", "Fake talker", "talker", (IMPROVE, DESCRIBE))
WRITER = Model("writer", "Fake writer", "writer", (IMPROVE,))

Answer = Snapshot | ProviderError | Callable[[Any], Snapshot]
LibraryAnswer = LibraryState | LibraryAsset | ProviderError


class FakeProvider(Provider):
    slug = "fake"
    title = "Fake"
    base_url = "https://fake.example"
    models = (ONCE, KEYED, FILMS, TALKER, WRITER)
    credential_fields = (CredentialField("key", "Key"),)
    kept_ids: ClassVar = {"voice_id": "Voice at the service", "file_ids": "File at the service"}
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
    cancels: ClassVar[list[Answer]] = []
    asked: ClassVar[Counter[str]] = Counter()

    #: the asset library: what it says of each file in turn, and what it has
    assets: ClassVar[list[LibraryAnswer]] = []
    kept: ClassVar[dict[str, Media]] = {}
    orders: ClassVar[list[Order]] = []

    #: questions to the chat models
    questions: ClassVar[list[ChatRequest]] = []

    @classmethod
    def reset(cls) -> None:
        cls.submits, cls.fetches, cls.cancels, cls.asked = [], [], [], Counter()
        cls.assets, cls.kept, cls.orders, cls.questions = [], {}, [], []
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
        self.orders.append(order)
        answer = self.submits.pop(0) if self.submits else running(f"r-{self.asked['submit']}")
        return _say(answer, order)
        yield

    def fetch(self, remote_id: str, cursor: str = "") -> Flow[Snapshot]:
        self.asked["fetch"] += 1
        answer = self.fetches.pop(0) if self.fetches else done(remote_id)
        return _say(answer, remote_id)
        yield

    def cancel(self, remote_id: str) -> Flow[Snapshot]:
        self.asked["cancel"] += 1
        answer = self.cancels.pop(0) if self.cancels else Snapshot(remote_id, State.CANCELED)
        return _say(answer, remote_id)
        yield

    def create_asset(self, media: Media, name: str) -> Flow[LibraryAsset]:
        self.asked["create asset"] += 1
        remote_id = f"asset-{self.asked['create asset']}"
        self.kept[remote_id] = media
        return self._library_says(remote_id)
        yield

    def look_at_asset(self, remote_id: str) -> Flow[LibraryAsset]:
        self.asked["look at asset"] += 1
        if remote_id not in self.kept:
            raise ResultExpired
        return self._library_says(remote_id)
        yield

    def _library_says(self, remote_id: str) -> LibraryAsset:
        answer = self.assets.pop(0) if self.assets else LibraryState.ACTIVE
        if isinstance(answer, ProviderError):
            raise answer
        return answer if isinstance(answer, LibraryAsset) else LibraryAsset(remote_id, answer)

    def chat(self, request: ChatRequest) -> Chat:
        self.questions.append(request)
        return Chat(httpx.Request("POST", "https://fake.example/chat"), lambda line: None, lambda *_: Unavailable())

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


def queued(remote_id: str, **fields: Any) -> Snapshot:
    return Snapshot(remote_id, State.QUEUED, **fields)


def running(remote_id: str, **fields: Any) -> Snapshot:
    return Snapshot(remote_id, State.RUNNING, **fields)


def done(remote_id: str, files: int = 4, rejected: int = 0, used: float | None = None) -> Snapshot:
    """A success with `files` pictures followed by `rejected` empty slots."""
    return Snapshot(
        remote_id,
        State.SUCCEEDED,
        files=tuple(RemoteFile(index, Kind.IMAGE, data=picture(index)) for index in range(files)),
        rejected=tuple(Rejected(files + n, "x", "The filter refused this one.") for n in range(rejected)),
        seed=7,
        used=used,
    )


def failed(remote_id: str, error: ProviderError | None = None) -> Snapshot:
    return Snapshot(remote_id, State.FAILED, error=error)


def picture(shade: int = 0, size: tuple[int, int] = (24, 16)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (40 * shade % 255, 90, 160)).save(buffer, "PNG")
    return buffer.getvalue()

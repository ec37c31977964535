"""TalkingData's model pool (https://doc.talkingdata.com): films, pictures, voices and chat behind one key.

Source: the pool's ten model pages and docs/talkingdata.md. Each maker's protocol is a wire of its own; remote ids
begin with the wire's name ("ark:cgt-…").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from ..base import (
    CredentialField,
    Flow,
    LibraryAsset,
    Media,
    Model,
    Order,
    PriceFactor,
    Provider,
    RawCallback,
    Snapshot,
)
from ..chats import Chat, ChatRequest
from ..errors import InvalidRequest
from ..params import Params
from ..words import gettext_noop as _
from . import chat, library
from .happyhorse import HappyHorse
from .prices import PRICE_FACTORS
from .seedance import Seedance
from .speech import Speech
from .vod import Vod
from .wire import Pool, Wire

#: in the order of the model picker
WIRES: tuple[type[Wire], ...] = (Seedance, HappyHorse, Vod, Speech)


class TalkingData(Provider):
    slug: ClassVar[str] = "talkingdata"
    title: ClassVar[str] = _("TalkingData")
    base_url: ClassVar[str] = "https://modelpool-api.talkingdata.com"
    models: ClassVar[tuple[Model, ...]] = (
        *(model for wire in WIRES for model in wire.models),
        *chat.MODELS,
    )
    credential_fields: ClassVar[tuple[CredentialField, ...]] = (
        CredentialField("token", _("API key")),
        CredentialField("asset_group", _("Asset group"), secret=False, default="default"),
        CredentialField("asset_project", _("Project of the asset group"), secret=False, default="default"),
        CredentialField("gpt_model", _("Model id of GPT-5.4"), secret=False, default="T0310001"),
    )
    price_factors: ClassVar[tuple[PriceFactor, ...]] = PRICE_FACTORS
    #: not documented (our choice)
    max_concurrent: ClassVar[int] = 50
    poll_interval: ClassVar[float] = 5.0
    #: speech is made while the request waits, and comes in the reply
    call_seconds: ClassVar[float | None] = 150
    reply_bytes: ClassVar[int | None] = 64 * 1024 * 1024
    kept_ids: ClassVar[Mapping[str, str]] = {
        "voice_id": _("Voice id"),
        "file_ids": _("File at the service"),
    }
    sandbox_credentials: ClassVar[Mapping[str, str]] = {"token": "sandbox-token", "asset_group": "group-sandbox"}

    def __init__(self, credentials: Mapping[str, str], *, base_url: str = "") -> None:
        super().__init__(credentials, base_url=base_url)
        self.pool = Pool(self.address, self.credentials)

    def submit(self, order: Order) -> Flow[Snapshot]:
        """Its first step may read files: run it with `prepare_in_thread`."""
        wire = next(wire for wire in WIRES if order.model in wire.models)
        return _named(wire.prefix, (yield from wire(self.pool).submit(order)))

    def fetch(self, remote_id: str, cursor: str = "") -> Flow[Snapshot]:
        wire, own_id = self._wire_of(remote_id)
        return _named(wire.prefix, (yield from wire.fetch(own_id, cursor)))

    def cancel(self, remote_id: str) -> Flow[Snapshot]:
        """Takes a job out of the service's queue. Raises Unsupported or InvalidRequest for one that it can't stop."""
        wire, own_id = self._wire_of(remote_id)
        return _named(wire.prefix, (yield from wire.cancel(own_id)))

    def create_asset(self, media: Media, name: str) -> Flow[LibraryAsset]:
        return library.create_asset(self.pool, media, name)

    def look_at_asset(self, remote_id: str) -> Flow[LibraryAsset]:
        return library.look_at_asset(self.pool, remote_id)

    def chat(self, request: ChatRequest) -> Chat:
        return chat.make_chat(self.pool, request)

    def read_callback(self, raw: RawCallback) -> list[str]:
        """The pool's only callbacks are Seedance's: the task as its query would show it."""
        return [f"{Seedance.prefix}:{own_id}" for own_id in Seedance.read_callback(raw)]

    @classmethod
    def expected_size(cls, order_params: Params) -> tuple[int, int] | None:
        return next((size for wire in WIRES if (size := wire.expected_size(order_params))), None)

    def _wire_of(self, remote_id: str) -> tuple[Wire, str]:
        prefix, colon, own_id = remote_id.partition(":")
        for wire in WIRES:
            if colon and own_id and wire.prefix == prefix:
                return wire(self.pool), own_id
        raise InvalidRequest(code="bad_id")


def _named(prefix: str, snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, remote_id=f"{prefix}:{snapshot.remote_id}") if snapshot.remote_id else snapshot

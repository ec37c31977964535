"""What the pool's protocols have in common.

The pool hands requests on to the services behind it, and each of those kept its own paths, words and errors. A
`Wire` is one such protocol with the models that speak it; `Pool` is the door they share: address, key, headers.
"""

from __future__ import annotations

import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx

from ..base import Flow, Model, Order, RawCallback, Snapshot
from ..errors import Unsupported
from ..params import Params

#: any fixed name: one key of ours is always one id of theirs
_NAMESPACE = uuid.UUID("6f1f3a1e-5d4b-4a4e-9a5c-2f0c6f0f5a11")


@dataclass(frozen=True, slots=True)
class Pool:
    """The pool's address and one account's key."""

    address: str
    credentials: Mapping[str, str] = field(repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.credentials["token"],)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        request_key: str = "",
        read_seconds: float | None = None,
    ) -> httpx.Request:
        """With the key, the time (needed by every path) and, where there is a key of ours, an id to trace it by."""
        query = dict(params or {})
        if request_key:
            query["requestId"] = str(uuid.uuid5(_NAMESPACE, request_key))
        sent = {
            "Authorization": f"Bearer {self.credentials['token']}",
            "X-Timestamp": str(int(time.time())),
            "Content-Type": "application/json",
            "Accept": "application/json",
            **(headers or {}),
        }
        timeout = {"connect": 10.0, "read": read_seconds, "write": read_seconds, "pool": 10.0} if read_seconds else None
        return httpx.Request(
            method,
            f"{self.address}{path}",
            params=query or None,
            headers=sent,
            json=json,
            extensions={"timeout": timeout} if timeout else None,
        )


class Wire(ABC):
    """A protocol of the pool. `prefix` begins the remote ids of its jobs, so that they find back to it."""

    prefix: ClassVar[str]
    models: ClassVar[tuple[Model, ...]]

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @abstractmethod
    def submit(self, order: Order) -> Flow[Snapshot]:
        """As `Provider.submit()`; ids are the wire's own."""

    def fetch(self, remote_id: str, cursor: str = "") -> Flow[Snapshot]:
        """As `Provider.fetch()`."""
        raise Unsupported(code="no_task")

    def cancel(self, remote_id: str) -> Flow[Snapshot]:
        """As `Provider.cancel()`."""
        raise Unsupported(code="no_cancel")

    @classmethod
    def read_callback(cls, raw: RawCallback) -> list[str]:
        """As `Provider.read_callback()`."""
        return []

    @classmethod
    def expected_size(cls, params: Params) -> tuple[int, int] | None:
        """As `Provider.expected_size()`, for parameters of its own; None for those of others."""
        return None

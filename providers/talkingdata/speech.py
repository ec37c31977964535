"""MiniMax speech 2.8 (T0311001): the voice comes in the reply."""

from __future__ import annotations

from typing import ClassVar

from ..base import Flow, Model, Order, Snapshot
from .wire import Wire


class Speech(Wire):
    prefix: ClassVar[str] = "speech"
    models: ClassVar[tuple[Model, ...]] = ()

    def submit(self, order: Order) -> Flow[Snapshot]:
        raise NotImplementedError
        yield

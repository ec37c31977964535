"""Seedance 2.0 fast (T0101007), by Volcengine Ark's protocol."""

from __future__ import annotations

from typing import ClassVar

from ..base import Flow, Model, Order, Snapshot
from .wire import Wire


class Seedance(Wire):
    prefix: ClassVar[str] = "ark"
    models: ClassVar[tuple[Model, ...]] = ()

    def submit(self, order: Order) -> Flow[Snapshot]:
        raise NotImplementedError
        yield

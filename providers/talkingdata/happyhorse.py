"""HappyHorse 1.0 (T0401001–4), by DashScope's protocol."""

from __future__ import annotations

from typing import ClassVar

from ..base import Flow, Model, Order, Snapshot
from .wire import Wire


class HappyHorse(Wire):
    prefix: ClassVar[str] = "dashscope"
    models: ClassVar[tuple[Model, ...]] = ()

    def submit(self, order: Order) -> Flow[Snapshot]:
        raise NotImplementedError
        yield

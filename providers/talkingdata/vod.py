"""GPT Image-2 (T0302007) and Veo 3.1 (T0301004), by Tencent VOD's protocol."""

from __future__ import annotations

from typing import ClassVar

from ..base import Flow, Model, Order, Snapshot
from .wire import Wire


class Vod(Wire):
    prefix: ClassVar[str] = "vod"
    models: ClassVar[tuple[Model, ...]] = ()

    def submit(self, order: Order) -> Flow[Snapshot]:
        raise NotImplementedError
        yield

"""GPT-5.4 (T0310001) and DeepSeek 3.2 (T0106004): questions answered in a stream."""

from __future__ import annotations

from ..base import Chat, ChatRequest, Model
from .wire import Pool

MODELS: tuple[Model, ...] = ()


def make_chat(pool: Pool, request: ChatRequest) -> Chat:
    raise NotImplementedError

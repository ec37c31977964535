"""Questions to chat models, and their answers as they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from .errors import ProviderError

if TYPE_CHECKING:
    from .base import Media, Model


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """`role` is system, user, assistant or tool; `files` are pictures and videos to look at."""

    role: str
    text: str
    files: tuple[Media, ...] = ()
    tool_call_id: str = ""
    tool_calls: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What is asked of a chat model. `json_schema` asks for an answer in that form, {} for any JSON object;
    `effort` is one of the model's own words, "" for its default."""

    model: Model
    messages: tuple[ChatMessage, ...]
    thinking: bool = False
    effort: str = ""
    max_tokens: int | None = None
    temperature: float | None = None
    #: of models that have them: the share of likely words that are chosen from, and how much repeating costs
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: Any = None
    #: whether several may be called at once; None for what the model does by itself
    parallel_tool_calls: bool | None = None
    json_schema: Mapping[str, Any] | None = None
    stream: bool = True
    request_key: str = ""


@dataclass(frozen=True, slots=True)
class ChatPiece:
    """What one line of a streamed answer adds; `finish` is why it ended, as the service says it ("stop", "length",
    "tool_calls", "content_filter")."""

    text: str = ""
    thinking: str = ""
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    finish: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chat:
    """A question ready to be sent, for `streaming.astream_chat()`. `read_line` takes a line of the answer (None for
    what says nothing) and raises ProviderError for an error inside the stream; `refusal` reads an answer that is
    none."""

    request: httpx.Request
    read_line: Callable[[str], ChatPiece | None]
    refusal: Callable[[httpx.Response, bytes], ProviderError]

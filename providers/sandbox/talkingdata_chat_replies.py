"""A chat answer on the wire: whole or in chunks, cut where it may be no longer, with what it used."""

from __future__ import annotations

import json
import re
import secrets
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .talkingdata_chat_bodies import ANSWERING_MODEL, GPT, Ask

_PIECE = re.compile(r"\s*(?:[A-Za-z0-9_'’]+|[\u3400-\u9fff]{1,2}|[^\sA-Za-z0-9_\u3400-\u9fff])|\s+")
PIECES_A_CHUNK = 2
VIOLATION = "violence"
"""The label that goes with an answer that the filter cut."""


def pieces_of(text: str) -> list[str]:
    """The text in tokens as this house counts them; together they are the text."""
    return _PIECE.findall(text)


@dataclass(frozen=True)
class Reply:
    """``thoughts`` and ``answer`` in pieces, already cut to what may be said; ``finish`` says why it ends."""

    ask: Ask
    prompt_tokens: int
    thoughts: list[str] = field(default_factory=list)
    answer: list[str] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    finish: str = "stop"
    created: int = field(default_factory=lambda: int(time.time()))
    id: str = ""

    def whole(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self.answer)}
        if self.thoughts:
            message["reasoning_content"] = "".join(self.thoughts)
        if self.calls:
            message["tool_calls"] = self.calls
        choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": self.finish}
        if self.ask.family != GPT:
            choice["logprobs"] = None
            if self.finish == "content_filter":
                choice["moderation_hit_type"] = VIOLATION
        return self._about("chat.completion") | {"choices": [choice], "usage": self.usage()}

    def chunks(self) -> Iterator[dict[str, Any]]:
        """Thoughts first, then the answer or the calls, then why it ends."""
        said = 0
        for key, pieces in (("reasoning_content", self.thoughts), ("content", self.answer)):
            for at in range(0, len(pieces), PIECES_A_CHUNK):
                part = pieces[at : at + PIECES_A_CHUNK]
                said += len(part)
                thought = said if key == "reasoning_content" else len(self.thoughts)
                yield self._chunk({key: "".join(part), "role": "assistant"}, usage=self._running(said, thought))
        for index, call in enumerate(self.calls):
            yield self._chunk(
                {"role": "assistant", "tool_calls": [{"index": index, **call}]}, usage=self._running(said)
            )
        last = self._chunk({"content": "", "role": "assistant"}, finish=self.finish, usage=self._running(said))
        if self.ask.family == GPT:
            last["usage"] = self.usage()
        yield last
        if self.ask.usage_at_end:
            yield self._about("chat.completion.chunk") | {"choices": [], "usage": self.usage()}

    def usage(self) -> dict[str, Any]:
        called = sum(len(pieces_of(call["function"]["arguments"])) + 4 for call in self.calls)
        return self._usage(len(self.thoughts) + len(self.answer) + called, len(self.thoughts))

    def _running(self, said: int, thought: int | None = None) -> dict[str, Any] | None:
        if not self.ask.usage_always:
            return None
        return self._usage(said, len(self.thoughts) if thought is None else thought)

    def _usage(self, completion: int, thought: int) -> dict[str, Any]:
        details: dict[str, int] = {"reasoning_tokens": thought}
        prompt: dict[str, int] = {"cached_tokens": 0}
        if self.ask.family == GPT:
            prompt["audio_tokens"] = 0
            details |= {"audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": completion,
            "total_tokens": self.prompt_tokens + completion,
            "prompt_tokens_details": prompt,
            "completion_tokens_details": details,
        }

    def _chunk(self, delta: dict[str, Any], *, finish: str | None = None, usage: Any = None) -> dict[str, Any]:
        choice: dict[str, Any] = {"index": 0, "delta": delta}
        if finish or self.ask.family == GPT:
            choice["finish_reason"] = finish
        if finish == "content_filter" and self.ask.family != GPT:
            choice["moderation_hit_type"] = VIOLATION
        return self._about("chat.completion.chunk") | {"choices": [choice], "usage": usage}

    def _about(self, kind: str) -> dict[str, Any]:
        shown = {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": ANSWERING_MODEL[self.ask.family],
        }
        return shown if self.ask.family == GPT else {**shown, "service_tier": "default"}


def new_reply_id(family: str) -> str:
    return str(uuid.uuid4()) if family == GPT else f"02{int(time.time() * 1000)}{secrets.token_hex(20)}"


def sse(chunk: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


DONE = b"data: [DONE]\n\n"

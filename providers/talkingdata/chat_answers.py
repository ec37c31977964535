"""Reading what chat models answer: a stream of lines, or one reply.

Lines should begin with "data: " and often do not; the documented samples have a line that is no JSON. What can't be
read is passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from ..chats import ChatPiece
from ..errors import (
    AuthFailed,
    ContentRejected,
    InvalidRequest,
    InvalidResponse,
    NotConfigured,
    ProviderError,
    RateLimited,
    ResultExpired,
    SubmitUnknown,
    Unavailable,
)
from ..refusals import Meaning
from ..transport import read_json, redact, request_id, retry_after, storable
from ..words import gettext_noop as _
from . import ark_errors
from .ark_errors import error_of, meaning_of

DONE = "[DONE]"

_NO_MODEL = _("The service does not know this model. An administrator has to check its settings.")
_BAD_QUESTION = _("The service did not accept this question. Shorten it, or use other files.")
_BAD_KEY = _("The service did not accept our key. An administrator has to check it.")
_STOPPED = _("The service does not let the studio's account use this model. An administrator has to check it.")
_TOO_FAST = _("The studio is asking this service too often. Try it again in a moment.")
_BROKE = _("The service has a problem of its own right now. Try it again later.")
_REFUSED = _("The service's filter refused this question or its answer. Change what you ask.")

#: the table of the GPT page: statuses only
GPT_STATUSES: Mapping[int, Meaning] = {
    400: (InvalidRequest, _BAD_QUESTION),
    401: (AuthFailed, _BAD_KEY),
    403: (AuthFailed, _STOPPED),
    404: (NotConfigured, _NO_MODEL),
    429: (RateLimited, _TOO_FAST),
    500: (Unavailable, _BROKE),
    502: (Unavailable, _BROKE),
    503: (Unavailable, _BROKE),
}

#: The compliance checks answer 400 without a documented code.
_REFUSING = re.compile(
    r"content_?filter|content_?policy|moderat|sensitive|complian|audit|审核|敏感|违规|合规", re.IGNORECASE
)
#: lines of an event stream that carry nothing to read
_FIELD = re.compile(r"(event|id|retry)\s*:|:", re.IGNORECASE)


class AnswerReader:
    """Reads one answer, line by line. Knows whether it has been told why the answer ended."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.secrets = tuple(secrets)
        self._ended = False

    def read_line(self, line: str) -> ChatPiece | None:
        """What this line adds; None where it adds nothing or can't be read. Raises ProviderError for an error."""
        text = line.strip()
        if text.startswith("data:"):
            text = text.removeprefix("data:").strip()
        elif _FIELD.match(text):
            return None
        if text == DONE:
            # some end without a reason
            return None if self._ended else self._end(ChatPiece(finish="stop"))
        try:
            body = storable(json.loads(text))
        except (ValueError, RecursionError):
            return None
        if not isinstance(body, dict):
            return None
        code, message, param = error_of(body)
        if code:
            raise self._error(code, message, param, body)
        return self._end(_piece(body))

    def refusal(self, response: httpx.Response, content: bytes) -> ProviderError:
        """The exception for an answer by DeepSeek's page: Ark's table."""
        body = self._body(response, content)
        error = ark_errors.refusal(response, body, raw=redact(body, self.secrets))
        if isinstance(error, ResultExpired):
            return NotConfigured(_NO_MODEL, code=error.code, request_id=error.request_id, raw=error.raw)
        return error

    def gpt_refusal(self, response: httpx.Response, content: bytes) -> ProviderError:
        """The exception for an answer by GPT's page: a code of the pool's where it is one, else the status."""
        body = self._body(response, content)
        code, message, param = error_of(body)
        status = response.status_code
        kind, sentence = _known(code, message, param) or GPT_STATUSES.get(status) or (InvalidResponse, "")
        if kind in {InvalidRequest, InvalidResponse} and _REFUSING.search(f"{code} {message}"):
            kind, sentence = ContentRejected, _REFUSED
        if kind is InvalidResponse and status >= 500:
            kind, sentence = Unavailable, _BROKE
        return kind(
            sentence,
            code=code or f"http_{status}",
            retry_after=retry_after(response),
            request_id=request_id(response),
            raw=redact(body, self.secrets),
        )

    def _body(self, response: httpx.Response, content: bytes) -> Any:
        try:
            return read_json(httpx.Response(response.status_code, content=content))
        except InvalidResponse as error:
            return error.raw

    def _error(self, code: str, message: str, param: str, body: Any) -> ProviderError:
        kind, sentence = _known(code, message, param) or (Unavailable, _BROKE)
        if _REFUSING.search(f"{code} {message}") and kind in {Unavailable, InvalidRequest}:
            kind, sentence = ContentRejected, _REFUSED
        return kind(sentence, code=code, raw=redact(body, self.secrets))

    def _end(self, piece: ChatPiece | None) -> ChatPiece | None:
        self._ended = self._ended or (piece is not None and bool(piece.finish))
        return piece


def _known(code: str, message: str, param: str) -> Meaning | None:
    meaning = meaning_of(code, message, param) if code else None
    if meaning is None:
        return None
    if meaning[0] is SubmitUnknown:
        return Unavailable, _BROKE
    return (NotConfigured, _NO_MODEL) if meaning[0] is ResultExpired else meaning


def _piece(body: Mapping[str, Any]) -> ChatPiece | None:
    """Of a chunk (`delta`) or of a whole reply (`message`). Null means absent."""
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    said = choice.get("delta") or choice.get("message") or {}
    if not isinstance(said, dict):
        said = {}
    calls = said.get("tool_calls")
    usage = body.get("usage")
    piece = ChatPiece(
        text=_words(said.get("content")),
        thinking=_words(said.get("reasoning_content")),
        tool_calls=tuple(call for call in calls if isinstance(call, dict)) if isinstance(calls, list) else (),
        # one table has it inside the message
        finish=_words(choice.get("finish_reason")) or _words(said.get("finish_reason")),
        usage=usage if isinstance(usage, dict) else {},
    )
    return piece if piece != ChatPiece() else None


def _words(value: Any) -> str:
    if isinstance(value, list):
        # as parts: [{"type": "text", "text": "…"}]
        return "".join(_words(part.get("text")) for part in value if isinstance(part, dict))
    return value if isinstance(value, str) else ""

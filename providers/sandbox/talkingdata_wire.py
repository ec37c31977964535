"""What every call of the model pool has alike: a key, a clock, a request id and JSON. How a refusal is said differs."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from starlette.requests import Request

NAME = "talkingdata"
CLOCK_SECONDS = 900
"""How far a caller's clock may be from ours."""
MAX_BODY = 256 * 1024 * 1024
"""Bytes: nine pictures of 20 MB as base64."""
KEY, CLOCK, REQUEST_ID, BODY = "key", "clock", "request-id", "body"


class BadCallError(Exception):
    """Refused before anybody looked at the order: ``what`` is KEY, CLOCK, REQUEST_ID or BODY."""

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(what, detail)
        self.what = what
        self.detail = detail


def caller(request: Request, *queries: str) -> str:
    """The account that calls: its key. ``queries`` may stand in the address beside the request id. BadCallError."""
    scheme, _blank, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not token.strip() or token.strip() == "invalid":
        raise BadCallError(KEY, "Authorization must be Bearer and a valid key")
    stamp = request.headers.get("x-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 10 and _is_now(int(stamp))):
        raise BadCallError(CLOCK, "X-Timestamp must be the Unix time in seconds")
    for name, value in request.query_params.multi_items():
        if name in ("requestId", "requestld"):  # the tables spell it with an l, the samples with an I
            if not _is_uuid(value):
                raise BadCallError(REQUEST_ID, f"{name} must be a UUID")
        elif name not in queries:
            raise BadCallError(REQUEST_ID, f"unknown in the address: {name}")
    return token.strip()


async def read_json(request: Request, *, exactly: bool = False) -> dict[str, Any]:
    """The body, an object. ``exactly``: its type is named without a character set. BadCallError."""
    kind = request.headers.get("content-type", "")
    if (kind if exactly else kind.split(";")[0].strip().lower()) != "application/json":
        raise BadCallError(BODY, "Content-Type must be application/json")
    raw = await request.body()
    if len(raw) > MAX_BODY:
        raise BadCallError(BODY, "the request is too large")
    try:
        body = json.loads(raw)
        raw.decode()
        if b"\\u" in raw:  # half a character can only be written so
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadCallError(BODY, "the body is no JSON") from error
    if not isinstance(body, dict):
        raise BadCallError(BODY, "the body must be an object")
    return body


def new_id() -> str:
    return str(uuid.uuid4())


def _is_now(stamp: int) -> bool:
    return abs(stamp - time.time()) <= CLOCK_SECONDS


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False

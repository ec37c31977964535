"""Scripted misfortune: rules that a test or a demo posts, and the wrapper around the app that acts on them."""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .connections import hang_up
from .jobs import Outcome

FILE_FAULTS = frozenset({"expired", "gone", "truncated", "garbage", "html", "huge"})
KEYS: dict[str, type | tuple[type, ...]] = {
    "status": int,
    "body": object,
    "headers": dict,
    "error": str,
    "garbage": bool,
    "truncate": bool,
    "close": str,
    "delay": (int, float),
    "after": bool,
    "job": dict,
    "file": str,
    "bytes": int,
}
IDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24}")
GARBAGE = b'{"id": "68be9b50553a97d6589682'


class RuleError(ValueError):
    """A rule that says nothing we know how to do."""


@dataclass
class Rule:
    """``path`` may hold ``*``; ``skip`` requests pass before it acts, ``times`` None acts for ever."""

    path: str
    do: dict[str, Any]
    method: str = ""
    times: int | None = 1
    skip: int = 0

    def matches(self, method: str, path: str) -> bool:
        return self.method in ("", method) and fnmatch.fnmatchcase(path, self.path)


@dataclass
class Faults:
    """The rules in order, and what has been asked of the sandbox so far."""

    errors: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)

    def add(self, data: Any) -> None:
        """Append rules given as JSON: one rule, a list of them, or {"rules": [...]}."""
        if isinstance(data, dict):
            data = data.get("rules", [data])
        if not isinstance(data, list):
            raise RuleError("a list of rules is wanted")
        self.rules.extend([self._read(item) for item in data])

    def take(self, method: str, path: str) -> dict[str, Any]:
        """What is to be done to this request; uses up one of the rule's times."""
        for rule in self.rules:
            if rule.times == 0 or not rule.matches(method, path):
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            if rule.times is not None:
                rule.times -= 1
            return rule.do
        return {}

    def count(self, method: str, path: str) -> None:
        place = IDS.sub("{id}", path)
        self.requests[f"{method} {place}"] += 1

    def _read(self, item: Any) -> Rule:
        if not isinstance(item, dict) or not isinstance(item.get("path"), str):
            raise RuleError("a rule needs a path")
        if unknown := set(item) - {"path", "do", "method", "times", "skip"}:
            raise RuleError(f"unknown in a rule: {', '.join(sorted(unknown))}")
        do = item.get("do")
        if not isinstance(do, dict) or not do:
            raise RuleError('a rule needs something to "do"')
        for key, value in do.items():
            if key not in KEYS:
                raise RuleError(f"unknown in do: {key}")
            if not isinstance(value, KEYS[key]):
                raise RuleError(f"{key} has the wrong type")
        if "error" in do and do["error"] not in self.errors:
            raise RuleError(f"no documented error {do['error']}; there are {', '.join(self.errors)}")
        if do.get("close", "before") not in ("before", "after"):
            raise RuleError("close is before or after")
        if "file" in do and do["file"] not in FILE_FAULTS:
            raise RuleError(f"file is one of {', '.join(sorted(FILE_FAULTS))}")
        if "job" in do:
            outcome_of(do["job"])
        times, skip = item.get("times", 1), item.get("skip", 0)
        if not (times is None or isinstance(times, int)) or not isinstance(skip, int):
            raise RuleError("times is a number or null, skip a number")
        return Rule(item["path"], do, str(item.get("method", "")).upper(), times, skip)


def outcome_of(data: dict[str, Any]) -> tuple[Outcome, dict[int, str]]:
    """The end that a "job" fault prescribes, and the pictures the filter is to refuse with its words."""
    data = dict(data)
    try:
        rejected = {int(number): str(word) for number, word in data.pop("reject", {}).items()}
        return Outcome(**data), rejected
    except (TypeError, ValueError, AttributeError) as error:
        raise RuleError(f"job: {error}") from error


class SandboxMiddleware:
    """Names the sandbox on every reply, counts requests, and lets the rules act."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"x-atelier-sandbox", b"1")]
            await send(message)

        method, path = scope["method"], scope["path"]
        if path == "/" or path.startswith("/_sandbox/"):
            await self.app(scope, receive, named)
            return
        self.faults.count(method, path)
        do = self.faults.take(method, path)
        await self._act(do, scope, receive, named)

    async def _act(self, do: dict[str, Any], scope: Scope, receive: Receive, send: Send) -> None:
        if "delay" in do:
            send = _late(do["delay"], receive, send)
        scope["sandbox.fault"] = do
        close = do.get("close")
        replaced = any(key in do for key in ("status", "error", "garbage"))
        if not (replaced or close or do.get("truncate")):
            await self.app(scope, receive, send)
            return
        if close == "before" or (replaced and not do.get("after")):
            await _read_body(receive)
            messages: list[Message] = []
        else:
            messages = await self._handled(scope, receive)
        if close:
            await asyncio.sleep(do.get("delay", 0))
            await hang_up(scope, receive)
        elif do.get("truncate"):
            await _send_half(messages, scope, receive, send)
        else:
            await self._reply_instead(do, send)

    async def _handled(self, scope: Scope, receive: Receive) -> list[Message]:
        """What the app answers, kept back."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, keep)
        return messages

    async def _reply_instead(self, do: dict[str, Any], send: Send) -> None:
        status, kind = do.get("status", 200), "application/json"
        if do.get("garbage"):
            body = GARBAGE
        elif "error" in do:
            status, shape = self.faults.errors[do["error"]]
            body = json.dumps(shape, ensure_ascii=False).encode()
        elif isinstance(do.get("body"), str):
            body, kind = do["body"].encode(), "text/plain; charset=utf-8"
        else:
            body = json.dumps(do.get("body", {}), ensure_ascii=False).encode()
        headers = {"content-type": kind, "content-length": str(len(body))}
        headers |= {str(name).lower(): str(value) for name, value in do.get("headers", {}).items()}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})


def _late(seconds: float, receive: Receive, send: Send) -> Send:
    """Sends what it is given once the time has passed, unless the client has left by then."""

    async def left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def send_late(message: Message) -> None:
        if message["type"] == "http.response.start":
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(left(), seconds)
        await send(message)

    return send_late


async def _read_body(receive: Receive) -> None:
    """Servers drop a connection whose request was not read, which is not the fault that was asked for."""
    while True:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            return


async def _send_half(messages: list[Message], scope: Scope, receive: Receive, send: Send) -> None:
    """The announced length, half the bytes, then nothing."""
    start = next(message for message in messages if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in messages if message["type"] == "http.response.body")
    await send(start)
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    await hang_up(scope, receive, politely=True)

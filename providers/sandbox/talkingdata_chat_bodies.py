"""What the chat models take: messages, settings and tools, each model as its own page has it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .chatting_schema import flaw_in
from .talkingdata_fields import FieldError, Fields, Source, read_source

GPT, DEEPSEEK = "gpt", "deepseek"
MODELS = {"T0310001": GPT, "T0320001": GPT, "T0106004": DEEPSEEK}
ANSWERING_MODEL = {GPT: "gpt-5.4-2026-03-05", DEEPSEEK: "T0106004"}
MOST_INPUT = 96 * 1024
"""Tokens."""
LONGEST_ANSWER = {GPT: 128 * 1024, DEEPSEEK: 32 * 1024}
DEFAULT_LENGTH = 4096
PIXELS = (196, 36_000_000)
MAX_BODY = 64 * 1024 * 1024

_SHARED = (
    *("model", "messages", "stream", "max_tokens", "temperature", "reasoning_effort"),
    *("tools", "tool_choice", "response_format"),
)
_FIELDS = {
    GPT: (*_SHARED, "thinking_enabled", "input_compliance_check", "output_compliance_check"),
    DEEPSEEK: (
        *_SHARED,
        *("thinking", "stream_options", "max_completion_tokens", "service_tier"),
        *("frequency_penalty", "presence_penalty", "top_p", "parallel_tool_calls"),
    ),
}
_EFFORTS = {
    GPT: ("none", "minimal", "low", "medium", "high", "xhigh"),
    DEEPSEEK: ("minimal", "low", "medium", "high"),
}
_DETAILS = {GPT: ("auto", "low", "high"), DEEPSEEK: ("low", "high", "xhigh")}
_NOT_THOUGHT = ("none", "minimal")


@dataclass(frozen=True)
class FileSeen:
    """A picture or film in a message."""

    kind: str
    source: Source
    place: str
    frames_a_second: float = 1.0


@dataclass(frozen=True)
class Message:
    role: str
    text: str
    files: tuple[FileSeen, ...] = ()


@dataclass(frozen=True)
class Ask:
    """``length`` is the most tokens of the answer, ``total_length`` of thoughts and answer, 0 for no such bound.

    ``schema`` None with ``as_json`` is any object. ``choice`` is none, auto, required or a function's name behind "=".
    """

    model: str
    family: str
    messages: tuple[Message, ...]
    stream: bool
    thinks: bool
    thinks_if_hard: bool
    effort: str
    length: int
    total_length: int
    as_json: bool
    schema: Mapping[str, Any] | None
    tools: tuple[Mapping[str, Any], ...]
    choice: str
    parallel: bool
    usage_at_end: bool = False
    usage_always: bool = False
    checks: frozenset[str] = field(default_factory=frozenset)

    @property
    def asked(self) -> str:
        """The person's last words."""
        return next((message.text for message in reversed(self.messages) if message.role == "user"), "")


def read_ask(body: dict[str, Any], model: str) -> Ask:
    """``model`` is one of MODELS. FieldError."""
    family = MODELS[model]
    fields = Fields(body, "", _FIELDS[family])
    fields.number("temperature", 0, 2, 1)
    fields.number("frequency_penalty", -2, 2, 0)
    fields.number("presence_penalty", -2, 2, 0)
    fields.number("top_p", 0, 1, 0.7)
    fields.choice("service_tier", ("auto", "default"))
    stream = fields.switch("stream")
    effort = fields.choice("reasoning_effort", _EFFORTS[family], "medium")
    thinks, if_hard = _thinking(fields, family)
    if fields.has("max_tokens") and fields.has("max_completion_tokens"):
        raise FieldError("max_completion_tokens", "excludes max_tokens")
    longest = LONGEST_ANSWER[family]
    default = longest if family == GPT or fields.has("max_completion_tokens") else DEFAULT_LENGTH
    as_json, schema = _format(fields)
    tools = _tools(fields)
    usage_at_end, usage_always = _stream_options(fields, stream)
    checks = {
        name.partition("_")[0] for name in ("input_compliance_check", "output_compliance_check") if fields.switch(name)
    }
    return Ask(
        model=model,
        family=family,
        messages=_messages(fields, family),
        stream=stream,
        thinks=thinks and effort not in _NOT_THOUGHT,
        thinks_if_hard=if_hard,
        effort=effort,
        length=fields.whole("max_tokens", 1, longest, default),
        total_length=fields.whole("max_completion_tokens", 0, 65536, 0) if fields.has("max_completion_tokens") else -1,
        as_json=as_json,
        schema=schema,
        tools=tools,
        choice=_choice(fields, tools),
        parallel=fields.switch("parallel_tool_calls", True),
        usage_at_end=usage_at_end,
        usage_always=usage_always,
        checks=frozenset(checks),
    )


def _thinking(fields: Fields, family: str) -> tuple[bool, bool]:
    """Whether it thinks first, and whether only about hard questions."""
    if family == GPT:
        return fields.switch("thinking_enabled"), False
    if not fields.has("thinking"):
        return True, False
    thinking = fields.inner("thinking", ("type",))
    thinking.need("type")
    kind = thinking.choice("type", ("enabled", "disabled", "auto"))
    return kind != "disabled", kind == "auto"


def _stream_options(fields: Fields, stream: bool) -> tuple[bool, bool]:
    if not fields.has("stream_options"):
        return False, False
    if not stream:
        raise FieldError("stream_options", "is for streams")
    options = fields.inner("stream_options", ("include_usage", "chunk_include_usage"))
    return options.switch("include_usage"), options.switch("chunk_include_usage")


def _format(fields: Fields) -> tuple[bool, Mapping[str, Any] | None]:
    if not fields.has("response_format"):
        return False, None
    wanted = fields.inner("response_format", ("type", "json_schema"))
    wanted.need("type")
    kind = wanted.choice("type", ("text", "json_object", "json_schema"))
    if kind != "json_schema":
        if wanted.has("json_schema"):
            raise FieldError("response_format.json_schema", f"does not go with {kind}")
        return kind == "json_object", None
    shape = wanted.inner("json_schema", ("name", "description", "schema", "strict"))
    shape.words("name")
    shape.text("description")
    shape.switch("strict")
    shape.need("schema")
    _check_schema(shape, "schema")
    return True, shape.get("schema")


def _tools(fields: Fields) -> tuple[Mapping[str, Any], ...]:
    tools = fields.items("tools")
    names: set[str] = set()
    for number, item in enumerate(tools):
        tool = Fields(item, f"tools[{number}]", ("type", "function"))
        tool.need("type")
        tool.choice("type", ("function",))
        function = tool.inner("function", ("name", "description", "parameters", "strict"))
        name = function.words("name", most=64)
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name) or name in names:
            raise FieldError(function.place("name"), "is no name of its own made of letters, digits, _ and -")
        names.add(name)
        function.text("description")
        function.switch("strict")
        if function.has("parameters"):
            _check_schema(function, "parameters")
    return tuple(tools)


def _check_schema(fields: Fields, name: str) -> None:
    schema = fields.get(name)
    if not isinstance(schema, dict):
        raise FieldError(fields.place(name), "must be an object")
    if flaw := flaw_in(schema):
        raise FieldError(fields.place(name), f"is no JSON Schema: {flaw.replace('schema', name, 1)}")


def _choice(fields: Fields, tools: tuple[Mapping[str, Any], ...]) -> str:
    choice = fields.get("tool_choice")
    if choice is None:
        return "auto" if tools else "none"
    if isinstance(choice, dict):
        chosen = Fields(choice, "tool_choice", ("type", "function"))
        chosen.need("type")
        chosen.choice("type", ("function",))
        name = chosen.inner("function", ("name",)).words("name")
        if all(tool["function"]["name"] != name for tool in tools):
            raise FieldError("tool_choice.function.name", "is none of the tools")
        return f"={name}"
    word = fields.choice("tool_choice", ("none", "auto", "required"))
    if word == "required" and not tools:
        raise FieldError("tool_choice", "needs tools")
    return word


def _messages(fields: Fields, family: str) -> tuple[Message, ...]:
    fields.need("messages")
    items = fields.items("messages")
    if not items:
        raise FieldError("messages", "is empty", missing=True)
    calls: set[str] = set()
    return tuple(_message(item, f"messages[{number}]", family, calls) for number, item in enumerate(items))


def _message(item: Any, place: str, family: str, calls: set[str]) -> Message:
    known = ("role", "content", "reasoning_content", "tool_calls", "tool_call_id")
    anyone = Fields(item, place, known)
    anyone.need("role")
    role = anyone.choice("role", ("system", "user", "assistant", "tool"))
    own = {"assistant": ("reasoning_content", "tool_calls"), "tool": ("tool_call_id",)}
    message = Fields(item, place, ("role", "content", *own.get(role, ())))
    message.text("reasoning_content")
    if role == "assistant" and message.has("tool_calls"):
        _remember_calls(message, calls)
    else:
        message.need("content")
    if role == "tool" and message.words("tool_call_id") not in calls:
        raise FieldError(f"{place}.tool_call_id", "belongs to no call before it")
    return Message(role, *_content(message, role, family))


def _remember_calls(message: Fields, calls: set[str]) -> None:
    for number, item in enumerate(message.items("tool_calls")):
        call = Fields(item, f"{message.place('tool_calls')}[{number}]", ("id", "type", "function"))
        call.need("type")
        call.choice("type", ("function",))
        function = call.inner("function", ("name", "arguments"))
        function.words("name")
        function.need("arguments")
        function.text("arguments")
        calls.add(call.words("id"))


def _content(message: Fields, role: str, family: str) -> tuple[str, tuple[FileSeen, ...]]:
    content = message.get("content")
    if content is None or isinstance(content, str):
        if isinstance(content, str) and not content.strip() and role in ("system", "user"):
            raise FieldError(message.place("content"), "is empty", missing=True)
        return content or "", ()
    texts: list[str] = []
    files: list[FileSeen] = []
    items = message.items("content")
    if not items:
        raise FieldError(message.place("content"), "is empty", missing=True)
    for number, item in enumerate(items):
        place = f"{message.place('content')}[{number}]"
        kind = item.get("type") if isinstance(item, dict) else None
        if kind == "text":
            texts.append(Fields(item, place, ("type", "text")).words("text"))
        elif kind == "image_url" and role in ("system", "user"):
            files.append(_picture(item, place, family))
        elif kind == "video_url" and role in ("system", "user") and family == DEEPSEEK:
            files.append(_film(item, place))
        else:
            part = Fields(item, place, ("type", "text", "image_url", "video_url"))
            part.need("type")
            raise FieldError(f"{place}.type", f"{kind} is not taken here")
    return "\n".join(texts), tuple(files)


def _picture(item: dict[str, Any], place: str, family: str) -> FileSeen:
    limits = ("image_pixel_limit",) if family == DEEPSEEK else ()
    part = Fields(item, place, ("type", "image_url", *limits))
    picture = part.inner("image_url", ("url", "detail"))
    picture.need("url")
    picture.choice("detail", _DETAILS[family])
    if part.has("image_pixel_limit"):
        limit = part.inner("image_pixel_limit", ("min_pixels", "max_pixels"))
        low, high = limit.whole("min_pixels", *PIXELS, PIXELS[0]), limit.whole("max_pixels", *PIXELS, PIXELS[1])
        if low > high:
            raise FieldError(f"{place}.image_pixel_limit", "min_pixels is greater than max_pixels")
    where = f"{place}.image_url.url"
    return FileSeen("image", _source(picture.text("url"), where, "image"), where)


def _film(item: dict[str, Any], place: str) -> FileSeen:
    part = Fields(item, place, ("type", "video_url", "fps"))
    film = part.inner("video_url", ("url", "fps"))
    film.need("url")
    rate = film.number("fps", 0.2, 5, 1)
    beside = part.get("fps")
    if beside is not None:  # where the page's sample has it, as a text
        if not isinstance(beside, int | float | str) or isinstance(beside, bool):
            raise FieldError(f"{place}.fps", "must be a number")
        try:
            rate = float(beside)
        except ValueError as error:
            raise FieldError(f"{place}.fps", "must be a number") from error
        if not 0.2 <= rate <= 5:
            raise FieldError(f"{place}.fps", "must be a number from 0.2 to 5")
    where = f"{place}.video_url.url"
    return FileSeen("video", _source(film.text("url"), where, "video"), where, rate)


def _source(url: str, place: str, kind: str) -> Source:
    if not url.strip():
        raise FieldError(place, "EmptyURL")
    try:
        return read_source(url, place, kind, assets=False)
    except FieldError as error:
        raise FieldError(place, f"InvalidFormat: {error.detail}") from error

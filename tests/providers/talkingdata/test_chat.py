"""Questions to chat models and what comes back: samples, streams, every error row."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from providers import errors
from providers.base import Kind
from providers.chats import ChatMessage, ChatPiece
from providers.errors import (
    AuthFailed,
    ContentRejected,
    InvalidRequest,
    InvalidResponse,
    NotConfigured,
    ProviderError,
    Unavailable,
    Unsupported,
)
from providers.talkingdata import TalkingData
from providers.talkingdata.chat import MODELS

from .tools_ark import KEY, film, payload, picture, question, sent_body, sound, talkingdata

GPT, DEEPSEEK = "gpt-5.4", "deepseek-3.2"
BOTH = (GPT, DEEPSEEK)


def body(model: str, *messages: ChatMessage, **more: Any) -> dict[str, Any]:
    return sent_body(talkingdata().chat(question(model, *messages, **more)).request)


def sample_of(name: str) -> dict[str, Any]:
    found = payload(f"chat/{name}")
    assert isinstance(found, dict)
    return found


# ── asking ───────────────────────────────────────────────────────────────────

#: what DeepSeek is told besides a sample: we never leave thinking to its default
PLAIN = {"thinking": {"type": "disabled"}}


def test_head_of_the_request() -> None:
    request = talkingdata().chat(question(DEEPSEEK, request_key="7-abc")).request
    assert (request.method, request.url.path) == ("POST", "/model/openai/api/v3/chat/completions")
    assert request.headers["authorization"] == f"Bearer {KEY}" and request.headers["x-timestamp"].isdigit()
    assert request.headers["accept"] == "text/event-stream"
    assert request.url.params["requestId"]
    assert request.extensions["timeout"]["read"] >= 60


def test_the_gpt_sample() -> None:
    made = body(GPT, ChatMessage("user", "你好"), temperature=0.7, max_tokens=1000, stream=False)
    checks = {"input_compliance_check": True, "output_compliance_check": True}
    assert made == {**sample_of("gpt-request"), **checks, "stream": False, "thinking_enabled": False}


@pytest.mark.parametrize("name", ["request-plain", "request-stream", "request-continue"])
def test_the_deepseek_samples_of_words(name: str) -> None:
    sample = sample_of(name)
    messages = [ChatMessage(item["role"], item["content"]) for item in sample["messages"]]
    streams = bool(sample.get("stream"))
    besides = {"stream_options": {"include_usage": True}} if streams else {"stream": False}
    assert body(DEEPSEEK, *messages, stream=streams) == {**sample, **PLAIN, **besides}


def test_the_deepseek_sample_of_a_picture() -> None:
    sample = sample_of("request-picture")
    ((address, words),) = [
        (item["content"][0]["image_url"]["url"], item["content"][1]["text"]) for item in sample["messages"]
    ]
    made = body(DEEPSEEK, ChatMessage("user", words, (picture(address),)), stream=False)
    sample["messages"][0]["content"][0]["image_url"]["detail"] = "high"
    assert made == {**sample, **PLAIN, "stream": False}


def test_the_deepseek_sample_of_a_video() -> None:
    sample = sample_of("request-video")
    shown, asked = sample["messages"][0]["content"]
    made = body(
        DEEPSEEK, ChatMessage("user", asked["text"], (film(shown["video_url"]["url"]),)), stream=False, max_tokens=300
    )
    # the table has the rate beside the address, the sample outside and as a text
    shown["video_url"]["fps"], _moved = 1.0, shown.pop("fps")
    assert made == {**sample, **PLAIN, "stream": False}


def test_the_deepseek_sample_of_thinking() -> None:
    sample = sample_of("request-thinking")
    made = body(DEEPSEEK, ChatMessage("user", sample["messages"][0]["content"]), thinking=True, stream=False)
    assert made == {**sample, "thinking": {"type": "enabled"}, "stream": False}


@pytest.mark.parametrize(("seconds", "rate"), [(0, 1.0), (15, 1.0), (60, 1.0), (120, 0.5), (300, 0.2), (3600, 0.2)])
def test_long_films_are_looked_at_less_often(seconds: float, rate: float) -> None:
    made = body(DEEPSEEK, ChatMessage("user", "?", (film(duration=seconds),)))
    assert made["messages"][0]["content"][0]["video_url"]["fps"] == rate


def test_files_without_a_link_go_as_bytes() -> None:
    files = (picture(None), film(None))
    parts = body(DEEPSEEK, ChatMessage("user", "", files))["messages"][0]["content"]
    assert [part[part["type"]]["url"] for part in parts] == [
        "data:image/png;base64,cGljdHVyZQ==",
        "data:video/mp4;base64,ZmlsbQ==",
    ]
    (part,) = body(GPT, ChatMessage("user", "", (picture(None),)))["messages"][0]["content"]
    assert part == {"type": "image_url", "image_url": {"url": "data:image/png;base64,cGljdHVyZQ=="}}


def test_thinking_and_effort() -> None:
    assert body(GPT, thinking=True, effort="xhigh")["reasoning_effort"] == "xhigh"
    assert body(GPT, thinking=True)["thinking_enabled"] is True and "reasoning_effort" not in body(GPT, thinking=True)
    assert "reasoning_effort" not in body(GPT, effort="high"), "it matters only with thinking"
    deep = body(DEEPSEEK, thinking=True, effort="high")
    assert (deep["thinking"], deep["reasoning_effort"]) == ({"type": "enabled"}, "high")
    least = body(DEEPSEEK, thinking=True, effort="minimal")
    assert least["thinking"] == {"type": "disabled"} and "reasoning_effort" not in least


def test_lengths() -> None:
    assert body(DEEPSEEK, max_tokens=32768)["max_tokens"] == 32768
    longer = body(DEEPSEEK, max_tokens=65536)
    assert longer["max_completion_tokens"] == 65536 and "max_tokens" not in longer
    assert body(GPT, max_tokens=65537)["max_tokens"] == 65537


TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}


@pytest.mark.parametrize("model", BOTH)
def test_tools(model: str) -> None:
    messages = (
        ChatMessage("user", "weather?"),
        ChatMessage("assistant", "", tool_calls=(CALL,)),
        ChatMessage("tool", "sunny", tool_call_id="call_1"),
    )
    made = body(model, *messages, tools=(TOOL,), tool_choice="auto")
    assert made["tools"] == [TOOL] and made["tool_choice"] == "auto"
    assert made["messages"][1:] == [
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "content": "sunny", "tool_call_id": "call_1"},
    ]
    assert "tools" not in body(model) and "tool_choice" not in body(model)


@pytest.mark.parametrize("model", BOTH)
def test_answers_in_json(model: str) -> None:
    schema = {"type": "object", "properties": {"mood": {"type": "string"}}}
    assert body(model, json_schema={})["response_format"] == {"type": "json_object"}
    found = body(model, json_schema=schema)["response_format"]
    assert found["type"] == "json_schema" and found["json_schema"]["schema"] == schema and found["json_schema"]["name"]
    assert "response_format" not in body(model)


def test_the_id_of_gpt_is_a_setting() -> None:
    made = talkingdata(gpt_model="T0320001").chat(question(GPT)).request
    assert sent_body(made)["model"] == "T0320001"
    assert body(GPT)["model"] == "T0310001"
    assert sent_body(talkingdata(gpt_model="x").chat(question(DEEPSEEK)).request)["model"] == "T0106004"


@pytest.mark.parametrize("value", [0.0, 2.0])
def test_temperatures(value: float) -> None:
    assert body(GPT, temperature=value)["temperature"] == value


def test_what_deepseek_alone_has() -> None:
    more: dict[str, Any] = {"top_p": 0.0, "frequency_penalty": -2.0, "presence_penalty": 2.0}
    assert body(DEEPSEEK, **more).items() >= more.items()
    assert not body(DEEPSEEK).keys() & more.keys()
    tool = {"type": "function", "function": {"name": "weather"}}
    assert body(DEEPSEEK, tools=(tool,), parallel_tool_calls=False)["parallel_tool_calls"] is False
    for name, value in [*more.items(), ("parallel_tool_calls", True)]:
        with pytest.raises(Unsupported) as refused:
            body(GPT, **{name: value})
        assert refused.value.code == name


@pytest.mark.parametrize(
    ("model", "more"),
    [
        (DEEPSEEK, {"top_p": 1.01}),
        (DEEPSEEK, {"top_p": -0.01}),
        (DEEPSEEK, {"frequency_penalty": 2.1}),
        (DEEPSEEK, {"presence_penalty": -2.1}),
        (GPT, {"temperature": 2.1}),
        (DEEPSEEK, {"temperature": -0.1}),
        (DEEPSEEK, {"max_tokens": 65537}),
        (GPT, {"max_tokens": 0}),
        (DEEPSEEK, {"effort": "xhigh", "thinking": True}),
        (DEEPSEEK, {"effort": "none", "thinking": True}),
        (GPT, {"effort": "most", "thinking": True}),
    ],
)
def test_values_over_their_bounds(model: str, more: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        body(model, **more)


def test_what_the_models_do_not_look_at() -> None:
    with pytest.raises(Unsupported, match="pictures only"):
        body(GPT, ChatMessage("user", "?", (film(),)))
    for model in BOTH:
        with pytest.raises(InvalidRequest):
            body(model, ChatMessage("user", "?", (sound(),)))
        with pytest.raises(InvalidRequest):
            body(model, ChatMessage("user", "?", (picture(None, size=30_000_000), picture(None, size=30_000_000))))
        with pytest.raises(InvalidRequest):
            body(model, ChatMessage("stranger", "?"))


@pytest.mark.parametrize("model", BOTH)
@pytest.mark.parametrize(
    ("facts", "bound"),
    [
        ({"width": 14, "height": 14}, ""),
        ({"width": 13, "height": 15}, "min_pixels"),
        ({"width": 6000, "height": 6000}, ""),
        ({"width": 6000, "height": 6001}, "max_pixels"),
        ({"media_type": "image/gif"}, "media_types"),
    ],
)
def test_bounds_of_pictures(model: str, facts: dict[str, Any], bound: str) -> None:
    message = ChatMessage("user", "?", (picture(**facts),))
    if not bound:
        assert body(model, message)
        return
    with pytest.raises(InvalidRequest) as caught:
        body(model, message)
    assert caught.value.code == bound


def test_operations() -> None:
    made = {model.slug: {operation.slug for operation in model.operations} for model in MODELS}
    assert made == {GPT: {"improve", "describe"}, DEEPSEEK: {"improve", "describe", "describe-video"}}
    for model in MODELS:
        assert model.chats and not model.starts and not model.for_any(Kind.IMAGE) and not model.for_any(Kind.VIDEO)
        assert model in TalkingData.models


# ── reading ──────────────────────────────────────────────────────────────────


def read(lines: list[str], model: str = DEEPSEEK) -> list[ChatPiece]:
    chat = talkingdata().chat(question(model))
    return [piece for line in lines if (piece := chat.read_line(line)) is not None]


def chunk(finish: str | None = None, usage: Any = None, **delta: Any) -> str:
    return json.dumps({"choices": [{"delta": delta, "index": 0, "finish_reason": finish}], "usage": usage})


@pytest.mark.parametrize("prefix", ["", "data: ", "data:"])
def test_the_documented_stream(prefix: str) -> None:
    pieces = read([prefix + line for line in payload("chat/stream-lines")])
    # the second of the samples is no JSON: its exclamation mark is lost
    assert "".join(piece.text for piece in pieces) == "Hello How can I help you today?"
    assert [piece.finish for piece in pieces if piece.finish] == ["stop"]


@pytest.mark.parametrize("model", BOTH)
def test_pieces(model: str) -> None:
    lines = [
        ": a comment",
        "event: message",
        "id: 7",
        "retry: 10",
        "",
        "data: " + chunk(role="assistant", content=None, reasoning_content="Hm. "),
        "data: " + chunk(content="Hel", reasoning_content=None),
        "data: " + chunk(content="lo", tool_calls=None),
        "data: " + chunk(tool_calls=[{"index": 0, "id": "call_1", "function": {"arguments": "{"}}]),
        "data: " + chunk("stop", content=""),
        'data: {"choices": [], "usage": {"total_tokens": 9}}',
        "data: [DONE]",
    ]
    pieces = read(lines, model)
    assert "".join(piece.text for piece in pieces) == "Hello" and "".join(piece.thinking for piece in pieces) == "Hm. "
    assert [piece.tool_calls[0]["id"] for piece in pieces if piece.tool_calls] == ["call_1"]
    assert [piece.finish for piece in pieces if piece.finish] == ["stop"]
    assert pieces[-1].usage == {"total_tokens": 9}


@pytest.mark.parametrize("finish", ["stop", "length", "content_filter", "tool_calls"])
def test_why_an_answer_ended(finish: str) -> None:
    assert [piece.finish for piece in read([chunk(finish), "data: [DONE]"])] == [finish]


def test_an_end_without_a_reason() -> None:
    assert [piece.finish for piece in read([chunk(content="a"), "[DONE]"])] == ["", "stop"]


@pytest.mark.parametrize(
    "line", ["{", "null", "7", '"x"', "[1]", "{}", '{"choices": null}', '{"choices": [7]}', "[" * 9999]
)
def test_lines_that_say_nothing(line: str) -> None:
    assert read([line, "data: " + line]) == []


def test_lone_halves_of_characters_are_replaced() -> None:
    (piece,) = read(['{"choices": [{"delta": {"content": "a\\ud800b\\u0000"}}]}'])
    assert piece.text == "a\ufffdb\ufffd"


@pytest.mark.parametrize(
    "name", ["gpt-reply", "reply-plain", "reply-continue", "reply-picture", "reply-video", "reply-thinking"]
)
def test_documented_replies_that_are_not_streamed(name: str) -> None:
    sample = sample_of(name)
    (piece,) = read([json.dumps(sample, indent=4)], GPT if name.startswith("gpt") else DEEPSEEK)
    message = sample["choices"][0]["message"]
    assert (piece.text, piece.thinking) == (message["content"], message.get("reasoning_content", ""))
    assert (piece.finish, piece.usage) == ("stop", sample["usage"])


def test_a_reason_inside_the_message_is_read_too() -> None:
    (piece,) = read(['{"choices": [{"message": {"content": "a", "finish_reason": "length"}}]}'])
    assert (piece.text, piece.finish) == ("a", "length")


# ── refusals ─────────────────────────────────────────────────────────────────


def refused(model: str, status: int, content: Any) -> ProviderError:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    chat = talkingdata().chat(question(model))
    return chat.refusal(httpx.Response(status, headers={"Retry-After": "12", "x-request-id": "0217"}), raw)


@pytest.mark.parametrize("model", BOTH)
@pytest.mark.parametrize(("status", "type_", "code", "message", "kind"), payload("chat/error-table"))
def test_every_error(model: str, status: int, type_: str, code: str, message: str, kind: str) -> None:
    error = refused(model, status, {"error": {"code": code, "message": message, "param": "", "type": type_}})
    assert type(error) is getattr(errors, kind)
    assert (error.code, error.request_id, error.retry_after) == (code, "0217", 12.0)
    assert error.user_message.endswith(".") and message not in error.user_message


@pytest.mark.parametrize(("status", "code", "number", "message", "kind"), payload("chat/shared-error-table"))
def test_every_shared_error(status: int, code: str, number: int, message: str, kind: str) -> None:
    found = {"Code": code, "CodeN": number, "Message": message}
    error = refused(DEEPSEEK, status, {"ResponseMetadata": {"RequestId": "2026", "Error": found}})
    assert type(error) is getattr(errors, kind)


@pytest.mark.parametrize("content", [b"", b"<html>", {"error": {"message": "?", "code": "what"}}, {"error": "?"}])
@pytest.mark.parametrize(("status", "kind"), payload("chat/gpt-error-table"))
def test_every_status_of_gpt(status: int, kind: str, content: Any) -> None:
    error = refused(GPT, status, content)
    assert type(error) is getattr(errors, kind) and error.retry_after == 12.0


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, InvalidRequest), (401, AuthFailed), (404, NotConfigured), (418, InvalidResponse), (502, Unavailable)],
)
def test_statuses_without_a_body(status: int, kind: type[ProviderError]) -> None:
    for model in BOTH:
        assert type(refused(model, status, b"")) is kind


@pytest.mark.parametrize(
    "error",
    [
        {"code": "content_filter", "message": "?"},
        {"code": "400", "message": "输入文本审核不通过"},
        {"code": None, "message": "input compliance check failed"},
    ],
)
def test_the_compliance_checks_of_gpt(error: dict[str, Any]) -> None:
    assert type(refused(GPT, 400, {"error": error})) is ContentRejected


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("OutputTextSensitiveContentDetected", ContentRejected),
        ("content_filter", ContentRejected),
        ("InternalServiceError", Unavailable),
        ("InternalServiceTimeout", Unavailable),
        ("SomethingNew", Unavailable),
    ],
)
def test_errors_inside_the_stream(code: str, kind: type[ProviderError]) -> None:
    line = "data: " + json.dumps({"error": {"code": code, "message": f"Bearer {KEY}"}})
    for model in BOTH:
        with pytest.raises(ProviderError) as caught:
            read([chunk(content="a"), line], model)
        assert type(caught.value) is kind and caught.value.code == code
        assert KEY not in json.dumps(caught.value.raw)


def test_the_key_is_not_kept() -> None:
    for model in BOTH:
        error = refused(model, 401, {"error": {"code": "AuthenticationError", "message": f"{KEY} is wrong"}})
        assert KEY not in json.dumps(error.raw)
        assert KEY not in str(refused(model, 502, f"<html>{KEY}".encode()).raw)

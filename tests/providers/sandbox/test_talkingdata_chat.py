"""The chat models in the emulated model pool: what they take and refuse."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from providers.sandbox.talkingdata_chat import GPT_ERRORS
from tests.providers.sandbox.chatter import (
    BOTH,
    DEEPSEEK,
    GPT,
    PATH,
    SCHEMA,
    TOOLS,
    Customer,
    ask,
    called,
    clip,
    picture,
    tool,
    user,
    words,
)
from tests.providers.sandbox.pictures import data_url


@pytest.fixture
def pool(client) -> Customer:
    return Customer(client.base)


# ── what both refuse ────────────────────────────────────────────────────────

REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("messages", {"messages": None}),
    ("messages", {"messages": []}),
    ("messages", {"messages": "hello"}),
    ("messages", {"messages": ["hello"]}),
    ("messages", {"messages": [{"content": "a"}]}),
    ("role", {"messages": [{"role": "user_", "content": "a"}]}),
    ("content", {"messages": [{"role": "user"}]}),
    ("content", {"messages": [{"role": "user", "content": " "}]}),
    ("content", {"messages": [{"role": "user", "content": []}]}),
    ("content", {"messages": [{"role": "user", "content": 5}]}),
    ("name", {"messages": [{"role": "user", "content": "a", "name": "x"}]}),
    ("text", {"messages": user({"type": "text"})}),
    ("type", {"messages": user({"type": "input_audio", "text": "a"})}),
    ("type", {"messages": user({"text": "a"})}),
    ("image_url", {"messages": user({"type": "image_url"})}),
    ("image_url", {"messages": user({"type": "image_url", "image_url": "http://example.com"})}),
    ("detail", {"messages": user({"type": "image_url", "image_url": {"url": "http://x.com/", "detail": "finest"}})}),
    ("tool_call_id", {"messages": [{"role": "tool", "content": "x"}]}),
    ("tool_call_id", {"messages": [{"role": "tool", "content": "x", "tool_call_id": "call_1"}]}),
    ("content", {"messages": [{"role": "assistant"}]}),
    ("tool_calls", {"messages": [{"role": "assistant", "tool_calls": [{"id": "x"}]}]}),
    ("tool_calls", {"messages": [{"role": "assistant", "tool_calls": [called(type="other")]}]}),
    ("tool_calls", {"messages": [{"role": "user", "content": "a", "tool_calls": [called()]}]}),
    ("stream", {"stream": "true"}),
    ("max_tokens", {"max_tokens": 0}),
    ("max_tokens", {"max_tokens": 200_000}),
    ("max_tokens", {"max_tokens": 1.5}),
    ("temperature", {"temperature": -0.1}),
    ("temperature", {"temperature": 2.1}),
    ("temperature", {"temperature": "1"}),
    ("reasoning_effort", {"reasoning_effort": "extreme"}),
    ("tools", {"tools": {}}),
    ("tools", {"tools": [{"type": "function"}]}),
    ("tools", {"tools": [{"function": {"name": "x"}}]}),
    ("tools", {"tools": [{"type": "web", "function": {"name": "x"}}]}),
    ("tools", {"tools": [{"type": "function", "function": {"name": "a b"}}]}),
    ("tools", {"tools": [{"type": "function", "function": {"name": "x", "parameters": []}}]}),
    ("tools", {"tools": [tool(), tool()]}),
    ("tool_choice", {"tool_choice": "required"}),
    ("tool_choice", {"tool_choice": "any", "tools": TOOLS}),
    ("tool_choice", {"tool_choice": {"type": "function", "function": {"name": "other"}}, "tools": TOOLS}),
    ("tool_choice", {"tool_choice": {"type": "function"}, "tools": TOOLS}),
    ("response_format", {"response_format": "json"}),
    ("response_format", {"response_format": {}}),
    ("response_format", {"response_format": {"type": "xml"}}),
    ("response_format", {"response_format": {"type": "json_schema"}}),
    ("response_format", {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}}),
    ("response_format", {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}),
    ("response_format", {"response_format": SCHEMA | {"type": "json_object"}}),
    ("seed", {"seed": 5}),
]


@BOTH
@pytest.mark.parametrize(("named", "changes"), REFUSED)
def test_what_both_refuse(pool, model, named, changes):
    response = pool.post(PATH, ask("hello") | {"model": model} | changes)
    error = response.json()["error"]
    assert response.status_code == 400 and named in error["param"], response.text
    expected = {"invalid_request"} if model == GPT else {"InvalidParameter", "MissingParameter"}
    assert error["code"] in expected


#: what is no JSON Schema
SCHEMAS: list[Any] = [
    [],
    "object",
    {"type": "text"},
    {"type": []},
    {"properties": "city"},
    {"properties": None},
    {"properties": {"city": "string"}},
    {"properties": {"city": {"type": 5}}},
    {"required": "city"},
    {"required": [5]},
    {"items": [5]},
    {"anyOf": []},
    {"allOf": {"type": "object"}},
    {"enum": []},
    {"minLength": -1},
    {"minLength": 2**70},
    {"maxItems": 1.5},
    {"minimum": True},
    {"minimum": "1"},
    {"multipleOf": 0},
    {"$ref": "#/nowhere"},
    {"$ref": "https://example.com/schema"},
    {"required": ["a"], "$ref": "#/required"},
]


@BOTH
@pytest.mark.parametrize("schema", SCHEMAS)
def test_what_is_no_schema(pool, model, schema):
    shaped = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    for changes in ({"response_format": shaped}, {"tools": [tool(parameters=schema)]}):
        response = pool.post(PATH, ask("hello") | {"model": model} | changes)
        assert response.status_code == 400, response.text


ENDLESS = {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"], "allOf": [{"$ref": "#"}]}


@BOTH
@pytest.mark.parametrize("schema", [{}, ENDLESS, {"type": "string", "minLength": 100_000}, {"items": True}])
def test_odd_schemas_that_are_some(pool, model, schema):
    shaped = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    assert pool.post(PATH, ask("hello") | {"model": model, "response_format": shaped}).status_code == 200
    called = {"tools": [tool(parameters=schema)], "tool_choice": "required"}
    assert pool.post(PATH, ask("hello") | {"model": model} | called).status_code == 200


#: what one of the pages has and the other hasn't
OWN: list[tuple[str, dict[str, Any]]] = [
    *[(GPT, changes) for changes in ({"thinking": {"type": "enabled"}}, {"stream_options": {"include_usage": True}})],
    *[(GPT, changes) for changes in ({"max_completion_tokens": 5}, {"top_p": 0.5}, {"service_tier": "auto"})],
    (GPT, {"parallel_tool_calls": True}),
    (GPT, {"thinking_enabled": "yes"}),
    (GPT, {"input_compliance_check": 1}),
    (GPT, {"messages": user(clip(b"x"), words("what is it"))}),
    *[(DEEPSEEK, changes) for changes in ({"thinking_enabled": True}, {"input_compliance_check": True})],
    *[(DEEPSEEK, {"reasoning_effort": effort}) for effort in ("none", "xhigh")],
    *[
        (DEEPSEEK, {"thinking": thinking})
        for thinking in ("enabled", {}, {"type": "on"}, {"type": "auto", "budget": 5})
    ],
    *[(DEEPSEEK, {"frequency_penalty": value}) for value in (-2.1, 2.1)],
    *[(DEEPSEEK, {"presence_penalty": value}) for value in (-2.1, 2.1)],
    *[(DEEPSEEK, {"top_p": value}) for value in (-0.1, 1.1)],
    *[(DEEPSEEK, {"max_completion_tokens": value}) for value in (-1, 65537)],
    (DEEPSEEK, {"max_completion_tokens": 5, "max_tokens": 5}),
    (DEEPSEEK, {"max_tokens": 32769}),
    (DEEPSEEK, {"service_tier": "flex"}),
    (DEEPSEEK, {"stream_options": {"include_usage": True}}),
    (DEEPSEEK, {"stream": True, "stream_options": {"include_usage": "yes"}}),
    (DEEPSEEK, {"stream": True, "stream_options": {"other": True}}),
    (DEEPSEEK, {"parallel_tool_calls": "no"}),
    (DEEPSEEK, {"messages": user(clip(b"x", fps=0.1))}),
    (DEEPSEEK, {"messages": user(clip(b"x", fps="fast"))}),
    (DEEPSEEK, {"messages": user({"type": "video_url", "video_url": {"url": "http://x.com/", "fps": 5.1}})}),
    (DEEPSEEK, {"messages": user(picture(image_pixel_limit={"min_pixels": 195}))}),
    (DEEPSEEK, {"messages": user(picture(image_pixel_limit={"max_pixels": 36_000_001}))}),
    (DEEPSEEK, {"messages": user(picture(image_pixel_limit={"min_pixels": 500, "max_pixels": 400}))}),
    (DEEPSEEK, {"messages": user({"type": "image_url", "image_url": {"url": "http://x.com/", "detail": "auto"}})}),
]


@pytest.mark.parametrize(("model", "changes"), OWN)
def test_what_one_page_refuses(pool, model, changes):
    response = pool.post(PATH, ask("hello") | {"model": model} | changes)
    code = response.json()["error"]["code"]
    assert (response.status_code, code in ("invalid_request", "InvalidParameter", "MissingParameter")) == (400, True)
    assert (code == "invalid_request") == (model == GPT)


@pytest.mark.parametrize(
    ("size", "status"), [((14, 14), 200), ((13, 15), 400), ((6000, 6000), 200), ((6000, 6001), 400)]
)
def test_how_many_pixels_a_picture_may_have(pool, size, status):
    shown = picture(data_url(Image.new("L", size)))
    response = pool.post(PATH, ask(user(shown, words("What is it?"))))
    assert response.status_code == status, response.text
    if status == 400:
        assert response.json()["error"]["code"] == "InvalidParameter"


@pytest.mark.parametrize(("code", "model"), [("MissingParameter", None), ("InvalidEndpointOrModel.NotFound", "T9")])
def test_a_model_is_needed(pool, code, model):
    assert pool.no(DEEPSEEK, code, ask("hello") | {"model": model})


def test_the_key_and_the_clock(pool):
    for headers in ({"authorization": "Bearer invalid"}, {"authorization": ""}):
        response = pool.post(PATH, ask("hello"), **headers)
        assert (response.status_code, response.json()["error"]["code"]) == (401, "AuthenticationError")
    late = pool.post(PATH, ask("hello"), **{"x-timestamp": "1700000000"})
    assert (late.status_code, late.json()["error"]["param"]) == (400, "X-Timestamp")


@pytest.mark.parametrize("code", sorted(GPT_ERRORS))
def test_every_status_of_the_first_page(pool, client, code):
    pool.no(GPT, code, ask(f"hello sandbox-error:{code}", model=GPT))
    client.fault(PATH, {"error": f"gpt.{code}"})
    pool.no(GPT, code, ask("hello", model=GPT))


DOCUMENTED = """MissingParameter InvalidParameter InputTextRiskDetection InputImageRiskDetection
InvalidImageURL.EmptyURL InvalidImageURL.InvalidFormat OutofContextError AuthenticationError
OperationDenied.ServiceNotOpen
InvalidEndpointOrModel.NotFound RateLimitExceeded.EndpointRPMExceeded RateLimitExceeded.EndpointTPMExceeded
InternalServiceError"""


@pytest.mark.parametrize("code", DOCUMENTED.split())
def test_every_row_of_the_second_page(pool, client, code):
    pool.no(DEEPSEEK, code, ask(f"hello sandbox-error:{code}"))
    client.fault(PATH, {"error": f"ark.{code}"})
    pool.no(DEEPSEEK, code, ask("hello"))


def test_accounts_in_trouble(client):
    poor = Customer(client.base, "no-money")
    poor.no(GPT, "access_denied", ask("hello", model=GPT))
    poor.no(DEEPSEEK, "OperationDenied.ServiceNotOpen", ask("hello"))

"""A customer of the emulated chat models, and messages for them, for tests."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from PIL import Image

from providers.sandbox.talkingdata_ark_wire import ERRORS as ARK_ERRORS
from providers.sandbox.talkingdata_chat import GPT_ERRORS
from tests.providers.sandbox.pictures import data_url
from tests.providers.sandbox.pool import Pool

PATH = "/model/openai/api/v3/chat/completions"
GPT, DEEPSEEK = "T0310001", "T0106004"
BOTH = pytest.mark.parametrize("model", [GPT, DEEPSEEK])


class Customer(Pool):
    def said(self, words: Any, model: str = DEEPSEEK, **fields: Any) -> dict[str, Any]:
        response = self.post(PATH, ask(words, model=model, **fields))
        assert response.status_code == 200, response.text
        return dict(response.json())

    def text(self, words: Any, model: str = DEEPSEEK, **fields: Any) -> str:
        return str(self.said(words, model, **fields)["choices"][0]["message"]["content"])

    def lines(self, words: Any, model: str = DEEPSEEK, **fields: Any) -> list[str]:
        headers = {"x-timestamp": str(int(time.time()))}
        body = ask(words, model=model, stream=True, **fields)
        with self.http.stream("POST", PATH, json=body, headers=headers) as response:
            assert response.headers["content-type"].startswith("text/event-stream"), response.read()
            return list(response.iter_lines())

    def chunks(self, words: Any, model: str = DEEPSEEK, **fields: Any) -> list[dict[str, Any]]:
        lines = self.lines(words, model, **fields)
        assert lines[-2:] == ["data: [DONE]", ""] and set(lines[1::2]) == {""}
        return [json.loads(line.removeprefix("data: ")) for line in lines[:-2:2]]

    def no(self, model: str, code: str, body: dict[str, Any]) -> str:
        """Asserts this refusal, as the model's own page says it."""
        response = self.post(PATH, body)
        error = response.json().get("error", {})
        status = GPT_ERRORS[code][0] if model == GPT else ARK_ERRORS[code][0]
        assert (response.status_code, error.get("code")) == (status, code), response.text
        assert set(error) == {"code", "message", "param", "type"}
        return f"{error['param']} {error['message']}"


def ask(words: Any, **fields: Any) -> dict[str, Any]:
    messages = words if isinstance(words, list) else [{"role": "user", "content": words}]
    return {"model": DEEPSEEK, "messages": messages, **fields}


def user(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(parts)}]


def words(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def picture(url: str = "", **more: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url or data_url(Image.new("RGB", (640, 480), "navy"))}, **more}


def clip(data: bytes, **more: Any) -> dict[str, Any]:
    url = "data:video/mp4;base64," + base64.b64encode(data).decode()
    return {"type": "video_url", "video_url": {"url": url}, **more}


def tool(name: str = "get_weather", **function: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    return {"type": "function", "function": {"name": name, "parameters": parameters, **function}}


def called(name: str = "get_weather", **more: Any) -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": "{}"}, **more}


TOOLS = [tool()]
SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}

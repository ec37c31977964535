"""The chat models in the emulated model pool: what they say, see, call and stream."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import httpx
import pytest
from PIL import Image

from providers.sandbox.chatting_prompts import CJK
from providers.sandbox.chatting_shapes import Filler
from providers.sandbox.talkingdata_chat_replies import pieces_of
from tests.media.films import film
from tests.media.sounds import sound
from tests.providers.sandbox.chatter import (
    BOTH,
    DEEPSEEK,
    GPT,
    PATH,
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
from tests.providers.sandbox.pictures import data_url, encoded
from tests.providers.sandbox.pool import sample, shape


@pytest.fixture
def pool(client) -> Customer:
    return Customer(client.base)


# ── what they say ───────────────────────────────────────────────────────────


def test_the_first_page_s_sample(pool):
    answer = pool.post(PATH, sample("chat-gpt", "order")).json()
    shown = sample("chat-gpt", "answer")
    assert shape(answer) == shape(shown)
    assert answer["choices"] == shown["choices"] and answer["model"] == shown["model"]


@pytest.mark.parametrize("name", ["plain", "continued", "picture", "film", "thoughts"])
def test_the_second_page_s_samples(pool, neighbour, name):
    body, shown = sample("chat-deepseek", name)["order"], sample("chat-deepseek", name)["answer"]
    neighbour.pages["/picture"] = (200, encoded(Image.new("RGB", (400, 300), "teal")))
    neighbour.pages["/film"] = (200, film(20))
    for part in itertools.chain(*(m["content"] for m in body["messages"] if isinstance(m["content"], list))):
        for kind, path in (("image_url", "/picture"), ("video_url", "/film")):
            if kind in part:
                part[kind]["url"] = neighbour.base + path
    answer = pool.post(PATH, body).json()
    message = answer["choices"][0]["message"]
    assert message.pop("reasoning_content")
    shown["choices"][0]["message"].pop("reasoning_content", None)
    assert shape(answer) == shape(shown)
    if name in ("plain", "continued"):
        assert message["content"] == shown["choices"][0]["message"]["content"]


@BOTH
def test_what_was_used_adds_up(pool, model):
    usage = pool.said("How do I light a portrait?", model)["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    thought = usage["completion_tokens_details"]["reasoning_tokens"]
    assert (thought > 0) == (model == DEEPSEEK) and usage["completion_tokens"] > thought


@pytest.mark.parametrize(
    ("model", "fields", "thinks"),
    [
        (GPT, {}, False),
        (GPT, {"thinking_enabled": True}, True),
        (GPT, {"thinking_enabled": True, "reasoning_effort": "none"}, False),
        (GPT, {"reasoning_effort": "high"}, False),
        (DEEPSEEK, {}, True),
        (DEEPSEEK, {"thinking": {"type": "disabled"}}, False),
        (DEEPSEEK, {"thinking": {"type": "auto"}}, False),
        (DEEPSEEK, {"reasoning_effort": "minimal"}, False),
    ],
)
def test_who_thinks_first(pool, model, fields, thinks):
    message = pool.said("Hello!", model, **fields)["choices"][0]["message"]
    assert ("reasoning_content" in message) == thinks
    keys = [key for chunk in pool.chunks("Hello!", model, **fields) for key in chunk["choices"][0]["delta"]]
    order = [key for key, _same in itertools.groupby(key for key in keys if key != "role")]
    assert order == (["reasoning_content", "content"] if thinks else ["content"])


def test_it_thinks_by_itself_about_long_questions(pool):
    long = "How should I light a portrait of two people in a small room?"
    assert "reasoning_content" in pool.said(long, thinking={"type": "auto"})["choices"][0]["message"]


@BOTH
def test_an_answer_may_be_no_longer(pool, model):
    (choice,) = pool.said("How do I light a portrait?", model, max_tokens=5)["choices"]
    assert choice["finish_reason"] == "length" and len(pieces_of(choice["message"]["content"])) == 5
    last = pool.chunks("How do I light a portrait?", model, max_tokens=5)[-1]
    assert last["choices"][0]["finish_reason"] == "length"


def test_thoughts_and_answer_together_may_be_no_longer(pool):
    answer = pool.said("How do I light a portrait?", max_completion_tokens=8)
    assert answer["choices"][0]["finish_reason"] == "length" and answer["usage"]["completion_tokens"] == 8
    assert answer["choices"][0]["message"]["content"] == ""


def test_what_is_longer_than_the_context(pool):
    pool.no(DEEPSEEK, "InvalidParameter", ask("word " * 100_000))
    pool.no(DEEPSEEK, "OutofContextError", ask(user(picture(), words("word " * 100_000))))


FLAGS = "--ar 16:9 --v 7 --sref https://example.com/a.png"


@BOTH
@pytest.mark.parametrize(
    ("prompt", "own"),
    [("a red boat at night", "lens"), ("一只红色小船", "镜头"), ("a fox, watercolour", "a fox, watercolour")],
)
def test_a_better_prompt_keeps_its_subject_language_and_flags(pool, model, prompt, own):
    told = {"role": "system", "content": "You improve prompts for pictures. Reply with the prompt alone."}
    better = pool.text([told, {"role": "user", "content": f"{prompt} {FLAGS}"}], model)
    assert better.startswith(prompt) and better.endswith(FLAGS) and own in better
    assert len(better) > len(prompt) + len(FLAGS) + 40 * ("a" in prompt)
    assert (CJK.search(better) is None) == (CJK.search(prompt) is None)


def test_a_better_prompt_says_nothing_twice(pool):
    told = {"role": "system", "content": "Improve the prompt."}
    better = pool.text([told, {"role": "user", "content": "a boat, 85mm lens, soft light, low angle"}])
    assert better.count("lens") == better.count("light") == 1


def test_a_film_s_prompt_gets_a_camera(pool):
    told = {"role": "system", "content": "You enhance video prompts."}
    assert "camera" in pool.text([told, {"role": "user", "content": "a boat"}]) or "shot" in pool.text(
        [told, {"role": "user", "content": "a boat"}]
    )


def test_a_better_prompt_knows_the_pictures_beside_it(pool):
    told = {"role": "system", "content": "You improve prompts."}
    better = pool.text([told, *user(picture(), words("a boat --ar 1:1"))])
    assert better.startswith("a boat, ") and "blue" in better and better.endswith("--ar 1:1")
    described = pool.text([told, *user(picture(), words("Describe this picture as a prompt."))])
    assert "640 by 480" in described


def test_it_answers_in_the_language_that_is_asked_for(pool):
    told = {"role": "system", "content": "Describe the picture. Answer in Chinese."}
    assert "像素" in pool.text([told, *user(picture(), words("please"))])
    assert "pixels" in pool.text(user(picture(), words("What do you see?")))
    assert pool.text("你好").startswith("你好")


def test_other_words_get_a_sentence_about_them(pool):
    assert "portrait" in pool.text("How do I light a portrait?")
    assert "肖像" in pool.text("怎么给肖像打光？")


# ── what they see ───────────────────────────────────────────────────────────


@BOTH
def test_a_picture_is_seen(pool, model, neighbour):
    seen = Image.new("RGB", (1280, 720), "navy")
    seen.paste((255, 255, 255), (853, 0, 1280, 240))
    for url in (data_url(seen), neighbour.show("/a.jpg", seen, "JPEG")):
        told = pool.text(user(picture(url), words("Describe this picture.")), model)
        assert all(part in told for part in ("1280 by 720", "landscape", "blue", "white", "upper right", "16:9"))


def test_several_pictures_are_told_apart(pool):
    red, green = (picture(data_url(Image.new("RGB", (300, 400), colour))) for colour in ("red", "green"))
    first, second = pool.text(user(red, green, words("What are they?"))).split("\n")
    assert "red" in first and "green" in second and "portrait" in second


def test_a_film_is_seen(pool):
    still, lively = film(20), film(40, size=(320, 180), rate=20, sound="aac")
    told = pool.text(user(clip(still, fps="2"), words("What is in the video?")))
    assert all(part in told for part in ("160 by 96", "2.0 seconds", "10 frames", "without sound", "grey"))
    told = pool.text(user(clip(lively), words("视频里有什么？")))
    assert all(part in told for part in ("320×180", "2.0 秒", "20 帧", "有声"))


def test_motion_is_seen(pool):
    moving = pool.text(user(clip(film(12, rate=3)), words("What happens?")))
    resting = pool.text(user(clip(film(12, rate=3, black=12)), words("What happens?")))
    assert "hardly moves" in resting and "hardly moves" not in moving


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("InvalidImageURL.EmptyURL", {"type": "image_url", "image_url": {"url": " "}}),
        ("InvalidImageURL.InvalidFormat", picture("data:image/png;base64,@@")),
        ("InvalidImageURL.InvalidFormat", picture("data:image/png;base64,AAAA")),
        ("InvalidImageURL.InvalidFormat", picture("nothing")),
        ("InvalidImageURL.InvalidFormat", picture("http://127.0.0.1:1/nothing")),
        ("InvalidImageURL.InvalidFormat", clip(sound("wav", 2.0))),
        ("InvalidParameter", picture(data_url(Image.new("RGB", (13, 15))))),
        ("InvalidParameter", picture(data_url(Image.new("L", (6001, 6000))))),
    ],
)
def test_what_cannot_be_seen(pool, code, part):
    place = pool.no(DEEPSEEK, code, ask(user(part, words("What is it?"))))
    assert place.startswith(f"messages[0].content[0].{part['type']}.url")
    if part["type"] == "image_url":
        pool.no(GPT, "invalid_request", ask(user(part, words("What is it?")), model=GPT))


# ── shapes and tools ────────────────────────────────────────────────────────


@BOTH
def test_any_object(pool, model):
    text = pool.text("How do I light a portrait?", model, response_format={"type": "json_object"})
    assert "portrait" in json.loads(text)["answer"]


SCHEMAS: list[tuple[dict[str, Any], Any]] = [
    ({"type": "object", "properties": {"description": {"type": "string"}}}, {"description": "said"}),
    ({"type": "object", "properties": {"prompt": {"type": "string", "maxLength": 2}}}, {"prompt": "sa"}),
    ({"type": "object", "properties": {"a": {"type": "integer", "minimum": 3, "maximum": 9}}}, {"a": 7}),
    ({"type": "object", "properties": {"a": {"type": "number", "minimum": 30}}}, {"a": 30}),
    ({"type": "object", "properties": {"a": {"enum": ["red", "blue"]}}}, {"a": "blue"}),
    ({"type": "object", "properties": {"a": {"type": ["null", "boolean"]}}}, {"a": True}),
    ({"type": "array", "items": {"const": 1}, "minItems": 2}, [1, 1]),
    ({"$defs": {"x": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/x"}}}, {"a": 7}),
    ({"anyOf": [{"type": "null"}, {"type": "object", "properties": {"a": {"type": "null"}}}]}, {"a": None}),
    ({"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]}, {"a": 1, "b": 2}),
]


@pytest.mark.parametrize(("schema", "value"), SCHEMAS)
def test_an_object_in_the_asked_shape(pool, schema, value):
    assert Filler("7 blue boats", "said", schema).value(schema) == value


def test_a_shape_that_contains_itself_ends(pool):
    schema = {"type": "object", "properties": {"next": {"$ref": "#"}, "name": {"type": "string"}}}
    shaped = {"type": "json_schema", "json_schema": {"name": "list", "schema": schema, "strict": True}}
    assert json.loads(pool.text("Tell me about a boat", response_format=shaped))["name"]


@BOTH
def test_tools_are_called_when_the_words_ask_for_it(pool, model):
    (choice,) = pool.said("What is the weather in Paris?", model, tools=TOOLS)["choices"]
    (call,) = choice["message"]["tool_calls"]
    assert choice["finish_reason"] == "tool_calls" and call["function"]["name"] == "get_weather"
    assert json.loads(call["function"]["arguments"]) == {"city": "Paris"} and call["id"]
    (other,) = pool.said("Hello!", model, tools=TOOLS)["choices"]
    assert other["finish_reason"] == "stop" and "tool_calls" not in other["message"]


def test_a_tool_may_have_to_be_called(pool):
    for choice in ("required", {"type": "function", "function": {"name": "get_weather"}}):
        assert pool.said("Hello!", tools=TOOLS, tool_choice=choice)["choices"][0]["finish_reason"] == "tool_calls"
    asked = "What is the weather in Paris?"
    assert pool.said(asked, tools=TOOLS, tool_choice="none")["choices"][0]["finish_reason"] == "stop"


def test_several_tools_unless_one_alone_is_allowed(pool):
    tools = [tool(), tool("find_boat")]
    asked = "What is the weather in Paris, and is there a boat?"
    assert len(pool.said(asked, tools=tools)["choices"][0]["message"]["tool_calls"]) == 2
    alone = pool.said(asked, tools=tools, parallel_tool_calls=False)
    assert len(alone["choices"][0]["message"]["tool_calls"]) == 1


def test_what_a_tool_says_is_used(pool):
    asked = {"role": "user", "content": "What is the weather in Paris?"}
    call = {"role": "assistant", "content": None, "tool_calls": [called()]}
    result = {"role": "tool", "tool_call_id": "call_1", "content": "18 degrees"}
    (choice,) = pool.said([asked, call, result], tools=TOOLS)["choices"]
    assert "18 degrees" in choice["message"]["content"] and choice["finish_reason"] == "stop"


# ── streams ─────────────────────────────────────────────────────────────────


@BOTH
def test_a_stream_says_what_the_whole_answer_says(pool, model):
    asked = "How do I light a portrait?"
    chunks = pool.chunks(asked, model)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert "".join(delta.get("content", "") for delta in deltas) == pool.text(asked, model)
    assert len(chunks) > 10 and len({chunk["id"] for chunk in chunks}) == 1
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    finishes = [chunk["choices"][0].get("finish_reason") for chunk in chunks]
    assert finishes[-1] == "stop" and set(finishes[:-1]) == {None}


def test_chunks_are_the_documented_ones(pool):
    shown = sample("chat-deepseek", "stream")
    chunks = [
        json.loads(line.removeprefix("data: "))
        for line in pool.post(PATH, shown["order"]).text.split("\n\n")
        if line.startswith("data: {")
    ]
    contents = [chunk for chunk in chunks if "content" in chunk["choices"][0]["delta"]]
    assert shape(contents[0]) == shape(shown["answer"]) and contents[0]["usage"] is None


def test_usage_comes_when_it_is_asked_for(pool):
    asked = "How do I light a portrait?"
    plain = pool.chunks(asked)
    assert all(chunk["usage"] is None and chunk["choices"] for chunk in plain)
    *chunks, last = pool.chunks(asked, stream_options={"include_usage": True})
    assert last["choices"] == [] and all(chunk["usage"] is None for chunk in chunks)
    assert last["usage"] == pool.said(asked)["usage"]
    counted = pool.chunks(asked, stream_options={"chunk_include_usage": True})
    totals = [chunk["usage"]["completion_tokens"] for chunk in counted]
    assert totals == sorted(totals) and totals[-1] == last["usage"]["completion_tokens"]
    assert pool.chunks(asked, GPT)[-1]["usage"] == pool.said(asked, GPT)["usage"]


def test_calls_are_streamed(pool):
    chunks = pool.chunks("What is the weather in Paris?", tools=TOOLS)
    (call,) = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", ())]
    assert call["index"] == 0 and json.loads(call["function"]["arguments"]) == {"city": "Paris"}
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


@BOTH
def test_a_stream_may_break_in_the_middle(pool, model):
    headers = {"x-timestamp": str(int(time.time()))}
    body = ask("How do I light a sandbox-break?", model=model, stream=True)
    got = b""
    with pool.http.stream("POST", PATH, json=body, headers=headers) as response, pytest.raises(httpx.HTTPError):
        for part in response.iter_raw():
            got += part
    assert b'"content": "' in got and b"[DONE]" not in got and b'"stop"' not in got


def test_an_answer_may_never_come(pool):
    with pytest.raises(httpx.HTTPError):
        pool.post(PATH, ask("sandbox-break"))


# ── what the filter does ────────────────────────────────────────────────────


def test_forbidden_words_for_the_second_page(pool):
    pool.no(DEEPSEEK, "InputTextRiskDetection", ask("a forbidden boat"))
    pool.no(DEEPSEEK, "InputTextRiskDetection", ask("a forbidden boat", stream=True))
    assert pool.text("an unforbidden boat")


def test_forbidden_words_for_the_first_page(pool):
    asked = "a forbidden boat"
    pool.no(GPT, "content_filter", ask(asked, model=GPT, input_compliance_check=True))
    pool.no(GPT, "content_filter", ask(asked, model=GPT, output_compliance_check=True))
    cut = pool.chunks(asked, GPT, output_compliance_check=True)
    assert cut[-1]["choices"][0]["finish_reason"] == "content_filter"
    (choice,) = pool.said(asked, GPT)["choices"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("content_filter", "")


@BOTH
def test_an_answer_that_the_filter_cuts(pool, model):
    asked = "How do I light a half-forbidden portrait?"
    (choice,) = pool.said(asked, model)["choices"]
    assert choice["finish_reason"] == "content_filter" and choice["message"]["content"]
    assert (choice.get("moderation_hit_type") == "violence") == (model == DEEPSEEK)
    assert pool.chunks(asked, model)[-1]["choices"][0]["finish_reason"] == "content_filter"


def test_the_other_number_of_the_first_model(pool):
    assert pool.said("你好", "T0320001")["model"] == "gpt-5.4-2026-03-05"

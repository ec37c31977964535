"""The chat models behind the model pool, GPT-5.4 and DeepSeek 3.2: one address, two pages, one brain."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from .chatting import Said, answer, thoughts
from .chatting_shapes import arguments_for, as_json, wanted_tools
from .chatting_sight import Look, look_at_film, look_at_picture
from .connections import hang_up
from .magic import says, scripted
from .net import Fetcher
from .probing import probe
from .render import UnusableReferenceError
from .settings import Settings
from .talkingdata_ark_wire import RefusedError, known_code, refusal_of
from .talkingdata_chat_bodies import GPT, MAX_BODY, MODELS, MOST_INPUT, PIXELS, Ask, FileSeen, read_ask
from .talkingdata_chat_replies import DONE, PIECES_A_CHUNK, Reply, new_reply_id, pieces_of, sse
from .talkingdata_fields import FieldError
from .talkingdata_wire import KEY, BadCallError, caller, read_json

MOST_FILE = 50 * 1024 * 1024
"""Bytes of a picture or film to look at; the pages name no bound."""
PIXELS_A_TOKEN = 784
FILM_TOKENS_A_SECOND = 300
LONG_QUESTION = 40
"""Characters from which on a model that thinks by its own judgement does."""
PAUSE, LONGEST_PAUSE = 0.01, 0.08
"""Between two chunks, as a part of the latency and in seconds."""
THINKING = 0.2
"""Before the first chunk, as a part of the latency."""

GPT_ERRORS: dict[str, tuple[int, str, str]] = {
    "invalid_request": (400, "invalid_request_error", "The request is not valid."),
    "content_filter": (400, "invalid_request_error", "The text did not pass the compliance check."),
    "invalid_api_key": (401, "authentication_error", "The API key is missing or invalid."),
    "access_denied": (403, "permission_error", "No permission, or the service is suspended."),
    "model_not_found": (404, "invalid_request_error", "The model or endpoint does not exist."),
    "rate_limit_exceeded": (429, "rate_limit_error", "Too many requests, please retry later."),
    "internal_error": (500, "server_error", "The service met an internal error."),
    "bad_gateway": (502, "server_error", "The model behind the service failed."),
    "service_unavailable": (503, "server_error", "The service is unavailable."),
}
"""The page has the statuses alone; envelope and codes are those that OpenAI's clients know."""


class GptError(Exception):
    def __init__(self, code: str, detail: str = "", param: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.param = param

    def response(self) -> Response:
        status, body = gpt_body(self.code, self.detail, self.param)
        return JSONResponse(body, status)


def gpt_body(code: str, detail: str = "", param: str = "") -> tuple[int, dict[str, Any]]:
    status, kind, message = GPT_ERRORS[code]
    said = f"{message} ({f'{param} ' if param else ''}{detail})" if detail else message
    return status, {"error": {"message": said, "type": kind, "param": param or None, "code": code}}


class Chat:
    def __init__(self, settings: Settings, fetcher: Fetcher) -> None:
        self._settings = settings
        self._fetcher = fetcher
        self.errors = {f"gpt.{code}": gpt_body(code) for code in GPT_ERRORS}
        self.routes = [Route("/model/openai/api/v3/chat/completions", self.complete, methods=["POST"])]

    async def complete(self, request: Request) -> Response:
        family = ""
        try:
            owner = caller(request)
            if len(await request.body()) > MAX_BODY:
                raise BadCallError("body", "the request has more than 64 MB")
            body = await read_json(request)
            model = body.get("model")
            if not isinstance(model, str) or not model:
                raise FieldError("model", "is needed, a text", missing=model is None)
            if model not in MODELS:
                raise RefusedError("InvalidEndpointOrModel.NotFound", model, "model")
            family = MODELS[model]
            return await self._reply(request, owner, read_ask(body, model))
        except (BadCallError, FieldError) as error:
            return _gpt_refusal(error).response() if family == GPT else _ark_refusal(error).response()
        except (RefusedError, GptError) as refusal:
            return refusal.response()

    async def _reply(self, request: Request, owner: str, ask: Ask) -> Response:
        _heed_magic(owner, ask)
        conversation, tokens = await self._read(ask)
        if tokens > MOST_INPUT:
            with_files = any(message.files for message in ask.messages)
            raise _refused(ask, "OutofContextError" if with_files else "InvalidParameter", f"{tokens} tokens")
        reply = _made(ask, conversation, tokens)
        if ask.family == GPT and "output" in ask.checks and reply.finish == "content_filter" and not ask.stream:
            raise GptError("content_filter")
        broken = says(ask.asked, "sandbox-break")
        if ask.stream:
            return StreamingResponse(
                self._stream(request, reply, broken),
                media_type="text/event-stream; charset=utf-8",
                headers={"cache-control": "no-cache"},
            )
        said = len(reply.thoughts) + len(reply.answer)
        await asyncio.sleep(min(self._settings.latency, self._settings.latency * (THINKING + said * PAUSE / 2)))
        if broken:
            await hang_up(request.scope, request.receive)
        return JSONResponse(reply.whole())

    async def _stream(self, request: Request, reply: Reply, broken: bool) -> AsyncIterator[bytes]:
        await asyncio.sleep(self._settings.latency * THINKING)
        half = len(reply.thoughts) + len(reply.answer) // 2
        for number, chunk in enumerate(reply.chunks()):
            if broken and number * PIECES_A_CHUNK >= half:
                yield sse(chunk)[:20]
                await hang_up(request.scope, request.receive, politely=True)
                return
            yield sse(chunk)
            await asyncio.sleep(min(LONGEST_PAUSE, self._settings.latency * PAUSE))
        yield DONE

    async def _read(self, ask: Ask) -> tuple[list[Said], int]:
        """The conversation with what its files show, and its tokens."""
        conversation, tokens = [], 0
        for message in ask.messages:
            looks = []
            for file in message.files:
                look = await self._look(ask, file)
                looks.append(look)
                seconds = look.film.seconds if look.film else 0
                tokens += round(seconds * FILM_TOKENS_A_SECOND) or -(-look.width * look.height // PIXELS_A_TOKEN)
            tokens += len(pieces_of(message.text)) + 4
            conversation.append(Said(message.role, message.text, tuple(looks)))
        return conversation, tokens

    async def _look(self, ask: Ask, file: FileSeen) -> Look:
        data = file.source.data
        try:
            if file.source.link:
                data = await self._fetcher.fetch(file.source.link, MOST_FILE)
            if file.kind == "video":
                return await asyncio.to_thread(_film, data, file.frames_a_second)
            look = await asyncio.to_thread(look_at_picture, data)
        except UnusableReferenceError as error:
            raise _refused(ask, "InvalidImageURL.InvalidFormat", str(error), file.place) from error
        if not PIXELS[0] <= look.width * look.height <= PIXELS[1]:
            detail = f"{look.width}x{look.height}, but {PIXELS[0]} to {PIXELS[1]} pixels are allowed"
            raise _refused(ask, "InvalidParameter", detail, file.place)
        return look


def _made(ask: Ask, conversation: list[Said], tokens: int) -> Reply:
    """The answer, cut to the length and by the filter."""
    about = Reply(ask, tokens, id=new_reply_id(ask.family))
    if says(ask.asked, "forbidden"):
        return replace(about, finish="content_filter")
    said = answer(conversation)
    if ask.as_json:
        said = as_json(ask.asked, said, ask.schema)
    calls = _calls(ask, conversation)
    thinks = ask.thinks and (not ask.thinks_if_hard or len(ask.asked) >= LONG_QUESTION)
    thought = pieces_of(thoughts(conversation, said)) if thinks else []
    if ask.effort in ("high", "xhigh"):
        thought *= 2
    spoken, finish = ([], "tool_calls") if calls else (pieces_of(said), "stop")
    most = ask.length
    if ask.total_length >= 0:
        thought = thought[: ask.total_length]
        most = min(most, ask.total_length - len(thought))
    if len(spoken) > most:
        spoken, finish = spoken[:most], "length"
    if says(ask.asked, "half-forbidden"):
        spoken, finish = spoken[: len(spoken) // 2], "content_filter"
    return replace(about, thoughts=thought, answer=spoken, calls=calls, finish=finish)


def _calls(ask: Ask, conversation: list[Said]) -> list[dict[str, Any]]:
    """The functions to be called: told, wanted by the words, or any where one must be."""
    functions = [tool["function"] for tool in ask.tools]
    if ask.choice == "none" or not functions:
        return []
    if ask.choice.startswith("="):
        chosen = [function for function in functions if f"={function['name']}" == ask.choice]
    else:
        after_a_tool = conversation[-1].role == "tool"
        chosen = [] if after_a_tool and ask.choice == "auto" else wanted_tools(ask.tools, ask.asked)
        if ask.choice == "required" and not chosen:
            chosen = functions[:1]
    return [
        {
            "id": f"call_{secrets.token_hex(12)}",
            "type": "function",
            "function": {"name": function["name"], "arguments": arguments_for(function, ask.asked)},
        }
        for function in (chosen if ask.parallel else chosen[:1])
    ]


def _heed_magic(owner: str, ask: Ask) -> None:
    if owner in ("no-money", "no-service"):
        raise GptError("access_denied") if ask.family == GPT else RefusedError("OperationDenied.ServiceNotOpen")
    if code := scripted(ask.asked, "sandbox-error"):
        if ask.family == GPT:
            raise GptError(code if code in GPT_ERRORS else "invalid_request")
        raise RefusedError(known_code(code))
    if says(ask.asked, "forbidden"):
        if ask.family != GPT:
            raise RefusedError("InputTextRiskDetection")
        if "input" in ask.checks:
            raise GptError("content_filter")


def _refused(ask: Ask, code: str, detail: str, param: str = "") -> Exception:
    if ask.family == GPT:
        return GptError("invalid_request", detail, param)
    return RefusedError(code, detail, param)


def _ark_refusal(error: BadCallError | FieldError) -> RefusedError:
    if isinstance(error, FieldError):
        for begin in ("EmptyURL", "InvalidFormat"):
            if error.detail.startswith(begin):
                return RefusedError(f"InvalidImageURL.{begin}", error.detail, error.place)
    return refusal_of(error, named=False)


def _gpt_refusal(error: BadCallError | FieldError) -> GptError:
    if isinstance(error, FieldError):
        return GptError("invalid_request", error.detail, error.place)
    return GptError("invalid_api_key" if error.what == KEY else "invalid_request", error.detail)


def _film(data: bytes, frames_a_second: float) -> Look:
    with tempfile.TemporaryDirectory(prefix="atelier-chat-") as folder:
        path = Path(folder) / "film"
        path.write_bytes(data)
        if probe(path).kind != "video":
            raise UnusableReferenceError("it is no film")
        return look_at_film(path, frames_a_second)

"""GPT-5.4 (T0310001) and DeepSeek 3.2 (T0106004): questions answered in a stream.

Both speak OpenAI's chat completions on one path; how thinking is asked for, what they look at and how they refuse
differs. Answers are read in `chat_answers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ..base import Kind, Model, Needs, Operation
from ..chats import Chat, ChatMessage, ChatRequest
from ..errors import InvalidRequest, Unsupported
from ..params import Group, MediaRule, Params, prompt, switch
from ..words import gettext_noop as _
from .chat_answers import AnswerReader
from .fields import check_file, link_or_data
from .wire import Pool

COMPLETIONS = "/model/openai/api/v3/chat/completions"
#: seconds of silence: a model may think before its first word
SILENCE_SECONDS = 120.0
#: Not documented: characters of what a person types.
PROMPT_LIMIT = 8000
#: Not documented: bytes of all files that are sent as text within one question.
FILES_BYTES = 60 * 1024 * 1024
#: credits for a question
PRICE = Decimal(1)

GPT_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
DEEPSEEK_EFFORTS = ("minimal", "low", "medium", "high")
TEMPERATURES = (0.0, 2.0)
#: what DeepSeek alone has
DEEPSEEK_BOUNDS = {"top_p": (0.0, 1.0), "frequency_penalty": (-2.0, 2.0), "presence_penalty": (-2.0, 2.0)}
#: tokens of an answer without its thoughts, and of both together
DEEPSEEK_ANSWER, DEEPSEEK_WHOLE = 32 * 1024, 65_536
#: pictures a second that the model looks at: its bounds, and about how many of a film are enough
RATES, LOOKS = (0.2, 1.0), 60
#: how finely it looks at pictures
DETAIL = "high"

_NOTHING_ASKED = _("Write a question first.")
_NO_FILMS = _("This model looks at pictures only. Choose another model for videos.")
_NO_SOUNDS = _("Chat models look at pictures and videos, and do not listen.")
_FILES_TOO_LARGE = _("These files are too large to be looked at. Use smaller ones.")
_BAD_EFFORT = _("This model does not know this thinking effort.")
_BAD_TEMPERATURE = _("The temperature goes from 0 to 2.")
_BAD_SETTING = _("This model does not take such a setting.")
_TOO_MANY_TOKENS = _("This model does not answer at such length.")
_BAD_ROLE = _("The service did not accept this question. Shorten it, or use other files.")

#: DeepSeek's page bounds the pixels of a picture, GPT's has nothing of files; formats and bytes are our choices.
PICTURE = MediaRule(
    media_types=("image/jpeg", "image/png", "image/webp"),
    max_bytes=30 * 1024 * 1024,
    min_pixels=196,
    max_pixels=36_000_000,
)
VIDEO = MediaRule(kind="video", media_types=("video/mp4", "video/quicktime"), max_bytes=50 * 1024 * 1024)
RULES = {Kind.IMAGE: PICTURE, Kind.VIDEO: VIDEO}


class ImproveParams(Params):
    prompt: str = prompt(max_length=PROMPT_LIMIT, placeholder=_("The prompt to improve"))
    thinking: bool = switch(
        label=_("Think first"), group=Group.BASIC, help=_("Takes longer, and reads between the lines.")
    )


class DescribeParams(Params):
    prompt: str = prompt(max_length=PROMPT_LIMIT, required=False, placeholder=_("What you want to know of it"))
    thinking: bool = switch(
        label=_("Think first"), group=Group.BASIC, help=_("Takes longer, and looks at the whole again.")
    )


IMPROVE = Operation(
    slug="improve",
    label=_("Improve prompt"),
    params=ImproveParams,
    price=PRICE,
    makes=Kind.TEXT,
    usual_seconds=10,
    icon="wand",
    help=_("Puts a prompt into clearer and richer words."),
)
DESCRIBE = Operation(
    slug="describe",
    label=_("Describe image"),
    params=DescribeParams,
    price=PRICE,
    needs=Needs.IMAGE,
    makes=Kind.TEXT,
    usual_seconds=10,
    icon="text",
    help=_("Says in words what a picture shows."),
    takes=PICTURE,
)
DESCRIBE_VIDEO = Operation(
    slug="describe-video",
    label=_("Describe video"),
    params=DescribeParams,
    price=PRICE,
    needs=Needs.VIDEO,
    makes=Kind.TEXT,
    usual_seconds=20,
    icon="text",
    help=_("Says in words what a video shows. Its sound is not listened to."),
    takes=VIDEO,
)

GPT = Model(
    slug="gpt-5.4",
    title="GPT-5.4",
    wire_id="T0310001",
    operations=(IMPROVE, DESCRIBE),
    deadline=600,
    summary=_("Writes and thinks well, and looks at pictures."),
)
DEEPSEEK = Model(
    slug="deepseek-3.2",
    title="DeepSeek 3.2",
    wire_id="T0106004",
    operations=(IMPROVE, DESCRIBE, DESCRIBE_VIDEO),
    deadline=600,
    summary=_("An open model that writes, thinks, and looks at pictures and videos."),
)
MODELS: tuple[Model, ...] = (GPT, DEEPSEEK)


def make_chat(pool: Pool, request: ChatRequest) -> Chat:
    """The question ready to be sent. Raises InvalidRequest or Unsupported for what the model does not take.

    Files without a link are read here."""
    is_gpt = request.model.slug == GPT.slug
    _check(request)
    body = {
        "model": pool.credentials["gpt_model"] if is_gpt else request.model.wire_id,
        "messages": [_message(message, looks_at_films=not is_gpt) for message in request.messages],
        "stream": request.stream,
        **(_gpt_fields(request) if is_gpt else _deepseek_fields(request)),
    }
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.tools:
        body["tools"] = [dict(tool) for tool in request.tools]
        if request.tool_choice is not None:
            body["tool_choice"] = request.tool_choice
    if request.json_schema is not None:
        body["response_format"] = _format(request)
    reader = AnswerReader(pool.secrets)
    return Chat(
        pool.request(
            "POST",
            COMPLETIONS,
            json=body,
            request_key=request.request_key,
            headers={"Accept": "text/event-stream" if request.stream else "application/json"},
            read_seconds=SILENCE_SECONDS,
        ),
        reader.read_line,
        reader.gpt_refusal if is_gpt else reader.refusal,
    )


def _check(request: ChatRequest) -> None:
    if not request.messages:
        raise InvalidRequest(_NOTHING_ASKED, code="no_messages")
    if request.temperature is not None and not TEMPERATURES[0] <= request.temperature <= TEMPERATURES[1]:
        raise InvalidRequest(_BAD_TEMPERATURE, code="temperature")
    for name, (low, high) in DEEPSEEK_BOUNDS.items():
        value = getattr(request, name)
        if value is not None and not low <= value <= high:
            raise InvalidRequest(_BAD_SETTING, code=name)
    if request.max_tokens is not None and request.max_tokens < 1:
        raise InvalidRequest(_TOO_MANY_TOKENS, code="max_tokens")
    efforts = GPT_EFFORTS if request.model.slug == GPT.slug else DEEPSEEK_EFFORTS
    if request.effort and request.effort not in efforts:
        raise InvalidRequest(_BAD_EFFORT, code="effort")
    sent = sum(4 * -(-file.size // 3) for message in request.messages for file in message.files if file.url is None)
    if sent > FILES_BYTES:
        raise InvalidRequest(_FILES_TOO_LARGE, code="files_too_large")


def _gpt_fields(request: ChatRequest) -> dict[str, Any]:
    for name in (*DEEPSEEK_BOUNDS, "parallel_tool_calls"):
        if getattr(request, name) is not None:
            raise Unsupported(_BAD_SETTING, code=name)
    fields: dict[str, Any] = {
        "thinking_enabled": request.thinking,
        "input_compliance_check": True,
        "output_compliance_check": True,
    }
    if request.thinking and request.effort:
        fields["reasoning_effort"] = request.effort
    if request.max_tokens is not None:
        fields["max_tokens"] = request.max_tokens
    return fields


def _deepseek_fields(request: ChatRequest) -> dict[str, Any]:
    # the least effort is to answer without thinking
    thinks = request.thinking and request.effort != "minimal"
    fields: dict[str, Any] = {"thinking": {"type": "enabled" if thinks else "disabled"}}
    if thinks and request.effort:
        fields["reasoning_effort"] = request.effort
    if request.stream:
        fields["stream_options"] = {"include_usage": True}
    fields |= {name: value for name in DEEPSEEK_BOUNDS if (value := getattr(request, name)) is not None}
    if request.tools and request.parallel_tool_calls is not None:
        fields["parallel_tool_calls"] = request.parallel_tool_calls
    if request.max_tokens is not None:
        if request.max_tokens > DEEPSEEK_WHOLE:
            raise InvalidRequest(_TOO_MANY_TOKENS, code="max_tokens")
        # never both: the second counts the thoughts as well, and goes further
        name = "max_tokens" if request.max_tokens <= DEEPSEEK_ANSWER else "max_completion_tokens"
        fields[name] = request.max_tokens
    return fields


def _format(request: ChatRequest) -> dict[str, Any]:
    if not request.json_schema:
        return {"type": "json_object"}
    form = {"name": "answer", "schema": dict(request.json_schema), "strict": True}
    return {"type": "json_schema", "json_schema": form}


def _message(message: ChatMessage, *, looks_at_films: bool) -> dict[str, Any]:
    if message.role not in {"system", "user", "assistant", "tool"}:
        raise InvalidRequest(_BAD_ROLE, code="role")
    made: dict[str, Any] = {"role": message.role}
    if message.files:
        made["content"] = list(_parts(message, looks_at_films))
    elif message.text or not message.tool_calls:
        made["content"] = message.text
    if message.tool_calls:
        made["tool_calls"] = [dict(call) for call in message.tool_calls]
    if message.tool_call_id:
        made["tool_call_id"] = message.tool_call_id
    return made


def _parts(message: ChatMessage, looks_at_films: bool) -> Iterator[dict[str, Any]]:
    for file in message.files:
        check_file(file, RULES.get(file.kind))
        if file.kind is Kind.IMAGE:
            # only DeepSeek's page says how finely pictures may be looked at
            detail = {"detail": DETAIL} if looks_at_films else {}
            yield {"type": "image_url", "image_url": {"url": link_or_data(file), **detail}}
        elif file.kind is not Kind.VIDEO:
            raise InvalidRequest(_NO_SOUNDS, code="audio")
        elif not looks_at_films:
            raise Unsupported(_NO_FILMS, code="video")
        else:
            yield {"type": "video_url", "video_url": {"url": link_or_data(file), "fps": _rate(file.duration)}}
    if message.text:
        yield {"type": "text", "text": message.text}


def _rate(seconds: float) -> float:
    """How many pictures a second to look at: one, and fewer of a long film."""
    least, most = RATES
    return round(max(least, min(most, LOOKS / seconds if seconds else most)), 2)

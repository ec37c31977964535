"""Seedance, its library and the chat models against the sandbox, which was written from the same documents apart from
the adapter: they must agree."""

from __future__ import annotations

import asyncio
import io
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
from PIL import Image

from providers import errors
from providers.base import Kind, LibraryAsset, LibraryState, Media, Order, RawCallback, Snapshot, State
from providers.chats import ChatMessage, ChatRequest
from providers.clients import make_async_client
from providers.errors import (
    AuthFailed,
    ContentRejected,
    GenerationFailed,
    InvalidRequest,
    NotConfigured,
    ProviderError,
    ResultExpired,
    Unavailable,
)
from providers.params import Widget, read_fields
from providers.sandbox.painter import FlatPainter
from providers.sandbox.probing import Probe, probe
from providers.sandbox.server import running
from providers.sandbox.settings import Settings
from providers.streaming import astream_chat
from providers.talkingdata import TalkingData
from providers.talkingdata.ark_errors import CODES
from providers.talkingdata.chat import DEEPSEEK, GPT
from providers.transport import run
from tests.media.sounds import sound as recording
from tests.providers.web import Web, serving

from .tools_ark import SEEDANCE, order

PATIENCE = 30.0
GROUP = {"asset_group": "group-20260330162801-vmpfz"}
_keys = itertools.count()


@dataclass
class Heard:
    text: str = ""
    thinking: str = ""
    finish: str = ""
    usage: Any = None
    error: ProviderError | None = None


class Studio:
    def __init__(self, base: str, client: httpx.Client, web: Web, folder: Path) -> None:
        self.base = base
        self.client = client
        self.web = web
        self.folder = folder
        self.provider = self.account()

    def account(self, **credentials: str) -> TalkingData:
        return TalkingData({**TalkingData.sandbox_credentials, **GROUP, **credentials}, base_url=self.base)

    def ask(self, flow: Any) -> Any:
        return run(flow, self.client)

    def submit(self, made: Order) -> Snapshot:
        found = self.ask(self.provider.submit(made))
        assert isinstance(found, Snapshot)
        return found

    def until(self, snapshot: Snapshot, wanted: Callable[[Snapshot], bool]) -> Snapshot:
        deadline = time.monotonic() + PATIENCE
        while not wanted(snapshot) and time.monotonic() < deadline:
            snapshot = self.ask(self.provider.fetch(snapshot.remote_id, snapshot.cursor))
        return snapshot

    def ended(self, operation: str = "create", values: dict[str, Any] | None = None, **more: Any) -> Snapshot:
        submitted = self.submit(fresh(operation, values, **more))
        return self.until(submitted, lambda found: found.state.terminal)

    def made(self, operation: str = "create", values: dict[str, Any] | None = None, **more: Any) -> Snapshot:
        done = self.ended(operation, values, **more)
        assert done.state is State.SUCCEEDED, done
        return done

    def probed(self, snapshot: Snapshot, index: int = 0) -> Probe:
        answer = self.client.get(snapshot.files[index].url)
        assert answer.status_code == 200
        path = self.folder / f"result-{next(_keys)}"
        path.write_bytes(answer.content)
        return probe(path)

    def stored(self, file: Media, name: str = "fox") -> LibraryAsset:
        asset = self.ask(self.provider.create_asset(file, name))
        deadline = time.monotonic() + PATIENCE
        while asset.state is LibraryState.PROCESSING and time.monotonic() < deadline:
            asset = self.ask(self.provider.look_at_asset(asset.remote_id))
        assert isinstance(asset, LibraryAsset)
        return asset

    def fault(self, path: str, do: dict[str, Any], **more: Any) -> None:
        rule = {"path": path, "do": do, **more}
        assert self.client.post(f"{self.base}/_sandbox/faults", json=[rule]).status_code == 200

    def linked(self, data: bytes, media_type: str, **facts: Any) -> Media:
        url = self.web.page(f"/{next(_keys)}", data, content_type=media_type)
        return Media(media_type, len(data), facts.pop("width", 0), facts.pop("height", 0), url, lambda: data, **facts)

    def picture(self, size: tuple[int, int] = (640, 480), colour: str = "#2266cc", kind: str = "PNG") -> Media:
        file = io.BytesIO()
        Image.new("RGB", size, colour).save(file, kind)
        return self.linked(file.getvalue(), f"image/{kind.lower()}", width=size[0], height=size[1])

    def film(self, seconds: float = 3.0) -> Media:
        data = footage(seconds)
        return self.linked(data, "video/mp4", width=640, height=640, duration=seconds, frame_rate=24.0)

    def sound(self, seconds: float = 3.0, kind: str = "wav") -> Media:
        media_type = {"wav": "audio/wav", "mp3": "audio/mpeg"}[kind]
        return self.linked(recording(kind, seconds), media_type, duration=seconds)

    def hear(self, question: ChatRequest, **credentials: str) -> Heard:
        """The whole answer; an error with what came before it."""
        heard = Heard()

        async def go() -> None:
            async with make_async_client() as client:
                async for piece in astream_chat(self.account(**credentials).chat(question), client):
                    heard.text += piece.text
                    heard.thinking += piece.thinking
                    heard.finish = piece.finish or heard.finish
                    heard.usage = piece.usage or heard.usage

        try:
            asyncio.run(go())
        except ProviderError as error:
            heard.error = error
        return heard


def fresh(operation: str = "create", values: dict[str, Any] | None = None, **more: Any) -> Order:
    """Each with a request key of its own."""
    return order(operation, values, **{"request_key": f"1-request-{next(_keys)}", **more})


@lru_cache
def footage(seconds: float) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width = stream.height = 640
        stream.pix_fmt = "yuv420p"
        for number in range(int(seconds * 24)):
            shade = np.full((640, 640, 3), number % 200, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shade)))
        container.mux(stream.encode(None))
    return file.getvalue()


def studio_with(folder: Path, **settings: Any) -> Iterator[Studio]:
    with (
        running(Settings(painter=FlatPainter(), workers=0, **settings)) as base,
        httpx.Client(trust_env=False, timeout=PATIENCE) as client,
        serving() as web,
    ):
        yield Studio(base, client, web, folder)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    yield from studio_with(tmp_path_factory.mktemp("results"), latency=0)


@pytest.fixture(scope="module")
def unhurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Where a task stays in the queue."""
    yield from studio_with(tmp_path_factory.mktemp("results"), latency=600)


# ── films ────────────────────────────────────────────────────────────────────


def test_every_parameter_is_taken(unhurried: Studio) -> None:
    for spec in read_fields(SEEDANCE.operation("create").params):
        values: list[Any] = [option.value for option in spec.options]
        values += [value for value in (spec.minimum, spec.maximum) if value is not None]
        values += [True, False] if spec.widget is Widget.SWITCH else []
        for value in values:
            unhurried.submit(fresh(values={spec.name: value}))


def test_a_film_from_words(studio: Studio) -> None:
    done = studio.made(values={"duration": "4", "ratio": "9:16", "resolution": "480p", "seed": 7})
    found = studio.probed(done)
    assert (found.kind, found.width, found.height, found.frame_rate) == ("video", 496, 864, 24)
    assert abs(found.duration - 4) < 0.2 and found.has_sound and found.channels == 1
    assert done.seed == 7 and done.usage["total_tokens"] > 0 and done.used is None


def test_a_film_without_sound_that_keeps_its_last_frame(studio: Studio) -> None:
    done = studio.made(values={"duration": "4", "ratio": "1:1", "sound": False, "keep_last_frame": True})
    assert [(file.index, file.kind) for file in done.files] == [(0, Kind.VIDEO), (1, Kind.IMAGE)]
    assert not studio.probed(done).has_sound
    last = studio.probed(done, 1)
    assert (last.kind, last.format, last.width, last.height) == ("image", "png", 960, 960)


def test_a_length_of_the_model_s_own(studio: Studio) -> None:
    done = studio.made(values={"duration": "-1"})
    assert done.used is not None and 4 / 15 <= done.used <= 1
    assert abs(studio.probed(done).duration - done.used * 15) < 0.2


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"])
def test_every_kind_of_picture(studio: Studio, kind: str) -> None:
    assert studio.submit(fresh("animate", input=studio.picture(kind=kind)))


def test_every_operation(studio: Studio) -> None:
    first, last = studio.picture(), studio.picture((480, 640), "#cc6622", "JPEG")
    studio.made("animate", input=first, files={"last_frame": (last,)})
    studio.made(files={"first_frame": (first,), "last_frame": (last,)})
    everything = {
        "references": (first, last),
        "videos": (studio.film(),),
        "audios": (studio.sound(), studio.sound(kind="mp3")),
    }
    studio.made(values={"prompt": "[图2] after [视频1], sounding like [音频2]"}, files=everything)
    studio.made("rework-video", input=studio.film(), files=everything)


def test_files_as_bytes(studio: Studio) -> None:
    unlinked = [
        Media(file.media_type, file.size, file.width, file.height, None, file.read, file.duration)
        for file in (studio.picture(), studio.sound(kind="mp3"))
    ]
    studio.made(files={"references": (unlinked[0],), "audios": (unlinked[1],)})


def test_pictures_films_and_sounds_through_the_library(studio: Studio) -> None:
    files = {
        "references": (studio.picture(), studio.picture()),
        "videos": (studio.film(),),
        "audios": (studio.sound(),),
    }
    trusted: dict[str, tuple[Media, ...]] = {}
    for name, given in files.items():
        assets = [studio.stored(file) for file in given]
        assert all(asset.state is LibraryState.ACTIVE for asset in assets)
        trusted[name] = tuple(
            Media(
                file.media_type,
                file.size,
                file.width,
                file.height,
                None,
                file.read,
                file.duration,
                file.frame_rate,
                asset.remote_id,
            )
            for file, asset in zip(given, assets, strict=True)
        )
    # only trusted files may show people
    studio.made(values={"library": True, "prompt": "sandbox-face"}, files=trusted)
    with pytest.raises(ContentRejected):
        studio.submit(fresh(values={"prompt": "sandbox-face"}, files=files))


def test_why_files_fail(studio: Studio) -> None:
    small = studio.stored(studio.picture((200, 200)))
    assert small.state is LibraryState.FAILED and isinstance(small.error, InvalidRequest)
    refused = studio.stored(studio.picture(), "forbidden")
    assert refused.state is LibraryState.FAILED and isinstance(refused.error, ContentRejected)
    lost = studio.linked(b"", "image/png", width=640, height=480)
    studio.web.page(lost.link().removeprefix(studio.web.origin), b"", 404)
    assert isinstance(studio.stored(lost).error, GenerationFailed)


def test_settings_of_the_library(studio: Studio) -> None:
    with pytest.raises(NotConfigured):
        studio.ask(studio.account(asset_group="group-missing").create_asset(studio.picture(), ""))
    with pytest.raises(ResultExpired):
        studio.ask(studio.provider.look_at_asset("asset-0-none"))
    other = studio.account(asset_project="films", asset_group="group-of-films")
    asset = studio.ask(other.create_asset(studio.picture(), ""))
    assert studio.ask(other.look_at_asset(asset.remote_id)).remote_id == asset.remote_id
    with pytest.raises(ResultExpired):
        studio.ask(studio.provider.look_at_asset(asset.remote_id))


@pytest.mark.parametrize("code", sorted(CODES))
def test_codes_of_refusals(studio: Studio, code: str) -> None:
    with pytest.raises(ProviderError) as caught:
        studio.submit(fresh(values={"prompt": f"sandbox-error:{code}"}))
    assert caught.value.code.split(".")[0] in {code.split(".")[0], "InvalidParameter"}


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("sandbox-fail:OutputVideoSensitiveContentDetected", ContentRejected),
        ("half-forbidden", ContentRejected),
        ("sandbox-fail:InternalServiceError", GenerationFailed),
        ("sandbox-expire", GenerationFailed),
    ],
)
def test_how_tasks_fail(studio: Studio, word: str, kind: type[ProviderError]) -> None:
    ended = studio.ended(values={"prompt": word})
    assert ended.state is State.FAILED and type(ended.error) is kind


def test_refused_words_and_accounts(studio: Studio) -> None:
    with pytest.raises(ContentRejected):
        studio.submit(fresh(values={"prompt": "forbidden"}))
    for token, kind in (("invalid", AuthFailed), ("no-service", AuthFailed), ("no-money", errors.RateLimited)):
        with pytest.raises(kind):
            studio.ask(studio.account(token=token).submit(fresh()))


def test_a_task_that_is_not_there(studio: Studio) -> None:
    with pytest.raises(ResultExpired):
        studio.ask(studio.provider.fetch("ark:cgt-20260101000000-none"))
    with pytest.raises(ResultExpired):
        studio.ask(studio.provider.cancel("ark:cgt-20260101000000-none"))


def test_only_what_waits_is_canceled(studio: Studio, unhurried: Studio) -> None:
    waiting = unhurried.submit(fresh())
    canceled = unhurried.ask(unhurried.provider.cancel(waiting.remote_id))
    assert (canceled.state, canceled.remote_id) == (State.CANCELED, waiting.remote_id)
    assert unhurried.ask(unhurried.provider.fetch(waiting.remote_id)).state is State.CANCELED
    done = studio.made()
    with pytest.raises(InvalidRequest, match="can't be canceled"):
        studio.ask(studio.provider.cancel(done.remote_id))


def test_callbacks(studio: Studio) -> None:
    bodies: list[bytes] = []

    def take(handler: BaseHTTPRequestHandler) -> None:
        bodies.append(handler.rfile.read(int(handler.headers["content-length"])))
        handler.send_response(200)
        handler.send_header("content-length", "0")
        handler.end_headers()

    done = studio.made(callback_url=studio.web.custom("/callback", take))
    deadline = time.monotonic() + PATIENCE
    while not any(b'"succeeded"' in body for body in bodies) and time.monotonic() < deadline:
        studio.ask(studio.provider.fetch(done.remote_id))
    assert bodies and all(studio.provider.read_callback(RawCallback(body)) == [done.remote_id] for body in bodies)


# ── chat ─────────────────────────────────────────────────────────────────────

CHATS = pytest.mark.parametrize("model", [GPT, DEEPSEEK], ids=lambda model: model.slug)


def question(model: Any, text: str = "hello", *files: Media, **more: Any) -> ChatRequest:
    return ChatRequest(model, (ChatMessage("user", text, files),), **more)


@CHATS
@pytest.mark.parametrize("stream", [True, False])
def test_answers(studio: Studio, model: Any, stream: bool) -> None:
    instructions = ChatMessage("system", "You write prompts.")
    asked = ChatRequest(model, (instructions, ChatMessage("user", "a fox")), stream=stream)
    heard = studio.hear(asked)
    assert heard.error is None and heard.text and (heard.finish, heard.thinking) == ("stop", "")
    assert heard.usage or (stream and model is GPT), "only DeepSeek's page has how to ask for it in a stream"


@CHATS
def test_thinking(studio: Studio, model: Any) -> None:
    heard = studio.hear(
        question(model, "Why is the sky blue, and what would change that?", thinking=True, effort="high")
    )
    assert heard.error is None and heard.text and heard.thinking


@CHATS
@pytest.mark.parametrize("linked", [True, False])
def test_pictures(studio: Studio, model: Any, linked: bool) -> None:
    shown = studio.picture((800, 600), "#ff0000")
    if not linked:
        shown = Media(shown.media_type, shown.size, 800, 600, None, shown.read)
    heard = studio.hear(question(model, "Describe this picture.", shown))
    assert heard.error is None and "red" in heard.text.lower()


def test_films(studio: Studio) -> None:
    heard = studio.hear(question(DEEPSEEK, "Describe this video.", studio.film()))
    assert heard.error is None and heard.text


@CHATS
def test_the_rest_of_a_question(studio: Studio, model: Any) -> None:
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    talk = (
        ChatMessage("user", "weather?"),
        ChatMessage("assistant", "", tool_calls=(call,)),
        ChatMessage("tool", "sunny", tool_call_id="call_1"),
    )
    only_deepseek = {"top_p": 1.0, "frequency_penalty": 2.0, "presence_penalty": -2.0} if model is DEEPSEEK else {}
    for asked in (
        ChatRequest(model, talk, tools=(tool,), tool_choice="auto", temperature=2.0, max_tokens=200),
        question(model, **only_deepseek),
        question(model, json_schema={}),
        question(model, json_schema={"type": "object", "properties": {"mood": {"type": "string"}}}),
        question(model, max_tokens=32768, effort="low", thinking=True),
    ):
        heard = studio.hear(asked)
        assert heard.error is None and heard.finish, heard


@CHATS
def test_a_stream_that_breaks(studio: Studio, model: Any) -> None:
    heard = studio.hear(question(model, "sandbox-break " + "tell me of foxes in the snow " * 5))
    assert heard.text and isinstance(heard.error, Unavailable) and heard.error.code == "stream_broken"


@CHATS
def test_refusals(studio: Studio, model: Any) -> None:
    assert isinstance(studio.hear(question(model, "forbidden")).error, ContentRejected)
    assert isinstance(studio.hear(question(model), token="invalid").error, AuthFailed)
    assert isinstance(studio.hear(question(model), token="no-money").error, AuthFailed)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("invalid_request", InvalidRequest),
        ("content_filter", ContentRejected),
        ("invalid_api_key", AuthFailed),
        ("access_denied", AuthFailed),
        ("model_not_found", NotConfigured),
        ("rate_limit_exceeded", errors.RateLimited),
        ("internal_error", Unavailable),
        ("bad_gateway", Unavailable),
        ("service_unavailable", Unavailable),
    ],
)
def test_errors_of_gpt(studio: Studio, code: str, kind: type[ProviderError]) -> None:
    assert type(studio.hear(question(GPT, f"sandbox-error:{code}")).error) is kind


def test_the_other_id_of_gpt_and_none(studio: Studio) -> None:
    assert studio.hear(question(GPT), gpt_model="T0320001").error is None
    assert isinstance(studio.hear(question(GPT), gpt_model="T9999999").error, NotConfigured)

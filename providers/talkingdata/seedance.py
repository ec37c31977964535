"""Seedance 2.0 fast (T0101007), by Volcengine Ark's protocol: tasks that are created, asked about and, while they wait
in the queue, taken out of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

import httpx

from ..base import (
    Flow,
    Idempotency,
    Kind,
    Media,
    Model,
    Needs,
    Operation,
    Order,
    RawCallback,
    RemoteFile,
    Snapshot,
    State,
)
from ..errors import (
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    ProviderError,
    SubmitUnknown,
    Unsupported,
)
from ..params import Params
from ..transport import read_json, redact, request_id
from ..words import gettext_noop as _
from .ark_errors import error_of, failure, refusal
from .errors import send
from .fields import data_url, files_of, start_of
from .prices import FILM, LONGEST
from .seedance_params import (
    CHOSEN_LENGTH,
    EXPIRES_AFTER,
    PICTURE,
    REQUEST_BYTES,
    SIZES,
    TOTAL_SECONDS,
    VIDEO,
    AnimateParams,
    CreateParams,
    FilmParams,
    ReworkParams,
)
from .wire import Wire

TASKS = "/model/openai/api/v3/contents/generations/tasks"
#: seconds: as long as a task may be told to wait (72 hours), and an hour for the answer to arrive
DEADLINE = 259_200 + 3600
USUAL_SECONDS = 120.0
#: what marks, from one look to the next, that the model chooses the length
_CHOSEN = "chosen-length"
#: how far a measured total of seconds may be off
_SLACK = 0.05
#: bytes of a request that are not files
_WORDS_BYTES = 64 * 1024

#: the samples have asterisks in their ids
_ID = re.compile(r"[A-Za-z0-9*][A-Za-z0-9*_.:~-]{0,99}")

#: how a task that runs or has ended may refuse to be canceled, besides the codes that mean a wrong request
_NOT_WAITING = ("OperationDenied.InvalidState", "OperationDenied.UnsupportedPhase", "InvalidAction")

STATUSES: Mapping[str, State] = {
    "queued": State.QUEUED,
    "running": State.RUNNING,
    "cancelled": State.CANCELED,
    "succeeded": State.SUCCEEDED,
    "failed": State.FAILED,
    "expired": State.FAILED,
}

_EXPIRED = _("The service did not get to this in the time that it was given. Try it again.")
_TOO_MANY_SECONDS = _("The videos together, and the sound files together, may have 15 seconds at most.")
_TOO_LARGE = _("These files are more than can be sent in one request (64 MB). Take one out, or use smaller ones.")
_RUNNING = _("The service is working on this already, so it can't be canceled any more.")

CREATE = Operation(
    slug="create",
    label=_("Create"),
    params=CreateParams,
    price=FILM,
    makes=Kind.VIDEO,
    usual_seconds=USUAL_SECONDS,
    icon="film",
    help=_(
        "From words, from a first and a last frame, or after pictures, videos and sounds. "
        "Up to 500 Chinese characters or 1000 English words work best."
    ),
    through_library="library",
)
ANIMATE = Operation(
    slug="animate",
    label=_("Animate"),
    params=AnimateParams,
    price=FILM,
    needs=Needs.IMAGE,
    makes=Kind.VIDEO,
    usual_seconds=USUAL_SECONDS,
    icon="film",
    help=_("The picture becomes the first frame of a video."),
    takes=PICTURE,
    through_library="library",
)
REWORK = Operation(
    slug="rework-video",
    label=_("Rework the video"),
    params=ReworkParams,
    price=FILM,
    needs=Needs.VIDEO,
    makes=Kind.VIDEO,
    usual_seconds=USUAL_SECONDS,
    icon="wand",
    help=_("A new video after this one, as your words, pictures and sounds say."),
    takes=VIDEO,
    through_library="library",
)


class Seedance(Wire):
    prefix: ClassVar[str] = "ark"
    models: ClassVar[tuple[Model, ...]] = (
        Model(
            slug="seedance-2-fast",
            title="Seedance 2.0 fast",
            wire_id="T0101007",
            operations=(CREATE, ANIMATE, REWORK),
            idempotency=Idempotency.NONE,
            deadline=DEADLINE,
            summary=_("Videos of 4 to 15 seconds with sound, from words, frames, pictures, videos and voices."),
            keeps_hours=24,
            cancels=True,
            calls_back=True,
        ),
    )

    def submit(self, order: Order) -> Flow[Snapshot]:
        """Sends the order once. What may have arrived without an answer raises SubmitUnknown."""
        body = make_body(order)
        response = yield from send(self.pool.request("POST", TASKS, json=body, request_key=order.request_key))
        try:
            answer = self._read(response, submitting=True)
        except InvalidResponse as error:
            if response.is_success:
                raise SubmitUnknown(code=error.code, request_id=error.request_id, raw=error.raw) from error
            raise
        remote_id = answer.get("id")
        if not isinstance(remote_id, str) or not _ID.fullmatch(remote_id):
            raise SubmitUnknown(code="no_id", request_id=request_id(response), raw=self._kept(answer))
        cursor = _CHOSEN if body["duration"] == int(CHOSEN_LENGTH) else ""
        return Snapshot(remote_id, State.QUEUED, cursor=cursor, raw=self._kept(answer))

    def fetch(self, remote_id: str, cursor: str = "") -> Flow[Snapshot]:
        """Raises ResultExpired for a task that the service no longer has: it keeps them for seven days."""
        response = yield self.pool.request("GET", self._path(remote_id))
        return self._read_task(self._read(response), remote_id, cursor)

    def cancel(self, remote_id: str) -> Flow[Snapshot]:
        """Raises InvalidRequest for a task that no longer waits."""
        response = yield self.pool.request("DELETE", self._path(remote_id))
        try:
            answer = self._read(response, empty_is_fine=True)
        except ProviderError as error:
            if isinstance(error, InvalidRequest | Unsupported) or error.code.startswith(_NOT_WAITING):
                raise InvalidRequest(_RUNNING, code=error.code, request_id=error.request_id, raw=error.raw) from error
            raise
        return Snapshot(remote_id, State.CANCELED, raw=self._kept(answer))

    @classmethod
    def read_callback(cls, raw: RawCallback) -> list[str]:
        """The body is what a query answers. Only its id is taken: the rest is asked for."""
        try:
            body = json.loads(raw.body)
        except (ValueError, RecursionError):
            return []
        found = body.get("id") if isinstance(body, dict) else None
        return [found] if isinstance(found, str) and _ID.fullmatch(found) else []

    @classmethod
    def expected_size(cls, params: Params) -> tuple[int, int] | None:
        """None where the ratio is left to the model."""
        if not isinstance(params, FilmParams):
            return None
        return SIZES[params.resolution].get(params.ratio)

    # ── reading ──────────────────────────────────────────────────────────────

    def _path(self, remote_id: str) -> str:
        if not _ID.fullmatch(remote_id):
            raise InvalidRequest(code="bad_id")
        return f"{TASKS}/{quote(remote_id, safe='')}"

    def _read(
        self, response: httpx.Response, *, submitting: bool = False, empty_is_fine: bool = False
    ) -> Mapping[str, Any]:
        try:
            body = read_json(response, self.pool.secrets)
        except InvalidResponse:
            if response.is_success and not (empty_is_fine and not response.content.strip()):
                raise
            body = {}
        # a finished task has an error of its own, which is no refusal
        if not response.is_success or (error_of(body)[0] and not isinstance(body.get("status"), str)):
            raise refusal(response, body, submitting=submitting, raw=self._kept(body))
        if not isinstance(body, dict):
            raise InvalidResponse(code="no_object", request_id=request_id(response), raw=self._kept(body))
        return body

    def _read_task(self, task: Mapping[str, Any], remote_id: str, cursor: str) -> Snapshot:
        raw = self._kept(task)
        named = task.get("id")
        if isinstance(named, str) and named and named != remote_id:
            raise InvalidResponse(code="other_task", raw=raw)
        if not isinstance(task.get("status"), str):
            raise InvalidResponse(code="no_status", raw=raw)
        state = STATUSES.get(task["status"], State.UNKNOWN)
        error: ProviderError | None = None
        files: tuple[RemoteFile, ...] = ()
        if task["status"] == "expired":
            error = GenerationFailed(_EXPIRED, code="expired", raw=raw)
        elif state is State.FAILED:
            code, message, _param = error_of(task)
            error = failure(code, message, raw)
        elif state is State.SUCCEEDED:
            files = tuple(_files(task.get("content")))
            if not any(file.kind is Kind.VIDEO for file in files):
                # counted as finished before the link is there
                state, files = State.RUNNING, ()
        usage = task.get("usage")
        return Snapshot(
            remote_id,
            state,
            files=files,
            seed=_whole(task.get("seed")),
            usage=self._kept(usage) if isinstance(usage, dict) else {},
            used=_share(task.get("duration")) if cursor == _CHOSEN and state is State.SUCCEEDED else None,
            error=error,
            cursor=cursor,
            raw=raw,
        )

    def _kept(self, body: Any) -> Any:
        return redact(body, self.pool.secrets)


def _files(content: Any) -> Iterator[RemoteFile]:
    found = content if isinstance(content, dict) else {}
    film, picture = found.get("video_url"), found.get("last_frame_url")
    if isinstance(film, str) and film.strip():
        yield RemoteFile(0, Kind.VIDEO, film.strip(), media_type="video/mp4")
    if isinstance(picture, str) and picture.strip():
        yield RemoteFile(1, Kind.IMAGE, picture.strip(), media_type="image/png", extra=True)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def _share(seconds: Any) -> float | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST:
        return None
    return float(seconds) / LONGEST


# ── writing ──────────────────────────────────────────────────────────────────


def make_body(order: Order) -> dict[str, Any]:
    """The request's body. Raises InvalidRequest for files that the service would not take, NotConfigured for a video
    that it could not fetch. Files without a link are read here."""
    params = order.params
    assert isinstance(params, FilmParams)
    items = list(_items(order))
    _check(items)
    text = [{"type": "text", "text": params.prompt}] if params.prompt.strip() else []
    body: dict[str, Any] = {
        "model": order.model.wire_id,
        "content": [*text, *(_item(kind, role, file) for kind, role, file in items)],
        "generate_audio": params.sound,
        "resolution": params.resolution,
        "ratio": params.ratio,
        "duration": int(params.duration),
        "watermark": params.watermark,
    }
    if params.seed is not None:
        body["seed"] = params.seed
    if params.keep_last_frame:
        body["return_last_frame"] = True
    if params.web_search:
        body["tools"] = [{"type": "web_search"}]
    if params.expires_after != EXPIRES_AFTER:
        body["execution_expires_after"] = params.expires_after * 3600
    if order.callback_url:
        body["callback_url"] = order.callback_url
    if team := _team_of(order.request_key):
        body["safety_identifier"] = team
    return body


#: kind of item, role, file
_Item = tuple[str, str, Media]


def _items(order: Order) -> Iterator[_Item]:
    """In the order in which the prompt counts them."""
    frames, videos = files_of(order, "first_frame"), files_of(order, "videos")
    if order.operation.needs is Needs.IMAGE:
        frames = (start_of(order),)
    elif order.operation.needs is Needs.VIDEO:
        videos = (start_of(order), *videos)
    for role, files in (
        ("first_frame", frames),
        ("last_frame", files_of(order, "last_frame")),
        ("reference_image", files_of(order, "references")),
    ):
        yield from (("image_url", role, file) for file in files)
    yield from (("video_url", "reference_video", file) for file in videos)
    yield from (("audio_url", "reference_audio", file) for file in files_of(order, "audios"))


def _check(items: list[_Item]) -> None:
    """What concerns several files at once."""
    for wanted in ("video_url", "audio_url"):
        seconds = sum(file.duration for kind, _role, file in items if kind == wanted)
        if seconds > TOTAL_SECONDS + _SLACK:
            raise InvalidRequest(_TOO_MANY_SECONDS, code="max_total_seconds")
    # base64 makes four bytes of three
    sent = sum(4 * -(-file.size // 3) for kind, _role, file in items if _is_sent(kind, file))
    if sent > REQUEST_BYTES - _WORDS_BYTES:
        raise InvalidRequest(_TOO_LARGE, code="request_too_large")


def _is_sent(kind: str, file: Media) -> bool:
    """Whether the file itself is part of the request. Videos never are: the service takes no bytes of them."""
    return kind != "video_url" and not file.library_id and file.url is None


def _item(kind: str, role: str, file: Media) -> dict[str, Any]:
    return {"type": kind, kind: {"url": _address(kind, file)}, "role": role}


def _address(kind: str, file: Media) -> str:
    if file.library_id:
        return f"asset://{file.library_id}"
    if _is_sent(kind, file):
        return data_url(file)
    return file.link()


def _team_of(request_key: str) -> str:
    """Who asks, as a service may know it: 64 characters that stay the same for a team."""
    team, dash, _key = request_key.partition("-")
    return hashlib.sha256(f"atelier team {team}".encode()).hexdigest() if dash and team else ""

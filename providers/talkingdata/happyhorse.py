"""HappyHorse 1.0 (T0401001–4), by DashScope's protocol."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

from ..base import Flow, Idempotency, Kind, Media, Model, Needs, Operation, Order, Snapshot
from ..errors import InvalidRequest, InvalidResponse, SubmitUnknown
from ..params import Params
from ..transport import redact, request_id
from ..words import gettext_noop as _
from .errors import read_answered_json, read_submitted_json, send
from .fields import files_of, link_or_data, start_of
from .happyhorse_params import FILM, FIRST_FRAME, AnimateParams, CreateParams, EditParams, expected_size
from .happyhorse_replies import MOST_EDITED, is_id, read_task, refused
from .prices import FILM as PRICE
from .wire import Wire

SUBMIT_PATH = "/model/openai/api/v3/video-generation/video-synthesis"
QUERY_PATH = "/model/openai/api/v3/tasks/{task_id}"

FROM_WORDS, FROM_FRAME, FROM_REFERENCES, EDITED = "T0401001", "T0401002", "T0401003", "T0401004"

CREATE = Operation(
    slug="create",
    label=_("Create"),
    params=CreateParams,
    price=PRICE,
    makes=Kind.VIDEO,
    usual_seconds=95,
    icon="film",
    help=_("A video from words, with up to nine pictures of who and what should be in it."),
)
ANIMATE = Operation(
    slug="animate",
    label=_("Animate"),
    params=AnimateParams,
    price=PRICE,
    needs=Needs.IMAGE,
    makes=Kind.VIDEO,
    usual_seconds=95,
    icon="film",
    help=_("A video that begins with this picture."),
    takes=FIRST_FRAME,
)
EDIT = Operation(
    slug="edit-video",
    label=_("Edit with words"),
    params=EditParams,
    # not documented but in the usage: seconds that go in are paid like seconds that come out
    price=PRICE * Decimal(MOST_EDITED) / 5,
    needs=Needs.VIDEO,
    makes=Kind.VIDEO,
    usual_seconds=120,
    icon="brush",
    help=_(
        "Any video, its first fifteen seconds changed as your words say. Held for the longest; you pay for the seconds "
        "it has."
    ),
    takes=FILM,
)
HAPPYHORSE = Model(
    slug="happyhorse-1",
    title="HappyHorse 1.0",
    wire_id=FROM_WORDS,
    operations=(CREATE, ANIMATE, EDIT),
    idempotency=Idempotency.NONE,
    deadline=3600,
    summary=_("Videos of 3 to 15 seconds with sound, from words or pictures, and changes to videos."),
    keeps_hours=24,
)


class HappyHorse(Wire):
    prefix: ClassVar[str] = "dashscope"
    models: ClassVar[tuple[Model, ...]] = (HAPPYHORSE,)

    def submit(self, order: Order) -> Flow[Snapshot]:
        body = make_body(order)
        request = self.pool.request("POST", SUBMIT_PATH, json=body, request_key=order.request_key)
        response = yield from send(request)
        reply = read_submitted_json(response, self.pool.secrets)
        raw = redact(reply, self.pool.secrets)
        if error := refused(response, reply, submitting=True, raw=raw):
            raise error
        try:
            return read_task(reply, "", self.pool.secrets)
        except InvalidResponse as problem:
            raise SubmitUnknown(code=problem.code, request_id=request_id(response), raw=raw) from problem

    def fetch(self, remote_id: str, cursor: str = "") -> Flow[Snapshot]:
        """Raises ResultExpired when the service no longer knows the task."""
        if not is_id(remote_id):
            raise InvalidRequest(code="bad_id")
        response = yield self.pool.request("GET", QUERY_PATH.format(task_id=quote(remote_id, safe="")))
        reply = read_answered_json(response, self.pool.secrets)
        raw = redact(reply, self.pool.secrets)
        if error := refused(response, reply, submitting=False, raw=raw):
            raise error
        return read_task(reply, remote_id, self.pool.secrets)

    @classmethod
    def expected_size(cls, params: Params) -> tuple[int, int] | None:
        return expected_size(params) if isinstance(params, CreateParams) else None


def make_body(order: Order) -> dict[str, Any]:
    """The body of a submit. Reads pictures where they are sent along. Raises InvalidRequest and NotConfigured."""
    params = order.params
    media = list(_media(order))
    values = params.model_dump()
    code = {"animate": FROM_FRAME, "edit-video": EDITED}.get(order.operation.slug)
    given: dict[str, Any] = {"resolution": values["resolution"]}
    if "ratio" in values:
        given["ratio"] = values["ratio"]
    if "duration" in values:
        given["duration"] = int(values["duration"])
    # what is not said is true there
    if not values["watermark"]:
        given["watermark"] = False
    if values.get("sound", "auto") != "auto":
        given["audio_setting"] = values["sound"]
    if values["seed"] is not None:
        given["seed"] = values["seed"]
    words = {"prompt": values["prompt"]} if values["prompt"].strip() else {}
    return {
        "model": code or (FROM_REFERENCES if media else FROM_WORDS),
        "input": {**words, **({"media": media} if media else {})},
        "parameters": given,
    }


def _media(order: Order) -> Iterator[dict[str, str]]:
    if order.operation.needs is Needs.IMAGE:
        yield _item("first_frame", start_of(order))
    if order.operation.needs is Needs.VIDEO:
        # films go by link alone
        yield {"type": "video", "url": start_of(order).link()}
    for picture in files_of(order, "references"):
        yield _item("reference_image", picture)


def _item(kind: str, picture: Media) -> dict[str, str]:
    return {"type": kind, "url": link_or_data(picture)}

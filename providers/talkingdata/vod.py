"""GPT Image-2 (T0302007) and Veo 3.1 (T0301004), by Tencent VOD's protocol."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar

from ..base import Flow, Idempotency, Kind, Media, Model, Needs, Operation, Order, Snapshot
from ..errors import AlreadySubmitted, InvalidRequest, InvalidResponse, SubmitUnknown
from ..params import Params
from ..tencent_vod import CONTEXT_LIMIT, is_id, read_submitted, read_task, session_id, task_id, unwrap
from ..transport import redact, request_id
from ..words import gettext_noop as _
from .errors import read_answered_json, read_submitted_json, send
from .fields import files_of, start_of
from .prices import FILM
from .vod_errors import FAILURES, refused
from .vod_params import (
    DEFAULT_FILM_SIZE,
    DEFAULT_IMAGE_SIZE,
    PICTURE,
    AnimateParams,
    CreateFilmParams,
    CreateImageParams,
    ReworkParams,
    expected_size,
    lines,
    nearest_ratio,
)
from .wire import Wire

#: of submits and of queries alike, spelt as the pages spell it
PATH = "/model/orgin/job"

#: a draft of up to 2K
PICTURE_PRICE = Decimal(1)
#: seconds; there is no choice
LENGTH = 8
FILM_PRICE = FILM * LENGTH / 5

#: what links live; a task can be asked for for three days
KEPT_HOURS = 7 * 24

IMAGE = Model(
    slug="gpt-image-2",
    title="GPT Image-2",
    wire_id="T0302007",
    operations=(
        Operation(
            slug="create",
            label=_("Create"),
            params=CreateImageParams,
            price=PICTURE_PRICE,
            usual_seconds=95,
            icon="image",
            help=_("A picture from words, with up to three pictures to work from."),
        ),
        Operation(
            slug="rework",
            label=_("Edit with words"),
            params=ReworkParams,
            price=PICTURE_PRICE,
            needs=Needs.IMAGE,
            usual_seconds=95,
            icon="brush",
            help=_("Any picture, changed as your words say, with up to two others to take something from."),
            takes=PICTURE,
        ),
    ),
    idempotency=Idempotency.KEY,
    deadline=3600,
    summary=_("Pictures that follow long instructions, in three qualities and up to 4K."),
    keeps_hours=KEPT_HOURS,
)
VEO = Model(
    slug="veo-3.1",
    title="Veo 3.1",
    wire_id="T0301004",
    operations=(
        Operation(
            slug="create",
            label=_("Create"),
            params=CreateFilmParams,
            price=FILM_PRICE,
            makes=Kind.VIDEO,
            usual_seconds=95,
            icon="film",
            help=_("Eight seconds of video from words, from a first and a last frame, or after references."),
        ),
        Operation(
            slug="animate",
            label=_("Animate"),
            params=AnimateParams,
            price=FILM_PRICE,
            needs=Needs.IMAGE,
            makes=Kind.VIDEO,
            usual_seconds=95,
            icon="film",
            help=_("Eight seconds of video that begin with this picture."),
            takes=PICTURE,
        ),
    ),
    idempotency=Idempotency.KEY,
    deadline=3600,
    summary=_("Videos of eight seconds with voices, noises and music."),
    keeps_hours=KEPT_HOURS,
)


class Vod(Wire):
    prefix: ClassVar[str] = "vod"
    models: ClassVar[tuple[Model, ...]] = (IMAGE, VEO)

    def submit(self, order: Order) -> Flow[Snapshot]:
        """Sends the order with its key, so that it may be sent again. Raises AlreadySubmitted where the service had it
        before and does not say under which id."""
        request = self.pool.request(
            "POST",
            PATH,
            json=make_body(order),
            headers={"X-TC-Action": order.model.wire_id},
            request_key=order.request_key,
        )
        response = yield from send(request)
        reply = read_submitted_json(response, self.pool.secrets)
        raw = redact(reply, self.pool.secrets)
        error = refused(response, reply, submitting=True, raw=raw)
        # a duplicate that names the task that it repeats is as good as the lost answer
        if error is not None and not (isinstance(error, AlreadySubmitted) and task_id(reply)):
            raise error
        try:
            return read_submitted(reply, self.pool.secrets)
        except InvalidResponse as problem:
            raise SubmitUnknown(code=problem.code, request_id=request_id(response), raw=raw) from problem

    def fetch(self, remote_id: str, cursor: str = "") -> Flow[Snapshot]:
        """Raises ResultExpired when the service no longer knows the task."""
        if not is_id(remote_id):
            raise InvalidRequest(code="bad_id")
        response = yield self.pool.request("POST", PATH, json={"TaskId": remote_id})
        reply = read_answered_json(response, self.pool.secrets)
        raw = redact(reply, self.pool.secrets)
        if error := refused(response, reply, submitting=False, raw=raw):
            raise error
        return read_task(unwrap(reply), remote_id, raw=raw, failures=FAILURES)

    @classmethod
    def expected_size(cls, params: Params) -> tuple[int, int] | None:
        return expected_size(params)


def make_body(order: Order) -> dict[str, Any]:
    """The body of a submit. Raises InvalidRequest for what can't be sent, NotConfigured where the service has to
    download a picture and can't reach us."""
    values = order.params.model_dump()
    output = {
        "StorageMode": values["storage"],
        "AspectRatio": values["ratio"] or _ratio_of_picture(order),
        "PersonGeneration": values["persons"],
        "InputComplianceCheck": values["input_check"],
        "OutputComplianceCheck": values["output_check"],
    }
    # the sizes that the service takes when it is told none; Veo's are not on its page
    if values["resolution"] not in {DEFAULT_IMAGE_SIZE, DEFAULT_FILM_SIZE}:
        output["Resolution"] = values["resolution"]
    if "sound" in values:
        output["AudioGeneration"] = _enabled(values["sound"])
    body = {
        "ModelVersion": values.get("quality", ""),
        "FileInfos": list(_file_infos(order)),
        "Prompt": values["prompt"].strip(),
        "NegativePrompt": values["negative"].strip(),
        "EnhancePrompt": _enabled(values["enhance"]),
        "OutputConfig": output,
        "LastFrameFileId": values.get("last_frame_id", ""),
        "SceneType": values.get("scene", ""),
        "InputRegion": values["region"],
        "SessionId": session_id(order.request_key),
        "SessionContext": order.request_key[:CONTEXT_LIMIT],
        "TasksPriority": values["priority"],
        "ExtInfo": values["extra"],
    }
    if values["seed"] is not None:
        body["Seed"] = values["seed"]
    return {name: value for name, value in body.items() if value not in ("", [])}


def _ratio_of_picture(order: Order) -> str:
    start = start_of(order)
    return nearest_ratio(order.params, start.width, start.height)


def _file_infos(order: Order) -> Iterator[dict[str, str]]:
    if order.model is VEO:
        for usage, file in _frames(order):
            yield {"Type": "Url", "Url": file.link(), "Usage": usage}
        return
    pictures = [start_of(order)] if order.operation.needs is Needs.IMAGE else []
    pictures += files_of(order, "references")
    described = lines(order.params.model_dump()["texts"])
    for index, picture in enumerate(pictures):
        words = described[index] if index < len(described) else ""
        yield {"Type": "Url", "Url": picture.link(), **({"Text": words} if words else {})}


def _frames(order: Order) -> Iterator[tuple[str, Media]]:
    if order.operation.needs is Needs.IMAGE:
        yield "FirstFrame", start_of(order)
    for name, usage in (("first_frame", "FirstFrame"), ("last_frame", "LastFrame"), ("references", "Reference")):
        for file in files_of(order, name):
            yield usage, file


def _enabled(value: bool) -> str:
    return "Enabled" if value else "Disabled"

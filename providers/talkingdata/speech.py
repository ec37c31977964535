"""MiniMax speech 2.8 (T0311001): the voice comes in the reply."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any, ClassVar

from ..base import Flow, Idempotency, Kind, Media, Model, Operation, Order, Snapshot
from ..errors import GenerationFailed, InvalidRequest, InvalidResponse, ResultExpired
from ..transport import read_json, redact
from ..words import gettext_noop as _
from .errors import send
from .fields import files_of
from .languages import DEFAULT
from .speech_params import DEFAULT_RATE, SpeakParams, ranges, words
from .speech_replies import read_speech, refused, without_sound
from .wire import Wire

PATH = "/model/orgin/job"
#: how long the reply may take to begin: it comes when all has been said
READ_SECONDS = 140.0

_NOT_KEPT = _("This service keeps nothing that could be asked for later.")
_BEYOND = _("The recording ends before one of its parts does. Change the parts.")
#: seconds that a measured length may be off
_SLACK = 0.05

SPEECH = Model(
    slug="speech-2.8",
    title="MiniMax speech 2.8",
    wire_id="T0311001",
    operations=(
        Operation(
            slug="speak",
            label=_("Speak"),
            params=SpeakParams,
            price=Decimal(2),
            makes=Kind.AUDIO,
            usual_seconds=15,
            icon="wave",
            help=_("Speaks a text in forty languages, in a voice of the service or in that of a recording."),
        ),
    ),
    idempotency=Idempotency.NONE,
    deadline=600,
    summary=_("Voices that read texts of up to 2000 characters."),
    keeps_hours=24,
)


class Speech(Wire):
    prefix: ClassVar[str] = "speech"
    models: ClassVar[tuple[Model, ...]] = (SPEECH,)

    def submit(self, order: Order) -> Flow[Snapshot]:
        """Sends the text once; what comes back is finished. What may have arrived without an answer raises
        SubmitUnknown."""
        request = self.pool.request(
            "POST",
            PATH,
            json=make_body(order),
            headers={"X-TC-Action": order.model.wire_id},
            request_key=order.request_key,
            read_seconds=READ_SECONDS,
        )
        response = yield from send(request)
        try:
            reply = read_json(response, self.pool.secrets)
        except InvalidResponse as error:
            if response.is_success:
                # nothing is kept there, so there is nothing to find out
                raise GenerationFailed(error.user_message, code=error.code, request_id=error.request_id) from error
            reply = None
        raw = redact(without_sound(reply), self.pool.secrets)
        if problem := refused(response, reply, raw=raw):
            raise problem
        return read_speech(response, reply, raw, cloned=bool(files_of(order, "recording")))

    def fetch(self, remote_id: str, cursor: str = "") -> Flow[Snapshot]:
        raise ResultExpired(_NOT_KEPT, code="not_kept")
        yield


def make_body(order: Order) -> dict[str, Any]:
    """The body of a submit. Reads the recording where it is sent along. Raises InvalidRequest."""
    params = order.params
    assert isinstance(params, SpeakParams)
    recordings = files_of(order, "recording")
    body: dict[str, Any] = {"Text": params.prompt, "VoiceId": params.voice.strip()}
    if params.language != DEFAULT:
        body["TextLang"] = params.language
    if recordings:
        body |= {**_sound_of(recordings[0]), "AudioLang": params.recording_language}
    profile = {
        "Name": params.profile_name.strip(),
        "Description": params.profile_description.strip(),
        "Gender": params.gender,
        "Age": params.age,
        "Labels": words(params.labels),
        "Scenes": words(params.scenes),
    }
    body["VoiceProfile"] = {name: value for name, value in profile.items() if value}
    if params.output != "data":
        body["Output"] = {"Type": params.output}
    if extra := _extra(params, recordings):
        body["ExtParam"] = json.dumps(extra)
    return {name: value for name, value in body.items() if value}


def _sound_of(recording: Media) -> dict[str, str]:
    if recording.url is not None:
        return {"AudioUrl": recording.url}
    return {"AudioData": base64.b64encode(recording.read()).decode()}


def _extra(params: SpeakParams, recordings: tuple[Media, ...]) -> dict[str, Any]:
    spoken: dict[str, Any] = {}
    if params.seconds is not None:
        spoken["duration"] = params.seconds
    if params.sample_rate != DEFAULT_RATE:
        spoken["sampleRate"] = int(params.sample_rate)
    if params.pitch:
        spoken["pitch"] = params.pitch
    extra: dict[str, Any] = {"synExt": spoken} if spoken else {}
    if recordings and params.time_ranges.strip():
        parts = ranges(params.time_ranges)
        length = recordings[0].duration
        if length and parts[-1][1] > length + _SLACK:
            raise InvalidRequest(_BEYOND, code="time_ranges")
        extra["cloneExt"] = {"timeRanges": parts}
    return extra

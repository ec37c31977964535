"""Reading the answer to a text: the sound itself, or a link to it; and what a refusal means.

{"Response": {"ErrorCode", "Msg", "AudioData", "AudioUrl", "VoiceId", "ExtInfo", "RequestId"}} with HTTP 200.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from typing import Any

import httpx

from .. import tencent_vod
from ..base import Kind, RemoteFile, Snapshot, State
from ..errors import ContentRejected, GenerationFailed, InvalidRequest, ProviderError
from ..refusals import Meaning
from ..tencent_vod import SENSITIVE
from ..transport import request_id
from ..words import gettext_noop as _
from .errors import DOOR_CODES, refusal

_NO_VOICE = _("The service does not have this voice. Check its id.")
_LONG_REPLY = _("The sound is too large for an answer. Have it as a link, or take a lower sample rate.")
_NO_SOUND = _("The service answered without any sound. Try it again.")
_FAILED = _("The service could not say this.")

CODES: Mapping[str, Meaning] = {
    **DOOR_CODES,
    "ResourceNotFound": (InvalidRequest, _NO_VOICE),
    "ResponseSizeLimitExceeded": (InvalidRequest, _LONG_REPLY),
    # not in the page's table, but Tencent's words elsewhere
    "InvalidParameter.VoilationContent": (ContentRejected, SENSITIVE),
    "InvalidParameter.ViolationContent": (ContentRejected, SENSITIVE),
    "ContentModerationFailed": (ContentRejected, SENSITIVE),
}
_ALL_CODES: Mapping[str, Meaning] = {**tencent_vod.FAILURES, **CODES}

#: of what we know a job by, which nothing can be asked with
ID_LIMIT = 100

#: how sounds begin
_BEGINNINGS = ((b"ID3", "audio/mpeg"), (b"\xff\xfb", "audio/mpeg"), (b"OggS", "audio/ogg"), (b"fLaC", "audio/flac"))
_ENDINGS = {".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".flac": "audio/flac", ".m4a": "audio/mp4"}


def refused(response: httpx.Response, body: Any, *, raw: Any) -> ProviderError | None:
    """The exception for a reply that is no success, None for one that is."""
    code = tencent_vod.refused_code(body)
    return refusal(
        response,
        code=code,
        meaning=tencent_vod.meaning(code, CODES) if code else None,
        submitting=True,
        reply_id=tencent_vod.reply_id(body),
        raw=raw,
    )


def read_speech(response: httpx.Response, body: Any, raw: Any, *, cloned: bool) -> Snapshot:
    """The finished job, with the id of its voice where one was `cloned`. Raises what an error code inside the answer
    means, GenerationFailed where there is no sound: nothing is kept there that could be asked for."""
    found = tencent_vod.unwrap(body)
    known_as = tencent_vod.reply_id(body) or request_id(response)
    number = _code(found.get("ErrorCode"))
    if number:
        # the page has numbers here and words in its table: a word may stand in either field
        said = re.match(r"[A-Za-z]+(\.[A-Za-z]+)*", _text(found.get("Msg")))
        code = next((word for word in (number, said[0] if said else "") if tencent_vod.meaning(word, _ALL_CODES)), "")
        kind, sentence = tencent_vod.meaning(code, _ALL_CODES) or (GenerationFailed, _FAILED)
        raise kind(sentence, code=code or f"err_{number}", request_id=known_as, raw=raw)
    file = _sound(found)
    if file is None:
        raise GenerationFailed(_NO_SOUND, code="no_sound", request_id=known_as, raw=raw)
    usage: dict[str, Any] = {}
    if cloned and (voice := _text(found.get("VoiceId"))):
        usage["voice_id"] = voice[:200]
    if (seconds := _seconds(found.get("ExtInfo"))) is not None:
        usage["seconds"] = seconds
    return Snapshot(known_as[:ID_LIMIT], State.SUCCEEDED, files=(file,), usage=usage, raw=raw)


def _code(value: Any) -> str:
    """ "" for success, which is 0 as a number or a text, and for nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return ""
    text = f"{value:g}" if isinstance(value, float) else str(value).strip()
    return "" if text in {"", "0"} else text[:80]


def _sound(found: Mapping[str, Any]) -> RemoteFile | None:
    data = _decoded(_text(found.get("AudioData")))
    if data:
        return RemoteFile(0, Kind.AUDIO, data=data, media_type=_type_of(data))
    link = _text(found.get("AudioUrl"))
    if not link:
        return None
    path = link.partition("?")[0].lower()
    media_type = next((kind for ending, kind in _ENDINGS.items() if path.endswith(ending)), "audio/wav")
    return RemoteFile(0, Kind.AUDIO, link, media_type=media_type)


def _decoded(text: str) -> bytes:
    """b"" for what is no base64; a data URL is taken as well."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _type_of(data: bytes) -> str:
    return next((kind for beginning, kind in _BEGINNINGS if data.startswith(beginning)), "audio/wav")


def _seconds(value: Any) -> float | None:
    """The length that ExtInfo tells, a JSON text or what it would be when read."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    told = value.get("duration") if isinstance(value, dict) else None
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        seconds = float(told)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def without_sound(body: Any) -> Any:
    """The answer as it may be kept: its bytes are kept as a file."""
    found = tencent_vod.unwrap(body)
    if not _text(found.get("AudioData")):
        return body
    cut = {**found, "AudioData": f"[{len(found['AudioData'])} characters]"}
    return {**body, "Response": cut} if isinstance(body.get("Response"), dict) else cut


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""

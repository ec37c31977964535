"""Seedance's library of trusted files: a file is put into it once and used by its id ("asset://…").

The service downloads the file, looks through it, and says Active or Failed some time later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx

from ..base import Flow, Kind, LibraryAsset, LibraryState, Media
from ..errors import (
    ContentRejected,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    NotConfigured,
    ProviderError,
    ResultExpired,
)
from ..refusals import Meaning
from ..transport import read_json, redact, request_id
from ..words import gettext_noop as _
from .ark_errors import error_of, meaning_of, refusal
from .wire import Pool

CREATE = "/model/origin/assets/create"
GET = "/model/origin/assets/get"
NAME_LIMIT = 64
#: the project of a group that belongs to none
DEFAULT_PROJECT = "default"

TYPES: Mapping[Kind, str] = {Kind.IMAGE: "Image", Kind.VIDEO: "Video", Kind.AUDIO: "Audio"}
STATES: Mapping[str, LibraryState] = {
    "Active": LibraryState.ACTIVE,
    "Processing": LibraryState.PROCESSING,
    "Failed": LibraryState.FAILED,
}

_WRONG_KIND = _("The asset library takes pictures, videos and sound files.")
_NO_GROUP = _("The service does not know the studio's asset group. An administrator has to check it.")
_GONE = _("The file is no longer in the service's asset library. Add it again.")
_NOT_FETCHED = _("The service could not download this file for its asset library. Try it again.")
_NOT_READ = _("The service could not read this file for its asset library. Use another file.")
_BAD_FORMAT = _("The asset library does not take files of this format.")
_TOO_LONG = _("This file is too long for the asset library: it takes up to 15 seconds.")
_TOO_SHORT = _("This file is too short for the asset library: it takes 2 seconds and more.")
_TOO_SMALL = _("This picture or video is too small for the asset library: no side may be under 300 pixels.")
_TOO_BIG = _("This picture or video is too big for the asset library: no side may be over 6000 pixels.")
_PIXELS = _("This video has more or fewer pixels than the asset library takes. Use one of 480p or 720p.")
_TOO_WIDE = _("This picture or video is too wide or too narrow for the asset library.")
_TOO_HEAVY = _("This file is too large for the asset library.")
_BAD_RATE = _("The asset library takes videos of 24 to 60 frames a second.")
_REFUSED = _("The service's filter does not let this file into its asset library. Use another one.")
_FAILED = _("The service could not take this file into its asset library. Use another one.")

#: why a file failed: the names that are known, and those of the other bounds made alike
FAILURES: Mapping[str, Meaning] = {
    "DownloadFailed": (GenerationFailed, _NOT_FETCHED),
    "FormatUnsupported": (InvalidRequest, _BAD_FORMAT),
    "DurationTooLong": (InvalidRequest, _TOO_LONG),
    "DurationTooShort": (InvalidRequest, _TOO_SHORT),
    "WidthTooSmall": (InvalidRequest, _TOO_SMALL),
    "HeightTooSmall": (InvalidRequest, _TOO_SMALL),
    "WidthTooLarge": (InvalidRequest, _TOO_BIG),
    "HeightTooLarge": (InvalidRequest, _TOO_BIG),
    "PixelCountTooSmall": (InvalidRequest, _PIXELS),
    "PixelCountTooLarge": (InvalidRequest, _PIXELS),
    "AspectRatioTooLarge": (InvalidRequest, _TOO_WIDE),
    "AspectRatioTooSmall": (InvalidRequest, _TOO_WIDE),
    "FileSizeTooLarge": (InvalidRequest, _TOO_HEAVY),
    "FrameRateTooHigh": (InvalidRequest, _BAD_RATE),
    "FrameRateTooLow": (InvalidRequest, _BAD_RATE),
    "ContentRestricted": (ContentRejected, _REFUSED),
    "TranscodingFailed": (GenerationFailed, _NOT_READ),
}

_ID = re.compile(r"[A-Za-z0-9*][A-Za-z0-9*_.~-]{0,199}")


def create_asset(pool: Pool, media: Media, name: str) -> Flow[LibraryAsset]:
    """Puts a file into the account's asset group. The service downloads it: raises NotConfigured where it can't."""
    if media.kind not in TYPES:
        raise InvalidRequest(_WRONG_KIND, code="asset_type")
    body = {
        "GroupId": pool.credentials["asset_group"],
        "URL": media.link(),
        "AssetType": TYPES[media.kind],
        "ProjectName": pool.credentials["asset_project"],
    }
    if name.strip():
        body["Name"] = name.strip()[:NAME_LIMIT]
    response = yield pool.request("POST", CREATE, json=body)
    result = _read(pool, response, creating=True)
    remote_id = result.get("Id", result.get("id"))
    if not isinstance(remote_id, str) or not _ID.fullmatch(remote_id):
        raise InvalidResponse(code="no_id", request_id=request_id(response), raw=redact(result, pool.secrets))
    return LibraryAsset(remote_id, LibraryState.PROCESSING)


def look_at_asset(pool: Pool, remote_id: str) -> Flow[LibraryAsset]:
    """Raises ResultExpired for a file that the library no longer has."""
    if not _ID.fullmatch(remote_id):
        raise InvalidRequest(code="bad_id")
    query = {"id": remote_id}
    if pool.credentials["asset_project"] != DEFAULT_PROJECT:
        query["ProjectName"] = pool.credentials["asset_project"]
    response = yield pool.request("POST", GET, params=query)
    result = _read(pool, response)
    status = result.get("Status")
    if not isinstance(status, str):
        raise InvalidResponse(code="no_status", request_id=request_id(response), raw=redact(result, pool.secrets))
    # a word we don't know is no end
    state = STATES.get(status, LibraryState.PROCESSING)
    error = failure(result.get("Error"), redact(result, pool.secrets)) if state is LibraryState.FAILED else None
    return LibraryAsset(remote_id, state, error)


def failure(error: Any, raw: Any = None) -> ProviderError:
    """Why a file failed, from {"Code", "Message"}."""
    found = error if isinstance(error, dict) else {}
    code = str(found.get("Code") or "")[:200]
    stem = code.rpartition(".")[2]
    meaning = FAILURES.get(code) or FAILURES.get(stem)
    if meaning is None:
        known = meaning_of(code)
        meaning = (ContentRejected, _REFUSED) if known and known[0] is ContentRejected else (GenerationFailed, _FAILED)
    kind, sentence = meaning
    return kind(sentence, code=code or "asset_failed", raw=raw)


def _read(pool: Pool, response: httpx.Response, *, creating: bool = False) -> Mapping[str, Any]:
    """The envelope's Result. An error may come with a good status."""
    try:
        body = read_json(response, pool.secrets)
    except InvalidResponse:
        if response.is_success:
            raise
        body = None
    code = error_of(body)[0]
    if not response.is_success or code:
        error = refusal(response, body, raw=redact(body, pool.secrets))
        if isinstance(error, ResultExpired):
            # what is not found is the group while a file is put in, and the file later
            kind, sentence = (NotConfigured, _NO_GROUP) if creating else (ResultExpired, _GONE)
            raise kind(sentence, code=error.code, request_id=error.request_id, raw=error.raw)
        raise error
    result = body.get("Result") if isinstance(body, dict) else None
    if not isinstance(result, dict):
        raise InvalidResponse(code="no_result", request_id=request_id(response), raw=redact(body, pool.secrets))
    return result

"""What a refusal by Tencent's VOD means at the pool: its codes come with HTTP 200."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from .. import tencent_vod
from ..errors import AuthFailed, InvalidRequest, ProviderError, QuotaExhausted
from ..refusals import Meaning
from ..words import gettext_noop as _
from .errors import DOOR_CODES, NO_MONEY, NO_RIGHT, refusal, word

_BAD_PICTURE = _("The service could not use a picture. It takes JPEG and PNG of up to 10 MB.")
_NOT_FOUND = _("The service could not download a picture that this needs. Try it again.")

#: The pages' own rows and what Tencent says besides.
CODES: Mapping[str, Meaning] = {
    **tencent_vod.CODES,
    **DOOR_CODES,
    "OperationDenied": (AuthFailed, NO_RIGHT),
    "FailedOperation.InvalidAccount": (QuotaExhausted, NO_MONEY),
    # the pool's own account at Tencent
    "FailedOperation.InvalidVodUser": (AuthFailed, NO_RIGHT),
    "InvalidParameterValue.SubAppId": (AuthFailed, NO_RIGHT),
    "InvalidParameter.MediaFormat": (InvalidRequest, _BAD_PICTURE),
    "ResourceNotFound": (InvalidRequest, _NOT_FOUND),
}

#: ErrCodeExt of a task that ended with an error.
FAILURES: Mapping[str, Meaning] = {
    **tencent_vod.FAILURES,
    "InvalidParameter.MediaFormat": (InvalidRequest, _BAD_PICTURE),
    "ResourceNotFound": (InvalidRequest, _NOT_FOUND),
}


def refused(response: httpx.Response, body: Any, *, submitting: bool, raw: Any) -> ProviderError | None:
    """The exception for a reply that is no success, None for one that is."""
    code = tencent_vod.refused_code(body)
    known = CODES if submitting else {**CODES, **tencent_vod.QUERY_CODES}
    return refusal(
        response,
        code=code or _code_of_pool(body),
        meaning=tencent_vod.meaning(code, known) if code else None,
        submitting=submitting,
        reply_id=tencent_vod.reply_id(body),
        raw=raw,
    )


def _code_of_pool(body: Any) -> str:
    """What the pool itself may say instead of Tencent (not documented): {"error": {"code"}}."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return word(error.get("code")) or "error"
    return "error" if isinstance(error, str) and error else ""

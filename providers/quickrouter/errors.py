"""What the service's refusals mean: Tencent's codes, which come with HTTP 200, and the gateway's statuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from .. import refusals, tencent_vod
from ..errors import (
    AuthFailed,
    InvalidRequest,
    NotConfigured,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Unavailable,
)
from ..refusals import BAD_REQUEST, BUSY, Meaning
from ..tencent_vod import FULL
from ..words import gettext_noop as _

_NO_MONEY = _("The studio's account at QuickRouter has run out. An administrator has to top it up.")
_NO_RIGHT = _("QuickRouter does not let the studio's account do this. An administrator has to check it.")
_BAD_KEY = _("QuickRouter did not accept our key. An administrator has to check it.")
_BAD_PICTURE = _("The service could not use a picture. It takes JPEG, PNG and WebP of up to 7 MB.")
_NO_FILE = _("The service does not have a picture that this names. Check the file ids.")
_NO_SUCH_PATH = _(
    "QuickRouter has nothing at this address. An administrator has to check the address and the query path."
)

#: Tencent's codes in the reply to a submit or a query, in the words of this gateway.
CODES: Mapping[str, Meaning] = {
    **tencent_vod.CODES,
    "AuthFailure": (AuthFailed, _BAD_KEY),
    "UnauthorizedOperation": (AuthFailed, _NO_RIGHT),
    "OperationDenied": (AuthFailed, _NO_RIGHT),
    "FailedOperation.InvalidAccount": (QuotaExhausted, _NO_MONEY),
    "FailedOperation.InvalidVodUser": (AuthFailed, _NO_RIGHT),
    "ResourceNotFound": (InvalidRequest, _NO_FILE),
    "InvalidParameter.MediaFormat": (InvalidRequest, _BAD_PICTURE),
    "InvalidParameterValue.FileId": (InvalidRequest, _NO_FILE),
}

#: ErrCodeExt of a task that ended with an error.
FAILURES: Mapping[str, Meaning] = {
    **tencent_vod.FAILURES,
    "InvalidParameter.MediaFormat": (InvalidRequest, _BAD_PICTURE),
    "ResourceNotFound": (InvalidRequest, _NO_FILE),
}

#: The gateway's own codes. Its document has none; these are what gateways of its kind are seen to say.
GATEWAY_CODES: Mapping[str, Meaning] = {
    "insufficient_user_quota": (QuotaExhausted, _NO_MONEY),
    "insufficient_quota": (QuotaExhausted, _NO_MONEY),
    "pre_consume_token_quota_failed": (QuotaExhausted, _NO_MONEY),
    "invalid_api_key": (AuthFailed, _BAD_KEY),
    "rate_limit_exceeded": (RateLimited, FULL),
}

#: 401, 429 and 500 are the document's "frequent errors"; of 500 it says to try again later.
STATUSES: Mapping[int, Meaning] = {
    400: (InvalidRequest, BAD_REQUEST),
    401: (AuthFailed, _BAD_KEY),
    402: (QuotaExhausted, _NO_MONEY),
    403: (AuthFailed, _NO_RIGHT),
    404: (NotConfigured, _NO_SUCH_PATH),
    405: (NotConfigured, _NO_SUCH_PATH),
    413: (InvalidRequest, _BAD_PICTURE),
    422: (InvalidRequest, BAD_REQUEST),
    429: (RateLimited, FULL),
    500: (Unavailable, BUSY),
}


def refusal(response: httpx.Response, body: Any, *, submitting: bool, raw: Any = None) -> ProviderError | None:
    """The exception for a reply that is no success, None for one that is.

    While submitting, a 5xx other than the documented one means that nobody knows whether the job was taken.
    """
    code, meaning = _said(body, submitting) or ("", None)
    return refusals.refusal(
        response,
        code=code,
        meaning=meaning,
        statuses=STATUSES,
        submitting=submitting,
        reply_id=tencent_vod.reply_id(body),
        raw=raw,
    )


def _said(body: Any, submitting: bool) -> tuple[str, Meaning | None] | None:
    """The code that a body refuses with, and its meaning where we know it."""
    if not isinstance(body, dict):
        return None
    if code := tencent_vod.refused_code(body):
        return code, tencent_vod.meaning(code, CODES if submitting else {**CODES, **tencent_vod.QUERY_CODES})
    error = body.get("error") if "status" not in body else None
    if isinstance(error, dict):
        code = _text(error.get("code")) or _text(error.get("type"))
        return code or "error", GATEWAY_CODES.get(code)
    if isinstance(error, str) and error:
        return "error", None
    return None


def _text(value: Any) -> str:
    return value.strip()[:80] if isinstance(value, str) else ""

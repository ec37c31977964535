"""What the service's refusals mean: Tencent's codes, which come with HTTP 200, and the gateway's statuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from ..errors import (
    AlreadySubmitted,
    AuthFailed,
    ContentRejected,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    NotConfigured,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ResultExpired,
    SubmitUnknown,
    Unavailable,
    Unsupported,
)
from ..transport import request_id, retry_after
from ..words import gettext_noop as _

Meaning = tuple[type[ProviderError], str]

_BUSY = _("The service is too busy right now.")
_FULL = _("The service is working on as much as it takes from us at once.")
_NO_MONEY = _("The studio's account at QuickRouter has run out. An administrator has to top it up.")
_NO_RIGHT = _("QuickRouter does not let the studio's account do this. An administrator has to check it.")
_BAD_KEY = _("QuickRouter did not accept our key. An administrator has to check it.")
_BAD_REQUEST = _("The service did not accept these parameters.")
_SENSITIVE = _("The service's filter refused these words or pictures. Try others.")
_FILTERED = _("The service's filter refused the words, the pictures or the result of this.")
_BAD_PICTURE = _("The service could not use a picture. It takes JPEG, PNG and WebP of up to 7 MB.")
_NO_FILE = _("The service does not have a picture that this names. Check the file ids.")
_BROKE = _("The service failed on this. Nothing was made; try it again.")
_MODEL_FAILED = _("The model could not make a picture of this. Try other words.")
_TOOK_TOO_LONG = _("The service took too long on this and gave up.")
_CANCELED = _("This job was canceled at the service.")
_ABORTED = _("The service stopped working on this.")
_FAILED = _("The service failed on this without saying why.")
_GONE = _("The service no longer knows this job.")
_NOT_HERE = _("The service does not offer this for this model.")
_NO_SUCH_PATH = _(
    "QuickRouter has nothing at this address. An administrator has to check the address and the query path."
)

#: Tencent's codes in the reply to a submit or a query. What stands behind a dot falls back to what stands before it.
CODES: Mapping[str, Meaning] = {
    "AuthFailure": (AuthFailed, _BAD_KEY),
    "UnauthorizedOperation": (AuthFailed, _NO_RIGHT),
    "OperationDenied": (AuthFailed, _NO_RIGHT),
    "FailedOperation": (GenerationFailed, _BROKE),
    "FailedOperation.InvalidAccount": (QuotaExhausted, _NO_MONEY),
    "FailedOperation.InvalidVodUser": (AuthFailed, _NO_RIGHT),
    "InternalError": (Unavailable, _BUSY),
    "RequestLimitExceeded": (RateLimited, _FULL),
    "LimitExceeded": (RateLimited, _FULL),
    "ResourceInsufficient": (Unavailable, _BUSY),
    "ResourceUnavailable": (Unavailable, _BUSY),
    "ResourceNotFound": (InvalidRequest, _NO_FILE),
    "MissingParameter": (InvalidRequest, _BAD_REQUEST),
    "UnknownParameter": (InvalidRequest, _BAD_REQUEST),
    "InvalidParameter": (InvalidRequest, _BAD_REQUEST),
    "InvalidParameter.VoilationContent": (ContentRejected, _SENSITIVE),
    "InvalidParameter.ViolationContent": (ContentRejected, _SENSITIVE),
    "InvalidParameter.MediaFormat": (InvalidRequest, _BAD_PICTURE),
    "InvalidParameterValue": (InvalidRequest, _BAD_REQUEST),
    "InvalidParameterValue.FileId": (InvalidRequest, _NO_FILE),
    "InvalidParameterValue.SessionId": (AlreadySubmitted, ""),
    "UnsupportedOperation": (Unsupported, _NOT_HERE),
    "ContentModerationFailed": (ContentRejected, _SENSITIVE),
}

#: Where a query is refused for the job it asks about.
QUERY_CODES: Mapping[str, Meaning] = {
    "ResourceNotFound": (ResultExpired, _GONE),
    "InvalidParameterValue.TaskId": (ResultExpired, _GONE),
}

#: ErrCodeExt of a task that ended with an error.
FAILURES: Mapping[str, Meaning] = {
    "RequestLimitExceeded": (RateLimited, _FULL),
    "InvalidParameter.VoilationContent": (ContentRejected, _FILTERED),
    "InvalidParameter.ViolationContent": (ContentRejected, _FILTERED),
    "InvalidParameterValue": (InvalidRequest, _BAD_REQUEST),
    "FailedOperation": (GenerationFailed, _BROKE),
    "InternalError": (GenerationFailed, _BROKE),
    "InvalidParameter": (InvalidRequest, _BAD_REQUEST),
    "InvalidParameter.MediaFormat": (InvalidRequest, _BAD_PICTURE),
    "ContentModerationFailed": (ContentRejected, _FILTERED),
    "ResourceInsufficient": (GenerationFailed, _BUSY),
    "ModelGenerateFailed": (GenerationFailed, _MODEL_FAILED),
    "ResourceNotFound": (InvalidRequest, _NO_FILE),
    "OperationCanceled": (GenerationFailed, _CANCELED),
    "TaskTimeout": (GenerationFailed, _TOOK_TOO_LONG),
    "ABORTED": (GenerationFailed, _ABORTED),
}

#: The gateway's own codes. Its document has none; these are what gateways of its kind are seen to say.
GATEWAY_CODES: Mapping[str, Meaning] = {
    "insufficient_user_quota": (QuotaExhausted, _NO_MONEY),
    "insufficient_quota": (QuotaExhausted, _NO_MONEY),
    "pre_consume_token_quota_failed": (QuotaExhausted, _NO_MONEY),
    "invalid_api_key": (AuthFailed, _BAD_KEY),
    "rate_limit_exceeded": (RateLimited, _FULL),
}

#: 401, 429 and 500 are the document's "frequent errors"; of 500 it says to try again later.
STATUSES: Mapping[int, Meaning] = {
    400: (InvalidRequest, _BAD_REQUEST),
    401: (AuthFailed, _BAD_KEY),
    402: (QuotaExhausted, _NO_MONEY),
    403: (AuthFailed, _NO_RIGHT),
    404: (NotConfigured, _NO_SUCH_PATH),
    405: (NotConfigured, _NO_SUCH_PATH),
    413: (InvalidRequest, _BAD_PICTURE),
    422: (InvalidRequest, _BAD_REQUEST),
    429: (RateLimited, _FULL),
    500: (Unavailable, _BUSY),
}


def refusal(response: httpx.Response, body: Any, *, submitting: bool, raw: Any = None) -> ProviderError | None:
    """The exception for a reply that is no success, None for one that is.

    While submitting, a 5xx other than the documented one means that nobody knows whether the job was taken.
    """
    found = _said(body, submitting)
    code = found[0] if found else ""
    meaning = found[1] if found else None
    if meaning is None and not response.is_success:
        undocumented = SubmitUnknown if submitting else Unavailable
        unknown: Meaning = (InvalidResponse, "") if response.status_code < 500 else (undocumented, "")
        meaning = STATUSES.get(response.status_code, unknown)
    if meaning is None:
        if not code:
            return None
        # a refusal that we do not know
        meaning = (InvalidRequest, _BAD_REQUEST) if submitting else (Unavailable, _BUSY)
    kind, sentence = meaning
    if not submitting and kind is GenerationFailed:
        # a question that failed says nothing of the job it was about
        kind, sentence = Unavailable, _BUSY
    return kind(
        sentence,
        code=code or f"http_{response.status_code}",
        retry_after=retry_after(response),
        request_id=_request_id(response, body),
        raw=raw,
    )


def failure(code: str, number: int, raw: Any = None) -> ProviderError:
    """The exception for a task that ended with ErrCodeExt `code` and ErrCode `number`."""
    kind, sentence = FAILURES.get(code) or FAILURES.get(code.partition(".")[0]) or (GenerationFailed, _FAILED)
    return kind(sentence, code=code or f"err_{number}", raw=raw)


def _said(body: Any, submitting: bool) -> tuple[str, Meaning | None] | None:
    """The code that a body refuses with, and its meaning where we know it."""
    if not isinstance(body, dict):
        return None
    inner = body.get("Response")
    error = inner.get("Error") if isinstance(inner, dict) else None
    if isinstance(error, dict):
        code = _text(error.get("Code"))
        known = CODES if submitting else {**CODES, **QUERY_CODES}
        return code or "Error", known.get(code) or known.get(code.partition(".")[0])
    error = body.get("error") if "status" not in body else None
    if isinstance(error, dict):
        code = _text(error.get("code")) or _text(error.get("type"))
        return code or "error", GATEWAY_CODES.get(code)
    if isinstance(error, str) and error:
        return "error", None
    return None


def _text(value: Any) -> str:
    return value.strip()[:80] if isinstance(value, str) else ""


def _request_id(response: httpx.Response, body: Any) -> str:
    inner = body.get("Response") if isinstance(body, dict) else None
    found = inner.get("RequestId") if isinstance(inner, dict) else None
    return found[:200] if isinstance(found, str) and found else request_id(response)

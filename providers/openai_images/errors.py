"""What refusals mean: `{"error": {"code", "message", "type", "param"}}` by code, by type, and else by status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from ..errors import (
    AuthFailed,
    ContentRejected,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    NotConfigured,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    SubmitUnknown,
    Unavailable,
)
from ..refusals import Meaning
from ..transport import request_id, retry_after
from ..words import gettext_noop as _

_BAD_KEY = _("The image service did not accept our key. An administrator has to check it.")
_NO_RIGHT = _("The image service does not let the studio's account do this. An administrator has to check it.")
_NO_MODEL = _("The image service has no such model. An administrator has to check its model id.")
_NOT_THERE = _("There is no image service at its address. An administrator has to check it.")
_NO_MONEY = _("The studio's account at the image service has run out. An administrator has to top it up.")
_FULL = _("The service is working on as much as it takes from us at once.")
_REFUSED = _("The service's filter refused this. Try other words or another picture.")
_BAD_REQUEST = _("The service did not accept these parameters.")
_TOO_LARGE = _("The picture is too large for this service.")
_BUSY = _("The service is too busy right now.")
_BROKE = _("The service failed on this. Nothing was made; try it again.")

CODES: Mapping[str, Meaning] = {
    "invalid_api_key": (AuthFailed, _BAD_KEY),
    "invalid_organization": (AuthFailed, _NO_RIGHT),
    "unsupported_country_region_territory": (AuthFailed, _NO_RIGHT),
    "model_not_found": (NotConfigured, _NO_MODEL),
    "insufficient_quota": (QuotaExhausted, _NO_MONEY),
    "billing_hard_limit_reached": (QuotaExhausted, _NO_MONEY),
    "rate_limit_exceeded": (RateLimited, _FULL),
    "content_policy_violation": (ContentRejected, _REFUSED),
    "moderation_blocked": (ContentRejected, _REFUSED),
    "server_error": (GenerationFailed, _BROKE),
}
TYPES: Mapping[str, Meaning] = {
    "authentication_error": (AuthFailed, _BAD_KEY),
    "permission_error": (AuthFailed, _NO_RIGHT),
    "insufficient_quota": (QuotaExhausted, _NO_MONEY),
    "requests": (RateLimited, _FULL),
    "tokens": (RateLimited, _FULL),
    "rate_limit_error": (RateLimited, _FULL),
    "image_generation_user_error": (InvalidRequest, _BAD_REQUEST),
}
STATUSES: Mapping[int, Meaning] = {
    400: (InvalidRequest, _BAD_REQUEST),
    401: (AuthFailed, _BAD_KEY),
    402: (QuotaExhausted, _NO_MONEY),
    403: (AuthFailed, _NO_RIGHT),
    404: (NotConfigured, _NOT_THERE),
    405: (NotConfigured, _NOT_THERE),
    413: (InvalidRequest, _TOO_LARGE),
    415: (InvalidRequest, _BAD_REQUEST),
    422: (InvalidRequest, _BAD_REQUEST),
    429: (RateLimited, _FULL),
    500: (GenerationFailed, _BROKE),
    503: (Unavailable, _BUSY),
}
#: by the parameter that the service names
PARAMS: Mapping[str, str] = {
    "size": _("The model does not make pictures of this size. Choose another one."),
    "quality": _("The model does not know this quality. Choose “Automatic”, or another one."),
    "background": _("The model does not know this background. Choose “Automatic”."),
    "output_format": _("The model does not make files of this format. Choose PNG."),
    "n": _("The model does not make so many pictures at once. Choose fewer."),
    "prompt": _("The service could not read this prompt. It may be too long."),
    "image": _("The service could not use this picture. Try it as PNG."),
    "mask": _("The service could not use this mask. Draw it once more."),
    "model": _NO_MODEL,
}


def refusal(response: httpx.Response, body: Any, *, raw: Any = None) -> ProviderError:
    """The exception for a reply that is no success.

    A gateway's 5xx means that nobody knows whether the pictures were made.
    """
    found = body.get("error") if isinstance(body, dict) else None
    details = found if isinstance(found, dict) else {}
    code, kind_of, param = (_text(details.get(name)) for name in ("code", "type", "param"))
    meaning = CODES.get(code) or TYPES.get(kind_of) or STATUSES.get(response.status_code)
    if meaning is None:
        meaning = (SubmitUnknown if response.status_code >= 500 else InvalidResponse, "")
    kind, sentence = meaning
    if kind is InvalidRequest and param.removesuffix("[]") in PARAMS:
        sentence = PARAMS[param.removesuffix("[]")]
    return kind(
        sentence,
        code=code or kind_of or f"http_{response.status_code}",
        retry_after=retry_after(response),
        request_id=request_id(response),
        raw=raw,
    )


def _text(value: Any) -> str:
    return value.strip()[:80] if isinstance(value, str) else ""

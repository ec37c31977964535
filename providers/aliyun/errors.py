"""What the service's refusals mean: the rows of its error table by code, and what stands in for a missing one."""

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
    ResultExpired,
    SubmitUnknown,
    Unavailable,
)
from ..refusals import Meaning
from ..transport import request_id, retry_after
from ..words import gettext_noop as _

#: both readings of success: the samples', and the error table's
GOOD = frozenset({"0", "23500000"})

_BROKE = _("The service failed on this. Nothing was made; try it again.")
_BUSY = _("The service is too busy right now.")
_BAD_KEY = _("Aliyun did not accept our APPCODE. An administrator has to check it.")
_NO_SERVICE = _("Aliyun does not know this service at the address we ask. An administrator has to check it.")
_NO_MONEY = _("The studio's account at Aliyun has run out. An administrator has to top it up.")
_THROTTLED = _("The service is working on as much as it takes from us at once.")
_REFUSED = _("The service's filter refused this picture.")
_UNREACHABLE = _("The service could not download the picture or its mask. Try again.")
_UNFIT = _("The picture or its mask is not what the service takes: JPEG, PNG or WebP, 400 to 4096 pixels a side.")
_GONE = _("The service no longer knows this job.")
_MISSING = _("The service misses a parameter. Fill in everything that is asked for.")
_BAD_REQUEST = _("The service did not accept these parameters.")

#: the error table
CODES: Mapping[str, Meaning] = {
    "23500001": (GenerationFailed, _BROKE),
    "23500002": (AuthFailed, _BAD_KEY),
    "23500003": (NotConfigured, _NO_SERVICE),
    "23500004": (QuotaExhausted, _NO_MONEY),
    # with 403, not 429
    "23500005": (RateLimited, _THROTTLED),
    "23500006": (ContentRejected, _REFUSED),
    "23500007": (InvalidRequest, _UNREACHABLE),
    "23500008": (InvalidRequest, _UNFIT),
    "23500009": (ResultExpired, _GONE),
    # the number of this row can't be read and is ours
    "23500010": (InvalidRequest, _MISSING),
    "23500011": (GenerationFailed, _("The service started on this and then failed.")),
    "23500012": (InvalidRequest, _BAD_REQUEST),
    "23500013": (InvalidRequest, _BAD_REQUEST),
    "23500014": (NotConfigured, _NO_SERVICE),
}

#: The table's sentences: a failed job tells its reason in words alone, and a refusal may lack its code.
MESSAGES: Mapping[str, str] = {
    "internal server error": "23500001",
    "authorization required to perform current operation": "23500002",
    "specified service does not exist": "23500003",
    "user credit points are exhausted": "23500004",
    "request was denied due to request throttling": "23500005",
    "the image did not pass the content compliance check": "23500006",
    "the image url provided is invalid or non-accessible": "23500007",
    "the uploaded image does not meet the requirements": "23500008",
    "no records found related to the specified resultkey parameter": "23500009",
    "required parameters cannot be empty": "23500010",
    "job execution failed": "23500011",
    "required request body is missing": "23500012",
    "illegal input parameter found": "23500013",
    "illegal service name": "23500014",
}

#: What the gateway in front of the service says in `X-Ca-Error-Message`, by a word of it.
GATEWAY: Mapping[str, Meaning] = {
    "throttled": (RateLimited, _THROTTLED),
    "quota": (QuotaExhausted, _NO_MONEY),
    "appcode": (AuthFailed, _BAD_KEY),
    "unauthorized": (AuthFailed, _BAD_KEY),
    "nonce": (Unavailable, _BUSY),
}

#: without a code
STATUSES: Mapping[int, Meaning] = {
    400: (InvalidRequest, _BAD_REQUEST),
    401: (AuthFailed, _BAD_KEY),
    403: (AuthFailed, _BAD_KEY),
    404: (NotConfigured, _NO_SERVICE),
    413: (InvalidRequest, _UNFIT),
    429: (RateLimited, _THROTTLED),
}


def code_of(body: Any) -> str:
    """The code as text, however it is written; by the message where there is none, and "" without either."""
    if not isinstance(body, dict):
        return ""
    code = body.get("code")
    text = str(code).strip() if isinstance(code, str | int) and not isinstance(code, bool) else ""
    if text in CODES or text in GOOD:
        return text
    return code_of_message(body.get("message")) or text


def code_of_message(message: Any) -> str:
    """The row of the error table that has this sentence, or ""."""
    return MESSAGES.get(" ".join(message.split()).rstrip(".").lower(), "") if isinstance(message, str) else ""


def is_refusal(response: httpx.Response, body: Any) -> bool:
    """Whether a reply is an error, also where it comes with a good status."""
    if not response.is_success:
        return True
    if not isinstance(body, dict):
        return False
    code = code_of(body)
    return code in CODES or (code not in GOOD and body.get("success") is False)


def refusal(response: httpx.Response, body: Any, *, submitting: bool, raw: Any = None) -> ProviderError:
    """The exception for a reply that is no success.

    While submitting, a 5xx without a row of the table means that nobody knows whether the job was taken; while
    looking, it is a reason to look again later.
    """
    code = code_of(body)
    gateway = response.headers.get("x-ca-error-message", "").lower()
    meaning = (
        CODES.get(code)
        or next((found for word, found in GATEWAY.items() if word in gateway), None)
        or STATUSES.get(response.status_code)
    )
    if meaning is None:
        undocumented = SubmitUnknown if submitting else Unavailable
        meaning = (undocumented if response.status_code >= 500 or response.is_success else InvalidResponse, "")
    kind, sentence = meaning
    if not submitting and kind is GenerationFailed:
        # a question that failed says nothing of the job it was about
        kind, sentence = Unavailable, _BUSY
    return kind(
        sentence,
        code=code or f"http_{response.status_code}",
        retry_after=retry_after(response),
        request_id=request_of(response, body),
        raw=raw,
    )


def request_of(response: httpx.Response, body: Any) -> str:
    """The id under which the service's people find this call."""
    told = body.get("requestId") if isinstance(body, dict) else None
    return str(told)[:200] if isinstance(told, str) and told else request_id(response)

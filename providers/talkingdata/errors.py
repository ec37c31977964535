"""What HappyHorse, GPT Image-2, Veo and the speech have in common when something goes wrong.

None of their pages has HTTP statuses; these are the usual ones. A code in the body says more and goes before.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from .. import refusals
from ..base import Flow
from ..errors import (
    AuthFailed,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    NotConfigured,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    SubmitUnknown,
    Unavailable,
    Unsupported,
)
from ..refusals import BAD_REQUEST, BUSY, Meaning
from ..tencent_vod import BROKE, FULL
from ..transport import read_json
from ..words import gettext_noop as _

BAD_KEY = _("TalkingData did not accept our key. An administrator has to check it.")
NO_MONEY = _("The studio's account at TalkingData has run out. An administrator has to top it up.")
NO_RIGHT = _("TalkingData does not let the studio's account do this. An administrator has to check it.")
NO_SUCH_PATH = _("TalkingData has nothing at this address. An administrator has to check it.")
TOO_LARGE = _("The files are too large to be sent together. Take smaller ones.")
GONE = _("The service no longer knows this job.")

_NOT_HERE = _("The service does not offer this.")
_OFFLINE = _("The service no longer offers this.")
_NOT_FROM_HERE = _("TalkingData takes no requests from this studio's address. An administrator has to see to it.")
_NOT_FOUND = _("The service could not find what this needs.")

#: What is said at the one address of pictures, films and speech, with HTTP 200: the table of the speech's page, which
#: is Tencent's for all. What stands behind a dot falls back to what stands before it.
DOOR_CODES: Mapping[str, Meaning] = {
    "ActionOffline": (Unsupported, _OFFLINE),
    "AuthFailure": (AuthFailed, BAD_KEY),
    "AuthFailure.InvalidSecretId": (AuthFailed, BAD_KEY),
    "AuthFailure.SecretIdNotFound": (AuthFailed, BAD_KEY),
    "FailedOperation": (GenerationFailed, BROKE),
    "InternalError": (Unavailable, BUSY),
    "InvalidAction": (NotConfigured, NO_SUCH_PATH),
    "InvalidParameter": (InvalidRequest, BAD_REQUEST),
    "InvalidParameterValue": (InvalidRequest, BAD_REQUEST),
    "InvalidRequest": (InvalidRequest, BAD_REQUEST),
    "IpInBlacklist": (AuthFailed, _NOT_FROM_HERE),
    "IpNotInWhitelist": (AuthFailed, _NOT_FROM_HERE),
    "LimitExceeded": (QuotaExhausted, NO_MONEY),
    "MissingParameter": (InvalidRequest, BAD_REQUEST),
    "NoSuchProduct": (NotConfigured, NO_SUCH_PATH),
    "NoSuchVersion": (NotConfigured, NO_SUCH_PATH),
    "RequestLimitExceeded": (RateLimited, FULL),
    "RequestLimitExceeded.GlobalRegionUinLimitExceeded": (RateLimited, FULL),
    "RequestLimitExceeded.IPLimitExceeded": (RateLimited, FULL),
    "RequestLimitExceeded.UinLimitExceeded": (RateLimited, FULL),
    "RequestSizeLimitExceeded": (InvalidRequest, TOO_LARGE),
    "ResourceInUse": (Unavailable, BUSY),
    "ResourceInsufficient": (Unavailable, BUSY),
    "ResourceNotFound": (InvalidRequest, _NOT_FOUND),
    "ResourceUnavailable": (Unavailable, BUSY),
    "ResponseSizeLimitExceeded": (InvalidRequest, TOO_LARGE),
    "ServiceUnavailable": (Unavailable, BUSY),
    "UnauthorizedOperation": (AuthFailed, NO_RIGHT),
    "UnknownParameter": (InvalidRequest, BAD_REQUEST),
    "UnsupportedOperation": (Unsupported, _NOT_HERE),
    "UnsupportedProtocol": (NotConfigured, NO_SUCH_PATH),
    "UnsupportedRegion": (Unsupported, _NOT_HERE),
}

#: without a code
STATUSES: Mapping[int, Meaning] = {
    400: (InvalidRequest, BAD_REQUEST),
    401: (AuthFailed, BAD_KEY),
    402: (QuotaExhausted, NO_MONEY),
    403: (AuthFailed, NO_RIGHT),
    404: (NotConfigured, NO_SUCH_PATH),
    405: (NotConfigured, NO_SUCH_PATH),
    413: (InvalidRequest, TOO_LARGE),
    422: (InvalidRequest, BAD_REQUEST),
    429: (RateLimited, FULL),
}


def send(request: httpx.Request) -> Flow[httpx.Response]:
    """Sends an order. Raises SubmitUnknown when it may have arrived without an answer."""
    try:
        response = yield request
    except ProviderError as error:
        if error.maybe_accepted:
            raise SubmitUnknown(code=error.code, request_id=error.request_id, raw=error.raw) from error
        raise
    return response


def read_submitted_json(response: httpx.Response, secrets: Iterable[str]) -> Any:
    """The JSON of the answer to an order, None for an error without any. Raises SubmitUnknown for a good answer that
    can't be read."""
    try:
        return read_json(response, secrets)
    except InvalidResponse as error:
        if response.is_success:
            raise SubmitUnknown(code=error.code, request_id=error.request_id, raw=error.raw) from error
        return None


def read_answered_json(response: httpx.Response, secrets: Iterable[str]) -> Any:
    """The JSON of the answer to a question, None for an error without any. Raises InvalidResponse."""
    try:
        return read_json(response, secrets)
    except InvalidResponse:
        if response.is_success:
            raise
        return None


#: a reply that is no success, by the pool's statuses; see there
refusal = functools.partial(refusals.refusal, statuses=STATUSES)


def word(value: Any) -> str:
    """A text without blanks around it, "" for what is none. At most 80 characters, as codes are."""
    return value.strip()[:80] if isinstance(value, str) else ""

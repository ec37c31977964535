"""What Ark's refusals mean: every row of its error tables, by code.

Codes come with a suffix ("InvalidParameter.duration", "RateLimitExceeded.EndpointRPMExceeded") or as a number
(CodeN). What is in no row goes by its family, then by its HTTP status. Source: the Seedance, asset library and
DeepSeek pages.
"""

from __future__ import annotations

import re
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
    Unsupported,
)
from ..refusals import Meaning
from ..transport import request_id, retry_after
from ..words import gettext_noop as _

_BAD_REQUEST = _("The service did not accept these parameters.")
_MISSING = _("The service misses something in this order.")
_BAD_PICTURE = _("The service could not read one of the pictures. Use another file.")
_TOO_LONG = _("The words and pictures together are more than this model can take in. Send less.")
_TOO_LARGE = _("These files are too large to be sent together. Take one out, or use smaller ones.")
_INPUT_WORDS = _("The service's filter refused these words. Try other words.")
_INPUT_PICTURE = _("The service's filter refused one of the pictures. Use another picture.")
_INPUT_VIDEO = _("The service's filter refused one of the videos. Use another video.")
_INPUT_SOUND = _("The service's filter refused one of the sound files. Use another one.")
_OUTPUT_WORDS = _("The service's filter held back the answer. Change what you ask.")
_OUTPUT_PICTURE = _("The service's filter held back the picture that was made. Change what you ask.")
_OUTPUT_VIDEO = _("The service's filter held back the video that was made. Change what you ask.")
_OUTPUT_SOUND = _("The service's filter held back the sound that was made. Change what you ask.")
_NOT_CHECKED = _("The service could not check this order. Try it again.")
_BAD_KEY = _("The service did not accept our key. An administrator has to check it.")
_BAD_ACCOUNT = _(
    "There is something wrong with the studio's account at this service. An administrator has to check it."
)
_NO_RIGHT = _("The service does not let the studio's account do this. An administrator has to check it.")
_NOT_OPEN = _("This model is not switched on for the studio's account. An administrator has to check it.")
_NO_MODEL = _("The service does not know this model. An administrator has to check its settings.")
_NO_PLAN = _("The studio's account has no valid plan at this service. An administrator has to check it.")
_NO_QUOTA = _("The studio's account at this service has run out. An administrator has to top it up.")
_NO_ROOM = _("The studio's storage at this service is full. An administrator has to clear it.")
_LIMIT_SET = _("The studio's account has reached the limit that was set for this model. An administrator can raise it.")
_NOT_OFFERED = _("The service does not offer this for this model.")
_LOCKED = _("The service is still busy with something that this needs. Try it again in a moment.")
_WRONG_PHASE = _("The service can't do this with it now.")
_TOO_FAST = _("The studio is asking this service too often. It will be tried again.")
_QUEUE_FULL = _("The service is working on as much as it takes from us at once.")
_BUSY = _("The service is too busy right now.")
_BROKE = _("The service has a problem of its own right now.")
_FAILED = _("The service failed on this. Nothing was made; try it again.")
_SLOW = _("The service took too long to answer. We are finding out whether it took this.")
_BAD_CLOCK = _("The studio's clock is wrong, so the service refuses us. An administrator has to set it.")
_BAD_ADDRESS = _("The service does not know this address. An administrator has to check its settings.")
_GONE = _("The service no longer knows this job.")
_NOTHING_THERE = _("Something that this order names is no longer at the service. Add it again.")

#: the tables' rows; a code with a suffix that is no row of its own means what it means without
CODES: Mapping[str, Meaning] = {
    "MissingParameter": (InvalidRequest, _MISSING),
    "InvalidParameter": (InvalidRequest, _BAD_REQUEST),
    "InputTextRiskDetection": (ContentRejected, _INPUT_WORDS),
    "InputImageRiskDetection": (ContentRejected, _INPUT_PICTURE),
    "OutputTextRiskDetection": (ContentRejected, _OUTPUT_WORDS),
    "OutputImageRiskDetection": (ContentRejected, _OUTPUT_PICTURE),
    "ContentSecurityDetectionError": (Unavailable, _NOT_CHECKED),
    "SensitiveContentDetected": (ContentRejected, _INPUT_WORDS),
    "InputTextSensitiveContentDetected": (ContentRejected, _INPUT_WORDS),
    "InputImageSensitiveContentDetected": (ContentRejected, _INPUT_PICTURE),
    "InputVideoSensitiveContentDetected": (ContentRejected, _INPUT_VIDEO),
    "OutputTextSensitiveContentDetected": (ContentRejected, _OUTPUT_WORDS),
    "OutputImageSensitiveContentDetected": (ContentRejected, _OUTPUT_PICTURE),
    "OutputVideoSensitiveContentDetected": (ContentRejected, _OUTPUT_VIDEO),
    "Duplicate": (InvalidRequest, _BAD_REQUEST),
    "InvalidArgumentError": (InvalidRequest, _BAD_REQUEST),
    "InvalidArgumentError.InvalidImageDetail": (InvalidRequest, _BAD_REQUEST),
    "InvalidArgumentError.InvalidPixelLimit": (InvalidRequest, _BAD_PICTURE),
    "InvalidImageURL": (InvalidRequest, _BAD_PICTURE),
    "OutofContextError": (InvalidRequest, _TOO_LONG),
    "InvalidSubscription": (QuotaExhausted, _NO_PLAN),
    "AuthenticationError": (AuthFailed, _BAD_KEY),
    "InvalidAccountStatus": (AuthFailed, _BAD_ACCOUNT),
    "OperationDenied": (AuthFailed, _NO_RIGHT),
    "OperationDenied.InvalidState": (Unavailable, _LOCKED),
    "OperationDenied.ConflictedValidationSet": (Unsupported, _NOT_OFFERED),
    "OperationDenied.PermissionDenied": (AuthFailed, _NO_RIGHT),
    "OperationDenied.UnsupportedCustomizationType": (Unsupported, _NOT_OFFERED),
    "OperationDenied.CustomizationNotSupported": (Unsupported, _NOT_OFFERED),
    "OperationDenied.ServiceNotOpen": (AuthFailed, _NOT_OPEN),
    "OperationDenied.UnsupportedPhase": (InvalidRequest, _WRONG_PHASE),
    "OperationDenied.FileQuotaExceeded": (QuotaExhausted, _NO_ROOM),
    "AccessDenied": (AuthFailed, _NO_RIGHT),
    "InvalidEndpointOrModel": (NotConfigured, _NO_MODEL),
    "InvalidEndpointOrModel.ModelIDAccessDisabled": (AuthFailed, _NOT_OPEN),
    "ModelNotOpen": (AuthFailed, _NOT_OPEN),
    "UnsupportedModel": (Unsupported, _NOT_OFFERED),
    "NotFound": (ResultExpired, _GONE),
    "RateLimitExceeded": (RateLimited, _TOO_FAST),
    "ModelAccountRpmRateLimitExceeded": (RateLimited, _TOO_FAST),
    "ModelAccountTpmRateLimitExceeded": (RateLimited, _TOO_FAST),
    "ModelAccountIpmRateLimitExceeded": (RateLimited, _TOO_FAST),
    "APIAccountRpmRateLimitExceeded": (RateLimited, _TOO_FAST),
    "AccountRateLimitExceeded": (RateLimited, _TOO_FAST),
    # the same code also says that the account has nothing left: see _WORDS_OF_QUOTA
    "QuotaExceeded": (RateLimited, _QUEUE_FULL),
    "ServerOverloaded": (Unavailable, _BUSY),
    "SetLimitExceeded": (QuotaExhausted, _LIMIT_SET),
    "InflightBatchsizeExceeded": (RateLimited, _QUEUE_FULL),
    "InternalServiceError": (Unavailable, _BROKE),
    # codes that all of this maker's services share
    "MissingRequestInfo": (InvalidRequest, _MISSING),
    "InvalidTimestamp": (NotConfigured, _BAD_CLOCK),
    "ServiceNotFound": (NotConfigured, _BAD_ADDRESS),
    "InvalidActionOrVersion": (NotConfigured, _BAD_ADDRESS),
    "InvalidAccessKey": (AuthFailed, _BAD_KEY),
    "SignatureDoesNotMatch": (AuthFailed, _BAD_KEY),
    "InternalError": (Unavailable, _BROKE),
    "InternalServiceTimeout": (SubmitUnknown, _SLOW),
    "FlowLimitExceeded": (RateLimited, _TOO_FAST),
    "ServiceUnavailableTemp": (Unavailable, _BUSY),
    "InvalidAuthorization": (AuthFailed, _BAD_KEY),
    "InvalidCredential": (AuthFailed, _BAD_KEY),
    "InvalidSecretToken": (AuthFailed, _BAD_KEY),
}

#: CodeN of the shared codes
NUMBERS: Mapping[str, str] = {
    "100002": "MissingParameter",
    "100004": "MissingRequestInfo",
    "100006": "InvalidTimestamp",
    "100007": "ServiceNotFound",
    "100008": "InvalidActionOrVersion",
    "100009": "InvalidAccessKey",
    "100010": "SignatureDoesNotMatch",
    "100013": "AccessDenied",
    "100014": "InternalError",
    "100016": "InternalServiceTimeout",
    "100018": "FlowLimitExceeded",
    "100019": "ServiceUnavailableTemp",
    "100023": "InternalServiceError",
    "100024": "InvalidAuthorization",
    "100025": "InvalidCredential",
    "100026": "InvalidSecretToken",
}

#: siblings that no table lists, by how their names are made
FAMILIES: tuple[tuple[re.Pattern[str], Meaning], ...] = (
    (re.compile(r"InputText\w*(Sensitive|Risk)"), (ContentRejected, _INPUT_WORDS)),
    (re.compile(r"InputImage\w*(Sensitive|Risk)"), (ContentRejected, _INPUT_PICTURE)),
    (re.compile(r"InputVideo\w*(Sensitive|Risk)"), (ContentRejected, _INPUT_VIDEO)),
    (re.compile(r"InputAudio\w*(Sensitive|Risk)"), (ContentRejected, _INPUT_SOUND)),
    (re.compile(r"OutputImage\w*(Sensitive|Risk)"), (ContentRejected, _OUTPUT_PICTURE)),
    (re.compile(r"OutputVideo\w*(Sensitive|Risk)"), (ContentRejected, _OUTPUT_VIDEO)),
    (re.compile(r"OutputAudio\w*(Sensitive|Risk)"), (ContentRejected, _OUTPUT_SOUND)),
    (re.compile(r"Output\w*(Sensitive|Risk)"), (ContentRejected, _OUTPUT_WORDS)),
    (re.compile(r"Sensitive|RiskDetection"), (ContentRejected, _INPUT_WORDS)),
    (re.compile(r"RateLimit"), (RateLimited, _TOO_FAST)),
    (re.compile(r"QuotaExceeded"), (RateLimited, _QUEUE_FULL)),
    (re.compile(r"Missing"), (InvalidRequest, _MISSING)),
    (re.compile(r"NotFound"), (ResultExpired, _GONE)),
)

STATUSES: Mapping[int, Meaning] = {
    400: (InvalidRequest, _BAD_REQUEST),
    401: (AuthFailed, _BAD_KEY),
    402: (QuotaExhausted, _NO_QUOTA),
    403: (AuthFailed, _NO_RIGHT),
    404: (ResultExpired, _GONE),
    409: (InvalidRequest, _WRONG_PHASE),
    413: (InvalidRequest, _TOO_LARGE),
    422: (InvalidRequest, _BAD_REQUEST),
    429: (RateLimited, _TOO_FAST),
}

#: "free trial quota", "usage quota"; the third row of that code only speaks of "the quota"
_WORDS_OF_QUOTA = re.compile(r"trial quota|usage quota", re.IGNORECASE)

#: what a person can change, by the parameter that a refusal names
PARAMETERS: Mapping[str, str] = {
    "duration": _("The service did not accept this length. Choose another."),
    "resolution": _("The service did not accept this resolution. Choose another."),
    "ratio": _("The service did not accept this aspect ratio. Choose another."),
    "seed": _("The service did not accept this seed. Choose another."),
    "execution_expires_after": _("The service did not accept this waiting time. Choose another."),
    "content": _("The service did not accept these words or files. Check what it takes."),
    "image_url": _BAD_PICTURE,
    "video_url": _("The service could not read one of the videos. Use another file."),
    "audio_url": _("The service could not read one of the sound files. Use another one."),
    "callback_url": _("The service can't call the studio's address. An administrator has to check STUDIO_PUBLIC_URL."),
}


def error_of(body: Any) -> tuple[str, str, str]:
    """Code, message and parameter of the error in a reply, or empty texts.

    Ark says {"error": {"code", "message", "param"}}, the asset library {"ResponseMetadata": {"Error": {"Code",
    "Message"}}}; code and message at the top are read as well.
    """
    found = body if isinstance(body, dict) else {}
    metadata = found.get("ResponseMetadata")
    inner = metadata.get("Error") if isinstance(metadata, dict) else None
    for error in (found.get("error"), inner, found.get("Error")):
        if isinstance(error, dict) and error:
            code = _text(error.get("code") or error.get("Code") or error.get("CodeN") or error.get("type"))
            return code[:80] or "error", _text(error.get("message") or error.get("Message")), _text(error.get("param"))
        if isinstance(error, str) and error:
            return "error", error, ""
    if "code" in found and "id" not in found and _text(found["code"]) not in {"", "0", "200"}:
        return _text(found["code"])[:80], _text(found.get("message")), ""
    return "", "", ""


def meaning_of(code: str, message: str = "", param: str = "") -> Meaning | None:
    """What a code means, wherever it was said; None for one that we don't know."""
    code = NUMBERS.get(code, code)
    stem, _dot, suffix = code.partition(".")
    if stem == "QuotaExceeded" and _WORDS_OF_QUOTA.search(message):
        return QuotaExhausted, _NO_QUOTA
    found = CODES.get(code) or CODES.get(stem)
    if found is not None and stem in {"InvalidParameter", "MissingParameter"}:
        # "content[1].image_url.url" is about the picture
        named = re.split(r"[^a-z_]+", f"{suffix} {param}")
        return found[0], next((PARAMETERS[name] for name in reversed(named) if name in PARAMETERS), found[1])
    return found or next((meaning for pattern, meaning in FAMILIES if pattern.search(code)), None)


def refusal(response: httpx.Response, body: Any, *, submitting: bool = False, raw: Any = None) -> ProviderError:
    """The exception for a reply that is no success.

    While submitting, what may have been taken all the same is SubmitUnknown, and a thing that is not found is one
    that the order names; while looking, every 5xx is a reason to look again later.
    """
    code, message, param = error_of(body)
    status = response.status_code
    meaning = meaning_of(code, message, param) or STATUSES.get(status)
    if meaning is None:
        undocumented = SubmitUnknown if submitting else Unavailable
        meaning = (InvalidResponse if status < 500 and status != 200 else undocumented, "")
    kind, sentence = meaning
    if kind is SubmitUnknown and not submitting:
        kind, sentence = Unavailable, _BROKE
    if kind is ResultExpired and submitting:
        # a bare 404 is about the address, a named one about what the order names
        kind, sentence = (InvalidRequest, _NOTHING_THERE) if code else (NotConfigured, _BAD_ADDRESS)
    return kind(
        sentence,
        code=code or f"http_{status}",
        retry_after=retry_after(response),
        request_id=request_id(response) or _metadata_id(body),
        raw=raw,
    )


def failure(code: str, message: str, raw: Any = None) -> ProviderError:
    """The exception for a task that was taken and failed: what would be tried again of a request has ended here."""
    kind, sentence = meaning_of(code, message) or (GenerationFailed, _FAILED)
    if kind in {Unavailable, RateLimited, SubmitUnknown, ResultExpired}:
        kind, sentence = GenerationFailed, _FAILED
    return kind(sentence, code=code or "failed", raw=raw)


def _metadata_id(body: Any) -> str:
    metadata = body.get("ResponseMetadata") if isinstance(body, dict) else None
    return _text(metadata.get("RequestId")) if isinstance(metadata, dict) else ""


def _text(value: Any) -> str:
    return str(value)[:1000] if isinstance(value, str | int) and not isinstance(value, bool) else ""

"""What the service's refusals mean: the rows of its error table, by `reason`, and what stands in for a missing one."""

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

_BUSY = _("The service is too busy right now.")
_FULL = _("The service is working on as much as it takes from us at once.")
_NO_MONEY = _("The studio's account at Youchuan has run out. An administrator has to top it up.")
_NO_PLAN = _("The studio's account at Youchuan has no valid plan. An administrator has to check it.")
_NO_RIGHT = _("Youchuan does not let the studio's account do this. An administrator has to check it.")
_BAD_KEY = _("Youchuan did not accept our key. An administrator has to check it.")
_BAD_PROMPT = _("The service could not read this prompt. Check its words and parameters.")
_BAD_REQUEST = _("The service did not accept these parameters.")
_SENSITIVE = _("The service's filter refused the words of this prompt. Try other words.")
_BROKE = _("The service failed on this. Nothing was made; try it again.")
_SLOW = _("The service took too long to answer. We are finding out whether it took this.")
_NO_RELAX = _("The studio's plan at Youchuan has no relaxed speed.")
_NO_RELAX_LEFT = _("The studio's plan at Youchuan has no relaxed pictures left.")
_UPSCALED = _("This picture is upscaled already; the service does not do this with it.")
_UPSCALED_AGAIN = _("This picture is upscaled already and can't be upscaled again.")
_NOT_HERE = _("The service does not offer this for this picture.")
_ONLY_UPSCALE = _("Pictures that were edited or retextured can only be upscaled.")
_NOT_RUNNING = _("This job is not running any more, so it can't be canceled.")
_GONE = _("The service no longer knows this job.")
_VIDEO_UPSCALED = _("This video is upscaled already; the service does not do this with it.")
_ENOUGH_EXTENSIONS = _("A video can be extended four times at most.")
_ONLY_DRAFTS = _("Only drafts can be enhanced.")
_BAD_PICTURE = _("The service could not use this picture. It takes JPEG and PNG.")
_BAD_BOARD = _("The service did not take this moodboard. Check its name and its pictures.")
_BOARD_REFUSED = _("The service's filter refused this moodboard. Check its words and its pictures.")
_BOARD_GONE = _("The service no longer has this moodboard.")
_NO_LONGER_LISTED = _("The service does not know the job whose callback is to be tried.")

#: The error table of the document. Its spelling is the service's; the right one is read as well.
REASONS: Mapping[str, Meaning] = {
    "Internal_Server_Error": (GenerationFailed, _BROKE),
    "Invalid_Argument": (InvalidRequest, _BAD_REQUEST),
    "Permission_Denied": (AuthFailed, _NO_RIGHT),
    "Server_Busy": (Unavailable, _BUSY),
    "Request_Timout": (SubmitUnknown, _SLOW),
    "Request_Timeout": (SubmitUnknown, _SLOW),
    "Invalid_App_Identifier": (AuthFailed, _BAD_KEY),
    "Invalid_Prompt_Parameter": (InvalidRequest, _BAD_PROMPT),
    "No_More_Relax_Credit": (QuotaExhausted, _NO_RELAX_LEFT),
    "Relax_Not_Allow": (Unsupported, _NO_RELAX),
    "Max_Concurrent_Limited": (RateLimited, _FULL),
    "Account_Fee_Not_Enough": (QuotaExhausted, _NO_MONEY),
    "Cancel_Job_Not_Runnig": (Unsupported, _NOT_RUNNING),
    "Cancel_Job_Not_Running": (Unsupported, _NOT_RUNNING),
    "Job_ReUpscale_Not_Support": (Unsupported, _UPSCALED_AGAIN),
    "Msg_Sensitive": (ContentRejected, _SENSITIVE),
    "Upscale_Not_Support": (Unsupported, _UPSCALED),
    "Not_Support": (Unsupported, _NOT_HERE),
    "No_Avaliable_Plan": (QuotaExhausted, _NO_PLAN),
    "No_Available_Plan": (QuotaExhausted, _NO_PLAN),
}

#: endpoints whose own list says of 403 that the words were refused, and of 400 that they could not be read
_WORDS = ("diffusion", "remix", "edit", "upload-paint", "retexture", "video-diffusion")

#: Where an endpoint's own list says more than the table.
ENDPOINT_REASONS: Mapping[tuple[str, str], Meaning] = {
    ("variation", "Not_Support"): (Unsupported, _ONLY_UPSCALE),
    ("extend-video", "Not_Support"): (Unsupported, _ENOUGH_EXTENSIONS),
    ("video-upscale", "Upscale_Not_Support"): (Unsupported, _VIDEO_UPSCALED),
    ("video-upscale", "Job_ReUpscale_Not_Support"): (Unsupported, _VIDEO_UPSCALED),
    ("enhance", "Not_Support"): (Unsupported, _ONLY_DRAFTS),
    ("remove-background", "Invalid_Argument"): (InvalidRequest, _BAD_PICTURE),
    ("moodboard", "Invalid_Argument"): (InvalidRequest, _BAD_BOARD),
    ("moodboard", "Msg_Sensitive"): (ContentRejected, _BOARD_REFUSED),
}

#: Without a reason: what a status means at one endpoint …
ENDPOINT_STATUSES: Mapping[tuple[str, int], Meaning] = {
    **{(endpoint, 400): (InvalidRequest, _BAD_PROMPT) for endpoint in _WORDS},
    **{(endpoint, 403): (ContentRejected, _SENSITIVE) for endpoint in (*_WORDS, "enhance", "extend-video")},
    ("variation", 405): (Unsupported, _ONLY_UPSCALE),
    ("upscale", 403): (Unsupported, _UPSCALED),
    ("remove-background", 400): (InvalidRequest, _BAD_PICTURE),
    ("enhance", 405): (Unsupported, _ONLY_DRAFTS),
    ("extend-video", 405): (Unsupported, _ENOUGH_EXTENSIONS),
    ("video-upscale", 403): (Unsupported, _VIDEO_UPSCALED),
    ("subscribe", 403): (QuotaExhausted, _NO_PLAN),
    ("job", 404): (ResultExpired, _GONE),
    ("callback", 404): (ResultExpired, _NO_LONGER_LISTED),
    ("moodboard", 400): (InvalidRequest, _BAD_BOARD),
    ("moodboard", 404): (ResultExpired, _BOARD_GONE),
}

#: … and anywhere else.
STATUSES: Mapping[int, Meaning] = {
    400: (InvalidRequest, _BAD_REQUEST),
    401: (AuthFailed, _BAD_KEY),
    402: (QuotaExhausted, _NO_MONEY),
    403: (AuthFailed, _NO_RIGHT),
    404: (ResultExpired, _GONE),
    405: (Unsupported, _NOT_HERE),
    413: (InvalidRequest, _BAD_REQUEST),
    422: (InvalidRequest, _BAD_REQUEST),
    429: (RateLimited, _FULL),
}


def refusal(response: httpx.Response, body: Any, endpoint: str, *, submitting: bool, raw: Any = None) -> ProviderError:
    """The exception for a reply that is no success. `endpoint` is the path's word: "diffusion", "job" …

    While submitting, a 5xx that is no row of the table means that nobody knows whether the job was taken;
    while looking, every 5xx is a reason to look again later.
    """
    details = body if isinstance(body, dict) else {}
    reason = str(details.get("reason") or "")
    status = _status(response, details)
    meaning = (
        ENDPOINT_REASONS.get((endpoint, reason))
        or REASONS.get(reason)
        or ENDPOINT_STATUSES.get((endpoint, status))
        or STATUSES.get(status)
    )
    if meaning is None:
        undocumented = SubmitUnknown if submitting else Unavailable
        meaning = (InvalidResponse if status < 500 else undocumented, "")
    kind, sentence = meaning
    if not submitting and kind in {GenerationFailed, SubmitUnknown}:
        # a question that failed says nothing of the job it was about
        kind, sentence = Unavailable, _BUSY
    return kind(
        sentence,
        code=reason or f"http_{response.status_code}",
        retry_after=retry_after(response),
        request_id=request_id(response),
        raw=raw,
    )


def is_refusal(response: httpx.Response, body: Any) -> bool:
    """Whether a reply is an error, also where it comes with a good status."""
    if not response.is_success:
        return True
    if not isinstance(body, dict) or "status" in body or "id" in body:
        return False
    return body.get("reason") in REASONS or _whole_number(body.get("code")) in range(400, 600)


def _status(response: httpx.Response, details: Mapping[str, Any]) -> int:
    if response.is_success:
        return _whole_number(details.get("code")) or 500
    return response.status_code


def _whole_number(value: Any) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None

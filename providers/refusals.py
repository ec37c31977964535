"""A reply that is no success, as an exception: what is alike for services that refuse with a code in the body, whatever
their statuses say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from .errors import GenerationFailed, InvalidRequest, InvalidResponse, ProviderError, SubmitUnknown, Unavailable
from .transport import request_id, retry_after
from .words import gettext_noop as _

#: an exception and the sentence that people read; "" for the exception's own
Meaning = tuple[type[ProviderError], str]

BUSY = _("The service is too busy right now.")
BAD_REQUEST = _("The service did not accept these parameters.")


def refusal(
    response: httpx.Response,
    *,
    code: str,
    meaning: Meaning | None,
    statuses: Mapping[int, Meaning],
    submitting: bool,
    reply_id: str = "",
    raw: Any = None,
) -> ProviderError | None:
    """The exception for a reply that is no success, None for one that is.

    `code` is what the body refuses with, "" where it does not; `meaning` what we know of it; `statuses` what the HTTP
    status means where that is nothing. While submitting, a 5xx of which nothing is known means that nobody knows
    whether the order was taken.
    """
    if meaning is None and not response.is_success:
        undocumented = SubmitUnknown if submitting else Unavailable
        unknown: Meaning = (InvalidResponse, "") if response.status_code < 500 else (undocumented, "")
        meaning = statuses.get(response.status_code, unknown)
    if meaning is None:
        if not code:
            return None
        # a refusal that we do not know
        meaning = (InvalidRequest, BAD_REQUEST) if submitting else (Unavailable, BUSY)
    kind, sentence = meaning
    if not submitting and kind is GenerationFailed:
        # a question that failed says nothing of the job it was about
        kind, sentence = Unavailable, BUSY
    return kind(
        sentence,
        code=code or f"http_{response.status_code}",
        retry_after=retry_after(response),
        request_id=reply_id or request_id(response),
        raw=raw,
    )

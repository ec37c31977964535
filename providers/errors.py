"""What can go wrong with a service, in our words.

    ProviderError
    ├── NotConfigured     a key or a setting is missing here; nothing was sent
    ├── Unsupported       the service has no such operation, or not for this result
    ├── InvalidRequest    the service refuses the parameters
    ├── AuthFailed        the service refuses our key
    ├── QuotaExhausted    our account at the service has nothing left
    ├── RateLimited       too many at once; may be tried again after `retry_after`
    ├── ContentRejected   the service's filter refused the words or the pictures
    ├── Unavailable       the service is down, busy or broken; may be tried again
    ├── GenerationFailed  the service took the order and then gave up on it
    ├── InvalidResponse   the service answered something that can't be read
    ├── ResultExpired     the result is no longer at the service
    └── SubmitUnknown     sent, but nobody knows whether the service took it; never sent again
        └── AlreadySubmitted  the service took it under this key before, and does not say which job that is

`retryable` says whether the same request may be sent again; `releases_hold` whether the held
credits go back at once when the error ends a job. People see `user_message`, a plain English
sentence that the studio translates; logs see `code` and `request_id`. `raw` is what the
service sent, with secrets removed.
"""

from __future__ import annotations

from typing import Any, ClassVar

from .words import gettext_noop as _

__all__ = [
    "AlreadySubmitted",
    "AuthFailed",
    "ContentRejected",
    "GenerationFailed",
    "InvalidRequest",
    "InvalidResponse",
    "NotConfigured",
    "ProviderError",
    "QuotaExhausted",
    "RateLimited",
    "ResultExpired",
    "SubmitUnknown",
    "Unavailable",
    "Unsupported",
]


class ProviderError(Exception):
    retryable: ClassVar[bool] = False
    releases_hold: ClassVar[bool] = True
    default_message: ClassVar[str] = _("The service could not do this.")

    def __init__(
        self,
        user_message: str = "",
        *,
        code: str = "",
        retry_after: float | None = None,
        request_id: str = "",
        raw: Any = None,
        maybe_accepted: bool = False,
    ) -> None:
        self.user_message = user_message or self.default_message
        self.code = code or type(self).__name__
        self.retry_after = retry_after
        self.request_id = request_id
        self.raw = raw
        #: True when the request may have reached the service although this error came back.
        self.maybe_accepted = maybe_accepted
        super().__init__(f"{self.code}: {self.user_message}")


class NotConfigured(ProviderError):
    default_message = _("This service is not set up yet. An administrator has to add its key.")


class Unsupported(ProviderError):
    default_message = _("The service does not offer this for this result.")


class InvalidRequest(ProviderError):
    default_message = _("The service did not accept these parameters.")


class AuthFailed(ProviderError):
    default_message = _("The service did not accept our key. An administrator has to check it.")


class QuotaExhausted(ProviderError):
    default_message = _("The studio's account at this service has run out. An administrator has to top it up.")


class RateLimited(ProviderError):
    retryable = True
    default_message = _("The service is working on as much as it takes at once.")


class ContentRejected(ProviderError):
    default_message = _("The service's filter refused this.")


class Unavailable(ProviderError):
    retryable = True
    default_message = _("The service can't be reached or is too busy right now.")


class GenerationFailed(ProviderError):
    default_message = _("The service started on this and then failed.")


class InvalidResponse(ProviderError):
    default_message = _("The service gave an answer that makes no sense.")


class ResultExpired(ProviderError):
    default_message = _("The result is no longer available at the service.")


class SubmitUnknown(ProviderError):
    releases_hold = False
    default_message = _("The connection broke while sending. We are finding out whether the service took it.")


class AlreadySubmitted(SubmitUnknown):
    default_message = _("The service took this, but its answer got lost and it does not say which job it is.")

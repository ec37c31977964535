"""Ark's words on the wire: its error table, its task object, its picture sizes."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from .files import link
from .jobs import DONE, RUNNING, Job
from .talkingdata_fields import FieldError
from .talkingdata_wire import BODY, CLOCK, KEY, NAME, BadCallError, new_id

MODEL = "T0101007"
LINK_SECONDS = 24 * 3600
TASK_SECONDS = 7 * 86400
FRAMES_A_SECOND = 24

SIZES: dict[str, dict[str, tuple[int, int]]] = {
    "480p": {
        "16:9": (864, 496),
        "4:3": (752, 560),
        "1:1": (640, 640),
        "3:4": (560, 752),
        "9:16": (496, 864),
        "21:9": (992, 432),
    },
    "720p": {
        "16:9": (1280, 720),
        "4:3": (1112, 834),
        "1:1": (960, 960),
        "3:4": (834, 1112),
        "9:16": (720, 1280),
        "21:9": (1470, 630),
    },
}

BAD, DENIED, NOT_FOUND, TOO_MANY = "BadRequest", "Forbidden", "NotFound", "TooManyRequests"
_SECURITY = "includes sensitive content that violates ContentSecurityDetection.Request ID: {id}"

ERRORS: dict[str, tuple[int, str, str]] = {
    "MissingParameter": (400, BAD, "The request failed because a required parameter is missing. Request ID: {id}"),
    "InvalidParameter": (400, BAD, "A parameter specified in the request is not valid. Request ID: {id}"),
    "InputTextRiskDetection": (400, BAD, f"The input text {_SECURITY}"),
    "InputImageRiskDetection": (400, BAD, f"The input image {_SECURITY}"),
    "OutputTextRiskDetection": (400, BAD, f"The output text {_SECURITY}"),
    "OutputImageRiskDetection": (400, BAD, f"The output image {_SECURITY}"),
    "ContentSecurityDetectionError": (400, BAD, "Internal error. Request ID: {id}"),
    "SensitiveContentDetected": (400, BAD, "The input text may contain sensitive information."),
    "SensitiveContentDetected.SevereViolation": (400, BAD, "The input text may contain a severe violation."),
    "SensitiveContentDetected.Violence": (400, BAD, "The input text may contain violence."),
    "InputTextSensitiveContentDetected": (400, BAD, "The input text may contain sensitive information."),
    "InputImageSensitiveContentDetected": (400, BAD, "The input image may contain sensitive information."),
    "InputVideoSensitiveContentDetected": (400, BAD, "The input video may contain sensitive information."),
    "OutputTextSensitiveContentDetected": (400, BAD, "The output may contain sensitive information."),
    "OutputImageSensitiveContentDetected": (400, BAD, "The output image may contain sensitive information."),
    "OutputVideoSensitiveContentDetected": (400, BAD, "The output video may contain sensitive information."),
    "Duplicate.Tags.Key": (400, BAD, "The tags contain a key twice."),
    "InvalidArgumentError": (400, BAD, "MissingRole: Invalid message."),
    "InvalidArgumentError.UnknownRole": (400, BAD, "The role of the message is unknown."),
    "InvalidArgumentError.InvalidImageDetail": (400, BAD, "Invalid image detail."),
    "InvalidArgumentError.InvalidPixelLimit": (400, BAD, "Invalid limits of pixels."),
    "InvalidImageURL.EmptyURL": (400, BAD, "Empty base64 image url"),
    "InvalidImageURL.InvalidFormat": (400, BAD, "Invalid base64 image url"),
    "OutofContextError": (400, BAD, "Total tokens of image and text exceed max message tokens."),
    "AuthenticationError": (401, "Unauthorized", "The API key in the request is missing or invalid. Request ID: {id}"),
    "InvalidAccountStatus": (401, DENIED, "There is an issue with your account status."),
    "InvalidSubscription": (403, DENIED, "Your account does not have a valid subscription."),
    "OperationDenied.InvalidState": (403, DENIED, "The specified context is in an invalid state. Request ID: {id}"),
    "OperationDenied.ConflictedValidationSet": (403, DENIED, "Two validation sets are in conflict."),
    "OperationDenied.PermissionDenied": (403, DENIED, "You are not permitted to access the model."),
    "OperationDenied.UnsupportedCustomizationType": (403, DENIED, "The customization type is not supported."),
    "OperationDenied.CustomizationNotSupported": (403, DENIED, "The model cannot be customized like that."),
    "OperationDenied.ServiceNotOpen": (403, DENIED, "Operation is denied because the model service is unavailable."),
    "OperationDenied.UnsupportedPhase": (403, DENIED, "Operation is not supported while the target is in this phase."),
    "OperationDenied.FileQuotaExceeded": (403, DENIED, "Your account has exhausted its file storage quota."),
    "AccessDenied": (403, DENIED, "You do not have access to the requested resource. Request ID: {id}"),
    "InvalidEndpointOrModel.NotFound": (404, NOT_FOUND, "The model or endpoint does not exist."),
    "InvalidEndpointOrModel.ModelIDAccessDisabled": (404, NOT_FOUND, "The model can't be used by its id."),
    "ModelNotOpen": (404, NOT_FOUND, "Your account has not activated the model."),
    "NotFound": (404, NOT_FOUND, "The specified resource is not found."),
    "UnsupportedModel": (404, NOT_FOUND, "The model does not support the plan."),
    "RateLimitExceeded.EndpointRPMExceeded": (429, TOO_MANY, "The endpoint's requests a minute are exceeded."),
    "RateLimitExceeded.EndpointTPMExceeded": (429, TOO_MANY, "The endpoint's tokens a minute are exceeded."),
    "ModelAccountRpmRateLimitExceeded": (429, TOO_MANY, "The model's requests a minute are exceeded."),
    "ModelAccountTpmRateLimitExceeded": (429, TOO_MANY, "The model's tokens a minute are exceeded."),
    "APIAccountRpmRateLimitExceeded": (429, TOO_MANY, "The interface's requests a minute are exceeded."),
    "ModelAccountIpmRateLimitExceeded": (429, TOO_MANY, "The model's images a minute are exceeded."),
    "QuotaExceeded": (429, TOO_MANY, "The request has exceeded the quota. Request ID: {id}"),
    "ServerOverloaded": (429, TOO_MANY, "The server is overloaded. Please retry later. Request ID: {id}"),
    "SetLimitExceeded": (429, TOO_MANY, "Your account has reached its limit for the model. Request ID: {id}"),
    "InflightBatchsizeExceeded": (429, TOO_MANY, "The Inflight Batchsize limit has been exceeded. Request ID: {id}"),
    "AccountRateLimitExceeded": (429, TOO_MANY, "Requests are too frequent."),
    "InternalServiceError": (500, "InternalServerError", "The service met an unexpected error. Request ID: {id}"),
}
"""HTTP status, type and message by code. MissingParameter, InvalidParameter and NotFound take a field behind a dot."""

_OURS = {
    "rejected": "OutputVideoSensitiveContentDetected",
    "reference": "InvalidParameter",
    "render": "InternalServiceError",
}
_NAMED = ("MissingParameter", "InvalidParameter", "NotFound")


class RefusedError(Exception):
    """A code of the table; ``param`` is the field's path, the detail is added for whoever is looking."""

    def __init__(self, code: str, detail: str = "", param: str = "") -> None:
        super().__init__(code, detail, param)
        self.code = code
        self.detail = detail
        self.param = param

    def response(self) -> Response:
        status, body = error_body(self.code, self.detail, self.param)
        return JSONResponse(body, status)


def known_code(code: str, otherwise: str = "InvalidParameter") -> str:
    """The code itself when the table has it."""
    return code if code in ERRORS or code.split(".")[0] in _NAMED else otherwise


def error_body(code: str, detail: str = "", param: str = "") -> tuple[int, dict[str, Any]]:
    status, kind, message = ERRORS.get(code) or ERRORS[code.split(".")[0]]
    message = message.replace("{id}", new_id())
    said = f"{message} ({param + ' ' if param else ''}{detail})" if detail else message
    return status, {"error": {"code": code, "message": said, "param": param, "type": kind}}


def refusal_of(error: BadCallError | FieldError, *, named: bool = True) -> RefusedError:
    """What Ark says of a call or field that can't be; ``named`` adds the field's first name to the code."""
    if isinstance(error, FieldError):
        code = "MissingParameter" if error.missing else "InvalidParameter"
        name = error.place.split(".")[0].split("[")[0]
        return RefusedError(f"{code}.{name}" if named and name else code, error.detail, error.place)
    if error.what == KEY:
        return RefusedError("AuthenticationError", error.detail)
    code = "InvalidParameter"
    param = {CLOCK: "X-Timestamp", BODY: ""}.get(error.what, "requestId")
    return RefusedError(code, error.detail, param)


def new_task_id() -> str:
    return f"cgt-{stamped()}"


def stamped() -> str:
    """The moment and five characters, as the service's ids end."""
    tail = "".join(secrets.choice("bcdfghjklmnpqrstvwxz23456789") for _ in range(5))
    return f"{datetime.now(UTC):%Y%m%d%H%M%S}-{tail}"


def status_of(job: Job) -> str:
    """queued, running, succeeded, failed, cancelled or expired."""
    if job.state == RUNNING:
        return str(job.extra["status"])
    if job.state == DONE:
        return "succeeded"
    return job.failure if job.failure in ("cancelled", "expired") else "failed"


def task_object(job: Job) -> dict[str, Any]:
    status, extra = status_of(job), job.extra
    shown: dict[str, Any] = {"id": job.id, "model": MODEL, "status": status, "error": None}
    if status == "failed":
        code = _OURS.get(job.failure, job.failure)
        error = error_body(known_code(code, "InternalServiceError"))[1]["error"]
        shown["error"] = {"code": code, "message": error["message"]}
    if status == "succeeded":
        shown |= {"content": _content(job), "usage": _usage(job)}
        if extra["searches"]:
            shown["tools"] = [{"type": "web_search"}]
    shown |= {
        "created_at": int(job.created),
        "updated_at": int(extra["updated"]),
        "seed": job.seed,
        "resolution": extra["resolution"],
        "ratio": extra["ratio"],
        "duration": extra["duration"],
        "framespersecond": FRAMES_A_SECOND,
        "generate_audio": extra["sound"],
        "service_tier": "default",
        "execution_expires_after": extra["expires_after"],
    }
    if extra["safety_identifier"]:
        shown["safety_identifier"] = extra["safety_identifier"]
    return shown


def _content(job: Job) -> dict[str, str]:
    if job.outcome.empty_polls > 0:
        return {"video_url": ""}
    keep = LINK_SECONDS if job.outcome.links_expire is None else job.outcome.links_expire
    end, base = job.extra["updated"] + keep, job.extra["base"]
    shown = {"video_url": link(base, NAME, job.slots[0].file, end)}
    if job.extra["last_frame"]:
        shown["last_frame_url"] = link(base, NAME, job.extra["last_frame"], end)
    return shown


def _usage(job: Job) -> dict[str, Any]:
    """A token is 1024 pixels of a frame; the service counts one frame more than the seconds have."""
    width, height = SIZES[job.extra["resolution"]][job.extra["ratio"]]
    tokens = width * height * (FRAMES_A_SECOND * job.extra["duration"] + 1) // 1024
    usage: dict[str, Any] = {"completion_tokens": tokens, "total_tokens": tokens}
    if job.extra["may_search"]:
        usage["tool_usage"] = {"web_search": job.extra["searches"]}
    return usage

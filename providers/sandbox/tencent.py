"""Tencent VOD's words, for every service that hands them on: codes, times, progress, picture sizes, reading a body."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from .jobs import RUNNING, Job
from .paint import image_size

LINK_SECONDS = 7 * 86400
TASK_SECONDS = 3 * 86400
SESSION_SECONDS = 3 * 86400
MAX_SESSION, MAX_CONTEXT, MAX_PRIORITY = 50, 1000, 10
SWITCH = frozenset({"Enabled", "Disabled"})

FAILURES: dict[str, tuple[int, str]] = {
    "RequestLimitExceeded": (40001, "请求的次数超过了频率限制"),
    "InvalidParameter.VoilationContent": (40002, "内容违规"),
    "InvalidParameterValue": (40003, "参数值错误"),
    "FailedOperation": (40004, "操作失败"),
    "InternalError": (50000, "内部错误"),
    "InvalidParameter": (40000, "参数错误"),
    "InvalidParameter.MediaFormat": (40005, "媒体格式错误"),
    "ContentModerationFailed": (40006, "内容审核未通过"),
    "ResourceInsufficient": (50001, "资源不足"),
    "ModelGenerateFailed": (50002, "模型生成失败"),
    "ResourceNotFound": (40007, "资源不存在"),
    "OperationCanceled": (40008, "任务已取消"),
    "TaskTimeout": (50003, "任务超时"),
}
"""ErrCodeExt of a task that finished badly, with an ErrCode of our own, as the documents only say that it is not 0."""

_OURS = {"rejected": "ContentModerationFailed", "reference": "InvalidParameter.MediaFormat", "render": "InternalError"}


class RefusedError(Exception):
    """A documented code; the detail is added to the message for whoever is looking."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


def error_object(code: str, message: str) -> dict[str, Any]:
    return {"Response": {"Error": {"Code": code, "Message": message}, "RequestId": request_id()}}


def request_id() -> str:
    return str(uuid.uuid4())


# ── tasks ────────────────────────────────────────────────────────────────────


def ending(job: Job) -> tuple[int, str, str]:
    """ErrCode, ErrCodeExt and Message of a task."""
    if not job.failure:
        return 0, "", ""
    word = _OURS.get(job.failure, job.failure)
    number, message = FAILURES.get(word, (50000, word))
    return number, word, message


def outer_status(job: Job, word: str) -> str:
    if job.state == RUNNING:
        return "WAITING" if progress(job) == 0 else "PROCESSING"
    return "ABORTED" if word == "OperationCanceled" else "FINISH"


def progress(job: Job) -> int:
    if job.state != RUNNING:
        return 100
    planned = max(job.due - job.created, 0.001)
    passed = (datetime.now(UTC).timestamp() - job.created) / planned
    return min(95, int(100 * passed) // 5 * 5)


def moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def picture_size(resolution: str, ratio: tuple[int, int]) -> tuple[int, int]:
    """Pixels: a size is what it says; P is the shorter side, K a square's side with as many pixels in any ratio."""
    if "x" in resolution:
        across, _x, down = resolution.partition("x")
        return int(across), int(down)
    if resolution.endswith("P"):
        side, slope = int(resolution[:-1]), ratio[0] / ratio[1]
        return (round(side * slope), side) if slope >= 1 else (side, round(side / slope))
    times = {"2K": 2, "4K": 4}.get(resolution, 1)
    width, height = image_size(*ratio)
    return width * times, height * times


def sides(ratio: str) -> tuple[int, int]:
    width, _colon, height = (ratio or "1:1").partition(":")
    return int(width), int(height)


# ── reading a body ───────────────────────────────────────────────────────────


def only(given: dict[str, Any], known: frozenset[str], place: str) -> None:
    if unknown := sorted(set(given) - known):
        raise RefusedError("UnknownParameter", ", ".join(place + name for name in unknown))


def needed(body: dict[str, Any], name: str, place: str = "") -> str:
    value = text(body, name, place)
    if not value:
        raise RefusedError("MissingParameter", place + name)
    return value


def text(body: dict[str, Any], name: str, place: str = "") -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RefusedError("InvalidParameter", f"{place}{name} must be a text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise RefusedError("InvalidParameter", f"{place}{name} is not text") from error
    return value


def short(body: dict[str, Any], name: str, most: int) -> str:
    value = text(body, name)
    if len(value) > most:
        raise RefusedError("InvalidParameterValue", f"{name} has at most {most} characters")
    return value


def choice(body: dict[str, Any], name: str, allowed: frozenset[str], place: str = "") -> str:
    value = text(body, name, place)
    if value and value not in allowed:
        raise RefusedError("InvalidParameterValue", f"{place}{name} is one of {', '.join(sorted(allowed))}")
    return value


def whole(body: dict[str, Any], name: str, least: int, most: int, usual: int, place: str = "") -> int:
    value = body.get(name)
    if value is None:
        return usual
    if isinstance(value, bool) or not isinstance(value, int):
        raise RefusedError("InvalidParameter", f"{place}{name} must be a whole number")
    if not least <= value <= most:
        raise RefusedError("InvalidParameterValue", f"{place}{name} must be from {least} to {most}")
    return value


def objects(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise RefusedError("InvalidParameter", f"{name} must be a list of objects")
    return value


def inner(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RefusedError("InvalidParameter", f"{name} must be an object")
    return value

"""Tencent VOD's words on the wire as the gateway hands them on: its codes, its task object, its picture sizes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from .files import link
from .jobs import DONE, RUNNING, Job
from .paint import image_size

NAME = "quickrouter"
LINK_SECONDS = 7 * 86400
TASK_SECONDS = 3 * 86400
SESSION_SECONDS = 3 * 86400

ERRORS: dict[str, str] = {
    "InvalidParameter": "参数错误",
    "InvalidParameter.VoilationContent": "输入内容违规",
    "InvalidParameterValue": "参数值错误",
    "InvalidParameterValue.SessionId": "去重识别码重复",
    "InvalidParameterValue.FileId": "文件不存在",
    "MissingParameter": "缺少参数",
    "UnknownParameter": "未知参数",
    "UnsupportedOperation": "操作不支持",
    "UnauthorizedOperation": "未授权操作",
    "FailedOperation": "操作失败",
    "FailedOperation.InvalidAccount": "账号无效",
    "InternalError": "内部错误",
    "RequestLimitExceeded": "请求的次数超过了频率限制",
    "ResourceInsufficient": "资源不足",
    "ResourceNotFound": "资源不存在",
}
"""Codes that come with HTTP 200."""

GATEWAY: dict[str, tuple[int, str]] = {
    "invalid_api_key": (401, "认证失败"),
    "insufficient_user_quota": (403, "余额不足"),
    "rate_limit_exceeded": (429, "请求限流"),
    "server_error": (500, "服务器错误"),
}
"""What the gateway says by itself; the document has the statuses, the codes are ours."""

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

    def response(self) -> Response:
        status, body = error_body(self.code, self.detail)
        return JSONResponse(body, status)


def error_body(code: str, detail: str = "") -> tuple[int, dict[str, Any]]:
    status, message = GATEWAY.get(code) or (200, ERRORS[code])
    said = f"{message}: {detail}" if detail else message
    if code in GATEWAY:
        return status, {"error": {"code": code, "message": said, "type": "new_api_error"}}
    return status, {"Response": {"Error": {"Code": code, "Message": said}, "RequestId": request_id()}}


def request_id() -> str:
    return str(uuid.uuid4())


def submitted(job: Job, base: str) -> dict[str, Any]:
    """Both replies that the document shows: its example, and what its table describes."""
    if not job.extra["queue"]:
        return {"Response": {"TaskId": job.id, "RequestId": request_id()}}
    here = f"{base.rstrip('/')}/tencent-vod/v1/requests/{job.id}"
    return {
        "status": "IN_QUEUE",
        "request_id": job.id,
        "response_url": here,
        "status_url": f"{here}/status",
        "cancel_url": f"{here}/cancel",
        "logs": None,
        "metrics": {},
        "queue_position": 0,
    }


def task_object(job: Job, base: str) -> dict[str, Any]:
    """The answer to a query; tasks of other kinds are left out."""
    number, word, message = 0, "", ""
    if job.failure:
        word = _OURS.get(job.failure, job.failure)
        number, message = FAILURES.get(word, (50000, word))
    task = {
        "TaskId": job.id,
        "Status": "PROCESSING" if job.state == RUNNING else "FINISH",
        "ErrCode": number,
        "ErrCodeExt": word,
        "Message": message,
        "Progress": progress(job),
        "Input": job.extra["input"],
        "Output": {"FileInfos": file_infos(job, base)},
        "SessionId": job.extra["session_id"],
        "SessionContext": job.extra["session_context"],
    }
    reply = {
        "Status": outer_status(job, word),
        "TaskType": "AigcImageTask",
        "CreateTime": moment(job.created),
        "BeginProcessTime": moment(job.created),
        "AigcImageTask": task,
        "RequestId": request_id(),
    }
    if job.state != RUNNING:
        reply["FinishTime"] = moment(max(job.due, job.created))
    return {"Response": reply}


def queue_object(job: Job, base: str) -> dict[str, Any]:
    words = {RUNNING: "IN_PROGRESS", DONE: "COMPLETED"}
    return {**submitted(job, base), "status": words.get(job.state, "FAILED")}


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


def file_infos(job: Job, base: str) -> list[dict[str, Any]]:
    unready = job.outcome.empty_polls > 0
    if job.state != DONE or unready:
        return []
    keep = job.outcome.links_expire if job.outcome.links_expire is not None else LINK_SECONDS
    permanent = job.extra["storage_mode"] == "Permanent"
    end = job.due + keep
    found = []
    for slot in job.slots:
        width, height = slot.size
        info = {
            "StorageMode": job.extra["storage_mode"],
            "FileType": "png",
            "FileUrl": link(base, NAME, slot.file, None if permanent else end),
            "MetaData": {"Width": width, "Height": height},
        }
        info |= {"FileId": job.extra["file_id"]} if permanent else {"ExpireTime": moment(end)}
        found.append(info)
    return found


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

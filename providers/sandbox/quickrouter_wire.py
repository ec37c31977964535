"""What the gateway makes of Tencent VOD's words: its codes, its replies, its task object."""

from __future__ import annotations

from typing import Any

from .files import link
from .jobs import DONE, RUNNING, Job
from .tencent import LINK_SECONDS, ending, error_object, moment, outer_status, progress, request_id

NAME = "quickrouter"

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


def error_body(code: str, detail: str = "") -> tuple[int, dict[str, Any]]:
    status, message = GATEWAY.get(code) or (200, ERRORS[code])
    said = f"{message}: {detail}" if detail else message
    if code in GATEWAY:
        return status, {"error": {"code": code, "message": said, "type": "new_api_error"}}
    return status, error_object(code, said)


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
    number, word, message = ending(job)
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

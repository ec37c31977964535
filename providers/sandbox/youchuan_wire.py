"""Youchuan's words on the wire: its error table, its job object and its prices."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from .files import link
from .jobs import DONE, RUNNING, Job

ERRORS: dict[str, tuple[int, str]] = {
    "Internal_Server_Error": (500, "服务器内部错误"),
    "Invalid_Argument": (400, "无效参数"),
    "Permission_Denied": (403, "权限不足"),
    "Server_Busy": (503, "服务器忙碌"),
    "Request_Timout": (503, "请求处理超时"),
    "Invalid_App_Identifier": (401, "无效App身份"),
    "Invalid_Prompt_Parameter": (400, "无效Prompt参数"),
    "No_More_Relax_Credit": (402, "Relax模式已用完"),
    "Relax_Not_Allow": (403, "当前套餐不支持Relax模式"),
    "Max_Concurrent_Limited": (429, "已达当前套餐最大并发"),
    "Account_Fee_Not_Enough": (402, "账户余额不足"),
    "Cancel_Job_Not_Runnig": (400, "无法取消非执行中的任务"),
    "Job_ReUpscale_Not_Support": (400, "高清任务不支持再次高清"),
    "Msg_Sensitive": (403, "Prompt包含敏感词汇"),
    "Upscale_Not_Support": (403, "高清任务不支持此操作"),
    "Not_Support": (405, "不支持此操作"),
    "No_Avaliable_Plan": (403, "无有效套餐"),
    # GET /job and PUT /moodboard name the status and the words, but the table has no rows for them: our reasons
    "Job_Not_Found": (404, "任务不存在"),
    "Moodboard_Not_Found": (404, "Moodboard不存在"),
}
BAD_PARAMETER = "JobStatusInvalidParameter"
COMMENTS = {
    "reference": "JobStatusInvalidImagePromptLink",
    "render": "JobStatusError",
    "rejected": "JobStatusReject",
}
FREE_FAILURES = frozenset({"JobStatusTextReject", "JobStatusBadPrompt", BAD_PARAMETER})
BASE_PRICE = 60
TASK_FACTORS = {
    "diffusion": 1.0,
    "pan": 1.0,
    "outpaint": 1.0,
    "remove-background": 1.0,
    "enhance": 1.0,
    "variation": 1.5,
    "upscale": 1.5,
    "inpaint": 1.5,
    "remix": 1.5,
    "upload-paint": 1.5,
    "retexture": 1.5,
    "edit": 1.5,
    "creative upscale": 2.0,
    "video-upscale": 4.0,
}
FILM_FACTORS = (4.0, 12.0)
"""By videoType: what a video of four costs, and an extension of one."""


class RefusedError(Exception):
    """A row of the error table; the detail is added to the message for whoever is looking."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def response(self) -> Response:
        status, body = error_body(self.reason, self.detail)
        return JSONResponse(body, status)


def error_body(reason: str, detail: str = "") -> tuple[int, dict[str, Any]]:
    code, message = ERRORS[reason]
    return code, {"code": code, "message": f"{message}: {detail}" if detail else message, "reason": reason}


def price(kind: str, speed: float = 1.0) -> int:
    """Fen."""
    return round(BASE_PRICE * TASK_FACTORS[kind] * speed)


def film_price(video_type: int, count: int) -> int:
    """Fen, for ``count`` films of a resolution."""
    return round(BASE_PRICE * FILM_FACTORS[video_type] * count / 4)


def comment(job: Job) -> str:
    if job.state == RUNNING:
        return "执行中"
    return "成功" if job.state == DONE else COMMENTS.get(job.failure, job.failure)


def moment(seconds: float) -> str:
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}Z"


def cost_object(job_id: str, fee: int, at: float) -> dict[str, Any]:
    return {
        "jobId": job_id,
        "fastCost": 1 if fee else 0,
        "relaxCost": 0,
        "feeCost": fee,
        "costAt": moment(at),
    }


def job_object(job: Job, base: str) -> dict[str, Any]:
    """The submit reply, the answer to a query and the body of a callback alike."""
    unready = job.state == DONE and job.outcome.empty_polls > 0
    urls: list[str] = []
    audits: list[str] = []
    if job.state != RUNNING:
        refused = any(slot.audit for slot in job.slots)
        done = job.state == DONE
        expires = None if job.outcome.links_expire is None else job.due + job.outcome.links_expire
        if done or refused:
            urls = [
                link(base, job.service, slot.file, expires) if done and slot.file and not unready else ""
                for slot in job.slots
            ]
            audits = [] if unready else [slot.audit for slot in job.slots]
    return {
        "id": job.id,
        "text": job.text,
        "urls": urls,
        "status": {RUNNING: 1, DONE: 2}.get(job.state, 3),
        "comment": comment(job),
        "cost": cost_object(job.id, job.price, job.created),
        "audits": audits,
        "seed": job.seed,
    }

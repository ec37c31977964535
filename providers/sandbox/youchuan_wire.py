"""Youchuan's words on the wire: its error table, its job object, its prices, and the fields it takes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .files import link
from .jobs import DONE, RUNNING, Job
from .net import is_web_url

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
    # GET /job names the status and the words, but the table has no row for it; the reason is our choice
    "Job_Not_Found": (404, "任务不存在"),
}
COMMENTS = {
    "reference": "JobStatusInvalidImagePromptLink",
    "render": "JobStatusError",
    "rejected": "JobStatusReject",
}
FREE_FAILURES = frozenset({"JobStatusTextReject", "JobStatusBadPrompt", "JobStatusInvalidParameter"})
BASE_PRICE = 60
TASK_FACTORS = {"diffusion": 1.0, "pan": 1.0, "variation": 1.5, "upscale": 1.5, "creative upscale": 2.0}


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


def price(kind: str, speed: float) -> int:
    """Fen."""
    return round(BASE_PRICE * TASK_FACTORS[kind] * speed)


def comment(job: Job) -> str:
    if job.state == RUNNING:
        return "执行中"
    return "成功" if job.state == DONE else COMMENTS.get(job.failure, job.failure)


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
    at = datetime.fromtimestamp(job.created, UTC)
    return {
        "id": job.id,
        "text": job.text,
        "urls": urls,
        "status": {RUNNING: 1, DONE: 2}.get(job.state, 3),
        "comment": comment(job),
        "cost": {
            "jobId": job.id,
            "fastCost": 1 if job.price else 0,
            "relaxCost": 0,
            "feeCost": job.price,
            "costAt": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}Z",
        },
        "audits": audits,
        "seed": job.seed,
    }


Field = Callable[[str, Any], Any]


def text_field(longest: int) -> Field:
    def read(name: str, value: Any) -> str:
        if not isinstance(value, str) or not 1 <= len(value) <= longest:
            raise RefusedError("Invalid_Argument", f"{name} must be a text of 1 to {longest} characters")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise RefusedError("Invalid_Argument", f"{name} is not text") from error
        return value

    return read


def choice_field(count: int) -> Field:
    def read(name: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < count:
            raise RefusedError("Invalid_Argument", f"{name} must be a whole number from 0 to {count - 1}")
        return value

    return read


def number_field(low: float, high: float) -> Field:
    def read(name: str, value: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise RefusedError("Invalid_Argument", f"{name} must be a number from {low} to {high}")
        return float(value)

    return read


def callback_field(name: str, value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 2048 or not value.isascii() or not is_web_url(value):
        raise RefusedError("Invalid_Argument", f"{name} must be an http(s) address of at most 2048 characters")
    return value


prompt_field = text_field(8192)
job_field = text_field(64)
image_field = choice_field(4)

BODIES: Mapping[str, tuple[Mapping[str, Field], Mapping[str, Field]]] = {
    "diffusion": ({"text": prompt_field}, {"callback": callback_field}),
    "variation": (
        {"jobId": job_field, "imageNo": image_field, "type": choice_field(2)},
        {"callback": callback_field, "remixPrompt": prompt_field},
    ),
    "upscale": (
        {"jobId": job_field, "imageNo": image_field, "type": choice_field(4)},
        {"callback": callback_field},
    ),
    "reroll": ({"jobId": job_field}, {}),
    "pan": (
        {
            "jobId": job_field,
            "imageNo": image_field,
            "direction": choice_field(4),
            "scale": number_field(1.1, 3.0),
        },
        {"remixPrompt": prompt_field, "callback": callback_field},
    ),
    "callback": ({"jobId": job_field}, {}),
}
"""For each endpoint the required and the optional fields, as documented; nothing else is taken."""


async def read_body(request: Request, endpoint: str) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError("Invalid_Argument", "the body must be application/json")
    try:
        data = json.loads(await request.body(), parse_constant=lambda _: math.nan)
    except (ValueError, RecursionError) as error:
        raise RefusedError("Invalid_Argument", "the body is not JSON") from error
    if not isinstance(data, dict):
        raise RefusedError("Invalid_Argument", "the body is not an object")
    required, optional = BODIES[endpoint]
    if missing := [name for name in required if name not in data]:
        raise RefusedError("Invalid_Argument", f"missing: {', '.join(missing)}")
    fields = {**required, **optional}
    if unknown := sorted(set(data) - set(fields)):
        raise RefusedError("Invalid_Argument", f"unknown: {', '.join(unknown)[:200]}".encode(errors="replace").decode())
    return {name: fields[name](name, value) for name, value in data.items()}

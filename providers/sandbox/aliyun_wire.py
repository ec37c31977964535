"""Aliyun's words on the wire: its error table, its envelope, and what a task of a submit may hold."""

from __future__ import annotations

import json
import math
import uuid
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

ERRORS: dict[str, tuple[int, str]] = {
    "23500001": (500, "Internal server error"),
    "23500002": (401, "Authorization required to perform current operation"),
    "23500003": (404, "Specified service does not exist"),
    "23500004": (403, "User credit points are exhausted"),
    "23500005": (403, "Request was denied due to request throttling"),
    "23500006": (403, "The image did not pass the content compliance check"),
    "23500007": (400, "The image url provided is invalid or non-accessible"),
    "23500008": (400, "The uploaded image does not meet the requirements"),
    "23500009": (400, "No records found related to the specified resultKey parameter"),
    "23500010": (400, "Required parameters cannot be empty"),  # the number is our reading
    "23500011": (500, "Job execution failed"),
    "23500012": (400, "Required request body is missing"),
    "23500013": (400, "Illegal input parameter found"),
    "23500014": (400, "Illegal service name"),
}
NO_KEY, NO_SERVICE, NO_MONEY, THROTTLED, INDECENT = "23500002", "23500003", "23500004", "23500005", "23500006"
BAD_LINK, UNFIT, NO_RECORD, EMPTY, FAILED = "23500007", "23500008", "23500009", "23500010", "23500011"
NO_BODY, ILLEGAL = "23500012", "23500013"

PROMPT_LIMIT = 500
LARGEST_SEED = 2**31 - 1


class RefusedError(Exception):
    """A row of the error table; the detail is added to the message for whoever is looking."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def response(self) -> Response:
        status, body = error_body(self.code, self.detail)
        return JSONResponse(body, status)


def error_body(code: str, detail: str = "") -> tuple[int, dict[str, Any]]:
    status, message = ERRORS[code]
    return status, {
        "code": code,
        "message": f"{message}: {detail}" if detail else message,
        "requestId": str(uuid.uuid4()).upper(),
        "severity": "error",
        "success": False,
    }


def envelope(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": 0,
        "data": data,
        "message": "success",
        "requestId": str(uuid.uuid4()).upper(),
        "severity": "info",
        "success": True,
    }


@dataclass(frozen=True)
class Task:
    """One order. ``seed`` None means any."""

    image: str
    mask: str
    positive_prompt: str
    negative_prompt: str
    guidance_scale: float
    strength: float
    seed: int | None
    steps: int
    num_output: int


async def read_data(request: Request) -> dict[str, Any]:
    """The ``data`` of a body."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await request.body()
    if not body.strip():
        raise RefusedError(NO_BODY)
    if kind != "application/json":
        raise RefusedError(ILLEGAL, "Content-Type must be application/json")
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(ILLEGAL, "the body is no JSON") from error
    if not isinstance(parsed, dict) or set(parsed) - {"data"}:
        raise RefusedError(ILLEGAL, "the body has data and nothing else")
    data = parsed.get("data")
    if not data:
        raise RefusedError(EMPTY, "data")
    if not isinstance(data, dict):
        raise RefusedError(ILLEGAL, "data must be an object")
    return data


def read_task(data: dict[str, Any]) -> Task:
    """The one task of a submit."""
    tasks = data.get("task_list")
    if not tasks:
        raise RefusedError(EMPTY, "task_list")
    if set(data) != {"task_list"} or not isinstance(tasks, list) or len(tasks) != 1 or not isinstance(tasks[0], dict):
        raise RefusedError(ILLEGAL, "data has a task_list of exactly one object")
    task = tasks[0]
    if unknown := set(task) - set(Task.__dataclass_fields__):
        raise RefusedError(ILLEGAL, f"unknown: {', '.join(sorted(unknown))}")
    strength = _number(task, "strength", 1.0, 0.0, 1.0)
    if strength == 0:
        raise RefusedError(ILLEGAL, "strength must be in (0, 1]")
    return Task(
        image=_text(task, "image", 2048, required=True),
        mask=_text(task, "mask", 2048, required=True),
        positive_prompt=_text(task, "positive_prompt", PROMPT_LIMIT, required=True),
        negative_prompt=_text(task, "negative_prompt", PROMPT_LIMIT),
        guidance_scale=_number(task, "guidance_scale", 7.5, 0.0, 100.0),
        strength=strength,
        seed=_whole(task, "seed", 0, LARGEST_SEED) if task.get("seed") is not None else None,
        steps=_whole(task, "steps", 15, 50, usual=30),
        num_output=_whole(task, "num_output", 1, 4, usual=1),
    )


def _text(task: dict[str, Any], name: str, limit: int, *, required: bool = False) -> str:
    value = task.get(name)
    if value in (None, ""):
        if required:
            raise RefusedError(EMPTY, name)
        return ""
    if not isinstance(value, str) or len(value) > limit:
        raise RefusedError(ILLEGAL, f"{name} must be a text of at most {limit} characters")
    if required and not value.strip():
        raise RefusedError(EMPTY, name)
    return value


def _number(task: dict[str, Any], name: str, usual: float, least: float, most: float) -> float:
    value = task.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RefusedError(ILLEGAL, f"{name} must be a number")
    if not least <= value <= most:
        raise RefusedError(ILLEGAL, f"{name} must be from {least:g} to {most:g}")
    return float(value)


def _whole(task: dict[str, Any], name: str, least: int, most: int, *, usual: int | None = None) -> int:
    value = task.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RefusedError(ILLEGAL, f"{name} must be a whole number from {least} to {most}")
    return value

"""Reading the job object: the reply to a submit, the answer to a query and the body of a callback alike.

Shape: {"id", "text", "urls": [], "status": 1, "comment": "执行中", "cost": {…}, "audits": [], "seed": 0}.
Everything is optional in what we read, numbers may come as texts.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..base import MAX_REMOTE_ID, Kind, Rejected, RemoteFile, Snapshot, State
from ..errors import (
    ContentRejected,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    ProviderError,
    QuotaExhausted,
    RateLimited,
)
from ..transport import redact
from ..words import gettext_noop as _

#: 1 and 2 are documented, 3 is what public clients see; 0 and 4 are hearsay and left unknown.
STATUSES: Mapping[int, State] = {1: State.RUNNING, 2: State.SUCCEEDED, 3: State.FAILED}

#: Both vocabularies of `comment`.
COMMENTS: Mapping[str, State] = {
    "JobStatusCreated": State.QUEUED,
    "JobStatusQueued": State.QUEUED,
    "JobStatusRunning": State.RUNNING,
    "JobStatusSuccess": State.SUCCEEDED,
    "JobStatusFail": State.FAILED,
    "JobStatusError": State.FAILED,
    "JobStatusReject": State.FAILED,
    "JobStatusTextReject": State.FAILED,
    "JobStatusBadPrompt": State.FAILED,
    "JobStatusInvalidParameter": State.FAILED,
    "JobStatusTimeout": State.FAILED,
    "JobStatusRequestTimeout": State.FAILED,
    "JobStatusInvalidImagePromptLink": State.FAILED,
    "JobStatusMaxConcurrentLimited": State.FAILED,
    "JobStatusCreditNotEnough": State.FAILED,
    "JobStatusImagePromptDenied": State.FAILED,
    "JobStatusDuplicateImage": State.FAILED,
    "JobStatusCanceled": State.CANCELED,
}

#: The Chinese words for the same. The note that a failure costs nothing is cut off before looking.
CHINESE: Mapping[str, str] = {
    "已创建": "JobStatusCreated",
    "排队中": "JobStatusQueued",
    "执行中": "JobStatusRunning",
    "成功": "JobStatusSuccess",
    "失败": "JobStatusFail",
    "未知错误": "JobStatusFail",
    "执行报错": "JobStatusError",
    "图片审核未通过": "JobStatusReject",
    "文本审核未通过": "JobStatusTextReject",
    "提示词格式错误": "JobStatusBadPrompt",
    "提示词格式错误,请重试": "JobStatusInvalidParameter",
    "任务失败(超时)": "JobStatusTimeout",
    "任务处理失败(超时)": "JobStatusRequestTimeout",
    "无效图片链接或获取图片超时,请修改链接或重试": "JobStatusInvalidImagePromptLink",
    "您已达到同时任务数上限": "JobStatusMaxConcurrentLimited",
    "您当前任务额度已用完,请升级计划或者购买更多任务额度": "JobStatusCreditNotEnough",
    "任务已经取消": "JobStatusCanceled",
    "图片prompt敏感": "JobStatusImagePromptDenied",
    "存在重复图片": "JobStatusDuplicateImage",
}
_FREE_NOTE = "(生成失败的任务不消耗任务额度)"

_TIMEOUT = _("The service took too long on this and gave up.")
_BAD_PROMPT = _("The service could not read this prompt. Check its words and parameters.")

#: What a failed job's word means for people.
FAILURES: Mapping[str, tuple[type[ProviderError], str]] = {
    "JobStatusFail": (GenerationFailed, _("The service failed on this without saying why.")),
    "JobStatusError": (GenerationFailed, _("The service broke off while working on this.")),
    "JobStatusReject": (ContentRejected, _("The service's filter refused the finished pictures.")),
    "JobStatusTextReject": (
        ContentRejected,
        _("The service's filter refused the words of this prompt. Try other words."),
    ),
    "JobStatusBadPrompt": (InvalidRequest, _BAD_PROMPT),
    "JobStatusInvalidParameter": (InvalidRequest, _BAD_PROMPT),
    "JobStatusTimeout": (GenerationFailed, _TIMEOUT),
    "JobStatusRequestTimeout": (GenerationFailed, _TIMEOUT),
    "JobStatusInvalidImagePromptLink": (
        InvalidRequest,
        _("The service could not download a reference picture. Check it, or try again."),
    ),
    "JobStatusMaxConcurrentLimited": (
        RateLimited,
        _("The service is working on as much as it takes from us at once."),
    ),
    "JobStatusCreditNotEnough": (
        QuotaExhausted,
        _("The studio's account at Youchuan has run out. An administrator has to top it up."),
    ),
    "JobStatusImagePromptDenied": (ContentRejected, _("The service's filter refused a reference picture.")),
    "JobStatusDuplicateImage": (InvalidRequest, _("The same reference picture is given twice. Take one out.")),
    "JobStatusCanceled": (GenerationFailed, _("This job was canceled at the service.")),
}

#: Words that the filter is known to give for one picture. Others are kept in `reason`, not shown.
AUDITS: Mapping[str, str] = {
    "涉政": _("The service's filter refused this picture: politics."),
    "涉黄": _("The service's filter refused this picture: nudity."),
    "色情": _("The service's filter refused this picture: nudity."),
    "涉暴": _("The service's filter refused this picture: violence."),
    "暴恐": _("The service's filter refused this picture: violence."),
}
_REFUSED = _("The service's filter refused this picture.")
_NO_PICTURE = _("The service left this picture empty.")
_ALL_REFUSED = _("The service's filter refused every picture of this job.")

_VIDEO_ENDINGS = (".mp4", ".webm", ".mov", ".m4v")
_ID = re.compile(rf"[0-9A-Za-z_-]{{1,{MAX_REMOTE_ID}}}")


def read_job(body: Any, *, remote_id: str = "", secrets: Iterable[str] = ()) -> Snapshot:
    """The snapshot of a job object. `remote_id` is the job that was asked about; empty after a submit.

    The number in `status` is the documented one and decides; `comment` decides where there is no known
    number, names the reason of a failure, and ends a success that has no pictures. A state in neither is
    UNKNOWN. Raises InvalidResponse when the body is no job object, or another job's.
    """
    job = _unwrap(body)
    raw = redact(body, secrets)
    found = job_id(body)
    if remote_id and found and found != remote_id:
        raise InvalidResponse(code="other_job", raw=raw)
    if not found and not any(name in job for name in ("status", "comment", "urls")):
        raise InvalidResponse(code="no_job", raw=raw)
    word = _word(job.get("comment"))
    state = _state(job.get("status"), word)
    links, audits = _links(job), _texts(job.get("audits"))
    files: tuple[RemoteFile, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    error: ProviderError | None = None
    if state is State.SUCCEEDED:
        state, files, rejected, error = _results(links, audits, word)
    elif state is State.FAILED:
        # a failed job's pictures can't be had, but the filter's words on them can
        rejected = tuple(_rejected(index, audit) for index, audit in enumerate(audits) if audit)
    if state in {State.FAILED, State.CANCELED} and error is None:
        error = _failure(word, redact(job.get("comment"), secrets))
    if error is not None:
        error.raw = raw
    return Snapshot(
        remote_id=remote_id or found,
        state=state,
        files=files,
        rejected=rejected,
        seed=_seed(job) if state is State.SUCCEEDED else None,
        cost=_cost(job, secrets),
        error=error,
        raw=raw,
    )


def job_id(body: Any) -> str:
    """The id under any of its spellings, or "" when there is none that could be asked for."""
    if not isinstance(body, dict):
        return ""
    data = body.get("data")
    places: list[Any] = [body.get("id"), body.get("jobId")]
    if isinstance(data, dict):
        places += [data.get("jobId"), data.get("id")]
    job = _unwrap(body)
    if isinstance(job.get("cost"), dict):
        places.append(job["cost"].get("jobId"))
    for value in places:
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if _ID.fullmatch(text):
            return text
    return ""


def _unwrap(body: Any) -> dict[str, Any]:
    """The job object itself, also where it stands inside `data`."""
    if not isinstance(body, dict):
        return {}
    data = body.get("data")
    if isinstance(data, dict) and not any(name in body for name in ("status", "comment", "urls")):
        return {**body, **data}
    return body


# ── state ────────────────────────────────────────────────────────────────────


def _state(status: Any, word: str) -> State:
    said = COMMENTS.get(word, State.UNKNOWN)
    counted = STATUSES.get(_int(status), State.UNKNOWN)
    if counted is State.UNKNOWN:
        return said
    if counted is State.RUNNING and said is State.QUEUED:
        return State.QUEUED
    if counted is State.FAILED and said is State.CANCELED:
        return State.CANCELED
    return counted


def _word(comment: Any) -> str:
    """The JobStatus name of a comment in either vocabulary; "" for one that we do not know."""
    if not isinstance(comment, str):
        return ""
    # full-width brackets and commas become the plain ones of our table
    text = unicodedata.normalize("NFKC", comment).strip()
    for name in (text, f"JobStatus{text}"):
        if name in COMMENTS:
            return name
    text = text.replace(" ", "").replace(_FREE_NOTE, "").rstrip("。.")
    return CHINESE.get(text, "")


def _failure(word: str, comment: Any) -> ProviderError:
    if word in FAILURES:
        kind, sentence = FAILURES[word]
        return kind(sentence, code=word)
    return GenerationFailed(code=str(comment)[:80] if isinstance(comment, str) and comment else "failed")


# ── results ──────────────────────────────────────────────────────────────────


def _results(
    links: list[tuple[str, Kind]], audits: list[str], word: str
) -> tuple[State, tuple[RemoteFile, ...], tuple[Rejected, ...], ProviderError | None]:
    """What a success comes to: slots keep their numbers over the empty ones."""
    files = tuple(RemoteFile(index, kind, url) for index, (url, kind) in enumerate(links) if url)
    if not files and not any(audits):
        said = COMMENTS.get(word)
        if said is State.FAILED or said is State.CANCELED:
            return said, (), (), None
        # seen in the wild: status 2 comes a moment before the links
        return State.RUNNING, (), (), None
    filled = {file.index for file in files}
    rejected = tuple(
        _rejected(index, audits[index] if index < len(audits) else "")
        for index in range(max(len(links), len(audits)))
        if index not in filled and (index < len(links) or audits[index])
    )
    if files:
        return State.SUCCEEDED, files, rejected, None
    return State.FAILED, (), rejected, ContentRejected(_ALL_REFUSED, code="all_rejected")


def _rejected(index: int, audit: str) -> Rejected:
    if not audit:
        return Rejected(index, "", _NO_PICTURE)
    return Rejected(index, audit, AUDITS.get(audit, _REFUSED))


def _links(job: Mapping[str, Any]) -> list[tuple[str, Kind]]:
    """Addresses by slot. Which field holds videos is not documented: where another than `urls` has any, `urls`
    holds their first frames, unless it has videos itself."""
    urls = _addresses(job.get("urls"))
    if not any(_is_video(link) for link in urls):
        for name in ("videoUrls", "videos"):
            links = _addresses(job.get(name))
            if any(links):
                return [(link, Kind.VIDEO) for link in links]
    return [(link, Kind.VIDEO if _is_video(link) else Kind.IMAGE) for link in urls]


def _addresses(value: Any) -> list[str]:
    """Links, also where each stands in an object of its own."""
    if not isinstance(value, list):
        return []
    return _texts([item.get("url") or item.get("videoUrl") if isinstance(item, dict) else item for item in value])


def _is_video(link: str) -> bool:
    try:
        return urlsplit(link).path.lower().endswith(_VIDEO_ENDINGS)
    except ValueError:
        return False


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        return []
    return [item.strip() if isinstance(item, str) else "" for item in value[:64]]


def _seed(job: Mapping[str, Any]) -> int | None:
    seed = _int(job.get("seed"))
    # 0 is also what stands there while nothing is known
    return seed if 0 < seed <= 4294967295 else None


def _cost(job: Mapping[str, Any], secrets: Iterable[str]) -> dict[str, Any]:
    """As the service gives it, figures as numbers. `feeCost` has no stated unit; read as 1/100 CNY."""
    cost = job.get("cost")
    if not isinstance(cost, dict):
        return {}
    kept: dict[str, Any] = redact(cost, secrets)
    for name in ("fastCost", "relaxCost", "feeCost"):
        if name in kept:
            kept[name] = _figure(kept[name])
    return kept


def _figure(value: Any) -> int | float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def _int(value: Any) -> int:
    """A whole number, also from a text; -1 for anything else."""
    if isinstance(value, bool):
        return -1
    number = _figure(value) if isinstance(value, str | int | float) else None
    return number if isinstance(number, int) else -1

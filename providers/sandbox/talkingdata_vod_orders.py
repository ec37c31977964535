"""Orders of GPT Image-2 (T0302007) and Veo 3.1 (T0301004): fields and bounds, and what a task shows of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .net import is_web_url
from .talkingdata_media import MB, Bounds
from .tencent import (
    MAX_CONTEXT,
    MAX_PRIORITY,
    MAX_SESSION,
    SWITCH,
    RefusedError,
    choice,
    inner,
    needed,
    objects,
    only,
    short,
    text,
    whole,
)

IMAGE_ACTION, FILM_ACTION = "T0302007", "T0301004"
MODELS = {"gpt-image-2": "AigcImageTask", "veo-3.1": "AigcVideoTask"}
"""Which task each makes."""
QUALITIES = frozenset({"image2_low", "image2_medium", "image2_high"})
REFERENCE, FIRST, LAST = "Reference", "FirstFrame", "LastFrame"
MOST_REFERENCES = 3
MAX_INTEGER = 2**63 - 1

_COMMON = {"Prompt", "FileInfos", "NegativePrompt", "EnhancePrompt", "OutputConfig", "InputRegion", "Seed"} | {
    "SessionId",
    "SessionContext",
    "TasksPriority",
    "ExtInfo",
}
_IMAGE_FIELDS = frozenset(_COMMON | {"ModelVersion"})
_FILM_FIELDS = frozenset(_COMMON | {"LastFrameFileId", "LastFrameUrl", "SubjectInfos", "SceneType"})
_OUTPUT = {
    "StorageMode": frozenset({"Temporary", "Permanent"}),
    "PersonGeneration": frozenset({"AllowAdult", "AllowAll"}),
    "InputComplianceCheck": SWITCH,
    "OutputComplianceCheck": SWITCH,
}
_IMAGE_OUTPUT = _OUTPUT | {
    "Resolution": frozenset({"1K", "2K", "4K"}),
    "AspectRatio": frozenset({"1:1", "3:2", "2:3", "3:4", "4:3", "16:9", "9:16", "21:9", "9:21"}),
}
_FILM_OUTPUT = _OUTPUT | {
    "Resolution": frozenset({"720P", "1080P"}),
    "AspectRatio": frozenset({"16:9", "9:16"}),
    "AudioGeneration": SWITCH,
}
BOUNDS = {
    "FileInfos": Bounds(frozenset({"jpeg", "png"}), 10 * MB),
    "LastFrameFileId": Bounds(frozenset({"jpeg", "png", "webp"}), 10 * MB),
    "LastFrameUrl": Bounds(frozenset({"jpeg", "png", "webp"}), 5 * MB),
}
"""What a picture may be, by the field that gives it."""


@dataclass(frozen=True)
class File:
    """A picture of an order: by link, or by the id of a stored one."""

    role: str
    url: str = ""
    file_id: str = ""
    field: str = "FileInfos"


@dataclass(frozen=True)
class Order:
    """``shown`` is the ``Input`` of its task."""

    model: str
    prompt: str
    negative: str
    enhance: bool
    quality: str
    files: list[File]
    output: dict[str, str]
    seed: int | None
    session_id: str
    session_context: str
    priority: int
    shown: dict[str, Any] = field(repr=False)


def read_image_order(body: dict[str, Any]) -> Order:
    """RefusedError for anything that the page does not allow."""
    only(body, _IMAGE_FIELDS, "")
    needed(body, "ModelVersion")
    quality = choice(body, "ModelVersion", QUALITIES)
    files = _files(body, frozenset({"Type", "Url", "Text"}))
    if len(files) > MOST_REFERENCES:
        raise RefusedError("InvalidParameterValue", f"FileInfos has at most {MOST_REFERENCES} pictures")
    if not files and not text(body, "Prompt").strip():
        raise RefusedError("MissingParameter", "Prompt is needed where there is no picture")
    output = _output(body, _IMAGE_OUTPUT)
    shown = {
        "ModelName": "OG",
        "ModelVersion": quality,
        "FileInfos": [{"Type": "Url", "FileId": "", "Url": file.url} for file in files],
        **_shown_words(body),
        "GenerationMode": "",
        "SceneType": "",
        "OutputConfig": _shown_output(output, ("Resolution", "AspectRatio")),
    }
    return _order("gpt-image-2", body, files, output, shown, quality)


def read_film_order(body: dict[str, Any]) -> Order:
    """RefusedError for anything that the page does not allow."""
    only(body, _FILM_FIELDS, "")
    if objects(body, "SubjectInfos"):
        raise RefusedError("InvalidParameterValue", "SubjectInfos: there are no subjects for this model")
    scene = choice(body, "SceneType", frozenset({"motion_control"}))
    files = _files(body, frozenset({"Type", "Url", "Usage"}))
    last_url, last_id = text(body, "LastFrameUrl"), text(body, "LastFrameFileId")
    if last_url:
        _need_address(last_url, "LastFrameUrl")
        files.append(File(LAST, last_url, field="LastFrameUrl"))
    if last_id:
        if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", last_id):
            raise RefusedError("InvalidParameterValue", "LastFrameFileId is no id")
        files.append(File(LAST, file_id=last_id, field="LastFrameFileId"))
    _check_roles([file.role for file in files])
    if not files and not text(body, "Prompt").strip() and not text(body, "ExtInfo"):
        raise RefusedError("MissingParameter", "Prompt is needed where there is neither a picture nor ExtInfo")
    output = _output(body, _FILM_OUTPUT)
    extras = {"EnableBGM": "", "EnhanceSwitch": "", "OffPeak": "", "FrameInterpolate": "", "LogoAdd": ""}
    shown = {
        "FileInfos": [
            {"Type": "Url", "FileId": "", "Url": file.url, "Usage": file.role}
            for file in files
            if file.field == "FileInfos"
        ],
        "SubjectInfos": [],
        "LastFrameFileId": last_id,
        "LastFrameUrl": last_url,
        "ModelName": "GV",
        "ModelVersion": "3.1",
        **_shown_words(body),
        "GenerationMode": "",
        "OutputConfig": {
            **_shown_output(output, ("Resolution", "AspectRatio", "AudioGeneration")),
            "Duration": 0,
            **extras,
        },
        "InputRegion": text(body, "InputRegion") or "Mainland",
        "SceneType": scene,
        "Seed": body.get("Seed") or 0,
    }
    return _order("veo-3.1", body, files, output, shown, "")


def _order(
    model: str, body: dict[str, Any], files: list[File], output: dict[str, str], shown: dict[str, Any], quality: str
) -> Order:
    choice(body, "InputRegion", frozenset({"Mainland", "Oversea"}))
    text(body, "ExtInfo")
    return Order(
        model=model,
        prompt=text(body, "Prompt"),
        negative=text(body, "NegativePrompt"),
        enhance=choice(body, "EnhancePrompt", SWITCH) == "Enabled",
        quality=quality,
        files=files,
        output=output,
        seed=whole(body, "Seed", -MAX_INTEGER, MAX_INTEGER, 0) if body.get("Seed") is not None else None,
        session_id=short(body, "SessionId", MAX_SESSION),
        session_context=short(body, "SessionContext", MAX_CONTEXT),
        priority=whole(body, "TasksPriority", -MAX_PRIORITY, MAX_PRIORITY, 0),
        shown=shown,
    )


def _files(body: dict[str, Any], known: frozenset[str]) -> list[File]:
    files = []
    for number, item in enumerate(objects(body, "FileInfos")):
        place = f"FileInfos[{number}]."
        only(item, known, place)
        needed(item, "Type", place)
        choice(item, "Type", frozenset({"Url"}), place)
        url = needed(item, "Url", place)
        _need_address(url, f"{place}Url")
        text(item, "Text", place)
        role = REFERENCE
        if "Usage" in known:
            needed(item, "Usage", place)
            role = choice(item, "Usage", frozenset({FIRST, LAST, REFERENCE}), place)
        files.append(File(role, url))
    return files


def _check_roles(roles: list[str]) -> None:
    counts = {role: roles.count(role) for role in (FIRST, LAST, REFERENCE)}
    if counts[FIRST] > 1 or counts[LAST] > 1 or counts[REFERENCE] > MOST_REFERENCES:
        raise RefusedError("InvalidParameterValue", "FileInfos: one first frame, one last frame, three references")
    if counts[LAST] and not counts[FIRST]:
        raise RefusedError("InvalidParameterValue", "a last frame needs a first frame in FileInfos")
    if counts[REFERENCE] and counts[FIRST]:
        raise RefusedError("InvalidParameterValue", "FileInfos: frames and references do not go together")


def _need_address(url: str, place: str) -> None:
    if not is_web_url(url):
        raise RefusedError("InvalidParameterValue", f"{place} must be an http(s) address")


def _output(body: dict[str, Any], allowed: dict[str, frozenset[str]]) -> dict[str, str]:
    value = inner(body, "OutputConfig")
    only(value, frozenset(allowed), "OutputConfig.")
    found = {name: choice(value, name, words, "OutputConfig.") for name, words in allowed.items()}
    return {name: word for name, word in found.items() if word}


def _shown_words(body: dict[str, Any]) -> dict[str, str]:
    return {name: text(body, name) for name in ("Prompt", "NegativePrompt", "EnhancePrompt")}


def _shown_output(output: dict[str, str], own: tuple[str, ...]) -> dict[str, Any]:
    names = (*own, "PersonGeneration", "InputComplianceCheck", "OutputComplianceCheck")
    return {
        "StorageMode": output.get("StorageMode", "Temporary"),
        "MediaName": "",
        "ClassId": 0,
        "ExpireTime": "0000-00-00T00:00:00Z",
        **{name: output.get(name, "") for name in names},
    }

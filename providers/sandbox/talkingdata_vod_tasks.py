"""The answer to a query of a Tencent VOD task behind the model pool, and what it says of the finished file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import av

from .files import link
from .jobs import DONE, RUNNING, Job
from .probing import probe
from .talkingdata_vod_orders import MODELS
from .talkingdata_wire import NAME
from .tencent import LINK_SECONDS, ending, moment, outer_status, progress, request_id

_TASKS = [
    "ProcedureTask",
    "EditMediaTask",
    "SplitMediaTask",
    "ComposeMediaTask",
    "WechatPublishTask",
    "PullUploadTask",
    "WechatMiniProgramPublishTask",
    "DescribeFileAttributesTask",
    "RemoveWatermarkTask",
    "RebuildMediaTask",
    "FastClipMediaTask",
    "ExtractTraceWatermarkTask",
    "ExtractCopyRightWatermarkTask",
    "ExtractBlindWatermarkTask",
    "ReviewAudioVideoTask",
    "QualityInspectTask",
    "QualityEnhanceTask",
    "ComplexAdaptiveDynamicStreamingTask",
    "ProcessMediaByMPSTask",
    "ProcessImageAsyncTask",
    "AigcImageTask",
    "SceneAigcImageTask",
    "AigcVideoTask",
    "SceneAigcVideoTask",
    "ImportMediaKnowledge",
    "CreateAigcAdvancedCustomElementTask",
    "CreateAigcCustomVoiceTask",
    "CreateAigcSubjectTask",
    "AigcVideoRedrawTask",
    "AigcAudioTask",
    "TranscodeTask",
    "SnapshotByTimeOffsetTask",
    "ConcatTask",
    "ClipTask",
    "CreateImageSpriteTask",
    "ReduceMediaBitrateTask",
]
"""All that a reply names; what is no task of this kind is null."""
_NO_TIME = "0000-00-00T00:00:00Z"


def task_object(job: Job, base: str) -> dict[str, Any]:
    number, word, message = ending(job)
    status, kind = outer_status(job, word), MODELS[job.kind]
    task = {
        "TaskId": job.id,
        "Status": "PROCESSING" if job.state == RUNNING else "FINISH",
        "ErrCode": number,
        "ErrCodeExt": word,
        "Message": f"{message} {job.extra.get('why', '')}".rstrip(),
        "Progress": progress(job),
        "Input": job.extra["shown"],
        "Output": {"FileInfos": _files(job, base)},
        "SessionContext": job.extra["session_context"],
        "SessionId": job.extra["session_id"],
    }
    left_out = {"AigcAudioTask"} if kind == "AigcVideoTask" else set()
    reply: dict[str, Any] = {
        "TaskType": kind,
        "Status": status,
        "CreateTime": moment(job.created),
        "BeginProcessTime": _NO_TIME if status == "WAITING" else moment(job.created),
        "FinishTime": _NO_TIME if job.state == RUNNING else moment(job.extra["ended"]),
        **{name: None for name in _TASKS if name not in left_out},
    }
    return {"Response": {**reply, kind: task, "RequestId": request_id()}}


def _files(job: Job, base: str) -> list[dict[str, Any]]:
    if job.state != DONE or job.outcome.empty_polls > 0:
        return []
    permanent = job.extra["storage_mode"] == "Permanent"
    keep = LINK_SECONDS if job.outcome.links_expire is None else job.outcome.links_expire
    end = job.extra["ended"] + keep
    return [
        {
            "StorageMode": job.extra["storage_mode"],
            "MediaName": "",
            "ClassId": 0,
            "ExpireTime": _NO_TIME if permanent else moment(end),
            "FileType": "",
            "FileId": job.extra["file_id"] if permanent else "",
            "FileUrl": link(base, NAME, slot.file, None if permanent else end),
            "MetaData": job.extra["facts"],
        }
        for slot in job.slots
    ]


def facts_of(path: Path) -> dict[str, Any]:
    """``MetaData`` of a finished file, measured. Seconds, bytes, bits a second."""
    seen, data = probe(path), path.read_bytes()
    film = seen.kind == "video"
    with av.open(str(path)) as opened:
        rates = [opened.streams.video[0].bit_rate or 0, *(track.bit_rate or 0 for track in opened.streams.audio)]
    sound = {
        "Bitrate": rates[-1],
        "Channel": seen.channels,
        "Codec": "aac",
        "Codecs": "",
        "Loudness": 0,
        "SamplingRate": seen.sample_rate,
    }
    picture = {
        "Bitrate": rates[0] if film else 0,
        "Codec": seen.codec,
        "CodecTag": "",
        "Codecs": "",
        "DynamicRangeInfo": {"HDRType": "", "Type": "Unknown"},
        "Fps": round(seen.frame_rate) if film else 25,  # that is what the tool calls a still picture's
        "Height": seen.height,
        "Width": seen.width,
    }
    return {
        "AudioDuration": seen.duration if seen.has_sound else 0,
        "AudioStreamSet": [sound] if seen.has_sound else [],
        "Bitrate": round(len(data) * 8 / seen.duration) if film else 0,
        "Container": "mov,mp4,m4a,3gp,3g2,mj2" if film else "png_pipe",
        "Duration": seen.duration,
        "Height": seen.height,
        "Md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "Rotate": 0,
        "Size": len(data),
        "VideoDuration": seen.duration,
        "VideoStreamSet": [picture],
        "Width": seen.width,
    }

"""The child that decodes pictures, videos and sounds: the one place where untrusted bytes meet a decoder.

Standard library, Pillow and PyAV only. It reads requests and writes answers, each as JSON after its length
in four bytes, until its input closes. `studio.media.decoder` starts, feeds and ends it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import traceback
from typing import Any, BinaryIO

LARGEST_FILE = 512 * 1024 * 1024
LONGEST_MESSAGE = 1024 * 1024


def read_message(stream: BinaryIO) -> dict[str, Any] | None:
    head = stream.read(4)
    if len(head) < 4:
        return None
    length = int.from_bytes(head, "big")
    body = stream.read(length) if length <= LONGEST_MESSAGE else b""
    return json.loads(body) if len(body) == length else None


def write_message(stream: BinaryIO, message: dict[str, Any]) -> None:
    body = json.dumps(message).encode()
    stream.write(len(body).to_bytes(4, "big") + body)
    stream.flush()


def limit_myself(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))


def allow_seconds(seconds: int) -> None:
    """The limit counts the whole life of the process, so it moves with every request."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, resource.RLIM_INFINITY))


def perform(request: dict[str, Any]) -> dict[str, Any]:
    task = request.get("task", "examine")
    if task == "frame":
        from studio.media.video import read_frame

        return read_frame(request)
    if task == "convert":
        from studio.media.transcoding import convert

        return convert(request)
    if task == "mask":
        from studio.media.masks import read_mask

        return read_mask(request)
    from studio.media.picture import examine

    return examine(request)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    from studio.media.containers import Refused

    allow_seconds(request["seconds"])
    try:
        return {"ok": True, **perform(request)}
    except Refused as refusal:
        return {"ok": False, "code": refusal.code, "values": refusal.values, "detail": repr(refusal.__cause__)}
    except MemoryError:
        return {"ok": False, "code": "too_complex", "values": {}, "detail": "out of memory"}
    except Exception:
        return {"ok": False, "code": "decoder_failed", "values": {}, "detail": traceback.format_exc()[-2000:]}


def main(memory: int) -> None:
    # a library that prints must not be able to speak for us
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    limit_myself(memory)
    while (request := read_message(requests)) is not None:
        write_message(answers, answer(request))


if __name__ == "__main__":
    main(int(sys.argv[1]))

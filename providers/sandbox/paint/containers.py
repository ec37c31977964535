"""Opening films and sounds of other people's making: by content, and nothing beside the file itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import av.stream
from av.container import InputContainer
from av.video.stream import VideoStream

BEGINNING = 64 * 1024
MAX_STREAMS = 16


def demuxer_of(begin: bytes) -> str:
    """The name of the one FFmpeg demuxer that may read what begins like this, or ""."""
    if begin[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    if begin[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if begin[:4] in (b"RIFF", b"RF64") and begin[8:12] == b"WAVE":
        return "wav"
    if begin[:4] == b"RIFF" and begin[8:12] == b"AVI ":
        return "avi"
    if begin[:4] == b"fLaC":
        return "flac"
    if begin[:4] == b"OggS":
        return "ogg"
    if begin[:3] == b"ID3":
        return "mp3"
    if len(begin) > 2 and begin[0] == 0xFF and begin[1] & 0xE0 == 0xE0:
        return "aac" if begin[1] & 0x06 == 0 else "mp3"  # layer 0 is ADTS
    return ""


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """Through a plain file object and one demuxer, so that nothing inside can name another file or an address.

    Raises ValueError or OSError (av.FFmpegError is one of these) when it is neither a film nor a sound.
    """
    with path.open("rb") as file:
        demuxer = demuxer_of(file.read(BEGINNING))
        if not demuxer:
            raise ValueError("neither a film nor a sound")
        file.seek(0)
        with av.open(
            file, "r", format=demuxer, container_options={"protocol_whitelist": "none"}, metadata_errors="replace"
        ) as container:
            if len(container.streams) > MAX_STREAMS:
                raise ValueError(f"{len(container.streams)} streams")
            yield container


def picture_stream(container: InputContainer) -> VideoStream | None:
    """The film's picture; the cover of a piece of music is none."""
    covers = av.stream.Disposition.attached_pic
    return next((stream for stream in container.streams.video if not stream.disposition & covers), None)

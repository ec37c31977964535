"""Results as one ZIP file that is made while it is sent: no temporary file, and no more in memory than a
piece of one picture."""

from __future__ import annotations

import asyncio
import io
import logging
import zipfile
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _

from studio.jobs.models import Output
from studio.media.presenters import download_name

MAX_FILES = 2000
MAX_BYTES = 10 * 1024**3
CHUNK = 256 * 1024

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    key: str
    size: int
    made_at: datetime


def entries_of(outputs: Iterable[Output]) -> list[Entry]:
    """Files under names made of prompt and number, each different from all others whatever the case."""
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    entries = []
    for output in outputs:
        assert output.asset is not None
        words = " ".join(output.job.prompt.split())[:70].strip(" .") or f"atelier {output.job_id}"
        name = PurePosixPath(download_name(output.asset, f"{words} {output.index + 1}"))
        same, unique = name.name.casefold(), name
        while unique.name.casefold() in taken:
            numbers[same] = numbers.get(same, 1) + 1
            unique = name.with_name(f"{name.stem} ({numbers[same]}){name.suffix}")
        taken.add(unique.name.casefold())
        entries.append(Entry(unique.name, output.asset.storage_key, output.asset.size, output.created_at))
    return entries


class _Outbox(io.RawIOBase):
    """Where the ZIP is written to: collects what is to be sent next. It can't be sought in, so that sizes follow
    the files they are of."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]  # narrower than any buffer
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def zip_chunks(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The archive, piece by piece. A file that is gone is named in a note at the end."""
    outbox = _Outbox()
    missing = []
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for entry in entries:
            try:
                source = default_storage.open(entry.key, "rb")
            except OSError:
                logger.warning("%s is missing in the storage", entry.key)
                missing.append(entry.name)
                continue
            info = zipfile.ZipInfo(entry.name, timezone.localtime(entry.made_at).timetuple()[:6])
            info.external_attr = 0o644 << 16
            with source, archive.open(info, "w", force_zip64=entry.size > 2**31 - CHUNK) as target:
                while data := source.read(CHUNK):
                    target.write(data)
                    yield outbox.take()
            yield outbox.take()
        if missing:
            note = _("These could not be found any more:") + "\r\n\r\n" + "\r\n".join(missing) + "\r\n"
            archive.writestr(_("missing") + ".txt", note)
    yield outbox.take()


async def in_threads(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same for an asynchronous server: reading happens beside the event loop."""
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        if chunk:
            yield chunk

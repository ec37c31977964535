"""Results that came inside a reply, kept on disk until they are collected.

A service that answers with the bytes themselves is never asked twice for them, so they must outlive
the process that received them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from django.conf import settings

from providers.base import RemoteFile, Snapshot

SCHEME = "spool:"


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "spool"


def keep_inline_files(job_id: int, snapshot: Snapshot) -> Snapshot:
    """The snapshot with every inline file written to disk and named by a spool address."""
    if not any(file.data is not None for file in snapshot.files):
        return snapshot
    return replace(snapshot, files=tuple(_keep(job_id, file) for file in snapshot.files))


def _keep(job_id: int, file: RemoteFile) -> RemoteFile:
    if file.data is None:
        return file
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{job_id}-{file.index}"
    half = folder / f".{name}"
    half.write_bytes(file.data)
    half.replace(folder / name)
    return replace(file, data=None, url=SCHEME + name)


def find(url: str) -> Path | None:
    """The file behind a spool address; None for any other address."""
    if not url.startswith(SCHEME):
        return None
    return _folder() / Path(url.removeprefix(SCHEME)).name


def discard(job_id: int, files: list[RemoteFile]) -> None:
    """Deletes what was kept for a job that has ended."""
    for file in files:
        path = find(file.url)
        if path is not None and path.name.startswith(f"{job_id}-"):
            path.unlink(missing_ok=True)

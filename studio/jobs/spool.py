"""Results that came inside a reply, kept on disk until they are collected.

A service that answers with the bytes themselves is never asked twice for them, so they must outlive
the process that received them. Each job has a folder of its own, which goes when the job ends.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from providers.base import RemoteFile, Snapshot

SCHEME = "spool:"
#: seconds for which a folder is left alone, whatever its job says: its files are written before the job is
ORPHAN_AGE = 3600.0


def _root() -> Path:
    return Path(settings.DATA_DIR) / "spool"


def _folder(job_id: int) -> Path:
    return _root() / str(job_id)


def keep_inline_files(job_id: int, snapshot: Snapshot) -> Snapshot:
    """The snapshot with every inline file written to disk and named by a spool address."""
    if not any(file.data is not None for file in snapshot.files):
        return snapshot
    return replace(snapshot, files=tuple(_keep(job_id, file) for file in snapshot.files))


def _keep(job_id: int, file: RemoteFile) -> RemoteFile:
    if file.data is None:
        return file
    folder = _folder(job_id)
    folder.mkdir(parents=True, exist_ok=True)
    name = str(file.index)
    half = folder / f".{name}"
    half.write_bytes(file.data)
    half.replace(folder / name)
    return replace(file, data=None, url=SCHEME + name)


def find(job_id: int, url: str) -> Path | None:
    """The job's file behind a spool address; None for any other address."""
    if not url.startswith(SCHEME):
        return None
    return _folder(job_id) / Path(url.removeprefix(SCHEME)).name


def discard(job_id: int) -> None:
    """Deletes what was kept for a job that has ended."""
    shutil.rmtree(_folder(job_id), ignore_errors=True)


def sweep(still_wanted: Callable[[Sequence[int]], set[int]]) -> None:
    """Deletes what was left behind by replies that came too late to count.

    `still_wanted` tells of job ids which of them may still be collected."""
    root = _root()
    if not root.is_dir():
        return
    before = time.time() - ORPHAN_AGE
    old = [int(entry.name) for entry in root.iterdir() if entry.name.isdecimal() and entry.stat().st_mtime < before]
    wanted = still_wanted(old) if old else set()
    for job_id in old:
        if job_id not in wanted:
            discard(job_id)

"""Files under the SHA-256 of the original they belong to.

On a file system a file appears whole or not at all: it is written beside its place, then renamed.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection

logger = logging.getLogger(__name__)

ABANDONED_AFTER = 6 * 3600


def original_key(sha256: str, extension: str) -> str:
    return f"originals/{sha256[:2]}/{sha256[2:4]}/{sha256}.{extension}"


def rendition_key(sha256: str, spec: str, extension: str = "webp") -> str:
    return f"renditions/{sha256[:2]}/{sha256[2:4]}/{sha256}-{spec}.{extension}"


def conversion_key(sha256: str, extension: str) -> str:
    return f"conversions/{sha256[:2]}/{sha256[2:4]}/{sha256}.{extension}"


def local_path(key: str) -> Path | None:
    """Where the file lies on this machine; None with a remote storage."""
    return Path(default_storage.path(key)) if isinstance(default_storage, FileSystemStorage) else None


@contextmanager
def workspace() -> Iterator[Path]:
    """A private folder, removed at the end; on the storage's own file system, so that files can be renamed."""
    base = None
    if (place := local_path("work")) is not None:
        place.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(place)
        base = place
    folder = Path(tempfile.mkdtemp(prefix="picture-", dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(place: Path) -> None:
    """Folders left by processes that were killed."""
    limit = time.time() - ABANDONED_AFTER
    for folder in place.iterdir():
        with suppress(FileNotFoundError):
            if folder.stat().st_mtime < limit:
                shutil.rmtree(folder, ignore_errors=True)


def keep(source: Path, key: str, *, durable: bool = False) -> None:
    """Move a finished file to its key. A file already there with the same size stays: it has the same
    content. `durable` waits for the disk; what cannot be fetched again deserves it."""
    target = local_path(key)
    if target is None:
        _keep_remotely(source, key)
        return
    with suppress(FileNotFoundError):
        if target.stat().st_size == source.stat().st_size:
            return
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as file:
        if settings.FILE_UPLOAD_PERMISSIONS is not None:
            os.fchmod(file.fileno(), settings.FILE_UPLOAD_PERMISSIONS)
        if durable:
            os.fsync(file.fileno())
    source.replace(target)


def _keep_remotely(source: Path, key: str) -> None:
    if default_storage.exists(key):
        return
    with source.open("rb") as file:
        saved = default_storage.save(key, File(file))
    if saved != key:  # another process was first
        default_storage.delete(saved)


def exists(key: str) -> bool:
    return default_storage.exists(key)


def remove(original: str, renditions: Iterable[str]) -> None:
    for key in (original, *renditions):
        try:
            default_storage.delete(key)
        except OSError:
            logger.exception("%s could not be deleted", key)


def lock_content(sha256s: Iterable[str]) -> None:
    """Until the transaction ends, nobody else records or removes these contents. SQLite needs nothing:
    its transactions begin with the write lock (settings.SQLITE_OPTIONS)."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for sha256 in sorted(set(sha256s)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(sha256[:15], 16)])

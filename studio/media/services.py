"""Taking pictures in, keeping them, giving them away."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Literal
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core import signing
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import transaction
from django.urls import reverse

from studio.accounts.models import Team, User
from studio.media import decoder, storage
from studio.media.models import Asset, AssetKind, ImportState, Origin, Rendition, UrlImport
from studio.media.problems import MediaProblem

__all__ = [
    "MediaProblem",
    "Prepared",
    "PreparedRendition",
    "aprepare",
    "delete_asset",
    "fail_url_import",
    "finish_url_import",
    "open_original",
    "prepare",
    "read_input_token",
    "receive_upload",
    "record",
    "record_many",
    "request_url_import",
    "signed_input_url",
]

logger = logging.getLogger(__name__)

Mode = Literal["result", "upload"]

FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "GIF"]
RENDITIONS = [("w320", 320), ("w768", 768), ("w1536", 1536)]
QUALITY = 80
MAX_FRAMES = 200
MAX_RESULT_BYTES = 200 * 1024 * 1024
INPUT_SALT = "studio.media.input"


@dataclass(frozen=True)
class PreparedRendition:
    spec: str
    width: int
    height: int
    size: int
    storage_key: str


@dataclass(frozen=True)
class Prepared:
    sha256: str
    size: int
    media_type: str
    kind: str
    width: int
    height: int
    placeholder: str
    storage_key: str
    renditions: tuple[PreparedRendition, ...]


def prepare(source: Path | bytes, *, mode: Mode) -> Prepared:
    """Decode, judge, hash, make renditions and put all files in place. No database.

    A result's original is kept byte for byte. An upload is kept as it is only where it carries nothing
    but the picture; else it is rebuilt from its pixels, upright, in sRGB, without metadata.
    """
    return _prepare(source, mode, decoder.Ticket())


async def aprepare(source: Path | bytes, *, mode: Mode) -> Prepared:
    """The same in one of the pool's threads; when canceled, the decoding stops at once."""
    ticket = decoder.Ticket()
    context = contextvars.copy_context()  # the language of the sentences
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(decoder.pool().threads, context.run, _prepare, source, mode, ticket)
    except asyncio.CancelledError:
        ticket.cancel()
        raise


def _max_bytes(mode: Mode) -> int:
    return int(settings.MAX_UPLOAD_BYTES) if mode == "upload" else MAX_RESULT_BYTES


def _problem(code: str, mode: Mode, values: dict[str, Any]) -> MediaProblem:
    limits = {
        "too_large": _max_bytes(mode) // (1024 * 1024),
        "too_many_pixels": settings.MAX_PIXELS // 1_000_000,
        "too_many_frames": MAX_FRAMES,
    }
    if code in limits:
        return MediaProblem(code, limit=limits[code])
    if code == "other_format" and (name := str(values.get("format")).lower()) in ("svg", "video", "sound"):
        return MediaProblem(name)
    return MediaProblem(code, **values)


def _prepare(source: Path | bytes, mode: Mode, ticket: decoder.Ticket) -> Prepared:
    if (len(source) if isinstance(source, bytes) else source.stat().st_size) > _max_bytes(mode):
        raise _problem("too_large", mode, {})
    with storage.workspace() as folder:
        copy = folder / "source"
        if isinstance(source, bytes):
            copy.write_bytes(source)
        else:
            shutil.copyfile(source, copy)
        return _keep(_decode(copy, folder, mode, ticket), copy, folder)


def _decode(source: Path, folder: Path, mode: Mode, ticket: decoder.Ticket) -> dict[str, Any]:
    request = {
        "source": str(source),
        "output": str(folder),
        "mode": mode,
        "formats": FORMATS,
        "max_bytes": _max_bytes(mode),
        "max_pixels": settings.MAX_PIXELS,
        "max_frames": MAX_FRAMES,
        "renditions": RENDITIONS,
        "quality": QUALITY,
    }
    try:
        answer = decoder.pool().run(request, ticket=ticket)
    except decoder.DecoderFailed as failure:
        if failure.code in ("timeout", "crashed"):
            logger.warning("a picture of %d bytes ended the decoder: %s", source.stat().st_size, failure.code)
        raise _problem(failure.code, mode, {}) from failure
    if not answer["ok"]:
        if answer["code"] == "decoder_failed":
            logger.error("the decoder failed: %s", answer["detail"])
        raise _problem(answer["code"], mode, answer["values"])
    return answer


def _keep(answer: dict[str, Any], source: Path, folder: Path) -> Prepared:
    sha256 = answer["sha256"]
    renditions = []
    for made in answer["renditions"]:
        key = storage.rendition_key(sha256, made["spec"])
        storage.keep(folder / made["file"], key)
        renditions.append(PreparedRendition(made["spec"], made["width"], made["height"], made["size"], key))
    key = storage.original_key(sha256, answer["extension"])
    storage.keep(folder / answer["original"] if answer["original"] else source, key, durable=True)
    return Prepared(
        sha256=sha256,
        size=answer["size"],
        media_type=answer["media_type"],
        kind=AssetKind.IMAGE.value,
        width=answer["width"],
        height=answer["height"],
        placeholder=answer["placeholder"],
        storage_key=key,
        renditions=tuple(renditions),
    )


def record(prepared: Prepared, *, team: Team, user: User | None, origin: str, name: str = "") -> Asset:
    return record_many([prepared], team=team, user=user, origin=origin, name=name)[0]


def record_many(
    prepared: Sequence[Prepared], *, team: Team, user: User | None, origin: str, name: str = ""
) -> list[Asset]:
    """Rows for prepared files, in the same order; two statements however many. Call it in a transaction.

    Raises MediaProblem("gone") when the last asset with the same content was deleted, files and all,
    since it was prepared: preparing it again helps.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("record_many() belongs in a transaction")
    storage.lock_content(item.sha256 for item in prepared)
    keys = [key for item in prepared for key in (item.storage_key, *(made.storage_key for made in item.renditions))]
    if not all(map(storage.exists, keys)):
        raise MediaProblem("gone")
    assets = Asset.objects.bulk_create(
        Asset(
            team=team,
            created_by=user,
            kind=item.kind,
            origin=origin,
            name=name[:200],
            sha256=item.sha256,
            media_type=item.media_type,
            size=item.size,
            width=item.width,
            height=item.height,
            storage_key=item.storage_key,
            placeholder=item.placeholder,
        )
        for item in prepared
    )
    Rendition.objects.bulk_create(
        Rendition(
            asset=asset,
            spec=made.spec,
            width=made.width,
            height=made.height,
            size=made.size,
            storage_key=made.storage_key,
        )
        for asset, item in zip(assets, prepared, strict=True)
        for made in item.renditions
    )
    return assets


def receive_upload(file: UploadedFile[Any], *, team: Team, user: User) -> Asset:
    """An asset of what a person sent; raises MediaProblem."""
    if (file.size or 0) > settings.MAX_UPLOAD_BYTES:
        raise _problem("too_large", "upload", {})
    source = Path(file.temporary_file_path()) if isinstance(file, TemporaryUploadedFile) else file.read()
    return _take_in(source, team=team, user=user, name=_plain_name(file.name or ""))


def _take_in(source: Path | bytes, *, team: Team, user: User, name: str) -> Asset:
    for last_try in (False, True):
        prepared = prepare(source, mode="upload")
        try:
            with transaction.atomic():
                return record(prepared, team=team, user=user, origin=Origin.UPLOAD, name=name)
        except MediaProblem:
            if last_try:
                raise
    raise AssertionError("not reached")


def _plain_name(name: str) -> str:
    """The last part of a path, without what is not printable."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(letter for letter in last if letter.isprintable()).strip()[:200]


def delete_asset(asset: Asset) -> None:
    """Delete the rows; the files follow on commit (see signals.py)."""
    with transaction.atomic():
        asset.delete()


def open_original(asset: Asset) -> IO[bytes]:
    return default_storage.open(asset.storage_key, "rb")


# ── links for services ───────────────────────────────


def signed_input_url(asset: Asset, *, base_url: str, seconds: int = 86400) -> str:
    """A link under `base_url` by which a service may download the original, without signing in."""
    token = signing.Signer(salt=INPUT_SALT).sign_object([asset.pk, int(time.time()) + seconds], compress=False)
    return base_url.rstrip("/") + reverse("media:input", args=[token])


def read_input_token(token: str) -> int | None:
    """The asset's id; None when the token is not ours or has expired."""
    try:
        pk, expires = signing.Signer(salt=INPUT_SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(pk) if time.time() < expires else None


# ── pictures by address ──────────────────────────────


def request_url_import(url: str, team: Team, user: User) -> UrlImport:
    """A row for the background to fetch. Judges the form of the address only: where it leads is judged
    when it is fetched."""
    url = url.strip()
    if len(url) > 2048:
        raise MediaProblem("address_too_long")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise MediaProblem("bad_address") from error
    if parts.scheme not in ("http", "https") or not host or not url.isprintable() or " " in url or "\\" in url:
        raise MediaProblem("bad_address")
    if "@" in parts.netloc:
        raise MediaProblem("address_with_password")
    return UrlImport.objects.create(team=team, created_by=user, url=url)


def finish_url_import(url_import: UrlImport, source_path: Path) -> Asset | None:
    """Keep what was fetched; raises MediaProblem, for the caller to pass to `fail_url_import`. None when
    the import had already ended: nothing is kept twice."""
    name = _plain_name(unquote(urlsplit(url_import.url).path))
    team, user = url_import.team, url_import.created_by
    pending = UrlImport.objects.filter(pk=url_import.pk, state=ImportState.PENDING)
    prepared = prepare(source_path, mode="upload")
    with transaction.atomic():
        if not pending.update(state=ImportState.DONE, lease_until=None, problem=""):
            return None
        asset = record(prepared, team=team, user=user, origin=Origin.UPLOAD, name=name)
        UrlImport.objects.filter(pk=url_import.pk).update(asset=asset)
    url_import.refresh_from_db()
    return asset


def fail_url_import(url_import: UrlImport, message: str) -> None:
    UrlImport.objects.filter(pk=url_import.pk, state=ImportState.PENDING).update(
        state=ImportState.FAILED, lease_until=None, problem=str(message)[:300]
    )
    url_import.refresh_from_db()

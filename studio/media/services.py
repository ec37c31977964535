"""Taking pictures, videos and sounds in, keeping them, giving them away."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import shutil
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Literal, TypeVar
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core import signing
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import transaction
from django.urls import reverse

from studio.accounts.models import Team, User
from studio.media import decoder, storage
from studio.media.containers import Refused, sniff
from studio.media.models import Asset, AssetKind, ImportState, Origin, Rendition, UrlImport
from studio.media.problems import MediaProblem, problem_of

__all__ = [
    "MediaProblem",
    "Prepared",
    "PreparedRendition",
    "aprepare",
    "delete_asset",
    "extract_frame",
    "fail_url_import",
    "finish_url_import",
    "on_import",
    "open_original",
    "prepare",
    "read_input_token",
    "receive_mask",
    "receive_upload",
    "record",
    "record_many",
    "request_url_import",
    "signed_input_url",
]

logger = logging.getLogger(__name__)

Mode = Literal["result", "upload"]
T = TypeVar("T")

FORMATS = {
    AssetKind.IMAGE: ("JPEG", "PNG", "WEBP", "AVIF", "GIF"),
    AssetKind.VIDEO: ("MP4", "MOV", "WEBM"),
    AssetKind.AUDIO: ("WAV", "MP3", "M4A", "AAC", "OGG", "FLAC"),
}
PICTURES: frozenset[str] = frozenset({AssetKind.IMAGE})
VIDEOS: frozenset[str] = frozenset({AssetKind.VIDEO})
AUDIO: frozenset[str] = frozenset({AssetKind.AUDIO})
EVERYTHING: frozenset[str] = PICTURES | VIDEOS | AUDIO
RENDITIONS = [("w320", 320), ("w768", 768), ("w1536", 1536)]
QUALITY = 80
MAX_FRAMES = 200
MAX_RESULT_BYTES = 200 * 1024 * 1024
#: of a video or a sound
MAX_SECONDS = 10 * 60
#: of one frame: 4096 × 2304
MAX_VIDEO_PIXELS = 4096 * 2304
FRAME_SECONDS = 30
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
    #: seconds and frames a second; 0 for what has none
    duration: float = 0
    frame_rate: float = 0
    has_sound: bool = False


def prepare(source: Path | bytes, *, mode: Mode, kinds: Collection[str] = EVERYTHING) -> Prepared:
    """Decode, judge, hash, make renditions and put all files in place. No database.

    A result's original is kept byte for byte. An uploaded picture is kept as it is only where it carries
    nothing but the picture; else it is rebuilt from its pixels, upright, in sRGB, without metadata. An
    uploaded video or sound moves into a new container that holds picture and sound alone, neither encoded again.
    """
    return _prepare(source, mode, kinds, decoder.Ticket())


async def aprepare(source: Path | bytes, *, mode: Mode, kinds: Collection[str] = EVERYTHING) -> Prepared:
    """The same in one of the pool's threads; when canceled, the decoding stops at once."""
    return await in_decoder(lambda ticket: _prepare(source, mode, kinds, ticket))


async def in_decoder(work: Callable[[decoder.Ticket], T]) -> T:
    """Do what needs a child in one of the pool's threads; when canceled, the child is ended at once."""
    ticket = decoder.Ticket()
    context = contextvars.copy_context()  # the language of the sentences
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(decoder.pool().threads, context.run, work, ticket)
    except asyncio.CancelledError:
        ticket.cancel()
        raise


def _max_bytes(mode: Mode) -> int:
    return int(settings.MAX_UPLOAD_BYTES) if mode == "upload" else MAX_RESULT_BYTES


def _problem(code: str, mode: Mode, values: dict[str, Any], *, source: Path, kinds: Collection[str]) -> MediaProblem:
    limits = {
        "too_large": _max_bytes(mode) // (1024 * 1024),
        "too_many_pixels": settings.MAX_PIXELS // 1_000_000,
        "too_many_frames": MAX_FRAMES,
        "video_too_long": MAX_SECONDS // 60,
        "video_too_many_pixels": MAX_VIDEO_PIXELS // 1_000_000,
        "audio_too_long": MAX_SECONDS // 60,
    }
    if code in limits:
        return MediaProblem(code, limit=limits[code])
    found = _kind_of(values["format"] if code == "other_format" else _name_of(source))
    return problem_of(code, values, found=found, wanted=kinds)


def _prepare(source: Path | bytes, mode: Mode, kinds: Collection[str], ticket: decoder.Ticket) -> Prepared:
    if (len(source) if isinstance(source, bytes) else source.stat().st_size) > _max_bytes(mode):
        raise MediaProblem("too_large", limit=_max_bytes(mode) // (1024 * 1024))
    formats = [name for kind, names in FORMATS.items() if kind in kinds for name in names]
    with storage.workspace() as folder:
        copy = _copied(source, folder)
        request = {"mode": mode, "formats": formats, "max_bytes": _max_bytes(mode)}
        return _keep(decode(copy, folder, request, kinds=kinds, ticket=ticket), copy, folder)


def _copied(source: Path | bytes, folder: Path) -> Path:
    copy = folder / "source"
    if isinstance(source, bytes):
        copy.write_bytes(source)
    else:
        shutil.copyfile(source, copy)
    return copy


def decode(
    source: Path,
    folder: Path,
    request: dict[str, Any],
    *,
    kinds: Collection[str] = PICTURES,
    seconds: float = decoder.SECONDS,
    ticket: decoder.Ticket | None = None,
) -> dict[str, Any]:
    """What the child answers to a request about `source`, its files in `folder`; raises MediaProblem."""
    mode: Mode = request.get("mode", "result")
    request = {
        "source": str(source),
        "output": str(folder),
        "max_pixels": settings.MAX_PIXELS,
        "max_frames": MAX_FRAMES,
        "max_video_pixels": MAX_VIDEO_PIXELS,
        "max_seconds": MAX_SECONDS,
        "renditions": RENDITIONS,
        "quality": QUALITY,
        **request,
    }
    try:
        answer = decoder.pool().run(request, seconds, ticket)
    except decoder.DecoderFailed as failure:
        if failure.code in ("timeout", "crashed"):
            logger.warning("a file of %d bytes ended the decoder: %s", source.stat().st_size, failure.code)
        raise _problem(failure.code, mode, {}, source=source, kinds=kinds) from failure
    if not answer["ok"]:
        if answer["code"] == "decoder_failed":
            logger.error("the decoder failed: %s", answer["detail"])
        raise _problem(answer["code"], mode, answer["values"], source=source, kinds=kinds)
    return answer


def _name_of(source: Path) -> str:
    with source.open("rb") as file:
        head = file.read(64)
    try:
        return sniff(head)
    except Refused:
        return ""


def _kind_of(name: str) -> str:
    """The kind that a format's name belongs to; "" for none of ours."""
    return next((kind.value for kind, names in FORMATS.items() if name in names), "")


def _keep(answer: dict[str, Any], source: Path, folder: Path) -> Prepared:
    sha256 = answer["sha256"]
    renditions = []
    for made in answer["renditions"]:
        key = storage.rendition_key(sha256, made["spec"], PurePosixPath(made["file"]).suffix[1:])
        storage.keep(folder / made["file"], key)
        renditions.append(PreparedRendition(made["spec"], made["width"], made["height"], made["size"], key))
    key = storage.original_key(sha256, answer["extension"])
    storage.keep(folder / answer["original"] if answer["original"] else source, key, durable=True)
    return Prepared(
        sha256=sha256,
        size=answer["size"],
        media_type=answer["media_type"],
        kind=answer["kind"],
        width=answer["width"],
        height=answer["height"],
        placeholder=answer["placeholder"],
        storage_key=key,
        renditions=tuple(renditions),
        duration=answer.get("duration", 0),
        frame_rate=answer.get("frame_rate", 0),
        has_sound=answer.get("has_sound", False),
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
            duration=item.duration,
            frame_rate=item.frame_rate,
            has_sound=item.has_sound,
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


def receive_upload(file: UploadedFile[Any], *, team: Team, user: User, kinds: Collection[str] = PICTURES) -> Asset:
    """An asset of what a person sent; raises MediaProblem. Videos and sounds only where `kinds` (PICTURES, VIDEOS,
    AUDIO, EVERYTHING, or a set of AssetKinds) says so; the name of the file says nothing."""
    return _take_in(_sent(file), team=team, user=user, name=_plain_name(file.name or ""), kinds=kinds)


def _sent(file: UploadedFile[Any]) -> Path | bytes:
    if (file.size or 0) > settings.MAX_UPLOAD_BYTES:
        raise MediaProblem("too_large", limit=settings.MAX_UPLOAD_BYTES // (1024 * 1024))
    return Path(file.temporary_file_path()) if isinstance(file, TemporaryUploadedFile) else file.read()


def _take_in(source: Path | bytes, *, team: Team, user: User, name: str, kinds: Collection[str]) -> Asset:
    return _recorded(
        lambda: prepare(source, mode="upload", kinds=kinds), team=team, user=user, origin=Origin.UPLOAD, name=name
    )


def _recorded(make: Callable[[], Prepared], *, team: Team, user: User | None, origin: str, name: str = "") -> Asset:
    """The row of what `make` prepares, which is made once more when it was deleted in between."""
    for last_try in (False, True):
        prepared = make()
        try:
            with transaction.atomic():
                return record(prepared, team=team, user=user, origin=origin, name=name)
        except MediaProblem:
            if last_try:
                raise
    raise AssertionError("not reached")


def receive_mask(
    file: UploadedFile[Any] | bytes,
    *,
    team: Team,
    user: User,
    size: tuple[int, int],
    allow_empty: bool = False,
    allow_full: bool = False,
) -> Asset:
    """A mask of exactly this size (of the picture, in pixels) as 8-bit grey, white where it marks.

    Takes what people's programs save: black and white, grey, 16-bit, palettes, colour, strokes on a
    transparent ground. Raises MediaProblem.
    """
    source = file if isinstance(file, bytes) else _sent(file)
    request = {
        "task": "mask",
        "mode": "upload",
        "max_bytes": _max_bytes("upload"),
        "size": size,
        "allow_empty": allow_empty,
        "allow_full": allow_full,
    }

    def make() -> Prepared:
        with storage.workspace() as folder:
            copy = _copied(source, folder)
            return _keep(decode(copy, folder, request), copy, folder)

    return _recorded(make, team=team, user=user, origin=Origin.MASK)


def extract_frame(asset: Asset, seconds: float, *, user: User | None) -> Asset:
    """The picture that a video shows at this moment, as a PNG of its full size; raises MediaProblem.

    A moment past the end gives the last frame. The same frame taken twice is one asset.
    """
    if asset.kind != AssetKind.VIDEO:
        raise MediaProblem("not_a_video")
    with storage.workspace() as folder:
        source = local_copy(asset, folder)
        request = {"task": "frame", "format": format_of(asset), "at": seconds}
        for last_try in (False, True):
            answer = decode(source, folder, request, seconds=FRAME_SECONDS)
            try:
                return _recorded_frame(asset, _keep(answer, source, folder), answer["at"], user)
            except MediaProblem:
                if last_try:
                    raise
    raise AssertionError("not reached")


def _recorded_frame(video: Asset, prepared: Prepared, moment: float, user: User | None) -> Asset:
    """The frame's row, which another request may have made meanwhile. Raises MediaProblem("gone")."""
    with transaction.atomic():
        storage.lock_content([prepared.sha256])
        known = video.frames.filter(sha256=prepared.sha256, origin=Origin.FRAME).first()
        if known is not None:
            return known
        taken = record(prepared, team=video.team, user=user, origin=Origin.FRAME, name=video.name)
        taken.taken_from, taken.taken_at = video, moment
        taken.save(update_fields=["taken_from", "taken_at"])
    return taken


def format_of(asset: Asset) -> str:
    """The name of a stored video's format, as the decoder knows it."""
    return PurePosixPath(asset.storage_key).suffix[1:].upper()


def local_copy(asset: Asset, folder: Path) -> Path:
    """The original as a file on this machine; with a remote storage, fetched into the folder."""
    place = storage.local_path(asset.storage_key)
    if place is not None:
        return place
    copy = folder / "source"
    with open_original(asset) as stored, copy.open("wb") as file:
        shutil.copyfileobj(stored, file)
    return copy


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

Arrived = Callable[[UrlImport], object]
_arrived: list[Arrived] = []


def on_import(callback: Arrived) -> None:
    """Call `callback(url_import)` whenever a picture has been fetched, in the transaction that records it."""
    if callback not in _arrived:
        _arrived.append(callback)


def request_url_import(url: str, team: Team, user: User, *, kind: str = AssetKind.IMAGE) -> UrlImport:
    """A row for the background to fetch a file of this kind. Judges the form of the address only: where it leads
    is judged when it is fetched."""
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
    return UrlImport.objects.create(team=team, created_by=user, url=url, kind=kind)


def finish_url_import(url_import: UrlImport, source_path: Path) -> Asset | None:
    """Keep what was fetched; raises MediaProblem, for the caller to pass to `fail_url_import`. None when
    the import had already ended: nothing is kept twice."""
    name = _plain_name(unquote(urlsplit(url_import.url).path))
    team, user = url_import.team, url_import.created_by
    pending = UrlImport.objects.filter(pk=url_import.pk, state=ImportState.PENDING)
    prepared = prepare(source_path, mode="upload", kinds=frozenset({url_import.kind}))
    with transaction.atomic():
        if not pending.update(state=ImportState.DONE, lease_until=None, problem=""):
            return None
        asset = record(prepared, team=team, user=user, origin=Origin.UPLOAD, name=name)
        UrlImport.objects.filter(pk=url_import.pk).update(asset=asset)
        url_import.refresh_from_db()
        for callback in _arrived:
            callback(url_import)
    return asset


def fail_url_import(url_import: UrlImport, message: str) -> None:
    UrlImport.objects.filter(pk=url_import.pk, state=ImportState.PENDING).update(
        state=ImportState.FAILED, lease_until=None, problem=str(message)[:300]
    )
    url_import.refresh_from_db()

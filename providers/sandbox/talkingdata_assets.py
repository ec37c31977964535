"""The asset library of Seedance: files that are taken in, looked at, and then named in orders as ``asset://<id>``."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .faults import outcome_of
from .files import link
from .jobs import DONE, RUNNING, FailedError, Job, JobStore, Runner, Slot, write_whole
from .magic import says, scripted
from .net import Fetcher, is_web_url
from .paint.containers import opened
from .paint.footage import picture_of
from .probing import Kind
from .talkingdata_ark_files import Flaw, fetched, look
from .talkingdata_ark_wire import RefusedError, stamped
from .talkingdata_fields import FieldError, Fields
from .talkingdata_wire import BODY, CLOCK, KEY, NAME, BadCallError, caller, new_id, read_json

KIND = "asset"
LINK_SECONDS = 12 * 3600
TYPES: dict[str, Kind] = {"Image": "image", "Video": "video", "Audio": "audio"}
DEFAULT_PROJECT = "default"

ERRORS: dict[str, tuple[int, int | None, str]] = {
    "MissingParameter": (400, 100002, "The request is missing a parameter."),
    "MissingRequestInfo": (400, 100004, "The request is missing information."),
    "InvalidParameter": (400, None, "The specified parameter is invalid."),
    "InvalidTimestamp": (400, 100006, "The time of the request is expired."),
    "ServiceNotFound": (404, 100007, "This service is not found."),
    "InvalidActionOrVersion": (404, 100008, "Could not find the operation."),
    "NotFound": (404, None, "The specified resource is not found."),
    "InvalidAccessKey": (401, 100009, "The key included in the request is invalid."),
    "SignatureDoesNotMatch": (401, 100010, "The signature does not match."),
    "AccessDenied": (403, 100013, "You are not authorized to do this."),
    "InternalError": (500, 100014, "The service has some internal error."),
    "InternalServiceTimeout": (504, 100016, "The internal service timed out."),
    "FlowLimitExceeded": (429, 100018, "The request speed is beyond the current limit."),
    "ServiceUnavailableTemp": (503, 100019, "Service is busy, please try again later."),
    "InternalServiceError": (502, 100023, "The service has some internal error."),
    "InvalidAuthorization": (400, 100024, "The Authorization header is invalid."),
    "InvalidCredential": (400, 100025, "The credential in the Authorization header is invalid."),
    "InvalidSecretToken": (401, 100026, "The secret token is invalid."),
}
"""HTTP status, number and message by code."""
_FIELDS = ("GroupId", "URL", "Name", "AssetType", "ProjectName")
_OURS = {"reference": "FormatUnsupported", "render": "TranscodingFailed", "rejected": "ContentRestricted"}

Handler = Callable[[Request, str], Awaitable[dict[str, Any]]]


class AssetError(Exception):
    """A code of the table, or one of InvalidParameter, MissingParameter and NotFound with a field behind a dot."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class Library:
    """Assets are jobs of their own kind: waiting is Processing, done is Active."""

    kinds = frozenset({KIND})

    def __init__(self, store: JobStore, runner: Runner, fetcher: Fetcher) -> None:
        self._store = store
        self._runner = runner
        self._fetcher = fetcher
        self.errors = {f"assets.{code}": (row[0], _refusal("CreateAsset", code)) for code, row in ERRORS.items()}
        self.routes = [
            Route("/model/origin/assets/create", _endpoint("CreateAsset", self.create), methods=["POST"]),
            Route("/model/origin/assets/get", _endpoint("GetAsset", self.get, "id", "ProjectName"), methods=["POST"]),
        ]

    async def create(self, request: Request, owner: str) -> dict[str, Any]:
        fields = Fields(await read_json(request), "", _FIELDS)
        group, url = fields.words("GroupId"), fields.words("URL")
        if not is_web_url(url):
            raise FieldError("URL", "must be an http(s) address")
        fields.need("AssetType")
        asset_type = fields.choice("AssetType", tuple(TYPES))
        name = fields.text("Name", most=64)
        project = fields.text("ProjectName", DEFAULT_PROJECT) or DEFAULT_PROJECT
        if not re.fullmatch(r"group-[0-9A-Za-z-]{1,64}", group, re.ASCII) or group == "group-missing":
            raise AssetError("NotFound.GroupId", group)
        if code := scripted(name, "sandbox-error"):
            raise AssetError(code if code in ERRORS else "InvalidParameter")
        if owner in ("no-money", "no-service"):
            raise AssetError("AccessDenied")
        for other in self._store:
            if other.kind == KIND and other.owner == owner and other.extra["group"] == group:
                if other.extra["project"] != project:
                    raise AssetError("InvalidParameter.ProjectName", f"the group belongs to {other.extra['project']}")
                break
        outcome, rejected = outcome_of(request.scope.get("sandbox.fault", {}).get("job", {}))
        outcome.fail = outcome.fail or scripted(name, "sandbox-fail")
        if rejected.get(0) or says(name, "forbidden"):
            outcome.fail = outcome.fail or "ContentRestricted"
        now = time.time()
        job = Job(
            id=self._new_id(),
            service=NAME,
            owner=owner,
            kind=KIND,
            text=name,
            seed=0,
            created=now,
            due=now + (self._runner.due(now, 0) - now) / 2,
            slots=[Slot(None)],
            outcome=outcome,
            extra={"group": group, "url": url, "type": asset_type, "project": project, "updated": now, "why": ""},
        )
        self._runner.submit(job)
        return {"Id": job.id}

    async def get(self, request: Request, owner: str) -> dict[str, Any]:
        asset_id = request.query_params.get("id", "")
        project = request.query_params.get("ProjectName", "")
        if await request.body():
            project = Fields(await read_json(request), "", ("ProjectName",)).text("ProjectName") or project
        if not asset_id:
            raise FieldError("id", "is needed", missing=True)
        job = self._store.get(asset_id)
        if job is None or job.kind != KIND or job.owner != owner:
            raise AssetError("NotFound.id", asset_id)
        if job.extra["project"] != (project or DEFAULT_PROJECT):
            raise AssetError("NotFound.id", f"{asset_id} is not in project {project or DEFAULT_PROJECT}")
        return self._shown(job, str(request.base_url))

    def data(self, asset_id: str, owner: str, kind: Kind, place: str) -> bytes:
        """The bytes of an Active asset of this account and kind. RefusedError, FieldError."""
        job = self._store.get(asset_id)
        if job is None or job.kind != KIND or job.owner != owner:
            raise RefusedError("NotFound.asset", f"asset {asset_id}", place)
        if job.state != DONE:
            raise FieldError(place, f"asset {asset_id} is {'Processing' if job.state == RUNNING else 'Failed'}")
        if TYPES[job.extra["type"]] != kind:
            raise FieldError(place, f"asset {asset_id} is of type {job.extra['type']}")
        return (self._runner.files(NAME) / job.slots[0].file).read_bytes()

    async def prepare(self, job: Job) -> None:
        """Fetch the file and hold it to its bounds; FailedError with the library's code."""
        kind, folder = TYPES[job.extra["type"]], self._runner.files(NAME)
        data = await fetched(self._fetcher, job.extra["url"], kind)
        if isinstance(data, Flaw):
            raise self._failed(job, data)
        file = f"{job.id}_1"
        write_whole(folder / file, data)
        seen = await asyncio.to_thread(look, folder / file, kind, heif=True)
        if isinstance(seen, Flaw):
            (folder / file).unlink()
            raise self._failed(job, seen)
        ending = "png" if seen.format == "heic" else seen.format
        if seen.format == "heic":
            try:
                await asyncio.to_thread(_as_png, folder / file)
            except Exception as error:  # decoders raise whatever they like
                (folder / file).unlink()
                raise self._failed(job, Flaw("TranscodingFailed", str(error))) from error
        (folder / file).replace(folder / f"{file}.{ending}")
        job.slots[0].file = f"{file}.{ending}"

    def settle(self, job: Job) -> None:
        job.extra["updated"] = time.time()

    def _failed(self, job: Job, flaw: Flaw) -> FailedError:
        job.extra["why"] = flaw.detail
        return FailedError(flaw.code, flaw.detail)

    def _new_id(self) -> str:
        while self._store.get(asset_id := f"asset-{stamped()}"):
            pass
        return asset_id

    def _shown(self, job: Job, base: str) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "Id": job.id,
            "Name": job.text,
            "AssetType": job.extra["type"],
            "GroupId": job.extra["group"],
            "Status": {RUNNING: "Processing", DONE: "Active"}.get(job.state, "Failed"),
            "CreateTime": _moment(job.created),
            "UpdateTime": _moment(job.extra["updated"]),
            "ProjectName": job.extra["project"],
        }
        if job.state == DONE:
            shown["URL"] = link(base, NAME, job.slots[0].file, time.time() + LINK_SECONDS)
        elif job.state != RUNNING:
            code = _OURS.get(job.failure, job.failure)
            shown["Error"] = {"Code": code, "Message": job.extra["why"] or f"The asset can't be used: {code}"}
        return shown


def _endpoint(action: str, handler: Handler, *queries: str) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            result = await handler(request, caller(request, *queries))
            return JSONResponse({"ResponseMetadata": _metadata(action), "Result": result})
        except BadCallError as error:
            refusal = _of_call(error)
        except FieldError as error:
            name = error.place.split(".")[0].split("[")[0]
            refusal = AssetError(
                f"MissingParameter.{name}" if error.missing else f"InvalidParameter.{name}", error.detail
            )
        except AssetError as error:
            refusal = error
        status = ERRORS[refusal.code.split(".")[0]][0]
        return JSONResponse(_refusal(action, refusal.code, refusal.detail), status)

    return respond


def _of_call(error: BadCallError) -> AssetError:
    code = {KEY: "InvalidAccessKey", CLOCK: "InvalidTimestamp", BODY: "InvalidParameter"}.get(error.what)
    return AssetError(code or "InvalidParameter", error.detail)


def _refusal(action: str, code: str, detail: str = "") -> dict[str, Any]:
    _status, number, message = ERRORS[code.split(".")[0]]
    error: dict[str, Any] = {"Code": code, "Message": f"{message} ({detail})" if detail else message}
    if number is not None:
        error["CodeN"] = number
    return {"ResponseMetadata": {**_metadata(action), "Error": error}}


def _metadata(action: str) -> dict[str, Any]:
    return {
        "RequestId": new_id().replace("-", "").upper(),
        "Action": action,
        "Version": "2024-01-01",
        "Service": "ark",
        "Region": "cn-beijing",
    }


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _as_png(path: Path) -> None:
    """A picture in a film's container, as one that everything here can open."""
    with opened(path) as container:
        frame = next(container.decode(video=0))
    picture_of(frame).save(path, "PNG", compress_level=1)

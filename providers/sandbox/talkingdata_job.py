"""``POST /model/orgin/job``: the one address of pictures, films and speech; X-TC-Action says which, none is a query."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .jobs import Job, JobStore, Runner
from .net import Fetcher
from .settings import Settings
from .talkingdata_speech import SPEECH_ACTION, Speech
from .talkingdata_vod import Vod
from .talkingdata_vod_orders import FILM_ACTION, IMAGE_ACTION
from .talkingdata_wire import KEY, BadCallError, caller, read_json
from .tencent import RefusedError, error_object, needed, only

ERRORS = {
    "FailedOperation": "操作失败。",
    "FailedOperation.InvalidVodUser": "没有开通点播业务。",
    "InternalError": "内部错误。",
    "InvalidParameterValue": "参数取值错误。",
    "InvalidParameterValue.SubAppId": "参数值错误：应用 ID。",
    "InvalidParameterValue.TaskId": "任务 ID 不存在。",
    "InvalidParameterValue.SessionId": "去重识别码重复。",
    "ResourceNotFound": "资源不存在。",
    "UnauthorizedOperation": "未授权操作。",
    "ActionOffline": "接口已下线。",
    "AuthFailure.InvalidSecretId": "密钥非法。",
    "AuthFailure.SecretIdNotFound": "密钥不存在。",
    "InvalidAction": "接口不存在。",
    "InvalidParameter": "参数错误（包括参数格式、类型等错误）。",
    "InvalidRequest": "请求 body 的 multipart 格式错误。",
    "IpInBlacklist": "IP 地址在黑名单中。",
    "IpNotInWhitelist": "IP 地址不在白名单中。",
    "LimitExceeded": "超过配额限制。",
    "MissingParameter": "缺少参数。",
    "NoSuchProduct": "产品不存在",
    "NoSuchVersion": "接口版本不存在。",
    "RequestLimitExceeded": "请求的次数超过了频率限制。",
    "RequestLimitExceeded.GlobalRegionUinLimitExceeded": "主账号超过频率限制。",
    "RequestLimitExceeded.IPLimitExceeded": "IP 限频。",
    "RequestLimitExceeded.UinLimitExceeded": "主账号限频。",
    "RequestSizeLimitExceeded": "请求包超过限制大小。",
    "ResourceInUse": "资源被占用。",
    "ResourceInsufficient": "资源不足。",
    "ResourceUnavailable": "资源不可用。",
    "ResponseSizeLimitExceeded": "返回包超过限制大小。",
    "ServiceUnavailable": "当前服务暂时不可用。",
    "UnknownParameter": "未知参数错误，用户多传未定义的参数会导致错误。",
    "UnsupportedOperation": "操作不支持。",
    "UnsupportedProtocol": "http(s) 请求协议错误，只支持 GET 和 POST 请求。",
    "UnsupportedRegion": "接口不支持所传地域。",
}
"""The three pages' codes and the one for a repeated SessionId. They come with HTTP 200."""


class JobDoor:
    """Asks for the key, reads the body, hands it to what the action names."""

    def __init__(self, settings: Settings, store: JobStore, runner: Runner, fetcher: Fetcher) -> None:
        self._vod = Vod(settings, store, runner, fetcher)
        self._speech = Speech(settings, store, runner, fetcher)
        self.kinds = self._vod.kinds | self._speech.kinds
        self.errors = {f"job.{code}": (200, error_object(code, message)) for code, message in ERRORS.items()}
        self.routes = [Route("/model/orgin/job", self._respond, methods=["POST"])]

    async def _respond(self, request: Request) -> Response:
        try:
            return JSONResponse(await self._asked(request))
        except RefusedError as refusal:
            code = refusal.code if refusal.code in ERRORS else "InvalidParameter"
            said = f"{ERRORS[code]} {refusal.detail}".rstrip()
            return JSONResponse(error_object(code, said))

    async def _asked(self, request: Request) -> dict[str, Any]:
        action = request.headers.get("x-tc-action", "")
        try:
            owner = caller(request)
            body = await read_json(request, exactly=True)
        except BadCallError as refusal:
            raise RefusedError(_code(refusal, action), refusal.detail) from refusal
        if action == IMAGE_ACTION:
            return self._vod.order_image(request, owner, body)
        if action == FILM_ACTION:
            return self._vod.order_film(request, owner, body)
        if action == SPEECH_ACTION:
            return await self._speech.speak(request, owner, body)
        if action:
            raise RefusedError("InvalidAction", action)
        only(body, frozenset({"TaskId"}), "")
        return await self._vod.query(owner, needed(body, "TaskId"), str(request.base_url))

    async def prepare(self, job: Job) -> None:
        await self._part(job).prepare(job)

    def settle(self, job: Job) -> None:
        self._part(job).settle(job)

    async def announce(self, job: Job) -> None:
        await self._part(job).announce(job)

    def reset(self) -> None:
        self._vod.reset()
        self._speech.reset()

    def _part(self, job: Job) -> Vod | Speech:
        return self._vod if job.kind in self._vod.kinds else self._speech


def _code(refusal: BadCallError, action: str) -> str:
    if refusal.what != KEY:
        return "InvalidParameter"
    return "AuthFailure.SecretIdNotFound" if action == SPEECH_ACTION else "UnauthorizedOperation"

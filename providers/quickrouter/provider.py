"""QuickRouter: Tencent VOD's image models (Gemini, Qwen, Hunyuan) behind a gateway with one key.

Source: the gateway's page on creating images (https://doc.quickrouter.ai), Tencent's CreateAigcImageTask
(https://cloud.tencent.com/document/product/266/126240) and docs/quickrouter.md. A task can be asked for for three days,
its links live for seven.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import quote

import httpx

from ..base import CredentialField, Flow, Model, Order, PriceFactor, Provider, Snapshot
from ..errors import AlreadySubmitted, InvalidRequest, InvalidResponse, NotConfigured, ProviderError, SubmitUnknown
from ..params import Params
from ..transport import read_json, redact, request_id
from ..words import gettext_noop as _
from .calls import make_body
from .errors import refusal
from .models import MODELS, PRICE_FACTORS
from .params import expected_size
from .replies import is_completed, is_id, link, read_submitted, read_task, task_id

SUBMIT_PATH = "/tencent-vod/v1/aigc-image"
#: not in the gateway's document; what gateways of its kind serve
QUERY_PATH = "/tencent-vod/v1/query/{task_id}"
_PLACE = "{task_id}"

_BAD_QUERY_PATH = _(
    "The query path of QuickRouter begins with / and has {task_id} in it. An administrator has to correct it."
)


class QuickRouter(Provider):
    slug: ClassVar[str] = "quickrouter"
    title: ClassVar[str] = _("QuickRouter")
    base_url: ClassVar[str] = "https://api.quickrouter.ai"
    models: ClassVar[tuple[Model, ...]] = MODELS
    credential_fields: ClassVar[tuple[CredentialField, ...]] = (
        CredentialField("token", _("API key")),
        CredentialField("query_path", _("Query path"), secret=False, default=QUERY_PATH),
    )
    price_factors: ClassVar[tuple[PriceFactor, ...]] = PRICE_FACTORS
    #: not documented (our choice): Tencent takes 20 requests a second
    max_concurrent: ClassVar[int] = 50
    poll_interval: ClassVar[float] = 3.0
    kept_ids: ClassVar[Mapping[str, str]] = {"file_ids": _("File at the service")}
    sandbox_credentials: ClassVar[Mapping[str, str]] = {"token": "sandbox-token"}

    def __init__(self, credentials: Mapping[str, str], *, base_url: str = "") -> None:
        super().__init__(credentials, base_url=base_url)
        path = self.credentials["query_path"]
        if not path.startswith("/") or path.startswith("//") or _PLACE not in path:
            raise NotConfigured(_BAD_QUERY_PATH, code="bad_query_path")

    def submit(self, order: Order) -> Flow[Snapshot]:
        """Sends the order with its key, so that it may be sent again. Raises AlreadySubmitted where the service had it
        before and does not say under which id, SubmitUnknown for what may have arrived without a readable answer.

        Its first step may read pictures: run it with `prepare_in_thread`.
        """
        body = make_body(order)
        try:
            response = yield self._request("POST", SUBMIT_PATH, json=body)
        except ProviderError as error:
            if error.maybe_accepted:
                raise SubmitUnknown(code=error.code, request_id=error.request_id, raw=error.raw) from error
            raise
        return self._read_submitted(response)

    def _read_submitted(self, response: httpx.Response) -> Snapshot:
        try:
            body = read_json(response, self._secrets)
        except InvalidResponse as error:
            if response.is_success:
                raise SubmitUnknown(code=error.code, request_id=error.request_id, raw=error.raw) from error
            body = None
        raw = redact(body, self._secrets)
        refused = refusal(response, body, submitting=True, raw=raw)
        # a duplicate that names the task that it repeats is as good as the lost answer
        if refused is not None and not (isinstance(refused, AlreadySubmitted) and task_id(body)):
            raise refused
        try:
            snapshot = read_submitted(body, self._secrets)
        except InvalidResponse as error:
            raise SubmitUnknown(code=error.code, request_id=request_id(response), raw=raw) from error
        return replace(snapshot, cursor=link(body, "status_url", self.address))

    def fetch(self, remote_id: str, cursor: str = "") -> Flow[Snapshot]:
        """The task now. Raises ResultExpired when the service no longer knows it.

        `cursor` is the path under which a queue told us to ask; without one the query path is used.
        """
        if not is_id(remote_id):
            raise InvalidRequest(code="bad_id")
        path = cursor or self.credentials["query_path"].replace(_PLACE, quote(remote_id, safe=""))
        response = yield self._request("GET", path)
        body = self._read_answer(response)
        snapshot = read_task(body, remote_id, self._secrets)
        result = link(body, "response_url", self.address)
        if result and is_completed(body) and not snapshot.files:
            # a queue keeps its word on the state and the result apart
            response = yield self._request("GET", result)
            snapshot = read_task(self._read_answer(response), remote_id, self._secrets)
        return replace(snapshot, cursor=cursor)

    @classmethod
    def expected_size(cls, order_params: Params) -> tuple[int, int] | None:
        return expected_size(order_params.model_dump())

    # ── wire ─────────────────────────────────────────────────────────────────

    @property
    def _secrets(self) -> tuple[str, ...]:
        return (self.credentials["token"],)

    def _request(self, method: str, path: str, *, json: Any = None) -> httpx.Request:
        headers = {"Authorization": f"Bearer {self.credentials['token']}", "Accept": "application/json"}
        return httpx.Request(method, f"{self.address}{path}", headers=headers, json=json)

    def _read_answer(self, response: httpx.Response) -> Any:
        """The JSON of a good answer to a question; raises what a bad one means."""
        try:
            body = read_json(response, self._secrets)
        except InvalidResponse:
            if response.is_success:
                raise
            body = None
        refused = refusal(response, body, submitting=False, raw=redact(body, self._secrets))
        if refused is not None:
            raise refused
        return body

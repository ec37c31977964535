"""Aliyun background replacement (`/api/v1/bg-rep`): a picture's background made anew, its subject kept.

Source: the service's document and the reading of it in docs/aliyun.md. The picture and its mask go as links; the
service names no prices, limits or lifetimes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

import httpx

from ..base import CredentialField, Flow, Media, Model, Needs, Operation, Order, PriceFactor, Provider, Snapshot
from ..errors import InvalidRequest, InvalidResponse, NotConfigured, ProviderError, SubmitUnknown
from ..transport import read_json, redact
from ..words import gettext_noop as _
from .errors import is_refusal, refusal, request_of
from .params import PICTURE, ReplaceBackgroundParams
from .replies import is_key, read_job

#: The document leaves the host open: each buyer gets their own. This one exists nowhere.
NO_ADDRESS = "https://address.invalid"

#: credits for one picture (our choice: what a picture of the other services costs)
PRICE = Decimal(1)

_NO_HOST = _(
    "This service has no address yet. An administrator has to enter the one that Aliyun gave with the APPCODE."
)
_NO_PICTURE = _("Choose a picture for this.")
_UNFIT = _("The service takes JPEG, PNG and WebP pictures of 400 to 4096 pixels a side, up to 5 MB.")
_MASK_GONE = _("The mask of this job can't be found any more. Draw it once more.")
_OTHER_SIZE = _("The mask is not as large as its picture. Draw it once more.")

REPLACE_BACKGROUND = Operation(
    slug="replace-background",
    label=_("Replace background"),
    params=ReplaceBackgroundParams,
    price=PRICE,
    needs=Needs.IMAGE,
    count=4,
    count_parameter="results",
    usual_seconds=30,
    icon="swap",
    help=_("Paint over the background, and it is made anew; the subject keeps its pixels."),
    takes=PICTURE,
)
MODEL = Model(
    slug="bg-rep",
    title=_("Aliyun background"),
    wire_id="bg-rep",
    operations=(REPLACE_BACKGROUND,),
    summary=_("Puts the subject of any picture before another background."),
)


class Aliyun(Provider):
    slug: ClassVar[str] = "aliyun"
    title: ClassVar[str] = _("Aliyun")
    base_url: ClassVar[str] = NO_ADDRESS
    models: ClassVar[tuple[Model, ...]] = (MODEL,)
    credential_fields: ClassVar[tuple[CredentialField, ...]] = (CredentialField("appcode", _("APPCODE")),)
    price_factors: ClassVar[tuple[PriceFactor, ...]] = tuple(
        PriceFactor("results", str(count), Decimal(count)) for count in range(1, 5)
    )
    # nothing is documented: few enough not to be throttled for it
    max_concurrent: ClassVar[int] = 10
    poll_interval: ClassVar[float] = 3.0
    sandbox_credentials: ClassVar[Mapping[str, str]] = {"appcode": "sandbox-appcode"}

    def submit(self, order: Order) -> Flow[Snapshot]:
        """Sends the order once. What may have arrived without a readable answer raises SubmitUnknown.

        Its first step reads the mask: run it with `prepare_in_thread`.
        """
        request = self._request("submit", {"task_list": [_task(order)]})
        try:
            response = yield request
        except ProviderError as error:
            if error.maybe_accepted:
                raise SubmitUnknown(code=error.code, request_id=error.request_id, raw=error.raw) from error
            raise
        try:
            body = read_json(response, self._secrets)
        except InvalidResponse as error:
            if response.is_success:
                raise SubmitUnknown(code=error.code, request_id=error.request_id, raw=error.raw) from error
            body = None
        raw = redact(body, self._secrets)
        if is_refusal(response, body):
            raise refusal(response, body, submitting=True, raw=raw)
        try:
            snapshot = read_job(body, secrets=self._secrets)
        except InvalidResponse as error:
            raise SubmitUnknown(code=error.code, request_id=request_of(response, body), raw=raw) from error
        if not snapshot.remote_id:
            raise SubmitUnknown(code="no_id", request_id=request_of(response, body), raw=raw)
        return snapshot

    def fetch(self, remote_id: str, cursor: str = "") -> Flow[Snapshot]:
        if not is_key(remote_id):
            raise InvalidRequest(code="bad_id")
        response = yield self._request("query", {"result_key": remote_id})
        try:
            body = read_json(response, self._secrets)
        except InvalidResponse:
            if response.is_success:
                raise
            body = None
        if is_refusal(response, body):
            raise refusal(response, body, submitting=False, raw=redact(body, self._secrets))
        return read_job(body, remote_id=remote_id, secrets=self._secrets)

    # ── wire ─────────────────────────────────────────────────────────────────

    @property
    def _secrets(self) -> tuple[str, ...]:
        return tuple(self.credentials.values())

    def _request(self, word: str, data: Mapping[str, Any]) -> httpx.Request:
        if self.address == NO_ADDRESS:
            raise NotConfigured(_NO_HOST, code="no_address")
        headers = {
            "Authorization": f"APPCODE {self.credentials['appcode']}",
            # one request, one nonce: the service refuses to hear the same twice
            "X-Ca-Nonce": str(uuid.uuid4()),
            "Accept": "application/json",
        }
        return httpx.Request("POST", f"{self.address}/api/v1/bg-rep/{word}", headers=headers, json={"data": data})


def _task(order: Order) -> dict[str, Any]:
    params = order.params
    assert isinstance(params, ReplaceBackgroundParams)
    picture, mask = _inputs(order)
    task: dict[str, Any] = {
        "image": picture.link(),
        "mask": mask.link(),
        "positive_prompt": params.prompt,
        "guidance_scale": params.guidance,
        "strength": params.strength,
        "steps": params.steps,
        "num_output": int(params.results),
    }
    if params.negative:
        task["negative_prompt"] = params.negative
    if params.seed is not None:
        task["seed"] = params.seed
    return task


def _inputs(order: Order) -> tuple[Media, Media]:
    """The picture and its mask, judged. White is repainted there as here, so the mask goes as it is."""
    # here, as nothing else of the adapter needs these libraries
    from .. import masks

    picture = order.input
    if picture is None:
        raise InvalidRequest(_NO_PICTURE, code="no_input")
    if broken := PICTURE.broken_by(picture.facts):
        raise InvalidRequest(_UNFIT, code=broken)
    given = order.media.get("mask", ())
    if not given:
        raise InvalidRequest(_MASK_GONE, code="mask_missing")
    mask = masks.read_mask(given[0].read())
    if mask.shape != (picture.height, picture.width):
        raise InvalidRequest(_OTHER_SIZE, code="mask_size")
    masks.require_some(mask)
    masks.require_not_all(mask)
    return picture, given[0]

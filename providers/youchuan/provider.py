"""Youchuan (悠船): pictures from words with the Midjourney family of models.

Source: youchuan.md and FACTS §1 in the project's notes; https://tob.youchuan.cn. Follow-ups name
the job and the number of the picture; the service keeps jobs for 30 days.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

import httpx

from ..base import (
    AccountInfo,
    CredentialField,
    Flow,
    Model,
    Needs,
    Operation,
    Order,
    Provider,
    RawCallback,
    ReadPrompt,
    Result,
    Snapshot,
    State,
)
from ..errors import InvalidRequest, InvalidResponse, ProviderError, SubmitUnknown, Unavailable, Unsupported
from ..params import Params
from ..transport import read_json, redact, request_id
from ..words import gettext_noop as _
from . import reading
from .errors import is_refusal, refusal
from .models import MODELS, PRICE_FACTORS
from .prompts import LINK_FIELDS, compose, on_one_line
from .replies import job_id, read_job
from .versions import VERSIONS, Version

# ── follow-ups ───────────────────────────────────────────────────────────────

_EVERYTHING = frozenset({"vary-subtle", "vary-strong", "upscale", "pan", "reroll"})

#: What may be asked of the result of an operation. A model that lacks one of them leaves it out.
FOLLOW_UPS: Mapping[str, frozenset[str]] = {
    "diffusion": _EVERYTHING,
    "vary-subtle": _EVERYTHING,
    "vary-strong": _EVERYTHING,
    "pan": _EVERYTHING,
    "upscale": _EVERYTHING - {"upscale", "reroll"},
    "retexture": frozenset({"upscale"}),
    "upload-paint": frozenset({"upscale"}),
    "remove-background": frozenset(),
}

# ── wire values ──────────────────────────────────────────────────────────────

_VARIATIONS: Mapping[str, int] = {"subtle": 0, "strong": 1}
_UPSCALES: Mapping[str, int] = {"standard": 0, "creative": 1, "v5_2x": 2, "v5_4x": 3}
_DIRECTIONS: Mapping[str, int] = {"down": 0, "right": 1, "up": 2, "left": 3}

#: Widths and heights that the models make of the usual ratios; others are computed.
_SIZES: Mapping[str, tuple[int, int]] = {
    "1:1": (1024, 1024),
    "4:3": (1232, 928),
    "3:2": (1344, 896),
    "16:9": (1456, 816),
    "21:9": (1680, 720),
    "3:4": (928, 1232),
    "2:3": (896, 1344),
    "9:16": (816, 1456),
}

_NO_SOURCE = _("Choose one of the service's own pictures for this.")
_NOT_WORDS = _("There are -- parameters or addresses left in the prompt. Set them in the panel instead.")
_NO_SEED = _("The seed of this picture is not known, so the service can't make it again larger.")
_NO_ORIGIN = _("It is not known how this picture was made, so the service can't make it again larger.")
_LINKS_GONE = _("The reference pictures of this job can't be found any more. Create it anew.")


@dataclass(frozen=True, slots=True)
class _Call:
    """A submit: the endpoint's word and its JSON body."""

    endpoint: str
    body: dict[str, Any]


class Youchuan(Provider):
    slug: ClassVar[str] = "youchuan"
    title: ClassVar[str] = _("Youchuan")
    base_url: ClassVar[str] = "https://ali.youchuan.cn"
    models: ClassVar[tuple[Model, ...]] = MODELS
    credential_fields: ClassVar[tuple[CredentialField, ...]] = (
        CredentialField("app", _("App id"), secret=False),
        CredentialField("secret", _("Secret key")),
    )
    price_factors = PRICE_FACTORS
    max_concurrent: ClassVar[int] = 960
    poll_interval: ClassVar[float] = 3.0
    sandbox_credentials: ClassVar[Mapping[str, str]] = {"app": "sandbox-app", "secret": "sandbox-secret"}

    # ── submitting ───────────────────────────────────────────────────────────

    def submit(self, order: Order) -> Flow[Snapshot]:
        """Sends the order once. What may have arrived without a readable answer raises SubmitUnknown."""
        self._check_source(order)
        if order.operation.slug == "upscale" and _version(order.model).upscales_by_hd:
            call = yield from self._hd_call(order)
        else:
            call = _CALLS[order.operation.slug](order)
        # the document gives reroll no callback
        if order.callback_url and call.endpoint != "reroll":
            call.body["callback"] = order.callback_url
        try:
            response = yield self._request("POST", call.endpoint, json=call.body)
        except ProviderError as error:
            if error.maybe_accepted:
                raise SubmitUnknown(code=error.code, request_id=error.request_id, raw=error.raw) from error
            raise
        return self._read_submitted(response, call.endpoint)

    def _read_submitted(self, response: httpx.Response, endpoint: str) -> Snapshot:
        try:
            body = read_json(response)
        except InvalidResponse as error:
            if response.is_success:
                raise SubmitUnknown(code=error.code, request_id=error.request_id, raw=error.raw) from error
            body = None
        raw = redact(body, self._secrets)
        if is_refusal(response, body):
            raise refusal(response, body, endpoint, submitting=True, raw=raw)
        try:
            snapshot = read_job(body, secrets=self._secrets)
        except InvalidResponse as error:
            raise SubmitUnknown(code=error.code, request_id=request_id(response), raw=raw) from error
        if not snapshot.remote_id:
            if snapshot.state is State.FAILED and snapshot.error is not None:
                raise snapshot.error
            raise SubmitUnknown(code="no_id", request_id=request_id(response), raw=raw)
        return snapshot

    def _check_source(self, order: Order) -> None:
        if order.operation.needs is Needs.NOTHING:
            return
        if order.source is None:
            raise InvalidRequest(_NO_SOURCE, code="no_source")
        if order.operation.slug not in {operation.slug for operation in self.follow_ups(order.source)}:
            raise Unsupported(code="not_for_this_result")

    def _hd_call(self, order: Order) -> Flow[_Call]:
        """v8.1 upscales by making the source's prompt again with its seed and --hd."""
        assert order.source is not None
        version = _version(order.model)
        lineage = order.source.lineage()
        origin = next((result for result in lineage if result.operation == "diffusion"), None)
        if origin is None:
            raise Unsupported(_NO_ORIGIN, code="no_origin")
        seed = order.source.seed if order.source.seed is not None else origin.params.get("seed")
        if seed is None:
            raise Unsupported(_NO_SEED, code="no_seed")
        values = {**origin.params, "seed": seed}
        # the words are those of the last follow-up that had its own
        spoken = (result.params.get("prompt", "") for result in lineage[: lineage.index(origin) + 1])
        values["prompt"] = next((words for words in spoken if words), "")
        links = yield from self._links_again(version, origin)
        return _Call("diffusion", {"text": compose(version, values, links, extra=("--hd",))})

    def _links_again(self, version: Version, origin: Result) -> Flow[dict[str, list[str]]]:
        """The addresses that the origin's references had: our order no longer has them, the service's job does."""
        wanted = {name: len(origin.params[name]) for name in LINK_FIELDS if origin.params.get(name)}
        if not wanted:
            return {}
        try:
            response = yield self._request("GET", f"job/{_path_id(origin.remote_id)}")
            body = self._read_answer(response, "job")
        except (InvalidResponse, Unavailable) as error:
            # only a question was sent so far: the order itself may be tried again
            raise Unavailable(code=error.code, retry_after=error.retry_after, raw=error.raw) from error
        said = reading.read_prompt(version, str(body.get("text", "")) if isinstance(body, dict) else "")
        links = {name: list(said.values.get(name, ())) for name in wanted}
        if any(len(links[name]) != count for name, count in wanted.items()):
            raise Unsupported(_LINKS_GONE, code="no_links")
        return links

    # ── asking ───────────────────────────────────────────────────────────────

    def fetch(self, remote_id: str, cursor: str = "") -> Flow[Snapshot]:
        """The job now. Raises ResultExpired when the service no longer knows it."""
        response = yield self._request("GET", f"job/{_path_id(remote_id)}")
        body = self._read_answer(response, "job")
        return read_job(body, remote_id=remote_id, secrets=self._secrets)

    def account(self) -> Flow[AccountInfo]:
        """Plan, balance (read as 1/100 CNY) and concurrency. The reply's shape is not documented."""
        response = yield self._request("GET", "subscribe")
        body = self._read_answer(response, "subscribe")
        data = body.get("data") if isinstance(body, dict) else None
        facts = {**body, **data} if isinstance(data, dict) else body
        if not isinstance(facts, dict):
            raise InvalidResponse(code="no_account", raw=redact(body, self._secrets))
        plan = _first(facts, ("plan", "planName", "subscribe", "name", "type"))
        if isinstance(plan, dict):
            plan = _first(plan, ("name", "title", "type"))
        concurrent = _number(_first(facts, ("maxConcurrent", "concurrent", "concurrency", "maxConcurrency")))
        return AccountInfo(
            plan=str(plan or ""),
            balance=_number(_first(facts, ("feeBalance", "balance", "fee", "remain"))),
            unit="fen",
            max_concurrent=int(concurrent) if concurrent is not None else None,
            raw=redact(body, self._secrets),
        )

    def read_callback(self, raw: RawCallback) -> list[str]:
        """The one job that a callback is about, by any spelling of its id; nothing for anything else."""
        try:
            found = job_id(read_json(httpx.Response(200, content=raw.body)))
        except InvalidResponse:
            return []
        return [found] if found else []

    # ── pure ─────────────────────────────────────────────────────────────────

    @classmethod
    def follow_ups(cls, result: Result) -> tuple[Operation, ...]:
        """By `FOLLOW_UPS`; a reroll's results are like those of what it repeated."""
        lineage = result.lineage()
        made_by = next((item.operation for item in lineage if item.operation != "reroll"), "")
        known = {model.slug: model for model in cls.models}
        model = next((known[item.model] for item in lineage if item.model in known), None)
        allowed = FOLLOW_UPS.get(made_by, frozenset())
        if model is None:
            return ()
        return tuple(
            operation for operation in model.operations if operation.needs is Needs.OUTPUT and operation.slug in allowed
        )

    @classmethod
    def read_prompt(cls, model: Model, text: str) -> ReadPrompt:
        """Values are by field name; a media field has the addresses that the prompt named."""
        return reading.read_prompt(_version(model), text)

    @classmethod
    def expected_size(cls, order_params: Params) -> tuple[int, int] | None:
        """About one megapixel in the asked ratio, in multiples of 16; None where the source decides."""
        ratio = getattr(order_params, "ratio", None)
        if not isinstance(ratio, str):
            return None
        if ratio in _SIZES:
            return _SIZES[ratio]
        width, height = (int(part) for part in ratio.split(":"))
        slope = (width / height) ** 0.5
        return round(1024 * slope / 16) * 16, round(1024 / slope / 16) * 16

    # ── wire ─────────────────────────────────────────────────────────────────

    @property
    def _secrets(self) -> tuple[str, ...]:
        return tuple(self.credentials.values())

    def _request(self, method: str, path: str, json: Any = None) -> httpx.Request:
        headers = {
            "x-youchuan-app": self.credentials["app"],
            "x-youchuan-secret": self.credentials["secret"],
            "Accept": "application/json",
        }
        return httpx.Request(method, f"{self.address}/v1/tob/{path}", headers=headers, json=json)

    def _read_answer(self, response: httpx.Response, endpoint: str) -> Any:
        """The JSON of a good answer to a question; raises what a bad one means."""
        try:
            body = read_json(response)
        except InvalidResponse:
            if response.is_success:
                raise
            body = None
        if is_refusal(response, body):
            raise refusal(response, body, endpoint, submitting=False, raw=redact(body, self._secrets))
        return body


# ── bodies of the submits ────────────────────────────────────────────────────


def _version(model: Model) -> Version:
    version = VERSIONS.get(model.slug)
    if version is None:
        raise Unsupported(code="no_such_model")
    return version


def _diffusion(order: Order) -> _Call:
    version = _version(order.model)
    values = order.params.model_dump()
    links = {name: [item.link() for item in order.media.get(name, ())] for name in LINK_FIELDS}
    if any(len(links[name]) != len(values.get(name) or ()) for name in LINK_FIELDS):
        raise InvalidRequest(_LINKS_GONE, code="media_missing")
    read = reading.read_prompt(version, values["prompt"])
    if read.problems:
        raise InvalidRequest(str(read.problems[0]), code="prompt_problem")
    if read.values or read.model:
        # they would contradict the parameters, and the price
        raise InvalidRequest(_NOT_WORDS, code="flags_in_prompt")
    return _Call("diffusion", {"text": compose(version, values, links)})


def _source(order: Order) -> dict[str, Any]:
    assert order.source is not None
    return {"jobId": order.source.remote_id, "imageNo": order.source.index}


def _remix(order: Order) -> dict[str, Any]:
    words = on_one_line(str(getattr(order.params, "prompt", "")))
    if not words:
        return {}
    read = reading.read_prompt(_version(order.model), words)
    if read.model not in {None, order.model.slug} or "speed" in read.values:
        raise InvalidRequest(_NOT_WORDS, code="flags_in_prompt")
    if read.problems:
        raise InvalidRequest(str(read.problems[0]), code="prompt_problem")
    return {"remixPrompt": words}


def _vary(order: Order) -> _Call:
    kind = str(order.operation.preset["type"])
    return _Call("variation", {**_source(order), "type": _VARIATIONS[kind], **_remix(order)})


def _upscale(order: Order) -> _Call:
    return _Call("upscale", {**_source(order), "type": _UPSCALES[order.params.model_dump()["type"]]})


def _reroll(order: Order) -> _Call:
    assert order.source is not None
    return _Call("reroll", {"jobId": order.source.remote_id})


def _pan(order: Order) -> _Call:
    values = order.params.model_dump()
    body = {**_source(order), "direction": _DIRECTIONS[values["direction"]], "scale": values["scale"]}
    return _Call("pan", {**body, **_remix(order)})


_CALLS: Mapping[str, Callable[[Order], _Call]] = {
    "diffusion": _diffusion,
    "vary-subtle": _vary,
    "vary-strong": _vary,
    "upscale": _upscale,
    "reroll": _reroll,
    "pan": _pan,
}


def _path_id(remote_id: str) -> str:
    """An id as part of a path. Raises InvalidRequest for one that can't be a job's."""
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,128}", remote_id):
        raise InvalidRequest(code="bad_id")
    return quote(remote_id, safe="")


def _first(facts: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((facts[name] for name in names if facts.get(name) is not None), None)


def _number(value: Any) -> Decimal | None:
    text = str(value).strip()
    return Decimal(text) if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", text) else None

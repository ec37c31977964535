"""Youchuan (悠船): pictures from words with the Midjourney family of models.

Source: docs/youchuan.md; https://tob.youchuan.cn. Follow-ups name
the job and the number of the picture; the service keeps jobs for 30 days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

import httpx

from ..base import (
    Board,
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
from ..bills import AccountInfo, ChargePage, Period
from ..errors import InvalidRequest, InvalidResponse, ProviderError, SubmitUnknown, Unavailable, Unsupported
from ..params import Params
from ..transport import read_json, redact, request_id
from ..words import gettext_noop as _
from . import accounts, reading, rules
from .calls import BOARDS_GONE, LINKS_GONE, Call, make_call, version_of
from .errors import is_refusal, refusal
from .models import CREDIT_WORTH, MODELS, PRICE_FACTORS
from .prompts import LINK_FIELDS, compose
from .replies import job_id, read_job
from .versions import Version

#: items a page of bills, and the last page that can be asked for
PAGE_SIZE = 500
LAST_PAGE = 1000
#: items a page of moodboards; no bound is documented
BOARDS_PAGE_SIZE = 100

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
_NO_INPUT = _("Choose a picture for this.")
_ENOUGH_EXTENSIONS = _("A video can be extended four times at most.")
_ONLY_DRAFTS = _("Only drafts can be enhanced.")
_NO_SEED = _("The seed of this picture is not known, so the service can't make it again larger.")
_NO_ORIGIN = _("It is not known how this picture was made, so the service can't make it again larger.")
_TOO_MANY_PICTURES = _("A moodboard takes at most 500 pictures at this service.")
_PAGES_END = _("The service shows no more pages than this. Ask for a shorter time.")


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
    credit_worth: ClassVar[tuple[Decimal, str] | None] = CREDIT_WORTH
    board_limits: ClassVar[tuple[int, int] | None] = (500, 30)
    sandbox_credentials: ClassVar[Mapping[str, str]] = {"app": "sandbox-app", "secret": "sandbox-secret"}

    # ── submitting ───────────────────────────────────────────────────────────

    def submit(self, order: Order) -> Flow[Snapshot]:
        """Sends the order once. What may have arrived without a readable answer raises SubmitUnknown.

        Its first step may read and convert a mask: run it with `prepare_in_thread`.
        """
        self._check_source(order)
        if order.operation.slug == "upscale" and version_of(order.model).upscales_by_hd:
            call = yield from self._hd_call(order)
        else:
            call = make_call(order)
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
            body = read_json(response, self._secrets)
        except InvalidResponse as error:
            if response.is_success:
                raise SubmitUnknown(code=error.code, request_id=error.request_id, raw=error.raw) from error
            body = None
        raw = redact(body, self._secrets)
        if is_refusal(response, body):
            raise refusal(response, raw, endpoint, submitting=True, raw=raw)
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
        needs, source = order.operation.needs, order.source
        if needs is Needs.NOTHING:
            return
        if needs is not Needs.OUTPUT:
            if order.input is None and (source is None or not rules.can_be_named(source)):
                raise InvalidRequest(_NO_INPUT, code="no_input")
            return
        if source is None:
            raise InvalidRequest(_NO_SOURCE, code="no_source")
        slug = order.operation.slug
        if slug not in {operation.slug for operation in self.follow_ups(source)}:
            sentence = ""
            if slug in rules.EXTENSIONS and rules.extensions(source) >= rules.MOST_EXTENSIONS:
                sentence = _ENOUGH_EXTENSIONS
            elif slug == "enhance":
                sentence = _ONLY_DRAFTS
            raise Unsupported(sentence, code="not_for_this_result")

    def _hd_call(self, order: Order) -> Flow[Call]:
        """v8.1 upscales by making the source's prompt again with its seed and --hd."""
        assert order.source is not None
        version = version_of(order.model)
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
        if origin.params.get("boards"):
            # the service's ids of the studio's moodboards come back with the pasted ones among them
            values["moodboards"] = ""
        links = yield from self._links_again(version, origin)
        return Call("diffusion", {"text": compose(version, values, links, extra=("--hd",))})

    def _links_again(self, version: Version, origin: Result) -> Flow[dict[str, list[str]]]:
        """The addresses of the origin's references and the ids of its moodboards: our order no longer has them, the
        service's job does."""
        wanted = {name: len(origin.params[name]) for name in LINK_FIELDS if origin.params.get(name)}
        boards = len(origin.params.get("boards") or ())
        if not wanted and not boards:
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
            raise Unsupported(LINKS_GONE, code="no_links")
        if boards:
            links["boards"] = str(said.values.get("moodboards", "")).split()
            if not links["boards"]:
                raise Unsupported(BOARDS_GONE, code="no_boards")
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
        return accounts.read_account(body, self._secrets)

    def charges(self, page: int, *, since: datetime | None = None, until: datetime | None = None) -> Flow[ChargePage]:
        """Raises InvalidRequest behind the last page that the service shows."""
        asked = _page(page)
        asked |= {name: _utc(at) for name, at in (("since", since), ("to", until)) if at is not None}
        response = yield self._request("GET", "costs", params=asked)
        return accounts.read_charges(self._read_answer(response, "costs"), self._secrets)

    def periods(self, page: int = 1) -> Flow[tuple[Period, ...]]:
        """Raises InvalidRequest behind the last page that the service shows."""
        response = yield self._request("GET", "cost-monthly", params=_page(page))
        return accounts.read_periods(self._read_answer(response, "cost-monthly"), self._secrets)

    def test_callback(self, remote_id: str) -> Flow[None]:
        response = yield self._request("POST", "callback", json={"jobId": _known_id(remote_id)})
        try:
            self._read_answer(response, "callback")
        except InvalidResponse:
            # what a good answer says is not documented, if anything
            if not response.is_success:
                raise

    def read_callback(self, raw: RawCallback) -> list[str]:
        """The one job that a callback is about, by any spelling of its id; nothing for anything else."""
        try:
            found = job_id(read_json(httpx.Response(200, content=raw.body)))
        except InvalidResponse:
            return []
        return [found] if found else []

    # ── moodboards ───────────────────────────────────────────────────────────

    def create_board(self, board: Board) -> Flow[str]:
        most = self.board_limits[0] if self.board_limits else 0
        if len(board.images) > most:
            raise InvalidRequest(_TOO_MANY_PICTURES, code="too_many_images")
        response = yield self._request("POST", "moodboard", json=_board(board))
        body = self._read_answer(response, "moodboard")
        made = accounts.read_board_id(body)
        if not made:
            raise InvalidResponse(code="no_board_id", raw=redact(body, self._secrets))
        return made

    def update_board(self, remote_id: str, board: Board) -> Flow[str]:
        """More pictures than one change takes make a new moodboard, whose id is returned."""
        if self.board_limits and len(board.images) > self.board_limits[1]:
            made: str = yield from self.create_board(board)
            return made
        response = yield self._request("PUT", f"moodboard/{_path_id(remote_id)}", json=_board(board))
        return accounts.read_board_id(self._read_answer(response, "moodboard")) or remote_id

    def list_boards(self) -> Flow[frozenset[str]]:
        found: set[str] = set()
        for page in range(1, LAST_PAGE + 1):
            asked = {"pageNo": page, "pageSize": BOARDS_PAGE_SIZE}
            response = yield self._request("GET", "moodboards", params=asked)
            ids, total = accounts.read_boards(self._read_answer(response, "moodboards"), self._secrets)
            known = len(found)
            found.update(ids)
            # a service that ignores the page number says the same for ever
            if len(found) == known or (total is not None and len(found) >= total):
                break
        return frozenset(found)

    # ── pure ─────────────────────────────────────────────────────────────────

    @classmethod
    def follow_ups(cls, result: Result) -> tuple[Operation, ...]:
        """By `rules.FOLLOW_UPS` and what goes with it."""
        version = rules.version_of(result)
        model = next((model for model in cls.models if version is not None and model.slug == version.slug), None)
        if model is None:
            return ()
        allowed = rules.allowed(result)
        return tuple(
            operation for operation in model.operations if operation.needs is Needs.OUTPUT and operation.slug in allowed
        )

    @classmethod
    def read_prompt(cls, model: Model, text: str) -> ReadPrompt:
        """Values are by field name; a media field has the addresses that the prompt named."""
        return reading.read_prompt(version_of(model), text)

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

    def _request(
        self, method: str, path: str, *, json: Any = None, params: Mapping[str, Any] | None = None
    ) -> httpx.Request:
        headers = {
            "x-youchuan-app": self.credentials["app"],
            "x-youchuan-secret": self.credentials["secret"],
            "Accept": "application/json",
        }
        return httpx.Request(method, f"{self.address}/v1/tob/{path}", headers=headers, json=json, params=params)

    def _read_answer(self, response: httpx.Response, endpoint: str) -> Any:
        """The JSON of a good answer to a question; raises what a bad one means."""
        try:
            body = read_json(response, self._secrets)
        except InvalidResponse:
            if response.is_success:
                raise
            body = None
        if is_refusal(response, body):
            raw = redact(body, self._secrets)
            raise refusal(response, raw, endpoint, submitting=False, raw=raw)
        return body


def _known_id(remote_id: str) -> str:
    """Raises InvalidRequest for an id that can be none of the service's."""
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,128}", remote_id):
        raise InvalidRequest(code="bad_id")
    return remote_id


def _path_id(remote_id: str) -> str:
    return quote(_known_id(remote_id), safe="")


def _page(number: int) -> dict[str, Any]:
    if not 1 <= number <= LAST_PAGE:
        raise InvalidRequest(_PAGES_END, code="no_such_page")
    return {"pageNo": number, "pageSize": PAGE_SIZE}


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _board(board: Board) -> dict[str, Any]:
    """In both vocabularies: the document's, and that of the service's own description."""
    return {
        "name": board.name,
        "description": board.description,
        "tag": board.name,
        "images": list(board.images),
    }

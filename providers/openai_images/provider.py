"""OpenAI-compatible images: `/v1/images/generations` and `/v1/images/edits`, at OpenAI and at the many servers that
speak the same. Address, key and model id belong to the account. The pictures come in the reply itself.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

import httpx

from ..base import CredentialField, Flow, Media, Model, Needs, Operation, Order, PriceFactor, Provider, Snapshot
from ..errors import GenerationFailed, InvalidRequest, InvalidResponse, ProviderError, ResultExpired, SubmitUnknown
from ..params import Params
from ..transport import read_json, redact, request_id
from ..words import gettext_noop as _
from .errors import refusal
from .params import AUTO, MOST_RESULTS, PICTURE, EditParams, GenerateParams
from .replies import read_pictures

#: credits for one picture of medium quality (our choice)
PRICE = Decimal(2)
#: Quality by what OpenAI takes for it; what is automatic may be the dearest.
PRICE_FACTORS = (
    PriceFactor("quality", "low", Decimal("0.5")),
    PriceFactor("quality", "medium", Decimal(1)),
    PriceFactor("quality", "standard", Decimal(1)),
    PriceFactor("quality", "hd", Decimal(2)),
    PriceFactor("quality", "high", Decimal(4)),
    PriceFactor("quality", AUTO, Decimal(4)),
    *(PriceFactor("results", str(count), Decimal(count)) for count in range(1, MOST_RESULTS + 1)),
)
#: seconds: the finest pictures take minutes, and the reply comes only with them
CALL_SECONDS = 170.0
#: ten large PNG files in base64
REPLY_BYTES = 96 * 1024 * 1024

_NO_PICTURE = _("Choose a picture for this.")
_UNFIT = _("The service takes PNG, JPEG and WebP pictures of less than 50 MB.")
_MASK_GONE = _("The mask of this job can't be found any more. Draw it once more.")
_OTHER_SIZE = _("The mask is not as large as its picture. Draw it once more.")
_NOT_KEPT = _("This service keeps nothing that could be asked for later.")

GENERATE = Operation(
    slug="generate",
    label=_("Create"),
    params=GenerateParams,
    price=PRICE,
    count=1,
    count_parameter="results",
    usual_seconds=30,
    icon="image",
    help=_("Pictures from words."),
)
EDIT = Operation(
    slug="edit-image",
    label=_("Edit with words"),
    params=EditParams,
    price=PRICE,
    needs=Needs.IMAGE,
    count=1,
    count_parameter="results",
    usual_seconds=30,
    icon="brush",
    help=_("Any picture, changed as your words say; with a mask only where you paint."),
    takes=PICTURE,
)
MODEL = Model(
    slug="images",
    title=_("Image server"),
    wire_id="model of the account",
    operations=(GENERATE, EDIT),
    summary=_("The model that an administrator chose at an OpenAI-compatible server."),
)


class OpenAIImages(Provider):
    slug: ClassVar[str] = "openai-images"
    title: ClassVar[str] = _("OpenAI-compatible images")
    base_url: ClassVar[str] = "https://api.openai.com"
    models: ClassVar[tuple[Model, ...]] = (MODEL,)
    credential_fields: ClassVar[tuple[CredentialField, ...]] = (
        CredentialField("key", _("API key")),
        CredentialField("model", _("Model id"), secret=False),
    )
    price_factors: ClassVar[tuple[PriceFactor, ...]] = PRICE_FACTORS
    # the fewest that OpenAI lets anybody have in a minute
    max_concurrent: ClassVar[int] = 5
    call_seconds: ClassVar[float | None] = CALL_SECONDS
    reply_bytes: ClassVar[int | None] = REPLY_BYTES
    sandbox_credentials: ClassVar[Mapping[str, str]] = {"key": "sandbox-key", "model": "gpt-image-1"}

    def submit(self, order: Order) -> Flow[Snapshot]:
        """Sends the order once; what comes back is finished. What may have arrived without an answer raises
        SubmitUnknown.

        Its first step reads the picture and the mask: run it with `prepare_in_thread`.
        """
        request = self._generate(order) if order.operation.needs is Needs.NOTHING else self._edit(order)
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
                raise GenerationFailed(error.user_message, code=error.code, request_id=error.request_id) from error
            body = None
        if not response.is_success or (isinstance(body, dict) and isinstance(body.get("error"), dict)):
            raise refusal(response, body, raw=redact(body, self._secrets))
        return read_pictures(
            body,
            remote_id=request_id(response),
            media_type=f"image/{order.params.model_dump()['output_format']}",
            secrets=self._secrets,
        )

    def fetch(self, remote_id: str, cursor: str = "") -> Flow[Snapshot]:
        raise ResultExpired(_NOT_KEPT, code="not_kept")
        yield

    @classmethod
    def expected_size(cls, order_params: Params) -> tuple[int, int] | None:
        """As asked; a square where that is left to the model."""
        size = str(getattr(order_params, "size", AUTO))
        if size == AUTO:
            return 1024, 1024
        width, _x, height = size.partition("x")
        return int(width), int(height)

    # ── wire ─────────────────────────────────────────────────────────────────

    @property
    def _secrets(self) -> tuple[str, ...]:
        return (self.credentials["key"],)

    def _generate(self, order: Order) -> httpx.Request:
        return self._request("generations", json=self._fields(order.params))

    def _edit(self, order: Order) -> httpx.Request:
        picture = order.input
        if picture is None:
            raise InvalidRequest(_NO_PICTURE, code="no_input")
        if broken := PICTURE.broken_by(picture.facts):
            raise InvalidRequest(_UNFIT, code=broken)
        ending = picture.media_type.removeprefix("image/")
        files = {"image": (f"image.{ending}", picture.read(), picture.media_type)}
        if getattr(order.params, "mask", ()):
            files["mask"] = ("mask.png", _alpha_mask(order, picture), "image/png")
        fields = {name: str(value) for name, value in self._fields(order.params).items()}
        return self._request("edits", data=fields, files=files)

    def _fields(self, params: Params) -> dict[str, Any]:
        values = params.model_dump(exclude={"mask", "results"})
        fields = {name: value for name, value in values.items() if value != AUTO}
        if fields["output_format"] == "png":
            # what everybody makes; many servers do not know the word
            del fields["output_format"]
        return {"model": self.credentials["model"], **fields, "n": int(params.model_dump()["results"])}

    def _request(self, word: str, **content: Any) -> httpx.Request:
        return httpx.Request(
            "POST",
            f"{self.address.removesuffix('/v1')}/v1/images/{word}",
            headers={"Authorization": f"Bearer {self.credentials['key']}", "Accept": "application/json"},
            # the reply's first byte comes with the last picture
            extensions={"timeout": {"connect": 10.0, "read": CALL_SECONDS, "write": 60.0, "pool": 30.0}},
            **content,
        )


def _alpha_mask(order: Order, picture: Media) -> bytes:
    """The mask as this interface takes it: a PNG that is transparent where the picture is made anew."""
    # here, as nothing else of the adapter needs these libraries
    import numpy as np
    from PIL import Image

    from .. import masks

    given = order.media.get("mask", ())
    if not given:
        raise InvalidRequest(_MASK_GONE, code="mask_missing")
    mask = masks.read_mask(given[0].read())
    if mask.shape != (picture.height, picture.width):
        raise InvalidRequest(_OTHER_SIZE, code="mask_size")
    masks.require_some(mask)
    masks.require_not_all(mask)
    pixels = np.zeros((*mask.shape, 4), np.uint8)
    pixels[..., 3] = np.where(mask, 0, 255)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()

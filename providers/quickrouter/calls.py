"""The body of a submit. Pure; reads pictures where they are sent along."""

from __future__ import annotations

import base64
from typing import Any

from ..base import Media, Order
from ..errors import InvalidRequest, Unsupported
from ..tencent_vod import CONTEXT_LIMIT, session_id
from ..words import gettext_noop as _
from .families import FAMILIES
from .params import PICTURE_BYTES, PictureParams, lines

PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})

_NO_PICTURE = _("Choose a picture for this.")
_GONE = _("The reference pictures of this job can't be found any more. Create it anew.")
_NOT_A_PICTURE = _("The service takes JPEG, PNG and WebP pictures here.")
_TOO_LARGE = _("This picture has too many megabytes for the service. Save it smaller.")


def make_body(order: Order) -> dict[str, Any]:
    """Raises InvalidRequest for what can't be sent, Unsupported for a model that is none of ours."""
    family = FAMILIES.get(order.model.slug)
    if family is None:
        raise Unsupported(code="no_such_model")
    params = order.params
    assert isinstance(params, PictureParams)
    values = params.model_dump()
    output = {
        "storage_mode": values["storage"],
        "resolution": values["resolution"],
        "aspect_ratio": values.get("ratio", ""),
        "person_generation": values["persons"],
        "input_compliance_check": values["input_check"],
        "output_compliance_check": values["output_check"],
    }
    body = {
        "model_name": family.name,
        "model_version": family.version,
        "file_infos": _file_infos(order, params),
        "prompt": values["prompt"].strip(),
        "negative_prompt": values["negative"].strip(),
        "enhance_prompt": "Enabled" if values["enhance"] else "Disabled",
        "output_config": {name: value for name, value in output.items() if value},
        "session_id": session_id(order.request_key),
        "session_context": order.request_key[:CONTEXT_LIMIT],
        "tasks_priority": values["priority"],
    }
    return {name: value for name, value in body.items() if value not in ("", [])}


def _file_infos(order: Order, params: PictureParams) -> list[dict[str, str]]:
    given = list(order.media.get("references", ()))
    if len(given) != len(getattr(params, "references", ())):
        raise InvalidRequest(_GONE, code="media_missing")
    if params.given:
        if order.input is None:
            raise InvalidRequest(_NO_PICTURE, code="no_input")
        given.insert(0, order.input)
    infos = [_file_info(picture) for picture in given]
    infos += [{"type": "File", "file_id": file_id} for file_id in params.file_ids_list]
    described = lines(str(getattr(params, "texts", "")))
    for info, line in zip(infos, described, strict=False):
        if line:
            info["text"] = line
    return infos


def _file_info(picture: Media) -> dict[str, str]:
    """By link where the service can reach us, else as bytes: the gateway's document has links alone, Tencent's own
    has base64 too."""
    if picture.media_type not in PICTURES:
        raise InvalidRequest(_NOT_A_PICTURE, code="media_type")
    if picture.size > PICTURE_BYTES:
        raise InvalidRequest(_TOO_LARGE, code="media_size")
    if picture.url is not None:
        return {"type": "Url", "url": picture.url}
    return {"type": "Base64", "base64": base64.b64encode(picture.read()).decode()}

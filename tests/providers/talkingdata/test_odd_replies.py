"""Whatever stands in a reply in place of what should: the reader gives a snapshot or an error of ours."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from providers.errors import ProviderError

from .tools import drive, order, payload, picture, reply, talkingdata

JUNK = [None, True, -1, 1.5, 1e308, "", " ", "x", "a/b", "9" * 400, [], [None], {}, {"Code": 7}, {"code": [1]}]


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inner:
        yield from places(item, (*place, name))


def put(body: Any, place: tuple[Any, ...], junk: Any) -> Any:
    if not place:
        return junk
    body = copy.deepcopy(body)
    node = body
    for name in place[:-1]:
        node = node[name]
    node[place[-1]] = junk
    return body


def changed(body: Any, place: str, **values: Any) -> Any:
    body = copy.deepcopy(body)
    body[place] |= values
    return body


EDITED = payload("happyhorse/reply-succeeded-edit")
SPOKEN = changed(payload("speech/reply-spoken"), "Response", AudioData="UklGRg==", ExtInfo='{"duration": 1}')
REFUSED = {"Response": {"Error": {"Code": "A.B", "Message": "…"}, "RequestId": "r-1"}}
SEEDANCE = f"ark:{payload('seedance/reply-succeeded')['id']}"
#: (a good reply, the model that is ordered from or the job that is asked about)
REPLIES = [
    pytest.param(payload("happyhorse/reply-submitted-words"), ("happyhorse-1", "create"), id="a taken order"),
    pytest.param(EDITED, "dashscope:c39df2cb-66ac-4068-82d3-1ae6382dc3af", id="a film"),
    pytest.param(
        changed(EDITED, "output", task_status="FAILED", code="InternalError", message="…"),
        "dashscope:c39df2cb-66ac-4068-82d3-1ae6382dc3af",
        id="a failure",
    ),
    pytest.param(payload("vod/reply-submitted-film"), ("veo-3.1", "create"), id="a taken order of Veo"),
    pytest.param(REFUSED, ("veo-3.1", "create"), id="a refusal"),
    pytest.param(
        payload("vod/reply-finished-film"),
        "vod:1395528311-AigcVideoTask-df86d4503d813fab512b1ae5ed814bf0t",
        id="a film of Veo",
    ),
    pytest.param(SPOKEN, ("speech-2.8", "speak"), id="a speech"),
    pytest.param(payload("seedance/reply-created"), ("seedance-2-fast", "create"), id="a taken order of Seedance"),
    pytest.param(payload("seedance/reply-succeeded"), SEEDANCE, id="a film of Seedance"),
    pytest.param(
        {"id": SEEDANCE.partition(":")[2], "status": "failed", "error": {"code": "A.b", "message": "…"}},
        SEEDANCE,
        id="a failure of Seedance",
    ),
    pytest.param(
        {"error": {"code": "InvalidParameter.content", "message": "…", "param": "content[1].image_url.url"}},
        ("seedance-2-fast", "create"),
        id="a refusal by Ark",
    ),
]


ASSET = payload("library/reply-active")
FAILED_ASSET = changed(ASSET, "Result", Status="Failed", Error={"Code": "A.B", "Message": "…"})


@pytest.mark.parametrize("body", [payload("library/reply-created"), ASSET, FAILED_ASSET])
def test_odd_values_from_the_library(body: Any) -> None:
    for place in places(body):
        for junk in JUNK:
            for flow in (talkingdata().create_asset(picture(), "fox"), talkingdata().look_at_asset("asset-1")):
                try:
                    drive(flow, reply(put(body, place, junk)))
                except ProviderError as error:
                    json.dumps(error.raw, allow_nan=False)


@pytest.mark.parametrize(("body", "about"), REPLIES)
def test_odd_values_anywhere(body: Any, about: Any) -> None:
    for place in places(body):
        for junk in JUNK:
            flow = talkingdata().fetch(about) if isinstance(about, str) else talkingdata().submit(order(*about))
            try:
                raw = drive(flow, reply(put(body, place, junk))).raw
            except ProviderError as error:
                raw = error.raw
            # it can be kept
            json.dumps(raw, allow_nan=False)

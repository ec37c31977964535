"""Whatever stands in a reply in place of what should: the reader gives a snapshot or an error of ours."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from providers.errors import ProviderError

from .tools import drive, order, payload, reply, talkingdata

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
]


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

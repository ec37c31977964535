"""Every error that the document lists for an endpoint, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from providers.base import Board
from providers.errors import (
    AuthFailed,
    ContentRejected,
    InvalidRequest,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ResultExpired,
    SubmitUnknown,
    Unavailable,
    Unsupported,
)

from .tools import drive, mask, order, payload, photo, reply, result, youchuan

BOARD = Board("x", "", ())


def submit(operation: str, params: dict[str, Any] | None = None, **more: Any) -> Callable[[], Any]:
    return lambda: youchuan().submit(order(operation, params, **more))


#: an endpoint's flow, by the names of `errors-by-endpoint.json`
FLOWS: dict[str, Callable[[], Any]] = {
    "diffusion": submit("diffusion", {"prompt": "x"}),
    "variation": submit("vary-subtle", source=result()),
    "upscale": submit("upscale", source=result()),
    "reroll": submit("reroll", source=result()),
    "pan": submit("pan", source=result()),
    "outpaint": submit("outpaint", source=result()),
    "inpaint": submit("inpaint", {"mask": ["asset:1"]}, source=result(), media={"mask": (mask((1, 1, 9, 9)),)}),
    "remix": submit("remix-strong", {"prompt": "x"}, source=result()),
    "edit": submit("edit", {"prompt": "x"}, source=result()),
    "upload-paint": submit("upload-paint", {"prompt": "x"}, input=photo("https://s.example/a")),
    "retexture": submit("retexture", {"prompt": "x"}, input=photo("https://s.example/a")),
    "remove-background": submit("remove-background", input=photo("https://s.example/a")),
    "enhance": submit("enhance", source=result(params={"speed": "draft"})),
    "video-diffusion": submit("animate-low", source=result()),
    "extend-video": submit("extend-low", {"prompt": "x"}, source=result(operation="animate-low")),
    "video-upscale": submit("video-upscale", source=result(operation="animate-low")),
    "job": lambda: youchuan().fetch("12345"),
    "costs": lambda: youchuan().charges(1),
    "cost-monthly": lambda: youchuan().periods(),
    "subscribe": lambda: youchuan().account(),
    "callback": lambda: youchuan().test_callback("12345"),
    "create-moodboard": lambda: youchuan().create_board(BOARD),
    "update-moodboard": lambda: youchuan().update_board("12345", BOARD),
    "moodboards": lambda: youchuan().list_boards(),
}

#: what a status stands for by the document's words
MEANINGS: dict[str, type[ProviderError]] = {
    "无效Prompt参数": InvalidRequest,
    "无效请求参数": InvalidRequest,
    "无效参数": InvalidRequest,
    "无效App身份": AuthFailed,
    "账户余额不足": QuotaExhausted,
    "无有效套餐": QuotaExhausted,
    "Prompt包含敏感词汇": ContentRejected,
    "高清任务不支持此操作": Unsupported,
    "高级编辑/转绘任务仅支持高清": Unsupported,
    "视频最多可扩展4次": Unsupported,
    "任务不存在": ResultExpired,
    "Moodboard不存在": ResultExpired,
    "已达当前套餐最大并发": RateLimited,
}
BROKEN = "服务器内部错误"
LISTED = payload("errors-by-endpoint")
ROWS = [(endpoint, int(status), words) for endpoint, rows in LISTED.items() for status, words in rows.items()]
ASKING = set(list(FLOWS)[16:])


def test_every_endpoint_is_here() -> None:
    assert list(FLOWS) == list(LISTED)
    assert len(FLOWS) == 24


@pytest.mark.parametrize(("endpoint", "status", "words"), ROWS)
def test_every_listed_error_is_understood_without_a_reason(endpoint: str, status: int, words: str) -> None:
    unknown = Unavailable if endpoint in ASKING else SubmitUnknown
    with pytest.raises(ProviderError) as caught:
        drive(FLOWS[endpoint](), reply({"code": status, "message": words}, status))
    assert type(caught.value) is (unknown if words == BROKEN else MEANINGS[words])
    assert words not in caught.value.user_message


@pytest.mark.parametrize(
    ("endpoint", "status", "reason", "sentence"),
    [
        ("variation", 405, "Not_Support", "can only be upscaled"),
        ("variation", 405, "", "can only be upscaled"),
        ("enhance", 405, "Not_Support", "Only drafts"),
        ("enhance", 405, "", "Only drafts"),
        ("extend-video", 405, "Not_Support", "four times at most"),
        ("extend-video", 405, "", "four times at most"),
        ("upscale", 400, "Job_ReUpscale_Not_Support", "can't be upscaled again"),
        ("upscale", 403, "", "upscaled already"),
        ("video-upscale", 403, "", "video is upscaled already"),
        ("video-upscale", 403, "Upscale_Not_Support", "video is upscaled already"),
        ("remove-background", 400, "", "JPEG and PNG"),
        ("remove-background", 400, "Invalid_Argument", "JPEG and PNG"),
        ("retexture", 403, "Msg_Sensitive", "Try other words"),
        ("edit", 400, "Invalid_Prompt_Parameter", "could not read this prompt"),
        ("create-moodboard", 400, "Invalid_Argument", "did not take this moodboard"),
        ("update-moodboard", 404, "", "no longer has this moodboard"),
        ("job", 404, "", "no longer knows this job"),
        ("subscribe", 403, "", "no valid plan"),
    ],
)
def test_sentences_of_an_endpoint(endpoint: str, status: int, reason: str, sentence: str) -> None:
    body = {"code": status, "message": "失败", "reason": reason}
    with pytest.raises(ProviderError, match=sentence):
        drive(FLOWS[endpoint](), reply(body, status))


@pytest.mark.parametrize("row", payload("error-table"), ids=lambda row: row["reason"])
@pytest.mark.parametrize("endpoint", FLOWS)
def test_every_row_of_the_table_is_understood_everywhere(endpoint: str, row: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as caught:
        drive(FLOWS[endpoint](), reply(row, row["code"]))
    assert caught.value.code == row["reason"]
    assert row["message"] not in caught.value.user_message

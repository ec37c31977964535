"""A customer of the emulated Seedance, and orders for it, for tests."""

from __future__ import annotations

import base64
import time
from typing import Any

import httpx
from PIL import Image

from providers.sandbox.talkingdata_ark_wire import ERRORS
from tests.media.sounds import sound
from tests.providers.sandbox.conftest import eventually
from tests.providers.sandbox.pictures import data_url
from tests.providers.sandbox.pool import Pool

PATH = "/model/openai/api/v3/contents/generations/tasks"
ENDED = ("succeeded", "failed", "cancelled", "expired")
LINK = "http://127.0.0.1:1/nothing"


class Customer(Pool):
    def delete(self, task: str) -> httpx.Response:
        return self.http.delete(f"{PATH}/{task}", headers={"x-timestamp": str(int(time.time()))})

    def create(self, **body: Any) -> str:
        response = self.post(PATH, order(**body))
        assert response.status_code == 200 and set(response.json()) == {"id"}, response.text
        return str(response.json()["id"])

    def task(self, task: str) -> dict[str, Any]:
        response = self.get(f"{PATH}/{task}")
        assert response.status_code == 200, response.text
        return dict(response.json())

    def is_in(self, task: str, *statuses: str) -> dict[str, Any]:
        return dict(eventually(lambda: seen if (seen := self.task(task))["status"] in statuses else None))

    def listed(self, query: str = "") -> dict[str, Any]:
        response = self.get(f"{PATH}?{query}" if query else PATH)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def no(self, code: str, response: httpx.Response) -> dict[str, Any]:
        """Asserts the documented shape of this refusal."""
        error = response.json().get("error", {})
        expected = ERRORS.get(code) or ERRORS[code.split(".")[0]]
        assert (response.status_code, error.get("code")) == (expected[0], code), response.text
        assert set(error) == {"code", "message", "param", "type"} and error["type"] == expected[1]
        return dict(error)


def order(text: str = "a boat on the sea", files: list[dict[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
    content: list[Any] = [{"type": "text", "text": text}] if text else []
    small = {"duration": 4, "resolution": "480p", "ratio": "16:9"}
    return {"model": "T0101007", "content": [*content, *(files or [])], **small, **fields}


def picture(role: str | None = "reference_image", size: tuple[int, int] = (640, 480), url: str = "") -> dict[str, Any]:
    given = {"type": "image_url", "image_url": {"url": url or data_url(Image.new("RGB", size, "teal"))}}
    return given if role is None else given | {"role": role}


def clip(url: str = LINK, role: str | None = "reference_video") -> dict[str, Any]:
    given = {"type": "video_url", "video_url": {"url": url}}
    return given if role is None else given | {"role": role}


def tone(url: str = "", role: str | None = "reference_audio", seconds: float = 2.0) -> dict[str, Any]:
    data = "data:audio/wav;base64," + base64.b64encode(sound("wav", seconds, rate=16000)).decode()
    given = {"type": "audio_url", "audio_url": {"url": url or data}}
    return given if role is None else given | {"role": role}

"""A customer of the emulated model pool, for tests."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx

from providers.sandbox.probing import Probe, probe
from tests.providers.sandbox.conftest import eventually

SYNTHESIS = "/model/openai/api/v3/video-generation/video-synthesis"
TASKS = "/model/openai/api/v3/tasks"
JOB = "/model/orgin/job"
PAYLOADS = Path(__file__).parent / "payloads"


def sample(name: str, part: str) -> Any:
    """A sample of the documents: the order, what the taken order is answered, what the finished task is."""
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))[part]


def shape(value: Any) -> Any:
    """The names in it, without what they hold."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return None


class Pool:
    def __init__(self, base: str, key: str = "somebody") -> None:
        self.base = base
        self.http = httpx.Client(base_url=base, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=60)

    def post(self, path: str, body: Any, action: str = "", **headers: str) -> httpx.Response:
        headers = {"x-timestamp": str(int(time.time())), "content-type": "application/json"} | headers
        if action:
            headers["x-tc-action"] = action
        return self.http.post(path, content=json.dumps(body).encode(), headers=headers)

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path, headers={"x-timestamp": str(int(time.time()))})

    # DashScope

    def horse(self, body: dict[str, Any]) -> str:
        response = self.post(SYNTHESIS, body)
        assert response.status_code == 200, response.text
        return str(response.json()["output"]["task_id"])

    def look(self, task: str) -> dict[str, Any]:
        response = self.get(f"{TASKS}/{task}")
        assert response.status_code == 200, response.text
        return dict(response.json())

    def run(self, task: str) -> dict[str, Any]:
        """The reply once the task is over."""
        return eventually(
            lambda: said if (said := self.look(task))["output"]["task_status"] not in ("PENDING", "RUNNING") else None
        )

    # Tencent VOD

    def ordered(self, action: str, body: dict[str, Any]) -> str:
        response = self.post(JOB, body, action)
        assert response.status_code == 200 and "TaskId" in response.json()["Response"], response.text
        return str(response.json()["Response"]["TaskId"])

    def query(self, task: str) -> dict[str, Any]:
        response = self.post(JOB, {"TaskId": task})
        assert response.status_code == 200, response.text
        return dict(response.json()["Response"])

    def finished(self, task: str) -> dict[str, Any]:
        return eventually(
            lambda: said if (said := self.query(task)).get("Status") not in ("WAITING", "PROCESSING") else None
        )

    def refused(self, code: str, body: Any, action: str = "", **headers: str) -> str:
        """Asserts the documented shape of this code; its message."""
        response = self.post(JOB, body, action, **headers)
        error = response.json()["Response"].get("Error", {})
        assert (response.status_code, error.get("Code")) == (200, code), response.text
        assert set(response.json()["Response"]) == {"Error", "RequestId"} and set(error) == {"Code", "Message"}
        return str(error["Message"])

    # files

    def file(self, url: str, kind: str) -> bytes:
        response = self.http.get(url)
        assert (response.status_code, response.headers["content-type"]) == (200, kind), response.text[:200]
        return response.content

    def probed(self, url: str, kind: str, folder: Path) -> Probe:
        path = folder / "fetched"
        path.write_bytes(self.file(url, kind))
        return probe(path)

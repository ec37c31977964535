"""A sandbox in a thread with a painter that costs nothing, a client for it, and a neighbour on the web."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from PIL import Image

from providers.sandbox.painter import FlatPainter
from providers.sandbox.server import running
from providers.sandbox.settings import Settings
from providers.sandbox.youchuan_wire import ERRORS
from tests.providers.sandbox.pictures import encoded

PATIENCE = 30


def eventually(look: Callable[[], Any]) -> Any:
    """The first answer that isn't None or False."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (seen := look()) not in (None, False):
            return seen
        time.sleep(0.004)
    raise AssertionError("it never came")


class Client:
    """Speaks as a customer of the service would."""

    def __init__(self, base: str, app: str = "alice", secret: str = "s3cret") -> None:
        self.base = base
        self.http = httpx.Client(
            base_url=base,
            headers={"x-youchuan-app": app, "x-youchuan-secret": secret},
            timeout=PATIENCE,
            trust_env=False,
        )

    def post(self, endpoint: str, **body: Any) -> httpx.Response:
        return self.http.post(f"/v1/tob/{endpoint}", json=body)

    def get(self, endpoint: str) -> httpx.Response:
        return self.http.get(f"/v1/tob/{endpoint}")

    def order(self, endpoint: str, **body: Any) -> dict[str, Any]:
        response = self.post(endpoint, **body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def imagine(self, text: str, **body: Any) -> dict[str, Any]:
        return self.order("diffusion", text=text, **body)

    def job(self, job_id: str) -> dict[str, Any]:
        response = self.get(f"job/{job_id}")
        assert response.status_code == 200, response.text
        return dict(response.json())

    def ended(self, order: dict[str, Any] | str) -> dict[str, Any]:
        """The job once it is no longer running."""
        job_id = order if isinstance(order, str) else order["id"]
        return eventually(lambda: job if (job := self.job(job_id))["status"] != 1 else None)

    def done(self, endpoint: str, **body: Any) -> dict[str, Any]:
        job = self.ended(self.order(endpoint, **body))
        assert job["status"] == 2, job
        return job

    def picture(self, job: dict[str, Any], number: int = 0) -> Image.Image:
        response = self.http.get(job["urls"][number])
        assert response.status_code == 200
        assert response.headers["content-type"] == "image/png"
        assert int(response.headers["content-length"]) == len(response.content)
        return Image.open(BytesIO(response.content)).convert("RGB")

    def film(self, job: dict[str, Any], number: int = 0) -> list[Image.Image]:
        """The frames of a video."""
        response = self.http.get(job["urls"][number])
        assert response.status_code == 200
        assert response.headers["content-type"] == "video/mp4"
        with av.open(BytesIO(response.content)) as opened:
            return [frame.to_image() for frame in opened.decode(video=0)]

    def pixels(self, job: dict[str, Any]) -> list[bytes]:
        return [self.picture(job, n).tobytes() for n in range(len(job["urls"]))]

    def fault(self, path: str, do: dict[str, Any], **more: Any) -> None:
        response = self.http.post("/_sandbox/faults", json=[{"path": path, "do": do, **more}])
        assert response.status_code == 200, response.text

    def refused(self, response: httpx.Response, reason: str) -> None:
        """Asserts the documented shape of exactly this row of the error table."""
        code, message = ERRORS[reason]
        body = response.json()
        assert (response.status_code, body.get("reason")) == (code, reason), response.text
        assert set(body) == {"code", "message", "reason"}
        assert body["code"] == code and body["message"].startswith(message)

    def stats(self) -> dict[str, Any]:
        return dict(self.http.get("/_sandbox/stats").json())


class Neighbour:
    """Some other site: serves what it was given and keeps what is posted to it."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, bytes]] = {}
        self.posted: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.answers: list[int] = []
        neighbour = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = neighbour.pages.get(self.path, (404, b"nothing here"))
                self._answer(status, body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                neighbour.posted.put((self.path, body))
                self._answer(neighbour.answers.pop(0) if neighbour.answers else 200, b"")

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def picture(self, path: str, colour: tuple[int, int, int], size: tuple[int, int] = (64, 64)) -> str:
        """A link to a picture of one colour."""
        return self.show(path, Image.new("RGB", size, colour))

    def show(self, path: str, picture: Image.Image, kind: str = "PNG") -> str:
        """A link to this picture."""
        self.pages[path] = (200, encoded(picture, kind))
        return self.base + path


def quick(**changes: Any) -> Settings:
    settings: dict[str, Any] = {
        "latency": 0,
        "painter": FlatPainter(),
        "workers": 0,
        "callback_pause": 0,
        "download_timeout": 5,
        "download_limit": 1_000_000,
    }
    return Settings(**{**settings, **changes})


@pytest.fixture(scope="session")
def _shared_sandbox() -> Iterator[str]:
    with running(quick()) as base:
        yield base


@pytest.fixture
def client(_shared_sandbox: str) -> Client:
    """A customer of a sandbox that remembers nothing."""
    client = Client(_shared_sandbox)
    assert client.http.post("/_sandbox/reset").status_code == 200
    return client


@pytest.fixture
def neighbour() -> Iterator[Neighbour]:
    neighbour = Neighbour()
    yield neighbour
    neighbour.server.shutdown()
    neighbour.server.server_close()


@pytest.fixture
def sandbox(tmp_path: Path) -> Callable[..., Any]:
    """Starts another sandbox: ``with sandbox(max_concurrent=1) as client``."""
    from contextlib import contextmanager

    @contextmanager
    def start(**changes: Any) -> Iterator[Client]:
        with running(quick(**changes)) as base:
            yield Client(base)

    return start

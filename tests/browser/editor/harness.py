"""The editor's page alone: its template with made-up data, canned answers, and a picture with plain areas in it.

`python -m tests.browser.editor.harness 8123` serves it to be tried by hand."""

from __future__ import annotations

import io
import json
import mimetypes
import os
import queue
import sys
import threading
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image, ImageDraw

SOURCE = "output:12"
KEEP_ALIVE = 0.5


@cache
def picture(width: int, height: int, hue: int = 0) -> bytes:
    """A plain ground with a disc in the middle and noise nowhere: what is selected in it is known."""
    image = Image.new("RGB", (width, height), (40 + hue, 70, 110))
    draw = ImageDraw.Draw(image)
    for row in range(0, height, 8):
        shade = row * 30 // height
        draw.rectangle((0, row, width, row + 7), fill=(40 + hue + shade, 70 + shade // 2, 110))
    radius = min(width, height) // 4
    x, y = width // 2, height // 2
    draw.ellipse((x - radius, y - radius, x + radius - 1, y + radius - 1), fill=(236, 190, 80))
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


@dataclass
class Submitted:
    fields: dict[str, str]
    mask: bytes | None

    @property
    def image(self) -> Image.Image:
        assert self.mask is not None, "no mask was sent"
        image = Image.open(io.BytesIO(self.mask))
        assert (image.format, image.mode) == ("PNG", "L")
        return image


def offer(slug: str, label: str, price: int = 6, **changed: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "slug": slug,
        "label": label,
        "model": "youchuan:v7",
        "model_title": "Youchuan v7",
        "price": price,
        "takes_mask": slug in ("inpaint", "edit", "upload-paint"),
        "needs_mask": slug == "inpaint",
        "takes_canvas": slug in ("edit", "upload-paint"),
        "takes_prompt": slug != "outpaint",
        "needs_prompt": slug in ("edit", "upload-paint"),
        "max_prompt": 8192,
        "fields": {},
        "limits": {},
    }
    return plain | changed


def offers() -> list[dict[str, Any]]:
    return [
        offer("inpaint", "Inpaint"),
        offer("edit", "Edit", 8, limits={"canvas_min": 256, "canvas_max": 4096}),
        offer("outpaint", "Outpaint", 5, fields={"scale": {"min": 1.1, "max": 2.0}}),
        offer(
            "pan", "Pan", 4, fields={"scale": {"min": 1.1, "max": 3.0}, "direction": ["left", "right", "up", "down"]}
        ),
        offer("inpaint", "Inpaint", 7, model="youchuan:v6", model_title="Youchuan v6"),
    ]


@dataclass
class Harness:
    width: int = 640
    height: int = 480
    url: str = ""
    submitted: list[Submitted] = field(default_factory=list)
    #: what the next requests are answered with, (status, JSON); 201 once it is empty
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    events: queue.Queue[tuple[str, dict[str, Any]]] = field(default_factory=queue.Queue)
    streams: bool = True
    asked: int = 0

    def image(self, ref: str, width: int, height: int, hue: int = 0, **more: Any) -> dict[str, Any]:
        url = f"/picture/{width}x{height}/{hue}.png"
        alt = "A disc on a plain ground"
        return {
            "ref": ref,
            "url": url,
            "thumb": url,
            "width": width,
            "height": height,
            "prompt": alt,
            "alt": alt,
        } | more

    def version(self, job: int, state: str = "succeeded", outputs: int = 1, **changed: Any) -> dict[str, Any]:
        made = [
            self.image(f"output:{job}{index}", self.width, self.height, 60 + 40 * index)
            | {"index": index, "lightbox_url": f"/lightbox/{job}{index}"}
            for index in range(outputs)
        ]
        plain = {
            "job": job,
            "state": state,
            "live": state in ("queued", "running"),
            "label": "Inpaint",
            "prompt": "a small boat",
            "progress": None,
            "usual_seconds": 40,
            "started_at": None,
            "problem": "",
            "cost": 6,
            "mask_url": "",
            "placement": None,
            "outputs": made if state == "succeeded" else [],
            "rejected": 0,
            "base_ref": SOURCE,
        }
        return plain | changed

    def offers(self) -> dict[str, Any]:
        made = [output["ref"] for version in self.versions for output in version["outputs"]]
        return {ref: offers() for ref in (SOURCE, *made)}

    def state(self) -> dict[str, Any]:
        return {"versions": self.versions, "offers": self.offers()}

    def data(self) -> dict[str, Any]:
        base = self.image(SOURCE, self.width, self.height)
        urls = {"submit": "/submit", "versions": "/versions", "events": "/events"}
        return {"base": base, "source": base, "urls": urls, "since": 0, "user": 1, **self.state()}

    def page(self) -> tuple[str, str]:
        """The page and its content security policy."""
        from django.contrib.auth.models import AnonymousUser
        from django.http import HttpResponse
        from django.template.loader import render_to_string
        from django.test import RequestFactory

        from studio.lib.security_headers import SecurityHeadersMiddleware

        request = RequestFactory().get("/")
        request.user = AnonymousUser()

        def view(request: Any) -> HttpResponse:
            context = {"title": "Sea at dusk", "back_url": "/back", "source": None, "data": self.data()}
            return HttpResponse(render_to_string("editor/page.html", context, request=request))

        response = SecurityHeadersMiddleware(view)(request)
        return response.content.decode(), response.headers["Content-Security-Policy"]

    # ---- the server ----

    def start(self, port: int = 0) -> None:
        self.server = _Server(("127.0.0.1", port), type("Bound", (_Handler,), {"harness": self}))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.streams = False
        self.server.shutdown()
        self.server.server_close()

    def reset(self) -> None:
        self.width, self.height = 640, 480
        self.submitted, self.answers, self.versions = [], [], []
        self.events = queue.Queue()
        self.streams, self.asked = True, 0


class _Server(ThreadingHTTPServer):
    # a page asks for all its scripts at once
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    harness: Harness

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/":
            body, policy = self.harness.page()
            self.answer(200, "text/html; charset=utf-8", body.encode(), {"Content-Security-Policy": policy})
        elif path.startswith("/static/"):
            self.static(path.removeprefix("/static/"))
        elif path.startswith("/picture/"):
            _, _, size, name = path.split("/")
            width, height = map(int, size.split("x"))
            self.answer(200, "image/png", picture(width, height, int(name.removesuffix(".png"))))
        elif path == "/versions":
            self.harness.asked += 1
            self.json(200, self.harness.state())
        elif path == "/events":
            self.stream()
        else:
            self.answer(404, "text/plain", b"")

    def do_POST(self) -> None:
        from django.core.files.uploadhandler import MemoryFileUploadHandler
        from django.http.multipartparser import MultiPartParser

        length = int(self.headers["Content-Length"])
        meta = {"CONTENT_TYPE": self.headers["Content-Type"], "CONTENT_LENGTH": length}
        handler = MemoryFileUploadHandler()
        handler.handle_raw_input(None, meta, length, b"")
        handler.activated = True
        fields, files = MultiPartParser(meta, io.BytesIO(self.rfile.read(length)), [handler]).parse()
        mask = files["mask"].read() if "mask" in files else None
        self.harness.submitted.append(Submitted(fields.dict(), mask))
        default = (201, {"job": 31, "credits": 994, **self.harness.state()})
        status, body = self.harness.answers.pop(0) if self.harness.answers else default
        self.json(status, body)

    def stream(self) -> None:
        if not self.harness.streams:
            self.answer(503, "text/plain", b"")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        # of this test: a page that has gone must not take the next one's
        events = self.harness.events
        try:
            while self.harness.streams and self.harness.events is events:
                try:
                    name, body = events.get(timeout=KEEP_ALIVE)
                    line = f"event: {name}\nid: 1\ndata: {json.dumps(body)}\n\n"
                except queue.Empty:
                    line = ": still here\n\n"
                self.wfile.write(line.encode())
                self.wfile.flush()
        except OSError:
            pass

    def static(self, name: str) -> None:
        from django.contrib.staticfiles import finders

        found = finders.find(name)
        if found is None:
            self.answer(404, "text/plain", b"")
            return
        kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0] or "text/plain"
        self.answer(200, kind, Path(str(found)).read_bytes())

    def json(self, status: int, body: dict[str, Any]) -> None:
        self.answer(status, "application/json", json.dumps(body).encode())

    def answer(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass

    def log_message(self, *parts: Any) -> None:
        pass


def serve(port: int, size: str = "1280x720") -> Harness:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    harness = Harness(*map(int, size.split("x")))
    harness.start(port)
    return harness


if __name__ == "__main__":
    made = serve(int(sys.argv[1]), *sys.argv[2:])
    made.versions = [made.version(31, outputs=2), made.version(32, "running", progress=0.64)]
    print(made.url, flush=True)
    threading.Event().wait()

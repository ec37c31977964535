"""A web server in a thread for tests of the network code: each path has a function that answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext

Answer = Callable[[BaseHTTPRequestHandler], None]


class Web:
    def __init__(self, context: SSLContext | None = None) -> None:
        self.pages: dict[str, Answer] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                web.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                self.close_connection = True
                try:
                    web.pages[self.path](self)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the client hung up, as it should on too much

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *args: object) -> None: ...

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *args: object) -> None: ...

        self.server = Server(("127.0.0.1", 0), Handler)
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        self.origin = f"http://127.0.0.1:{self.port}"

    def page(self, path: str, body: bytes = b"hello", status: int = 200, **headers: str) -> str:
        """Serves `body` with a true Content-Length unless one is given."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            for name, value in {"content-length": str(len(body)), "connection": "close", **named}.items():
                if value:
                    handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        self.pages[path] = answer
        return self.origin + path

    def custom(self, path: str, answer: Answer) -> str:
        self.pages[path] = answer
        return self.origin + path


@contextmanager
def serving(context: SSLContext | None = None) -> Iterator[Web]:
    web = Web(context)
    thread = threading.Thread(target=web.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.server.shutdown()
        web.server.server_close()

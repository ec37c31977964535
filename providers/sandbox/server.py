"""The app behind a real socket, in this process or in a thread of a test."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from .app import make_app
from .connections import SandboxProtocol
from .settings import Settings


def make_server(settings: Settings, *, host: str = "127.0.0.1", port: int = 0) -> uvicorn.Server:
    """Port 0 takes any free port; `address` tells which once it is started."""
    config = uvicorn.Config(
        make_app(settings),
        host=host,
        port=port,
        http=SandboxProtocol,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # faults find a connection by its real address
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def address(server: uvicorn.Server) -> str:
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def running(settings: Settings | None = None, *, port: int = 0) -> Iterator[str]:
    """A sandbox in a thread, for tests; yields its address."""
    server = make_server(settings or Settings(latency=0), port=port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the sandbox did not start")
        time.sleep(0.005)
    try:
        yield address(server)
    finally:
        server.should_exit = True
        thread.join(30)

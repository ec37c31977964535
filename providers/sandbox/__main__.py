"""``python -m providers.sandbox --port N``."""

from __future__ import annotations

import argparse
import asyncio
import logging
from pathlib import Path

from .painter import FlatPainter, RealPainter
from .server import address, make_server
from .settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m providers.sandbox",
        description="Emulates the generation services on this machine and draws real pictures. Not a model.",
    )
    parser.add_argument("--port", type=int, required=True, help="0 takes any free port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--latency", type=float, default=4.0, metavar="S", help="least seconds a job takes (default 4)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep jobs and pictures here (default: thrown away)")
    parser.add_argument("--workers", type=int, metavar="N", help="painting processes (default: one a CPU)")
    parser.add_argument("--flat", action="store_true", help="flat colours instead of pictures, for load tests")
    parser.add_argument(
        "--allow-callback", action="append", default=[], metavar="HOST", help="post callbacks to this host as well"
    )
    arguments = parser.parse_args()
    if arguments.latency < 0:
        parser.error("--latency can't be negative")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = Settings(
        latency=arguments.latency,
        data=arguments.data,
        painter=FlatPainter() if arguments.flat else RealPainter(),
        callback_hosts=frozenset(arguments.allow_callback),
        **({} if arguments.workers is None else {"workers": max(0, arguments.workers)}),
    )
    try:
        asyncio.run(_serve(settings, arguments.host, arguments.port))
    except KeyboardInterrupt:
        pass


async def _serve(settings: Settings, host: str, port: int) -> None:
    server = make_server(settings, host=host, port=port)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        print(f"Atelier sandbox at {address(server)} — an emulator, not a model. Ctrl-C ends it.", flush=True)
    await serving


if __name__ == "__main__":
    main()

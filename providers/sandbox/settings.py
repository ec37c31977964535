"""What a sandbox is started with."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from .painter import Painter, RealPainter


@dataclass(frozen=True)
class Settings:
    """``latency`` is the least number of seconds from submit to finish; above 0 up to ``jitter`` of it is added.

    ``data`` None means a folder that is removed at the end. ``workers`` is the number of painting processes; 0 paints
    in threads of this process, which suits tests with a painter that costs nothing.
    """

    latency: float = 4.0
    jitter: float = 0.5
    data: Path | None = None
    painter: Painter = field(default_factory=RealPainter)
    workers: int = field(default_factory=lambda: max(1, os.cpu_count() or 1))
    max_concurrent: int = 960
    balance: int = 10_000_000
    """Fen (1/100 CNY) that every account starts with."""
    callback_hosts: frozenset[str] = frozenset()
    """Hosts beside loopback that callbacks may be posted to."""
    callback_timeout: float = 5.0
    callback_pause: float = 0.5
    download_timeout: float = 10.0
    download_limit: int = 20 * 1024 * 1024
    keep_days: float = 30.0

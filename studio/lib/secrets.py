"""Secrets that an install makes for itself."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def load_or_make_secret(path: Path, make: object = None) -> str:
    """The secret in `path`, made on first use and readable by its owner only.

    Two processes that start together agree: the file is created exclusively and the loser reads it.
    """
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    value = make() if callable(make) else secrets.token_urlsafe(50)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return path.read_text().strip()

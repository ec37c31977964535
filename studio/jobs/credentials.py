"""Keys of service accounts, encrypted at rest with a key of their own (not SECRET_KEY)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from studio.lib.secrets import load_or_make_secret


class UnreadableCredentials(Exception):
    """The stored credentials were encrypted with a key that this install no longer has."""


@lru_cache(maxsize=1)
def _cipher() -> MultiFernet:
    keys = settings.CREDENTIAL_KEYS or [
        load_or_make_secret(settings.DATA_DIR / "credential-key", lambda: Fernet.generate_key().decode())
    ]
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(credentials: Mapping[str, str]) -> str:
    return _cipher().encrypt(json.dumps(dict(credentials)).encode()).decode()


def decrypt(token: str) -> dict[str, str]:
    """Raises UnreadableCredentials."""
    try:
        value: dict[str, str] = json.loads(_cipher().decrypt(token.encode()))
    except InvalidToken as exc:
        raise UnreadableCredentials from exc
    return value

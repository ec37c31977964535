"""What the services speak: providers, models, operations, and the transport that runs them.

Needs httpx and pydantic alone. The public names below are loaded when they are first asked for, so
that importing this package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .base import (
        Idempotency,
        Kind,
        Media,
        Model,
        Needs,
        Operation,
        Order,
        Provider,
        RawCallback,
        ReadPrompt,
        Rejected,
        RemoteFile,
        Result,
        Snapshot,
        State,
    )
    from .bills import AccountInfo
    from .clients import ClientPool, make_async_client, make_client
    from .errors import ProviderError
    from .fetching import Fetched, FetchPolicy, FetchProblem, afetch, fetch
    from .params import Params, read_fields
    from .registry import PROVIDERS, all_models, get_model, get_provider
    from .transport import arun, redact, run

__all__ = [
    "PROVIDERS",
    "AccountInfo",
    "ClientPool",
    "FetchPolicy",
    "FetchProblem",
    "Fetched",
    "Idempotency",
    "Kind",
    "Media",
    "Model",
    "Needs",
    "Operation",
    "Order",
    "Params",
    "Provider",
    "ProviderError",
    "RawCallback",
    "ReadPrompt",
    "Rejected",
    "RemoteFile",
    "Result",
    "Snapshot",
    "State",
    "afetch",
    "all_models",
    "arun",
    "fetch",
    "get_model",
    "get_provider",
    "make_async_client",
    "make_client",
    "read_fields",
    "redact",
    "run",
]

_HOMES = ("base", "bills", "errors", "params", "registry", "clients", "transport", "fetching")


def __getattr__(name: str) -> Any:
    if name in __all__:
        for home in _HOMES:
            module = importlib.import_module(f"{__name__}.{home}")
            if hasattr(module, name):
                value = getattr(module, name)
                globals()[name] = value
                return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The QuickRouter integration, Tencent VOD's image models behind a gateway: `QuickRouter`."""

from .provider import QuickRouter

__all__ = ["QuickRouter"]

"""TalkingData's model pool: other makers' models behind one key."""

from .provider import TalkingData

__all__ = ["TalkingData"]

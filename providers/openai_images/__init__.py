"""Images through the interface that OpenAI made common: `OpenAIImages`."""

from .provider import OpenAIImages

__all__ = ["OpenAIImages"]

"""Every service and model there is. A new service is one more line here."""

from __future__ import annotations

from .aliyun import Aliyun
from .base import Model, Provider
from .errors import Unsupported
from .openai_images import OpenAIImages
from .quickrouter import QuickRouter
from .talkingdata import TalkingData
from .youchuan import Youchuan

#: In the order of the model picker; the first model of the first is the default.
PROVIDERS: tuple[type[Provider], ...] = (Youchuan, TalkingData, QuickRouter, OpenAIImages, Aliyun)


def get_provider(slug: str) -> type[Provider]:
    """Raises Unsupported when there is no such service."""
    for provider in PROVIDERS:
        if provider.slug == slug:
            return provider
    raise Unsupported(code="no_such_provider")


def get_model(provider_slug: str, model_slug: str) -> Model:
    """Raises Unsupported when there is no such service or model."""
    return get_provider(provider_slug).model(model_slug)


def all_models() -> tuple[tuple[type[Provider], Model], ...]:
    """Every model with its service, in the order of the model picker."""
    return tuple((provider, model) for provider in PROVIDERS for model in provider.models)

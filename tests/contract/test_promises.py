"""What every model promises beyond its parameters: what the services' documents say of sending twice, of how long
results are kept, of stopping and of calling back.

youchuan.md and FACTS §1 (thirty days, callbacks), §2 (SessionId, links of seven days), §3–§5 (links of 24 hours), §4 (a
queued task can be canceled, callbacks), §6. None: nothing is said, or nothing is kept.
"""

from __future__ import annotations

import pytest

from providers.base import Idempotency, Provider
from providers.errors import Unsupported
from providers.registry import PROVIDERS, get_provider

KEY, NONE = Idempotency.KEY, Idempotency.NONE
#: (against sending twice, hours that results are kept, whether a waiting job can be stopped, whether its end is told)
PROMISES: dict[str, dict[str, tuple[Idempotency, float | None, bool, bool]]] = {
    "youchuan": dict.fromkeys(("v7", "v8.1", "v6.1", "v6", "niji7", "niji6"), (NONE, 720, False, True)),
    "talkingdata": {
        "seedance-2-fast": (NONE, 24, True, True),
        "happyhorse-1": (NONE, 24, False, False),
        "gpt-image-2": (KEY, 168, False, False),
        "veo-3.1": (KEY, 168, False, False),
        "speech-2.8": (NONE, 24, False, False),
        "gpt-5.4": (NONE, None, False, False),
        "deepseek-3.2": (NONE, None, False, False),
    },
    "quickrouter": dict.fromkeys(("gem-3.0", "gem-2.5", "qwen-0925", "hunyuan-3.0"), (KEY, 168, False, False)),
    "aliyun": {"bg-rep": (NONE, None, False, False)},
    "openai-images": {"images": (NONE, None, False, False)},
}


@pytest.mark.parametrize("slug", PROMISES)
def test_promises(slug: str) -> None:
    found = {
        model.slug: (model.idempotency, model.keeps_hours, model.cancels, model.calls_back)
        for model in get_provider(slug).models
    }
    assert found == PROMISES[slug]


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)
def test_a_service_that_stops_nothing_says_so(provider: type[Provider]) -> None:
    if any(model.cancels for model in provider.models):
        return
    with pytest.raises(Unsupported):
        next(provider(provider.sandbox_credentials, base_url="http://127.0.0.1:1").cancel("1"))

"""docs/providers.md says what the declarations say."""

from __future__ import annotations

import pytest

from providers.base import Operation
from providers.params import MediaRule
from providers.registry import all_models
from scripts import providers_page

OPERATIONS = [
    pytest.param(model.title, operation, id=f"{provider.slug}-{model.slug}-{operation.slug}")
    for provider, model in all_models()
    for operation in model.operations
]


def test_the_page_is_what_the_registry_says() -> None:
    written = providers_page.PAGE.read_text(encoding="utf-8")
    assert written == providers_page.page(), "run: python -m scripts.providers_page"


@pytest.mark.parametrize(("model", "operation"), OPERATIONS)
def test_every_parameter_is_told_with_its_bounds(model: str, operation: Operation) -> None:
    for name, _label, _default, bounds, _help in providers_page.parameters(operation):
        assert bounds, f"{model} {operation.slug} {name} is told without bounds"


def test_a_file_is_told_with_every_bound() -> None:
    rule = MediaRule(
        kind="video",
        media_types=("video/mp4",),
        max_bytes=50 * 1024 * 1024,
        min_side=301,
        max_side=5999,
        min_pixels=409600,
        max_pixels=927408,
        min_ratio=0.4,
        max_ratio=2.5,
        min_seconds=2,
        max_seconds=15,
        max_total_seconds=15,
        min_rate=8,
        open_rate=True,
    )
    assert providers_page.file_bounds(rule) == (
        "mp4; ≤ 50 MB; 301–5999 px a side; 409600–927408 px in all; 0.4–2.5 wide : high; 2–15 s; ≤ 15 s together; "
        "> 8 frames a second"
    )

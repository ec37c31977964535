"""Where prompts speak of files by number, that is declared, and a number without a file is told at the prompt."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest

from providers.base import Operation
from providers.params import FieldSpec, MediaRule, plain_errors, read_fields
from providers.registry import all_models

SPOKEN = [
    pytest.param(operation, spec, id=f"{provider.slug}:{model.slug}:{operation.slug}:{spec.name}")
    for provider, model in all_models()
    for operation in model.operations
    for spec in read_fields(operation.params)
    if spec.media is not None and spec.media.spoken
]


def problem_of(operation: Operation, spec: FieldSpec, numbers: tuple[int, ...]) -> str:
    """What is told at the prompt that names these of two files."""
    assert spec.media is not None
    values: dict[str, Any] = {
        "prompt": " and ".join(spec.media.spoken.format(number=number) for number in numbers),
        spec.name: ("asset:1", "asset:2"),
    }
    try:
        operation.params.model_validate(values)
    except pydantic.ValidationError as error:
        return str(plain_errors(error, operation.params).get("prompt", "elsewhere"))
    return ""


@pytest.mark.parametrize(("operation", "spec"), SPOKEN)
def test_only_files_that_are_there_can_be_named(operation: Operation, spec: FieldSpec) -> None:
    assert problem_of(operation, spec, (2, 1)) == ""
    for number in (3, 0):
        assert problem_of(operation, spec, (1, number)) not in {"", "elsewhere"}


def test_the_declared_way_is_read_whatever_its_blanks_and_capitals() -> None:
    rule = MediaRule(spoken="[Image {number}]")
    assert rule.numbers_in("[Image 2] by [ image12 ] and 【IMAGE 6】") == [2, 12, 6]
    assert rule.numbers_in("Image 3, [Images 4], [Image five], [Image 6, 7]") == []
    assert MediaRule(spoken="[图{number}]").numbers_in("[图1]、【图 3】、地图3、[图片4]") == [1, 3]
    assert MediaRule().numbers_in("[Image 1]") == []

"""The documented limits of HappyHorse, GPT Image-2, Veo and the speech, as the forms and the validation have them.

talkingdata-modelpool.md, the tables of each request. One row a parameter: (least, most), options, characters or files.
"""

from __future__ import annotations

from typing import Any

import pytest

from providers.params import FieldSpec, read_fields
from providers.registry import get_model

from .test_limits import limit

SECONDS = {str(number) for number in range(3, 16)}
HORSE: dict[str, Any] = {"prompt": 5000, "resolution": {"720P", "1080P"}, "seed": (0, 2147483647)}
CHECK = {"Enabled", "Disabled"}
VOD: dict[str, Any] = {
    "persons": {"AllowAdult", "AllowAll"},
    "input_check": CHECK,
    "output_check": CHECK,
    "region": {"Mainland", "Oversea"},
    "storage": {"Temporary", "Permanent"},
    "priority": (-10, 10),
}
PICTURES: dict[str, Any] = {
    **VOD,
    "quality": {"image2_low", "image2_medium", "image2_high"},
    "resolution": {"1K", "2K", "4K"},
}
FILMS: dict[str, Any] = {**VOD, "resolution": {"720P", "1080P"}, "last_frame": 1}
RATIOS = {"1:1", "3:2", "2:3", "3:4", "4:3", "16:9", "9:16", "21:9", "9:21"}
LIMITS: dict[tuple[str, str], dict[str, Any]] = {
    ("happyhorse-1", "create"): {
        **HORSE,
        "duration": SECONDS,
        "ratio": {"16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4"},
        "references": 9,
    },
    ("happyhorse-1", "animate"): {**HORSE, "duration": SECONDS},
    ("happyhorse-1", "edit-video"): {**HORSE, "references": 5, "sound": {"auto", "origin"}},
    ("gpt-image-2", "create"): {**PICTURES, "ratio": RATIOS, "references": 3},
    # one of the three is the picture that is changed; the empty ratio is that of this picture
    ("gpt-image-2", "rework"): {**PICTURES, "ratio": {"", *RATIOS}, "references": 2},
    ("veo-3.1", "create"): {**FILMS, "ratio": {"16:9", "9:16"}, "first_frame": 1, "references": 3},
    ("veo-3.1", "animate"): {**FILMS, "ratio": {"", "16:9", "9:16"}},
    ("speech-2.8", "speak"): {
        "prompt": 2000,
        "pitch": (-12, 12),
        "recording": 1,
        "sample_rate": {"8000", "16000", "22050", "24000", "32000", "44100"},
        "gender": {"", "male", "female", "unknown"},
        "age": {"", "child", "teenager", "youth", "middle_aged", "senior", "unknown"},
        "output": {"data", "url"},
    },
}
#: without which nothing can be asked for
REQUIRED = {
    ("happyhorse-1", "create"): {"prompt"},
    ("happyhorse-1", "edit-video"): {"prompt"},
    ("gpt-image-2", "rework"): {"prompt"},
    ("speech-2.8", "speak"): {"prompt"},
}


def specs(model: str, operation: str) -> dict[str, FieldSpec]:
    return {spec.name: spec for spec in read_fields(get_model("talkingdata", model).operation(operation).params)}


@pytest.mark.parametrize("key", LIMITS, ids=":".join)
def test_limits(key: tuple[str, str]) -> None:
    found = specs(*key)
    assert {name: limit(found[name]) for name in LIMITS[key]} == LIMITS[key]
    assert {name for name, spec in found.items() if spec.required} == REQUIRED.get(key, set())


def test_all_their_operations_are_here() -> None:
    models = {model for model, _operation in LIMITS}
    known = {(model, operation.slug) for model in models for operation in get_model("talkingdata", model).operations}
    assert known == set(LIMITS)


def test_chinese_characters_count_twice_for_happyhorse() -> None:
    for operation in ("create", "animate", "edit-video"):
        assert specs("happyhorse-1", operation)["prompt"].wide_counts == 2


def test_the_speech_speaks_forty_languages() -> None:
    found = specs("speech-2.8", "speak")
    assert len(found["language"].options) == len(found["recording_language"].options) == 40

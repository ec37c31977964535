"""The documented limits of every operation's parameters, as the forms and the validation have them.

One row a parameter: (least, most, step or options or characters). What stands in no row has no documented limit.
"""

from __future__ import annotations

from typing import Any

import pytest

from providers.params import FieldSpec, Widget, read_fields
from providers.registry import get_model

TEXT = 8192
#: the same with " --niji 6", which the adapter puts behind the words
TEXT_WITH_MODEL = TEXT - len(" --niji 6")

#: youchuan.md, "请求参数" of each endpoint
YOUCHUAN: dict[str, dict[str, Any]] = {
    "vary-subtle": {"prompt": TEXT},
    "vary-strong": {"prompt": TEXT},
    "upscale": {"type": {"standard", "creative", "v5_2x", "v5_4x"}},
    "reroll": {},
    "pan": {"direction": {"down", "right", "up", "left"}, "scale": (1.1, 3.0), "prompt": TEXT},
    "outpaint": {"scale": (1.1, 2.0), "prompt": TEXT},
    "inpaint": {"mask": 1, "prompt": TEXT},
    "remix-strong": {"prompt": TEXT},
    "remix-subtle": {"prompt": TEXT},
    "edit": {"mask": 1, "prompt": TEXT},
    "upload-paint": {"mask": 1, "prompt": TEXT_WITH_MODEL},
    "retexture": {"prompt": TEXT_WITH_MODEL},
    "remove-background": {},
    "enhance": {},
    "animate-low": {"prompt": TEXT, "resolution": {"480p", "720p"}, "batch": {"1", "2", "4"}, "end_frame": 1},
    "animate-high": {"prompt": TEXT, "resolution": {"480p", "720p"}, "batch": {"1", "2", "4"}, "end_frame": 1},
    "extend-low": {"prompt": TEXT, "batch": {"1", "2", "4"}},
    "extend-high": {"prompt": TEXT, "batch": {"1", "2", "4"}},
    "video-upscale": {},
}
REQUIRED = {
    "inpaint": {"mask"},
    "remix-strong": {"prompt"},
    "remix-subtle": {"prompt"},
    "edit": {"prompt"},
    "upload-paint": {"prompt"},
    "retexture": {"prompt"},
}

#: what every version's prompt takes, and what only some take or take otherwise
PROMPT: dict[str, Any] = {
    "stylize": (0, 1000),
    "chaos": (0, 100),
    "seed": (0, 4294967295),
    "image_weight": (0, 3),
    "style_weight": (0, 1000),
    "image_prompts": 20,
    "style_references": 20,
}
OF_SIX: dict[str, Any] = {
    "prompt": TEXT,
    "weird": (0, 3000),
    "stop": (10, 100),
    "quality": {"0.5", "1", "2"},
    "style_version": {"", "1", "2", "3", "4"},
    "character_weight": (0, 100),
    "speed": {"fast", "turbo"},
}
PROMPTS: dict[str, dict[str, Any]] = {
    "v6": OF_SIX,
    "v6.1": OF_SIX,
    "niji6": OF_SIX,
    "v7": {
        "prompt": TEXT,
        "weird": (0, 3000),
        "exp": (0, 100),
        "quality": {"1", "2", "4"},
        "style_version": {"", "1", "2", "3", "4", "5", "6"},
        "omni_weight": (1, 1000),
        "omni_reference": 1,
        "speed": {"draft", "fast", "turbo"},
    },
    "niji7": {"prompt": TEXT, "image_weight": (0, 2)},
    "v8.1": {"prompt": 1024, "quality": {"1", "4"}, "omni_reference": 1, "exp": (0, 100)},
}


def limit(spec: FieldSpec) -> Any:
    if spec.minimum is not None:
        return (spec.minimum, spec.maximum)
    if spec.options:
        return {option.value for option in spec.options}
    return spec.max_length


def specs(model: str, operation: str) -> dict[str, FieldSpec]:
    return {spec.name: spec for spec in read_fields(get_model("youchuan", model).operation(operation).params)}


@pytest.mark.parametrize("operation", YOUCHUAN)
def test_limits_of_youchuan(operation: str) -> None:
    found = specs("v7", operation)
    assert {name: limit(found[name]) for name in YOUCHUAN[operation]} == YOUCHUAN[operation]
    assert {name for name, spec in found.items() if spec.required} == REQUIRED.get(operation, set())


def test_every_operation_of_youchuan_is_here() -> None:
    known = {item.slug for item in get_model("youchuan", "v7").operations}
    assert known == set(YOUCHUAN) | {"diffusion"}


@pytest.mark.parametrize("model", PROMPTS)
def test_limits_of_youchuans_prompts(model: str) -> None:
    found = specs(model, "diffusion")
    expected = {**PROMPT, **PROMPTS[model]}
    assert {name: limit(found[name]) for name in expected} == expected


@pytest.mark.parametrize("model", PROMPTS)
def test_moodboards_of_youchuan(model: str) -> None:
    field = specs(model, "diffusion")["boards"]
    assert (field.widget, field.flag, field.max_length) == (Widget.BOARDS, "--p", 5)


#: quickrouter-tencent-image.md, "Body 参数"; how many pictures: FACTS §2
CHECK = {"Enabled", "Disabled"}
RESOLUTIONS = {
    *("", "720P", "1080P", "2K", "4K", "1024x1024", "2048x2048", "2304x1728", "2496x1664", "2560x1440", "3024x1296"),
    *("4096x4096", "4694x3520", "4992x3328", "5404x3040", "6198x2656"),
}
QUICKROUTER: dict[str, Any] = {
    "resolution": RESOLUTIONS,
    "persons": {"", "AllowAdult", "Disallowed"},
    "input_check": CHECK,
    "output_check": CHECK,
    "storage": {"Permanent", "Temporary"},
    "priority": (-10, 10),
}
OF_GEM: dict[str, Any] = {
    "ratio": {"", "1:1", "3:2", "2:3", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"},
    "references": 3,
}
MODELS_OF_QUICKROUTER: dict[str, dict[str, Any]] = {
    "gem-2.5": OF_GEM,
    "gem-3.0": OF_GEM,
    "qwen-0925": {"references": 1},
    "hunyuan-3.0": {"references": 1},
}


@pytest.mark.parametrize("model", MODELS_OF_QUICKROUTER)
def test_limits_of_quickrouter(model: str) -> None:
    operation = get_model("quickrouter", model).operation("create")
    found = {spec.name: spec for spec in read_fields(operation.params)}
    expected = {**QUICKROUTER, **MODELS_OF_QUICKROUTER[model]}
    assert {name: limit(found[name]) for name in expected} == expected
    rule = found["references"].media
    assert rule is not None
    assert rule.max_bytes == 7 * 1024 * 1024
    assert set(rule.media_types) == {"image/jpeg", "image/png", "image/webp"}
    assert ("ratio" in found) == ("texts" in found) == model.startswith("gem")

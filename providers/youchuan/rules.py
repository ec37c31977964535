"""What may be asked of the service's own results, as data.

`FOLLOW_UPS` says it by the operation that made the result; the tables below it take out what depends on more.
A model that lacks an operation (see `versions.py`: v8.1 has no pan, zoom out, inpaint and enhance) leaves it out.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..base import Kind, Result
from .versions import VERSIONS, Version

_PICTURE = frozenset(
    {
        "enhance",
        "vary-subtle",
        "vary-strong",
        "upscale",
        "remix-subtle",
        "remix-strong",
        "pan",
        "outpaint",
        "inpaint",
        "edit",
        "reroll",
    }
)
EXTENSIONS = frozenset({"extend-low", "extend-high"})
_VIDEO = EXTENSIONS | {"video-upscale"}

#: What may be asked of the results of an operation.
FOLLOW_UPS: Mapping[str, frozenset[str]] = {
    "diffusion": _PICTURE,
    "vary-subtle": _PICTURE,
    "vary-strong": _PICTURE,
    "remix-subtle": _PICTURE,
    "remix-strong": _PICTURE,
    "pan": _PICTURE,
    "outpaint": _PICTURE,
    "inpaint": _PICTURE,
    "edit": _PICTURE,
    "enhance": _PICTURE,
    "upscale": _PICTURE - {"upscale", "reroll"},
    "retexture": frozenset({"upscale"}),
    "upload-paint": frozenset({"upscale"}),
    "remove-background": frozenset(),
    "animate-low": _VIDEO,
    "animate-high": _VIDEO,
    "extend-low": _VIDEO,
    "extend-high": _VIDEO,
    "video-upscale": frozenset(),
}

#: "Tasks with upload-paint or retexture in them can only be upscaled": upscaled, nothing is left.
ONLY_UPSCALED = frozenset({"retexture", "upload-paint"})

#: Only a draft can be enhanced, and only text to image makes drafts.
DRAFT = ("diffusion", "speed", "draft")

#: How often one video can be extended.
MOST_EXTENSIONS = 4

#: Where upscaling means the same prompt and seed once more: what prompt and seed alone say how to make.
HD_UPSCALED = frozenset({"diffusion", "vary-subtle", "vary-strong"})


def allowed(result: Result) -> frozenset[str]:
    """The operations' slugs, whether or not the result's model has them all."""
    maker = made_by(result)
    if maker is None:
        return frozenset()
    origin = made_by(maker.parent) if maker.operation == "upscale" and maker.parent is not None else None
    if origin is not None and origin.operation in ONLY_UPSCALED:
        return frozenset()
    found = set(FOLLOW_UPS.get(maker.operation, ()))
    operation, name, value = DRAFT
    if maker.operation != operation or maker.params.get(name) != value:
        found.discard("enhance")
    if extensions(result) >= MOST_EXTENSIONS:
        found -= EXTENSIONS
    version = version_of(result)
    if version is not None and version.upscales_by_hd and maker.operation not in HD_UPSCALED:
        found.discard("upscale")
    return frozenset(found)


def made_by(result: Result) -> Result | None:
    """What made it in the end: a reroll's results are like those of what it repeats."""
    return next((item for item in result.lineage() if item.operation != "reroll"), None)


def version_of(result: Result) -> Version | None:
    """The version of the nearest result of the lineage that names one of ours."""
    return next((VERSIONS[item.model] for item in result.lineage() if item.model in VERSIONS), None)


def extensions(result: Result) -> int:
    """How often the video was extended so far."""
    count = 0
    for item in result.lineage():
        if item.operation not in EXTENSIONS:
            break
        count += 1
    return count


def can_be_named(result: Result) -> bool:
    """Whether the service knows this picture and animates it by its job's id."""
    # what can be varied is a picture that the service works on further; of any other the file itself is sent
    known = version_of(result) is not None and "vary-subtle" in allowed(result)
    return known and result.kind is Kind.IMAGE and bool(result.remote_id)

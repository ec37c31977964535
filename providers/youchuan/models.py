"""The models of the service with their operations and prices.

The service counts ¥0.6 × task × speed; one credit stands for ¥0.15, so that ¥0.6 are 4 credits.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ..base import Model, Needs, Operation, PriceFactor
from ..words import gettext_noop as _
from .params import (
    DiffusionParams,
    HdUpscaleParams,
    PanParams,
    RerollParams,
    UpscaleParams,
    VaryStrongParams,
    VarySubtleParams,
    diffusion_params,
)
from .versions import VERSIONS, Version

_BASE = Decimal(4)
_VARIATION = _BASE * Decimal("1.5")

#: The price of an upscale is the base, so that its kind can be a factor like those of the task list.
#: The document prices standard and creative only; the v5 kinds are read as standard.
PRICE_FACTORS = (
    PriceFactor("speed", "draft", Decimal("0.5")),
    PriceFactor("speed", "turbo", Decimal(2)),
    PriceFactor("type", "standard", Decimal("1.5")),
    PriceFactor("type", "creative", Decimal(2)),
    PriceFactor("type", "v5_2x", Decimal("1.5")),
    PriceFactor("type", "v5_4x", Decimal("1.5")),
)

DIFFUSION_PARAMS: Mapping[str, type[DiffusionParams]] = {
    slug: diffusion_params(version) for slug, version in VERSIONS.items()
}

_VARY_SUBTLE = Operation(
    slug="vary-subtle",
    label=_("Vary subtle"),
    params=VarySubtleParams,
    price=_VARIATION,
    needs=Needs.OUTPUT,
    count=4,
    icon="vary",
    help=_("Four pictures close to this one."),
    preset={"type": "subtle"},
)
_VARY_STRONG = Operation(
    slug="vary-strong",
    label=_("Vary strong"),
    params=VaryStrongParams,
    price=_VARIATION,
    needs=Needs.OUTPUT,
    count=4,
    icon="varyx",
    help=_("Four pictures further away from this one."),
    preset={"type": "strong"},
)
_UPSCALE = Operation(
    slug="upscale",
    label=_("Upscale"),
    params=UpscaleParams,
    price=_BASE,
    needs=Needs.OUTPUT,
    count=1,
    icon="up",
    help=_("The same picture, larger."),
)
_HD_UPSCALE = Operation(
    slug="upscale",
    label=_("Upscale"),
    params=HdUpscaleParams,
    price=_BASE,
    needs=Needs.OUTPUT,
    count=4,
    icon="up",
    help=_("All four pictures of this prompt and seed again, larger."),
)
_REROLL = Operation(
    slug="reroll",
    label=_("Reroll"),
    params=RerollParams,
    price=_BASE,
    needs=Needs.OUTPUT,
    count=4,
    icon="retry",
    help=_("The same request once more."),
    repeats_source=True,
)
_PAN = Operation(
    slug="pan",
    label=_("Pan"),
    params=PanParams,
    price=_BASE,
    needs=Needs.OUTPUT,
    count=4,
    icon="pan",
    help=_("The picture goes on beyond one of its edges."),
)


def _operations(version: Version) -> tuple[Operation, ...]:
    create = Operation(
        slug="diffusion",
        label=_("Create"),
        params=DIFFUSION_PARAMS[version.slug],
        price=_BASE,
        count=4,
        icon="image",
        help=_("Four pictures from words."),
    )
    upscale = _HD_UPSCALE if version.upscales_by_hd else _UPSCALE
    pan = (_PAN,) if version.pan else ()
    return (create, _VARY_SUBTLE, _VARY_STRONG, upscale, *pan, _REROLL)


_SUMMARIES: Mapping[str, str] = {
    "v7": _("Photographs and paintings, with a draft mode."),
    "v8.1": _("The newest, for short prompts and fine detail."),
    "v6.1": _("Steady and quick, with character references."),
    "v6": _("The older look of v6."),
    "niji7": _("Anime and illustration."),
    "niji6": _("Anime and illustration, with character references."),
}

MODELS = tuple(
    Model(
        slug=version.slug,
        title=version.title,
        wire_id=version.flag,
        operations=_operations(version),
        summary=_SUMMARIES[version.slug],
    )
    for version in VERSIONS.values()
)

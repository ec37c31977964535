"""The models of the service with their operations and prices.

The service counts ¥0.6 × task × speed; one credit stands for ¥0.15, so that ¥0.6 are 4 credits.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ..base import Kind, Model, Needs, Operation, PriceFactor
from ..params import Params
from ..words import gettext_noop as _
from . import picture_params as pictures
from . import video_params as videos
from .params import DiffusionParams, diffusion_params
from .versions import VERSIONS, Version

#: what one credit stands for on the service's bill
CREDIT_WORTH = (Decimal(15), "fen")

_BASE = Decimal(4)
_WORKED = _BASE * Decimal("1.5")
_VIDEO = _BASE * 4
_VIDEO_SECONDS = 120.0
#: what a follow-up of a picture takes over from it
_KEPT = ("speed",)

#: The price of an upscale is the base, so that its kind can be a factor like those of the task list.
#: The document prices standard and creative only; the v5 kinds are read as standard.
PRICE_FACTORS = (
    PriceFactor("speed", "draft", Decimal("0.5")),
    PriceFactor("speed", "turbo", Decimal(2)),
    PriceFactor("type", "standard", Decimal("1.5")),
    PriceFactor("type", "creative", Decimal(2)),
    PriceFactor("type", "v5_2x", Decimal("1.5")),
    PriceFactor("type", "v5_4x", Decimal("1.5")),
    PriceFactor("resolution", "480p", Decimal(1)),
    PriceFactor("resolution", "720p", Decimal(3)),
    PriceFactor("batch", "4", Decimal(1)),
    PriceFactor("batch", "2", Decimal("0.5")),
    PriceFactor("batch", "1", Decimal("0.25")),
)

DIFFUSION_PARAMS: Mapping[str, type[DiffusionParams]] = {
    slug: diffusion_params(version) for slug, version in VERSIONS.items()
}


def _vary(slug: str, label: str, params: type[Params], kind: str, icon: str, help: str) -> Operation:
    """One of the pairs subtle and strong."""
    return Operation(
        slug=slug,
        label=label,
        params=params,
        price=_WORKED,
        needs=Needs.OUTPUT,
        count=4,
        icon=icon,
        help=help,
        preset={"type": kind},
        inherits=_KEPT,
    )


_ENHANCE = Operation(
    slug="enhance",
    label=_("Enhance"),
    params=pictures.EnhanceParams,
    price=_BASE,
    needs=Needs.OUTPUT,
    # not documented: read as one for one, like an upscale
    count=1,
    icon="star",
    help=_("This draft as a finished picture."),
    inherits=_KEPT,
)
_VARY = (
    _vary(
        "vary-subtle",
        _("Vary subtle"),
        pictures.VarySubtleParams,
        "subtle",
        "vary",
        _("Four pictures close to this one."),
    ),
    _vary(
        "vary-strong",
        _("Vary strong"),
        pictures.VaryStrongParams,
        "strong",
        "varyx",
        _("Four pictures further away from this one."),
    ),
)
_UPSCALE = Operation(
    slug="upscale",
    label=_("Upscale"),
    params=pictures.UpscaleParams,
    price=_BASE,
    needs=Needs.OUTPUT,
    count=1,
    icon="up",
    help=_("The same picture, larger."),
    inherits=_KEPT,
)
_HD_UPSCALE = Operation(
    slug="upscale",
    label=_("Upscale"),
    params=pictures.HdUpscaleParams,
    price=_BASE,
    needs=Needs.OUTPUT,
    count=4,
    icon="up",
    help=_("All four pictures of this prompt and seed again, larger."),
    inherits=_KEPT,
)
_REMIX = (
    _vary(
        "remix-subtle",
        _("Remix subtle"),
        pictures.RemixSubtleParams,
        "subtle",
        "shuf",
        _("New words, close to this picture."),
    ),
    _vary(
        "remix-strong",
        _("Remix strong"),
        pictures.RemixStrongParams,
        "strong",
        "shuf",
        _("New words, with only a trace of this picture."),
    ),
)
_PAN = Operation(
    slug="pan",
    label=_("Pan"),
    params=pictures.PanParams,
    price=_BASE,
    needs=Needs.OUTPUT,
    count=4,
    icon="pan",
    help=_("The picture goes on beyond one of its edges."),
    inherits=_KEPT,
)
_OUTPAINT = Operation(
    slug="outpaint",
    label=_("Zoom out"),
    params=pictures.OutpaintParams,
    price=_BASE,
    needs=Needs.OUTPUT,
    count=4,
    icon="out",
    help=_("The picture goes on beyond all its edges."),
    inherits=_KEPT,
)
_INPAINT = Operation(
    slug="inpaint",
    label=_("Inpaint"),
    params=pictures.InpaintParams,
    price=_WORKED,
    needs=Needs.OUTPUT,
    count=4,
    icon="brush",
    help=_("Paint over a part, and it is made anew."),
    inherits=_KEPT,
)
_EDIT = Operation(
    slug="edit",
    label=_("Edit"),
    params=pictures.EditParams,
    price=_WORKED,
    needs=Needs.OUTPUT,
    count=4,
    icon="layers",
    help=_("Move and scale the picture on a canvas; what is free is filled."),
    inherits=_KEPT,
)
_REROLL = Operation(
    slug="reroll",
    label=_("Reroll"),
    params=pictures.RerollParams,
    price=_BASE,
    needs=Needs.OUTPUT,
    count=4,
    icon="retry",
    help=_("The same request once more."),
    repeats_source=True,
)
_UPLOAD_PAINT = Operation(
    slug="upload-paint",
    label=_("Advanced edit"),
    params=pictures.UploadPaintParams,
    price=_WORKED,
    needs=Needs.IMAGE,
    count=4,
    icon="layers",
    help=_("Any picture on a canvas; what is free or painted over is filled. Results can only be upscaled."),
)
_RETEXTURE = Operation(
    slug="retexture",
    label=_("Retexture"),
    params=pictures.RetextureParams,
    price=_WORKED,
    needs=Needs.IMAGE,
    count=4,
    icon="gem",
    help=_("The same shapes in another material or style. Results can only be upscaled."),
)
_REMOVE_BACKGROUND = Operation(
    slug="remove-background",
    label=_("Remove background"),
    params=pictures.RemoveBackgroundParams,
    price=_BASE,
    needs=Needs.IMAGE,
    count=1,
    icon="cut",
    help=_("The subject alone, on nothing."),
)


def _video(slug: str, label: str, params: type[Params], motion: str, help: str, *, extends: bool) -> Operation:
    """One of the pairs of low and high motion."""
    return Operation(
        slug=slug,
        label=label,
        params=params,
        price=_VIDEO,
        needs=Needs.OUTPUT if extends else Needs.IMAGE,
        makes=Kind.VIDEO,
        count=int(videos.DEFAULT_BATCH),
        count_parameter="batch",
        usual_seconds=_VIDEO_SECONDS,
        icon="film",
        help=help,
        preset={"motion": motion},
        inherits=("resolution",) if extends else (),
    )


_VIDEOS = (
    _video(
        "animate-low",
        _("Animate · low motion"),
        videos.AnimateLowParams,
        "low",
        _("A video of five seconds in which the scene moves and the camera rests."),
        extends=False,
    ),
    _video(
        "animate-high",
        _("Animate · high motion"),
        videos.AnimateHighParams,
        "high",
        _("A video of five seconds in which scene and camera move."),
        extends=False,
    ),
    _video(
        "extend-low",
        _("Extend · low motion"),
        videos.ExtendLowParams,
        "low",
        _("Four more seconds in which the scene moves and the camera rests."),
        extends=True,
    ),
    _video(
        "extend-high",
        _("Extend · high motion"),
        videos.ExtendHighParams,
        "high",
        _("Four more seconds in which scene and camera move."),
        extends=True,
    ),
    Operation(
        slug="video-upscale",
        label=_("Upscale to 1080p"),
        params=videos.VideoUpscaleParams,
        price=_VIDEO,
        needs=Needs.OUTPUT,
        makes=Kind.VIDEO,
        count=1,
        usual_seconds=_VIDEO_SECONDS,
        icon="up",
        help=_("The same video, larger."),
    ),
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
    return (
        create,
        *([_ENHANCE] if version.enhance else []),
        *_VARY,
        _HD_UPSCALE if version.upscales_by_hd else _UPSCALE,
        *_REMIX,
        *([_PAN] if version.pan else []),
        *([_OUTPAINT] if version.outpaint else []),
        *([_INPAINT] if version.inpaint else []),
        _EDIT,
        _REROLL,
        _UPLOAD_PAINT,
        *([_RETEXTURE] if version.retexture else []),
        _REMOVE_BACKGROUND,
        *_VIDEOS,
    )


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
        keeps_hours=30 * 24,
        calls_back=True,
    )
    for version in VERSIONS.values()
)

"""Whether files fit a service's bounds, and the sentence for each bound that one crosses."""

from __future__ import annotations

from collections.abc import Sequence

from providers.base import Needs, Operation
from providers.params import FileFacts, MediaRule
from providers.words import Message
from providers.words import gettext_noop as _
from studio.media.models import Asset

_WRONG_KIND = {
    "image": _("“%(name)s” is no picture. Only pictures can be used here."),
    "video": _("“%(name)s” is no video. Only videos can be used here."),
    "audio": _("“%(name)s” is no sound file. Only sound files can be used here."),
}
_TOO_LONG_TOGETHER = {
    "video": _("These videos are %(found)s seconds long together; this service takes up to %(limit)s seconds."),
    "audio": _("These sounds are %(found)s seconds long together; this service takes up to %(limit)s seconds."),
}
_FORMAT = _("“%(name)s” has a format this service does not take; it takes %(kinds)s.")
_FORMAT_NAMES = {
    "image/webp": "WebP",
    "video/quicktime": "MOV",
    "video/webm": "WebM",
    "audio/mpeg": "MP3",
    "audio/mp3": "MP3",
    "audio/x-wav": "WAV",
    "audio/mp4": "M4A",
}
_SENTENCES = {
    "max_bytes": _("“%(name)s” is too large for this service: it takes up to %(limit)s MB."),
    "min_side": _("“%(name)s” is too small: no side may be under %(limit)s pixels."),
    "max_side": _("“%(name)s” is too big: no side may be over %(limit)s pixels."),
    "min_pixels": _(
        "“%(name)s” is too small with %(width)s × %(height)s pixels: the two multiplied must be at least %(limit)s."
    ),
    "max_pixels": _(
        "“%(name)s” is too big with %(width)s × %(height)s pixels: the two multiplied must be at most %(limit)s."
    ),
    "min_seconds": _("“%(name)s” is too short with %(found)s seconds: it must have at least %(limit)s."),
    "max_seconds": _("“%(name)s” is too long with %(found)s seconds: it may have at most %(limit)s."),
}
_RATIO = {
    ("both", False): _("“%(name)s” has the wrong shape: width to height must be between %(low)s and %(high)s."),
    ("both", True): _(
        "“%(name)s” has the wrong shape: width to height must be more than %(low)s and less than %(high)s."
    ),
    ("low", False): _("“%(name)s” is too narrow: width to height must be at least %(low)s."),
    ("low", True): _("“%(name)s” is too narrow: width to height must be more than %(low)s."),
    ("high", False): _("“%(name)s” is too wide: width to height must be at most %(high)s."),
    ("high", True): _("“%(name)s” is too wide: width to height must be less than %(high)s."),
}
_RATE = {
    ("both", False): _("“%(name)s” has %(found)s frames a second: it must have between %(low)s and %(high)s."),
    ("both", True): _("“%(name)s” has %(found)s frames a second: it must have more than %(low)s and under %(high)s."),
    ("low", False): _("“%(name)s” has %(found)s frames a second: it must have at least %(low)s."),
    ("low", True): _("“%(name)s” has %(found)s frames a second: it must have more than %(low)s."),
    ("high", False): _("“%(name)s” has %(found)s frames a second: it may have at most %(high)s."),
    ("high", True): _("“%(name)s” has %(found)s frames a second: it must have fewer than %(high)s."),
}
_STARTS = {Needs.IMAGE: "image", Needs.VIDEO: "video"}
#: how far the measured length of one file may be off, in seconds
_TOLERANCE = 0.01


def facts_of(asset: Asset) -> FileFacts:
    return FileFacts(asset.media_type, asset.size, asset.width, asset.height, asset.duration, asset.frame_rate)


def file_problem(asset: Asset, rule: MediaRule, name: str) -> Message | None:
    """Which bound of a service this file crosses, in plain words. `name` is what the file is called."""
    if asset.kind != rule.kind:
        return Message(_WRONG_KIND[rule.kind], {"name": name})
    bound = rule.broken_by(facts_of(asset))
    match bound:
        case "":
            return None
        case "media_types":
            return Message(_FORMAT, {"name": name, "kinds": format_names(rule)})
        case "min_ratio" | "max_ratio":
            sentence = _RATIO[_sides_of(rule.min_ratio, rule.max_ratio), rule.open_ratio]
            return Message(sentence, {"name": name, "low": _shape(rule.min_ratio), "high": _shape(rule.max_ratio)})
        case "min_rate" | "max_rate":
            sentence = _RATE[_sides_of(rule.min_rate, rule.max_rate), rule.open_rate]
            found = _figure(asset.frame_rate)
            values = {"name": name, "found": found, "low": _figure(rule.min_rate), "high": _figure(rule.max_rate)}
            return Message(sentence, values)
        case "max_bytes":
            return Message(_SENTENCES[bound], {"name": name, "limit": _figure((rule.max_bytes or 0) / 1024**2)})
        case "min_seconds" | "max_seconds":
            values = {"name": name, "found": _figure(asset.duration), "limit": _figure(getattr(rule, bound))}
            return Message(_SENTENCES[bound], values)
    limit = f"{getattr(rule, bound):,}" if bound.endswith("_pixels") else getattr(rule, bound)
    pixels = {"name": name, "width": asset.width, "height": asset.height, "limit": limit}
    return Message(_SENTENCES[bound], pixels)


def start_problem(asset: Asset, operation: Operation) -> Message | None:
    """Why an operation on any picture or video can't start from this file, in plain words."""
    if asset.kind != _STARTS[operation.needs]:
        return Message(_("This kind of file can't be used for this."))
    return file_problem(asset, operation.takes, asset.name or _("The picture")) if operation.takes else None


def total_problem(assets: Sequence[Asset], rule: MediaRule) -> Message | None:
    """Whether all files of a field together are longer than a service takes."""
    total = sum(asset.duration for asset in assets)
    if rule.max_total_seconds is None or total <= rule.max_total_seconds + _TOLERANCE * len(assets):
        return None
    values = {"found": _figure(total), "limit": _figure(rule.max_total_seconds)}
    return Message(_TOO_LONG_TOGETHER[rule.kind], values)


def format_names(rule: MediaRule) -> str:
    """ "JPEG, PNG, WebP": what a service takes, each format once."""
    names = (_FORMAT_NAMES.get(kind, kind.split("/")[1].upper()) for kind in rule.media_types)
    return ", ".join(dict.fromkeys(names))


def _sides_of(low: float | None, high: float | None) -> str:
    return "both" if low is not None and high is not None else "low" if high is None else "high"


def _figure(number: float | None) -> str:
    """At most two decimals, and none where they say nothing."""
    return f"{number or 0:.2f}".rstrip("0").rstrip(".")


def _shape(ratio: float | None) -> str:
    """ "16:9" is 1.78:1, and its reverse 1:1.78."""
    if not ratio:
        return ""
    return f"{_figure(ratio)}:1" if ratio >= 1 else f"1:{_figure(1 / ratio)}"

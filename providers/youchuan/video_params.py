"""The parameters of videos, and their prompts on the wire: `[first frame] words [flags]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import pydantic

from ..errors import InvalidRequest
from ..params import Group, MediaRule, Params, Widget, choice, media, prompt, switch
from ..words import gettext_noop as _
from .params import refusal_at
from .picture_params import hidden
from .prompts import FLAG, PERMUTATION, PERMUTATIONS, TEXT_LIMIT, URL

#: what the document calls videoType
VIDEO_TYPES: Mapping[str, int] = {"480p": 0, "720p": 1}
RESOLUTIONS = tuple((name, name) for name in VIDEO_TYPES)
#: how many videos one job makes, dearest first as the service does when nothing is said
BATCHES = (("4", "4"), ("2", "2"), ("1", "1"))
DEFAULT_BATCH = "4"

_FLAGS_IN_PANEL = _("--%(flag)s can't stand in the words of a video. Set it in the panel, and take it out here.")
_ADDRESS = _("There is an address in these words. The picture is chosen already; take the address out.")


def _words(placeholder: str) -> Any:
    return prompt(max_length=TEXT_LIMIT, required=False, placeholder=placeholder)


def _batch() -> Any:
    return choice(
        DEFAULT_BATCH,
        BATCHES,
        label=_("Number of videos"),
        help=_("How many to make at once. Each costs the same."),
        flag="--bs",
    )


def _raw() -> Any:
    return switch(
        label=_("Raw style"),
        help=_("Less of the model's own movement, closer to your words."),
        flag="--raw",
    )


class _VideoParams(Params):
    @pydantic.model_validator(mode="after")
    def _check_words(self) -> _VideoParams:
        words = str(getattr(self, "prompt", ""))
        found = FLAG.search(words)
        if found is not None and found["dash"] == "--":
            raise refusal_at("prompt", self, _FLAGS_IN_PANEL, flag=found["name"])
        if URL.search(words):
            raise refusal_at("prompt", self, _ADDRESS)
        if PERMUTATION.search(words):
            raise refusal_at("prompt", self, PERMUTATIONS)
        return self


class _AnimateParams(_VideoParams):
    prompt: str = _words(_("What should move, and how"))
    resolution: Literal["480p", "720p"] = choice(
        "480p", RESOLUTIONS, label=_("Resolution"), help=_("720p costs three times as much.")
    )
    batch: Literal["4", "2", "1"] = _batch()
    end_frame: tuple[str, ...] = media(
        MediaRule(max_items=1), label=_("Last frame"), help=_("The picture that the video ends on."), flag="--end"
    )
    loop: bool = switch(label=_("Loop"), help=_("The video ends on its first frame."), group=Group.BASIC, flag="--loop")
    raw: bool = _raw()

    @pydantic.model_validator(mode="after")
    def _check_end(self) -> _AnimateParams:
        if self.loop and self.end_frame:
            sentence = _("A loop ends on its first frame. Take out the last frame, or switch the loop off.")
            raise refusal_at("loop", self, sentence)
        return self


class AnimateLowParams(_AnimateParams):
    motion: Literal["low"] = hidden("low", _("Low motion"))


class AnimateHighParams(_AnimateParams):
    motion: Literal["high"] = hidden("high", _("High motion"))


class _ExtendParams(_VideoParams):
    """An extension is as large as the video that it goes on from."""

    prompt: str = _words(_("Leave empty to keep the prompt"))
    batch: Literal["4", "2", "1"] = _batch()
    raw: bool = _raw()
    resolution: Literal["480p", "720p"] = choice("480p", RESOLUTIONS, label=_("Resolution"), widget=Widget.HIDDEN)


class ExtendLowParams(_ExtendParams):
    motion: Literal["low"] = hidden("low", _("Low motion"))


class ExtendHighParams(_ExtendParams):
    motion: Literal["high"] = hidden("high", _("High motion"))


class VideoUpscaleParams(Params):
    """There is nothing to choose: the result is 1080p."""


def compose_video(params: Params, words: str, *, first_frame: str = "", end_frame: str = "") -> str:
    """The wire text. Raises InvalidRequest when it is longer than the service takes."""
    given = ([first_frame] if first_frame else []) + ([words] if words else [])
    text = " ".join([*given, *_flags(params.model_dump(), end_frame)])
    if len(text) > TEXT_LIMIT:
        raise InvalidRequest(_("The words are too long for this service. Shorten them."), code="text_too_long")
    return text


def _flags(values: Mapping[str, Any], end_frame: str) -> Iterator[str]:
    """The motion is always named, as it is what the button said; the rest only where it is no default."""
    yield f"--motion {values['motion']}"
    if values.get("raw"):
        yield "--raw"
    if values.get("loop"):
        yield "--loop"
    if end_frame:
        yield f"--end {end_frame}"
    if values["batch"] != DEFAULT_BATCH:
        yield f"--bs {values['batch']}"

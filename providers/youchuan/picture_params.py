"""The parameters of what is asked of a picture: follow-ups of the service's own results, and edits of any picture."""

from __future__ import annotations

from typing import Any, Literal

import pydantic

from ..params import Group, Params, Widget, choice, mask, number, prompt
from ..words import gettext_noop as _
from .params import SPEED_LABELS, STEEPEST_RATIO, refusal_at
from .prompts import TEXT_LIMIT, on_one_line
from .versions import VERSIONS

#: characters of the longest flag that names a model, with its blank
ROOM_FOR_MODEL = 1 + max(len(version.flag) for version in VERSIONS.values())
#: pixels a side of a canvas; the service names no bounds (our choice: what its models can fill)
CANVAS_SIDES = (256, 4096)
#: pixels a side of the picture on it: from what can still be seen to what covers the canvas twice
IMAGE_SIDES = (16, 8192)


def _new_prompt(help: str = _("Leave empty to keep the prompt")) -> Any:
    return prompt(max_length=TEXT_LIMIT, required=False, label=_("New prompt"), placeholder=help)


def _needed_prompt(label: str, placeholder: str, *, names_model: bool = False) -> Any:
    """Where the request has no source, the prompt has to name the model, which takes its room."""
    limit = TEXT_LIMIT - ROOM_FOR_MODEL if names_model else TEXT_LIMIT
    return prompt(max_length=limit, label=label, placeholder=placeholder)


def hidden(value: str, label: str) -> Any:
    """What the button itself stands for."""
    return choice(value, [(value, label)], label=_("Kind"), widget=Widget.HIDDEN)


def _speed(*names: str) -> Any:
    labels = [(name, SPEED_LABELS[name]) for name in names]
    return choice("fast", labels, label=_("Speed"), widget=Widget.HIDDEN)


class _FollowUp(Params):
    """It runs at its source's speed, and turbo doubles its price too; draft is a speed of text to image alone."""

    speed: Literal["fast", "turbo"] = _speed("fast", "turbo")


class _FromAnyPicture(Params):
    """No source has a speed for it to keep; this one stands in the lineage for what follows."""

    speed: Literal["fast"] = _speed("fast")


class _WithWords(Params):
    """Blanks alone are no prompt."""

    @pydantic.model_validator(mode="after")
    def _check_words(self) -> _WithWords:
        if not on_one_line(str(getattr(self, "prompt", ""))):
            raise refusal_at("prompt", self, _("Write a prompt first."))
        return self


# ── follow-ups ───────────────────────────────────────────────────────────────


class VarySubtleParams(_FollowUp):
    prompt: str = _new_prompt()
    type: Literal["subtle"] = hidden("subtle", _("Subtle"))


class VaryStrongParams(_FollowUp):
    prompt: str = _new_prompt()
    type: Literal["strong"] = hidden("strong", _("Strong"))


class UpscaleParams(_FollowUp):
    type: Literal["standard", "creative", "v5_2x", "v5_4x"] = choice(
        "standard",
        [
            ("standard", _("Standard")),
            ("creative", _("Creative")),
            ("v5_2x", _("2× (v5)")),
            ("v5_4x", _("4× (v5)")),
        ],
        label=_("Kind"),
        help=_("Standard keeps the picture as it is; creative invents details."),
    )


class HdUpscaleParams(_FollowUp):
    """v8.1 has nothing to choose: the same prompt and seed again, larger."""


class RerollParams(Params):
    """A reroll repeats its source."""


class EnhanceParams(_FollowUp):
    """There is nothing to choose: the draft becomes a finished picture."""


class PanParams(_FollowUp):
    direction: Literal["down", "right", "up", "left"] = choice(
        "right",
        [("left", _("Left")), ("right", _("Right")), ("up", _("Up")), ("down", _("Down"))],
        label=_("Direction"),
    )
    scale: float = number(
        1.5,
        ge=1.1,
        le=3.0,
        step=0.1,
        unit="×",
        label=_("Scale"),
        help=_("How much longer the picture becomes on that side."),
        group=Group.BASIC,
    )
    prompt: str = _new_prompt()


class OutpaintParams(_FollowUp):
    scale: float = number(
        1.5,
        ge=1.1,
        le=2.0,
        step=0.1,
        unit="×",
        label=_("Scale"),
        help=_("How much wider and taller the picture becomes."),
        group=Group.BASIC,
    )
    prompt: str = _new_prompt()


class InpaintParams(_FollowUp):
    mask: tuple[str, ...] = mask(required=True, help=_("What is painted over is made anew."))
    prompt: str = _new_prompt()


class RemixSubtleParams(_WithWords, _FollowUp):
    prompt: str = _needed_prompt(_("New prompt"), _("What the picture should show now"))
    type: Literal["subtle"] = hidden("subtle", _("Subtle"))


class RemixStrongParams(_WithWords, _FollowUp):
    prompt: str = _needed_prompt(_("New prompt"), _("What the picture should show now"))
    type: Literal["strong"] = hidden("strong", _("Strong"))


# ── on a canvas ──────────────────────────────────────────────────────────────


def _pixels(default: int, label: str, bounds: tuple[int, int]) -> Any:
    least, most = bounds
    return number(default, ge=least, le=most, unit="px", label=label, group=Group.BASIC, widget=Widget.NUMBER)


_EVERYWHERE = (-IMAGE_SIDES[1], IMAGE_SIDES[1])


class CanvasParams(_WithWords):
    """A picture put onto a canvas; the service fills what it leaves free and what the mask paints over.

    `image_x` and `image_y` are how far the picture's upper left corner lies from the canvas's, to the right and
    down. The defaults are those of the document's sample.
    """

    prompt: str = _needed_prompt(_("Prompt"), _("What the whole picture should show"))
    mask: tuple[str, ...] = mask(help=_("What is painted over is made anew."))
    canvas_width: int = _pixels(1024, _("Canvas width"), CANVAS_SIDES)
    canvas_height: int = _pixels(1024, _("Canvas height"), CANVAS_SIDES)
    image_x: int = _pixels(256, _("Picture from the left"), _EVERYWHERE)
    image_y: int = _pixels(256, _("Picture from the top"), _EVERYWHERE)
    image_width: int = _pixels(512, _("Picture width"), IMAGE_SIDES)
    image_height: int = _pixels(512, _("Picture height"), IMAGE_SIDES)

    @property
    def fills_canvas(self) -> bool:
        """Whether the picture leaves nothing of the canvas free."""
        return (
            self.image_x <= 0
            and self.image_y <= 0
            and self.image_x + self.image_width >= self.canvas_width
            and self.image_y + self.image_height >= self.canvas_height
        )

    @pydantic.model_validator(mode="after")
    def _check_places(self) -> CanvasParams:
        steep = _("The canvas goes from 1:%(limit)s to %(limit)s:1.")
        if _steep(self.canvas_width, self.canvas_height):
            raise refusal_at("canvas_width", self, steep, limit=STEEPEST_RATIO)
        if not -self.image_width < self.image_x < self.canvas_width:
            raise refusal_at("image_x", self, _("The picture lies beside the canvas. Move it back onto it."))
        if not -self.image_height < self.image_y < self.canvas_height:
            raise refusal_at("image_y", self, _("The picture lies above or below the canvas. Move it back onto it."))
        if self.fills_canvas and not self.mask:
            sentence = _("There is nothing to fill: enlarge the canvas, make the picture smaller or paint over a part.")
            raise refusal_at("mask", self, sentence)
        return self


def _steep(width: int, height: int) -> bool:
    return max(width, height) > STEEPEST_RATIO * min(width, height)


class EditParams(CanvasParams, _FollowUp):
    pass


class UploadPaintParams(CanvasParams, _FromAnyPicture):
    prompt: str = _needed_prompt(_("Prompt"), _("What the whole picture should show"), names_model=True)


class RetextureParams(_WithWords, _FromAnyPicture):
    prompt: str = _needed_prompt(_("Prompt"), _("What it should be made of, or look like"), names_model=True)


class RemoveBackgroundParams(_FromAnyPicture):
    """There is nothing to choose."""

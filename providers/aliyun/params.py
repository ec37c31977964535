"""What can be asked: the parameters of a replaced background, and the bounds of its picture."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from ..params import Group, MediaRule, Params, choice, mask, number, prompt, seed, text
from ..words import gettext_noop as _

#: characters of either prompt (our reading: the document's bound can't be read)
PROMPT_LIMIT = 500
#: bytes of the picture (our reading of an illegible figure)
PICTURE_BYTES = 5 * 1024 * 1024
PICTURE = MediaRule(
    media_types=("image/jpeg", "image/png", "image/webp"), max_bytes=PICTURE_BYTES, min_side=400, max_side=4096
)
#: strength is more than 0; the form's slider begins at its smallest step
LEAST_STRENGTH = 0.01
#: the document names no bounds; these are the usual ones of such models
GUIDANCE = (1.0, 20.0)
#: an Integer of the service's own language
LARGEST_SEED = 2**31 - 1
MOST_RESULTS = 4


Words = Annotated[str, pydantic.BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value)]


class ReplaceBackgroundParams(Params):
    """The defaults are those of the document's sample, but for the strength, which there keeps half of the old one."""

    prompt: Words = prompt(
        max_length=PROMPT_LIMIT, label=_("New background"), placeholder=_("What the background should show")
    )
    mask: tuple[str, ...] = mask(
        required=True, label=_("Background"), help=_("What is painted over is replaced; the rest stays as it is.")
    )
    results: Literal["1", "2", "3", "4"] = choice(
        "4", [(str(count), str(count)) for count in range(1, MOST_RESULTS + 1)], label=_("Results")
    )
    seed: int | None = seed(maximum=LARGEST_SEED, flag="")
    strength: float = number(
        1.0,
        ge=LEAST_STRENGTH,
        le=1.0,
        step=0.01,
        label=_("Strength"),
        help=_("How far the new background may leave the old one."),
    )
    guidance: float = number(
        7.5,
        ge=GUIDANCE[0],
        le=GUIDANCE[1],
        step=0.5,
        label=_("Guidance"),
        help=_("How closely the new background follows your words."),
    )
    negative: Words = text(
        label=_("Without"),
        max_length=PROMPT_LIMIT,
        help=_("Words for what should not appear."),
        placeholder=_("text, people"),
    )
    steps: int = number(
        50,
        ge=15,
        le=50,
        label=_("Steps"),
        help=_("More steps give finer detail and take longer."),
        group=Group.ADVANCED,
    )

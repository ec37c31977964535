"""What each model takes, as data: the parameter classes and the requests follow from it.

The gateway's document gives aspect ratios for GEM alone and rules them out for Qwen; it says nothing of Hunyuan, of
which Tencent's own documents say that it has none. How many pictures a model takes is Tencent's word too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ..words import gettext_noop as _

#: as the document lists them
GEM_RATIOS = ("1:1", "3:2", "2:3", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")


@dataclass(frozen=True, slots=True)
class Family:
    """One model. `name` and `version` are its two names on the wire; `price` is in credits."""

    slug: str
    title: str
    name: str
    version: str
    price: Decimal
    summary: str
    usual_seconds: float
    ratios: tuple[str, ...] = ()
    max_files: int = 1
    #: whether it reads descriptions of the pictures that it is given
    texts: bool = False

    @property
    def wire_id(self) -> str:
        return f"{self.name} {self.version}"


#: In the order of the model picker. The gateway's prices are not documented; ours follow the list prices of the
#: models themselves, one credit standing for ¥0.15, and are meant to be changed by an administrator.
FAMILIES: Mapping[str, Family] = {
    family.slug: family
    for family in (
        Family(
            "gem-3.0",
            "Gemini image 3.0",
            "GEM",
            "3.0",
            Decimal(6),
            _("Follows long instructions, with up to three pictures to work from."),
            30,
            ratios=GEM_RATIOS,
            max_files=3,
            texts=True,
        ),
        Family(
            "gem-2.5",
            "Gemini image 2.5",
            "GEM",
            "2.5",
            Decimal(2),
            _("Quick changes to pictures in plain words, with up to three of them."),
            15,
            ratios=GEM_RATIOS,
            max_files=3,
            texts=True,
        ),
        Family(
            "qwen-0925",
            "Qwen image 0925",
            "Qwen",
            "0925",
            Decimal(2),
            _("Pictures with readable words in them, Chinese too."),
            20,
        ),
        Family(
            "hunyuan-3.0",
            "Hunyuan image 3.0",
            "Hunyuan",
            "3.0",
            Decimal(2),
            _("Scenes told in Chinese or English."),
            25,
        ),
    )
}

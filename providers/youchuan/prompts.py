"""A prompt as the service wants it: links of image prompts, words, flags.

`compose()` writes one; `reading.py` takes one apart that somebody typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ..errors import InvalidRequest
from ..words import gettext_noop as _
from .versions import Version

#: characters of the whole text, links and flags included
TEXT_LIMIT = 8192

#: What a field is when nobody touched it: such a value is not sent. None is never sent.
DEFAULTS: Mapping[str, Any] = {
    "ratio": "1:1",
    "speed": "fast",
    "stylize": 100,
    "chaos": 0,
    "weird": 0,
    "quality": "1",
    "stop": 100,
    "exp": 0,
    "raw": False,
    "tile": False,
    "image_weight": 1.0,
    "style_weight": 100,
    "style_version": "",
    "character_weight": 100,
    "omni_weight": 100,
    "negative": "",
    "style_codes": "",
    "moodboards": "",
}

#: field → flag, in the order of the wire
_FLAGS: tuple[tuple[str, str], ...] = (
    ("ratio", "--ar"),
    ("seed", "--seed"),
    ("stylize", "--stylize"),
    ("chaos", "--chaos"),
    ("weird", "--weird"),
    ("exp", "--exp"),
    ("quality", "--quality"),
    ("stop", "--stop"),
    ("raw", "--raw"),
    ("tile", "--tile"),
    ("image_weight", "--iw"),
    ("style_references", "--sref"),
    ("style_weight", "--sw"),
    ("style_version", "--sv"),
    ("moodboards", "--p"),
    ("character_references", "--cref"),
    ("character_weight", "--cw"),
    ("omni_reference", "--oref"),
    ("omni_weight", "--ow"),
    ("negative", "--no"),
)

#: fields whose values are links on the wire
LINK_FIELDS = ("image_prompts", "style_references", "character_references", "omni_reference")

#: a weight or version says nothing without what it weighs, and the service refuses it alone
_BELONGS_TO: Mapping[str, str] = {
    "image_weight": "image_prompts",
    "style_weight": "style_references",
    "style_version": "style_references",
    "character_weight": "character_references",
    "omni_weight": "omni_reference",
}

Links = Mapping[str, Sequence[str]]

#: commas belong to an address (OSS puts them into its own) unless they end it or another address follows
URL = re.compile(r"https?://\S+?(?=\s|$|,+(?:\s|$|https?://))", re.IGNORECASE)


def on_one_line(text: str) -> str:
    """Line breaks end a prompt at the service; every run of blanks becomes one."""
    return " ".join(text.split())


def compose(
    version: Version, values: Mapping[str, Any], links: Links | None = None, *, extra: Sequence[str] = ()
) -> str:
    """The wire text. `values` are parameters by field name, `links` addresses by media field and the service's ids
    of moodboards, `extra` further flags.

    Raises InvalidRequest when it is longer than the service takes, or has too few words.
    """
    given = links or {}
    words = on_one_line(str(values.get("prompt", "")))
    images = list(given.get("image_prompts", ()))
    check_words(version, words, len(images))
    text = " ".join([*images, *([words] if words else []), *flags(values, given), *extra, version.flag])
    if len(text) > TEXT_LIMIT:
        raise InvalidRequest(
            _("The prompt with its references and parameters is too long for this service. Shorten it."),
            code="text_too_long",
        )
    return text


def check_words(version: Version, words: str, images: int) -> None:
    """Raises InvalidRequest when the words with so many image prompts are none that the service takes."""
    if not words and images == 1:
        raise InvalidRequest(_("One picture alone is not enough: write some words beside it."), code="no_words")
    if not words and not images:
        raise InvalidRequest(_("Write a prompt first."), code="no_words")
    if len(words) > version.words_limit:
        raise InvalidRequest(_("This prompt is too long for this model. Shorten it."), code="words_too_long")


def flags(values: Mapping[str, Any], links: Links) -> Iterator[str]:
    """The flags that differ from what the service does anyway, in the order of the wire."""
    speed = values.get("speed") or "fast"
    for field, flag in _FLAGS:
        owner = _BELONGS_TO.get(field)
        if (
            owner is not None
            and not links.get(owner)
            and not (owner == "style_references" and values.get("style_codes"))
        ):
            continue
        if field in LINK_FIELDS:
            parts = [*links.get(field, ())]
            if field == "style_references":
                parts += str(values.get("style_codes") or "").split()
            if parts:
                yield f"{flag} {' '.join(parts)}"
            continue
        if field == "moodboards":
            ids = [*links.get("boards", ()), *str(values.get(field) or "").split()]
            if ids:
                yield f"{flag} {' '.join(dict.fromkeys(ids))}"
            continue
        value = values.get(field)
        if value is None or value == DEFAULTS.get(field):
            continue
        yield flag if value is True else f"{flag} {_written(value)}"
    if speed != "fast":
        yield f"--{speed}"


def _written(value: Any) -> str:
    if isinstance(value, float):
        return format(Decimal(repr(value)).normalize(), "f")
    return on_one_line(str(value))


# ── words that the service can't take ────────────────────────────────────────

#: `--flag` at the start of a word; phones and Chinese keyboards turn the hyphens into dashes
FLAG = re.compile(r"(?<!\S)(?P<dash>--|—{1,2}|––?)(?P<name>[A-Za-z]+)(?P<rest>\S*)")
PERMUTATION = re.compile(r"\{[^{}]*\}")

PERMUTATIONS = _("The service does not know {…} permutations. Write the prompts one by one.")
MULTI_PROMPTS = _("This model does not know :: parts. Write one prompt without them.")


def unusable_words(version: Version, text: str) -> list[str]:
    """Sentences on what the service would refuse in these words."""
    found = []
    if PERMUTATION.search(text):
        found.append(PERMUTATIONS)
    if "::" in text and not version.multi_prompts:
        found.append(MULTI_PROMPTS)
    return found

"""From the words of a prompt to what should be in the picture."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .vocabulary import COLOURS, LANDS, OBJECTS, QUALITIES, SEASONS, STYLES, TIMES, WEATHERS

_MAX_CHARS = 8192
_COLOUR_REACH = 14
"""A colour word this few characters before a noun belongs to the noun."""


@dataclass(frozen=True)
class Intent:
    """What a prompt asks for. ``lands`` and ``objects`` are in order of mention; colours are ``#rrggbb``."""

    lands: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    time: str | None = None
    weathers: frozenset[str] = frozenset()
    season: str | None = None
    styles: tuple[str, ...] = ()
    qualities: frozenset[str] = frozenset()
    colours: tuple[str, ...] = ()
    colour_of: dict[str, str] = field(default_factory=dict)

    def wants(self, *lands: str) -> bool:
        return any(land in self.lands for land in lands)

    @property
    def is_empty(self) -> bool:
        return not (self.lands or self.objects)


_KINDS = (
    ("colour", COLOURS),
    ("land", LANDS),
    ("object", OBJECTS),
    ("time", TIMES),
    ("weather", WEATHERS),
    ("season", SEASONS),
    ("style", STYLES),
    ("quality", QUALITIES),
)


def _build() -> tuple[re.Pattern[str], dict[str, list[tuple[str, str]]]]:
    meanings: dict[str, list[tuple[str, str]]] = {}
    for kind, table in _KINDS:
        for concept, words in table.items():
            name = concept if kind != "colour" else words.split("|")[0].strip()
            listed = words.split("|")[1] if kind == "colour" else words
            for word in listed.split(","):
                if cleaned := word.strip():
                    meanings.setdefault(cleaned, []).append((kind, name))
    parts = []
    for word in sorted(meanings, key=len, reverse=True):
        literal = re.escape(word)
        parts.append(rf"(?<![a-z]){literal}(?:e?s)?(?![a-z])" if word.isascii() else literal)
    return re.compile("|".join(parts)), meanings


_PATTERN, _MEANINGS = _build()
_NEGATION = re.compile(r"(?:\bno|\bwithout|没有|无|不要)\s*(?:any |a |the )?$")


def _meanings(word: str) -> list[tuple[str, str]]:
    for candidate in (word, word.removesuffix("s"), word.removesuffix("es")):
        if candidate in _MEANINGS:
            return _MEANINGS[candidate]
    return []


def _mentions(text: str) -> list[tuple[int, int, str, str, bool]]:
    """(start, end, kind, concept, whether negated) in reading order."""
    found = []
    for match in _PATTERN.finditer(text):
        negated = bool(_NEGATION.search(text[max(0, match.start() - 16) : match.start()]))
        for kind, concept in _meanings(match.group()):
            found.append((match.start(), match.end(), kind, concept, negated))
    return found


def excluded(negative: str) -> set[str]:
    """The concepts a list of unwanted words names."""
    return {concept for _, _, _, concept, _ in _mentions(negative[:_MAX_CHARS].lower())}


def read(prompt: str, negative: str = "") -> Intent:
    """Understand a prompt. Never fails; unknown words are passed over."""
    text = prompt[:_MAX_CHARS].lower()
    unwanted = excluded(negative)
    lands: list[str] = []
    objects: list[str] = []
    styles: list[str] = []
    colours: list[str] = []
    weathers: set[str] = set()
    qualities: set[str] = set()
    colour_of: dict[str, str] = {}
    time: str | None = None
    season: str | None = None
    pending: tuple[int, str] | None = None
    for start, end, kind, concept, negated in _mentions(text):
        if negated or concept in unwanted:
            continue
        if kind == "colour":
            if pending:
                colours.append(pending[1])
            pending = (end, concept)
            continue
        if pending and kind in ("land", "object", "quality") and start - pending[0] <= _COLOUR_REACH:
            if not (kind == "quality" and concept != "sky"):
                colour_of.setdefault(concept, pending[1])
                pending = None
        elif pending and start - pending[0] > _COLOUR_REACH:
            colours.append(pending[1])
            pending = None
        if kind == "land":
            lands.append(concept)
        elif kind == "object":
            objects.append(concept)
        elif kind == "style":
            styles.append(concept)
        elif kind == "weather":
            weathers.add(concept)
        elif kind == "quality":
            qualities.add(concept)
        elif kind == "time":
            time = time or concept
        elif kind == "season":
            season = season or concept
    if pending:
        colours.append(pending[1])
    return Intent(
        lands=tuple(dict.fromkeys(lands)),
        objects=tuple(dict.fromkeys(objects))[:6],
        time=time,
        weathers=frozenset(weathers),
        season=season,
        styles=tuple(dict.fromkeys(styles)),
        qualities=frozenset(qualities),
        colours=tuple(dict.fromkeys(colours))[:4],
        colour_of=colour_of,
    )

"""The service's own reading of a prompt: picture links, words, and `--flags` held to what each model version takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .net import is_web_url

DEFAULT_VERSION = "6.1"
VERSIONS = ("6", "6.1", "7", "8.1", "niji 6", "niji 7")
MAX_SEED = 2**32 - 1
V8_WORDS, V8_IMAGES, V8_STYLES = 1024, 20, 20

ALIASES = {
    "aspect": "ar",
    "c": "chaos",
    "s": "stylize",
    "w": "weird",
    "q": "quality",
    "v": "version",
    "profile": "p",
}
SWITCHES = frozenset({"raw", "tile", "draft", "fast", "turbo", "relax", "hd"})
LINKED = {"iw": "images", "sw": "sref", "sv": "sref", "cw": "cref", "ow": "oref"}
"""Flags that only weigh something else, and what must be there for them."""
WEIGHT = re.compile(r"::[0-9]+(\.[0-9]+)?$")


class PromptError(Exception):
    """The prompt is not one the service takes; the text says why."""


@dataclass(frozen=True)
class FilmPrompt:
    """What is said of a video. ``image`` is the link of its first frame, ``end`` that of its last; "" for none."""

    words: str = ""
    image: str = ""
    motion: str = "low"
    raw: bool = False
    end: str = ""
    loop: bool = False
    count: int = 4


@dataclass(frozen=True)
class Prompt:
    """``flags`` has one entry for each flag given, by its long name, with a value of its own type."""

    words: str
    images: tuple[str, ...] = ()
    version: str = DEFAULT_VERSION
    flags: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seed(self) -> int | None:
        return self.flags.get("seed")

    @property
    def aspect(self) -> tuple[int, int]:
        width, height = self.flags.get("ar", (1, 1))
        return width, height

    @property
    def speed(self) -> float:
        """The factor on the price of making pictures from text."""
        if "draft" in self.flags:
            return 0.5
        return 2.0 if "turbo" in self.flags else 1.0

    def links(self, name: str) -> tuple[str, ...]:
        """The picture links of a flag such as sref."""
        bare = (WEIGHT.sub("", value) for value in self.flags.get(name, ()))
        return tuple(link for link in bare if is_web_url(link))


def parse(text: str, *, inherited: Prompt | None = None) -> Prompt:
    """Read and check a prompt; flags that it does not give come from ``inherited`` when there is one."""
    images, words, rest = _parts(text)
    given = dict(_flags(rest, READERS, SWITCHES))
    version = _version(given, inherited)
    own = Prompt(" ".join(words), tuple(images), version, given)
    whole = own if inherited is None else replace(own, flags={**_inheritable(inherited, given), **given})
    _check(whole, text)
    return whole


def parse_film(text: str) -> FilmPrompt:
    """Read and check the prompt of a video, or of its extension."""
    images, words, rest = _parts(text)
    if len(images) > 1:
        raise PromptError("a video takes one link, that of its first frame")
    given = dict(_flags(rest, FILM_READERS, FILM_SWITCHES))
    if "loop" in given and "end" in given:
        raise PromptError("--loop and --end exclude each other")
    return FilmPrompt(
        words=" ".join(words),
        image=images[0] if images else "",
        motion=given.get("motion", "low"),
        raw="raw" in given,
        end=given.get("end", ""),
        loop="loop" in given,
        count=int(given.get("bs", 4)),
    )


def render_text(prompt: Prompt) -> str:
    """The prompt written out again, flags in order."""
    parts = [*prompt.images, prompt.words]
    for name, value in prompt.flags.items():
        if name in SWITCHES:
            parts.append(f"--{name}")
        elif name == "ar":
            parts.append(f"--ar {value[0]}:{value[1]}")
        else:
            parts.append(f"--{name} {' '.join(value) if isinstance(value, tuple) else value}")
    return " ".join(part for part in parts if part)


def _parts(text: str) -> tuple[list[str], list[str], list[str]]:
    """Picture links, words, and everything from the first flag on."""
    if re.search(r"\{[^{}]*\}", text):
        raise PromptError("{} permutations are not supported")
    tokens = text.split()
    split = next((i for i, token in enumerate(tokens) if re.match(r"--[A-Za-z]", token)), len(tokens))
    lead, rest = tokens[:split], tokens[split:]
    count = next((i for i, token in enumerate(lead) if not _looks_like_link(token)), len(lead))
    images, words = lead[:count], lead[count:]
    for link in images:
        if not is_web_url(link):
            raise PromptError(f"not a link: {link}")
    if any(_looks_like_link(word) for word in words):
        raise PromptError("picture links come before the words")
    return images, words, rest


def _looks_like_link(token: str) -> bool:
    return re.match(r"https?:", token, re.IGNORECASE) is not None


def _inheritable(prompt: Prompt, given: Mapping[str, Any]) -> dict[str, Any]:
    """A follow-up is a new picture: it keeps the manner of its source, not the seed nor the way it was ordered."""
    left = {"seed", "draft", "hd", "iw"}
    for rivals in ({"version", "niji"}, {"fast", "turbo", "relax"}):
        if rivals & set(given):
            left |= rivals
    return {name: value for name, value in prompt.flags.items() if name not in left}


Readers = Mapping[str, Callable[[str, list[str]], Any]]


def _flags(tokens: list[str], readers: Readers, switches: frozenset[str]) -> list[tuple[str, Any]]:
    groups: list[tuple[str, list[str]]] = []
    for token in tokens:
        if token.startswith("--") and len(token) > 2:
            groups.append((token[2:].lower(), []))
        else:
            groups[-1][1].append(token)
    found: list[tuple[str, Any]] = []
    for spoken, values in groups:
        name = ALIASES.get(spoken, spoken)
        if name == "style" and [value.lower() for value in values] == ["raw"]:
            name, values = "raw", []
        if name in switches:
            if values:
                raise PromptError(f"--{spoken} takes no value; text goes before the parameters")
            found.append((name, True))
            continue
        reader = readers.get(name)
        if reader is None:
            raise PromptError(f"--{spoken} is not supported")
        found.append((name, reader(spoken, values)))
    names = [name for name, _ in found]
    for name in names:
        if names.count(name) > 1:
            raise PromptError(f"--{name} is given more than once")
    return found


def _one(name: str, values: list[str]) -> str:
    if len(values) != 1:
        raise PromptError(f"--{name} takes one value; text goes before the parameters")
    return values[0]


def _whole(low: int, high: int) -> Callable[[str, list[str]], int]:
    def read(name: str, values: list[str]) -> int:
        value = _one(name, values)
        if not re.fullmatch(r"[0-9]{1,12}", value) or not low <= int(value) <= high:
            raise PromptError(f"--{name} must be a whole number from {low} to {high}")
        return int(value)

    return read


def _decimal(low: float, high: float) -> Callable[[str, list[str]], float]:
    def read(name: str, values: list[str]) -> float:
        value = _one(name, values)
        if not re.fullmatch(r"[0-9]{0,6}(\.[0-9]{1,6})?", value) or not value or not low <= float(value) <= high:
            raise PromptError(f"--{name} must be a number from {low:g} to {high:g}")
        return float(value)

    return read


def _choice(*choices: str) -> Callable[[str, list[str]], str]:
    def read(name: str, values: list[str]) -> str:
        value = _one(name, values)
        if value not in choices:
            raise PromptError(f"--{name} must be one of {', '.join(choices)}")
        return value

    return read


def _ratio(name: str, values: list[str]) -> tuple[int, int]:
    match = re.fullmatch(r"([1-9][0-9]{0,4}):([1-9][0-9]{0,4})", _one(name, values))
    if match is None:
        raise PromptError(f"--{name} must be W:H in whole numbers")
    return int(match[1]), int(match[2])


def _text(name: str, values: list[str]) -> str:
    if not values:
        raise PromptError(f"--{name} needs a value")
    return " ".join(values)


def _references(codes: bool) -> Callable[[str, list[str]], tuple[str, ...]]:
    def read(name: str, values: list[str]) -> tuple[str, ...]:
        if not values:
            raise PromptError(f"--{name} needs a link")
        for value in values:
            link = WEIGHT.sub("", value) if codes else value
            if not (is_web_url(link) or (codes and re.fullmatch(r"random|[0-9]{1,20}", link))):
                raise PromptError(f"--{name} takes picture links, not {value}")
        return tuple(values)

    return read


def _ids(name: str, values: list[str]) -> tuple[str, ...]:
    if not values or not all(re.fullmatch(r"[0-9A-Za-z_-]{1,64}", value) for value in values):
        raise PromptError(f"--{name} needs a moodboard id")
    return tuple(values)


def _link(name: str, values: list[str]) -> str:
    value = _one(name, values)
    if not is_web_url(value):
        raise PromptError(f"--{name} takes a picture link, not {value}")
    return value


READERS: Readers = {
    "ar": _ratio,
    "chaos": _whole(0, 100),
    "stylize": _whole(0, 1000),
    "weird": _whole(0, 3000),
    "seed": _whole(0, MAX_SEED),
    "exp": _whole(0, 100),
    "stop": _whole(10, 100),
    "quality": _choice("0.5", ".5", "1", "2", "4"),
    "iw": _decimal(0, 3),
    "sref": _references(codes=True),
    "sw": _whole(0, 1000),
    "sv": _whole(1, 6),
    "cref": _references(codes=False),
    "cw": _whole(0, 100),
    "oref": _references(codes=False),
    "ow": _whole(1, 1000),
    "no": _text,
    "p": _ids,
    "version": _choice("6", "6.0", "6.1", "7", "8.1"),
    "niji": _choice("6", "7"),
}

FILM_READERS: Readers = {"motion": _choice("low", "high"), "end": _link, "bs": _choice("1", "2", "4")}
FILM_SWITCHES = frozenset({"raw", "loop"})

QUALITIES: dict[str, tuple[str, ...]] = {
    "6": ("0.5", ".5", "1", "2"),
    "6.1": ("0.5", ".5", "1", "2"),
    "niji 6": ("0.5", ".5", "1", "2"),
    "7": ("1", "2", "4"),
    "niji 7": ("1", "2", "4"),
    "8.1": ("1", "4"),
}
STYLE_VERSIONS: dict[str, range] = {"7": range(1, 7), "8.1": range(6, 7)}
ONLY_IN: dict[str, tuple[str, ...]] = {
    "exp": ("7", "8.1", "niji 7"),
    "stop": ("6", "6.1", "niji 6", "niji 7"),
    "cref": ("6", "6.1", "niji 6"),
    "cw": ("6", "6.1", "niji 6"),
    "oref": ("7", "8.1"),
    "ow": ("7", "8.1"),
    "draft": ("7",),
    "hd": ("8.1",),
    "weird": ("6", "6.1", "7", "niji 6", "niji 7"),
    "tile": ("6", "6.1", "7", "niji 6", "niji 7"),
    "turbo": ("6", "6.1", "7", "niji 6", "niji 7"),
}


def _version(given: dict[str, Any], inherited: Prompt | None) -> str:
    if "version" in given and "niji" in given:
        raise PromptError("--version and --niji exclude each other")
    if "niji" in given:
        return f"niji {given['niji']}"
    if "version" in given:
        return str(given["version"]).removesuffix(".0")
    return DEFAULT_VERSION if inherited is None else inherited.version


def _check(prompt: Prompt, text: str) -> None:
    flags, version = prompt.flags, prompt.version
    for name in flags:
        if version not in ONLY_IN.get(name, VERSIONS):
            raise PromptError(f"--{name} is not supported by version {version}")
        needed = LINKED.get(name)
        if needed and not (prompt.images if needed == "images" else needed in flags or (name == "sw" and "p" in flags)):
            raise PromptError(f"--{name} has nothing to weigh")
    if "fast" in flags and "turbo" in flags:
        raise PromptError("--fast and --turbo exclude each other")
    if flags.get("quality", "1") not in QUALITIES[version]:
        raise PromptError(f"--quality {flags['quality']} is not supported by version {version}")
    if "sv" in flags and flags["sv"] not in STYLE_VERSIONS.get(version, range(1, 5)):
        raise PromptError(f"--sv {flags['sv']} is not supported by version {version}")
    if version == "niji 7" and flags.get("iw", 1) > 2:
        raise PromptError("--iw must be at most 2 for niji 7")
    if len(flags.get("oref", ())) > 1:
        raise PromptError("--oref takes one link")
    if not prompt.words and len(prompt.images) < 2:
        raise PromptError("one picture needs words beside it" if prompt.images else "there are no words")
    if version == "8.1":
        if "::" in text:
            raise PromptError(":: is not supported by version 8.1")
        if len(prompt.words) > V8_WORDS:
            raise PromptError(f"version 8.1 takes at most {V8_WORDS} characters of words")
        if len(prompt.images) > V8_IMAGES or len(flags.get("sref", ())) > V8_STYLES:
            raise PromptError(f"version 8.1 takes at most {V8_IMAGES} picture links and {V8_STYLES} --sref")

"""Taking a typed or pasted prompt apart: what is a flag becomes a value, what is left are the words.

Reading the words that came out changes nothing more, and the order of the flags does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pydantic

from ..base import ReadPrompt
from ..params import Params, plain_errors
from ..words import Message
from ..words import gettext_noop as _
from .models import DIFFUSION_PARAMS
from .prompts import FLAG, URL, unusable_words
from .versions import SPELLINGS, VERSIONS, Version

#: spellings of flags with one value → field
_VALUES: Mapping[str, str] = {
    "ar": "ratio",
    "aspect": "ratio",
    "c": "chaos",
    "chaos": "chaos",
    "cw": "character_weight",
    "exp": "exp",
    "iw": "image_weight",
    "ow": "omni_weight",
    "q": "quality",
    "quality": "quality",
    "s": "stylize",
    "seed": "seed",
    "stop": "stop",
    "stylize": "stylize",
    "sv": "style_version",
    "sw": "style_weight",
    "w": "weird",
    "weird": "weird",
}
_SWITCHES: Mapping[str, str] = {"raw": "raw", "tile": "tile"}
_SPEEDS = frozenset({"draft", "fast", "turbo"})
_LINKED: Mapping[str, str] = {
    "sref": "style_references",
    "cref": "character_references",
    "oref": "omni_reference",
}
_MODELS: Mapping[str, str] = {"v": "v", "version": "v", "niji": "niji"}
_MOODBOARDS = frozenset({"p", "profile"})
_NEGATIVE = "no"

_VIDEO = _("This parameter is for videos. Where one is made it is set in the panel; take it out of the words.")

#: flags of the service that mean something elsewhere
_ELSEWHERE: Mapping[str, str] = {
    "hd": _("--hd is what Upscale does: create the pictures first, then upscale the one you like."),
    "r": _("The service does not know --repeat. Send the prompt several times."),
    "repeat": _("The service does not know --repeat. Send the prompt several times."),
    "relax": _("The service has no relaxed speed. Take --relax out."),
    **dict.fromkeys(("motion", "loop", "end", "bs", "video"), _VIDEO),
}

#: of them those with a value
_ELSEWHERE_WITH_VALUE = frozenset({"r", "repeat", "motion", "end", "bs", "video"})

_KNOWN = frozenset({*_VALUES, *_SWITCHES, *_SPEEDS, *_LINKED, *_MODELS, *_MOODBOARDS, *_ELSEWHERE, _NEGATIVE, "style"})

_UNKNOWN = _("The service does not know --%(flag)s. Check its spelling, or take it out.")
_NOT_HERE = _("%(model)s does not take --%(flag)s.")
_NO_VALUE = _("--%(flag)s needs a value after it.")
_NO_MODEL = _("There is no model for “--%(flag)s %(value)s”.")
_NOT_RAW = _("--style takes only the word “raw”.")
_NOT_LINKS = _("--%(flag)s needs the address of a picture, starting with https://.")
_NOT_STYLES = _("--sref needs addresses of pictures, style numbers or the word “random”.")
_WEIGHTED = _("Weights of single references (::) can't be used here; set the style weight instead.")
_TOO_MANY = _("%(label)s takes at most %(limit)s.")

_BETWEEN_LINKS = re.compile(r"[\s,]*")
_TOKEN = re.compile(r"\S+")
_STYLE_CODE = re.compile(r"random|[0-9]{1,20}")
_MOODBOARD = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")


@dataclass(slots=True)
class _Flag:
    """A flag as it stands in the text, with the words after it up to the next one that belong to it."""

    name: str
    values: list[str] = field(default_factory=list)


def read_prompt(version: Version, text: str) -> ReadPrompt:
    """Words, model, values and problems of `text`; flags are judged by the version that they name, else `version`."""
    words, found = _split(text)
    model, problems = _model_of(found)
    target = VERSIONS[model] if model is not None else version
    reading = _Reading(target)
    for flag in found:
        if flag.name not in _MODELS:
            reading.take(flag)
    words, links = _leading_links(words)
    if links:
        reading.add_links("image_prompts", links)
    values, found_problems = reading.result()
    problems += found_problems
    problems += [Message(sentence) for sentence in unusable_words(target, words)]
    return ReadPrompt(words, model, values, tuple(problems))


# ── splitting ────────────────────────────────────────────────────────────────


def _split(text: str) -> tuple[str, list[_Flag]]:
    """The words without flags and their values, line breaks kept, and the flags."""
    kept: list[str] = []
    found: list[_Flag] = []
    end = 0
    open_flag: _Flag | None = None
    for match in _TOKEN.finditer(text):
        token, blank = match[0], text[end : match.start()]
        end = match.end()
        flag = _flag_in(token)
        if flag is not None:
            found.append(flag)
            open_flag = flag
        elif open_flag is not None and _belongs(open_flag, token):
            open_flag.values.append(token)
        else:
            open_flag = None
            kept += [blank, token]
    return "".join(kept).strip(), found


def _flag_in(token: str) -> _Flag | None:
    match = FLAG.fullmatch(token)
    if match is None:
        return None
    name, rest = match["name"].lower(), match["rest"]
    if match["dash"] != "--" and name not in _KNOWN:
        # a dash before a word that is no flag is punctuation
        return None
    if name in _KNOWN and not rest.strip(",.;"):
        return _Flag(name)
    if name in _KNOWN and re.match(r"=|\.?[0-9]", rest):
        # "--ar=16:9", "--v7"
        value = rest.removeprefix("=").rstrip(",;")
        return _Flag(name, [value] if value else [])
    return _Flag(name + rest)


def _belongs(flag: _Flag, token: str) -> bool:
    bare = token.rstrip(",")
    if flag.name == _NEGATIVE:
        return True
    if flag.name in _LINKED:
        # anything at all may be the first value, so that a bad one is named as such
        is_code = flag.name == "sref" and _STYLE_CODE.fullmatch(bare) is not None
        return not flag.values or URL.match(bare) is not None or is_code
    if flag.name in _MOODBOARDS:
        return _MOODBOARD.fullmatch(bare) is not None
    if flag.name in _ELSEWHERE_WITH_VALUE:
        return not flag.values and re.fullmatch(r"low|high|[0-9]+|https?://\S+", bare) is not None
    takes_one = flag.name in _VALUES or flag.name in _MODELS or flag.name == "style"
    return takes_one and not flag.values


def _leading_links(words: str) -> tuple[str, list[str]]:
    links: list[str] = []
    while (match := URL.match(words)) is not None:
        links.append(match[0])
        words = _BETWEEN_LINKS.sub("", words[match.end() :], count=1)
    return words, links


def _model_of(found: list[_Flag]) -> tuple[str | None, list[Message]]:
    model: str | None = None
    problems: list[Message] = []
    for flag in found:
        if flag.name not in _MODELS:
            continue
        value = flag.values[0].rstrip(",.;") if flag.values else ""
        slug = SPELLINGS.get((_MODELS[flag.name], value))
        if slug is not None:
            model = slug
        elif value:
            problems.append(Message(_NO_MODEL, {"flag": flag.name, "value": value}))
        else:
            problems.append(Message(_NO_VALUE, {"flag": flag.name}))
    return model, problems


# ── judging ──────────────────────────────────────────────────────────────────


class _Reading:
    """Collects values and problems. Bounds are those of the version's parameters themselves."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._params: type[Params] = DIFFUSION_PARAMS[version.slug]
        self._values: dict[str, Any] = {}
        self._problems: list[Message] = []

    def result(self) -> tuple[dict[str, Any], list[Message]]:
        return self._values, self._problems

    def take(self, flag: _Flag) -> None:
        name = flag.name
        if name in _ELSEWHERE:
            self._problems.append(Message(_ELSEWHERE[name]))
        elif name in _SPEEDS:
            self._speed(name)
        elif name in _SWITCHES:
            self._set(name, _SWITCHES[name], True)
        elif name == "style":
            self._style(flag)
        elif name == _NEGATIVE:
            self._set(name, "negative", " ".join(flag.values))
        elif name in _MOODBOARDS:
            self._set(name, "moodboards", " ".join(flag.values).replace(",", " "))
        elif name in _LINKED:
            self._linked(flag)
        elif name in _VALUES:
            self._set(name, _VALUES[name], flag.values[0].rstrip(",;") if flag.values else "")
        else:
            self._problems.append(Message(_UNKNOWN, {"flag": name}))

    def add_links(self, field_name: str, links: list[str]) -> None:
        key = field_name
        rule = self._params.model_fields[field_name]
        limit = next(item.max_length for item in rule.metadata if hasattr(item, "max_length"))
        together = [*self._values.get(key, ()), *links]
        if len(together) > limit:
            extra: Any = rule.json_schema_extra
            self._problems.append(Message(_TOO_MANY, {"label": extra["ui"]["label"], "limit": limit}))
            together = together[:limit]
        self._values[key] = together

    def _speed(self, name: str) -> None:
        if name not in self._version.speeds:
            self._refuse(name)
        elif "speed" in self._params.model_fields:
            self._values["speed"] = name

    def _style(self, flag: _Flag) -> None:
        if [value.lower().rstrip(",.;") for value in flag.values] == ["raw"]:
            self._values["raw"] = True
        else:
            self._problems.append(Message(_NOT_RAW))

    def _linked(self, flag: _Flag) -> None:
        field_name = _LINKED[flag.name]
        if field_name not in self._params.model_fields:
            self._refuse(flag.name)
            return
        if not flag.values:
            self._problems.append(Message(_NO_VALUE, {"flag": flag.name}))
            return
        links, codes = [], []
        for value in flag.values:
            bare = value.rstrip(",")
            plain, weight, _rest = bare.partition("::")
            if weight:
                self._problems.append(Message(_WEIGHTED))
            if URL.fullmatch(plain):
                links.append(plain)
            elif flag.name == "sref" and _STYLE_CODE.fullmatch(plain):
                codes.append(plain)
            elif flag.name == "sref":
                self._problems.append(Message(_NOT_STYLES))
            else:
                self._problems.append(Message(_NOT_LINKS, {"flag": flag.name}))
        if links:
            self.add_links(field_name, links)
        if codes:
            self._values["style_codes"] = " ".join([*self._values.get("style_codes", "").split(), *codes])

    def _set(self, flag: str, field_name: str, value: Any) -> None:
        if field_name not in self._params.model_fields:
            # one style version is no choice, but naming it does no harm
            if field_name != "style_version" or value not in self._version.style_versions:
                self._refuse(flag)
            return
        if value == "":
            self._problems.append(Message(_NO_VALUE, {"flag": flag}))
            return
        if field_name == "quality":
            value = _plain_figure(value)
        try:
            # two pictures stand in for the words, which are not what is judged here
            read = self._params.model_validate({"image_prompts": ("", ""), field_name: value})
        except pydantic.ValidationError as error:
            self._problems += list(plain_errors(error, self._params).values())[:1]
        else:
            self._values[field_name] = getattr(read, field_name)

    def _refuse(self, flag: str) -> None:
        self._problems.append(Message(_NOT_HERE, {"model": self._version.title, "flag": flag}))


def _plain_figure(value: str) -> str:
    """ ".5" and "1.0" are written "0.5" and "1"."""
    if not re.fullmatch(r"[0-9]{0,3}(\.[0-9]{1,3})?", value):
        return value
    return f"{float(value):g}"

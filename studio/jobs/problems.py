"""Problems that name a file: a sentence that can be translated, and a name that can't, kept in one column."""

from __future__ import annotations

from django.utils.translation import gettext

#: parts the sentence from the name
_NAMING = "\x1f"


def naming(sentence: str, name: str) -> str:
    """As it is kept; without a name it is the sentence alone. At most 400 characters."""
    return (sentence + _NAMING + name if name else sentence)[:400]


def nameless(problem: str) -> str:
    """The sentence alone, to be translated."""
    return problem.partition(_NAMING)[0]


def said(problem: str) -> str:
    """What a kept problem says, in the language of now."""
    sentence, separator, name = problem.partition(_NAMING)
    return gettext(sentence) + (f" ({name})" if separator else "") if sentence else ""

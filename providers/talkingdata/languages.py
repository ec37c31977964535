"""The languages that the speech speaks, in the order of its page."""

from __future__ import annotations

from typing import Literal

from ..words import gettext_noop as _

#: what is read and heard where nothing is said
DEFAULT = "zh"

LANGUAGES: tuple[tuple[str, str], ...] = (
    ("zh", _("Chinese")),
    ("en", _("English")),
    ("ja", _("Japanese")),
    ("de", _("German")),
    ("fr", _("French")),
    ("ko", _("Korean")),
    ("ru", _("Russian")),
    ("uk", _("Ukrainian")),
    ("pt", _("Portuguese")),
    ("it", _("Italian")),
    ("es", _("Spanish")),
    ("id", _("Indonesian")),
    ("nl", _("Dutch")),
    ("tr", _("Turkish")),
    ("fil", _("Filipino")),
    ("ms", _("Malay")),
    ("el", _("Greek")),
    ("fi", _("Finnish")),
    ("hr", _("Croatian")),
    ("sk", _("Slovak")),
    ("pl", _("Polish")),
    ("sv", _("Swedish")),
    ("hi", _("Hindi")),
    ("bg", _("Bulgarian")),
    ("ro", _("Romanian")),
    ("ar", _("Arabic")),
    ("cs", _("Czech")),
    ("da", _("Danish")),
    ("ta", _("Tamil")),
    ("hun", _("Hungarian")),
    ("vi", _("Vietnamese")),
    ("no", _("Norwegian")),
    ("yue", _("Cantonese")),
    ("th", _("Thai")),
    ("he", _("Hebrew")),
    ("ca", _("Catalan")),
    ("nn", _("Nynorsk")),
    ("af", _("Afrikaans")),
    ("fa", _("Persian")),
    ("sl", _("Slovenian")),
)

Language = Literal[
    "zh", "en", "ja", "de", "fr", "ko", "ru", "uk", "pt", "it", "es", "id", "nl", "tr", "fil", "ms", "el", "fi", "hr",
    "sk", "pl", "sv", "hi", "bg", "ro", "ar", "cs", "da", "ta", "hun", "vi", "no", "yue", "th", "he", "ca", "nn", "af",
    "fa", "sl",
]  # fmt: skip

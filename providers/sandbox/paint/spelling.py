"""From written text to the sounds of a voice, letter by letter: an accent of its own, in every script."""

from __future__ import annotations

import unicodedata
import zlib
from dataclasses import dataclass

Formants = tuple[float, float, float]
"""The first three resonances of the mouth, in hertz, of a grown man."""


@dataclass(frozen=True)
class Phone:
    """One sound. ``voice`` and ``noise`` are how loud its tone and its hiss are; the hiss lies around ``pitch`` hertz.

    ``tone`` 1 to 4 is that of a Chinese syllable, 0 none; ``stress`` marks the vowel that carries a word. ``asks`` is
    the rise at the end of a question, ``ends`` the fall of a sentence. A pause has neither voice nor noise.
    """

    seconds: float
    formants: Formants = (500, 1500, 2500)
    voice: float = 0.0
    noise: float = 0.0
    pitch: float = 2000
    tone: int = 0
    stress: bool = False
    asks: bool = False
    ends: bool = False


_VOWELS: dict[str, Formants] = {
    "a": (730, 1150, 2440),
    "e": (530, 1840, 2480),
    "i": (280, 2250, 2950),
    "o": (540, 860, 2410),
    "u": (310, 870, 2240),
    "v": (280, 1900, 2200),
    "@": (500, 1480, 2500),
}
_SPELLED = {
    "eau": "o", "igh": "ai", "tion": "S@n", "ough": "o", "ee": "i", "ea": "i", "oo": "u", "ou": "au", "ow": "au",
    "ai": "ei", "ay": "ei", "ey": "ei", "ie": "i", "oi": "oi", "oy": "oi", "au": "o", "aw": "o", "er": "@r",
    "sch": "S", "tch": "C", "sh": "S", "ch": "C", "zh": "Z", "th": "T", "ph": "f", "ck": "k", "ng": "N", "qu": "kw",
    "gh": "g", "wh": "w", "kn": "n", "x": "ks", "c": "k", "q": "k", "j": "J", "y": "j",
}  # fmt: skip
_CONSONANTS: dict[str, tuple[Phone, ...]] = {
    "m": (Phone(0.07, (260, 1150, 2200), 0.45),),
    "n": (Phone(0.065, (270, 1650, 2600), 0.45),),
    "N": (Phone(0.075, (280, 2000, 2700), 0.4),),
    "l": (Phone(0.06, (360, 1250, 2700), 0.6),),
    "r": (Phone(0.06, (340, 1150, 1650), 0.55),),
    "w": (Phone(0.06, (300, 720, 2200), 0.6),),
    "j": (Phone(0.055, (280, 2200, 3000), 0.6),),
    "s": (Phone(0.095, (320, 1700, 2600), 0, 0.34, 6400),),
    "z": (Phone(0.08, (320, 1700, 2600), 0.25, 0.22, 6200),),
    "S": (Phone(0.1, (320, 1800, 2500), 0, 0.34, 3200),),
    "Z": (Phone(0.08, (320, 1800, 2500), 0.25, 0.22, 3000),),
    "f": (Phone(0.085, (340, 1100, 2300), 0, 0.14, 4500),),
    "v": (Phone(0.06, (320, 1100, 2300), 0.4, 0.07, 4500),),
    "T": (Phone(0.08, (320, 1400, 2500), 0, 0.12, 5200),),
    "h": (Phone(0.06, (500, 1500, 2500), 0, 0.16, 1600),),
    "p": (Phone(0.055), Phone(0.02, (400, 900, 2200), 0, 0.3, 900)),
    "t": (Phone(0.05), Phone(0.02, (350, 1750, 2600), 0, 0.34, 4300)),
    "k": (Phone(0.05), Phone(0.025, (350, 1900, 2300), 0, 0.3, 2000)),
    "b": (Phone(0.05, (220, 900, 2200), 0.16), Phone(0.012, (350, 950, 2200), 0.4, 0.12, 900)),
    "d": (Phone(0.045, (220, 1700, 2600), 0.16), Phone(0.012, (350, 1700, 2600), 0.4, 0.15, 3900)),
    "g": (Phone(0.045, (220, 1900, 2300), 0.16), Phone(0.014, (350, 1900, 2300), 0.4, 0.13, 1900)),
    "C": (Phone(0.045), Phone(0.075, (320, 1800, 2500), 0, 0.32, 3400)),
    "J": (Phone(0.04, (220, 1800, 2500), 0.15), Phone(0.06, (320, 1800, 2500), 0.25, 0.24, 3100)),
}
_VOWEL_SECONDS = 0.105
_STRESS = 1.25

_INITIALS = ("", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "J", "C", "S", "Z", "s", "z", "j", "w")
_FINALS = ("a", "o", "@", "i", "u", "v", "ai", "ei", "au", "ou", "an", "@n", "aN", "@N", "in", "iN", "uN", "ie", "uo")
_SYLLABLE = 0.95
"""How long the vowels of a Chinese syllable are held."""

_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "jo", "ж": "Z", "з": "z", "и": "i", "й": "j",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "h", "ц": "ts", "ч": "C", "ш": "S", "щ": "S", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "ju", "я": "ja",
    "і": "i", "ї": "ji", "є": "je", "ґ": "g",
}  # fmt: skip
_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_CHINESE_DIGITS = "零一二三四五六七八九"
_PAUSES = {
    ",": 0.2,
    "、": 0.18,
    ";": 0.28,
    ":": 0.28,
    ".": 0.42,
    "。": 0.42,
    "!": 0.42,
    "?": 0.42,
    "…": 0.5,
    "\n": 0.55,
}
_BETWEEN_WORDS = 0.012
_TEMPO = {"ja": 0.86, "es": 0.9, "it": 0.92, "ko": 0.94, "de": 1.04, "ru": 1.02, "th": 1.06, "vi": 1.06, "yue": 0.96}
_CHINESE = ("", "zh", "yue")


def phones(text: str, language: str = "") -> list[Phone]:
    """The sounds of the text one after another. Never empty."""
    tempo = _TEMPO.get(language, 1.0)
    spoken: list[Phone] = []
    word = ""
    for letter in _without_digits(unicodedata.normalize("NFKC", text), language):
        if letter == " " or letter in _PAUSES or not letter.isalpha():
            spoken += _word(word)
            word = ""
            if letter in _PAUSES:
                _pause(spoken, letter)
            elif letter == " ":
                spoken.append(Phone(_BETWEEN_WORDS))
        elif _is_chinese(letter):
            spoken += [*_word(word), *_syllable(letter)]
            word = ""
        else:
            word += _latin(letter)
    spoken += _word(word)
    while spoken and not (spoken[-1].voice or spoken[-1].noise):
        spoken.pop()
    return [_in_tempo(phone, tempo) for phone in [*spoken, Phone(0.12)]]


def spoken_seconds(text: str, language: str = "") -> float:
    """How long the text takes to say."""
    return sum(phone.seconds for phone in phones(text, language))


def _in_tempo(phone: Phone, tempo: float) -> Phone:
    return phone if tempo == 1 else Phone(**{**vars(phone), "seconds": phone.seconds * tempo})


def _without_digits(text: str, language: str) -> str:
    names = _CHINESE_DIGITS if language in _CHINESE else [f" {name} " for name in _DIGITS]
    return "".join(names[int(c)] if c.isascii() and c.isdigit() else c for c in text)


def _pause(spoken: list[Phone], mark: str) -> None:
    """Silence, and the melody of the sentence that ends here: on its last vowel."""
    if not spoken:
        return
    if mark in "?.!。…":
        for at in range(len(spoken) - 1, max(-1, len(spoken) - 7), -1):
            if spoken[at].voice >= 1:
                spoken[at] = Phone(**{**vars(spoken[at]), "asks": mark == "?", "ends": mark != "?"})
                break
    spoken.append(Phone(_PAUSES[mark]))


def _is_chinese(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("CJK UNIFIED")


def _syllable(letter: str) -> list[Phone]:
    """A syllable and tone that always is this character's, though not the one it has in any dictionary."""
    mark = zlib.crc32(letter.encode())
    initial, final = _INITIALS[mark % len(_INITIALS)], _FINALS[mark // 32 % len(_FINALS)]
    return [*_sounds(initial), *_sounds(final, tone=mark // 4096 % 4 + 1, held=_SYLLABLE)]


def _latin(letter: str) -> str:
    """What a letter of any script is in Latin ones, "" for a mere sign."""
    if letter.lower() in _CYRILLIC:
        return _CYRILLIC[letter.lower()]
    plain = unicodedata.normalize("NFD", letter)[0].lower()
    if plain.isascii() and plain.isalpha():
        return plain
    name = unicodedata.name(letter, "").split()
    if not name:
        return ""
    if name[0] in ("HIRAGANA", "KATAKANA", "HANGUL"):
        return name[-1].lower()
    if name[0] == "GREEK":
        return name[-1][:1].lower() if name[-1] not in ("TONOS", "DIALYTIKA") else "a"
    if name[0] == "THAI" and len(name) > 2:
        return name[2].lower()
    return name[-1][:2].lower()


def _word(letters: str) -> list[Phone]:
    if not letters:
        return []
    if len(letters) > 3 and letters[-1] == "e" and letters[-2] not in "aeiou" and letters.isascii():
        letters = letters[:-1]
    code, at = "", 0
    while at < len(letters):
        for size in (4, 3, 2, 1):
            if (piece := letters[at : at + size]) in _SPELLED and len(piece) == size:
                code, at = code + _SPELLED[piece], at + size
                break
        else:
            code, at = code + letters[at], at + 1
    if not any(sound in "aeiou@" for sound in code):
        code = code.replace("j", "i") if "j" in code else code + "@"
    return _sounds(code, stressed=True)


def _sounds(code: str, *, tone: int = 0, held: float = 1.0, stressed: bool = False) -> list[Phone]:
    made: list[Phone] = []
    vowels = sum(sound in "aeiou@" or (tone > 0 and sound == "v") for sound in code)
    stress_at = 0 if vowels < 3 else 1
    seen = 0
    for at, sound in enumerate(code):
        if sound in "aeiou@" or (tone and sound == "v"):
            follows = at + 1 < len(code) and code[at + 1] in "aeiou@"
            stress = stressed and seen == stress_at
            seconds = _VOWEL_SECONDS * held * (_STRESS if stress else 1.0) * (0.75 if follows else 1.0)
            made.append(Phone(seconds, _VOWELS[sound], 1.0, 0.0, tone=tone, stress=stress))
            seen += 1
        elif sound in _CONSONANTS:
            made += _CONSONANTS[sound]
    return made

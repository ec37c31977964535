"""A made-up voice that reads aloud: tones shaped by the resonances of a mouth, and hiss for the consonants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .soundtrack import heard, save_wav
from .spelling import Phone, phones
from .staging import stable_number

_STEP = 0.005
"""Seconds between two settings of the mouth."""
_CHUNK = 400
_LOUDEST = 0.72
_HIGHEST = 5600
"""Hertz above which the tone of a voice is not heard any more."""
_HISSES = (900.0, 1700.0, 3000.0, 4600.0, 6600.0)
_LISTENED = 30.0
_LISTENING_RATE = 16_000
_LOWEST_VOICE, _HIGHEST_VOICE = 65.0, 420.0
_WOMEN = ("female", "woman", "girl", "lady", "queen", "princess", "aunt", "mother", "女", "妹", "姐", "妈", "婆")
_MEN = ("male", "man", "boy", "gentle", "uncle", "father", "king", "男", "哥", "叔", "爸", "爷")
_AGES = {
    "child": 1.4,
    "kid": 1.4,
    "girl": 1.2,
    "boy": 1.3,
    "teen": 1.15,
    "senior": 0.92,
    "elder": 0.92,
    "old": 0.92,
    "童": 1.4,
    "老": 0.92,
}

_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Timbre:
    """``pitch`` in hertz; ``size`` scales the resonances (a small head 1.2); ``breath`` is the share of hiss."""

    pitch: float
    size: float
    breath: float
    bright: float
    lively: float


def speak(
    target: Path,
    *,
    text: str,
    language: str = "",
    voice: str = "",
    seconds: float = 0.0,
    sample_rate: int = 16_000,
    pitch: float = 0.0,
    sample: Path | None = None,
    ranges: Sequence[Sequence[float]] = (),
) -> float:
    """Writes a WAV (16 bits, one channel) of the text read aloud, and tells its seconds.

    It takes as long as the text needs, or exactly ``seconds``. ``voice`` is any name: each has a voice of its own,
    and hints in it of a man, a woman, a child or an old person are followed. The ``ranges`` ([from, to] in seconds;
    none: the beginning) of the recording ``sample`` lend their mean pitch, which ``pitch`` then moves by semitones.
    Equal arguments give equal bytes.
    """
    spoken = phones(text, language)
    needed = sum(phone.seconds for phone in spoken)
    count = round((seconds or needed) * sample_rate)
    stretch = count / sample_rate / needed
    number = stable_number("voice", voice, text)
    timbre = timbre_of(voice, None if sample is None else mean_pitch(sample, ranges))
    timbre = Timbre(**{**vars(timbre), "pitch": timbre.pitch * 2 ** (pitch / 12)})
    made = _Mouth(spoken, stretch, timbre, number).say(count, sample_rate)
    save_wav(target, made[None], sample_rate)
    return count / sample_rate


def timbre_of(voice: str, pitch: float | None = None) -> Timbre:
    """The voice of that name; with ``pitch`` (hertz) one that speaks as high."""
    rng = np.random.default_rng(stable_number("timbre", voice))
    hints = voice.lower()
    woman = any(hint in hints for hint in _WOMEN)
    man = not woman and any(hint in hints for hint in _MEN)
    if not (woman or man):
        woman = rng.random() < 0.5
    base = (rng.uniform(185, 232) if woman else rng.uniform(98, 138)) if pitch is None else pitch
    older = next((factor for hint, factor in _AGES.items() if hint in hints), 1.0)
    if pitch is None:
        base *= older
    # who speaks higher has, as a rule, the smaller head
    size = float(np.clip(1 + 0.24 * np.log2(base / 118), 0.86, 1.4)) * rng.uniform(0.97, 1.03)
    return Timbre(float(base), float(size), rng.uniform(0.008, 0.03), rng.uniform(0.85, 1.25), rng.uniform(0.7, 1.3))


def mean_pitch(path: Path, ranges: Sequence[Sequence[float]] = ()) -> float | None:
    """The middle pitch, in hertz, of whoever speaks in the recording; None where no voice is found.

    Raises ValueError or OSError when the file has no sound that can be read.
    """
    found = []
    for begin, end in [tuple(part)[:2] for part in ranges] or [(0.0, _LISTENED)]:
        sound = heard(path, min(_LISTENED, max(0.0, end - begin)), rate=_LISTENING_RATE, start=max(0.0, begin))[0]
        found.append(_pitches(sound))
    pitches = np.concatenate(found)
    return float(np.median(pitches)) if len(pitches) else None


def _pitches(sound: _Floats) -> _Floats:
    """The pitch of each piece of 50 milliseconds that has one: where it is most like itself a little later."""
    length = _LISTENING_RATE // 20
    pieces = sound[: len(sound) // length * length].reshape(-1, length)
    if not len(pieces):
        return np.zeros(0, np.float32)
    pieces = pieces - pieces.mean(1, keepdims=True)
    spectrum = np.fft.rfft(pieces, 2 * length)
    likeness = np.fft.irfft(np.abs(spectrum) ** 2)[:, :length]
    likeness /= np.linspace(1, 0.02, length)  # fewer samples overlap the later it is
    power = likeness[:, :1]
    low, high = int(_LISTENING_RATE / _HIGHEST_VOICE), int(_LISTENING_RATE / _LOWEST_VOICE)
    searched = likeness[:, low:high] / np.maximum(power, 1e-9)
    best = searched.max(1)
    # the first lag that is nearly as good, or every other voice would be heard an octave too low
    lag = np.argmax(searched > 0.9 * best[:, None], 1)
    peak = np.array([_top(row, at) for row, at in zip(searched, lag, strict=True)])
    clear = (best > 0.55) & (power[:, 0] > 0.02 * power.max())
    return np.asarray(_LISTENING_RATE / (low + peak[clear]), np.float32)


def _top(row: NDArray[np.floating], at: int) -> int:
    while at + 1 < len(row) and row[at + 1] > row[at]:
        at += 1
    return at


class _Mouth:
    """The settings of the mouth every few milliseconds, and the sound that they make."""

    def __init__(self, spoken: Sequence[Phone], stretch: float, timbre: Timbre, number: int) -> None:
        self.timbre = timbre
        self.rng = np.random.default_rng(number)
        ends = np.cumsum([phone.seconds * stretch for phone in spoken])
        self.frames = max(2, int(np.ceil(ends[-1] / _STEP)) + 1)
        which = np.minimum(np.searchsorted(ends, np.arange(self.frames) * _STEP, "right"), len(spoken) - 1)
        formants = np.array([phone.formants for phone in spoken], np.float32)[which]
        self.formants = np.stack([_eased(formants[:, i], 0.035) for i in range(3)], 1) * np.float32(timbre.size)
        self.voice = _eased(np.array([phone.voice for phone in spoken], np.float32)[which], 0.022)
        noise = np.array([phone.noise for phone in spoken], np.float32)[which]
        self.noise = _eased(noise, 0.012) + self.voice * np.float32(timbre.breath)
        self.hiss = np.array([phone.pitch for phone in spoken], np.float32)[which]
        self.pitch = self._melody(spoken, which, ends)

    def _melody(self, spoken: Sequence[Phone], which: NDArray[np.intp], ends: NDArray[np.float64]) -> _Floats:
        """Semitones above and below the voice's pitch, as hertz: sinking over a phrase, with tones and stresses."""
        begins = np.concatenate([[0], ends[:-1]])
        steps = np.zeros(self.frames, np.float32)
        since = 0.0
        for at, phone in enumerate(spoken):
            inside = which == at if phone.voice or phone.noise else None
            if inside is None:
                since = ends[at] if phone.seconds > 0.1 else since
                continue
            first = int(np.ceil(begins[at] / _STEP))
            last = max(first + 1, int(np.ceil(ends[at] / _STEP)))
            part = np.linspace(0, 1, last - first, dtype=np.float32)
            sinking = 2.2 * np.exp(-(begins[at] - since) / 1.8) - 1.2
            steps[first:last] = (sinking + _tone(phone, part) * self.timbre.lively)[: max(0, self.frames - first)]
        wander = np.interp(np.arange(self.frames), np.arange(0, self.frames + 40, 40),
                           self.rng.normal(0, 0.35, len(np.arange(0, self.frames + 40, 40))))  # fmt: skip
        semitones = _eased(steps, 0.07) + wander.astype(np.float32) + self.rng.normal(0, 0.06, self.frames)
        return np.asarray(self.timbre.pitch * 2 ** (semitones / 12), np.float32)

    def say(self, count: int, rate: int) -> _Floats:
        per_step = rate * _STEP
        out = np.zeros(count, np.float32)
        hisses = self._hisses(rate)
        phase = 0.0
        for begin in range(0, self.frames - 1, _CHUNK):
            end = min(self.frames - 1, begin + _CHUNK)
            first, last = round(begin * per_step), min(count, round(end * per_step))
            if last <= first:
                break
            at = np.arange(first, last) / per_step - begin
            part = slice(begin, end + 1)
            turns = phase + np.cumsum(_between(self.pitch[part], at)) * (2 * np.pi / rate)
            phase = float(turns[-1] % (2 * np.pi))
            out[first:last] = self._tone(part, at, turns, rate) + self._hiss(part, at, hisses, first)
        loudest = float(np.abs(out).max(initial=0.0))
        return np.asarray(out * (_LOUDEST / max(loudest, 1e-6)), np.float32)

    def _tone(self, part: slice, at: NDArray[np.float64], turns: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
        pitch = self.pitch[part]
        top = min(_HIGHEST, rate * 0.46)
        total = np.zeros(len(at))
        if not self.voice[part].any():
            return total
        # cos(kx) from the two before it: a multiplication instead of a cosine for each overtone
        before, now, twice = np.ones(len(at)), np.cos(turns), 2 * np.cos(turns)
        for k in range(1, int(top / float(pitch.min())) + 1):
            height = k * pitch
            level = self.voice[part] * self._resonance(part, height) / k ** (1.15 / self.timbre.bright)
            total += now * _between(np.asarray(np.where(height < top, level, 0), np.float32), at)
            before, now = now, twice * now - before
        return total

    def _resonance(self, part: slice, height: _Floats) -> _Floats:
        gain = np.ones(len(height), np.float32)
        size, widths = self.timbre.size, (75.0, 100.0, 150.0, 220.0, 300.0)
        higher = np.full((len(height), 2), (3500 * size, 4600 * size), np.float32)
        middles = np.concatenate([self.formants[part], higher], 1).T
        for middle, width in zip(middles, widths, strict=True):
            ratio = np.square(height / middle)
            gain = gain / np.sqrt(np.square(1 - ratio) + ratio * np.square(width / middle))
        return np.asarray(gain, np.float32)

    def _hisses(self, rate: int) -> _Floats:
        """Noise in a few bands, long enough that nobody hears it come round."""
        size = 1 << int(np.ceil(np.log2(2.5 * rate)))
        heights = np.fft.rfftfreq(size, 1 / rate)
        noise = np.fft.rfft(self.rng.standard_normal(size))
        bands = []
        for middle in _HISSES:
            shape = np.exp(-np.square((heights - min(middle, rate * 0.42)) / (0.3 * middle)))
            band = np.fft.irfft(noise * shape, size)
            bands.append(band / max(float(band.std()), 1e-9))
        return np.asarray(bands, np.float32)

    def _hiss(self, part: slice, at: NDArray[np.float64], hisses: _Floats, first: int) -> NDArray[np.float64]:
        total = np.zeros(len(at))
        if not (self.noise[part] > 1e-3).any():
            return total
        place = (first + np.arange(len(at))) % hisses.shape[1]
        for middle, band in zip(_HISSES, hisses, strict=True):
            near = np.exp(-np.square(np.log(self.hiss[part] / middle) / 0.45))
            total += band[place] * _between(np.asarray(self.noise[part] * near * 1.5, np.float32), at)
        return total


def _tone(phone: Phone, part: _Floats) -> _Floats:
    """Semitones over the sound, from its beginning (0) to its end (1)."""
    if phone.tone == 1:
        steps = np.full_like(part, 2.6)
    elif phone.tone == 2:
        steps = -1.6 + 4.6 * part
    elif phone.tone == 3:
        steps = -1.2 - 4.0 * np.sin(np.pi * np.minimum(1, part * 1.2)) + 1.2 * part
    elif phone.tone == 4:
        steps = 3.4 - 6.4 * part
    else:
        steps = (2.2 * np.sin(np.pi * part)) if phone.stress else np.zeros_like(part)
    if phone.asks:
        steps = steps + 6.0 * part
    elif phone.ends:
        steps = steps - 3.0 * part
    return np.asarray(steps, np.float32)


def _between(values: _Floats, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values at those places between them."""
    whole = np.minimum(at.astype(np.intp), len(values) - 2)
    part = at - whole
    return np.asarray(values[whole] * (1 - part) + values[whole + 1] * part, np.float64)


def _eased(values: _Floats, seconds: float) -> _Floats:
    """Each change spread over so many seconds."""
    size = max(1, round(seconds / _STEP)) | 1
    window = np.hanning(size + 2)[1:-1]
    padded = np.pad(values, size // 2, mode="edge")
    return np.asarray(np.convolve(padded, window / window.sum(), "valid"), np.float32)

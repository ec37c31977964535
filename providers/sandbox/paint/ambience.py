"""What a place sounds like: wind, water, rain, birds, traffic and quiet music, made from noise and tones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .soundtrack import RATE, Samples, faded
from .words import Intent, read

_Rng = np.random.Generator
_Layer = Callable[[_Rng, int, int], Samples]
"""From (randomness, channels, samples) to that sound, about 1 where it is loudest."""

_LOUDEST = 0.5
_SCALES = ((0, 2, 4, 7, 9), (0, 3, 5, 7, 10), (0, 2, 5, 7, 9), (0, 2, 3, 7, 8))
_MUSIC = (
    "music",
    "song",
    "melody",
    "piano",
    "guitar",
    "violin",
    "orchestra",
    "jazz",
    "音乐",
    "歌",
    "钢琴",
    "旋律",
    "琴",
)
_FIRE = ("fire", "flame", "campfire", "candle", "火", "篝火", "蜡烛")


def ambience(words: str, count: int, channels: int, number: int) -> Samples:
    """``count`` samples at 48 kHz that fit the words. Equal arguments give equal samples."""
    rng = np.random.default_rng(number)
    total = np.zeros((channels, count), np.float32)
    for layer, level in _layers(words):
        total += layer(rng, channels, count)[:, :count] * np.float32(level)
    loudest = float(np.abs(total).max(initial=0.0))
    return faded(total * np.float32(_LOUDEST / max(loudest, 1e-6)), 0.4, 0.8)


def _layers(words: str) -> list[tuple[_Layer, float]]:
    intent, text = read(words), words.lower()
    layers = [*_of_the_land(intent), *_of_the_air(intent)]
    if any(word in text for word in _FIRE) or "tent" in intent.objects:
        layers.append((_fire, 0.7))
    if any(word in text for word in _MUSIC) or not layers:
        layers.append((_melody, 0.8))
    return [*layers[:4], (_pad, 0.22)]


def _of_the_land(intent: Intent) -> list[tuple[_Layer, float]]:
    layers: list[tuple[_Layer, float]] = []
    if intent.wants("sea", "wave", "fjord") or {"boat", "whale", "lighthouse"} & set(intent.objects):
        layers.append((_sea, 1.0))
    if intent.wants("river", "waterfall", "lake"):
        layers.append((_stream, 0.7))
    if intent.wants("city", "street") or {"car", "train"} & set(intent.objects):
        layers.append((_city, 0.9))
    if intent.wants("forest", "meadow", "flower", "hill") or {"bird", "flock"} & set(intent.objects):
        layers += [(_wind, 0.35), (_crickets, 0.2) if intent.time in ("night", "blue") else (_birds, 0.4)]
    if intent.wants("mountain", "desert", "canyon", "snowfield"):
        layers.append((_wind, 0.8))
    if intent.wants("space", "aurora", "ink"):
        layers.append((_deep, 0.9))
    return layers


def _of_the_air(intent: Intent) -> list[tuple[_Layer, float]]:
    layers: list[tuple[_Layer, float]] = []
    if intent.weathers & {"rain", "storm"}:
        layers.append((_rain, 0.8))
    if "storm" in intent.weathers:
        layers.append((_thunder, 1.0))
    if intent.weathers & {"wind", "snow", "storm"}:
        layers.append((_wind, 0.6))
    return layers


def _noise(rng: _Rng, channels: int, count: int, low: float, high: float) -> Samples:
    """Noise between two pitches (in hertz) that falls off softly beyond them; its usual level is 0.3."""
    size = 1 << max(10, (count - 1).bit_length())
    pitch = np.fft.rfftfreq(size, 1 / RATE).astype(np.float32) + np.float32(1e-3)
    shape = 1 / (1 + (low / pitch) ** 4) / (1 + (pitch / high) ** 4) / np.sqrt(pitch)
    parts = rng.standard_normal((channels, 2, len(pitch)), np.float32) * shape
    made = np.fft.irfft(parts[:, 0] + 1j * parts[:, 1], size)[:, :count]
    return np.asarray(made * (0.3 / max(float(made.std()), 1e-9)), np.float32)


def _swelling(rng: _Rng, count: int, seconds: float, low: float = 0.0) -> NDArray[np.float32]:
    """A slow curve between ``low`` and 1 that turns about every ``seconds``."""
    knots = max(3, round(count / RATE / seconds) + 3)
    heights = low + (1 - low) * rng.random(knots)
    place = np.linspace(0, knots - 1.001, count) + rng.random() * 1e-3
    step, part = np.floor(place).astype(int), place % 1
    soft = part * part * (3 - 2 * part)
    following = np.minimum(step + 1, knots - 1)
    return np.asarray(heights[step] * (1 - soft) + heights[following] * soft, np.float32)


def _placed(sound: NDArray[np.float32], at: int, side: float, onto: Samples) -> None:
    """Adds a short sound at that sample; ``side`` -1 is left, 1 is right."""
    part = sound[: max(0, onto.shape[1] - at)]
    gains = (1.0,) if len(onto) == 1 else (min(1.0, 1 - side), min(1.0, 1 + side))
    for channel, gain in enumerate(gains):
        onto[channel, at : at + len(part)] += part * np.float32(gain)


def _sea(rng: _Rng, channels: int, count: int) -> Samples:
    wave = _swelling(rng, count, 3.2, 0.15)
    deep, spray = _noise(rng, channels, count, 60, 500), _noise(rng, channels, count, 900, 5000)
    return np.asarray(deep * (0.4 + 0.9 * wave) + spray * (0.06 + 0.7 * wave**3), np.float32)


def _stream(rng: _Rng, channels: int, count: int) -> Samples:
    bubbling = _noise(rng, channels, count, 500, 2600) * (0.5 + 0.5 * _swelling(rng, count, 0.12))
    return np.asarray(bubbling + 0.4 * _noise(rng, channels, count, 120, 700), np.float32)


def _wind(rng: _Rng, channels: int, count: int) -> Samples:
    total = np.zeros((channels, count), np.float32)
    for pitch, level in ((160, 1.0), (330, 0.8), (620, 0.5), (1150, 0.25)):
        gusts = _swelling(rng, count, 1.8, 0.05) ** 2
        total += _noise(rng, channels, count, pitch * 0.85, pitch * 1.2) * gusts * np.float32(level)
    return total


def _rain(rng: _Rng, channels: int, count: int) -> Samples:
    total = _noise(rng, channels, count, 1500, 9000) * np.float32(0.7)
    time = np.arange(round(0.03 * RATE), dtype=np.float32) / RATE
    for _ in range(int(count / RATE * 22)):
        drop = np.exp(-time * rng.uniform(150, 320)) * np.sin(2 * np.pi * rng.uniform(900, 3800) * time)
        _placed((drop * rng.uniform(0.1, 0.5)).astype(np.float32), int(rng.integers(count)), rng.uniform(-1, 1), total)
    return total


def _thunder(rng: _Rng, channels: int, count: int) -> Samples:
    rolling = _noise(rng, channels, count, 25, 110) * np.float32(2.4)
    return np.asarray(rolling * _swelling(rng, count, 2.4) ** 3, np.float32)


def _fire(rng: _Rng, channels: int, count: int) -> Samples:
    total = _noise(rng, channels, count, 80, 400) * _swelling(rng, count, 0.3, 0.4)
    time = np.arange(round(0.012 * RATE), dtype=np.float32) / RATE
    for _ in range(int(count / RATE * 14)):
        crack = rng.standard_normal(len(time)) * np.exp(-time * rng.uniform(400, 1500))
        _placed((crack * rng.uniform(0.1, 0.6)).astype(np.float32), int(rng.integers(count)), rng.uniform(-1, 1), total)
    return total


def _city(rng: _Rng, channels: int, count: int) -> Samples:
    total = _noise(rng, channels, count, 40, 220) * np.float32(0.8)
    for _ in range(1 + count // (3 * RATE)):
        passing = np.exp(-np.square((np.arange(count) - rng.integers(count)) / (rng.uniform(0.5, 1.2) * RATE)))
        side = rng.uniform(-1, 1)
        tyres = _noise(rng, 1, count, 250, 1100)[0] * passing.astype(np.float32)
        _placed(tyres * np.float32(0.6), 0, side, total)
    return total


def _birds(rng: _Rng, channels: int, count: int) -> Samples:
    total = np.zeros((channels, count), np.float32)
    for _ in range(1 + int(count / RATE * 0.9)):
        at, side, pitch = int(rng.integers(count)), rng.uniform(-1, 1), rng.uniform(2200, 4300)
        for note in range(int(rng.integers(2, 6))):
            length = rng.uniform(0.05, 0.14)
            time = np.arange(round(length * RATE), dtype=np.float32) / RATE
            sweep = pitch * (1 + rng.uniform(-0.25, 0.25) * time / length + 0.05 * np.sin(2 * np.pi * 28 * time))
            chirp = np.sin(2 * np.pi * np.cumsum(sweep) / RATE) * np.sin(np.pi * time / length) ** 2
            start = at + round(note * rng.uniform(0.11, 0.19) * RATE)
            _placed((chirp * rng.uniform(0.25, 0.6)).astype(np.float32), min(start, count), side, total)
    return total


def _crickets(rng: _Rng, channels: int, count: int) -> Samples:
    time = np.arange(count, dtype=np.float32) / RATE
    total = np.zeros((channels, count), np.float32)
    for side in (-0.6, 0.5):
        pulse = np.clip(np.sin(2 * np.pi * rng.uniform(26, 34) * time), 0, 1)
        phrase = np.clip(np.sin(2 * np.pi * rng.uniform(0.8, 1.3) * time + rng.uniform(0, 6)) * 3, 0, 1)
        tone = np.sin(2 * np.pi * rng.uniform(3900, 4700) * time)
        _placed((tone * pulse * phrase * 0.4).astype(np.float32), 0, side, total)
    return total


def _deep(rng: _Rng, channels: int, count: int) -> Samples:
    time = np.arange(count, dtype=np.float32) / RATE
    total = _noise(rng, channels, count, 30, 140) * _swelling(rng, count, 3.0, 0.3)
    base = rng.uniform(48, 62)
    for ratio in (1.0, 1.5, 2.0, 3.0, 4.5):
        tone = np.sin(2 * np.pi * base * ratio * time) * _swelling(rng, count, 2.6) / ratio
        _placed((tone * 0.5).astype(np.float32), 0, rng.uniform(-0.7, 0.7), total)
    return total


def _pad(rng: _Rng, channels: int, count: int) -> Samples:
    """Slow chords of the scale, one flowing into the next."""
    scale, base = _SCALES[int(rng.integers(len(_SCALES)))], rng.uniform(104, 156)
    total = np.zeros((channels, count), np.float32)
    length, step = round(5.2 * RATE), round(3.6 * RATE)
    for begin in range(-step // 2, count, step):
        first = int(rng.integers(len(scale)))
        for degree in (first, first + 2, first + 4):
            octave, note = divmod(degree, len(scale))
            pitch = base * 2 ** (octave + scale[note] / 12)
            skipped, size = max(0, -begin), min(length, count - begin)
            time = np.arange(skipped, size, dtype=np.float32) / RATE
            swell = np.sin(np.pi * np.arange(skipped, size, dtype=np.float32) / length) ** 2
            tone = sum(np.sin(2 * np.pi * pitch * k * (1 + 0.0007 * k) * time) / k**1.8 for k in (1, 2, 3, 4))
            _placed(np.asarray(tone * swell * 0.3, np.float32), max(0, begin), rng.uniform(-0.6, 0.6), total)
    return total


def _melody(rng: _Rng, channels: int, count: int) -> Samples:
    """Plucked notes that wander over the scale in an even beat."""
    scale, base = _SCALES[int(rng.integers(len(_SCALES)))], rng.uniform(210, 300)
    beat = rng.uniform(0.34, 0.46)
    total = np.zeros((channels, count), np.float32)
    time = np.arange(round(1.6 * RATE), dtype=np.float32) / RATE
    degree = int(rng.integers(len(scale)))
    for number in range(int(count / RATE / beat)):
        if rng.random() < 0.24:
            continue
        degree = int(np.clip(degree + rng.integers(-2, 3), -3, 9))
        octave, note = divmod(degree, len(scale))
        pitch = base * 2 ** (octave + scale[note] / 12)
        tone = sum(
            np.sin(2 * np.pi * pitch * k * time) * np.exp(-time * (2.2 + 1.6 * k)) / k**1.3 for k in (1, 2, 3, 5)
        )
        soft = np.minimum(1, time / 0.006) * (0.45 + 0.25 * rng.random()) * (1.0 if number % 4 == 0 else 0.75)
        _placed(np.asarray(tone * soft, np.float32), round(number * beat * RATE), rng.uniform(-0.4, 0.4), total)
    return total

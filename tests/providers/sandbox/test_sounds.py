"""Voices that read aloud: how long they take, how high they speak, how they are stored."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from providers.sandbox.paint.spelling import phones, spoken_seconds
from providers.sandbox.paint.voice import mean_pitch
from providers.sandbox.painter import FlatPainter, Painter, RealPainter
from providers.sandbox.probing import probe
from providers.sandbox.render import Work, render
from tests.providers.sandbox.footage import voiced, write

ASKED: dict[str, Any] = {
    "text": "Good evening, and welcome to the harbour.",
    "language": "en",
    "voice": "someone",
    "seconds": 0,
    "sample_rate": 16_000,
    "pitch": 0,
    "sample": "",
    "ranges": [],
}
both = pytest.mark.parametrize("painter", [RealPainter(), FlatPainter()], ids=["real", "flat"])


def say(folder: Path, painter: Painter | None = None, target: str = "voice.wav", **changes: Any) -> np.ndarray:
    """The samples, in -1..1."""
    render(painter or RealPainter(), Work("speak", {"prompt": "", "seed": 1, "index": 0, "width": 64, "height": 64}, "",
           {**ASKED, **changes}), folder, target, [])  # fmt: skip
    with wave.open(str(folder / target)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


@both
@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 32_000, 44_100])
def test_a_recording_is_a_wav_of_the_rate_asked_for(tmp_path: Path, painter: Painter, rate: int) -> None:
    samples = say(tmp_path, painter, sample_rate=rate)
    found = probe(tmp_path / "voice.wav")
    assert (found.kind, found.format, found.codec) == ("audio", "wav", "pcm_s16le")
    assert (found.channels, found.sample_rate) == (1, rate)
    assert found.duration == pytest.approx(spoken_seconds(ASKED["text"], "en"), abs=0.01)
    assert 0.05 < np.abs(samples).max() < 1


@both
@pytest.mark.parametrize("seconds", [1, 2.5, 12])
def test_it_can_take_exactly_as_long_as_asked(tmp_path: Path, painter: Painter, seconds: float) -> None:
    assert len(say(tmp_path, painter, seconds=seconds)) == seconds * 16_000


@pytest.mark.parametrize(
    ("language", "text", "a_second"),
    [
        ("en", "The old lighthouse keeper climbed the stairs every evening to light the lamp above the bay.", (10, 20)),
        ("zh", "今天的天气很好我们一起去海边散步看日落吃海鲜", (3, 6)),
        ("yue", "今天的天气很好我们一起去海边散步看日落吃海鲜", (3, 6)),
        ("ja", "きょうはとてもいいてんきですからうみへさんぽにいきましょう", (5, 10)),
        ("ko", "오늘은날씨가매우좋아서우리는바닷가로산책을갑니다", (3, 8)),
        ("ru", "Сегодня очень хорошая погода и мы идём гулять к морю", (9, 20)),
        ("fr", "Le vieux gardien du phare montait chaque soir pour allumer la lampe", (9, 20)),
        ("el", "Σήμερα ο καιρός είναι πολύ καλός και πάμε βόλτα", (8, 20)),
        ("ar", "الطقس جميل جدا اليوم وسنذهب إلى البحر", (5, 20)),
        ("hi", "आज मौसम बहुत अच्छा है और हम समुद्र जाएंगे", (5, 20)),
        ("th", "วันนี้อากาศดีมากเราไปเดินเล่นที่ทะเลกัน", (4, 20)),
        ("he", "היום מזג האוויר נעים מאוד", (5, 20)),
        ("ta", "இன்று வானிலை மிகவும் நன்றாக உள்ளது", (4, 20)),
    ],
)
def test_every_script_takes_its_time(language: str, text: str, a_second: tuple[int, int]) -> None:
    slowest, quickest = a_second
    assert len(text) / quickest < spoken_seconds(text, language) < len(text) / slowest
    assert spoken_seconds(text * 3, language) == pytest.approx(3 * spoken_seconds(text, language), rel=0.15)


def test_punctuation_pauses_and_signs_without_sound_do_not_break_anything(tmp_path: Path) -> None:
    plain, halting = "one two three", "one, two. Three?"
    assert spoken_seconds(halting, "en") > spoken_seconds(plain, "en") + 0.4
    assert spoken_seconds("海边", "zh") < spoken_seconds("海，边", "zh")
    assert spoken_seconds("12345", "zh") == pytest.approx(spoken_seconds("一二三四五", "zh"))
    for text in ("...", "🙂🙂", "\n", " ", "-", "a", "\u0301"):
        assert len(say(tmp_path, text=text)) > 0


def test_pauses_are_silent(tmp_path: Path) -> None:
    text = "mama. mama"
    ends = np.cumsum([phone.seconds for phone in phones(text, "en")])
    pause = next(i for i, phone in enumerate(phones(text, "en")) if phone.seconds > 0.3)
    samples = say(tmp_path, text=text)
    silent = samples[round((ends[pause - 1] + 0.08) * 16_000) : round((ends[pause] - 0.08) * 16_000)]
    assert np.abs(silent).max() < 0.01 < np.abs(samples).max()


def test_vowels_and_consonants_sound_as_they_should(tmp_path: Path) -> None:
    def middle(text: str) -> np.ndarray:
        samples = say(tmp_path, text=text, voice="male")
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
        heights = np.fft.rfftfreq(len(samples), 1 / 16_000)
        return np.array([spectrum[(heights > low) & (heights < high)].sum() for low, high in
                         ((150, 450), (500, 1000), (1700, 2700), (5000, 7500))])  # fmt: skip

    ah, ee, hiss = middle("a a a a"), middle("ee ee ee ee"), middle("sss")
    assert ah[1] > ah[0] and ee[0] > ee[1], "the mouth is open for one and nearly closed for the other"
    assert ee[2] / ee[1] > ah[2] / ah[1]
    assert hiss[3] / hiss.sum() > 10 * ah[3] / ah.sum()


def test_voices_differ_by_their_names_and_speak_alike_each_time(tmp_path: Path) -> None:
    first = say(tmp_path, voice="anna")
    assert np.array_equal(first, say(tmp_path, voice="anna"))
    assert not np.array_equal(first, say(tmp_path, voice="berta"))


@pytest.mark.parametrize("name", ["x1", "x2", "x3"])
def test_hints_of_men_women_and_children_are_followed(tmp_path: Path, name: str) -> None:
    heights = []
    for hint in ("male", "female", "female child"):
        say(tmp_path, voice=f"{name} {hint}")
        heights.append(mean_pitch(tmp_path / "voice.wav") or 0)
    assert 80 < heights[0] < 160 < heights[1] < heights[2] < 360


def test_pitch_moves_the_voice_by_semitones(tmp_path: Path) -> None:
    heights = {}
    for pitch in (-12, 0, 7):
        say(tmp_path, voice="female", pitch=pitch, text="mama nana lala")
        heights[pitch] = mean_pitch(tmp_path / "voice.wav") or 0
    assert heights[0] / heights[-12] == pytest.approx(2, rel=0.12)
    assert heights[7] / heights[0] == pytest.approx(2 ** (7 / 12), rel=0.12)


@pytest.mark.parametrize("pitch", [95, 140, 210, 300])
def test_a_voice_takes_the_pitch_of_a_recording(tmp_path: Path, pitch: int) -> None:
    write(tmp_path / "sample.wav", size=None, sound=voiced(3, pitch), sound_codec="pcm_s16le", rate=16_000)
    assert mean_pitch(tmp_path / "sample.wav") == pytest.approx(pitch, rel=0.03)
    say(tmp_path, voice="male", sample="sample.wav", text="mama nana lala mama nana")
    assert mean_pitch(tmp_path / "voice.wav") == pytest.approx(pitch, rel=0.15)


def test_only_the_ranges_of_a_recording_count(tmp_path: Path) -> None:
    both_of_them = np.concatenate([voiced(3, 110), voiced(3, 240)], 1)
    write(tmp_path / "two.mp3", size=None, sound=both_of_them, sound_codec="libmp3lame", rate=16_000)
    assert mean_pitch(tmp_path / "two.mp3", [[0, 2.5]]) == pytest.approx(110, rel=0.03)
    assert mean_pitch(tmp_path / "two.mp3", [[3.5, 5], [5.2, 6]]) == pytest.approx(240, rel=0.03)


def test_a_recording_without_a_voice_leaves_the_voice_its_own_pitch(tmp_path: Path) -> None:
    for name, sound in (("silence", np.zeros((1, 32_000), np.float32)), ("short", voiced(0.02, 200))):
        write(tmp_path / f"{name}.wav", size=None, sound=sound, sound_codec="pcm_s16le", rate=16_000)
        assert mean_pitch(tmp_path / f"{name}.wav") is None
        assert np.array_equal(say(tmp_path, sample=f"{name}.wav"), say(tmp_path))


def test_a_sample_that_is_no_sound_fails_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "sample.wav").write_bytes(b"not a sound")
    with pytest.raises((OSError, ValueError)):
        say(tmp_path, sample="sample.wav")
    assert [path.name for path in tmp_path.iterdir()] == ["sample.wav"]

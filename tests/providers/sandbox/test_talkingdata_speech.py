"""MiniMax speech in the emulated model pool: what it takes, refuses and says."""

from __future__ import annotations

import base64
import io
import json
import time
import uuid
import wave
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from providers.sandbox.probing import Probe, probe
from providers.sandbox.talkingdata_job import ERRORS
from providers.sandbox.talkingdata_speech_orders import LANGUAGES
from tests.media.films import film
from tests.media.sounds import sound
from tests.providers.sandbox.pictures import encoded
from tests.providers.sandbox.pool import JOB, Pool, sample

SPEECH = "T0311001"
FIELDS = {"ErrorCode", "Msg", "AudioData", "AudioUrl", "VoiceId", "ExtInfo", "RequestId"}


@pytest.fixture
def pool(client) -> Pool:
    return Pool(client.base)


def extras(**syn: Any) -> str:
    return json.dumps({"synExt": syn})


def ranges(value: Any) -> str:
    return json.dumps({"cloneExt": {"timeRanges": value}})


def recording(kind: str = "wav", seconds: float = 3.0) -> str:
    return base64.b64encode(sound(kind, seconds)).decode()


def said(pool: Pool, **body: Any) -> dict[str, Any]:
    response = pool.post(JOB, body, SPEECH)
    assert response.status_code == 200, response.text
    answer = dict(response.json()["Response"])
    assert set(answer) == FIELDS, answer
    return answer


def spoken(pool: Pool, **body: Any) -> dict[str, Any]:
    answer = said(pool, **{"Text": "Hello there", **body})
    assert (answer["ErrorCode"], answer["Msg"]) == (0, "success"), answer
    return answer


def heard(folder: Path, answer: dict[str, Any]) -> Probe:
    path = folder / "spoken.wav"
    path.write_bytes(base64.b64decode(answer["AudioData"], validate=True))
    seen = probe(path)
    assert abs(json.loads(answer["ExtInfo"])["duration"] - seen.duration) < 0.01
    return seen


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("MissingParameter", {}, "Text"),
    ("MissingParameter", {"Text": ""}, "Text"),
    ("MissingParameter", {"Text": " "}, "Text"),
    ("MissingParameter", {"VoiceId": "female-shaonv"}, "Text"),
    ("InvalidParameter", {"Text": 5}, "Text"),
    ("InvalidParameterValue", {"Text": "x" * 2001}, "Text"),
    ("UnknownParameter", {"Speed": 1}, "Speed"),
    ("UnknownParameter", {"TaskId": "x"}, "TaskId"),
    ("InvalidParameterValue", {"TextLang": "xx"}, "TextLang"),
    ("InvalidParameterValue", {"TextLang": "zh-CN"}, "TextLang"),
    ("InvalidParameterValue", {"AudioLang": "xx", "AudioData": recording()}, "AudioLang"),
    ("InvalidParameterValue", {"VoiceId": "nobody"}, "nobody"),
    ("InvalidParameter", {"VoiceId": 5}, "VoiceId"),
    ("InvalidParameterValue", {"AudioData": "no!"}, "AudioData"),
    ("InvalidParameterValue", {"AudioUrl": "ftp://example.com/a.wav"}, "AudioUrl"),
    ("InvalidParameter", {"VoiceProfile": []}, "VoiceProfile"),
    ("UnknownParameter", {"VoiceProfile": {"Mood": "x"}}, "VoiceProfile.Mood"),
    ("InvalidParameterValue", {"VoiceProfile": {"Gender": "Female"}}, "Gender"),
    ("InvalidParameterValue", {"VoiceProfile": {"Age": "old"}}, "Age"),
    ("InvalidParameter", {"VoiceProfile": {"Name": 1}}, "Name"),
    ("InvalidParameter", {"VoiceProfile": {"Labels": "x"}}, "Labels"),
    ("InvalidParameter", {"VoiceProfile": {"Scenes": [1]}}, "Scenes"),
    ("InvalidParameter", {"Output": "url"}, "Output"),
    ("InvalidParameterValue", {"Output": {"Type": "file"}}, "Output.Type"),
    ("UnknownParameter", {"Output": {"Format": "mp3"}}, "Output.Format"),
    ("InvalidParameter", {"ExtParam": {}}, "ExtParam"),
    ("InvalidParameter", {"ExtParam": "{"}, "ExtParam"),
    ("InvalidParameter", {"ExtParam": "[]"}, "ExtParam"),
    ("InvalidParameter", {"ExtParam": '{"synExt": 1}'}, "synExt"),
    ("UnknownParameter", {"ExtParam": '{"synExt.pitch": 1}'}, "synExt.pitch"),
    ("UnknownParameter", {"ExtParam": extras(speed=1)}, "synExt.speed"),
    ("UnknownParameter", {"ExtParam": '{"cloneExt": {"noise": 1}}'}, "cloneExt.noise"),
    *[
        ("InvalidParameterValue", {"ExtParam": extras(duration=value)}, "duration")
        for value in (0, -1, 601, "5", True, None)
    ],
    *[
        ("InvalidParameterValue", {"ExtParam": extras(sampleRate=value)}, "sampleRate")
        for value in (16001, 48000, "16000", 0, True)
    ],
    *[("InvalidParameterValue", {"ExtParam": extras(pitch=value)}, "pitch") for value in (-13, 13, 1.5, "1", True)],
    *[
        ("InvalidParameterValue", {"ExtParam": ranges(value), "AudioData": recording()}, "timeRanges")
        for value in ([], [1, 2], [[1]], [[2, 1]], [[1, 1]], [[-1, 2]], [["0", "1"]], "x", None)
    ],
]


@pytest.mark.parametrize(("code", "body", "named"), REFUSED)
def test_what_is_refused(pool, code, body, named):
    whole = body if code == "MissingParameter" else {"Text": "Hello", **body}
    assert named in pool.refused(code, whole, SPEECH)


@pytest.mark.parametrize(
    "body",
    [
        {"Text": "x" * 2000, "ExtParam": extras(duration=1)},
        {"ExtParam": extras(pitch=-12, duration=0.5)},
        {"ExtParam": extras(pitch=12)},
        {"VoiceId": "male-qn-qingse", "TextLang": "", "Output": {}, "VoiceProfile": {}, "ExtParam": ""},
        {"VoiceProfile": {"Gender": "female", "Age": "middle_aged", "Labels": ["磁性"], "Scenes": ["解说"]}},
        {"AudioData": recording(), "AudioUrl": "http://127.0.0.1:1/unread.wav", "ExtParam": ranges([[0, 1], [1.5, 3]])},
    ],
)
def test_what_is_taken_at_its_bounds(pool, tmp_path, body):
    heard(tmp_path, spoken(pool, **body))


def test_all_forty_languages_are_spoken(pool):
    assert len(LANGUAGES) == 40
    for language in sorted(LANGUAGES):
        spoken(pool, TextLang=language, ExtParam=extras(duration=0.2))


def test_the_documented_sample_is_taken_and_answered(pool, tmp_path):
    cloned = said(pool, AudioData=recording())["VoiceId"]
    body = sample("speech-2.8", "order") | {"VoiceId": cloned}
    response = pool.post(f"{JOB}?requestId={uuid.uuid4()}", body, SPEECH)
    answer, shown = response.json()["Response"], sample("speech-2.8", "taken")["Response"]
    assert set(shown) < set(answer) == FIELDS
    assert (answer["ErrorCode"], answer["Msg"], answer["VoiceId"]) == (0, "success", cloned)
    heard(tmp_path, answer)


# ── the door ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "Bearer invalid"])
def test_a_key_is_wanted(pool, header):
    pool.refused("AuthFailure.SecretIdNotFound", {"Text": "Hello"}, SPEECH, authorization=header)


def test_what_a_call_needs(pool):
    pool.refused("InvalidParameter", {"Text": "Hello"}, SPEECH, **{"x-timestamp": "1700000000"})
    pool.refused("InvalidParameter", {"Text": "Hello"}, SPEECH, **{"content-type": "text/plain"})


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_can_be_asked_for(pool, code):
    pool.refused(code, {"Text": f"Hello sandbox-error:{code}."}, SPEECH)


def test_an_account_in_trouble(pool):
    Pool(pool.base, "no-money").refused("ResourceInsufficient", {"Text": "Hello"}, SPEECH)


@pytest.mark.parametrize(
    ("text", "code"),
    [("forbidden words", "ContentModerationFailed"), ("Hello sandbox-fail:ModelGenerateFailed", "ModelGenerateFailed")],
)
def test_what_fails_says_so_in_its_reply(pool, text, code):
    answer = said(pool, Text=text)
    assert answer["ErrorCode"] != 0 and answer["Msg"].startswith(code)
    assert answer["AudioData"] == answer["AudioUrl"] == ""


def test_faults_end_it_badly(client, pool):
    client.fault(JOB, {"job": {"reject": {"0": "色情"}}})
    assert said(pool, Text="Hello")["Msg"].startswith("ContentModerationFailed")
    client.fault(JOB, {"job": {"links_expire": -1}})
    url = spoken(pool, Output={"Type": "url"})["AudioUrl"]
    assert pool.http.get(url).status_code == 403


def test_only_so_many_at_once(sandbox):
    with sandbox(max_concurrent=0) as client:
        Pool(client.base).refused("RequestLimitExceeded", {"Text": "Hello"}, SPEECH)


# ── voices ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["wav", "mp3", "m4a"])
def test_a_voice_is_cloned_and_kept_for_its_key(pool, neighbour, kind):
    neighbour.pages["/me"] = (200, sound(kind, 3.0))
    answer = said(pool, AudioUrl=f"{neighbour.base}/me", AudioLang="en", VoiceProfile={"Name": "mine"})
    assert (answer["ErrorCode"], answer["AudioData"], answer["AudioUrl"]) == (0, "", "")
    voice = answer["VoiceId"]
    assert spoken(pool, VoiceId=voice)["VoiceId"] == voice
    Pool(pool.base, "another").refused("InvalidParameterValue", {"Text": "Hello", "VoiceId": voice}, SPEECH)


def test_a_voice_may_be_cloned_and_used_at_once(pool, tmp_path):
    answer = spoken(pool, AudioData=recording())
    heard(tmp_path, answer)
    assert spoken(pool, VoiceId=answer["VoiceId"])["VoiceId"] == answer["VoiceId"]


def test_voices_outlive_a_restart(sandbox, tmp_path):
    with sandbox(data=tmp_path) as first:
        voice = said(Pool(first.base), AudioData=recording())["VoiceId"]
    with sandbox(data=tmp_path) as second:
        spoken(Pool(second.base), VoiceId=voice)


@pytest.mark.parametrize(
    "page",
    [b"no sound", encoded(Image.new("RGB", (64, 64))), film(30, sound="aac")],
)
def test_a_recording_that_is_none(pool, neighbour, page):
    neighbour.pages["/me"] = (200, page)
    for body in ({"AudioUrl": f"{neighbour.base}/me"}, {"AudioData": base64.b64encode(page).decode()}):
        answer = said(pool, **body)
        assert answer["ErrorCode"] != 0 and answer["Msg"].startswith("InvalidParameter.MediaFormat")
        assert answer["VoiceId"] == ""


def test_a_recording_that_is_not_there_or_too_short(pool):
    for body in (
        {"AudioUrl": "http://127.0.0.1:1/me.wav"},
        {"AudioData": recording(seconds=2.0), "ExtParam": ranges([[0, 2.5]])},
    ):
        assert said(pool, **body)["ErrorCode"] != 0


# ── sounds ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 32000, 44100])
def test_speech_is_a_wav_of_the_asked_rate_and_length(pool, tmp_path, rate):
    seen = heard(tmp_path, spoken(pool, ExtParam=extras(sampleRate=rate, duration=2.5)))
    assert (seen.kind, seen.format, seen.codec) == ("audio", "wav", "pcm_s16le")
    assert (seen.channels, seen.sample_rate) == (1, rate)
    assert abs(seen.duration - 2.5) < 0.02


def test_speech_is_as_long_as_its_text(pool, tmp_path):
    short, long = (heard(tmp_path, spoken(pool, Text=text)) for text in ("你好", "你好，今天天气很好。" * 5))
    assert (short.sample_rate, long.sample_rate) == (16000, 16000)
    assert 0.2 < short.duration < long.duration / 3


def test_speech_comes_as_a_link_for_a_day(pool):
    answer = spoken(pool, Output={"Type": "url"})
    assert answer["AudioData"] == ""
    assert abs(int(answer["AudioUrl"].rpartition("=")[2]) - time.time() - 86400) < 60
    with wave.open(io.BytesIO(pool.file(answer["AudioUrl"], "audio/wav"))) as opened:
        assert (opened.getnchannels(), opened.getsampwidth(), opened.getframerate()) == (1, 2, 16000)

"""Speech: our requests against the documented one, what comes back, and every bound that the page names."""

from __future__ import annotations

import base64
import io
import json
import wave

import pytest

from providers import errors
from providers.base import Idempotency, Kind, State
from providers.errors import (
    AuthFailed,
    ContentRejected,
    GenerationFailed,
    InvalidRequest,
    InvalidResponse,
    QuotaExhausted,
    RateLimited,
    ResultExpired,
    SubmitUnknown,
    Unavailable,
)
from providers.params import FileFacts, read_fields
from providers.talkingdata import TalkingData

from .tools import KEY, LINK, drive, order, params_of, payload, recording, refused_at, request, rule, sent, talkingdata
from .tools import submit as answer

MODEL, SPEAK = "speech-2.8", "speak"


def speak(params=None, **more):
    return order(MODEL, SPEAK, params, **more)


def submit(body, status=200, headers=None):
    return answer(speak(), body, status, headers)


def sound(seconds: float = 0.1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(16000)
        writer.writeframes(b"\0\0" * int(16000 * seconds))
    return file.getvalue()


def spoken(**more):
    body = payload("speech/reply-spoken")
    body["Response"] |= {"AudioData": base64.b64encode(sound()).decode(), **more}
    return body


def refused(code):
    return {"Response": {"Error": {"Code": code, "Message": f"… {KEY}"}, "RequestId": "r-1"}}


# asking


def test_the_documented_request():
    sample = payload("speech/request-speak")
    made = speak({"prompt": "你好", "voice": "<voice-id>"})
    asked = request(made)
    assert (asked.method, str(asked.url).partition("?")[0]) == (sample["method"], sample["url"].partition("?")[0])
    assert asked.url.params["requestId"]
    for header in ("Content-Type", "Authorization", "X-TC-Action"):
        assert asked.headers[header] == sample["headers"][header]
    assert asked.headers["X-Timestamp"].isdigit()
    # its engine is explained nowhere and empty
    assert {**sent(made), "ExtParam": '{"engine": ""}'} == sample["json"]


def test_everything_that_can_be_said():
    values = {
        "prompt": "hello",
        "language": "en",
        "voice": "v-1",
        "seconds": 12.5,
        "pitch": -12,
        "sample_rate": "44100",
        "recording_language": "yue",
        "time_ranges": "0-20, 30.5-40",
        "profile_name": "clone-test",
        "profile_description": "a voice",
        "gender": "female",
        "age": "middle_aged",
        "labels": "warm、deep",
        "scenes": "narration",
        "output": "url",
    }
    body = sent(speak(values, media={"recording": (recording(duration=45.0),)}))
    assert json.loads(body.pop("ExtParam")) == {
        "synExt": {"duration": 12.5, "sampleRate": 44100, "pitch": -12},
        "cloneExt": {"timeRanges": [[0, 20], [30.5, 40]]},
    }
    assert body == {
        "Text": "hello",
        "TextLang": "en",
        "VoiceId": "v-1",
        "AudioUrl": LINK,
        "AudioLang": "yue",
        "VoiceProfile": {
            "Name": "clone-test",
            "Description": "a voice",
            "Gender": "female",
            "Age": "middle_aged",
            "Labels": ["warm", "deep"],
            "Scenes": ["narration"],
        },
        "Output": {"Type": "url"},
    }


def test_a_recording_goes_as_bytes_where_the_service_cannot_reach_us():
    body = sent(speak(media={"recording": (recording(None),)}))
    assert body["AudioData"] == base64.b64encode(b"RIFF").decode()
    assert "AudioUrl" not in body and body["AudioLang"] == "zh"


def test_parts_after_the_end_of_the_recording():
    made = speak({"time_ranges": "0-5, 29-31"}, media={"recording": (recording(duration=30.0),)})
    with pytest.raises(InvalidRequest) as caught:
        request(made)
    assert caught.value.code == "time_ranges"
    request(speak({"time_ranges": "0-5, 29-30"}, media={"recording": (recording(duration=30.0),)}))


def test_a_recording_that_is_gone():
    with pytest.raises(InvalidRequest):
        request(speak({"recording": ["asset:1"]}))


def test_the_answer_may_take_its_time():
    timeout = request(speak()).extensions["timeout"]
    assert 60 < timeout["read"] < (TalkingData.call_seconds or 0)


# bounds

RANGES = ("20", "20-10", "5-5", "a-b", "0-5,3-8", "-1-5", "0-5,,,x", "1e3-2e3", "0 5")


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"prompt": "x" * 2001}, "prompt"),
        ({"prompt": "字" * 2001}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "  "}, "prompt"),
        ({"pitch": -13}, "pitch"),
        ({"pitch": 13}, "pitch"),
        ({"sample_rate": "48000"}, "sample_rate"),
        ({"sample_rate": "11025"}, "sample_rate"),
        ({"language": "tlh"}, "language"),
        ({"language": "", "recording_language": "zh"}, "language"),
        ({"recording_language": "xx"}, "recording_language"),
        ({"gender": "other"}, "gender"),
        ({"age": "baby"}, "age"),
        ({"output": "file"}, "output"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": 601}, "seconds"),
        ({"recording": ["asset:1"] * 2}, "recording"),
        ({"time_ranges": "0-20"}, "time_ranges"),
        ({"labels": ",".join("abcdefghijklmnopqrstu")}, "labels"),
        *[({"recording": ["asset:1"], "time_ranges": value}, "time_ranges") for value in RANGES],
    ],
)
def test_out_of_bounds(params, name):
    assert refused_at(MODEL, SPEAK, params) == {name}


@pytest.mark.parametrize(
    "params",
    [
        {"prompt": "字" * 2000},
        *[{"pitch": value} for value in (-12, 0, 12)],
        *[{"sample_rate": value} for value in ("8000", "16000", "22050", "24000", "32000", "44100")],
        *[{"language": code, "recording_language": code} for code, _name in payload("speech/languages")["rows"]],
        {"recording": ["asset:1"], "time_ranges": " 0-20；20 – 30.5\n40-41 "},
        {"recording": ["asset:1"], "time_ranges": "  "},
    ],
)
def test_within_bounds(params):
    assert refused_at(MODEL, SPEAK, params) == set()


def test_the_documented_choices():
    options = {
        spec.name: {option.value for option in spec.options} - {""}
        for spec in read_fields(params_of(MODEL, SPEAK))
        if spec.options
    }
    languages = {code for code, _name in payload("speech/languages")["rows"]}
    assert len(languages) == 40
    assert options == {
        "language": languages,
        "recording_language": languages,
        "sample_rate": {"8000", "16000", "22050", "24000", "32000", "44100"},
        "gender": {"male", "female", "unknown"},
        "age": {"child", "teenager", "youth", "middle_aged", "senior", "unknown"},
        "output": {"data", "url"},
    }


def test_bounds_of_the_recording():
    found = rule(MODEL, SPEAK, "recording")
    assert (found.kind, found.max_items) == ("audio", 1)
    for name in ("audio/wav", "audio/mpeg"):
        assert found.broken_by(FileFacts(name, 20 * 1024 * 1024, duration=600)) == ""
    assert found.broken_by(FileFacts("audio/wav", 20 * 1024 * 1024 + 1)) == "max_bytes"
    assert found.broken_by(FileFacts("video/mp4", 1000)) == "media_types"


# answers


def test_the_sound_in_the_answer():
    snapshot = submit(spoken(ExtInfo='{"duration": 1.25}'))
    assert snapshot.state is State.SUCCEEDED
    assert snapshot.remote_id == "speech:2f8fa58c-91e8-4564-8b42-490ececda193"
    assert snapshot.usage == {"seconds": 1.25}, "a voice of the service's own is nothing to keep"
    (file,) = snapshot.files
    assert (file.index, file.kind, file.url, file.media_type) == (0, Kind.AUDIO, "", "audio/wav")
    assert file.data == sound()
    # the bytes are kept once
    assert len(str(snapshot.raw)) < 500


def test_the_sound_as_a_link():
    url = "https://x.example/a.wav?sign=1"
    for data in ("", None):
        (file,) = submit(spoken(AudioData=data, AudioUrl=url)).files
        assert (file.url, file.data, file.media_type) == (url, None, "audio/wav")
    (file,) = submit(spoken(AudioData="", AudioUrl="https://x.example/a.mp3")).files
    assert file.media_type == "audio/mpeg"
    (file,) = submit(spoken(AudioUrl=url)).files
    assert file.data == sound()


def test_data_in_other_dress():
    text = base64.b64encode(sound()).decode()
    for dressed in (
        f"data:audio/wav;base64,{text}",
        "\n".join(text[start : start + 76] for start in range(0, len(text), 76)),
    ):
        assert submit(spoken(AudioData=dressed)).files[0].data == sound()
    mp3 = base64.b64encode(b"ID3\x04").decode()
    assert submit(spoken(AudioData=mp3)).files[0].media_type == "audio/mpeg"


def test_an_answer_without_its_envelope():
    assert submit(spoken()["Response"]).files[0].data == sound()


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ('{"duration": 3}', 3.0),
        ('{"duration": "3.5"}', 3.5),
        ({"duration": 3}, 3.0),
        ("", None),
        ("not json", None),
        ("[1]", None),
        ('{"duration": null}', None),
        ('{"duration": -1}', None),
        ('{"duration": 1e999}', None),
        (7, None),
    ],
)
def test_how_long_it_is(told, seconds):
    assert submit(spoken(ExtInfo=told)).usage.get("seconds") == seconds


def test_the_documented_answer_has_its_sound_cut_out():
    with pytest.raises(GenerationFailed) as caught:
        submit(payload("speech/reply-spoken"))
    assert caught.value.code == "no_sound"
    assert caught.value.request_id == "2f8fa58c-91e8-4564-8b42-490ececda193"


@pytest.mark.parametrize(
    "body", [{}, [], None, {"Response": {}}, spoken(AudioData="%%%"), spoken(AudioData=["x"]), b"{"]
)
def test_answers_without_sound(body):
    with pytest.raises(GenerationFailed) as caught:
        submit(body)
    assert caught.value.releases_hold


@pytest.mark.parametrize(("code", "words", "kind"), payload("speech/error-table")["rows"])
def test_every_documented_error(code, words, kind):
    for body, status in ((refused(code), 200), (refused(code), 500), (spoken(ErrorCode=code, Msg=words), 200)):
        with pytest.raises(getattr(errors, kind)) as caught:
            submit(body, status)
        assert type(caught.value) is getattr(errors, kind)
        assert caught.value.code == code and caught.value.request_id
        assert caught.value.user_message.endswith(".") and words not in caught.value.user_message
        assert KEY not in str(caught.value.raw)


@pytest.mark.parametrize(
    ("number", "code"), [(40001, "err_40001"), ("40001", "err_40001"), (-3, "err_-3"), (1.0, "err_1")]
)
def test_an_error_code_inside_of_the_answer(number, code):
    with pytest.raises(GenerationFailed) as caught:
        submit(spoken(ErrorCode=number, Msg="…"))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("words", "code", "kind"),
    [
        ("ContentModerationFailed: …", "ContentModerationFailed", ContentRejected),
        ("InvalidParameter.VoilationContent", "InvalidParameter.VoilationContent", ContentRejected),
        ("ResourceInsufficient", "ResourceInsufficient", Unavailable),
        ("Sorry.", "err_50000", GenerationFailed),
        (None, "err_50000", GenerationFailed),
    ],
)
def test_a_word_in_the_message(words, code, kind):
    with pytest.raises(kind) as caught:
        submit(spoken(ErrorCode=50000, Msg=words))
    assert type(caught.value) is kind and caught.value.code == code


@pytest.mark.parametrize("number", [0, "0", 0.0, None, ""])
def test_success_however_it_is_written(number):
    assert submit(spoken(ErrorCode=number)).state is State.SUCCEEDED


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {}, AuthFailed),
        (402, {}, QuotaExhausted),
        (413, b"", InvalidRequest),
        (429, {}, RateLimited),
        (502, b"<html>", SubmitUnknown),
        (418, {}, InvalidResponse),
        (200, refused("NeverHeardOf"), InvalidRequest),
    ],
)
def test_what_the_page_leaves_out(status, body, kind):
    with pytest.raises(kind) as caught:
        submit(body, status)
    assert type(caught.value) is kind


def test_a_lost_answer_is_unknown():
    with pytest.raises(SubmitUnknown):
        drive(talkingdata().submit(speak()), Unavailable(maybe_accepted=True))
    with pytest.raises(Unavailable):
        drive(talkingdata().submit(speak()), Unavailable())
    assert TalkingData.model(MODEL).idempotency is Idempotency.NONE


def test_nothing_is_kept_there():
    with pytest.raises(ResultExpired):
        next(talkingdata().fetch("speech:r-1"))

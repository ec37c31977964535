"""HappyHorse, GPT Image-2, Veo and the speech against the sandbox, which was written from the same documents apart
from them: they must agree."""

from __future__ import annotations

import io
import itertools
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from providers.base import Kind, Media, Order, Snapshot, State
from providers.errors import (
    AlreadySubmitted,
    AuthFailed,
    ContentRejected,
    InvalidRequest,
    ProviderError,
    RateLimited,
    ResultExpired,
    Unavailable,
)
from providers.params import Widget, read_fields
from providers.sandbox.painter import FlatPainter
from providers.sandbox.probing import Probe, probe
from providers.sandbox.server import running
from providers.sandbox.settings import Settings
from providers.talkingdata import TalkingData
from providers.transport import run

from .tools import order, payload

PATIENCE = 60.0
HORSE, IMAGE, VEO, SPEECH = "happyhorse-1", "gpt-image-2", "veo-3.1", "speech-2.8"
_keys = itertools.count()


class Studio:
    def __init__(self, base: str, client: httpx.Client) -> None:
        self.base = base
        self.provider = TalkingData(TalkingData.sandbox_credentials, base_url=base)
        self.client = client

    def submit(self, made: Order) -> Snapshot:
        snapshot = run(
            self.provider.submit(made),
            self.client,
            max_seconds=PATIENCE,
            max_bytes=TalkingData.reply_bytes,
        )
        assert isinstance(snapshot, Snapshot)
        return snapshot

    def ended(self, snapshot: Snapshot) -> Snapshot:
        deadline = time.monotonic() + PATIENCE
        while not snapshot.state.terminal and time.monotonic() < deadline:
            snapshot = run(self.provider.fetch(snapshot.remote_id, snapshot.cursor), self.client)
        return snapshot

    def made(self, *what: Any, **more: Any) -> Snapshot:
        done = self.ended(self.submit(fresh(*what, **more)))
        assert done.state is State.SUCCEEDED, done
        return done

    def bytes_of(self, snapshot: Snapshot) -> bytes:
        (file,) = snapshot.files
        return file.data if file.data is not None else self.client.get(file.url).content

    def probed(self, snapshot: Snapshot, folder: Path) -> Probe:
        path = folder / "result"
        path.write_bytes(self.bytes_of(snapshot))
        return probe(path)

    def fault(self, path: str, do: dict[str, Any]) -> None:
        assert self.client.post(f"{self.base}/_sandbox/faults", json=[{"path": path, "do": do}]).status_code == 200


def fresh(model: str, operation: str, params: dict[str, Any] | None = None, **more: Any) -> Order:
    """Each with a request key of its own."""
    return order(model, operation, params, **{"request_key": f"1-request-{next(_keys)}", **more})


def photo(size: tuple[int, int] = (640, 480), colour: str = "teal", url: str | None = None) -> Media:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return Media("image/png", file.tell(), *size, url, file.getvalue)


def voice(seconds: float = 3.0) -> Media:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(16000)
        writer.writeframes(b"\x10\x20" * int(16000 * seconds))
    return Media("audio/wav", file.tell(), 0, 0, None, file.getvalue, duration=seconds)


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with (
        running(Settings(latency=0, painter=FlatPainter(), workers=0)) as base,
        httpx.Client(trust_env=False, timeout=PATIENCE) as client,
    ):
        yield Studio(base, client)


@pytest.fixture(scope="module")
def patient() -> Iterator[Studio]:
    """Takes orders and begins with none of them."""
    with (
        running(Settings(latency=100000, painter=FlatPainter(), workers=0)) as base,
        httpx.Client(trust_env=False, timeout=PATIENCE) as client,
    ):
        yield Studio(base, client)


@pytest.fixture(scope="module")
def picture(studio: Studio) -> Media:
    """One that the sandbox can download: they who take links alone have to."""
    done = studio.made(IMAGE, "create", {"resolution": "1K", "quality": "image2_low"})
    data = studio.bytes_of(done)
    return Media("image/png", len(data), *Image.open(io.BytesIO(data)).size, done.files[0].url, lambda: data)


@pytest.fixture(scope="module")
def film(studio: Studio) -> Media:
    done = studio.made(HORSE, "create", {"duration": "3"})
    data = studio.bytes_of(done)
    return Media("video/mp4", len(data), 1280, 720, done.files[0].url, lambda: data, duration=3.0, frame_rate=24.0)


def values_of(model: str, operation: str) -> Iterator[dict[str, Any]]:
    """Every choice and both ends of every number, one at a time."""
    for spec in read_fields(TalkingData.model(model).operation(operation).params):
        found: list[Any] = [option.value for option in spec.options if option.value]
        found += [value for value in (spec.minimum, spec.maximum) if value is not None]
        found += [True, False] if spec.widget is Widget.SWITCH else []
        found += ["words, more words"] if spec.widget is Widget.TEXT and spec.name not in {"last_frame_id"} else []
        for value in found:
            if spec.name not in {"time_ranges", "voice"}:
                yield {spec.name: value}


@pytest.mark.parametrize(
    ("model", "operation", "given"),
    [
        (HORSE, "create", "references"),
        (HORSE, "create", ""),
        (HORSE, "animate", "input"),
        (HORSE, "edit-video", "film"),
        (IMAGE, "create", ""),
        (IMAGE, "rework", "input"),
        (VEO, "create", ""),
        (VEO, "animate", "input"),
    ],
)
def test_every_parameter_is_taken(patient: Studio, picture: Media, film: Media, model, operation, given) -> None:
    more: dict[str, Any] = {
        "references": {"media": {"references": (picture,)}},
        "input": {"input": picture},
        "film": {"input": film},
    }.get(given, {})
    for values in values_of(model, operation):
        patient.submit(fresh(model, operation, values, **more))


def test_every_parameter_of_the_speech_is_taken(studio: Studio) -> None:
    for values in values_of(SPEECH, "speak"):
        if values.get("seconds", 0) == 600:
            values = {"seconds": 20}
        studio.submit(fresh(SPEECH, "speak", {"prompt": "hi", **values}))


# what they make


def test_films_of_words(studio: Studio, tmp_path: Path) -> None:
    done = studio.made(HORSE, "create", {"duration": "4", "ratio": "9:16"})
    seen = studio.probed(done, tmp_path)
    assert (seen.codec, seen.width, seen.height) == ("h264", 720, 1280)
    assert abs(seen.duration - 4) < 0.2
    assert done.usage["duration"] == pytest.approx(4, abs=0.1) and done.used is None


def test_a_film_of_pictures_that_are_sent_along(studio: Studio) -> None:
    values = {"prompt": "[Image 2] beside [Image 1]", "duration": "3"}
    done = studio.made(HORSE, "create", values, media={"references": (photo(colour="red"), photo())})
    assert done.files[0].kind is Kind.VIDEO


def test_a_film_that_begins_with_a_picture(studio: Studio, tmp_path: Path) -> None:
    seen = studio.probed(studio.made(HORSE, "animate", {"duration": "3", "prompt": ""}, input=photo()), tmp_path)
    assert abs(seen.width / seen.height - 4 / 3) < 0.05


def test_an_edited_film_is_paid_for_its_length(studio: Studio, film: Media, tmp_path: Path) -> None:
    done = studio.made(HORSE, "edit-video", {"sound": "origin"}, input=film, media={"references": (photo(),)})
    seen = studio.probed(done, tmp_path)
    assert abs(seen.duration - 3) < 0.2 and seen.has_sound
    assert done.used == pytest.approx(6 / 30, abs=0.02)


def test_pictures_have_the_shape_that_is_expected(studio: Studio) -> None:
    widths = []
    for resolution in ("1K", "2K", "4K"):
        made = fresh(IMAGE, "create", {"resolution": resolution, "ratio": "3:2"})
        size = TalkingData.expected_size(made.params)
        found = Image.open(io.BytesIO(studio.bytes_of(studio.ended(studio.submit(made))))).size
        assert size is not None and abs(found[0] / found[1] - size[0] / size[1]) < 0.02
        widths.append(found[0])
    assert widths[0] * 2 == pytest.approx(widths[1], rel=0.1) and widths[1] * 2 == pytest.approx(widths[2], rel=0.1)


def test_a_picture_is_reworked(studio: Studio, picture: Media) -> None:
    more = {"references": (picture, picture)}
    done = studio.made(IMAGE, "rework", {"texts": "a\nb\nc"}, input=picture, media=more)
    assert done.files[0].media_type == "image/png" and done.progress == 1.0


@pytest.mark.parametrize("sound", [True, False])
def test_films_of_veo(studio: Studio, picture: Media, tmp_path: Path, sound: bool) -> None:
    media = {"first_frame": (picture,), "last_frame": (picture,)}
    seen = studio.probed(studio.made(VEO, "create", {"sound": sound}, media=media), tmp_path)
    assert (seen.width, seen.height, seen.has_sound) == (1280, 720, sound)
    assert abs(seen.duration - 8) < 0.2


def test_veo_after_references_and_from_a_picture(studio: Studio, picture: Media) -> None:
    studio.made(VEO, "create", media={"references": (picture,) * 3})
    studio.made(VEO, "animate", {"prompt": ""}, input=picture, media={"last_frame": (picture,)})


def test_a_last_frame_that_the_service_keeps(studio: Studio, picture: Media) -> None:
    stored = studio.made(IMAGE, "create", {"storage": "Permanent", "resolution": "1K"})
    studio.made(VEO, "animate", {"last_frame_id": stored.usage["file_ids"][0]}, input=picture)


def test_speech(studio: Studio, tmp_path: Path) -> None:
    done = studio.made(SPEECH, "speak", {"prompt": "Good morning", "sample_rate": "24000", "seconds": 2.5})
    (file,) = done.files
    assert (file.kind, file.media_type) == (Kind.AUDIO, "audio/wav") and file.data is not None
    seen = studio.probed(done, tmp_path)
    assert (seen.kind, seen.sample_rate) == ("audio", 24000)
    assert done.usage["seconds"] == pytest.approx(seen.duration, abs=0.1) == pytest.approx(2.5, abs=0.1)


def test_speech_as_a_link(studio: Studio, tmp_path: Path) -> None:
    done = studio.made(SPEECH, "speak", {"output": "url"})
    assert done.files[0].url and studio.probed(done, tmp_path).kind == "audio"


def test_a_cloned_voice_speaks_again(studio: Studio) -> None:
    values = {"time_ranges": "0-1, 2-3", "gender": "female", "labels": "warm, deep", "profile_name": "n"}
    cloned = studio.made(SPEECH, "speak", values, media={"recording": (voice(),)}).usage["voice_id"]
    again = studio.made(SPEECH, "speak", {"voice": cloned})
    assert again.raw["Response"]["VoiceId"] == cloned
    assert "voice_id" not in again.usage, "it is told where it was made"


# bad luck


@pytest.mark.parametrize("model", [IMAGE, VEO])
def test_the_same_order_twice_is_taken_once(studio: Studio, model: str) -> None:
    made = fresh(model, "create")
    studio.submit(made)
    with pytest.raises(AlreadySubmitted):
        studio.submit(made)


#: of HappyHorse the pages name three
HORSE_ERRORS = [row[0] for row in payload("happyhorse/error-table")["rows"]]
DOOR_ERRORS = [row[0] for row in payload("speech/error-table")["rows"]]
VOD_ERRORS = [row[0] for row in payload("vod/error-table")["rows"]]


@pytest.mark.parametrize(
    ("model", "code"),
    [
        *[(HORSE, code) for code in HORSE_ERRORS],
        *[(model, code) for model in (IMAGE, VEO) for code in VOD_ERRORS],
        *[(SPEECH, code) for code in DOOR_ERRORS],
    ],
)
def test_errors_are_understood(studio: Studio, model: str, code: str) -> None:
    operation = "speak" if model == SPEECH else "create"
    with pytest.raises(ProviderError) as caught:
        studio.submit(fresh(model, operation, {"prompt": f"a cat sandbox-error:{code}"}))
    assert caught.value.code == code and caught.value.request_id


@pytest.mark.parametrize("model", [IMAGE, VEO])
@pytest.mark.parametrize(("word", "_kind"), payload("vod/failure-table")["rows"])
def test_failures_are_understood(studio: Studio, model: str, word: str, _kind: str) -> None:
    done = studio.ended(studio.submit(fresh(model, "create", {"prompt": f"a cat sandbox-fail:{word}"})))
    assert done.state is State.FAILED
    assert done.error is not None and done.error.code == word


def test_a_film_that_fails(studio: Studio) -> None:
    done = studio.ended(studio.submit(fresh(HORSE, "create", {"prompt": "sandbox-fail:InternalError"})))
    assert done.error is not None and done.error.code == "InternalError"


@pytest.mark.parametrize("model", [HORSE, IMAGE, VEO])
def test_filters(studio: Studio, model: str) -> None:
    done = studio.ended(studio.submit(fresh(model, "create", {"prompt": "a forbidden cat"})))
    assert isinstance(done.error, ContentRejected)


def test_the_filter_of_the_speech(studio: Studio) -> None:
    with pytest.raises(ContentRejected):
        studio.submit(fresh(SPEECH, "speak", {"prompt": "a forbidden word"}))
    with pytest.raises(InvalidRequest):
        studio.submit(fresh(SPEECH, "speak", {"voice": "nobody"}))


@pytest.mark.parametrize("remote_id", ["dashscope:none", "vod:1395528311-AigcVideoTask-none"])
def test_tasks_that_are_gone(studio: Studio, remote_id: str) -> None:
    with pytest.raises(ResultExpired):
        run(studio.provider.fetch(remote_id), studio.client)


def test_another_key(studio: Studio) -> None:
    stranger = TalkingData({"token": "invalid"}, base_url=studio.base)
    for model, operation in ((HORSE, "create"), (VEO, "create"), (SPEECH, "speak")):
        with pytest.raises(AuthFailed):
            run(stranger.submit(fresh(model, operation)), studio.client)


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (503, ProviderError)])
def test_scripted_faults(studio: Studio, status: int, kind: type[ProviderError]) -> None:
    studio.fault("/model/orgin/job", {"status": status})
    with pytest.raises(kind):
        studio.submit(fresh(VEO, "create"))


def test_an_address_where_nobody_is(studio: Studio) -> None:
    nobody = TalkingData(TalkingData.sandbox_credentials, base_url="http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        run(nobody.submit(fresh(HORSE, "create")), studio.client)

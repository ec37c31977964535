"""HappyHorse in the emulated model pool: what it takes, refuses, answers and renders."""

from __future__ import annotations

import base64
import re
import time
import uuid
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import Any

import av
import httpx
import numpy as np
import pytest
from PIL import Image

from providers.sandbox import talkingdata_dashscope
from providers.sandbox.talkingdata_dashscope import ERRORS
from tests.media.films import film
from tests.media.sounds import sound
from tests.providers.sandbox.pictures import encoded
from tests.providers.sandbox.pool import SYNTHESIS, TASKS, Pool, sample, shape

WORDS, FIRST, REFERENCES, EDIT = "T0401001", "T0401002", "T0401003", "T0401004"


@pytest.fixture
def pool(client) -> Pool:
    return Pool(client.base)


def inside(size: tuple[int, int] = (640, 480), kind: str = "PNG", colour: str = "teal", mime: str = "") -> str:
    data = base64.b64encode(encoded(Image.new("RGB", size, colour), kind)).decode()
    return f"data:{mime or 'image/' + kind.lower()};base64,{data}"


def media(role: str, url: str | None = None) -> dict[str, str]:
    return {"type": role, "url": url or inside()}


LINK = "http://127.0.0.1:1/nothing"
GIVEN: dict[str, list[dict[str, str]]] = {
    FIRST: [media("first_frame")],
    REFERENCES: [media("reference_image"), media("reference_image", inside(colour="red"))],
    EDIT: [media("video", LINK)],
}


def order(model: str = WORDS, parameters: dict[str, Any] | None = None, **given: Any) -> dict[str, Any]:
    """A body that is taken as it is, small and short."""
    told: dict[str, Any] = {"prompt": "a boat on the sea"} | given
    if model in GIVEN:
        told.setdefault("media", GIVEN[model])
    usual = {"resolution": "720P"} if model == EDIT else {"resolution": "720P", "duration": 3}
    return {"model": model, "input": told, "parameters": usual | (parameters or {})}


def refused(pool: Pool, body: Any, code: str = "InvalidParameter") -> str:
    response = pool.post(SYNTHESIS, body)
    assert response.status_code == ERRORS[code][0], response.text
    assert set(response.json()) == {"code", "message", "request_id"} and response.json()["code"] == code
    return str(response.json()["message"])


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


REFUSED: list[tuple[Any, str]] = [
    ([], "object"),
    ({}, "model"),
    (order() | {"model": "T0401005"}, "model"),
    (order() | {"model": ["T0401001"]}, "model"),
    (order() | {"callback": "x"}, "callback"),
    (without(order(), "input"), "input"),
    (order() | {"input": []}, "input"),
    (order() | {"parameters": None}, "parameters"),
    (order() | {"parameters": []}, "parameters"),
    (order(negative_prompt="x"), "negative_prompt"),
    (order(media=[media("first_frame")]), "media"),
    *[(order(model, prompt=None), "prompt") for model in (WORDS, FIRST, REFERENCES, EDIT)],
    *[(order(model, prompt=" "), "prompt") for model in (WORDS, REFERENCES, EDIT)],
    (order(prompt=5), "prompt"),
    *[
        (order(model, {name: value}), name)
        for model in (WORDS, FIRST, REFERENCES, EDIT)
        for name, value in (
            ("resolution", "480P"),
            ("resolution", "720p"),
            ("resolution", 720),
            ("seed", -1),
            ("seed", 2147483648),
            ("seed", 1.5),
            ("seed", "1"),
            ("seed", True),
            ("watermark", "true"),
            ("watermark", 1),
            ("fps", 24),
        )
    ],
    *[
        (order(model, {"duration": value}), "duration")
        for model in (WORDS, FIRST, REFERENCES)
        for value in (2, 16, 3.5, "5", True, None, -1)
    ],
    *[
        (order(model, {"ratio": value}), "ratio")
        for model in (WORDS, REFERENCES)
        for value in ("21:9", "3:2", "adaptive", 1)
    ],
    (order(FIRST, {"ratio": "16:9"}), "ratio"),
    (order(EDIT, {"ratio": "16:9"}), "ratio"),
    (order(EDIT, {"duration": 5}), "duration"),
    *[(order(model, {"audio_setting": "auto"}), "audio_setting") for model in (WORDS, FIRST, REFERENCES)],
    (order(EDIT, {"audio_setting": "keep"}), "audio_setting"),
    *[(order(model, media=value), "media") for model in (FIRST, REFERENCES, EDIT) for value in (None, {}, [], ["x"])],
    (order(FIRST, media=GIVEN[FIRST] * 2), "first_frame"),
    (order(FIRST, media=[media("reference_image")]), "type"),
    (order(FIRST, media=[{"type": "first_frame"}]), "url"),
    (order(FIRST, media=[media("first_frame") | {"weight": 1}]), "weight"),
    (order(REFERENCES, media=[media("reference_image")] * 10), "reference_image"),
    (order(REFERENCES, media=[media("first_frame")]), "type"),
    (order(REFERENCES, prompt="[Image 3] runs"), "[Image 3]"),
    (order(REFERENCES, prompt="[Image 0] runs"), "[Image 0]"),
    (order(EDIT, media=[media("reference_image")]), "video"),
    (order(EDIT, media=[media("video", LINK)] * 2), "video"),
    (order(EDIT, media=[media("video", LINK), *[media("reference_image")] * 6]), "reference_image"),
    (order(EDIT, media=[media("video", "data:video/mp4;base64,AAAA")]), "url"),
    *[
        (order(FIRST, media=[media("first_frame", url)]), "media[0].url")
        for url in (
            "ftp://example.com/a.png",
            "a.png",
            "data:image/gif;base64,AAAA",
            "data:image/png;base64,no!",
            "data:image/png;base64,",
            "data:image/png,AAAA",
            "data:image/png;base64," + base64.b64encode(b"no picture").decode(),
            inside(kind="GIF", mime="image/png"),
            inside(kind="BMP", mime="image/jpeg"),
            inside(kind="PNG", mime="image/jpeg"),
            inside((299, 400)),
            inside((400, 299)),
            inside((300, 751)),
            inside((751, 300)),
        )
    ],
    (order(REFERENCES, media=[media("reference_image", inside((399, 500)))]), "media[0].url"),
    (order(REFERENCES, media=[media("reference_image"), media("reference_image", inside((500, 399)))]), "media[1]"),
    *[
        (order(EDIT, media=[media("video", LINK), media("reference_image", inside(size))]), "media[1]")
        for size in ((299, 400), (751, 300))
    ],
]


@pytest.mark.parametrize(("body", "named"), REFUSED)
def test_what_is_refused(pool, body, named):
    assert named in refused(pool, body)


def test_a_picture_inside_has_at_most_20_megabytes(pool):
    padding = b"\0" * (20 * 1024 * 1024)
    data = base64.b64encode(encoded(Image.new("RGB", (400, 400))) + padding).decode()
    body = order(FIRST, media=[media("first_frame", f"data:image/png;base64,{data}")])
    assert "20 MB" in refused(pool, body)


@pytest.mark.parametrize(
    "body",
    [
        order(parameters={"seed": 0, "duration": 3, "watermark": True}),
        order(parameters={"seed": 2147483647, "watermark": False}, extend_prompt=True, function="x"),
        *[order(parameters={"ratio": ratio}) for ratio in ("16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4")],
        order(FIRST, prompt=""),
        {"model": FIRST, "input": {"media": GIVEN[FIRST]}, "parameters": {"resolution": "720P"}},
        order(FIRST, media=[media("first_frame", inside((300, 750), "JPEG"))]),
        order(FIRST, media=[media("first_frame", inside((750, 300), "WEBP"))]),
        order(FIRST, media=[media("first_frame", inside((400, 400), "JPEG", mime="image/jpg"))]),
        order(REFERENCES, media=[media("reference_image", inside((400, 1200)))] * 9, prompt="[Image 9] and [Image 1]"),
    ],
)
def test_what_is_taken_at_its_bounds(pool, body):
    said = pool.run(pool.horse(body))
    assert said["output"]["task_status"] == "SUCCEEDED", said


# ── the door ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic abc", "Bearer invalid"])
def test_a_key_is_wanted(pool, header):
    headers = {"X-Timestamp": str(int(time.time()))} | ({} if header is None else {"Authorization": header})
    with httpx.Client(base_url=pool.base, headers=headers, trust_env=False) as http:
        for response in (http.post(SYNTHESIS, json=order()), http.get(f"{TASKS}/{uuid.uuid4()}")):
            assert response.status_code == 401
            assert response.json()["code"] == "InvalidApiKey"
            assert set(response.json()) == {"code", "message", "request_id"}


@pytest.mark.parametrize("stamp", ["", "now", "1.5", "-1", "1700000000", str(int(time.time() * 1000)), "９９"])
def test_the_clock_must_be_right(pool, stamp):
    response = pool.http.post(SYNTHESIS, json=order(), headers={"X-Timestamp": stamp.encode()})
    assert (response.status_code, response.json()["code"]) == (400, "InvalidParameter")
    assert "X-Timestamp" in response.json()["message"]


def test_a_request_id_is_a_uuid(pool):
    for name in ("requestId", "requestld"):
        assert pool.post(f"{SYNTHESIS}?{name}={uuid.uuid4()}", order()).status_code == 200
    for query in ("requestId=1", "requestId=", "other=1"):
        response = pool.post(f"{SYNTHESIS}?{query}", order())
        assert (response.status_code, response.json()["code"]) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        *[(content, "application/json") for content in (b"", b"{", b'{"a": "\\ud800"}', b"\xff")],
        (b"{}", "text/plain"),
        (b"{}", ""),
    ],
)
def test_the_body_is_json(pool, content, kind):
    headers = {"X-Timestamp": str(int(time.time())), "Content-Type": kind}
    response = pool.http.post(SYNTHESIS, content=content, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "InvalidParameter")


def test_tasks_of_another_key_are_unknown(pool):
    task = pool.horse(order())
    said = Pool(pool.base, "another").look(task)
    assert said["output"] == {"task_id": task, "task_status": "UNKNOWN"}
    assert pool.look(str(uuid.uuid4()))["output"]["task_status"] == "UNKNOWN"
    assert pool.run(task)["output"]["task_status"] == "SUCCEEDED"


def test_tasks_are_unknown_after_a_day(pool, monkeypatch):
    task = pool.horse(order())
    pool.run(task)
    monkeypatch.setattr(talkingdata_dashscope, "TASK_SECONDS", -1)
    assert pool.look(task)["output"]["task_status"] == "UNKNOWN"


def test_there_is_no_cancelling(pool):
    assert pool.post(f"{TASKS}/{pool.horse(order())}/cancel", {}).status_code == 404


# ── samples ──────────────────────────────────────────────────────────────────

SAMPLES = ["words", "first-frame", "references", "edit"]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_documented_samples_are_taken_and_answered(pool, neighbour, name):
    body = sample(f"happyhorse-{name}", "order")
    for number, item in enumerate(body["input"].get("media", ())):
        if item["type"] == "video":
            neighbour.pages["/source.mp4"] = (200, film(30, size=(480, 320), sound="aac"))
            item["url"] = f"{neighbour.base}/source.mp4"
        else:
            item["url"] = neighbour.picture(f"/{number}.png", (90, 60, 200), (500, 500))
    response = pool.post(f"{SYNTHESIS}?requestId={uuid.uuid4()}", body)
    assert shape(response.json()) == shape(sample(f"happyhorse-{name}", "taken"))
    said, shown = pool.run(response.json()["output"]["task_id"]), sample(f"happyhorse-{name}", "finished")
    assert shape(said) == shape(shown)
    assert said["output"]["orig_prompt"] == shown["output"]["orig_prompt"]
    if name != "edit":
        assert said["usage"] == shown["usage"]
    else:
        assert said["usage"] == {
            "duration": 6,
            "input_video_duration": 3,
            "output_video_duration": 3,
            "video_count": 1,
            "SR": 720,
        }


def test_the_times_are_the_documented_ones(pool):
    output = pool.run(pool.horse(order()))["output"]
    times = [output[name] for name in ("submit_time", "scheduled_time", "end_time")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", moment) for moment in times)
    assert times == sorted(times)
    begun = datetime.fromisoformat(times[0]).replace(tzinfo=timezone(timedelta(hours=8)))
    assert abs(begun - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_link_lives_for_a_day(pool):
    url = pool.run(pool.horse(order()))["output"]["video_url"]
    assert abs(int(url.rpartition("=")[2]) - time.time() - 86400) < 60


def test_it_waits_and_runs_and_only_so_many_at_once(sandbox):
    with sandbox(max_concurrent=1, latency=60) as client:
        pool = Pool(client.base)
        first = pool.look(pool.horse(order()))["output"]
        assert first["task_status"] == "PENDING" and set(first) == {
            "task_id",
            "task_status",
            "submit_time",
            "orig_prompt",
        }
        refused(pool, order(), "Throttling.RateQuota")
        Pool(client.base, "another").horse(order())


def test_a_running_task_says_when_it_began(sandbox, monkeypatch):
    monkeypatch.setattr(talkingdata_dashscope, "WAITING", 0)
    with sandbox(latency=60) as client:
        pool = Pool(client.base)
        output = pool.look(pool.horse(order()))["output"]
        assert output["task_status"] == "RUNNING" and "scheduled_time" in output and "end_time" not in output


# ── failures ─────────────────────────────────────────────────────────────────


def test_every_error_can_be_asked_for(pool):
    for code in ERRORS:
        refused(pool, order(prompt=f"a boat sandbox-error:{code}."), code)
    refused(Pool(pool.base, "no-money"), order(), "Arrearage")


@pytest.mark.parametrize(
    ("words", "code"),
    [("forbidden fruit", "DataInspectionFailed")]
    + [(f"a boat sandbox-fail:{code}", code) for code in ("InvalidParameter", "InternalError", "Whatever")],
)
def test_a_failed_task_names_its_code(pool, words, code):
    said = pool.run(pool.horse(order(prompt=words)))
    assert "usage" not in said
    assert said["output"]["task_status"] == "FAILED"
    assert said["output"]["code"] == code and said["output"]["message"]
    assert "video_url" not in said["output"] and said["output"]["end_time"]


def test_a_task_may_be_canceled_by_whoever_runs_the_service(pool):
    output = pool.run(pool.horse(order(prompt="a boat sandbox-fail:CANCELED")))["output"]
    assert output["task_status"] == "CANCELED" and not {"code", "video_url"} & set(output)


def test_what_is_beyond_the_prompt_is_not_read(pool):
    for text in ("x" * 4999 + " forbidden", "船" * 2500 + " forbidden"):
        said = pool.run(pool.horse(order(prompt=text)))
        assert (said["output"]["task_status"], said["output"]["orig_prompt"]) == ("SUCCEEDED", text)
    said = pool.run(pool.horse(order(prompt="船" * 2400 + " forbidden fruit")))
    assert said["output"]["code"] == "DataInspectionFailed"


def test_faults_end_tasks_badly(client, pool):
    client.fault(SYNTHESIS, {"job": {"reject": {"0": "色情"}}})
    assert pool.run(pool.horse(order()))["output"]["code"] == "DataInspectionFailed"
    client.fault(SYNTHESIS, {"job": {"empty_polls": 1, "links_expire": -1}})
    task = pool.horse(order())
    assert pool.run(task)["output"]["video_url"] == ""
    assert pool.http.get(pool.look(task)["output"]["video_url"]).status_code == 403
    client.fault(SYNTHESIS, {"error": "happyhorse.InternalError"})
    assert pool.post(SYNTHESIS, order()).json()["code"] == "InternalError"


UNFIT: list[tuple[str, str, bytes]] = [
    (FIRST, "first_frame", b"no picture"),
    (FIRST, "first_frame", encoded(Image.new("RGB", (299, 299)))),
    (FIRST, "first_frame", encoded(Image.new("RGB", (400, 400)), "GIF")),
    (REFERENCES, "reference_image", encoded(Image.new("RGB", (399, 399)))),
    (EDIT, "video", encoded(Image.new("RGB", (400, 400)))),
    (EDIT, "video", sound("mp4 without picture", 4.0)),
    (EDIT, "video", film(40, size=(480, 320), codec="libvpx", container="webm")),
    (EDIT, "video", film(29, size=(480, 320))),
    (EDIT, "video", film(601, size=(480, 320))),
    (EDIT, "video", film(40, size=(480, 318))),
    (EDIT, "video", film(40, size=(318, 480))),
    (EDIT, "video", film(40, size=(2162, 1000))),
    (EDIT, "video", film(40, size=(810, 320))),
    (EDIT, "video", film(32, size=(480, 320), rate=8)),
]


@pytest.mark.parametrize(("model", "role", "page"), UNFIT)
def test_a_linked_file_that_does_not_fit_fails_the_task(pool, neighbour, model, role, page):
    neighbour.pages["/file"] = (200, page)
    said = pool.run(pool.horse(order(model, media=[media(role, f"{neighbour.base}/file")])))
    assert (said["output"]["task_status"], said["output"]["code"]) == ("FAILED", "InvalidParameter")


@pytest.mark.parametrize("size", [(480, 320), (800, 320), (320, 800)])
def test_films_at_their_bounds_are_edited(pool, neighbour, size):
    neighbour.pages["/file"] = (200, film(30, size=size, container="mov"))
    said = pool.run(pool.horse(order(EDIT, media=[media("video", f"{neighbour.base}/file")])))
    assert said["output"]["task_status"] == "SUCCEEDED", said


def test_a_link_that_leads_nowhere_fails_the_task(pool):
    assert pool.run(pool.horse(order(EDIT)))["output"]["code"] == "InvalidParameter"


# ── films ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("ratio", "resolution", "size"),
    [
        ("16:9", "720P", (1280, 720)),
        ("9:16", "720P", (720, 1280)),
        ("1:1", "720P", (960, 960)),
        ("4:3", "720P", (1108, 832)),
        ("3:4", "720P", (832, 1108)),
        ("4:5", "720P", (860, 1074)),
        ("5:4", "720P", (1074, 860)),
        ("16:9", "1080P", (1920, 1080)),
        ("1:1", "1080P", (1440, 1440)),
    ],
)
def test_a_film_is_what_was_asked_for(pool, tmp_path, ratio, resolution, size):
    said = pool.run(pool.horse(order(parameters={"ratio": ratio, "resolution": resolution, "duration": 4})))
    seen = pool.probed(said["output"]["video_url"], "video/mp4", tmp_path)
    assert (seen.format, seen.codec, (seen.width, seen.height)) == ("mp4", "h264", size)
    assert abs(seen.duration - 4) < 0.02 and seen.frame_rate == 24
    assert (seen.has_sound, seen.channels, seen.sample_rate) == (True, 2, 48000)
    assert said["usage"]["SR"] == int(resolution[:-1]) and said["usage"]["ratio"] == ratio


def test_the_usual_film_is_of_1080_lines_and_five_seconds(pool, tmp_path):
    said = pool.run(pool.horse({"model": WORDS, "input": {"prompt": "a boat"}}))
    seen = pool.probed(said["output"]["video_url"], "video/mp4", tmp_path)
    assert (seen.width, seen.height, round(seen.duration)) == (1920, 1080, 5)


def test_a_film_takes_the_shape_of_its_first_frame(pool, tmp_path):
    body = order(FIRST, {"watermark": False}, media=[media("first_frame", inside((600, 400), colour="orange"))])
    url = pool.run(pool.horse(body))["output"]["video_url"]
    seen = pool.probed(url, "video/mp4", tmp_path)
    assert abs(seen.width / seen.height - 1.5) < 0.01
    assert abs(seen.width * seen.height / (1280 * 720) - 1) < 0.01
    with av.open(BytesIO(pool.file(url, "video/mp4"))) as opened:
        first = next(iter(opened.decode(video=0))).to_image()
    red, green, blue = first.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert abs(red - 255) < 12 and abs(green - 165) < 12 and blue < 20


def test_an_edit_keeps_length_and_shape_and_at_most_fifteen_seconds(pool, neighbour, tmp_path):
    for frames, seconds in ((37, 3.7), (200, 15)):
        neighbour.pages["/file"] = (200, film(frames, size=(480, 320), sound="aac"))
        given = [media("video", f"{neighbour.base}/file"), media("reference_image")]
        said = pool.run(pool.horse(order(EDIT, {"audio_setting": "origin"}, media=given)))
        seen = pool.probed(said["output"]["video_url"], "video/mp4", tmp_path)
        assert abs(seen.duration - seconds) < 0.06
        assert abs(seen.width / seen.height - 1.5) < 0.01 and seen.has_sound
        assert abs(said["usage"]["duration"] - 2 * seconds) < 0.1
        assert said["usage"]["input_video_duration"] == seconds


def pitch_of(data: bytes) -> float:
    """Hertz of the loudest tone."""
    with av.open(BytesIO(data)) as opened:
        rate = opened.streams.audio[0].sample_rate
        wave = np.concatenate([frame.to_ndarray()[0] for frame in opened.decode(audio=0)])
    return float(np.abs(np.fft.rfft(wave)).argmax() * rate / wave.size)


def test_an_edit_keeps_the_sound_of_its_film_or_makes_a_new_one(pool, neighbour, tmp_path):
    neighbour.pages["/loud"] = (200, film(30, size=(480, 320), sound="aac"))
    neighbour.pages["/silent"] = (200, film(30, size=(480, 320)))

    def edited(page: str, setting: str) -> str:
        body = order(EDIT, {"audio_setting": setting}, media=[media("video", neighbour.base + page)])
        return str(pool.run(pool.horse(body))["output"]["video_url"])

    assert abs(pitch_of(pool.file(edited("/loud", "origin"), "video/mp4")) - 440) < 2
    assert not pool.probed(edited("/silent", "origin"), "video/mp4", tmp_path).has_sound
    assert pool.probed(edited("/silent", "auto"), "video/mp4", tmp_path).has_sound


def test_a_restart_goes_on_with_what_was_begun(sandbox, tmp_path):
    with sandbox(data=tmp_path, latency=60) as first:
        task = Pool(first.base).horse(order(FIRST))
    with sandbox(data=tmp_path) as second:
        assert Pool(second.base).run(task)["output"]["task_status"] == "SUCCEEDED"

"""Seedance in the emulated model pool: how its tasks wait, run, end and are told of, and the films they give."""

from __future__ import annotations

import asyncio
import io
import json
import time
from typing import Any

import av
import pytest
from PIL import Image

from providers.sandbox.jobs import FailedError, Job
from providers.sandbox.talkingdata_ark_line import Line
from providers.sandbox.talkingdata_ark_wire import SIZES
from tests.media.films import film
from tests.media.sounds import sound
from tests.providers.sandbox.pictures import data_url, encoded
from tests.providers.sandbox.pool import sample, shape
from tests.providers.sandbox.seedance import ENDED, PATH, Customer, clip, order, picture, tone


@pytest.fixture
def pool(client) -> Customer:
    return Customer(client.base)


# ── states ──────────────────────────────────────────────────────────────────

NEVER = {"text": "a boat sandbox-never"}


def test_a_queued_task_can_be_cancelled_and_no_other(sandbox):
    with sandbox(max_concurrent=1) as client:
        pool = Customer(client.base)
        first = pool.create(**NEVER)
        pool.is_in(first, "running")
        second = pool.create()
        assert pool.task(second)["status"] == "queued"
        reply = pool.delete(second)
        assert (reply.status_code, reply.json()) == (200, sample("seedance", "cancelled"))
        assert pool.task(second)["status"] == "cancelled"
        for task in (first, second):
            pool.no("OperationDenied.UnsupportedPhase", pool.delete(task))
        pool.no("NotFound.id", pool.delete("cgt-20260101000000-xxxxx"))


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("a boat", "succeeded"),
        ("a boat sandbox-fail:InternalServiceError", "failed"),
        ("a boat sandbox-expire", "expired"),
    ],
)
def test_a_task_that_has_ended_cannot_be_cancelled(pool, text, status):
    task = pool.create(text=text)
    pool.is_in(task, status)
    pool.no("OperationDenied.UnsupportedPhase", pool.delete(task))
    assert pool.task(task)["status"] == status


def test_a_cancelled_task_never_runs(sandbox, neighbour):
    with sandbox(latency=60) as client:
        pool = Customer(client.base)
        task = pool.create(callback_url=neighbour.base + "/called")
        assert pool.delete(task).status_code == 200
        assert pool.is_in(task, "cancelled")["error"] is None
        assert json.loads(neighbour.posted.get(timeout=20)[1])["status"] == "queued"


def test_those_that_wait_run_when_there_is_room(sandbox):
    with sandbox(max_concurrent=1) as client:
        pool = Customer(client.base)
        ended = pool.create(text="a boat sandbox-fail:ServerOverloaded")
        assert pool.is_in(ended, *ENDED)["status"] == "failed"
        one = pool.create(**NEVER)
        pool.is_in(one, "running")
        waiting = pool.create()
        full = pool.post(PATH, order())
        pool.no("QuotaExceeded", full)
        assert pool.task(waiting)["status"] == "queued"
        other = Customer(client.base, "somebody else")
        assert other.is_in(other.create(text="sandbox-fail:ServerOverloaded"), "failed")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a boat half-forbidden", "OutputVideoSensitiveContentDetected"),
        ("a boat sandbox-fail:InternalServiceError", "InternalServiceError"),
        ("a boat sandbox-fail:InputImageSensitiveContentDetected.", "InputImageSensitiveContentDetected"),
    ],
)
def test_tasks_that_fail_say_why(pool, text, code):
    task = pool.is_in(pool.create(text=text), *ENDED)
    assert task["status"] == "failed" and task["error"]["code"] == code and task["error"]["message"]
    assert "content" not in task and "usage" not in task


@pytest.mark.parametrize(
    ("do", "code"),
    [
        ({"fail": "ServerOverloaded"}, "ServerOverloaded"),
        ({"reject": {"0": "x"}}, "OutputVideoSensitiveContentDetected"),
    ],
)
def test_scripted_ends(pool, client, do, code):
    client.fault(PATH, {"job": do})
    assert pool.is_in(pool.create(), *ENDED)["error"]["code"] == code


def test_tasks_expire(pool):
    task = pool.is_in(pool.create(text="a boat sandbox-expire", execution_expires_after=3600), *ENDED)
    assert (task["status"], task["error"], task["execution_expires_after"]) == ("expired", None, 3600)


def test_every_change_is_posted_in_order(pool, neighbour):
    task = pool.create(text="a boat sandbox-fail:ServerOverloaded", callback_url=neighbour.base + "/called")
    posted = [json.loads(neighbour.posted.get(timeout=20)[1]) for _ in range(3)]
    assert [body["status"] for body in posted] == ["queued", "running", "failed"]
    assert posted[-1] == pool.task(task) | {"error": posted[-1]["error"]}
    assert {body["id"] for body in posted} == {task}


def test_a_callback_is_tried_three_times(pool, neighbour):
    neighbour.answers = [200, 200, 500, 500, 500]
    pool.create(text="a boat sandbox-expire", callback_url=neighbour.base + "/called")
    posted = [json.loads(neighbour.posted.get(timeout=20)[1])["status"] for _ in range(5)]
    assert posted == ["queued", "running", "expired", "expired", "expired"]


def test_what_waits_too_long_expires():
    job = Job("cgt-1", "talkingdata", "me", "seedance", "", 0, 0, 0, [], extra={"status": "queued"})
    with pytest.raises(FailedError) as caught:
        asyncio.run(Line(0).turn(job, 0, time.time()))
    assert caught.value.failure == "expired"


def test_a_restart_goes_on_with_what_waited(sandbox, tmp_path):
    with sandbox(latency=60, data=tmp_path) as client:
        pool = Customer(client.base)
        task = pool.create(text="a boat sandbox-fail:ServerOverloaded")
        assert pool.task(task)["status"] == "queued"
    with sandbox(data=tmp_path) as client:
        assert Customer(client.base).is_in(task, *ENDED)["error"]["code"] == "ServerOverloaded"


# ── looking things up ───────────────────────────────────────────────────────


def test_tasks_belong_to_their_account(pool, client):
    task = pool.create()
    stranger = Customer(client.base, "a stranger")
    stranger.no("NotFound.id", stranger.get(f"{PATH}/{task}"))
    stranger.no("NotFound.id", stranger.delete(task))
    assert stranger.listed() == {"items": [], "total": 0}


def test_tasks_are_listed_newest_first_and_by_pages(pool):
    tasks = [pool.create(text=f"{number} sandbox-fail:ServerOverloaded") for number in range(3)]
    for task in tasks:
        pool.is_in(task, "failed")
    whole = pool.listed()
    assert [item["id"] for item in whole["items"]] == tasks[::-1] and whole["total"] == 3
    assert whole["items"][0]["status"] == "failed"
    assert [item["id"] for item in pool.listed("page_num=2&page_size=2")["items"]] == tasks[:1]
    assert pool.listed("page_num=3&page_size=2") == {"items": [], "total": 3}


def test_the_list_can_be_filtered(pool):
    failed, expired = pool.create(text="sandbox-fail:ServerOverloaded"), pool.create(text="sandbox-expire")
    pool.is_in(failed, "failed")
    pool.is_in(expired, "expired")
    assert [item["id"] for item in pool.listed("filter.status=failed")["items"]] == [failed]
    assert pool.listed(f"filter.task_ids={failed}&filter.task_ids={expired}")["total"] == 2
    assert pool.listed(f"filter.task_ids={failed}&filter.task_ids=other")["total"] == 1
    assert pool.listed("filter.model=T0101007&filter.service_tier=default")["total"] == 2
    assert pool.listed("filter.model=other")["total"] == pool.listed("filter.service_tier=flex")["total"] == 0


@pytest.mark.parametrize(
    "query",
    [
        *("page_num=0", "page_num=501", "page_num=a", "page_size=0", "page_size=501"),
        *("filter.status=done", "filter.service_tier=x", "status=failed"),
    ],
)
def test_what_the_list_does_not_take(pool, query):
    assert pool.get(f"{PATH}?{query}").status_code == 400


def test_tasks_are_forgotten_after_seven_days(pool, monkeypatch):
    task = pool.create(text="sandbox-expire")
    monkeypatch.setattr("providers.sandbox.talkingdata_ark.TASK_SECONDS", -1)
    pool.no("NotFound.id", pool.get(f"{PATH}/{task}"))
    assert pool.listed()["total"] == 0


# ── results ─────────────────────────────────────────────────────────────────


def done(pool: Customer, **body: Any) -> dict[str, Any]:
    task = pool.is_in(pool.create(**body), *ENDED)
    assert task["status"] == "succeeded", task
    return task


def test_the_finished_task_is_the_documented_one(pool):
    task = done(pool, text="today's weather", tools=[{"type": "web_search"}], safety_identifier="ab12", seed=10)
    shown = sample("seedance", "finished")
    assert set(task) == set(shown) | {"error", "tools", "safety_identifier"}
    assert shape(task["usage"]) == shape(shown["usage"]) and task["usage"]["tool_usage"] == {"web_search": 1}
    assert (task["error"], task["tools"], task["safety_identifier"]) == (None, [{"type": "web_search"}], "ab12")
    assert (task["seed"], task["framespersecond"], task["service_tier"]) == (10, 24, "default")


def test_tokens_are_counted_as_in_the_sample():
    shown = sample("seedance", "finished")
    width, height = SIZES[shown["resolution"]][shown["ratio"]]
    assert width * height * (24 * shown["duration"] + 1) // 1024 == shown["usage"]["completion_tokens"]


@pytest.mark.parametrize("ratio", sorted(SIZES["480p"]))
@pytest.mark.parametrize("resolution", ["480p", "720p"])
def test_the_film_has_the_documented_pixels(pool, tmp_path, resolution, ratio):
    task = done(pool, resolution=resolution, ratio=ratio)
    seen = pool.probed(task["content"]["video_url"], "video/mp4", tmp_path)
    assert (seen.width, seen.height) == SIZES[resolution][ratio]
    assert (seen.format, seen.codec, seen.frame_rate) == ("mp4", "h264", 24)
    assert seen.duration == pytest.approx(4, abs=0.1)
    assert (seen.has_sound, seen.channels) == (True, 1)


def test_a_film_without_sound(pool, tmp_path):
    task = done(pool, generate_audio=False, duration=-1, text="a boat for 5 seconds")
    seen = pool.probed(task["content"]["video_url"], "video/mp4", tmp_path)
    assert (seen.has_sound, task["generate_audio"], task["duration"]) == (False, False, 5)
    assert seen.duration == pytest.approx(5, abs=0.1)


def test_frames_and_the_last_one_kept(pool):
    red, blue = (data_url(Image.new("RGB", (864, 496), colour)) for colour in ("red", "blue"))
    files = [picture("first_frame", url=red), picture("last_frame", url=blue)]
    task = done(pool, text="", files=files, return_last_frame=True, watermark=True)
    frames = pool_frames(pool, task["content"]["video_url"])
    assert reddest(frames[0]) == 0 and reddest(frames[-1]) == 2
    kept = image_at(pool, task["content"]["last_frame_url"])
    assert kept.size == frames[-1].size and reddest(kept) == 2


def test_references_of_every_kind(pool, neighbour, tmp_path):
    neighbour.pages["/a"] = (200, film(48, size=(864, 496), rate=24))
    task = done(pool, files=[picture(), clip(neighbour.base + "/a"), tone()])
    assert pool.probed(task["content"]["video_url"], "video/mp4", tmp_path).has_sound


def test_links_end(pool, client):
    task = done(pool)
    assert abs(int(task["content"]["video_url"].rpartition("=")[2]) - time.time() - 86400) < 120
    client.fault(PATH, {"job": {"links_expire": -1}})
    assert pool.http.get(done(pool)["content"]["video_url"]).status_code == 403


def test_a_result_may_be_late(pool, client):
    client.fault(PATH, {"job": {"empty_polls": 1}})
    task = pool.create()
    assert pool.is_in(task, *ENDED)["content"] == {"video_url": ""}
    assert pool.task(task)["content"]["video_url"]


@pytest.mark.parametrize("name", ["references", "first-frame", "frames", "words"])
def test_the_documented_orders_are_taken(pool, neighbour, name):
    body = sample("seedance", name)
    pages = {
        "image_url": encoded(Image.new("RGB", (400, 400), "teal")),
        "video_url": film(48, size=(864, 496), rate=24),
        "audio_url": sound("mp3", 3.0),
    }
    for kind, data in pages.items():
        neighbour.pages[f"/{kind}"] = (200, data)
        for part in body["content"]:
            if kind in part:
                part[kind]["url"] = f"{neighbour.base}/{kind}"
    response = pool.post(f"{PATH}?requestId=550e8400-e29b-41d4-a716-446655440000", body)
    assert (response.status_code, shape(response.json())) == (200, shape(sample("seedance", "taken")))


def pool_frames(pool: Customer, url: str) -> list[Image.Image]:
    with av.open(io.BytesIO(pool.file(url, "video/mp4"))) as opened:
        return [frame.to_image() for frame in opened.decode(video=0)]


def image_at(pool: Customer, url: str) -> Image.Image:
    return Image.open(io.BytesIO(pool.file(url, "image/png"))).convert("RGB")


def reddest(picture: Image.Image) -> int:
    """The channel with the most light in the middle of the picture."""
    pixel = picture.getpixel((picture.width // 2, picture.height // 2))
    return max(range(3), key=lambda channel: pixel[channel])

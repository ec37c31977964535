"""What goes on behind the routes: callbacks, linked pictures, restarts, and the real painter in its processes."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import ImageChops

from providers.sandbox.app import make_app
from providers.sandbox.net import is_loopback
from providers.sandbox.painter import FlatPainter, RealPainter
from providers.sandbox.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
RED, BLUE = (250, 0, 0), (0, 0, 250)


# callbacks


def test_the_job_is_posted_when_it_ends(client, neighbour):
    order = client.imagine("a boat", callback=neighbour.base + "/hook?x=1")
    path, body = neighbour.posted.get(timeout=30)
    assert path == "/hook?x=1"
    assert json.loads(body) == client.ended(order)


def test_failures_are_posted_too(client, neighbour):
    client.imagine("a boat sandbox-fail:JobStatusError", callback=neighbour.base + "/hook")
    assert json.loads(neighbour.posted.get(timeout=30)[1])["status"] == 3


@pytest.mark.parametrize(("answers", "posts", "delivered"), [([500, 503, 200], 3, 1), ([500] * 4, 3, 0)])
def test_a_callback_is_tried_three_times(client, neighbour, answers, posts, delivered):
    neighbour.answers = list(answers)
    job = client.ended(client.imagine("a boat", callback=neighbour.base + "/hook"))
    for _ in range(posts):
        neighbour.posted.get(timeout=30)
    neighbour.answers = []
    # asking for a test callback is answered after its own delivery: by then the first one has given up or not
    assert client.order("callback", jobId=job["id"]) == {"jobId": job["id"], "delivered": True}
    assert neighbour.posted.qsize() == 1
    assert client.stats()["callbacks_delivered"] == delivered + 1


def test_the_test_callback_needs_an_address(client):
    job = client.done("diffusion", text="a boat")
    assert client.post("callback", jobId=job["id"]).json()["reason"] == "Invalid_Argument"


def test_callbacks_go_to_loopback_and_allowed_hosts_only(client):
    job = client.ended(client.imagine("a boat", callback="http://192.0.2.1/hook"))
    assert job["status"] == 2
    assert client.order("callback", jobId=job["id"])["delivered"] is False


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("http://127.0.0.1:80/", True),
        ("http://[::1]/", True),
        ("http://localhost/", True),
        ("http://a.localhost/", True),
        ("http://127.0.0.1.example.com/", False),
        ("http://localhost@example.com/", False),
        ("http://10.0.0.1/", False),
    ],
)
def test_what_loopback_is(url, answer):
    assert is_loopback(url) is answer


# linked pictures


def mean(picture):
    return np.asarray(picture, dtype=float).mean(axis=(0, 1))


@pytest.mark.parametrize(
    "text",
    ["{url} a boat", "a boat --sref {url} --sw 400", "a boat --cref {url}", "a boat --v 7 --oref {url} --ow 500"],
)
def test_linked_pictures_steer_the_colours(client, neighbour, text):
    text += " --seed 5"
    red = client.done("diffusion", text=text.format(url=neighbour.picture("/red.png", RED)))
    blue = client.done("diffusion", text=text.format(url=neighbour.picture("/blue.png", BLUE)))
    assert mean(client.picture(red))[0] > mean(client.picture(blue))[0]
    assert mean(client.picture(blue))[2] > mean(client.picture(red))[2]


def test_the_weight_of_a_link_matters(client, neighbour):
    url = neighbour.picture("/red.png", RED)
    pull = [
        mean(client.picture(client.done("diffusion", text=f"{url} a boat --seed 5 --iw {iw}"))) for iw in (0, 1, 2.5)
    ]
    assert pull[0][0] < pull[1][0] < pull[2][0]
    plain = mean(client.picture(client.done("diffusion", text="a boat --seed 5")))
    assert tuple(pull[0]) == tuple(plain)


def test_two_links_need_no_words(client, neighbour):
    red, blue = neighbour.picture("/red.png", RED), neighbour.picture("/blue.png", BLUE)
    assert client.done("diffusion", text=f"{red} {blue}")


@pytest.mark.parametrize(
    "page", [(404, b""), (200, b""), (200, b"<html>"), (200, b"\x89PNG\r\n\x1a\nxx"), (200, b"x" * 1_000_001)]
)
def test_links_that_are_no_pictures_fail_the_job(client, neighbour, page):
    neighbour.pages["/odd"] = page
    job = client.ended(client.imagine(f"{neighbour.base}/odd a boat"))
    assert (job["status"], job["comment"]) == (3, "JobStatusInvalidImagePromptLink")
    assert job["urls"] == []


def test_links_that_nobody_serves_fail_the_job(client):
    job = client.ended(client.imagine("a boat --sref http://127.0.0.1:9/a.png"))
    assert job["comment"] == "JobStatusInvalidImagePromptLink"


def test_follow_ups_remember_linked_pictures(client, neighbour):
    url = neighbour.picture("/red.png", RED)
    job = client.done("diffusion", text=f"{url} a boat --iw 2")
    neighbour.pages.clear()
    varied = client.done("variation", jobId=job["id"], imageNo=0, type=0)
    assert mean(client.picture(varied))[0] > 150
    assert client.done("reroll", jobId=job["id"])
    assert client.done("upscale", jobId=job["id"], imageNo=0, type=0)


# restarts


def test_a_restarted_sandbox_knows_its_jobs(sandbox, tmp_path):
    with sandbox(data=tmp_path) as client:
        job = client.done("diffusion", text="a boat --seed 5")
        pixels = client.pixels(job)
    with sandbox(data=tmp_path) as client:
        again = client.job(job["id"])
        assert again["urls"] != job["urls"]  # another port
        assert client.pixels(again) == pixels
        assert {**again, "urls": []} == {**job, "urls": []}
        assert client.done("variation", jobId=job["id"], imageNo=3, type=0)
        assert client.done("upscale", jobId=job["id"], imageNo=3, type=0)
        assert client.get("subscribe").json()["feeUsed"] == 60 + 90 + 90


def test_an_interrupted_job_goes_on_after_the_restart(sandbox, tmp_path, neighbour):
    with sandbox(data=tmp_path, latency=1000) as client:
        order = client.imagine("a boat --seed 5", callback=neighbour.base + "/hook")
    with sandbox(data=tmp_path) as client:
        job = client.ended(order)
        assert job["status"] == 2
        assert json.loads(neighbour.posted.get(timeout=30)[1])["id"] == job["id"]
        assert client.pixels(job) == client.pixels(client.done("diffusion", text="a boat --seed 5"))


def test_old_jobs_are_dropped_at_the_start(sandbox, tmp_path):
    with sandbox(data=tmp_path) as client:
        job = client.done("diffusion", text="a boat")
    with sandbox(data=tmp_path, keep_days=0) as client:
        assert client.get(f"job/{job['id']}").status_code == 404
        assert not list((tmp_path / "files" / "youchuan").iterdir())


# the app without a socket


async def without_a_socket() -> None:
    app = make_app(Settings(latency=0, painter=FlatPainter(), workers=0))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http,
    ):
        await http.post("/_sandbox/faults", json=[{"path": "/v1/tob/subscribe", "do": {"close": "before"}}])
        with pytest.raises(ConnectionResetError):
            await http.get("/v1/tob/subscribe")
        headers = {"x-youchuan-app": "a", "x-youchuan-secret": "b"}
        response = await http.post("/v1/tob/diffusion", json={"text": "a boat"}, headers=headers)
        assert response.json()["status"] == 1


def test_the_app_serves_without_a_socket():
    asyncio.run(without_a_socket())


# the real painter


def test_real_pictures_are_made_and_followed_up(sandbox):
    with sandbox(painter=RealPainter(), workers=2) as client:
        job = client.done("diffusion", text="a lighthouse at dawn --seed 5 --ar 3:2 --v 7 --draft")
        assert len(set(client.pixels(job))) == 4
        original = client.picture(job, 1)
        larger = client.done("upscale", jobId=job["id"], imageNo=1, type=0)
        assert client.picture(larger).size == (original.width * 2, original.height * 2)
        panned = client.picture(client.done("pan", jobId=job["id"], imageNo=1, direction=1, scale=1.1))
        assert panned.height == original.height
        assert ImageChops.difference(panned.crop((0, 0, *original.size)), original).getbbox() is None


def test_the_command_paints_in_processes_and_ends_quietly(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "providers.sandbox", "--port", "0", "--latency", "0", "--data", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        base = next(word for word in process.stdout.readline().split() if word.startswith("http"))
        with httpx.Client(
            base_url=base, headers={"x-youchuan-app": "a", "x-youchuan-secret": "b"}, trust_env=False, timeout=60
        ) as http:
            order = http.post("/v1/tob/diffusion", json={"text": "a boat on a lake --v 7 --draft"}).json()
            deadline = time.monotonic() + 60
            while (job := http.get(f"/v1/tob/job/{order['id']}").json())["status"] == 1:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            assert job["status"] == 2, job
            assert http.get(job["urls"][3]).content.startswith(b"\x89PNG")
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=60)
    finally:
        process.kill()
    assert "Traceback" not in complaints
    assert process.returncode in (0, -signal.SIGINT)

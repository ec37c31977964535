"""Videos of the emulated Youchuan."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from providers.sandbox.prompts import FilmPrompt, PromptError, parse_film
from providers.sandbox.youchuan_films import frame_size, upscaled

RED, BLUE = (250, 0, 0), (0, 0, 250)
LINK = "https://example.com/a.png"


@pytest.fixture
def boat(client):
    return client.done("diffusion", text="a boat --ar 16:9 --seed 5")


@pytest.fixture
def film(client, boat):
    return client.done("video-diffusion", jobId=boat["id"], imageNo=0, prompt="it sails --bs 1")


def distance(one, other):
    """The mean difference of two pictures, 0..255; codecs are not exact."""
    return float(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).mean())


# prompts


def test_the_parts_of_a_film_prompt():
    assert parse_film(f"{LINK} it sails --motion high --raw --end {LINK} --bs 2") == FilmPrompt(
        words="it sails", image=LINK, motion="high", raw=True, end=LINK, count=2
    )
    assert parse_film("it sails --loop").loop
    assert parse_film(LINK) == FilmPrompt(image=LINK)
    assert parse_film("") == FilmPrompt()


@pytest.mark.parametrize(
    "text",
    [
        "--motion",
        "--motion fast",
        "--bs 3",
        "--bs 0",
        "--bs 4 --bs 4",
        "--end",
        "--end sea",
        f"--end {LINK} {LINK}",
        f"--end {LINK} --loop",
        "--loop yes",
        "--raw on",
        f"{LINK} {LINK} it sails",
        f"it sails {LINK}",
        "it {sails, sinks}",
        "it sails --ar 3:2",
        "it sails --v 7",
        "it sails --seed 5",
        "it sails --loop and more",
    ],
)
def test_film_prompts_that_are_refused(client, text):
    with pytest.raises(PromptError):
        parse_film(text)
    words = text if text.startswith("http") else f"{LINK} {text}"
    client.refused(client.post("video-diffusion", prompt=words), "Invalid_Prompt_Parameter")


# sizes


@pytest.mark.parametrize(
    ("picture", "small", "large"),
    [
        ((1024, 1024), (624, 624), (936, 936)),
        ((1232, 928), (720, 544), (1080, 816)),
        ((896, 1344), (512, 768), (768, 1152)),
        ((1456, 816), (832, 464), (1248, 696)),
        ((700, 1400), (448, 880), (672, 1320)),
        ((1344, 896), (768, 512), (1152, 768)),
        ((816, 1456), (464, 832), (696, 1248)),
        ((4096, 64), (880, 448), (1320, 672)),
    ],
)
def test_frames_take_the_nearest_ratio(picture, small, large):
    assert (frame_size(*picture, 0), frame_size(*picture, 1)) == (small, large)
    assert min(upscaled(*small)) == 1080 and not any(side % 2 for side in upscaled(*small))


# from a picture


@pytest.mark.parametrize(
    ("flags", "kind", "count", "fee"),
    [("", {}, 4, 240), ("--bs 2", {"videoType": 0}, 2, 120), ("--bs 1", {"videoType": 1}, 1, 180)],
)
def test_a_result_moves(client, boat, flags, kind, count, fee):
    prompt = f"it sails {flags}".strip()
    job = client.done("video-diffusion", jobId=boat["id"], imageNo=2, prompt=prompt, **kind)
    assert job["cost"]["feeCost"] == fee and len(job["urls"]) == count == len(job["audits"])
    assert job["text"] == prompt and all(url.endswith(".mp4") for url in job["urls"])
    frames = client.film(job)
    assert frames[0].size == ((1248, 696) if kind.get("videoType") else (832, 464))
    assert distance(frames[0], client.picture(boat, 2).resize(frames[0].size)) < 12
    assert distance(frames[0], frames[-1]) > 1


def test_a_result_needs_no_prompt_and_no_number(client, boat):
    order = client.order("video-diffusion", jobId=boat["id"])
    assert order["text"] == boat["text"] and order["cost"]["feeCost"] == 240


def test_a_linked_picture_moves(client, neighbour):
    url = neighbour.picture("/a.png", RED, (200, 300))
    job = client.done("video-diffusion", prompt=f"{url} it glows --motion high --bs 1")
    frames = client.film(job)
    assert frames[0].size == (512, 768)
    assert distance(frames[0], Image.new("RGB", (512, 768), RED)) < 12


def test_a_film_ends_where_it_is_told(client, boat, neighbour):
    url = neighbour.picture("/end.png", BLUE, (832, 464))
    frames = client.film(client.done("video-diffusion", jobId=boat["id"], prompt=f"it sails --end {url} --bs 1"))
    assert distance(frames[-1], Image.new("RGB", frames[-1].size, BLUE)) < 12
    looped = client.film(client.done("video-diffusion", jobId=boat["id"], prompt="it sails --loop --bs 1"))
    assert distance(looped[0], looped[-1]) < 12


def test_frames_that_nobody_serves_fail_the_job(client, boat, neighbour):
    gone = neighbour.base + "/nothing.png"
    for body in ({"prompt": f"{gone} it sails"}, {"jobId": boat["id"], "prompt": f"it sails --end {gone}"}):
        job = client.ended(client.order("video-diffusion", **body))
        assert (job["status"], job["comment"]) == (3, "JobStatusInvalidImagePromptLink")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"jobId": None}, "Invalid_Argument"),
        ({"videoType": 2}, "Invalid_Argument"),
        ({"videoType": "0"}, "Invalid_Argument"),
        ({"imageNo": 4}, "Invalid_Argument"),
        ({"prompt": ""}, "Invalid_Argument"),
        ({"prompt": "x" * 8193}, "Invalid_Argument"),
        ({"videoNo": 0}, "Invalid_Argument"),
        ({"jobId": "0" * 24}, "Invalid_Argument"),
        ({"prompt": f"{LINK} it sails"}, "Invalid_Prompt_Parameter"),
        ({"prompt": "forbidden"}, "Msg_Sensitive"),
    ],
)
def test_videos_that_are_refused(client, boat, change, reason):
    body = {"jobId": boat["id"], "imageNo": 0, "prompt": "it sails", **change}
    client.refused(client.post("video-diffusion", **body), reason)


def test_a_video_needs_a_first_frame(client):
    client.refused(client.post("video-diffusion"), "Invalid_Argument")
    client.refused(client.post("video-diffusion", videoType=1), "Invalid_Argument")
    client.refused(client.post("video-diffusion", prompt=f"{LINK} it sails", imageNo=0), "Invalid_Argument")
    client.refused(client.post("video-diffusion", prompt="it sails"), "Invalid_Prompt_Parameter")


# longer and larger


def test_a_video_is_extended_four_times(client, film):
    frames = client.film(film)
    for number in range(4):
        film = client.done("extend-video", jobId=film["id"], videoNo=0, prompt=f"on and on {number} --bs 1")
        assert film["cost"]["feeCost"] == 60
        longer = client.film(film)
        assert len(longer) > len(frames) and longer[0].size == frames[0].size
        assert distance(longer[0], frames[0]) < 12
        frames = longer
    client.refused(client.post("extend-video", jobId=film["id"], videoNo=0, prompt="and on"), "Not_Support")
    assert client.done("video-upscale", jobId=film["id"], videoNo=0)


def test_an_extension_of_720p_costs_like_it(client, boat):
    film = client.done("video-diffusion", jobId=boat["id"], videoType=1, prompt="it sails --bs 1")
    order = client.order("extend-video", jobId=film["id"], videoNo=0, prompt="on and on --motion high")
    assert order["cost"]["feeCost"] == 720


@pytest.mark.parametrize("more", [{}, {"type": 0}, {"type": "anything"}])
def test_a_video_is_upscaled_once(client, film, more):
    larger = client.done("video-upscale", jobId=film["id"], videoNo=0, **more)
    assert larger["cost"]["feeCost"] == 240 and len(larger["urls"]) == 1
    assert min(client.film(larger)[0].size) == 1080
    body = {"jobId": larger["id"], "videoNo": 0}
    client.refused(client.post("video-upscale", **body), "Job_ReUpscale_Not_Support")
    client.refused(client.post("extend-video", **body, prompt="on and on"), "Upscale_Not_Support")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"videoNo": 1}, "Invalid_Argument"),
        ({"videoNo": 4}, "Invalid_Argument"),
        ({"videoNo": "0"}, "Invalid_Argument"),
        ({"imageNo": 0}, "Invalid_Argument"),
        ({"prompt": ""}, "Invalid_Argument"),
        ({"prompt": f"{LINK} on and on"}, "Invalid_Prompt_Parameter"),
        ({"prompt": "on --bs 3"}, "Invalid_Prompt_Parameter"),
    ],
)
def test_extensions_that_are_refused(client, film, change, reason):
    body = {"jobId": film["id"], "videoNo": 0, "prompt": "on and on"}
    client.refused(client.post("extend-video", **{**body, **change}), reason)
    for name in body:
        short = {k: v for k, v in body.items() if k != name}
        client.refused(client.post("extend-video", **short), "Invalid_Argument")


def test_pictures_and_videos_have_operations_of_their_own(client, boat, film):
    for endpoint, more in (("extend-video", {"prompt": "on"}), ("video-upscale", {})):
        client.refused(client.post(endpoint, jobId=boat["id"], videoNo=0, **more), "Not_Support")
    for endpoint, more in (
        ("variation", {"type": 0}),
        ("upscale", {"type": 0}),
        ("outpaint", {"scale": 1.5}),
        ("remix", {"remixPrompt": "a ship"}),
        ("enhance", {}),
        ("video-diffusion", {}),
    ):
        client.refused(client.post(endpoint, jobId=film["id"], imageNo=0, **more), "Not_Support")
    client.refused(client.post("reroll", jobId=film["id"]), "Not_Support")


def test_video_files_go_bad_too(client, film):
    url = film["urls"][0]
    assert client.http.head(url).headers["content-type"] == "video/mp4"
    part = client.http.get(url, headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    client.fault("/files/youchuan/*", {"file": "garbage"})
    garbage = client.http.get(url)
    assert garbage.headers["content-type"] == "video/mp4" and garbage.content[4:8] == b"ftyp"


def test_a_linked_film_goes_on_after_a_restart(sandbox, tmp_path, neighbour):
    url = neighbour.picture("/a.png", RED, (200, 300))
    with sandbox(data=tmp_path, latency=1000) as client:
        order = client.order("video-diffusion", prompt=f"{url} it glows --bs 1")
    with sandbox(data=tmp_path) as client:
        film = client.ended(order)
        assert film["status"] == 2 and client.film(film)[0].size == (512, 768)
        assert client.done("extend-video", jobId=film["id"], videoNo=0, prompt="on --bs 1")

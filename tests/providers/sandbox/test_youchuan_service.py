"""The emulated Youchuan, asked over HTTP as its documents say."""

from __future__ import annotations

import re

import pytest
from PIL import Image, ImageChops

# what it says it is


def test_it_says_what_it_is(client):
    home = client.http.get("/")
    assert "sandbox" in home.text and "not by a model" in home.text
    for path in ("/", "/nowhere", "/_sandbox/health", "/v1/tob/subscribe"):
        assert client.http.get(path).headers["x-atelier-sandbox"] == "1"
    picture = client.http.get(client.done("diffusion", text="a boat")["urls"][0])
    assert b"Atelier sandbox" in picture.content[:400]


def test_health_and_unknown_paths(client):
    assert client.http.get("/_sandbox/health").json()["status"] == "ok"
    missing = client.http.get("/v1/tob/nothing")
    assert missing.status_code == 404 and missing.json()["code"] == 404
    assert client.http.get("/v1/tob/diffusion").json()["reason"] == "Not_Support"


# the job object


def test_submit_reply_has_the_documented_shape(client):
    order = client.imagine("a boat on a lake --seed 7")
    cost = order.pop("cost")
    assert re.fullmatch(r"[0-9a-f]{24}", order["id"])
    assert order == {
        "id": order["id"],
        "text": "a boat on a lake --seed 7",
        "urls": [],
        "status": 1,
        "comment": "执行中",
        "audits": [],
        "seed": 7,
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", cost.pop("costAt"))
    assert cost == {"jobId": order["id"], "fastCost": 1, "relaxCost": 0, "feeCost": 60}


def test_finished_job(client):
    job = client.done("diffusion", text="a boat on a lake")
    assert (job["status"], job["comment"], job["audits"]) == (2, "成功", ["", "", "", ""])
    assert len(set(client.pixels(job))) == 4
    assert 0 <= job["seed"] < 2**32
    assert client.job(job["id"]) == job


@pytest.mark.parametrize(
    ("flags", "size"),
    [("", (1024, 1024)), ("--ar 3:2", (1344, 896)), ("--ar 9:16", (816, 1456)), ("--v 8.1 --hd", (2048, 2048))],
)
def test_sizes_follow_the_flags(client, flags, size):
    assert client.picture(client.done("diffusion", text=f"a boat {flags}")).size == size


def test_head_and_ranges_of_a_picture(client):
    url = client.done("diffusion", text="a boat")["urls"][0]
    assert client.http.head(url).headers["content-type"] == "image/png"
    part = client.http.get(url, headers={"range": "bytes=0-7"})
    assert (part.status_code, part.content) == (206, b"\x89PNG\r\n\x1a\n")
    assert client.http.get(url.replace("_1.png", "_5.png")).status_code == 404
    assert client.http.get(f"/files/youchuan/{'0' * 24}_1.png").status_code == 404
    assert client.http.get("/files/youchuan/..%2f..%2fsandbox.sqlite3").status_code == 404


@pytest.mark.parametrize(("flags", "fee"), [("", 60), ("--fast", 60), ("--turbo", 120), ("--v 7 --draft", 30)])
def test_price_of_text_to_image(client, flags, fee):
    assert client.imagine(f"a boat {flags}")["cost"]["feeCost"] == fee


def test_prices_of_follow_ups(client):
    job = client.done("diffusion", text="a boat --turbo")
    draft = client.done("diffusion", text="a boat --v 7 --draft")
    fees = {
        "variation": client.order("variation", jobId=job["id"], imageNo=0, type=0),
        "pan": client.order("pan", jobId=job["id"], imageNo=0, direction=0, scale=1.5),
        "standard": client.order("upscale", jobId=job["id"], imageNo=0, type=0),
        "creative": client.order("upscale", jobId=job["id"], imageNo=0, type=1),
        "reroll": client.order("reroll", jobId=job["id"]),
        "draft varied": client.order("variation", jobId=draft["id"], imageNo=0, type=0),
        "draft rerolled": client.order("reroll", jobId=draft["id"]),
    }
    assert {name: order["cost"]["feeCost"] for name, order in fees.items()} == {
        "variation": 180,
        "pan": 120,
        "standard": 180,
        "creative": 240,
        "reroll": 120,
        "draft varied": 90,
        "draft rerolled": 30,
    }


def test_same_text_and_seed_give_the_same_pictures(client):
    one = client.done("diffusion", text="a boat --seed 5")
    two = client.done("diffusion", text="a boat --seed 5")
    other = client.done("diffusion", text="a boat --seed 6")
    assert client.pixels(one) == client.pixels(two)
    assert not set(client.pixels(one)) & set(client.pixels(other))
    assert client.imagine("a boat")["seed"] != client.imagine("a boat")["seed"]


# follow-ups


def test_reroll_keeps_the_text_and_changes_the_seed(client):
    job = client.done("diffusion", text="a boat --seed 5")
    again = client.done("reroll", jobId=job["id"])
    assert again["text"] == job["text"] and again["seed"] != 5
    assert not set(client.pixels(again)) & set(client.pixels(job))
    varied = client.done("variation", jobId=job["id"], imageNo=1, type=1)
    assert not set(client.pixels(client.done("reroll", jobId=varied["id"]))) & set(client.pixels(varied))
    panned = client.done("pan", jobId=job["id"], imageNo=1, direction=1, scale=2)
    assert client.picture(client.done("reroll", jobId=panned["id"])).size == (2048, 1024)


@pytest.mark.parametrize("strong", [0, 1])
def test_variation(client, strong):
    job = client.done("diffusion", text="a boat --ar 3:2")
    varied = client.done("variation", jobId=job["id"], imageNo=3, type=strong)
    assert varied["text"] == job["text"] and varied["seed"] != job["seed"]
    assert len({*client.pixels(varied), *client.pixels(job)}) == 8
    assert client.picture(varied).size == (1344, 896)


def test_remix_prompt_inherits_flags_and_overrides_them(client):
    job = client.done("diffusion", text="a boat --ar 3:2 --v 7 --seed 5 --chaos 10")
    order = client.order(
        "variation", jobId=job["id"], imageNo=0, type=1, remixPrompt="a ship --chaos 20 --ar 1:1 --seed 9"
    )
    assert order["text"] == "a ship --ar 1:1 --version 7 --chaos 20 --seed 9"
    assert order["seed"] == 9
    assert client.picture(client.ended(order)).size == (1024, 1024)
    client.refused(
        client.post("variation", jobId=job["id"], imageNo=0, type=1, remixPrompt="a ship --cref 5"),
        "Invalid_Prompt_Parameter",
    )


@pytest.mark.parametrize(("kind", "side"), [(0, 2048), (1, 2048), (2, 2048), (3, 4096)])
def test_upscale_gives_one_larger_picture(client, kind, side):
    job = client.done("diffusion", text="a boat")
    larger = client.done("upscale", jobId=job["id"], imageNo=2, type=kind)
    assert len(larger["urls"]) == 1 and larger["audits"] == [""]
    picture, small = client.picture(larger), client.picture(job, 2)
    assert picture.size == (side, side)
    assert picture.getpixel((side - 1, side - 1)) == small.getpixel((1023, 1023))


@pytest.mark.parametrize(
    ("direction", "size", "corner"),
    [(0, (1024, 1536), (0, 0)), (1, (1536, 1024), (0, 0)), (2, (1024, 1536), (0, 512)), (3, (1536, 1024), (512, 0))],
)
def test_pan_extends_one_side_and_keeps_the_rest(client, direction, size, corner):
    job = client.done("diffusion", text="a boat")
    panned = client.done("pan", jobId=job["id"], imageNo=1, direction=direction, scale=1.5)
    original = client.picture(job, 1)
    assert len(set(client.pixels(panned))) == 4
    for number in range(4):
        picture = client.picture(panned, number)
        assert picture.size == size
        kept = picture.crop((*corner, corner[0] + 1024, corner[1] + 1024))
        assert ImageChops.difference(kept, original).getbbox() is None


def test_an_upscaled_picture_is_varied_at_its_first_size_and_panned_as_it_is(client):
    job = client.done("diffusion", text="a boat")
    larger = client.done("upscale", jobId=job["id"], imageNo=0, type=0)
    varied = client.done("variation", jobId=larger["id"], imageNo=0, type=0)
    panned = client.done("pan", jobId=larger["id"], imageNo=0, direction=1, scale=1.5, remixPrompt="the sea")
    assert client.picture(varied).size == (1024, 1024)
    assert client.picture(panned).size == (3072, 2048)
    client.refused(client.post("variation", jobId=larger["id"], imageNo=1, type=0), "Invalid_Argument")


def test_v8_upscales_by_ordering_the_seed_again_in_hd(client):
    job = client.done("diffusion", text="a boat --v 8.1 --seed 5")
    large = client.done("diffusion", text="a boat --v 8.1 --seed 5 --hd")
    for number in range(4):
        small, picture = client.picture(job, number), client.picture(large, number)
        assert ImageChops.difference(picture.resize(small.size, Image.Resampling.NEAREST), small).getbbox() is None
    client.refused(client.post("upscale", jobId=job["id"], imageNo=0, type=0), "Upscale_Not_Support")
    client.refused(client.post("pan", jobId=job["id"], imageNo=0, direction=0, scale=2), "Not_Support")
    assert client.order("variation", jobId=job["id"], imageNo=0, type=0)


def test_pictures_do_not_grow_for_ever(client):
    job = client.done("diffusion", text="a boat --v 6")
    wide = client.done("pan", jobId=job["id"], imageNo=0, direction=1, scale=3)
    wide = client.done("pan", jobId=wide["id"], imageNo=0, direction=1, scale=3)
    client.refused(client.post("pan", jobId=wide["id"], imageNo=0, direction=1, scale=3), "Invalid_Argument")
    client.refused(client.post("upscale", jobId=wide["id"], imageNo=0, type=3), "Upscale_Not_Support")


# how jobs end


def test_one_picture_is_refused(client):
    job = client.done("diffusion", text="a half-forbidden boat")
    assert [bool(url) for url in job["urls"]] == [True, True, False, True]
    assert job["audits"] == ["", "", "涉政", ""]
    assert job["comment"] == "成功"


def test_all_pictures_are_refused(client):
    job = client.ended(client.imagine("a wholly-forbidden boat"))
    assert (job["status"], job["comment"]) == (3, "JobStatusReject")
    assert job["urls"] == [""] * 4 and job["audits"] == ["涉政"] * 4


@pytest.mark.parametrize(
    ("comment", "fee"), [("JobStatusTimeout", 60), ("JobStatusBadPrompt", 0), ("JobStatusInvalidParameter", 0)]
)
def test_failures_that_cost_and_that_do_not(client, comment, fee):
    order = client.imagine(f"a boat sandbox-fail:{comment}")
    assert (order["status"], order["cost"]["feeCost"]) == (1, 60)
    job = client.ended(order)
    assert (job["status"], job["comment"], job["urls"], job["cost"]["feeCost"]) == (3, comment, [], fee)

"""Edits of the emulated Youchuan: what changes and what stays, and what it refuses."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageChops

from tests.providers.sandbox.pictures import data_url

RED = (250, 0, 0)
AREA = {"areas": [{"width": 1024, "height": 1024, "points": [100, 100, 500, 100, 500, 600, 100, 600]}]}
BOX = (100, 100, 500, 600)
CANVAS = {"canvas": {"width": 1200, "height": 900}, "imgPos": {"width": 600, "height": 600, "x": 300, "y": 150}}
WHOLE = {"canvas": {"width": 64, "height": 64}, "imgPos": {"width": 64, "height": 64, "x": 0, "y": 0}}


@pytest.fixture
def boat(client):
    return client.done("diffusion", text="a boat --seed 5")


def picture_of(job, number=0, **more):
    return {"jobId": job["id"], "imageNo": number, **more}


def black_and_white(size=(1024, 1024), box=BOX):
    mask = Image.new("L", size)
    mask.paste(255, box)
    return mask


def differs_only_in(box, one, other):
    """Whether the pictures differ somewhere in the box and nowhere else."""
    outside = ImageChops.difference(one, other)
    inside = outside.crop(box)
    outside.paste(0, box)
    return inside.getbbox() is not None and outside.getbbox() is None


# inpaint


def test_inpaint_changes_what_the_polygons_cover(client, boat):
    job = client.done("inpaint", **picture_of(boat, 2, mask=AREA, remixPrompt="a tree"))
    assert job["text"] == "a tree" and job["cost"]["feeCost"] == 90
    assert len(set(client.pixels(job))) == 4
    for number in range(4):
        assert differs_only_in(BOX, client.picture(job, number), client.picture(boat, 2))


def test_inpaint_by_a_linked_picture(client, boat, neighbour):
    url = neighbour.show("/mask.png", black_and_white())
    job = client.done("inpaint", **picture_of(boat, mask={"url": url}))
    assert job["text"] == "a boat --seed 5"
    assert differs_only_in(BOX, client.picture(job), client.picture(boat))


@pytest.mark.parametrize(
    ("mask", "comment", "fee"),
    [
        (black_and_white(size=(512, 512), box=(1, 1, 90, 90)), "JobStatusInvalidParameter", 0),
        (Image.new("L", (1024, 1024)), "JobStatusInvalidParameter", 0),
        (Image.new("L", (1024, 1024), 255), "JobStatusInvalidParameter", 0),
        (None, "JobStatusInvalidImagePromptLink", 90),
    ],
)
def test_linked_masks_that_do_not_fit_fail_the_job(client, boat, neighbour, mask, comment, fee):
    url = neighbour.show("/mask.png", mask) if mask else neighbour.base + "/nothing.png"
    job = client.ended(client.order("inpaint", **picture_of(boat, mask={"url": url})))
    assert (job["status"], job["comment"], job["cost"]["feeCost"]) == (3, comment, fee)


SMALL = {"width": 512, "height": 512, "points": [10, 10, 100, 10, 100, 100]}
FULL = {"width": 1024, "height": 1024, "points": [0, 0, 1024, 0, 1024, 1024, 0, 1024]}
LINE = {"width": 1024, "height": 1024, "points": [0, 0, 1024, 1024, 512, 512]}


@pytest.mark.parametrize(
    "mask",
    [
        {"areas": [SMALL]},
        {"areas": [FULL]},
        {"areas": [LINE]},
        {"areas": []},
        {"areas": [{**SMALL, "points": [1, 2, 3]}]},
        {**AREA, "url": "http://127.0.0.1/m.png"},
        {"url": data_url(black_and_white())},
        "white",
    ],
)
def test_masks_that_inpaint_refuses(client, boat, mask):
    client.refused(client.post("inpaint", **picture_of(boat, mask=mask)), "Invalid_Argument")
    client.refused(client.post("inpaint", **picture_of(boat)), "Invalid_Argument")


# edit


def test_edit_puts_the_picture_on_the_canvas(client, boat):
    job = client.done("edit", **picture_of(boat, 1, remixPrompt="the sea", **CANVAS))
    assert job["cost"]["feeCost"] == 90 and job["text"] == "the sea"
    picture, source = client.picture(job), client.picture(boat, 1).resize((600, 600))
    assert picture.size == (1200, 900)
    assert ImageChops.difference(picture.crop((310, 160, 890, 740)), source.crop((10, 10, 590, 590))).getbbox() is None
    assert len(set(client.pixels(job))) == 4


@pytest.mark.parametrize("how", ["areas", "base64", "link"])
def test_edit_repaints_under_its_mask_too(client, boat, neighbour, how):
    masks = {
        "areas": AREA,
        "base64": {"url": data_url(black_and_white())},
        "link": {"url": neighbour.show("/mask.png", black_and_white())},
    }
    place = {
        "canvas": {"width": 1500, "height": 1024},
        "imgPos": {"width": 1024, "height": 1024, "x": 0, "y": 0},
    }
    job = client.done("edit", **picture_of(boat, mask=masks[how], remixPrompt="the sea", **place))
    kept = client.picture(job).crop((0, 0, 1024, 1024))
    assert differs_only_in(BOX, kept, client.picture(boat))


def test_an_edit_may_crop_and_needs_no_mask(client, boat):
    place = {"canvas": {"width": 500, "height": 400}, "imgPos": {"width": 1024, "height": 1024, "x": -200, "y": -300}}
    job = client.done("edit", **picture_of(boat, remixPrompt="the sea", **place))
    source = client.picture(boat).crop((200, 300, 700, 700))
    assert ImageChops.difference(client.picture(job), source).getbbox() is None


@pytest.mark.parametrize(
    "change",
    [
        {"canvas": {"width": 63, "height": 900}},
        {"canvas": {"width": 16385, "height": 64}},
        {"canvas": {"width": 16384, "height": 16384}},
        {"canvas": {"width": 100.5, "height": 900}},
        {"canvas": {"width": 900}},
        {"canvas": {"width": 900, "height": 900, "depth": 1}},
        {"canvas": 900},
        {"imgPos": {"width": 0, "height": 600, "x": 0, "y": 0}},
        {"imgPos": {"width": 600, "height": 600, "x": 1200, "y": 0}},
        {"imgPos": {"width": 600, "height": 600, "x": 0, "y": -600}},
        {"imgPos": {"width": 600, "height": 600}},
        {"imgPos": {"width": "600", "height": 600, "x": 0, "y": 0}},
        {"remixPrompt": ""},
        {"remixPrompt": None},
        {"mask": {"areas": [SMALL]}},
        {"mask": {"areas": [FULL]}},
        {"mask": {"url": data_url(black_and_white(size=(512, 512)))}},
        {"mask": {"url": "data:image/png;base64,AAAA"}},
        {"mask": {}},
        {"mask": None},
    ],
)
def test_edits_that_are_refused(client, boat, change):
    body = picture_of(boat, remixPrompt="the sea", **CANVAS)
    client.refused(client.post("edit", **{**body, **change}), "Invalid_Argument")
    for name in ("canvas", "imgPos", "remixPrompt", "jobId", "imageNo"):
        client.refused(client.post("edit", **{k: v for k, v in body.items() if k != name}), "Invalid_Argument")


# upload-paint


def test_upload_paint_extends_a_linked_picture(client, neighbour):
    url = neighbour.picture("/a.png", RED, (200, 100))
    empty = {"url": data_url(Image.new("L", (200, 100)))}
    place = {"canvas": {"width": 400, "height": 200}, "imgPos": {"width": 200, "height": 100, "x": 50, "y": 100}}
    job = client.done("upload-paint", imgUrl=url, mask=empty, remixPrompt="a wall --v 7", **place)
    assert job["cost"]["feeCost"] == 90 and len(set(client.pixels(job))) == 4
    picture = client.picture(job)
    assert picture.size == (400, 200)
    assert picture.crop((50, 100, 250, 200)).getcolors() == [(200 * 100, RED)]
    assert picture.getpixel((0, 0)) != RED


def test_upload_paint_with_polygons(client, neighbour):
    url = neighbour.picture("/a.png", RED)
    mask = {"areas": [{"width": 64, "height": 64, "points": [10, 10, 10, 20, 20, 20, 20, 10]}]}
    job = client.done("upload-paint", imgUrl=url, mask=mask, remixPrompt="a door", **WHOLE)
    red = Image.new("RGB", (64, 64), RED)
    assert differs_only_in((10, 10, 20, 20), client.picture(job), red)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"imgUrl": ""}, "Invalid_Argument"),
        ({"imgUrl": "http://127.0.0.1/" + "x" * 1024}, "Invalid_Argument"),
        ({"imgUrl": "data:image/png;base64,AAAA"}, "Invalid_Argument"),
        ({"mask": {"url": data_url(Image.new("L", (64, 64)))}}, "Invalid_Argument"),
        ({"mask": {"url": data_url(Image.new("L", (64, 64), 255))}}, "Invalid_Argument"),
        ({"remixPrompt": "a boat --chaos 101"}, "Invalid_Prompt_Parameter"),
        ({"remixPrompt": "forbidden"}, "Msg_Sensitive"),
        ({"jobId": "0" * 24}, "Invalid_Argument"),
    ],
)
def test_uploads_that_are_refused(client, neighbour, change, reason):
    mask = {"areas": [{"width": 64, "height": 64, "points": [1, 1, 9, 1, 9, 9]}]}
    body = {"imgUrl": neighbour.picture("/a.png", RED), "mask": mask, "remixPrompt": "a boat", **WHOLE}
    client.refused(client.post("upload-paint", **{**body, **change}), reason)
    for name in body:
        short = {k: v for k, v in body.items() if k != name}
        client.refused(client.post("upload-paint", **short), "Invalid_Argument")
    assert client.stats()["jobs_created"] == 0


def test_a_mask_of_another_size_fails_the_upload_for_free(client, neighbour):
    url = neighbour.picture("/a.png", RED, (65, 64))
    mask = {"areas": [{"width": 64, "height": 64, "points": [1, 1, 9, 1, 9, 9]}]}
    job = client.ended(client.order("upload-paint", imgUrl=url, mask=mask, remixPrompt="a boat", **WHOLE))
    assert (job["status"], job["comment"], job["cost"]["feeCost"]) == (3, "JobStatusInvalidParameter", 0)


# retexture and remove-background


def test_retexture(client, neighbour):
    url = neighbour.picture("/a.png", RED, (300, 200))
    job = client.done("retexture", imgUrl=url, remixPrompt="oil on canvas")
    assert job["cost"]["feeCost"] == 90 and len(set(client.pixels(job))) == 4
    assert client.picture(job).size == (300, 200)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("RGBA", "PNG"), ("LA", "PNG"), ("P", "GIF"), ("1", "PNG"), ("I;16", "PNG"), ("CMYK", "JPEG"), ("RGB", "WEBP")],
)
def test_pictures_of_every_mode_are_taken(client, neighbour, mode, kind):
    url = neighbour.show("/a", Image.new(mode, (70, 90)), kind)
    assert client.picture(client.done("retexture", imgUrl=url, remixPrompt="oil")).size == (70, 90)


def test_huge_pictures_are_shrunk_or_refused(client, neighbour):
    wide = neighbour.show("/wide.png", Image.new("1", (8192, 64)))
    assert client.picture(client.done("retexture", imgUrl=wide, remixPrompt="oil")).size == (4096, 32)
    bomb = neighbour.show("/bomb.png", Image.new("1", (10_000, 6_401)))
    job = client.ended(client.order("retexture", imgUrl=bomb, remixPrompt="oil"))
    assert (job["status"], job["comment"]) == (3, "JobStatusInvalidImagePromptLink")


@pytest.mark.parametrize(
    ("flags", "status"),
    [("--v 6", 400), ("--niji 6", 400), ("--v 6.1", 200), ("--v 7", 200), ("--niji 7", 200), ("--v 8.1", 200)],
)
def test_retexture_needs_a_late_version(client, neighbour, flags, status):
    url = neighbour.picture("/a.png", RED)
    response = client.post("retexture", imgUrl=url, remixPrompt=f"oil {flags}")
    assert response.status_code == status
    if status == 400:
        client.refused(response, "Invalid_Prompt_Parameter")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_remove_background(client, neighbour, kind):
    url = neighbour.show("/a", Image.new("RGB", (120, 80), RED), kind)
    job = client.done("remove-background", imgUrl=url)
    assert job["cost"]["feeCost"] == 60 and len(job["urls"]) == 1
    with Image.open(BytesIO(client.http.get(job["urls"][0]).content)) as clear:
        assert clear.mode == "RGBA" and clear.size == (120, 80)
        assert clear.getchannel("A").getextrema() == (0, 255)


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "BMP"])
def test_other_formats_keep_their_background(client, neighbour, kind):
    url = neighbour.show("/a", Image.new("RGB", (64, 64), RED), kind)
    job = client.ended(client.order("remove-background", imgUrl=url))
    assert (job["status"], job["comment"]) == (3, "JobStatusInvalidImagePromptLink")


@pytest.mark.parametrize("endpoint", ["retexture", "remove-background"])
def test_pictures_that_nobody_serves_fail_the_job(client, neighbour, endpoint):
    more = {"remixPrompt": "oil"} if endpoint == "retexture" else {}
    job = client.ended(client.order(endpoint, imgUrl=neighbour.base + "/nothing", **more))
    assert (job["status"], job["comment"]) == (3, "JobStatusInvalidImagePromptLink")
    client.refused(client.post(endpoint, imgUrl="no address", **more), "Invalid_Argument")
    client.refused(client.post(endpoint, **more), "Invalid_Argument")


# outpaint, remix, enhance


@pytest.mark.parametrize(("scale", "side"), [(1.1, 1126), (1.5, 1536), (2, 2048)])
def test_outpaint_grows_all_sides(client, boat, scale, side):
    job = client.done("outpaint", **picture_of(boat, 3, scale=scale, remixPrompt="the sea"))
    assert job["cost"]["feeCost"] == 60
    picture, border = client.picture(job), (side - 1024) // 2
    assert picture.size == (side, side)
    kept = picture.crop((border, border, border + 1024, border + 1024))
    assert ImageChops.difference(kept, client.picture(boat, 3)).getbbox() is None


@pytest.mark.parametrize("scale", [1.0, 1.09, 2.01, "2", True, None])
def test_the_scale_of_outpaint(client, boat, scale):
    client.refused(client.post("outpaint", **picture_of(boat, scale=scale)), "Invalid_Argument")


def test_outpainting_has_an_end(client, boat):
    for _ in range(2):
        boat = client.done("outpaint", **picture_of(boat, scale=2))
    boat = client.done("outpaint", **picture_of(boat, scale=1.9))
    client.refused(client.post("outpaint", **picture_of(boat, scale=1.1)), "Invalid_Argument")


def test_remix_needs_a_prompt_and_takes_two_modes(client, boat):
    orders = [client.done("remix", **picture_of(boat, remixPrompt="a ship", **mode)) for mode in ({}, {"mode": 1})]
    assert [job["cost"]["feeCost"] for job in orders] == [90, 90]
    assert orders[0]["text"] == "a ship"
    assert not set(client.pixels(orders[0])) & set(client.pixels(orders[1]))
    for bad in ({}, {"remixPrompt": "a ship", "mode": 2}, {"remixPrompt": ""}, {"remixPrompt": "x", "type": 0}):
        client.refused(client.post("remix", **picture_of(boat, **bad)), "Invalid_Argument")


@pytest.mark.parametrize("number", [1, "1"])
def test_enhance_makes_a_draft_whole(client, number):
    draft = client.done("diffusion", text="a boat --v 7 --draft --ar 3:2")
    job = client.done("enhance", jobId=draft["id"], imageNo=number)
    assert job["cost"]["feeCost"] == 60 and len(job["urls"]) == 1
    assert job["text"] == "a boat --version 7 --ar 3:2"
    assert job["seed"] == draft["seed"]
    assert client.picture(job).size == (1344, 896)
    client.refused(client.post("enhance", jobId=job["id"], imageNo=0), "Not_Support")
    assert client.done("reroll", jobId=job["id"])["urls"]
    for bad in ("4", "x", 4, None):
        client.refused(client.post("enhance", jobId=draft["id"], imageNo=bad), "Invalid_Argument")


# what follows what


def test_edited_pictures_are_followed_up_as_they_are(client, boat):
    job = client.done("inpaint", **picture_of(boat, mask=AREA, remixPrompt="a tree"))
    larger = client.done("upscale", **picture_of(job, type=0))
    assert client.picture(larger).size == (2048, 2048)
    for source in (job, larger):
        varied = client.done("variation", **picture_of(source, type=0))
        assert client.picture(varied).size == (1024, 1024)
    panned = client.done("pan", **picture_of(job, direction=3, scale=1.5))
    picture = client.picture(panned)
    assert picture.size == (1536, 1024)
    assert ImageChops.difference(picture.crop((512, 0, 1536, 1024)), client.picture(job)).getbbox() is None
    again = client.done("reroll", jobId=job["id"])
    assert differs_only_in(BOX, client.picture(again), client.picture(boat))
    client.done("remix", **picture_of(varied, remixPrompt="a ship"))


EVERY = {
    "variation": {"type": 0},
    "pan": {"direction": 0, "scale": 1.5},
    "outpaint": {"scale": 1.5},
    "inpaint": {"mask": {"areas": [{"width": 64, "height": 64, "points": [1, 1, 9, 1, 9, 9]}]}},
    "remix": {"remixPrompt": "a ship"},
    "edit": {"remixPrompt": "a ship", **CANVAS},
    "enhance": {},
    "video-diffusion": {},
    "reroll": None,
}


def ask(client, job, operation):
    more = EVERY[operation]
    return client.post(operation, jobId=job["id"], **({} if more is None else {"imageNo": 0, **more}))


def test_uploaded_pictures_are_only_upscaled(client, neighbour):
    url = neighbour.picture("/a.png", RED)
    mask = {"areas": [{"width": 64, "height": 64, "points": [1, 1, 9, 1, 9, 9]}]}
    painted = client.done("upload-paint", imgUrl=url, mask=mask, remixPrompt="a boat --v 7", **WHOLE)
    textured = client.done("retexture", imgUrl=url, remixPrompt="oil")
    for job in (painted, textured):
        larger = client.done("upscale", **picture_of(job, type=0))
        assert client.picture(larger).size == (128, 128)
        client.refused(client.post("upscale", **picture_of(larger, type=0)), "Job_ReUpscale_Not_Support")
        for operation in EVERY:
            client.refused(ask(client, job, operation), "Not_Support")
            client.refused(ask(client, larger, operation), "Not_Support")


def test_a_removed_background_has_no_follow_ups(client, neighbour):
    job = client.done("remove-background", imgUrl=neighbour.picture("/a.png", RED))
    for operation in EVERY:
        client.refused(ask(client, job, operation), "Not_Support")
    client.refused(client.post("upscale", **picture_of(job, type=0)), "Not_Support")


def test_version_8_has_fewer_edits(client):
    job = client.done("diffusion", text="a boat --v 8.1")
    for operation in ("pan", "outpaint", "inpaint", "enhance"):
        client.refused(ask(client, job, operation), "Not_Support")
    for operation in ("remix", "edit", "variation"):
        assert ask(client, job, operation).status_code == 200
    older = client.done("diffusion", text="a boat")
    for operation in ("pan", "outpaint"):
        body = picture_of(older, remixPrompt="a ship --v 8.1", **EVERY[operation])
        client.refused(client.post(operation, **body), "Not_Support")


def test_only_drafts_are_enhanced(client, boat):
    client.refused(ask(client, boat, "enhance"), "Not_Support")
    draft = client.done("diffusion", text="a boat --v 7 --draft")
    varied = client.done("variation", **picture_of(draft, type=0))
    assert client.picture(client.done("enhance", **picture_of(varied))).size == (1024, 1024)
    larger = client.done("upscale", **picture_of(draft, type=0))
    client.refused(ask(client, larger, "enhance"), "Upscale_Not_Support")
    wider = client.done("pan", **picture_of(draft, direction=0, scale=1.5))
    client.refused(ask(client, wider, "enhance"), "Not_Support")


def test_edits_go_on_after_a_restart(sandbox, tmp_path, neighbour):
    url = neighbour.picture("/a.png", RED, (300, 200))
    with sandbox(data=tmp_path, latency=1000) as client:
        order = client.order("retexture", imgUrl=url, remixPrompt="oil")
    with sandbox(data=tmp_path) as client:
        job = client.ended(order)
        assert job["status"] == 2 and client.picture(job).size == (300, 200)
        assert client.done("upscale", **picture_of(job, type=0))


def test_simultaneous_jobs_keep_their_pictures_apart(client, neighbour):
    colours = [(250, 30 * number, 0) for number in range(8)]
    links = [neighbour.picture(f"/{number}.png", colour) for number, colour in enumerate(colours)]
    mask = {"areas": [{"width": 64, "height": 64, "points": [1, 1, 9, 1, 9, 9]}]}
    orders = [client.order("upload-paint", imgUrl=url, mask=mask, remixPrompt="a boat", **WHOLE) for url in links]
    for order, colour in zip(orders, colours, strict=True):
        assert client.picture(client.ended(order)).getpixel((40, 40)) == colour

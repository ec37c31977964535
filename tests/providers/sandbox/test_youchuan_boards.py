"""Moodboards of the emulated Youchuan."""

from __future__ import annotations

import numpy as np
import pytest

RED, BLUE = (250, 0, 0), (0, 0, 250)
NOBODY = "0" * 24


def mean(picture):
    return np.asarray(picture, dtype=float).mean(axis=(0, 1))


def put(client, board_id, **body):
    return client.http.put(f"/v1/tob/moodboard/{board_id}", json=body)


def test_a_board_is_made_changed_and_listed(client, neighbour):
    urls = [neighbour.picture(f"/{n}.png", RED) for n in range(3)]
    board = client.order("moodboard", name="Harbours", description="red ones", images=urls)
    assert set(board) == {"id", "name", "description", "tag", "images", "createdAt", "updatedAt"}
    assert (board["name"], board["description"], board["images"]) == ("Harbours", "red ones", urls)
    changed = put(client, board["id"], name="Piers", images=urls[:1]).json()
    assert (changed["id"], changed["name"], changed["description"]) == (board["id"], "Piers", "red ones")
    assert changed["images"] == urls[:1] and changed["createdAt"] == board["createdAt"]
    other = client.order("moodboard", name="Empty", tag="both vocabularies")
    listed = client.get("moodboards").json()
    assert (listed["total"], listed["pageNo"], listed["pageSize"]) == (2, 1, 10)
    assert listed["items"] == [other, changed]
    assert client.get("moodboards?pageNo=2&pageSize=1").json()["items"] == [changed]


def test_a_board_steers_like_style_references(client, neighbour):
    colours = {}
    for name, colour in (("red", RED), ("blue", BLUE)):
        images = [neighbour.picture(f"/{name}{n}.png", colour) for n in range(6)]
        board = client.order("moodboard", name=name, images=images)
        neighbour.pages.clear()
        job = client.done("diffusion", text=f"a boat --seed 5 --p {board['id']} --sw 400")
        colours[name] = mean(client.picture(job))
        assert client.done("variation", jobId=job["id"], imageNo=0, type=0)
    assert colours["red"][0] > colours["blue"][0] and colours["blue"][2] > colours["red"][2]


def test_an_unknown_board_is_a_bad_prompt(client):
    boat = client.done("diffusion", text="a boat")
    board = client.order("moodboard", name="Harbours")
    assert client.imagine(f"a boat --p {board['id']}")
    follow_up = {"jobId": boat["id"], "imageNo": 0, "remixPrompt": f"a ship --p {NOBODY}"}
    canvas = {"canvas": {"width": 99, "height": 99}, "imgPos": {"width": 99, "height": 99, "x": 0, "y": 0}}
    for endpoint, body in (
        ("diffusion", {"text": f"a boat --p {NOBODY}"}),
        ("diffusion", {"text": f"a boat --p {board['id']} {NOBODY}"}),
        ("variation", {**follow_up, "type": 0}),
        ("remix", follow_up),
        ("pan", {**follow_up, "direction": 0, "scale": 1.5}),
        ("outpaint", {**follow_up, "scale": 1.5}),
        ("edit", {**follow_up, **canvas}),
        ("retexture", {"imgUrl": "http://127.0.0.1/a.png", "remixPrompt": f"oil --p {NOBODY}"}),
    ):
        client.refused(client.post(endpoint, **body), "Invalid_Prompt_Parameter")
    client.http.headers["x-youchuan-app"] = "bob"
    client.refused(client.post("diffusion", text=f"a boat --p {board['id']}"), "Invalid_Prompt_Parameter")


@pytest.mark.parametrize("page", [None, (404, b""), (200, b"<html>"), (200, b""), (200, b"\x89PNG\r\n\x1a\nxx")])
def test_the_picture_that_is_none_is_named(client, neighbour, page):
    if page:
        neighbour.pages["/bad.png"] = page
    good, bad = neighbour.picture("/good.png", RED), neighbour.base + "/bad.png"
    response = client.post("moodboard", name="Harbours", images=[good, bad, good])
    client.refused(response, "Invalid_Argument")
    assert "image 2 " in response.json()["message"]
    board = client.order("moodboard", name="Harbours", images=[good])
    client.refused(put(client, board["id"], images=[bad]), "Invalid_Argument")
    assert client.get("moodboards").json()["items"] == [board]


def test_how_many_pictures_a_board_takes(client, neighbour):
    url = neighbour.picture("/a.png", RED, (8, 8))
    board = client.order("moodboard", name="Many", images=[url] * 500)
    assert len(board["images"]) == 500
    client.refused(client.post("moodboard", name="Many", images=[url] * 501), "Invalid_Argument")
    assert put(client, board["id"], images=[url] * 30).status_code == 200
    client.refused(put(client, board["id"], images=[url] * 31), "Invalid_Argument")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"images": []},
        {"name": ""},
        {"name": 5},
        {"name": "x" * 201},
        {"name": "a", "images": "http://127.0.0.1/a.png"},
        {"name": "a", "images": ["/a.png"]},
        {"name": "a", "images": [None]},
        {"name": "a", "images": ["data:image/png;base64,AAAA"]},
        {"name": "a", "description": None},
        {"name": "a", "colour": "red"},
    ],
)
def test_boards_that_are_refused(client, body):
    client.refused(client.post("moodboard", **body), "Invalid_Argument")


def test_changes_that_are_refused(client):
    board = client.order("moodboard", name="Harbours")
    for body in ({}, {"name": ""}, {"images": None}, {"id": board["id"], "name": "a"}):
        client.refused(put(client, board["id"], **body), "Invalid_Argument")
    response = put(client, NOBODY, name="a")
    client.refused(response, "Moodboard_Not_Found")
    assert response.json()["message"] == "Moodboard不存在"
    client.http.headers["x-youchuan-app"] = "bob"
    client.refused(put(client, board["id"], name="a"), "Moodboard_Not_Found")
    assert client.get("moodboards").json()["items"] == []


@pytest.mark.parametrize("query", ["pageNo=0", "pageNo=1001", "pageSize=501", "pageSize=x", "since=2025-01-01", "a=b"])
def test_pages_that_are_refused(client, query):
    client.refused(client.get(f"moodboards?{query}"), "Invalid_Argument")


def test_a_board_vanishes(client):
    board = client.order("moodboard", name="Harbours")
    control = "/_sandbox/moodboards/delete"
    assert client.http.post(control, json={"id": board["id"]}).json() == {"deleted": True}
    assert client.http.post(control, json={"id": board["id"]}).json() == {"deleted": False}
    assert client.http.post(control, json={}).status_code == 400
    client.refused(put(client, board["id"], name="a"), "Moodboard_Not_Found")
    client.refused(client.post("diffusion", text=f"a boat --p {board['id']}"), "Invalid_Prompt_Parameter")
    assert client.get("moodboards").json()["total"] == 0


def test_boards_outlive_a_restart_and_end_with_a_reset(sandbox, tmp_path, neighbour):
    url = neighbour.picture("/a.png", RED)
    with sandbox(data=tmp_path) as client:
        board = client.order("moodboard", name="Harbours", images=[url])
    neighbour.pages.clear()
    with sandbox(data=tmp_path) as client:
        assert client.done("diffusion", text=f"a boat --p {board['id']}")
        assert client.http.post("/_sandbox/reset").status_code == 200
        assert client.get("moodboards").json()["total"] == 0

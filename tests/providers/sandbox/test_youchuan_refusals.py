"""What the emulated Youchuan refuses, and with which row of its error table."""

from __future__ import annotations

import json

import httpx
import pytest

from providers.sandbox.youchuan_wire import ERRORS

NOBODY = "0" * 24
SERVED = [
    *[
        ("POST", name)
        for name in ("diffusion", "variation", "upscale", "reroll", "pan", "outpaint", "inpaint", "remix")
    ],
    *[("POST", name) for name in ("edit", "upload-paint", "retexture", "remove-background", "enhance")],
    *[("POST", name) for name in ("video-diffusion", "extend-video", "video-upscale", "callback", "moodboard")],
    *[("GET", name) for name in (f"job/{NOBODY}", "costs", "cost-monthly", "subscribe", "moodboards")],
    ("PUT", "moodboard/12345"),
]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-youchuan-app": "a"},
        {"x-youchuan-secret": "b"},
        {"x-youchuan-app": "a", "x-youchuan-secret": ""},
        {"x-youchuan-app": "invalid", "x-youchuan-secret": "b"},
        {"x-youchuan-app": "a", "x-youchuan-secret": "invalid"},
    ],
)
def test_all_documented_endpoints_are_there_and_want_an_account(client, headers):
    assert len(SERVED) == 24
    with httpx.Client(base_url=client.base, headers=headers, trust_env=False) as http:
        for method, path in SERVED:
            response = http.request(method, f"/v1/tob/{path}")
            client.refused(response, "Invalid_App_Identifier")
            assert response.json() == {"code": 401, "message": "无效App身份", "reason": "Invalid_App_Identifier"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": 5},
        {"text": None},
        {"text": "x" * 8193},
        {"text": "a boat", "prompt": "a boat"},
        {"text": "a boat", "callback": ""},
        {"text": "a boat", "callback": "ftp://example.com/"},
        {"text": "a boat", "callback": "http://"},
        {"text": "a boat", "callback": "http://example.com/" + "x" * 2048},
        {"text": "a boat", "callback": None},
        {"text": "a boat \ud800"},
        {"text": "a boat", "\ud800": 1},
        [],
        "a boat",
        7,
    ],
)
def test_malformed_bodies(client, body):
    response = client.http.post(
        "/v1/tob/diffusion", content=json.dumps(body), headers={"content-type": "application/json"}
    )
    client.refused(response, "Invalid_Argument")
    assert client.stats()["jobs_created"] == 0


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "application/json"),
        (b'{"text": "a"}', "text/plain"),
        (b"", "application/json"),
        (b"\xff", "application/json"),
    ],
)
def test_bodies_that_are_not_json(client, content, kind):
    response = client.http.post("/v1/tob/diffusion", content=content, headers={"content-type": kind})
    client.refused(response, "Invalid_Argument")


@pytest.mark.parametrize(
    ("endpoint", "changes"),
    [
        *[("variation", {"imageNo": bad}) for bad in (-1, 4, "0", 1.0, True, None)],
        *[("variation", {"type": bad}) for bad in (-1, 2, "1", None)],
        *[("variation", {"remixPrompt": bad}) for bad in ("", 5, "x" * 8193)],
        *[("variation", {"jobId": bad}) for bad in (NOBODY, "12345", "", 5)],
        *[("upscale", {"type": bad}) for bad in (-1, 4, "0")],
        ("upscale", {"remixPrompt": "a ship"}),
        ("upscale", {"imageNo": 4}),
        *[("pan", {"direction": bad}) for bad in (-1, 4, "left")],
        *[("pan", {"scale": bad}) for bad in (1.0, 1.09, 3.01, "2", True, None, float("nan"), 1e400)],
        ("pan", {"remixPrompt": ""}),
        ("reroll", {"callback": "http://127.0.0.1/"}),
        ("reroll", {"jobId": NOBODY}),
        ("callback", {"jobId": NOBODY}),
        ("callback", {}),
    ],
)
def test_follow_ups_are_strict(client, endpoint, changes):
    good = {
        "variation": {"imageNo": 0, "type": 0},
        "upscale": {"imageNo": 0, "type": 0},
        "pan": {"imageNo": 0, "direction": 0, "scale": 1.5},
    }
    job = client.done("diffusion", text="a boat")
    body = {"jobId": job["id"], **good.get(endpoint, {}), **changes}
    response = client.http.post(
        f"/v1/tob/{endpoint}", content=json.dumps(body), headers={"content-type": "application/json"}
    )
    client.refused(response, "Invalid_Argument")
    for missing in good.get(endpoint, {}):
        short = {"jobId": job["id"], **{k: v for k, v in good[endpoint].items() if k != missing}}
        client.refused(client.post(endpoint, **short), "Invalid_Argument")


def test_the_ends_of_the_pan_scale(client):
    job = client.done("diffusion", text="a boat")
    for scale in (1.1, 2, 3.0):
        client.order("pan", jobId=job["id"], imageNo=0, direction=0, scale=scale)


def test_follow_ups_need_a_picture_that_exists(client):
    partial = client.done("diffusion", text="a half-forbidden boat")
    failed = client.ended(client.imagine("a boat sandbox-fail:JobStatusTimeout"))
    client.fault("/v1/tob/diffusion", {"job": {"never": True}})
    unfinished = client.imagine("a boat")
    for job, number in ((partial, 2), (failed, 0), (unfinished, 0)):
        client.refused(client.post("variation", jobId=job["id"], imageNo=number, type=0), "Invalid_Argument")
        client.refused(client.post("upscale", jobId=job["id"], imageNo=number, type=0), "Invalid_Argument")
        client.refused(client.post("pan", jobId=job["id"], imageNo=number, direction=0, scale=2), "Invalid_Argument")
    assert client.order("variation", jobId=partial["id"], imageNo=3, type=0)


def test_an_upscale_ends_the_line(client):
    job = client.done("diffusion", text="a boat")
    larger = client.done("upscale", jobId=job["id"], imageNo=0, type=1)
    client.refused(client.post("upscale", jobId=larger["id"], imageNo=0, type=0), "Job_ReUpscale_Not_Support")
    client.refused(client.post("reroll", jobId=larger["id"]), "Upscale_Not_Support")


def test_jobs_of_others_and_of_nobody_are_unknown(client):
    job = client.done("diffusion", text="a boat")
    client.http.headers["x-youchuan-app"] = "bob"
    for path in (job["id"], NOBODY):
        response = client.get(f"job/{path}")
        client.refused(response, "Job_Not_Found")
        assert response.json()["message"] == "任务不存在"
    client.refused(client.get("job/12345"), "Invalid_Argument")
    client.refused(client.post("variation", jobId=job["id"], imageNo=0, type=0), "Invalid_Argument")
    client.refused(client.post("reroll", jobId=job["id"]), "Invalid_Argument")


# every row of the error table


@pytest.mark.parametrize("reason", ERRORS)
def test_every_row_can_be_produced(client, reason):
    client.refused(client.post("diffusion", text=f"a boat sandbox-error:{reason}"), reason)
    client.fault("/v1/tob/subscribe", {"error": reason})
    response = client.get("subscribe")
    client.refused(response, reason)
    assert response.json()["message"] == ERRORS[reason][1]
    assert client.stats()["jobs_created"] == 0


def test_rows_that_accounts_and_words_bring_about(client):
    client.refused(client.post("diffusion", text="a Forbidden boat"), "Msg_Sensitive")
    client.refused(client.post("diffusion", text="a boat --relax"), "Relax_Not_Allow")
    job = client.done("diffusion", text="an unforbidden boat")
    client.refused(
        client.post("variation", jobId=job["id"], imageNo=0, type=0, remixPrompt="forbidden"), "Msg_Sensitive"
    )
    client.refused(
        client.post("pan", jobId=job["id"], imageNo=0, direction=0, scale=2, remixPrompt="forbidden"), "Msg_Sensitive"
    )
    for app, reason in (("no-plan", "No_Avaliable_Plan"), ("no-permission", "Permission_Denied")):
        client.http.headers["x-youchuan-app"] = app
        client.refused(client.get("subscribe"), reason)
        client.refused(client.post("diffusion", text="a boat"), reason)
    client.http.headers["x-youchuan-app"] = "no-money"
    client.refused(client.post("diffusion", text="a boat"), "Account_Fee_Not_Enough")
    assert client.get("subscribe").status_code == 200


def test_concurrency_is_limited_for_each_account(sandbox):
    with sandbox(max_concurrent=2) as client:
        client.fault("/v1/tob/diffusion", {"job": {"never": True}}, times=2)
        for _ in range(2):
            client.imagine("a boat")
        client.refused(client.post("diffusion", text="a boat"), "Max_Concurrent_Limited")
        client.http.headers["x-youchuan-app"] = "bob"
        client.done("diffusion", text="a boat")
        client.done("diffusion", text="a boat")
        client.done("diffusion", text="a boat")


def test_the_default_limit_is_960(client):
    assert client.get("subscribe").json()["maxConcurrent"] == 960


def test_money_runs_out(sandbox):
    with sandbox(balance=130) as client:
        client.done("diffusion", text="a boat")
        client.ended(client.imagine("a boat sandbox-fail:JobStatusTextReject"))
        assert client.get("subscribe").json()["feeBalance"] == 70
        client.done("diffusion", text="a boat")
        client.refused(client.post("diffusion", text="a boat"), "Account_Fee_Not_Enough")

"""What the emulated Youchuan says of an account: single costs, monthly sums, and mistakes planted in them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

DIFFUSION = "/v1/tob/diffusion"


def costs(client, **query):
    response = client.http.get("/v1/tob/costs", params={"pageNo": 1, "pageSize": 500, **query})
    assert response.status_code == 200, response.text
    return response.json()


def fees(client):
    return {item["jobId"]: item["feeCost"] for item in costs(client)["items"]}


def test_the_list_holds_exactly_what_was_charged(client):
    boat = client.done("diffusion", text="a boat")
    larger = client.done("upscale", jobId=boat["id"], imageNo=0, type=1)
    film = client.done("video-diffusion", jobId=boat["id"], prompt="it sails --bs 1")
    timeout = client.ended(client.imagine("a boat sandbox-fail:JobStatusTimeout"))
    client.ended(client.imagine("a boat sandbox-fail:JobStatusBadPrompt"))
    client.refused(client.post("diffusion", text="forbidden"), "Msg_Sensitive")
    client.http.headers["x-youchuan-app"] = "bob"
    client.done("diffusion", text="a boat")
    client.http.headers["x-youchuan-app"] = "alice"
    listed = costs(client)
    assert listed["items"] == [job["cost"] for job in (timeout, film, larger, boat)]
    assert listed["total"] == 4
    assert fees(client) == {boat["id"]: 60, larger["id"]: 120, film["id"]: 60, timeout["id"]: 60}
    assert sum(fees(client).values()) == client.get("subscribe").json()["feeUsed"]


@pytest.mark.parametrize(("comment", "free", "fee"), [("JobStatusError", True, 0), ("JobStatusTextReject", False, 60)])
def test_faults_decide_what_a_failure_costs(client, comment, free, fee):
    client.fault(DIFFUSION, {"job": {"fail": comment, "free": free}})
    job = client.ended(client.imagine("a boat"))
    assert (job["status"], job["comment"], job["cost"]["feeCost"]) == (3, comment, fee)
    assert fees(client) == ({job["id"]: fee} if fee else {})


def test_a_running_job_is_charged_already(client):
    client.fault(DIFFUSION, {"job": {"never": True}})
    order = client.imagine("a boat")
    assert fees(client) == {order["id"]: 60}


def test_pages_and_times(client):
    jobs = [client.done("diffusion", text="a boat") for _ in range(3)]
    newest_first = [job["cost"] for job in reversed(jobs)]
    assert costs(client, pageSize=2)["items"] == newest_first[:2]
    second = costs(client, pageSize=2, pageNo=2)
    assert second["items"] == newest_first[2:]
    assert (second["total"], second["pageNo"], second["pageSize"]) == (3, 2, 2)
    assert costs(client, pageNo=1000)["items"] == []
    middle = jobs[1]["cost"]["costAt"]
    assert costs(client, since=middle)["items"] == newest_first[:2]
    assert costs(client, to=middle)["items"] == newest_first[1:]
    assert costs(client, since=middle, to=middle)["items"] == newest_first[1:2]


@pytest.mark.parametrize("path", ["costs", "cost-monthly"])
@pytest.mark.parametrize(
    "query",
    [
        "",
        "pageNo=1",
        "pageSize=1",
        "pageNo=0&pageSize=1",
        "pageNo=1001&pageSize=1",
        "pageNo=1&pageSize=0",
        "pageNo=1&pageSize=501",
        "pageNo=one&pageSize=1",
        "pageNo=1&pageSize=1.5",
        "pageNo=1&pageSize=1&page=1",
        "pageNo=1&pageSize=1&since=yesterday",
        "pageNo=1&pageSize=1&to=2025-01-01T00:00:00",
        "pageNo=1&pageSize=1&since=2025-01-02T00:00:00Z&to=2025-01-01T00:00:00Z",
    ],
)
def test_queries_that_are_refused(client, path, query):
    client.refused(client.get(f"{path}?{query}"), "Invalid_Argument")


def test_months_are_summed(client):
    assert client.get("cost-monthly?pageNo=1&pageSize=10").json()["items"] == []
    jobs = [client.done("diffusion", text="a boat"), client.done("diffusion", text="a boat --turbo")]
    months = client.get("cost-monthly?pageNo=1&pageSize=10").json()
    month = datetime.fromisoformat(jobs[0]["cost"]["costAt"]).astimezone(UTC)
    if jobs[0]["cost"]["costAt"][:7] == jobs[1]["cost"]["costAt"][:7]:
        assert months["total"] == 1
        assert months["items"] == [
            {"month": f"{month:%Y-%m}", "jobs": 2, "fastCost": 2, "relaxCost": 0, "feeCost": 180}
        ]


def test_a_wrong_charge_is_planted(client):
    job, other = client.done("diffusion", text="a boat"), client.done("diffusion", text="a boat")
    control = "/_sandbox/charges"
    assert client.http.post(control, json={"jobId": job["id"], "feeCost": 999}).status_code == 200
    assert client.http.post(control, json={"jobId": other["id"], "feeCost": 0}).status_code == 200
    strange = client.http.post(control, json={"feeCost": 70}).json()
    assert fees(client) == {job["id"]: 999, strange["jobId"]: 70}
    assert client.job(job["id"])["cost"]["feeCost"] == 60
    assert client.get("cost-monthly?pageNo=1&pageSize=1").json()["items"][0]["feeCost"] == 1069
    for bad in ({}, {"feeCost": "1"}, {"feeCost": -1}, {"feeCost": True}, {"jobId": 5, "feeCost": 1}, [], "x"):
        assert client.http.post(control, json=bad).status_code == 400
    client.http.headers["x-youchuan-app"] = "bob"
    assert fees(client) == {}


def test_fifty_mixed_jobs_add_up(client):
    """What a client sees of its jobs is what the list says of them."""
    client.fault(DIFFUSION, {"job": {"fail": "JobStatusError", "free": True}}, times=5, skip=10)
    client.fault(DIFFUSION, {"error": "Server_Busy"}, times=3, skip=20)
    texts = ["a boat", "a boat --v 7 --draft", "a boat --turbo", "sandbox-fail:JobStatusTextReject", "wholly-forbidden"]
    replies = [client.post("diffusion", text=texts[number % 5]) for number in range(50)]
    jobs = [client.ended(reply.json()) for reply in replies if reply.status_code == 200]
    assert len(jobs) == 47
    charged = {job["id"]: job["cost"]["feeCost"] for job in jobs if job["cost"]["feeCost"]}
    assert fees(client) == charged and len(charged) < 47
    assert client.get("subscribe").json()["feeUsed"] == sum(charged.values())

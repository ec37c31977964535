"""Scripted misfortunes."""

from __future__ import annotations

import time

import httpx
import pytest

DIFFUSION = "/v1/tob/diffusion"


def test_a_status_with_headers_and_body_once(client):
    client.fault(DIFFUSION, {"status": 429, "headers": {"Retry-After": "2"}, "body": {"slow": "down"}})
    response = client.post("diffusion", text="a boat")
    assert (response.status_code, response.headers["retry-after"], response.json()) == (429, "2", {"slow": "down"})
    assert client.stats()["jobs_created"] == 0
    client.imagine("a boat")
    assert client.stats()["requests"] == {"POST /v1/tob/diffusion": 2}


def test_times_skip_method_and_patterns(client):
    client.fault("/v1/tob/*", {"status": 503, "body": "busy"}, times=2, skip=1, method="GET")
    codes = [client.get("subscribe").status_code for _ in range(4)]
    assert codes == [200, 503, 503, 200]
    client.fault("/v1/tob/*", {"status": 502}, times=None)
    assert {client.get("subscribe").status_code for _ in range(5)} == {502}
    assert len(client.http.get("/_sandbox/faults").json()["rules"]) == 2
    client.http.delete("/_sandbox/faults")
    assert client.get("subscribe").status_code == 200


def test_the_order_is_taken_and_the_answer_lost_in_a_503(client):
    client.fault(DIFFUSION, {"error": "Server_Busy", "after": True})
    assert client.post("diffusion", text="a boat").json()["reason"] == "Server_Busy"
    assert client.stats()["jobs_created"] == 1


def test_garbage_instead_of_json(client):
    client.fault(DIFFUSION, {"garbage": True})
    response = client.post("diffusion", text="a boat")
    assert response.status_code == 200 and response.headers["content-type"] == "application/json"
    with pytest.raises(ValueError):
        response.json()


def test_a_truncated_body(client):
    client.fault(DIFFUSION, {"truncate": True})
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("diffusion", text="a boat")
    assert client.stats()["jobs_created"] == 1


@pytest.mark.parametrize(("when", "jobs"), [("before", 0), ("after", 1)])
def test_the_connection_breaks(client, when, jobs):
    client.fault(DIFFUSION, {"close": when})
    with pytest.raises(httpx.TransportError):
        client.post("diffusion", text="a boat")
    assert client.stats()["jobs_created"] == jobs
    assert client.stats()["requests"] == {"POST /v1/tob/diffusion": 1}
    client.imagine("a boat")


def test_a_slow_reply(client):
    client.fault(DIFFUSION, {"delay": 1000})
    with pytest.raises(httpx.ReadTimeout):
        client.http.post(DIFFUSION, json={"text": "a boat"}, timeout=0.5)
    assert client.stats()["jobs_created"] == 1
    client.fault("/v1/tob/subscribe", {"delay": 0.01, "status": 500})
    client.fault("/v1/tob/subscribe", {"delay": 0.01})
    assert [client.get("subscribe").status_code for _ in range(2)] == [500, 200]


def test_a_job_fails_with_a_comment(client):
    client.fault(DIFFUSION, {"job": {"fail": "JobStatusTimeout"}})
    job = client.ended(client.imagine("a boat"))
    assert (job["status"], job["comment"], job["urls"], job["audits"]) == (3, "JobStatusTimeout", [], [])
    client.done("diffusion", text="a boat")


def test_some_pictures_are_refused(client):
    client.fault(DIFFUSION, {"job": {"reject": {"0": "色情", "3": "涉政"}}})
    job = client.done("diffusion", text="a boat")
    assert job["audits"] == ["色情", "", "", "涉政"]
    assert [bool(url) for url in job["urls"]] == [False, True, True, False]


def test_a_success_without_results_for_some_queries(client):
    client.fault(DIFFUSION, {"job": {"empty_polls": 2}})
    order = client.imagine("a boat")
    first, second = client.ended(order), client.job(order["id"])
    for job in (first, second):
        assert (job["status"], job["urls"], job["audits"]) == (2, ["", "", "", ""], [])
    assert all(client.job(order["id"])["urls"])


def test_a_job_that_never_ends(client):
    client.fault(DIFFUSION, {"job": {"never": True}})
    order, other = client.imagine("a boat"), client.imagine("a boat")
    client.ended(other)
    assert client.job(order["id"])["status"] == 1
    assert client.stats()["jobs_running"] == 1


def test_links_that_expire(client):
    client.fault(DIFFUSION, {"job": {"links_expire": -100}})
    client.fault(DIFFUSION, {"job": {"links_expire": 1000}})
    gone = client.done("diffusion", text="a boat")["urls"][0]
    good = client.done("diffusion", text="a boat")["urls"][0]
    assert "?expires=" in good and client.http.get(good).status_code == 200
    assert client.http.get(gone).status_code == 403
    assert client.http.get(good.split("?")[0] + "?expires=never").status_code == 403


def test_files_go_bad(client):
    job = client.done("diffusion", text="a boat")
    url, path = job["urls"][0], "/files/youchuan/*"
    whole = client.http.get(url).content
    for fault in ("expired", "gone", "garbage", "html"):
        client.fault(path, {"file": fault})
    expired, gone, garbage, html = (client.http.get(url) for _ in range(4))
    assert expired.status_code == 403 and "Request has expired" in expired.text
    assert gone.status_code == 404
    assert garbage.headers["content-type"] == "image/png" and garbage.content != whole
    assert html.status_code == 200 and html.headers["content-type"].startswith("text/html")
    client.fault(path, {"file": "truncated"})
    with pytest.raises(httpx.RemoteProtocolError):
        client.http.get(url)
    client.fault(path, {"file": "huge", "bytes": 5_000_000})
    huge = client.http.get(url)
    assert len(huge.content) >= 5_000_000 and "content-length" not in huge.headers
    assert client.http.get(url).content == whole


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"path": "/x"},
        {"path": "/x", "do": {}},
        {"path": 5, "do": {"status": 500}},
        {"path": "/x", "do": {"stauts": 500}},
        {"path": "/x", "do": {"status": "500"}},
        {"path": "/x", "do": {"error": "No_Such_Row"}},
        {"path": "/x", "do": {"close": "sometimes"}},
        {"path": "/x", "do": {"file": "eaten"}},
        {"path": "/x", "do": {"job": {"explode": True}}},
        {"path": "/x", "do": {"job": {"reject": {"one": "x"}}}},
        {"path": "/x", "do": {"status": 500}, "times": "often"},
        {"path": "/x", "do": {"status": 500}, "colour": "red"},
        "boom",
    ],
)
def test_rules_that_say_nothing_are_refused_whole(client, rule):
    response = client.http.post("/_sandbox/faults", json=[{"path": "/x", "do": {"status": 500}}, rule])
    assert response.status_code == 400 and response.json()["message"]
    assert client.http.get("/_sandbox/faults").json()["rules"] == []


def test_rules_that_are_not_json(client):
    assert client.http.post("/_sandbox/faults", content=b"{").status_code == 400
    assert client.http.post("/_sandbox/faults", json={"path": "/x", "do": {"status": 500}}).status_code == 200


def test_reset_forgets_everything(client):
    job = client.done("diffusion", text="a boat")
    client.fault(DIFFUSION, {"job": {"never": True}})
    client.imagine("a boat")
    client.fault(DIFFUSION, {"status": 500})
    assert client.http.post("/_sandbox/reset").json() == {"status": "ok"}
    assert client.get(f"job/{job['id']}").status_code == 404
    assert client.http.get(job["urls"][0]).status_code == 404
    stats = client.stats()
    assert (stats["jobs_created"], stats["jobs_running"]) == (0, 0)
    client.done("diffusion", text="a boat")


def test_stats_count_requests_and_jobs(client):
    job = client.done("diffusion", text="a boat")
    client.done("upscale", jobId=job["id"], imageNo=0, type=0)
    client.http.get(job["urls"][0])
    client.post("diffusion", text="")
    stats = client.stats()
    assert stats["requests"]["POST /v1/tob/diffusion"] == 2
    assert stats["requests"]["POST /v1/tob/upscale"] == 1
    assert stats["requests"]["GET /v1/tob/job/{id}"] >= 2
    assert stats["requests"]["GET /files/youchuan/{id}_1.png"] == 1
    assert stats["jobs_created"] == 2 and stats["jobs_by_kind"] == {"diffusion": 1, "upscale": 1}


def test_latency_is_the_least_time(sandbox):
    with sandbox(latency=1000) as client:
        order = client.imagine("a boat")
        assert client.job(order["id"])["status"] == 1
    before = time.time()
    with sandbox(latency=0.05) as client:
        client.done("diffusion", text="a boat")
    assert time.time() - before >= 0.05

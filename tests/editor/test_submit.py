"""What was drawn becomes a job, once; what can't is said beside its place, and nothing is charged."""

from __future__ import annotations

import pytest

from studio.billing import services as billing
from studio.editor.models import Attempt, Sitting
from studio.jobs.models import Job, JobState, Output
from studio.media import services as media
from studio.media.models import Asset, Origin
from tests.editor.conftest import mask_file
from tests.media.pictures import encode, photo

CANVAS = {
    "canvas_width": 512,
    "canvas_height": 384,
    "image_x": 100,
    "image_y": 50,
    "image_width": 256,
    "image_height": 192,
}


def errors(response) -> dict[str, str]:
    assert response.status_code == 422, response.content
    return response.json()["errors"]


def test_a_drawn_mask_becomes_a_job(client, page, drawn, output):
    response = client.post(page.submit, drawn())
    assert response.status_code == 201, response.content
    job = Job.objects.get(pk=response.json()["job"])
    assert (job.operation, job.prompt, job.source_id, job.state) == ("inpaint", "a sailing boat", output.pk, "queued")
    mask = Asset.objects.get(pk=int(job.params["mask"][0].removeprefix("asset:")))
    assert (mask.origin, mask.width, mask.height) == ("mask", 64, 48)
    version = response.json()["versions"][0]
    assert (version["job"], version["live"], version["base_ref"]) == (job.pk, True, f"output:{output.pk}")
    assert client.get(version["mask_url"]).status_code == 200
    assert Attempt.objects.get().sitting.output == output


def test_the_same_form_twice_is_one_job_although_its_mask_comes_twice(client, page, drawn):
    first, again = client.post(page.submit, drawn()), client.post(page.submit, drawn())
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["job"] == again.json()["job"]
    assert Job.objects.filter(operation="inpaint").count() == 1


def test_another_mask_under_the_same_key_is_another_job(client, page, drawn):
    first = client.post(page.submit, drawn())
    other = drawn()
    other["mask"] = mask_file(mode="1")
    same = client.post(page.submit, other)
    assert same.json()["job"] == first.json()["job"], "the same pixels in another mode are the same mask"
    other = drawn(prompt="a whale")
    assert client.post(page.submit, other).json()["job"] != first.json()["job"]


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (mask_file((32, 32)), "32 × 32"),
        (mask_file(marked=False), "marked"),
        (None, "needed"),
    ],
)
def test_a_mask_that_cannot_be_is_refused_beside_it(client, page, drawn, team, mask, words):
    before = billing.balance(team).available
    posted = drawn(mask=mask)
    if mask is None:
        del posted["mask"]
    else:
        mask.seek(0)
    assert words in errors(client.post(page.submit, posted))["mask"]
    assert billing.balance(team).available == before
    assert not Job.objects.filter(operation="inpaint").exists() and not Sitting.objects.exists()


def test_nothing_is_stored_while_something_else_is_wrong(client, page, drawn):
    assert set(errors(client.post(page.submit, drawn(prompt="x" * 9000)))) == {"prompt"}, "the mask was drawn"
    assert not Asset.objects.filter(origin="mask").exists()


def test_a_canvas_becomes_an_edit(client, page, drawn):
    response = client.post(page.submit, drawn(operation="edit", **CANVAS))
    assert response.status_code == 201, response.content
    job = Job.objects.get(pk=response.json()["job"])
    assert {name: job.params[name] for name in CANVAS} == CANVAS
    assert (job.width, job.height) == (512, 384)
    assert response.json()["versions"][0]["placement"] == CANVAS


def test_a_pan_says_where_its_base_stands(client, page, drawn):
    response = client.post(page.submit, drawn(operation="pan", direction="left", scale="1.5"))
    assert response.status_code == 201, response.content
    placed = response.json()["versions"][0]["placement"]
    assert (placed["canvas_width"], placed["canvas_height"]) == (96, 48)
    assert (placed["image_x"], placed["image_y"]) == (32, 0)


@pytest.mark.parametrize("change", [{"canvas_width": ""}, {"canvas_width": 9}, {"image_x": 4000}, {"image_width": 0}])
def test_a_canvas_out_of_range_is_refused_at_the_canvas(client, page, drawn, change):
    found = errors(client.post(page.submit, drawn(operation="edit", **{**CANVAS, **change})))
    assert set(found) == {"canvas"} and found["canvas"]


def test_any_file_may_be_drawn_on(client, team, asset, drawn):
    base = f"/t/{team.slug}/edit/asset/{asset.pk}/"
    posted = drawn(base=f"asset:{asset.pk}", operation="upload-paint", **CANVAS)
    response = client.post(f"{base}submit/", posted)
    assert response.status_code == 201, response.content
    job = Job.objects.get(pk=response.json()["job"])
    assert (job.source, job.source_asset) == (None, asset)
    assert "Source" not in client.get(f"{base}versions/").content.decode() and client.get(base).status_code == 200


def test_what_the_picture_does_not_allow_is_refused(client, page, drawn, make_output):
    newest = make_output(model="v8.1")
    found = errors(client.post(page.submit, drawn(base=f"output:{newest.pk}", model="youchuan:v8.1")))
    assert found[""]
    assert errors(client.post(page.submit, drawn(operation="diffusion")))[""]
    assert errors(client.post(page.submit, drawn(base="output:99999")))[""]
    assert errors(client.post(page.submit, drawn(base="nonsense")))[""]


def test_a_base_in_the_trash_says_so(client, page, drawn, output):
    output.trashed_at = output.created_at
    output.save()
    assert "trash" in errors(client.post(page.submit, drawn()))[""]


def test_without_credits_nothing_is_made_and_it_says_how_much_is_missing(client, page, drawn, team):
    left = billing.balance(team).available
    billing.hold(team, left, key="all of it")
    assert "6" in errors(client.post(page.submit, drawn()))[""]
    assert not Sitting.objects.exists()


def test_a_version_offers_what_its_service_allows(client, page, drawn, output):
    offers = client.get(page.versions).json()["offers"][f"output:{output.pk}"]
    assert [row["slug"] for row in offers if row["model"] == "youchuan:v7"] == [
        "inpaint",
        "edit",
        "upload-paint",
        "outpaint",
        "pan",
    ]
    inpaint = offers[0]
    assert inpaint["needs_mask"] and not inpaint["takes_canvas"] and inpaint["price"] == 6
    outpaint = next(row for row in offers if row["slug"] == "outpaint")
    assert outpaint["fields"]["scale"] == {"min": 1.1, "max": 2.0}


def test_the_versions_of_a_sitting_are_the_persons_own(client, page, drawn, browser_of, team):
    from tests.factories import join, make_user

    client.post(page.submit, drawn())
    bob = make_user("Bob")
    join(team, bob)
    assert client.get(page.versions).json()["versions"]
    assert browser_of(bob).get(page.versions).json()["versions"] == []


def test_versions_cost_a_few_queries_however_many(client, page, drawn, django_assert_max_num_queries):
    for number in range(6):
        client.post(page.submit, drawn(request_key=f"drawn-more-{number:04d}"))
    Job.objects.filter(operation="inpaint").update(state=JobState.SUCCEEDED)
    with django_assert_max_num_queries(25):
        assert len(client.get(page.versions).json()["versions"]) == 6


def test_a_long_chain_of_edits_costs_no_more(client, page, drawn, output, django_assert_max_num_queries):
    made = output
    for number in range(12):
        posted = drawn(base=f"output:{made.pk}", request_key=f"drawn-chain-{number:04d}")
        job = Job.objects.get(pk=client.post(page.submit, posted).json()["job"])
        Job.objects.filter(pk=job.pk).update(state=JobState.SUCCEEDED, remote_id=f"r{number}")
        made = Output.objects.create(team=job.team, job=job, index=0, state="done", asset=output.asset)
    with django_assert_max_num_queries(25):
        told = client.get(page.versions).json()
    assert len(told["versions"]) == 12 and told["offers"][f"output:{made.pk}"]


# ── operations of other services that take a mask ────────────────────────────


@pytest.fixture
def large(membership) -> Asset:
    prepared = media.prepare(encode(photo(480, 400), "PNG"), mode="result")
    return media.record(prepared, team=membership.team, user=membership.user, origin=Origin.UPLOAD, name="A reef")


def replacing(drawn, asset: Asset, **changes):
    mask = mask_file((asset.width, asset.height))
    start = {"base": f"asset:{asset.pk}", "operation": "replace-background", "model": "aliyun:bg-rep", "mask": mask}
    return drawn(**{**start, **changes})


def test_a_background_is_replaced_by_what_was_drawn(client, team, large, drawn):
    base = f"/t/{team.slug}/edit/asset/{large.pk}/"
    offers = client.get(f"{base}versions/").json()["offers"][f"asset:{large.pk}"]
    offer = next(row for row in offers if row["slug"] == "replace-background")
    assert (offer["model"], offer["needs_mask"], offer["needs_prompt"]) == ("aliyun:bg-rep", True, True)
    assert (offer["takes_canvas"], offer["price"], offer["max_prompt"]) == (False, 4, 500)
    response = client.post(f"{base}submit/", replacing(drawn, large))
    assert response.status_code == 201, response.content
    job = Job.objects.get(pk=response.json()["job"])
    assert (job.provider, job.operation, job.expected, job.quote) == ("aliyun", "replace-background", 4, 4)
    assert (job.source_asset, len(job.params["mask"])) == (large, 1)


def test_fewer_results_cost_less(client, team, large, drawn):
    posted = replacing(drawn, large, results="1", strength="0.5")
    response = client.post(f"/t/{team.slug}/edit/asset/{large.pk}/submit/", posted)
    job = Job.objects.get(pk=response.json()["job"])
    assert (job.expected, job.quote, job.params["strength"]) == (1, 1, 0.5)


def test_a_picture_that_the_service_does_not_take_is_refused_before_anything_is_held(client, team, asset, drawn):
    before = billing.balance(team).available
    found = errors(client.post(f"/t/{team.slug}/edit/asset/{asset.pk}/submit/", replacing(drawn, asset)))
    assert "400 pixels" in found[""] and "A reef" in found[""]
    assert billing.balance(team).available == before
    assert not Job.objects.filter(provider="aliyun").exists()

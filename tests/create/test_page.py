"""The Create page and its feed: what is on it, what it costs in queries, and that page and piece agree."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from studio.accounts.models import Role
from studio.jobs import queries
from studio.jobs.models import EventKind, Job, JobState
from tests.create.conftest import HTMX
from tests.factories import join, make_user


def html_of(response) -> str:
    return response.content.decode()


def test_home_leads_to_the_first_team_or_to_signing_in(client, team, browser_of, db):
    assert client.get("/").url == f"/t/{team.slug}/create/"
    nobody = type(client)()
    assert nobody.get("/").url.startswith("/sign-in/")
    lonely = browser_of(make_user("Lone Wolf"))
    assert "No team yet" in html_of(lonely.get("/"))


def test_the_first_visit_has_a_prompt_and_examples(client, paths):
    html = html_of(client.get(paths.page))
    assert 'aria-label="Prompt"' in html
    assert "What do you want to see?" in html
    assert re.search(r'data-fill="[^"]{20,}"', html)
    assert html.count("<h1") == 1


def test_the_panel_is_drawn_from_the_declaration(client, paths):
    html = html_of(client.get(paths.page + "?model=youchuan:v8.1"))
    assert 'name="exp"' in html
    assert 'name="weird"' not in html
    assert "Youchuan v8.1" in html
    assert 'data-limit="1024"' in html


def test_the_button_says_the_price(client, paths):
    html = html_of(client.get(paths.page))
    text = re.sub(r"<[^>]+>", "", re.search(r'<button class="btn primary lg go".*?</button>', html, re.S)[0])
    assert " ".join(text.split()) == "CreateCreating …for 4 credits"


def test_every_state_of_a_job_is_drawn(client, paths, make_job):
    make_job("done")
    make_job("partial", rejected=1)
    make_job("running", state=JobState.RUNNING)
    make_job("half way", state=JobState.RUNNING, progress=0.64)
    make_job("waiting", state=JobState.QUEUED)
    make_job("failed", state=JobState.FAILED, error_message="The service was too busy.", cost=0)
    make_job("canceled", state=JobState.CANCELED, cost=0)
    html = html_of(client.get(paths.page))
    assert "Held back" in html
    assert "1 credit returned" in html
    assert "3 of 4 delivered" in html
    assert "<elapsed-time" in html
    assert "64 %" in html
    assert "Waiting" in html
    assert "The service was too busy." in html
    assert html.count("Nothing was charged.") == 2
    assert "Retry" in html and "Cancel" in html


def test_every_picture_has_its_size_and_its_own_address(client, paths, output):
    html = html_of(client.get(paths.page))
    tile = re.search(rf'<div class="tile"[^>]*data-output="{output.pk}".*?</div>', html, re.S)[0]
    assert f'href="{paths.base}/images/{output.pk}/"' in tile
    assert 'width="1456" height="816"' in tile
    assert "320w" in tile and 'loading="lazy"' in tile and "--ar:1.7843" in tile
    assert 'type="checkbox"' in tile


def test_prompts_are_escaped(client, paths, make_job):
    make_job('<script>alert(1)</script> & "quotes"')
    html = html_of(client.get(paths.page))
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quotes&quot;" in html


def test_the_feed_takes_the_same_few_queries_however_long_it_is(client, paths, make_job, team):
    first = make_job("one")
    make_job("vary", source=first.outputs.first(), operation="vary-subtle")
    client.get(paths.page)  # warms what is cached for a minute
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(paths.page + "?before=999999", **HTMX)
    for number in range(15):
        make_job(f"job {number}", source=first.outputs.first(), operation="vary-subtle")
    with CaptureQueriesContext(connection) as many:
        client.get(paths.page + "?before=999999", **HTMX)
    assert len(many) == len(few) <= 10
    with CaptureQueriesContext(connection) as whole:
        client.get(paths.page)
    assert len(whole) <= 12


def test_older_jobs_come_as_a_piece_and_as_a_page(client, paths, make_job):
    jobs = [make_job(f"job number {number}") for number in range(14)]
    page = html_of(client.get(paths.page))
    assert f'id="job-{jobs[-1].pk}"' in page and f'id="job-{jobs[0].pk}"' not in page
    older = re.search(r"\?before=(\d+)", page)[0]
    piece = client.get(paths.page + older, **HTMX)
    assert f'id="job-{jobs[0].pk}"' in html_of(piece)
    assert "<html" not in html_of(piece)
    assert "HX-Request" in piece.headers["Vary"]
    assert "<html" in html_of(client.get(paths.page + older))


def test_a_job_is_a_card_or_a_page(client, paths, job):
    card = html_of(client.get(f"{paths.base}/jobs/{job.pk}/", **HTMX))
    page = html_of(client.get(f"{paths.base}/jobs/{job.pk}/"))
    assert card.lstrip().startswith("<article")
    assert "<html" in page and f'id="job-{job.pk}"' in page


def test_viewers_look_and_do_not_create(browser_of, team, paths, fields, output):
    viewer = make_user("Vera Viewer")
    join(team, viewer, Role.VIEWER)
    page = html_of(browser_of(viewer).get(paths.page))
    assert 'id="create-form"' not in page
    assert "lets you look, not create" in page
    assert browser_of(viewer).post(paths.submit, fields()).status_code == 403
    actions = html_of(browser_of(viewer).get(f"{paths.base}/images/{output.pk}/actions/", **HTMX))
    assert "Download" in actions and "Vary" not in actions


def test_strangers_find_nothing(browser_of, charlie, paths, job, output):
    stranger = browser_of(charlie)
    for path in (paths.page, f"{paths.base}/jobs/{job.pk}/", f"{paths.base}/images/{output.pk}/"):
        assert stranger.get(path).status_code == 404


def test_an_earlier_prompt_its_settings_and_its_picture_fill_the_bar(client, paths, output):
    prompt = html_of(client.get(f"{paths.page}?from={output.pk}&use=prompt"))
    assert "a red fox</textarea>" in prompt
    picture = html_of(client.get(f"{paths.page}?from={output.pk}&use=image"))
    assert f'name="image_prompts" value="{output.asset_id}"' in picture
    assert "a red fox</textarea>" not in picture
    unknown = client.get(f"{paths.page}?from=999999&use=all")
    assert unknown.status_code == 200


def test_recent_prompts_are_one_s_own(client, paths, make_job, browser_of, bob):
    make_job("a red fox")
    make_job("a red fox")
    html = html_of(client.get(f"{paths.base}/create/prompts/", **HTMX))
    assert html.count('data-fill="a red fox"') == 1
    assert "a red fox" not in html_of(browser_of(bob).get(f"{paths.base}/create/prompts/", **HTMX))


def test_a_model_that_begins_with_a_file_is_no_choice_of_the_prompt_bar(client, paths, fields):
    html = html_of(client.get(paths.page + "?model=aliyun:bg-rep"))
    assert "Aliyun background" not in html and "Image server" in html
    assert 'data-limit="8192"' in html, "the default model stands in for it"
    assert client.post(paths.submit, fields(model="aliyun:bg-rep")).status_code == 404
    assert client.post(paths.panel, fields(choose="aliyun:bg-rep"), **HTMX).status_code == 404


def test_the_number_of_results_is_told_and_paid(client, paths, fields):
    html = html_of(client.post(paths.panel, fields(model="openai-images:images", results="3"), **HTMX))
    assert ">3 images<" in html
    assert "6" in re.sub(
        r"<[^>]+>", "", html_of(client.post(paths.quote, fields(model="openai-images:images", results="3"), **HTMX))
    )


def test_settings_of_a_replaced_background_can_be_used_without_harm(client, paths, make_job):
    output = make_job("a beach").outputs.first()
    Job.objects.update(provider="aliyun", model="bg-rep", operation="replace-background", source=None)
    assert client.get(f"{paths.page}?from={output.pk}&use=settings").status_code == 200


def test_every_model_of_the_picker_names_its_price(client, paths):
    page = client.get(paths.page).content.decode()
    rows = re.findall(r'data-model="([^"]+)".*?</a>', page, re.DOTALL)
    priced = re.findall(r'data-model="([^"]+)"(?:(?!</a>).)*class="tag"', page, re.DOTALL)
    assert {row.partition(":")[0] for row in rows} >= {"youchuan", "quickrouter", "openai-images"}
    assert priced == rows


def test_a_video_card_tells_its_choices_in_few_words(client, paths, make_job):
    params = {"ratio": "adaptive", "resolution": "480p", "duration": "4", "audios": ["asset:1"], "videos": ["asset:2"]}
    job = make_job(state=JobState.RUNNING)
    Job.objects.filter(pk=job.pk).update(
        provider="talkingdata", model="seedance-2-fast", operation="create", params=params, width=1, height=1
    )
    html = html_of(client.get(paths.page))
    facts = re.findall(r'<span class="tag">([^<]+)</span>', html[html.index('<article class="job"') :])
    assert {"480p", "4 s", "1 recording", "1 video"} <= set(facts)
    assert "adaptive" not in facts
    # nobody knows its shape yet: the slot is as wide as most videos are
    assert "--ar:1.7778" in html


def test_what_is_rare_is_folded_away_until_it_is_used(client, paths, make_job):
    url = f"{paths.page}?model=talkingdata:seedance-2-fast"
    folded = re.search(r"<details( open)?><summary><h3 id=\"group-advanced\">", html_of(client.get(url)))
    assert folded is not None and folded[1] is None
    job = make_job()
    Job.objects.filter(pk=job.pk).update(
        provider="talkingdata", model="seedance-2-fast", operation="create", params={"watermark": True}
    )
    assert '<details open><summary><h3 id="group-advanced">' in html_of(
        client.get(f"{paths.page}?job={job.pk}&use=all")
    )


def test_chips_of_files_have_names_that_fit(client, paths):
    html = html_of(client.get(f"{paths.page}?model=talkingdata:seedance-2-fast"))
    names = dict(re.findall(r'data-chip-name="([^"]*)"[^>]*><input type="radio" name="role" value="([^"]*)"', html))
    assert names == {
        "First frame": "first_frame",
        "Last frame": "last_frame",
        "[图{number}]": "references",
        "Video {number}": "videos",
        "Sound {number}": "audios",
    }


def test_a_job_that_the_service_would_not_take_yet_says_so(client, paths, make_job):
    job = make_job(state=JobState.QUEUED)
    assert "The service was busy" not in html_of(client.get(paths.page))
    Job.objects.filter(pk=job.pk).update(attempts=2)
    assert "The service was busy; trying again" in html_of(client.get(paths.page))


def test_a_card_says_up_to_which_event_it_is_known(client, paths, make_job):
    job = make_job()
    job.events.create(team=job.team, kind=EventKind.CREATED)
    event = job.events.create(team=job.team, kind=EventKind.SUCCEEDED)
    seen = re.search(rf'id="job-{job.pk}" .*?data-seen="(\d+)"', html_of(client.get(paths.page)))
    assert seen is not None
    assert int(seen[1]) == event.pk


@pytest.mark.parametrize(("recording", "is_told"), [(["asset:1"], True), ([], False)])
def test_what_belongs_to_a_file_is_told_with_it(team, make_job, recording, is_told):
    params = {"prompt": "Good evening.", "language": "en", "recording": recording, "recording_language": "en"}
    job = make_job()
    Job.objects.filter(pk=job.pk).update(provider="talkingdata", model="speech-2.8", operation="speak", params=params)
    facts = queries.card(team, job.pk).facts
    assert "language English" in facts
    assert ("language of the recording English" in facts) is is_told

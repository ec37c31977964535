"""Composing: the panel follows the model, flags become fields, mistakes keep what was typed."""

from __future__ import annotations

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from studio.billing import services as billing
from studio.jobs.models import Job
from studio.media.models import ImportState, UrlImport
from tests.create.conftest import HTMX, make_asset
from tests.jobs.fakes import picture


def html_of(response) -> str:
    return response.content.decode()


def test_create_answers_with_the_card_for_the_top_of_the_feed(client, paths, fields):
    response = client.post(paths.submit, fields(stylize="250"), **HTMX)
    job = Job.objects.get()
    assert response.status_code == 200
    assert html_of(response).lstrip().startswith(f'<article class="job" id="job-{job.pk}"')
    assert job.params["stylize"] == 250
    assert job.quote == 4
    assert response.cookies["model"].value == "youchuan:v7"


def test_without_a_script_create_leads_back_to_the_page(client, paths, fields):
    assert client.post(paths.submit, fields()).url == paths.page
    wrong = client.post(paths.submit, fields(""))
    assert wrong.status_code == 422
    assert "<html" in html_of(wrong) and "Write a prompt first." in html_of(wrong)


def test_the_same_request_twice_is_one_job(client, paths, fields):
    posted = fields()
    first, second = client.post(paths.submit, posted, **HTMX), client.post(paths.submit, posted, **HTMX)
    assert first.status_code == second.status_code == 200
    assert Job.objects.count() == 1


def test_a_mistake_keeps_what_was_typed_and_leads_to_the_field(client, paths, fields):
    response = client.post(paths.submit, fields(weird="4200", stylize="321", negative="<b>text</b>"), **HTMX)
    html = html_of(response)
    assert response.status_code == 422
    assert response.headers["HX-Retarget"] == "#panel"
    assert json.loads(response.headers["HX-Trigger-After-Settle"]) == {"composer:wrong": {"field": "p-weird"}}
    assert "Weird goes from 0 to 3000." in html
    assert 'value="4200"' in html and 'value="321"' in html and "&lt;b&gt;text&lt;/b&gt;" in html
    assert 'aria-describedby="p-weird-help p-weird-error"' in html
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("", "Write a prompt first."),
        ("x" * 9000, "8192 characters"),
        ("a fox\x00", "can’t be sent|can't be sent"),
        ("a fox --ar 99:1", "aspect ratio goes"),
        ("a fox --unheard 3", "does not know --unheard"),
        ("a fox --cref https://example.com/a.png", "does not take --cref"),
    ],
)
def test_bad_prompts_are_answered_in_a_sentence_beside_the_prompt(client, paths, fields, prompt, sentence):
    response = client.post(paths.submit, fields(prompt), **HTMX)
    note = re.search(r'id="prompt-note".*?</div>', html_of(response), re.S)[0].replace("&#x27;", "'")
    assert response.status_code == 422
    assert re.search(sentence, note)
    assert json.loads(response.headers["HX-Trigger-After-Settle"])["composer:wrong"]["field"] == "p-prompt"


def test_too_few_credits_say_what_is_missing(client, paths, fields, team):
    billing.hold(team, 998, key="elsewhere")
    response = client.post(paths.submit, fields(), **HTMX)
    assert response.status_code == 422
    assert "Not enough credits: 4 needed, 2 left." in html_of(response)
    assert not Job.objects.exists()


def test_another_model_keeps_what_it_takes_too(client, paths, fields):
    posted = fields(choose="youchuan:v6.1", stylize="250", speed="draft", exp="20")
    html = html_of(client.post(paths.panel, posted, **HTMX))
    assert 'value="youchuan:v6.1"' in html
    assert 'name="stylize"' in html and 'value="250"' in html
    assert 'name="exp"' not in html
    assert re.search(r'name="speed" value="fast"[^>]*checked', html)
    assert "a red fox" not in html  # the prompt stays where it is


def test_another_model_has_its_own_switches_as_they_are_meant(client, paths, fields):
    sound = re.compile(r'<input[^>]*name="sound"[^>]*>')
    first = html_of(client.post(paths.panel, fields(choose="talkingdata:veo-3.1"), **HTMX))
    assert "checked" in sound.search(first)[0]
    # one that both have stays as it was put
    off = fields(model="talkingdata:veo-3.1", choose="talkingdata:seedance-2-fast")
    assert "checked" not in sound.search(html_of(client.post(paths.panel, off, **HTMX)))[0]


def test_reset_forgets_all_but_the_prompt(client, paths, fields):
    html = html_of(client.post(paths.panel, fields(stylize="250", reset="1"), **HTMX))
    assert 'value="250"' not in html


def test_flags_of_a_pasted_prompt_move_into_the_fields(client, paths, fields):
    html = html_of(client.post(paths.read, fields("a fox --ar 16:9 --s 250 --v 6.1 --raw"), **HTMX))
    assert "<set-prompt" in html and "a fox</textarea>" in html
    assert re.search(r'name="ratio" value="16:9"[^>]*checked', html)
    assert 'value="youchuan:v6.1"' in html
    assert re.search(r'type="range"[^>]*name="stylize"[^>]*value="250"', html)


def test_flags_that_cannot_be_used_are_named(client, paths, fields):
    html = html_of(client.post(paths.read, fields("a fox --motion high --ar 16:9"), **HTMX))
    assert "This parameter is for videos." in html
    assert re.search(r'name="ratio" value="16:9"[^>]*checked', html)


def test_addresses_in_a_prompt_are_fetched(client, paths, fields, team):
    html = html_of(client.post(paths.read, fields("https://example.com/fox.png a fox"), **HTMX))
    asked = UrlImport.objects.get()
    assert (asked.team, asked.url) == (team, "https://example.com/fox.png")
    assert f'name="pending" value="image_prompts:{asked.pk}"' in html
    waits = client.post(paths.submit, fields(pending=f"image_prompts:{asked.pk}"), **HTMX)
    assert waits.status_code == 422 and "still being fetched" in html_of(waits)


def test_the_price_follows_the_parameters(client, paths, fields):
    html = html_of(client.post(paths.quote, fields("", speed="turbo"), **HTMX))
    assert re.search(r"</svg>\s*8<", html)


def test_references_are_sent_with_the_prompt(client, paths, fields, membership, charlie):
    mine = make_asset(membership)
    client.post(paths.submit, fields(image_prompts=[mine.pk]), **HTMX)
    assert Job.objects.get().params["image_prompts"] == [f"asset:{mine.pk}"]
    theirs = make_asset(charlie.memberships.select_related("team", "user").get())
    refused = client.post(paths.submit, fields(image_prompts=[theirs.pk]), **HTMX)
    assert refused.status_code == 422 and "no longer there" in html_of(refused)


# ── uploads ──


@pytest.mark.django_db(transaction=True)
def test_an_uploaded_picture_becomes_a_chip(client, paths):
    file = SimpleUploadedFile("fox.png", picture(), "image/png")
    response = client.post(paths.uploads, {"role": "image_prompts", "model": "youchuan:v7", "files": [file]}, **HTMX)
    assert response.status_code == 200
    assert re.search(r'name="image_prompts" value="\d+"', html_of(response))


@pytest.mark.django_db(transaction=True)
def test_what_is_no_picture_is_refused_in_a_sentence(client, paths):
    file = SimpleUploadedFile("<b>.png", b"<html>no</html>", "image/png")
    response = client.post(paths.uploads, {"role": "image_prompts", "model": "youchuan:v7", "files": [file]}, **HTMX)
    assert response.status_code == 422
    assert "&lt;b&gt;.png" in html_of(response) and "not a picture" in html_of(response)


def test_an_address_is_fetched_in_the_background(client, paths, membership):
    posted = {"role": "style_references", "model": "youchuan:v7", "url": "https://example.com/a.png"}
    html = html_of(client.post(paths.uploads, posted, **HTMX))
    asked = UrlImport.objects.get()
    path = f"{paths.uploads}{asked.pk}/"
    assert path in html
    query = {"role": "style_references", "model": "youchuan:v7"}
    assert 'name="pending"' in html_of(client.get(path, query, **HTMX))
    asset = make_asset(membership)
    UrlImport.objects.update(state=ImportState.DONE, asset=asset)
    assert f'name="style_references" value="{asset.pk}"' in html_of(client.get(path, query, **HTMX))
    UrlImport.objects.update(state=ImportState.FAILED, asset=None, problem="This address leads nowhere.")
    assert "This address leads nowhere." in html_of(client.get(path, query, **HTMX))


@pytest.mark.parametrize("url", ["ftp://example.com/a.png", "nonsense", "https://me:secret@example.com/a.png"])
def test_a_bad_address_is_refused_at_once(client, paths, url):
    response = client.post(paths.uploads, {"role": "image_prompts", "model": "youchuan:v7", "url": url}, **HTMX)
    assert response.status_code == 422
    assert not UrlImport.objects.exists()


def test_an_unknown_role_or_model_is_not_there(client, paths):
    assert client.post(paths.uploads, {"role": "nothing", "model": "youchuan:v7"}, **HTMX).status_code == 404
    assert client.post(paths.quote, {"model": "nobody:nothing"}, **HTMX).status_code == 404

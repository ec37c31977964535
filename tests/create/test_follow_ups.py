"""What may be done with a picture: exactly what its service allows, each with its price."""

from __future__ import annotations

import json
import re

from django.utils import timezone

from studio.jobs.models import Job, JobState
from tests.create.conftest import HTMX


def html_of(response) -> str:
    return response.content.decode()


def names(html: str) -> list[str]:
    return re.findall(r'data-action="([^"]+)"', html)


def test_the_bar_offers_what_the_service_allows(client, paths, output, make_job):
    html = html_of(client.get(f"{paths.base}/images/{output.pk}/actions/", **HTMX))
    bar, more = html.split("data-more")
    assert names(bar) == [
        "vary-subtle",
        "vary-strong",
        "upscale",
        "pan",
        "inpaint",
        "animate-low",
        "download",
    ]
    assert {
        "reroll",
        "remix-strong",
        "outpaint",
        "edit",
        "remix-subtle",
        "retexture",
        "remove-background",
        "animate-high",
    } <= set(names(more))
    assert "upload-paint" not in names(html), "editing on a canvas is offered once"
    for name in ("Use prompt", "Use settings", "Use as image prompt", "Add to a moodboard"):
        assert f"<span>{name}</span>" in more
    assert f'href="{paths.base}/edit/output/{output.pk}/?tool=inpaint"' in bar
    upscaled = make_job(operation="upscale", source=output).outputs.first()
    again = html_of(client.get(f"{paths.base}/images/{upscaled.pk}/actions/", **HTMX))
    assert "upscale" not in names(again)
    newest = make_job(model="youchuan:v8.1").outputs.first()
    assert "pan" not in names(html_of(client.get(f"{paths.base}/images/{newest.pk}/actions/", **HTMX)))


def test_one_press_varies(client, paths, output):
    path = f"{paths.base}/images/{output.pk}/vary-subtle/"
    response = client.post(path, {"quick": "1", "request_key": "press-0001"}, **HTMX)
    job = Job.objects.get(source=output)
    assert (job.operation, job.quote, job.prompt) == ("vary-subtle", 6, "a red fox")
    told = json.loads(response.headers["HX-Trigger"])["job:created"]
    assert told == {"id": job.pk, "url": f"{paths.base}/jobs/{job.pk}/", "said": "Vary subtle has begun."}


def test_the_small_form_follows_the_chosen_model(client, paths, output):
    path = f"{paths.base}/images/{output.pk}/rework/"
    html = html_of(client.get(path, **HTMX))
    assert 'name="ratio"' in html
    chosen = {"model": "quickrouter:qwen-0925", "prompt": "snow", "resolution": "2K", "ratio": "16:9"}
    html = html_of(client.get(path, chosen, **HTMX))
    assert 'name="ratio"' not in html
    assert '<option value="quickrouter:qwen-0925" selected>' in html
    assert '<option value="2K" selected>' in html
    assert "snow</textarea>" in html and 'class="err"' not in html
    assert html.index("snow</textarea>") < html.index('name="resolution"'), "the words that it needs come first"
    assert html.index("<details") < html.index('name="priority"') < html.index("</details>")
    # words that are missing are nobody's fault yet
    html = html_of(client.get(path, {"model": "quickrouter:gem-2.5", "prompt": ""}, **HTMX))
    assert 'name="ratio"' in html and 'class="err"' not in html
    assert client.get(path, {"model": "youchuan:v7"}, **HTMX).status_code == 404


def test_what_is_wrong_behind_advanced_is_shown(client, paths, output):
    path = f"{paths.base}/images/{output.pk}/rework/"
    response = client.post(path, {"prompt": "snow", "priority": "11", "request_key": "press-0001"}, **HTMX)
    assert response.status_code == 422
    assert "<details open" in html_of(response) and "Priority goes from -10 to 10." in html_of(response)


def test_the_small_form_has_its_price_in_the_button(client, paths, output):
    path = f"{paths.base}/images/{output.pk}/upscale/"
    html = html_of(client.get(path, **HTMX))
    assert 'name="type"' in html and re.search(r"</svg>\s*6<", html)
    assert re.search(r"</svg>\s*8<", html_of(client.get(path + "?quote&type=creative", **HTMX)))
    assert "<html" in html_of(client.get(path))


def test_a_wrong_small_form_comes_back_with_its_sentence(client, paths, output):
    path = f"{paths.base}/images/{output.pk}/pan/"
    posted = {"direction": "right", "scale": "9", "prompt": "more <i>sea</i>", "request_key": "press-0002"}
    response = client.post(path, posted, **HTMX)
    assert response.status_code == 422
    assert response.headers["HX-Retarget"] == f"#small-form-{output.pk}"
    assert "Scale goes from 1.1 to 3." in html_of(response)
    assert "more &lt;i&gt;sea&lt;/i&gt;" in html_of(response)
    assert not Job.objects.filter(source=output).exists()


def test_what_is_not_offered_is_not_there(client, paths, output, browser_of, charlie):
    assert client.post(f"{paths.base}/images/{output.pk}/diffusion/", {}).status_code == 404
    assert client.post(f"{paths.base}/images/{output.pk}/nothing/", {}).status_code == 404
    assert client.get(f"{paths.base}/images/999999/actions/", **HTMX).status_code == 404
    assert browser_of(charlie).post(f"{paths.base}/images/{output.pk}/reroll/", {}).status_code == 404


def test_another_model_of_a_small_form_has_its_own_switches_as_they_are_meant(client, paths, output):
    was = {"was": "talkingdata:happyhorse-1", "prompt": "it turns"}
    asked = {"model": "talkingdata:veo-3.1"} | was
    html = html_of(client.get(f"{paths.base}/images/{output.pk}/animate/", asked, **HTMX))
    assert "checked" in re.search(r'<input[^>]*name="sound"[^>]*>', html)[0]
    assert "it turns" in html


def test_cancel_stops_what_has_not_been_sent(client, paths, make_job):
    waiting = make_job(state=JobState.QUEUED)
    html = html_of(client.post(f"{paths.base}/jobs/{waiting.pk}/cancel/", **HTMX))
    assert "Canceled." in html and "Nothing was charged." in html
    running = make_job(state=JobState.RUNNING)
    late = client.post(f"{paths.base}/jobs/{running.pk}/cancel/", **HTMX)
    assert late.status_code == 422 and "can't be stopped" in json.loads(late.headers["HX-Trigger"])["said"]["text"]


def test_cancel_twice_is_cancel_once(client, paths, make_job):
    """A second press, or one in another tab."""
    job = make_job("a fox", state=JobState.RUNNING, queued_there=True, cancel_asked_at=timezone.now())
    response = client.post(f"{paths.base}/jobs/{job.pk}/cancel/", **HTMX)
    assert response.status_code == 200 and "Stopping" in html_of(response)


def test_retry_asks_again(client, paths, make_job):
    failed = make_job(state=JobState.FAILED, cost=0)
    response = client.post(f"{paths.base}/jobs/{failed.pk}/retry/", {"request_key": "again-0001"}, **HTMX)
    again = Job.objects.exclude(pk=failed.pk).get()
    assert again.params == failed.params
    assert json.loads(response.headers["HX-Trigger"])["job:created"]["id"] == again.pk


def test_the_lightbox_is_a_page_and_a_piece(client, paths, output, make_job):
    child = make_job(operation="vary-strong", source=output).outputs.first()
    path = f"{paths.base}/images/{child.pk}/"
    page, piece = html_of(client.get(path)), html_of(client.get(path, **HTMX))
    assert "<html" in page and piece.lstrip().startswith("<light-box")
    for text in ("Compare with parent", "3141592", "1456 × 816", "Timeline", "Lineage", "1 of 4"):
        assert text in piece
    assert names(piece)[:2] == ["vary-subtle", "vary-strong"]
    root = html_of(client.get(f"{paths.base}/images/{output.pk}/", **HTMX))
    assert "Compare with parent" not in root
    assert f"/images/{child.pk}/" in root  # what came of it

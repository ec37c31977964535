"""Files of every kind given to operations: chips, what may be picked, where they may be sent, and what another
model keeps."""

from __future__ import annotations

import io
import json
import re
import wave

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from studio.jobs import catalog
from studio.jobs.forms import OperationForm
from studio.jobs.models import Job, Output
from studio.media.models import Asset, ImportState, Origin, UrlImport
from studio.media.services import finish_url_import
from tests.create.conftest import HTMX, make_asset
from tests.jobs.fakes import picture

SEEDANCE, HORSE, VEO, VOICE = (
    f"talkingdata:{slug}" for slug in ("seedance-2-fast", "happyhorse-1", "veo-3.1", "speech-2.8")
)
KINDS = {"video": ("video/mp4", 5.0), "audio": ("audio/wav", 4.0)}


def html_of(response) -> str:
    return response.content.decode()


@pytest.fixture
def give(membership):
    """A file of the team, uploaded."""

    def make(kind: str = "image", **fields: object) -> Asset:
        asset = make_asset(membership)
        media_type, duration = KINDS.get(kind, ("image/png", 0.0))
        values = {"kind": kind, "origin": Origin.UPLOAD, "media_type": media_type, "duration": duration, **fields}
        Asset.objects.filter(pk=asset.pk).update(**values)
        asset.refresh_from_db()
        return asset

    return make


def chip(html: str, role: str) -> list[str]:
    return re.findall(rf'name="{role}" value="(\d+)"', html)


# ── chips ──


def test_every_kind_of_file_is_a_chip_of_its_role(client, paths, give, fields):
    film, voice, still = give("video"), give("audio", name="hello.wav"), give()
    posted = fields(model=SEEDANCE, videos=[film.pk], audios=[voice.pk], references=[still.pk])
    html = html_of(client.post(paths.panel, posted, **HTMX))
    assert (chip(html, "videos"), chip(html, "audios")) == ([str(film.pk)], [str(voice.pk)])
    assert "hello.wav" in html and "0:05" in html and "0:04" in html
    assert "<b>图1</b>" in html, "the chip says what a prompt calls it"


def test_a_file_is_picked_by_its_id(client, paths, give):
    film = give("video")
    posted = {"role": "videos", "model": SEEDANCE, "asset": film.pk}
    html = html_of(client.post(paths.uploads, posted, **HTMX))
    assert chip(html, "videos") == [str(film.pk)] and 'form="create-form"' in html


def test_a_field_of_a_small_form_takes_files_too(client, paths, give):
    posted = {"role": "last_frame", "model": VEO, "operation": "animate", "asset": give().pk}
    html = html_of(client.post(paths.uploads, posted, **HTMX))
    assert chip(html, "last_frame") and "create-form" not in html
    missing = posted | {"operation": "nothing"}
    assert client.post(paths.uploads, missing, **HTMX).status_code == 404


def test_a_file_of_another_kind_is_refused_in_plain_words(client, paths, give):
    posted = {"role": "videos", "model": SEEDANCE, "asset": give("audio", name="hello.wav").pk}
    response = client.post(paths.uploads, posted, **HTMX)
    assert response.status_code == 422
    assert "hello.wav" in html_of(response) and "takes a video." in html_of(response)


@pytest.mark.django_db(transaction=True)
def test_an_upload_of_another_kind_is_refused(client, paths):
    file = SimpleUploadedFile("fox.png", picture(), "image/png")
    response = client.post(paths.uploads, {"role": "audios", "model": SEEDANCE, "files": [file]}, **HTMX)
    assert response.status_code == 422 and "fox.png" in html_of(response)
    assert not Asset.objects.exists()


def test_an_address_that_leads_to_another_kind_is_refused(client, paths, give, membership):
    UrlImport.objects.create(
        team=membership.team, created_by=membership.user, url="https://example.com/a", state=ImportState.DONE,
        asset=give(),
    )  # fmt: skip
    path = f"{paths.uploads}{UrlImport.objects.get().pk}/"
    html = html_of(client.get(path, {"role": "videos", "model": SEEDANCE}, **HTMX))
    assert not chip(html, "videos") and "takes a video." in html


@pytest.mark.django_db(transaction=True)
def test_a_file_of_an_address_is_fetched_as_what_its_role_takes(client, paths, tmp_path):
    posted = {"role": "audios", "model": SEEDANCE, "url": "https://example.com/hello.wav"}
    assert client.post(paths.uploads, posted, **HTMX).status_code == 200
    asked = UrlImport.objects.get()
    assert asked.kind == "audio"
    path = tmp_path / "fetched"
    path.write_bytes(recording())
    kept = finish_url_import(asked, path)
    assert kept is not None and kept.kind == "audio"
    html = html_of(client.get(f"{paths.uploads}{asked.pk}/", {"role": "audios", "model": SEEDANCE}, **HTMX))
    assert chip(html, "audios") == [str(kept.pk)]


def recording(seconds: int = 2) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(range(100)) * (160 * seconds))
    return buffer.getvalue()


def test_nobody_picks_another_team_s_file(client, paths, charlie):
    theirs = make_asset(charlie.memberships.select_related("team", "user").get())
    posted = {"role": "references", "model": SEEDANCE, "asset": theirs.pk}
    response = client.post(paths.uploads, posted, **HTMX)
    assert response.status_code == 422 and "no longer there" in html_of(response)


# ── the gallery ──


def listed(client: Client, paths, **query: object) -> list[int]:
    html = html_of(client.get(f"{paths.base}/create/files/", query, **HTMX))
    return [int(pk) for pk in re.findall(r'data-asset="(\d+)"', html)]


def test_files_to_pick_are_the_team_s_own_newest_first(client, paths, give, make_job, charlie):
    result = make_job("a red fox").outputs.first()
    upload, film = give(), give("video")
    make_asset(charlie.memberships.select_related("team", "user").get())
    give(origin=Origin.MASK)
    pictures = listed(client, paths, kind="image")
    assert pictures[0] == upload.pk and result.asset_id in pictures and len(pictures) == 5
    assert listed(client, paths, kind="video") == [film.pk]
    Output.objects.filter(pk=result.pk).update(trashed_at="2026-11-21T00:00Z")
    assert result.asset_id not in listed(client, paths, kind="image")


def test_files_are_found_by_their_prompt_or_name(client, paths, give, make_job):
    fox = make_job("a red fox").outputs.first().asset_id
    make_job("a blue whale")
    named = give(name="fox den.png")
    found = listed(client, paths, kind="image", q="FOX")
    assert fox in found and named.pk in found and len(found) == 5
    assert listed(client, paths, kind="image", q="red fox den") == []


def test_the_list_goes_on(client, paths, give):
    files = [give().pk for _ in range(30)]
    first = listed(client, paths, kind="image")
    assert first == files[:5:-1]
    assert listed(client, paths, kind="image", before=first[-1]) == files[5::-1]


# ── another model ──


def test_another_model_takes_the_files_it_has_a_place_for(client, paths, give, fields):
    stills = [give().pk for _ in range(3)]
    film = give("video")
    posted = fields(model=SEEDANCE, choose=HORSE, references=stills, videos=[film.pk])
    html = html_of(client.post(paths.panel, posted, **HTMX))
    assert [int(pk) for pk in chip(html, "references")] == stills
    assert "1 reference was taken out" in html
    back = html_of(client.post(paths.panel, fields(model=HORSE, choose="youchuan:v7", references=stills), **HTMX))
    assert [int(pk) for pk in chip(back, "image_prompts")] == stills


def test_a_small_form_keeps_its_files_with_another_model(client, paths, output, give):
    still = give()
    path = f"{paths.base}/images/{output.pk}/animate/"
    query = {"was": SEEDANCE, "model": VEO, "last_frame": still.pk, "prompt": "it turns"}
    html = html_of(client.get(path, query, **HTMX))
    assert chip(html, "last_frame") == [str(still.pk)] and "it turns" in html
    gone = html_of(client.get(path, query | {"model": HORSE}, **HTMX))
    assert not chip(gone, "last_frame") and "1 reference was taken out" in gone


def test_a_small_form_posts_its_files(client, paths, output, give):
    still = give()
    path = f"{paths.base}/images/{output.pk}/animate/"
    posted = {"model": VEO, "prompt": "it turns", "last_frame": still.pk, "request_key": "press-0007"}
    form = html_of(client.get(path, {"model": VEO}, **HTMX))
    defaults = dict(re.findall(r'type="radio" name="(\w+)" value="([^"]*)"[^>]*checked', form))
    response = client.post(path, defaults | posted, **HTMX)
    assert response.status_code == 200, html_of(response)
    assert Job.objects.get(operation="animate").params["last_frame"] == [f"asset:{still.pk}"]


def test_what_is_done_by_several_services_is_offered_once(client, paths, output):
    html = html_of(client.get(f"{paths.base}/images/{output.pk}/actions/", **HTMX))
    names = re.findall(r'data-action="([^"]+)"', html)
    assert names.count("animate") == 1 and len(names) == len(set(names))
    form = html_of(client.get(f"{paths.base}/images/{output.pk}/animate/", **HTMX))
    for model in (SEEDANCE, HORSE, VEO):
        assert f'<option value="{model}"' in form
    assert "media-field" in form


# ── sending on ──


def test_a_file_may_be_sent_where_such_files_are_taken(client, paths, output, give):
    html = html_of(client.get(f"{paths.base}/images/{output.pk}/send/", {"model": SEEDANCE}, **HTMX))
    assert re.findall(r'data-send-model="talkingdata:seedance-2-fast" data-send-role="(\w+)"', html) == [
        "first_frame",
        "last_frame",
        "references",
    ]
    assert 'data-send-model="youchuan:v7"' in html and "speech-2.8" not in html
    film = html_of(client.get(f"{paths.base}/files/{give('video').pk}/send/", {"model": "youchuan:v7"}, **HTMX))
    assert re.findall(r'data-send-model="([^"]+)"', film) == [SEEDANCE]


def test_a_sent_file_is_in_its_role(client, paths, give):
    film = give("video")
    html = html_of(client.get(f"{paths.page}?model={SEEDANCE}&file={film.pk}&role=videos"))
    assert chip(html, "videos") == [str(film.pk)]
    wrong = html_of(client.get(f"{paths.page}?model=youchuan:v7&file={film.pk}"))
    assert not chip(wrong, "image_prompts") and "takes no such files." in wrong


def test_a_role_that_is_full_says_so(client, paths, give, fields):
    first, second = give(), give()
    alone = fields(model=SEEDANCE, first_frame=[first.pk], file=second.pk, role="first_frame")
    html = html_of(client.post(paths.panel, alone, **HTMX))
    assert chip(html, "first_frame") == [str(second.pk)], "one that stands alone is replaced"
    full = [give().pk for _ in range(9)]
    html = html_of(
        client.post(paths.panel, fields(model=SEEDANCE, references=full, file=second.pk, role="references"), **HTMX)
    )
    assert [int(pk) for pk in chip(html, "references")] == full and "No more files fit" in html


# ── what the models make ──


def test_the_picker_compares_what_models_make_and_take(client, paths):
    html = html_of(client.get(paths.page))
    groups = re.findall(r'class="models-group" role="group" aria-label="(\w+)"', html)
    assert groups == ["Pictures", "Videos", "Voices"]
    row = re.search(rf'data-model="{SEEDANCE}".*?</a>', html, re.DOTALL)[0]
    text = " ".join(re.sub(r"<[^>]+>", " ", row).split())
    for words in (
        "TalkingData",
        "up to 11 pictures",
        "up to 3 videos",
        "up to 3 recordings",
        "4–15 s",
        "480p · 720p",
        "Usual time",
    ):
        assert words in text
    assert "gpt-5.4" not in html and "deepseek" not in html, "chat models answer with words"


def test_the_picker_s_prices_are_those_of_the_settings(client, paths, fields):
    def told(duration: str) -> dict[str, int]:
        asked = fields(model=SEEDANCE, duration=duration, resolution="720p")
        answer = client.post(paths.quote, asked, **HTMX)
        return json.loads(answer["HX-Trigger"])["models:priced"]["prices"]

    prices, shorter = told("10"), told("5")
    assert prices["talkingdata-happyhorse-1"] == 2 * shorter["talkingdata-happyhorse-1"]
    assert prices["youchuan-v7"] == shorter["youchuan-v7"]


@pytest.mark.parametrize(
    ("model", "sentence", "count"),
    [
        ("youchuan:v7", "Four pictures appear here.", "4 images"),
        ("talkingdata:veo-3.1", "The video appears here.", "1 video"),
        ("talkingdata:speech-2.8", "The voice appears here.", "1 voice"),
    ],
)
def test_words_follow_what_the_model_makes(client, paths, model, sentence, count):
    html = html_of(client.get(paths.page, {"model": model}))
    assert sentence in html and f">{count}<" in html


def test_chinese_characters_count_as_the_model_says(client, paths):
    assert 'data-wide="2"' in html_of(client.get(paths.page, {"model": HORSE}))
    assert 'data-wide="1"' in html_of(client.get(paths.page, {"model": "youchuan:v7"}))


def test_prompts_speak_of_files_as_is_declared(team):
    def spoken(model: str, name: str) -> str:
        entry = catalog.find(model)
        return OperationForm(entry, entry.start, team=team).get(name).spoken

    assert spoken(HORSE, "references") == "[Image {number}]"
    assert spoken(SEEDANCE, "references") == "[图{number}]"
    assert spoken(SEEDANCE, "first_frame") == spoken("youchuan:v7", "image_prompts") == ""

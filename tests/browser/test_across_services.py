"""What one service made goes into another: files of every kind given to Seedance through its library, a film edited
with its sound kept, and a picture that becomes a film, a frame and a picture again, with its lineage."""

from __future__ import annotations

import io
import re
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from studio.jobs.models import Job, JobState, LibraryFile, Output
from tests.browser.doing import SLOW, ask_for, choose, create
from tests.browser.stack import Stack

RATE = 48_000


def picture(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (800, 600), colour).save(file, "PNG")
    return file.getvalue()


def tone(seconds: float, rate: int, pitch: float = 330) -> np.ndarray:
    times = np.arange(round(seconds * rate)) / rate
    return (np.sin(2 * np.pi * pitch * times) * 9000).astype(np.int16)


def recording(seconds: float = 3) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(tone(seconds, 16_000).tobytes())
    return file.getvalue()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of 1024 × 576 at 24 frames a second: a light square that moves, and a tone."""
    path = tmp_path_factory.mktemp("films") / "square.mp4"
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        pictures.width, pictures.height, pictures.pix_fmt = 1024, 576, "yuv420p"
        sound = out.add_stream("aac", rate=RATE, layout="mono")
        for number in range(96):
            pixels = np.full((576, 1024, 3), (40, 70, 110), np.uint8)
            pixels[200:360, 40 + number * 8 : 200 + number * 8] = 230
            out.mux(pictures.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(pictures.encode(None))
        heard = av.AudioFrame.from_ndarray(tone(4, RATE)[None, :], format="s16", layout="mono")
        heard.sample_rate = RATE
        out.mux(sound.encode(heard))
        out.mux(sound.encode(None))
    return path


def give(page: Page, role: str, *files: FilePayload) -> None:
    """Adds files to this role of the prompt bar from the device."""
    chips = page.locator("#references .ref:not(.add):not(.pending)")
    before = chips.count()
    page.get_by_role("button", name="Add a reference").click()
    popover = page.get_by_role("dialog", name="Add a reference")
    popover.locator("label").filter(has_text=re.compile(rf"^\s*{role}\s*$")).click()
    with page.expect_file_chooser() as chooser:
        popover.get_by_role("button", name="From this device").click()
    chooser.value.set_files(list(files))
    expect(chips).to_have_count(before + len(files), timeout=SLOW)


def payload(name: str, media_type: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": media_type, "buffer": data}


def only_output(db: str, job: Job) -> Output:
    return Output.objects.using(db).select_related("asset").filter(job=job, state="done").order_by("index")[0]


def sound_of(data: bytes) -> np.ndarray:
    with av.open(io.BytesIO(data)) as film:
        frames = [frame.to_ndarray().mean(axis=0) for frame in film.decode(audio=0)]
    return np.concatenate(frames)


def test_seedance_takes_pictures_a_film_and_a_sound_through_its_library(
    owner_page: Page, stack: Stack, stack_db: str, film: Path
) -> None:
    page = owner_page
    page.goto(f"{stack.base_url}/t/studio/create/?model=talkingdata:seedance-2-fast")
    give(
        page,
        "Reference pictures",
        payload("red.png", "image/png", picture("#a03020")),
        payload("blue.png", "image/png", picture("#2050a0")),
    )
    give(page, "Reference videos", payload("square.mp4", "video/mp4", film.read_bytes()))
    give(page, "Reference audio|Reference sounds", payload("tone.wav", "audio/wav", recording()))
    panel = page.locator("#panel")
    choose(panel, "resolution", "480p")
    panel.locator("select[name=duration]").select_option("4")
    switch = panel.locator("[name=library]")
    if not switch.is_visible():
        panel.locator("summary").filter(has_text="Advanced").click()
    panel.locator("label:has([name=library])").click()
    expect(switch).to_be_checked()

    job_card = create(page, "[图1] and [图2] on a table, the square of the film passes")
    expect(job_card).to_have_attribute("data-state", "succeeded", timeout=SLOW)
    job = Job.objects.using(stack_db).filter(model="seedance-2-fast").latest("id")
    kept = LibraryFile.objects.using(stack_db).filter(asset__in=_ids(job))
    assert [file.state for file in kept] == ["active"] * 4
    assert all(file.remote_id for file in kept)
    asset = only_output(stack_db, job).asset
    assert asset is not None and (asset.kind, asset.has_sound) == ("video", True)
    assert abs(asset.duration - 4) < 0.1


def _ids(job: Job) -> list[int]:
    names = ("references", "videos", "audios")
    return [int(item.removeprefix("asset:")) for name in names for item in job.params[name]]


def test_happyhorse_keeps_the_sound_of_the_film_it_edits(
    owner_page: Page, stack: Stack, stack_db: str, film: Path
) -> None:
    page = owner_page
    page.goto(f"{stack.base_url}/t/studio/create/?model=talkingdata:seedance-2-fast")
    give(page, "Reference videos", payload("square.mp4", "video/mp4", film.read_bytes()))
    page.locator("#references .ref[data-role=videos] [data-role-menu]").click()
    page.locator("#role-menu a").click()
    page.wait_for_url("**/files/**")
    bar = page.get_by_role("toolbar", name=re.compile("Actions"))
    button = bar.locator("[data-action='edit-video']")
    if not button.is_visible():
        bar.locator("[data-more]").click()
    button.click()
    form = bar.locator(".pop form")
    form.get_by_role("textbox", name="Prompt").fill("a winter evening")
    choose(form, "resolution", "720P")
    choose(form, "sound", "origin")
    before = Job.objects.using(stack_db).count()
    with page.expect_response(lambda answer: answer.request.method == "POST") as posted:
        form.locator("footer button[type=submit]").click()
    assert posted.value.ok
    job = _ended(page, stack, stack_db, before)
    assert (job.model, job.operation) == ("happyhorse-1", "edit-video")
    output = only_output(stack_db, job)
    page.goto(f"{stack.base_url}/t/studio/images/{output.pk}/")
    source = page.locator("video-player video").evaluate("one => one.currentSrc")
    made = page.request.get(source).body()
    was, now = sound_of(film.read_bytes()), sound_of(made)
    length = min(len(was), len(now))
    assert length > 3.8 * RATE
    assert np.corrcoef(was[:length], now[:length])[0, 1] > 0.99


def _ended(page: Page, stack: Stack, db: str, before: int) -> Job:
    """The job that is asked for now, when it has succeeded."""
    page.goto(f"{stack.base_url}/t/studio/create/")
    first = page.locator("article.job").first
    expect(first).to_have_attribute("data-state", "succeeded", timeout=SLOW)
    assert Job.objects.using(db).count() == before + 1
    job = Job.objects.using(db).latest("id")
    assert job.state == JobState.SUCCEEDED
    return job


def film_of(job: Locator) -> Locator:
    expect(job).to_have_attribute("data-state", "succeeded", timeout=SLOW)
    return job


def test_a_picture_becomes_a_film_a_frame_and_a_large_picture(owner_page: Page, stack: Stack, stack_db: str) -> None:
    page = owner_page
    page.goto(f"{stack.base_url}/t/studio/create/?model=youchuan:v7")
    first = create(page, "a paper boat on a pond --ar 16:9 --seed 5")

    def with_veo(form: Locator) -> None:
        form.locator("select[name=model]").select_option("talkingdata:veo-3.1")
        # the form is drawn anew for it
        expect(form.locator("media-field[data-model='talkingdata:veo-3.1']").first).to_be_visible()
        form.get_by_role("textbox", name="Prompt").fill("the boat drifts away")

    film_card = film_of(ask_for(page, first, "animate", with_veo))
    film_job = Job.objects.using(stack_db).latest("id")
    assert (film_job.model, film_job.source.job.model) == ("veo-3.1", "v7")

    # its last frame
    film_card.locator(".tile > a").first.click()
    player = page.locator("light-box video-player video")
    expect(player).to_be_visible()
    page.wait_for_function("() => document.querySelector('light-box video').readyState >= 2")
    player.evaluate("one => { one.pause(); one.currentTime = one.duration }")
    page.wait_for_function("() => !document.querySelector('light-box video').seeking")
    page.get_by_role("button", name="Use this frame").click()
    taken = page.locator(".frame-taken")
    expect(taken).to_be_visible(timeout=SLOW)
    taken.get_by_role("link", name="Change or animate").click()
    page.wait_for_url("**/files/**")

    # to Youchuan, which upscales what it has made itself
    bar = page.get_by_role("toolbar", name=re.compile("Actions"))
    button = bar.locator("[data-action='retexture']")
    if not button.is_visible():
        bar.locator("[data-more]").click()
    button.click()
    form = bar.locator(".pop form")
    form.get_by_role("textbox", name="Prompt").fill("folded from newspaper")
    before = Job.objects.using(stack_db).count()
    with page.expect_response(lambda answer: answer.request.method == "POST") as posted:
        form.locator("footer button[type=submit]").click()
    assert posted.value.ok
    _ended(page, stack, stack_db, before)
    large = film_of(ask_for(page, page.locator("article.job").first, "upscale"))

    job = Job.objects.using(stack_db).latest("id")
    assert (job.provider, job.operation) == ("youchuan", "upscale")
    large.locator(".tile > a").first.click()
    lineage = page.locator("light-box .tree")
    expect(lineage).to_be_visible()
    expect(lineage.locator("li")).to_have_count(5)
    for name in ("Create", "Animate", "frame", "Retexture", "Upscale"):
        expect(lineage).to_contain_text(re.compile(name))

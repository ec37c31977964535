"""A day's work in one go: from words to a picture, an edit, a film, a frame, a moodboard and back to words,
and all of it found again."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Locator, Page, expect

from studio.jobs.models import Job, Output, ServiceBoard
from tests.browser.doing import SLOW, ask_for, choose, create
from tests.browser.editor.conftest import Hand
from tests.browser.pages import serious_violations
from tests.browser.stack import Stack

TEAM = "/t/studio"
PROMPT = "a lone lighthouse above a stormy sea in the long day"


@pytest.fixture
def page(owner_page: Page, stack: Stack) -> Page:
    owner_page.goto(f"{stack.base_url}{TEAM}/create/")
    return owner_page


def latest(stack_db: str, operation: str) -> Job:
    return Job.objects.using(stack_db).filter(operation=operation).latest("id")


def first_output(stack_db: str, operation: str) -> Output:
    found = latest(stack_db, operation).outputs.using(stack_db).filter(state="done").first()
    assert found is not None
    return found


def run_in_editor(page: Page, count: int) -> None:
    """Presses the primary button and waits for the versions."""
    versions = page.locator(".vers-list [data-ref^='output:']")
    before = versions.count()
    page.locator(".go").click()
    expect(versions).to_have_count(before + count, timeout=SLOW)


def card_of(page: Page, stack: Stack, job_id: int) -> Locator:
    page.goto(f"{stack.base_url}{TEAM}/create/")
    return page.locator(f"#job-{job_id}")


def one_at_a_time(form: Locator) -> None:
    choose(form, "batch", "1")


def test_a_long_day(page: Page, stack: Stack, stack_db: str):
    # create, select, edit with a lasso
    job = create(page, f"{PROMPT} --ar 1:1 --seed 7")
    source = job.locator(".tile[data-output]").first.get_attribute("data-output")
    job.locator(".tile > a").first.focus()
    page.keyboard.press("x")
    expect(page.get_by_role("toolbar", name=re.compile("Actions"))).to_be_visible()
    page.keyboard.press("i")
    page.wait_for_url(f"**{TEAM}/edit/output/{source}/**")
    hand = Hand(page, None)  # type: ignore[arg-type]
    hand.ready()
    hand.key("l")
    hand.drag((360, 360), (680, 340), (700, 690), (330, 680))
    page.get_by_role("textbox", name="Prompt").fill("a red hot-air balloon")
    assert serious_violations(page) == []
    run_in_editor(page, 4)

    # compare, accept
    page.locator(".vers-list [data-ref^='output:']").nth(1).click()
    page.locator(".version-bar [data-act=compare]").click()
    expect(page.locator(".version-bar [data-cut]")).to_be_visible()
    page.locator(".version-bar [data-act=base]").click()
    balloon = first_output(stack_db, "inpaint")
    expect(page.locator(".vers-list [data-base]")).to_have_attribute("data-ref", f"output:{balloon.pk}")

    # outpaint: half as large again on all sides
    hand.key("f")
    for side in ("left", "right", "up", "down"):
        field = page.locator(f"[data-place='{side}']").first
        field.fill("256")
        field.press("Enter")
    expect(page.locator(".go")).to_contain_text(re.compile("Zoom out|Outpaint"))
    run_in_editor(page, 4)
    assert latest(stack_db, "outpaint").source_id == balloon.pk
    page.get_by_role("link", name="Done").click()
    page.wait_for_url(f"**{TEAM}/images/**")

    # upscale, animate, extend twice
    wider = card_of(page, stack, latest(stack_db, "outpaint").pk)
    upscaled = ask_for(page, wider, "upscale", lambda form: None)
    film = ask_for(page, upscaled, "animate-low", one_at_a_time)
    longer = ask_for(page, film, "extend-low", one_at_a_time)
    longest = ask_for(page, longer, "extend-high", one_at_a_time)
    for job in (upscaled, film, longer, longest):
        expect(job).to_have_attribute("data-state", "succeeded")
    end = first_output(stack_db, "extend-high")
    assert end.asset is not None and end.asset.kind == "video"
    assert 12.8 < end.asset.duration < 13.2, "five seconds and twice four"

    # export a frame, put it on a moodboard
    longest.locator(".tile > a").first.click()
    player = page.locator("light-box video-player")
    expect(player).to_be_visible()
    player.locator("video").evaluate("one => { one.pause(); one.currentTime = 6.5 }")
    page.wait_for_timeout(300)
    page.get_by_role("button", name="Use this frame").click()
    taken = page.locator(".frame-taken")
    expect(taken).to_be_visible(timeout=SLOW)
    taken.get_by_role("link", name="Add to moodboard").click()
    picker = page.locator("dialog.board-picker-dialog")
    picker.get_by_label("New board").fill("The long day")
    picker.get_by_role("button", name="Make").click()
    expect(picker.get_by_role("checkbox", name=re.compile("The long day"))).to_have_attribute("aria-checked", "true")
    page.keyboard.press("Escape")

    # create with that moodboard
    page.goto(f"{stack.base_url}{TEAM}/moodboards/")
    page.get_by_role("link", name=re.compile("The long day")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The long day")
    assert serious_violations(page) == []
    page.get_by_role("link", name=re.compile("Create with this board")).click()
    page.wait_for_url(f"**{TEAM}/create/**")
    expect(page.locator(".board-chip")).to_contain_text("The long day")
    steered = create(page, "a harbour town in the long day")
    expect(steered.locator(".tile img").first).to_be_visible()
    job = latest(stack_db, "diffusion")
    copy = ServiceBoard.objects.using(stack_db).get()
    assert copy.state == "ready" and job.params["boards"]
    assert f"--p {copy.remote_id}" in sent_text(stack, job)

    # all of it is found in the gallery and the history
    for words, operations in (
        ("long day", ["Create"]),
        ("hot-air balloon", ["Inpaint", "Zoom out", "Upscale", "Animate · low motion", "Extend · high motion"]),
    ):
        made = Output.objects.using(stack_db).filter(job__prompt__contains=words, state="done").count()
        page.goto(f"{stack.base_url}{TEAM}/gallery/?q={words.replace(' ', '+')}")
        expect(page.locator(".wall [data-output]")).to_have_count(made)
        assert serious_violations(page) == []
        page.goto(f"{stack.base_url}{TEAM}/history/?q={words.replace(' ', '+')}")
        for operation in operations:
            expect(page.locator("main article").filter(has_text=operation).first).to_be_visible()
        assert serious_violations(page) == []


def sent_text(stack: Stack, job: Job) -> str:
    headers = {"x-youchuan-app": "sandbox-app", "x-youchuan-secret": "sandbox-secret"}
    request = urllib.request.Request(f"{stack.sandbox_url}/v1/tob/job/{job.remote_id}", headers=headers)
    with urllib.request.urlopen(request, timeout=20) as reply:
        return str(json.load(reply)["text"])

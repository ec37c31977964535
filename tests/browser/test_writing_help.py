"""Chat models at the prompt bar: a better prompt and the words for a picture, read while they come."""

from __future__ import annotations

import io
import re

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from studio.jobs.models import Reply
from tests.browser.doing import SLOW, create, hold, select_first
from tests.browser.pages import serious_violations
from tests.browser.stack import Stack

TEAM = "/t/studio"


def ask(pop: Locator) -> str:
    """Presses the question's button and gives the whole answer."""
    pop.locator("button[type=submit]").click()
    expect(pop.get_by_role("button", name="Use as prompt")).to_be_visible(timeout=SLOW)
    return pop.get_by_label("Answer").input_value()


def test_a_prompt_is_improved_and_keeps_its_flags(owner_page: Page, stack: Stack, stack_db: str) -> None:
    page = owner_page
    page.goto(f"{stack.base_url}{TEAM}/create/?model=youchuan:v7")
    words = page.get_by_role("textbox", name="Prompt", exact=True)
    words.fill("a lighthouse at dusk")
    page.get_by_role("button", name="Improve", exact=True).click()
    pop = page.locator("#assist")
    expect(pop.get_by_role("heading", name="Improve the prompt")).to_be_visible()
    assert serious_violations(page) == []
    answer = ask(pop)
    assert answer.startswith("a lighthouse at dusk") and len(answer) > len("a lighthouse at dusk") + 20
    pop.get_by_role("button", name="Use as prompt").click()
    expect(words).to_have_value(answer)
    expect(words).to_be_focused()
    reply = Reply.objects.using(stack_db).latest("id")
    assert (reply.state, reply.model, reply.cost, reply.text) == ("done", "gpt-5.4", reply.quote, answer)


def test_another_model_may_think_first(owner_page: Page, stack: Stack) -> None:
    page = owner_page
    page.goto(f"{stack.base_url}{TEAM}/create/?model=youchuan:v7")
    page.get_by_role("textbox", name="Prompt", exact=True).fill("一只猫")
    page.get_by_role("button", name="Improve", exact=True).click()
    pop = page.locator("#assist")
    pop.get_by_label("Model").select_option("talkingdata:deepseek-3.2")
    pop.locator("label:has([name=thinking])").click()
    assert "猫" in ask(pop)
    pop.get_by_text("What it thought").click()
    expect(pop.locator(".assist-thoughts p")).not_to_be_empty()


def test_a_picture_is_described_from_its_menu(owner_page: Page, stack: Stack, stack_db: str) -> None:
    page = owner_page
    page.goto(f"{stack.base_url}{TEAM}/create/?model=youchuan:v7")
    toolbar = select_first(page, create(page, "a red boat on a blue lake --seed 3"))
    toolbar.locator("[data-more]").click()
    toolbar.get_by_role("button", name="Describe the picture").click()
    pop = toolbar.locator(".pop")
    expect(pop.get_by_role("heading", name="Describe a picture")).to_be_visible()
    answer = ask(pop)
    assert len(answer) > 30
    pop.get_by_role("button", name="Use as prompt").click()
    expect(page.get_by_role("textbox", name="Prompt", exact=True)).to_have_value(answer)
    assert Reply.objects.using(stack_db).latest("id").purpose == "describe"


def test_a_picture_given_along_is_described_from_its_chip(owner_page: Page, stack: Stack) -> None:
    page = owner_page
    page.goto(f"{stack.base_url}{TEAM}/create/?model=youchuan:v7")
    file = io.BytesIO()
    Image.new("RGB", (640, 480), "#1040c0").save(file, "PNG")
    page.locator("#reference-files").set_input_files(
        {"name": "blue.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    chip = page.locator("#references .ref:not(.add):not(.pending)")
    expect(chip).to_have_count(1, timeout=SLOW)
    chip.locator("[data-role-menu]").click()
    page.get_by_role("menuitem", name="Describe it").click()
    assert re.search("blue", ask(page.locator("#assist")))


def test_an_answer_that_breaks_off_is_kept_and_costs_nothing(owner_page: Page, stack: Stack, stack_db: str) -> None:
    page = owner_page
    page.goto(f"{stack.base_url}{TEAM}/create/?model=youchuan:v7")
    page.get_by_role("textbox", name="Prompt", exact=True).fill("a fox sandbox-break")
    page.get_by_role("button", name="Improve", exact=True).click()
    pop = page.locator("#assist")
    pop.locator("button[type=submit]").click()
    expect(pop.get_by_role("alert")).to_be_visible(timeout=SLOW)
    reply = Reply.objects.using(stack_db).latest("id")
    assert (reply.state, reply.cost) == ("failed", 0)
    expect(page.get_by_role("textbox", name="Prompt", exact=True)).to_have_value("a fox sandbox-break")
    expect(pop.get_by_role("button", name="Ask again").or_(pop.get_by_role("button", name="Improve"))).to_be_enabled()


def test_nothing_to_improve_is_said(owner_page: Page, stack: Stack, troubles) -> None:
    troubles.expect("422")
    page = owner_page
    page.goto(f"{stack.base_url}{TEAM}/create/?model=youchuan:v7")
    page.get_by_role("textbox", name="Prompt", exact=True).fill("")
    page.get_by_role("button", name="Improve", exact=True).click()
    pop = page.locator("#assist")
    pop.locator("button[type=submit]").click()
    expect(pop.get_by_role("alert")).to_contain_text("Write a prompt first")


def test_an_answer_stays_when_the_next_question_is_refused(owner_page: Page, stack: Stack, troubles) -> None:
    troubles.expect("422")
    page = owner_page
    page.goto(f"{stack.base_url}{TEAM}/create/?model=youchuan:v7")
    words = page.get_by_role("textbox", name="Prompt", exact=True)
    words.fill("a crane that stays")
    page.get_by_role("button", name="Improve", exact=True).click()
    pop = page.locator("#assist")
    answer = ask(pop)
    words.evaluate("area => { area.value = ''; }")
    pop.get_by_role("button", name="Ask again").click()
    expect(pop.get_by_role("alert")).to_contain_text("Write a prompt first")
    expect(pop.get_by_label("Answer")).to_have_value(answer)
    pop.get_by_role("button", name="Use as prompt").click()
    expect(words).to_have_value(answer)


def test_a_question_whose_answer_got_lost_is_not_asked_twice(
    owner_page: Page, stack: Stack, stack_db: str, troubles
) -> None:
    troubles.expect("ERR_FAILED")
    page = owner_page
    page.goto(f"{stack.base_url}{TEAM}/create/?model=youchuan:v7")
    page.get_by_role("textbox", name="Prompt", exact=True).fill("a heron that nobody heard of")
    page.get_by_role("button", name="Improve", exact=True).click()
    pop = page.locator("#assist")
    page.route("**/assist/", lambda route: (route.fetch(), route.abort()), times=1)
    pop.locator("button[type=submit]").click()
    expect(pop.get_by_role("alert")).to_be_visible(timeout=SLOW)
    assert "heron" in ask(pop)
    asked = Reply.objects.using(stack_db).filter(prompt="a heron that nobody heard of")
    assert [reply.state for reply in asked] == ["done"]


def test_a_question_is_stopped_that_has_not_been_taken_yet(owner_page: Page, stack: Stack, stack_db: str) -> None:
    page = owner_page
    page.goto(f"{stack.base_url}{TEAM}/create/?model=youchuan:v7")
    page.get_by_role("textbox", name="Prompt", exact=True).fill("a stork on second thoughts")
    page.get_by_role("button", name="Improve", exact=True).click()
    pop = page.locator("#assist")
    question = hold(page, "**/assist/", lambda: pop.locator("button[type=submit]").click())
    pop.get_by_role("button", name="Stop").click()
    with page.expect_request("**/assist/*/stop/") as told:
        question.continue_()
    reply = Reply.objects.using(stack_db).get(prompt="a stork on second thoughts")
    assert told.value.url.endswith(f"/assist/{reply.pk}/stop/")

"""Every page, wide and narrow, dark and light, with real sandbox results: `make screenshots`.

Starts a studio of its own, makes pictures in it as a person would, and photographs each page into
`screenshots/`. The best go into `docs/screenshots/` with `--docs`.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from scripts.browser import launch_options
from tests.browser.doing import ask_for, choose
from tests.browser.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "screenshots"
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}
ENDED = ("succeeded", "failed", "canceled")
IN_README = {
    "create-dark-wide": "create-dark",
    "create-light-wide": "create-light",
    "create-kinds-dark-wide": "create-kinds-dark",
    "lightbox-compare-dark-wide": "lightbox-dark",
    "create-dark-narrow": "create-phone",
    "editor-mask-dark-wide": "editor-dark",
    "gallery-dark-wide": "gallery-dark",
    "moodboard-dark-wide": "moodboard-dark",
    "history-light-wide": "history-light",
}

PROMPTS = (
    ("ink dropped in water, watercolour bloom on cotton paper", "1:1"),
    ("studio photograph of hand-thrown stoneware, one window, reactive glaze", "2:3"),
    ("a lighthouse on a cliff above a stormy sea, half-forbidden", "16:9"),
    ("wildflower meadow, golden hour, shallow depth of field", "3:2"),
)
LATEST = (
    "layered mountain ridges at dusk, soft haze between them, spruce tops, gouache --ar 16:9 --stylize 250",
    "northern lights over a still fjord, long exposure, dark pines on the far shore --ar 1:1",
)

SEEDANCE = "talkingdata:seedance-2-fast"
#: what other models make, the newest last: the model, its parameters, the prompt
OTHER_KINDS = (
    (
        "talkingdata:gpt-image-2",
        {},
        "a hand-drawn map of a small harbour town, ink and watercolour, with a compass rose",
    ),
    ("talkingdata:veo-3.1", {}, "slow dolly along a rain-wet street at night, neon signs in the puddles, an umbrella"),
    ("youchuan:v7", {}, "a small red boat on a calm sea, morning fog, woodblock print --ar 16:9"),
    (SEEDANCE, {"ratio": "21:9", "resolution": "480p"}, "dunes at dawn, a caravan crosses the ridge, the camera rises"),
    ("talkingdata:speech-2.8", {}, "Good evening, and welcome aboard. The night ferry leaves at ten past nine."),
)

# lazy ones out of sight never load, and would be waited for in vain
DECODE_WHAT_SHOWS = """Promise.race([
  new Promise(enough => setTimeout(enough, 4000)),
  Promise.all([...document.images].map(image => image.decode().catch(() => 0))),
])"""


def fill(page: Page, stack: Stack) -> None:
    """A feed to look at: finished, partial, failed, followed up."""
    for words, ratio in PROMPTS:
        create(page, f"{words} --ar {ratio}")
        wait_until_quiet(page)
    break_next(stack, {"path": "/v1/tob/diffusion", "do": {"job": {"fail": "JobStatusError"}}})
    create(page, "a red telephone box on the moon, wide lens")
    wait_until_quiet(page)
    for words in LATEST:
        create(page, words)
        wait_until_quiet(page)


def follow_up(page: Page) -> None:
    """A picture that came of a picture that came of a prompt."""
    for slug in ("vary-strong", "pan"):
        ask_for(page, page.locator("article.job").first, slug)


def create(page: Page, words: str) -> None:
    print("  ", words[:60], flush=True)
    page.get_by_role("textbox", name="Prompt", exact=True).fill(words)
    before = page.locator("article.job").count()
    page.keyboard.press("Control+Enter")
    expect(page.locator("article.job")).not_to_have_count(before, timeout=15_000)


def wait_until_quiet(page: Page) -> None:
    running = page.locator(":is(article.job)" + "".join(f":not([data-state={state}])" for state in ENDED))
    expect(running).to_have_count(0, timeout=90_000)


def break_next(stack: Stack, rule: dict[str, object]) -> None:
    request = urllib.request.Request(
        f"{stack.sandbox_url}/_sandbox/faults",
        data=json.dumps([rule]).encode(),
        headers={"content-type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()


class Photographer:
    def __init__(self, browser: Browser, stack: Stack, state: dict[str, object]) -> None:
        self.browser, self.stack, self.state = browser, stack, state

    def take(
        self, name: str, path: str, prepare: Callable[[Page], None] | None = None, *, signed_in: bool = True
    ) -> None:
        for theme in ("dark", "light"):
            for size, viewport in (("wide", WIDE), ("narrow", NARROW)):
                context = self.browser.new_context(
                    viewport=viewport,
                    color_scheme=theme,
                    has_touch=size == "narrow",
                    is_mobile=size == "narrow",
                    storage_state=self.state if signed_in else None,
                )
                page = context.new_page()
                page.goto(self.stack.base_url + path)
                page.wait_for_load_state("load")
                if prepare is not None:
                    prepare(page)
                page.evaluate(DECODE_WHAT_SHOWS)
                page.wait_for_timeout(200)
                page.screenshot(path=FOLDER / f"{name}-{theme}-{size}.png")
                context.close()
        print(name, flush=True)


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    with tempfile.TemporaryDirectory(prefix="atelier-shots-") as folder, sync_playwright() as playwright:
        stack = Stack(Path(folder), SANDBOX_LATENCY="0.5")
        stack.start()
        try:
            browser = playwright.chromium.launch(**launch_options())
            page = browser.new_page(viewport=WIDE)
            page.goto(stack.welcome_link)
            page.wait_for_url("**/create/")
            state = page.context.storage_state()
            photographer = Photographer(browser, stack, state)
            photograph(photographer, page, stack)
            browser.close()
        finally:
            stack.stop()
    if "--docs" in sys.argv:
        target = ROOT / "docs" / "screenshots"
        target.mkdir(parents=True, exist_ok=True)
        for name, shown in IN_README.items():
            shutil.copy(FOLDER / f"{name}.png", target / f"{shown}.png")


def photograph(camera: Photographer, page: Page, stack: Stack) -> None:
    create_page = page.url.removeprefix(stack.base_url)
    camera.take("create-empty", create_page)
    fill(page, stack)
    camera.take("create", create_page, select_first)
    camera.take("create-scrolled", create_page, lambda page: page.mouse.wheel(0, 1400))
    camera.take("create-parameters", create_page, open_parameters)
    camera.take("create-models", create_page, open_models)
    camera.take("create-refused", create_page, refuse)
    camera.take("create-follow-up", create_page, open_pan)
    camera.take("keys", create_page, lambda page: page.keyboard.press("?"))
    page.goto(stack.base_url + create_page)
    follow_up(page)
    camera.take("create-followed-up", create_page)
    link = page.locator("article.job .tile > a").first.get_attribute("href") or ""
    camera.take("lightbox", link)
    camera.take("lightbox-compare", link, lambda page: page.keyboard.press("c"))
    camera.take("create-more", create_page, open_more)
    other_kinds(camera, page, stack, create_page)
    rooms(camera, page, stack, create_page)
    running(camera, page, stack, create_page)
    camera.take("sign-in", "/sign-in/", signed_in=False)
    camera.take("sign-in-refused", "/sign-in/", refuse_sign_in, signed_in=False)
    camera.take("account", "/account/")
    camera.take("not-found", "/t/nobody/create/")
    camera.take("welcome-expired", stack.welcome_link.removeprefix(stack.base_url), signed_in=False)
    camera.take("admin", "/admin/")
    camera.take("admin-team", "/admin/accounts/team/1/change/")
    camera.take("admin-service", "/admin/jobs/provideraccount/add/")
    camera.take("admin-bills", "/admin/jobs/accountreading/")


def other_kinds(camera: Photographer, page: Page, stack: Stack, create_page: str) -> None:
    """Films, voices and pictures of other services, and what the page has for them."""
    for model, values, words in OTHER_KINDS:
        page.goto(f"{stack.base_url}{create_page}?model={model}")
        for name, value in values.items():
            choose(page.locator("#panel"), name, value)
        create(page, words)
        wait_until_quiet(page)
    camera.take("create-kinds", create_page)
    camera.take("create-models-found", create_page, find_models)
    camera.take("create-add-reference", f"{create_page}?model={SEEDANCE}", add_reference)
    camera.take("create-seedance", f"{create_page}?model={SEEDANCE}", give_files)
    camera.take("create-file-menu", f"{create_page}?model={SEEDANCE}", open_file_menu)
    camera.take("create-voice", f"{create_page}?model=talkingdata:speech-2.8", open_voice)
    camera.take("create-writing-help", create_page, improve)
    camera.take("create-animate", create_page, open_animate)
    camera.take("create-send", create_page, open_send)
    voice = page.locator("article.job[data-makes=audio] .tile > a").first.get_attribute("href") or ""
    camera.take("lightbox-voice", voice)


def rooms(camera: Photographer, page: Page, stack: Stack, create_page: str) -> None:
    """The editor, films, moodboards, gallery and history, with what a day leaves in them."""
    team = create_page.removesuffix("create/")
    camera.take("moodboards-empty", f"{team}moodboards/")
    page.goto(stack.base_url + create_page)
    job = page.locator("article.job").filter(has_text="lighthouse").first
    film = ask_for(page, job, "animate-low", lambda form: form.locator("[name=batch][value='2']").check(force=True))
    clip = film.locator(".tile > a").first.get_attribute("href") or ""
    camera.take("lightbox-video", clip)
    page.goto(stack.base_url + create_page)
    ask_for(page, page.locator("article.job").filter(has_text="small red boat").first, "remove-background")
    source = page.locator("article.job").filter(has_text="northern lights").first.locator(".tile[data-output]").first
    edit = f"{team}edit/output/{source.get_attribute('data-output')}/"
    page.goto(stack.base_url + edit)
    page.wait_for_selector(".ed[data-ready]")
    draw_lasso(page)
    page.get_by_role("textbox", name="Prompt").fill("a small red cabin with lit windows")
    page.locator(".go").click()
    expect(page.locator(".vers-list [data-ref^='output:']")).to_have_count(5, timeout=90_000)
    camera.take("editor", edit, wait_for_editor)
    camera.take("editor-mask", edit, draw_lasso)
    camera.take("editor-frame", edit, pull_frame)
    camera.take("editor-compare", edit, compare_versions)
    fill_board(page, stack, team)
    camera.take("moodboards", f"{team}moodboards/")
    board = page.locator("a[href*='/moodboards/']", has_text="Night coast").first.get_attribute("href") or ""
    camera.take("moodboard", board)
    camera.take("gallery", f"{team}gallery/")
    camera.take("gallery-selected", f"{team}gallery/", select_in_gallery)
    camera.take("gallery-nothing", f"{team}gallery/?q=zebra")
    camera.take("gallery-trash", f"{team}gallery/trash/")
    camera.take("history", f"{team}history/")
    camera.take("history-failed", f"{team}history/?state=failed")
    first = page.request.get(f"{stack.base_url}{team}history/").text()
    found = re.search(rf"{team}history/jobs/([1-9]\d*)/", first)
    camera.take("history-job", found[0] if found else f"{team}history/")


def wait_for_editor(page: Page) -> None:
    page.wait_for_selector(".ed[data-ready]")
    page.wait_for_timeout(400)


def draw_lasso(page: Page) -> None:
    wait_for_editor(page)
    page.locator("[data-tool=lasso]").click()
    box = page.locator(".stage").bounding_box()
    assert box is not None
    turns = ((0.42, 0.42), (0.5, 0.35), (0.58, 0.42), (0.57, 0.55), (0.48, 0.6), (0.41, 0.53))
    points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in turns]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=8)
    page.mouse.up()
    page.wait_for_timeout(400)


def pull_frame(page: Page) -> None:
    wait_for_editor(page)
    page.locator("[data-tool=frame]").click()
    page.get_by_role("button", name="Right side", exact=True).focus()
    for _press in range(8):
        page.keyboard.press("Shift+ArrowRight")
    page.wait_for_timeout(500)


def compare_versions(page: Page) -> None:
    wait_for_editor(page)
    page.locator(".vers-list [data-ref^='output:']").nth(1).click()
    page.locator(".version-bar [data-act=compare]").click()
    page.wait_for_timeout(600)


def fill_board(page: Page, stack: Stack, team: str) -> None:
    pictures = "select distinct asset_id from jobs_output join media_asset on media_asset.id = asset_id where {}"
    ids = [found for (found,) in stack.rows(pictures.format("state = 'done' and kind = 'image' order by asset_id"))][
        ::2
    ]
    query = "&".join(f"asset={pk}" for pk in ids[:14])
    page.goto(f"{stack.base_url}{team}moodboards/picker/?{query}")
    page.get_by_label("New board").fill("Night coast")
    page.get_by_role("button", name="Make").click()
    page.goto(f"{stack.base_url}{team}moodboards/")


def select_in_gallery(page: Page) -> None:
    page.locator(".wall [data-output] a").first.focus()
    page.keyboard.press("x")
    for _press in range(2):
        page.keyboard.press("Shift+ArrowRight")
    page.wait_for_timeout(600)


def running(camera: Photographer, page: Page, stack: Stack, create_page: str) -> None:
    break_next(stack, {"path": "/v1/tob/diffusion", "times": 2, "do": {"job": {"never": True}}})
    page.goto(f"{stack.base_url}{create_page}?model=youchuan:v7")
    create(page, "desert dunes under a violet sky --ar 3:2")
    create(
        page, "wildflower meadow at golden hour, shallow depth of field, " + "a very long prompt that goes on, " * 12
    )
    page.wait_for_timeout(6_000)
    camera.take("create-running", create_page)


def select_first(page: Page) -> None:
    page.keyboard.press("Escape")
    page.locator("article.job .tile > a").first.focus()
    page.keyboard.press("x")
    page.wait_for_timeout(600)


def open_parameters(page: Page) -> None:
    button = page.get_by_role("button", name="Parameters").first
    if button.is_visible() and button.get_attribute("aria-expanded") != "true":
        button.click()
    page.wait_for_timeout(400)


def open_models(page: Page) -> None:
    chip = page.locator("[popovertarget=models]").first
    if not chip.is_visible():
        page.get_by_role("textbox", name="Prompt", exact=True).click()
    chip.click()
    page.wait_for_timeout(300)


def find_models(page: Page) -> None:
    open_models(page)
    page.get_by_role("searchbox", name="Search models").fill("video")
    page.wait_for_timeout(200)


def touch_prompt(page: Page) -> None:
    """On phones the bar opens when it is touched."""
    page.get_by_role("textbox", name="Prompt", exact=True).click()
    page.wait_for_timeout(200)


def add_reference(page: Page, role: str = "Reference pictures") -> Locator:
    touch_prompt(page)
    page.get_by_role("button", name="Add a reference").click()
    popover = page.get_by_role("dialog", name="Add a reference")
    popover.locator("label").filter(has_text=role).click()
    popover.locator("[data-asset]").first.wait_for()
    page.wait_for_timeout(400)
    return popover


def give_files(page: Page) -> None:
    """A film, a voice and three pictures that the team has made."""
    chips = page.locator("#references .ref[data-role]")
    for role, places in (("Reference pictures", (0, 4, 8)), ("Reference videos", (0,)), ("Reference sounds", (0,))):
        for place in places:
            given = chips.count()
            add_reference(page, role).locator("[data-asset]").nth(place).click()
            expect(chips).to_have_count(given + 1)
    words = "the boat leaves the harbour while the voice is heard, follow the movement of the video"
    page.get_by_role("textbox", name="Prompt", exact=True).fill(words)
    page.wait_for_timeout(600)


def open_file_menu(page: Page) -> None:
    give_files(page)
    page.locator("#references .ref[data-role=references] [data-role-menu]").nth(1).click()
    page.wait_for_timeout(300)


def open_voice(page: Page) -> None:
    words = "Good evening, and welcome aboard. The night ferry leaves at ten past nine from the old quay."
    page.get_by_role("textbox", name="Prompt", exact=True).fill(words)
    open_parameters(page)
    page.locator("#panel summary").filter(has_text="Advanced").click()
    page.locator("#parameters .body").evaluate("body => body.scrollTo(0, body.scrollHeight)")
    page.wait_for_timeout(300)


def improve(page: Page) -> None:
    touch_prompt(page)
    page.get_by_role("textbox", name="Prompt", exact=True).fill("a fox in the snow")
    page.get_by_role("button", name="Improve", exact=True).click()
    help = page.locator("#assist")
    help.get_by_label("Model").select_option("talkingdata:deepseek-3.2")
    help.locator("label:has([name=thinking])").click()
    help.locator("button[type=submit]").click()
    help.get_by_role("button", name="Use as prompt").wait_for(timeout=60_000)
    page.wait_for_timeout(300)


def select_picture(page: Page) -> Locator:
    page.keyboard.press("Escape")
    page.locator("article.job[data-makes=image] .tile > a").first.focus()
    page.keyboard.press("x")
    toolbar = page.get_by_role("toolbar", name="Actions on the selection")
    toolbar.locator("[data-more]").wait_for()
    return toolbar


def open_animate(page: Page) -> None:
    toolbar = select_picture(page)
    button = toolbar.locator("[data-action='animate']")
    if not button.is_visible():
        toolbar.locator("[data-more]").click()
    button.click()
    toolbar.locator(".pop media-field").wait_for()
    page.wait_for_timeout(400)


def open_send(page: Page) -> None:
    toolbar = select_picture(page)
    toolbar.locator("[data-more]").click()
    toolbar.get_by_role("button", name="Send to …").click()
    toolbar.locator(".pop .send").wait_for()
    page.wait_for_timeout(400)


def refuse(page: Page) -> None:
    page.get_by_role("textbox", name="Prompt", exact=True).fill("a quiet harbour --weird 4200")
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(900)


def open_more(page: Page) -> None:
    select_first(page)
    page.locator("[data-more]").first.click()
    page.wait_for_timeout(400)


def open_pan(page: Page) -> None:
    select_first(page)
    page.get_by_role("button", name="Pan").first.press("Enter")
    page.wait_for_timeout(600)


def refuse_sign_in(page: Page) -> None:
    page.get_by_label("Email").fill("someone@example.org")
    page.locator("input[type=password]").fill("not the password")
    with page.expect_navigation():
        page.keyboard.press("Enter")


if __name__ == "__main__":
    main()

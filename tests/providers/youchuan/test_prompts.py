"""Prompts: validated, written, read, and read back as they were written."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from providers.base import ReadPrompt
from providers.errors import InvalidRequest
from providers.params import plain_errors
from providers.youchuan import Youchuan
from providers.youchuan.prompts import DEFAULTS, LINK_FIELDS, compose
from providers.youchuan.versions import VERSIONS

from .tools import VERSIONS as SLUGS
from .tools import order, picture, sent


def read(text: str, model: str = "v7") -> ReadPrompt:
    return Youchuan.read_prompt(Youchuan.model(model), text)


def problems(text: str, model: str = "v7") -> list[str]:
    return [str(problem) for problem in read(text, model).problems]


def errors(model: str = "v7", **params: Any) -> dict[str, str]:
    kind = Youchuan.model(model).operation("diffusion").params
    try:
        kind.model_validate(params)
    except pydantic.ValidationError as error:
        return {name: str(message) for name, message in plain_errors(error, kind).items()}
    return {}


# ── writing ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("model", "params", "text"),
    [
        ("v7", {"prompt": "a cat"}, "a cat --v 7"),
        ("v8.1", {"prompt": "a cat"}, "a cat --v 8.1"),
        ("v6", {"prompt": "a cat"}, "a cat --v 6"),
        ("v6.1", {"prompt": "a cat"}, "a cat --v 6.1"),
        ("niji6", {"prompt": "a cat"}, "a cat --niji 6"),
        ("niji7", {"prompt": "a cat"}, "a cat --niji 7"),
        ("v7", {"prompt": " a\n\ncat \t sits\u2028down "}, "a cat sits down --v 7"),
        ("v7", {"prompt": "a cat", "ratio": "16:9"}, "a cat --ar 16:9 --v 7"),
        ("v7", {"prompt": "a cat", "speed": "draft"}, "a cat --draft --v 7"),
        ("v7", {"prompt": "a cat", "speed": "turbo"}, "a cat --turbo --v 7"),
        ("v7", {"prompt": "a cat", "speed": "fast"}, "a cat --v 7"),
        ("v7", {"prompt": "a cat", "seed": 0}, "a cat --seed 0 --v 7"),
        ("v7", {"prompt": "a cat", "negative": "text,  people\n"}, "a cat --no text, people --v 7"),
        ("v7", {"prompt": "a cat", "moodboards": "m1, m2"}, "a cat --p m1 m2 --v 7"),
        ("v7", {"prompt": "a cat", "style_codes": "12 random"}, "a cat --sref 12 random --v 7"),
        ("v7", {"prompt": "a cat", "style_codes": "12", "style_weight": 5}, "a cat --sref 12 --sw 5 --v 7"),
        # weights of nothing are not sent
        ("v7", {"prompt": "a cat", "style_weight": 5, "image_weight": 2, "omni_weight": 3}, "a cat --v 7"),
        (
            "v6.1",
            {
                "prompt": "a cat",
                "stylize": 250,
                "chaos": 12,
                "weird": 3,
                "quality": "0.5",
                "stop": 80,
                "raw": True,
                "tile": True,
                "seed": 4294967295,
                "ratio": "3:2",
                "speed": "turbo",
            },
            "a cat --ar 3:2 --seed 4294967295 --stylize 250 --chaos 12 --weird 3 --quality 0.5 --stop 80 --raw --tile"
            " --turbo --v 6.1",
        ),
    ],
)
def test_wire_text(model: str, params: dict[str, Any], text: str) -> None:
    assert sent(order("diffusion", params, model=model))["text"] == text


def test_two_pictures_need_no_words_but_one_does() -> None:
    assert errors(image_prompts=["asset:1", "asset:2"]) == {}
    made = order(
        "diffusion",
        {"image_prompts": ["asset:1", "asset:2"]},
        media={"image_prompts": (picture("https://s.example/1"), picture("https://s.example/2"))},
    )
    assert sent(made)["text"] == "https://s.example/1 https://s.example/2 --v 7"
    assert errors(prompt=" \n", image_prompts=["asset:1"]) == {"prompt": "Write a prompt first."}
    with pytest.raises(InvalidRequest, match="One picture alone"):
        compose(VERSIONS["v7"], {"prompt": ""}, {"image_prompts": ["https://s.example/1"]})


@pytest.mark.parametrize(
    ("model", "params", "field"),
    [
        ("v7", {}, "prompt"),
        ("v7", {"prompt": ""}, "prompt"),
        ("v7", {"prompt": " \n\t"}, "prompt"),
        ("v7", {"prompt": "x" * 8193}, "prompt"),
        ("v8.1", {"prompt": "x" * 1025}, "prompt"),
        ("v8.1", {"prompt": "cat:: dog"}, "prompt"),
        ("v7", {"prompt": "a {red, blue} cat"}, "prompt"),
        ("v7", {"prompt": "x" * 8000, "negative": "y" * 250}, "prompt"),
        ("v7", {"prompt": "x", "ratio": "16/9"}, "ratio"),
        ("v7", {"prompt": "x", "ratio": "0:1"}, "ratio"),
        ("v7", {"prompt": "x", "ratio": "9:1"}, "ratio"),
        ("v7", {"prompt": "x", "ratio": "1.5:1"}, "ratio"),
        ("v7", {"prompt": "x", "ratio": "10001:10001"}, "ratio"),
        ("v7", {"prompt": "x", "ratio": 7}, "ratio"),
        ("v7", {"prompt": "x", "speed": "slow"}, "speed"),
        ("v6", {"prompt": "x", "speed": "draft"}, "speed"),
        ("v8.1", {"prompt": "x", "speed": "fast"}, "speed"),
        ("v7", {"prompt": "x", "seed": -1}, "seed"),
        ("v7", {"prompt": "x", "seed": 4294967296}, "seed"),
        ("v7", {"prompt": "x", "stylize": 1001}, "stylize"),
        ("v7", {"prompt": "x", "chaos": 101}, "chaos"),
        ("v7", {"prompt": "x", "weird": 3001}, "weird"),
        ("v7", {"prompt": "x", "exp": 101}, "exp"),
        ("v6", {"prompt": "x", "stop": 9}, "stop"),
        ("v7", {"prompt": "x", "stop": 50}, "stop"),
        ("v7", {"prompt": "x", "quality": "0.5"}, "quality"),
        ("v8.1", {"prompt": "x", "quality": "2"}, "quality"),
        ("v7", {"prompt": "x", "image_weight": 3.1}, "image_weight"),
        ("niji7", {"prompt": "x", "image_weight": 2.1}, "image_weight"),
        ("v7", {"prompt": "x", "image_weight": float("nan")}, "image_weight"),
        ("v7", {"prompt": "x", "style_weight": 1001}, "style_weight"),
        ("v7", {"prompt": "x", "omni_weight": 0}, "omni_weight"),
        ("v6", {"prompt": "x", "style_version": "5"}, "style_version"),
        ("v7", {"prompt": "x", "style_codes": "blue"}, "style_codes"),
        ("v7", {"prompt": "x", "moodboards": "--turbo"}, "moodboards"),
        ("v7", {"prompt": "x", "negative": "people --turbo"}, "negative"),
        ("v7", {"prompt": "x", "negative": "people —turbo"}, "negative"),
        ("v7", {"prompt": "x", "omni_reference": ["asset:1", "asset:2"]}, "omni_reference"),
        ("v7", {"prompt": "x", "image_prompts": [f"asset:{n}" for n in range(21)]}, "image_prompts"),
        ("v7", {"prompt": "x", "hd": True}, "hd"),
        ("v7", {"prompt": "x\x00"}, "prompt"),
        ("v7", {"prompt": "x\ud800"}, "prompt"),
    ],
)
def test_what_is_refused_before_sending(model: str, params: dict[str, Any], field: str) -> None:
    found = errors(model, **params)
    assert list(found) == [field]
    assert found[field].endswith(".")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("16:9", "16:9"), (" 016 : 9 ", "16:9"), ("16：9", "16:9"), ("4:1", "4:1")],
)
def test_ratios_are_tidied(given: str, kept: str) -> None:
    assert order("diffusion", {"prompt": "x", "ratio": given}).params.model_dump()["ratio"] == kept


def test_the_whole_text_has_a_limit_that_links_count_towards() -> None:
    link = "https://s.example/" + "a" * 500
    compose(VERSIONS["v7"], {"prompt": "x" * 7000}, {"style_references": [link]})
    with pytest.raises(InvalidRequest, match="too long"):
        compose(VERSIONS["v7"], {"prompt": "x" * 7000}, {"style_references": [link] * 3})


def test_v8_counts_words_only() -> None:
    link = "https://s.example/" + "a" * 500
    assert compose(VERSIONS["v8.1"], {"prompt": "x" * 1024, "negative": "y" * 900}, {"image_prompts": [link] * 3})
    with pytest.raises(InvalidRequest, match="too long"):
        compose(VERSIONS["v8.1"], {"prompt": "x" * 1025})


# ── reading ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "words", "values"),
    [
        ("a cat", "a cat", {}),
        ("a\ncat ", "a\ncat", {}),
        ("a cat --ar 16:9", "a cat", {"ratio": "16:9"}),
        ("a cat --aspect 16:9", "a cat", {"ratio": "16:9"}),
        ("a cat —ar 16:9", "a cat", {"ratio": "16:9"}),
        ("a cat ——ar 16:9", "a cat", {"ratio": "16:9"}),
        ("a cat –ar 16:9", "a cat", {"ratio": "16:9"}),
        ("a cat --AR 16:9,", "a cat", {"ratio": "16:9"}),
        ("a cat --ar=16:9", "a cat", {"ratio": "16:9"}),
        ("--ar 16:9 a cat", "a cat", {"ratio": "16:9"}),
        ("a cat --ar 16:9 on a mat", "a cat on a mat", {"ratio": "16:9"}),
        ("a\ncat --raw\non a mat", "a\ncat\non a mat", {"raw": True}),
        ("a cat --s 250", "a cat", {"stylize": 250}),
        ("a cat --stylize 0", "a cat", {"stylize": 0}),
        ("a cat --c 5 --w 7", "a cat", {"chaos": 5, "weird": 7}),
        ("a cat --chaos 5 --weird 7", "a cat", {"chaos": 5, "weird": 7}),
        ("a cat --q 2", "a cat", {"quality": "2"}),
        ("a cat --quality 1.0", "a cat", {"quality": "1"}),
        ("a cat --seed 4294967295", "a cat", {"seed": 4294967295}),
        ("a cat --exp 10", "a cat", {"exp": 10}),
        ("a cat --raw --tile", "a cat", {"raw": True, "tile": True}),
        ("a cat --style raw", "a cat", {"raw": True}),
        ("a cat --draft", "a cat", {"speed": "draft"}),
        ("a cat --fast, please", "a cat please", {"speed": "fast"}),
        ("a cat --turbo", "a cat", {"speed": "turbo"}),
        ("a cat --no a, b --ar 3:2", "a cat", {"negative": "a, b", "ratio": "3:2"}),
        ("a cat --iw .5", "a cat", {"image_weight": 0.5}),
        ("a cat --sw 10 --sv 6 --ow 1", "a cat", {"style_weight": 10, "style_version": "6", "omni_weight": 1}),
        ("a cat --p m1 m-2", "a cat", {"moodboards": "m1 m-2"}),
        ("a cat --profile m1", "a cat", {"moodboards": "m1"}),
        ("a cat --sref 12 34 random", "a cat", {"style_codes": "12 34 random"}),
        (
            "a cat --sref https://x.example/a.png, 12 on a mat",
            "a cat on a mat",
            {"style_references": ["https://x.example/a.png"], "style_codes": "12"},
        ),
        ("a cat --oref https://x.example/a.png", "a cat", {"omni_reference": ["https://x.example/a.png"]}),
        (
            "https://x.example/a.png https://x.example/b.png, a cat",
            "a cat",
            {"image_prompts": ["https://x.example/a.png", "https://x.example/b.png"]},
        ),
        (
            "https://x.example/a?p=resize,w_1,https://x.example/b ,cat",
            "cat",
            {"image_prompts": ["https://x.example/a?p=resize,w_1", "https://x.example/b"]},
        ),
        ("--ar 3:2 https://x.example/a.png cat", "cat", {"ratio": "3:2", "image_prompts": ["https://x.example/a.png"]}),
        ("a cat --chaos 5 --chaos 6", "a cat", {"chaos": 6}),
        # dashes that are no flags
        ("a cat -- sleeping", "a cat -- sleeping", {}),
        ("a cat — sleeping", "a cat — sleeping", {}),
        ("a cat —sleeping", "a cat —sleeping", {}),
        ("well--known 5--6", "well--known 5--6", {}),
        ("", "", {}),
    ],
)
def test_reading(text: str, words: str, values: dict[str, Any]) -> None:
    found = read(text)
    assert (found.text, dict(found.values), found.problems, found.model) == (words, values, (), None)


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("--v 6", "v6"),
        ("--v 6.0", "v6"),
        ("--version 6.1", "v6.1"),
        ("--v 7", "v7"),
        ("—v 8.1", "v8.1"),
        ("--v7", "v7"),
        ("--v=7", "v7"),
        ("--niji 6", "niji6"),
        ("--niji 7", "niji7"),
        ("--v 7 --niji 6", "niji6"),
    ],
)
def test_model_switches(text: str, model: str) -> None:
    found = read(f"a cat {text} on a mat", "v6.1")
    assert (found.text, found.model, found.problems) == ("a cat on a mat", model, ())


def test_flags_are_judged_by_the_model_that_the_prompt_names() -> None:
    assert read("a cat --draft --v 7", "v6").values == {"speed": "draft"}
    assert problems("--draft a cat --v 6", "v7") == ["Youchuan v6 does not take --draft."]
    assert read("a cat --cref https://x.example/a.png --cw 5 --stop 50", "niji6").values == {
        "character_references": ["https://x.example/a.png"],
        "character_weight": 5,
        "stop": 50,
    }


VIDEO = "This parameter is for videos. Where one is made it is set in the panel; take it out of the words."


@pytest.mark.parametrize(
    ("model", "text", "problem"),
    [
        ("v7", "--nonsense", "The service does not know --nonsense. Check its spelling, or take it out."),
        ("v7", "--no-people", "The service does not know --no-people. Check its spelling, or take it out."),
        ("v7", "--stylize 1001", "Stylize goes from 0 to 1000."),
        ("v7", "--stylize much", "Stylize is a number from 0 to 1000."),
        ("v7", "--seed -1", "Seed goes from 0 to 4294967295."),
        ("v7", "--ar 16x9", "The aspect ratio is written like 16:9, in whole numbers."),
        ("v7", "--ar 99:1", "The aspect ratio goes from 1:4 to 4:1."),
        ("v7", "--ar", "--ar needs a value after it."),
        ("v7", "--no", "--no needs a value after it."),
        ("v7", "--sref", "--sref needs a value after it."),
        ("v7", "--sref blue", "--sref needs addresses of pictures, style numbers or the word “random”."),
        ("v7", "--oref 12", "--oref needs the address of a picture, starting with https://."),
        ("v7", "--oref https://x.example/a https://x.example/b", "Subject takes at most 1."),
        ("v7", "--sref 12::2", "Weights of single references (::) can't be used here; set the style weight instead."),
        ("v7", "--cref https://x.example/a", "Youchuan v7 does not take --cref."),
        ("v7", "--cw 5", "Youchuan v7 does not take --cw."),
        ("v7", "--stop 50", "Youchuan v7 does not take --stop."),
        ("v6", "--draft", "Youchuan v6 does not take --draft."),
        ("v6", "--exp 5", "Youchuan v6 does not take --exp."),
        ("v6", "--oref https://x.example/a", "Youchuan v6 does not take --oref."),
        ("v6", "--sv 5", "Style version is one of: Automatic, 1, 2, 3, 4."),
        ("v7", "--quality .5", "Quality is one of: 1, 2, 4."),
        ("v7", "--style cute", "--style takes only the word “raw”."),
        ("v7", "--repeat 4", "The service does not know --repeat. Send the prompt several times."),
        ("v7", "--relax", "The service has no relaxed speed. Take --relax out."),
        ("v7", "--motion high", VIDEO),
        ("v7", "--v 5.2", "There is no model for “--v 5.2”."),
        ("v7", "--niji", "--niji needs a value after it."),
        ("v7", "{a, b}", "The service does not know {…} permutations. Write the prompts one by one."),
        ("v8.1", "cat:: dog", "This model does not know :: parts. Write one prompt without them."),
        ("v8.1", "--weird 5", "Youchuan v8.1 does not take --weird."),
        ("v8.1", "--tile", "Youchuan v8.1 does not take --tile."),
        ("v8.1", "--stop 50", "Youchuan v8.1 does not take --stop."),
        ("v8.1", "--cref https://x.example/a", "Youchuan v8.1 does not take --cref."),
        ("v8.1", "--cw 4", "Youchuan v8.1 does not take --cw."),
        ("v8.1", "--draft", "Youchuan v8.1 does not take --draft."),
        ("v8.1", "--turbo", "Youchuan v8.1 does not take --turbo."),
        ("v8.1", "--bs 4", VIDEO),
        ("v8.1", "--quality 2", "Quality is one of: 1, 4."),
        ("v8.1", "--sv 5", "Youchuan v8.1 does not take --sv."),
        ("niji7", "--iw 2.5", "Image weight goes from 0 to 2."),
    ],
)
def test_problems(model: str, text: str, problem: str) -> None:
    # some flags take every word after them, so the prompt stands before
    assert problems(f"a cat {text}", model)[:1] == [problem]


def test_hd_is_what_upscale_does() -> None:
    assert "Upscale" in problems("a cat --hd", "v8.1")[0]


@pytest.mark.parametrize("text", ["--sv 6", "--fast"])
def test_v8_tolerates_naming_the_only_choice(text: str) -> None:
    found = read(f"a cat {text}", "v8.1")
    assert (found.values, found.problems) == ({}, ())


def test_more_links_than_the_service_takes() -> None:
    found = read(" ".join(f"https://x.example/{number}" for number in range(21)) + " cat")
    assert [str(problem) for problem in found.problems] == ["Image takes at most 20."]
    assert len(found.values["image_prompts"]) == 20


# ── properties ───────────────────────────────────────────────────────────────

FLAG_TEXTS = [
    "--ar 16:9", "--ar", "--s 250", "--stylize 9999", "--raw", "--no", "--no a, b", "--sref 12", "--sref", "--p m1",
    "--v 7", "--v 5", "--niji 6", "--draft", "--turbo", "—ar 3:2", "——s 5", "--", "—", "--foo", "--oref https://x/a",
    "https://x.example/a.png", "{a, b}", "::", "\n", "--style raw", "--iw .5", "--v7", "-", "--q.5", "--ar=1:1",
]  # fmt: skip
PIECES = st.lists(st.sampled_from(FLAG_TEXTS) | st.text(max_size=8), max_size=12).map(" ".join)


@settings(max_examples=300, deadline=None)
@example("https://x.example/a.png \x1f0", "v7")
@given(PIECES, st.sampled_from(SLUGS))
def test_reading_again_changes_nothing(text: str, slug: str) -> None:
    once = read(text, slug)
    again = read(once.text, once.model or slug)
    assert again.text == once.text
    assert not again.values
    assert again.model is None
    assert {str(problem) for problem in again.problems} <= {str(problem) for problem in once.problems}


@settings(deadline=None)
@given(st.permutations(["--ar 3:2", "--s 5", "--no a, b", "--raw", "--v 6.1", "--sref 12", "--stop 50", "--turbo"]))
def test_the_order_of_flags_does_not_matter(flags: list[str]) -> None:
    found = read("a cat " + " ".join(flags), "v8.1")
    assert found == ReadPrompt(
        "a cat",
        "v6.1",
        {
            "ratio": "3:2",
            "stylize": 5,
            "negative": "a, b",
            "raw": True,
            "style_codes": "12",
            "stop": 50,
            "speed": "turbo",
        },
    )


WORDS = st.lists(st.sampled_from(["a", "cat", "on", "雪", "mat,", "f/2.8", "-", "no"]), min_size=1).map(" ".join)
LINK = st.integers(0, 10**6).map(lambda number: f"https://s.example/{number}.png?sig=a_b-c")


def choices(slug: str) -> st.SearchStrategy[dict[str, Any]]:
    version = VERSIONS[slug]
    fields: dict[str, st.SearchStrategy[Any]] = {
        "ratio": st.sampled_from(["1:1", "16:9", "2:3", "7:5"]),
        "speed": st.sampled_from(version.speeds),
        "seed": st.none() | st.integers(0, 4294967295),
        "stylize": st.integers(0, 1000),
        "chaos": st.integers(0, 100),
        "weird": st.integers(0, 3000),
        "exp": st.integers(0, 100),
        "quality": st.sampled_from(version.qualities),
        "stop": st.integers(10, 100),
        "raw": st.booleans(),
        "tile": st.booleans(),
        "image_weight": st.floats(0, version.image_weight_limit).map(lambda value: round(value, 4)),
        "style_weight": st.integers(0, 1000),
        "style_version": st.sampled_from(("", *version.style_versions)),
        "style_codes": st.sampled_from(["", "12", "random", "12 34"]),
        "moodboards": st.sampled_from(["", "m1", "68be9b50553a97d658968285 m-2_x"]),
        "character_weight": st.integers(0, 100),
        "omni_weight": st.integers(1, 1000),
        "negative": st.sampled_from(["", "text", "text, people"]),
    }
    taken = Youchuan.model(slug).operation("diffusion").params.model_fields
    return st.fixed_dictionaries(
        {"prompt": WORDS}, optional={name: value for name, value in fields.items() if name in taken}
    )


@st.composite
def prompts(draw: st.DrawFn) -> tuple[str, dict[str, Any], dict[str, list[str]]]:
    slug = draw(st.sampled_from(SLUGS))
    taken = Youchuan.model(slug).operation("diffusion").params.model_fields
    links = {
        name: draw(st.lists(LINK, max_size=1 if name == "omni_reference" else 3))
        for name in LINK_FIELDS
        if name in taken
    }
    return slug, draw(choices(slug)), links


@settings(max_examples=300, deadline=None)
@given(prompts())
def test_what_is_written_reads_back(made: tuple[str, dict[str, Any], dict[str, list[str]]]) -> None:
    slug, given_values, links = made
    params = Youchuan.model(slug).operation("diffusion").params.model_validate(given_values)
    values = params.model_dump()
    found = read(compose(VERSIONS[slug], values, links), "v6")
    expected: dict[str, Any] = {name: value for name, value in links.items() if value}
    styled = bool(links.get("style_references") or values["style_codes"])
    weighs = {
        "image_weight": bool(links.get("image_prompts")),
        "style_weight": styled,
        "style_version": styled,
        "character_weight": bool(links.get("character_references")),
        "omni_weight": bool(links.get("omni_reference")),
    }
    for name, value in values.items():
        untouched = value is None or value == DEFAULTS.get(name)
        if name not in {"prompt", "boards", *LINK_FIELDS} and not untouched and weighs.get(name, True):
            expected[name] = value
    assert found == ReadPrompt(values["prompt"], slug, expected)

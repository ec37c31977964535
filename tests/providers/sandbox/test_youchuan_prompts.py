"""How the emulated service reads prompts, version by version."""

from __future__ import annotations

import pytest

from providers.sandbox.prompts import PromptError, parse, render_text

LINK = "https://example.com/a.png"


def test_the_parts_of_a_prompt():
    prompt = parse(f"{LINK} http://127.0.0.1:8000/b a boat, at dawn --AR 3:2 --no fog, birds --s 250 --niji 7")
    assert prompt.images == (LINK, "http://127.0.0.1:8000/b")
    assert prompt.words == "a boat, at dawn"
    assert prompt.version == "niji 7"
    assert prompt.flags == {"ar": (3, 2), "no": "fog, birds", "stylize": 250, "niji": "7"}


def test_words_may_hold_dashes():
    assert parse("a well-known boat -- or two — maybe").words == "a well-known boat -- or two — maybe"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("a", "6.1"),
        ("a --v 6", "6"),
        ("a --v 6.0", "6"),
        ("a --v 6.1", "6.1"),
        ("a --version 7", "7"),
        ("a --v 8.1", "8.1"),
        ("a --niji 6", "niji 6"),
        ("a --niji 7", "niji 7"),
    ],
)
def test_versions(text, version):
    assert parse(text).version == version


GOOD = """
a --chaos 0|a --chaos 100|a --c 50|a --stylize 0|a --stylize 1000|a --weird 0|a --weird 3000|a --w 5
a --seed 0|a --seed 4294967295|a --stop 10|a --stop 100|a --quality 0.5|a --q .5|a --q 1|a --q 2|a --q 2 --v 6
a --v 7 --q 1|a --v 7 --q 2|a --v 7 --q 4|a --v 8.1 --q 1|a --v 8.1 --q 4|a --niji 6 --q 2|a --niji 7 --q 4
a --exp 0 --v 7|a --exp 100 --v 8.1|L a --iw 0|L a --iw 3|L a --iw 2.5|L a --iw 2 --niji 7|L L|L L --v 8.1
a --sref L|a --sref L L --sw 0|a --sref L --sw 1000|a --sref L --sv 1|a --sref L --sv 4|a --sref L --sv 6 --v 7
a --sref L --sv 6 --v 8.1|a --sref 12345|a --sref random|a --sref L::2 L|a --cref L|a --cref L --cw 0
a --cref L --cw 100 --v 6|a --cref L --niji 6|a --oref L --v 7|a --oref L --ow 1 --v 7|a --oref L --ow 1000 --v 7
a --oref L --v 8.1|a --draft --v 7|a --tile|a --raw|a --style raw|a --no fog|a --fast|a --turbo|a --p abc123
a --p abc def|a --p abc --sw 50|a::2 b::1|a --ar 21:9|a --hd --v 8.1|a --raw --v 8.1 --exp 5
"""
BAD = """
a --chaos -1|a --chaos 101|a --chaos x|a --chaos 1.5|a --chaos|a --chaos 1 2|a --stylize 1001|a --weird 3001
a --seed -1|a --seed 4294967296|a --seed x|a --stop 9|a --stop 101|a --stop 50 --v 7|a --stop 50 --v 8.1
a --q 3|a --q 4|a --q 0.25|a --v 7 --q 0.5|a --v 8.1 --q 2|a --exp 101 --v 7|a --exp 5|a --exp 5 --v 6
a --exp 5 --niji 6
L a --iw 3.1|L a --iw -1|L a --iw 2.1 --niji 7|a --iw 1|L|L --v 7|L --ar 3:2|--ar 3:2|  |a --sref|a --sref nonsense
a --sref L --sw 1001|a --sw 100|a --sref L --sv 5|a --sref L --sv 0|a --sref L --sv 7 --v 7|a --sref L --sv 4 --v 8.1
a --sv 4
a --cref L --v 7|a --cref L --v 8.1|a --cref L --niji 7|a --cref L --cw 101|a --cw 50|a --cref 123
a --oref L|a --oref L --v 6|a --oref L --ow 0 --v 7|a --oref L --ow 1001 --v 7|a --oref L L --v 7|a --ow 5 --v 7
a --draft|a --draft --v 6|a --draft --v 8.1|a --draft yes --v 7|a --tile --v 8.1|a --turbo --v 8.1|a --weird 5 --v 8.1
a::2 b --v 8.1|a --bs 1|a --bs 1 --v 8.1|a --motion low|a --loop|a --end L|a --repeat 2|a --r 2|a {red, blue} boat
a --ar 3|a --ar 0:1|a --ar 3:0|a --ar 1.5:1|a --ar wide|a --v 5|a --v 8|a --v|a --niji 5|a --niji|a --v 7 --niji 7
a --style cute|a --no|a --fast --turbo|a --p|a --p ???|a --seed 1 --seed 2|a --c 1 --chaos 2|a --unknown|a --ar=3:2
a boat L|a --raw and more words|a --hd|a --hd --v 7|https:// a|http://[ a|a --tile tile
"""


def cases(table: str) -> list[str]:
    lines = [line for line in table.split("\n") if line]
    return [case.replace("L", LINK) for line in lines for case in line.split("|")]


@pytest.mark.parametrize("text", cases(GOOD))
def test_accepted(text):
    prompt = parse(text)
    again = parse(render_text(prompt))
    assert again == prompt


@pytest.mark.parametrize("text", cases(BAD))
def test_refused(text):
    with pytest.raises(PromptError):
        parse(text)


def test_v8_counts_only_its_words_and_limits_links():
    many = " ".join([LINK] * 20)
    assert parse(f"{many} {'x' * 1024} --v 8.1 --no {'y' * 500}").version == "8.1"
    for text in (f"{'x' * 1025} --v 8.1", f"{many} {LINK} a --v 8.1", f"a --v 8.1 --sref {many} {LINK}"):
        with pytest.raises(PromptError):
            parse(text)
    assert parse(f"{'x' * 8000} --v 7").words


def test_what_a_new_prompt_inherits():
    source = parse(f"{LINK} a boat --v 7 --draft --seed 5 --iw 2 --chaos 9 --turbo")
    prompt = parse("a ship --fast", inherited=source)
    assert prompt.version == "7" and prompt.flags == {"version": "7", "chaos": 9, "fast": True}
    assert parse("a ship --niji 7", inherited=source).version == "niji 7"
    assert "version" not in parse("a ship --niji 7", inherited=source).flags
    with pytest.raises(PromptError):
        parse("a ship --v 8.1", inherited=source)


def test_refusals_arrive_as_the_documented_error(client):
    for text in (f"{LINK}", "a boat --chaos 101", "a {red, blue} boat", "a boat --repeat 3", " "):
        response = client.post("diffusion", text=text)
        assert (response.status_code, response.json()["reason"]) == (400, "Invalid_Prompt_Parameter")

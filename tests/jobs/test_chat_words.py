"""The words around a question: flags that are set aside, and what the studio tells a chat model to do."""

from __future__ import annotations

import pytest
from django.utils import translation

from providers.sandbox import chatting
from studio.jobs import chat


def test_without_flags():
    assert chat.without_flags("a fox --ar 3:2 --v 7") == ("a fox", "--ar 3:2 --v 7")
    assert chat.without_flags("a -- b, well--known, x --2") == ("a -- b, well--known, x --2", "")
    assert chat.without_flags("a fox\n--no rain") == ("a fox", "--no rain")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(("words", "own"), [("a red boat on a lake", "lens"), ("湖上的一只红色小船", "镜头")])
def test_the_sandbox_understands_what_the_studio_tells_it(language: str, words: str, own: str) -> None:
    with translation.override(language):
        told = translation.gettext(chat.INSTRUCTIONS[chat.ReplyPurpose.IMPROVE])
    better = chatting.answer([chatting.Said("system", told), chatting.Said("user", words)])
    assert better.startswith(words) and own in better

"""The Chinese catalogue is complete, its compiled form is current, and pages speak it. No gettext tools needed."""

from __future__ import annotations

import ast
import gettext
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from providers.base import Media
from providers.errors import NotConfigured, ProviderError

FOLDER = Path(settings.BASE_DIR) / "locale" / "zh_Hans" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%?[a-z]|\{\w+\}")


@dataclass
class Entry:
    flags: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)  # "msgid", "msgid_plural", "msgstr", "msgstr[0]", "msgctxt"

    @property
    def msgid(self) -> str:
        return self.texts["msgid"]

    @property
    def plural(self) -> str | None:
        return self.texts.get("msgid_plural")

    @property
    def translations(self) -> list[str]:
        return [text for name, text in self.texts.items() if name.startswith("msgstr")]


def read_po(path: Path) -> Iterator[Entry]:
    """The entries of a .po without its header. Obsolete ones (#~) count as comments."""
    for block in re.split(r"\n\s*\n", path.read_text("utf-8").strip()):
        entry, name = Entry(), ""
        for line in block.splitlines():
            if line.startswith("#,"):
                entry.flags |= {flag.strip() for flag in line[2:].split(",")}
            elif line.startswith('"'):
                entry.texts[name] += ast.literal_eval(line)
            elif not line.startswith("#"):
                name, _space, quoted = line.partition(" ")
                entry.texts[name] = ast.literal_eval(quoted)
        if entry.texts.get("msgid"):
            yield entry


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def edges(text: str) -> tuple[str, str]:
    """The blanks and newlines around a text."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    found = list(read_po(FOLDER / "django.po"))
    assert found
    return found


@pytest.fixture(scope="module")
def compiled() -> gettext.GNUTranslations:
    with (FOLDER / "django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def test_every_entry_is_translated(entries: list[Entry]):
    assert [entry.msgid for entry in entries if not entry.translations or not all(entry.translations)] == []


def _in_python(path: Path) -> Iterator[str]:
    """The sentences that a module marks: gettext() and its kin by whatever name they were imported."""
    tree = ast.parse(path.read_text("utf-8"))
    marks = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if "gettext" in alias.name
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in marks and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value:
                yield first.value


def _in_template(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    yield from (found.replace("%", "%%") for found in re.findall(r'{%\s*translate\s+"([^"]+)"', text))
    for block in re.findall(
        r"{%\s*blocktranslate\b[^%]*%}(.*?)(?:{%\s*plural|{%\s*endblocktranslate)", text, re.DOTALL
    ):
        yield re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", block.replace("%", "%%"))


def test_every_marked_sentence_is_in_the_catalogue(entries: list[Entry]):
    """If not: `manage.py makemessages`, see CONTRIBUTING.md."""
    root = Path(settings.BASE_DIR)
    known = {entry.msgid for entry in entries}
    marked = {
        sentence: path.relative_to(root)
        for folder, pattern, read in (
            ("studio", "*.py", _in_python),
            ("providers", "*.py", _in_python),
            ("templates", "*.html", _in_template),
        )
        for path in (root / folder).rglob(pattern)
        for sentence in read(path)
    }
    assert {sentence: str(path) for sentence, path in marked.items() if sentence not in known} == {}


def test_nothing_is_guessed(entries: list[Entry]):
    assert [entry.msgid for entry in entries if "fuzzy" in entry.flags] == []


def test_placeholders_are_kept(entries: list[Entry]):
    # Chinese has one form for all numbers, so it follows the plural
    wrong = [
        (entry.msgid, text)
        for entry in entries
        for text in entry.translations
        if placeholders(text) != placeholders(entry.plural or entry.msgid)
    ]
    assert wrong == []


def test_blanks_around_are_kept(entries: list[Entry]):
    assert [entry.msgid for entry in entries for text in entry.translations if edges(text) != edges(entry.msgid)] == []


def test_the_compiled_catalogue_is_current(entries: list[Entry], compiled: gettext.GNUTranslations):
    """If not: `manage.py compilemessages`, see CONTRIBUTING.md."""
    stale = []
    for entry in entries:
        context = entry.texts.get("msgctxt")
        if entry.plural is not None:
            said = (
                compiled.ngettext(entry.msgid, entry.plural, 2)
                if context is None
                else compiled.npgettext(context, entry.msgid, entry.plural, 2)
            )
        else:
            said = compiled.gettext(entry.msgid) if context is None else compiled.pgettext(context, entry.msgid)
        if [said] != entry.translations:
            stale.append(entry.msgid)
    assert stale == []


def test_the_compiled_catalogue_has_nothing_else(entries: list[Entry]):
    magic, _revision, count = struct.unpack("<3I", (FOLDER / "django.mo").read_bytes()[:12])
    assert (magic, count) == (0x950412DE, len(entries) + 1)  # one more for the header


def test_what_providers_say_themselves_is_in_it(compiled: gettext.GNUTranslations):
    """`makemessages` finds only what is marked."""
    said = [kind.default_message for kind in (ProviderError, *ProviderError.__subclasses__())]
    with pytest.raises(NotConfigured) as refused:
        Media("image/png", 1, 1, 1, None, read=bytes).link()
    said.append(refused.value.user_message)
    assert [sentence for sentence in said if compiled.gettext(sentence) == sentence] == []


@pytest.mark.django_db
def test_a_page_in_chinese():
    page = Client(headers={"accept-language": "zh-hans"}).get(reverse("accounts:sign-in")).content.decode()
    assert '<html lang="zh-hans"' in page
    assert "<h1>登录</h1>" in page
    assert "没有账户" in page

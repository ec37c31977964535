"""The generated form: what was typed is kept, and every refusal stands beside its field."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.http import QueryDict
from django.utils.translation import override

from providers.base import Operation
from providers.params import Params, choice
from studio.jobs import catalog
from studio.jobs.forms import OperationForm
from studio.media.models import Asset, Origin
from tests.jobs.fakes import CREATE, ONCE, FakeProvider

ENTRY = catalog.Entry(FakeProvider, ONCE)
pytestmark = pytest.mark.django_db


def form(team, query: str = "", **initial) -> OperationForm:
    if query:
        return OperationForm(ENTRY, CREATE, team=team, data=QueryDict(query))
    return OperationForm(ENTRY, CREATE, team=team, initial=initial)


def asset(team, **fields) -> Asset:
    values = {
        "origin": Origin.UPLOAD,
        "sha256": "0" * 64,
        "media_type": "image/png",
        "size": 10,
        "width": 64,
        "height": 64,
    }
    return Asset.objects.create(team=team, name="fox.png", storage_key="x", **{**values, **fields})


def test_an_unbound_form_shows_the_defaults(team):
    unbound = form(team)
    assert not unbound.is_valid()
    assert unbound.errors == {}
    assert unbound.prompt.value == ""
    assert [(group.slug, [param.name for param in group.params]) for group in unbound.groups] == [
        ("style", ["strength", "raw"]),
        ("references", ["pictures"]),
    ]
    assert unbound.get("strength").value == 50
    assert unbound.get("strength").is_default


def test_a_good_post_gives_parameters(team):
    bound = form(team, "prompt=a+fox&strength=70&raw=on")
    assert bound.is_valid()
    assert (bound.params.prompt, bound.params.strength, bound.params.raw) == ("a fox", 70, True)


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("prompt=", "prompt", "Write a prompt first."),
        ("prompt=++%0A+", "prompt", "Write a prompt first."),
        ("prompt=" + "x" * 201, "prompt", "Prompt can have 200 characters; this has 201."),
        ("prompt=a%00b", "prompt", "can't be sent"),
        ("prompt=a%EF%BF%BDb", "prompt", "can't be sent"),
        ("prompt=a%1B%5B31mb", "prompt", "can't be sent"),
        ("prompt=%E2%80%8B", "prompt", "Write a prompt first."),
        ("prompt=fox&pictures=" + "9" * 5000, "pictures", "no longer there"),
        ("prompt=fox&strength=101", "strength", "Strength goes from 0 to 100."),
        ("prompt=fox&strength=-1", "strength", "Strength goes from 0 to 100."),
        ("prompt=fox&strength=lots", "strength", "Strength is a number from 0 to 100."),
        ("prompt=fox&strength=1.5", "strength", "Strength is a number from 0 to 100."),
        ("prompt=fox&pictures=999999", "pictures", "no longer there"),
    ],
)
def test_a_bad_value_is_refused_beside_its_field(team, query, field, words):
    bound = form(team, query)
    assert not bound.is_valid()
    assert list(bound.errors) == [field]
    assert words in str(bound.errors[field])
    assert bound.get(field).error is not None


def test_a_lone_surrogate_is_refused(team):
    data = QueryDict(mutable=True)
    data["prompt"] = "fox \ud800"
    bound = OperationForm(ENTRY, CREATE, team=team, data=data)
    assert "can't be sent" in str(bound.errors["prompt"])


def test_what_was_typed_is_kept(team):
    bound = form(team, "prompt=a+fox&strength=lots&raw=on")
    assert bound.prompt.value == "a fox"
    assert bound.get("strength").value == "lots"
    assert bound.get("raw").is_on


def test_an_empty_number_is_the_default(team):
    bound = form(team, "prompt=fox&strength=")
    assert bound.is_valid()
    assert bound.params.strength == 50


def test_references_are_the_teams_own_and_within_the_rules(team, charlie):
    mine = asset(team)
    assert form(team, f"prompt=fox&pictures={mine.pk}").params.pictures == (f"asset:{mine.pk}",)
    theirs = asset(charlie.memberships.get().team)
    assert not form(team, f"prompt=fox&pictures={theirs.pk}").is_valid()
    wide = asset(team, width=2001)
    assert "2000 pixels" in str(form(team, f"prompt=fox&pictures={wide.pk}").errors["pictures"])
    gif = asset(team, media_type="image/gif")
    assert "format" in str(form(team, f"prompt=fox&pictures={gif.pk}").errors["pictures"])
    three = form(team, f"prompt=fox&pictures={mine.pk}&pictures={wide.pk}&pictures={gif.pk}")
    assert "at most 2" in str(three.errors["pictures"])


class Spoken(Params):
    language: str = choice("zh", [("zh", "Chinese"), ("en", "English")], label="Language", is_language=True)


@pytest.mark.parametrize(("interface", "begins"), [("en", "en"), ("zh-hans", "zh"), ("nb", "zh")])
def test_a_language_begins_with_the_reader_s_own(team, interface, begins):
    operation = Operation("speak", "Speak", Spoken, Decimal(1))
    with override(interface):
        assert OperationForm(ENTRY, operation, team=team).values["language"] == begins
        posted = OperationForm(ENTRY, operation, team=team, data=QueryDict("language=zh"))
        assert posted.values["language"] == "zh"

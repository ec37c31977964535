"""What a service keeps of a result is told with it, so that a later job may name it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from providers.base import Operation
from providers.params import Params, prompt, text
from studio.jobs import catalog, queries
from studio.jobs.forms import OperationForm
from studio.jobs.lightbox import lightbox
from studio.jobs.models import Job, ProviderAccount
from tests.factories import make_team
from tests.jobs.fakes import ONCE, FakeProvider, done


class SpeakParams(Params):
    prompt: str = prompt(max_length=200)
    voice: str = text(label="Voice", max_length=200, kept="voice_id")


SPEAK = Operation("speak", "Speak", SpeakParams, Decimal(2))

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        ({"voice_id": "v-1", "seconds": 2.5}, [("Voice at the service", "v-1")]),
        ({"file_ids": ["38", "39"]}, [("File at the service", "38 39")]),
        ({"voice_id": "", "file_ids": []}, []),
        ({}, []),
    ],
)
def test_ids_stand_with_the_result(ask, fake, run_engine, team, usage, told):
    fake.submits = [replace(done("r-1"), usage=usage)]
    job = ask()
    run_engine()
    card = queries.card(team, job.pk)
    assert card.kept_ids == told
    view = lightbox(team, card.outputs[0].pk)
    assert view.parameters == [*card.parameters, *told]


def test_a_job_from_before_has_none(ask, fake, run_engine, team):
    fake.submits = [done("r-1")]
    job = ask()
    run_engine()
    job.refresh_from_db()
    del job.snapshot["kept"]
    job.save(update_fields=["snapshot"])
    assert queries.card(team, job.pk).kept_ids == []


def speak_form(team):
    return OperationForm(catalog.Entry(FakeProvider, ONCE), SPEAK, team=team)


def test_ids_of_earlier_results_are_offered(ask, fake, run_engine, team):
    fake.submits = [replace(done(f"r-{number}"), usage={"voice_id": voice}) for number, voice in enumerate("aba")]
    jobs = [ask(words) for words in ("low <b>", "high", "low again")]
    run_engine()
    voice = speak_form(team).get("voice")
    assert voice.kept == [("a", "low again"), ("b", "high")]
    page = render_to_string("components/param.html", {"param": voice})
    assert '<option value="a">low again</option>' in page
    Job.objects.filter(pk=jobs[1].pk).update(deleted_at=timezone.now())
    assert [kept for kept, _words in speak_form(team).get("voice").kept] == ["a"]
    assert speak_form(make_team()).get("voice").kept == []


def test_ids_of_another_account_are_not_offered(ask, fake, run_engine, team):
    fake.submits = [replace(done("r-1"), usage={"voice_id": "of the sandbox"})]
    ask()
    run_engine()
    assert speak_form(team).get("voice").kept
    ProviderAccount.objects.create(provider="fake", label="Bought", enabled=True)
    assert speak_form(team).get("voice").kept == []


def test_a_field_without_offers_has_no_list(team, fake):
    page = render_to_string("components/param.html", {"param": speak_form(team).get("voice")})
    assert "datalist" not in page and "list=" not in page

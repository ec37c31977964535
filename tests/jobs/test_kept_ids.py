"""What a service keeps of a result is told with it, so that a later job may name it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studio.jobs import queries
from studio.jobs.lightbox import lightbox
from tests.jobs.fakes import done

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

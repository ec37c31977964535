"""A job that came to less than was quoted costs less: by what the service says that it used."""

from __future__ import annotations

import math
from datetime import timedelta
from fractions import Fraction

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from providers.base import Kind, RemoteFile, Snapshot, State
from studio.billing import services as billing
from studio.jobs import claims, services, transitions
from studio.jobs.models import Job, JobState, OutputState
from studio.jobs.spool import keep_inline_files
from tests.jobs.fakes import FILM, FILMS, FilmParams, done, picture
from tests.jobs.looking import assert_clean, balance

AMOUNTS = st.integers(0, 1_000_000)


@given(AMOUNTS, st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)))
def test_never_more_than_the_amount_and_never_less_than_nothing(amount, used):
    assert 0 <= billing.used_part(amount, used) <= amount


@given(AMOUNTS, st.integers(0, 3600), st.integers(1, 3600))
def test_parts_of_whole_seconds_come_out_as_by_hand(amount, seconds, of):
    seconds = min(seconds, of)
    assert billing.used_part(amount, seconds / of) == math.ceil(Fraction(amount * seconds, of))


@given(AMOUNTS, st.floats(0, 1), st.floats(0, 1))
def test_more_use_never_costs_less(amount, one, other):
    low, high = sorted((one, other))
    assert billing.used_part(amount, low) <= billing.used_part(amount, high)


@given(st.integers(1, 1_000_000), st.floats(0, 1, exclude_min=True))
def test_what_was_used_is_never_free(amount, used):
    assert billing.used_part(amount, used) >= 1


@given(AMOUNTS, st.integers(0, 12), st.integers(1, 12), st.floats(0, 1))
def test_with_missing_results_it_is_a_share_of_the_share(amount, delivered, expected, used):
    paid = billing.pro_rata(amount, delivered, expected)
    assert billing.used_part(paid, used) <= paid


@pytest.mark.parametrize(("quote", "used", "cost"), [(15, 5 / 15, 5), (45, 4 / 15, 12), (7, 1 / 3, 3), (15, None, 15)])
def test_rounding(quote, used, cost):
    assert billing.used_part(quote, used) == cost


@pytest.fixture
def film(membership, fake) -> Job:
    job, _is_new = services.create_job(
        membership=membership,
        entry=services.Entry(fake, FILMS),
        operation=FILM,
        params=FilmParams(prompt="a fox"),
        request_key="request-used",
    )
    return job


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("used", "cost"), [(5 / 15, 5), (1.0, 15), (None, 15), (0.0, 0), (7.0, 15)])
def test_a_job_pays_for_what_it_used(film, fake, run_engine, used, cost):
    fake.submits = [done("r-1", files=1, used=used)]
    run_engine()
    film.refresh_from_db()
    assert (film.state, film.cost) == (JobState.SUCCEEDED, cost)
    assert balance(film) == billing.Balance(available=1000 - cost, held=0)
    assert_clean()


@pytest.mark.django_db(transaction=True)
def test_with_a_part_missing_both_shares_count(ask, fake, run_engine):
    fake.submits = [done("r-1", files=2, rejected=2, used=0.5)]
    job = ask()
    run_engine()
    job.refresh_from_db()
    assert job.cost == 1
    assert_clean()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("film_data", "extra_data", "state", "cost", "kept"),
    [
        (picture(1), picture(2), JobState.SUCCEEDED, 15, [0, 1]),
        (picture(1), b"no picture", JobState.SUCCEEDED, 15, [0]),
        (b"no film", picture(2), JobState.SUCCEEDED, 0, [1]),
        (b"no film", b"no picture", JobState.FAILED, 0, []),
    ],
)
def test_an_extra_file_is_no_part_of_the_price(film, fake, run_engine, film_data, extra_data, state, cost, kept):
    files = (RemoteFile(0, Kind.IMAGE, data=film_data), RemoteFile(1, Kind.IMAGE, data=extra_data, extra=True))
    fake.submits = [Snapshot("r-1", State.SUCCEEDED, files=files)]
    run_engine()
    film.refresh_from_db()
    assert (film.state, film.cost) == (state, cost)
    outputs = film.outputs.order_by("index")
    assert [output.index for output in outputs] == [0, 1]
    assert [output.index for output in outputs if output.state == OutputState.DONE] == kept
    assert balance(film) == billing.Balance(available=1000 - cost, held=0)
    assert_clean()


@pytest.mark.django_db(transaction=True)
def test_a_restart_between_delivery_and_collecting_forgets_nothing(film, fake, run_engine):
    (claimed,) = claims.claim_due(10)
    snapshot = keep_inline_files(claimed.pk, done("r-1", files=1, used=5 / 15))
    assert transitions.apply_snapshot(claimed, snapshot)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    run_engine()
    film.refresh_from_db()
    assert (film.state, film.cost) == (JobState.SUCCEEDED, 5)
    assert_clean()

"""Asking for jobs: once, within the credits, and only for what is offered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from studio.billing import services as billing
from studio.billing.models import PriceRule, Transfer
from studio.jobs import catalog, services
from studio.jobs.audit import audit
from studio.jobs.models import Job, JobState
from tests.jobs.fakes import CREATE, ONCE, REROLL, VARY, FakeParams, FakeProvider

ENTRY = catalog.Entry(FakeProvider, ONCE)


def create(membership, key="request-key-1", **fields):
    return services.create_job(
        membership=membership,
        entry=ENTRY,
        operation=CREATE,
        params=FakeParams(prompt="a fox"),
        request_key=key,
        **fields,
    )


@pytest.mark.django_db(transaction=True)
def test_a_hundred_posts_of_one_form_are_one_job(membership, team):
    def post(_n: int) -> tuple[int, bool]:
        try:
            job, created = create(membership)
            return job.pk, created
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(post, range(100)))
    assert len({pk for pk, _created in answers}) == 1
    assert sum(created for _pk, created in answers) == 1
    assert Job.objects.count() == 1
    assert Transfer.objects.filter(kind="hold").count() == 1
    assert billing.balance(team) == billing.Balance(available=996, held=4)
    assert audit() == [] and billing.audit() == []


@pytest.mark.django_db(transaction=True)
def test_credits_are_never_sold_twice(membership, team):
    def post(number: int) -> bool:
        try:
            create(membership, key=f"request-{number:04d}")
            return True
        except billing.NotEnoughCredits:
            return False
        finally:
            connections.close_all()

    PriceRule.objects.filter(provider="fake", operation="create").update(credits=100)
    with ThreadPoolExecutor(20) as pool:
        sold = sum(pool.map(post, range(40)))
    assert sold == 10
    assert billing.balance(team) == billing.Balance(available=0, held=1000)
    assert Job.objects.count() == 10


@pytest.mark.django_db
def test_without_enough_credits_nothing_is_left_behind(membership, team):
    PriceRule.objects.filter(provider="fake", operation="create").update(credits=1001)
    with pytest.raises(billing.NotEnoughCredits) as caught:
        create(membership)
    assert (caught.value.needed, caught.value.available) == (1001, 1000)
    assert not Job.objects.exists()
    assert billing.balance(team).held == 0


@pytest.mark.django_db
def test_a_key_that_was_made_up_is_refused(membership):
    for key in ("", "short", "x" * 65, "has space inside", "quote'quote"):
        with pytest.raises(services.CannotCreate):
            create(membership, key=key)


@pytest.mark.django_db
def test_without_a_price_nothing_is_made(membership):
    PriceRule.objects.all().delete()
    with pytest.raises(services.CannotCreate):
        create(membership)
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_reroll_costs_what_its_source_did(ask, run_engine):
    job = ask()
    run_engine()
    job.refresh_from_db()
    vary = ask(operation=VARY, source=job.outputs.first())
    run_engine()
    vary.refresh_from_db()
    assert services.quote(ENTRY, REROLL, None, vary.outputs.first()) == 6
    again = ask(operation=REROLL, source=vary.outputs.first())
    run_engine()
    again.refresh_from_db()
    assert services.quote(ENTRY, REROLL, None, again.outputs.first()) == 6


@pytest.mark.django_db(transaction=True)
def test_a_follow_up_needs_a_finished_result_of_its_service(ask, run_engine, fake):
    from tests.jobs.fakes import done

    with pytest.raises(services.CannotCreate):
        ask(operation=VARY)
    fake.fetches = [done("r-1", files=1, rejected=3)]
    job = ask()
    run_engine()
    job.refresh_from_db()
    with pytest.raises(services.CannotCreate):
        ask(operation=VARY, source=job.outputs.last())


@pytest.mark.django_db
def test_retry_is_a_job_of_its_own(membership):
    job, _created = create(membership)
    services.cancel(job, membership)
    again = services.retry(job, membership, "retry-key-1")
    assert again.pk != job.pk
    assert (again.state, again.params) == (JobState.QUEUED, job.params)
    assert services.retry(job, membership, "retry-key-1").pk == again.pk


@pytest.mark.django_db
def test_a_form_that_was_changed_before_it_was_posted_again_is_another_job(membership):
    first, _created = create(membership)
    params = FakeParams(prompt="a bear")
    second, created = services.create_job(
        membership=membership, entry=ENTRY, operation=CREATE, params=params, request_key="request-key-1"
    )
    assert created and second.pk != first.pk and second.prompt == "a bear"

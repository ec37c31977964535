"""Files in a service's asset library: sent once, waited for, used again, sent anew when they are lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connections, transaction
from django.utils import timezone

from providers.base import LibraryAsset, LibraryState
from providers.errors import (
    AuthFailed,
    ContentRejected,
    InvalidRequest,
    InvalidResponse,
    NotConfigured,
    RateLimited,
    ResultExpired,
    Unavailable,
)
from studio.billing import services as billing
from studio.jobs import claims, engine, library, queries, services, steps
from studio.jobs.boards import NotReady
from studio.jobs.models import Job, JobState, LibraryFile, LibraryFileState
from studio.media import services as media
from studio.media.models import Asset, Origin
from tests.jobs.fakes import ANIMATE, FILM, FILMS, FilmParams, done
from tests.jobs.looking import assert_clean, balance, kinds, one_look
from tests.media.pictures import encode, photo

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSING, ACTIVE, FAILED = LibraryState.PROCESSING, LibraryState.ACTIVE, LibraryState.FAILED


@pytest.fixture(autouse=True)
def quick(fake, monkeypatch, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(library, "PAUSES", (0,))
    monkeypatch.setattr(library, "_seconds_until", lambda row: 0.0)


@pytest.fixture
def pictures(team, alice) -> list[Asset]:
    with transaction.atomic():
        return [
            media.record(
                media.prepare(encode(photo(40 + number, 30), "PNG"), mode="upload"),
                team=team,
                user=alice,
                origin=Origin.UPLOAD,
                name=f"Dune {number}",
            )
            for number in range(3)
        ]


@pytest.fixture
def film(membership, fake) -> Callable[..., Job]:
    def make(*assets: Asset, key: str = "request-film", start: Asset | None = None, through: bool = True) -> Job:
        named = tuple(f"asset:{asset.pk}" for asset in assets)
        job, _is_new = services.create_job(
            membership=membership,
            entry=services.Entry(fake, FILMS),
            operation=ANIMATE if start is not None else FILM,
            params=FilmParams(prompt="dunes move", pictures=named, library=through),
            request_key=key,
            source_asset=start,
        )
        return job

    return make


TOOLS = steps.Tools(SimpleNamespace(pick=lambda service: None))


def work_once() -> list[int]:
    claimed = library.claim()
    for pk in claimed:
        async_to_sync(library.work)(TOOLS, pk)
    return claimed


def row() -> LibraryFile:
    return LibraryFile.objects.get()


def fresh(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def test_the_order_waits_until_every_file_is_active(film, pictures, fake, run_engine):
    fake.assets = [PROCESSING, PROCESSING, ACTIVE, PROCESSING, ACTIVE]
    fake.submits = [done("r-1", files=1)]
    job = film(*pictures[:2])
    assert library.waiting()
    run_engine()
    assert (fresh(job).state, fresh(job).cost) == (JobState.SUCCEEDED, 15)
    (order,) = fake.orders
    assert sorted(item.library_id for item in order.media["pictures"]) == ["asset-1", "asset-2"]
    assert [fake.kept[item.library_id].width for item in order.media["pictures"]] == [40, 41]
    assert fake.asked["create asset"] == 2
    assert not library.waiting()
    assert_clean()


def test_the_picture_it_starts_from_goes_through_the_library_too(film, pictures, fake, run_engine):
    fake.submits = [done("r-1", files=1)]
    film(pictures[1], start=pictures[0])
    run_engine()
    (order,) = fake.orders
    assert fake.kept[order.input.library_id].width == 40
    assert fake.kept[order.media["pictures"][0].library_id].width == 41


def test_without_the_switch_nothing_goes_there(film, pictures, fake, run_engine):
    fake.submits = [done("r-1", files=1)]
    film(pictures[0], through=False)
    run_engine()
    assert fake.asked["create asset"] == 0
    assert fake.orders[0].media["pictures"][0].library_id == ""


def test_a_later_job_uses_what_is_there(film, pictures, fake, run_engine):
    fake.submits = [done("r-1", files=1), done("r-2", files=1)]
    film(pictures[0])
    run_engine()
    film(pictures[0], key="request-again")
    run_engine()
    assert fake.asked["create asset"] == 1 and fake.asked["look at asset"] == 0
    assert {order.media["pictures"][0].library_id for order in fake.orders} == {"asset-1"}


def test_while_it_waits_no_attempt_is_counted_and_it_can_be_canceled(film, pictures, fake, membership):
    fake.assets = [PROCESSING] * 100
    job = film(pictures[0])
    for _n in range(8):
        Job.objects.update(due_at=timezone.now())
        one_look(seconds=0.05)
    assert (fresh(job).state, fresh(job).attempts) == (JobState.QUEUED, 0)
    assert kinds(job) == ["created"]
    assert services.cancel(job, membership)
    assert balance(job).available == 1000
    assert_clean()


def test_waiting_ends_with_the_deadline(film, pictures, fake):
    fake.assets = [PROCESSING] * 100
    job = film(pictures[0])
    one_look(seconds=0.1)
    Job.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))
    one_look(seconds=0.1)
    assert (fresh(job).state, fresh(job).error_code) == (JobState.FAILED, "waited_too_long")
    assert fake.asked["submit"] == 0
    assert_clean()


@pytest.mark.parametrize(
    "says",
    [
        LibraryAsset("asset-1", FAILED, ContentRejected("The service's filter refused this picture.")),
        ContentRejected("The service's filter refused this picture."),
    ],
)
def test_a_refused_file_is_named_and_the_credits_go_back(film, pictures, fake, run_engine, team, says):
    fake.assets = [says]
    job = film(pictures[0])
    run_engine()
    card = queries.card(team, job.pk)
    assert card.state == JobState.FAILED
    assert card.problem == "The service's filter refused this picture. (Dune 0)"
    assert fake.asked["submit"] == 0
    assert balance(job) == billing.Balance(available=1000, held=0)
    assert_clean()


def test_a_new_try_sends_it_anew(film, pictures, fake, run_engine, membership):
    fake.assets = [LibraryAsset("asset-1", FAILED)]
    job = film(pictures[0])
    run_engine()
    assert (row().state, row().problem) == (LibraryFileState.FAILED, library.UNUSABLE + "\x1fDune 0")
    fake.submits = [done("r-1", files=1)]
    again = services.retry(fresh(job), membership, "request-retry")
    run_engine()
    assert fresh(again).state == JobState.SUCCEEDED
    assert (row().remote_id, row().state, row().problem) == ("asset-2", LibraryFileState.ACTIVE, "")
    assert_clean()


def test_trouble_passes(film, pictures, fake, run_engine):
    fake.assets = [Unavailable(), RateLimited(), InvalidResponse(), PROCESSING, Unavailable(), ACTIVE]
    fake.submits = [done("r-1", files=1)]
    job = film(pictures[0])
    run_engine()
    assert fresh(job).state == JobState.SUCCEEDED


def test_nonsense_is_not_followed_for_ever(film, pictures, fake, run_engine):
    fake.assets = [InvalidResponse()] * 50
    job = film(pictures[0])
    run_engine()
    assert fresh(job).state == JobState.FAILED
    assert fake.asked["create asset"] == library.MAX_BROKEN


def test_a_library_that_never_comes_to_an_end_is_given_up(film, pictures, fake, run_engine, monkeypatch):
    monkeypatch.setattr(library, "MAX_ATTEMPTS", 4)
    fake.assets = [PROCESSING] * 50
    job = film(pictures[0])
    run_engine()
    assert fresh(job).error_message == library.TOO_SLOW + "\x1fDune 0"


@pytest.mark.parametrize("error", [AuthFailed(), NotConfigured("The studio has no public address.")])
def test_what_is_not_the_files_fault_does_not_name_it(film, pictures, fake, run_engine, team, error):
    fake.assets = [error]
    job = film(pictures[0])
    run_engine()
    assert queries.card(team, job.pk).problem == error.user_message


def test_a_file_lost_while_it_is_looked_through_is_sent_again(film, pictures, fake, run_engine):
    fake.assets = [PROCESSING]
    fake.submits = [done("r-1", files=1)]
    job = film(pictures[0])
    work_once()
    fake.kept.clear()
    run_engine()
    assert fresh(job).state == JobState.SUCCEEDED
    assert row().remote_id == "asset-2"


def test_a_lost_file_is_found_out_when_the_order_is_refused(film, pictures, fake, run_engine):
    fake.submits = [done("r-1", files=1)]
    film(*pictures[:2])
    run_engine()
    lost = LibraryFile.objects.get(asset=pictures[0])
    fake.kept.pop(lost.remote_id)
    fake.submits = [InvalidRequest("No such asset."), done("r-2", files=1)]
    job = film(*pictures[:2], key="request-again")
    run_engine()
    assert fresh(job).state == JobState.SUCCEEDED
    assert kinds(job).count("retry") == 1
    assert fake.asked["create asset"] == 3
    assert {item.library_id for item in fake.orders[-1].media["pictures"]} <= set(fake.kept)
    assert_clean()


def test_a_refusal_with_every_file_there_is_a_refusal(film, pictures, fake, run_engine):
    fake.submits = [InvalidRequest("No.")]
    job = film(pictures[0])
    run_engine()
    assert (fresh(job).state, fresh(job).error_message, fake.asked["submit"]) == (JobState.FAILED, "No.", 1)


def test_a_library_that_loses_files_all_the_time_ends_the_job(film, pictures, fake, run_engine):
    def lose(order: Any):
        fake.kept.clear()
        raise InvalidRequest("No such asset.")

    fake.submits = [lose] * 5
    job = film(pictures[0])
    run_engine()
    assert (fresh(job).state, fake.asked["submit"]) == (JobState.FAILED, 2)
    assert_clean()


def test_what_was_looked_at_long_ago_is_asked_for_again(film, pictures, fake, run_engine):
    fake.submits = [done("r-1", files=1), done("r-2", files=1), done("r-3", files=1)]
    film(pictures[0])
    run_engine()
    LibraryFile.objects.update(looked_at=timezone.now() - library.FRESH - timedelta(seconds=1))
    film(pictures[0], key="request-again")
    run_engine()
    assert (fake.asked["create asset"], fake.asked["look at asset"]) == (1, 1)
    LibraryFile.objects.update(looked_at=timezone.now() - library.FRESH - timedelta(seconds=1))
    fake.kept.clear()
    film(pictures[0], key="request-third")
    run_engine()
    assert fake.asked["create asset"] == 2
    assert fake.orders[-1].media["pictures"][0].library_id == "asset-2"


def test_another_account_has_a_library_of_its_own(film, pictures, fake, run_engine):
    from studio.jobs.credentials import encrypt
    from studio.jobs.models import ProviderAccount

    fake.submits = [done("r-1", files=1), done("r-2", files=1)]
    film(pictures[0])
    run_engine()
    ProviderAccount.objects.create(provider="fake", label="Ours", credentials=encrypt({"key": "k"}))
    film(pictures[0], key="request-again")
    run_engine()
    assert fake.asked["create asset"] == 2
    assert LibraryFile.objects.count() == 2


def test_an_account_that_changed_while_it_waited_gets_the_file(film, pictures, fake, run_engine):
    from studio.jobs.credentials import encrypt
    from studio.jobs.models import ProviderAccount

    fake.submits = [done("r-1", files=1)]
    job = film(pictures[0])
    account = ProviderAccount.objects.create(provider="fake", label="Ours", credentials=encrypt({"key": "k"}))
    run_engine()
    assert fresh(job).state == JobState.SUCCEEDED
    assert LibraryFile.objects.filter(account=account, state="active").exists()


def test_a_claim_has_one_winner(film, pictures):
    film(pictures[0])

    def claim(_n: int) -> int:
        try:
            return len(library.claim())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(claim, range(4))) == 1


def test_two_jobs_at_once_share_one_row(film, pictures):
    def make(number: int) -> None:
        try:
            film(*(pictures if number % 2 else reversed(pictures)), key=f"request-{number:04d}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(make, range(6)))
    assert LibraryFile.objects.count() == 3
    assert Job.objects.count() == 6


def test_a_worker_that_died_before_writing_leaves_a_second_copy_at_worst(film, pictures, fake, run_engine):
    fake.submits = [done("r-1", files=1)]
    job = film(pictures[0])
    assert len(library.claim()) == 1
    fake.kept["asset-lost"] = None
    LibraryFile.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    run_engine()
    assert fresh(job).state == JobState.SUCCEEDED
    assert fake.asked["create asset"] == 1 and Job.objects.count() == 1


def test_a_worker_that_lost_its_claim_writes_nothing(film, pictures, fake):
    film(pictures[0])
    (pk,) = library.claim()
    stale = LibraryFile.objects.select_related("asset", "account").get(pk=pk)
    LibraryFile.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert library.claim() == [pk]
    library._write(stale, LibraryAsset("asset-9", ACTIVE))
    library._not_done(stale, ContentRejected())
    assert (row().remote_id, row().state) == ("", LibraryFileState.PROCESSING)


def test_one_found_lost_while_it_is_looked_at_stays_lost(film, pictures, fake):
    film(pictures[0])
    work_once()
    LibraryFile.objects.update(due_at=timezone.now())
    (pk,) = library.claim()
    looking = LibraryFile.objects.select_related("asset", "account").get(pk=pk)
    fake.kept.clear()
    assert async_to_sync(library.verify)(TOOLS, "fake", None, ["asset-1"]) == 1
    library._write(looking, LibraryAsset("asset-1", ACTIVE))
    assert (row().remote_id, row().state) == ("", LibraryFileState.PROCESSING)


def test_one_look_that_fails_hides_no_other_loss(film, pictures, fake):
    film(*pictures)
    while library.waiting():
        work_once()
    ids = list(LibraryFile.objects.order_by("id").values_list("remote_id", flat=True))
    fake.kept.pop(ids[1])
    fake.assets = [Unavailable(), ACTIVE]
    assert async_to_sync(library.verify)(TOOLS, "fake", None, ids) == 1
    assert list(LibraryFile.objects.order_by("id").values_list("remote_id", flat=True)) == [ids[0], "", *ids[2:]]
    with pytest.raises(Unavailable):
        fake.assets = [Unavailable()]
        async_to_sync(library.verify)(TOOLS, "fake", None, ids[:1])


def test_a_canceled_errand_is_free_for_the_next_window(film, pictures, fake, monkeypatch):
    film(pictures[0])
    (pk,) = library.claim()

    async def scenario() -> None:
        begun = asyncio.Event()

        async def never(*_args: Any) -> Any:
            begun.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(library, "_ask", never)
        task = asyncio.create_task(library.work(TOOLS, pk))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async_to_sync(scenario)()
    assert (row().lease_until, row().attempts) == (None, 0)
    assert library.claim() == [pk]


def test_deleting_the_file_takes_its_row_along(film, pictures, fake):
    film(pictures[0])
    (pk,) = library.claim()
    pictures[0].delete()
    async_to_sync(library.work)(TOOLS, pk)
    assert not LibraryFile.objects.exists()
    with pytest.raises(InvalidRequest):
        library.remote_ids("fake", None, [pictures[0].pk or 1])


def test_a_wanted_file_that_nobody_asked_for_yet_is_asked_for(pictures, fake):
    with pytest.raises(NotReady):
        library.remote_ids("fake", None, [pictures[0].pk])
    assert library.waiting()


def test_a_library_that_can_not_be_asked_lets_the_refusal_stand(film, pictures, fake, run_engine):
    fake.submits = [done("r-1", files=1), ResultExpired("It is gone.")]
    film(pictures[0])
    run_engine()
    fake.assets = [Unavailable()]
    job = film(pictures[0], key="request-again")
    run_engine()
    assert (fresh(job).state, fresh(job).error_message) == (JobState.FAILED, "It is gone.")


def test_a_job_that_could_not_be_paid_wants_nothing(film, pictures, membership):
    from studio.billing.models import PriceRule

    PriceRule.objects.filter(operation="film").update(credits=5000)
    with pytest.raises(billing.NotEnoughCredits):
        film(pictures[0])
    assert not LibraryFile.objects.exists()


def test_the_engine_has_something_to_do_while_a_file_is_on_its_way(film, pictures, membership):
    job = film(pictures[0])
    services.cancel(job, membership)
    assert engine.anything_to_do()
    assert claims.claim_due(5) == []

"""What an order carries: files, masks, results of the service's own, moodboards. And the spool."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import pytest
from django.db import transaction
from django.utils import timezone

from providers.base import Board, Flow, Model, Needs, Operation
from providers.errors import InvalidRequest, ResultExpired, Unavailable
from providers.params import MediaRule, Params, boards, mask, media
from studio.billing import services as billing
from studio.jobs import boards as copies
from studio.jobs import catalog, claims, engine, services, slots, spool, steps, transitions
from studio.jobs.apps import seed_declared_prices
from studio.jobs.audit import audit
from studio.jobs.boards import BoardInfo
from studio.jobs.credentials import encrypt
from studio.jobs.models import EventKind, Job, JobState, ProviderAccount, ServiceBoard
from studio.media import services as files
from studio.media.models import Asset, Origin
from tests.factories import make_team
from tests.jobs.fakes import ONCE, FakeProvider, done, failed, picture, running

pytestmark = pytest.mark.django_db(transaction=True)


class RetouchParams(Params):
    area: tuple[str, ...] = mask()
    pictures: tuple[str, ...] = media(MediaRule(max_items=2), label="Pictures")
    boards: tuple[str, ...] = boards(label="Moodboards", max_items=2)


RETOUCH = Operation("retouch", "Retouch", RetouchParams, Decimal(5), needs=Needs.IMAGE, count=4)
DRAWN = Model("drawn", "Fake drawn", "drawn", (RETOUCH,), deadline=600)


class Retoucher(FakeProvider):
    """Keeps moodboards too, until it loses them."""

    models = (ONCE, DRAWN)
    board_limits = (500, 30)
    kept: ClassVar[set[str]] = set()

    def create_board(self, board: Board) -> Flow[str]:
        self.asked["board"] += 1
        self.kept.add(f"m-{self.asked['board']}")
        return f"m-{self.asked['board']}"
        yield

    def update_board(self, remote_id: str, board: Board) -> Flow[str]:
        if remote_id not in self.kept:
            raise ResultExpired
        return remote_id
        yield

    def list_boards(self) -> Flow[frozenset[str]]:
        return frozenset(self.kept)
        yield


@pytest.fixture
def retoucher(fake, monkeypatch) -> type[Retoucher]:
    import providers.registry

    monkeypatch.setattr(catalog, "get_provider", {"fake": Retoucher}.__getitem__)
    for module in ("claims", "bills", "boards", "catalog", "services"):
        monkeypatch.setattr(f"studio.jobs.{module}.PROVIDERS", (Retoucher,))
    monkeypatch.setattr(providers.registry, "PROVIDERS", (Retoucher,))
    Retoucher.kept = set()
    seed_declared_prices()
    return Retoucher


def make_asset(team, shade: int = 0) -> Asset:
    prepared = files.prepare(picture(shade), mode="upload")
    with transaction.atomic():
        return files.record(prepared, team=team, user=None, origin=Origin.UPLOAD)


@pytest.fixture
def asset(team) -> Asset:
    return make_asset(team)


@pytest.fixture
def retouch(membership, retoucher, asset):
    def make(source=None, key="request-retouch", **values) -> Job:
        params = RetouchParams(**values)
        job, _new = services.create_job(
            membership=membership,
            entry=catalog.Entry(retoucher, DRAWN),
            operation=RETOUCH,
            params=params,
            request_key=key,
            source=source,
            source_asset=asset,
        )
        return job

    return make


def claimed(job: Job) -> Job:
    return next(item for item in claims.claim_due(10) if item.pk == job.pk)


# --- files ---


def test_the_file_that_it_starts_from(retouch, asset):
    order = steps.make_order(claimed(retouch()))
    assert order.source is None
    assert (order.input.media_type, order.input.width, order.input.height) == ("image/png", 24, 16)
    assert order.input.read() == picture()
    assert order.input.link().startswith("http://127.0.0.1:")


def test_a_file_that_is_gone_or_of_another_team(retouch, team):
    job = claimed(retouch())
    job.source_asset = None
    with pytest.raises(InvalidRequest):
        steps.make_order(job)
    job.source_asset = make_asset(make_team())
    with pytest.raises(InvalidRequest):
        steps.make_order(job)


def test_masks_and_references(retouch, team):
    area, reference, foreign = make_asset(team, 1), make_asset(team, 2), make_asset(make_team(), 3)
    job = retouch(area=(f"asset:{area.pk}",), pictures=(f"asset:{reference.pk}",))
    order = steps.make_order(claimed(job))
    assert order.media["area"][0].read() == picture(1)
    assert order.media["pictures"][0].read() == picture(2)
    Job.objects.update(params={"pictures": [f"asset:{foreign.pk}"]})
    job.refresh_from_db()
    assert steps.make_order(job).media["pictures"] == ()


def test_a_result_is_named_only_to_the_account_that_made_it(ask, retouch, run_engine):
    first = ask()
    run_engine()
    output = first.outputs.first()
    job = claimed(retouch(source=output))
    assert steps.make_order(job).source.remote_id == "r-1"
    ProviderAccount.objects.create(provider="fake", label="New", credentials=encrypt({"key": "k"}))
    order = steps.make_order(job)
    assert (order.source, job.account.label) == (None, "New")
    assert order.input is not None


# --- moodboards ---


@pytest.fixture
def board(team, asset, monkeypatch) -> BoardInfo:
    info = BoardInfo(7, "Reef", "", (asset.pk,), 1)
    monkeypatch.setattr(copies, "_finders", [lambda _team, ids: [info] if 7 in ids else []])
    monkeypatch.setattr(copies, "CALM", timedelta(0))
    return info


def orders(job: Job) -> Iterator[str]:
    return iter(job.events.order_by("id").values_list("kind", flat=True))


def make_due() -> None:
    Job.objects.filter(state__in=JobState.live()).update(due_at=timezone.now())
    ServiceBoard.objects.exclude(due_at=None).update(due_at=timezone.now())


def work(rounds: int = 4) -> None:
    for _round in range(rounds):
        make_due()
        engine.work(0.3)


def test_a_job_waits_for_its_moodboard_without_using_up_attempts(retouch, retoucher, board):
    job = retouch(boards=("board:7",))
    ServiceBoard.objects.update(due_at=timezone.now() + timedelta(hours=1))
    for _look in range(transitions.MAX_SUBMIT_ATTEMPTS + 2):
        Job.objects.update(due_at=timezone.now())
        engine.work(0.1)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.submitted_at) == (JobState.QUEUED, 0, None)
    assert job.due_at > timezone.now()
    assert retoucher.asked["submit"] == 0
    work()
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    assert audit() == []


def test_the_order_carries_the_services_ids(retouch, retoucher, board):
    seen = []
    retoucher.submits = [lambda order: seen.append(order.boards) or running("r-1")]
    retouch(boards=("board:7",))
    work()
    assert seen == [{"boards": ("m-1",)}]


def test_a_job_that_waited_too_long_for_its_moodboard_ends(retouch, retoucher, board):
    job = retouch(boards=("board:7",))
    Job.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))
    engine.work(0.2)
    job.refresh_from_db()
    assert (job.state, retoucher.asked["submit"]) == (JobState.FAILED, 0)
    assert billing.balance(job.team).available == 1000


def test_a_moodboard_that_is_refused_ends_the_job_with_its_sentence(retouch, retoucher, board):
    job = retouch(boards=("board:7",))
    ServiceBoard.objects.update(state="failed", problem="The service does not take a picture of it.", due_at=None)
    engine.work(0.3)
    job.refresh_from_db()
    assert (job.state, job.error_message) == (JobState.FAILED, "The service does not take a picture of it.")
    assert billing.balance(job.team) == billing.Balance(available=1000, held=0)
    assert audit() == []


def test_a_moodboard_that_the_service_lost_is_sent_again_once(retouch, retoucher, board):
    retoucher.kept = set()

    def refuses(_order):
        retoucher.kept.clear()
        raise InvalidRequest("No such moodboard.")

    retoucher.submits = [refuses]
    job = retouch(boards=("board:7",))
    ServiceBoard.objects.update(updated_at=timezone.now() - timedelta(minutes=1))
    work(6)
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    assert (retoucher.asked["submit"], retoucher.asked["board"]) == (2, 2)
    assert list(orders(job)).count(EventKind.RETRY) == 1
    assert audit() == []


def test_it_is_never_sent_a_third_time(retouch, retoucher, board):
    def refuses(_order):
        retoucher.kept.clear()
        raise InvalidRequest("No such moodboard.")

    retoucher.submits = [refuses, refuses, refuses]
    job = retouch(boards=("board:7",))
    work(9)
    job.refresh_from_db()
    assert (job.state, job.error_message) == (JobState.FAILED, "No such moodboard.")
    assert retoucher.asked["submit"] == 2
    assert billing.balance(job.team).available == 1000


@pytest.mark.parametrize("trouble", [None, Unavailable(maybe_accepted=True)])
def test_a_refusal_for_another_reason_stands(retouch, retoucher, board, monkeypatch, trouble):
    async def verify(*_args):
        if trouble:
            raise trouble
        return 0

    monkeypatch.setattr(copies, "verify", verify)
    retoucher.submits = [InvalidRequest("Not like this.")]
    job = retouch(boards=("board:7",))
    work()
    job.refresh_from_db()
    assert (job.state, job.error_message) == (JobState.FAILED, "Not like this.")
    assert retoucher.asked["submit"] == 1


# --- what is kept on disk meanwhile ---


@pytest.fixture
def spooled(settings, tmp_path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "spool"


def left(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir()) if folder.is_dir() else []


def test_nothing_is_left_of_a_job_that_ended(ask, run_engine, fake, spooled, monkeypatch):
    ask()
    fake.fetches = [failed("r-1")]
    run_engine()
    fake.fetches = [done("r-2")]
    ask()
    run_engine()
    assert left(spooled) == []


def test_nothing_is_left_of_a_job_that_could_not_be_collected(ask, run_engine, fake, spooled, monkeypatch):
    async def broken(*_args):
        raise OSError("disk full")

    for module in ("steps", "transitions"):
        monkeypatch.setattr(f"studio.jobs.{module}.COLLECT_PAUSES", (0.0,))
    monkeypatch.setattr(steps, "collect", broken)
    job = ask()
    run_engine()
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "collect_failed")
    assert left(spooled) == []


def test_a_sweep_takes_what_nobody_wants_any_more(ask, run_engine, fake, spooled):
    live, ended = ask(), ask()
    Job.objects.filter(pk=ended.pk).update(state=JobState.FAILED, due_at=None)
    for job_id in (live.pk, ended.pk, 999_999):
        spool.keep_inline_files(job_id, done("r"))
    spool.sweep(transitions.still_collectable)
    assert len(left(spooled)) == 3, "what is young stays"
    for folder in spooled.iterdir():
        os.utime(folder, (0, 0))
    spool.sweep(transitions.still_collectable)
    assert left(spooled) == [str(live.pk)]


def test_a_spool_address_is_the_jobs_own(spooled):
    spool.keep_inline_files(1, done("r"))
    assert spool.find(1, "spool:0").read_bytes() == picture(0)
    assert not spool.find(2, "spool:../1/0").exists()
    assert spool.find(1, "https://pictures.example/0") is None


def test_a_file_that_went_meanwhile_is_collected_again(ask, run_engine, fake, monkeypatch):
    record, gone = slots.record_many, iter([True])

    def sometimes(*args, **kwargs):
        if next(gone, False):
            raise files.MediaProblem("gone")
        return record(*args, **kwargs)

    monkeypatch.setattr(slots, "record_many", sometimes)
    monkeypatch.setattr(transitions, "COLLECT_PAUSES", (0.0, 0.0, 0.0))
    job = ask()
    run_engine()
    job.refresh_from_db()
    assert (job.state, job.cost) == (JobState.SUCCEEDED, 4)
    assert audit() == []


def test_collecting_has_an_end(ask, fake):
    fake.fetches = [running("r-1", poll_after=3600)]
    job = ask()
    engine.work(0.2)
    Job.objects.update(
        state=JobState.COLLECTING, snapshot={"files": []}, due_at=timezone.now(), deadline_at=timezone.now()
    )
    engine.work(0.2)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "collect_expired")
    assert billing.balance(job.team).available == 1000
    assert audit() == []

"""What goes into the trash, comes back, and is deleted for good; files stay as long as something uses them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from studio.jobs import trash
from studio.jobs.models import Job, JobState, Output, OutputState, ServiceBoard
from studio.media.models import Asset, Origin
from studio.media.services import prepare, record
from tests.media.pictures import encode, photo


@pytest.fixture(autouse=True)
def _own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def asset(team, alice):
    """A stored picture; each colour is a file of its own."""

    def make(shade: int = 0) -> Asset:
        from django.db import transaction

        prepared = prepare(encode(photo(64 + shade, 48), "PNG"), mode="result")
        with transaction.atomic():
            return record(prepared, team=team, user=alice, origin=Origin.RESULT, name="A reef")

    return make


@pytest.fixture
def finished(team, alice):
    def make(*assets: Asset, state: str = JobState.SUCCEEDED, **fields: object) -> Job:
        now = timezone.now()
        job = Job.objects.create(
            team=team, created_by=alice, request_key=f"trash-{Job.objects.count()}", provider="fake", model="once",
            operation="create", prompt="a reef", state=state, quote=4, deadline_at=now, **fields,
        )  # fmt: skip
        for index, item in enumerate(assets):
            Output.objects.create(team=team, job=job, index=index, state=OutputState.DONE, asset=item)
        return job

    return make


def on_disk(asset: Asset) -> bool:
    from django.core.files.storage import default_storage

    return default_storage.exists(asset.storage_key)


def age(days: int) -> None:
    Output.objects.filter(trashed_at__isnull=False).update(trashed_at=timezone.now() - timedelta(days=days))


def test_into_the_trash_and_back(team, alice, bob, asset, finished):
    job = finished(asset(), asset(1))
    first, second = job.outputs.all()
    assert trash.trash_outputs(team, bob, [first.pk, second.pk, 999_999]) == [first.pk, second.pk]
    assert trash.trash_outputs(team, alice, [first.pk]) == []
    first.refresh_from_db()
    assert first.trashed_by == bob
    assert trash.restore_outputs(team, [first.pk]) == [first.pk]
    assert trash.restore_outputs(team, [first.pk]) == []
    first.refresh_from_db()
    assert (first.trashed_at, first.trashed_by) == (None, None)


def test_other_teams_things_stay(team, charlie, asset, finished):
    job = finished(asset())
    elsewhere = charlie.teams.get()
    ids = list(job.outputs.values_list("pk", flat=True))
    assert trash.trash_outputs(elsewhere, charlie, ids) == []
    assert trash.delete_jobs(elsewhere, charlie, [job.pk]) == []
    trash.trash_outputs(team, charlie, ids)
    assert trash.restore_outputs(elsewhere, ids) == []
    assert trash.delete_for_good(elsewhere, ids) == 0


@pytest.mark.parametrize("state", JobState.live())
def test_a_live_job_cannot_be_deleted(team, alice, finished, state):
    job = finished(state=state)
    assert trash.delete_jobs(team, alice, [job.pk]) == []
    job.refresh_from_db()
    assert job.deleted_at is None


def test_a_deleted_job_takes_its_results_and_brings_back_just_them(team, alice, asset, finished):
    job = finished(asset(), asset(1))
    early, late = job.outputs.all()
    trash.trash_outputs(team, alice, [early.pk])
    assert trash.delete_jobs(team, alice, [job.pk]) == [job.pk]
    assert trash.delete_jobs(team, alice, [job.pk]) == []
    assert job.outputs.filter(trashed_at__isnull=False).count() == 2
    assert trash.restore_jobs(team, [job.pk]) == [job.pk]
    early.refresh_from_db()
    late.refresh_from_db()
    job.refresh_from_db()
    assert early.trashed_at is not None
    assert (late.trashed_at, job.deleted_at) == (None, None)


def test_a_restored_result_brings_its_job_back(team, alice, asset, finished):
    job = finished(asset())
    trash.delete_jobs(team, alice, [job.pk])
    trash.restore_outputs(team, job.outputs.values_list("pk", flat=True))
    job.refresh_from_db()
    assert job.deleted_at is None


def test_purging_takes_files_but_leaves_the_rows(team, alice, asset, finished, django_capture_on_commit_callbacks):
    picture = asset()
    job = finished(picture)
    output = job.outputs.get()
    follow_up = finished(asset(1), source=output)
    trash.trash_outputs(team, alice, [output.pk])
    with django_capture_on_commit_callbacks(execute=True):
        assert trash.purge(timezone.now() - timedelta(days=30)) == 0
        age(31)
        assert trash.purge(timezone.now() - timedelta(days=30)) == 1
    output.refresh_from_db()
    follow_up.refresh_from_db()
    assert (output.state, output.asset_id, follow_up.source_id) == (OutputState.PURGED, None, output.pk)
    assert not Asset.objects.filter(pk=picture.pk).exists()
    assert not on_disk(picture)


def test_the_clock_purges_by_the_setting(team, alice, asset, finished, settings):
    settings.TRASH_DAYS = 7
    job = finished(asset())
    trash.delete_jobs(team, alice, [job.pk])
    age(6)
    assert trash.purge_old() == 0
    age(8)
    assert trash.purge_old() == 1


def test_only_what_is_in_the_trash_is_deleted_for_good(team, alice, asset, finished):
    job = finished(asset(), asset(1))
    gone, kept = job.outputs.values_list("pk", flat=True)
    trash.trash_outputs(team, alice, [gone])
    assert trash.delete_for_good(team, [gone, kept]) == 1
    assert trash.delete_for_good(team, [gone, kept]) == 0
    assert set(job.outputs.values_list("state", flat=True)) == {OutputState.PURGED, OutputState.DONE}


def uses(kind: str, picture: Asset, finished, team) -> None:
    if kind == "another result":
        finished(picture)
    elif kind == "the start of a job":
        finished(source_asset=picture)
    elif kind == "a reference":
        finished(params={"prompt": "x", "image_prompts": [f"asset:{picture.pk}"]})
    elif kind == "a service's moodboard":
        ServiceBoard.objects.create(team=team, board=1, provider="fake", name="Reef", asset_ids=[picture.pk])


@pytest.mark.parametrize("kind", ["another result", "the start of a job", "a reference", "a service's moodboard"])
def test_a_file_in_use_stays(team, alice, asset, finished, django_capture_on_commit_callbacks, kind):
    picture = asset()
    output = finished(picture).outputs.get()
    uses(kind, picture, finished, team)
    trash.trash_outputs(team, alice, [output.pk])
    with django_capture_on_commit_callbacks(execute=True):
        assert trash.delete_for_good(team, [output.pk]) == 1
    assert Asset.objects.filter(pk=picture.pk).exists()
    assert on_disk(picture)


def test_similar_numbers_are_not_references(team, alice, asset, finished):
    picture = asset()
    output = finished(picture).outputs.get()
    finished(params={"prompt": f"see asset:{picture.pk} there", "image_prompts": [f"asset:{picture.pk}0"]})
    trash.trash_outputs(team, alice, [output.pk])
    trash.delete_for_good(team, [output.pk])
    assert not Asset.objects.filter(pk=picture.pk).exists()


def test_rooms_say_what_they_keep(team, alice, asset, finished, monkeypatch):
    monkeypatch.setattr(trash, "_keepers", [])
    kept, gone = asset(), asset(1)
    ids = list(finished(kept, gone).outputs.values_list("pk", flat=True))
    trash.keeps(lambda asked: asked & {kept.pk})
    trash.trash_outputs(team, alice, ids)
    assert trash.delete_for_good(team, ids) == 2
    assert Asset.objects.filter(pk=kept.pk).exists()
    assert not Asset.objects.filter(pk=gone.pk).exists()


def test_files_of_equal_content_are_shared(team, alice, asset, finished, django_capture_on_commit_callbacks):
    one, same = asset(), asset()
    assert one.storage_key == same.storage_key
    output = finished(one).outputs.get()
    finished(same)
    trash.trash_outputs(team, alice, [output.pk])
    with django_capture_on_commit_callbacks(execute=True):
        trash.delete_for_good(team, [output.pk])
    assert not Asset.objects.filter(pk=one.pk).exists()
    assert on_disk(same)


# ── files that nobody uses ──


def old(*assets: Asset, origin: str = Origin.RESULT, days: int = 31) -> None:
    moment = timezone.now() - timedelta(days=days)
    Asset.objects.filter(pk__in=[asset.pk for asset in assets]).update(origin=origin, created_at=moment)


@pytest.mark.parametrize("origin", [Origin.MASK, Origin.FRAME, Origin.RESULT])
def test_what_the_studio_made_and_nobody_uses_goes(asset, origin, django_capture_on_commit_callbacks):
    unused = asset()
    old(unused, origin=origin)
    with django_capture_on_commit_callbacks(execute=True):
        assert trash.sweep(timezone.now() - timedelta(days=30)) is None
    assert not Asset.objects.exists()
    assert not on_disk(unused)


def test_uploads_and_what_is_new_stay(asset):
    upload, young = asset(), asset(1)
    old(upload, origin=Origin.UPLOAD, days=900)
    old(young, origin=Origin.MASK, days=29)
    trash.sweep(timezone.now() - timedelta(days=30))
    assert Asset.objects.count() == 2


@pytest.mark.parametrize("kind", ["another result", "the start of a job", "a reference", "a service's moodboard"])
def test_old_files_in_use_stay(team, asset, finished, kind):
    picture = asset()
    old(picture)
    uses(kind, picture, finished, team)
    trash.sweep(timezone.now() - timedelta(days=30))
    assert Asset.objects.filter(pk=picture.pk).exists()


def test_a_sweep_goes_on_where_it_ended(asset, finished):
    files = [asset(shade) for shade in range(4)]
    old(*files)
    finished(params={"image_prompts": [f"asset:{files[0].pk}"]})
    before = timezone.now() - timedelta(days=30)
    after = trash.sweep(before, 0, 2)
    assert (after, Asset.objects.count()) == (files[1].pk, 3)
    assert trash.sweep(before, after, 2) == files[3].pk
    assert trash.sweep(before, files[3].pk, 2) is None
    assert list(Asset.objects.all()) == [files[0]]


def test_the_clock_sweeps_once_a_day_and_asks_the_rooms(asset, monkeypatch):
    monkeypatch.setattr(trash, "_daily", trash._DailySweep())
    asked: list[object] = []
    monkeypatch.setattr(trash, "_purgers", [asked.append])
    old(asset())
    trash.purge_old()
    assert not Asset.objects.exists()
    later = asset()
    old(later)
    trash.purge_old()
    assert Asset.objects.exists()
    assert len(asked) == 2


def test_jobs_are_read_once_for_all_batches(team, alice, asset, finished, monkeypatch):
    """A job that comes between two batches is seen all the same."""
    monkeypatch.setattr(trash, "BATCH", 1)
    pictures = [asset(shade) for shade in range(3)]
    job = finished(*pictures)
    for number in range(3):
        finished(params={"image_prompts": ["asset:999"], "prompt": str(number)})
    Job.objects.update(created_at=timezone.now() - timedelta(days=1))
    read: list[int] = []
    referred_to = trash._referred_to

    def count(jobs):
        read.append(jobs.count())
        if len(read) == 1:
            finished(params={"image_prompts": [f"asset:{pictures[2].pk}"]})
        return referred_to(jobs)

    monkeypatch.setattr(trash, "_referred_to", count)
    ids = list(job.outputs.values_list("pk", flat=True))
    trash.trash_outputs(team, alice, ids)
    assert trash.delete_for_good(team, ids) == 3
    assert read == [4, 1, 1, 1]
    assert list(Asset.objects.all()) == [pictures[2]]


def test_a_batch_that_breaks_does_not_end_the_clock(team, alice, asset, finished, monkeypatch):
    from django.db import IntegrityError

    def refuse(*args: object) -> int:
        raise IntegrityError("used by something")

    ids = list(finished(asset()).outputs.values_list("pk", flat=True))
    trash.trash_outputs(team, alice, ids)
    monkeypatch.setattr(trash, "_delete_unused", refuse)
    assert trash.delete_for_good(team, ids) == 0
    assert Output.objects.get().state == OutputState.DONE

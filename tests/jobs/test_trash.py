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

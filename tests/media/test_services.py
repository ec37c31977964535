from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.storage.memory import InMemoryStorage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import transaction

from studio.media import services, storage
from studio.media.models import Asset, ImportState, Origin, Rendition, UrlImport
from studio.media.problems import MediaProblem
from tests.factories import make_team
from tests.media.pictures import GPS_TOWN, encode, exif, photo


def record(data: bytes, team, user, name: str = "") -> Asset:
    return services.record(services.prepare(data, mode="result"), team=team, user=user, origin=Origin.RESULT, name=name)


# ── where files lie ──────────────────────────────────


def test_files_lie_under_their_hash(png, files):
    prepared = services.prepare(png, mode="result")
    sha = prepared.sha256
    assert files() == {
        f"originals/{sha[:2]}/{sha[2:4]}/{sha}.png",
        f"renditions/{sha[:2]}/{sha[2:4]}/{sha}-w320.webp",
        f"renditions/{sha[:2]}/{sha[2:4]}/{sha}-w768.webp",
    }


def test_equal_files_are_kept_once(png, files, media_root):
    prepared = services.prepare(png, mode="result")
    path = media_root / prepared.storage_key
    before, inode = files(), path.stat().st_ino
    assert services.prepare(png, mode="upload") == prepared
    assert (files(), path.stat().st_ino) == (before, inode)


def test_a_file_that_a_power_cut_left_short_is_replaced(png, media_root):
    key = services.prepare(png, mode="result").storage_key
    (media_root / key).write_bytes(b"")
    services.prepare(png, mode="result")
    assert (media_root / key).read_bytes() == png


def test_the_source_stays_where_it_was(png, tmp_path):
    source = tmp_path / "from the service"
    source.write_bytes(png)
    prepared = services.prepare(source, mode="result")
    assert source.read_bytes() == png
    source.write_bytes(b"something else")
    assert default_storage.open(prepared.storage_key).read() == png


def test_work_left_by_a_killed_process_is_cleared_away(png, media_root):
    old, young = media_root / "work" / "picture-old", media_root / "work" / "picture-young"
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "source").write_bytes(b"x")
    long_ago = time.time() - storage.ABANDONED_AFTER - 60
    os.utime(old, (long_ago, long_ago))
    services.prepare(png, mode="result")
    assert {path.name for path in (media_root / "work").iterdir()} == {"picture-young"}


def test_another_storage_than_the_file_system(png, settings, team, alice, django_capture_on_commit_callbacks):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.memory.InMemoryStorage"},
    }
    assert storage.local_path("") is None
    services.prepare(png, mode="result")
    asset = record(png, team, alice)
    assert isinstance(default_storage._wrapped, InMemoryStorage)
    with services.open_original(asset) as file:
        assert file.read() == png
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_asset(asset)
    assert not default_storage.exists(asset.storage_key)


# ── rows ─────────────────────────────────────────────


def test_an_asset_is_what_was_prepared(team, alice, png):
    asset = Asset.objects.get(pk=record(png, team, alice, "A reef").pk)
    assert (asset.team, asset.created_by, asset.name, asset.origin) == (team, alice, "A reef", "result")
    assert (asset.kind, asset.media_type, asset.width, asset.height) == ("image", "image/png", 400, 300)
    assert asset.size == len(png)
    assert asset.placeholder.startswith("data:image/webp;base64,")
    made = list(asset.renditions.order_by("width").values_list("spec", "width", "height"))
    assert made == [("w320", 320, 240), ("w768", 400, 300)]


def test_many_in_two_statements(team, alice, django_assert_num_queries):
    prepared = [services.prepare(encode(photo(100 + n, 80), "PNG"), mode="result") for n in range(4)]
    postgres = transaction.get_connection().vendor == "postgresql"
    with django_assert_num_queries(2 + (4 if postgres else 0)):
        assets = services.record_many(prepared, team=team, user=alice, origin=Origin.RESULT, name="x" * 300)
    assert [asset.width for asset in assets] == [100, 101, 102, 103]
    assert {len(asset.name) for asset in assets} == {200}
    assert Rendition.objects.count() == 4
    assert services.record_many([], team=team, user=alice, origin=Origin.RESULT) == []


@pytest.mark.django_db(transaction=True)
def test_recording_belongs_in_a_transaction(png, alice, team):
    with pytest.raises(transaction.TransactionManagementError):
        record(png, team, alice)


# ── uploads ──────────────────────────────────────────


def test_an_upload(team, alice, png):
    asset = services.receive_upload(
        SimpleUploadedFile("C:\\Pictures\\my\u202egnp.reef.png", png), team=team, user=alice
    )
    assert (asset.origin, asset.name, asset.created_by) == ("upload", "mygnp.reef.png", alice)


def test_a_large_upload_is_read_from_the_disk(team, alice, media_root):
    data = encode(photo(), "JPEG", exif=exif())
    file = TemporaryUploadedFile("phone.jpg", "text/html", len(data), None)
    file.write(data)
    file.flush()
    asset = services.receive_upload(file, team=team, user=alice)
    assert asset.media_type == "image/jpeg"
    assert GPS_TOWN.encode() not in (media_root / asset.storage_key).read_bytes()


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty"), (b"<html>", "web_page"), (b"x" * 3_000_000, "too_large"), (b"hello", "not_a_picture")],
)
def test_a_refused_upload_leaves_nothing(team, alice, settings, data, code, files):
    settings.MAX_UPLOAD_BYTES = 2_000_000
    with pytest.raises(MediaProblem) as caught:
        services.receive_upload(SimpleUploadedFile("a.png", data, "image/png"), team=team, user=alice)
    assert caught.value.code == code
    assert not Asset.objects.exists()
    assert files() == set()


# ── deleting ─────────────────────────────────────────


def test_files_go_with_the_last_asset_that_has_them(team, alice, png, files, django_capture_on_commit_callbacks):
    mine, theirs = record(png, team, alice), record(png, make_team("Other"), None)
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_asset(mine)
    assert len(files()) == 3
    with django_capture_on_commit_callbacks() as callbacks:
        services.delete_asset(theirs)
    assert len(files()) == 3, "not before the commit"
    callbacks[0]()
    assert files() == set()


def test_deleting_a_queryset_deletes_files_too(team, alice, png, files, django_capture_on_commit_callbacks):
    record(png, team, alice)
    record(encode(photo(64, 64), "PNG"), team, alice)
    with django_capture_on_commit_callbacks(execute=True):
        Asset.objects.all().delete()
    assert files() == set()


@pytest.mark.django_db(transaction=True)
def test_a_deletion_that_is_rolled_back_deletes_nothing(team, alice, png, files):
    with transaction.atomic():
        asset = record(png, team, alice)
    with pytest.raises(RuntimeError), transaction.atomic():
        services.delete_asset(asset)
        raise RuntimeError
    assert len(files()) == 3
    assert Asset.objects.get().renditions.count() == 2
    services.delete_asset(Asset.objects.get())
    assert files() == set()


@pytest.mark.parametrize("part", [0, 1])
def test_a_file_deleted_between_preparing_and_recording_is_noticed(team, alice, png, part):
    prepared = services.prepare(png, mode="upload")
    default_storage.delete([prepared.storage_key, prepared.renditions[0].storage_key][part])
    with pytest.raises(MediaProblem) as caught:
        services.record(prepared, team=team, user=alice, origin=Origin.UPLOAD)
    assert caught.value.code == "gone"


def test_content_deleted_between_preparing_and_recording_is_noticed(
    team, alice, png, django_capture_on_commit_callbacks
):
    asset = record(png, team, alice)
    prepared = services.prepare(png, mode="upload")
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_asset(asset)
    with pytest.raises(MediaProblem) as caught:
        services.record(prepared, team=team, user=alice, origin=Origin.UPLOAD)
    assert caught.value.code == "gone"


def test_an_upload_whose_content_was_just_deleted_is_taken_again(team, alice, png, monkeypatch, files):
    real, calls = services.prepare, []

    def prepare(source, **options):
        prepared = real(source, **options)
        calls.append(prepared)
        if len(calls) == 1:
            storage.remove(prepared.storage_key, [made.storage_key for made in prepared.renditions])
        return prepared

    monkeypatch.setattr(services, "prepare", prepare)
    services.receive_upload(SimpleUploadedFile("a.png", png), team=team, user=alice)
    assert len(calls) == 2
    assert len(files()) == 3


# ── pictures by address ──────────────────────────────


def test_an_import_is_only_noted(team, alice):
    row = services.request_url_import("  https://example.org/a%20reef.png?size=large ", team, alice)
    assert (row.url, row.state) == ("https://example.org/a%20reef.png?size=large", ImportState.PENDING)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "bad_address"),
        ("example.org/a.png", "bad_address"),
        ("ftp://example.org/a.png", "bad_address"),
        ("file:///etc/passwd", "bad_address"),
        ("javascript:alert(1)", "bad_address"),
        ("data:image/png;base64,AAAA", "bad_address"),
        ("https://", "bad_address"),
        ("https:///a.png", "bad_address"),
        ("https://exa mple.org/", "bad_address"),
        ("https://example.org/\n", ""),
        ("https://example.org/a\nHost: b", "bad_address"),
        ("https://example.org\\@127.0.0.1/", "bad_address"),
        ("https://[::1/", "bad_address"),
        ("https://example.org:99999/", "bad_address"),
        ("https://user:secret@example.org/a.png", "address_with_password"),
        ("https://user@example.org/a.png", "address_with_password"),
        ("https://example.org/" + "a" * 2048, "address_too_long"),
    ],
)
def test_the_form_of_an_address(team, alice, url, code):
    if not code:
        services.request_url_import(url, team, alice)
        return
    with pytest.raises(MediaProblem) as caught:
        services.request_url_import(url, team, alice)
    assert caught.value.code == code
    assert not UrlImport.objects.exists()


def test_a_fetched_picture_becomes_an_upload_once(team, alice, tmp_path: Path):
    source = tmp_path / "fetched"
    source.write_bytes(encode(photo(), "JPEG", exif=exif()))
    row = services.request_url_import("https://example.org/some/a%20reef.jpg?x=1", team, alice)
    asset = services.finish_url_import(row, source)
    assert (row.state, row.asset) == (ImportState.DONE, asset)
    assert (asset.name, asset.origin, asset.team, asset.created_by) == ("a reef.jpg", "upload", team, alice)
    assert services.finish_url_import(row, source) is None
    services.fail_url_import(row, "too late")
    assert (row.state, row.problem) == (ImportState.DONE, "")
    assert Asset.objects.count() == 1


def test_an_import_that_fails(team, alice, tmp_path: Path):
    source = tmp_path / "fetched"
    source.write_bytes(b"<html>")
    row = services.request_url_import("https://example.org/", team, alice)
    with pytest.raises(MediaProblem) as caught:
        services.finish_url_import(row, source)
    services.fail_url_import(row, caught.value.user_message * 20)
    assert (row.state, row.asset, len(row.problem)) == (ImportState.FAILED, None, 300)
    assert row.problem.startswith("This is a web page, not a picture.")

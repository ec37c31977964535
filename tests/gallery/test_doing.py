"""Stars, collections, trash and downloads."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import PurePosixPath

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from studio.accounts.models import Role
from studio.gallery import archive, services
from studio.gallery.models import Collection, CollectionItem, Favourite
from studio.jobs.models import Output, OutputState
from tests.factories import join, make_user
from tests.gallery.conftest import JSON


@pytest.fixture(autouse=True)
def _own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def post(client, url: str, **data: object):
    return client.post(url, data, **JSON)


def stars(user) -> set[int]:
    return set(Favourite.objects.filter(user=user).values_list("output_id", flat=True))


# ── stars ──


def test_a_star_is_a_persons_own(browser_of, room, result, alice, bob):
    first, second = (output.pk for output in result(count=2))
    assert post(browser_of(alice), f"{room}stars/", outputs=f"{first},{second}", on="1").json()["on"]
    post(browser_of(bob), f"{room}stars/", output=first)
    assert (stars(alice), stars(bob)) == ({first, second}, {first})
    post(browser_of(alice), f"{room}stars/", output=first)
    assert (stars(alice), stars(bob)) == ({second}, {first})


def test_starring_twice_is_starring_once(client, room, result, alice):
    pk = result()[0].pk
    for _time in range(2):
        assert post(client, f"{room}stars/", output=pk, on="1").status_code == 200
    assert stars(alice) == {pk}
    post(client, f"{room}stars/", output=pk, on="0")
    post(client, f"{room}stars/", output=pk, on="0")
    assert stars(alice) == set()


def test_viewers_star_and_download_but_change_nothing(browser_of, team, room, result, alice):
    viewer = make_user("Vera View")
    join(team, viewer, Role.VIEWER)
    client, pk = browser_of(viewer), result()[0].pk
    collection = services.create_collection(team, alice, "Autumn")
    assert post(client, f"{room}stars/", output=pk).status_code == 200
    assert post(client, f"{room}download/", output=pk).status_code == 200
    for path in ("trash/put/", "trash/restore/", "trash/delete/", "collections/", f"collections/{collection.pk}/add/"):
        assert post(client, room + path, output=pk, name="Mine").status_code == 403, path


def test_a_form_without_a_script_goes_back_to_where_it_was(client, room, result):
    back = client.post(f"{room}stars/", {"output": result()[0].pk}, HTTP_REFERER=f"http://testserver{room}?q=fox")
    assert (back.status_code, back["Location"]) == (302, f"{room}?q=fox")
    back = client.post(f"{room}stars/", {"output": result()[0].pk}, HTTP_REFERER="http://evil.example/t/x/gallery/")
    assert back["Location"] == room


@pytest.mark.parametrize("path", ["stars/", "trash/put/", "trash/restore/", "trash/delete/", "download/"])
def test_something_has_to_be_selected(client, room, path):
    refused = post(client, room + path)
    assert (refused.status_code, refused.json()["problem"]) == (422, "Select something first.")
    plain = client.post(room + path)
    assert plain.status_code == 422
    assert "Select something first." in plain.content.decode()


@pytest.mark.parametrize("path", ["stars/", "trash/put/", "trash/restore/", "trash/delete/", "download/"])
def test_what_belongs_to_others_is_not_there(client, room, result, charlie, path):
    foreign = result("elsewhere", by=charlie, of=charlie.teams.get())[0]
    assert post(client, room + path, output=foreign.pk).status_code == 404
    foreign.refresh_from_db()
    assert foreign.trashed_at is None
    assert not Favourite.objects.exists()


# ── collections ──


def test_a_collections_life(client, room, result, team):
    first, second = (output.pk for output in result(count=2))
    made = post(client, f"{room}collections/", name="  Northern   lights ", outputs=str(first))
    assert made.json()["said"] == "1 added to “Northern lights”."
    collection = Collection.objects.get(team=team, name="Northern lights")
    base = f"{room}collections/{collection.pk}/"
    added = post(client, f"{base}add/", outputs=f"{first},{second}").json()
    assert added["undo"]["outputs"] == str(second)
    post(client, added["undo"]["url"], outputs=added["undo"]["outputs"])
    assert list(collection.items.values_list("output_id", flat=True)) == [first]
    assert post(client, f"{base}cover/", output=first).status_code == 200
    assert post(client, f"{base}cover/", output=second).json()["problem"].startswith("Only something in")
    assert post(client, f"{base}rename/", name="Aurora").status_code == 200
    gone = post(client, f"{base}delete/").json()
    assert Collection.objects.get(pk=collection.pk).deleted_at is not None
    assert Output.objects.filter(pk=first, trashed_at=None).exists()
    assert post(client, f"{base}add/", output=first).status_code == 404
    assert post(client, gone["undo"]["url"]).status_code == 200
    back = Collection.objects.get(pk=collection.pk)
    assert (back.name, back.deleted_at, back.items.count()) == ("Aurora", None, 1)


def test_a_collection_deleted_long_ago_goes_and_its_results_stay(room, result, team, alice):
    outputs = result()
    collection = services.create_collection(team, alice, "Reefs")
    services.add_to_collection(collection, alice, [output.pk for output in outputs])
    before = timezone.now() - timedelta(days=30)
    services.delete_collection(collection)
    services.purge(before)
    assert Collection.objects.exists()
    Collection.objects.update(deleted_at=before - timedelta(days=1))
    services.purge(before)
    assert not Collection.objects.exists()
    assert Output.objects.count() == len(outputs)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("   ", "Give it a name."), ("x" * 81, "Use at most 80 characters."), ("AUTUMN", "There is a collection of this")],
)
def test_names_that_do_not_do(client, room, team, alice, name, problem):
    services.create_collection(team, alice, "Autumn")
    refused = post(client, f"{room}collections/", name=name)
    assert refused.status_code == 422
    assert refused.json()["problem"].startswith(problem)
    page = client.post(f"{room}collections/", {"name": name})
    assert page.status_code == 422
    assert problem in page.content.decode()
    assert f'value="{name}"' in page.content.decode()
    assert Collection.objects.count() == 1


def test_a_name_that_was_taken_meanwhile_gets_a_number(client, room, team, alice):
    old = services.create_collection(team, alice, "Autumn")
    services.delete_collection(old)
    services.create_collection(team, alice, "Autumn")
    post(client, f"{room}collections/{old.pk}/restore/")
    old.refresh_from_db()
    assert old.name == "Autumn (2)"


def test_collections_are_the_teams(browser_of, room, team, alice, bob, charlie, result):
    collection = services.create_collection(team, alice, "Autumn")
    assert "Autumn" in browser_of(bob).get(room).content.decode()
    elsewhere = charlie.teams.get()
    theirs = f"/t/{elsewhere.slug}/gallery/collections/{collection.pk}/rename/"
    assert post(browser_of(charlie), theirs, name="Mine now").status_code == 404
    foreign = result("theirs", by=charlie, of=elsewhere)[0]
    assert services.add_to_collection(collection, alice, [foreign.pk]) == []
    assert not CollectionItem.objects.exists()


# ── trash ──


def test_trash_and_undo(client, room, result, team):
    first, second = (output.pk for output in result(count=2))
    told = post(client, f"{room}trash/put/", outputs=f"{first},{second}").json()
    assert sorted(told["gone"]) == sorted([first, second])
    page = client.get(f"{room}trash/").content.decode()
    assert "can be restored for" in page
    # the lightbox shows nothing that lies in the trash
    assert "data-lightbox" not in page
    assert post(client, told["undo"]["url"], outputs=told["undo"]["outputs"]).json()["said"] == "2 restored."
    assert Output.objects.filter(team=team, trashed_at=None).count() == 2


def test_deleting_for_good_takes_only_what_lies_in_the_trash(client, room, result):
    kept, gone = result(count=2)
    post(client, f"{room}trash/put/", output=gone.pk)
    told = post(client, f"{room}trash/delete/", outputs=f"{kept.pk},{gone.pk}").json()
    assert told["gone"] == [gone.pk]
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (kept.state, gone.state) == (OutputState.DONE, OutputState.PURGED)
    assert gone.asset_id is None
    assert post(client, f"{room}trash/restore/", output=gone.pk).json()["said"] == "0 restored."


# ── download ──


def with_file(output: Output, content: bytes) -> Output:
    default_storage.save(output.asset.storage_key, ContentFile(content))
    type(output.asset).objects.filter(pk=output.asset_id).update(size=len(content))
    return output


def unzip(response) -> dict[str, bytes]:
    data = b"".join(response.streaming_content)
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        assert {info.compress_type for info in opened.infolist()} == {zipfile.ZIP_STORED}
        return {name: opened.read(name) for name in opened.namelist()}


def test_a_zip_has_the_originals_under_their_prompts(client, room, result):
    first, second = result("a red fox / in: the snow", count=2)
    third = result("A RED FOX   in  the snow")[0]
    chinese = result("一只红色的狐狸")[0]
    nameless = result("")[0]
    for number, output in enumerate((first, second, third, chinese, nameless)):
        with_file(output, bytes([number]) * 300_000)
    ids = [output.pk for output in (first, second, third, chinese, nameless)]
    response = client.post(f"{room}download/", {"outputs": ",".join(map(str, ids))})
    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"].startswith('attachment; filename="reef-')
    files = unzip(response)
    assert files == {
        f"atelier {nameless.job_id} 1.png": b"\x04" * 300_000,
        "一只红色的狐狸 1.png": b"\x03" * 300_000,
        "A RED FOX in the snow 1.png": b"\x02" * 300_000,
        "a red fox in the snow 2.png": b"\x01" * 300_000,
        "a red fox in the snow 1 (2).png": b"\x00" * 300_000,
    }


def test_many_of_one_name_are_numbered_without_trying_all_numbers(result, monkeypatch):
    tried: list[str] = []

    class Counting(PurePosixPath):
        def with_name(self, name: str):
            tried.append(name)
            return super().with_name(name)

    monkeypatch.setattr(archive, "PurePosixPath", Counting)
    [output] = result("a fox")
    names = [entry.name for entry in archive.entries_of([output] * 60)]
    assert len(set(names)) == 60 and names[59] == "a fox 1 (60).png"
    assert len(tried) == 59


def test_files_that_are_gone_are_named(client, room, result):
    here, lost = with_file(result("here")[0], b"here"), result("lost")[0]
    files = unzip(client.post(f"{room}download/", {"output": [here.pk, lost.pk]}))
    assert files["here 1.png"] == b"here"
    assert "lost 1.png" in files["missing.txt"].decode()


def test_a_zip_is_made_piece_by_piece(result):
    outputs = [with_file(result("large")[0], bytes(3 * archive.CHUNK + 5))]
    pieces = list(archive.zip_chunks(archive.entries_of(outputs)))
    assert max(map(len, pieces)) < archive.CHUNK + 1000
    assert len(pieces) >= 4


def test_too_much_at_once_is_refused(client, room, result, monkeypatch):
    ids = [output.pk for output in result(count=3)]
    monkeypatch.setattr(archive, "MAX_BYTES", 2500)
    refused = post(client, f"{room}download/", outputs=",".join(map(str, ids)))
    assert refused.status_code == 422
    assert "Select less." in refused.json()["problem"]
    monkeypatch.setattr(archive, "MAX_FILES", 2)
    assert post(client, f"{room}download/", outputs=",".join(map(str, ids))).status_code == 422


def test_what_is_in_the_trash_is_not_downloaded(client, room, result):
    pk = result()[0].pk
    post(client, f"{room}trash/put/", output=pk)
    assert post(client, f"{room}download/", output=pk).status_code == 422


def test_a_collection_of_things_that_are_not_the_teams_is_not_made(client, room, result, alice):
    from tests.factories import make_team

    foreign = result(of=make_team("Elsewhere", owner=alice))[0]
    assert post(client, f"{room}collections/", name="Ghost", outputs=str(foreign.pk)).status_code == 404
    assert not Collection.objects.filter(name="Ghost").exists()


@pytest.mark.parametrize("name", ["\u200b", "\x00", " \u200b\t"])
def test_a_name_that_cannot_be_seen_is_none(client, room, name):
    assert "name" in post(client, f"{room}collections/", name=name).json()["problem"]


def test_what_cannot_be_seen_of_a_name_is_left_out(client, room):
    post(client, f"{room}collections/", name="Re\x00ef\u200b")
    assert Collection.objects.get().name == "Reef"

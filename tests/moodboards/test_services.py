"""What may be on a board, in which order, and what services are told."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.jobs import boards as copies
from studio.jobs import trash
from studio.jobs.models import ServiceBoard
from studio.media import services as media
from studio.media.models import Asset, Origin, UrlImport
from studio.moodboards import palette, queries, services
from studio.moodboards.models import BoardImport, BoardItem, Moodboard
from studio.moodboards.services import BoardGone, BoardProblem
from tests.factories import make_team
from tests.media.pictures import encode, photo

pytestmark = pytest.mark.django_db


def names(board: Moodboard) -> list[str]:
    return [item.note or item.asset.name for item in board.items.filter(removed_at=None).select_related("asset")]


def version(board: Moodboard) -> int:
    return Moodboard.objects.get(pk=board.pk).version


@pytest.fixture
def four(board, alice, bare_assets) -> list[BoardItem]:
    return services.add_assets(board, alice, [asset.pk for asset in bare_assets(4)]).items


def test_a_board_needs_a_name(membership):
    for name in ("", "   ", "x" * 121):
        with pytest.raises(BoardProblem) as problem:
            services.create(membership, name)
        assert problem.value.field == "name"
    with pytest.raises(BoardProblem) as problem:
        services.create(membership, "Low sun", "x" * 1001)
    assert problem.value.field == "description"
    assert services.create(membership, "  Low \n sun ").name == "Low sun"


def test_pictures_stand_once_in_their_order(board, alice, make_asset):
    first, second = make_asset((200, 10, 10), name="A"), make_asset((10, 200, 10), name="B")
    added = services.add_assets(board, alice, [first.pk, second.pk, first.pk])
    assert (len(added.items), added.already) == (2, 0)
    again = services.add_assets(board, alice, [second.pk])
    assert (again.items, again.already, again.is_nothing) == ([], 1, False)
    assert names(board) == ["A", "B"]


def test_only_pictures_of_the_team(board, alice, make_asset):
    foreign = make_asset(of=make_team("Elsewhere"))
    mask = make_asset((1, 2, 3))
    type(mask).objects.filter(pk=mask.pk).update(origin="mask")
    added = services.add_assets(board, alice, [foreign.pk, mask.pk, 999_999])
    assert [sentence for _name, sentence in added.refusals] == ["This picture is no longer there."] * 3
    assert added.is_nothing


def test_a_video_is_told_to_give_a_frame(board, alice, bare_assets):
    [video] = bare_assets(1)
    type(video).objects.filter(pk=video.pk).update(kind="video")
    added = services.add_assets(board, alice, [video.pk])
    assert "Use this frame" in added.refusals[0][1]
    assert names(board) == []


def test_a_board_is_full_at_500(board, alice, bare_assets):
    assets = bare_assets(502)
    first = services.add_assets(board, alice, [asset.pk for asset in assets[:499]])
    assert len(first.items) == 499
    rest = services.add_assets(board, alice, [asset.pk for asset in assets[499:]])
    assert (len(rest.items), len(rest.refusals)) == (1, 2)
    assert "at most 500 pictures" in rest.refusals[0][1]
    # what was taken off does not fit any more once others have come
    [gone] = services.remove(board, [first.items[0].pk])
    services.add_assets(board, alice, [assets[500].pk])
    with pytest.raises(BoardProblem, match="at most 500"):
        services.put_back(board, [gone])
    upload = SimpleUploadedFile("dune.png", b"not even looked at")
    assert "at most 500" in services.add_files(board, alice, [upload]).refusals[0][1]
    assert "at most 500" in services.add_address(board, alice, "https://pictures.example/a.png").refusals[0][1]


def test_uploads_and_what_is_no_picture(board, alice, make_asset):
    good = SimpleUploadedFile("reef.png", encode(photo(60, 40), "PNG"))
    bad = SimpleUploadedFile("reef.txt", b"<b>words</b>")
    added = services.add_files(board, alice, [good, bad])
    assert (len(added.items), [name for name, _sentence in added.refusals]) == (1, ["reef.txt"])


@pytest.fixture
def arrive(tmp_path):
    """What the background does when it has fetched the picture that was asked for last."""

    def finish() -> None:
        source = tmp_path / "fetched"
        source.write_bytes(encode(photo(60, 40), "PNG"))
        media.finish_url_import(UrlImport.objects.latest("pk"), source)

    return finish


def test_a_fetched_picture_is_on_the_board_at_once(board, alice, team, arrive):
    asked = services.add_address(board, alice, "https://pictures.example/reef.png")
    assert (asked.fetching, asked.is_nothing) == (1, False)
    assert names(board) == []
    before = version(board)
    arrive()
    # a job that uses the board sees it without anybody having looked
    assert queries.infos(team, [board.pk])[0].count == 1
    assert names(board) == ["reef.png"]
    assert version(board) == before + 1
    assert not BoardImport.objects.exists()


def test_looking_for_boards_changes_nothing(board, alice, team, arrive, monkeypatch):
    services.add_address(board, alice, "https://pictures.example/reef.png")
    monkeypatch.setattr(palette, "draw", lambda picture: pytest.fail("decoded"))
    arrive()
    with CaptureQueriesContext(connection) as asked:
        queries.infos(team, [board.pk])
    assert {query["sql"].split()[0] for query in asked} == {"SELECT"}


def test_a_picture_that_was_dismissed_does_not_come(board, alice, arrive):
    services.add_address(board, alice, "https://pictures.example/reef.png")
    services.dismiss_import(board, BoardImport.objects.get().pk)
    arrive()
    assert names(board) == []


def test_a_picture_for_a_deleted_board_comes_with_undo(board, alice, arrive):
    services.add_address(board, alice, "https://pictures.example/reef.png")
    services.delete(board)
    arrive()
    assert BoardImport.objects.exists()
    services.restore(board)
    assert names(board) == ["reef.png"]
    assert not BoardImport.objects.exists()


def test_a_picture_that_finds_the_board_full_is_not_dropped_in_silence(board, alice, bare_assets, arrive, monkeypatch):
    monkeypatch.setattr(services, "MAX_PICTURES", 1)
    services.add_address(board, alice, "https://pictures.example/reef.png")
    services.add_assets(board, alice, [bare_assets(1)[0].pk])
    arrive()
    view = queries.board_view(board)
    assert [row.problem for row in view.fetching] == [
        "The board was full when this picture came. Take one off, then add it again."
    ]
    assert not any(not row.problem for row in view.fetching)
    services.dismiss_import(board, view.fetching[0].id)
    assert names(board) == ["Dune 0"]


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_that_fails_is_no_failure(board, alice, monkeypatch):
    monkeypatch.setattr(services, "wake", lambda: 1 / 0)
    assert services.add_address(board, alice, "https://pictures.example/reef.png").fetching == 1


def test_a_picture_on_a_board_stays_until_it_was_taken_off_for_a_day(board, alice, make_asset):
    asset = make_asset()
    [item] = services.add_assets(board, alice, [asset.pk]).items
    assert queries.pictures_among({asset.pk}) == {asset.pk}
    services.remove(board, [item.pk])
    assert queries.pictures_among({asset.pk}) == {asset.pk}
    BoardItem.objects.update(removed_at=timezone.now() - timedelta(days=1, minutes=1))
    assert queries.pictures_among({asset.pk}) == set()


@pytest.mark.django_db(transaction=True)
def test_a_board_deleted_long_ago_goes_and_lets_its_pictures_go(board, membership, alice, team, make_asset, settings):
    settings.TRASH_DAYS = 30
    later = services.create(membership, "Deleted later")
    made, sent = make_asset(), make_asset((1, 2, 3))
    Asset.objects.filter(pk=made.pk).update(origin=Origin.RESULT)
    Asset.objects.update(created_at=timezone.now() - timedelta(days=100))
    services.add_assets(board, alice, [made.pk, sent.pk])
    with transaction.atomic():
        copies.want(team, "youchuan", None, queries.infos(team, [board.pk]))
    services.delete(board)
    services.delete(later)
    trash.purge_old()
    assert Moodboard.objects.count() == 2
    Moodboard.objects.filter(pk=board.pk).update(deleted_at=timezone.now() - timedelta(days=31))
    services.purge(timezone.now() - timedelta(days=30))
    trash.sweep(timezone.now() - timedelta(days=30))
    assert list(Moodboard.objects.all()) == [later]
    assert not ServiceBoard.objects.exists()
    # an upload is a person's own
    assert list(Asset.objects.all()) == [sent]


@pytest.mark.django_db(transaction=True)
def test_a_picture_that_is_being_added_is_not_deleted(board, alice, team, make_asset, monkeypatch):
    asset = make_asset()
    Asset.objects.update(origin=Origin.RESULT, created_at=timezone.now() - timedelta(days=100))
    about_to_commit, deleting = threading.Event(), threading.Event()
    changed = services._pictures_changed

    def wait_before_the_commit(of: Moodboard) -> None:
        changed(of)
        about_to_commit.set()
        deleting.wait(10)

    monkeypatch.setattr(services, "_pictures_changed", wait_before_the_commit)
    problems: list[Exception] = []

    def run(work) -> None:
        try:
            work()
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    adding = threading.Thread(target=run, args=(lambda: services.add_assets(board, alice, [asset.pk]),))
    adding.start()
    assert about_to_commit.wait(10)
    sweeping = threading.Thread(target=run, args=(lambda: trash.sweep(timezone.now() - timedelta(days=30)),))
    sweeping.start()
    sweeping.join(1)  # it either waits for the board or has not seen the picture there
    deleting.set()
    adding.join(20)
    sweeping.join(20)
    assert problems == []
    assert Asset.objects.filter(pk=asset.pk).exists()
    assert names(board) == ["Dune"]


def test_a_bad_address_is_refused_at_once(board, alice):
    added = services.add_address(board, alice, "javascript:alert(1)")
    assert added.is_nothing and added.refusals
    assert not BoardImport.objects.exists()


def test_taking_off_and_undo(board, alice, four):
    before = version(board)
    removed = services.remove(board, [four[1].pk, four[2].pk, 999_999])
    assert sorted(removed) == sorted([four[1].pk, four[2].pk])
    assert names(board) == ["Dune 0", "Dune 3"]
    assert services.remove(board, removed) == []
    services.put_back(board, removed)
    assert names(board) == ["Dune 0", "Dune 1", "Dune 2", "Dune 3"]
    assert version(board) == before + 2


def test_adding_again_what_was_taken_off(board, alice, four):
    services.remove(board, [four[0].pk])
    added = services.add_assets(board, alice, [four[0].asset_id])
    assert [item.pk for item in added.items] == [four[0].pk]
    assert names(board) == ["Dune 1", "Dune 2", "Dune 3", "Dune 0"]


def test_deleting_a_board_and_undo(board, alice, team, make_asset):
    services.delete(board)
    assert queries.infos(team, [board.pk]) == []
    with pytest.raises(BoardGone):
        services.add_assets(board, alice, [make_asset().pk])
    services.restore(board)
    assert [info.id for info in queries.infos(team, [board.pk])] == [board.pk]


def test_arranging(board, four):
    one, two, three, four_ = (item.pk for item in four)
    services.move(board, four_, one)
    assert names(board) == ["Dune 3", "Dune 0", "Dune 1", "Dune 2"]
    services.move(board, one, None)
    assert names(board) == ["Dune 3", "Dune 1", "Dune 2", "Dune 0"]
    services.shift(board, two, "later")
    assert names(board) == ["Dune 3", "Dune 2", "Dune 1", "Dune 0"]
    services.shift(board, one, "start")
    services.shift(board, one, "earlier")
    assert names(board) == ["Dune 0", "Dune 3", "Dune 2", "Dune 1"]
    services.shift(board, three, "end")
    assert names(board) == ["Dune 0", "Dune 3", "Dune 1", "Dune 2"]
    services.move(board, three, 999_999)
    assert names(board)[-1] == "Dune 2"
    with pytest.raises(BoardItem.DoesNotExist):
        services.move(board, 999_999, None)


def test_places_never_run_out(board, four):
    _one, two, three, four_ = (item.pk for item in four)
    for turn in range(40):
        services.move(board, (two, three)[turn % 2], (three, two)[turn % 2])
        services.move(board, four_, (two, three)[turn % 2])
    assert sorted(names(board)) == ["Dune 0", "Dune 1", "Dune 2", "Dune 3"]
    places = list(board.items.values_list("position", flat=True))
    assert len(set(places)) == 4


def test_arranging_is_no_change_for_services(board, four):
    before = version(board)
    services.shift(board, four[3].pk, "start")
    services.set_cover(board, four[0])
    services.describe(board, "High sun", "")
    assert version(board) == before


def test_notes(board, alice, make_asset):
    note = services.add_note(board, alice, " Warm light \r\n from the side ")
    assert note.note == "Warm light \n from the side"
    with pytest.raises(BoardProblem):
        services.add_note(board, alice, "   ")
    with pytest.raises(BoardProblem):
        services.write_note(board, note, "x" * 501)
    with pytest.raises(BoardProblem):
        services.set_cover(board, note)
    services.write_note(board, note, "")
    assert names(board) == []
    [item] = services.add_assets(board, alice, [make_asset().pk]).items
    services.write_note(board, item, "This red")
    services.write_note(board, item, "")
    assert names(board) == ["Dune"]


def test_notes_have_a_limit_too(board, alice, monkeypatch):
    monkeypatch.setattr(services, "MAX_NOTES", 1)
    services.add_note(board, alice, "One")
    with pytest.raises(BoardProblem, match="at most 1"):
        services.add_note(board, alice, "Two")


def test_copies_follow_the_pictures(board, alice, team, four):
    with transaction.atomic():
        copies.want(team, "youchuan", None, queries.infos(team, [board.pk]))
    ServiceBoard.objects.update(sent_version=version(board), remote_id="m-1", state="ready", due_at=None)
    services.remove(board, [four[0].pk])
    copy = ServiceBoard.objects.get()
    assert copy.version == version(board) > copy.sent_version
    assert copy.asset_ids == [item.asset_id for item in four[1:]]
    assert copy.due_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_picture_deleted_for_good_leaves_the_board(board, alice, make_asset):
    asset = make_asset()
    services.add_assets(board, alice, [asset.pk])
    before = version(board)
    media.delete_asset(asset)
    assert names(board) == []
    assert version(board) == before + 1


@pytest.mark.django_db(transaction=True)
def test_two_people_arrange_at_once(board, alice, bare_assets):
    items = services.add_assets(board, alice, [asset.pk for asset in bare_assets(6)]).items
    ids = [item.pk for item in items]
    start = threading.Barrier(2)
    problems: list[Exception] = []

    def arrange(mine: list[int]) -> None:
        try:
            start.wait(10)
            for turn in range(8):
                services.move(board, mine[turn % 3], ids[(turn * 5) % 6] if turn % 3 else None)
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    people = [threading.Thread(target=arrange, args=(mine,)) for mine in (ids[:3], ids[3:])]
    for person in people:
        person.start()
    for person in people:
        person.join(30)
    assert problems == []
    assert sorted(names(board)) == [f"Dune {number}" for number in range(6)]
    assert len(set(board.items.values_list("position", flat=True))) == 6


@pytest.mark.django_db(transaction=True)
def test_two_people_add_the_last_picture(board, alice, bare_assets, monkeypatch):
    monkeypatch.setattr(services, "MAX_PICTURES", 3)
    assets = bare_assets(4)
    services.add_assets(board, alice, [asset.pk for asset in assets[:2]])
    start = threading.Barrier(2)
    refusals: list[int] = []

    def put(pk: int) -> None:
        try:
            start.wait(10)
            refusals.append(len(services.add_assets(board, alice, [pk]).refusals))
        finally:
            connection.close()

    people = [threading.Thread(target=put, args=(asset.pk,)) for asset in assets[2:]]
    for person in people:
        person.start()
    for person in people:
        person.join(30)
    assert sorted(refusals) == [0, 1]
    assert len(names(board)) == 3

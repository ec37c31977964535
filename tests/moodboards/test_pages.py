"""The room's pages, as a browser asks for them with and without scripts."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from studio.accounts.models import Role
from studio.jobs.models import BoardState, Job, JobState, Output, OutputState, ServiceBoard
from studio.media.models import UrlImport
from studio.moodboards import services
from studio.moodboards.models import BoardItem, Moodboard
from tests.factories import join, make_user
from tests.media.pictures import encode, photo
from tests.moodboards.conftest import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(team):
    """Addresses of this room: `at("board", board.pk)`."""
    return lambda name, *args: reverse(f"moodboards:{name}", args=[team.slug, *args])


@pytest.fixture
def item(board, alice, make_asset) -> BoardItem:
    return services.add_assets(board, alice, [make_asset().pk]).items[0]


def page(response) -> str:
    return response.content.decode()


def names_on(board: Moodboard) -> list[str]:
    return [row.note or row.asset.name for row in board.items.filter(removed_at=None)]


# ── looking ──


def test_an_empty_room_says_what_belongs_here(client, at):
    told = page(client.get(at("index")))
    assert "Collect what it should look like" in told
    assert at("create") in told


def test_the_wall_shows_covers_counts_and_people(client, at, board, item):
    told = page(client.get(at("index")))
    assert "Low sun" in told and "1 picture · Alice" in told
    assert f"/assets/{item.asset_id}/" in told


def test_html_in_names_is_text(client, at, membership, alice):
    board = services.create(membership, "<script>alert(1)</script>", "<img src=x onerror=alert(1)>")
    services.add_note(board, alice, "<i>Grain</i>")
    for told in (page(client.get(at("index"))), page(client.get(at("board", board.pk)))):
        assert "<script>alert" not in told
    assert "<i>Grain" not in told and "<img src=x" not in told
    assert "&lt;i&gt;Grain" in told


def count_queries(client, url, **headers) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(url, **headers)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url, **headers).status_code == 200
    return len(queries)


def test_a_board_of_many_asks_no_more(client, at, board, alice, bare_assets):
    assets = bare_assets(40)
    services.add_assets(board, alice, [assets[0].pk])
    few = count_queries(client, at("board", board.pk))
    services.add_assets(board, alice, [asset.pk for asset in assets])
    BoardItem.objects.update(colors=[])
    assert count_queries(client, at("board", board.pk)) <= few


def test_a_wall_of_many_asks_no_more(client, at, board, membership, alice, bare_assets):
    assets = bare_assets(30)
    services.set_cover(board, services.add_assets(board, alice, [assets[0].pk]).items[0])
    few = count_queries(client, at("index"))
    choices = count_queries(client, f"{at('picker')}?asset={assets[0].pk}")
    for number in range(8):
        other = services.create(membership, f"Board {number}")
        [first, *_] = services.add_assets(other, alice, [asset.pk for asset in assets[number:]]).items
        services.set_cover(other, first)
    assert count_queries(client, at("index")) <= few
    assert count_queries(client, f"{at('picker')}?asset={assets[0].pk}") <= choices


def test_the_wall_has_pages(client, at, membership, monkeypatch):
    monkeypatch.setattr("studio.moodboards.queries.BOARDS_A_PAGE", 2)
    for number in range(3):
        services.create(membership, f"Board {number}")
    first = page(client.get(at("index")))
    assert "Board 2" in first and "Board 0" not in first
    [older] = re.findall(r'href="(\?before=[^"]+)"', first)
    second = page(client.get(at("index") + older.replace("&amp;", "&")))
    assert "Board 0" in second and "Board 2" not in second
    for nonsense in ("?before=x", "?before=2026-13-45T00:00:00~1", "?before=~", "?deleted=-1"):
        assert client.get(at("index") + nonsense).status_code == 200


def test_nothing_new_is_told_in_no_words(client, at, board, item):
    stamp = re.search(r'data-stamp="(\w+)"', page(client.get(at("board", board.pk)))).group(1)
    same = client.get(at("board", board.pk), {"have": stamp}, **HTMX)
    assert (same.status_code, same.content) == (204, b"")
    services.remove(board, [item.pk])
    newer = client.get(at("board", board.pk), {"have": stamp}, **HTMX)
    assert newer.status_code == 200
    assert "<mood-wall" in page(newer) and "<html" not in page(newer)


def test_a_result_opens_in_the_lightbox(client, at, board, item, team, alice):
    now = timezone.now()
    job = Job.objects.create(
        team=team,
        created_by=alice,
        request_key="a",
        provider="youchuan",
        model="v7",
        operation="diffusion",
        state=JobState.SUCCEEDED,
        quote=0,
        deadline_at=now,
        submitted_at=now,
        finished_at=now,
    )
    output = Output.objects.create(team=team, job=job, index=0, state=OutputState.DONE, asset=item.asset)
    lightbox = reverse("create:lightbox", args=[team.slug, output.pk])
    assert f'href="{lightbox}" data-lightbox' in page(client.get(at("board", board.pk)))
    assert lightbox in page(client.get(at("item", board.pk, item.pk)))
    # and an upload by itself
    output.delete()
    assert lightbox not in page(client.get(at("board", board.pk)))


def test_how_it_stands_at_the_service(client, at, board, item, team):
    assert "Youchuan: will be sent when first used" in page(client.get(at("board", board.pk)))
    version = Moodboard.objects.get(pk=board.pk).version
    copy = ServiceBoard.objects.create(
        team=team,
        board=board.pk,
        provider="youchuan",
        name="x",
        version=version,
        sent_version=version,
        remote_id="m",
        state=BoardState.READY,
    )
    assert "At Youchuan: up to date" in page(client.get(at("board", board.pk)))
    copy.state, copy.problem = BoardState.FAILED, "The filter refused a picture."
    copy.save()
    assert "Youchuan refused it: The filter refused a picture." in page(client.get(at("board", board.pk)))


def test_viewers_look_and_have_no_tools(browser_of, team, at, board, item):
    viewer = make_user("Vera")
    join(team, viewer, Role.VIEWER)
    told = page(browser_of(viewer).get(at("board", board.pk)))
    assert "Low sun" in told
    for tool in ("add-pictures", "mood-pick", "Create with this board", "board-menu"):
        assert tool not in told
    assert browser_of(viewer).post(at("remove", board.pk), {"item": item.pk}).status_code == 403
    assert names_on(board) == ["Dune"]


def test_looking_puts_nothing_on_a_board(browser_of, team, at, board, alice, make_asset):
    viewer = make_user("Vera")
    join(team, viewer, Role.VIEWER)
    services.add_address(board, alice, "https://pictures.example/reef.png")
    UrlImport.objects.update(state="done", asset=make_asset())
    assert "The board was full" in page(browser_of(viewer).get(at("board", board.pk)))
    assert not BoardItem.objects.exists()


# ── changing ──


def test_making_a_board(client, at):
    made = client.post(at("create"), {"name": "Rain", "description": "Grey"})
    board = Moodboard.objects.get()
    assert (made.status_code, made["Location"]) == (302, at("board", board.pk))
    assert client.post(at("create"), {"name": "More"}, **HTMX)["HX-Redirect"] == at("board", board.pk + 1)


def test_a_name_is_asked_for_and_what_was_typed_stays(client, at, board):
    for url, headers in ((at("create"), {}), (at("create"), HTMX), (at("details", board.pk), HTMX)):
        refused = client.post(url, {"name": " ", "description": "Grey & wet"}, **headers)
        assert refused.status_code == 422
        assert "Give the moodboard a name." in page(refused) and "Grey &amp; wet" in page(refused)
        assert "aria-invalid" in page(refused)
    assert Moodboard.objects.get().name == "Low sun"


def test_renaming(client, at, board):
    assert client.post(at("details", board.pk), {"name": "High sun", "description": ""}).status_code == 302
    heading = client.post(at("details", board.pk), {"name": "Noon", "description": "No haze"}, **HTMX)
    assert "<h1>Noon" in page(heading) and "No haze" in page(heading)
    assert "<form" in page(client.get(at("details", board.pk), **HTMX))
    assert "<form" not in page(client.get(at("details", board.pk), {"cancel": ""}, **HTMX))


def test_adding_by_every_way(client, at, board, make_asset, team, alice):
    files = [SimpleUploadedFile(f"{n}.png", encode(photo(60 + n, 40), "PNG")) for n in range(2)]
    assert client.post(at("add", board.pk), {"files": files}).status_code == 302
    asset = make_asset(name="Kept")
    assert client.post(at("add", board.pk), {"asset": [asset.pk]}).status_code == 302
    assert client.post(at("add", board.pk), {"note": "Warm light"}).status_code == 302
    assert names_on(board) == ["0.png", "1.png", "Kept", "Warm light"]
    asked = client.post(at("add", board.pk), {"url": "https://pictures.example/reef.png"}, **HTMX)
    assert "Being fetched" in page(asked) and "data-busy" in page(asked)
    UrlImport.objects.update(state="failed", problem="This address could not be fetched.")
    failed = page(client.get(at("board", board.pk)))
    assert "This address could not be fetched." in failed
    gone = board.imports.get().pk
    assert "could not be fetched" not in page(client.post(at("remove", board.pk), {"import": gone}, **HTMX))


def test_what_cannot_be_added_is_said_by_name(client, at, board):
    files = [
        SimpleUploadedFile("reef.png", encode(photo(60, 40), "PNG")),
        SimpleUploadedFile("notes.txt", b"only words"),
    ]
    some = client.post(at("add", board.pk), {"files": files}, **HTMX)
    assert some.status_code == 200
    assert "notes.txt" in page(some) and names_on(board) == ["reef.png"]
    none = client.post(at("add", board.pk), {"url": "reef"}, **HTMX)
    assert none.status_code == 422
    assert "This is not a web address." in page(none)
    assert "Choose a picture first." in page(client.post(at("add", board.pk)))


def test_taking_off_and_undo_without_scripts(client, at, board, item):
    off = client.post(at("remove", board.pk), {"item": [item.pk]})
    assert off["Location"] == f"{at('board', board.pk)}?removed={item.pk}"
    told = page(client.get(off["Location"]))
    assert "Taken off the board." in told and at("put-back", board.pk) in told
    assert "2 taken off the board." in page(client.get(f"{at('board', board.pk)}?removed={item.pk},{item.pk + 1}"))
    assert client.post(at("put-back", board.pk), {"item": [item.pk]}).status_code == 302
    assert names_on(board) == ["Dune"]


def test_arranging_and_the_cover(client, at, board, alice, bare_assets):
    ids = [row.pk for row in services.add_assets(board, alice, [asset.pk for asset in bare_assets(3)]).items]
    moved = client.post(at("move", board.pk, ids[2]), {"before": ids[0]}, **HTMX)
    assert re.findall(r'data-item="(\d+)"', page(moved)) == [str(ids[n]) for n in (2, 0, 1)]
    assert client.post(at("move", board.pk, ids[2]), {"to": "end"}).status_code == 302
    assert names_on(board) == ["Dune 0", "Dune 1", "Dune 2"]
    client.post(at("cover", board.pk, ids[1]), **HTMX)
    assert Moodboard.objects.get().cover_id == ids[1]
    client.post(at("remove", board.pk), {"item": ids[1]})
    assert client.get(at("index")).status_code == 200


def test_a_note_too_long(client, at, board, item):
    for headers in ({}, HTMX):
        refused = client.post(at("note", board.pk, item.pk), {"note": "x" * 501}, **headers)
        assert refused.status_code == 422
        assert "at most 500 characters" in page(refused)
    assert "x" * 501 in page(client.post(at("note", board.pk, item.pk), {"note": "x" * 501}))


def test_deleting_and_undo(client, at, board, item):
    gone = client.post(at("delete", board.pk))
    told = page(client.get(gone["Location"]))
    assert "“Low sun” was deleted." in told
    assert client.get(at("board", board.pk)).status_code == 404
    assert client.post(at("add", board.pk), {"note": "x"}).status_code == 404
    assert client.post(at("restore", board.pk)).status_code == 302
    assert client.get(at("board", board.pk)).status_code == 200


# ── add to moodboard ──


def test_the_picker_ticks_and_toggles(client, at, board, membership, make_asset):
    asset, other = make_asset(), make_asset((1, 200, 1))
    services.create(membership, "Rain")
    url = f"{at('picker')}?asset={asset.pk}&asset={other.pk}"
    both = {"asset": [asset.pk, other.pk], "board": board.pk, "on": "1"}

    def ticks(response) -> list[str]:
        return re.findall(r'aria-checked="(\w+)"', page(response))

    assert ticks(client.get(url, **HTMX)) == ["false", "false"]
    services.add_assets(board, membership.user, [asset.pk])
    assert sorted(ticks(client.get(url, **HTMX))) == ["false", "mixed"]
    assert sorted(ticks(client.post(at("picker"), both, **HTMX))) == ["false", "true"]
    assert ticks(client.post(at("picker"), both | {"on": "0"}, **HTMX)) == ["false", "false"]
    assert names_on(board) == []
    # without scripts it is a page
    assert "<html" in page(client.get(url))


def test_the_picker_takes_many_pictures_in_one_field(client, at, board, bare_assets):
    ids = [asset.pk for asset in bare_assets(500)]
    look = {"look": "1", "assets": ",".join(map(str, ids))}
    told = client.post(at("picker"), look, **HTMX)
    assert told.status_code == 200 and "500 pictures" in page(told)
    assert names_on(board) == [] and Moodboard.objects.count() == 1
    # each row sends them all again
    assert page(told).count(f'name="assets" value="{look["assets"]}"') == 2
    client.post(at("picker"), {"assets": look["assets"], "board": board.pk, "on": "1"}, **HTMX)
    assert len(names_on(board)) == 500


def test_the_picker_says_when_there_are_too_many(client, at, bare_assets):
    ids = ",".join(str(asset.pk) for asset in bare_assets(501))
    for headers in ({}, HTMX):
        refused = client.post(at("picker"), {"look": "1", "assets": ids}, **headers)
        assert refused.status_code == 422
        assert "At most 500 pictures fit on a board; 501 are selected." in page(refused)
        assert 'name="assets"' not in page(refused)


def test_the_picker_makes_a_board(client, at, make_asset):
    asset = make_asset()
    refused = client.post(at("picker"), {"asset": asset.pk, "name": " "}, **HTMX)
    assert refused.status_code == 422 and "Give the moodboard a name." in page(refused)
    assert client.post(at("picker"), {"asset": asset.pk, "name": "Rain"}, **HTMX).status_code == 200
    assert names_on(Moodboard.objects.get(name="Rain")) == ["Dune"]


def test_the_picker_refuses_videos_and_makes_no_board_for_them(client, at, bare_assets):
    [video] = bare_assets(1)
    type(video).objects.filter(pk=video.pk).update(kind="video")
    refused = client.post(at("picker"), {"asset": video.pk, "name": "Rain"}, **HTMX)
    assert refused.status_code == 422 and "Use this frame" in page(refused)
    assert not Moodboard.objects.exists()


def test_the_picker_knows_no_foreign_pictures(client, at, board, make_asset, charlie):
    foreign = make_asset(of=charlie.teams.get())
    assert client.get(at("picker"), {"asset": foreign.pk}).status_code == 404
    assert client.get(at("picker")).status_code == 404
    assert client.get(at("picker"), {"asset": "nonsense"}).status_code == 404


def test_boards_to_create_with(client, at, board, item, membership, team):
    services.create(membership, "Empty & new")
    told = page(client.get(at("choose"), **HTMX))
    assert f'data-use-board="{board.pk}"' in told and "Empty" not in told
    services.remove(board, [item.pk])
    assert "No moodboard has pictures yet." in page(client.get(at("choose"), **HTMX))

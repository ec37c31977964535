"""What the wall shows, page by page, and what its filters find."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from studio.accounts.models import Role
from studio.gallery import queries, services
from studio.gallery.models import Favourite
from studio.gallery.queries import WallFilters
from studio.jobs import trash
from studio.jobs.filters import search_terms
from studio.jobs.models import Job, JobState, OutputState
from tests.factories import join, make_user
from tests.gallery.conftest import HTMX, JSON


def shown(html: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<figure class="shot[^>]*data-output="(\d+)"', html)]


def found(team, user, **query: object) -> set[int]:
    data = QueryDict(mutable=True)
    data.update({name: str(value) for name, value in query.items()})
    return set(queries.found(team, user, WallFilters.read(data)).values_list("pk", flat=True))


def all_pages(client, room: str, query: str = "") -> list[int]:
    """By the links that lead on, as somebody without a script goes."""
    seen: list[int] = []
    url = f"{room}?{query}"
    for _page in range(100):
        html = client.get(url).content.decode()
        seen += shown(html)
        link = re.search(r'class="on down"[^>]*><a class="btn" href="(\?[^"]*)"', html)
        if link is None:
            return seen
        url = room + link[1].replace("&amp;", "&")
    raise AssertionError("no end")


def test_only_what_is_finished_and_in_sight_is_on_the_wall(client, room, result, team, alice, charlie):
    kept = result("kept")[0]
    rejected = result("rejected")[0]
    type(rejected).objects.filter(pk=rejected.pk).update(state=OutputState.REJECTED)
    trash.trash_outputs(team, alice, [result("trashed")[0].pk])
    trash.delete_jobs(team, alice, [result("deleted")[0].job_id])
    result("elsewhere", by=charlie, of=charlie.teams.get())
    assert shown(client.get(room).content.decode()) == [kept.pk]


@pytest.mark.parametrize("total", [0, 1, queries.PAGE, queries.PAGE + 1, 2 * queries.PAGE + 17])
def test_the_pages_together_are_the_whole_wall(client, room, result, team, alice, total):
    ids = [output.pk for _n in range(-(-total // 4)) for output in result(count=4)][:total]
    extra = set(queries.outputs_on_wall(team).values_list("pk", flat=True)) - set(ids)
    trash.trash_outputs(team, alice, extra)
    assert all_pages(client, room) == sorted(ids, reverse=True)


def test_the_pages_of_any_filter_are_what_it_finds(client, room, result, team, alice, bob, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 7)
    monkeypatch.setattr(queries.wall, "__kwdefaults__", {"before": None, "after": None, "limit": 7})
    dice = random.Random(7)
    words = ["fox", "heron", "lighthouse", "ink"]
    for _n in range(40):
        result(
            " ".join(dice.sample(words, 2)),
            by=dice.choice([alice, bob]),
            model=dice.choice(["v7", "v6.1"]),
            operation=dice.choice(["diffusion", "upscale"]),
            size=dice.choice([(1000, 500), (500, 1000), (800, 800)]),
            count=dice.choice([1, 2]),
        )
    for query in (
        "",
        "q=fox",
        "q=fox+ink",
        f"person={bob.pk}",
        "model=youchuan:v6.1&operation=upscale",
        "shape=square",
        f"q=heron&person={alice.pk}&shape=portrait",
    ):
        whole = queries.found(team, alice, WallFilters.read(QueryDict(query))).values_list("pk", flat=True)
        pages = all_pages(client, room, query)
        assert len(pages) == len(set(pages))
        assert pages == sorted(whole, reverse=True), query


def test_many_jobs_are_filtered_on_the_way_and_few_by_their_ids(result, team, alice, bob, monkeypatch):
    for _n in range(6):
        result("a fox", by=bob)
        result("a heron")
    few = found(team, alice, q="fox", person=bob.pk)
    monkeypatch.setattr(queries, "RARE", 2)
    assert found(team, alice, q="fox", person=bob.pk) == few
    assert len(few) == 6


def test_going_up_meets_the_same_results(client, room, result):
    ids = [output.pk for _n in range(45) for output in result(count=4)]
    middle = sorted(ids)[20]
    html = client.get(f"{room}?before={middle}", **HTMX).content.decode()
    assert shown(html) == sorted((pk for pk in ids if pk < middle), reverse=True)
    above, cursor = [], middle - 1
    while True:
        html = client.get(f"{room}?after={cursor}", **HTMX).content.decode()
        above = shown(html) + above
        more = re.search(r'data-after="(\d+)"', html)
        if more is None:
            break
        cursor = int(more[1])
    assert above == sorted((pk for pk in ids if pk >= middle), reverse=True)


def test_all_words_have_to_occur_in_any_case_and_order(result, team, alice):
    fox = result("A Red FOX in the snow")[0].pk
    result("a red barn")
    accents = result("Blåbær på ØYA, straße")[0].pk
    chinese = result("一只红色的狐狸")[0].pk
    assert found(team, alice, q="fox red") == {fox}
    assert found(team, alice, q='"red fox"') == {fox}
    assert found(team, alice, q='"fox red"') == set()
    assert found(team, alice, q="blåbær øya") == {accents}
    assert found(team, alice, q="狐狸") == {chinese}
    assert found(team, alice, q="100%") == set()
    assert found(team, alice, q="r_d") == set()


def test_digits_may_be_the_seed(result, team, alice):
    output = result("a fox", seed=3141592)[0]
    assert found(team, alice, q="3141592") == {output.pk}
    assert found(team, alice, q="9" * 40) == set()


@given(st.text(max_size=80))
def test_any_search_can_be_read(text):
    terms = search_terms(text)
    assert all(term and term == " ".join(term.split()) for term in terms)
    assert len(terms) == len(set(terms)) <= 12


def test_kind_shape_and_days(result, team, alice):
    wide = result("wide", size=(1600, 900))[0].pk
    tall = result("tall", size=(900, 1600))[0].pk
    square = result("square", size=(1000, 1020))[0].pk
    film = result("film", kind="video", size=(832, 464))[0].pk
    voice = result("voice", kind="audio", size=(0, 0))[0].pk
    old = result("old", at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC))[0].pk
    assert found(team, alice, kind="video") == {film}
    assert found(team, alice, kind="audio") == {voice}
    assert found(team, alice, kind="image", shape="landscape") == {wide, old}
    assert found(team, alice, shape="portrait") == {tall}
    assert found(team, alice, shape="square") == {square}
    assert found(team, alice, until="2026-03-01") == {old}
    assert found(team, alice, until="2026-02-28") == set()
    today = timezone.localdate()
    assert old not in found(team, alice, since=today)
    assert wide in found(team, alice, since=today, until=today)


def test_stars_and_collections_as_filters(result, team, alice, bob):
    first, second = result("first")[0].pk, result("second")[0].pk
    services.star(team, alice, [first])
    services.star(team, bob, [second])
    collection = services.create_collection(team, bob, "Autumn")
    services.add_to_collection(collection, bob, [second])
    assert found(team, alice, starred=1) == {first}
    assert found(team, bob, starred=1) == {second}
    assert found(team, alice, collection=collection.pk) == {second}
    assert found(team, alice, collection=collection.pk, starred=1) == set()
    assert found(team, alice, collection="nonsense") == set()
    services.delete_collection(collection)
    assert found(team, alice, collection=collection.pk) == set()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=yesterday", "This is no day."),
        ("until=2026-13-41", "This is no day."),
        ("since=2026-05-02&until=2026-05-01", "This day is before the first one."),
        ("kind=smell", "Choose images, videos or sounds."),
        ("shape=round", "Choose portrait, landscape or square."),
        ("person=me", "There is no such person"),
    ],
)
def test_what_cannot_be_read_is_told(client, room, result, query, sentence):
    result()
    response = client.get(f"{room}?{query}")
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert shown(response.content.decode()) == []


def test_nonsense_in_the_address_does_no_harm(client, room, result):
    result()
    for query in ("before=-1", "before=" + "9" * 30, "after=x", "month=2026-99", "month=", "q=%00", "q=" + "x" * 9000):
        assert client.get(f"{room}?{query}").status_code == 200, query


def test_filters_that_are_on_can_be_taken_away_one_by_one(client, room, result, bob):
    result("a fox", by=bob)
    html = client.get(f"{room}?q=fox&person={bob.pk}&shape=landscape").content.decode()
    chips = dict(re.findall(r'<a class="chip on" href="([^"]*)"[^>]*>([^<]*)<', html))
    words = {label: url.partition("?")[2].replace("&amp;", "&") for url, label in chips.items()}
    assert words == {
        "“fox”": f"person={bob.pk}&shape=landscape",
        "Bob Bohr": "q=fox&shape=landscape",
        "Landscape": f"q=fox&person={bob.pk}",
    }


def test_each_day_has_one_heading(client, room, result):
    now = timezone.now()
    result("today", count=2)
    result("yesterday", at=now - timedelta(days=1))
    html = client.get(room).content.decode()
    # ids grow with time, so what was made yesterday would stand below; here it heads the wall
    assert re.findall(r'<h2 class="dayh"[^>]*>([^<]+)<', html) == ["Yesterday", "Today"]


def test_a_month_can_be_jumped_to(client, room, result):
    old = result("old", at=datetime(2026, 3, 5, tzinfo=UTC))[0]
    new = result("new")[0]
    html = client.get(f"{room}?month=2026-03").content.decode()
    assert shown(html) == [old.pk]
    assert f'data-after="{old.pk}"' in html
    assert shown(client.get(f"{room}?after={old.pk}", **HTMX).content.decode()) == [new.pk]


def test_prompts_are_text(client, room, result):
    result('<script>alert(1)</script> "quoted" & more')
    html = client.get(room + "?q=%3Cscript%3E").content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &quot;quoted&quot; &amp; more, image 1" in html


def test_the_number_of_queries_does_not_grow(client, room, result, team, alice):
    def count(url: str, **headers: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as told:
            assert client.get(url, **headers).status_code == 200
        return len(told)

    def measure() -> list[int]:
        return [
            count(room),
            count(f"{room}?q=fox&shape=landscape&starred=1"),
            count(f"{room}figures/"),
            count(f"{room}trash/"),
        ]

    services.star(team, alice, [result("a fox")[0].pk])
    services.set_cover(collection := services.create_collection(team, alice, "One"), _added(collection, alice, result))
    trash.trash_outputs(team, alice, [result()[0].pk])
    count(room)
    few = measure()
    for number in range(12):
        outputs = result("a fox", count=4)
        services.star(team, alice, [output.pk for output in outputs])
        more = services.create_collection(team, alice, f"Collection {number}")
        services.add_to_collection(more, alice, [outputs[0].pk])
        services.set_cover(more, outputs[0].pk)
        trash.trash_outputs(team, alice, [outputs[1].pk])
    assert measure() == few
    assert max(few) <= 16


def _added(collection, user, result) -> int:
    pk = result()[0].pk
    services.add_to_collection(collection, user, [pk])
    return pk


def test_figures_are_told_apart_from_the_page(client, room, result, team, alice, monkeypatch):
    outputs = result(count=5)
    services.star(team, alice, [outputs[0].pk])
    trash.trash_outputs(team, alice, [outputs[4].pk])
    told = client.get(f"{room}figures/?starred=1", **JSON).json()
    assert told["figures"]["everything"] == "4"
    assert told["figures"]["starred"] == "1"
    assert told["figures"]["trash"] == "1"
    assert told["found"] == 1
    monkeypatch.setattr(queries, "MOST_COUNTED", 3)
    assert client.get(f"{room}figures/", **JSON).json()["figures"]["everything"] == "3+"


def test_select_all_gives_what_the_filter_finds_up_to_a_limit(client, room, result, monkeypatch):
    fox, _heron = result("fox")[0], result("heron")[0]
    told = client.get(f"{room}ids/?q=fox", **JSON).json()
    assert told == {"outputs": {str(fox.pk): fox.asset_id}, "said": ""}
    monkeypatch.setattr("studio.gallery.views.MOST_AT_ONCE", 1)
    told = client.get(f"{room}ids/", **JSON).json()
    assert len(told["outputs"]) == 1
    assert "newest 1" in told["said"]


def test_viewers_have_no_buttons_that_change_anything(browser_of, team, room, result):
    result()
    viewer = make_user("Vera View")
    join(team, viewer, Role.VIEWER)
    html = browser_of(viewer).get(room).content.decode()
    assert "gallery/stars/" in html
    assert "gallery/download/" in html
    assert "trash/put" not in html
    assert "new-collection" not in html


def test_the_empty_wall_says_what_belongs_there(client, room, team, alice, result):
    assert "Everything that the team makes appears here" in client.get(room).content.decode()
    assert "Nothing found" in client.get(room + "?q=unicorn").content.decode()
    collection = services.create_collection(team, alice, "Ceramics")
    assert "Nothing in Ceramics yet" in client.get(f"{room}?collection={collection.pk}").content.decode()
    assert "The trash is empty" in client.get(f"{room}trash/").content.decode()


def test_a_job_that_was_deleted_takes_late_results_along(result, team, alice):
    output = result("late", state=JobState.FAILED)[0]
    Job.objects.filter(pk=output.job_id).update(deleted_at=timezone.now())
    assert found(team, alice) == set()
    assert not Favourite.objects.exists()

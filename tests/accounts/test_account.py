"""One's own account."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

NEW = "a wholly different sentence"


def change(browser: Client, old: str = PASSWORD, new: str = NEW, again: str = NEW):
    given = {"password-old": old, "password-new": new, "password-again": again}
    return browser.post("/account/password/", given)


def test_the_page(browser_of, bob, team):
    page = browser_of(bob).get("/account/").content.decode()
    assert "Bob Bohr" in page
    assert "bob@example.org" in page
    assert "Reef" in page
    assert "Creator" in page
    assert [page.count(f'autocomplete="{hint}"') for hint in ("name", "current-password", "new-password")] == [1, 1, 2]


def test_a_new_name(browser_of, bob):
    browser = browser_of(bob)
    response = browser.post("/account/", {"profile-name": "  Roberta Bohr "}, follow=True)
    bob.refresh_from_db()
    assert bob.name == "Roberta Bohr"
    assert "Saved." in response.content.decode()


def test_a_name_is_needed(browser_of, bob):
    response = browser_of(bob).post("/account/", {"profile-name": " "})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Write a name." in page
    assert 'aria-describedby="id_profile-name_helptext id_profile-name_error"' in page
    bob.refresh_from_db()
    assert bob.name == "Bob Bohr"


def test_a_new_password_keeps_this_session_and_ends_the_others(browser_of, bob):
    here, there = browser_of(bob), browser_of(bob)
    response = change(here)
    assert (response.status_code, response["Location"]) == (302, "/account/")
    assert "The password is changed" in here.get("/account/").content.decode()
    assert there.get("/account/").status_code == 302
    bob.refresh_from_db()
    assert bob.check_password(NEW)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"old": "wrong"}, "That is not your password."),
        ({"old": ""}, "Write the password you have now."),
        ({"again": "something else"}, "The two differ."),
        ({"new": "short", "again": "short"}, "too short"),
        ({"new": "bob@example.org", "again": "bob@example.org"}, "too similar"),
        ({"new": "", "again": ""}, "Write a new password."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(browser_of, bob, given, said):
    browser = browser_of(bob)
    response = change(browser, **given)
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    assert page.count("autofocus") == 1
    assert NEW not in page
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)
    assert browser.get("/account/").status_code == 200


def test_somebody_who_came_by_a_link_sets_the_first_password(browser_of):
    user = make_user(password=None)
    browser = browser_of(user)
    page = browser.get("/account/").content.decode()
    assert "have no password yet" in page
    assert "password-old" not in page
    assert change(browser, old="").status_code == 302
    assert browser.get("/account/").status_code == 200
    # from now on the old one is asked for
    assert change(browser, old="").status_code == 422


def test_going_back_to_the_address_of_the_form(browser_of, bob):
    assert browser_of(bob).get("/account/password/")["Location"] == "/account/"


def test_the_language(browser_of, bob):
    response = browser_of(bob).post("/i18n/setlang/", {"language": "zh-hans", "next": "/account/"})
    assert (response["Location"], response.cookies["django_language"].value) == ("/account/", "zh-hans")

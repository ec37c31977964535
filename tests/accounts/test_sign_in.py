"""Signing in and out."""

from __future__ import annotations

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client

from studio.accounts.models import User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

NOT_RIGHT = "The email or the password is not right."


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str):
    return client.post("/sign-in/", {"email": email, "password": password, **more})


def test_the_page(client):
    page = client.get("/sign-in/").content.decode()
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert '<label class="lab" for="id_email">' in page
    assert page.count("autofocus") == 1


def test_the_right_password(client, alice):
    response = sign_in(client, "alice@example.org")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session[SESSION_KEY] == str(alice.pk)


def test_emails_have_no_case_and_no_spaces_around(client, alice):
    assert sign_in(client, " Alice@Example.ORG ").status_code == 302


def test_passwords_have(client, alice):
    assert sign_in(client, "alice@example.org", PASSWORD.upper()).status_code == 422
    assert sign_in(client, "alice@example.org", PASSWORD + " ").status_code == 422


def test_the_session_gets_a_new_key(client, alice):
    client.get("/sign-in/")
    session = client.session
    session["before"] = 1
    session.save()
    key = session.session_key
    sign_in(client, "alice@example.org")
    assert client.session.session_key != key


@pytest.mark.parametrize(
    ("email", "password"),
    [("alice@example.org", "wrong"), ("nobody@example.org", PASSWORD), ("gone@example.org", PASSWORD)],
)
def test_wrong_unknown_and_inactive_look_alike(client, alice, email, password):
    make_user("Gone", email="gone@example.org", is_active=False)
    response = sign_in(client, email, password)
    page = response.content.decode()
    assert response.status_code == 422
    assert NOT_RIGHT in page
    assert f'value="{email}"' in page
    assert password not in page
    assert SESSION_KEY not in client.session


def test_errors_are_tied_to_their_field_and_the_first_has_the_focus(client):
    page = client.post("/sign-in/", {"email": "not an email"}).content.decode()
    email, password = (page[page.index(f'name="{name}"') :].split(">")[0] for name in ("email", "password"))
    assert 'value="not an email"' in email
    assert 'aria-invalid="true"' in email
    assert 'aria-describedby="id_email_error"' in email
    assert "autofocus" in email
    assert "autofocus" not in password
    assert 'id="id_email_error"' in page
    assert "That is not an email." in page
    assert "Write your password." in page


def test_what_was_typed_is_escaped(client):
    page = sign_in(client, '"><script>alert(1)</script>').content.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize("place", ["/t/reef/create/?a=1", "/account/"])
def test_back_to_where_one_wanted_to_go(client, alice, place):
    assert place.split("?")[0] in client.get("/sign-in/", {"next": place}).content.decode()
    assert sign_in(client, "alice@example.org", next=place)["Location"] == place


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        "\x00//x",
    ],
)
def test_but_nowhere_else(client, alice, place):
    assert "evil" not in client.get("/sign-in/", {"next": place}).content.decode()
    assert sign_in(client, "alice@example.org", next=place)["Location"] == "/"


def test_signed_in_already(browser_of, alice):
    browser = browser_of(alice)
    assert browser.get("/sign-in/")["Location"] == "/"
    assert browser.get("/sign-in/", {"next": "/account/"})["Location"] == "/account/"


def test_a_form_from_elsewhere_is_refused_in_plain_words(alice):
    browser = Client(enforce_csrf_checks=True)
    response = sign_in(browser, "alice@example.org")
    assert response.status_code == 403
    assert "The page was too old" in response.content.decode()


def test_signing_out(browser_of, alice):
    browser = browser_of(alice)
    assert browser.get("/sign-out/").status_code == 405
    assert browser.get("/account/").status_code == 200
    assert browser.post("/sign-out/")["Location"] == "/sign-in/"
    assert browser.get("/account/")["Location"] == "/sign-in/?next=/account/"


def test_pages_are_not_kept_by_caches(client):
    assert "no-store" in client.get("/sign-in/")["Cache-Control"]


@pytest.mark.parametrize(
    ("cookie", "attribute"), [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ("x", "")]
)
def test_the_theme_comes_from_a_cookie(client, cookie, attribute):
    client.cookies["theme"] = cookie
    assert f'<html lang="en"{attribute}>' in client.get("/sign-in/").content.decode()


def test_no_password_in_the_clear_is_kept(alice):
    assert PASSWORD not in User.objects.get().password

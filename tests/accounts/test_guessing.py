"""Ten wrong passwords, then a pause."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client, RequestFactory

from studio.accounts import guessing
from studio.accounts.models import SignInAttempt
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def guess(email: str = "alice@example.org", password: str = "wrong", address: str = "10.0.0.1") -> int:
    return Client(REMOTE_ADDR=address).post("/sign-in/", {"email": email, "password": password}).status_code


def fail(times: int, **how: str) -> None:
    for _ in range(times):
        assert guess(**how) == 422


def later(passed: timedelta) -> None:
    SignInAttempt.objects.update(at=F("at") - passed)


def test_the_eleventh_is_refused_even_when_right(alice):
    fail(10)
    assert guess() == 429
    assert guess(password=PASSWORD) == 429


def test_plain_words(alice, client):
    fail(10, address="127.0.0.1")
    page = client.post("/sign-in/", {"email": "alice@example.org", "password": PASSWORD}).content.decode()
    assert "Too many tries. Wait a quarter of an hour" in page
    assert 'value="alice@example.org"' in page


def test_emails_that_nobody_has_are_counted_alike(db):
    fail(10, email="nobody@example.org")
    assert guess(email="nobody@example.org") == 429


def test_how_the_email_is_written_makes_no_difference(alice):
    fail(5)
    fail(5, email=" ALICE@example.org")
    assert guess() == 429


def test_somebody_elsewhere_can_still_sign_in(alice, bob):
    fail(10)
    assert guess(password=PASSWORD, address="10.0.0.2") == 302
    assert guess(email="bob@example.org", password=PASSWORD) == 302


def test_it_passes(alice):
    fail(10)
    later(guessing.WINDOW - timedelta(seconds=30))
    assert guess() == 429
    later(timedelta(seconds=31))
    assert guess(password=PASSWORD) == 302


def test_refused_tries_do_not_make_it_longer(alice):
    fail(10)
    later(timedelta(minutes=10))
    for _ in range(5):
        assert guess() == 429
    later(timedelta(minutes=6))
    assert guess(password=PASSWORD) == 302


def test_success_starts_anew(alice):
    fail(9)
    assert guess(password=PASSWORD) == 302
    fail(10)
    assert guess() == 429


def test_what_is_kept_names_nobody_and_is_cleared_away(alice):
    fail(2)
    assert "alice" not in str(SignInAttempt.objects.values_list("who"))
    later(timedelta(minutes=16))
    guess(email="bob@example.org")
    assert SignInAttempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_no_more_looks(monkeypatch):
    looks: list[str] = []
    monkeypatch.setattr(guessing, "authenticate", lambda request, **given: looks.append(given["username"]))

    def one(_: int) -> str:
        try:
            guessing.check_password(RequestFactory().post("/"), "alice@example.org", "wrong")
            return "looked"
        except guessing.TooManyTries:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(40)))
    assert len(looks) <= guessing.LIMIT
    assert answers.count("looked") == len(looks)

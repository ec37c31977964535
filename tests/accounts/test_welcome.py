"""One-time sign-in links."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from studio.accounts import services
from studio.accounts.models import WelcomeToken
from tests.factories import make_team, make_user

pytestmark = pytest.mark.django_db


def test_it_signs_in_and_opens_the_team(client, alice, team):
    response = client.get(services.make_welcome_link(alice))
    assert (response.status_code, response["Location"]) == (302, reverse("create:page", args=[team.slug]))
    assert client.session[SESSION_KEY] == str(alice.pk)


def test_the_team_joined_first(client, alice, team):
    make_team("Aardvark", owner=alice)
    assert f"/{team.slug}/" in client.get(services.make_welcome_link(alice))["Location"]


def test_somebody_without_a_team(client):
    assert client.get(services.make_welcome_link(make_user()))["Location"] == "/"


def test_it_works_once(client, alice):
    link = services.make_welcome_link(alice)
    assert client.get(link).status_code == 302
    other = Client()
    response = other.get(link)
    assert response.status_code == 410
    page = response.content.decode()
    assert "This link no longer works" in page
    assert 'href="/sign-in/"' in page
    assert SESSION_KEY not in other.session


def test_it_expires(client, alice):
    link = services.make_welcome_link(alice, lifetime=timedelta(hours=1))
    left = WelcomeToken.objects.get().expires_at - timezone.now()
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    WelcomeToken.objects.update(expires_at=timezone.now())
    assert client.get(link).status_code == 410
    assert WelcomeToken.objects.get().used_at is None


def test_only_a_digest_is_kept(alice):
    token = services.make_welcome_link(alice).strip("/").split("/")[-1]
    assert len(token) >= 43
    kept = WelcomeToken.objects.values().get()
    assert token not in str(kept)
    assert len(kept["digest"]) == 64


def test_a_look_ahead_does_not_use_it_up(client, alice):
    link = services.make_welcome_link(alice)
    assert client.head(link).status_code == 405
    assert client.get(link).status_code == 302


def test_inactive_people_stay_out(client):
    link = services.make_welcome_link(make_user(is_active=False))
    assert client.get(link).status_code == 410


def test_expired_ones_are_cleared_away(alice):
    services.make_welcome_link(alice, lifetime=timedelta(0))
    services.make_welcome_link(alice)
    assert WelcomeToken.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_comes_in():
    user = make_user()
    token = services.make_welcome_link(user).strip("/").split("/")[-1]

    def use(_: int):
        try:
            return services.use_welcome_link(token)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(use, range(24)))
    assert [answer for answer in answers if answer] == [user]

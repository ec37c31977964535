"""A new install, and new teams."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from studio.accounts import services
from studio.accounts.models import Membership, Role, Team, User
from studio.billing import services as billing
from studio.billing.models import Transfer

pytestmark = pytest.mark.django_db


def setup(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("setup_studio", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_a_new_install(settings):
    settings.STARTING_CREDITS = 2000
    said = setup()
    owner = User.objects.get()
    assert (owner.email, owner.is_staff, owner.is_superuser) == ("owner@atelier.local", True, True)
    assert not owner.has_usable_password()
    team = Team.objects.get()
    assert (team.name, team.slug) == ("Studio", "studio")
    assert Membership.objects.get().role == Role.OWNER
    assert billing.balance(team) == billing.Balance(available=2000, held=0)
    assert len(said) == 3


def test_again_changes_and_says_nothing():
    setup()
    assert setup() == []
    assert (User.objects.count(), Team.objects.count(), Transfer.objects.count()) == (1, 1, 1)


def test_again_with_other_starting_credits_grants_no_more(settings):
    setup()
    settings.STARTING_CREDITS = 5
    assert setup() == []
    assert Transfer.objects.count() == 1


def test_without_starting_credits(settings):
    settings.STARTING_CREDITS = 0
    setup()
    assert not Transfer.objects.exists()


def test_the_link_signs_the_owner_in():
    (line,) = [line for line in setup("--print-link", "http://127.0.0.1:8000/") if line.startswith("Sign in")]
    assert line.startswith("Sign in: http://127.0.0.1:8000/welcome/")
    browser = Client()
    assert browser.get(line.removeprefix("Sign in: http://127.0.0.1:8000"))["Location"] == "/t/studio/create/"


def test_the_owner_is_found_again_after_changing_everything():
    setup()
    owner = User.objects.get()
    owner.email = "mira@example.org"
    owner.set_password("a usable password")
    owner.save()
    Team.objects.update(name="Northlight", slug="northlight")
    (line,) = setup("--print-link", "http://x")
    browser = Client()
    assert browser.get(line.removeprefix("Sign in: http://x"))["Location"] == "/t/northlight/create/"
    assert browser.get("/account/").context["user"] == owner
    assert User.objects.count() == Team.objects.count() == 1


def test_an_administrator_made_by_hand_is_the_owner():
    User.objects.create_superuser("root@example.org", "secret words here", name="Root")
    setup()
    assert Membership.objects.get().user.email == "root@example.org"


@pytest.mark.parametrize(
    ("name", "slug"), [("Reef & Co", "reef-co"), ("创意工作室", "team"), ("???", "team"), ("x" * 80, "x" * 50)]
)
def test_addresses_of_teams(alice, name, slug):
    assert services.create_team(name, alice).slug == slug
    assert services.create_team(name, alice).slug == f"{slug}-2"


def test_a_new_team_has_an_owner_and_accounts(alice):
    team = services.create_team("Reef", alice)
    assert Membership.objects.get(team=team).role == Role.OWNER
    assert billing.balance(team) == billing.Balance(0, 0)
    assert billing.audit() == []


@pytest.mark.parametrize(("name", "initials"), [("Mira Lind", "ML"), ("mira", "M"), ("Ana de la Cruz", "AD")])
def test_initials(name, initials):
    assert User(name=name).initials == initials

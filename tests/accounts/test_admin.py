"""The administration."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from studio.accounts.models import Role, Team, User, WelcomeToken
from studio.billing import services as billing
from studio.billing.models import AccountKind, CreditAccount, PriceRule, Transfer
from tests.factories import PASSWORD, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return User.objects.create_superuser("root@example.org", PASSWORD, name="Root")


@pytest.fixture
def root(admin, browser_of) -> Client:
    return browser_of(admin)


def fields_of(response) -> dict[str, str]:
    """What a root would send back from an admin form left as it is."""
    form = response.context["adminform"].form
    sets = [inline.formset for inline in response.context["inline_admin_formsets"]]
    forms = [form, *(each for formset in sets for each in [formset.management_form, *formset.forms])]
    bound = [field for each in forms for field in each]
    return {
        field.html_name: field.value() for field in bound if field.value() is not None and field.value() is not False
    }


# --- the door ---


def test_one_door_for_everybody(client):
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    assert client.get("/admin/login/?next=/admin/")["Location"].startswith("/sign-in/?next=/admin/login/")
    assert client.post("/admin/login/", {"username": "root@example.org", "password": PASSWORD}).status_code == 302


def test_through_the_door(client, admin):
    way = client.get("/admin/billing/transfer/", follow=True)
    where = way.redirect_chain[-1][0]
    back = client.post(where, {"email": admin.email, "password": PASSWORD, "next": way.context["next"]}, follow=True)
    assert back.redirect_chain[-1][0] == "/admin/"


def test_others_are_told(browser_of, alice):
    response = browser_of(alice).get("/admin/", follow=True)
    assert response.status_code == 403
    assert "Only administrators of the studio" in response.content.decode()


@pytest.mark.parametrize(
    "page",
    [
        "",
        "accounts/",
        "accounts/user/",
        "accounts/user/add/",
        "accounts/user/?q=root",
        "accounts/team/",
        "accounts/team/add/",
        "billing/transfer/",
        "billing/transfer/?q=Reef",
        "billing/creditaccount/",
        "billing/pricerule/",
        "billing/pricerule/add/",
        "billing/pricefactor/",
        "billing/pricefactor/add/",
        "password_change/",
        "jsi18n/",
    ],
)
def test_pages_open(root, team, page):
    assert root.get(f"/admin/{page}").status_code == 200


def test_pages_bring_no_inline_scripts(root, admin, team):
    for page in ("", "accounts/user/", f"accounts/user/{admin.pk}/change/", f"accounts/team/{team.pk}/change/"):
        html = root.get(f"/admin/{page}").content.decode()
        for attributes in re.findall(r"<script([^>]*)>", html):
            assert "src=" in attributes or "application/json" in attributes
        assert not re.search(r"\son\w+=", html)
        assert "css/admin.css" in html


# --- people ---


def test_a_new_person_gets_in_by_a_link(root):
    given = {"email": "New@Example.org", "name": "New", "usable_password": "false"}
    response = root.post("/admin/accounts/user/add/", given)
    user = User.objects.get(email="new@example.org")
    assert response.status_code == 302
    assert not user.has_usable_password()
    page = root.get(f"/admin/accounts/user/{user.pk}/sign-in-link/").content.decode()
    assert "Make a sign-in link" in page
    assert WelcomeToken.objects.count() == 0
    response = root.post(f"/admin/accounts/user/{user.pk}/sign-in-link/")
    link = response.context["link"]
    assert link in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    newcomer = Client()
    assert newcomer.get(link.removeprefix("http://testserver")).status_code == 302
    assert newcomer.get("/account/").context["user"] == user


def test_no_link_for_the_inactive(root):
    user = make_user(is_active=False)
    page = root.post(f"/admin/accounts/user/{user.pk}/sign-in-link/").content.decode()
    assert "is inactive" in page
    assert WelcomeToken.objects.count() == 0


def test_emails_differ_by_more_than_case(root, alice):
    given = {"email": "ALICE@example.org", "name": "Other", "usable_password": "false"}
    assert root.post("/admin/accounts/user/add/", given).status_code == 200
    assert User.objects.filter(email__iexact="alice@example.org").count() == 1


def test_administrators_may_do_everything(root, alice):
    page = f"/admin/accounts/user/{alice.pk}/change/"
    root.post(page, {**fields_of(root.get(page)), "is_staff": "on"})
    alice.refresh_from_db()
    assert alice.is_superuser
    fields = fields_of(root.get(page))
    del fields["is_staff"]
    assert root.post(page, fields).status_code == 302
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser) == (False, False)


@pytest.mark.parametrize("right", ["is_staff", "is_active"])
def test_the_last_administrator_stays_one(root, admin, right):
    page = f"/admin/accounts/user/{admin.pk}/change/"
    fields = fields_of(root.get(page))
    del fields[right]
    assert "This is the last active administrator" in root.post(page, fields).content.decode()
    make_user(is_superuser=True, is_staff=True)
    assert root.post(page, fields).status_code == 302


def test_people_who_spent_stay(root, alice, team):
    billing.grant(team, 1, key="by-alice", by=alice)
    page = root.get(f"/admin/accounts/user/{alice.pk}/delete/").content.decode()
    assert "Make the person inactive instead" in page
    root.post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"})
    assert User.objects.filter(pk=alice.pk).exists()


def test_people_without_a_trace_may_go(root):
    user = make_user()
    root.post(f"/admin/accounts/user/{user.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=user.pk).exists()


# --- teams ---


def test_a_team_with_its_credits_and_ledger(root, team):
    page = root.get(f"/admin/accounts/team/{team.pk}/change/").content.decode()
    assert "<dd>1,000</dd>" in page
    assert 'id="ledger-title"' in page
    assert "Grant" in page


def test_a_new_team_with_a_member(root, alice):
    fields = fields_of(root.get("/admin/accounts/team/add/"))
    fields |= {"name": "Reef", "slug": "reef", "memberships-TOTAL_FORMS": "1"}
    fields |= {"memberships-0-user": str(alice.pk), "memberships-0-role": "owner"}
    assert root.post("/admin/accounts/team/add/", fields).status_code == 302
    team = Team.objects.get()
    assert team.memberships.get().role == Role.OWNER
    assert CreditAccount.objects.filter(team=team).count() == 2


def test_granting_credits(root, admin, team):
    page = f"/admin/accounts/team/{team.pk}/grant/"
    key = root.get(page).context["form"]["key"].value()
    given = {"amount": "250", "note": "Second quarter", "key": str(key)}
    said = root.post(page, given, follow=True).content.decode()
    assert "250 credits granted to Reef." in said
    # pressed twice
    root.post(page, given)
    assert billing.balance(team).available == 1250
    row = Transfer.objects.latest("pk")
    assert (row.amount, row.note, row.created_by) == (250, "Second quarter", admin)


@pytest.mark.parametrize(
    ("amount", "said"), [("", "Write how many."), ("x", "whole number"), ("0", "At least 1 credit.")]
)
def test_granting_nonsense(root, team, amount, said):
    page = f"/admin/accounts/team/{team.pk}/grant/"
    key = root.get(page).context["form"]["key"].value()
    response = root.post(page, {"amount": amount, "note": "kept", "key": str(key)})
    html = response.content.decode()
    assert said in html
    assert 'value="kept"' in html
    assert billing.balance(team).available == 1000


def test_teams_with_a_ledger_stay(root, team):
    html = root.get(f"/admin/accounts/team/{team.pk}/delete/").content.decode()
    assert "Remove its members instead" in html
    root.post(f"/admin/accounts/team/{team.pk}/delete/", {"post": "yes"})
    assert Team.objects.filter(pk=team.pk).exists()
    chosen = {"action": "delete_selected", "_selected_action": [team.pk]}
    assert "nothing was deleted" in root.post("/admin/accounts/team/", chosen).content.decode()


def test_empty_teams_may_go(root, alice):
    team = make_team(owner=alice)
    root.post(f"/admin/accounts/team/{team.pk}/delete/", {"post": "yes"})
    assert not Team.objects.filter(pk=team.pk).exists()
    assert billing.audit() == []


# --- the ledger and the prices ---


def test_the_ledger_is_for_reading(root, team):
    row = Transfer.objects.get()
    assert root.get(f"/admin/billing/transfer/{row.pk}/change/").status_code == 200
    assert root.post(f"/admin/billing/transfer/{row.pk}/change/", {"amount": 1}).status_code == 403
    assert root.get("/admin/billing/transfer/add/").status_code == 403
    assert root.post(f"/admin/billing/transfer/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    account = CreditAccount.objects.get(team=team, kind=AccountKind.TEAM)
    assert root.post(f"/admin/billing/creditaccount/{account.pk}/change/", {"balance": 9}).status_code == 403


def test_prices(root):
    given = {"provider": "painter", "model": "", "operation": "paint", "credits": "-1"}
    assert "greater than or equal to 0" in root.post("/admin/billing/pricerule/add/", given).content.decode()
    assert root.post("/admin/billing/pricerule/add/", {**given, "credits": "2.5"}).status_code == 302
    assert billing.price("painter", "any", "paint", {}) == 3
    assert "already exists" in root.post("/admin/billing/pricerule/add/", {**given, "credits": "9"}).content.decode()
    assert PriceRule.objects.filter(provider="painter").count() == 1

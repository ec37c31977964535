"""Reading the services' bills in the background."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import Client
from django.utils import timezone

from providers.bills import Charge
from providers.errors import AuthFailed, Unavailable
from studio.accounts.models import User
from studio.jobs import bills, engine, errands
from studio.jobs.credentials import encrypt
from studio.jobs.models import AccountReading, ProviderAccount, ServiceCharge

pytestmark = pytest.mark.django_db(transaction=True)


def charge(remote_id: str, amount: int = 60, *, minutes_ago: float = 5) -> Charge:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    return Charge(remote_id, Decimal(amount), "fen", at, raw={"feeCost": amount})


def amounts() -> dict[str, int]:
    return {row.remote_id: int(row.amount) for row in ServiceCharge.objects.all()}


def read() -> AccountReading:
    """Asks for the bill and has it read."""
    bills.furnish()
    reading = bills.current().get()
    bills.ask(reading)
    engine.work(5)
    reading.refresh_from_db()
    return reading


def test_the_sandbox_is_read_where_there_is_no_account(fake):
    fake.bill = [charge("r-1"), charge("r-2", 90), charge("r-3")]
    reading = read()
    assert (reading.account, reading.plan, reading.balance, reading.unit) == (None, "Standard", 98765, "fen")
    assert reading.max_concurrent == 50
    assert reading.periods == [{"name": "2026-11", "amount": "1200", "unit": "fen", "jobs": 20}]
    assert reading.read_at is not None and reading.asked_at is None and reading.lease_until is None
    assert amounts() == {"r-1": 60, "r-2": 90, "r-3": 60}


def test_an_account_in_use_is_read_instead(fake):
    account = ProviderAccount.objects.create(provider="fake", label="Main", credentials=encrypt({"key": "k"}))
    fake.bill = [charge("r-1")]
    assert read().account == account
    assert ServiceCharge.objects.get().account == account


def test_reading_twice_keeps_once(fake):
    fake.bill = [charge("r-1"), charge("r-2")]
    read()
    fake.bill.append(charge("r-3"))
    read()
    assert amounts() == {"r-1": 60, "r-2": 60, "r-3": 60}


def test_a_charge_that_is_corrected_changes(fake):
    fake.bill = [charge("r-1", 60)]
    read()
    fake.bill = [Charge("r-1", Decimal(90), "fen", fake.bill[0].at)]
    read()
    assert amounts() == {"r-1": 90}


def test_a_charge_that_is_taken_back_goes(fake):
    fake.bill = [charge("r-1"), charge("r-2")]
    read()
    del fake.bill[0]
    read()
    assert amounts() == {"r-2": 60}


def test_what_lies_before_a_reading_stays(fake):
    fake.bill = [charge("r-old", minutes_ago=3 * 24 * 60)]
    bills.furnish()
    AccountReading.objects.update(read_at=fake.bill[0].at)
    read()
    fake.bill = []
    read()
    assert amounts() == {"r-old": 60}


def test_a_job_that_is_charged_twice_has_the_sum(fake):
    fake.bill = [charge("r-1", 60, minutes_ago=9), charge("r-1", 60, minutes_ago=3)]
    read()
    read()
    assert amounts() == {"r-1": 120}


@pytest.mark.parametrize("error", [AuthFailed(), Unavailable()])
def test_trouble_is_said_in_plain_words_and_keeps_what_was_known(fake, error):
    fake.bill = [charge("r-1")]
    before = read().read_at
    fake.account_error, fake.bill = error, []
    reading = read()
    assert reading.problem == error.user_message
    assert (reading.read_at, reading.asked_at) == (before, None)
    assert amounts() == {"r-1": 60}
    fake.account_error = None
    assert read().problem == ""


def test_a_bill_without_an_end_takes_nothing_away(fake, monkeypatch):
    fake.bill = [charge(f"r-{number}") for number in range(6)]
    before = read().read_at
    monkeypatch.setattr(bills, "MAX_PAGES", 2)
    fake.bill[0] = charge("r-0", 90)
    reading = read()
    assert (reading.problem, reading.read_at, reading.asked_at) == (bills.TOO_LONG, before, None)
    assert amounts() == {f"r-{number}": 60 for number in range(6)}


def test_a_bill_that_ends_with_the_last_page_that_is_read_is_whole(fake, monkeypatch):
    fake.bill = [charge(f"r-{number}") for number in range(4)]
    monkeypatch.setattr(bills, "MAX_PAGES", 2)
    assert read().problem == ""
    assert len(amounts()) == 4


def cancel_a_reading(monkeypatch, **meanwhile) -> AccountReading:
    """What its row says after the window has ended in the middle of it."""

    async def cancel() -> None:
        begun = asyncio.Event()

        async def never(*_args) -> None:
            begun.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(bills, "_read", never)
        task = asyncio.create_task(bills.work(None, pk))
        await begun.wait()
        if meanwhile:
            await sync_to_async(AccountReading.objects.update)(**meanwhile)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    bills.furnish()
    bills.ask(bills.current().get())
    (pk,) = bills.claim()
    async_to_sync(cancel)()
    return AccountReading.objects.get()


def test_a_canceled_reading_is_free_for_the_next_window(fake, monkeypatch):
    reading = cancel_a_reading(monkeypatch)
    assert (reading.lease_until, reading.problem, reading.read_at) == (None, "", None)
    assert bills.waiting()


def test_a_canceled_reading_leaves_anothers_claim_alone(fake, monkeypatch):
    stolen = timezone.now() + timedelta(seconds=500)
    assert cancel_a_reading(monkeypatch, lease_until=stolen).lease_until == stolen


def test_what_breaks_takes_nothing_else_down(fake, ask, monkeypatch):
    async def broken(*_args):
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(bills, "_read", broken)
    job = ask()
    assert read().problem == bills.BROKEN
    job.refresh_from_db()
    assert job.state == "succeeded"


def test_an_errand_that_can_not_be_claimed_takes_nothing_else_down(fake, ask, monkeypatch):
    def broken(_limit):
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(errands, "ERRANDS", tuple(replace(errand, claim=broken) for errand in errands.ERRANDS))
    job = ask()
    engine.work(10)
    job.refresh_from_db()
    assert job.state == "succeeded"


def test_a_claim_has_one_winner(fake):
    bills.furnish()
    bills.ask(bills.current().get())
    assert (len(bills.claim()), len(bills.claim())) == (1, 0)


def test_asked_again_while_it_is_read_it_is_read_again(fake):
    bills.furnish()
    reading = bills.current().get()
    bills.ask(reading)
    (pk,) = bills.claim()
    held = AccountReading.objects.get(pk=pk)
    bills.ask(reading)
    bills._write(held, {"problem": ""})
    assert bills.waiting()


def test_the_clock_asks_once_a_day(fake):
    bills.ask_daily()
    assert bills.waiting()
    read()
    bills.ask_daily()
    assert not bills.waiting()
    AccountReading.objects.update(read_at=timezone.now() - timedelta(hours=25))
    bills.ask_daily()
    assert bills.waiting()


def test_nothing_is_read_where_there_is_nobody_to_ask(fake, settings):
    settings.SANDBOX_URL = ""
    bills.ask_daily()
    assert not AccountReading.objects.exists()


# --- the administration ---


@pytest.fixture
def root(browser_of) -> Client:
    return browser_of(User.objects.create_superuser("root@example.org", "a long password", name="Root"))


def test_read_now_asks_no_service_itself(root, fake):
    page = root.post("/admin/jobs/accountreading/read/", follow=True)
    assert "Being read" in page.content.decode()
    assert fake.asked["account"] == 0
    engine.work(5)
    reading = AccountReading.objects.get()
    page = root.get(f"/admin/jobs/accountreading/{reading.pk}/change/").content.decode()
    assert "Standard" in page and "¥987.65" in page and "2026-11" in page and "¥12.00" in page
    assert root.post(f"/admin/jobs/accountreading/{reading.pk}/read/").status_code == 302
    assert bills.waiting()
    assert "sandbox" in root.get("/admin/jobs/accountreading/").content.decode()


def test_reading_is_no_get(root, fake):
    assert root.get("/admin/jobs/accountreading/read/").status_code == 405


def test_charges_are_shown_and_stay(root, fake):
    fake.bill = [charge("r-1")]
    read()
    assert "¥0.60" in root.get("/admin/jobs/servicecharge/?q=r-1").content.decode()
    row = ServiceCharge.objects.get()
    assert root.post(f"/admin/jobs/servicecharge/{row.pk}/delete/").status_code == 403


@pytest.mark.parametrize("path", ["", "read/", "report/"])
def test_only_administrators(browser_of, alice, fake, path):
    url = f"/admin/jobs/accountreading/{path}"
    assert browser_of(alice).post(url).status_code in {302, 403}
    assert not AccountReading.objects.exists()


def test_staff_without_the_right_may_not(browser_of, alice, fake):
    alice.is_staff = True
    alice.save()
    browser = browser_of(alice)
    assert browser.post("/admin/jobs/accountreading/read/").status_code == 403
    assert browser.get("/admin/jobs/accountreading/report/").status_code == 403
    assert not AccountReading.objects.exists()

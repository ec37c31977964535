"""Do the services' bills and our ledger agree? And if not, is it said?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from providers.bills import Charge
from providers.errors import ContentRejected, SubmitUnknown
from studio.accounts.models import User
from studio.billing import services as billing
from studio.billing.models import PriceRule
from studio.jobs import bills, engine
from studio.jobs.models import AccountReading, Job, JobState, ServiceCharge
from studio.jobs.reconcile import Kind, Reason, Report, days, money, reports
from tests.jobs.fakes import REROLL, VARY, done, failed, running

pytestmark = pytest.mark.django_db(transaction=True)


def bill(*remote_ids: str, **amounts: int) -> list[Charge]:
    """Charges of 60 fen, which are the four credits of a job, or of another amount: `bill("r-1", r_2=90)`."""
    found = dict.fromkeys(remote_ids, 60) | {name.replace("_", "-"): amount for name, amount in amounts.items()}
    now = timezone.now()
    return [Charge(name, Decimal(amount), "fen", now, raw={"feeCost": amount}) for name, amount in found.items()]


def read() -> None:
    """The bill, an hour after the jobs were sent."""
    Job.objects.exclude(submitted_at=None).update(submitted_at=timezone.now() - timedelta(hours=1))
    bills.furnish()
    bills.ask(bills.current().get())
    engine.work(5)


def report() -> Report:
    (found,) = reports(*days(None, None))
    explained = sum((item.amount for item in found.explained.values()), Decimal(0))
    differences = sum((item.amount for item in found.differences), Decimal(0))
    assert found.gap == explained + differences, "every fen has a reason"
    return found


def kinds(found: Report) -> dict[str, tuple[Kind, int]]:
    return {item.remote_id: (item.kind, int(item.amount)) for item in found.differences}


def explained(found: Report) -> dict[Reason, int]:
    return {reason: int(item.amount) for reason, item in found.explained.items() if item.jobs}


@pytest.fixture
def made(ask, run_engine, fake) -> Callable[..., Job]:
    """A job that came to its end."""

    def make(**asked) -> Job:
        job = ask(**asked)
        run_engine()
        job.refresh_from_db()
        return job

    return make


def test_what_agrees_is_clean(made, fake):
    made()
    made()
    fake.bill = bill("r-1", "r-2")
    read()
    found = report()
    assert (found.jobs, found.charges, found.charged, found.captured, found.ours) == (2, 2, 120, 8, 120)
    assert (found.differences, explained(found)) == ([], {})


def test_a_charge_of_no_job_of_ours(made, fake):
    made()
    fake.bill = bill("r-1", "r-99")
    read()
    found = report()
    assert kinds(found) == {"r-99": (Kind.UNKNOWN_JOB, 60)}
    assert "¥0.60" in found.differences[0].sentence


def test_it_names_the_job_that_it_may_be(made, fake, settings, ask):
    fake.submits = [SubmitUnknown()]
    lost = ask()
    engine.work(0.3)
    settings.KEEP_SUBMIT_UNKNOWN = 0
    Job.objects.update(due_at=timezone.now())
    engine.work(0.3)
    fake.bill = bill("r-99")
    read()
    Job.objects.update(submitted_at=fake.bill[0].at)
    found = report()
    assert found.differences[0].job_id == lost.pk
    assert str(lost.pk) in found.differences[0].sentence


def test_a_job_that_the_service_did_not_charge(made, fake):
    made()
    read()
    assert kinds(report()) == {"r-1": (Kind.NOT_CHARGED, -60)}


def test_a_job_sent_after_the_last_reading_may_be_missing(made, fake):
    read()
    made()
    found = report()
    assert (found.differences, explained(found)) == ([], {Reason.NOT_READ: -60})


def test_another_amount(made, fake):
    made()
    fake.bill = bill(r_1=90)
    read()
    found = report()
    assert kinds(found) == {"r-1": (Kind.AMOUNT, 30)}
    assert "¥0.90" in found.differences[0].sentence and "¥0.60" in found.differences[0].sentence


def test_a_bill_that_contradicts_the_services_own_reply(made, fake):
    fake.submits = [running("r-1", cost={"feeCost": 30, "jobId": "r-1"})]
    made()
    fake.bill = bill("r-1")
    read()
    found = report()
    assert kinds(found) == {"r-1": (Kind.AMOUNT, 0)}
    assert "feeCost 30" in found.differences[0].sentence


def test_charged_for_what_failed(made, fake):
    fake.fetches = [failed("r-1", ContentRejected("No."))]
    made()
    fake.fetches = [failed("r-2")]
    made()
    fake.bill = bill("r-1")
    read()
    found = report()
    assert kinds(found) == {"r-1": (Kind.CHARGED_FAILED, 60)}
    assert "No." in found.differences[0].sentence


def test_a_partial_result_is_explained(made, fake):
    fake.fetches = [done("r-1", files=3, rejected=1)]
    made()
    fake.bill = bill("r-1")
    read()
    found = report()
    assert (found.differences, explained(found)) == ([], {Reason.PARTIAL: 15})


def test_a_refund_is_explained(made, fake):
    job = made()
    billing.refund(job.hold, 4, key="sorry")
    fake.bill = bill("r-1")
    read()
    found = report()
    assert (found.captured, found.differences, explained(found)) == (0, [], {Reason.PARTIAL: 60})


def test_prices_of_our_own_are_explained(made, fake):
    PriceRule.objects.filter(provider="fake", operation="create").update(credits=10)
    made()
    fake.bill = bill("r-1")
    read()
    found = report()
    assert (found.captured, found.differences, explained(found)) == (10, [], {Reason.OWN_PRICES: -90})


def test_a_price_that_hangs_on_a_parameter(made, fake):
    made()
    Job.objects.update(params={"prompt": "a fox", "raw": True}, quote=8)
    fake.bill = bill(r_1=120)
    read()
    assert report().differences == []


def test_a_repetition_costs_what_it_repeats(made, fake):
    first = made()
    vary = made(operation=VARY, source=first.outputs.first())
    made(operation=REROLL, source=vary.outputs.first())
    fake.bill = bill("r-1", r_2=90, r_3=90)
    read()
    assert report().differences == []


def test_repetitions_of_repetitions_are_not_looked_up_one_by_one(made, fake):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            report()
        return len(asked)

    latest = made()
    fake.bill = bill("r-1")
    read()
    before = queries()
    for _repetition in range(6):
        latest = made(operation=REROLL, source=latest.outputs.first())
    fake.bill = bill(*(f"r-{number}" for number in range(1, 8)))
    read()
    assert (report().jobs, report().differences) == (7, [])
    assert queries() == before


def test_a_repetition_of_what_was_sent_before_that_time(made, fake):
    first = made()
    vary = made(operation=VARY, source=first.outputs.first())
    again = made(operation=REROLL, source=vary.outputs.first())
    made(operation=REROLL, source=again.outputs.first())
    fake.bill = bill("r-1", r_2=90, r_3=90, r_4=90)
    read()
    Job.objects.filter(pk__in=[first.pk, vary.pk, again.pk]).update(submitted_at=timezone.now() - timedelta(days=40))
    assert (report().jobs, report().differences) == (1, [])


def test_a_late_result_is_explained(ask, fake):
    fake.fetches = [running("r-1", poll_after=3600)] * 2
    ask()
    engine.work(0.3)
    Job.objects.update(due_at=timezone.now(), deadline_at=timezone.now())
    engine.work(0.3)
    Job.objects.update(due_at=timezone.now())
    engine.work(0.5)
    assert Job.objects.get().state == JobState.FAILED
    fake.bill = bill("r-1")
    read()
    found = report()
    assert (found.differences, explained(found)) == ([], {Reason.LATE: 60})


def test_a_running_job_is_explained(ask, fake):
    fake.fetches = [running("r-1", poll_after=3600)]
    ask()
    engine.work(0.3)
    fake.bill = bill("r-1")
    read()
    found = report()
    assert (found.differences, explained(found)) == ([], {Reason.RUNNING: 60})


def test_each_job_counts_once_in_the_time_in_which_it_was_sent(made, fake):
    made()
    fake.bill = bill("r-1")
    read()
    Job.objects.update(submitted_at=timezone.now() - timedelta(days=40))
    assert (report().jobs, report().charges) == (0, 0)
    long_ago = timezone.localdate() - timedelta(days=60)
    (found,) = reports(*days(long_ago, None))
    assert (found.jobs, found.charges, found.differences) == (1, 1, [])


@pytest.mark.parametrize(
    ("amount", "unit", "said"),
    [("1234567", "fen", "¥12,345.67"), ("-165", "fen", "−¥1.65"), ("2.50", "USD", "2.5 USD")],
)
def test_money(amount, unit, said):
    assert money(Decimal(amount), unit) == said


# --- telling it ---


def run() -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("reconcile", stdout=out, stderr=out)
    except SystemExit as exit:
        return int(exit.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_says_when_nothing_was_read(fake):
    bills.furnish()
    code, said = run()
    assert code == 0 and "was not read yet" in said


def test_the_command_exits_with_the_outcome(made, fake):
    made()
    fake.bill = bill("r-1")
    read()
    assert run()[0] == 0 and "clean" in run()[1]
    fake.bill += bill("r-99")
    read()
    code, said = run()
    assert code == 1 and "r-99" in said


@pytest.fixture
def root(browser_of) -> Client:
    return browser_of(User.objects.create_superuser("root@example.org", "a long password", name="Root"))


def test_the_report_page(made, fake, root):
    job = made()
    fake.bill = bill("r-99", r_1=90)
    read()
    page = root.get("/admin/jobs/accountreading/report/").content.decode()
    assert f"/admin/jobs/job/{job.pk}/change/" in page and "r-99" in page and "¥1.50" in page
    ServiceCharge.objects.filter(remote_id="r-99").delete()
    ServiceCharge.objects.update(amount=60)
    assert "agree" in root.get("/admin/jobs/accountreading/report/").content.decode()


def test_the_report_page_before_anything_was_read(fake, root):
    assert root.get("/admin/jobs/accountreading/report/").status_code == 200
    bills.furnish()
    AccountReading.objects.update(problem="The service did not accept our key.")
    assert "did not accept our key" in root.get("/admin/jobs/accountreading/report/").content.decode()


@pytest.mark.parametrize("asked", ["since=x&until=2026-01-01", "since=2026-02-01&until=2026-01-01", "since=2026-01-01"])
def test_days_that_make_no_sense(fake, root, asked):
    answer = root.get(f"/admin/jobs/accountreading/report/?{asked}")
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()

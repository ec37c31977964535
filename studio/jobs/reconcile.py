"""Does a service's bill agree with our ledger?

Each job that a service took is compared one by one, in the service's own unit:

- *charged*: what its bill says (`ServiceCharge`);
- *expected*: what the service's own price list says that it costs, which is our declared price (not the
  one that an administrator may have set) times the provider's `credit_worth`; nothing for a job that failed;
- *said*: the figures in the service's replies to the job itself (`Job.service_cost`), where the bill names
  figures by the same names;
- *ours*: the credits that we captured and did not refund, times `credit_worth`.

The alarm is charged ≠ expected, or figures of the bill ≠ said. Ours may rightly differ, and what it
differs by is explained, not flagged: a partial result (the service charges the whole job, we its share),
refunds, prices of our own, results that came too late and were kept for nothing, jobs that still run or
that the bill does not have yet.
For every report charged - ours is exactly the sum of what is explained and of the differences.

A job counts in the time in which it was sent; a charge of no job of ours in the time of the charge.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from providers.base import Provider
from providers.errors import Unsupported
from studio.billing.models import TransferKind
from studio.billing.prices import NoPrice, PriceBook

from . import bills, catalog
from .models import AccountReading, Job, JobState, Output, OutputState, ServiceCharge
from .services import load_lineage, repeated_job

#: a job that was sent this shortly before the last reading may rightly be missing on the bill
GRACE = timedelta(minutes=10)
#: how far a charge may lie from the sending of the job that it may belong to
NEARBY = timedelta(minutes=10)
BATCH = 1000


class Kind(enum.StrEnum):
    UNKNOWN_JOB = "unknown_job"
    NOT_CHARGED = "not_charged"
    AMOUNT = "amount"
    CHARGED_FAILED = "charged_failed"

    @property
    def words(self) -> str:
        return str(_TITLES[self])


_TITLES = {
    Kind.UNKNOWN_JOB: gettext_lazy("Charged for jobs that this studio does not know"),
    Kind.NOT_CHARGED: gettext_lazy("Jobs that the service did not charge"),
    Kind.AMOUNT: gettext_lazy("Charged another amount than the price list says"),
    Kind.CHARGED_FAILED: gettext_lazy("Charged for jobs that failed, whose credits went back"),
}


class Reason(enum.StrEnum):
    """Why our amount may rightly differ from the service's."""

    PARTIAL = "partial"
    OWN_PRICES = "own_prices"
    LATE = "late"
    RUNNING = "running"
    NOT_READ = "not_read"

    @property
    def words(self) -> str:
        return str(_REASONS[self])


_REASONS = {
    Reason.PARTIAL: gettext_lazy("Partial results and refunds: the service charges the whole job"),
    Reason.OWN_PRICES: gettext_lazy("Prices of this studio that differ from the service's"),
    Reason.LATE: gettext_lazy("Results that came too late and were kept at no charge"),
    Reason.RUNNING: gettext_lazy("Jobs that still run"),
    Reason.NOT_READ: gettext_lazy("Jobs sent after the bill was last read"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """What does not agree. `amount` is how much more the service charged than it should have."""

    kind: Kind
    remote_id: str
    amount: Decimal
    sentence: str
    job_id: int | None = None


@dataclass
class Explained:
    jobs: int = 0
    amount: Decimal = Decimal(0)


@dataclass
class Report:
    """One account's bill beside our ledger. Amounts are in `unit`, `credit` of which are one credit."""

    reading: AccountReading
    since: datetime
    until: datetime
    credit: Decimal
    unit: str
    jobs: int = 0
    charges: int = 0
    charged: Decimal = Decimal(0)
    captured: int = 0
    explained: dict[Reason, Explained] = field(default_factory=lambda: {reason: Explained() for reason in Reason})
    differences: list[Difference] = field(default_factory=list)

    @property
    def ours(self) -> Decimal:
        return self.captured * self.credit

    @property
    def gap(self) -> Decimal:
        """How much more the service charged than we did."""
        return self.charged - self.ours

    @property
    def reasons(self) -> list[tuple[str, Explained]]:
        return [(reason.words, item) for reason, item in self.explained.items() if item.jobs]

    @property
    def groups(self) -> list[tuple[str, list[Difference], Decimal]]:
        """Title, differences and their sum, for each kind that there is."""
        found = []
        for kind in Kind:
            items = [item for item in self.differences if item.kind is kind]
            if items:
                found.append((kind.words, items, sum((item.amount for item in items), Decimal(0))))
        return found

    def explain(self, reason: Reason, amount: Decimal) -> None:
        if amount:
            self.explained[reason].jobs += 1
            self.explained[reason].amount += amount


def reports(since: datetime, until: datetime) -> list[Report]:
    """A report for each account that was ever read. Raises nothing; an account that has no bill has none."""
    readings = AccountReading.objects.select_related("account").order_by("provider", "pk")
    found = [compare(reading, since, until) for reading in readings.filter(read_at__isnull=False)]
    return [report for report in found if report is not None]


def unread() -> list[AccountReading]:
    """Accounts in use whose bill was never read to its end."""
    return list(bills.current().filter(read_at__isnull=True))


def compare(reading: AccountReading, since: datetime, until: datetime) -> Report | None:
    """The report of one account for jobs sent in [since, until); None where the service is gone or has no bill."""
    try:
        provider = catalog.get_provider(reading.provider)
    except KeyError:
        return None
    if provider.credit_worth is None:
        return None
    report = Report(reading, since, until, *provider.credit_worth)
    worth = _Worth(provider)
    for job, charge in _pairs(reading, since, until):
        report.jobs += 1
        report.captured += job.kept
        if charge is not None:
            report.charges += 1
            report.charged += charge.amount
        _judge(report, job, charge, worth)
    for charge in _strangers(reading, since, until):
        report.charges += 1
        report.charged += charge.amount
        report.differences.append(_stranger(reading, charge))
    return report


# ── judging ──────────────────────────────────────────


class _Worth:
    """What a service's own price list says that a job costs."""

    def __init__(self, provider: type[Provider]) -> None:
        assert provider.credit_worth is not None
        self.provider = provider
        self.credit = provider.credit_worth[0]

    @cached_property
    def book(self) -> PriceBook:
        rules = {
            (model.slug, operation.slug): operation.price
            for model in self.provider.models
            for operation in model.operations
        }
        factors = {(item.parameter, item.value.lower()): item.factor for item in self.provider.price_factors}
        return PriceBook(self.provider.slug, rules, factors)

    def of(self, job: Job) -> Decimal | None:
        """None for an operation that this version no longer has."""
        try:
            operation = self.provider.model(job.model).operation(job.operation)
            asked = repeated_job(job.source) if operation.repeats_source and job.source is not None else job
            return self.book.price(asked.model, asked.operation, asked.params) * self.credit
        except (NoPrice, Unsupported, LookupError):
            return None


def _judge(report: Report, job: Any, charge: ServiceCharge | None, worth: _Worth) -> None:
    charged = charge.amount if charge is not None else Decimal(0)
    ours = job.kept * report.credit
    if job.is_live:
        report.explain(Reason.RUNNING, charged - ours)
    elif job.state != JobState.SUCCEEDED:
        if job.has_results:
            report.explain(Reason.LATE, charged - ours)
        elif charged:
            report.differences.append(_charged_failed(report, job, charged - ours))
    elif charge is None and _is_too_new(report, job):
        report.explain(Reason.NOT_READ, charged - ours)
    else:
        expected = worth.of(job)
        # of what has left the price list nobody knows what it should have cost
        rightful = charged if expected is None else expected
        if charge is None and ours:
            report.differences.append(_not_charged(report, job, rightful))
        elif charged != rightful or _contradicts(job, charge):
            report.differences.append(_another_amount(report, job, charge, charged, rightful))
        quoted = job.quote * report.credit
        report.explain(Reason.OWN_PRICES, rightful - quoted)
        report.explain(Reason.PARTIAL, quoted - ours)


def _is_too_new(report: Report, job: Job) -> bool:
    read_at = report.reading.read_at
    return read_at is None or job.submitted_at is None or job.submitted_at > read_at - GRACE


def _charged_failed(report: Report, job: Job, amount: Decimal) -> Difference:
    sentence = _("The service charged %(amount)s for a job that failed: %(why)s Its credits went back.") % {
        "amount": money(amount, report.unit),
        "why": _(job.error_message) if job.error_message else "",
    }
    return Difference(Kind.CHARGED_FAILED, job.remote_id, amount, sentence, job.pk)


def _not_charged(report: Report, job: Any, expected: Decimal) -> Difference:
    sentence = _("The service did not charge this job; it should cost %(amount)s. The team paid %(credits)s credits.")
    values = {"amount": money(expected, report.unit), "credits": job.kept}
    return Difference(Kind.NOT_CHARGED, job.remote_id, -expected, sentence % values, job.pk)


def _another_amount(
    report: Report, job: Job, charge: ServiceCharge | None, charged: Decimal, expected: Decimal
) -> Difference:
    sentence = _("The service charged %(charged)s, its price list says %(expected)s.") % {
        "charged": money(charged, report.unit),
        "expected": money(expected, report.unit),
    }
    for name, (in_reply, on_bill) in _contradicts(job, charge).items():
        said = _("Its reply to the job said %(name)s %(reply)s, its bill says %(bill)s.")
        sentence += " " + said % {"name": name, "reply": in_reply, "bill": on_bill}
    return Difference(Kind.AMOUNT, job.remote_id, charged - expected, sentence, job.pk)


def _contradicts(job: Job, charge: ServiceCharge | None) -> dict[str, tuple[Decimal, Decimal]]:
    """Figures that the service's reply and its bill give by the same name, and that differ."""
    said, billed = _figures(job.service_cost), _figures(charge.raw.get("said") if charge is not None else None)
    return {name: (said[name], billed[name]) for name in said if name in billed and said[name] != billed[name]}


def _figures(facts: Any) -> dict[str, Decimal]:
    if not isinstance(facts, dict):
        return {}
    numbers = {name: value for name, value in facts.items() if isinstance(value, int | float) and value == value}
    return {name: Decimal(str(value)) for name, value in numbers.items()}


def _stranger(reading: AccountReading, charge: ServiceCharge) -> Difference:
    near = _never_learnt(reading, charge)
    if near is not None:
        sentence = _(
            "The service charged %(amount)s for a job that this studio does not know. It may be job %(job)s, of which "
            "nobody learnt whether it arrived."
        )
    else:
        sentence = _("The service charged %(amount)s for a job that this studio does not know.")
    values = {"amount": money(charge.amount, charge.unit), "job": near}
    return Difference(Kind.UNKNOWN_JOB, charge.remote_id, charge.amount, sentence % values, near)


def money(amount: Decimal, unit: str) -> str:
    """An amount with its unit, in words: 1/100 CNY as yuan."""
    sign, size = "\N{MINUS SIGN}" if amount < 0 else "", abs(amount)
    if unit == "fen":
        return f"{sign}¥{size / 100:,.2f}"
    return f"{sign}{size.normalize():,f} {unit}".strip()


# ── pairing ──────────────────────────────────────────


def _jobs(reading: AccountReading) -> QuerySet[Job]:
    return Job.objects.filter(provider=reading.provider, account=reading.account)


def _pairs(reading: AccountReading, since: datetime, until: datetime) -> Iterator[tuple[Any, ServiceCharge | None]]:
    """Every accepted job, with what we kept of its credits as `kept`, and its charge."""
    taken = Coalesce(Sum("hold__parts__amount", filter=Q(hold__parts__kind=TransferKind.CAPTURE)), 0)
    given_back = Coalesce(Sum("hold__parts__amount", filter=Q(hold__parts__kind=TransferKind.REFUND)), 0)
    results = Output.objects.filter(job=OuterRef("pk"), state__in=[OutputState.DONE, OutputState.PURGED])
    jobs = iter(
        _jobs(reading)
        .filter(submitted_at__gte=since, submitted_at__lt=until)
        .exclude(remote_id="")
        .select_related("source__job")
        .defer("snapshot", "prompt")
        .annotate(taken=taken, given_back=given_back, kept=F("taken") - F("given_back"), has_results=Exists(results))
        .order_by("pk")
        .iterator(chunk_size=BATCH)
    )
    while batch := list(islice(jobs, BATCH)):
        charges = {
            charge.remote_id: charge
            for charge in _charges(reading).filter(remote_id__in=[job.remote_id for job in batch])
        }
        sources = [job.source for job in batch if job.source is not None]
        load_lineage(sources, known=sources)
        for job in batch:
            yield job, charges.get(job.remote_id)


def _charges(reading: AccountReading) -> QuerySet[ServiceCharge]:
    return ServiceCharge.objects.filter(provider=reading.provider, account=reading.account)


def _strangers(reading: AccountReading, since: datetime, until: datetime) -> Iterator[ServiceCharge]:
    then = Q(charged_at__gte=since, charged_at__lt=until) | Q(charged_at__isnull=True)
    ours = _jobs(reading).filter(remote_id=OuterRef("remote_id"))
    return _charges(reading).filter(then, ~Exists(ours)).exclude(amount=0).order_by("charged_at").iterator()


def _never_learnt(reading: AccountReading, charge: ServiceCharge) -> int | None:
    """The job that this charge may be of: sent about then, and its fate never learnt."""
    if charge.charged_at is None:
        return None
    sent = (charge.charged_at - NEARBY, charge.charged_at + NEARBY)
    lost = _jobs(reading).filter(remote_id="", error_code="submit_unknown", submitted_at__range=sent)
    return lost.values_list("pk", flat=True).first()


def days(since: Any, until: Any) -> tuple[datetime, datetime]:
    """The time from the first day's beginning to the last day's end; by default the last 31 days."""
    today = timezone.localdate()
    last = until or today
    first = since or last - timedelta(days=30)
    midnight = datetime.min.time()
    begin = timezone.make_aware(datetime.combine(first, midnight))
    end = timezone.make_aware(datetime.combine(last + timedelta(days=1), midnight))
    return begin, end

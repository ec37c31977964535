"""Credits: accounts, the append-only ledger between them, and what things cost."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from studio.accounts.models import Team


class AccountKind(models.TextChoices):
    TEAM = "team", _("A team's credits")
    HELD = "held", _("A team's held credits")
    GRANTED = "granted", _("Source of grants")
    SPENT = "spent", _("Spent")


class CreditAccount(models.Model):
    """A pot of credits. The balance is derived from the ledger and kept beside it; only `granted` may be
    negative (it is where credits come from)."""

    # a team without transfers may go, and takes its empty accounts along; transfers protect theirs
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, related_name="credit_accounts")
    kind = models.CharField(_("kind"), max_length=8, choices=AccountKind)
    balance = models.BigIntegerField(_("balance"), default=0)

    class Meta:
        verbose_name = _("credit account")
        verbose_name_plural = _("credit accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["team", "kind"], condition=Q(team__isnull=False), name="account_once_a_team"
            ),
            models.UniqueConstraint(fields=["kind"], condition=Q(team__isnull=True), name="system_account_once"),
            models.CheckConstraint(condition=Q(balance__gte=0) | Q(kind="granted"), name="balance_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.team or _('System')} · {self.get_kind_display()}"


class TransferKind(models.TextChoices):
    GRANT = "grant", _("Grant")
    HOLD = "hold", _("Hold")
    CAPTURE = "capture", _("Capture")
    RELEASE = "release", _("Release")
    REFUND = "refund", _("Refund")


class Transfer(models.Model):
    """One movement of credits. Append-only: the database refuses UPDATE and DELETE.

    A hold moves credits from a team's account to its held account; its settlement moves them on
    (capture) or back (release). Of the rows that belong to a hold one carries `settles`, and a
    partial unique index allows only one; the rest of a partly captured hold goes back in a second
    row of the same transaction that names the hold in `hold` alone.
    """

    kind = models.CharField(_("kind"), max_length=8, choices=TransferKind)
    debit = models.ForeignKey(CreditAccount, models.PROTECT, verbose_name=_("from"), related_name="debits")
    credit = models.ForeignKey(CreditAccount, models.PROTECT, verbose_name=_("to"), related_name="credits")
    amount = models.PositiveBigIntegerField(_("amount"))
    key = models.CharField(_("key"), max_length=120, unique=True)
    hold = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="parts")
    settles = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("by"), null=True)
    created_at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_moves_something"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="transfer_between_two"),
            models.UniqueConstraint(
                fields=["settles"], condition=Q(settles__isnull=False), name="one_settlement_a_hold"
            ),
        ]
        indexes = [models.Index(fields=["debit", "-id"]), models.Index(fields=["credit", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"


class PriceRule(models.Model):
    """Credits for one operation; the most exact rule wins (model and operation, then operation)."""

    provider = models.CharField(_("service"), max_length=40)
    model = models.CharField(_("model"), max_length=60, blank=True, help_text=_("Empty: every model of the service."))
    operation = models.CharField(_("operation"), max_length=60)
    credits = models.DecimalField(_("credits"), max_digits=10, decimal_places=2, validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = [
            models.UniqueConstraint(fields=["provider", "model", "operation"], name="price_once"),
            models.CheckConstraint(condition=Q(credits__gte=0), name="price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.model or '*'} {self.operation}: {self.credits}"


class PriceFactor(models.Model):
    """Multiplies a price where a parameter has a value (turbo: twice)."""

    provider = models.CharField(_("service"), max_length=40)
    parameter = models.CharField(_("parameter"), max_length=60)
    value = models.CharField(_("value"), max_length=60)
    factor = models.DecimalField(_("factor"), max_digits=8, decimal_places=4, validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = _("price factor")
        verbose_name_plural = _("price factors")
        constraints = [
            models.UniqueConstraint(fields=["provider", "parameter", "value"], name="factor_once"),
            models.CheckConstraint(condition=Q(factor__gte=0), name="factor_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.parameter}={self.value}: × {self.factor}"

"""Service accounts with their bills, and jobs, for administrators. Keys can be set, never read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from providers.registry import PROVIDERS, get_provider

from . import bills, problems, reconcile
from .credentials import encrypt
from .models import AccountReading, Job, LibraryFile, ProviderAccount, Reply, ServiceCharge


class ProviderAccountForm(forms.ModelForm):
    """One write-only field for each credential that any service has; those of the chosen one are used."""

    provider = forms.ChoiceField(
        label=_("Service"), choices=lambda: [(provider.slug, provider.title) for provider in PROVIDERS]
    )

    base_url = forms.URLField(
        label=_("Address"), required=False, assume_scheme="https", help_text=_("Empty: the service's own.")
    )

    class Meta:
        model = ProviderAccount
        fields = ["provider", "label", "base_url", "enabled"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for provider in PROVIDERS:
            for item in provider.credential_fields:
                self.fields[f"{provider.slug}_{item.name}"] = forms.CharField(
                    label=f"{provider.title} · {gettext(item.label)}",
                    required=False,
                    strip=True,
                    widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
                    help_text=_("Kept encrypted. Leave empty to keep what is stored.")
                    if not item.default
                    else _("Empty: %(value)s") % {"value": item.default},
                )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        slug = cleaned.get("provider")
        if slug is None:
            return cleaned
        fields = get_provider(slug).credential_fields
        typed = {item.name: cleaned.get(f"{slug}_{item.name}", "") for item in fields}
        stored = bool(self.instance.credentials) and self.instance.provider == slug
        if any(typed.values()) and not all(typed[item.name] or item.default for item in fields):
            self.add_error(None, _("Fill in every part of the key, or none to keep what is stored."))
        elif not all(value.isascii() and value.isprintable() for value in typed.values()):
            self.add_error(None, _("A key has only plain letters, digits and signs. Copy it again."))
        elif not any(typed.values()) and not stored:
            self.add_error(None, _("This service needs its key."))
        moved = stored and not any(typed.values()) and "base_url" in self.changed_data
        if moved:
            # a stored key must not be sent to a host it was not entered for
            self.add_error("base_url", _("Enter the key again when the address changes."))
        self.typed = typed
        return cleaned

    def save(self, commit: bool = True) -> ProviderAccount:
        if any(self.typed.values()):
            self.instance.credentials = encrypt(self.typed)
        account: ProviderAccount = super().save(commit)
        return account


@admin.register(ProviderAccount)
class ProviderAccountAdmin(admin.ModelAdmin):
    form = ProviderAccountForm
    list_display = ["label", "provider", "enabled", "created_at"]
    list_filter = ["provider", "enabled"]

    def get_fieldsets(self, request: HttpRequest, obj: ProviderAccount | None = None) -> Any:
        keys = [f"{provider.slug}_{item.name}" for provider in PROVIDERS for item in provider.credential_fields]
        return [
            (None, {"fields": ["provider", "label", "enabled", "base_url"]}),
            (_("Key"), {"fields": keys, "description": _("Shown to nobody once it is saved.")}),
        ]

    def get_form(
        self, request: HttpRequest, obj: ProviderAccount | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        # the key fields are made in the form's constructor, which the admin's field check can't see
        kwargs["fields"] = ["provider", "label", "base_url", "enabled"]
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: ProviderAccount, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        bills.furnish()
        for reading in bills.current().filter(account=obj):
            bills.ask(reading)


class ReadOnlyAdmin(admin.ModelAdmin):
    actions = None
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "team",
        "created_by",
        "provider",
        "model",
        "operation",
        "state",
        "quote",
        "cost",
        "created_at",
    ]
    list_filter = ["state", "provider", "operation"]
    search_fields = ["=id", "=remote_id"]
    list_select_related = ["team", "created_by"]
    exclude = ["snapshot", "claim", "cursor", "error_message"]
    readonly_fields = ["why"]

    @admin.display(description=_("problem"))
    def why(self, job: Job) -> str:
        return problems.said(job.error_message)


@admin.register(ServiceCharge)
class ServiceChargeAdmin(ReadOnlyAdmin):
    list_display = ["charged_at", "account_name", "remote_id", "money"]
    list_filter = ["provider", "charged_at"]
    list_select_related = ["account"]
    search_fields = ["=remote_id"]
    ordering = ["-charged_at", "-id"]
    fields = ["provider", "account", "remote_id", "amount", "unit", "charged_at", "seen_at"]

    @admin.display(description=_("account"))
    def account_name(self, charge: ServiceCharge) -> str:
        return _name_of(charge)

    @admin.display(description=_("amount"), ordering="amount")
    def money(self, charge: ServiceCharge) -> str:
        return reconcile.money(charge.amount, charge.unit)


@admin.register(LibraryFile)
class LibraryFileAdmin(ReadOnlyAdmin):
    list_display = ["asset", "account_name", "remote_id", "state", "looked_at", "why"]
    list_filter = ["state", "provider"]
    list_select_related = ["account", "asset"]
    search_fields = ["=remote_id", "=asset__id"]
    ordering = ["-id"]
    fields = ["asset", "provider", "account", "remote_id", "state", "why", "looked_at"]
    readonly_fields = ["why"]

    @admin.display(description=_("account"))
    def account_name(self, file: LibraryFile) -> str:
        return _name_of(file)

    @admin.display(description=_("problem"))
    def why(self, file: LibraryFile) -> str:
        return problems.said(file.problem)


@admin.register(Reply)
class ReplyAdmin(ReadOnlyAdmin):
    """Who asked chat models for what; their words are their own."""

    list_display = ["id", "team", "created_by", "purpose", "provider", "model", "state", "quote", "cost", "created_at"]
    list_filter = ["state", "purpose", "provider"]
    list_select_related = ["team", "created_by"]
    search_fields = ["=id"]
    ordering = ["-id"]
    fields = [
        "team",
        "created_by",
        "purpose",
        "provider",
        "model",
        "state",
        "error_code",
        "quote",
        "cost",
        "usage",
        "created_at",
        "finished_at",
    ]


class ReportForm(forms.Form):
    """The days of a report, both included."""

    since = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since is not None and until is not None and until < since:
            self.add_error("until", _("The last day comes before the first."))
        return cleaned


@admin.register(AccountReading)
class AccountReadingAdmin(ReadOnlyAdmin):
    """What services say of our accounts, and how their bills agree with our ledger."""

    list_display = ["account_name", "plan", "balance_now", "max_concurrent", "read_at", "state"]
    list_select_related = ["account"]
    ordering = ["provider", "id"]
    fields = ["account_name", "plan", "balance_now", "max_concurrent", "read_at", "state"]
    readonly_fields = ["account_name", "plan", "balance_now", "max_concurrent", "read_at", "state"]
    change_list_template = "admin/jobs/accountreading/change_list.html"
    change_form_template = "admin/jobs/accountreading/change_form.html"

    @admin.display(description=_("account"), ordering="provider")
    def account_name(self, reading: AccountReading) -> str:
        return _name_of(reading)

    @admin.display(description=_("balance"), ordering="balance")
    def balance_now(self, reading: AccountReading) -> str:
        return reconcile.money(reading.balance, reading.unit) if reading.balance is not None else "–"

    @admin.display(description=_("reading"))
    def state(self, reading: AccountReading) -> str:
        if reading.asked_at is not None:
            return gettext("Being read")
        return (
            gettext(reading.problem)
            if reading.problem
            else (gettext("Complete") if reading.read_at else gettext("Not yet"))
        )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("read/", view(self.read_now), name="read_bills"),
            path("<int:pk>/read/", view(self.read_now), name="read_bill"),
            path("report/", view(self.report), name="bill_report"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        reading = self.get_object(request, object_id)
        extra = {"periods": [_period(row) for row in reading.periods]} if reading else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    def read_now(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """Asks the engine for one reading, or for those of all accounts in use."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("jobs.change_accountreading"):
            raise PermissionDenied
        if pk is None:
            bills.furnish()
            readings = list(bills.current())
        else:
            readings = [get_object_or_404(AccountReading, pk=pk)]
        for reading in readings:
            bills.ask(reading)
        if readings:
            messages.success(request, gettext("The bill is being read. Reload this page in a moment."))
        else:
            messages.warning(request, gettext("No service that has a bill is in use."))
        return redirect(
            "admin:jobs_accountreading_changelist" if pk is None else "admin:jobs_accountreading_change",
            *([] if pk is None else [pk]),
        )

    def report(self, request: HttpRequest) -> HttpResponse:
        """The bills beside the ledger, from the last readings; asks no service."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = timezone.localdate()
        usual = {"since": today - timedelta(days=30), "until": today}
        form = ReportForm(request.GET if request.GET else usual)
        valid = form.is_valid()
        found = reconcile.reports(*reconcile.days(**form.cleaned_data)) if valid else []
        context = {
            **self.admin_site.each_context(request),
            "title": _("Bills and ledger"),
            "opts": self.opts,
            "form": form,
            "asked": valid,
            "reports": [_as_page(report) for report in found],
            "unread": reconcile.unread() if valid else [],
        }
        return TemplateResponse(request, "admin/jobs/accountreading/report.html", context, status=200 if valid else 422)


#: differences of one kind that a page shows; `manage.py reconcile` prints them all
SHOWN = 200


def _name_of(row: AccountReading | ServiceCharge | LibraryFile) -> str:
    title = next((provider.title for provider in PROVIDERS if provider.slug == row.provider), row.provider)
    label = row.account.label if row.account else gettext("sandbox")
    return f"{gettext(title)} · {label}"


def _period(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "money": reconcile.money(Decimal(row["amount"]), row["unit"])}


def _as_page(report: reconcile.Report) -> dict[str, Any]:
    def money(amount: Decimal) -> str:
        return reconcile.money(amount, report.unit)

    return {
        "report": report,
        "name": _name_of(report.reading),
        "charged": money(report.charged),
        "ours": money(report.ours),
        "gap": money(report.gap),
        "reasons": [(title, item.jobs, money(item.amount)) for title, item in report.reasons],
        "groups": [
            (title, money(amount), len(items), [(item, money(item.amount)) for item in items[:SHOWN]])
            for title, items, amount in report.groups
        ],
        "problem": gettext(report.reading.problem) if report.reading.problem else "",
    }

"""Teams with their credits, the ledger (to read) and the prices (to change)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from studio.accounts.admin import MembersOfTeam, protected_first
from studio.accounts.models import Team, User
from studio.billing import services
from studio.billing.models import AccountKind, CreditAccount, PriceFactor, PriceRule, Transfer

if TYPE_CHECKING:  # generic for the type checker only
    Admin = admin.ModelAdmin[Any]
else:
    Admin = admin.ModelAdmin

LEDGER_LINES = 20


class GrantForm(forms.Form):
    amount = forms.IntegerField(
        label=_("Credits"),
        min_value=1,
        max_value=100_000_000,
        error_messages={
            "required": _("Write how many."),
            "invalid": _("Write a whole number."),
            "min_value": _("At least 1 credit."),
        },
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False, help_text=_("Why. Shown in the ledger."))
    # made with the page, so that pressing twice grants once
    key = forms.UUIDField(widget=forms.HiddenInput)


def _balance_of_team(kind: AccountKind) -> Subquery:
    return Subquery(CreditAccount.objects.filter(team=OuterRef("pk"), kind=kind).values("balance")[:1])


@admin.register(Team)
class TeamAdmin(Admin):
    list_display = ("name", "slug", "people", "available", "held", "created_at")
    search_fields = ("name", "slug")
    prepopulated_fields: ClassVar[dict[str, Any]] = {"slug": ("name",)}
    inlines = (MembersOfTeam,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        teams: QuerySet[Team] = super().get_queryset(request)
        return teams.annotate(
            people_count=Count("memberships"),
            available_credits=_balance_of_team(AccountKind.TEAM),
            held_credits=_balance_of_team(AccountKind.HELD),
        )

    @admin.display(description=_("people"), ordering="people_count")
    def people(self, team: Any) -> int:
        return int(team.people_count)

    @admin.display(description=_("credits"), ordering="available_credits")
    def available(self, team: Any) -> int:
        return team.available_credits or 0

    @admin.display(description=_("held by running jobs"), ordering="held_credits")
    def held(self, team: Any) -> int:
        return team.held_credits or 0

    def get_prepopulated_fields(self, request: HttpRequest, obj: Team | None = None) -> dict[str, Any]:
        # an address in use stays as it is, unless somebody changes it on purpose
        return {} if obj else self.prepopulated_fields

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, rights_missing, protected = protected_first(super().get_deleted_objects(objs, request))
        # empty accounts go with their team, though nobody deletes them by themselves
        return deleted, counts, rights_missing - {CreditAccount._meta.verbose_name}, protected

    def get_urls(self) -> list[Any]:
        grant = path("<path:object_id>/grant/", self.admin_site.admin_view(self.grant), name="grant_credits")
        return [grant, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        team = self.get_object(request, unquote(object_id))
        extra = {"balance": services.balance(team), "ledger": _ledger(team)[:LEDGER_LINES]} if team else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    def grant(self, request: HttpRequest, object_id: str) -> HttpResponse:
        team = self.get_object(request, unquote(object_id))
        if team is None:
            raise Http404
        if not self.has_change_permission(request, team):
            raise PermissionDenied
        form = GrantForm(request.POST if request.method == "POST" else None, initial={"key": uuid.uuid4()})
        if form.is_valid():
            self._carry_out(request, team, form.cleaned_data)
            return redirect("admin:accounts_team_change", team.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Grant credits"),
            "opts": self.opts,
            "original": team,
            "form": form,
            "balance": services.balance(team),
        }
        return TemplateResponse(request, "admin/accounts/team/grant.html", context)

    def _carry_out(self, request: HttpRequest, team: Team, data: dict[str, Any]) -> None:
        assert isinstance(request.user, User)
        amount = data["amount"]
        services.grant(team, amount, key=f"admin:{data['key']}", by=request.user, note=data["note"])
        self.log_change(request, team, f"Granted {amount} credits. {data['note']}".strip())
        said = ngettext("%(amount)s credit granted to %(team)s.", "%(amount)s credits granted to %(team)s.", amount)
        messages.success(request, said % {"amount": amount, "team": team})


def _ledger(team: Team) -> QuerySet[Transfer]:
    rows = Transfer.objects.filter(Q(debit__team=team) | Q(credit__team=team))
    return rows.select_related("debit__team", "credit__team", "created_by").order_by("-id")


class ReadOnlyAdmin(Admin):
    actions = None
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "team", "kind", "amount", "note", "created_by")
    list_filter = ("kind", "created_at")
    list_select_related = ("debit__team", "credit__team", "created_by")
    search_fields = ("key", "note", "debit__team__name", "credit__team__name")
    ordering = ("-id",)
    show_full_result_count = False

    @admin.display(description=_("team"))
    def team(self, row: Transfer) -> Team | None:
        return row.debit.team or row.credit.team


@admin.register(CreditAccount)
class CreditAccountAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "kind", "balance")
    list_filter = ("kind",)
    list_select_related = ("team",)
    search_fields = ("team__name",)
    ordering = ("team__name", "kind")


class PricesAdmin(Admin):
    show_facets = admin.ShowFacets.NEVER

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """In the list the fields have no label of their own."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs.setdefault("aria-label", field.label)
        return field


@admin.register(PriceRule)
class PriceRuleAdmin(PricesAdmin):
    list_display = ("provider", "model_or_all", "operation", "credits")
    list_display_links = ("provider", "operation")
    list_editable = ("credits",)
    list_filter = ("provider",)
    search_fields = ("provider", "model", "operation")
    ordering = ("provider", "model", "operation")

    @admin.display(description=_("model"), ordering="model")
    def model_or_all(self, rule: PriceRule) -> str:
        return rule.model or str(_("every model"))


@admin.register(PriceFactor)
class PriceFactorAdmin(PricesAdmin):
    list_display = ("provider", "parameter", "value", "factor")
    list_display_links = ("provider", "parameter")
    list_editable = ("factor",)
    list_filter = ("provider", "parameter")
    search_fields = ("provider", "parameter", "value")
    ordering = ("provider", "parameter", "value")

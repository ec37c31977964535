"""Service accounts and jobs for administrators. Keys can be set, never read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from providers.registry import PROVIDERS, get_provider

from .credentials import encrypt
from .models import Job, ProviderAccount


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
                    help_text=_("Kept encrypted. Leave empty to keep what is stored."),
                )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        slug = cleaned.get("provider")
        if slug is None:
            return cleaned
        typed = {item.name: cleaned.get(f"{slug}_{item.name}", "") for item in get_provider(slug).credential_fields}
        stored = bool(self.instance.credentials) and self.instance.provider == slug
        if any(typed.values()) and not all(typed.values()):
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


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
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
    show_full_result_count = False
    exclude = ["snapshot", "claim", "cursor"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False

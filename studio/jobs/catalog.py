"""What can be made: the registry's models with how they stand in this install.

Of this room's modules the one that knows which account asks which service.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from providers.base import Model, Operation, Provider
from providers.errors import NotConfigured, Unsupported
from providers.registry import PROVIDERS, get_provider

from .credentials import UnreadableCredentials, decrypt
from .models import Job, JobState, ProviderAccount


@dataclass(frozen=True, slots=True)
class Entry:
    """A model together with the service that has it."""

    provider: type[Provider]
    model: Model

    @property
    def key(self) -> str:
        return f"{self.provider.slug}:{self.model.slug}"

    @property
    def title(self) -> str:
        return self.model.title

    @property
    def start(self) -> Operation:
        """The operation that the prompt bar begins with. Raises LookupError where everything begins with a file."""
        return self.model.starts[0]


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A row of the model picker. `status` is "ok", "sandbox" or "off"."""

    key: str
    provider: str
    slug: str
    title: str
    summary: str
    status: str
    status_text: str
    usual_seconds: float


def find(key: str) -> Entry:
    """The entry for "provider:model". Raises LookupError."""
    provider_slug, _colon, model_slug = key.partition(":")
    try:
        provider = get_provider(provider_slug)
        return Entry(provider, provider.model(model_slug))
    except (KeyError, Unsupported) as exc:
        raise LookupError(key) from exc


def find_start(key: str) -> Entry:
    """As `find()`, for the prompt bar: a model that begins with a file is none of its own."""
    entry = find(key)
    if not entry.model.starts:
        raise LookupError(key)
    return entry


def entry_of(job: Job) -> Entry:
    return find(f"{job.provider}:{job.model}")


def default_entry() -> Entry:
    provider = PROVIDERS[0]
    return Entry(provider, provider.models[0])


def enabled_accounts() -> dict[str, ProviderAccount]:
    return {account.provider: account for account in ProviderAccount.objects.filter(enabled=True)}


def model_choices() -> list[ModelChoice]:
    """The models of the prompt bar: those that can begin with words alone."""
    accounts = enabled_accounts()
    rows = []
    for provider in PROVIDERS:
        status, text = _status(provider.slug, accounts)
        for model in provider.models:
            if not model.starts:
                continue
            entry = Entry(provider, model)
            rows.append(
                ModelChoice(
                    key=entry.key,
                    provider=provider.slug,
                    slug=model.slug,
                    title=model.title,
                    summary=model.summary,
                    status=status,
                    status_text=text,
                    usual_seconds=usual_seconds(provider.slug, model.slug, entry.start),
                )
            )
    return rows


def usable_services() -> set[str]:
    """The slugs of services that can be asked now: with a key, or emulated by the sandbox."""
    accounts = enabled_accounts()
    return {provider.slug for provider in PROVIDERS if _status(provider.slug, accounts)[0] != "off"}


def _status(slug: str, accounts: dict[str, ProviderAccount]) -> tuple[str, str]:
    if slug in accounts:
        return "ok", _("Available")
    if settings.SANDBOX_URL:
        return "sandbox", _("Emulated by the sandbox")
    return "off", _("Not set up: an administrator has to add its key")


def connect(slug: str, account: ProviderAccount | None) -> Provider:
    """The service ready to be asked, with `account`'s key, or the sandbox when there is none.

    A key goes to its own service's address only. Raises NotConfigured.
    """
    provider = get_provider(slug)
    if account is None:
        if not settings.SANDBOX_URL:
            raise NotConfigured(code="no_account")
        return provider(provider.sandbox_credentials, base_url=settings.SANDBOX_URL)
    try:
        return provider(decrypt(account.credentials), base_url=account.base_url)
    except UnreadableCredentials as exc:
        raise NotConfigured(code="unreadable_credentials") from exc


def usual_seconds(provider: str, model: str, operation: Operation) -> float:
    """What a job of this kind usually takes: the mean of the latest ones, or what the declaration says."""
    return _measured().get(f"{provider}:{model}:{operation.slug}", float(operation.usual_seconds))


def _measured() -> dict[str, float]:
    """Mean seconds from submit to end of this install's latest jobs, by kind; looked up once a minute."""
    known: dict[str, float] | None = cache.get("usual-seconds")
    if known is None:
        latest = Job.objects.filter(state=JobState.SUCCEEDED).order_by("-id")
        took: dict[str, list[float]] = defaultdict(list)
        for slug, model, operation, began, ended in latest.values_list(
            "provider", "model", "operation", "submitted_at", "finished_at"
        )[:400]:
            if began and ended:
                took[f"{slug}:{model}:{operation}"].append((ended - began).total_seconds())
        known = {kind: sum(times[:20]) / len(times[:20]) for kind, times in took.items()}
        cache.set("usual-seconds", known, 60)
    return known

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, post_save
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "studio.billing"
    label = "billing"
    verbose_name = _("Credits")

    def ready(self) -> None:
        post_migrate.connect(_keep_the_ledger_whole, sender=self, dispatch_uid="billing.ledger")
        post_save.connect(_open_accounts, sender="accounts.Team", dispatch_uid="billing.accounts")


def _keep_the_ledger_whole(using: str, **kwargs: Any) -> None:
    """SQLite loses triggers when a migration rebuilds the table; `flush` loses the system accounts."""
    from studio.billing import services, triggers

    connection = connections[using]
    if triggers.TABLE in connection.introspection.table_names():
        triggers.install(connection)
        services.open_system_accounts(using)


def _open_accounts(instance: Any, created: bool, raw: bool, using: str, **kwargs: Any) -> None:
    from studio.billing import services

    if created and not raw:
        services.open_accounts(instance)

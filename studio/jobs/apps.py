from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "studio.jobs"
    label = "jobs"
    verbose_name = _("Jobs")

    def ready(self) -> None:
        from studio.media import conversions

        from .wakeup import wake

        post_migrate.connect(_furnish, sender=self)
        conversions.on_request(wake)


def _furnish(**kwargs: Any) -> None:
    """The engine's one row, and prices of operations that are new in this version; what an
    administrator changed stays."""
    from .models import EngineWindow

    EngineWindow.objects.get_or_create(pk=1)
    seed_declared_prices()


def seed_declared_prices() -> None:
    from providers.registry import PROVIDERS
    from studio.billing.services import seed_prices

    seed_prices(
        [
            (provider.slug, model.slug, operation.slug, operation.price)
            for provider in PROVIDERS
            for model in provider.models
            for operation in model.operations
        ],
        [
            (provider.slug, factor.parameter, factor.value, factor.factor)
            for provider in PROVIDERS
            for factor in provider.price_factors
        ],
    )

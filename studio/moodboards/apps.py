from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MoodboardsConfig(AppConfig):
    name = "studio.moodboards"
    label = "moodboards"
    verbose_name = _("Moodboards")

    def ready(self) -> None:
        from studio.jobs import boards, trash
        from studio.media import services as media

        from . import queries, services, signals

        signals.connect()
        boards.register(queries.infos)
        trash.keeps(queries.pictures_among)
        trash.purges(services.purge)
        media.on_import(services.arrived)

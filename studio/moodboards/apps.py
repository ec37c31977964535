from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MoodboardsConfig(AppConfig):
    name = "studio.moodboards"
    label = "moodboards"
    verbose_name = _("Moodboards")

    def ready(self) -> None:
        from studio.jobs import boards, trash

        from . import queries, signals

        signals.connect()
        boards.register(queries.infos)
        trash.keeps(queries.pictures_among)

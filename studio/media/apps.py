from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "studio.media"
    label = "media"

    def ready(self) -> None:
        from studio.media import checks, signals  # noqa: F401 -- they register themselves

from django.apps import AppConfig


class GalleryConfig(AppConfig):
    name = "studio.gallery"
    label = "gallery"

    def ready(self) -> None:
        from studio.jobs import trash

        from . import services

        trash.purges(services.purge)

from django.apps import AppConfig


class LibConfig(AppConfig):
    name = "studio.lib"
    label = "lib"

    def ready(self) -> None:
        from studio.lib import checks  # noqa: F401 -- registers itself

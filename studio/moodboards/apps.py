from django.apps import AppConfig


class MoodboardsConfig(AppConfig):
    name = "studio.moodboards"
    label = "moodboards"

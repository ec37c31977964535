from django.urls import URLPattern

app_name = "moodboards"
urlpatterns: list[URLPattern] = []

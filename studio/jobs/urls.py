from django.urls import path

from . import views

app_name = "jobs"
urlpatterns = [
    path("events/", views.events, name="events"),
    path("events/poll/", views.events_poll, name="events-poll"),
]

from django.urls import path

from studio.media import views

app_name = "media"

urlpatterns = [
    path("t/<slug:team>/assets/<int:pk>/original", views.original, name="original"),
    path("t/<slug:team>/assets/<int:pk>/<slug:spec>.webp", views.rendition, name="rendition"),
    path("inputs/<str:token>", views.service_input, name="input"),
]

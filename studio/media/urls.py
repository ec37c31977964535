from django.urls import path

from studio.media import views

app_name = "media"

urlpatterns = [
    path("t/<slug:team>/assets/<int:pk>/original", views.original, name="original"),
    path("t/<slug:team>/assets/<int:pk>/<slug:spec>.webp", views.rendition, name="rendition"),
    path("t/<slug:team>/assets/<int:pk>/preview.mp4", views.preview, name="preview"),
    path("t/<slug:team>/assets/<int:pk>/frame/", views.frame, name="frame"),
    path("t/<slug:team>/assets/<int:pk>/convert/", views.convert, name="convert"),
    path("t/<slug:team>/assets/<int:pk>/conversions/<int:conversion>/", views.conversion, name="conversion"),
    path("t/<slug:team>/assets/<int:pk>/converted.<slug:wanted>", views.converted, name="converted"),
    path("inputs/<str:token>", views.service_input, name="input"),
]

from django.urls import path

from . import views

app_name = "editor"
urlpatterns = [
    path("output/<int:output>/", views.output, name="output"),
    path("output/<int:output>/submit/", views.submit_output, name="submit-output"),
    path("output/<int:output>/versions/", views.versions_of_output, name="versions-of-output"),
    path("asset/<int:pk>/", views.asset, name="asset"),
    path("asset/<int:pk>/submit/", views.submit_asset, name="submit-asset"),
    path("asset/<int:pk>/versions/", views.versions_of_asset, name="versions-of-asset"),
]

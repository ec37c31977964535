from django.contrib import admin
from django.urls import include, path

from studio.create.views import home
from studio.jobs.views import callback

urlpatterns = [
    path("", home, name="home"),
    path("", include("studio.accounts.urls")),
    path("", include("studio.media.urls")),
    path("callbacks/<slug:provider>/<str:token>", callback, name="callback"),
    path("t/<slug:team>/", include("studio.jobs.urls")),
    path("t/<slug:team>/", include("studio.create.urls")),
    path("t/<slug:team>/edit/", include("studio.editor.urls")),
    path("t/<slug:team>/gallery/", include("studio.gallery.urls")),
    path("t/<slug:team>/history/", include("studio.history.urls")),
    path("t/<slug:team>/moodboards/", include("studio.moodboards.urls")),
    path("admin/", admin.site.urls),
]

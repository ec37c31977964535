from django.urls import path

from . import views

app_name = "history"
urlpatterns = [
    path("", views.page, name="page"),
    path("export.csv", views.export, name="export"),
    path("jobs/<int:job>/", views.job, name="job"),
    path("jobs/<int:job>/row/", views.row, name="row"),
    path("jobs/<int:job>/cancel/", views.cancel, name="cancel"),
    path("jobs/<int:job>/retry/", views.retry, name="retry"),
    path("jobs/<int:job>/delete/", views.delete, name="delete"),
    path("jobs/<int:job>/restore/", views.restore, name="restore"),
]

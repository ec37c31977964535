from django.urls import path

from . import views

app_name = "gallery"
urlpatterns = [
    path("", views.wall, name="wall"),
    path("figures/", views.figures, name="figures"),
    path("ids/", views.ids, name="ids"),
    path("sidebar/", views.sidebar, name="sidebar"),
    path("stars/", views.star, name="star"),
    path("stars/<int:output>/", views.star_button, name="star-button"),
    path("download/", views.download, name="download"),
    path("trash/", views.trash, name="trash"),
    path("trash/put/", views.put_in_trash, name="put-in-trash"),
    path("trash/restore/", views.restore, name="restore"),
    path("trash/delete/", views.delete, name="delete"),
    path("collections/", views.create_collection, name="collections"),
    path("collections/<int:collection>/rename/", views.rename_collection, name="collection-rename"),
    path("collections/<int:collection>/delete/", views.delete_collection, name="collection-delete"),
    path("collections/<int:collection>/restore/", views.restore_collection, name="collection-restore"),
    path("collections/<int:collection>/add/", views.add, name="add"),
    path("collections/<int:collection>/remove/", views.remove, name="remove"),
    path("collections/<int:collection>/cover/", views.cover, name="cover"),
]

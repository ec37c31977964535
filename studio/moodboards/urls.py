from django.urls import path

from .views import change, pages, picker

app_name = "moodboards"

urlpatterns = [
    path("", pages.index, name="index"),
    path("new/", change.create, name="create"),
    path("choose/", picker.choose, name="choose"),
    path("picker/", picker.picker, name="picker"),
    path("<int:board>/", pages.board, name="board"),
    path("<int:board>/details/", change.details, name="details"),
    path("<int:board>/delete/", change.delete, name="delete"),
    path("<int:board>/restore/", change.restore, name="restore"),
    path("<int:board>/add/", change.add, name="add"),
    path("<int:board>/remove/", change.remove, name="remove"),
    path("<int:board>/put-back/", change.put_back, name="put-back"),
    path("<int:board>/items/<int:item>/", pages.item, name="item"),
    path("<int:board>/items/<int:item>/move/", change.move, name="move"),
    path("<int:board>/items/<int:item>/note/", change.note, name="note"),
    path("<int:board>/items/<int:item>/cover/", change.cover, name="cover"),
]

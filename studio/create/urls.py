from django.urls import path

from .views import assist, compose, follow_ups, pages, references

app_name = "create"
urlpatterns = [
    path("create/", pages.page, name="page"),
    path("create/teams/", pages.teams, name="teams"),
    path("create/prompts/", pages.prompts, name="prompts"),
    path("create/panel/", compose.panel, name="panel"),
    path("create/read-prompt/", compose.read_prompt, name="read-prompt"),
    path("create/quote/", compose.quote, name="quote"),
    path("create/submit/", compose.submit, name="submit"),
    path("create/files/", references.files, name="files"),
    path("assist/", assist.ask, name="assist"),
    path("assist/form/", assist.form, name="assist-form"),
    path("assist/<int:reply>/", assist.state, name="assist-state"),
    path("assist/<int:reply>/events/", assist.events, name="assist-events"),
    path("assist/<int:reply>/stop/", assist.stop, name="assist-stop"),
    path("jobs/<int:job>/", pages.job, name="job"),
    path("jobs/<int:job>/cancel/", follow_ups.cancel, name="cancel"),
    path("jobs/<int:job>/retry/", follow_ups.retry, name="retry"),
    path("images/<int:output>/", pages.lightbox, name="lightbox"),
    path("images/<int:output>/actions/", follow_ups.actions, name="actions"),
    path("images/<int:output>/send/", references.send_output, name="send"),
    path("images/<int:output>/<slug:operation>/", follow_ups.operation, name="operation"),
    path("files/<int:pk>/", follow_ups.file, name="file"),
    path("files/<int:pk>/actions/", follow_ups.file_actions, name="file-actions"),
    path("files/<int:pk>/send/", references.send_file, name="file-send"),
    path("files/<int:pk>/<slug:operation>/", follow_ups.file_operation, name="file-operation"),
    path("uploads/", references.upload, name="uploads"),
    path("uploads/<int:pk>/", references.upload_state, name="upload"),
]

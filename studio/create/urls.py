from django.urls import path

from .views import compose, follow_ups, pages, references

app_name = "create"
urlpatterns = [
    path("create/", pages.page, name="page"),
    path("create/teams/", pages.teams, name="teams"),
    path("create/prompts/", pages.prompts, name="prompts"),
    path("create/panel/", compose.panel, name="panel"),
    path("create/read-prompt/", compose.read_prompt, name="read-prompt"),
    path("create/quote/", compose.quote, name="quote"),
    path("create/submit/", compose.submit, name="submit"),
    path("jobs/<int:job>/", pages.job, name="job"),
    path("jobs/<int:job>/cancel/", follow_ups.cancel, name="cancel"),
    path("jobs/<int:job>/retry/", follow_ups.retry, name="retry"),
    path("images/<int:output>/", pages.lightbox, name="lightbox"),
    path("images/<int:output>/actions/", follow_ups.actions, name="actions"),
    path("images/<int:output>/<slug:operation>/", follow_ups.operation, name="operation"),
    path("files/<int:pk>/", follow_ups.file, name="file"),
    path("files/<int:pk>/actions/", follow_ups.file_actions, name="file-actions"),
    path("files/<int:pk>/<slug:operation>/", follow_ups.file_operation, name="file-operation"),
    path("uploads/", references.upload, name="uploads"),
    path("uploads/<int:pk>/", references.upload_state, name="upload"),
]

from django.urls import include, path

from studio.accounts import views

accounts = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("account/", views.account, name="account"),
    path("account/password/", views.password, name="password"),
    path("welcome/<str:token>/", views.welcome, name="welcome"),
]

urlpatterns = [
    path("", include((accounts, "accounts"))),
    # outside the namespace: Django looks for it as `set_language`
    path("i18n/", include("django.conf.urls.i18n")),
]

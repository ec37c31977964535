"""Signing in, and one's own account."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy as _

from studio.accounts.models import User


class FocusedForm(forms.Form):
    """The focus goes to the first wrong field, or to `first` on a fresh page."""

    first: ClassVar[str] = ""
    error_css_class = "invalid"

    def focus(self) -> None:
        wrong = next((name for name in self.fields if name in self.errors), "" if self.is_bound else self.first)
        if wrong:
            self.fields[wrong].widget.attrs["autofocus"] = True


def _password(label: Any, autocomplete: str, **options: Any) -> forms.CharField:
    # passwords may begin or end with a space
    return forms.CharField(
        label=label,
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        **options,
    )


class SignInForm(FocusedForm):
    first = "email"

    email = forms.EmailField(
        label=_("Email"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Write the email you sign in with."), "invalid": _("That is not an email.")},
    )
    password = _password(_("Password"), "current-password", error_messages={"required": _("Write your password.")})


class ProfileForm(FocusedForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("How your teams see you."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Write a name.")},
    )


class PasswordForm(FocusedForm):
    """People who came by a welcome link have no password yet, and are not asked for one."""

    old = _password(
        _("Password now"), "current-password", error_messages={"required": _("Write the password you have now.")}
    )
    new = _password(_("New password"), "new-password", error_messages={"required": _("Write a new password.")})
    again = _password(
        _("New password again"), "new-password", error_messages={"required": _("Write the new password once more.")}
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["new"].help_text = _("At least 10 characters. A few words make a good one.")
        if not user.has_usable_password():
            del self.fields["old"]

    def clean_old(self) -> str:
        old: str = self.cleaned_data["old"]
        if not self.user.check_password(old):
            raise forms.ValidationError(_("That is not your password."))
        return old

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        password_validation.validate_password(new, self.user)
        return new

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if "new" in self.cleaned_data and again != self.cleaned_data["new"]:
            raise forms.ValidationError(_("The two differ."))
        return again

    def save(self) -> None:
        self.user.set_password(self.cleaned_data["new"])
        self.user.save(update_fields=["password"])

"""People in the administration. Teams are registered by billing, which shows their credits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth import admin as auth_admin
from django.contrib.auth import forms as auth_forms
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from studio.accounts.access import ask_to_sign_in
from studio.accounts.models import Membership, User
from studio.accounts.services import make_welcome_link

if TYPE_CHECKING:  # generic for the type checker only
    Inline = admin.TabularInline[Membership, Any]
    Formset = forms.BaseInlineFormSet[Membership, Any, Any]
    PersonAdmin = auth_admin.UserAdmin[User]
    ChangeForm = auth_forms.UserChangeForm[User]
    CreationForm = auth_forms.AdminUserCreationForm[User]
else:
    Inline = admin.TabularInline
    Formset = forms.BaseInlineFormSet
    PersonAdmin = auth_admin.UserAdmin
    ChangeForm = auth_forms.UserChangeForm
    CreationForm = auth_forms.AdminUserCreationForm

admin.site.site_header = "Atelier"
admin.site.site_title = "Atelier"
admin.site.index_title = _("Administration")
admin.site.unregister(Group)


def _sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """One door for everybody: the studio's own page, which also slows guessing down."""
    if not request.user.is_authenticated:
        return ask_to_sign_in(request)
    if not admin.site.has_permission(request):
        raise PermissionDenied(_("Only administrators of the studio may open this page."))
    return redirect("admin:index")


admin.site.login = _sign_in  # type: ignore[method-assign]  # Django knows no other way


def protected_first(found: Any) -> Any:
    """Where things stay because others refer to them, that is said, not which rights are missing."""
    deleted, counts, rights_missing, protected = found
    return deleted, counts, set() if protected else rights_missing, protected


class UserChangeForm(ChangeForm):
    class Meta:
        model = User
        fields = "__all__"

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        stays = cleaned.get("is_active", self.instance.is_active) and cleaned.get("is_staff", self.instance.is_staff)
        others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=self.instance.pk)
        if self.instance.is_superuser and not stays and not others.exists():
            raise forms.ValidationError(_("This is the last active administrator. Make somebody else one first."))
        return cleaned


class UserCreationForm(CreationForm):
    class Meta:
        model = User
        fields = ("email", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["usable_password"]
        assert isinstance(choice, forms.ChoiceField)
        choice.label = _("Password")
        choice.choices = [("false", _("Chosen by the person, after a sign-in link")), ("true", _("Set now"))]
        choice.initial = "false"
        choice.help_text = ""


class LabelledFormSet(Formset):
    """In a table the column has the label, which tells nothing to who cannot see the column."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            field.widget.attrs.setdefault("aria-label", field.label)


class MembershipInline(Inline):
    model = Membership
    formset = LabelledFormSet
    extra = 0


class TeamsOfUser(MembershipInline):
    autocomplete_fields = ("team",)


@admin.register(User)
class UserAdmin(PersonAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("joined_at", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (
            _("Access"),
            {
                "fields": ("is_active", "is_staff"),
                "description": _(
                    "Somebody who has left is made inactive, not deleted: what they made and spent stays."
                ),
            },
        ),
        (_("Dates"), {"fields": ("joined_at", "last_login")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")}),
    )
    inlines: ClassVar[list[Any]] = [TeamsOfUser]
    show_facets = admin.ShowFacets.NEVER

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return protected_first(super().get_deleted_objects(objs, request))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        # there is one kind of administrator, who may do everything
        obj.is_superuser = obj.is_staff
        super().save_model(request, obj, form, change)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        return self.inlines if obj else []

    def get_urls(self) -> list[Any]:
        link = path(
            "<path:object_id>/sign-in-link/", self.admin_site.admin_view(self.sign_in_link), name="sign_in_link"
        )
        return [link, *super().get_urls()]

    def sign_in_link(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A GET asks, a POST makes a link and shows it this once."""
        user = self.get_object(request, unquote(object_id))
        if user is None:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        made = request.method == "POST" and user.is_active
        if made:
            self.log_change(request, user, "Made a sign-in link.")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Sign-in link"),
            "opts": self.opts,
            "original": user,
            "link": request.build_absolute_uri(make_welcome_link(user)) if made else "",
        }
        response = TemplateResponse(request, "admin/accounts/user/sign_in_link.html", context)
        response["Cache-Control"] = "no-store"
        return response


class MembersOfTeam(MembershipInline):
    autocomplete_fields = ("user",)

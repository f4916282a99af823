"""People, their passwords and their access tokens."""

import copy
import functools
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse

from chat.actions import administration, staff_accounts
from chat.adapters.django import UnchangedFieldsForm
from chat.adapters.django_admin import unquote
from chat.admin.base import ReadOnlyAdmin
from chat.admin.confirmation import counted
from chat.admin.filters import PersonFilter
from chat.admin.keyset import KeysetAdmin
from chat.admin.people_actions import PendingFilter, PeopleActions
from chat.auth.current_person import person_of
from chat.models import Person, Token

KNOWN_SINCE = ("email_verified_at", "pending_since")
KINDS = ("is_guest", "is_plain", "is_bot", "bot_owner")
DATES = ("date_joined", "last_login")


class PersonCreationForm(AdminUserCreationForm):
    class Meta:
        model = Person
        fields = ("name", "email")
        field_classes: ClassVar[dict[str, Any]] = {}


class PersonChangeForm(UnchangedFieldsForm, UserChangeForm):
    # An existing name may break a newer rule.
    unvalidated_while_unchanged = ("name",)

    class Meta:
        model = Person
        fields = ("name", "email", "is_active", "is_staff", "is_superuser", "groups")
        field_classes: ClassVar[dict[str, Any]] = {}


class PersonPasswordForm(AdminPasswordChangeForm):
    def __init__(self, *args: Any, by: Person, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.by = by

    def save(self, commit: bool = True) -> Person:
        password = self.cleaned_data["password1"] if self.cleaned_data["set_usable_password"] else None
        administration.set_password(self.user, password, by=self.by)
        return self.user


@admin.register(Person)
class PersonAdmin(PeopleActions, UserAdmin):
    """The admin of people.

    Only a superuser edits staff accounts or makes someone staff. Staff could otherwise take over an account with more
    permissions.
    """

    form, add_form, change_password_form = PersonChangeForm, PersonCreationForm, PersonPasswordForm
    list_display = ("name", "email", "is_guest", "is_bot", "is_active", "is_staff", "date_joined")
    list_filter = (
        PendingFilter,
        "is_active",
        "is_guest",
        "is_plain",
        ("is_bot", admin.BooleanFieldListFilter),
        "is_staff",
    )
    list_per_page = 50
    search_fields = ("name", "email")
    ordering = ("-pk",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("name", "password", "email", *KNOWN_SINCE, *KINDS, *DATES)}),
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("name", "email", "usable_password", "password1", "password2")}),
    )
    readonly_fields = (*KINDS, *KNOWN_SINCE, *DATES)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may_purge = request.user.has_perm(staff_accounts.PURGE)
        return super().changelist_view(request, {"may_purge": may_purge, **(extra_context or {})})

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Pass the acting person to the form, for the audit log. A bot has no password."""
        person = self.get_object(request, unquote(id))
        if person is not None and person.is_bot:
            raise PermissionDenied
        admin_for_request = copy.copy(self)
        admin_for_request.change_password_form = functools.partial(PersonPasswordForm, by=person_of(request))  # type: ignore[assignment]
        return super(PersonAdmin, admin_for_request).user_change_password(request, id, form_url)

    def get_readonly_fields(self, request: HttpRequest, obj: Person | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "is_staff", "is_superuser", "groups")

    def has_change_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        above = obj is not None and (obj.is_staff or obj.is_superuser) and not request.user.is_superuser
        return super().has_change_permission(request, obj) and not above

    def save_model(self, request: HttpRequest, obj: Person, form: Any, change: bool) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            administration.change_person(obj, changes, by=person_of(request))
        else:
            administration.add_person(obj, by=person_of(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing. The groups were saved with the person."""


@admin.register(Token)
class TokenAdmin(KeysetAdmin, ReadOnlyAdmin):
    list_display = ("__str__", "person", "scopes", "created_at", "expires_at", "revoked_at")
    list_select_related = ("person",)
    list_filter = (PersonFilter,)
    actions = ("revoke",)
    fields = ("person", "label", "scopes", "room", "created_at", "expires_at", "revoked_at")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chat.change_token")

    @admin.action(description="Revoke the selected tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: models.QuerySet[Token]) -> None:
        revoked = administration.revoke_tokens(queryset.values_list("pk", flat=True), by=person_of(request))
        messages.success(request, f"{counted(revoked, 'token', 'tokens')} revoked.")

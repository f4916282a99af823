"""The forms of the site. A form validates its fields; the action decides whether the change is allowed."""

import functools
from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import (
    AuthenticationForm,
    PasswordChangeForm,
    PasswordResetForm,
    SetPasswordMixin,
    UsernameField,
)
from django.http import HttpRequest

from chat.actions.retention import MAX_KEEP_DAYS
from chat.auth import login_throttle, mail_queue
from chat.auth.login_throttle import TooManyAttempts
from chat.models import Level, Person, Room, Theme
from chat.models.people import TOKEN_LABEL_MAX_LENGTH
from chat.models.rooms import REASON_MAX_LENGTH, TOPIC_MAX_LENGTH
from chat.rate_limits import limits
from chat.text import cleaning
from chat.text.normal_forms import stream_safe

# same as `Person.email`
EMAIL_MAX_LENGTH = 254
EMAIL_HELP = "Optional. Used only to reset your password."
WRONG_PASSWORD = "Incorrect password."  # noqa: S105 (a sentence)
# in the order of their numbers, like `.avatar` in controls.css
COLOR_NAMES = ("Red", "Teal", "Orange", "Indigo", "Green", "Pink", "Blue", "Ochre", "Purple", "Jade")


class NameField(forms.CharField):
    """The name of a person or room, cleaned by `cleaning.clean_name`. `kept` is the present name, which stays valid."""

    kept = ""

    def __init__(self, *, label: str, autocomplete: str = "off"):
        super().__init__(
            label=label,
            max_length=cleaning.NAME_MAX_LENGTH,
            widget=forms.TextInput(attrs={"autocomplete": autocomplete}),
            error_messages={
                "required": "Enter a name.",
                "max_length": f"A name can have at most {cleaning.NAME_MAX_LENGTH} characters.",
            },
        )

    def clean(self, value: object) -> str:
        if value and value == self.kept:
            return self.kept
        try:
            return cleaning.clean_name(super().clean(value))
        except ValueError as error:
            raise forms.ValidationError(str(error), code="unreadable") from error


class AddressField(forms.EmailField):
    """An email address. It is truncated and made stream-safe first, because Django normalises its domain."""

    def to_python(self, value: object) -> str:
        return stream_safe(str(super().to_python(value) or "")[: EMAIL_MAX_LENGTH + 1])


class SignInNameField(UsernameField):
    """Django's user name field. The value is made stream-safe before Django normalises it.

    A name over the maximum length stays unchanged. It cannot exist, and no password is hashed for it.
    """

    def to_python(self, value: Any) -> Any:
        may_be_a_name = isinstance(value, str) and len(value) <= cleaning.TYPED_NAME_MAX_LENGTH
        return super().to_python(stream_safe(value) if may_be_a_name else value)


class JoinForm(forms.Form):
    """The name of a new guest, and the page to continue to."""

    name = NameField(label="Your name", autocomplete="nickname")
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class PasswordForm(SetPasswordMixin, forms.Form):
    """A new password, entered twice, and an email address for resets."""

    email = AddressField(label="Email", required=False, max_length=EMAIL_MAX_LENGTH, help_text=EMAIL_HELP)
    password1, password2 = SetPasswordMixin.create_password_fields(label2="Confirm password")

    def check_passwords(self, person: Person) -> None:
        """Check that both passwords are equal and hard to guess for someone who knows `person`."""
        self.validate_passwords()
        self.validate_password_for_user(person)


class SignUpForm(PasswordForm):
    """The sign-up of a member."""

    name = NameField(label="Name", autocomplete="username")

    field_order = ("name", "email", "password1", "password2")

    def clean(self) -> None:
        super().clean()
        fields = self.cleaned_data
        self.check_passwords(Person(name=fields.get("name", ""), email=fields.get("email", "")))


class ClaimForm(PasswordForm):
    """The password that turns a guest into a member."""

    def __init__(self, person: Person, *args: object, **kwargs: object):
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.person = person

    def clean(self) -> None:
        super().clean()
        self.check_passwords(self.person)


class GuardedForm(AuthenticationForm):
    """Django's sign-in form with a login throttle."""

    username = SignInNameField(widget=forms.TextInput(attrs={"autofocus": True}))
    wait: float | None = None

    def clean(self) -> dict[str, Any]:
        fields = self.cleaned_data
        if fields.get("username") is not None and fields.get("password"):
            try:
                self.user_cache = login_throttle.sign_in(
                    cast(HttpRequest, self.request), fields["username"], fields["password"]
                )
            except TooManyAttempts as refusal:
                self.wait = refusal.retry_after
                raise forms.ValidationError(refusal.detail, code="wait") from refusal
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
        return fields


class SignInForm(GuardedForm):
    """The sign-in form of the site. Its error message fits names that ignore case."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "Incorrect name or password.",
    }


class AdminSignInForm(GuardedForm, AdminAuthenticationForm):
    """The sign-in form of the admin, with the same throttle."""


class ChangePasswordForm(PasswordChangeForm):
    """Django's form for a new password. The login throttle also limits guesses of the old one."""

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        return _own_password(self.user, password, str(self.error_messages["password_incorrect"]))


class ResetForm(PasswordResetForm):
    """Django's request for a password reset. Mails are queued, so the response time does not reveal whether one is
    sent."""

    email = AddressField(
        label="Email", max_length=EMAIL_MAX_LENGTH, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def send_mail(self, *mail: Any, **templates: Any) -> None:
        """Queue the email. Over the recipient's limit, drop it: the page must not tell who has an account."""
        if limits.resets().take(limits.joined("mail", self.cleaned_data["email"].casefold())):
            return
        mail_queue.later(functools.partial(super().send_mail, *mail, **templates))


def _own_password(person: Person, password: str, otherwise: str) -> str:
    """Return `password` if it is the person's. Raises ValidationError with the text `otherwise`, or with the
    throttle's."""
    try:
        if login_throttle.confirm(person, password):
            return password
    except TooManyAttempts as refusal:
        raise forms.ValidationError(refusal.detail, code="wait") from refusal
    raise forms.ValidationError(otherwise, code="wrong")


class CreateRoomForm(forms.Form):
    """The creation of a room."""

    name = NameField(label="Name")
    topic = forms.CharField(
        max_length=TOPIC_MAX_LENGTH, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    visibility = forms.ChoiceField(
        label="Visibility",
        choices=[
            (Room.Visibility.PUBLIC.value, "Public: anyone on this site"),
            (Room.Visibility.PRIVATE.value, "Private: members only"),
        ],
        help_text="An administrator adds the members of a private room.",
        initial=Room.Visibility.PUBLIC.value,
        widget=forms.RadioSelect,
    )


class RoomSettingsForm(forms.Form):
    """The settings of a room, for its owners."""

    keep_days = forms.IntegerField(
        label="Keep messages for (days)",
        required=False,
        min_value=0,
        max_value=MAX_KEEP_DAYS,
        help_text="0 keeps them forever. Leave empty to use the site default.",
    )
    archived = forms.BooleanField(label="Archive this room (read-only)", required=False)
    reason = forms.CharField(
        label="Reason (optional)",
        required=False,
        max_length=REASON_MAX_LENGTH,
        help_text="Recorded in the audit log.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class DeleteRoomForm(forms.Form):
    """The reason for deleting a room."""

    reason = forms.CharField(
        label="Reason (optional)",
        required=False,
        max_length=REASON_MAX_LENGTH,
        help_text="Recorded in the audit log.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ProfileForm(forms.Form):
    """The profile, display and notification settings of a person."""

    name = NameField(label="Name", autocomplete="nickname")
    color = forms.TypedChoiceField(
        label="Colour",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "Automatic"), *enumerate(COLOR_NAMES)],
        widget=forms.RadioSelect,
    )
    theme = forms.ChoiceField(
        label="Appearance",
        choices=Theme,
        help_text="System matches your device.",
        widget=forms.RadioSelect,
    )
    notify = forms.ChoiceField(
        label="Notifications",
        choices=Level,
        help_text="Default for all rooms. Change it per room with the bell. Turn on notifications for this device "
        "there, too.",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, kept_name: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        cast(NameField, self.fields["name"]).kept = kept_name

    @classmethod
    def of(cls, person: Person, theme_here: str | None = None) -> "ProfileForm":
        """Return the form with the present settings. The theme of this browser may differ from the stored one."""
        color = "" if person.color is None else person.color
        theme = theme_here if theme_here in Theme.values else person.theme
        return cls(initial={"name": person.name, "color": color, "theme": theme, "notify": person.notify})


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(choices=Theme)


class OwnPasswordForm(forms.Form):
    """A form that needs the password, so that someone at an unlocked screen cannot use it."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password."},
    )

    def __init__(self, person: Person, *args: object, **kwargs: object):
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.person = person

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        return _own_password(self.person, password, WRONG_PASSWORD)


class EmailForm(OwnPasswordForm):
    """The email address. It needs the password, because the owner of the address can reset it."""

    email = AddressField(label="Email", required=False, max_length=EMAIL_MAX_LENGTH, help_text=EMAIL_HELP)

    field_order: Sequence[str] = ("email", "password")


class TokenForm(forms.Form):
    """A new token and its label."""

    label = forms.CharField(
        label="Token name",
        max_length=TOKEN_LABEL_MAX_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Deploy script"}),
        error_messages={"required": "Enter a name for this token."},
    )

    def clean_label(self) -> str:
        label = cleaning.clean_line(self.cleaned_data["label"], TOKEN_LABEL_MAX_LENGTH)
        if cleaning.is_blank(label):
            raise forms.ValidationError("Use at least one visible character.", code="blank")
        return label


class DeleteAccountForm(OwnPasswordForm):
    """The deletion of the account. It needs the password, or the name if there is no password, against accidents."""

    name = forms.CharField(
        label="Type your name to confirm",
        max_length=cleaning.TYPED_NAME_MAX_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter your name."},
    )

    def __init__(self, person: Person, *args: object, **kwargs: object):
        super().__init__(person, *args, **kwargs)
        del self.fields["name" if person.has_usable_password() else "password"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if cleaning.fold(name.strip()) != self.person.handle:
            raise forms.ValidationError("That doesn’t match your name.", code="wrong")
        return name

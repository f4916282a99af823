"""What people fill in. A form says what is wrong with a field; whether something may be done is up to the action."""

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

# As `Person.email`.
EMAIL_MAX_LENGTH = 254
EMAIL_HELP = "Optional. Used only to reset your password."
WRONG_PASSWORD = "Incorrect password."  # noqa: S105 (a sentence)
# In the order of their numbers, as `.avatar` in controls.css has them.
COLOR_NAMES = ("Red", "Teal", "Orange", "Indigo", "Green", "Pink", "Blue", "Ochre", "Purple", "Jade")


class NameField(forms.CharField):
    """A person's or room's name, as `text.clean_name` has it. `kept` is the present one, which may stay as it is."""

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
    """An email address. It is shortened and made stream-safe first: Django normalises its domain to check it."""

    def to_python(self, value: object) -> str:
        return stream_safe(str(super().to_python(value) or "")[: EMAIL_MAX_LENGTH + 1])


class SignInNameField(UsernameField):
    """Django's, which normalises what is no longer than a name; it is made stream-safe first.

    A name that is too long is left as it is. Nobody has it, and it is not hashed for.
    """

    def to_python(self, value: Any) -> Any:
        may_be_a_name = isinstance(value, str) and len(value) <= cleaning.TYPED_NAME_MAX_LENGTH
        return super().to_python(stream_safe(value) if may_be_a_name else value)


class JoinForm(forms.Form):
    """A stranger's way in: a name, and where they were going."""

    name = NameField(label="Your name", autocomplete="nickname")
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class PasswordForm(SetPasswordMixin, forms.Form):
    """A new password, twice, and an address to reset it by."""

    email = AddressField(label="Email", required=False, max_length=EMAIL_MAX_LENGTH, help_text=EMAIL_HELP)
    password1, password2 = SetPasswordMixin.create_password_fields(label2="Confirm password")

    def check_passwords(self, person: Person) -> None:
        """Whether both are the same and nobody would guess it who knows `person`."""
        self.validate_passwords()
        self.validate_password_for_user(person)


class SignUpForm(PasswordForm):
    """A new member."""

    name = NameField(label="Name", autocomplete="username")

    field_order = ("name", "email", "password1", "password2")

    def clean(self) -> None:
        super().clean()
        fields = self.cleaned_data
        self.check_passwords(Person(name=fields.get("name", ""), email=fields.get("email", "")))


class ClaimForm(PasswordForm):
    """A guest's account becomes theirs to keep."""

    def __init__(self, person: Person, *args: object, **kwargs: object):
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.person = person

    def clean(self) -> None:
        super().clean()
        self.check_passwords(self.person)


class GuardedForm(AuthenticationForm):
    """Django's; who was wrong too often waits."""

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
    """With a sentence that is true here: names are compared without case."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "Incorrect name or password.",
    }


class AdminSignInForm(GuardedForm, AdminAuthenticationForm):
    """The admin's, under the same rules."""


class ChangePasswordForm(PasswordChangeForm):
    """Django's; who sits at somebody's screen does not find out their password by trying."""

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        return _own_password(self.user, password, str(self.error_messages["password_incorrect"]))


class ResetForm(PasswordResetForm):
    """Django's; that a mail is sent is not to be told from the time it takes."""

    email = AddressField(
        label="Email", max_length=EMAIL_MAX_LENGTH, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def send_mail(self, *mail: Any, **templates: Any) -> None:
        if limits.resets().take(limits.joined("mail", self.cleaned_data["email"].casefold())):
            return
        mail_queue.later(functools.partial(super().send_mail, *mail, **templates))


def _own_password(person: Person, password: str, otherwise: str) -> str:
    """`password`, which is theirs; ValidationError with the sentence `otherwise`, or that this was too often."""
    try:
        if login_throttle.confirm(person, password):
            return password
    except TooManyAttempts as refusal:
        raise forms.ValidationError(refusal.detail, code="wait") from refusal
    raise forms.ValidationError(otherwise, code="wrong")


class CreateRoomForm(forms.Form):
    """A new room."""

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
    """What an owner decides about a room."""

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
    """Why a room is deleted."""

    reason = forms.CharField(
        label="Reason (optional)",
        required=False,
        max_length=REASON_MAX_LENGTH,
        help_text="Recorded in the audit log.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ProfileForm(forms.Form):
    """How others see a person, how they see the site, and what they are told of."""

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
        """The form as it is filled in now. The theme of this browser may be another than that of the last one."""
        color = "" if person.color is None else person.color
        theme = theme_here if theme_here in Theme.values else person.theme
        return cls(initial={"name": person.name, "color": color, "theme": theme, "notify": person.notify})


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(choices=Theme)


class OwnPasswordForm(forms.Form):
    """What only the person themselves may do, not whoever sits at their screen: it takes their password."""

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
    """Another address: whoever has it can set the password."""

    email = AddressField(label="Email", required=False, max_length=EMAIL_MAX_LENGTH, help_text=EMAIL_HELP)

    field_order: Sequence[str] = ("email", "password")


class TokenForm(forms.Form):
    """A new token, with what it is for."""

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
    """Nobody leaves for good by a slip: it takes the password, or where there is none the name."""

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

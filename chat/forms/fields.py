"""Fields that several forms share, and the check of a person's password."""

from typing import Any

from django import forms
from django.contrib.auth.forms import UsernameField

from chat.auth import login_throttle
from chat.auth.login_throttle import TooManyAttempts
from chat.models import Person
from chat.models.memberships import REASON_MAX_LENGTH
from chat.text import cleaning
from chat.text.normal_forms import stream_safe

# same as `Person.email`
EMAIL_MAX_LENGTH = 254
EMAIL_HELP = "Optional. Used to reset your password, and for emails about missed messages if you turn them on."


def text_input(autocomplete: str = "off", **attributes: str) -> forms.TextInput:
    """Return a field whose text may run in either direction."""
    return forms.TextInput(attrs={"autocomplete": autocomplete, "dir": "auto", **attributes})


class NameField(forms.CharField):
    """The name of a person or room, cleaned by `cleaning.clean_name`. `kept` is the present name, which stays valid."""

    kept = ""

    def __init__(self, *, label: str, autocomplete: str = "off", help_text: str = ""):
        super().__init__(
            label=label,
            help_text=help_text,
            max_length=cleaning.NAME_MAX_LENGTH,
            widget=text_input(autocomplete),
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

    def __init__(self, *, max_length: int = EMAIL_MAX_LENGTH, **options: Any):
        super().__init__(max_length=max_length, **options)

    def to_python(self, value: object) -> str:
        return stream_safe(str(super().to_python(value) or "")[: EMAIL_MAX_LENGTH + 1])


class SignInNameField(UsernameField):
    """Django's user name field. The value is made stream-safe before Django normalises it.

    A name over the maximum length stays unchanged. It cannot exist, and no password is hashed for it.
    """

    def to_python(self, value: Any) -> Any:
        may_be_a_name = isinstance(value, str) and len(value) <= cleaning.TYPED_NAME_MAX_LENGTH
        return super().to_python(stream_safe(value) if may_be_a_name else value)


class ReasonField(forms.CharField):
    """An optional reason for a change of a room."""

    def __init__(self) -> None:
        super().__init__(
            label="Reason (optional)",
            required=False,
            max_length=REASON_MAX_LENGTH,
            help_text="Recorded in the audit log.",
            widget=text_input(),
        )


class PersonForm(forms.Form):
    """A form about a person, who is its first argument."""

    def __init__(self, person: Person, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.person = person


def checked_password(person: Person, password: str, otherwise: str) -> str:
    """Return `password` if it is the person's. Raises ValidationError with the text `otherwise` or the throttle's."""
    try:
        if login_throttle.confirm(person, password):
            return password
    except TooManyAttempts as refusal:
        raise forms.ValidationError(refusal.detail, code="wait") from refusal
    raise forms.ValidationError(otherwise, code="wrong")

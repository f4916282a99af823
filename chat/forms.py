"""What people fill in. A form says what is wrong with a field; whether something may be done is up to the action."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm, SetPasswordMixin

from chat import text
from chat.models import Person, Room

EMAIL_HELP = "Only to set a new password if you forget it."


class NameField(forms.CharField):
    """A person's or room's name, as `text.clean_name` has it."""

    def __init__(self, *, label: str, autocomplete: str = "off"):
        super().__init__(
            label=label,
            max_length=text.NAME_MAX_LENGTH,
            widget=forms.TextInput(attrs={"autocomplete": autocomplete}),
            error_messages={
                "required": "Give a name.",
                "max_length": f"A name has at most {text.NAME_MAX_LENGTH} characters.",
            },
        )

    def clean(self, value: object) -> str:
        try:
            return text.clean_name(super().clean(value))
        except ValueError as error:
            raise forms.ValidationError(str(error), code="unreadable") from error


class JoinForm(forms.Form):
    """A stranger's way in: a name, and where they were going."""

    name = NameField(label="Your name", autocomplete="nickname")
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class PasswordForm(SetPasswordMixin, forms.Form):
    """A new password, twice, and an address to reset it by."""

    email = forms.EmailField(label="E-mail", required=False, help_text=EMAIL_HELP)
    password1, password2 = SetPasswordMixin.create_password_fields(label2="Password again")

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


class SignInForm(AuthenticationForm):
    """Django's, with a sentence that is true here: names are compared without case."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "This name and this password do not belong together.",
    }


class CreateRoomForm(forms.Form):
    """A new room."""

    name = NameField(label="Name")
    topic = forms.CharField(max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    visibility = forms.ChoiceField(
        label="Who can come in",
        choices=[
            (Room.Visibility.PUBLIC.value, "Everybody"),
            (Room.Visibility.PRIVATE.value, "Only its members"),
        ],
        help_text="Who belongs to a room is set in the admin.",
        initial=Room.Visibility.PUBLIC.value,
        widget=forms.RadioSelect,
    )

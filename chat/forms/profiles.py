"""The forms of the profile page: profile, theme, email, tokens and the deletion of the account."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from chat.files import kinds
from chat.forms.fields import EMAIL_HELP, AddressField, NameField, PersonForm, checked_password, text_input
from chat.models import Level, Person, Theme
from chat.models.tokens import TOKEN_LABEL_MAX_LENGTH
from chat.text import cleaning

WRONG_PASSWORD = "Incorrect password."  # noqa: S105 (a sentence)
# in the order of their numbers, like `.avatar` in controls.css
COLOR_NAMES = ("Red", "Teal", "Orange", "Indigo", "Green", "Pink", "Blue", "Ochre", "Purple", "Jade")


class ProfileForm(PersonForm):
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
        label="Appearance", choices=Theme, help_text="System matches your device.", widget=forms.RadioSelect
    )
    notify = forms.ChoiceField(
        label="Notifications",
        choices=Level,
        help_text="Default for all rooms. Change it per room with the bell. Turn on notifications for this device "
        "there, too.",
        widget=forms.RadioSelect,
    )

    def __init__(self, person: Person, *args: Any, **kwargs: Any):
        super().__init__(person, *args, **kwargs)
        cast(NameField, self.fields["name"]).kept = person.name

    @classmethod
    def of(cls, person: Person, theme_here: str | None = None) -> "ProfileForm":
        """Return the form with the present settings. The theme of this browser may differ from the stored one."""
        color = "" if person.color is None else person.color
        theme = theme_here if theme_here in Theme.values else person.theme
        return cls(person, initial={"name": person.name, "color": color, "theme": theme, "notify": person.notify})


class PictureForm(forms.Form):
    """The picture of the profile, or with `remove` none."""

    remove = forms.BooleanField(required=False)
    picture = forms.FileField(
        label="Choose a picture",
        required=False,
        help_text="Everyone sees the square in its middle. JPEG, PNG, WebP, GIF or AVIF.",
        widget=forms.FileInput(attrs={"accept": ",".join(sorted(kinds.PICTURES))}),
    )

    def clean(self) -> None:
        if not self.cleaned_data.get("remove") and not self.cleaned_data.get("picture"):
            self.add_error("picture", "Choose a file first.")


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(choices=Theme)


class OwnPasswordForm(PersonForm):
    """A form that needs the password, so that someone at an unlocked screen cannot use it."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password."},
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        return checked_password(self.person, password, WRONG_PASSWORD)


class EmailForm(OwnPasswordForm):
    """The email address. It needs the password, because the owner of the address can reset it."""

    email = AddressField(label="Email", required=False, help_text=EMAIL_HELP)

    field_order: Sequence[str] = ("email", "password")


class TokenForm(forms.Form):
    """A new token and its label."""

    label = forms.CharField(
        label="Token name",
        max_length=TOKEN_LABEL_MAX_LENGTH,
        widget=text_input(placeholder="Deploy script"),
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
        widget=text_input(),
        error_messages={"required": "Enter your name."},
    )

    def __init__(self, person: Person, *args: Any, **kwargs: Any):
        super().__init__(person, *args, **kwargs)
        del self.fields["name" if person.has_usable_password() else "password"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if cleaning.fold(name.strip()) != self.person.handle:
            raise forms.ValidationError("That doesn’t match your name.", code="wrong")
        return name

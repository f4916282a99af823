"""The forms of joining, sign-up, sign-in and passwords."""

import functools
from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, PasswordResetForm, SetPasswordMixin
from django.http import HttpRequest

from chat.auth import login_throttle, mail_queue, sign_up
from chat.errors import Refused
from chat.forms.fields import (
    EMAIL_HELP,
    AddressField,
    NameField,
    PersonForm,
    SignInNameField,
    checked_password,
    text_input,
)
from chat.models import Person
from chat.rate_limits import limits

# The code with its hyphens, and some spaces.
SETUP_CODE_MAX_LENGTH = 40


class JoinForm(forms.Form):
    """The name of a new guest, and the page to continue to."""

    name = NameField(
        label="Your name",
        autocomplete="nickname",
        help_text="It lasts as long as this browser.",
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if sign_up.is_offered():
            self.fields["name"].help_text += " To keep it, create an account later."


class NewPasswordForm(SetPasswordMixin, forms.Form):
    """A new password, entered twice."""

    password1, password2 = SetPasswordMixin.create_password_fields(label2="Confirm password")
    password1.error_messages["required"] = "Enter a password."
    password2.error_messages["required"] = "Enter the password again."

    def check_passwords(self, person: Person) -> None:
        """Check that both passwords are equal and hard to guess for someone who knows `person`."""
        self.validate_passwords()
        self.validate_password_for_user(person)


class PasswordForm(NewPasswordForm):
    """A new password, and an email address for resets."""

    email = AddressField(label="Email", required=False, help_text=EMAIL_HELP)


class VerifiedEmailForm(forms.Form):
    """The email address of a newcomer where only people at some domains may sign up."""

    email = AddressField(
        label="Email",
        error_messages={"required": "Enter your email address."},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.domains = " or ".join(settings.CHAT_EMAIL_DOMAINS)
        self.fields["email"].help_text = f"Your address at {self.domains}. We’ll send a link to it."

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if not sign_up.has_allowed_domain(email):
            raise forms.ValidationError(f"Use an email address at {self.domains}.", code="domain")
        return email


class SignUpForm(PasswordForm):
    """The sign-up of a member."""

    name = NameField(label="Name", autocomplete="username")

    field_order: Sequence[str] = ("name", "email", "password1", "password2")

    def clean(self) -> None:
        super().clean()
        fields = self.cleaned_data
        self.check_passwords(Person(name=fields.get("name", ""), email=fields.get("email", "")))


class VerifiedSignUpForm(VerifiedEmailForm):
    """The sign-up where the email address is verified first. The link leads to a `ChoosePasswordForm`."""

    name = NameField(label="Name", autocomplete="username")

    field_order = ("name", "email")


class SetUpForm(SignUpForm):
    """The site's first owner, and the set-up code that its operator knows."""

    code = forms.CharField(
        label="Set-up code",
        max_length=SETUP_CODE_MAX_LENGTH,
        help_text="The server has just written it to its log.",
        widget=text_input(spellcheck="false"),
        error_messages={"required": "Enter the set-up code."},
    )

    field_order = ("code", "name", "email", "password1", "password2")


class ChoosePasswordForm(PersonForm, NewPasswordForm):
    """The password of an account whose owner has opened the link in an email."""

    def clean(self) -> None:
        super().clean()
        self.check_passwords(self.person)


class ClaimForm(PersonForm, PasswordForm):
    """The password that turns a guest into a member."""

    def clean(self) -> None:
        super().clean()
        self.check_passwords(self.person)


class GuardedForm(AuthenticationForm):
    """Django's sign-in form with a login throttle."""

    username = SignInNameField(widget=forms.TextInput(attrs={"autofocus": True, "dir": "auto"}))
    wait: float | None = None

    def clean(self) -> dict[str, Any]:
        fields = self.cleaned_data
        if fields.get("username") is not None and fields.get("password"):
            try:
                self.user_cache = login_throttle.sign_in(
                    cast(HttpRequest, self.request), fields["username"], fields["password"]
                )
            except Refused as refusal:
                self.wait = refusal.retry_after
                raise forms.ValidationError(refusal.detail, code="refused") from refusal
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
        return checked_password(self.user, password, str(self.error_messages["password_incorrect"]))


class ResetForm(PasswordResetForm):
    """Django's request for a password reset. Mails are queued, so the response time reveals nothing."""

    email = AddressField(label="Email", widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    def send_mail(self, *mail: Any, **templates: Any) -> None:
        """Queue the email. Over the recipient's limit, drop it: the page must not tell who has an account."""
        if limits.resets().take(limits.joined("mail", self.cleaned_data["email"].casefold())):
            return
        mail_queue.later(functools.partial(super().send_mail, *mail, **templates))

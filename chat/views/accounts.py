"""Sign-in, sign-out and passwords. Most views extend those of Django."""

from typing import cast

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, PasswordResetForm, SetPasswordForm
from django.contrib.auth.views import (
    INTERNAL_RESET_SESSION_TOKEN,
    LoginView,
    LogoutView,
    PasswordChangeView,
    PasswordResetConfirmView,
    PasswordResetView,
    RedirectURLMixin,
)
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator

from chat.actions import credentials
from chat.auth import login_throttle, sign_up
from chat.auth.current_person import person_of
from chat.errors import ActionError
from chat.forms.accounts import ChangePasswordForm, ResetForm, SignInForm
from chat.models import Person, Theme
from chat.protocol import Code
from chat.rate_limits import limits
from chat.site_address import origin_of
from chat.views import form_errors
from chat.views.login_redirect import address_after_sign_in, next_address
from chat.views.profiles import with_theme


class NextAddressMixin(RedirectURLMixin):
    """Let Django's views redirect only to an address that `address_after_sign_in` accepts."""

    request: HttpRequest

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        return address_after_sign_in(request or self.request)


class SignInView(NextAddressMixin, LoginView):
    """Django's sign-in. It also sets the theme cookie and marks this browser as known to the login throttle."""

    authentication_form = SignInForm

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Redirect people who are signed in already. A form that is sent signs in, perhaps with another account."""
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response, person = super().form_valid(form), person_of(self.request)
        login_throttle.remember(self.request, response, person)
        return response if person.theme == Theme.SYSTEM else with_theme(response, person.theme)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        response, wait = super().form_invalid(form), cast(SignInForm, form).wait
        return response if wait is None else form_errors.too_soon(response, wait)


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Django's sign-in view of the admin. A `next` address outside this site is dropped."""
    asked = request.POST.get("next") or request.GET.get("next")
    if asked and not next_address(request):
        return redirect("admin:login")
    return admin.site.login(request)


class SignOutView(NextAddressMixin, LogoutView):
    """Django's sign-out. It also closes the open sockets of the session."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.session.session_key:
            credentials.end_session(request.session.session_key)
        return super().post(request, *args, **kwargs)


class RequestResetView(PasswordResetView):
    """Django's request for a password reset, with a rate limit. The response does not reveal if an account exists."""

    form_class = ResetForm

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if wait := limits.resets().wait(login_throttle.address_of(request)):
            detail = f"Too many requests. Try again in {login_throttle.in_words(wait)}."
            return form_errors.limited(request, ActionError(Code.RATE_LIMITED, detail, wait))
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        if wait := limits.resets().take(login_throttle.address_of(self.request)):
            form.add_error(None, f"Too many requests. Try again in {login_throttle.in_words(wait)}.")
            return form_errors.too_soon(self.form_invalid(form), wait)
        protocol, _, domain = origin_of(self.request).partition("://")
        name = settings.SITE_NAME
        self.extra_email_context = {"protocol": protocol, "domain": domain, "site_name": name}
        for person in Person.objects.unclaimed().filter(email__iexact=form.cleaned_data["email"]):
            sign_up.offer_account(self.request, person)
        return super().form_valid(form)


class SetPasswordView(PasswordResetConfirmView):
    """Django's password reset. It also ends all sessions, tokens and sockets of the person."""

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        here = self.request.session.session_key
        try:
            credentials.change_password(cast(Person, self.user), form.cleaned_data["new_password1"], keep=here)
        except ActionError:
            form.add_error(None, "This link has expired or has already been used. Get a new link.")
            return form_errors.refused(self.form_invalid(form))
        self.request.session.pop(INTERNAL_RESET_SESSION_TOKEN)
        response = redirect("password_reset_complete")
        login_throttle.remember(self.request, response, cast(Person, self.user))
        return response


@method_decorator(login_required, name="dispatch")
class ChangePasswordView(PasswordChangeView):
    """Django's password change, for members only. It ends all sessions but this one."""

    form_class = ChangePasswordForm

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if person_of(request).is_guest:
            return redirect("claim")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        person, here = person_of(self.request), self.request.session.session_key
        try:
            credentials.change_password(person, form.cleaned_data["new_password1"], keep=here)
        except ActionError as error:
            form.add_error(None, error.detail)
            return form_errors.refused(self.form_invalid(form))
        update_session_auth_hash(self.request, person)
        return redirect("password_change_done")

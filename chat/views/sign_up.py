"""New accounts: guests, sign-up in the mode of CHAT_SIGN_UP, verified email addresses, and the first owner."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from chat.actions import accounts, invitations
from chat.actions import sign_up as actions
from chat.auth import login_throttle, ownership, sign_up
from chat.auth.current_person import person_of
from chat.auth.guests import admit_guest, admit_newcomer, check_newcomers
from chat.auth.login_throttle import TooManyAttempts
from chat.auth.sign_up import Mode
from chat.errors import ActionError
from chat.forms.accounts import (
    ChoosePasswordForm,
    ClaimForm,
    JoinForm,
    SetUpForm,
    SignUpForm,
    VerifiedEmailForm,
    VerifiedSignUpForm,
)
from chat.models import Invitation, Person
from chat.protocol import Code
from chat.rate_limits import limits
from chat.views.action_form import ActionFormView
from chat.views.login_redirect import INVITATION_KEY, address_after_sign_in, destination, next_address, sign_in
from chat.views.rooms import home_context


@method_decorator(never_cache, name="dispatch")
class Join(ActionFormView):
    """Join as a guest with a name only. Someone who is signed in is redirected."""

    http_method_names = ("post",)
    form_class = JoinForm
    template_name = "chat/home.html"
    error_field = "name"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect(destination(request, person_of(request)))
        return super().post(request, *args, **kwargs)

    def check_rate(self) -> None:
        check_newcomers(self.request)

    def act(self, form: JoinForm) -> HttpResponse:
        admit_guest(self.request)
        person = accounts.join_as_guest(form.cleaned_data["name"])
        sign_in(self.request, person)
        return redirect(destination(self.request, person))

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return home_context(self.request, join_form=context["form"])


class NewAccountView(ActionFormView):
    """The base of the views that create an account. Where that is not possible, a page says what to do instead."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if why := sign_up.CLOSED.get(self.mode):
            return render(request, "registration/signup_closed.html", {"why": why}, status=403)
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def invitation(self) -> Invitation | None:
        """Return the invitation with which the visitor came, if people may create an account with it."""
        code = self.request.session.get(INVITATION_KEY)
        found = invitations.usable(code) if code else None
        return found if found is not None and invitations.admits_newcomers(found) else None

    @cached_property
    def mode(self) -> Mode:
        return sign_up.mode_for(self.invitation)

    def use_invitation(self, person: Person) -> None:
        """Use the invitation that admits the person, in the transaction that makes them a member.

        Where sign-up is open to everyone, the page of an invitation to a room asks before joining. Otherwise that page
        leads to the room.
        """
        invitation = self.invitation
        if invitation is not None and (invitation.room is None or sign_up.mode_for(None) is not Mode.OPEN):
            invitations.use(invitation, person, is_newcomer=True)
            if invitation.room is None:
                del self.request.session[INVITATION_KEY]

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context, next=next_address(self.request), mode=self.mode)


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class SignUp(NewAccountView):
    """Sign up as a member. A guest keeps their name with `Claim` instead."""

    template_name = "registration/signup.html"
    error_field = "name"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return redirect("claim" if person_of(request).is_guest else "home")
        return super().dispatch(request, *args, **kwargs)

    def get_form_class(self) -> type[forms.Form]:
        return VerifiedSignUpForm if self.mode is Mode.DOMAIN else SignUpForm

    def check_rate(self) -> None:
        check_newcomers(self.request)

    def act(self, form: forms.Form) -> HttpResponse:
        admit_newcomer(self.request)
        fields = form.cleaned_data
        if self.mode is Mode.DOMAIN:
            sign_up.send_link(self.request, actions.begin(fields["name"], fields["email"]))
            return redirect("signup_waiting")
        if self.mode is Mode.APPROVAL:
            actions.ask_for_approval(fields["name"], fields["password1"], fields["email"])
            return redirect("signup_waiting")
        person = accounts.sign_up(fields["name"], fields["password1"], fields["email"], also=self.use_invitation)
        return signed_in(self.request, person)


@method_decorator([never_cache, login_required, sensitive_post_parameters()], name="dispatch")
class Claim(NewAccountView):
    """Turn the guest into a member by setting a password. They stay signed in."""

    template_name = "registration/claim.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.person.is_guest:
            return redirect("password_change")
        if self.person.pending_since is not None and self.mode is Mode.APPROVAL:
            return redirect("signup_waiting")
        return super().dispatch(request, *args, **kwargs)

    def get_form_class(self) -> type[forms.Form]:
        return VerifiedEmailForm if self.mode is Mode.DOMAIN else ClaimForm

    def act(self, form: forms.Form) -> HttpResponse:
        here, fields, person = self.request.session.session_key, form.cleaned_data, self.person
        if self.mode is Mode.DOMAIN:
            actions.set_unverified_email(person, fields["email"])
            sign_up.send_link(self.request, person)
            return redirect("signup_waiting")
        if self.mode is Mode.APPROVAL:
            actions.ask_for_approval_of_guest(person, fields["password1"], fields["email"], keep=here)
            update_session_auth_hash(self.request, person)
            return redirect("signup_waiting")
        accounts.claim(person, fields["password1"], fields["email"], keep=here, also=self.use_invitation)
        update_session_auth_hash(self.request, person)
        response = redirect(address_after_sign_in(self.request) or "home")
        login_throttle.remember(self.request, response, person)
        return response

    def refuse(self, form: forms.Form, refusal: ActionError) -> HttpResponse:
        if refusal.code in (Code.CONFLICT, Code.SIGNED_OUT):
            return redirect("password_change")  # another tab has claimed the account already
        self.person.refresh_from_db()
        return super().refuse(form, refusal)


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """Say what a new account waits for. It is the same page for everyone, so it reveals nothing."""
    mode = sign_up.mode_for(None)
    if mode not in (Mode.DOMAIN, Mode.APPROVAL):
        return redirect("home")
    return render(request, "registration/signup_waiting.html", {"mode": mode, "days": sign_up.LINK_VALID.days})


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class VerifyEmail(ActionFormView):
    """The page behind the link in an email. A new account, or a guest, chooses a password. Only a POST uses the link.

    Only people who read that mailbox choose the password. An account that someone else began with their address is
    theirs then, and no password of the other's works. A member only confirms that the address is theirs.
    """

    template_name = "registration/verify_email.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase
        found = sign_up.person_of_link(kwargs["signed"])
        if found is None or (found.is_guest and found.pk != request.user.pk):
            context = {"is_for_guest": found is not None}
            response = render(request, "registration/verify_email_refused.html", context, status=404)
        else:
            self.owner = found
            response = super().dispatch(request, *args, **kwargs)
        # The browser must not send the address to the files of the page, whose requests a proxy may log.
        response["Referrer-Policy"] = "strict-origin"
        return response

    @property
    def person(self) -> Person:
        return self.owner

    def get_form_class(self) -> type[forms.Form]:
        return ChoosePasswordForm if self.owner.may_verify else forms.Form

    def act(self, form: forms.Form) -> HttpResponse:
        if not self.owner.may_verify:
            return self.confirm()
        keep = self.request.session.session_key if self.owner.is_guest else None
        return signed_in(self.request, actions.complete(self.owner, form.cleaned_data["password1"], keep))

    def confirm(self) -> HttpResponse:
        actions.verify_email(self.owner)
        messages.success(self.request, "Email address confirmed.")
        return redirect("profile" if self.request.user == self.owner else "home")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context, owner=self.owner, chooses_password=self.owner.may_verify)


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class SetUp(ActionFormView):
    """Create the site's first owner. It is 404 once there is one.

    Opening the page writes the set-up code to the server's log. So only people who can read the log can use it.
    """

    form_class = SetUpForm
    template_name = "registration/setup.html"
    error_field = "name"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if ownership.has_owner():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        ownership.log_setup_code()
        return super().get(request, *args, **kwargs)

    def check_rate(self) -> None:
        if wait := limits.sign_ins().wait(login_throttle.address_of(self.request)):
            detail = "Too many attempts from your network. Try again in a moment."
            raise ActionError(Code.RATE_LIMITED, detail, retry_after=wait)

    def act(self, form: forms.Form) -> HttpResponse:
        fields = form.cleaned_data
        try:
            login_throttle.confirm_setup_code(self.request, lambda: ownership.is_setup_code(fields["code"]))
        except TooManyAttempts as refusal:
            raise ActionError(refusal.code, refusal.detail, refusal.retry_after) from refusal
        owner = actions.create_first_owner(fields["name"], fields["password1"], fields["email"])
        return signed_in(self.request, owner)


def signed_in(request: HttpRequest, person: Person) -> HttpResponse:
    """Sign a new member in, and redirect to the page that they asked for."""
    sign_in(request, person)
    response = redirect(destination(request, person))
    login_throttle.remember(request, response, person)
    return response

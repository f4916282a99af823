"""Coming in by a name, signing up, keeping a guest's name. The rest is Django's own."""

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from chat.actions import people
from chat.actions.errors import ActionError
from chat.forms import ClaimForm, JoinForm, SignInForm, SignUpForm
from chat.models import Theme
from chat.views import refusals
from chat.views.arrivals import admit_guest, admit_newcomer, destination, next_address, person_of, sign_in
from chat.views.profiles import with_theme
from chat.views.rooms import home_context


@require_POST
@never_cache
def join(request: HttpRequest) -> HttpResponse:
    """In by a name alone. Who is in already just goes on."""
    if request.user.is_authenticated:
        return redirect(destination(request, person_of(request)))
    form = JoinForm(request.POST)
    refusal = None
    if form.is_valid():
        try:
            admit_guest(request)
            person = people.join_as_guest(form.cleaned_data["name"])
            sign_in(request, person)
            return redirect(destination(request, person))
        except ActionError as error:
            refusal = error
            refusals.add(form, error)
    return refusals.page(request, "chat/home.html", home_context(request, join_form=form), refusal)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters()
def signup(request: HttpRequest) -> HttpResponse:
    """A new member. A guest has a name already and keeps it."""
    if request.user.is_authenticated:
        return redirect("claim" if person_of(request).is_guest else "home")
    if request.method != "POST":
        return render(request, "registration/signup.html", {"form": SignUpForm(), "next": next_address(request)})
    form = SignUpForm(request.POST)
    refusal = None
    if form.is_valid():
        fields = form.cleaned_data
        try:
            admit_newcomer(request)
            person = people.sign_up(fields["name"], fields["password1"], fields["email"])
            sign_in(request, person)
            return redirect(destination(request, person))
        except ActionError as error:
            refusal = error
            refusals.add(form, error)
    context = {"form": form, "next": next_address(request)}
    return refusals.page(request, "registration/signup.html", context, refusal)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@sensitive_post_parameters()
def claim(request: HttpRequest) -> HttpResponse:
    """A guest sets a password, becomes a member and stays signed in."""
    person = person_of(request)
    if not person.is_guest:
        return redirect("password_change")
    if request.method != "POST":
        return render(request, "registration/claim.html", {"form": ClaimForm(person)})
    form = ClaimForm(person, request.POST)
    if not form.is_valid():
        return refusals.page(request, "registration/claim.html", {"form": form})
    try:
        people.claim(person, form.cleaned_data["password1"], form.cleaned_data["email"])
    except ActionError:
        return redirect("password_change")  # another tab was faster
    update_session_auth_hash(request, person)
    return redirect("home")


class SignIn(LoginView):
    """Django's; whoever comes in finds the site as they like to see it."""

    authentication_form = SignInForm

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response, theme = super().form_valid(form), person_of(self.request).theme
        return response if theme == Theme.SYSTEM else with_theme(response, theme)


@method_decorator(login_required, name="dispatch")
class ChangePassword(PasswordChangeView):
    """Django's, for those who have a password to change."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if person_of(request).is_guest:
            return redirect("claim")
        return super().dispatch(request, *args, **kwargs)

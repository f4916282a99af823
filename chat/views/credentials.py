"""Tokens and the places where one is signed in: seen and ended by whoever they belong to."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from chat.actions import credentials, people
from chat.actions.errors import ActionError
from chat.forms import TokenForm
from chat.views import refusals
from chat.views.arrivals import person_of
from chat.views.profiles import PAGE, page_context


@require_POST
@never_cache
@login_required
def create_token(request: HttpRequest) -> HttpResponse:
    """The page with the new secret on it, which nobody can be shown again. So it is answered at once, kept nowhere."""
    form, here = TokenForm(request.POST), request.session.session_key
    if form.is_valid():
        label = form.cleaned_data["label"]
        try:
            secret = people.issue_token(person_of(request), label, here)
            return render(request, PAGE, page_context(request, secret=secret, secret_label=label))
        except ActionError as error:
            form.add_error("label", error.detail)
    refusals.focus(form)
    return refusals.page(request, PAGE, page_context(request, token_form=form))


@require_POST
@login_required
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    try:
        credentials.revoke_token(person_of(request), token_id)
        messages.success(request, "The token is revoked. What was connected by it is signed out.")
    except ActionError as error:
        messages.error(request, error.detail)
    return redirect("profile")


@require_POST
@login_required
def sign_out(request: HttpRequest, public_id: str) -> HttpResponse:
    try:
        credentials.sign_out(person_of(request), public_id)
        messages.success(request, "Signed out there.")
    except ActionError as error:
        messages.error(request, error.detail)
    return redirect("profile")


@require_POST
@login_required
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    try:
        ended = credentials.sign_out_elsewhere(person_of(request), request.session.session_key)
        messages.success(request, f"Signed out in {ended} other place{'' if ended == 1 else 's'}.")
    except ActionError as error:
        messages.error(request, error.detail)
    return redirect("profile")

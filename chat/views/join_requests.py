"""Asking to join a private room, withdrawing that, and the decision of a moderator, by forms."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from chat.actions import join_requests
from chat.auth import login_throttle
from chat.auth.current_person import person_of
from chat.errors import ActionError
from chat.forms.invitations import DecisionForm, JoinRequestForm
from chat.models import JoinRequest, Person
from chat.protocol import Code
from chat.rate_limits import limits
from chat.views import form_errors
from chat.views.invitations import room_at
from chat.views.login_redirect import next_address


@require_POST
@login_required
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask to join the room. It is 404 if the room takes no requests from this person."""
    form = JoinRequestForm(request.POST)
    note = form.cleaned_data["note"] if form.is_valid() else ""

    def act(person: Person) -> str:
        limits.check_join_request(person.pk, kind=person.kind)
        join_requests.ask(person, slug, note)
        return "Request sent. The room appears in your list when a moderator accepts it."

    return _done(request, act)


@require_POST
@login_required
def withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    """Withdraw the request to join the room."""

    def act(person: Person) -> str:
        join_requests.withdraw(person, slug)
        return "Request withdrawn."

    return _done(request, act)


@require_POST
@login_required
def decide(request: HttpRequest, slug: str, request_id: int) -> HttpResponse:
    """Accept or decline a request. It is 404 for people who cannot see the room."""
    form = DecisionForm(request.POST)
    if not form.is_valid():
        raise BadRequest("The outcome of a request is accepted or declined.")
    outcome = form.cleaned_data["outcome"]

    def act(person: Person) -> str:
        join_requests.decide(person, room_at(person, slug), request_id, outcome)
        return "Request accepted." if outcome == JoinRequest.RequestOutcome.ACCEPTED else "Request declined."

    return _done(request, act)


def _done(request: HttpRequest, act: Callable[[Person], str]) -> HttpResponse:
    """Do something, and return to the page with the sentence that `act` returns, or with the reason why not."""
    person = person_of(request)
    try:
        limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
        messages.success(request, act(person))
    except ActionError as refusal:
        if refusal.code is Code.NOT_FOUND:
            raise Http404 from refusal
        if refusal.code in form_errors.STATUS:
            wait = refusal.retry_after or 1.0
            return form_errors.too_many(request, refusal.detail, wait, form_errors.STATUS[refusal.code])
        messages.error(request, refusal.detail)
    return redirect(next_address(request) or "browse")

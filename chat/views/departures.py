"""Taking one's data along, and leaving for good."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from chat import exports
from chat.actions import departures
from chat.actions.errors import ActionError
from chat.forms import DeleteAccountForm
from chat.views import refusals
from chat.views.arrivals import person_of

PAGE = "chat/delete_account.html"


@require_POST
@never_cache
@login_required
def data(request: HttpRequest) -> HttpResponseBase:
    """Everything the site keeps about the person who asks, as a file that is sent while it is made."""
    person = person_of(request)
    parts = exports.everything_about(person)
    return refusals.download(request, person.pk, parts, "application/json", "my-chat-data.json")


def page_context(form: DeleteAccountForm) -> dict[str, Any]:
    """What delete_account.html takes."""
    return {"form": form, "erases": settings.CHAT_DELETED_ACCOUNTS == "erase"}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@sensitive_post_parameters()
def delete(request: HttpRequest) -> HttpResponse:
    """What is lost and what stays, and the last question before it."""
    person = person_of(request)
    if request.method != "POST":
        return render(request, PAGE, page_context(DeleteAccountForm(person)))
    form = DeleteAccountForm(person, request.POST)
    if form.is_valid():
        try:
            departures.delete_account(person)
            logout(request)
            messages.success(request, "Your account is deleted. Thank you for having been here.")
            return redirect("home")
        except ActionError as error:
            form.add_error(None, error.detail)
    return refusals.page(request, PAGE, page_context(form))

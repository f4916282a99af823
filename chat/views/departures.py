"""Taking one's data along, and leaving for good."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from chat import exports
from chat.actions import departures
from chat.forms import DeleteAccountForm
from chat.views import refusals
from chat.views.arrivals import person_of


@require_POST
@never_cache
@login_required
def data(request: HttpRequest) -> StreamingHttpResponse:
    """Everything the site keeps about the person who asks, as a file that is sent while it is made."""
    parts = _in_threads(exports.everything_about(person_of(request)))
    response = StreamingHttpResponse(parts, content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="my-chat-data.json"'
    return response


async def _in_threads(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """A server that is asynchronous would gather a synchronous iterator whole before it sends the first byte."""
    following = sync_to_async(lambda: next(parts, b""))
    while part := await following():
        yield part


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@sensitive_post_parameters()
def delete(request: HttpRequest) -> HttpResponse:
    """What is lost and what stays, and the last question before it."""
    person = person_of(request)
    if request.method != "POST":
        return render(request, "chat/delete_account.html", {"form": DeleteAccountForm(person)})
    form = DeleteAccountForm(person, request.POST)
    if not form.is_valid():
        return refusals.page(request, "chat/delete_account.html", {"form": form})
    departures.delete_account(person)
    logout(request)
    messages.success(request, "Your account is deleted. Thank you for having been here.")
    return redirect("home")

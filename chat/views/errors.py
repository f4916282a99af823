"""The responses to requests that reach no view: a page for people, JSON for programs."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults

from chat.api import answers
from chat.protocol import Code
from chat.rendering.theme import theme


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Handle a request without a valid CSRF token. `reason` is Django's, for developers.

    The page loads no person and no rooms: to refuse a page of another site must cost nothing.
    """
    if answers.is_due(request):
        return answers.refusal(Code.FORBIDDEN, "The CSRF token is missing or wrong.")
    return render(None, "403_csrf.html", theme(request), status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if answers.is_due(request):
        return answers.refusal(Code.BAD_FRAME, answers.UNREADABLE)
    return render(None, "400.html", theme(request), status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if answers.is_due(request):
        return answers.refusal(Code.NOT_FOUND, answers.NO_SUCH_ADDRESS)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Handle an unexpected error, which Django has logged. The page loads no person: the database may be the cause."""
    if answers.is_due(request):
        return answers.refusal(Code.UNAVAILABLE, "Something went wrong. Try again.", status=500)
    return render(None, "500.html", theme(request), status=500)

"""Error responses of forms: refusals, rate limits and invalid input."""

import math
from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from chat.errors import Refused
from chat.exports.streaming import RETRY_SECONDS, Download, TooManyDownloads
from chat.protocol import Code
from chat.rendering.theme import theme

# Status by error code. All other codes are input errors, with status 400.
STATUS = {Code.FORBIDDEN: 403, Code.RATE_LIMITED: 429, Code.UNAVAILABLE: 503}


def focus(form: forms.Form) -> None:
    """Focus the first invalid field, so that it is in view and a screen reader says what is wrong."""
    wrong = next((name for name in form.fields if name in form.errors), None)
    if wrong:
        form.fields[wrong].widget.attrs["autofocus"] = True


def page(request: HttpRequest, template: str, context: dict[str, Any], refusal: Refused | None = None) -> HttpResponse:
    """Render the page again with a refusal, or with None for the errors of the form itself."""
    return _with_refusal(render(request, template, context), refusal)


def as_json(form: forms.Form, refusal: Refused | None = None) -> HttpResponse:
    """Return the errors of a form for a script: a list of sentences for each field, and under `__all__` the others."""
    return _with_refusal(JsonResponse({"errors": form.errors}), refusal)


def _with_refusal(response: HttpResponse, refusal: Refused | None) -> HttpResponse:
    response.status_code = STATUS.get(refusal.code, 400) if refusal else 400
    return response if refusal is None else _with_wait(response, refusal.retry_after)


def refused(response: HttpResponse) -> HttpResponse:
    """Set the status of a refusal on a response of Django's view."""
    response.status_code = 400
    return response


def too_soon(response: HttpResponse, wait: float) -> HttpResponse:
    """Return the page with status 429 and Retry-After, for programs."""
    response.status_code = STATUS[Code.RATE_LIMITED]
    return _with_wait(response, wait)


def too_many(request: HttpRequest, detail: str, wait: float, status: int = 503) -> HttpResponse:
    """Return an error page that says when to try again. It loads no person."""
    response = render(None, "busy.html", {"detail": detail, "status": status, **theme(request)}, status=status)
    return _with_wait(response, wait)


def limited(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Return the error page of a rate limit. Rendering the requested page could cost queries."""
    return too_many(request, refusal.detail, refusal.retry_after or 1.0, STATUS[Code.RATE_LIMITED])


def download(
    request: HttpRequest, person_id: int, parts: Iterator[bytes], content_type: str, name: str
) -> HttpResponseBase:
    """Return the file made of these parts, or an error page that says when to try again."""
    try:
        return Download(person_id, parts, content_type, name)
    except TooManyDownloads as refusal:
        return too_many(request, refusal.detail, RETRY_SECONDS, STATUS[refusal.code])


def _with_wait(response: HttpResponse, wait: float | None) -> HttpResponse:
    if wait is not None:
        response["Retry-After"] = str(max(math.ceil(wait), 1))
    return response

"""A refused action, said in the form that asked for it."""

import math
from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from chat.errors import Refused
from chat.exports.streaming import RETRY_SECONDS, Download, TooManyDownloads
from chat.protocol import Code
from chat.rendering.theme import theme

# Everything else is a matter of what was filled in.
STATUS = {Code.FORBIDDEN: 403, Code.RATE_LIMITED: 429, Code.UNAVAILABLE: 503}


def focus(form: forms.Form) -> None:
    """Have the first field that is wrong in focus, and so in view, on a page of many forms."""
    wrong = next((name for name in form.fields if name in form.errors), None)
    if wrong:
        form.fields[wrong].widget.attrs["autofocus"] = True


def page(request: HttpRequest, template: str, context: dict[str, Any], refusal: Refused | None = None) -> HttpResponse:
    """The page again, with what is wrong: a refusal, or with None what the form itself found."""
    response = render(request, template, context, status=STATUS.get(refusal.code, 400) if refusal else 400)
    return response if refusal is None else _with_wait(response, refusal.retry_after)


def refused(response: HttpResponse) -> HttpResponse:
    """A page of Django's own, with the status of a refusal."""
    response.status_code = 400
    return response


def too_soon(response: HttpResponse, wait: float) -> HttpResponse:
    """A page that says that somebody has to wait, as a refusal for programs, too."""
    response.status_code = STATUS[Code.RATE_LIMITED]
    return _with_wait(response, wait)


def too_many(request: HttpRequest, detail: str, wait: float, status: int = 503) -> HttpResponse:
    """A page of its own that says when to try again. It asks nobody who is there."""
    response = render(None, "busy.html", {"detail": detail, "status": status, **theme(request)}, status=status)
    return _with_wait(response, wait)


def limited(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The page for who has to wait. It is not the page that was asked for, which may take queries to make."""
    return too_many(request, refusal.detail, refusal.retry_after or 1.0, STATUS[Code.RATE_LIMITED])


def download(
    request: HttpRequest, person_id: int, parts: Iterator[bytes], content_type: str, name: str
) -> HttpResponseBase:
    """The file of these parts, or the page that says why it has to wait."""
    try:
        return Download(person_id, parts, content_type, name)
    except TooManyDownloads as refusal:
        return too_many(request, refusal.detail, RETRY_SECONDS, STATUS[refusal.code])


def _with_wait(response: HttpResponse, wait: float | None) -> HttpResponse:
    if wait is not None:
        response["Retry-After"] = str(max(math.ceil(wait), 1))
    return response

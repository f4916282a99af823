"""A refused action, said in the form that asked for it."""

import math
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from chat.actions.errors import ActionError
from chat.protocol import Code

# Everything else is a matter of what was filled in.
STATUS = {Code.FORBIDDEN: 403, Code.RATE_LIMITED: 429, Code.UNAVAILABLE: 503}


def add(form: forms.Form, refusal: ActionError) -> None:
    """Name the refusal in `form`: at the name where it is about the name, else above all fields."""
    form.add_error(None if refusal.code in STATUS else "name", refusal.detail)


def focus(form: forms.Form) -> None:
    """Have the first field that is wrong in focus, and so in view, on a page of many forms."""
    wrong = next((name for name in form.fields if name in form.errors), None)
    if wrong:
        form.fields[wrong].widget.attrs["autofocus"] = True


def page(
    request: HttpRequest, template: str, context: dict[str, Any], refusal: ActionError | None = None
) -> HttpResponse:
    """The page again, with what is wrong: a refusal, or with None what the form itself found."""
    response = render(request, template, context, status=STATUS.get(refusal.code, 400) if refusal else 400)
    return response if refusal is None else _with_wait(response, refusal.retry_after)


def too_soon(response: HttpResponse, wait: float) -> HttpResponse:
    """A page that says that somebody has to wait, as a refusal for programs, too."""
    response.status_code = STATUS[Code.RATE_LIMITED]
    return _with_wait(response, wait)


def _with_wait(response: HttpResponse, wait: float | None) -> HttpResponse:
    if wait is not None:
        response["Retry-After"] = str(max(math.ceil(wait), 1))
    return response

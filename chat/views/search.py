"""The page that finds what was said."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat import search as messages
from chat.actions.errors import ActionError
from chat.models import Person, Room
from chat.views import refusals
from chat.views.arrivals import person_of


@require_safe
@login_required
def search(request: HttpRequest) -> HttpResponse:
    """A box, and what was found. Why nothing could be looked for is said on the page."""
    person = person_of(request)
    context = search_context(request, person)
    try:
        if context["typed"].strip():
            before = _id(request.GET.get("before", ""))
            context["found"] = messages.find(person, context["typed"], room=context["slug"], before=before)
    except messages.Unsearchable as error:
        refusal = ActionError(error.code, error.detail, error.retry_after)
        return refusals.page(request, "chat/search.html", {**context, "refusal": refusal.detail}, refusal)
    return render(request, "chat/search.html", context)


def search_context(request: HttpRequest, person: Person) -> dict[str, Any]:
    """What search.html takes, but for what comes of it."""
    return {
        "typed": request.GET.get("q", ""),
        "slug": request.GET.get("room", ""),
        "is_older": "before" in request.GET,
        "rooms": Room.objects.visible_to(person).order_by("name").only("slug", "name"),
    }


def _id(value: str) -> int | None:
    """The id in an address, if it is one that a database can hold."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None

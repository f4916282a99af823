"""The page that finds what was said."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat import search as messages
from chat.auth.current_person import person_of
from chat.models import Person, Room
from chat.models.rooms import ADDRESS_MAX_LENGTH
from chat.protocol import Code
from chat.text import cleaning
from chat.views import form_errors

ROOMS_LISTED = 100


@require_safe
@login_required
def search(request: HttpRequest) -> HttpResponse:
    """A box, and what was found. Why nothing could be looked for is said on the page."""
    person = person_of(request)
    typed, slug = request.GET.get("q", ""), request.GET.get("room", "")
    found = {}
    try:
        if typed.strip():
            before = _id(request.GET.get("before", ""))
            found = {"found": messages.find(person, typed, room=slug, before=before)}
    except messages.Unsearchable as refusal:
        if refusal.code is Code.RATE_LIMITED:
            return form_errors.limited(request, refusal)
        context = {**search_context(request, person), "refusal": refusal.detail}
        return form_errors.page(request, "chat/search.html", context, refusal)
    return render(request, "chat/search.html", {**search_context(request, person), **found})


def search_context(request: HttpRequest, person: Person) -> dict[str, Any]:
    """What search.html takes, but for what comes of it."""
    return {
        "typed": request.GET.get("q", ""),
        "slug": request.GET.get("room", ""),
        "is_older": "before" in request.GET,
        # PostgreSQL refuses a query with NUL.
        **_rooms(person, cleaning.clean_line(request.GET.get("room", ""), ADDRESS_MAX_LENGTH)),
    }


def _rooms(person: Person, slug: str) -> dict[str, Any]:
    """Return the rooms to choose from, by name: those with the latest messages, and the one that is chosen already.
    A site may have more rooms than anybody wants in a list; `in:` finds the others."""
    visible = Room.objects.visible_to(person).only("slug", "name")
    latest = list(visible.latest_first()[: ROOMS_LISTED + 1])
    rooms = latest[:ROOMS_LISTED]
    if slug and slug not in {room.slug for room in rooms}:
        rooms += visible.filter(slug=slug)
    rooms.sort(key=lambda room: room.name.casefold())
    return {"rooms": rooms, "has_more_rooms": len(latest) > ROOMS_LISTED}


def _id(value: str) -> int | None:
    """The id in an address, if it is one that a database can hold."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None

"""The page for searching messages."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat import direct_rooms
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
    """Show the search form and the results. An invalid search shows its error on the page."""
    person = person_of(request)
    typed, slug = request.GET.get("q", ""), request.GET.get("room", "")
    found = {}
    try:
        if typed.strip():
            before = id_in(request.GET.get("before", ""))
            found = {"found": messages.find(person, typed, room=slug, before=before)}
    except messages.Unsearchable as refusal:
        if refusal.code is Code.RATE_LIMITED:
            return form_errors.limited(request, refusal)
        context = {**search_context(request, person), "refusal": refusal.detail}
        return form_errors.page(request, "chat/search.html", context, refusal)
    return render(request, "chat/search.html", {**search_context(request, person), **found})


def search_context(request: HttpRequest, person: Person) -> dict[str, Any]:
    """Return the context of search.html without the results."""
    return {
        "typed": request.GET.get("q", ""),
        "slug": request.GET.get("room", ""),
        "is_older": "before" in request.GET,
        # cleaned, because PostgreSQL refuses a query with NUL
        **_rooms(person, cleaning.clean_line(request.GET.get("room", ""), ADDRESS_MAX_LENGTH)),
    }


def _rooms(person: Person, slug: str) -> dict[str, Any]:
    """Return the rooms of the room filter, by name: the most recently active ones and the chosen one.
    The list is limited. `in:` finds other rooms.
    """
    visible = Room.objects.visible_to(person).only("slug", "name", "direct_key")
    latest = list(visible.latest_first()[: ROOMS_LISTED + 1])
    rooms = latest[:ROOMS_LISTED]
    if slug and slug not in {room.slug for room in rooms}:
        rooms += visible.filter(slug=slug)
    direct_rooms.name_rooms(person.pk, rooms)
    rooms.sort(key=lambda room: room.name.casefold())
    return {"rooms": rooms, "has_more_rooms": len(latest) > ROOMS_LISTED}


def id_in(value: str) -> int | None:
    """Return the id in a query string, or None if a database column cannot hold it."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
